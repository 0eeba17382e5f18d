//! The reader as a whole, and what the tests of this module share.

mod doubts;
mod exams;
mod quirks;
mod reading;
mod robust;
mod series;
mod term_dates;
mod zones;

use super::{Encoding, Limits, Rules, Settings, ZoneData, read};
use crate::domain::{Candidates, ExtraTime, Factor, Reading, Share, Sitting, SittingKey, Span};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

pub(super) fn utc(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// London, the academic year 2026/27, 100 candidates unless told otherwise.
pub(super) fn settings() -> Settings {
    Settings {
        zone: Tz::Europe__London,
        encoding: Encoding::Utf8,
        zone_data: ZoneData::compiled(),
        horizon: Span::new(utc("2026-09-01T00:00:00Z"), utc("2027-09-01T00:00:00Z")).unwrap(),
        default_candidates: Candidates::new(100),
        limits: Limits::UPLOAD,
        rules: Rules::built_in(),
    }
}

/// Reads lines that stand between BEGIN:VCALENDAR and END:VCALENDAR.
pub(super) fn calendar(lines: &str) -> Reading {
    whole(&format!("BEGIN:VCALENDAR\n{lines}\nEND:VCALENDAR\n"))
}

pub(super) fn whole(text: &str) -> Reading {
    read(text.as_bytes(), &settings()).unwrap()
}

/// An event with a UID, 300 candidates, and these lines.
pub(super) fn event(uid: &str, lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:{uid}\nSUMMARY:Exam {uid}\nX-CANDIDATES:300\n{lines}\nEND:VEVENT\n")
}

/// Two hours from nine on a day of November 2026, London.
pub(super) fn november(day: u32) -> String {
    format!(
        "DTSTART;TZID=Europe/London:202611{day:02}T090000\nDTEND;TZID=Europe/London:202611{day:02}T110000"
    )
}

/// Start and end of each sitting, in UTC.
pub(super) fn spans(reading: &Reading) -> Vec<String> {
    reading.sittings.iter().map(|sitting| shown(sitting.span)).collect()
}

/// The other readings of a sitting.
pub(super) fn others(sitting: &Sitting) -> Vec<String> {
    sitting.other_readings.iter().copied().map(shown).collect()
}

fn shown(span: Span) -> String {
    format!("{} {}", span.start().format("%m%dT%H%M"), span.end().format("%m%dT%H%M"))
}

pub(super) fn codes(reading: &Reading) -> Vec<&str> {
    reading.findings.iter().map(|finding| finding.code.as_ref()).collect()
}

/// A two-hour sitting that starts some hours into 30 November 2026, UTC.
pub(super) fn sitting(uid: &str, hour: i64, candidates: u32) -> Sitting {
    sitting_at(uid, hour, 2, candidates)
}

pub(super) fn sitting_at(uid: &str, hour: i64, hours: i64, candidates: u32) -> Sitting {
    let start = utc("2026-11-30T00:00:00Z") + TimeDelta::hours(hour);
    Sitting {
        key: SittingKey { uid: uid.into(), recurrence_id: None },
        title: format!("Exam {uid}"),
        span: Span::new(start, start + TimeDelta::hours(hours)).unwrap(),
        candidates: Candidates::new(candidates),
        extra_time: vec![],
        other_readings: vec![],
        source_line: Some(1),
    }
}

pub(super) fn extra_time(share: f64, factor: f64) -> ExtraTime {
    ExtraTime { share: Share::new(share).unwrap(), factor: Factor::new(factor).unwrap() }
}

/// One sitting of 30 November 2026 with a UID of a single digit, of one of five courses; now and then its times are
/// in doubt.
fn any_sitting() -> impl Strategy<Value = Sitting> {
    let extra = prop::option::of((0.0f64..0.5, 1.0f64..2.0));
    let doubt = prop::option::weighted(0.2, -3i64..=3);
    (0u8..8, 0u8..5, 0i64..20, 1i64..5, 1u32..500, extra, doubt).prop_map(
        |(uid, course, hour, hours, candidates, extra, doubt)| {
            let plain = sitting_at(&uid.to_string(), hour, hours, candidates);
            let by = TimeDelta::hours(doubt.unwrap_or(0));
            let read = Span::new(plain.span.start() + by, plain.span.end() + by).unwrap();
            let extra = extra.map(|(share, factor)| extra_time(share, factor));
            Sitting {
                title: format!("LAWS100{course} Exam"),
                extra_time: extra.into_iter().collect(),
                other_readings: Some(read).filter(|read| *read != plain.span).into_iter().collect(),
                ..plain
            }
        },
    )
}

/// Up to eight of them; some share a UID, as a moved sitting does while both its times stand.
pub(super) fn any_sittings() -> impl Strategy<Value = Vec<Sitting>> {
    prop::collection::vec(any_sitting(), 0..8)
}

/// How many candidates of a sitting work at `at`, those with extra time included, however its times are read.
pub(super) fn present(sitting: &Sitting, at: DateTime<Utc>) -> f64 {
    let of = |span: Span| {
        if at < span.start() {
            return 0.0;
        }
        let read = Sitting { span, ..sitting.clone() };
        let named: f64 = sitting.extra_time.iter().map(|extra| extra.share.fraction()).sum();
        let plain = if at < span.end() { (1.0 - named).max(0.0) } else { 0.0 };
        let late = sitting.extra_time.iter().filter(|e| at < read.deadline(e.factor.get()));
        plain + late.map(|extra| extra.share.fraction()).sum::<f64>()
    };
    let share = sitting.readings().map(of).fold(0.0, f64::max);
    share * f64::from(sitting.candidates.get())
}

/// How many candidates of a sitting may press at `at`.
pub(super) fn pressing(sitting: &Sitting, at: DateTime<Utc>) -> f64 {
    let opens = sitting.readings().any(|span| span.start() == at);
    if opens { f64::from(sitting.candidates.get()) } else { 0.0 }
}
