//! Random exam days, and the work that a run of one brings to the web servers.

use crate::dice::Dice;
use crate::queue::{Arrival, Kind};
use chrono::{DateTime, TimeDelta, Utc};
use invigilator::config;
use invigilator::domain::{Candidates, ExtraTime, Factor, Nodes, Share, Sitting, SittingKey, Span};
use invigilator::planner::{AttemptsEnd, Demand, PressCurve, PressShape, Settings};

/// Before a start or a deadline and after it, in seconds: what is simulated. What lies between is far below capacity.
const BEFORE: f64 = 60.0;
const AFTER: f64 = 120.0;

/// A day of one to six sittings that overlap.
#[derive(Debug)]
pub(crate) struct Day {
    pub(crate) sittings: Vec<Sitting>,
    pub(crate) settings: Settings,
}

/// What one run brings.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Sorted.
    pub(crate) arrivals: Vec<Arrival>,
    pub(crate) starts: u64,
    pub(crate) submits: u64,
}

/// 2027-01-18 09:00 UTC, a Monday.
fn nine() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_262_800, 0).expect("a moment")
}

fn share(fraction: f64) -> Share {
    Share::new(fraction).expect("a share")
}

impl Day {
    /// The day of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed);
        let count = dice.pick(&[1, 2, 3, 4, 5, 6]);
        let sittings = (0..count).map(|n| sitting(n, &mut dice)).collect();
        // Beta(1, 3), as 12 parts of a minute have it: 1 - (1 - t)^3.
        let measured = std::array::from_fn(|part| {
            let left = 1.0 - (f64::from(u32::try_from(part).expect("twelve")) + 1.0) / 12.0;
            1.0 - left.powi(3)
        });
        let shapes = [
            PressShape::FrontLoaded,
            PressShape::Uniform,
            PressShape::Measured(PressCurve::new(measured).expect("it grows to 1")),
        ];
        let press = dice.pick(&shapes);
        let ends = dice.pick(&[AttemptsEnd::AtClose, AttemptsEnd::AtOwnLimit]);
        Self { sittings, settings: settings(press, ends) }
    }

    /// One run of it.
    pub(crate) fn run(&self, seed: u64) -> Run {
        let mut run = Run::default();
        let mut dice = Dice::of(seed);
        let windows = self.windows();
        for sitting in &self.sittings {
            self.sit(sitting, &windows, &mut dice, &mut run);
        }
        let demand = &self.settings.demand;
        let gap = demand.page_cpu / demand.background_vcpu;
        for &(from, until) in &windows {
            let mut at = from + dice.exponential(gap);
            while at < until {
                run.other(at, demand.page_cpu, demand, &mut dice);
                at += dice.exponential(gap);
            }
        }
        run.arrivals.sort_by(|a, b| a.at.total_cmp(&b.at));
        run
    }

    /// Everything that the candidates of a sitting do.
    fn sit(&self, sitting: &Sitting, windows: &[(f64, f64)], dice: &mut Dice, run: &mut Run) {
        let demand = &self.settings.demand;
        let start = seconds(sitting.span.start());
        for _ in 0..sitting.candidates.get() {
            let mut left = dice.share();
            let extra = sitting.extra_time.iter().find(|extra| {
                left -= extra.share.fraction();
                left < 0.0
            });
            let factor = extra.map_or(1.0, |extra| extra.factor.get());
            let pressed = start + pressed(demand, dice.share());
            run.starts += 1;
            let service = dice.lognormal(demand.start_cpu, demand.variation);
            run.arrivals.push(Arrival { at: pressed, service, kind: Kind::Start });
            let deadline = seconds(sitting.deadline(factor));
            let (close, spread) = match demand.attempts_end {
                AttemptsEnd::AtClose => (deadline, demand.submit_window.as_seconds_f64()),
                AttemptsEnd::AtOwnLimit | AttemptsEnd::Either => (pressed + deadline - start, 0.0),
            };
            let ends = if dice.share() < demand.submit_share.fraction() {
                close + dice.between(0.0, spread)
            } else {
                dice.between(pressed + (deadline - start) / 2.0, close)
            };
            run.submits += 1;
            let service = dice.lognormal(demand.submit_cpu, demand.variation);
            run.arrivals.push(Arrival { at: ends, service, kind: Kind::Submit });
            let reloads = (demand.reload_cpu, demand.reload_period);
            let waits = start - demand.reload_lead.as_seconds_f64();
            run.repeat(windows, (waits, pressed.min(start)), reloads, demand, dice);
            let pages = (demand.page_cpu, demand.page_period);
            run.repeat(windows, (pressed, ends), pages, demand, dice);
        }
    }

    /// The stretches that are simulated: around each start and each deadline.
    fn windows(&self) -> Vec<(f64, f64)> {
        let moments = self.sittings.iter().flat_map(|sitting| {
            let factors = sitting.extra_time.iter().map(|extra| extra.factor.get());
            let deadlines = factors.chain([1.0]).map(|factor| sitting.deadline(factor));
            deadlines.chain([sitting.span.start()]).collect::<Vec<_>>()
        });
        let mut windows: Vec<_> =
            moments.map(seconds).map(|at| (at - BEFORE, at + AFTER)).collect();
        windows.sort_by(|a, b| a.0.total_cmp(&b.0));
        windows.dedup_by(|later, kept| {
            let touch = later.0 <= kept.1;
            if touch {
                kept.1 = kept.1.max(later.1);
            }
            touch
        });
        windows
    }
}

impl Run {
    fn other(&mut self, at: f64, cpu: f64, demand: &Demand, dice: &mut Dice) {
        let service = dice.lognormal(cpu, demand.variation);
        self.arrivals.push(Arrival { at, service, kind: Kind::Other });
    }

    /// What one candidate does over and over between two moments.
    fn repeat(
        &mut self,
        windows: &[(f64, f64)],
        between: (f64, f64),
        (cpu, period): (f64, TimeDelta),
        demand: &Demand,
        dice: &mut Dice,
    ) {
        for &(from, until) in windows {
            let until = until.min(between.1);
            let mut at = from.max(between.0) + dice.exponential(period.as_seconds_f64());
            while at < until {
                self.other(at, cpu, demand, dice);
                at += dice.exponential(period.as_seconds_f64());
            }
        }
    }
}

/// Seconds after nine.
fn seconds(at: DateTime<Utc>) -> f64 {
    (at - nine()).as_seconds_f64()
}

/// When the share `u` of candidates has pressed, in seconds after the opening.
fn pressed(demand: &Demand, u: f64) -> f64 {
    let window = demand.press_window.as_seconds_f64();
    let between = |(from, to): (f64, f64), (begins, ends): (f64, f64)| {
        window * (begins + (ends - begins) * (u - from) / (to - from).max(1e-12))
    };
    match demand.press {
        PressShape::Uniform => window * u,
        PressShape::FrontLoaded if u < 0.5 => between((0.0, 0.5), (0.0, 0.25)),
        PressShape::FrontLoaded if u < 0.8 => between((0.5, 0.8), (0.25, 0.5)),
        PressShape::FrontLoaded => between((0.8, 1.0), (0.5, 1.0)),
        PressShape::Measured(_) => window * (1.0 - (1.0 - u).cbrt()),
    }
}

/// From 50 to 6,000 candidates, as often below 550 as above.
fn sitting(n: usize, dice: &mut Dice) -> Sitting {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "50 to 6,000")]
    let candidates = (50.0 * 120_f64.powf(dice.share())) as u32;
    // Most of what overlaps starts in the same slot.
    let start = nine() + TimeDelta::minutes(dice.pick(&[0, 0, 0, 0, 0, 0, 0, 15, 30, 60]));
    let end = start + TimeDelta::minutes(dice.pick(&[90, 120, 180]));
    let extra = |part: f64, factor: f64| ExtraTime {
        share: share(part),
        factor: Factor::new(factor).expect("a factor"),
    };
    let extra_time = match dice.pick(&[0, 1, 2]) {
        0 => vec![],
        1 => vec![extra(0.12, 1.25)],
        _ => vec![extra(0.12, 1.25), extra(0.03, 1.5)],
    };
    Sitting {
        key: SittingKey { uid: format!("exam-{n}"), recurrence_id: None },
        title: format!("Exam {n}"),
        span: Span::new(start, end).expect("it ends after its start"),
        other_readings: vec![],
        candidates: Candidates::new(candidates),
        extra_time,
        source_line: None,
    }
}

/// What the sandbox plans with, but that all of a CPU may be used, no zone is lost, no spare is kept, and neither the
/// database nor a phase binds.
fn settings(press: PressShape, attempts_end: AttemptsEnd) -> Settings {
    let mut settings = config::sandbox().fleets[0].planner();
    settings.calendar.phases[0].floor = Nodes::ZERO;
    settings.calendar.phases[0].ceiling = Nodes::new(10_000);
    settings.hard_ceiling = Nodes::new(10_000);
    settings.node.usable = Share::ALL;
    settings.zones.survive_loss = false;
    settings.demand.press = press;
    settings.demand.attempts_end = attempts_end;
    settings.lead.spares = Nodes::ZERO;
    settings.database.max_connections = None;
    settings
}
