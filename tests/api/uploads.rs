//! Drafts, publications, and the second person.

use crate::face::{Answer, Site};
use chrono::TimeDelta;
use invigilator::timetable::{ExamRules, Rules};
use serde_json::{Value, json};
use std::sync::Arc;

const DRAFTS: &str = "/v1/fleets/moodle/timetables/registry/drafts";
const CALENDAR: (&str, &str) = ("content-type", "text/calendar; charset=utf-8");

/// One exam on Tuesday at ten for each name.
fn file(names: &[&str]) -> String {
    let event = |name: &&str| {
        format!(
            "BEGIN:VEVENT\r\nUID:{name}\r\nDTSTAMP:20261101T000000Z\r\nSUMMARY:{name}\r\n\
             DTSTART:20261201T100000Z\r\nDTEND:20261201T120000Z\r\nEND:VEVENT\r\n"
        )
    };
    let events: String = names.iter().map(event).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//exams//EN\r\n{events}END:VCALENDAR\r\n")
}

async fn draft(site: &Site, names: &[&str]) -> Value {
    let answer = site.post(DRAFTS, "registrar", &[CALENDAR], file(names)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

async fn publish(site: &Site, draft: &Value, seen: &str) -> Answer {
    let path = format!("{DRAFTS}/{}/publish", draft["id"].as_str().expect("an id"));
    site.post(&path, "registrar", &[("if-match", seen)], "").await
}

/// A site on which law and art are revision 1.
async fn published() -> Site {
    let site = Site::with(true, None, None).await;
    let first = draft(&site, &["law", "art"]).await;
    let answer = publish(&site, &first, "\"0\"").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    site
}

/// Law is removed one day before it begins.
async fn waiting(site: &Site) -> Value {
    let less = draft(site, &["art"]).await;
    publish(site, &less, "\"1\"").await.refuses(409, "second_person_needed")
}

#[tokio::test]
async fn a_first_draft_reports_and_is_found_again() {
    // Without a first pass there is no plan to compare with, and the effect is not known.
    let site = Site::with(true, None, None).await;
    let answer = site.post(DRAFTS, "registrar", &[CALENDAR], file(&["law"])).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let report = answer.json();
    assert_eq!(report["source"], "registry");
    assert_eq!(report["current_revision"], 0);
    assert_eq!(report["comparison"]["added"][0]["uid"], "law");
    assert_eq!(report["comparison"]["guards"], Value::Array(vec![]));
    assert_eq!(report["counts"]["sittings"], 1);
    assert!(report["effect"].is_null());
    assert!(report["findings"].is_array());
    let place = answer.header("location");
    assert_eq!(place, format!("{DRAFTS}/{}", report["id"].as_str().unwrap()));
    assert_eq!(site.get(place, &[]).await.json(), report);
    let other = place.replace("registry", "other");
    site.get(&other, &[]).await.refuses(404, "unknown_draft");
}

#[tokio::test]
async fn a_draft_tells_its_effect_on_the_plan() {
    let site = Site::open().await;
    let report = draft(&site, &["law"]).await;
    let effect = &report["effect"];
    let nodes = |name: &str| effect[name].as_u64().unwrap();
    assert!(nodes("peak_nodes_before") <= nodes("peak_nodes_after"), "{effect}");
    assert!(effect["exam_node_hours_before"].is_number());
    assert!(effect["exam_node_hours_after"].is_number());
    assert!(effect["hash_after"].is_string());
    let windows = effect["windows"].as_array().unwrap();
    assert_eq!(windows.len(), 1, "{effect}");
    assert_eq!(windows[0]["sittings"], json!(["law"]));
    assert_eq!(windows[0]["starts_at"], "2026-12-01T10:00:00Z");
    assert!(effect["findings"].is_array());
}

#[tokio::test]
async fn a_form_with_one_file_is_taken_and_any_other_refused() {
    let site = Site::with(true, None, None).await;
    let form = [("content-type", "multipart/form-data; boundary=x")];
    let part = |name: &str| {
        format!(
            "--x\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.ics\"\r\n\r\n{}\r\n",
            file(&["law"])
        )
    };
    let one = format!("{}--x--\r\n", part("file"));
    assert_eq!(site.post(DRAFTS, "registrar", &form, one).await.status, 201);
    let two = format!("{}{}--x--\r\n", part("a"), part("b"));
    site.post(DRAFTS, "registrar", &form, two).await.refuses(400, "not_one_file");
    site.post(DRAFTS, "registrar", &form, "--x--\r\n").await.refuses(400, "not_one_file");
    site.post(DRAFTS, "registrar", &form, "rubbish").await.refuses(400, "bad_request");
}

#[tokio::test]
async fn what_is_no_timetable_touches_nothing() {
    let site = Site::with(true, None, None).await;
    let html = site.post(DRAFTS, "registrar", &[CALENDAR], "<html>").await;
    let problem = html.refuses(422, "unreadable");
    assert!(problem["line"].is_number(), "{problem}");
    let empty = site.post(DRAFTS, "registrar", &[CALENDAR], "").await.refuses(422, "unreadable");
    let detail = empty["detail"].as_str().unwrap();
    assert!(detail.starts_with("The file is empty. Export"), "{detail}");
    assert!(detail.ends_with(". Nothing that was published is touched."), "{detail}");
    let json = [("content-type", "application/json")];
    site.post(DRAFTS, "registrar", &json, "{}").await.refuses(415, "not_a_calendar");
    site.post(DRAFTS, "registrar", &[], "").await.refuses(415, "not_a_calendar");
    let huge = vec![b' '; (32 << 20) + (64 << 10) + 1];
    site.post(DRAFTS, "registrar", &[CALENDAR], huge).await.refuses(413, "too_large");
    let bad = DRAFTS.replace("registry", "Registry%20");
    site.post(&bad, "registrar", &[CALENDAR], file(&["law"])).await.refuses(400, "bad_source");
}

#[tokio::test]
async fn more_exams_than_are_planned_for_are_refused() {
    let site = Site::with(true, None, None).await;
    let names: Vec<_> = (0..10_001).map(|number| format!("exam-{number}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let many = site.post(DRAFTS, "registrar", &[CALENDAR], file(&names)).await;
    let problem = many.refuses(422, "too_many_exams");
    let wanted = "The file has 10,001 events with more than 10,000 exams; 10,000 are the most. \
        Export a shorter time range. Nothing that was published is touched.";
    assert_eq!(problem["detail"], wanted);
}

#[tokio::test]
async fn writing_needs_a_registrar_or_an_admin() {
    let site = Site::with(true, None, None).await;
    let nobody = site.send("POST", DRAFTS, &[CALENDAR], file(&["law"]).into()).await;
    nobody.refuses(401, "unauthorized");
    for role in ["viewer", "oncall"] {
        let answer = site.post(DRAFTS, role, &[CALENDAR], file(&["law"])).await;
        assert_eq!(answer.refuses(403, "forbidden")["role_needed"], "registrar");
        let approval = site.post("/v1/approvals/any", role, &[], "").await;
        approval.refuses(403, "forbidden");
    }
    assert_eq!(site.post(DRAFTS, "admin", &[CALENDAR], file(&["law"])).await.status, 201);
}

#[tokio::test]
async fn publishing_needs_the_revision_that_was_seen() {
    let site = Site::with(true, None, None).await;
    let first = draft(&site, &["law"]).await;
    let path = format!("{DRAFTS}/{}/publish", first["id"].as_str().unwrap());
    site.post(&path, "registrar", &[], "").await.refuses(428, "if_match_required");
    for bad in ["0", "W/\"0\"", "*", "\"x\"", "\"0\", \"1\"", "\"-1\""] {
        publish(&site, &first, bad).await.refuses(400, "bad_if_match");
    }
    let stale = publish(&site, &first, "\"7\"").await;
    assert_eq!(stale.refuses(412, "stale")["current"], 0);
    assert_eq!(stale.header("etag"), "\"0\"");
    let done = publish(&site, &first, "\"0\"").await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.json()["revision"], 1);
    assert_eq!(done.header("etag"), "\"1\"");
    // The loop was told to pass now.
    site.wake.notified().await;
    let again = publish(&site, &first, "\"1\"").await.refuses(409, "already_published");
    assert_eq!(again["revision"], 1);
}

#[tokio::test]
async fn what_would_be_taken_away_waits_for_somebody_else() {
    let site = published().await;
    let problem = waiting(&site).await;
    assert!(problem["guards"].to_string().contains("imminent_removed"), "{problem}");
    assert_eq!(problem["revision"], 2, "the union stands");
    let detail = problem["detail"].as_str().unwrap();
    let path = format!("/v1/approvals/{}", problem["id"].as_str().unwrap());
    for told in [
        "law, Tue 1 Dec 10:00 GMT (removed).",
        "a registrar or admin other than you",
        "by Tue 1 Dec 08:00 GMT",
        &path,
    ] {
        assert!(detail.contains(told), "{told} in {detail}");
    }
    let path = format!("/v1/approvals/{}", problem["id"].as_str().unwrap());
    site.post(&path, "registrar", &[], "").await.refuses(403, "same_person");
    let done = site.post(&path, "registrar-2", &[], "").await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(done.json()["revision"], 3);
    assert_eq!(done.json()["sittings"], 1);
    site.post(&path, "admin", &[], "").await.refuses(409, "already_done");
    site.post("/v1/approvals/none", "admin", &[], "").await.refuses(404, "unknown_approval");
}

#[tokio::test]
async fn who_is_to_consent_may_read_what_is_asked() {
    let site = published().await;
    let problem = waiting(&site).await;
    let path = format!("/v1/approvals/{}", problem["id"].as_str().unwrap());
    let asked = site.get(&path, &[]).await.json();
    let names: Vec<_> = asked.as_object().unwrap().keys().map(String::as_str).collect();
    let wanted = [
        "against",
        "comparison",
        "completed_by",
        "draft",
        "expires_at",
        "fleet",
        "id",
        "requested_at",
        "requested_by",
        "source",
    ];
    assert_eq!(names, wanted);
    assert_eq!(asked["comparison"]["removed"][0]["uid"], "law");
    assert_eq!(asked["comparison"]["guards"], problem["guards"]);
    assert_eq!(asked["requested_by"], "registrar");
    assert!(asked["completed_by"].is_null());
    assert_eq!(site.post(&path, "admin", &[], "").await.status, 200);
    assert_eq!(site.get(&path, &[]).await.json()["completed_by"], "admin");
    site.get("/v1/approvals/none", &[]).await.refuses(404, "unknown_approval");
}

#[tokio::test]
async fn a_request_lapses_after_a_day_and_with_any_other_publication() {
    let site = published().await;
    let problem = waiting(&site).await;
    let path = format!("/v1/approvals/{}", problem["id"].as_str().unwrap());
    let more = draft(&site, &["law", "art", "tax"]).await;
    assert_eq!(publish(&site, &more, "\"2\"").await.status, 200);
    site.post(&path, "admin", &[], "").await.refuses(409, "stale");
    site.clock.advance(TimeDelta::hours(24));
    site.post(&path, "admin", &[], "").await.refuses(410, "expired");
}

#[tokio::test]
async fn what_is_left_out_is_listed_in_the_report_and_kept_with_the_draft() {
    let only_law = || {
        let mut settings = invigilator::config::sandbox().fleets[0].timetable();
        let exams = ExamRules::new(&["law".into()], &[]).unwrap();
        settings.rules = Rules { exams, ..settings.rules };
        settings
    };
    let site = Site::reading(Arc::new(only_law), true, None, None).await;
    let report = draft(&site, &["law", "art"]).await;
    assert_eq!(report["sittings"].as_array().unwrap().len(), 1);
    let left_out = &report["left_out"];
    assert_eq!(left_out[0]["uid"], "art", "{left_out}");
    assert_eq!(left_out[0]["starts_at"], "2026-12-01T10:00:00Z");
    assert!(left_out[0]["reason"].as_str().unwrap().contains("look like an exam"), "{left_out}");
    assert_eq!(left_out.as_array().unwrap().len(), 1);
    let path = format!("{DRAFTS}/{}", report["id"].as_str().unwrap());
    assert_eq!(site.get(&path, &[]).await.json()["left_out"], *left_out);
}

#[tokio::test]
async fn a_list_of_candidates_is_read_anew_with_every_upload() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("candidates.csv");
    let mut fleet = invigilator::config::sandbox().fleets.remove(0);
    fleet.roster = Some(list.clone());
    let site = Site::reading(fleet.timetable_now(), true, None, None).await;
    let first = draft(&site, &["laws1001"]).await;
    assert!(first["findings"].to_string().contains("roster_unreadable"), "{first}");
    for count in [850, 900] {
        std::fs::write(&list, format!("course;candidates\nLAWS1001;{count}\n")).unwrap();
        let report = draft(&site, &["laws1001"]).await;
        assert_eq!(report["sittings"][0]["candidates"], count, "{report}");
    }
}

#[tokio::test]
async fn a_declared_charset_is_believed_and_an_undeclared_one_is_told() {
    let site = Site::with(true, None, None).await;
    let file = file(&["law"]).replace("SUMMARY:law", "SUMMARY:Fran?ais").into_bytes();
    let latin1: Vec<u8> = file.iter().map(|&byte| if byte == b'?' { 0xe7 } else { byte }).collect();
    for (kind, told) in [("text/calendar; charset=\"ISO-8859-1\"", 0), ("text/calendar", 1)] {
        let headers = [("content-type", kind)];
        let report = site.post(DRAFTS, "registrar", &headers, latin1.clone()).await.json();
        assert_eq!(report["comparison"]["added"][0]["title"], "Français", "{kind}");
        let foreign = report["findings"].as_array().expect("findings").iter();
        assert_eq!(foreign.filter(|one| one["code"] == "not_utf8").count(), told, "{kind}");
    }
}
