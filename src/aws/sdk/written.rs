//! What we wrote last, and when: AWS may answer from before a write for some seconds, and such an answer is no news.
//!
//! An answer is taken for old when it shows exactly what a write of ours replaced a moment ago. Anything else that
//! differs is somebody else's doing, or a scheduled action that has fired, and is news.

use crate::domain::{Group, Nodes, ScheduledAction};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// AWS names no bound for how old an answer may be; a pass is half a minute, and nothing lasts that is shown twice.
const GRACE: TimeDelta = TimeDelta::seconds(30);

/// One written value and those that it replaced, each with the moment of the write. One that was never seen may have
/// been anything.
#[derive(Debug, Clone, PartialEq)]
struct Value<T> {
    written: T,
    replaced: Vec<(DateTime<Utc>, Option<T>)>,
}

impl<T: PartialEq> Value<T> {
    fn is_old(&self, seen: &T, now: DateTime<Utc>) -> bool {
        let fresh = |at: DateTime<Utc>| is_fresh(at, now);
        *seen != self.written
            && self.replaced.iter().any(|(at, before)| {
                fresh(*at) && before.as_ref().is_none_or(|before| before == seen)
            })
    }
}

/// What counts of a scheduled action: nothing, where it does not stand.
type Standing = Option<ScheduledAction>;

/// Everything that we wrote in the last moments, and what was seen last.
#[derive(Debug, Default)]
pub(super) struct Written {
    scheduled: BTreeMap<String, Value<Standing>>,
    min: Option<Value<Nodes>>,
    max: Option<Value<Nodes>>,
    seen_scheduled: Option<Vec<ScheduledAction>>,
    seen_bounds: Option<(Nodes, Nodes)>,
}

impl Written {
    /// A scheduled action was written (`standing`) or deleted (nothing).
    pub(super) fn scheduled(&mut self, name: &str, standing: Standing, now: DateTime<Utc>) {
        let seen = self.seen_scheduled.as_ref();
        let before = seen.map(|seen| seen.iter().find(|action| action.name == name).cloned());
        let last = self.scheduled.remove(name);
        self.scheduled.insert(name.to_owned(), after(last, standing, before, now));
    }

    /// MinSize, MaxSize or both were written.
    pub(super) fn bounds(&mut self, min: Option<Nodes>, max: Option<Nodes>, now: DateTime<Utc>) {
        let before = self.seen_bounds.unzip();
        if let Some(min) = min {
            self.min = Some(after(self.min.take(), min, before.0, now));
        }
        if let Some(max) = max {
            self.max = Some(after(self.max.take(), max, before.1, now));
        }
    }

    /// The list as seen now, unless it is from before a write of ours.
    pub(super) fn believe_scheduled(
        &mut self,
        seen: Vec<ScheduledAction>,
        now: DateTime<Utc>,
    ) -> Result<Vec<ScheduledAction>, String> {
        self.scheduled.retain(|_, value| value.replaced.iter().any(|(at, _)| is_fresh(*at, now)));
        let by_name: BTreeMap<&str, &ScheduledAction> =
            seen.iter().map(|action| (action.name.as_str(), action)).collect();
        if by_name.len() < seen.len() {
            return Err("AWS lists a scheduled action twice".into());
        }
        let old: BTreeSet<&str> = self
            .scheduled
            .iter()
            .filter(|(name, value)| {
                let standing = by_name.get(name.as_str()).map(|action| (*action).clone());
                // One whose time has come is gone because it fired.
                let fired = standing.is_none()
                    && value.written.as_ref().is_some_and(|action| action.at <= now);
                !fired && value.is_old(&standing, now)
            })
            .map(|(name, _)| name.as_str())
            .collect();
        if let Some(first) = old.first() {
            return Err(format!(
                "AWS does not show yet what we wrote of {first} and {} more a moment ago",
                old.len() - 1
            ));
        }
        self.seen_scheduled = Some(seen.clone());
        Ok(seen)
    }

    /// The group as seen now, unless its bounds are from before a write of ours.
    pub(super) fn believe_group(
        &mut self,
        seen: Group,
        now: DateTime<Utc>,
    ) -> Result<Group, String> {
        let is_old = |value: &Option<Value<Nodes>>, seen: Nodes| {
            value.as_ref().is_some_and(|value| value.is_old(&seen, now))
        };
        if is_old(&self.min, seen.min) || is_old(&self.max, seen.max) {
            return Err(format!(
                "AWS still shows the bounds {} to {} that we replaced a moment ago",
                seen.min, seen.max
            ));
        }
        self.seen_bounds = Some((seen.min, seen.max));
        Ok(seen)
    }
}

fn is_fresh(at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
    let age = now - at;
    TimeDelta::zero() <= age && age < GRACE
}

/// The value after one more write: what was written before it is replaced as well.
fn after<T>(last: Option<Value<T>>, written: T, seen: Option<T>, now: DateTime<Utc>) -> Value<T> {
    let mut replaced = Vec::new();
    if let Some(Value { written, replaced: earlier }) = last {
        replaced.extend(earlier.into_iter().filter(|(at, _)| is_fresh(*at, now)));
        replaced.push((now, Some(written)));
    }
    replaced.push((now, seen));
    Value { written, replaced }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::sdk::fixture::at;

    fn action(min: u32) -> ScheduledAction {
        ScheduledAction {
            name: "invigilator-moodle-x".into(),
            at: at(600),
            min: Some(Nodes::new(min)),
            max: None,
            desired: None,
        }
    }

    fn group(min: u32, max: u32) -> Group {
        Group {
            min: Nodes::new(min),
            max: Nodes::new(max),
            desired: Nodes::new(min),
            instances: vec![],
            new_instances_protected: false,
            suspended: BTreeSet::new(),
            zones: 3,
        }
    }

    #[test]
    fn a_list_from_before_our_write_is_not_news_until_the_grace_is_over() {
        let mut written = Written::default();
        written.believe_scheduled(vec![], at(0)).unwrap();
        written.scheduled("invigilator-moodle-x", Some(action(8)), at(1));
        let told = written.believe_scheduled(vec![], at(2)).unwrap_err();
        assert!(told.contains("invigilator-moodle-x"), "{told}");
        assert!(written.believe_scheduled(vec![action(8)], at(3)).is_ok());
        assert!(written.believe_scheduled(vec![], at(4)).is_err(), "another server of theirs");
        assert!(written.believe_scheduled(vec![], at(31)).is_ok(), "somebody deleted it");
    }

    #[test]
    fn a_deleted_action_that_is_still_shown_is_not_news() {
        let mut written = Written::default();
        written.believe_scheduled(vec![action(8)], at(0)).unwrap();
        written.scheduled("invigilator-moodle-x", None, at(1));
        assert!(written.believe_scheduled(vec![action(8)], at(2)).is_err());
        assert!(written.believe_scheduled(vec![], at(3)).is_ok());
    }

    #[test]
    fn whatever_a_row_of_writes_replaced_is_old() {
        let mut written = Written::default();
        written.believe_scheduled(vec![action(4)], at(0)).unwrap();
        written.scheduled("invigilator-moodle-x", Some(action(8)), at(1));
        written.scheduled("invigilator-moodle-x", Some(action(9)), at(5));
        for min in [4, 8] {
            assert!(written.believe_scheduled(vec![action(min)], at(6)).is_err(), "{min}");
        }
        assert!(written.believe_scheduled(vec![action(5)], at(7)).is_ok(), "somebody else's");
        assert!(written.believe_scheduled(vec![action(9)], at(7)).is_ok());
    }

    #[test]
    fn an_action_that_has_fired_is_gone_and_that_is_news() {
        let mut written = Written::default();
        written.believe_scheduled(vec![], at(595)).unwrap();
        written.scheduled("invigilator-moodle-x", Some(action(8)), at(596));
        assert!(written.believe_scheduled(vec![], at(599)).is_err());
        assert!(written.believe_scheduled(vec![], at(600)).is_ok());
    }

    #[test]
    fn bounds_that_we_replaced_are_old_and_those_of_a_raise_that_fired_are_news() {
        let mut written = Written::default();
        written.believe_group(group(2, 10), at(0)).unwrap();
        written.bounds(Some(Nodes::new(6)), None, at(1));
        assert!(written.believe_group(group(2, 10), at(2)).is_err());
        assert!(written.believe_group(group(20, 10), at(2)).is_ok(), "a raise fired meanwhile");
        written.bounds(None, Some(Nodes::new(40)), at(3));
        assert!(written.believe_group(group(6, 10), at(4)).is_err());
        assert!(written.believe_group(group(6, 40), at(4)).is_ok());
        assert!(written.believe_group(group(2, 10), at(34)).is_ok(), "somebody put them back");
    }

    #[test]
    fn before_anything_was_seen_only_what_we_wrote_is_believed() {
        let mut written = Written::default();
        written.bounds(Some(Nodes::new(6)), None, at(0));
        assert!(written.believe_group(group(5, 10), at(1)).is_err());
        assert!(written.believe_group(group(6, 10), at(1)).is_ok());
    }

    #[test]
    fn a_list_with_a_name_twice_is_not_believed() {
        let twice = vec![action(8), action(9)];
        assert!(Written::default().believe_scheduled(twice, at(0)).is_err());
    }
}
