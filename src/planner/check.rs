//! A second reader. It knows what a plan must be, not how one is made: its numbers come from the plain fluid
//! formula, which no sound plan can be below, and it shares no code with the planner.

use super::{Demand, PressShape, Settings};
use crate::domain::{Finding, Nodes, Plan, Severity, Sitting, Step, Window};
use chrono::{DateTime, Utc};

/// Rounding noise that is no broken promise.
const NOISE: f64 = 1e-6;

/// See `planner::check`.
pub(super) fn check(plan: &Plan, sittings: &[Sitting], settings: &Settings) -> Vec<Finding> {
    let mut broken = Vec::new();
    broken.extend(steps(plan, settings));
    broken.extend(plan.windows.iter().flat_map(|window| window_holds(window, plan, settings)));
    broken.extend(overlaps(&plan.windows));
    broken.extend(budget(plan, settings));
    let inside: Vec<_> =
        sittings.iter().filter(|sitting| plan.span.contains(sitting.span.start())).collect();
    broken.extend(inside.iter().filter_map(|sitting| has_window(sitting, plan, settings)));
    if !says_capped(plan) {
        broken.extend(needs(plan, &inside, settings));
    }
    broken
}

fn broken(code: &'static str, what: String) -> Finding {
    let fix =
        "Report this with the timetable and the configuration; until then capacity is only raised.";
    Finding::new(Severity::Critical, code, what, fix)
}

/// A capped plan says so itself; its floors are then not measured against the need.
fn says_capped(plan: &Plan) -> bool {
    let capped = |finding: &Finding| {
        finding.severity == Severity::Critical && finding.code.starts_with("beyond_")
    };
    plan.findings.iter().any(capped)
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
    let inside = plan.steps.iter().filter(|step| window.covers(step.at));
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

fn budget(plan: &Plan, settings: &Settings) -> Option<Finding> {
    let database = &settings.database;
    let usable = f64::from(database.max_connections?) * database.usable.fraction();
    let peak = plan.steps.iter().map(|step| step.floor.get()).max().map_or(0.0, f64::from);
    let nodes = peak + (peak * database.overlap.fraction()).ceil().max(1.0);
    let each = f64::from(settings.node.workers) * f64::from(settings.node.connections_per_worker);
    let fixed =
        [database.cron, database.reserve, database.fixed].map(f64::from).iter().sum::<f64>();
    let connections = nodes * each + fixed;
    (usable + NOISE < connections && !says_capped(plan)).then(|| {
        let what = format!("{connections} connections at the peak, {usable} usable");
        broken("plan_check_budget", format!("{what}, and the plan does not say so"))
    })
}

/// Every sitting is in a window that spans it, whatever it needs.
fn has_window(sitting: &Sitting, plan: &Plan, settings: &Settings) -> Option<Finding> {
    let spans = |window: &Window| {
        window.sittings.contains(&sitting.key)
            && settings.lead.at_least <= sitting.span.start() - window.raise_at
            && sitting.last_deadline() + settings.times.tail <= window.release_at
    };
    let found = plan.windows.iter().any(spans);
    (!found).then(|| {
        let mut finding = broken(
            "plan_check_missing",
            format!("no window spans {} at {}", sitting.title, sitting.span.start()),
        );
        finding.uid = Some(sitting.key.uid.clone());
        finding
    })
}

/// At each start and each deadline as written, all sittings together against the floor.
fn needs(plan: &Plan, sittings: &[&Sitting], settings: &Settings) -> Vec<Finding> {
    let mut moments: Vec<_> = sittings
        .iter()
        .flat_map(|sitting| [sitting.span.start(), sitting.span.end(), sitting.last_deadline()])
        .collect();
    moments.sort_unstable();
    moments.dedup();
    let short = |&at: &DateTime<Utc>| {
        let nodes = fluid_nodes(fluid_vcpu(sittings, settings, at), settings);
        (plan.floor_at(at) < nodes).then(|| {
            let what = format!("the floor at {at} is {}", plan.floor_at(at));
            broken("plan_check_need", format!("{what}; not less than {nodes} carry the demand"))
        })
    };
    moments.iter().filter_map(short).collect()
}

/// The least effective vCPU for what happens at `at` exactly: starts, or deadlines, or neither.
fn fluid_vcpu(sittings: &[&Sitting], settings: &Settings, at: DateTime<Utc>) -> f64 {
    let Settings { demand, allowed, .. } = settings;
    let people =
        |sitting: &Sitting| f64::from(sitting.candidates.get()) * demand.attendance.fraction();
    let pressing: f64 = sittings.iter().filter(|s| s.span.start() == at).map(|s| people(s)).sum();
    let wait = allowed.at_start.as_seconds_f64();
    let start = pressed(demand)
        .map(|(share, after)| pressing * share * demand.start_cpu / (after + wait))
        .fold(0.0, f64::max);
    let closing: f64 = sittings.iter().map(|s| people(s) * share_closing(s, at)).sum();
    let window = demand.submit_window.as_seconds_f64() + allowed.at_submit.as_seconds_f64();
    let submit = closing * demand.submit_share.fraction() * demand.submit_cpu / window;
    start.max(submit)
}

/// Share of the presses that have come, and after how many seconds.
fn pressed(demand: &Demand) -> impl Iterator<Item = (f64, f64)> {
    let window = demand.press_window.as_seconds_f64();
    let corners: &[(f64, f64)] = match demand.press {
        PressShape::FrontLoaded => &[(0.5, 0.25), (0.8, 0.5), (1.0, 1.0)],
        PressShape::Uniform => &[(1.0, 1.0)],
    };
    corners.iter().map(move |&(share, time)| (share, time * window))
}

/// The part of a sitting whose own deadline is exactly `at`.
fn share_closing(sitting: &Sitting, at: DateTime<Utc>) -> f64 {
    let extra: f64 = sitting.extra_time.iter().map(|extra| extra.share.fraction()).sum();
    let usual = if sitting.span.end() == at { (1.0 - extra).max(0.0) } else { 0.0 };
    let stretched =
        sitting.extra_time.iter().filter(|extra| sitting.deadline(extra.factor.get()) == at);
    usual + stretched.map(|extra| extra.share.fraction()).sum::<f64>()
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
    use crate::planner::plan;
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// V1: what is planned passes, or the plan itself says what is missing.
        #[test]
        fn every_plan_passes(some in sittings(8)) {
            let plan = plan(&fleet(), &some, &settings(), span());
            prop_assert_eq!(check(&plan, &some, &settings()), vec![]);
        }
    }
}
