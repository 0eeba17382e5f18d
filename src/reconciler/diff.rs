//! Desired against seen, every field named. A part that is not known has no difference.

use super::Desired;
use crate::domain::{
    Group, InstanceId, Lifecycle, Nodes, Observation, Process, ScheduledAction, TrackingPolicy,
};
use chrono::TimeDelta;

/// Nearer than this no script lists an action: it begins with the next whole minute but one.
const ABOUT_TO_FIRE: TimeDelta = TimeDelta::minutes(3);

/// What separates what is from what should be.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gap {
    /// MinSize is below: the floor to raise to.
    pub min_below: Option<Nodes>,
    /// MinSize is above: the floor to lower to.
    pub min_above: Option<Nodes>,
    /// MaxSize is below.
    pub max_below: Option<Nodes>,
    /// MaxSize is above.
    pub max_above: Option<Nodes>,
    /// Scheduled actions of ours that are missing or differ.
    pub missing: Vec<ScheduledAction>,
    /// Scheduled actions of ours that nothing wants any more. What is about to fire, or overdue, vanishes by
    /// itself: a raise is left to do so, as no script lists what is nearer than its earliest minute and we may die
    /// before the pass that would raise directly; a lowering is surplus while there is time.
    pub surplus: Vec<ScheduledAction>,
    /// Our policy, where it is missing or differs.
    pub policy: Option<TrackingPolicy>,
    /// Instances in service that must be protected and are not.
    pub unprotected: Vec<InstanceId>,
    /// Instances in service that are protected and need not be.
    pub protected: Vec<InstanceId>,
    /// New instances must be protected and are not.
    pub new_unprotected: bool,
    /// New instances are protected and need not be.
    pub new_protected: bool,
    /// Must be suspended and is not.
    pub running: Vec<Process>,
}

impl Gap {
    /// Whether AWS holds all that it must: nothing that would raise or hold is missing.
    pub fn is_safe(&self) -> bool {
        self.min_below.is_none()
            && self.max_below.is_none()
            && self.missing.is_empty()
            && self.unprotected.is_empty()
            && !self.new_unprotected
            && self.running.is_empty()
    }

    /// Whether nothing differs at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The gap between `wanted` and `seen`; `own` is the prefix of every name of ours.
pub fn diff(wanted: &Desired, seen: &Observation, own: &str) -> Gap {
    let Desired { min, min_kept, max, scheduled, policy, protect, suspended } = wanted;
    let mut gap = Gap::default();
    if let Some(group) = seen.group.known() {
        gap.min_below = (group.min < *min).then_some(*min);
        gap.min_above = (*min_kept < group.min).then_some(*min_kept);
        gap.max_below = (group.max < *max).then_some(*max);
        // A hold leaves a higher ceiling standing, as the script's own raises set it: lowering it could scale in.
        gap.max_above = (!*protect && *max < group.max).then_some(*max);
        instances(&mut gap, group, *protect);
        gap.running = suspended.iter().copied().filter(|p| !group.suspended.contains(p)).collect();
    }
    if let Some(actions) = seen.scheduled.known() {
        gap.missing =
            scheduled.iter().filter(|action| !actions.contains(action)).cloned().collect();
        let soon = seen.taken_at + ABOUT_TO_FIRE;
        let is_surplus = |action: &&ScheduledAction| {
            let wanted = scheduled.iter().any(|other| other.name == action.name);
            let lowers = action.min.is_some_and(|floor| floor < *min);
            action.name.starts_with(own) && !wanted && (soon < action.at || lowers)
        };
        gap.surplus = actions.iter().filter(is_surplus).cloned().collect();
    }
    if let Some(policies) = seen.policies.known()
        && !policies.contains(policy)
    {
        gap.policy = Some(policy.clone());
    }
    gap
}

fn instances(gap: &mut Gap, group: &Group, protect: bool) {
    let in_service = |protected: bool| -> Vec<InstanceId> {
        let of = group.instances.iter().filter(|instance| {
            instance.lifecycle == Lifecycle::InService && instance.protected == protected
        });
        of.map(|instance| instance.id.clone()).collect()
    };
    if protect {
        gap.unprotected = in_service(false);
        gap.new_unprotected = !group.new_instances_protected;
    } else {
        gap.protected = in_service(true);
        gap.new_protected = group.new_instances_protected;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Seen, Share, Tracking};
    use crate::reconciler::fixture::{at, group, observation};

    fn wanted(min: u32, protect: bool) -> Desired {
        Desired {
            min: Nodes::new(min),
            min_kept: Nodes::new(min),
            max: Nodes::new(40),
            scheduled: vec![],
            policy: TrackingPolicy {
                name: "invigilator-moodle-tracking".into(),
                tracking: Tracking::Cpu(Share::new(0.5).unwrap()),
                scale_in_disabled: protect,
            },
            protect,
            suspended: if protect { vec![Process::AzRebalance] } else { vec![] },
        }
    }

    #[test]
    fn a_held_fleet_lists_all_that_is_not_held() {
        let gap = diff(&wanted(10, true), &observation(0), "invigilator-moodle-");
        assert_eq!(gap.min_below, Some(Nodes::new(10)));
        assert_eq!(gap.unprotected.len(), 2);
        assert!(gap.new_unprotected && gap.policy.is_some() && !gap.is_safe());
        assert_eq!(gap.running, [Process::AzRebalance]);
    }

    #[test]
    fn foreign_actions_are_never_surplus() {
        let mut seen = observation(0);
        let action = |name: &str| ScheduledAction {
            name: name.into(),
            at: at(600),
            min: Some(Nodes::new(1)),
            max: None,
            desired: None,
        };
        seen.scheduled = Seen::Known(vec![
            action("terraform-night"),
            action("invigilator-other-x"),
            action("invigilator-moodle-x"),
        ]);
        let gap = diff(&wanted(2, false), &seen, "invigilator-moodle-");
        assert_eq!(gap.surplus, [action("invigilator-moodle-x")]);
    }

    #[test]
    fn what_is_not_known_has_no_difference() {
        let mut seen = observation(0);
        seen.group = Seen::Unknown("throttled".into());
        seen.scheduled = Seen::Unknown("throttled".into());
        seen.policies = Seen::Unknown("throttled".into());
        assert!(diff(&wanted(10, true), &seen, "invigilator-moodle-").is_empty());
        seen.group = Seen::Known(group(10, 10, true));
        assert_eq!(diff(&wanted(10, true), &seen, "i-").running, [Process::AzRebalance]);
    }
}
