//! Scheduled actions: unique start times, a quota, firing up to two minutes late and in order. One-off ones are gone
//! afterwards, recurring ones stand at their next time ("Scheduled scaling for Amazon EC2 Auto Scaling", user guide).

use super::draw;
use super::foreign::Recurring;
use super::outcome::{Outcome, each, whole};
use crate::aws::Error;
use crate::domain::ScheduledAction;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;

/// Scheduled actions per group (EC2 Auto Scaling quotas); cannot be raised.
pub(super) const PER_GROUP: usize = 125;
/// Names or actions per batch call (`BatchPutScheduledUpdateGroupAction`).
pub(super) const PER_CALL: usize = 50;
/// An action fires at most this late (user guide, "Limitations").
const LATEST: TimeDelta = TimeDelta::seconds(120);

/// An action and the moment at which it will fire.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    action: ScheduledAction,
    fires_at: DateTime<Utc>,
    recurring: Option<Recurring>,
}

/// The scheduled actions of the group, by start time.
#[derive(Debug)]
pub(super) struct Schedule {
    seed: u64,
    entries: Vec<Entry>,
}

impl Schedule {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, entries: Vec::new() }
    }

    pub(super) fn actions(&self) -> impl Iterator<Item = &ScheduledAction> {
        self.entries.iter().map(|entry| &entry.action)
    }

    /// Those that recur, as they stand at their next time.
    pub(super) fn recurring(&self) -> impl Iterator<Item = &Recurring> {
        self.entries.iter().filter_map(|entry| entry.recurring.as_ref())
    }

    /// Item by item, as AWS does it: what is refused does not keep the others from being written.
    pub(super) fn put(&mut self, actions: &[ScheduledAction], now: DateTime<Utc>) -> Outcome {
        whole(check_batch(actions.len()))?;
        each(actions, |action| &action.name, |action| self.put_one(action, None, now))
    }

    /// One that recurs.
    pub(super) fn put_recurring(
        &mut self,
        recurring: &Recurring,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.put_one(&recurring.action, Some(recurring.clone()), now)
    }

    pub(super) fn delete(&mut self, names: &[String]) -> Outcome {
        whole(check_batch(names.len()))?;
        each(names, String::as_str, |name| {
            let before = self.entries.len();
            self.entries.retain(|entry| entry.action.name != *name);
            if self.entries.len() == before {
                return Err(Error::Gone(format!("Scheduled action name not found - {name}")));
            }
            Ok(())
        })
    }

    /// When the next one fires. They fire in order of their start times, so a late one holds the later ones up.
    pub(super) fn next_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.entries.first().map(|entry| entry.fires_at.max(now))
    }

    /// Takes the next one to be carried out; if it recurs, it stands at its next time from now on.
    pub(super) fn take(&mut self) -> Option<ScheduledAction> {
        let Entry { action, fires_at: _, recurring } =
            (!self.entries.is_empty()).then(|| self.entries.remove(0))?;
        if let Some(next) = recurring.and_then(|recurring| recurring.next(action.at)) {
            self.insert(&next.action.clone(), Some(next));
        }
        Some(action)
    }

    fn put_one(
        &mut self,
        action: &ScheduledAction,
        recurring: Option<Recurring>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        check(action, now)?;
        let others = || self.actions().filter(|other| other.name != action.name);
        if others().any(|other| other.at == action.at) {
            return Err(Error::AlreadyThere(
                "Scheduled action with this scheduled start time already exists".into(),
            ));
        }
        if PER_GROUP <= others().count() {
            return Err(Error::Limit(format!(
                "the group has {PER_GROUP} scheduled actions already"
            )));
        }
        self.entries.retain(|entry| entry.action.name != action.name);
        self.insert(action, recurring);
        Ok(())
    }

    fn insert(&mut self, action: &ScheduledAction, recurring: Option<Recurring>) {
        let fires_at = action.at + self.lateness(action);
        self.entries.push(Entry { action: action.clone(), fires_at, recurring });
        self.entries.sort_by_key(|entry| entry.action.at);
    }

    /// Uniform up to [`LATEST`], by name and start time alone, so that a replay and a rewrite change nothing.
    fn lateness(&self, action: &ScheduledAction) -> TimeDelta {
        let name = format!("{} {}", action.name, action.at);
        let mut rng = draw::stream(self.seed, "scheduled action", &name);
        TimeDelta::milliseconds(rng.random_range(0..=LATEST.num_milliseconds()))
    }
}

fn check_batch(items: usize) -> Result<(), Error> {
    if (1..=PER_CALL).contains(&items) {
        Ok(())
    } else {
        Err(Error::Invalid(format!("a batch holds 1 to {PER_CALL} items, not {items}")))
    }
}

/// What AWS checks within the request.
fn check(action: &ScheduledAction, now: DateTime<Utc>) -> Result<(), Error> {
    let above = |a: Option<_>, b: Option<_>| a.zip(b).is_some_and(|(a, b)| b < a);
    let wrong = if action.at <= now {
        "Given start time is in the past"
    } else if action.min.is_none() && action.max.is_none() && action.desired.is_none() {
        "At least one of max size, min size, or desired capacity must be specified"
    } else if above(action.min, action.max) {
        "Min size must be less than or equal to max size"
    } else if above(action.desired, action.max) {
        "Desired capacity must be less than or equal to max size"
    } else if above(action.min, action.desired) {
        "Desired capacity must be greater than or equal to min size"
    } else {
        return Ok(());
    };
    Err(Error::Invalid(wrong.into()))
}

#[cfg(test)]
mod tests {
    use super::super::outcome::{Refusal, first};
    use super::super::recurrence::Recurrence;
    use super::*;
    use crate::domain::Nodes;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn action(name: &str, second: i64) -> ScheduledAction {
        let (min, max) = (Some(Nodes::new(5)), Some(Nodes::new(40)));
        ScheduledAction { name: name.into(), at: at(second), min, max, desired: None }
    }

    #[test]
    fn a_second_put_of_a_name_replaces_the_first() {
        let mut schedule = Schedule::new(1);
        schedule.put(&[action("a", 100)], at(0)).unwrap();
        schedule.put(&[action("a", 200)], at(0)).unwrap();
        assert_eq!(schedule.actions().map(|a| a.at).collect::<Vec<_>>(), [at(200)]);
    }

    #[test]
    fn a_past_start_is_refused() {
        let refused = first(Schedule::new(1).put(&[action("a", 100)], at(100)));
        let told = Error::Invalid("a: Given start time is in the past".into());
        assert_eq!(refused, Err(told));
    }

    #[test]
    fn a_taken_start_time_is_refused_and_the_rest_of_the_batch_is_written() {
        let mut schedule = Schedule::new(1);
        let batch = [action("a", 100), action("b", 100), action("c", 300)];
        let refused = schedule.put(&batch, at(0)).unwrap_err();
        let [Refusal { item, error: Error::AlreadyThere(_) }] = &*refused else {
            panic!("{refused:?}")
        };
        assert_eq!(item.as_deref(), Some("b"));
        assert_eq!(schedule.actions().map(|a| &a.name).collect::<Vec<_>>(), ["a", "c"]);
    }

    #[test]
    fn the_126th_action_is_refused_but_an_old_one_may_change() {
        let mut schedule = Schedule::new(1);
        for n in 0..125 {
            schedule.put(&[action(&n.to_string(), 1_000 + n)], at(0)).unwrap();
        }
        assert!(matches!(first(schedule.put(&[action("new", 1)], at(0))), Err(Error::Limit(_))));
        schedule.put(&[action("7", 1)], at(0)).unwrap();
    }

    #[test]
    fn a_batch_of_51_is_refused_whole() {
        let mut schedule = Schedule::new(1);
        let batch: Vec<_> = (0..51).map(|n| action(&n.to_string(), 1_000 + n)).collect();
        assert!(matches!(first(schedule.put(&batch, at(0))), Err(Error::Invalid(_))));
        assert_eq!(schedule.actions().count(), 0);
    }

    #[test]
    fn an_action_without_capacity_or_with_min_above_max_is_refused() {
        let empty = ScheduledAction { min: None, max: None, ..action("a", 100) };
        let crossed = ScheduledAction { min: Some(Nodes::new(41)), ..action("b", 200) };
        for wrong in [empty, crossed] {
            assert!(matches!(first(Schedule::new(1).put(&[wrong], at(0))), Err(Error::Invalid(_))));
        }
    }

    #[test]
    fn deleting_an_unknown_name_is_told_and_the_others_go() {
        let mut schedule = Schedule::new(1);
        schedule.put(&[action("a", 100)], at(0)).unwrap();
        assert!(matches!(first(schedule.delete(&["x".into(), "a".into()])), Err(Error::Gone(_))));
        assert_eq!(schedule.actions().count(), 0);
    }

    #[test]
    fn actions_fire_up_to_two_minutes_late_and_in_order() {
        let mut schedule = Schedule::new(1);
        let batch: Vec<_> = (0..50).map(|n| action(&n.to_string(), 1_000 + 30 * n)).collect();
        schedule.put(&batch, at(0)).unwrap();
        let (mut now, mut late) = (at(0), Vec::new());
        for expected in &batch {
            now = schedule.next_at(now).unwrap();
            assert_eq!(schedule.take().as_ref(), Some(expected));
            late.push(now - expected.at);
        }
        assert!(late.iter().all(|late| TimeDelta::zero() <= *late && *late <= LATEST), "{late:?}");
        assert!(late.iter().any(|late| TimeDelta::seconds(60) < *late));
    }

    #[test]
    fn a_recurring_action_stands_at_its_next_time_until_it_ends() {
        let mut schedule = Schedule::new(1);
        let recurring = Recurring {
            action: action("nightly", 3_600),
            recurrence: Recurrence::parse("0 1 * * *").unwrap(),
            until: Some(at(2 * 86_400 + 3_600)),
        };
        schedule.put_recurring(&recurring, at(0)).unwrap();
        let mut runs = Vec::new();
        while let Some(taken) = schedule.take() {
            runs.push(taken.at);
        }
        assert_eq!(runs, [at(3_600), at(86_400 + 3_600)], "a run at the very end does not happen");
        schedule.put_recurring(&recurring, at(0)).unwrap();
        schedule.put(&[action("nightly", 7_200)], at(0)).unwrap();
        assert_eq!(schedule.recurring().count(), 0, "a put replaces the whole action");
    }
}
