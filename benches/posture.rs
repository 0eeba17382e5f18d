//! What a poll costs: asking the whole router for the posture, beside printing a ready JSON value of the same size.

use axum::body::Body;
use axum::http::Request;
use chrono::DateTime;
use chrono_tz::Tz;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use invigilator::domain::{
    Budget, BudgetStatus, ConnectionPosture, Cost, FleetName, FleetPosture, Floors, Freshness,
    Health, HoldPosture, ManualClock, NextSitting, Nodes, Observation, Plan, Posture, Report,
    Script, Seen, Span, State, Sync,
};
use invigilator::http::{Face, FleetFace, Tokens, router};
use invigilator::store::Store;
use invigilator::tasks::Snapshot;
use invigilator::timetable::ZoneData;
use invigilator::wire;
use std::hint::black_box;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tower::ServiceExt as _;

fn polls(criterion: &mut Criterion) {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let mut group = criterion.benchmark_group("posture");
    for count in [1, 20] {
        let fleets: Vec<_> = (0..count).map(posture).collect();
        let plain = wire::posture(&Posture {
            as_of: at(),
            fleets: fleets.clone(),
            zones: ZoneData::compiled().releases(),
            sandbox: None,
        });
        let bytes = u64::try_from(plain.to_string().len()).expect("a length");
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function(format!("plain value, {count} fleets"), |bencher| {
            bencher.iter(|| black_box(&plain).to_string());
        });
        let folder = tempfile::tempdir().expect("a folder");
        let store =
            runtime.block_on(Store::open(&folder.path().join("bench.db"))).expect("a store");
        let router = router(face(store, fleets));
        group.bench_function(format!("GET, {count} fleets"), |bencher| {
            bencher.iter(|| {
                let request = Request::get("/v1/posture").body(Body::empty()).expect("a request");
                let response =
                    runtime.block_on(router.clone().oneshot(request)).expect("an answer");
                assert_eq!(response.status(), 200);
                response
            });
        });
    }
    group.finish();
}

fn at() -> DateTime<chrono::Utc> {
    DateTime::from_timestamp(1_796_025_600, 0).expect("a sample value")
}

fn face(store: Store, fleets: Vec<FleetPosture>) -> Face {
    let fleets = fleets.into_iter().map(|posture| {
        let name = posture.fleet.clone();
        // The channel is closed; what was sent last can still be read.
        let (_, snapshot) = watch::channel(Some(Arc::new(snapshot(posture))));
        let face = FleetFace {
            snapshot,
            wake: Arc::new(Notify::new()),
            zone: Tz::Europe__London,
            timetable: invigilator::config::sandbox().fleets[0].timetable_now(),
        };
        (name, face)
    });
    Face {
        zones: ZoneData::compiled().releases(),
        store,
        clock: Arc::new(ManualClock::at(at())),
        fleets: fleets.collect(),
        tokens: Tokens::new([]),
        anonymous_read: true,
        sandbox: None,
    }
}

fn posture(number: usize) -> FleetPosture {
    FleetPosture {
        fleet: FleetName::new(&format!("moodle-{number}")).expect("a sample value"),
        state: State::Exam,
        summary: "An exam is under way; everything it needs is in service.".into(),
        as_of: at(),
        phase: "exams".into(),
        floor: Floors {
            planned: Nodes::new(37),
            ready: Nodes::new(37),
            in_aws: Some(Nodes::new(37)),
        },
        ceiling: Nodes::new(60),
        desired: Some(Nodes::new(37)),
        in_service: Some(Nodes::new(37)),
        healthy: Some(Nodes::new(37)),
        protected: Some(Nodes::new(37)),
        hold: HoldPosture {
            active: true,
            reasons: vec!["Constitutional Law until 12:15".into()],
            until: Some(at()),
            hard_end: Some(at()),
        },
        attempts: Some(3_871),
        attempts_as_of: Some(at()),
        attempts_freshness: Freshness::Fresh,
        connections: ConnectionPosture {
            in_use: Some(812),
            planned_peak: 1_900,
            limit: Some(3_000),
            usable: Some(2_400),
            nodes_that_fit: Some(Nodes::new(44)),
            status: BudgetStatus::Tight,
        },
        next_sitting: Some(NextSitting {
            title: "Constitutional Law".into(),
            starts_at: at(),
            candidates: 4_000,
            nodes: Nodes::new(37),
            ready: Some(true),
        }),
        timetables: vec![],
        sync: Sync::Synced,
        health: Health::Healthy,
        findings: vec![],
        plan_generation: 12,
        plan_hash: "5f".repeat(32),
    }
}

fn snapshot(posture: FleetPosture) -> Snapshot {
    let day = chrono::TimeDelta::days(1);
    let plan = Plan {
        fleet: posture.fleet.clone(),
        generation: posture.plan_generation,
        hash: posture.plan_hash.clone(),
        span: Span::new(at(), at() + day).expect("a sample value"),
        steps: vec![],
        windows: vec![],
        budget: Budget {
            max_connections: None,
            usable: None,
            per_node: 48,
            fixed: 32,
            nodes_that_fit: None,
            peak_nodes: Nodes::new(37),
            peak_connections: 1_900,
            status: BudgetStatus::Unknown,
        },
        cost: Cost::default(),
        report: Report::default(),
        findings: vec![],
    };
    let observation = Observation {
        taken_at: at(),
        group: Seen::Absent,
        scheduled: Seen::Absent,
        policies: Seen::Absent,
        attempts: Seen::Absent,
        connections: Seen::Absent,
    };
    Snapshot {
        posture,
        plan: Arc::new(plan),
        settings: Arc::new(invigilator::config::sandbox().fleets[0].planner()),
        script: Script::default(),
        sittings: Arc::new(vec![]),
        observation: Arc::new(observation),
    }
}

criterion_group!(benches, polls);
criterion_main!(benches);
