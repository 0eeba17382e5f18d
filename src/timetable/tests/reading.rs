//! What a timetable means: versions, cancellations, cohorts, horizons.

use super::*;
use crate::domain::Severity;

#[test]
fn the_bundled_week_reads_without_a_doubt() {
    let reading = whole(include_str!("../../../config/exam-week.ics"));
    assert_eq!(crate::domain::worst(&reading.findings).unwrap_or(Severity::Info), Severity::Info);
    let first = &reading.sittings[0];
    assert_eq!(first.span.start(), utc("2026-11-30T09:00:00Z"));
    assert_eq!(first.candidates, Candidates::new(4_000));
    assert_eq!(first.extra_time, [extra_time(0.12, 1.25), extra_time(0.03, 1.5)]);
    for sitting in &reading.sittings {
        let local =
            |at: DateTime<Utc>| at.with_timezone(&Tz::Europe__London).format("%H:%M").to_string();
        assert!(local(sitting.span.start()).as_str() >= "09:00", "{}", sitting.title);
        assert!(local(sitting.last_deadline()).as_str() <= "21:00", "{}", sitting.title);
        assert!(sitting.span.end() <= utc("2026-12-04T21:00:00Z"), "{}", sitting.title);
    }
    let all: u32 = reading.sittings.iter().map(|sitting| sitting.candidates.get()).sum();
    assert!((9_000..=11_000).contains(&all), "{all}");
    assert_eq!((reading.counts.cancelled, reading.counts.rejected), (1, 0));
    let evening = utc("2026-12-01T17:30:00Z");
    assert!(reading.sittings.iter().any(|sitting| sitting.span.start() == evening));
}

#[test]
fn the_newcomers_example_reads_without_a_finding() {
    let readme = include_str!("../../../README.md");
    let (_, example) = readme.split_once("<<END\n").unwrap();
    let (file, _) = example.split_once("\nEND\n").unwrap();
    let reading = whole(&file.replace("${DAY}", "20261201"));
    assert_eq!(spans(&reading), ["1201T1300 1201T1500"]);
    assert_eq!(codes(&reading), [""; 0]);
}

#[test]
fn every_sitting_carries_what_its_event_says() {
    let lines = format!("{}\nX-INVIGILATOR-EXTRA-TIME:12%=1.25\\,3%=1.5", november(30));
    let reading = calendar(&event("law;1", &lines));
    let sitting = &reading.sittings[0];
    assert_eq!(sitting.key, SittingKey { uid: "law;1".into(), recurrence_id: None });
    assert_eq!(sitting.title, "Exam law;1");
    assert_eq!(sitting.candidates, Candidates::new(300));
    assert_eq!(sitting.last_deadline(), utc("2026-11-30T12:00:00Z"));
    assert_eq!(sitting.source_line, Some(2));
    assert!(reading.findings.is_empty());
}

#[test]
fn the_newest_version_of_an_event_counts() {
    let version = |sequence: u32, day: u32| {
        event("a", &format!("SEQUENCE:{sequence}\nDTSTAMP:20261101T000000Z\n{}", november(day)))
    };
    for text in [version(1, 30) + &version(0, 23), version(0, 23) + &version(1, 30)] {
        let reading = calendar(&text);
        assert_eq!(spans(&reading), ["1130T0900 1130T1100"]);
        assert_eq!(codes(&reading), ["duplicate_uid"]);
        assert_eq!(reading.findings[0].severity, Severity::Info);
    }
}

#[test]
fn a_newer_version_that_cannot_be_read_costs_only_itself() {
    let series = event("a", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=2", november(23)));
    for (newer, expected) in [
        ("DTSTART;VALUE=DATE:20261130", &["all_day"][..]),
        ("RECURRENCE-ID:soon\nDTSTART:nonsense", &["no_start", "bad_time", "bad_time"]),
    ] {
        let reading = calendar(&format!("{}{series}", event("a", &format!("SEQUENCE:2\n{newer}"))));
        assert_eq!(reading.sittings.len(), 2, "{newer}");
        assert_eq!(codes(&reading), expected);
    }
    let moved =
        event("a", "SEQUENCE:2\nRECURRENCE-ID:soon\nDTSTART:20261201T090000Z\nDURATION:PT1H");
    let reading = calendar(&(series + &moved));
    assert_eq!(reading.sittings.len(), 3);
    assert_eq!(codes(&reading), ["override_unmatched", "bad_time"]);
}

#[test]
fn cancelled_events_and_instances_are_counted_and_gone() {
    let cancelled = event("a", &format!("STATUS:CANCELLED\n{}", november(30)));
    let series = event("b", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=2", november(23)));
    let instance =
        "BEGIN:VEVENT\nUID:b\nSTATUS:CANCELLED\nRECURRENCE-ID:20261130T090000Z\nEND:VEVENT\n";
    let reading = calendar(&format!("{cancelled}{series}{instance}"));
    assert_eq!(spans(&reading), ["1123T0900 1123T1100"]);
    assert_eq!(reading.counts.cancelled, 2);
    assert!(reading.findings.is_empty());
}

#[test]
fn a_cancelling_calendar_calls_off_by_uid_and_by_instance() {
    let kept = event("a", &november(30))
        + &event("b", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=2", november(23)));
    let off = "BEGIN:VCALENDAR\nMETHOD:CANCEL\nBEGIN:VEVENT\nUID:a\nSEQUENCE:1\nEND:VEVENT\n\
               BEGIN:VEVENT\nUID:b\nRECURRENCE-ID;TZID=Europe/London:20261123T090000\nEND:VEVENT\nEND:VCALENDAR\n";
    let reading = whole(&format!("BEGIN:VCALENDAR\n{kept}END:VCALENDAR\n{off}"));
    assert_eq!(spans(&reading), ["1130T0900 1130T1100"]);
    assert_eq!(reading.sittings[0].key.uid, "b");
    assert_eq!(reading.counts.cancelled, 2);
}

#[test]
fn an_override_that_cannot_be_read_leaves_the_original() {
    let series = event("a", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=2", november(23)));
    let broken = event("a", "RECURRENCE-ID:20261130T090000Z\nDTSTART:20261130T140000Z");
    let reading = calendar(&(series + &broken));
    assert_eq!(reading.sittings.len(), 2);
    assert_eq!(codes(&reading), ["no_end"]);
}

#[test]
fn an_override_without_a_cohort_has_that_of_its_series() {
    let series = event("a", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=2", november(23)));
    let moved = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20261130T090000Z\nDTSTART:20261130T140000Z\nDURATION:PT2H\nEND:VEVENT";
    let reading = calendar(&(series + moved));
    assert_eq!(reading.sittings[1].candidates, Candidates::new(300));
    assert!(reading.findings.is_empty());
}

#[test]
fn bad_extra_time_of_a_moved_instance_is_told_and_gives_all_the_longest() {
    let series = event("a", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=2", november(23)));
    let moved = "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20261130T090000Z\nDTSTART:20261130T140000Z\nDURATION:PT2H\n\
                 DESCRIPTION:Extra time: see the list\nEND:VEVENT";
    let reading = calendar(&(series + moved));
    assert_eq!(codes(&reading), ["bad_extra_time"]);
    assert_eq!(reading.sittings[1].extra_time, [extra_time(1.0, 1.5)]);
}

#[test]
fn an_override_stands_alone_without_its_series_or_its_date() {
    let alone = event("a", &format!("RECURRENCE-ID:20261201T090000Z\n{}", november(30)));
    let reading = calendar(&alone);
    assert_eq!(reading.sittings.len(), 1);
    assert!(reading.findings.is_empty());
    let series = event("a", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=2", november(16)));
    let reading = calendar(&(series + &alone));
    assert_eq!(reading.sittings.len(), 3);
    assert_eq!(codes(&reading), ["override_unmatched"]);
}

#[test]
fn weekly_exams_keep_their_wall_clock_over_the_clock_change() {
    let lines =
        "DTSTART;TZID=Europe/London:20261019T090000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=2";
    assert_eq!(
        spans(&calendar(&event("a", lines))),
        ["1019T0800 1019T1000", "1026T0900 1026T1100"]
    );
}

#[test]
fn what_has_no_start_is_told_gravely_and_costs_only_itself() {
    for (lines, code) in
        [("DTSTART;VALUE=DATE:20261130", "all_day"), ("DTEND:20261130T090000Z", "no_start")]
    {
        let reading = calendar(&(event("a", lines) + &event("b", &november(30))));
        assert_eq!(reading.sittings.len(), 1, "{lines}");
        assert_eq!(codes(&reading), [code], "{lines}");
        assert_eq!(reading.findings[0].severity, Severity::Critical);
        assert_eq!(reading.findings[0].uid.as_deref(), Some("a"));
        assert_eq!(reading.counts.rejected, 1);
    }
}

#[test]
fn a_sitting_of_more_than_a_day_is_told() {
    let reading = calendar(&event("a", "DTSTART:20261130T090000Z\nDTEND:20261202T090000Z"));
    assert_eq!(codes(&reading), ["long_sitting"]);
    assert_eq!(reading.sittings.len(), 1);
}

#[test]
fn outside_the_horizon_nothing_is_returned_or_complained_about() {
    let past = "BEGIN:VEVENT\nUID:p\nDTSTART:20200101T090000Z\nDURATION:PT1H\nEND:VEVENT\n\
                BEGIN:VEVENT\nUID:q\nDTSTART;VALUE=DATE:20200101\nEND:VEVENT\n";
    let reading = calendar(&(past.to_owned() + &event("a", &november(30))));
    assert_eq!(reading.sittings.len(), 1);
    assert_eq!(codes(&reading), ["outside_horizon"], "only that there is one more");
    assert_eq!(
        (reading.counts.events, reading.counts.sittings, reading.counts.rejected),
        (3, 1, 0)
    );
}

#[test]
fn a_sitting_under_way_at_the_begin_of_the_horizon_is_returned() {
    let reading = calendar(&event("a", "DTSTART:20260831T230000Z\nDURATION:PT2H"));
    assert_eq!(reading.sittings.len(), 1);
}

#[test]
fn an_endless_series_is_read_as_far_as_allowed_and_told() {
    let endless = event("a", &format!("{}\nRRULE:FREQ=DAILY", november(23)));
    let few = Limits { instances: 50, ..Limits::UPLOAD };
    let text = format!("BEGIN:VCALENDAR\n{endless}END:VCALENDAR");
    let reading = read(text.as_bytes(), &Settings { limits: few, ..settings() }).unwrap();
    assert_eq!(reading.sittings.len(), 50);
    assert_eq!(codes(&reading), ["too_many_instances"]);
    let weekly = event("a", &format!("{}\nRRULE:FREQ=WEEKLY", november(23)));
    let forever = Span::new(DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC).unwrap();
    let text = format!("BEGIN:VCALENDAR\n{weekly}END:VCALENDAR");
    let reading = read(text.as_bytes(), &Settings { horizon: forever, ..settings() }).unwrap();
    assert_eq!(reading.sittings.len(), 523, "ten years of weeks");
}

#[test]
fn an_event_without_a_uid_is_the_same_again_tomorrow() {
    let nameless = event("", &november(30));
    let reading = calendar(&nameless);
    assert_eq!(reading.sittings[0].key.uid, "Exam@20261130T090000");
    assert_eq!(codes(&reading), ["no_uid"]);
}

#[test]
fn two_rooms_of_one_exam_without_uids_are_both_planned() {
    let one = event("", &november(30));
    let reading = calendar(&(one.clone() + &one.replace("X-CANDIDATES:300", "X-CANDIDATES:80")));
    let candidates: Vec<_> = reading.sittings.iter().map(|one| one.candidates.get()).collect();
    assert_eq!(candidates, [300, 80]);
    assert_eq!(codes(&reading), ["no_uid", "no_uid"]);
}

#[test]
fn an_event_that_says_nothing_of_candidates_gets_the_default_and_a_warning() {
    let text = event("a", &november(30)).replace("X-CANDIDATES:300\n", "");
    let reading = calendar(&text);
    assert_eq!(reading.sittings[0].candidates, Candidates::new(100));
    assert_eq!(codes(&reading), ["no_cohort"]);
}

#[test]
fn a_file_without_exams_is_told() {
    assert_eq!(codes(&calendar("")), ["no_sittings"]);
}

#[test]
fn moved_by_weeks_the_bundled_file_has_the_same_exams() {
    let text = include_str!("../../../config/exam-week.ics");
    let later = whole(&crate::timetable::shifted(text, 2));
    let starts =
        |reading: &Reading| reading.sittings.iter().map(|s| s.span.start()).collect::<Vec<_>>();
    let expected: Vec<_> =
        starts(&whole(text)).into_iter().map(|at| at + TimeDelta::weeks(2)).collect();
    assert_eq!(starts(&later), expected);
}
