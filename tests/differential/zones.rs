//! Every zone of Europe, America and Australia over every change of its clocks in the years that are planned for: times
//! before, in and after each gap and fold, held against RFC 5545 section 3.3.5. The changes are found by asking what
//! time it is, quarter of an hour by quarter of an hour; how a written time is read is worked out here.

use crate::generator::calendar::{DAY, HOUR, compact};
use crate::generator::zone::Transition;
use crate::occurrence::Window;
use crate::scripts::Script;
use crate::settings::settings;
use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::{TZ_VARIANTS, Tz};
use invigilator::timetable::read;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// From July 2026 to the end of 2027.
const YEARS: Window = Window { from: 1_782_864_000, to: 1_830_297_600 };
const QUARTER: i64 = HOUR / 4;

/// Where the package tzdata of the tests (2026f) knows other rules than chrono-tz (2025b) compiles in.
const DIFFER: [&str; 9] = [
    "America/Edmonton",
    "America/Havana",
    "America/Inuvik",
    "America/Rainy_River",
    "America/Vancouver",
    "America/Winnipeg",
    "America/Yellowknife",
    "Europe/Chisinau",
    "Europe/Tiraspol",
];

fn zones() -> impl Iterator<Item = Tz> {
    let wanted = |zone: &Tz| {
        ["Europe/", "America/", "Australia/"].iter().any(|prefix| zone.name().starts_with(prefix))
    };
    TZ_VARIANTS.iter().copied().filter(wanted)
}

fn changes(zone: Tz) -> Vec<Transition> {
    let offset = |at: i64| {
        let at = DateTime::from_timestamp(at, 0).expect("a year that chrono knows");
        i64::from(zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc())
    };
    let days = (YEARS.from..YEARS.to).step_by(86_400);
    let days = days.filter(|day| offset(*day) != offset(day + DAY));
    let quarters = days.flat_map(|day| (day + QUARTER..=day + DAY).step_by(900));
    let change = |at| Transition { at, before: offset(at - QUARTER), after: offset(at) };
    quarters.map(change).filter(|change| change.before != change.after).collect()
}

/// A written time, how it is read, and the other way to read it.
struct Case {
    local: i64,
    by_rfc: i64,
    other: i64,
}

/// Times around a change of the clocks: an hour before, the first and the last second, the middle, an hour after.
fn cases(change: Transition) -> Vec<Case> {
    let Transition { at, before, after } = change;
    let (first, last) = (at + before.min(after), at + before.max(after));
    let sure =
        |local: i64, offset: i64| Case { local, by_rfc: local - offset, other: local - offset };
    // In a gap the offset before it counts; in a fold the first of both, which has the offset before it, too.
    let doubtful = |local: i64| Case { local, by_rfc: local - before, other: local - after };
    vec![
        sure(first - HOUR, before),
        sure(first - 1, before),
        doubtful(first),
        doubtful(i64::midpoint(first, last)),
        doubtful(last - 1),
        sure(last, after),
        sure(last + HOUR, after),
    ]
}

#[test]
fn every_zone_is_read_over_every_change_of_its_clocks() {
    let mut read_times = 0;
    for zone in zones() {
        let cases: Vec<Case> = changes(zone).into_iter().flat_map(cases).collect();
        let mut text = "BEGIN:VCALENDAR\r\n".to_owned();
        for (index, case) in cases.iter().enumerate() {
            let (name, start) = (zone.name(), compact(case.local));
            let written = write!(
                text,
                "BEGIN:VEVENT\r\nUID:{index}\r\nDTSTART;TZID={name}:{start}\r\nDURATION:PT2H\r\nEND:VEVENT\r\n"
            );
            written.expect("a String takes whatever is written to it");
        }
        text.push_str("END:VCALENDAR\r\n");
        let reading = read(text.as_bytes(), &settings(Tz::UTC, YEARS)).expect("it is a calendar");
        let by_uid: BTreeMap<usize, _> =
            reading.sittings.iter().map(|one| (one.key.uid.parse().unwrap(), one)).collect();
        for (index, case) in cases.iter().enumerate() {
            let what = format!("{} {}", zone.name(), compact(case.local));
            let sitting = by_uid.get(&index).unwrap_or_else(|| panic!("{what} is lost"));
            let (start, end) = (sitting.span.start().timestamp(), sitting.span.end().timestamp());
            assert_eq!((start, end), (case.by_rfc, case.by_rfc + 2 * HOUR), "{what}");
            let (opens, closes) =
                (sitting.opens_at().timestamp(), sitting.last_deadline().timestamp());
            assert!(
                opens <= case.other && case.other + 2 * HOUR <= closes,
                "{what}: both are covered"
            );
            read_times += 1;
        }
    }
    assert!(read_times > 1_000, "only {read_times} times: the zones have lost their changes");
}

#[test]
fn the_rules_that_are_compiled_in_differ_where_it_is_known() {
    let names: Vec<&str> = zones().map(Tz::name).collect();
    let Some(theirs) = Script::zones(&names, YEARS) else { return };
    let differs = |zone: &Tz| {
        let known = theirs.get(zone.name()).and_then(Option::as_ref);
        known.is_none_or(|known| *known != changes(*zone))
    };
    let found: Vec<&str> = zones().filter(differs).map(Tz::name).collect();
    assert_eq!(found, DIFFER, "found, and known");
}
