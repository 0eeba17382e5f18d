//! Which events are exams, and what is told of the others.

use super::*;
use crate::domain::{LeftOut, Severity};
use crate::timetable::ExamRules;

fn rules(exams: &[&str], others: &[&str]) -> Settings {
    let texts =
        |patterns: &[&str]| patterns.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let exams = ExamRules::new(&texts(exams), &texts(others)).unwrap();
    Settings { rules: Rules { exams, ..Rules::built_in() }, ..settings() }
}

fn chosen(lines: &str, exams: &[&str], others: &[&str]) -> Reading {
    let text = format!("BEGIN:VCALENDAR\n{lines}END:VCALENDAR\n");
    read(text.as_bytes(), &rules(exams, others)).unwrap()
}

fn titled(uid: &str, title: &str, lines: &str) -> String {
    event(uid, lines).replace(&format!("SUMMARY:Exam {uid}"), &format!("SUMMARY:{title}"))
}

fn uids(reading: &Reading) -> Vec<&str> {
    reading.sittings.iter().map(|sitting| sitting.key.uid.as_str()).collect()
}

#[test]
fn what_is_no_exam_is_listed_with_the_reason() {
    let text = titled("a", "Exam Law", &november(30))
        + &titled("b", "Lecture Law", &november(23))
        + &titled("c", "Mock exam", &november(24));
    let reading = chosen(&text, &["exam"], &["mock"]);
    assert_eq!(uids(&reading), ["a"]);
    let told =
        |event: &LeftOut| (event.uid.clone(), event.title.clone(), event.line, event.starts_at);
    let left_out: Vec<_> = reading.left_out.iter().map(told).collect();
    let at = |text| Some(utc(text));
    assert_eq!(
        left_out,
        [
            ("b".into(), "Lecture Law".into(), 9, at("2026-11-23T09:00:00Z")),
            ("c".into(), "Mock exam".into(), 16, at("2026-11-24T09:00:00Z")),
        ]
    );
    assert!(reading.left_out[0].reason.contains("look like an exam"));
    assert!(reading.left_out[1].reason.ends_with("mock"));
    assert_eq!(codes(&reading), ["left_out"]);
    assert_eq!(reading.findings[0].severity, Severity::Info);
    assert!(reading.findings[0].message.starts_with("2 events"));
    assert_eq!(
        (reading.counts.events, reading.counts.left_out, reading.counts.rejected),
        (3, 2, 0)
    );
}

#[test]
fn what_is_left_out_is_neither_rejected_nor_complained_about() {
    for lines in [
        "DTSTART;VALUE=DATE:20261130",
        "DTSTART:20261130T090000Z",
        "DTSTART;TZID=Nowhere:20261130T090000\nDTEND;TZID=Nowhere:20261130T110000",
        "X-CANDIDATES:0",
        "DESCRIPTION:Extra time: see the list",
    ] {
        let text = titled("a", "Exam Law", &november(30)) + &titled("b", "Lecture", lines);
        let reading = chosen(&text, &["exam"], &[]);
        assert_eq!(codes(&reading), ["left_out"], "{lines}");
        assert_eq!((reading.counts.left_out, reading.counts.rejected), (1, 0), "{lines}");
    }
}

#[test]
fn rules_that_leave_out_everything_are_told_gravely() {
    let text = titled("a", "Law", &november(30));
    let reading = chosen(&text, &["tentamen"], &[]);
    assert!(reading.sittings.is_empty());
    assert_eq!(codes(&reading), ["all_left_out"]);
    assert_eq!(reading.findings[0].severity, Severity::Critical);
    assert_eq!(codes(&chosen("", &["tentamen"], &[])), ["no_sittings"]);
}

#[test]
fn an_instance_of_an_exams_series_is_an_exam_whatever_its_title() {
    let series = titled("a", "Exam Law", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=2", november(23)));
    let moved = titled(
        "a",
        "Mock: new room",
        "RECURRENCE-ID:20261130T090000Z\nDTSTART:20261130T140000Z\nDURATION:PT2H",
    );
    let reading = chosen(&(series + &moved), &["exam"], &["mock"]);
    assert_eq!(spans(&reading), ["1123T0900 1123T1100", "1130T1400 1130T1600"]);
    assert_eq!(codes(&reading), ["taken_for_an_exam"]);
    assert_eq!(reading.counts.left_out, 0);
}

#[test]
fn an_exam_in_a_series_of_lectures_stands_alone() {
    let series =
        titled("a", "Lecture Law", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=3", november(16)));
    let exam = titled(
        "a",
        "Exam Law",
        "RECURRENCE-ID:20261130T090000Z\nDTSTART:20261130T090000Z\nDURATION:PT3H",
    );
    let other = titled(
        "a",
        "Lecture, new room",
        "RECURRENCE-ID:20261123T090000Z\nDTSTART:20261123T090000Z\nDURATION:PT2H",
    );
    let reading = chosen(&(series + &exam + &other), &["exam"], &[]);
    assert_eq!(spans(&reading), ["1130T0900 1130T1200"]);
    assert_eq!(codes(&reading), ["left_out"]);
    assert_eq!(reading.counts.left_out, 2);
}

#[test]
fn what_was_an_exam_in_an_older_version_still_is() {
    let old = titled("a", "Exam Law", &format!("SEQUENCE:0\n{}", november(23)));
    let new = titled("a", "Law (see notice)", &format!("SEQUENCE:1\n{}", november(30)));
    for text in [old.clone() + &new, new + &old] {
        let reading = chosen(&text, &["exam"], &[]);
        assert_eq!(spans(&reading), ["1130T0900 1130T1100"]);
        assert_eq!(codes(&reading), ["duplicate_uid", "taken_for_an_exam"]);
    }
}

#[test]
fn an_event_without_any_text_is_taken_for_an_exam() {
    let bare = event("a", &november(30)).replace("SUMMARY:Exam a\n", "");
    let reading = chosen(&bare, &["exam"], &[]);
    assert_eq!(codes(&reading), ["taken_for_an_exam"]);
    assert_eq!(reading.sittings.len(), 1);
}

#[test]
fn what_is_left_out_far_away_is_not_told() {
    let past = titled("b", "Lecture", "DTSTART:20200101T090000Z\nDURATION:PT1H");
    let reading = chosen(&(past + &titled("a", "Exam", &november(30))), &["exam"], &[]);
    assert_eq!(codes(&reading), [""; 0]);
    assert_eq!(reading.counts.left_out, 0);
}

#[test]
fn of_very_many_the_first_are_listed_and_all_counted() {
    let many: String =
        (0..2_500).map(|number| titled(&format!("l{number}"), "Lecture", &november(23))).collect();
    let reading = chosen(&(many + &titled("a", "Exam", &november(30))), &["exam"], &[]);
    assert_eq!((reading.left_out.len(), reading.counts.left_out), (2_000, 2_500));
    assert!(reading.findings[0].message.starts_with("2,500 events"));
}

proptest! {
    /// Every event is a sitting or left out, and no rule makes a panic.
    #[test]
    fn no_exam_is_lost_between_the_two(titles in prop::collection::vec("[a-z]{0,6}", 1..8)) {
        let text: String = titles
            .iter()
            .enumerate()
            .map(|(number, title)| titled(&number.to_string(), title, &november(30)))
            .collect();
        let reading = chosen(&text, &["a|b|c"], &["x"]);
        prop_assert_eq!(reading.sittings.len() + reading.left_out.len(), titles.len());
        for sitting in &reading.sittings {
            prop_assert!(sitting.title == "Untitled exam" || sitting.title.contains(['a', 'b', 'c']));
        }
    }
}
