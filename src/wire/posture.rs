//! The posture, as `GET /v1/posture` tells it.

use super::plan::status;
use super::{count, findings, measured, time};
use crate::domain::{
    FleetPosture, Freshness, Health, HoldPosture, NextSitting, Posture, SandboxCounters,
    SourceKind, SourceStatus, State, Sync, TimetablePosture, ZoneReleases,
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// Every fleet; in the sandbox also what its own students and meters say.
pub fn posture(posture: &Posture) -> Value {
    let fleets: Vec<_> = posture.fleets.iter().map(fleet_posture).collect();
    let ZoneReleases { built_in, system, in_use } = &posture.zones;
    let mut told = json!({
        "as_of": time(posture.as_of),
        "fleets": fleets,
        "zone_rules": { "built_in": built_in, "system": system, "in_use": in_use },
    });
    if let Some(counters) = &posture.sandbox {
        told["sandbox"] = sandbox(counters);
    }
    told
}

/// One fleet.
pub fn fleet_posture(posture: &FleetPosture) -> Value {
    json!({
        "fleet": posture.fleet.as_str(),
        "state": state(posture.state),
        "summary": posture.summary,
        "as_of": time(posture.as_of),
        "phase": posture.phase,
        "floor": {
            "planned": posture.floor.planned.get(),
            "ready": posture.floor.ready.get(),
            "in_aws": count(posture.floor.in_aws),
        },
        "ceiling": posture.ceiling.get(),
        "desired": count(posture.desired),
        "in_service": count(posture.in_service),
        "healthy": count(posture.healthy),
        "protected": count(posture.protected),
        "hold": hold(&posture.hold),
        "attempts": {
            "active": posture.attempts,
            "as_of": posture.attempts_as_of.map(time),
            "freshness": freshness(posture.attempts_freshness),
        },
        "connections": {
            "in_use": posture.connections.in_use,
            "planned_peak": posture.connections.planned_peak,
            "limit": posture.connections.limit,
            "usable": posture.connections.usable,
            "nodes_that_fit": count(posture.connections.nodes_that_fit),
            "status": status(posture.connections.status),
        },
        "next_sitting": posture.next_sitting.as_ref().map(next_sitting),
        "timetables": posture.timetables.iter().map(|one| timetable(one, posture.as_of)).collect::<Vec<_>>(),
        // Orders by a person are no part of this version; the name is kept for those who already read it.
        "overrides": [],
        "sync": sync(posture.sync),
        "health": health(posture.health),
        "findings": findings(&posture.findings),
        "plan": { "generation": posture.plan_generation, "hash": posture.plan_hash },
    })
}

fn hold(hold: &HoldPosture) -> Value {
    json!({
        "active": hold.active,
        "reasons": hold.reasons,
        "until": hold.until.map(time),
        "hard_end": hold.hard_end.map(time),
    })
}

fn next_sitting(next: &NextSitting) -> Value {
    json!({
        "title": next.title,
        "starts_at": time(next.starts_at),
        "candidates": next.candidates,
        "nodes": next.nodes.get(),
        "ready": next.ready,
    })
}

/// The age is that at the pass, so that a poll between two passes still gets 304.
fn timetable(one: &TimetablePosture, as_of: DateTime<Utc>) -> Value {
    json!({
        "source": one.source,
        "kind": kind(one.kind),
        "revision": one.revision,
        "published_at": one.published_at.map(time),
        "checked_at": one.checked_at.map(time),
        "status": source_status(one.status),
        "age_seconds": one.as_of().map(|newest| (as_of - newest).num_seconds().max(0)),
        "error": one.error,
    })
}

const fn kind(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Upload => "upload",
        SourceKind::File => "file",
        SourceKind::Directory => "directory",
        SourceKind::Https => "https",
    }
}

const fn source_status(status: SourceStatus) -> &'static str {
    match status {
        SourceStatus::Ok => "ok",
        SourceStatus::Failing => "failing",
        SourceStatus::Never => "never",
    }
}

fn sandbox(counters: &SandboxCounters) -> Value {
    json!({
        "now": time(counters.now),
        "speed": counters.speed,
        "starts": counters.starts,
        "late_starts": counters.late_starts,
        "submissions": counters.submissions,
        "late_submissions": counters.late_submissions,
        "removed_during_attempts": counters.removed_during_attempts,
        "node_hours": measured(counters.node_hours),
        "static_peak_node_hours": measured(counters.static_peak_node_hours),
    })
}

const fn state(state: State) -> &'static str {
    match state {
        State::Unknown => "unknown",
        State::Behind => "behind",
        State::Exam => "exam",
        State::Releasing => "releasing",
        State::Warming => "warming",
        State::Ready => "ready",
        State::Quiet => "quiet",
    }
}

const fn sync(sync: Sync) -> &'static str {
    match sync {
        Sync::Synced => "synced",
        Sync::OutOfSync => "out_of_sync",
        Sync::Unknown => "unknown",
    }
}

const fn health(health: Health) -> &'static str {
    match health {
        Health::Healthy => "healthy",
        Health::Progressing => "progressing",
        Health::Degraded => "degraded",
        Health::Suspended => "suspended",
        Health::Unknown => "unknown",
    }
}

const fn freshness(freshness: Freshness) -> &'static str {
    match freshness {
        Freshness::Fresh => "fresh",
        Freshness::Stale => "stale",
        Freshness::Never => "never",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BudgetStatus, ConnectionPosture, FleetName, Floors, Nodes};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_796_025_600 + minute * 60, 0).unwrap()
    }

    /// A fleet of which nothing could be read.
    fn blind() -> FleetPosture {
        FleetPosture {
            fleet: FleetName::new("moodle").unwrap(),
            state: State::Unknown,
            summary: "The group could not be read.".into(),
            as_of: at(0),
            phase: "teaching".into(),
            floor: Floors { planned: Nodes::new(2), ready: Nodes::new(2), in_aws: None },
            ceiling: Nodes::new(8),
            desired: None,
            in_service: None,
            healthy: None,
            protected: None,
            hold: HoldPosture { active: false, reasons: vec![], until: None, hard_end: None },
            attempts: None,
            attempts_as_of: None,
            attempts_freshness: Freshness::Never,
            connections: ConnectionPosture {
                in_use: None,
                planned_peak: 128,
                limit: None,
                usable: None,
                nodes_that_fit: None,
                status: BudgetStatus::Unknown,
            },
            next_sitting: None,
            timetables: vec![],
            sync: Sync::Unknown,
            health: Health::Unknown,
            findings: vec![],
            plan_generation: 1,
            plan_hash: "abc".into(),
        }
    }

    #[test]
    fn what_is_not_known_is_null_and_every_name_is_there() {
        let wanted = json!({
            "fleet": "moodle", "state": "unknown", "summary": "The group could not be read.",
            "as_of": "2026-11-30T08:00:00Z", "phase": "teaching",
            "floor": {"planned": 2, "ready": 2, "in_aws": null},
            "ceiling": 8, "desired": null, "in_service": null, "healthy": null, "protected": null,
            "hold": {"active": false, "reasons": [], "until": null, "hard_end": null},
            "attempts": {"active": null, "as_of": null, "freshness": "never"},
            "connections": {"in_use": null, "planned_peak": 128, "limit": null, "usable": null,
                "nodes_that_fit": null, "status": "unknown"},
            "next_sitting": null, "timetables": [], "overrides": [], "sync": "unknown", "health": "unknown",
            "findings": [], "plan": {"generation": 1, "hash": "abc"},
        });
        assert_eq!(fleet_posture(&blind()), wanted);
    }

    #[test]
    fn the_next_sitting_and_a_hold_are_told() {
        let known = FleetPosture {
            hold: HoldPosture {
                active: true,
                reasons: vec!["Law".into()],
                until: Some(at(60)),
                hard_end: Some(at(120)),
            },
            next_sitting: Some(NextSitting {
                title: "Law".into(),
                starts_at: at(60),
                candidates: 4000,
                nodes: Nodes::new(9),
                ready: Some(true),
            }),
            ..blind()
        };
        let told = fleet_posture(&known);
        assert_eq!(told["hold"]["hard_end"], "2026-11-30T10:00:00Z");
        let wanted = json!({"title": "Law", "starts_at": "2026-11-30T09:00:00Z",
            "candidates": 4000, "nodes": 9, "ready": true});
        assert_eq!(told["next_sitting"], wanted);
    }

    #[test]
    fn every_source_tells_its_age_and_what_is_wrong() {
        let fed = TimetablePosture {
            source: "registry".into(),
            kind: SourceKind::Https,
            revision: Some(3),
            published_at: Some(at(-90)),
            checked_at: Some(at(-2)),
            status: SourceStatus::Failing,
            error: Some("the server answers 403".into()),
        };
        let never = TimetablePosture {
            revision: None,
            published_at: None,
            checked_at: None,
            status: SourceStatus::Never,
            error: None,
            kind: SourceKind::Directory,
            ..fed.clone()
        };
        let upload = TimetablePosture {
            kind: SourceKind::Upload,
            checked_at: None,
            status: SourceStatus::Ok,
            error: None,
            ..fed.clone()
        };
        let told = fleet_posture(&FleetPosture { timetables: vec![fed, never, upload], ..blind() });
        let wanted = json!([
            {"source": "registry", "kind": "https", "revision": 3,
                "published_at": "2026-11-30T06:30:00Z", "checked_at": "2026-11-30T07:58:00Z",
                "status": "failing", "age_seconds": 120, "error": "the server answers 403"},
            {"source": "registry", "kind": "directory", "revision": null, "published_at": null,
                "checked_at": null, "status": "never", "age_seconds": null, "error": null},
            {"source": "registry", "kind": "upload", "revision": 3,
                "published_at": "2026-11-30T06:30:00Z", "checked_at": null, "status": "ok",
                "age_seconds": 5400, "error": null},
        ]);
        assert_eq!(told["timetables"], wanted);
    }

    #[test]
    fn only_a_sandbox_speaks_of_a_sandbox() {
        let zones = ZoneReleases {
            built_in: "2025b".into(),
            system: Some("2026b".into()),
            in_use: "2026b".into(),
        };
        let plain = Posture { as_of: at(0), fleets: vec![], zones, sandbox: None };
        let rules = json!({"built_in": "2025b", "system": "2026b", "in_use": "2026b"});
        let wanted = json!({"as_of": "2026-11-30T08:00:00Z", "fleets": [], "zone_rules": rules});
        assert_eq!(posture(&plain), wanted);
        let counters = SandboxCounters {
            now: at(1),
            speed: 60.0,
            starts: 4,
            late_starts: 3,
            submissions: 2,
            late_submissions: 1,
            removed_during_attempts: 0,
            node_hours: 1.5,
            static_peak_node_hours: 9.0,
        };
        let told = posture(&Posture { sandbox: Some(counters), ..plain });
        let wanted = json!({"now": "2026-11-30T08:01:00Z", "speed": 60.0, "starts": 4,
            "late_starts": 3, "submissions": 2, "late_submissions": 1, "removed_during_attempts": 0,
            "node_hours": 1.5, "static_peak_node_hours": 9.0});
        assert_eq!(told["sandbox"], wanted);
    }
}
