//! The work that sittings bring, as a function of time. Everything is added here before any maximum is taken.
//!
//! A sitting's deadlines can be brought forward, quiz by quiz, up to the last moment, and candidates whose time
//! limit runs from their own press finish together long before the common close. So a submit burst is not
//! pinned to the deadline as written: it may fall at any moment from when the sitting has settled (all have
//! pressed and been served) until each group's own deadline. This is also what makes demand grow with every
//! candidate, every minute and every extra time: a deadline that moves away from another sitting's start
//! relieves nothing.

use super::{Demand, PressShape, Settings};
use crate::domain::Sitting;
use chrono::{DateTime, TimeDelta, Utc};

/// An instant is as good as a millisecond, and has a rate.
const INSTANT: f64 = 1e-3;
/// Seconds for which the background goes on where nothing else does: far longer than any allowed wait, so that what
/// it asks for as a burst comes up to its rate.
const OUTLASTING: f64 = 3600.0;

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

/// The candidates of one sitting.
#[derive(Debug, Clone)]
struct Cohort {
    start: f64,
    /// From here on all have started, and a submit burst may fall.
    settled: f64,
    people: f64,
    /// Deadline and people; the deadline is not before `settled`.
    groups: Vec<(f64, f64)>,
}

/// The demand of sittings that run together.
#[derive(Debug, Clone)]
pub(super) struct Load<'a> {
    settings: &'a Demand,
    /// Sorted by start.
    cohorts: Vec<Cohort>,
}

/// What may arrive from one moment on.
#[derive(Debug, Clone)]
pub(super) struct Arrivals {
    /// Presses, page turns and reloads of sittings that are starting, and the background.
    pub(super) starting: Vec<Flow>,
    /// People of sittings that have settled and not ended: each turns pages or submits.
    pub(super) running: f64,
}

impl<'a> Load<'a> {
    /// The demand of `sittings`, which are sorted by start.
    pub(super) fn of(sittings: &[&Sitting], settings: &'a Settings) -> Self {
        let Settings { demand, allowed, .. } = settings;
        let origin = sittings.first().map(|first| first.span.start()).unwrap_or_default();
        let settle = (demand.press_window + allowed.at_start).as_seconds_f64();
        let cohorts =
            sittings.iter().map(|sitting| Cohort::of(sitting, demand, origin, settle)).collect();
        Self { settings: demand, cohorts }
    }

    /// The moments at which a burst may begin: between them demand only falls.
    pub(super) fn moments(&self) -> impl Iterator<Item = f64> + '_ {
        self.cohorts.iter().flat_map(|cohort| [cohort.start, cohort.settled])
    }

    /// What may arrive from `moment` on. Sittings that start after the run of starts under way has settled are
    /// left to their own moments: what stands between does not wait for them.
    pub(super) fn from(&self, moment: f64) -> Arrivals {
        let mut arrivals = Arrivals { starting: Vec::new(), running: 0.0 };
        let mut run_ends = moment;
        for cohort in &self.cohorts {
            if cohort.settled <= moment {
                arrivals.running += cohort.people_until(moment);
            } else if cohort.start <= run_ends {
                run_ends = cohort.settled;
                cohort.starting(self.settings, &mut arrivals.starting);
            }
        }
        arrivals.starting.push(Flow {
            from: f64::NEG_INFINITY,
            until: run_ends.max(moment + OUTLASTING),
            work: self.settings.background_vcpu,
            variance: 0.0,
            kind: FlowKind::Steady,
        });
        arrivals
    }
}

impl Cohort {
    fn of(sitting: &Sitting, demand: &Demand, origin: DateTime<Utc>, settle: f64) -> Self {
        let after = |at: DateTime<Utc>| (at - origin).as_seconds_f64();
        let people = f64::from(sitting.candidates.get()) * demand.attendance.fraction();
        let start = after(sitting.span.start());
        let settled = start + settle;
        let extra: f64 = sitting.extra_time.iter().map(|extra| extra.share.fraction()).sum();
        let as_written = (after(sitting.deadline(1.0)), (1.0 - extra).max(0.0));
        let stretched = sitting
            .extra_time
            .iter()
            .map(|extra| (after(sitting.deadline(extra.factor.get())), extra.share.fraction()));
        let groups = std::iter::once(as_written)
            .chain(stretched)
            .map(|(deadline, share)| (deadline.max(settled), people * share))
            .collect();
        Self { start, settled, people, groups }
    }

    /// Those whose deadline has not passed.
    fn people_until(&self, moment: f64) -> f64 {
        let open = self.groups.iter().filter(|(deadline, _)| moment <= *deadline);
        open.map(|(_, people)| people).sum()
    }

    /// Presses, reloads before them, and page turns until each group's deadline.
    fn starting(&self, demand: &Demand, flows: &mut Vec<Flow>) {
        let Demand { variation, reload_cpu, reload_period, reload_lead, .. } = *demand;
        flows.extend(presses(demand, self.start, self.people, demand.start_cpu));
        let reloads = self.people / seconds(reload_period);
        let first = self.start - reload_lead.as_seconds_f64();
        flows.push(steady(first, self.start, reloads, reload_cpu, variation));
        let turns = |people: f64| people / seconds(demand.page_period);
        flows.extend(self.groups.iter().map(|&(deadline, people)| {
            steady(self.start, deadline, turns(people), demand.page_cpu, variation)
        }));
    }
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
    // (share of the window, share of the people)
    let parts: &[(f64, f64)] = match demand.press {
        PressShape::FrontLoaded => &[(0.25, 0.5), (0.25, 0.3), (0.5, 0.2)],
        PressShape::Uniform => &[(1.0, 1.0)],
    };
    let mut begins = from;
    let flow = |&(time, part): &(f64, f64)| {
        let flow = burst(begins, time * window, part * people, cpu, demand.variation);
        begins = flow.until;
        flow
    };
    parts.iter().map(flow).collect()
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
        let work: Vec<f64> = flows.iter().map(|f| f.work * (f.until - f.from)).collect();
        for (work, expected) in work.into_iter().zip([1000.0, 600.0, 400.0]) {
            assert!((work - expected).abs() < 1e-9, "{work}");
        }
        assert_eq!((flows[0].until, flows[2].until), (15.0, 60.0));
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
            .starting
            .iter()
            .filter(|flow| flow.kind == FlowKind::Burst)
            .map(|flow| flow.work * (flow.until - flow.from) / 0.5)
            .sum();
        assert!((presses - 300.0).abs() < 1e-9, "{presses}");
        assert_eq!(load.from(30.0 * 60.0).running, 300.0);
    }
}
