//! Values to keep.

use chrono::{DateTime, TimeDelta, Utc};
use invigilator::domain::{
    Candidates, ExtraTime, Factor, Finding, FleetName, Hold, HoldPhase, LeftOut, Nodes, Process,
    ReadingCounts, Severity, Share, Sitting, SittingKey, Span,
};
use invigilator::store::{Content, Publication, Published, Revision, Store};
use std::collections::BTreeSet;

pub(crate) const SOURCE: &str = "registry";

pub(crate) fn fleet(name: &str) -> FleetName {
    FleetName::new(name).expect("a name")
}

/// Minutes after 2026-11-30 08:00 UTC.
pub(crate) fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_025_600, 0).expect("a time") + TimeDelta::minutes(minute)
}

/// A content that uses every field there is; `candidates` tells one from another.
pub(crate) fn content(candidates: u32) -> Content {
    let extra_time = ExtraTime {
        share: Share::new(0.1 + 0.2).expect("a share"),
        factor: Factor::new(4.0 / 3.0).expect("a factor"),
    };
    let series = SittingKey { uid: "maths;α@uni".into(), recurrence_id: Some(at(60)) };
    Content {
        file: vec![0, 0xFF, b'\r', b'\n', b'\''],
        sittings: vec![
            Sitting {
                key: series,
                title: "Maths \"I\" '; DROP TABLE drafts --".into(),
                span: Span::new(at(60), at(180)).expect("a span"),
                candidates: Candidates::new(candidates),
                extra_time: vec![extra_time],
                other_readings: vec![],
                source_line: Some(7),
            },
            Sitting {
                key: SittingKey { uid: "art".into(), recurrence_id: None },
                title: String::new(),
                span: Span::new(at(-90_000_000), at(0)).expect("a span"),
                candidates: Candidates::new(u32::MAX),
                extra_time: Vec::new(),
                other_readings: vec![],
                source_line: None,
            },
        ],
        findings: vec![
            Finding {
                severity: Severity::Critical,
                code: "end_missing".into(),
                uid: Some("art".into()),
                line: Some(12),
                message: "The end is missing.".into(),
                fix: "Add one.".into(),
            },
            Finding::new(Severity::Info, "zone_assumed", "It has no zone.", "Name one."),
        ],
        left_out: vec![LeftOut {
            uid: "tea".into(),
            title: "Tea".into(),
            line: 30,
            starts_at: Some(at(90)),
            reason: "It is no exam.".into(),
        }],
        counts: ReadingCounts { events: 5, sittings: 2, cancelled: 1, rejected: 2, left_out: 1 },
    }
}

pub(crate) fn hold(phase: HoldPhase) -> Hold {
    Hold {
        sittings: vec![
            SittingKey { uid: "art".into(), recurrence_id: None },
            SittingKey { uid: "maths".into(), recurrence_id: Some(at(60)) },
        ],
        floor: Nodes::new(42),
        since: at(0),
        release_at: at(200),
        hard_end: at(300),
        phase,
        suspended: BTreeSet::from([Process::AzRebalance, Process::InstanceRefresh]),
    }
}

/// Publishes `content` over `current`.
pub(crate) async fn publish(
    store: &Store,
    fleet: &FleetName,
    source: &str,
    current: u64,
    content: &Content,
) -> Published {
    let publication =
        Publication { fleet, source, current, content, by: "ada", at: at(1), draft: None };
    store.publish(&publication).await.expect("the store answers")
}

/// The revision that came of it.
pub(crate) fn done(published: Published) -> Revision {
    match published {
        Published::Done(revision) => *revision,
        Published::Stale(current) => panic!("stale: {current} is in force"),
    }
}
