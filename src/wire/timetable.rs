//! Sittings, and what a timetable file said.

use super::{findings, time};
use crate::domain::{FleetName, LeftOut, Reading, ReadingCounts, Sitting};
use chrono_tz::Tz;
use serde_json::{Value, json};

/// A reading, as `timetable read --json` tells it.
pub fn reading(reading: &Reading, zone: Tz) -> Value {
    json!({
        "zone": zone.name(),
        "sittings": sittings(&reading.sittings),
        "findings": findings(&reading.findings),
        "counts": counts(reading.counts),
        "left_out": left_out(&reading.left_out),
    })
}

/// The sittings in force of a fleet, as `GET …/sittings` tells them.
pub fn fleet_sittings(fleet: &FleetName, zone: Tz, some: &[Sitting]) -> Value {
    json!({ "fleet": fleet.as_str(), "zone": zone.name(), "sittings": sittings(some) })
}

/// Sittings, in their order.
pub fn sittings(sittings: &[Sitting]) -> Value {
    sittings.iter().map(sitting).collect()
}

/// One sitting.
pub fn sitting(sitting: &Sitting) -> Value {
    let extra_time = sitting
        .extra_time
        .iter()
        .map(|extra| json!({ "share": extra.share.fraction(), "factor": extra.factor.get() }));
    let other_readings = sitting
        .other_readings
        .iter()
        .map(|span| json!({ "starts_at": time(span.start()), "ends_at": time(span.end()) }));
    json!({
        "uid": sitting.key.uid,
        "recurrence_id": sitting.key.recurrence_id.map(time),
        "title": sitting.title,
        "starts_at": time(sitting.span.start()),
        "ends_at": time(sitting.span.end()),
        "other_readings": other_readings.collect::<Vec<_>>(),
        "candidates": sitting.candidates.get(),
        "extra_time": extra_time.collect::<Vec<_>>(),
        "source_line": sitting.source_line,
    })
}

/// What is no exam, in its order: `[{"uid","title","starts_at","source_line","reason"}]`; `starts_at` may be null.
pub fn left_out(left_out: &[LeftOut]) -> Value {
    let told = left_out.iter().map(|event| {
        json!({
            "uid": event.uid,
            "title": event.title,
            "starts_at": event.starts_at.map(time),
            "source_line": event.line,
            "reason": event.reason,
        })
    });
    told.collect()
}

/// How much of a file became sittings.
pub fn counts(counts: ReadingCounts) -> Value {
    json!({
        "events": counts.events,
        "sittings": counts.sittings,
        "cancelled": counts.cancelled,
        "rejected": counts.rejected,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, ExtraTime, Factor, Share, SittingKey, Span};
    use chrono::DateTime;

    #[test]
    fn a_reading_has_exactly_these_names() {
        let at = |minute: i64| DateTime::from_timestamp(1_796_029_200 + minute * 60, 0).unwrap();
        let sitting = Sitting {
            key: SittingKey { uid: "law".into(), recurrence_id: Some(at(0)) },
            title: "Law <I>".into(),
            span: Span::new(at(0), at(120)).unwrap(),
            candidates: Candidates::new(4000),
            extra_time: vec![ExtraTime {
                share: Share::new(0.1).unwrap(),
                factor: Factor::new(1.25).unwrap(),
            }],
            other_readings: vec![Span::new(at(60), at(180)).unwrap()],
            source_line: None,
        };
        let told = reading(
            &Reading {
                sittings: vec![sitting],
                findings: vec![],
                counts: ReadingCounts {
                    events: 4,
                    sittings: 1,
                    cancelled: 1,
                    rejected: 1,
                    left_out: 1,
                },
                left_out: vec![LeftOut {
                    uid: "tea".into(),
                    title: "Tea".into(),
                    line: 9,
                    starts_at: Some(at(60)),
                    reason: "Why.".into(),
                }],
            },
            Tz::Europe__London,
        );
        let wanted = json!({
            "zone": "Europe/London",
            "sittings": [{"uid": "law", "recurrence_id": "2026-11-30T09:00:00Z", "title": "Law <I>",
                "starts_at": "2026-11-30T09:00:00Z", "ends_at": "2026-11-30T11:00:00Z",
                "other_readings": [
                    {"starts_at": "2026-11-30T10:00:00Z", "ends_at": "2026-11-30T12:00:00Z"}],
                "candidates": 4000, "extra_time": [{"share": 0.1, "factor": 1.25}],
                "source_line": null}],
            "findings": [],
            "counts": {"events": 4, "sittings": 1, "cancelled": 1, "rejected": 1},
            "left_out": [{"uid": "tea", "title": "Tea", "starts_at": "2026-11-30T10:00:00Z",
                "source_line": 9, "reason": "Why."}],
        });
        assert_eq!(told, wanted);
    }

    #[test]
    fn the_sittings_of_a_fleet_have_exactly_these_names() {
        let fleet = FleetName::new("moodle").unwrap();
        let wanted = json!({ "fleet": "moodle", "zone": "Europe/London", "sittings": [] });
        assert_eq!(fleet_sittings(&fleet, Tz::Europe__London, &[]), wanted);
    }
}
