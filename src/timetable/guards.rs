//! Which publications need a second person.

use super::compare::{Pair, pairs};
use super::extra;
use crate::domain::{Finding, Severity, Sitting, worst};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// A sitting that starts within this time, or runs, is imminent.
const IMMINENT: TimeDelta = TimeDelta::hours(72);
/// No two zones are further apart than UTC-12 and UTC+14.
const ZONES_APART: TimeDelta = TimeDelta::hours(26);

/// Why a publication needs a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// The new file has no sitting in the future, the old one has.
    Empty,
    /// More than 20 % fewer future sittings.
    ManyFewer,
    /// A running sitting, or one that starts within 72 h, is removed.
    ImminentRemoved,
    /// Such a sitting is moved.
    ImminentMoved,
    /// Such a sitting shrinks: fewer candidates, less extra time, or shorter.
    ImminentShrunk,
    /// Everything is shifted by the same hour or hours: a zone mistake.
    AllShifted,
    /// A future sitting is missing, and parts of the file could not be read: a cut or broken export.
    Incomplete,
}

impl Guard {
    /// Stable snake_case name, for scripts and tests.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::ManyFewer => "many_fewer",
            Self::ImminentRemoved => "imminent_removed",
            Self::ImminentMoved => "imminent_moved",
            Self::ImminentShrunk => "imminent_shrunk",
            Self::AllShifted => "all_shifted",
            Self::Incomplete => "incomplete",
        }
    }

    /// One sentence for the registrar.
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::Empty => "The new timetable has no exam in the future; the one in force has.",
            Self::ManyFewer => {
                "The new timetable has over 20 % fewer future exams than the one in force."
            }
            Self::ImminentRemoved => {
                "An exam that is running or starts within 72 hours is removed."
            }
            Self::ImminentMoved => "An exam that is running or starts within 72 hours is moved.",
            Self::ImminentShrunk => {
                "An exam that is running or starts within 72 hours has fewer candidates, less extra time or less \
                 duration."
            }
            Self::AllShifted => {
                "Every exam is shifted by the same hours, which looks like a wrong time zone."
            }
            Self::Incomplete => {
                "A future exam is missing, and parts of the file could not be read; the export may be broken."
            }
        }
    }
}

/// Why publishing `new`, which was read with `doubts`, over `old` needs a second person; sorted, empty when it needs
/// none.
pub fn guards(
    old: &[Sitting],
    new: &[Sitting],
    doubts: &[Finding],
    now: DateTime<Utc>,
) -> Vec<Guard> {
    let future = |sittings: &[Sitting]| sittings.iter().filter(|one| is_future(one, now)).count();
    let (before, after) = (future(old), future(new));
    let mut guards = Vec::new();
    if before > 0 && after == 0 {
        guards.push(Guard::Empty);
    }
    // 20 % fewer exactly still passes.
    if after * 5 < before * 4 {
        guards.push(Guard::ManyFewer);
    }
    let pairs = pairs(old, new);
    guards.extend(pairs.iter().flat_map(|pair| imminent(pair, now)));
    let is_missing = |pair: &Pair<'_>| matches!(pair, Pair::Old(old) if is_future(old, now));
    if worst(doubts) == Some(Severity::Critical) && pairs.iter().any(is_missing) {
        guards.push(Guard::Incomplete);
    }
    if before > 0 && is_shifted(old, new) {
        guards.push(Guard::AllShifted);
    }
    guards.sort_unstable();
    guards.dedup();
    guards
}

fn is_future(sitting: &Sitting, now: DateTime<Utc>) -> bool {
    sitting.last_deadline() > now
}

/// What a pair does to a sitting that runs or starts soon.
fn imminent(pair: &Pair<'_>, now: DateTime<Utc>) -> Vec<Guard> {
    let is_imminent = |one: &Sitting| is_future(one, now) && one.opens_at() - now <= IMMINENT;
    match pair {
        Pair::Old(old) if is_imminent(old) => vec![Guard::ImminentRemoved],
        Pair::Both(old, new) if is_imminent(old) => {
            let moved = old.span.start() != new.span.start();
            let covers_less =
                old.opens_at() < new.opens_at() || new.last_deadline() < old.last_deadline();
            let shrunk = new.span.duration() < old.span.duration()
                || (!moved && covers_less)
                || new.candidates < old.candidates
                || !extra::covers(&new.extra_time, &old.extra_time);
            let guards = [(moved, Guard::ImminentMoved), (shrunk, Guard::ImminentShrunk)];
            guards.into_iter().filter_map(|(applies, guard)| applies.then_some(guard)).collect()
        }
        Pair::Old(_) | Pair::New(_) | Pair::Both(..) => Vec::new(),
    }
}

/// Whether everything that both readings have is shifted alike. Keys of instances hold their start and so shift with
/// it: UIDs are compared, and titles where UIDs are new in every export.
fn is_shifted(old: &[Sitting], new: &[Sitting]) -> bool {
    let by_uid = |sitting: &Sitting| sitting.key.uid.clone();
    let by_title = |sitting: &Sitting| sitting.title.clone();
    is_zone_mistake(&shifts(old, new, by_uid)) || is_zone_mistake(&shifts(old, new, by_title))
}

/// One shift can be meant; the same one for several sittings by whole hours can hardly be.
fn is_zone_mistake(shifts: &[TimeDelta]) -> bool {
    let Some((first, rest)) = shifts.split_first() else { return false };
    let hours = first.num_seconds() % 3_600 == 0 && !first.is_zero() && first.abs() <= ZONES_APART;
    hours && !rest.is_empty() && rest.iter().all(|shift| shift == first)
}

/// By how much each start moved, among names that stand equally often in both.
fn shifts(old: &[Sitting], new: &[Sitting], name: impl Fn(&Sitting) -> String) -> Vec<TimeDelta> {
    let starts = |sittings: &[Sitting]| {
        let mut starts: BTreeMap<String, Vec<DateTime<Utc>>> = BTreeMap::new();
        for sitting in sittings {
            starts.entry(name(sitting)).or_default().push(sitting.span.start());
        }
        starts.values_mut().for_each(|starts| starts.sort_unstable());
        starts
    };
    let (old, new) = (starts(old), starts(new));
    let known = old.iter().filter_map(|(name, starts)| Some((starts, new.get(name)?)));
    let alike = known.filter(|(before, after)| before.len() == after.len());
    alike.flat_map(|(before, after)| before.iter().zip(after).map(|(b, a)| *a - *b)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, Span};
    use crate::timetable::tests::{any_sittings, extra_time, sitting, sitting_at};
    use proptest::prelude::*;

    /// An hour before the sittings at nine.
    fn now() -> DateTime<Utc> {
        sitting("x", 8, 1).span.start()
    }

    fn codes(old: &[Sitting], new: &[Sitting]) -> Vec<&'static str> {
        guards(old, new, &[], now()).iter().map(Guard::code).collect()
    }

    #[test]
    fn an_empty_file_over_a_full_one_is_guarded() {
        let old = [sitting("a", 24 * 30, 100)];
        assert_eq!(codes(&old, &[]), ["empty", "many_fewer"]);
        assert!(codes(&[sitting("past", 0, 100)], &[]).is_empty());
    }

    #[test]
    fn more_than_a_fifth_fewer_is_guarded_and_a_fifth_is_not() {
        let many = |count: u32| -> Vec<Sitting> {
            (0..count).map(|n| sitting(&format!("{n}"), 24 * 30, 10)).collect()
        };
        assert!(codes(&many(10), &many(8)).is_empty());
        assert_eq!(codes(&many(10), &many(7)), ["many_fewer"]);
    }

    #[test]
    fn what_is_imminent_may_not_go_move_or_shrink_alone() {
        let others: Vec<Sitting> =
            (0..10).map(|n| sitting(&format!("o{n}"), 24 * 30, 10)).collect();
        let with = |sitting: Sitting| [others.clone(), vec![sitting]].concat();
        let old = with(sitting("a", 9, 100));
        assert_eq!(codes(&old, &others), ["imminent_removed"]);
        assert_eq!(codes(&old, &with(sitting("a", 11, 100))), ["imminent_moved"]);
        assert_eq!(codes(&old, &with(sitting("a", 9, 99))), ["imminent_shrunk"]);
        assert_eq!(codes(&old, &with(sitting_at("a", 9, 1, 100))), ["imminent_shrunk"]);
        let mut more_time = sitting("a", 9, 100);
        more_time.extra_time = vec![extra_time(0.1, 1.5)];
        assert!(codes(&old, &with(more_time.clone())).is_empty());
        assert_eq!(codes(&with(more_time), &old), ["imminent_shrunk"]);
    }

    #[test]
    fn a_sitting_under_way_and_its_extra_time_are_imminent() {
        let mut running = sitting_at("a", 5, 2, 100);
        running.extra_time = vec![extra_time(0.1, 2.0)];
        let kept = sitting("b", 24 * 30, 10);
        assert!(codes(&[running, kept.clone()], &[kept]).contains(&"imminent_removed"));
    }

    #[test]
    fn a_shift_of_everything_by_hours_is_a_zone_mistake() {
        let at =
            |hour: i64| vec![sitting("a", 24 * 30 + hour, 10), sitting("b", 24 * 31 + hour, 10)];
        assert_eq!(codes(&at(9), &at(10)), ["all_shifted"]);
        assert!(codes(&at(9), &at(9)).is_empty());
        assert!(codes(&at(9), &at(9 + 24 * 7)).is_empty());
        let one_moved = vec![sitting("a", 24 * 30 + 9, 10), sitting("b", 24 * 31 + 10, 10)];
        assert!(codes(&at(9), &one_moved).is_empty());
    }

    #[test]
    fn a_shifted_series_is_seen_although_its_keys_shift_too() {
        let series = |hour: i64| -> Vec<Sitting> {
            let instance = |week: i64| {
                let mut one = sitting("a", 24 * (30 + 7 * week) + hour, 10);
                one.key.recurrence_id = Some(one.span.start());
                one
            };
            (0..3).map(instance).collect()
        };
        assert_eq!(codes(&series(9), &series(10)), ["all_shifted"]);
    }

    proptest! {
        #[test]
        fn what_only_grows_needs_nobody(old in any_sittings(), more in any_sittings(), by in 0u32..50) {
            let grown = old.iter().map(|one| Sitting {
                candidates: Candidates::new(one.candidates.get() + by),
                span: Span::new(one.span.start(), one.span.end() + TimeDelta::minutes(i64::from(by))).unwrap(),
                ..one.clone()
            });
            let added = more.into_iter().map(|mut one| {
                one.key.uid.push_str("-new");
                one.title.push_str(" new");
                one
            });
            let new: Vec<Sitting> = grown.chain(added).collect();
            prop_assert_eq!(guards(&old, &new, &[], now()), vec![]);
        }
    }

    #[test]
    fn an_exam_that_a_broken_export_has_lost_needs_a_second_person_however_far_it_is() {
        let all: Vec<_> = (0..20).map(|n| sitting(&n.to_string(), 24 * 30 + n, 100)).collect();
        let cut_off = Finding::new(Severity::Critical, "cut_off", "The file ends early.", "Again.");
        let codes = |new: &[Sitting], doubts: &[Finding]| {
            guards(&all, new, doubts, now()).iter().map(Guard::code).collect::<Vec<_>>()
        };
        assert_eq!(codes(&all[..17], &[]), Vec::<&str>::new());
        assert_eq!(codes(&all[..17], std::slice::from_ref(&cut_off)), ["incomplete"]);
        assert_eq!(codes(&all, &[cut_off]), Vec::<&str>::new());
    }
}
