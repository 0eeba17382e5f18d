//! What was ever published, and the way back to it.

use crate::face::{Answer, Site};
use serde_json::{Value, json};

const SOURCE: &str = "/v1/fleets/moodle/timetables/registry";
const CALENDAR: (&str, &str) = ("content-type", "text/calendar");

/// One exam in January for each name; the text is Latin-1, so that the bytes are not those of any text we write.
fn file(names: &[&str]) -> Vec<u8> {
    let event = |name: &&str| {
        format!(
            "BEGIN:VEVENT\nUID:{name}\nSUMMARY:{name} caf\u{e9}\nX-CANDIDATES:300\n\
             DTSTART:20270111T100000Z\nDTEND:20270111T120000Z\nEND:VEVENT\n"
        )
    };
    let events: String = names.iter().map(event).collect();
    let text = format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect()
}

async fn publish(site: &Site, names: &[&str], seen: u64) {
    let drafts = format!("{SOURCE}/drafts");
    let draft = site.post(&drafts, "registrar", &[CALENDAR], file(names)).await;
    assert_eq!(draft.status, 201, "{}", draft.text);
    assert_eq!(publish_draft(site, &draft.json(), seen).await.status, 200);
}

async fn publish_draft(site: &Site, draft: &Value, seen: u64) -> Answer {
    let path = format!("{SOURCE}/drafts/{}/publish", draft["id"].as_str().expect("an id"));
    site.post(&path, "registrar", &[("if-match", &format!("\"{seen}\""))], "").await
}

/// Revision 1 has law, revision 2 law and art, revision 3 law, art and tax.
async fn published() -> Site {
    let site = Site::with(true, None, None).await;
    let names = ["law", "art", "tax"];
    for (seen, most) in (0..).zip(1..=3) {
        publish(&site, &names[..most], seen).await;
    }
    site
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

#[tokio::test]
async fn sources_are_told_with_the_revision_in_force() {
    let site = published().await;
    let answer = site.get("/v1/fleets/moodle/timetables", &[]).await;
    let body = answer.json();
    assert_eq!(body["fleet"], "moodle");
    let only = &body["timetables"][0];
    assert_eq!((&only["source"], &only["revision"]), (&json!("registry"), &json!(3)));
    assert_eq!(only["counts"]["sittings"], 3);
    let tag = answer.header("etag").to_owned();
    let path = "/v1/fleets/moodle/timetables";
    assert_eq!(site.get(path, &[("if-none-match", &tag)]).await.status, 304);
    let empty = Site::open().await;
    assert_eq!(empty.get(path, &[]).await.json()["timetables"], json!([]));
}

#[tokio::test]
async fn revisions_are_listed_newest_first_page_by_page() {
    let site = published().await;
    let first = site.get(&format!("{SOURCE}/revisions?limit=2"), &[]).await;
    let body = first.json();
    assert_eq!(names(&body), ["current_revision", "fleet", "revisions", "source"]);
    assert_eq!(body["current_revision"], 3);
    let newest = &body["revisions"][0];
    let wanted = ["counts", "file_bytes", "published_at", "published_by", "revision"];
    assert_eq!(names(newest), wanted);
    assert_eq!((&newest["revision"], &newest["published_by"]), (&json!(3), &json!("registrar")));
    let next = format!("<{SOURCE}/revisions?before=2&limit=2>; rel=\"next\"");
    assert_eq!(first.header("link"), next);
    let second = site.get(&format!("{SOURCE}/revisions?before=2&limit=2"), &[]).await;
    assert_eq!(second.json()["revisions"][0]["revision"], 1);
    assert_eq!(second.json()["revisions"].as_array().map(Vec::len), Some(1));
    assert_eq!(second.header("link"), "");
    let all = site.get(&format!("{SOURCE}/revisions"), &[]).await;
    assert_eq!(all.json()["revisions"].as_array().map(Vec::len), Some(3));
    for query in ["limit=0", "limit=501", "limit=-1", "before=x", "limit=1&limit=2"] {
        site.get(&format!("{SOURCE}/revisions?{query}"), &[]).await.refuses(400, "bad_page");
    }
}

#[tokio::test]
async fn a_revision_tells_what_it_says_and_is_kept() {
    let site = published().await;
    let path = format!("{SOURCE}/revisions/1");
    let answer = site.get(&path, &[]).await;
    let body = answer.json();
    let wanted = [
        "counts",
        "file_bytes",
        "file_sha256",
        "findings",
        "fleet",
        "published_at",
        "published_by",
        "revision",
        "sittings",
        "source",
    ];
    assert_eq!(names(&body), wanted);
    assert_eq!(body["sittings"][0]["uid"], "law");
    assert_eq!(body["findings"][0]["code"], "not_utf8");
    assert_eq!((answer.header("etag"), answer.header("vary")), ("\"1\"", "accept"));
    assert!(answer.header("cache-control").contains("immutable"), "{answer:?}");
    let again = site.get(&path, &[("if-none-match", "\"1\"")]).await;
    assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""));
    publish(&site, &["law", "art", "tax", "pol"], 3).await;
    assert_eq!(site.get(&path, &[]).await.text, answer.text, "whatever is published later");
}

#[tokio::test]
async fn the_file_of_a_revision_comes_back_byte_by_byte() {
    let site = published().await;
    let path = format!("{SOURCE}/revisions/2");
    let accept = ("accept", "text/calendar");
    let answer = site.get(&path, &[accept]).await;
    assert_eq!(answer.bytes, file(&["law", "art"]));
    assert_eq!(answer.header("content-type"), "text/calendar");
    let named = "attachment; filename=\"moodle-registry-2.ics\"";
    assert_eq!(answer.header("content-disposition"), named);
    assert_eq!(answer.header("etag"), "\"2.ics\"", "other bytes than the JSON");
    assert_eq!(site.get(&path, &[accept, ("if-none-match", "\"2.ics\"")]).await.status, 304);
    assert_eq!(site.get(&path, &[accept, ("if-none-match", "\"9\"")]).await.status, 200);
}

#[tokio::test]
async fn what_was_read_is_written_as_a_timetable_that_reads_the_same() {
    let site = published().await;
    let path = format!("{SOURCE}/revisions/2/reading.ics");
    let written = site.get(&path, &[]).await;
    assert_eq!(written.header("content-type"), "text/calendar; charset=utf-8");
    assert!(written.text.contains("SUMMARY:law caf\u{e9}\r\n"), "{}", written.text);
    assert_eq!(site.get(&path, &[]).await.text, written.text, "the same each time");
    assert_eq!(site.get(&path, &[("if-none-match", "\"2\"")]).await.status, 304);
    let drafts = SOURCE.replace("registry", "copy") + "/drafts";
    let draft = site.post(&drafts, "registrar", &[CALENDAR], written.text).await.json();
    let sittings = |value: &Value| -> Vec<Value> {
        let mut sittings = value["sittings"].as_array().expect("a list").clone();
        sittings.iter_mut().for_each(|one| one["source_line"] = Value::Null);
        sittings
    };
    let revision = site.get(&format!("{SOURCE}/revisions/2"), &[]).await.json();
    assert_eq!(sittings(&draft), sittings(&revision));
    assert_eq!(draft["findings"], json!([]));
}

#[tokio::test]
async fn an_old_revision_is_restored_as_a_draft_like_any_other() {
    let site = published().await;
    let restored = site.post(&format!("{SOURCE}/revisions/2/restore"), "registrar", &[], "").await;
    assert_eq!(restored.status, 201, "{}", restored.text);
    let report = restored.json();
    assert_eq!(report["current_revision"], 3);
    assert_eq!(report["comparison"]["removed"][0]["uid"], "tax");
    assert_eq!(report["comparison"]["same"], 2);
    // A third of all exams would go: this is judged against what is in force, not against what was.
    assert_eq!(report["comparison"]["guards"], json!(["many_fewer"]));
    let place = restored.header("location");
    assert_eq!(site.get(place, &[]).await.json(), report);
    let refused = publish_draft(&site, &report, 3).await.refuses(409, "second_person_needed");
    let approval = format!("/v1/approvals/{}", refused["id"].as_str().expect("an id"));
    assert_eq!(site.post(&approval, "registrar-2", &[], "").await.json()["revision"], 5);
    let (second, fifth) = (format!("{SOURCE}/revisions/2"), format!("{SOURCE}/revisions/5"));
    let (second, fifth) = (site.get(&second, &[]).await.json(), site.get(&fifth, &[]).await.json());
    assert_eq!(second["file_sha256"], fifth["file_sha256"]);
    assert_eq!(second["sittings"], fifth["sittings"]);
}

#[tokio::test]
async fn growth_by_restoring_needs_nobody() {
    let site = published().await;
    let less = format!("{SOURCE}/drafts");
    let less = site.post(&less, "registrar", &[CALENDAR], file(&["law", "art"])).await.json();
    let asked = publish_draft(&site, &less, 3).await.refuses(409, "second_person_needed");
    let approval = format!("/v1/approvals/{}", asked["id"].as_str().expect("an id"));
    assert_eq!(site.post(&approval, "admin", &[], "").await.json()["revision"], 5);
    let path = format!("{SOURCE}/revisions/3/restore");
    let back = site.post(&path, "registrar", &[], "").await.json();
    assert_eq!(publish_draft(&site, &back, 5).await.json()["revision"], 6);
}

#[tokio::test]
async fn what_was_never_published_is_told() {
    let site = published().await;
    let unknown = site.get(&format!("{SOURCE}/revisions/9"), &[]).await;
    let detail = unknown.refuses(404, "unknown_revision")["detail"].clone();
    assert_eq!(detail, "There is no revision 9 of registry; the newest is 3.");
    for path in ["revisions/0", "revisions/9/reading.ics"] {
        site.get(&format!("{SOURCE}/{path}"), &[]).await.refuses(404, "unknown_revision");
    }
    let restore = format!("{SOURCE}/revisions/9/restore");
    site.post(&restore, "registrar", &[], "").await.refuses(404, "unknown_revision");
    let cached = [("if-none-match", "\"9\"")];
    site.get(&format!("{SOURCE}/revisions/9"), &cached).await.refuses(404, "unknown_revision");
    let typo = SOURCE.replace("registry", "registrar");
    let typo = site.get(&format!("{typo}/revisions"), &[]).await.refuses(404, "unknown_timetable");
    assert!(typo["detail"].as_str().expect("text").ends_with("published were registry."), "{typo}");
    site.get(&format!("{SOURCE}/revisions/x"), &[]).await.refuses(400, "bad_request");
    site.get("/v1/fleets/canvas/timetables", &[]).await.refuses(404, "unknown_fleet");
}

#[tokio::test]
async fn restoring_needs_a_registrar_and_nothing_else_can_be_written() {
    let site = published().await;
    let restore = format!("{SOURCE}/revisions/1/restore");
    for role in ["viewer", "oncall"] {
        site.post(&restore, role, &[], "").await.refuses(403, "forbidden");
    }
    site.send("POST", &restore, &[], "".into()).await.refuses(401, "unauthorized");
    let path = format!("{SOURCE}/revisions/1");
    for method in ["PUT", "PATCH", "DELETE", "POST"] {
        let headers = [("authorization", "Bearer admin")];
        let answer = site.send(method, &path, &headers, "".into()).await;
        answer.refuses(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn the_report_of_a_draft_is_a_sheet_for_a_spreadsheet_program() {
    let site = Site::with(true, None, None).await;
    let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:=1+1\nSUMMARY:Law\nDTSTART:20270111T100000Z\n\
        END:VEVENT\nBEGIN:VEVENT\nUID:b\nSUMMARY:Tort\nDTSTART:20270112T100000Z\nDTEND:20270112T120000Z\n\
        END:VEVENT\nEND:VCALENDAR\n";
    let draft = site.post(&format!("{SOURCE}/drafts"), "registrar", &[CALENDAR], text).await;
    let place = draft.header("location").to_owned();
    let sheet = site.get(&place, &[("accept", "text/csv")]).await;
    assert_eq!(sheet.status, 200, "{}", sheet.text);
    assert!(sheet.header("content-type").starts_with("text/csv; charset=utf-8"), "{sheet:?}");
    let named = "attachment; filename=\"moodle-registry-report.csv\"";
    assert_eq!(sheet.header("content-disposition"), named);
    let rows: Vec<&str> = sheet.text.lines().collect();
    assert_eq!(rows[0], "\u{feff}severity,code,line,uid,message,fix");
    let findings = draft.json()["findings"].as_array().expect("a list").clone();
    assert_eq!(rows.len(), 1 + findings.len(), "{rows:?}");
    assert!(rows.iter().any(|row| row.starts_with("critical,no_end,2,'=1+1,")), "{rows:?}");
    let named = "warning,no_cohort,7,b,Tort (Tue 2027-01-12 10:00 GMT): ";
    assert!(rows.iter().any(|row| row.starts_with(named)), "{rows:?}");
    assert_eq!(site.get(&place, &[]).await.header("content-type"), "application/json");
}
