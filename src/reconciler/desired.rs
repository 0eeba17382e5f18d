//! What AWS should look like now, from plan, hold, script and phase.

use crate::domain::{
    FleetName, Hold, HoldPhase, Nodes, Phase, Plan, Process, ScheduledAction, Script,
    TrackingPolicy,
};
use chrono::{DateTime, TimeDelta, Utc};

/// How far ahead a ceiling is not lowered below a planned floor or ceiling: a day's exams never wait for it.
const CEILING_LOOKAHEAD: TimeDelta = TimeDelta::hours(24);

/// How far ahead a floor is not lowered below a planned one: more than a raise moves away from others' minutes.
const FLOOR_LOOKAHEAD: TimeDelta = TimeDelta::minutes(30);

/// What a hold suspends, by name: a zone that comes back and a refresh both take nodes away.
const HELD_PROCESSES: [Process; 2] = [Process::AzRebalance, Process::InstanceRefresh];

/// What AWS should look like now.
#[derive(Debug, Clone, PartialEq)]
pub struct Desired {
    /// MinSize.
    pub min: Nodes,
    /// What MinSize is not lowered below: a raise of ours may have moved to an earlier minute, and what the next
    /// minutes need is not taken away first.
    pub min_kept: Nodes,
    /// MaxSize.
    pub max: Nodes,
    /// Scheduled actions of ours, sorted by time.
    pub scheduled: Vec<ScheduledAction>,
    /// Our target-tracking policy.
    pub policy: TrackingPolicy,
    /// Whether every instance, present and new, must be protected from scale-in.
    pub protect: bool,
    /// What must be suspended.
    pub suspended: Vec<Process>,
}

/// The name of our target-tracking policy for a fleet.
pub fn policy_name(fleet: &FleetName) -> String {
    format!("invigilator-{fleet}-tracking")
}

/// What AWS should look like at `now`.
pub fn desired(
    plan: &Plan,
    script: &Script,
    hold: Option<&Hold>,
    phase: &Phase,
    now: DateTime<Utc>,
) -> Desired {
    let on = hold.filter(|hold| hold.phase == HoldPhase::On);
    let min = on.map_or(Nodes::ZERO, |hold| hold.floor).max(plan.floor_at(now));
    Desired {
        min,
        min_kept: min.max(highest_floor(plan, now)),
        max: highest_ceiling(plan, now).max(min),
        scheduled: script
            .entries
            .iter()
            .map(|entry| ScheduledAction {
                name: entry.name.clone(),
                at: entry.at,
                min: Some(entry.min),
                max: Some(entry.max),
                desired: None,
            })
            .collect(),
        policy: TrackingPolicy {
            name: policy_name(&plan.fleet),
            tracking: phase.tracking,
            scale_in_disabled: hold.is_some(),
        },
        protect: on.is_some(),
        suspended: if on.is_some() { HELD_PROCESSES.to_vec() } else { Vec::new() },
    }
}

/// The greatest floor planned for the next minutes.
fn highest_floor(plan: &Plan, now: DateTime<Utc>) -> Nodes {
    let soon = |at: DateTime<Utc>| now < at && at <= now + FLOOR_LOOKAHEAD;
    let coming = plan.steps.iter().filter(|step| soon(step.at));
    coming.map(|step| step.floor).fold(Nodes::ZERO, Nodes::max)
}

/// The greatest ceiling planned from now until the look-ahead ends.
fn highest_ceiling(plan: &Plan, now: DateTime<Utc>) -> Nodes {
    let soon = |at: DateTime<Utc>| now < at && at <= now + CEILING_LOOKAHEAD;
    let coming = plan.steps.iter().filter(|step| soon(step.at));
    coming.map(|step| step.ceiling.max(step.floor)).fold(plan.ceiling_at(now), Nodes::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Step;
    use crate::reconciler::fixture::{at, phase, plan_with_window};

    #[test]
    fn outside_windows_the_phase_floor_stands_and_nothing_is_held() {
        let wanted = desired(&plan_with_window(), &Script::default(), None, &phase(), at(-1));
        assert_eq!((wanted.min, wanted.protect), (Nodes::new(2), false));
        assert!(!wanted.policy.scale_in_disabled && wanted.suspended.is_empty());
    }

    #[test]
    fn a_floor_that_the_next_minutes_need_is_not_lowered_first() {
        let plan = plan_with_window();
        let kept = |now| desired(&plan, &Script::default(), None, &phase(), at(now)).min_kept;
        assert_eq!((kept(-300), kept(-7200)), (Nodes::new(10), Nodes::new(2)));
    }

    #[test]
    fn a_ceiling_that_tomorrow_needs_is_not_lowered_today() {
        let mut plan = plan_with_window();
        let later = Step { at: at(20 * 3600), ceiling: Nodes::new(55), ..plan.steps[0].clone() };
        plan.steps.push(later);
        let wanted = |now| desired(&plan, &Script::default(), None, &phase(), at(now)).max;
        assert_eq!(wanted(-1), Nodes::new(55));
        assert_eq!(wanted(-5 * 3600), Nodes::new(40));
    }
}
