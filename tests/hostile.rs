//! Files that would exhaust or mislead a reader: each gets one clear finding, or is refused with one clear sentence, and
//! costs no exam but its own.

use chrono::DateTime;
use chrono_tz::Tz;
use invigilator::domain::{Candidates, Reading, Severity, Span};
use invigilator::timetable::{Encoding, Error, Limits, Rules, Settings, ZoneData, read};

const EVENT: &str = "BEGIN:VEVENT\nUID:whole\nSUMMARY:Exam\nX-CANDIDATES:300\nDTSTART:20261130T090000Z\nDURATION:PT2H\n";

fn settings() -> Settings {
    let at = |text: &str| text.parse::<DateTime<chrono::Utc>>().expect("a moment");
    Settings {
        zone: Tz::Europe__London,
        encoding: Encoding::Utf8,
        zone_data: ZoneData::compiled(),
        horizon: Span::new(at("2026-09-01T00:00:00Z"), at("2027-09-01T00:00:00Z")).expect("a year"),
        default_candidates: Candidates::new(100),
        limits: Limits::UPLOAD,
        rules: Rules::built_in(),
    }
}

fn whole(text: &str) -> Reading {
    read(text.as_bytes(), &settings()).expect("a calendar")
}

/// A calendar with these lines before the whole event, and these in it.
fn calendar(before: &str, inside: &str) -> Reading {
    whole(&format!("BEGIN:VCALENDAR\n{before}{EVENT}{inside}END:VEVENT\nEND:VCALENDAR\n"))
}

/// One finding of this code, as grave as this, and the exam all the same.
#[track_caller]
fn told_once(reading: &Reading, code: &str, severity: Severity) {
    let codes: Vec<&str> = reading.findings.iter().map(|finding| finding.code.as_ref()).collect();
    assert_eq!(codes, [code]);
    let finding = &reading.findings[0];
    assert_eq!(finding.severity, severity);
    assert!(finding.line.is_some(), "{finding:?} names its place");
    assert!(finding.message.ends_with('.') && !finding.fix.is_empty(), "{finding:?}");
    assert!(reading.sittings.iter().any(|sitting| sitting.key.uid == "whole"), "the exam is lost");
}

#[test]
fn ten_thousand_nested_components_are_told_once() {
    let deep = format!("{}{}", "BEGIN:X\n".repeat(10_000), "END:X\n".repeat(10_000));
    told_once(&calendar(&deep, ""), "too_deep", Severity::Warning);
}

#[test]
fn a_billion_instances_are_told_once() {
    let reading = calendar("", "RRULE:FREQ=DAILY;COUNT=1000000000\n");
    told_once(&reading, "endless_series", Severity::Warning);
    // Those that are looked at are planned: 30 November to the end of August.
    assert_eq!(reading.sittings.len(), 275);
    // Uploads are read over all of time.
    let text = format!(
        "BEGIN:VCALENDAR\n{EVENT}RRULE:FREQ=DAILY;COUNT=1000000000\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    let always = Span::new(DateTime::<chrono::Utc>::MIN_UTC, DateTime::<chrono::Utc>::MAX_UTC);
    let always = Settings { horizon: always.expect("all of time"), ..settings() };
    let reading = read(text.as_bytes(), &always).expect("a calendar");
    told_once(&reading, "too_many_instances", Severity::Critical);
}

#[test]
fn a_rule_by_the_second_is_told_once() {
    let reading = calendar("", "RRULE:FREQ=SECONDLY\n");
    told_once(&reading, "bad_rule", Severity::Critical);
    assert_eq!(reading.sittings.len(), 1);
}

#[test]
fn a_line_of_ten_megabytes_is_told_once() {
    let long = format!("DESCRIPTION:{}\n", "x".repeat(10_000_000));
    told_once(&calendar("", &long), "line_too_long", Severity::Warning);
}

#[test]
fn a_file_above_the_limit_is_refused_with_one_sentence() {
    let mut bytes = format!("BEGIN:VCALENDAR\n{EVENT}END:VEVENT\nEND:VCALENDAR\n").into_bytes();
    bytes.resize(Limits::UPLOAD.file_bytes + 1, b'\n');
    let Err(Error::Unreadable { line: 1, what, fix }) = read(&bytes, &settings()) else {
        panic!("it was read");
    };
    assert!(what.contains("33554433 bytes") || what.contains("33,554,433 bytes"), "{what}");
    assert!(!fix.is_empty());
}

#[test]
fn nul_bytes_are_dropped_and_do_not_hide_an_exam() {
    let reading = whole(&format!(
        "BEGIN:VCALENDAR\n{}END:VEVENT\nEND:VCALENDAR\n",
        EVENT.replace("Exam", "Ex\0am")
    ));
    assert_eq!(reading.sittings[0].title, "Exam");
    told_once(&reading, "control_characters", Severity::Warning);
}

#[test]
fn characters_that_turn_text_around_are_dropped_and_told() {
    let reading = whole(&format!(
        "BEGIN:VCALENDAR\n{}END:VEVENT\nEND:VCALENDAR\n",
        EVENT.replace("Exam", "Ex\u{202e}am")
    ));
    assert_eq!(reading.sittings[0].title, "Exam");
    told_once(&reading, "hidden_characters", Severity::Warning);
}
