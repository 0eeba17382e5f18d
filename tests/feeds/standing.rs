//! Whatever a feed does, what was published last stands, and the posture tells how old it is and what is wrong.

use crate::server::{Answer, Fixed, HASTE, HOST, MOST, Server};
use crate::site::{SOURCE, Site, at, file, settings, term};
use chrono::TimeDelta;
use invigilator::domain::{Severity, SourceKind};
use invigilator::feeds::Found;
use std::sync::Arc;

/// A site whose feed, over TLS, has published one exam tomorrow; an hour has passed since.
async fn published(server: &Server) -> Site {
    server.answers(Answer::ok(&file(&[("law", 24)])));
    let mut site = Site::with(SourceKind::Https, Box::new(server.watched(HASTE))).await;
    site.look().await;
    assert_eq!(site.standing().await, (1, vec!["law".to_owned()]));
    site.clock.advance(TimeDelta::hours(1));
    site
}

async fn stands_and_tells(site: &Site, wanted: &str) {
    assert_eq!(site.standing().await, (1, vec!["law".to_owned()]), "{wanted}");
    assert!(site.waiting().await.is_empty(), "nobody is asked: {wanted}");
    let told = site.timetable().await;
    assert_eq!(told["source"], SOURCE);
    assert_eq!((&told["kind"], &told["revision"]), (&"https".into(), &1.into()));
    assert_eq!((&told["status"], &told["age_seconds"]), (&"failing".into(), &3600.into()));
    assert_eq!(told["checked_at"], "2026-11-30T08:00:00Z");
    let error = told["error"].as_str().unwrap();
    assert!(error.contains(wanted), "{wanted} in {error}");
    for secret in ["7f3a", "token", "word"] {
        assert!(!told.to_string().contains(secret), "{told}");
    }
}

#[tokio::test]
async fn an_answer_that_is_no_timetable_leaves_the_last_one_standing() {
    let server = Server::start().await;
    let law = file(&[("law", 24), ("art", 30)]);
    let cut = &law[..law.len() - 30];
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{cut}", law.len());
    let login = "<!doctype html>\n<html><body>Please sign in</body></html>\n";
    for (answer, wanted) in [
        (Answer::of("403 Forbidden", "", &law), "the server answers 403"),
        (Answer::of("500 Internal Server Error", "", &law), "the server answers 500"),
        (
            Answer::of("302 Found", "Location: https://a.example/\r\n", ""),
            "the server sends elsewhere",
        ),
        (Answer::Silence, "the server did not answer in time"),
        (Answer::Bytes(long.into_bytes()), "the answer broke off"),
        (Answer::ok(cut), "does not end with END:VCALENDAR"),
        (Answer::ok(""), "the answer is empty"),
        (Answer::ok(" \r\n"), "the file is empty"),
        (Answer::ok(&"x".repeat(MOST + 1)), "the answer has more than"),
        (Answer::of("200 OK", "Content-Type: text/html\r\n", login), "this is not a calendar"),
        (Answer::ok(&file(&[])), "it has no exam that is still to come"),
        (Answer::ok(&file(&[("law", -24)])), "it has no exam that is still to come"),
    ] {
        let mut site = published(&server).await;
        server.answers(answer);
        for _ in 0..2 {
            site.look().await;
            stands_and_tells(&site, wanted).await;
        }
    }
}

#[tokio::test]
async fn an_address_that_may_not_be_reached_any_more_leaves_the_last_one_standing() {
    let server = Server::start().await;
    for (address, wanted) in [
        ("169.254.169.254", "a link-local or metadata address"),
        ("10.0.0.1", "a private address"),
        ("::ffff:127.0.0.1", "an IPv4 address in disguise"),
    ] {
        let mut site = published(&server).await;
        let names = Arc::new(Fixed(vec![address.parse().unwrap()]));
        let moved = server.address(HOST, &["127.0.0.0/8"]).watched(MOST, names, HASTE);
        site.restart(Box::new(moved), settings());
        site.look().await;
        stands_and_tells(&site, wanted).await;
    }
}

#[tokio::test]
async fn the_declared_encoding_counts() {
    let server = Server::start().await;
    let law = file(&[("law", 24)]).replace("SUMMARY:law", "SUMMARY:Jura f?r Anf?nger");
    let body = law.bytes().map(|byte| if byte == b'?' { 0xfc } else { byte });
    let length = law.len();
    let head = |media_type: &str| {
        format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n")
    };
    for (media_type, told) in [("text/calendar; charset=iso-8859-1", 0), ("text/calendar", 1)] {
        server.answers(Answer::Bytes(head(media_type).bytes().chain(body.clone()).collect()));
        let mut site = Site::with(SourceKind::Https, Box::new(server.watched(HASTE))).await;
        site.look().await;
        let revision = site.in_force(SOURCE).await.unwrap();
        assert_eq!(revision.content.sittings[0].title, "Jura für Anfünger");
        let doubts = revision.content.findings.iter();
        assert_eq!(doubts.filter(|one| one.code == "not_utf8").count(), told, "{media_type}");
    }
}

#[tokio::test]
async fn a_304_renews_the_age_and_a_good_answer_mends_the_rest() {
    let server = Server::start().await;
    let mut site = published(&server).await;
    server.answers(Answer::not_modified());
    site.look().await;
    let told = site.timetable().await;
    assert_eq!((&told["status"], &told["age_seconds"]), (&"ok".into(), &0.into()));
    assert_eq!(told["checked_at"], "2026-11-30T09:00:00Z");
    assert_eq!(told["published_at"], "2026-11-30T08:00:00Z");
    server.answers(Answer::of("503 Busy", "", ""));
    site.look().await;
    assert_eq!(site.timetable().await["status"], "failing");
    server.answers(Answer::ok(&file(&[("law", 24)])));
    site.look().await;
    let told = site.timetable().await;
    assert_eq!((&told["status"], &told["error"]), (&"ok".into(), &serde_json::Value::Null));
    assert_eq!(site.standing().await.0, 1);
}

#[tokio::test]
async fn over_one_in_a_hundred_unreadable_events_is_a_broken_export() {
    let (mut site, told) = Site::told().await;
    let exams = term();
    told.file(&file(&exams));
    site.look().await;
    assert_eq!(site.standing().await.0, 1);
    let broken = file(&exams).replacen("DTSTART:", "DTSTART:soon", 1);
    told.file(&broken);
    site.look().await;
    assert_eq!(site.standing().await.0, 1);
    let error = site.timetable().await["error"].clone();
    assert_eq!(error, "1 of its 40 events cannot be read");
    // Of a hundred, one is told in the report and the rest is published.
    let many = file(&exams.repeat(3)[..100]);
    let mut number = 0;
    let uids = many.split("UID:").map(|part| {
        number += 1;
        format!("{part}UID:{number}-")
    });
    let many: String = uids.collect::<String>().trim_end_matches("UID:101-").to_owned();
    told.file(&many.replacen("DTSTART:", "DTSTART:soon", 1));
    site.look().await;
    assert_eq!(site.standing().await.0, 2);
}

#[tokio::test]
async fn a_failing_feed_is_told_once_it_has_failed_for_long_and_sooner_means_graver() {
    let (mut site, told) = Site::told().await;
    told.file(&file(&[("law", 24 * 30)]));
    site.look().await;
    told.finds(Found::Failed("the disk it lies on does not answer".into()));
    site.clock.advance(TimeDelta::hours(24));
    site.look().await;
    assert!(site.findings().await.is_empty(), "a night without the server is nobody's alarm");
    site.clock.advance(TimeDelta::minutes(1));
    let stale = site.findings().await;
    assert_eq!((stale[0].severity, &*stale[0].code), (Severity::Warning, "feed_stale"));
    for word in ["registry", "since 2026-11-30 08:00 UTC", "the disk it lies on does not answer"] {
        assert!(stale[0].message.contains(word), "{word} in {}", stale[0].message);
    }
    assert_eq!(site.findings().await, stale, "the same words with every pass");
    // 72 hours before the exam.
    site.clock.advance(at(24 * 30 - 72) - at(24) - TimeDelta::minutes(1));
    assert_eq!(site.findings().await[0].severity, Severity::Critical);
    site.clock.advance(TimeDelta::hours(75));
    assert_eq!(site.findings().await[0].severity, Severity::Warning, "it is over");
}

#[tokio::test]
async fn a_content_that_is_not_taken_is_told_at_once() {
    let (mut site, told) = Site::told().await;
    told.file(&file(&[("law", 24)]));
    site.look().await;
    told.file("<html>");
    site.look().await;
    let findings = site.findings().await;
    assert_eq!((findings[0].severity, &*findings[0].code), (Severity::Critical, "feed_refused"));
    assert!(findings[0].message.contains("this is not a calendar"), "{}", findings[0].message);
    told.file(&file(&[("law", 24)]));
    site.look().await;
    assert!(site.findings().await.is_empty());
}

#[tokio::test]
async fn a_content_that_is_not_taken_is_told_since_it_was_first_offered() {
    let (mut site, told) = Site::told().await;
    told.file(&file(&[("law", 24)]));
    site.look().await;
    let late = || Found::Failed("the server did not answer in time".into());
    let page = || Found::Fresh(b"<html>".to_vec());
    let empty = || Found::Fresh(file(&[]).into_bytes());
    for (found, since) in
        [(late(), None), (page(), Some("08:02")), (page(), Some("08:02")), (empty(), Some("08:04"))]
    {
        site.clock.advance(TimeDelta::minutes(1));
        told.finds(found);
        site.look().await;
        let findings = site.findings().await;
        let told = findings.first().map(|finding| finding.message.as_str());
        let offered = since.map(|since| format!("is offered since 2026-11-30 {since} UTC is not"));
        assert_eq!(told.is_some(), offered.is_some(), "{findings:?}");
        if let (Some(told), Some(offered)) = (told, offered) {
            assert!(told.contains(&offered), "{offered} in {told}");
        }
    }
}

#[tokio::test]
async fn before_the_first_good_look_nothing_is_in_force_and_the_posture_says_so() {
    let (mut site, told) = Site::told().await;
    let before = site.timetable().await;
    assert_eq!((&before["status"], &before["kind"]), (&"never".into(), &"file".into()));
    assert!(before["revision"].is_null() && before["age_seconds"].is_null(), "{before}");
    for (found, status) in [(Found::Settling, "never"), (Found::Failed("gone".into()), "failing")] {
        told.finds(found);
        site.look().await;
        assert_eq!(site.timetable().await["status"], status);
    }
    site.clock.advance(TimeDelta::hours(25));
    site.look().await;
    assert_eq!(site.findings().await[0].code, "feed_stale");
    told.file(&file(&[]));
    site.look().await;
    assert_eq!(site.timetable().await["error"], "it has no exam that is still to come");
    assert_eq!(site.standing().await.0, 0);
}
