//! Reads a finished decision without knowing how it was made. A breach ends the pass with nothing lowered; it
//! never ends the process.

use super::order::{ACTIONS_PER_GROUP, Standing};
use super::release::unknown_part;
use super::{Authority, Decision, Situation};
use crate::domain::{Action, Group, HoldPhase, Observation, ScheduledAction};

/// A decision that must not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invariant {invariant} is broken by: {action}")]
pub struct Breach {
    /// Which of the invariants in ARCHITECTURE.md, *What must always hold*.
    pub invariant: &'static str,
    /// The action, as an operator would say it.
    pub action: String,
}

/// The first breach of V2, V3, V4, V6 or V9 in a decision, if any.
pub fn audit(decision: &Decision, situation: &Situation<'_>) -> Option<Breach> {
    let seen = situation.seen;
    let breach = |invariant, action: &Action| Breach { invariant, action: action.to_string() };
    for action in &decision.actions {
        if too_large(action) {
            return Some(breach("V6", action));
        }
        let Some(group) = seen.group.known() else {
            if !adds_only(action) {
                return Some(breach("V9", action));
            }
            continue;
        };
        if !lowers(action, group, seen) {
            continue;
        }
        let hold = situation.hold.hold.as_ref();
        if hold.is_some_and(|hold| hold.phase == HoldPhase::On) {
            return Some(breach("V3", action));
        }
        let parts_unknown = unknown_part(situation).is_some();
        if parts_unknown || *situation.authority != Authority::Full {
            return Some(breach("V9", action));
        }
    }
    script_breach(decision, situation)
}

/// The scheduled actions of a decision: ours only, within the quota, and no minute below what it must keep.
fn script_breach(decision: &Decision, situation: &Situation<'_>) -> Option<Breach> {
    let (seen, group) = (situation.seen.scheduled.known()?, situation.seen.group.known()?);
    let free = *situation.authority == Authority::Full && unknown_part(situation).is_none();
    let before = Standing::of(seen, group.min);
    let wanted = Standing::of(&situation.wanted.scheduled, group.min);
    let keeps_enough = |list: &[ScheduledAction]| {
        let standing = Standing::of(list, group.min);
        let wanted_at = situation.wanted.scheduled.iter();
        seen.iter().chain(list).chain(wanted_at).all(|ScheduledAction { at, .. }| {
            let bound = before.at(*at);
            (if free { bound.min(wanted.at(*at)) } else { bound }) <= standing.at(*at)
        })
    };
    let mut list = seen.clone();
    for action in &decision.actions {
        let names: Vec<&str> = match action {
            Action::PutScheduled(actions) => {
                list.retain(|old| actions.iter().all(|new| new.name != old.name));
                list.extend(actions.iter().cloned());
                actions.iter().map(|action| action.name.as_str()).collect()
            }
            Action::DeleteScheduled(names) => {
                list.retain(|old| !names.contains(&old.name));
                names.iter().map(String::as_str).collect()
            }
            Action::SetBounds { .. }
            | Action::SetDesired(_)
            | Action::Protect(_)
            | Action::Unprotect(_)
            | Action::ProtectNew
            | Action::UnprotectNew
            | Action::PutPolicy(_)
            | Action::Suspend(_)
            | Action::Resume(_) => continue,
        };
        let breach = |invariant| Some(Breach { invariant, action: action.to_string() });
        if names.iter().any(|name| !name.starts_with(situation.own)) {
            return breach("V4");
        }
        if ACTIONS_PER_GROUP.max(seen.len()) < list.len() {
            return breach("V6");
        }
        if !keeps_enough(&list) {
            return breach(if free { "V2" } else { "V9" });
        }
    }
    None
}

/// Whether an action can only add capacity or protection, whatever the group looks like.
fn adds_only(action: &Action) -> bool {
    match action {
        Action::PutPolicy(policy) => policy.scale_in_disabled,
        Action::Protect(_) | Action::ProtectNew | Action::Suspend(_) => true,
        Action::PutScheduled(_)
        | Action::DeleteScheduled(_)
        | Action::SetBounds { .. }
        | Action::SetDesired(_)
        | Action::Unprotect(_)
        | Action::UnprotectNew
        | Action::Resume(_) => false,
    }
}

/// Whether an action takes away capacity, a bound or a protection that stands now. Scheduled actions are judged
/// by their order, not here.
pub fn lowers(action: &Action, group: &Group, seen: &Observation) -> bool {
    match action {
        Action::SetBounds { min, max } => {
            min.is_some_and(|min| min < group.min) || max.is_some_and(|max| max < group.max)
        }
        Action::SetDesired(desired) => *desired < group.desired,
        Action::Unprotect(_) | Action::UnprotectNew | Action::Resume(_) => true,
        Action::PutPolicy(policy) => {
            let policies = seen.policies.known().into_iter().flatten();
            !policy.scale_in_disabled
                && policies.into_iter().any(|p| p.name == policy.name && p.scale_in_disabled)
        }
        Action::PutScheduled(_)
        | Action::DeleteScheduled(_)
        | Action::Protect(_)
        | Action::ProtectNew
        | Action::Suspend(_) => false,
    }
}

fn too_large(action: &Action) -> bool {
    let size = match action {
        Action::PutScheduled(actions) => actions.len(),
        Action::DeleteScheduled(names) => names.len(),
        Action::Protect(ids) | Action::Unprotect(ids) => ids.len(),
        Action::Suspend(processes) | Action::Resume(processes) => {
            // An empty list would suspend or resume every process.
            if processes.is_empty() { usize::MAX } else { processes.len() }
        }
        Action::SetBounds { .. }
        | Action::SetDesired(_)
        | Action::ProtectNew
        | Action::UnprotectNew
        | Action::PutPolicy(_) => 1,
    };
    50 < size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Nodes, Process, Script, Seen, TrackingPolicy};
    use crate::reconciler::fixture::{at, observation, phase, plan_with_window, settings};
    use crate::reconciler::{Looks, desired, next_hold};

    fn breach(action: Action, now: i64) -> Option<&'static str> {
        breach_seeing(action, &observation(now))
    }

    fn breach_seeing(action: Action, seen: &Observation) -> Option<&'static str> {
        let plan = plan_with_window();
        let hold = next_hold(None, &plan, seen, Looks::default(), &settings());
        let phase = phase();
        let script = Script::default();
        let wanted = desired(&plan, &script, hold.hold.as_ref(), &phase, seen.taken_at);
        let situation = Situation {
            wanted: &wanted,
            seen,
            hold: &hold,
            authority: &Authority::Full,
            settings: &settings(),
            own: "invigilator-moodle-",
        };
        let decision = Decision { actions: vec![action], ..Decision::default() };
        audit(&decision, &situation).map(|breach| breach.invariant)
    }

    #[test]
    fn lowering_while_a_hold_is_on_is_a_breach() {
        assert_eq!(breach(Action::SetDesired(Nodes::new(1)), 100), Some("V3"));
        assert_eq!(breach(Action::Resume(vec![Process::AzRebalance]), 100), Some("V3"));
        assert_eq!(breach(Action::SetDesired(Nodes::new(1)), -100), None);
    }

    #[test]
    fn lowering_on_an_unknown_part_is_a_breach() {
        let enable = TrackingPolicy {
            name: "invigilator-moodle-tracking".into(),
            tracking: phase().tracking,
            scale_in_disabled: false,
        };
        let mut blind = observation(-100);
        blind.group = Seen::Unknown("throttled".into());
        assert_eq!(breach_seeing(Action::PutPolicy(enable.clone()), &blind), Some("V9"));
        assert_eq!(breach_seeing(Action::SetDesired(Nodes::new(9)), &blind), Some("V9"));
        assert_eq!(breach_seeing(Action::ProtectNew, &blind), None);
        let disable = TrackingPolicy { scale_in_disabled: true, ..enable };
        assert_eq!(breach_seeing(Action::PutPolicy(disable), &blind), None);
        let mut partial = observation(-100);
        partial.attempts = Seen::Unknown("timeout".into());
        assert_eq!(breach_seeing(Action::SetDesired(Nodes::new(1)), &partial), Some("V9"));
    }

    fn scheduled(name: &str, seconds: i64, min: u32) -> ScheduledAction {
        ScheduledAction {
            name: name.into(),
            at: at(seconds),
            min: Some(Nodes::new(min)),
            max: Some(Nodes::new(60)),
            desired: None,
        }
    }

    #[test]
    fn a_script_that_loses_a_minute_or_touches_what_is_not_ours_is_a_breach() {
        let mut seen = observation(-500);
        seen.scheduled = Seen::Known(vec![scheduled("invigilator-moodle-a", 0, 10)]);
        let put =
            |name: &str, seconds, min| Action::PutScheduled(vec![scheduled(name, seconds, min)]);
        let lower = put("invigilator-moodle-a", 0, 1);
        assert_eq!(breach_seeing(lower.clone(), &seen), Some("V2"));
        assert_eq!(breach_seeing(put("invigilator-moodle-b", 5, 12), &seen), None);
        assert_eq!(breach_seeing(put("theirs", 5, 12), &seen), Some("V4"));
        seen.connections = Seen::Unknown("timeout".into());
        assert_eq!(breach_seeing(lower, &seen), Some("V9"));
    }

    #[test]
    fn an_empty_list_of_processes_would_mean_all_of_them() {
        assert_eq!(breach(Action::Suspend(vec![]), 100), Some("V6"));
    }
}
