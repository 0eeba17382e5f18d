//! Reading: what is told, to whom, and with which headers.

use crate::face::{HOSTILE, Site, counters, sitting, snapshot};
use invigilator::domain::{Finding, Nodes, Severity};
use std::sync::Arc;

#[tokio::test]
async fn posture_is_told_with_an_etag_and_not_told_twice() {
    let site = Site::open().await;
    let first = site.get("/v1/posture", &[]).await;
    assert_eq!(first.status, 200);
    let body = first.json();
    assert_eq!(body["as_of"], "2026-11-30T08:00:00Z");
    assert_eq!(body["fleets"][0]["fleet"], "moodle");
    assert!(body.get("sandbox").is_none());
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "strong: {tag}");
    let again = site.get("/v1/posture", &[("if-none-match", &tag)]).await;
    assert_eq!(again.status, 304);
    assert_eq!((again.text.as_str(), again.header("etag")), ("", tag.as_str()));
    let mut later = snapshot();
    later.posture.healthy = Some(Nodes::new(6));
    site.snapshot.send_replace(Some(Arc::new(later)));
    let changed = site.get("/v1/posture", &[("if-none-match", &tag)]).await;
    assert_eq!(changed.status, 200);
    assert_ne!(changed.header("etag"), tag);
}

#[tokio::test]
async fn a_fleet_tells_posture_plan_sittings_and_script() {
    let site = Site::open().await;
    let posture = site.get("/v1/fleets/moodle/posture", &[]).await.json();
    assert_eq!(posture["state"], "ready");
    assert!(posture["attempts"]["active"].is_null(), "not known is null");
    let plan = site.get("/v1/fleets/moodle/plan", &[]).await.json();
    let script = site.get("/v1/fleets/moodle/script", &[]).await;
    assert_eq!(plan["script"], script.json());
    assert!(!script.header("etag").is_empty());
    let sittings = site.get("/v1/fleets/moodle/sittings", &[]).await.json();
    assert_eq!(sittings["zone"], "Europe/London");
    assert_eq!(sittings["sittings"][0]["title"], HOSTILE);
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let site = Site::open().await;
    for part in ["posture", "plan", "sittings", "script"] {
        let path = format!("/v1/fleets/canvas/{part}");
        site.get(&path, &[]).await.refuses(404, "unknown_fleet");
    }
    site.get("/v1/nothing", &[]).await.refuses(404, "not_found");
    let wrong = site.post("/v1/posture", "admin", &[], "").await;
    wrong.refuses(405, "method_not_allowed");
    assert!(wrong.header("allow").contains("GET"), "{wrong:?}");
    site.get("/v1/fleets/%ff/posture", &[]).await.refuses(400, "bad_request");
}

#[tokio::test]
async fn before_the_first_pass_it_is_alive_but_not_ready() {
    let site = Site::with(true, None, None).await;
    assert_eq!(site.get("/healthz", &[]).await.status, 200);
    for path in ["/readyz", "/v1/posture", "/v1/fleets/moodle/posture", "/v1/fleets/moodle/plan"] {
        site.get(path, &[]).await.refuses(503, "not_ready");
    }
    let page = site.get("/", &[]).await;
    assert!(page.status == 200 && page.text.contains("Unknown"), "{}", page.text);
    site.snapshot.send_replace(Some(Arc::new(snapshot())));
    assert_eq!(site.get("/readyz", &[]).await.status, 200);
}

#[tokio::test]
async fn without_anonymous_reading_every_read_needs_a_known_token() {
    let site = Site::with(false, Some(snapshot()), None).await;
    for path in ["/", "/v1/posture", "/v1/fleets/moodle/plan"] {
        let answer = site.get(path, &[]).await;
        answer.refuses(401, "unauthorized");
        assert!(answer.header("www-authenticate").starts_with("Bearer"), "{answer:?}");
        let viewer = site.get(path, &[("authorization", "Bearer viewer")]).await;
        assert_eq!(viewer.status, 200, "{path}");
    }
    assert_eq!(site.get("/healthz", &[]).await.status, 200);
}

#[tokio::test]
async fn a_token_that_is_not_known_is_refused_even_where_none_is_needed() {
    let site = Site::open().await;
    let wrong = site.get("/v1/posture", &[("authorization", "Bearer eve")]).await;
    wrong.refuses(401, "unauthorized");
    assert!(!wrong.text.contains("eve"), "the secret is not told back");
}

#[tokio::test]
async fn every_answer_is_guarded() {
    let site = Site::open().await;
    for path in ["/", "/v1/posture", "/assets/page.css", "/nothing"] {
        let answer = site.get(path, &[]).await;
        let policy = answer.header("content-security-policy");
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert!(!answer.header("cache-control").is_empty(), "{path}");
    }
    assert_eq!(site.get("/v1/posture", &[]).await.header("cache-control"), "private, no-cache");
    assert_eq!(site.get("/", &[]).await.header("cache-control"), "no-store");
}

#[tokio::test]
async fn the_page_tells_the_exam_in_campus_time_and_escapes_every_title() {
    let site = Site::open().await;
    let page = site.get("/", &[]).await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(!page.text.contains("<script>alert"), "a title is text");
    assert!(page.text.contains("Law &#60;script&#62;"), "{}", page.text);
    for told in ["Ready", "<svg", "role=\"img\"", "<desc", "<caption>", "09:00", "4,000", "unknown"]
    {
        assert!(page.text.contains(told), "{told} in {}", page.text);
    }
    for word in ["AWS", "Auto Scaling", "MinSize", "EC2", "SANDBOX", "style="] {
        assert!(!page.text.contains(word), "{word} in {}", page.text);
    }
}

#[tokio::test]
async fn the_page_tells_how_old_a_timetable_is_and_escapes_what_is_wrong_with_it() {
    let page = Site::open().await.get("/", &[]).await.text;
    let told = "<strong>registry</strong> <span>web address, not taken: Law &#60;script&#62;";
    assert!(page.contains(told), "{page}");
    for told in
        ["Mon 30 Nov, 07:40 GMT (20 min ago)", "revision 3 in force since Mon 30 Nov, 07:00"]
    {
        assert!(page.contains(told), "{told} in {page}");
    }
    let mut none = snapshot();
    none.posture.timetables = vec![];
    let page = Site::with(true, Some(none), None).await.get("/", &[]).await.text;
    assert!(!page.contains("Timetables"), "{page}");
}

#[tokio::test]
async fn what_is_critical_stands_right_below_the_state() {
    let mut alarmed = snapshot();
    alarmed.posture.findings =
        vec![Finding::new(Severity::Critical, "short", "Too few servers.", "Raise the ceiling.")];
    let site = Site::with(true, Some(alarmed), None).await;
    let page = site.get("/", &[]).await.text;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"));
    let alarm = place("<p class=\"alarm\"><strong>Critical</strong> Too few servers.");
    assert!(place("data-state") < alarm && alarm < place("class=\"summary\""), "{page}");
    assert!(!Site::open().await.get("/", &[]).await.text.contains("alarm"), "a warning is none");
}

#[tokio::test]
async fn in_the_sandbox_posture_and_page_say_so() {
    let site = Site::with(true, Some(snapshot()), Some(counters())).await;
    let posture = site.get("/v1/posture", &[]).await.json();
    assert_eq!(posture["sandbox"]["starts"], 4000);
    let page = site.get("/", &[]).await.text;
    for told in ["SANDBOX", "60 × real time", "31.5", "168.0"] {
        assert!(page.contains(told), "{told} in {page}");
    }
}

#[tokio::test]
async fn the_page_stands_with_many_exams_and_long_titles() {
    let mut crowded = snapshot();
    let long = "Ω".repeat(200);
    crowded.sittings = Arc::new((0..150).map(|_| sitting(&long)).collect());
    let site = Site::with(true, Some(crowded), None).await;
    let page = site.get("/", &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("And 50 more."), "the rest is counted");
    assert!(page.text.contains("142 more in the table below"), "what is not drawn is counted");
}
