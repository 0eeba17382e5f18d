//! In which order scheduled actions are written, so that a pass cut anywhere leaves every future minute with at
//! least the smaller of the old and the new floor (V2).
//!
//! Why it holds. The floor standing at a minute is the MinSize of the latest action at or before it. Writing
//! from the latest to the earliest, the new actions present are always *all* those from some moment on: where
//! the latest action at a minute is a new one, the new floor stands there, and where it is an old one, the old
//! floor does. Deleting is checked against the same rule, action by action.

use crate::domain::{Nodes, ScheduledAction};
use chrono::{DateTime, Utc};

/// AWS holds at most 125 scheduled actions per group (EC2 Auto Scaling quotas).
const ACTIONS_PER_GROUP: usize = 125;

/// What may be written now, latest first: all that is missing, as far as free slots go; then the nearest.
pub(super) fn puts(missing: &[ScheduledAction], seen: &[ScheduledAction]) -> Vec<ScheduledAction> {
    let exists = |action: &ScheduledAction| seen.iter().any(|other| other.name == action.name);
    let mut free = ACTIONS_PER_GROUP.saturating_sub(seen.len());
    let mut nearest_first = missing.to_vec();
    nearest_first.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    let mut chosen: Vec<_> = nearest_first
        .into_iter()
        .filter(|action| {
            let fits = exists(action) || 0 < free;
            free = free.saturating_sub(usize::from(fits && !exists(action)));
            fits
        })
        .collect();
    chosen.reverse();
    chosen
}

/// Which surplus actions may be deleted now, in this order: those without which no future minute falls below
/// the smaller of what stands and what is wanted.
pub(super) fn deletions(
    surplus: &[ScheduledAction],
    seen: &[ScheduledAction],
    wanted: &[ScheduledAction],
    min_now: Nodes,
) -> Vec<String> {
    let before = Standing::of(seen, min_now);
    let after = Standing::of(wanted, min_now);
    let moments: Vec<_> = seen.iter().chain(wanted).map(|action| action.at).collect();
    let mut left = seen.to_vec();
    let mut names = Vec::new();
    let mut candidates = surplus.to_vec();
    candidates.sort_by_key(|action| action.at);
    for action in candidates {
        let without: Vec<_> = left.iter().filter(|a| a.name != action.name).cloned().collect();
        let standing = Standing::of(&without, min_now);
        let safe = moments.iter().all(|&at| before.at(at).min(after.at(at)) <= standing.at(at));
        if safe {
            left = without;
            names.push(action.name);
        }
    }
    names
}

/// The floor that a list of scheduled actions gives to every minute.
struct Standing {
    now: Nodes,
    floors: Vec<(DateTime<Utc>, Nodes)>,
}

impl Standing {
    fn of(actions: &[ScheduledAction], now: Nodes) -> Self {
        let mut floors: Vec<_> =
            actions.iter().filter_map(|action| Some((action.at, action.min?))).collect();
        floors.sort_unstable();
        Self { now, floors }
    }

    fn at(&self, moment: DateTime<Utc>) -> Nodes {
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

    proptest! {
        /// V2, for the scheduled part: every prefix of the writes, and of the deletions that follow them.
        #[test]
        fn every_prefix_leaves_the_smaller_of_both_floors(old in script(), new in script(), min in 1..30_u32) {
            let min = Nodes::new(min);
            let (before, after) = (Standing::of(&old, min), Standing::of(&new, min));
            let holds = |list: &[ScheduledAction]| {
                let standing = Standing::of(list, min);
                (0..61).all(|m| before.at(at(m * 60)).min(after.at(at(m * 60))) <= standing.at(at(m * 60)))
            };
            let mut list = old.clone();
            let missing: Vec<_> = new.iter().filter(|a| !old.contains(a)).cloned().collect();
            for action in puts(&missing, &old) {
                put(&mut list, &action);
                prop_assert!(holds(&list), "after writing {}", action.name);
            }
            let surplus: Vec<_> =
                list.iter().filter(|a| !new.iter().any(|b| b.name == a.name)).cloned().collect();
            for name in deletions(&surplus, &list.clone(), &new, min) {
                list.retain(|a| a.name != name);
                prop_assert!(holds(&list), "after deleting {name}");
            }
            list.sort_by_key(|a| a.at);
            prop_assert_eq!(list, new, "all was written and all surplus deleted");
        }
    }

    #[test]
    fn a_full_group_is_written_in_rounds_nearest_first() {
        let seen: Vec<_> = (0..123).map(|n| action(n + 1000, 5)).collect();
        let missing = [action(30, 9), action(10, 7), action(20, 8)];
        let names: Vec<_> = puts(&missing, &seen).into_iter().map(|a| a.at).collect();
        assert_eq!(names, [at(20 * 60), at(10 * 60)]);
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
