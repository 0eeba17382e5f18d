//! The defaults of a usual fleet, and sittings, that the tests of this module share.

use super::{
    Allowed, AttemptsEnd, Boot, Database, Demand, Lead, Node, PressShape, Settings, Times, Zones,
};
use crate::domain::{
    Calendar, Candidates, Dates, ExtraTime, Factor, FleetName, Nodes, Phase, Share, Sitting,
    SittingKey, Span, Tracking,
};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;

/// Minutes after midnight of 2027-01-15 UTC.
pub(super) fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_799_971_200 + minute * 60, 0).unwrap()
}

pub(super) fn fleet() -> FleetName {
    FleetName::new("moodle").unwrap()
}

pub(super) fn share(fraction: f64) -> Share {
    Share::new(fraction).unwrap()
}

/// Four days, beginning a day before the sittings of the tests.
pub(super) fn span() -> Span {
    Span::new(at(-1440), at(3 * 1440)).unwrap()
}

/// A phase of which the ceiling is 40.
pub(super) fn phase(name: &str, dates: Dates, floor: u32) -> Phase {
    Phase {
        name: name.into(),
        dates,
        hours: None,
        floor: Nodes::new(floor),
        ceiling: Nodes::new(40),
        tracking: Tracking::Cpu(share(0.5)),
        background_vcpu: None,
    }
}

pub(super) fn settings() -> Settings {
    Settings {
        calendar: Calendar {
            zone: Tz::UTC,
            phases: vec![phase("teaching", Dates::Otherwise, 2)],
            doubts: vec![],
        },
        hard_ceiling: Nodes::new(60),
        node: Node { vcpu: 8, usable: share(0.8), workers: 40, connections_per_worker: 1 },
        zones: Zones { count: 3, survive_loss: true },
        demand: demand(),
        allowed: Allowed {
            at_start: TimeDelta::seconds(3),
            at_submit: TimeDelta::seconds(20),
            violation: share(1e-4),
            plateau_use: share(0.5),
        },
        lead: lead(),
        times: Times {
            tail: TimeDelta::minutes(15),
            hard_end: TimeDelta::hours(2),
            hard_stop: TimeDelta::hours(4),
        },
        database: Database {
            max_connections: Some(2000),
            class: None,
            usable: share(0.8),
            cron: 12,
            reserve: 20,
            fixed: 0,
            cluster: None,
            overlap: share(0.1),
        },
        node_hour_price: None,
    }
}

fn demand() -> Demand {
    Demand {
        attendance: Share::ALL,
        press: PressShape::FrontLoaded,
        press_window: TimeDelta::seconds(60),
        late: share(0.0),
        late_window: TimeDelta::minutes(15),
        start_cpu: 0.5,
        variation: 1.0,
        page_cpu: 0.3,
        page_period: TimeDelta::seconds(60),
        attempts_end: AttemptsEnd::Either,
        submit_cpu: 0.6,
        submit_share: share(0.6),
        submit_window: TimeDelta::seconds(5),
        reload_cpu: 0.05,
        reload_period: TimeDelta::seconds(30),
        reload_lead: TimeDelta::minutes(5),
        background_vcpu: 2.0,
    }
}

fn lead() -> Lead {
    Lead {
        ready_by: TimeDelta::minutes(15),
        boot: Boot {
            fixed: TimeDelta::seconds(45),
            median: TimeDelta::seconds(135),
            sigma: 0.45,
            seen: 0,
        },
        launch_failure: share(0.01),
        failure_seen_after: TimeDelta::seconds(60),
        ramp: None,
        action_lateness: TimeDelta::seconds(120),
        shortage: 1e-7,
        spares: Nodes::new(1),
        at_least: TimeDelta::minutes(30),
        warn_above: TimeDelta::minutes(60),
    }
}

/// A sitting from `start` for `minutes`, without extra time.
pub(super) fn sitting(uid: &str, start: i64, minutes: i64, candidates: u32) -> Sitting {
    Sitting {
        key: SittingKey { uid: uid.to_owned(), recurrence_id: None },
        title: uid.to_owned(),
        span: Span::new(at(start), at(start + minutes)).unwrap(),
        candidates: Candidates::new(candidates),
        extra_time: vec![],
        other_readings: vec![],
        source_line: None,
    }
}

/// Up to `most` sittings over two days, some with extra time.
pub(super) fn sittings(most: usize) -> impl Strategy<Value = Vec<Sitting>> {
    let one = (0..2 * 1440_i64, 5..300_i64, 0..3_000_u32, 0.0..0.6_f64, 1.0..2.5_f64);
    proptest::collection::vec(one, 0..=most).prop_map(|drawn| {
        let make = |(n, (start, minutes, candidates, part, factor)): (usize, _)| {
            let mut one = sitting(&format!("exam-{n}"), start, minutes, candidates);
            let factor = Factor::new(factor).unwrap();
            one.extra_time = vec![ExtraTime { share: share(part), factor }];
            one
        };
        drawn.into_iter().enumerate().map(make).collect()
    })
}
