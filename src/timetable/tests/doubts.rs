//! What is doubtful about an event never costs its exam: the more is planned, and it is told.

use super::*;
use crate::domain::Severity;

#[test]
fn different_exams_under_one_uid_are_all_planned_and_each_is_named() {
    let stamped = |title: &str, day: u32, second: u32| {
        event("course", &format!("DTSTAMP:20261001T0900{second:02}Z\n{}", november(day)))
            .replace("Exam course", title)
    };
    let text =
        stamped("LAWS1001", 23, 1) + &stamped("LAWS1002", 24, 2) + &stamped("LAWS1003", 25, 3);
    let reading = calendar(&text);
    let keys: Vec<_> = reading.sittings.iter().map(|one| one.key.uid.as_str()).collect();
    assert_eq!(keys, ["course", "course/2", "course/3"]);
    assert_eq!(codes(&reading), ["shared_uid"]);
    assert_eq!(reading.findings[0].severity, Severity::Critical);
    assert!(reading.findings[0].message.contains("\"LAWS1003\" on line"), "{:?}", reading.findings);
    // As one course at one time in two rooms.
    let room = |candidates: u32| {
        event("a", &november(30)).replace("X-CANDIDATES:300", &format!("X-CANDIDATES:{candidates}"))
    };
    let rooms = calendar(&(room(300) + &room(120)));
    assert_eq!(rooms.sittings.len(), 2);
    assert_eq!(codes(&rooms), ["shared_uid"]);
    // The same twice is the same.
    let twice = calendar(&(room(300) + &room(300)));
    assert_eq!((twice.sittings.len(), codes(&twice)), (1, vec!["duplicate_uid"]));
}

/// Every event of a file under one UID: this test is done soon, or the file is gone through as often as it has events.
#[test]
fn thousands_of_exams_under_one_uid_are_all_planned() {
    let one = |n: usize| {
        event("u", "DTSTART:20261130T090000Z").replace("Exam u", &format!("Exam {n:05}"))
    };
    let reading = calendar(&(0..9_000).map(one).collect::<String>());
    assert_eq!(reading.sittings.len(), 9_000);
    let shared = reading.findings.iter().find(|finding| finding.code == "shared_uid").unwrap();
    assert!(shared.message.ends_with("and 8995 more. Each is planned."), "{}", shared.message);
}

#[test]
fn an_exam_without_an_end_that_makes_sense_is_planned_from_its_start() {
    for end in [
        "",
        "\nDTEND:20261130T090000Z",
        "\nDTEND:20261130T080000Z",
        "\nDTEND;VALUE=DATE:20261130",
        "\nDURATION:PT0S",
        "\nDURATION:-PT2H",
    ] {
        let reading = calendar(&event("a", &format!("DTSTART:20261130T090000Z{end}")));
        assert_eq!(spans(&reading), ["1130T0900 1130T1200"], "{end}");
        assert!(codes(&reading).contains(&"no_end"), "{end}");
        assert_eq!(reading.findings[0].severity, Severity::Critical, "{end}");
    }
}

#[test]
fn of_two_ends_the_later_and_of_two_starts_both_are_planned() {
    let two = "DTSTART:20261130T090000Z\nDTEND:20261130T100000Z\nDURATION:PT3H";
    let reading = calendar(&event("a", two));
    assert_eq!(spans(&reading), ["1130T0900 1130T1200"]);
    assert_eq!(codes(&reading), ["two_ends"]);
    let two = "DTSTART:20261130T090000Z\nDTSTART:20261201T090000Z\nDURATION:PT1H";
    let reading = calendar(&event("a", two));
    assert_eq!(spans(&reading), ["1130T0900 1130T1000", "1201T0900 1201T1000"]);
    assert_eq!(codes(&reading), ["repeated_property"]);
    assert_eq!(reading.findings[0].severity, Severity::Critical);
}

#[test]
fn times_without_a_zone_are_read_in_the_zone_of_the_start() {
    let start = "DTSTART;TZID=America/New_York:20261130T090000";
    let reading = calendar(&event("a", &format!("{start}\nDTEND:20261130T110000")));
    assert_eq!(spans(&reading), ["1130T1400 1130T1600"]);
    assert_eq!(codes(&reading), ["zone_of_start"]);
    let series =
        format!("{start}\nDURATION:PT2H\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20261201T090000");
    let reading = calendar(&event("a", &series));
    assert_eq!(spans(&reading), ["1130T1400 1130T1600", "1202T1400 1202T1600"]);
}

#[test]
fn an_exception_that_hits_nothing_is_told_and_takes_nothing() {
    let series = format!("{}\nRRULE:FREQ=DAILY;COUNT=3", november(23));
    let miss = format!("{series}\nEXDATE;TZID=Europe/London:20261124T100000");
    let reading = calendar(&event("a", &miss));
    assert_eq!((reading.sittings.len(), codes(&reading)), (3, vec!["exception_unmatched"]));
    let orphan = "RECURRENCE-ID:20261124T120000Z\nSTATUS:CANCELLED";
    let reading = calendar(&(event("a", &series) + &event("a", orphan)));
    assert_eq!((reading.sittings.len(), codes(&reading)), (3, vec!["exception_unmatched"]));
    let only = format!("{}\nEXDATE;TZID=Europe/London:20261130T090000", november(30));
    let reading = calendar(&event("a", &only));
    assert_eq!((reading.sittings.len(), codes(&reading)), (1, vec!["exception_unmatched"]));
}

#[test]
fn an_exam_in_a_far_year_and_one_that_is_not_looked_at_are_told() {
    let always = Span::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC).unwrap();
    let far = event("a", &november(30)) + &event("b", "DTSTART:22261130T090000Z\nDURATION:PT2H");
    let text = format!("BEGIN:VCALENDAR\n{far}{}END:VCALENDAR\n", event("c", &november(23)));
    let all = read(text.as_bytes(), &Settings { horizon: always, ..settings() }).unwrap();
    assert_eq!((all.sittings.len(), codes(&all)), (3, vec!["far_from_others"]));
    // An export of many years is no mistake.
    let yearly: String = (2016..2027)
        .map(|year| event(&year.to_string(), &format!("DTSTART:{year}0601T090000Z\nDURATION:PT2H")))
        .collect();
    let text_of_years = format!("BEGIN:VCALENDAR\n{yearly}END:VCALENDAR\n");
    let years = read(text_of_years.as_bytes(), &Settings { horizon: always, ..settings() });
    assert_eq!(codes(&years.unwrap()), [""; 0]);
    let near = whole(&text);
    assert_eq!((near.sittings.len(), codes(&near)), (2, vec!["outside_horizon"]));
}

#[test]
fn a_calendar_that_calls_everything_off_is_told() {
    let reading = calendar(&format!("METHOD:CANCEL\n{}", event("a", &november(30))));
    assert_eq!(codes(&reading), ["calendar_cancelled", "no_sittings"]);
}

#[test]
fn an_exam_that_is_cancelled_in_its_title_only_is_planned_and_told() {
    let text = event("a", &november(30)).replace("Exam a", "Canceled: Law");
    let reading = calendar(&text);
    assert_eq!((reading.sittings.len(), codes(&reading)), (1, vec!["perhaps_cancelled"]));
}

#[test]
fn twelve_times_the_time_may_be_twelve_people() {
    let text = event("a", &format!("{}\nX-EXTRA-TIME:25% x 12", november(30)));
    let reading = calendar(&text);
    assert_eq!(codes(&reading), ["extra_time_unclear"]);
}

#[test]
fn a_rule_that_gives_no_date_is_told() {
    for rule in ["FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=WEEKLY;UNTIL=20200101"] {
        let reading = calendar(&event("a", &format!("{}\nRRULE:{rule}", november(30))));
        assert_eq!(
            (reading.sittings.len(), codes(&reading)),
            (1, vec!["rule_without_dates"]),
            "{rule}"
        );
    }
}
