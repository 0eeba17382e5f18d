//! How long planning takes, from a week to a plan of 2,000 breakpoints, beside the same start burst summed up second by
//! second; and how much memory the largest of it needs.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark of fixed values")]

use chrono::{DateTime, Utc};
use criterion::{BenchmarkId, Criterion, criterion_group};
use invigilator::config;
use invigilator::domain::{
    Candidates, ExtraTime, Factor, FleetName, Nodes, Plan, Share, Sitting, SittingKey, Span, Step,
};
use invigilator::planner::{Demand, Piece, ScriptContext, Settings, cover, plan, script};
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
            other_readings: vec![],
            source_line: None,
        }
    };
    (0..count).map(one).collect()
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

/// Two windows a day, each of which rises and falls.
const LARGEST: &str = "2,000 breakpoints";
const LARGEST_SITTINGS: u32 = 1_500;

fn stretch(count: u32) -> Span {
    Span::new(at(0), at(i64::from(count.div_ceil(3) + 1) * 1440)).unwrap()
}

fn context(settings: &Settings) -> ScriptContext<'static> {
    ScriptContext {
        now: at(0),
        max_in_aws: Some(Nodes::new(60)),
        hard_ceiling: settings.hard_ceiling,
        held: None,
        held_until: None,
        foreign: &[],
    }
}

/// What the largest plan, its script and the cover of all its steps with 125 actions need at their peak.
fn memory() {
    let fleet = FleetName::new("moodle").unwrap();
    let settings = config::sandbox().fleets[0].planner();
    let sittings = timetable(LARGEST_SITTINGS);
    let before = peak();
    let plan = plan(&fleet, &sittings, &settings, stretch(LARGEST_SITTINGS));
    let script = script(&plan, &context(&settings));
    let pieces = pieces(&plan);
    black_box((script, cover(&pieces, 125)));
    let megabytes = peak().zip(before).map(|(after, before)| (after - before) / (1 << 20));
    println!("{} steps: {megabytes:?} MB above idle at the peak", plan.steps.len());
}

/// The steps of a plan as what must be covered.
fn pieces(plan: &Plan) -> Vec<Piece> {
    let ends = plan.steps.iter().skip(1).map(|step| step.at).chain([plan.span.end()]);
    let piece = |(step, end): (&Step, DateTime<Utc>)| Piece {
        required: step.floor,
        hours: (end - step.at).as_seconds_f64() / 3600.0,
    };
    plan.steps.iter().zip(ends).map(piece).collect()
}

/// The most memory this process ever had resident, in bytes (`VmHWM` of proc(5)).
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

fn planning(criterion: &mut Criterion) {
    let fleet = FleetName::new("moodle").unwrap();
    let settings = config::sandbox().fleets[0].planner();
    let mut group = criterion.benchmark_group("planning");
    let sizes = [("week", 12), ("season", 60), ("year", 400), (LARGEST, LARGEST_SITTINGS)];
    for (name, count) in sizes {
        let sittings = timetable(count);
        let span = stretch(count);
        let context = context(&settings);
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

/// A term's requirement of so many breakpoints: exams of many sizes on a low floor.
fn term(breakpoints: u32) -> Vec<Piece> {
    let one = |n: u32| Piece {
        required: Nodes::new(if n.is_multiple_of(2) { 2 } else { 3 + n * 7919 % 40 }),
        hours: 0.5 + f64::from(n * 31 % 17),
    };
    (0..breakpoints).map(one).collect()
}

/// The same recursion as it is written down, one step after the other.
fn as_written(pieces: &[Piece], most: usize) -> f64 {
    let mut before = vec![f64::INFINITY; pieces.len() + 1];
    before[0] = 0.0;
    let mut least = f64::INFINITY;
    for _ in 0..most {
        let mut costs = vec![f64::INFINITY; pieces.len() + 1];
        for (end, cost) in costs.iter_mut().enumerate().skip(1) {
            let (mut height, mut length) = (0.0_f64, 0.0);
            for (piece, known) in pieces[..end].iter().zip(&before[..end]).rev() {
                height = height.max(f64::from(piece.required.get()));
                length += piece.hours;
                *cost = cost.min(known + height * length);
            }
        }
        least = least.min(costs[pieces.len()]);
        before = costs;
    }
    least
}

fn covering(criterion: &mut Criterion) {
    let pieces = term(2_000);
    let mut group = criterion.benchmark_group("cover of 2,000 breakpoints with 125 steps");
    group.sample_size(10);
    group.bench_function("cover", |b| b.iter(|| cover(black_box(&pieces), 125)));
    group.bench_function("as written", |b| b.iter(|| as_written(black_box(&pieces), 125)));
    group.finish();
    let (found, written) = (cover(&pieces, 125).node_hours, as_written(&pieces, 125));
    assert!((found - written).abs() < 1e-6 * written, "{found} {written}");
}

criterion_group!(benches, planning, covering);

fn main() {
    memory();
    benches();
    Criterion::default().configure_from_args().final_summary();
}
