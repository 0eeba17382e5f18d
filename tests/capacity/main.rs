//! Whether what is planned keeps its promise, and how much more than needed it is: random exam days, each run many
//! times through an exact queue.
//!
//! `INVIGILATOR_DAYS=300 INVIGILATOR_RUNS=200 tests/run --release --test capacity -- --nocapture` is the whole of it.
#![expect(clippy::print_stdout, reason = "the distribution is for people")]
#![expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]

mod day;
mod dice;
mod edges;
mod queue;

use chrono::TimeDelta;
use day::Day;
use invigilator::domain::{FleetName, Nodes, Span};
use invigilator::planner::{self, plan};
use queue::{Allowed, Late, serve};
use std::sync::atomic::{AtomicU64, Ordering};

/// Days and runs where nobody asks for more.
const DAYS: u64 = 30;
const RUNS: u64 = 10;
/// A 95 % interval reaches so many standard deviations to either side.
const INTERVAL: f64 = 1.96;

/// What became of a day.
#[derive(Debug, Default, Clone, Copy)]
struct Outcome {
    planned: u32,
    smallest: u32,
    starts: u64,
    submits: u64,
    late: Late,
    /// Runs in which anybody waited too long.
    runs_with_anybody: u64,
}

fn asked(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().expect("a number"))
}

/// Runs a day with what is planned, and looks for the smallest fleet that would do.
fn outcome(seed: u64, runs: u64) -> Outcome {
    let day = Day::of(seed);
    let from = day.sittings.iter().map(|one| one.span.start()).min().expect("a sitting");
    let span = Span::new(from - TimeDelta::hours(4), from + TimeDelta::hours(12)).expect("a day");
    let fleet = FleetName::new("moodle").expect("a name");
    let plan = plan(&fleet, &day.sittings, &day.settings, span);
    assert_eq!(planner::check(&plan, &day.sittings, &day.settings), [], "seed {seed}");
    let planned = plan.windows.iter().map(|one| one.nodes).max().unwrap_or(Nodes::ZERO).get();
    let allowed = Allowed {
        start: day.settings.allowed.at_start.as_seconds_f64(),
        submit: day.settings.allowed.at_submit.as_seconds_f64(),
    };
    let violation = day.settings.allowed.violation.fraction();
    let people: u64 = day.sittings.iter().map(|one| u64::from(one.candidates.get())).sum();
    let most = violation * (people * runs) as f64;
    let mut outcome = Outcome { planned, smallest: planned, ..Outcome::default() };
    // What has kept too many waiting already need not be tried further.
    let mut sizes: Vec<(u32, Late)> = (1..=planned).map(|nodes| (nodes, Late::default())).collect();
    for run in 0..runs {
        let run = day.run(seed << 20 | run);
        outcome.starts += run.starts;
        outcome.submits += run.submits;
        for (nodes, late) in &mut sizes {
            let servers = usize::try_from(*nodes * day.settings.node.vcpu).expect("servers");
            let new = serve(&run.arrivals, servers, allowed);
            late.starts += new.starts;
            late.submits += new.submits;
            if *nodes == planned {
                outcome.runs_with_anybody += u64::from(new != Late::default());
            }
        }
        let passes = |late: &Late| late.starts as f64 <= most && late.submits as f64 <= most;
        sizes.retain(|(nodes, late)| *nodes == planned || passes(late));
    }
    outcome.late = sizes.last().map(|(_, late)| *late).unwrap_or_default();
    outcome.smallest = sizes.first().map_or(planned, |(nodes, _)| *nodes);
    outcome
}

/// All days, as many at a time as there are processors.
fn outcomes(days: u64, runs: u64) -> Vec<Outcome> {
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        let work = || {
            let mut done = Vec::new();
            loop {
                let seed = next.fetch_add(1, Ordering::Relaxed);
                if days <= seed {
                    return done;
                }
                let outcome = outcome(seed, runs);
                if std::env::var_os("INVIGILATOR_EACH").is_some() {
                    println!("{seed}: {outcome:?}");
                }
                done.push(outcome);
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("it ends")).collect()
    })
}

/// The share of those who waited too long is not above what is allowed, as far as so many can tell.
fn check(what: &str, late: u64, all: u64, violation: f64) {
    let share = late as f64 / all as f64;
    let interval = INTERVAL * (violation * (1.0 - violation) / all as f64).sqrt();
    println!("{what}: {late} of {all} waited too long, {share:.1e} of {violation:.0e} allowed");
    assert!(
        share <= violation + interval,
        "{what}: {share} is above {violation} by more than chance"
    );
}

#[test]
fn what_is_planned_keeps_its_promise_and_is_hardly_more_than_needed() {
    let (days, runs) = (asked("INVIGILATOR_DAYS", DAYS), asked("INVIGILATOR_RUNS", RUNS));
    let outcomes = outcomes(days, runs);
    let sum = |of: fn(&Outcome) -> u64| outcomes.iter().map(of).sum::<u64>();
    check("starts", sum(|one| one.late.starts), sum(|one| one.starts), 1e-4);
    check("submissions", sum(|one| one.late.submits), sum(|one| one.submits), 1e-4);
    let with_anybody = sum(|one| one.runs_with_anybody) as f64 / (days * runs) as f64;
    println!("runs with anybody late: {:.1} %", 100.0 * with_anybody);
    let ratio = |one: &Outcome| f64::from(one.planned) / f64::from(one.smallest);
    let mut ratios: Vec<f64> = outcomes.iter().map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    let at = |percent: usize| ratios[(ratios.len() - 1) * percent / 100];
    let told = [0, 10, 25, 50, 75, 90, 100].map(|percent| format!("{:.2}", at(percent)));
    println!("planned / smallest fleet that passes, least to most: {}", told.join(" "));
    assert!(at(50) <= 1.25, "the median is {}", at(50));
}
