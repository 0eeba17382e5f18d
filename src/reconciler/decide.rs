//! Gap and keys to actions in a safe order: first what raises and holds, then what the script needs, then, with
//! both keys, what gives back.

use super::release::{IDS_PER_CALL, lowerings, unknown_part};
use super::{Desired, Gap, HoldStep, Settings, order};
use crate::domain::{Action, Group, Observation, ScheduledAction};

/// `BatchPutScheduledUpdateGroupAction` and `BatchDeleteScheduledAction` take at most 50 items.
const ACTIONS_PER_CALL: usize = 50;

/// How far this pass may go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Authority {
    /// Raise and, with both keys, lower.
    Full,
    /// Raise only; the reason is a sentence.
    RaiseOnly(String),
}

/// All that a decision rests on.
#[derive(Debug, Clone, Copy)]
pub struct Situation<'a> {
    /// What should be.
    pub wanted: &'a Desired,
    /// What is.
    pub seen: &'a Observation,
    /// The hold after this pass, and the keys.
    pub hold: &'a HoldStep,
    /// How far this pass may go.
    pub authority: &'a Authority,
    /// The prefix of every name of ours.
    pub own: &'a str,
    /// Bounds of lowering.
    pub settings: &'a Settings,
}

/// What to do, in this order, and why.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// Writes, in order; a pass may be cut after any of them.
    pub actions: Vec<Action>,
    /// Why, in sentences.
    pub because: Vec<String>,
    /// Why nothing is given back, where something could be.
    pub withheld: Option<String>,
}

/// What to do about the gap.
pub fn decide(situation: &Situation<'_>, gap: &Gap) -> Decision {
    let mut decision = Decision::default();
    if let Some(group) = situation.seen.group.known() {
        raise(&mut decision, gap, group);
        protect(&mut decision, gap);
        policy(&mut decision, situation, gap);
    }
    script(&mut decision, situation, gap);
    match lowerings(situation, gap) {
        Ok(actions) => {
            if !actions.is_empty() {
                decision
                    .because
                    .push("capacity stands above the plan and both keys allow it".into());
                decision.because.extend(situation.hold.reasons.iter().cloned());
            }
            decision.actions.extend(actions);
        }
        Err(why) if is_above(gap) => decision.withheld = Some(why),
        Err(_) => {}
    }
    decision
}

/// Whether more stands than is wanted. A ceiling that is too high costs nothing by itself.
fn is_above(gap: &Gap) -> bool {
    gap.min_above.is_some() || !gap.protected.is_empty() || gap.new_protected
}

/// Bounds that are too low, in one call.
fn raise(decision: &mut Decision, gap: &Gap, group: &Group) {
    let (min, max) = (gap.min_below, gap.max_below);
    if min.is_none() && max.is_none() {
        return;
    }
    // A MinSize above MaxSize is refused.
    let max = max.max(min.filter(|min| group.max < *min));
    let wanted = (min.unwrap_or(group.min), max.unwrap_or(group.max));
    decision.because.push(format!(
        "the plan wants bounds {} to {}, the group has {} to {}",
        wanted.0, wanted.1, group.min, group.max
    ));
    decision.actions.push(Action::SetBounds { min, max });
}

fn protect(decision: &mut Decision, gap: &Gap) {
    if gap.new_unprotected {
        decision.actions.push(Action::ProtectNew);
    }
    let calls = gap.unprotected.chunks(IDS_PER_CALL);
    decision.actions.extend(calls.map(|ids| Action::Protect(ids.to_vec())));
    if !gap.running.is_empty() {
        decision.actions.push(Action::Suspend(gap.running.clone()));
    }
    if gap.new_unprotected || !gap.unprotected.is_empty() || !gap.running.is_empty() {
        decision.because.push("a hold is on and not everything is protected".into());
    }
}

/// Writes the policy unless that would enable scale-in where it is disabled, which is a lowering.
fn policy(decision: &mut Decision, situation: &Situation<'_>, gap: &Gap) {
    let (Some(policy), Some(seen)) = (&gap.policy, situation.seen.policies.known()) else { return };
    let disabled_now =
        seen.iter().any(|other| other.name == policy.name && other.scale_in_disabled);
    if disabled_now && !policy.scale_in_disabled {
        return;
    }
    decision.because.push(format!("policy {} is missing or differs", policy.name));
    decision.actions.push(Action::PutPolicy(policy.clone()));
}

/// What adds to the script is written whatever else is known; what takes from it needs full authority and sight of
/// everything.
fn script(decision: &mut Decision, situation: &Situation<'_>, gap: &Gap) {
    let (Some(seen), Some(group)) =
        (situation.seen.scheduled.known(), situation.seen.group.known())
    else {
        return;
    };
    let wanted = &situation.wanted.scheduled;
    let additions = order::additions(wanted, &gap.surplus, seen, group.min);
    put(decision, &additions, "are missing or too low");
    if *situation.authority != Authority::Full || unknown_part(situation).is_some() {
        return;
    }
    put(decision, &order::corrections(wanted, seen), "keep more than is wanted");
    let names = order::deletions(&gap.surplus, seen, wanted, group.min);
    if !names.is_empty() {
        decision.because.push(format!("{} scheduled action(s) are no longer wanted", names.len()));
        let calls = names.chunks(ACTIONS_PER_CALL);
        decision.actions.extend(calls.map(|batch| Action::DeleteScheduled(batch.to_vec())));
    }
}

fn put(decision: &mut Decision, actions: &[ScheduledAction], why: &str) {
    if !actions.is_empty() {
        decision.because.push(format!("{} scheduled action(s) {why}", actions.len()));
        let calls = actions.chunks(ACTIONS_PER_CALL);
        decision.actions.extend(calls.map(|batch| Action::PutScheduled(batch.to_vec())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Attempts, Hold, HoldPhase, Nodes, Plan, Process, Script, Seen, Share, Tracking,
        TrackingPolicy,
    };
    use crate::reconciler::fixture::{at, group, observation, phase, plan_with_window, settings};
    use crate::reconciler::{Keys, Looks, audit, desired, diff, next_hold};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    struct Pass {
        hold: HoldStep,
        decision: Decision,
        gap: Gap,
    }

    fn pass(plan: &Plan, hold: Option<&Hold>, seen: &Observation, looks: Looks) -> Pass {
        let now = seen.taken_at;
        let step = next_hold(hold, plan, seen, looks, &settings());
        let wanted = desired(plan, &Script::default(), step.hold.as_ref(), &phase(), now);
        let gap = diff(&wanted, seen, "invigilator-moodle-");
        let authority = Authority::Full;
        let situation = Situation {
            wanted: &wanted,
            seen,
            hold: &step,
            authority: &authority,
            settings: &settings(),
            own: "invigilator-moodle-",
        };
        let decision = decide(&situation, &gap);
        assert_eq!(audit(&decision, &situation), None, "{decision:?}");
        Pass { hold: step, decision, gap }
    }

    fn agreed(now: i64) -> Looks {
        let quiet = |t| Seen::Known(Attempts { active: 0, as_of: at(t), latest_deadline: None });
        let first = Looks::default().after(&quiet(now - 60), at(now - 60), &settings());
        first.after(&quiet(now), at(now), &settings())
    }

    fn policy(scale_in_disabled: bool) -> TrackingPolicy {
        TrackingPolicy {
            name: "invigilator-moodle-tracking".into(),
            tracking: Tracking::Cpu(Share::new(0.5).unwrap()),
            scale_in_disabled,
        }
    }

    fn held(min: u32, count: u32, now: i64) -> Observation {
        let mut seen = observation(now);
        let mut fleet = group(min, count, true);
        fleet.suspended = BTreeSet::from([Process::AzRebalance, Process::InstanceRefresh]);
        seen.group = Seen::Known(fleet);
        seen.policies = Seen::Known(vec![policy(true)]);
        seen
    }

    fn on(now: i64) -> Hold {
        let hold = pass(&plan_with_window(), None, &observation(10), Looks::default()).hold.hold;
        let ours = BTreeSet::from([Process::AzRebalance, Process::InstanceRefresh]);
        let phase = if now < 1000 { HoldPhase::On } else { HoldPhase::Releasing };
        Hold { suspended: ours, phase, ..hold.unwrap() }
    }

    #[test]
    fn a_due_raise_that_aws_missed_is_done_directly_and_first() {
        let pass = pass(&plan_with_window(), None, &observation(10), Looks::default());
        let first = &pass.decision.actions[0];
        assert_eq!(*first, Action::SetBounds { min: Some(Nodes::new(10)), max: None });
        assert!(pass.decision.actions.contains(&Action::ProtectNew));
        assert!(pass.decision.actions.contains(&Action::PutPolicy(policy(true))));
    }

    #[test]
    fn a_release_lowers_min_then_unprotects_and_lowers_desired_by_as_many() {
        let pass = pass(&plan_with_window(), Some(&on(1100)), &held(10, 10, 1100), agreed(1100));
        let [bounds, unprotect, desired] = &pass.decision.actions[..] else {
            panic!("{:?}", pass.decision.actions)
        };
        assert_eq!(*bounds, Action::SetBounds { min: Some(Nodes::new(2)), max: None });
        assert!(matches!(unprotect, Action::Unprotect(ids) if ids.len() == 2));
        assert_eq!(*desired, Action::SetDesired(Nodes::new(8)));
    }

    #[test]
    fn scale_in_is_enabled_again_last() {
        let pass = pass(&plan_with_window(), Some(&on(1100)), &held(2, 2, 1100), agreed(1100));
        assert_eq!(pass.decision.actions.last(), Some(&Action::PutPolicy(policy(false))));
        assert!(pass.decision.actions.contains(&Action::UnprotectNew));
    }

    #[test]
    fn a_raise_that_is_about_to_fire_is_left_standing_for_the_case_that_we_die() {
        let own = |after: i64| ScheduledAction {
            name: format!("invigilator-moodle-{after}"),
            at: at(after - 1000),
            min: Some(Nodes::new(10)),
            max: Some(Nodes::new(40)),
            desired: None,
        };
        let mut seen = held(2, 2, -1000);
        seen.scheduled = Seen::Known(vec![own(60), own(600)]);
        let pass = pass(&plan_with_window(), None, &seen, Looks::default());
        let deleted = Action::DeleteScheduled(vec![own(600).name]);
        let told = |action: &&Action| matches!(action, Action::DeleteScheduled(_));
        assert_eq!(pass.decision.actions.iter().filter(told).collect::<Vec<_>>(), [&deleted]);
    }

    #[test]
    fn the_trace_of_a_lost_hold_keeps_min_while_somebody_may_be_writing() {
        let mut seen = held(10, 10, -9000);
        seen.attempts =
            Seen::Known(Attempts { active: 500, as_of: at(-9000), latest_deadline: None });
        let lost = pass(&plan_with_window(), None, &seen, Looks::default());
        assert_eq!(lost.decision.actions, []);
        assert!(lost.decision.withheld.is_some_and(|why| why.contains("record is lost")));
    }

    #[test]
    fn protection_that_is_not_ours_is_left_alone() {
        let mut seen = held(2, 3, -9000);
        seen.policies = Seen::Known(vec![policy(false)]);
        let pass = pass(&plan_with_window(), None, &seen, agreed(-9000));
        assert_eq!(pass.decision.actions, []);
    }

    #[test]
    fn without_authority_the_script_only_grows() {
        let (plan, step) = (plan_with_window(), |hold| {
            next_hold(hold, &plan_with_window(), &observation(-9000), Looks::default(), &settings())
        });
        let own = |minute: i64, min: u32| ScheduledAction {
            name: format!("invigilator-moodle-{minute}"),
            at: at(minute * 60),
            min: Some(Nodes::new(min)),
            max: Some(Nodes::new(40)),
            desired: None,
        };
        let mut seen = observation(-9000);
        seen.scheduled = Seen::Known(vec![own(-100, 21), own(100, 4)]);
        let hold = step(None);
        let mut wanted = desired(&plan, &Script::default(), None, &phase(), at(-9000));
        wanted.scheduled = vec![own(-50, 4)];
        let gap = diff(&wanted, &seen, "invigilator-moodle-");
        let authority = Authority::RaiseOnly("our own database could not be read".into());
        let settings = settings();
        let situation = Situation {
            wanted: &wanted,
            seen: &seen,
            hold: &hold,
            authority: &authority,
            settings: &settings,
            own: "invigilator-moodle-",
        };
        let decision = decide(&situation, &gap);
        let kept = ScheduledAction { min: Some(Nodes::new(21)), ..own(-50, 4) };
        assert!(decision.actions.contains(&Action::PutScheduled(vec![kept])), "{decision:?}");
        assert!(!decision.actions.iter().any(|a| matches!(a, Action::DeleteScheduled(_))));
        assert_eq!(audit(&decision, &situation), None);
    }

    #[test]
    fn a_hidden_surplus_is_made_desired_before_its_protection_is_lifted() {
        let mut seen = held(2, 3, 1100);
        if let Seen::Known(fleet) = &mut seen.group {
            fleet.desired = Nodes::new(2);
        }
        let pass = pass(&plan_with_window(), Some(&on(1100)), &seen, agreed(1100));
        assert_eq!(pass.decision.actions[0], Action::SetDesired(Nodes::new(3)));
    }

    #[test]
    fn deciding_again_on_the_result_changes_nothing() {
        let seen = held(10, 10, 100);
        let again = pass(&plan_with_window(), Some(&on(100)), &seen, Looks::default());
        assert_eq!(again.decision.actions, []);
        assert!(again.gap.is_empty());
    }

    fn lowers(decision: &Decision, seen: &Observation) -> bool {
        let Some(fleet) = seen.group.known() else { return !decision.actions.is_empty() };
        decision.actions.iter().any(|action| audit::lowers(action, fleet, seen))
    }

    proptest! {
        /// V3 and V9 over all combinations of what is unknown, of the hold, of time and of looks.
        #[test]
        fn nothing_is_lowered_during_a_hold_or_on_unknown_parts(
            now in 0_i64..12_000, active in 0_u64..3, unknown in 0_u8..32, armed: bool,
            looks_agree: bool, min in 1_u32..20, count in 1_u32..20,
        ) {
            let mut seen = held(min, count.max(min), now);
            let no = || "fault".to_owned();
            seen.attempts = Seen::Known(Attempts { active, as_of: at(now), latest_deadline: None });
            if unknown & 1 != 0 { seen.group = Seen::Unknown(no()); }
            if unknown & 2 != 0 { seen.scheduled = Seen::Unknown(no()); }
            if unknown & 4 != 0 { seen.policies = Seen::Unknown(no()); }
            if unknown & 8 != 0 { seen.attempts = Seen::Unknown(no()); }
            if unknown & 16 != 0 { seen.connections = Seen::Unknown(no()); }
            let hold = on(if now < 1000 { now } else { 999 });
            let unreadable = unknown & 8 != 0;
            let looks = match (looks_agree && active == 0, unreadable) {
                (true, false) => agreed(now),
                (false, false) => Looks::default(),
                (_, true) => Looks::default().after(&Seen::Unknown(no()), at(0), &settings()),
            };
            let pass = pass(&plan_with_window(), armed.then_some(&hold), &seen, looks);
            let grace_over = now >= 2000 + 7200;
            if pass.hold.hold.as_ref().is_some_and(|h| h.phase == HoldPhase::On) {
                prop_assert!(!lowers(&pass.decision, &seen), "hold: {:?}", pass.decision);
            }
            let excused = unknown & !8 == 0 && grace_over && armed;
            if unknown != 0 && !excused {
                prop_assert!(!lowers(&pass.decision, &seen), "unknown: {:?}", pass.decision);
            }
            if armed && active > 0 && pass.hold.keys == Keys::Turned {
                prop_assert!(unknown & 8 != 0 && grace_over);
            }
        }
    }
}
