//! Files of term dates: whole days of the campus, and what of a file cannot be used.

use super::*;
use crate::domain::Severity;
use crate::timetable::{Error, TermDate, TermDates, term_dates};
use chrono::NaiveDate;

/// As British universities publish them; one title is folded.
const ACADEMIC_YEAR: &str = include_str!("academic_year.ics");

fn in_zone(zone: Tz, lines: &str) -> TermDates {
    let text = format!("BEGIN:VCALENDAR\n{lines}END:VCALENDAR\n");
    term_dates(text.as_bytes(), &Settings { zone, ..settings() }).unwrap()
}

fn in_london(lines: &str) -> TermDates {
    in_zone(Tz::Europe__London, lines)
}

fn stretch(title: &str, lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:{title}\nSUMMARY:{title}\n{lines}\nEND:VEVENT\n")
}

/// Title, start and end of each, in UTC.
fn shown(read: &TermDates) -> Vec<String> {
    let show = |at: DateTime<Utc>| at.format("%Y%m%dT%H%M").to_string();
    let dates = read.dates.iter();
    dates
        .map(|one| [&one.title, &*show(one.span.start()), &show(one.span.end())].join(" "))
        .collect()
}

fn told(read: &TermDates) -> Vec<&str> {
    read.findings.iter().map(|finding| finding.code.as_ref()).collect()
}

#[test]
fn the_academic_year_of_a_university_is_read_in_whole_days_of_the_campus() {
    let text = ACADEMIC_YEAR.replace('\n', "\r\n");
    let read = term_dates(text.as_bytes(), &settings()).unwrap();
    assert_eq!(
        shown(&read),
        [
            "Enrolment and welcome week 20260913T2300 20260920T2300",
            "Semester 1 teaching, undergraduate and taught postgraduate programmes 20260920T2300 20261212T0000",
            "Examination period 20270104T0000 20270116T0000",
            "Semester 2 teaching 20270118T0000 20270415T2300",
            "Examination period 20270502T2300 20270521T2300",
            "Semester 3 (summer) teaching 20270530T2300 20270820T2300",
        ]
    );
    assert_eq!(read.findings, []);
    let lines: Vec<_> = read.dates.iter().map(|one| one.line).collect();
    assert_eq!(lines, [5, 12, 20, 28, 35, 42]);
}

#[test]
fn a_duration_counts_days_and_a_day_without_an_end_is_that_day() {
    let read = in_london(
        &[
            stretch("A", "DTSTART;VALUE=DATE:20261019\nDURATION:P2W"),
            stretch("B", "DTSTART;VALUE=DATE:20261020\nDURATION:P5D"),
            stretch("C", "DTSTART;VALUE=DATE:20261025"),
            stretch("D", "DTSTART;VALUE=DATE:20261026\nDTEND;VALUE=DATE:20261027\nDURATION:P3D"),
        ]
        .concat(),
    );
    assert_eq!(
        shown(&read),
        [
            "A 20261018T2300 20261102T0000",
            "B 20261019T2300 20261024T2300",
            "C 20261024T2300 20261026T0000",
            "D 20261026T0000 20261029T0000",
        ]
    );
    assert_eq!(told(&read), ["two_ends"]);
}

#[test]
fn times_are_read_in_the_zone_that_they_name() {
    let read = in_london(
        &[
            stretch("A", "DTSTART;TZID=America/New_York:20270111T090000\nDTEND;TZID=America/New_York:20270402T170000"),
            stretch("B", "DTSTART:20270503T090000\nDURATION:P5D"),
            stretch("C", "DTSTART:20270601T090000Z\nDTEND:20270601T100000Z"),
        ]
        .concat(),
    );
    assert_eq!(
        shown(&read),
        [
            "A 20270111T1400 20270402T2100",
            "B 20270503T0800 20270508T0800",
            "C 20270601T0900 20270601T1000",
        ]
    );
    assert_eq!(told(&read), ["floating_time"]);
}

#[test]
fn days_of_a_clock_change_are_an_hour_shorter_or_longer() {
    let spring = stretch("Spring", "DTSTART;VALUE=DATE:20270328");
    let autumn = stretch("Autumn", "DTSTART;VALUE=DATE:20271031");
    let read = in_london(&(spring + &autumn));
    assert_eq!(
        shown(&read),
        ["Spring 20270328T0000 20270328T2300", "Autumn 20271030T2300 20271101T0000"]
    );
    assert_eq!(told(&read), [""; 0]);
}

#[test]
fn a_day_without_a_midnight_begins_with_its_first_moment() {
    for (zone, before, day, next, moments) in [
        (Tz::America__Sao_Paulo, "20171014", "20171015", "20171016", "20171015T0300 20171016T0200"),
        (Tz::Africa__Cairo, "20240425", "20240426", "20240427", "20240425T2200 20240426T2100"),
    ] {
        let read = in_zone(
            zone,
            &stretch("Day", &format!("DTSTART;VALUE=DATE:{day}\nDTEND;VALUE=DATE:{next}")),
        );
        assert_eq!(shown(&read), [format!("Day {moments}")]);
        let ends = in_zone(
            zone,
            &stretch("Day", &format!("DTSTART;VALUE=DATE:{before}\nDTEND;VALUE=DATE:{day}")),
        );
        assert_eq!(ends.dates[0].span.end(), read.dates[0].span.start(), "{zone}");
        assert_eq!(told(&read), [""; 0]);
    }
}

#[test]
fn of_a_day_with_two_midnights_the_first_counts() {
    let read = in_zone(Tz::America__Havana, &stretch("Day", "DTSTART;VALUE=DATE:20241103"));
    assert_eq!(shown(&read), ["Day 20241103T0400 20241104T0500"]);
}

#[test]
fn of_doubtful_times_the_longest_stretch_is_taken() {
    let zone = "TZID=Europe/London";
    let twice = format!("DTSTART;{zone}:20271031T013000\nDTEND:20271031T023000Z");
    let until = format!("DTSTART;{zone}:20271031T003000\nDTEND;{zone}:20271031T013000");
    let read = in_london(&(stretch("Hour", &twice) + &stretch("Back", &until)));
    assert_eq!(
        shown(&read),
        ["Back 20271030T2330 20271031T0130", "Hour 20271031T0030 20271031T0230"]
    );
}

#[test]
fn where_zone_rules_differ_the_longest_stretch_is_taken() {
    let zone_data =
        ZoneData::new(Some("2099a".into()), [("Europe/London".to_owned(), zones::fixed(0))]);
    let text = format!(
        "BEGIN:VCALENDAR\n{}END:VCALENDAR\n",
        stretch("May", "DTSTART;VALUE=DATE:20270503")
    );
    let read = term_dates(text.as_bytes(), &Settings { zone_data, ..settings() }).unwrap();
    assert_eq!(shown(&read), ["May 20270502T2300 20270504T0000"]);
}

#[test]
fn broken_events_are_told_and_the_others_stay() {
    let text = [
        stretch("Good", "DTSTART;VALUE=DATE:20270111\nDTEND;VALUE=DATE:20270403"),
        stretch("Startless", "DTEND;VALUE=DATE:20270403"),
        stretch("Misprint", "DTSTART;VALUE=DATE:20271311"),
        stretch("Backwards", "DTSTART;VALUE=DATE:20270111\nDTEND;VALUE=DATE:20270111"),
        stretch("Endless", "DTSTART;VALUE=DATE:20270111\nDTEND;VALUE=DATE:2027-04"),
        stretch("Lasting", "DTSTART;VALUE=DATE:20270111\nDURATION:two weeks"),
        stretch("Mixed", "DTSTART;VALUE=DATE:20270111\nDTEND:20270403T170000"),
        stretch("Mixed too", "DTSTART:20270111T090000\nDTEND;VALUE=DATE:20270403"),
        stretch("Moment", "DTSTART:20270111T090000Z"),
        "BEGIN:VEVENT\nUID:untitled\nSUMMARY: \nDTSTART;VALUE=DATE:20270111\nEND:VEVENT\n".into(),
        stretch("Also good", "DTSTART;VALUE=DATE:20270503"),
    ]
    .concat();
    let read = in_london(&text);
    assert_eq!(
        shown(&read),
        ["Good 20270111T0000 20270402T2300", "Also good 20270502T2300 20270503T2300"]
    );
    let of_events = read
        .findings
        .iter()
        .filter(|finding| !matches!(finding.code.as_ref(), "bad_time" | "floating_time"));
    let left_out: Vec<_> =
        of_events.map(|finding| (finding.code.as_ref(), finding.uid.as_deref().unwrap())).collect();
    assert_eq!(
        left_out,
        [
            ("no_start", "Startless"),
            ("no_start", "Misprint"),
            ("bad_end", "Backwards"),
            ("bad_end", "Endless"),
            ("bad_end", "Lasting"),
            ("bad_end", "Mixed"),
            ("bad_end", "Mixed too"),
            ("bad_end", "Moment"),
            ("no_title", "untitled"),
        ]
    );
    let startless = read.findings.iter().find(|finding| finding.code == "no_start").unwrap();
    assert_eq!((startless.severity, startless.line), (Severity::Warning, Some(8)));
    assert_eq!(told(&read).iter().filter(|code| **code == "bad_time").count(), 3);
}

#[test]
fn cancelled_events_are_no_term_dates() {
    let day = "DTSTART;VALUE=DATE:20270503";
    let text = stretch("Off", &format!("{day}\nSTATUS:CANCELLED")) + &stretch("On", day);
    assert_eq!(shown(&in_london(&text)), ["On 20270502T2300 20270503T2300"]);
    let read = in_london(&format!("METHOD:CANCEL\n{text}"));
    assert_eq!((shown(&read), told(&read)), (vec![], vec!["no_term_dates"]));
}

#[test]
fn repeated_events_count_once_and_are_told() {
    let day = "DTSTART;VALUE=DATE:20270503";
    for repeat in [
        "RRULE:FREQ=YEARLY",
        "RDATE;VALUE=DATE:20280503",
        "DTSTART;VALUE=DATE:20280503",
        "RECURRENCE-ID;VALUE=DATE:20270502",
    ] {
        let read = in_london(&stretch("May", &format!("{day}\n{repeat}")));
        assert_eq!(shown(&read), ["May 20270502T2300 20270503T2300"], "{repeat}");
        assert_eq!(told(&read), ["repeats_not_read"], "{repeat}");
    }
}

#[test]
fn of_versions_the_newest_that_can_be_used_counts() {
    let version =
        |sequence: u32, lines: &str| stretch("May", &format!("SEQUENCE:{sequence}\n{lines}"));
    let old = version(0, "DTSTART;VALUE=DATE:20270503");
    let newer = version(1, "DTSTART;VALUE=DATE:20270510");
    let read = in_london(&[&*newer, &old, &version(2, "DTSTART:soon")].concat());
    assert_eq!(shown(&read), ["May 20270509T2300 20270510T2300"]);
    assert_eq!(told(&read), ["outdated_version", "no_start", "bad_time"]);
    let cancelled = version(2, "STATUS:CANCELLED");
    assert_eq!(shown(&in_london(&(old.clone() + &cancelled))), [""; 0]);
    let other = version(0, "DTSTART;VALUE=DATE:20280501");
    assert_eq!(in_london(&(old + &other)).dates.len(), 2, "nothing says which is newer");
}

#[test]
fn a_file_without_a_usable_event_says_so() {
    for lines in ["", &stretch("Startless", "DTEND;VALUE=DATE:20270403")] {
        let read = in_london(lines);
        assert_eq!((read.dates.len(), told(&read)[0]), (0, "no_term_dates"));
    }
}

#[test]
fn what_is_no_calendar_is_refused_as_a_timetable_is() {
    for text in ["", "<html></html>", "\u{feff}Semester 1;11/01/2027"] {
        let refused = term_dates(text.as_bytes(), &settings()).unwrap_err();
        assert!(matches!(refused, Error::Unreadable { line: 1, .. }));
        assert_eq!(read(text.as_bytes(), &settings()), Err(refused));
    }
}

#[test]
fn what_concerns_exams_only_is_not_told() {
    let text = "BEGIN:VEVENT\nSUMMARY:May (0 candidates)\nDTSTART;VALUE=DATE:20270503\nEXRULE:FREQ=DAILY\nEND:VEVENT\n";
    let read = in_london(text);
    assert_eq!((read.dates.len(), told(&read)), (1, vec![]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = term_dates(&bytes, &settings());
        let begin = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:A\nDTSTART;VALUE=DATE:2027";
        prop_assert!(term_dates(&[begin.as_slice(), &bytes].concat(), &settings()).is_ok());
    }

    #[test]
    fn any_calendar_gives_stretches_in_order_and_nothing_critical(text in robust::scraps()) {
        let TermDates { dates, findings, .. } = term_dates(text.as_bytes(), &settings()).unwrap();
        prop_assert!(dates.iter().all(|one| one.span.start() < one.span.end()));
        prop_assert!(dates.is_sorted_by_key(|one| (one.span.start(), one.title.clone(), one.line)));
        prop_assert!(findings.iter().all(|finding| finding.severity < Severity::Critical));
        prop_assert!(!dates.is_empty() || findings.iter().any(|finding| finding.code == "no_term_dates"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// The rules that are compiled in say on which day a moment is.
    #[test]
    fn each_day_of_a_year_begins_when_the_wall_clock_first_shows_it_and_ends_when_the_next_begins(
        year in 2000i32..2038,
        zone in prop::sample::select(vec![
            Tz::Europe__London, Tz::America__Sao_Paulo, Tz::Africa__Cairo, Tz::America__Havana, Tz::Asia__Beirut,
            Tz::America__St_Johns, Tz::America__Nuuk, Tz::Atlantic__Azores, Tz::Australia__Lord_Howe,
        ]),
    ) {
        let days: Vec<_> = NaiveDate::from_yo_opt(year, 1).unwrap().iter_days().take(365).collect();
        let start = |day: &NaiveDate| format!("DTSTART;VALUE=DATE:{}", day.format("%Y%m%d"));
        let lines = days.iter().map(|day| stretch(&day.to_string(), &start(day)));
        let read = in_zone(zone, &lines.collect::<String>());
        prop_assert_eq!(read.dates.len(), days.len());
        let shows = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        let second = TimeDelta::seconds(1);
        for (day, TermDate { title, span, .. }) in days.into_iter().zip(read.dates) {
            prop_assert_eq!(title, day.to_string());
            prop_assert_eq!((shows(span.start()), shows(span.end() - second)), (day, day));
            prop_assert!(shows(span.start() - second) < day && day < shows(span.end()), "{}", day);
        }
    }
}
