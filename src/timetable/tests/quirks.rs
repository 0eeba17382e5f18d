//! What the `icalendar` crate (0.17) gets wrong when it is given a file, one test each; the parser sees single lines
//! here, so that none of it reaches a sitting.

use super::*;
use crate::timetable::tzids::Tzids;
use proptest::test_runner::TestRunner;

const NINE_TO_ELEVEN: &str = "1130T0900 1130T1100";

#[test]
fn one_bad_line_does_not_refuse_the_file() {
    let text =
        format!("{}this line is broken\n{}", event("a", &november(30)), event("b", &november(30)));
    let reading = calendar(&text);
    assert_eq!(reading.sittings.len(), 2);
    assert_eq!(codes(&reading), ["bad_line"]);
    assert_eq!(reading.findings[0].line, Some(9));
}

#[test]
fn line_ends_of_every_kind_and_mixture_give_the_same_sittings() {
    let unix = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event("a", &november(30)));
    let one_crlf = unix.replacen("END:VEVENT\n", "END:VEVENT\r\n", 1);
    let marked = format!("\u{feff}{unix}");
    for text in [unix.replace('\n', "\r\n"), unix.replace('\n', "\r"), one_crlf, marked] {
        assert_eq!(whole(&text).sittings, whole(&unix).sittings, "{text:?}");
    }
}

#[test]
fn latin_1_and_folds_inside_characters_are_read() {
    let lines = event("a", &november(30));
    let bytes = [
        b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Fran\xe7ais\nDESCRIPTION:caf\xc3\n \xa9\n"
            .as_slice(),
        lines.strip_prefix("BEGIN:VEVENT\n").unwrap().as_bytes(),
        b"END:VCALENDAR",
    ]
    .concat();
    let reading = read(&bytes, &settings()).unwrap();
    assert_eq!(reading.sittings[0].title, "Français");
    assert_eq!(codes(&reading), ["not_utf8"]);
}

#[test]
fn several_calendars_and_junk_around_them_are_one_timetable() {
    let one = |uid: &str| format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n", event(uid, &november(30)));
    let reading = whole(&format!("junk\n{}more junk\n{}", one("a"), one("b")));
    assert_eq!(reading.sittings.len(), 2);
    assert_eq!(codes(&reading), ["bad_line", "bad_line"]);
}

#[test]
fn a_truncated_file_gives_what_there_is_and_says_so() {
    let text = format!("BEGIN:VCALENDAR\n{}BEGIN:VEVENT\nUID:b\nDTSTA", event("a", &november(30)));
    let reading = whole(&text);
    assert_eq!(reading.sittings.len(), 1);
    assert!(codes(&reading).contains(&"cut_off"));
    assert_eq!(reading.counts.rejected, 1);
}

#[test]
fn lower_case_names_are_names() {
    let text = event("a", &november(30)).to_lowercase().replace("europe/london", "Europe/London");
    assert_eq!(spans(&calendar(&text)), [NINE_TO_ELEVEN]);
}

#[test]
fn of_repeated_cohorts_the_greatest_counts_not_the_last() {
    let text = event("a", &format!("{}\nX-CANDIDATES:900\nX-CANDIDATES:2", november(30)));
    assert_eq!(calendar(&text).sittings[0].candidates, Candidates::new(900));
}

#[test]
fn windows_zones_and_vendor_prefixes_are_known_and_unknown_ones_are_campus_time() {
    for (zone, expected) in [
        ("GMT Standard Time", &[][..]),
        ("\"GMT Standard Time\"", &[]),
        ("/mozilla.org/20070129_1/Europe/London", &[]),
        ("Customized Time Zone", &["unknown_zone"]),
    ] {
        let text = event("a", &november(30).replace("Europe/London", zone));
        let reading = calendar(&text);
        assert_eq!(spans(&reading), [NINE_TO_ELEVEN], "{zone}");
        assert_eq!(codes(&reading), expected, "{zone}");
    }
}

#[test]
fn times_in_a_gap_or_a_fold_are_read_not_dropped() {
    for (day, span, other) in [
        ("20270328", "0328T0130 0328T0200", "0328T0030 0328T0200"),
        ("20261025", "1025T0030 1025T0300", "1025T0130 1025T0300"),
    ] {
        let lines = format!(
            "DTSTART;TZID=Europe/London:{day}T013000\nDTEND;TZID=Europe/London:{day}T030000"
        );
        let reading = calendar(&event("a", &lines));
        assert_eq!(spans(&reading), [span]);
        assert_eq!(others(&reading.sittings[0]), [other]);
        assert_eq!(codes(&reading), ["clock_change"]);
    }
}

#[test]
fn floating_times_are_campus_times_whatever_the_machine_says() {
    let text = event("a", "DTSTART:20261130T090000\nDTEND:20261130T110000");
    let reading = calendar(&text);
    assert_eq!(spans(&reading), [NINE_TO_ELEVEN]);
    assert_eq!(codes(&reading), ["floating_time"]);
    let elsewhere = calendar(&format!("X-WR-TIMEZONE:America/New_York\n{text}"));
    assert_eq!(spans(&elsewhere), ["1130T1400 1130T1600"]);
}

#[test]
fn a_duration_is_an_end() {
    let reading = calendar(&event("a", "DTSTART:20261130T090000Z\nDURATION:PT2H"));
    assert_eq!(spans(&reading), [NINE_TO_ELEVEN]);
}

#[test]
fn odd_spellings_of_times_are_times() {
    let zoned_and_utc = "DTSTART;TZID=Europe/Paris:20261130T090000Z\nDTEND:20261130T1100Z";
    assert_eq!(spans(&calendar(&event("a", zoned_and_utc))), [NINE_TO_ELEVEN]);
    let midnight = "DTSTART:20261130T220000Z\nDTEND:20261130T240000Z";
    assert_eq!(spans(&calendar(&event("a", midnight))), ["1130T2200 1201T0000"]);
}

#[test]
fn a_moved_instance_replaces_its_original() {
    let series = event("a", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=2", november(23)));
    let moved = event(
        "a",
        "RECURRENCE-ID:20261130T090000Z\nDTSTART:20261130T140000Z\nDTEND:20261130T160000Z",
    );
    let reading = calendar(&format!("{series}{moved}"));
    assert_eq!(spans(&reading), ["1123T0900 1123T1100", "1130T1400 1130T1600"]);
    assert_eq!(reading.sittings[1].key.to_string(), "a;20261130T090000Z");
    assert_eq!(codes(&reading), [""; 0]);
}

#[test]
fn rules_that_the_crate_refuses_are_read() {
    for rule in ["UNTIL=20261130", "UNTIL=20261130T090000", "COUNT=2;X-NOTE=odd"] {
        let text = event("a", &format!("{}\nRRULE:FREQ=WEEKLY;{rule}", november(23)));
        assert_eq!(calendar(&text).sittings.len(), 2, "{rule}");
    }
    let early = event("a", &format!("{}\nRRULE:FREQ=WEEKLY;UNTIL=20200101", november(23)));
    assert_eq!(calendar(&early).sittings.len(), 1, "DTSTART belongs to the set");
}

#[test]
fn a_rule_without_instances_still_has_its_first_date() {
    for rule in ["INTERVAL=0", "COUNT=0"] {
        let text = event("a", &format!("{}\nRRULE:FREQ=WEEKLY;{rule}", november(23)));
        let reading = calendar(&text);
        assert_eq!(reading.sittings.len(), 1);
        assert_eq!(codes(&reading), ["bad_rule"]);
    }
}

#[test]
fn a_date_in_exdate_removes_that_day() {
    let rule = "RRULE:FREQ=WEEKLY;COUNT=2\nEXDATE;VALUE=DATE;X-ODD=1:20261130";
    let reading = calendar(&event("a", &format!("{}\n{rule}", november(23))));
    assert_eq!(spans(&reading), ["1123T0900 1123T1100"]);
}

#[test]
fn periods_in_rdate_count_with_their_start() {
    let more = "RDATE;VALUE=PERIOD:20261130T090000Z/PT2H,20261201T090000Z/20261201T110000Z";
    let reading = calendar(&event("a", &format!("{}\n{more}", november(23))));
    assert_eq!(reading.sittings.len(), 3);
}

#[test]
fn text_in_a_time_cannot_smuggle_a_rule_in() {
    let text =
        event("a", "DTSTART;VALUE=TEXT:20261130T090000Z\\nRRULE:FREQ=SECONDLY\nDURATION:PT1H");
    let reading = calendar(&text);
    assert!(reading.sittings.is_empty());
    assert_eq!(codes(&reading), ["no_sittings", "no_start", "bad_time"]);
}

#[test]
fn nesting_cannot_exhaust_the_stack() {
    let deep = |name: &str| format!("BEGIN:{name}\n").repeat(10_000);
    let text = format!("{}{}{}", deep("X"), deep("VEVENT"), event("a", &november(30)));
    assert_eq!(calendar(&text).sittings.len(), 1);
}

#[test]
fn a_rule_that_would_fill_memory_is_refused() {
    let list =
        |from: u32, to: u32| (from..=to).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let bomb = format!(
        "RRULE:FREQ=YEARLY;BYMONTH={};BYMONTHDAY={};BYHOUR={};BYMINUTE={};BYSECOND={}",
        list(1, 12),
        list(1, 31),
        list(0, 23),
        list(0, 59),
        list(0, 59)
    );
    assert!(bomb.len() > 500);
    let settings =
        Settings { limits: Limits { rule_bytes: 10_000, ..Limits::UPLOAD }, ..settings() };
    let text = format!(
        "BEGIN:VCALENDAR\n{}END:VCALENDAR",
        event("a", &format!("{}\n{bomb}", november(30)))
    );
    for settings in [&settings, &super::settings()] {
        let reading = read(text.as_bytes(), settings).unwrap();
        assert_eq!(codes(&reading), ["bad_rule"]);
        assert_eq!(reading.sittings.len(), 1);
    }
}

#[test]
fn the_parser_alone_never_panics_on_a_line() {
    let mut runner = TestRunner::deterministic();
    let lines = "[A-Za-z;:=\",.\\\\ é0-9-]{0,60}";
    let checked = runner.run(&lines.prop_map(String::from), |line| {
        let name = super::super::property::name(&line).map(str::to_ascii_uppercase);
        if let Some(name) = name {
            let tzids = &mut Tzids::default();
            let _ = super::super::property::parse(1, &name, line.as_str().into(), 100, tzids);
        }
        Ok(())
    });
    assert_eq!(checked, Ok(()));
}
