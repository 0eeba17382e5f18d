//! Nothing in a file can panic us, exhaust us, or cost an exam it does not concern.

use super::*;
use crate::timetable::Error;

/// Lines that belong in calendars, put together at random. A line that begins with a space goes on the one before it,
/// which is therefore not the beginning of the calendar.
pub(super) fn scraps() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        Just("BEGIN:VCALENDAR".to_owned()),
        Just("END:VCALENDAR".to_owned()),
        Just("BEGIN:VEVENT".to_owned()),
        Just("END:VEVENT".to_owned()),
        Just("METHOD:CANCEL".to_owned()),
        Just("STATUS:CANCELLED".to_owned()),
        "(UID|SEQUENCE|X-CANDIDATES|DESCRIPTION|SUMMARY|X-EXTRA-TIME):[0-9a-c%=x:, ]{0,12}",
        "(DTSTART|DTEND|RDATE|EXDATE|RECURRENCE-ID|DTSTAMP)(;TZID=Europe/London|;VALUE=DATE|;RANGE=THISANDFUTURE)?:(0001|1601|2026|2027|9999)(03|10|11|12)(01|25|28|30)(T(00|01|09|24)(00|30)00Z?)?",
        "DURATION:-?P[0-9DWTHMS]{0,6}",
        "RRULE:FREQ=(DAILY|WEEKLY|MONTHLY|YEARLY|HOURLY|SECONDLY);(COUNT|INTERVAL|BYMONTHDAY|UNTIL|BYHOUR)=[0-9]{1,8}",
        "\\PC{0,20}",
    ];
    prop::collection::vec(line, 0..40)
        .prop_map(|lines| format!("BEGIN:VCALENDAR\nVERSION:2.0\n{}", lines.join("\n")))
}

/// Well-formed events with different UIDs.
fn events() -> impl Strategy<Value = Vec<String>> {
    let rule = prop_oneof![
        Just(""),
        Just("\nRRULE:FREQ=WEEKLY;COUNT=3"),
        Just("\nSTATUS:CANCELLED"),
        Just("\nRDATE:20261224T090000Z")
    ];
    prop::collection::vec((1u32..30, 1u32..2_000, rule), 1..8).prop_map(|events| {
        let event = |(index, (day, candidates, rule)): (usize, (u32, u32, &str))| {
            event(
                &index.to_string(),
                &format!("{}\nDESCRIPTION:{candidates} candidates{rule}", november(day)),
            )
        };
        events.into_iter().enumerate().map(event).collect()
    })
}

/// Sittings without the lines they stand on.
fn meaning(reading: Reading) -> Vec<Sitting> {
    reading.sittings.into_iter().map(|sitting| Sitting { source_line: None, ..sitting }).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let begin = b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n";
        let _ = read(&bytes, &settings());
        let inside = read(&[begin.as_slice(), &bytes].concat(), &settings());
        prop_assert!(inside.is_ok());
    }

    #[test]
    fn arbitrary_calendars_never_panic_in_any_horizon(text in scraps()) {
        let forever = Span::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC).unwrap();
        for horizon in [settings().horizon, forever] {
            let reading = read(text.as_bytes(), &Settings { horizon, ..settings() }).unwrap();
            prop_assert!(reading.sittings.is_sorted_by_key(|sitting| sitting.span.start()));
            prop_assert!(reading.sittings.iter().all(|sitting| sitting.candidates.get() > 0));
        }
    }

    #[test]
    fn a_mutated_calendar_never_panics(events in events(), at in any::<prop::sample::Index>(), byte: u8) {
        let mut bytes = format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", events.concat()).into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = read(&bytes, &settings());
        let _ = read(&bytes[..at], &settings());
    }

    #[test]
    fn the_order_of_events_does_not_change_the_sittings(events in events().prop_shuffle(), turn in 0usize..8) {
        let mut turned = events.clone();
        let by = turn % turned.len();
        turned.rotate_left(by);
        let (one, other) = (calendar(&events.concat()), calendar(&turned.concat()));
        prop_assert_eq!(one.counts, other.counts);
        prop_assert_eq!(meaning(one), meaning(other));
    }

    #[test]
    fn a_bad_event_loses_nothing(events in events(), junk in "\\PC{0,30}", bad in scraps()) {
        let alone = meaning(calendar(&events.concat()));
        let junk = format!("BEGIN:VEVENT\nUID:bad\n{junk}\nDTSTART:nonsense\nRRULE:FREQ=SECONDLY");
        prop_assert_eq!(&meaning(calendar(&(events.concat() + &junk))), &alone);
        prop_assert_eq!(&meaning(calendar(&format!("{junk}\n{}", events.concat()))), &alone);
        let renamed = bad.replace("UID:", "UID:bad-").replace("METHOD:", "X-METHOD:");
        let both = whole(&format!("BEGIN:VCALENDAR\n{}END:VCALENDAR\n{renamed}", events.concat()));
        let both = meaning(both);
        prop_assert!(alone.iter().all(|sitting| both.contains(sitting)));
    }
}

#[test]
fn a_file_above_the_limit_is_refused_unread() {
    let limits = Limits { file_bytes: 10, ..Limits::UPLOAD };
    let refused = read(b"BEGIN:VCALENDAR", &Settings { limits, ..settings() });
    let Err(Error::Unreadable { line, what, fix }) = refused else { panic!("{refused:?}") };
    assert_eq!(line, 1);
    assert!(what.contains("15 bytes") && !fix.is_empty());
}

#[test]
fn more_exams_than_are_planned_for_are_refused_as_a_whole() {
    let events = ["a", "b", "c"].map(|uid| event(uid, &november(30))).concat();
    let text = format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
    let most = |sittings| {
        let limits = Limits { sittings, ..Limits::UPLOAD };
        read(text.as_bytes(), &Settings { limits, ..settings() })
    };
    assert_eq!(most(3).unwrap().sittings.len(), 3);
    let refused = most(2).unwrap_err();
    assert_eq!(refused, Error::TooManyExams { events: 3, most: 2 });
    assert!(refused.to_string().ends_with("shorter time range"), "{refused}");
}

#[test]
fn a_huge_line_is_dropped_and_the_rest_is_read() {
    let long = format!("DESCRIPTION:{}", "x".repeat(20 << 20));
    let folded = format!("COMMENT:{}", "\n y".repeat(2 << 20));
    let reading = calendar(&event("a", &format!("{long}\n{folded}\n{}", november(30))));
    assert_eq!(reading.sittings.len(), 1);
    assert_eq!(codes(&reading), ["line_too_long", "line_too_long"]);
}

#[test]
fn utf_16_is_refused_with_a_way_out() {
    let bytes: Vec<u8> =
        "\u{feff}BEGIN:VCALENDAR".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(read(&bytes, &settings()).unwrap_err().to_string().contains("export it as UTF-8"));
}
