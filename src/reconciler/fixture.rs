//! Small values that the tests of this module share.

use super::Settings;
use crate::domain::{
    Attempts, Budget, BudgetStatus, Connections, Cost, Dates, FleetName, Group, Instance,
    InstanceId, Lifecycle, Nodes, Observation, Phase, Plan, Report, Seen, Share, SittingKey, Span,
    Step, Tracking, Vcpu, Window,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;

pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
}

pub(super) fn settings() -> Settings {
    Settings {
        second_look: TimeDelta::seconds(60),
        fresh_for: TimeDelta::seconds(60),
        overdue_grace: TimeDelta::hours(2),
        release_step: Nodes::new(2),
        background_attempts: 0,
    }
}

pub(super) fn fleet() -> FleetName {
    FleetName::new("moodle").unwrap()
}

/// Floor 2, ceiling 40.
pub(super) fn phase() -> Phase {
    Phase {
        name: "exams".into(),
        dates: Dates::Otherwise,
        hours: None,
        floor: Nodes::new(2),
        ceiling: Nodes::new(40),
        tracking: Tracking::Cpu(Share::new(0.5).unwrap()),
        background_vcpu: None,
    }
}

pub(super) fn window() -> Window {
    Window {
        sittings: vec![SittingKey { uid: "exam".into(), recurrence_id: None }],
        raise_at: at(0),
        ready_at: at(400),
        starts_at: at(500),
        last_deadline: at(900),
        release_at: at(1000),
        hard_end: at(2000),
        hard_stop: at(3000),
        nodes: Nodes::new(10),
        vcpu: Vcpu { start: 40.0, plateau: 10.0, submit: 30.0 },
    }
}

/// Floor 2, and one window of 10 nodes from 0 to 1000.
pub(super) fn plan_with_window() -> Plan {
    let step = |seconds, floor| Step {
        at: at(seconds),
        floor: Nodes::new(floor),
        ceiling: Nodes::new(40),
        reasons: vec![],
    };
    Plan {
        fleet: fleet(),
        generation: 1,
        hash: "hash".into(),
        span: Span::new(at(-10_000), at(100_000)).unwrap(),
        steps: vec![step(-10_000, 2), step(0, 10), step(1000, 2)],
        windows: vec![window()],
        budget: Budget {
            max_connections: Some(2000),
            usable: Some(1600),
            per_node: 48,
            fixed: 32,
            nodes_that_fit: Some(Nodes::new(29)),
            peak_nodes: Nodes::new(10),
            peak_connections: 560,
            status: BudgetStatus::Ok,
        },
        cost: Cost::default(),
        report: Report::default(),
        findings: vec![],
    }
}

pub(super) fn instances(count: u32, protected: bool) -> Vec<Instance> {
    (0..count)
        .map(|n| Instance {
            id: InstanceId(format!("i-{n:03}")),
            zone: format!("z{}", n % 3),
            lifecycle: Lifecycle::InService,
            healthy: true,
            protected,
        })
        .collect()
}

pub(super) fn group(min: u32, count: u32, protected: bool) -> Group {
    Group {
        min: Nodes::new(min),
        max: Nodes::new(40),
        desired: Nodes::new(count),
        instances: instances(count, protected),
        new_instances_protected: protected,
        suspended: BTreeSet::new(),
        zones: 3,
    }
}

/// Two nodes in service, nothing else, all parts known.
pub(super) fn observation(now: i64) -> Observation {
    Observation {
        taken_at: at(now),
        group: Seen::Known(group(2, 2, false)),
        scheduled: Seen::Known(vec![]),
        policies: Seen::Known(vec![]),
        attempts: Seen::Known(Attempts { active: 0, as_of: at(now), latest_deadline: None }),
        connections: Seen::Known(Connections { in_use: 10, limit: Some(2000) }),
    }
}
