//! The work that sittings bring, as a function of time. Everything is added here before any maximum is taken.
//!
//! A sitting's deadlines can be brought forward, quiz by quiz, up to the last moment, and candidates whose time
//! limit runs from their own press finish together long before the common close. So a submit burst is not
//! pinned to the deadline as written: it may fall at any moment from when the sitting has settled (all have
//! pressed and been served) until each group's own deadline. This is also what makes demand grow with every
//! candidate, every minute and every extra time: a deadline that moves away from another sitting's start
//! relieves nothing.

use super::press::Layer;
use super::{Demand, Settings};
use crate::domain::{Sitting, Span};
use chrono::{DateTime, TimeDelta, Utc};

/// An instant is as good as a millisecond, and has a rate.
const INSTANT: f64 = 1e-3;
/// Seconds for which the background goes on where nothing else does: far longer than any allowed wait, so that what
/// it asks for as a burst comes up to its rate.
const OUTLASTING: f64 = 3600.0;
/// Rounding noise of sums of people that is nobody.
const LEAST_PEOPLE: f64 = 1e-6;

/// What a flow of work consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FlowKind {
    /// Candidates press *Start attempt*, or submit.
    Burst,
    /// Page turns, reloads, the rest of the university.
    Steady,
}

/// Work that arrives at a constant rate for a while. Times are seconds after the origin of a [`Load`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Flow {
    pub(super) from: f64,
    pub(super) until: f64,
    /// CPU-seconds per second: vCPU.
    pub(super) work: f64,
    /// Variance of the work, per second: `rate · c² · (1 + cv²)`, compound Poisson.
    pub(super) variance: f64,
    pub(super) kind: FlowKind,
}

/// A change of the rates of work and variance.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) time: f64,
    pub(super) work: f64,
    pub(super) variance: f64,
    /// What the flow that begins or ends here consists of.
    pub(super) kind: FlowKind,
    /// How long it goes on, seconds.
    pub(super) lasts: f64,
    /// Whose it is, counted by start.
    cohort: usize,
}

/// The candidates of the sittings that start at one moment. What they bring adds up exactly.
#[derive(Debug, Clone)]
struct Cohort {
    start: f64,
    /// From here on all who were in time have started, and a submit burst may fall.
    settled: f64,
    /// From here on the late have started as well.
    complete: f64,
    people: f64,
    /// Deadline and people, each deadline once, sorted; no deadline is before `settled`.
    groups: Vec<(f64, f64)>,
}

/// Cohorts of which each begins, with reloads, before the one before it is complete.
#[derive(Debug, Clone)]
struct Run {
    /// One after its last cohort.
    end: usize,
    /// Its last cohort is complete.
    complete: f64,
    /// Of all its cohorts, sorted by time; what ends makes room before what begins at the same moment.
    edges: Vec<Edge>,
}

/// The demand of sittings that run together.
#[derive(Debug, Clone)]
pub(super) struct Load<'a> {
    settings: &'a Demand,
    /// vCPU that the rest of the university uses meanwhile.
    background: f64,
    /// Sorted by start.
    cohorts: Vec<Cohort>,
    /// Sorted by start; every cohort is in one.
    runs: Vec<Run>,
    /// Moment, and how many have settled by then.
    settled: Vec<(f64, f64)>,
    /// Deadline, and how many are gone after it.
    gone: Vec<(f64, f64)>,
}

/// What may arrive from one moment on.
#[derive(Debug, Clone)]
pub(super) struct Arrivals<'a> {
    /// The run of starts that is under way, and the first of its cohorts that is not complete.
    starting: Option<(&'a Run, usize)>,
    /// Whether any of its cohorts has not settled.
    pressing: bool,
    /// Edges of the run that its incomplete cohorts can have.
    edges: &'a [Edge],
    background: [Edge; 2],
    /// CPU-seconds of starts that may come at once besides, for all that is known of how presses spread.
    pub(super) at_once: f64,
    /// People of sittings that have settled and not ended: each turns pages or submits.
    pub(super) running: f64,
}

impl<'a> Load<'a> {
    /// The demand of `sittings`, which are sorted by start.
    pub(super) fn of(sittings: &[&Sitting], settings: &'a Settings) -> Self {
        let Settings { demand, allowed, .. } = settings;
        let origin = sittings.first().map(|first| first.span.start()).unwrap_or_default();
        let settle = demand.press_window + allowed.at_start;
        let late = demand.presses_last() - demand.press_window;
        let [settle, late] = [settle, late].map(|length| length.as_seconds_f64());
        let cohorts: Vec<_> = sittings
            .chunk_by(|one, next| one.span.start() == next.span.start())
            .map(|together| Cohort::of(together, demand, origin, (settle, late)))
            .collect();
        let mut deadlines: Vec<_> =
            cohorts.iter().flat_map(|cohort| cohort.groups.iter().copied()).collect();
        deadlines.sort_by(|a, b| a.0.total_cmp(&b.0));
        let staying = |cohort: &Cohort| cohort.groups.iter().map(|(_, people)| people).sum();
        Self {
            settings: demand,
            background: background(sittings, settings),
            settled: summed(cohorts.iter().map(|cohort| (cohort.settled, staying(cohort)))),
            gone: summed(deadlines.into_iter()),
            runs: runs(&cohorts, demand),
            cohorts,
        }
    }

    /// The moments at which a burst may begin: between them demand only falls.
    pub(super) fn moments(&self) -> impl Iterator<Item = f64> + '_ {
        let rises = rises(self.settings);
        self.cohorts.iter().flat_map(move |cohort| {
            let rises: Vec<_> = rises.iter().map(|rise| cohort.start + rise).collect();
            let reloads = cohort.begins(self.settings);
            rises.into_iter().chain([reloads, cohort.start, cohort.settled, cohort.complete])
        })
    }

    /// What may arrive from `moment` on. Sittings that start after the run of starts under way has settled are
    /// left to their own moments: what stands between does not wait for them.
    pub(super) fn from(&self, moment: f64) -> Arrivals<'_> {
        let complete = self.cohorts.partition_point(|cohort| cohort.complete <= moment);
        let begun = |cohort: &&Cohort| cohort.begins(self.settings) <= moment;
        let first = self.cohorts.get(complete).filter(begun);
        let run = self.runs.partition_point(|run| run.end <= complete);
        let starting = first.and_then(|_| self.runs.get(run)).map(|run| (run, complete));
        let begins = first.map_or(moment, |cohort| cohort.begins(self.settings));
        let edges = starting.map_or(&[][..], |(run, _)| {
            &run.edges[run.edges.partition_point(|edge| edge.time < begins)..]
        });
        let run_ends = starting.map_or(moment, |(run, _)| run.complete);
        let background = Flow {
            from: f64::NEG_INFINITY,
            until: run_ends.max(moment + OUTLASTING),
            work: self.background,
            variance: 0.0,
            kind: FlowKind::Steady,
        };
        let may_press = starting.map_or(&[][..], |(run, first)| &self.cohorts[first..run.end]);
        let people = may_press.iter().take_while(|cohort| cohort.start <= run_ends);
        let people: f64 = people.map(|cohort| cohort.people).sum();
        let begun = may_press.iter().take_while(|cohort| cohort.start <= moment);
        let pressing = begun.clone().any(|cohort| moment < cohort.settled);
        Arrivals {
            starting,
            pressing,
            edges,
            background: background.edges(0),
            at_once: people * self.settings.press.unsure() * self.settings.start_cpu,
            running: self.running(moment),
        }
    }

    /// Those who have settled and whose deadline has not passed.
    fn running(&self, moment: f64) -> f64 {
        let settled = up_to(&self.settled, |at| at <= moment);
        let gone = up_to(&self.gone, |deadline| deadline < moment);
        Some(settled - gone).filter(|people| LEAST_PEOPLE < *people).unwrap_or_default()
    }
}

impl Arrivals<'_> {
    /// Whether a start is under way of those who are in time, rather than only what runs.
    pub(super) fn starting(&self) -> bool {
        self.pressing
    }

    /// Presses, page turns and reloads of cohorts that are starting, and the background; sorted by time.
    pub(super) fn edges(&self) -> impl Iterator<Item = Edge> + '_ {
        let [begins, ends] = self.background;
        let complete = self.starting.map_or(0, |(_, complete)| complete);
        let (before, after) =
            self.edges.split_at(self.edges.partition_point(|edge| edge.time < ends.time));
        let counts = move |edge: &&Edge| complete <= edge.cohort;
        std::iter::once(begins)
            .chain(before.iter().filter(counts).copied())
            .chain(std::iter::once(ends))
            .chain(after.iter().filter(counts).copied())
    }
}

impl Flow {
    fn edges(self, cohort: usize) -> [Edge; 2] {
        let Self { from, until, work, variance, kind } = self;
        let begins = Edge { time: from, work, variance, kind, lasts: until - from, cohort };
        [begins, Edge { time: until, work: -work, variance: -variance, ..begins }]
    }
}

/// Where `flows` begin and end, sorted by time.
pub(super) fn edges(flows: impl IntoIterator<Item = Flow>) -> Vec<Edge> {
    sorted(flows.into_iter().flat_map(|flow| flow.edges(0)).collect())
}

fn sorted(mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.sort_by(|a, b| a.time.total_cmp(&b.time).then(a.work.total_cmp(&b.work)));
    edges
}

/// The greatest background of the phases that the sittings, of which there is one, touch.
fn background(sittings: &[&Sitting], settings: &Settings) -> f64 {
    let usual = settings.demand.background_vcpu;
    let begins = sittings.iter().map(|sitting| sitting.opens_at()).min();
    let ends = sittings.iter().map(|sitting| sitting.last_deadline()).max();
    let whole = begins.zip(ends).and_then(|(begins, ends)| Span::new(begins, ends));
    whole.map_or(usual, |whole| settings.calendar.background(whole, usual))
}

/// The runs of `cohorts`, which are sorted by start.
fn runs(cohorts: &[Cohort], demand: &Demand) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for together in cohorts.chunk_by(|one, next| next.begins(demand) <= one.complete) {
        let first = runs.last().map_or(0, |run| run.end);
        let edges = together.iter().zip(first..).flat_map(|(cohort, index)| {
            cohort.starting(demand).into_iter().flat_map(move |flow| flow.edges(index))
        });
        runs.push(Run {
            end: first + together.len(),
            complete: together.last().map_or(0.0, |last| last.complete),
            edges: sorted(edges.collect()),
        });
    }
    runs
}

/// Each moment with the sum of people up to it.
fn summed(people: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let add = |sum: &mut f64, (at, people)| {
        *sum += people;
        Some((at, *sum))
    };
    people.scan(0.0, add).collect()
}

/// The last sum whose moment `counts`.
fn up_to(sums: &[(f64, f64)], counts: impl Fn(f64) -> bool) -> f64 {
    let after = sums.partition_point(|&(at, _)| counts(at));
    sums[..after].last().map_or(0.0, |&(_, sum)| sum)
}

impl Cohort {
    /// `together` start at one moment; who is in time has settled so long after it, and the late so long after those.
    fn of(
        together: &[&Sitting],
        demand: &Demand,
        origin: DateTime<Utc>,
        (settle, late): (f64, f64),
    ) -> Self {
        let after = |at: DateTime<Utc>| (at - origin).as_seconds_f64();
        let start = together.first().map_or(0.0, |first| after(first.span.start()));
        let settled = start + settle;
        let complete = settled + late;
        let mut cohort = Self { start, settled, complete, people: 0.0, groups: Vec::new() };
        for sitting in together {
            let people = f64::from(sitting.candidates.get()) * demand.attendance.fraction();
            let extra: f64 = sitting.extra_time.iter().map(|extra| extra.share.fraction()).sum();
            let as_written = (after(sitting.deadline(1.0)), (1.0 - extra).max(0.0));
            let stretched = sitting
                .extra_time
                .iter()
                .map(|extra| (after(sitting.deadline(extra.factor.get())), extra.share.fraction()));
            let groups = std::iter::once(as_written).chain(stretched);
            cohort.people += people;
            cohort
                .groups
                .extend(groups.map(|(deadline, share)| (deadline.max(settled), people * share)));
        }
        cohort.groups.sort_by(|a, b| a.0.total_cmp(&b.0));
        cohort.groups.dedup_by(|later, kept| {
            let same = later.0.total_cmp(&kept.0).is_eq();
            kept.1 += if same { later.1 } else { 0.0 };
            same
        });
        cohort
    }

    /// The first reloads come before the start.
    fn begins(&self, demand: &Demand) -> f64 {
        self.start - demand.reload_lead.as_seconds_f64()
    }

    /// Presses, reloads before them, and page turns of those who have pressed until each group's deadline.
    fn starting(&self, demand: &Demand) -> Vec<Flow> {
        let Demand { variation, reload_cpu, reload_period, .. } = *demand;
        let late = self.people * demand.late.fraction();
        let mut flows = presses(demand, self.start, self.people - late, demand.start_cpu);
        if 0.0 < late {
            let begins = self.start + demand.press_window.as_seconds_f64();
            let window = demand.late_window.as_seconds_f64();
            flows.push(burst(begins, window, late, demand.start_cpu, variation));
        }
        let reloads = self.people / seconds(reload_period);
        flows.push(steady(self.begins(demand), self.start, reloads, reload_cpu, variation));
        let turns = |from: f64, until: f64, people: f64| {
            let rate = people / seconds(demand.page_period);
            steady(from, until, rate, demand.page_cpu, variation)
        };
        // Whoever presses in a stretch may turn pages from its begin on.
        let window = demand.press_window.as_seconds_f64();
        let pressed = self.start + window;
        let mut begins = self.start;
        for (time, share) in demand.press.fine_parts() {
            flows.push(turns(begins, pressed, self.people * share));
            begins += time * window;
        }
        flows
            .extend(self.groups.iter().map(|&(deadline, people)| turns(pressed, deadline, people)));
        flows
    }
}

/// Where more begin to press than before, in seconds after the opening.
pub(super) fn rises(demand: &Demand) -> Vec<f64> {
    let window = demand.press_window.as_seconds_f64();
    let mut rises: Vec<_> = demand.press.rises().iter().map(|rise| rise * window).collect();
    rises.extend((0.0 < demand.late.fraction()).then_some(window));
    rises
}

fn seconds(length: TimeDelta) -> f64 {
    length.as_seconds_f64().max(INSTANT)
}

/// Page turns of `people`, CPU-seconds per second.
pub(super) fn page_work(demand: &Demand, people: f64) -> f64 {
    people * demand.page_cpu / seconds(demand.page_period)
}

/// `people` each doing one journey of `cpu` seconds, spread as presses are.
pub(super) fn presses(demand: &Demand, from: f64, people: f64, cpu: f64) -> Vec<Flow> {
    let window = demand.press_window.as_seconds_f64();
    let flow = |Layer { begins, lasts, share }| {
        burst(from + begins * window, lasts * window, share * people, cpu, demand.variation)
    };
    demand.press.layers().into_iter().map(flow).collect()
}

/// `people` each doing one journey of `cpu` seconds, evenly over `length` seconds.
pub(super) fn burst(from: f64, length: f64, people: f64, cpu: f64, variation: f64) -> Flow {
    let length = length.max(INSTANT);
    let flow = steady(from, from + length, people / length, cpu, variation);
    Flow { kind: FlowKind::Burst, ..flow }
}

fn steady(from: f64, until: f64, rate: f64, cpu: f64, variation: f64) -> Flow {
    let variance = rate * cpu * cpu * (1.0 + variation * variation);
    Flow { from, until, work: rate * cpu, variance, kind: FlowKind::Steady }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ExtraTime, Factor};
    use crate::planner::fixture::{settings, share, sitting};

    #[test]
    fn half_of_the_presses_fall_into_the_first_quarter() {
        let flows = presses(&settings().demand, 0.0, 4000.0, 0.5);
        let until = |second: f64| {
            let lasted = |flow: &Flow| second.min(flow.until) - flow.from;
            flows.iter().map(|flow| flow.work * lasted(flow)).sum::<f64>()
        };
        for (second, work) in [(15.0, 1000.0), (30.0, 1600.0), (60.0, 2000.0)] {
            assert!((until(second) - work).abs() < 1e-9, "{second}: {}", until(second));
        }
    }

    #[test]
    fn extra_time_keeps_its_share_until_its_own_deadline() {
        let mut exam = sitting("exam", 0, 60, 1000);
        exam.extra_time = vec![ExtraTime { share: share(0.2), factor: Factor::new(1.5).unwrap() }];
        let settings = settings();
        let load = Load::of(&[&exam], &settings);
        let running = |minute: f64| load.from(minute * 60.0).running;
        assert_eq!(
            [0.0, 2.0, 60.0, 61.0, 90.0, 91.0].map(running),
            [0.0, 1000.0, 1000.0, 200.0, 200.0, 0.0]
        );
    }

    #[test]
    fn sittings_that_start_together_arrive_together_and_later_ones_do_not() {
        let [one, other] = [sitting("a", 0, 60, 100), sitting("b", 1, 60, 200)];
        let later = sitting("c", 30, 60, 400);
        let settings = settings();
        let load = Load::of(&[&one, &other, &later], &settings);
        let presses: f64 = load
            .from(0.0)
            .edges()
            .filter(|edge| edge.kind == FlowKind::Burst)
            .map(|edge| -edge.work * edge.time / 0.5)
            .sum();
        assert!((presses - 300.0).abs() < 1e-9, "{presses}");
        assert_eq!(load.from(30.0 * 60.0).running, 300.0);
    }
}
