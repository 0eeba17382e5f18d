//! A second reader. It knows what a plan must be, not how one is made: its numbers come from the plain fluid
//! formula, which no sound plan can be below, and it shares no code with the planner.

mod connections;

use self::connections::Counted;
use super::{AttemptsEnd, Demand, PressShape, Settings};
use crate::domain::{Finding, Nodes, Plan, Severity, Sitting, SittingKey, Step, Window};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Rounding noise that is no broken promise.
const NOISE: f64 = 1e-6;

/// See `planner::check`.
pub(super) fn check(plan: &Plan, sittings: &[Sitting], settings: &Settings) -> Vec<Finding> {
    let counted = Counted::of(settings);
    let mut broken = Vec::new();
    broken.extend(steps(plan, settings));
    broken.extend(plan.windows.iter().flat_map(|window| window_holds(window, plan, settings)));
    broken.extend(overlaps(&plan.windows));
    broken.extend(budget(plan, settings, &counted));
    let inside: Vec<_> =
        sittings.iter().filter(|sitting| plan.span.contains(sitting.opens_at())).collect();
    broken.extend(missing(&inside, plan, settings));
    broken.extend(needs(plan, &inside, settings, &counted));
    broken
}

fn broken(code: &'static str, what: String) -> Finding {
    let fix =
        "Report this with the timetable and the configuration; until then capacity is only raised.";
    Finding::new(Severity::Critical, code, what, fix)
}

/// What the plan itself says it cannot give.
fn capped(plan: &Plan) -> impl Iterator<Item = &Finding> {
    plan.findings.iter().filter(|finding| {
        finding.severity == Severity::Critical && finding.code.starts_with("beyond_")
    })
}

/// The windows that the plan says are capped. Not one more server could stand in them, so that no other window passes for
/// one, where a series has the same UID in many windows.
fn capped_windows<'a>(plan: &'a Plan, counted: &Counted) -> Vec<&'a Window> {
    let uids: BTreeSet<_> = capped(plan).filter_map(|finding| finding.uid.as_deref()).collect();
    let told = |window: &&Window| {
        counted.fills(window) && window.sittings.iter().any(|key| uids.contains(key.uid.as_str()))
    };
    plan.windows.iter().filter(told).collect()
}

fn steps(plan: &Plan, settings: &Settings) -> Vec<Finding> {
    let mut found = Vec::new();
    if plan.steps.first().is_none_or(|first| plan.span.start() < first.at) {
        found.push(broken(
            "plan_check_uncovered",
            format!("no step covers the plan's beginning {}", plan.span.start()),
        ));
    }
    if !plan.steps.is_sorted_by(|a, b| a.at < b.at) {
        found.push(broken("plan_check_order", "the steps are not in order of time".into()));
    }
    let capped = plan.findings.iter().any(|finding| finding.code == "phase_floor_capped");
    let low = |step: &&Step| {
        let held = settings.calendar.at(step.at).map_or(Nodes::ZERO, |held| held.floor);
        let least = if capped { held.min(Nodes::new(1)) } else { held.min(settings.hard_ceiling) };
        step.floor < least
    };
    found.extend(plan.steps.iter().filter(low).map(|step| {
        let what = format!("at {} the floor {} is below that of the phase", step.at, step.floor);
        broken("plan_check_phase", what)
    }));
    let odd = |step: &&Step| step.ceiling < step.floor || settings.hard_ceiling < step.ceiling;
    found.extend(plan.steps.iter().filter(odd).map(|step| {
        let Step { at, floor, ceiling, reasons: _ } = step;
        let most = settings.hard_ceiling;
        let what = format!("at {at} floor {floor}, ceiling {ceiling}, hard ceiling {most}");
        broken("plan_check_bounds", format!("{what} are not in this order"))
    }));
    found
}

/// Between raise and release no step goes below the window's floor.
fn window_holds(window: &Window, plan: &Plan, settings: &Settings) -> Option<Finding> {
    let from = window.raise_at.max(plan.span.start());
    let first = plan.steps.partition_point(|step| step.at < window.raise_at);
    let inside = plan.steps[first..].iter().take_while(|step| window.covers(step.at));
    let least = inside.map(|step| step.floor).fold(plan.floor_at(from), Nodes::min);
    let times = [
        window.raise_at,
        window.ready_at,
        window.starts_at,
        window.last_deadline,
        window.release_at,
        window.hard_end,
        window.hard_stop,
    ];
    let early = settings.lead.at_least <= window.starts_at - window.raise_at;
    if least < window.nodes {
        let what = format!("the floor falls to {least} in a window of {}", window.nodes);
        Some(broken("plan_check_window", format!("{what}, first start {}", window.starts_at)))
    } else if !(early && times.is_sorted()) {
        let what = format!("the times of the window that starts at {}", window.starts_at);
        Some(broken("plan_check_times", format!("{what} are out of order or its raise is late")))
    } else {
        None
    }
}

fn overlaps(windows: &[Window]) -> impl Iterator<Item = Finding> + '_ {
    let pairs = windows.windows(2).filter(|pair| pair[1].raise_at < pair[0].release_at);
    pairs.map(|pair| {
        let what = format!("the windows that start at {} and", pair[0].starts_at);
        broken("plan_check_overlap", format!("{what} {} overlap", pair[1].starts_at))
    })
}

fn budget(plan: &Plan, settings: &Settings, counted: &Counted) -> Option<Finding> {
    let usable = counted.usable()?;
    let moments = plan.steps.iter().map(|step| step.at).chain(counted.changes());
    // The floors of phases are kept whatever other fleets on the cluster ask for.
    let kept = settings.calendar.phases.iter().map(|phase| phase.floor).max().unwrap_or_default();
    let moments = moments.filter(|at| kept < plan.floor_at(*at));
    let held = |at| counted.held(plan.floor_at(at), at);
    let connections = moments.map(held).fold(0.0, f64::max);
    let told = plan
        .findings
        .iter()
        .any(|finding| finding.code.starts_with("beyond_") || finding.code == "phase_floor_capped");
    (usable + NOISE < connections && !told).then(|| {
        let what = format!("{connections} connections at the peak, {usable} usable");
        broken("plan_check_budget", format!("{what}, and the plan does not say so"))
    })
}

/// Every sitting is in a window that spans it, whatever it needs.
fn missing(sittings: &[&Sitting], plan: &Plan, settings: &Settings) -> Vec<Finding> {
    let mut holding: BTreeMap<&SittingKey, Vec<&Window>> = BTreeMap::new();
    for window in &plan.windows {
        window.sittings.iter().for_each(|key| holding.entry(key).or_default().push(window));
    }
    let lost = |sitting: &&&Sitting| {
        let spans = |window: &&Window| {
            settings.lead.at_least <= sitting.opens_at() - window.raise_at
                && sitting.last_deadline() + settings.times.tail <= window.release_at
        };
        !holding.get(&sitting.key).is_some_and(|windows| windows.iter().any(spans))
    };
    let told = |sitting: &&Sitting| {
        let what = format!("no window spans {} at {}", sitting.title, sitting.span.start());
        let mut finding = broken("plan_check_missing", what);
        finding.uid = Some(sitting.key.uid.clone());
        finding
    };
    sittings.iter().filter(lost).map(told).collect()
}

/// People who start, or whose own deadline is, at one moment exactly.
#[derive(Debug, Clone, Copy, Default)]
struct Crowd {
    pressing: f64,
    closing: f64,
}

/// At each start and each deadline, all sittings together against the floor, except in capped windows.
fn needs(
    plan: &Plan,
    sittings: &[&Sitting],
    settings: &Settings,
    counted: &Counted,
) -> Vec<Finding> {
    let capped = capped_windows(plan, counted);
    let told = |at: DateTime<Utc>| {
        let after = capped.partition_point(|window| window.raise_at <= at);
        capped[..after].last().is_some_and(|window| at <= window.release_at)
    };
    let short = |(at, crowd): (DateTime<Utc>, Crowd)| {
        let nodes = fluid_nodes(fluid_vcpu(crowd, settings), settings);
        let floor = plan.floor_at(at);
        (floor < nodes && !told(at)).then(|| {
            let what = format!("the floor at {at} is {floor}");
            broken("plan_check_need", format!("{what}; not less than {nodes} carry the demand"))
        })
    };
    crowds(sittings, settings).into_iter().filter_map(short).collect()
}

/// Who starts and who closes, moment by moment.
fn crowds(sittings: &[&Sitting], settings: &Settings) -> BTreeMap<DateTime<Utc>, Crowd> {
    let mut crowds: BTreeMap<DateTime<Utc>, Crowd> = BTreeMap::new();
    for sitting in sittings {
        let people = f64::from(sitting.candidates.get()) * settings.demand.attendance.fraction();
        let extra: f64 = sitting.extra_time.iter().map(|extra| extra.share.fraction()).sum();
        crowds.entry(sitting.span.start()).or_default().pressing += people;
        let usual = people * (1.0 - extra).max(0.0);
        crowds.entry(sitting.span.end()).or_default().closing += usual;
        for extra in &sitting.extra_time {
            let deadline = sitting.deadline(extra.factor.get());
            crowds.entry(deadline).or_default().closing += people * extra.share.fraction();
        }
    }
    crowds
}

/// The least effective vCPU for what happens at one moment exactly: starts, or deadlines, or neither.
fn fluid_vcpu(crowd: Crowd, settings: &Settings) -> f64 {
    let Settings { demand, allowed, .. } = settings;
    let wait = allowed.at_start.as_seconds_f64();
    let in_time = crowd.pressing * (1.0 - demand.late.fraction());
    let corners = pressed(demand);
    let stretches = corners.iter().enumerate().flat_map(|(first, from)| {
        corners[first + 1..].iter().map(move |to| (to.0 - from.0, to.1 - from.1))
    });
    let start = stretches
        .map(|(share, lasts)| in_time * share * demand.start_cpu / (lasts + wait))
        .fold(0.0, f64::max);
    let wait = allowed.at_submit.as_seconds_f64();
    let together = demand.submit_window.as_seconds_f64();
    let spread = corners.last().map_or(0.0, |(_, lasts)| *lasts);
    let lasts = match demand.attempts_end {
        AttemptsEnd::AtClose => together,
        AttemptsEnd::AtOwnLimit => spread,
        AttemptsEnd::Either => together.min(spread),
    };
    let closing = crowd.closing * demand.submit_share.fraction();
    start.max(closing * demand.submit_cpu / (lasts + wait))
}

/// Share of the presses that have come, and after how many seconds, from none on.
fn pressed(demand: &Demand) -> Vec<(f64, f64)> {
    let window = demand.press_window.as_seconds_f64();
    let corners = match demand.press {
        PressShape::FrontLoaded => vec![(0.5, 0.25), (0.8, 0.5), (1.0, 1.0)],
        PressShape::Uniform => vec![(1.0, 1.0)],
        PressShape::Measured(curve) => {
            let ends = (1..=12_u32).map(|twelfth| f64::from(twelfth) / 12.0);
            curve.shares().iter().copied().zip(ends).collect()
        }
    };
    let all = std::iter::once((0.0, 0.0)).chain(corners);
    all.map(|(share, time)| (share, time * window)).collect()
}

fn fluid_nodes(vcpu: f64, settings: &Settings) -> Nodes {
    let each = f64::from(settings.node.vcpu) * settings.node.usable.fraction();
    let zones = f64::from(settings.zones.count);
    let loss = settings.zones.survive_loss && 1.0 < zones;
    let factor = if loss { zones / (zones - 1.0) } else { 1.0 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never negative, and saturates"
    )]
    let nodes = (factor * (vcpu / each - NOISE).ceil() - NOISE).ceil() as u32;
    Nodes::new(nodes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Span;
    use crate::planner::fixture::{at, fleet, settings, sitting, sittings, span};
    use crate::planner::{PressCurve, plan};
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn exam() -> Vec<Sitting> {
        vec![sitting("a", 540, 120, 3000)]
    }

    fn planned() -> Plan {
        plan(&fleet(), &exam(), &settings(), span())
    }

    fn codes(plan: &Plan) -> Vec<String> {
        check(plan, &exam(), &settings()).into_iter().map(|found| found.code.into()).collect()
    }

    #[test]
    fn a_healthy_plan_has_nothing_to_report() {
        assert_eq!(codes(&planned()), [""; 0]);
    }

    #[test]
    fn a_floor_below_the_need_is_found() {
        let mut plan = planned();
        plan.windows[0].nodes = Nodes::new(3);
        plan.steps.iter_mut().for_each(|step| step.floor = Nodes::new(3));
        assert_eq!(codes(&plan), ["plan_check_need"; 2]);
    }

    #[test]
    fn a_dip_inside_a_window_is_found() {
        let mut plan = planned();
        let dip = Step { at: at(650), floor: Nodes::new(2), ..plan.steps[1].clone() };
        plan.steps.insert(2, dip);
        assert!(codes(&plan).contains(&"plan_check_window".to_owned()));
    }

    #[test]
    fn a_lost_sitting_is_found() {
        let mut plan = planned();
        plan.windows.clear();
        assert!(codes(&plan).contains(&"plan_check_missing".to_owned()));
    }

    #[test]
    fn a_late_raise_is_found() {
        let mut plan = planned();
        plan.windows[0].raise_at = at(520);
        assert!(codes(&plan).contains(&"plan_check_times".to_owned()));
    }

    #[test]
    fn an_uncovered_beginning_and_bounds_upside_down_are_found() {
        let mut plan = planned();
        plan.span = Span::new(plan.span.start() - TimeDelta::hours(1), plan.span.end()).unwrap();
        plan.steps[0].ceiling = Nodes::new(1);
        assert_eq!(codes(&plan), ["plan_check_uncovered", "plan_check_bounds"]);
    }

    #[test]
    fn connections_beyond_the_limit_must_be_told() {
        let mut plan = planned();
        plan.steps[1].floor = Nodes::new(40);
        plan.steps[1].ceiling = Nodes::new(40);
        assert_eq!(codes(&plan), ["plan_check_budget"]);
    }

    #[test]
    fn a_capped_window_does_not_hide_a_low_floor_in_another() {
        let some = [sitting("many", 540, 120, 14_000), sitting("few", 1540, 120, 3000)];
        let mut plan = plan(&fleet(), &some, &settings(), span());
        let needs = |plan: &Plan| {
            let found = check(plan, &some, &settings()).into_iter();
            found.filter(|finding| finding.code == "plan_check_need").count()
        };
        assert_eq!((plan.windows.len(), needs(&plan)), (2, 0));
        plan.windows[1].nodes = Nodes::new(3);
        plan.steps.iter_mut().skip(2).for_each(|step| step.floor = Nodes::new(3));
        assert_eq!(needs(&plan), 2);
    }

    /// Every way in which starts and ends may be spread.
    fn spread() -> impl Strategy<Value = Settings> {
        let shape = prop_oneof![
            Just(PressShape::FrontLoaded),
            Just(PressShape::Uniform),
            (0..12_usize).prop_map(|rush| {
                let shares = std::array::from_fn(|part| if part < rush { 0.1 } else { 1.0 });
                PressShape::Measured(PressCurve::new(shares).unwrap())
            }),
        ];
        let ends = prop_oneof![
            Just(AttemptsEnd::AtClose),
            Just(AttemptsEnd::AtOwnLimit),
            Just(AttemptsEnd::Either)
        ];
        (shape, ends, 5..900_i64, 1..120_i64, 0.0..1.0_f64, 1..40_i64).prop_map(
            |(press, attempts_end, window, submits, late, minutes)| {
                let mut settings = settings();
                settings.demand.press = press;
                settings.demand.press_window = TimeDelta::seconds(window);
                settings.demand.submit_window = TimeDelta::seconds(submits);
                settings.demand.attempts_end = attempts_end;
                settings.demand.late = crate::planner::fixture::share(late);
                settings.demand.late_window = TimeDelta::minutes(minutes);
                settings
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// V1: what is planned passes, or the plan itself says what is missing.
        #[test]
        fn every_plan_passes(some in sittings(8), settings in spread()) {
            let plan = plan(&fleet(), &some, &settings, span());
            prop_assert_eq!(check(&plan, &some, &settings), vec![]);
        }
    }
}
