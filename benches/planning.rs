//! How long planning takes, from a week to a year, beside the same start burst summed up second by second.

#![expect(clippy::unwrap_used, reason = "a benchmark of fixed values")]

use chrono::{DateTime, TimeDelta, Utc};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use invigilator::domain::{
    Candidates, ExtraTime, Factor, FleetName, Nodes, Phase, Share, Sitting, SittingKey, Span,
};
use invigilator::planner::{
    Allowed, Boot, Database, Demand, Lead, Node, PressShape, ScriptContext, Settings, Times, Zones,
    plan, script,
};
use std::hint::black_box;

/// 2027-01-04 00:00 UTC, a Monday.
fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_799_020_800 + minute * 60, 0).unwrap()
}

/// `count` sittings, three a day, of varied size, some overlapping.
fn timetable(count: u32) -> Vec<Sitting> {
    let one = |n: u32| {
        let day = i64::from(n / 3) * 1440;
        let start = day + [540, 600, 840][usize::try_from(n % 3).unwrap()];
        let uid = format!("exam-{n}");
        Sitting {
            title: uid.clone(),
            key: SittingKey { uid, recurrence_id: None },
            span: Span::new(at(start), at(start + 120)).unwrap(),
            candidates: Candidates::new(100 + n * 379 % 3900),
            extra_time: vec![ExtraTime {
                share: Share::new(0.2).unwrap(),
                factor: Factor::new(1.25).unwrap(),
            }],
            source_line: None,
        }
    };
    (0..count).map(one).collect()
}

fn settings() -> Settings {
    let share = |fraction| Share::new(fraction).unwrap();
    Settings {
        phases: vec![Phase {
            name: "teaching".into(),
            span: None,
            floor: Nodes::new(2),
            ceiling: Nodes::new(40),
            target_cpu: share(0.5),
        }],
        hard_ceiling: Nodes::new(60),
        node: Node { vcpu: 8, usable: share(0.8), workers: 40, connections_per_worker: 1 },
        zones: Zones { count: 3, survive_loss: true },
        demand: Demand {
            attendance: Share::ALL,
            press: PressShape::FrontLoaded,
            press_window: TimeDelta::seconds(60),
            start_cpu: 0.5,
            variation: 1.0,
            page_cpu: 0.3,
            page_period: TimeDelta::seconds(60),
            submit_cpu: 0.6,
            submit_share: share(0.6),
            submit_window: TimeDelta::seconds(5),
            reload_cpu: 0.05,
            reload_period: TimeDelta::seconds(30),
            reload_lead: TimeDelta::minutes(5),
            background_vcpu: 2.0,
        },
        allowed: Allowed {
            at_start: TimeDelta::seconds(3),
            at_submit: TimeDelta::seconds(20),
            violation: share(1e-4),
            plateau_use: share(0.5),
        },
        lead: Lead {
            ready_by: TimeDelta::minutes(15),
            boot: Boot {
                fixed: TimeDelta::seconds(45),
                median: TimeDelta::seconds(135),
                sigma: 0.45,
            },
            launch_failure: share(0.01),
            failure_seen_after: TimeDelta::seconds(60),
            action_lateness: TimeDelta::seconds(120),
            shortage: 1e-7,
            spares: Nodes::new(1),
            at_least: TimeDelta::minutes(30),
            warn_above: TimeDelta::minutes(60),
        },
        times: Times {
            tail: TimeDelta::minutes(15),
            hard_end: TimeDelta::hours(2),
            hard_stop: TimeDelta::hours(4),
        },
        database: Database {
            max_connections: Some(2000),
            usable: share(0.8),
            cron: 12,
            reserve: 20,
            fixed: 0,
            overlap: share(0.1),
        },
    }
}

/// The start bursts' need of every sitting alone, by brute force: for every second of the first two minutes, the
/// work that has arrived, its spread, and what one vCPU can do by then. No need of blocks, no lead, no script.
fn second_by_second(sittings: &[Sitting], settings: &Settings) -> f64 {
    let Demand { start_cpu, variation, page_cpu, .. } = settings.demand;
    let period = settings.demand.page_period.as_seconds_f64();
    let mut greatest = 0.0_f64;
    for sitting in sittings {
        let people = f64::from(sitting.candidates.get());
        for second in (1..=120).map(f64::from) {
            let pressed = match second / 60.0 {
                part if part <= 0.25 => part * 2.0,
                part if part <= 0.5 => 0.5 + (part - 0.25) * 1.2,
                part => 0.8 + (part.min(1.0) - 0.5) * 0.4,
            };
            let turned = people * second / period;
            let work = people * pressed * start_cpu
                + turned * page_cpu
                + settings.demand.background_vcpu * second;
            let squares = people * pressed * start_cpu.powi(2) + turned * page_cpu.powi(2);
            let spread = 4.2649 * (squares * (1.0 + variation.powi(2))).sqrt();
            greatest = greatest.max((work + spread) / (second + 3.0));
        }
    }
    greatest
}

fn planning(criterion: &mut Criterion) {
    let fleet = FleetName::new("moodle").unwrap();
    let settings = settings();
    let mut group = criterion.benchmark_group("planning");
    for (name, count) in [("week", 12), ("season", 60), ("year", 400)] {
        let sittings = timetable(count);
        let span = Span::new(at(0), at(i64::from(count.div_ceil(3) + 1) * 1440)).unwrap();
        let context = ScriptContext {
            now: at(0),
            max_in_aws: Some(Nodes::new(60)),
            hard_ceiling: settings.hard_ceiling,
            held: None,
            held_until: None,
            foreign: &[],
        };
        group.bench_with_input(BenchmarkId::new("plan and script", name), &sittings, |b, some| {
            b.iter(|| {
                let plan = plan(&fleet, black_box(some), &settings, span);
                black_box(script(&plan, &context))
            });
        });
        let naive = BenchmarkId::new("start bursts second by second", name);
        group.bench_with_input(naive, &sittings, |b, some| {
            b.iter(|| second_by_second(black_box(some), &settings));
        });
    }
    group.finish();
}

criterion_group!(benches, planning);
criterion_main!(benches);
