//! A registrar's timetable of any size, and how many sittings it has.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use std::fmt::Write as _;

/// The zones of three producers: one that every reader knows, one that Windows knows, one that only the file knows.
const ZONES: &str = "\
BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19810329T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
TZNAME:BST
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
TZNAME:GMT
END:STANDARD
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:GMT Standard Time
BEGIN:STANDARD
DTSTART:16010101T020000
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T010000
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VTIMEZONE
TZID:Campus Hall
BEGIN:STANDARD
DTSTART:19701025T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T010000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
END:VTIMEZONE
";

/// The first second of the academic year that is looked at.
pub(crate) const FROM: DateTime<Utc> = match DateTime::from_timestamp(1_788_220_800, 0) {
    Some(at) => at,
    None => DateTime::UNIX_EPOCH,
};
/// A year later.
pub(crate) const TO: DateTime<Utc> = match DateTime::from_timestamp(1_819_756_800, 0) {
    Some(at) => at,
    None => DateTime::UNIX_EPOCH,
};
/// Weeks of a series.
const WEEKS: usize = 8;

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// As RFC 5545 asks.
    CrLf,
    /// As many exports have it.
    Lf,
}

/// A timetable of so many VEVENTs, some 860 bytes each: of ten, eight are single exams, one is a weekly series with an
/// exception, and one moves an instance of it.
pub(crate) fn timetable(events: usize, ends: Ends) -> String {
    let mut text = String::with_capacity(events * 900);
    text.push_str(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Example//Registry//EN\nMETHOD:PUBLISH\n",
    );
    text.push_str(ZONES);
    for index in 0..events {
        event(&mut text, index);
    }
    text.push_str("END:VCALENDAR\n");
    match ends {
        Ends::Lf => text,
        Ends::CrLf => text.replace('\n', "\r\n"),
    }
}

/// The sittings of that timetable in the year from [`FROM`] to [`TO`].
pub(crate) const fn sittings(events: usize) -> usize {
    let tail = events % 10;
    let series = events / 10 * (8 + WEEKS - 1);
    if tail < 9 { series + tail } else { series + 8 + WEEKS - 1 }
}

fn event(text: &mut String, index: usize) {
    // An override belongs to the series before it.
    let exam = if index % 10 == 9 { index - 1 } else { index };
    let zone = match exam % 100 / 10 {
        7 | 8 => "GMT Standard Time",
        9 => "Campus Hall",
        _ => "Europe/London",
    };
    let first = NaiveDate::from_ymd_opt(2026, 9, 7).unwrap_or_default();
    let offset = i64::try_from(exam % 250).unwrap_or_default();
    let on = |week: i64| (first + TimeDelta::days(offset + 7 * week)).format("%Y%m%d").to_string();
    let hour = 9 + exam % 3 * 3;
    let at = |day: &str, hour: usize| format!(";TZID={zone}:{day}T{hour:02}0000");
    let (start, end, rest) = match index % 10 {
        8 => {
            let excepted = at(&on(4), hour);
            (
                at(&on(0), hour),
                at(&on(0), hour + 2),
                format!("RRULE:FREQ=WEEKLY;COUNT={WEEKS}\nEXDATE{excepted}\n"),
            )
        }
        9 => (
            at(&on(2), hour + 1),
            at(&on(2), hour + 4),
            format!("RECURRENCE-ID{}\n", at(&on(2), hour)),
        ),
        _ => (at(&on(0), hour), at(&on(0), hour + 2), String::new()),
    };
    let candidates = 20 + index * 7 % 600;
    let written = write!(
        text,
        "BEGIN:VEVENT\nUID:exam-{exam}-2026-27@registry.example.ac.uk\nDTSTAMP:20261001T090000Z\n\
         LAST-MODIFIED:20261001T090000Z\nSEQUENCE:2\n\
         SUMMARY:EXAM{exam} An examination with an ordinary title\\, paper {exam}\n\
         DTSTART{start}\nDTEND{end}\n\
         LOCATION:Online and in Hall {}\\, Old Building\\, North Campus\n\
         CATEGORIES:Examination,Department {}\n\
         DESCRIPTION:Module EXAM{exam}\\, open book\\, answers are typed. Candidates: {candidates}\\nExt\n ra time: 12% \
         x1.25\\, 3% x1.5\\nInvigilators report to the examinations office\n  thirty minutes before the start. \
         Candidates who arrive late are admitted d\n uring the first thirty minutes only\\, and nobody leaves \
         before they have p\n assed. Paper\\, dictionaries and calculators are those of the departmental li\n st.\n\
         STATUS:CONFIRMED\nTRANSP:OPAQUE\nCLASS:PUBLIC\n{rest}END:VEVENT\n",
        index % 40,
        index % 25,
    );
    assert!(written.is_ok(), "a String takes whatever is written to it");
}
