//! How scheduled actions are changed, so that a pass cut anywhere, or refused anything, leaves every future minute
//! with at least the smaller of the old and the new floor (V2).
//!
//! Why it holds. The floor standing at a minute is the MinSize of the latest action at or before it. *First* only
//! what adds is written: each new action with at least the floor that stands at its minute anyway. Whatever of it
//! arrives, in whatever order, no minute loses. *Then*, once every wanted action is seen standing with at least its
//! floor, floors that are too high are written exactly: at every minute the wanted floor still stands. Deleting is
//! checked against the same rule, action by action.

use crate::domain::{Nodes, ScheduledAction};
use chrono::{DateTime, Utc};

/// AWS holds at most 125 scheduled actions per group (EC2 Auto Scaling quotas).
pub(super) const ACTIONS_PER_GROUP: usize = 125;

/// What may be written first, whatever else is known, as it only adds: surplus lowerings raised to the floor that is
/// wanted at their minute, so that none stands inside a window; then what is missing or too low, nearest first, as
/// far as free slots go.
pub(super) fn additions(
    wanted: &[ScheduledAction],
    surplus: &[ScheduledAction],
    seen: &[ScheduledAction],
    min_now: Nodes,
) -> Vec<ScheduledAction> {
    let (standing, after) = (Standing::of(seen, min_now), Standing::of(wanted, min_now));
    let mended = surplus.iter().filter(|action| action.min < Some(after.at(action.at)));
    let mut chosen: Vec<_> = mended
        .map(|action| ScheduledAction { min: Some(after.at(action.at)), ..action.clone() })
        .collect();
    let mut free = ACTIONS_PER_GROUP.saturating_sub(seen.len());
    let mut nearest_first: Vec<_> = wanted.iter().collect();
    nearest_first.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    for action in nearest_first {
        let stands = seen.iter().find(|other| other.name == action.name);
        if stands.is_some_and(|other| is_at_least(other, action)) {
            continue;
        }
        if stands.is_none() {
            if free == 0 {
                continue;
            }
            free -= 1;
        }
        let min = action.min.max(Some(standing.at(action.at)));
        chosen.push(ScheduledAction { min, ..action.clone() });
    }
    chosen
}

/// What may be written once every wanted action stands with at least its floor: those that keep more than is
/// wanted. Empty while anything wanted is missing or too low.
pub(super) fn corrections(
    wanted: &[ScheduledAction],
    seen: &[ScheduledAction],
) -> Vec<ScheduledAction> {
    let stands = |action: &&ScheduledAction| {
        seen.iter().any(|other| other.name == action.name && is_at_least(other, action))
    };
    if !wanted.iter().all(|action| stands(&action)) {
        return Vec::new();
    }
    wanted.iter().filter(|action| !seen.contains(action)).cloned().collect()
}

/// Whether `standing` does at least what `action` should, at the same minute and without setting a size.
fn is_at_least(standing: &ScheduledAction, action: &ScheduledAction) -> bool {
    let ScheduledAction { name, at, min, max, desired } = standing;
    *name == action.name
        && *at == action.at
        && action.min <= *min
        && action.max <= *max
        && *desired == action.desired
}

/// Which surplus actions may be deleted now: those without which, or without any part of them, no future minute
/// falls below the smaller of what stands and what is wanted.
pub(super) fn deletions(
    surplus: &[ScheduledAction],
    seen: &[ScheduledAction],
    wanted: &[ScheduledAction],
    min_now: Nodes,
) -> Vec<String> {
    let (before, after) = (Standing::of(seen, min_now), Standing::of(wanted, min_now));
    let moments: Vec<_> = seen.iter().chain(wanted).map(|action| action.at).collect();
    let mut latest_first: Vec<_> = seen.iter().filter(|action| action.min.is_some()).collect();
    latest_first.sort_by_key(|action| std::cmp::Reverse((action.at, action.min)));
    // Any of the chosen may be refused: whichever action is then the latest one left must keep enough.
    let is_safe = |chosen: &[String]| {
        moments.iter().all(|&moment| {
            let bound = before.at(moment).min(after.at(moment));
            for action in latest_first.iter().filter(|action| action.at <= moment) {
                if action.min < Some(bound) {
                    return false;
                }
                if !chosen.contains(&action.name) {
                    return true;
                }
            }
            bound <= min_now
        })
    };
    let mut chosen = Vec::new();
    let mut candidates: Vec<_> = surplus.iter().collect();
    candidates.sort_by_key(|action| action.at);
    for action in candidates {
        chosen.push(action.name.clone());
        if !is_safe(&chosen) {
            chosen.pop();
        }
    }
    chosen
}

/// The floor that a list of scheduled actions gives to every minute.
pub(super) struct Standing {
    now: Nodes,
    floors: Vec<(DateTime<Utc>, Nodes)>,
}

impl Standing {
    pub(super) fn of(actions: &[ScheduledAction], now: Nodes) -> Self {
        let mut floors: Vec<_> =
            actions.iter().filter_map(|action| Some((action.at, action.min?))).collect();
        floors.sort_unstable();
        Self { now, floors }
    }

    pub(super) fn at(&self, moment: DateTime<Utc>) -> Nodes {
        let after = self.floors.partition_point(|(at, _)| *at <= moment);
        self.floors[..after].last().map_or(self.now, |(_, min)| *min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconciler::fixture::at;
    use proptest::prelude::*;
    use std::slice::from_ref;

    fn action(minute: i64, min: u32) -> ScheduledAction {
        ScheduledAction {
            name: format!("invigilator-moodle-{minute:03}"),
            at: at(minute * 60),
            min: Some(Nodes::new(min)),
            max: Some(Nodes::new(60)),
            desired: None,
        }
    }

    fn script() -> impl Strategy<Value = Vec<ScheduledAction>> {
        proptest::collection::btree_map(1..60_i64, 1..30_u32, 0..12)
            .prop_map(|map| map.into_iter().map(|(minute, min)| action(minute, min)).collect())
    }

    fn put(list: &mut Vec<ScheduledAction>, action: &ScheduledAction) {
        list.retain(|other| other.name != action.name);
        list.push(action.clone());
    }

    fn surplus(list: &[ScheduledAction], new: &[ScheduledAction]) -> Vec<ScheduledAction> {
        list.iter().filter(|a| !new.iter().any(|b| b.name == a.name)).cloned().collect()
    }

    fn minutes() -> impl Iterator<Item = DateTime<Utc>> {
        (0..61).map(|minute| at(minute * 60))
    }

    proptest! {
        /// V2, for the scheduled part, whichever writes are refused: `refused` draws a bit for each.
        #[test]
        fn whatever_is_refused_every_minute_keeps_the_smaller_of_both_floors(
            old in script(), new in script(), min in 1..30_u32, refused: u64, fixed in any::<bool>(),
        ) {
            let min = Nodes::new(min);
            let (before, after) = (Standing::of(&old, min), Standing::of(&new, min));
            let holds = |list: &[ScheduledAction]| {
                let standing = Standing::of(list, min);
                minutes().all(|m| before.at(m).min(after.at(m)) <= standing.at(m))
            };
            let mut list = old.clone();
            let mut draws = 0..u32::MAX;
            let mut accepted = || fixed || refused >> (draws.next().unwrap_or(0) % 64) & 1 == 0;
            // Four passes: writes, exact writes, deletions, and one that finds nothing left to do.
            for _ in 0..4 {
                let seen = list.clone();
                for action in additions(&new, &surplus(&seen, &new), &seen, min) {
                    if accepted() { put(&mut list, &action); }
                    let (stood, stands) = (Standing::of(&seen, min), Standing::of(&list, min));
                    prop_assert!(minutes().all(|m| stood.at(m) <= stands.at(m)), "{}", action.name);
                }
                for action in corrections(&new, &seen) {
                    if accepted() { put(&mut list, &action); }
                    prop_assert!(holds(&list), "after correcting {}", action.name);
                }
                for name in deletions(&surplus(&seen, &new), &seen, &new, min) {
                    if accepted() { list.retain(|a| a.name != name); }
                    prop_assert!(holds(&list), "after deleting {name}");
                }
            }
            list.sort_by_key(|a| a.at);
            prop_assert!(!fixed || list == new, "all was written and all surplus deleted: {list:?}");
        }

        /// V2's second clause: once a raise stands, no lowering that nothing wants stands after it.
        #[test]
        fn before_any_new_action_stands_old_lowerings_are_mended(old in script(), new in script()) {
            let after = Standing::of(&new, Nodes::new(2));
            let mut list = old.clone();
            for action in additions(&new, &surplus(&old, &new), &old, Nodes::new(2)) {
                let is_new = !old.iter().any(|other| other.name == action.name);
                if is_new {
                    let low = surplus(&list, &new).into_iter().find(|a| a.min < Some(after.at(a.at)));
                    prop_assert_eq!(low, None);
                }
                put(&mut list, &action);
            }
        }
    }

    #[test]
    fn a_full_group_is_written_in_rounds_nearest_first() {
        let seen: Vec<_> = (0..123).map(|n| action(n + 1000, 9)).collect();
        let wanted = [action(30, 9), action(10, 7), action(20, 8)];
        let chosen = additions(&wanted, &[], &seen, Nodes::new(2));
        assert_eq!(chosen.into_iter().map(|a| a.at).collect::<Vec<_>>(), [at(600), at(1200)]);
    }

    #[test]
    fn a_new_lowering_keeps_what_stands_until_all_that_is_wanted_is_there() {
        let (raise, backstop) = (action(10, 20), action(30, 2));
        let first = additions(from_ref(&backstop), &[], from_ref(&raise), Nodes::new(2));
        assert_eq!(first, [ScheduledAction { min: Some(Nodes::new(20)), ..backstop.clone() }]);
        let seen = [raise, first[0].clone()];
        assert_eq!(corrections(from_ref(&backstop), &seen), from_ref(&backstop));
    }

    #[test]
    fn a_raise_whose_replacement_is_not_there_yet_is_not_deleted() {
        let (old, new) = (action(10, 20), action(9, 20));
        let gone = deletions(from_ref(&old), from_ref(&old), from_ref(&new), Nodes::new(2));
        assert!(gone.is_empty());
        let gone = deletions(from_ref(&old), &[old.clone(), new.clone()], &[new], Nodes::new(2));
        assert_eq!(gone, [old.name]);
    }
}
