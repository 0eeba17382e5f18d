//! Giving capacity back: the only place where a lowering is made, and only with both keys in hand.

use super::{Authority, Gap, HoldStep, Keys, Situation};
use crate::domain::{
    Action, Group, HoldPhase, Instance, InstanceId, Nodes, Process, TrackingPolicy,
};
use std::collections::BTreeMap;

/// `SetInstanceProtection` takes at most 50 ids a call (`SetInstanceProtectionQuery`).
pub(super) const IDS_PER_CALL: usize = 50;

/// What this pass gives back, in a safe order, or the reason why it gives nothing back.
pub(super) fn lowerings(situation: &Situation<'_>, gap: &Gap) -> Result<Vec<Action>, String> {
    let Some(group) = situation.seen.group.known() else {
        return Err("the group could not be read".into());
    };
    if let Authority::RaiseOnly(why) = situation.authority {
        return Err(why.clone());
    }
    if let Some(part) = unknown_part(situation) {
        return Err(format!("{part} could not be read"));
    }
    if !gap.is_safe() {
        return Err("what must stand is not all standing yet".into());
    }
    let HoldStep { hold, keys, reasons: _, findings: _ } = situation.hold;
    Ok(match (hold.as_ref().map(|hold| hold.phase), keys) {
        (Some(HoldPhase::On), _) => return Err("a hold is on".into()),
        (Some(HoldPhase::Releasing), Keys::NotTurned) => {
            return Err("the attempt key does not turn in this pass".into());
        }
        (Some(HoldPhase::Releasing), Keys::Turned) => step_down(situation, gap, group),
        (None, Keys::Turned) if was_held(situation) => tidy(gap, group, situation),
        (None, Keys::Turned) => lower_bounds(gap, group).into_iter().collect(),
        (None, Keys::NotTurned) if was_held(situation) => {
            return Err("a hold was on whose record is lost, and somebody may be writing".into());
        }
        // Outside holds MinSize alone may fall without the attempt key: that removes nothing by itself.
        (None, Keys::NotTurned) => lower_min(gap).into_iter().collect(),
    })
}

/// Whether a hold of ours has left its trace: our policy, and nobody else's, with scale-in disabled. It is enabled
/// again last, so a trace outlives a cut anywhere in between.
pub(super) fn was_held(situation: &Situation<'_>) -> bool {
    let name = &situation.wanted.policy.name;
    let policies = situation.seen.policies.known().into_iter().flatten();
    policies.into_iter().any(|policy| policy.name == *name && policy.scale_in_disabled)
}

/// The name of the first part of the observation that is unknown.
pub(super) fn unknown_part(situation: &Situation<'_>) -> Option<&'static str> {
    let seen = situation.seen;
    // Unreadable attempts are the attempt key's own matter: it turns for them only after the grace.
    let attempts = seen.attempts.is_unknown() && situation.hold.keys == Keys::NotTurned;
    [
        ("the list of scheduled actions", seen.scheduled.known().is_none()),
        ("the list of policies", seen.policies.known().is_none()),
        ("attempts", attempts),
        ("database connections", seen.connections.is_unknown()),
    ]
    .into_iter()
    .find_map(|(part, unknown)| unknown.then_some(part))
}

fn lower_min(gap: &Gap) -> Option<Action> {
    gap.min_above.map(|min| Action::SetBounds { min: Some(min), max: None })
}

/// MaxSize below what runs would scale in at once; it waits until the nodes are gone.
fn lower_bounds(gap: &Gap, group: &Group) -> Option<Action> {
    let runs = group.desired.max(group.in_service_count());
    let max = gap.max_above.filter(|max| runs <= *max);
    (gap.min_above.is_some() || max.is_some())
        .then_some(Action::SetBounds { min: gap.min_above, max })
}

/// One step of a release: desired back to what is in service, MinSize to the next floor, then a few nodes; when
/// nothing is left to give back, what the hold leaves behind.
fn step_down(situation: &Situation<'_>, gap: &Gap, group: &Group) -> Vec<Action> {
    let floor = gap.min_above.unwrap_or(group.min);
    let in_service = group.in_service_count();
    let from = in_service.max(floor);
    let step = situation.settings.release_step.min(from.minus(floor));
    if step == Nodes::ZERO {
        return tidy(gap, group, situation);
    }
    let mut actions = Vec::new();
    if group.desired < in_service {
        actions.push(Action::SetDesired(in_service));
    }
    actions.extend(lower_min(gap));
    let victims = victims(group, step);
    if !victims.is_empty() {
        actions.push(Action::Unprotect(victims));
    }
    actions.push(Action::SetDesired(from.minus(step)));
    actions
}

/// Which nodes go: from the zone that has most, by id. Nodes that are unprotected already go first and need
/// no call.
fn victims(group: &Group, step: Nodes) -> Vec<InstanceId> {
    let mut zones: BTreeMap<&str, Vec<&Instance>> = BTreeMap::new();
    for instance in group.in_service() {
        zones.entry(&instance.zone).or_default().push(instance);
    }
    for instances in zones.values_mut() {
        instances.sort_by(|a, b| (b.protected, &b.id).cmp(&(a.protected, &a.id)));
    }
    let mut chosen = Vec::new();
    for _ in 0..step.get() {
        let fullest = zones.values_mut().max_by_key(|instances| instances.len());
        let Some(instance) = fullest.and_then(Vec::pop) else { break };
        if instance.protected {
            chosen.push(instance.id.clone());
        }
    }
    chosen
}

/// All that a hold leaves behind, once nothing more is to be given back. Desired comes first, because a hidden
/// surplus goes the moment its protection is lifted; scale-in comes last.
fn tidy(gap: &Gap, group: &Group, situation: &Situation<'_>) -> Vec<Action> {
    let in_service = group.in_service_count();
    let mut actions = Vec::new();
    if !gap.protected.is_empty() && group.desired < in_service {
        actions.push(Action::SetDesired(in_service));
    }
    actions.extend(lower_bounds(gap, group));
    if gap.new_protected {
        actions.push(Action::UnprotectNew);
    }
    actions.extend(gap.protected.chunks(IDS_PER_CALL).map(|ids| Action::Unprotect(ids.to_vec())));
    let held = situation.hold.hold.iter().flat_map(|hold| hold.suspended.iter().copied());
    let resumable: Vec<Process> = held.filter(|p| group.suspended.contains(p)).collect();
    if !resumable.is_empty() {
        actions.push(Action::Resume(resumable));
    }
    let policy = TrackingPolicy { scale_in_disabled: false, ..situation.wanted.policy.clone() };
    if situation.seen.policies.known().is_some_and(|seen| !seen.contains(&policy)) {
        actions.push(Action::PutPolicy(policy));
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconciler::fixture::group;

    #[test]
    fn nodes_go_from_the_fullest_zone_and_unprotected_ones_need_no_call() {
        let mut fleet = group(2, 4, true);
        assert_eq!(victims(&fleet, Nodes::new(1)), [InstanceId("i-000".into())]);
        fleet.instances[3].protected = false;
        assert!(victims(&fleet, Nodes::new(1)).is_empty());
    }
}
