//! Whether a new reading looks like the old one in a wrong time zone.

use crate::domain::Sitting;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// No two zones are further apart than UTC-12 and UTC+14.
const ZONES_APART: TimeDelta = TimeDelta::hours(26);
/// Zones differ by whole quarters of an hour: Nepal by three, India by two.
const QUARTER: i64 = 900;
/// So many exams that were meant to move by the same time are a coincidence; fewer can be a decision.
const MANY: usize = 5;

/// Whether everything that both readings have is shifted alike, or everything in a stretch of time: a zone that is
/// mistaken for UTC is right in winter and an hour off in summer.
///
/// Keys of instances hold their start and so shift with it: UIDs are compared, and titles where UIDs are new in every
/// export.
pub(super) fn is_zone_mistake(old: &[Sitting], new: &[Sitting]) -> bool {
    is_shifted(&shifts(old, new, |one| &one.key.uid))
        || is_shifted(&shifts(old, new, |one| &one.title))
}

/// A start as it was, and by how much it moved.
type Shift = (DateTime<Utc>, TimeDelta);

fn is_shifted(shifts: &[Shift]) -> bool {
    let Some((by, count)) = commonest(shifts) else { return false };
    let of_it = |(_, shift): &Shift| *shift == by;
    let (first, last) = (shifts.iter().position(of_it), shifts.iter().rposition(of_it));
    let (Some(first), Some(last)) = (first, last) else { return false };
    let stretch = last - first + 1;
    let all = count == shifts.len() && 1 < count;
    // A tenth may be genuine changes; a fifth or less may be a decision, such as for one day.
    all || (MANY <= count && shifts.len() < count * 5 && stretch * 9 <= count * 10)
}

/// The shift, of those that can be a zone's, that most sittings have, and how many have it.
fn commonest(shifts: &[Shift]) -> Option<(TimeDelta, usize)> {
    let mut counts: BTreeMap<TimeDelta, usize> = BTreeMap::new();
    let is_zones = |by: &TimeDelta| {
        !by.is_zero() && by.abs() <= ZONES_APART && by.num_seconds() % QUARTER == 0
    };
    for (_, by) in shifts.iter().filter(|(_, by)| is_zones(by)) {
        *counts.entry(*by).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count)
}

/// By how much each start moved, among names that stand equally often in both; sorted by start.
fn shifts<'a>(
    old: &'a [Sitting],
    new: &'a [Sitting],
    name: impl Fn(&'a Sitting) -> &'a str,
) -> Vec<Shift> {
    let starts = |sittings: &'a [Sitting]| {
        let mut starts: BTreeMap<&str, Vec<DateTime<Utc>>> = BTreeMap::new();
        for sitting in sittings {
            starts.entry(name(sitting)).or_default().push(sitting.span.start());
        }
        starts.values_mut().for_each(|starts| starts.sort_unstable());
        starts
    };
    let (old, new) = (starts(old), starts(new));
    let known = old.iter().filter_map(|(name, starts)| Some((starts, new.get(name)?)));
    let alike = known.filter(|(before, after)| before.len() == after.len());
    let shift = |(before, after): (&DateTime<Utc>, &DateTime<Utc>)| (*before, *after - *before);
    let mut shifts: Vec<Shift> =
        alike.flat_map(|(before, after)| before.iter().zip(after).map(shift)).collect();
    shifts.sort_unstable();
    shifts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timetable::tests::sitting;

    /// Exams of twenty weeks, one a week, each moved by some minutes.
    fn moved(by: impl Fn(i64) -> i64) -> bool {
        let old: Vec<Sitting> = (0..20).map(|n| sitting(&n.to_string(), 168 * n, 10)).collect();
        let later = |(n, one): (i64, &Sitting)| {
            let by = TimeDelta::minutes(by(n));
            let span = crate::domain::Span::new(one.span.start() + by, one.span.end() + by);
            Sitting { span: span.unwrap(), ..one.clone() }
        };
        let new: Vec<Sitting> = (0..).zip(&old).map(later).collect();
        is_zone_mistake(&old, &new)
    }

    #[test]
    fn the_same_shift_of_everything_is_a_zone_mistake() {
        for minutes in [60, -60, 330, 345, -26 * 60] {
            assert!(moved(|_| minutes), "{minutes}");
        }
        for minutes in [0, 20, 7 * 24 * 60, 27 * 60] {
            assert!(!moved(|_| minutes), "{minutes}");
        }
    }

    #[test]
    fn a_few_genuine_changes_do_not_hide_it() {
        assert!(moved(|n| if n == 3 { 240 } else { 60 }));
        assert!(moved(|n| if n == 3 { 0 } else { 60 }));
        assert!(!moved(|n| if n % 2 == 0 { 0 } else { 60 }));
    }

    #[test]
    fn a_zone_that_is_mistaken_for_utc_is_off_in_summer_only() {
        assert!(moved(|n| if n < 8 { 0 } else { 60 }));
        assert!(moved(|n| if (4..12).contains(&n) { 60 } else { 0 }));
        assert!(!moved(|n| if (4..8).contains(&n) { 60 } else { 0 }), "a fifth may be meant");
    }

    #[test]
    fn one_exam_that_moves_by_an_hour_may_be_meant_and_both_of_two_can_hardly_be() {
        let at = |a: i64, b: i64| [sitting("a", a, 10), sitting("b", 24 + b, 10)];
        assert!(!is_zone_mistake(&at(9, 9)[..1], &at(10, 9)[..1]));
        assert!(!is_zone_mistake(&at(9, 9), &at(10, 9)));
        assert!(is_zone_mistake(&at(9, 9), &at(10, 10)));
    }

    #[test]
    fn a_shifted_series_is_seen_although_its_keys_shift_too_and_so_are_new_uids() {
        let series = |uid: &str, hour: i64| -> Vec<Sitting> {
            let instance = |week: i64| {
                let mut one = sitting("a", hour + 168 * week, 10);
                one.key.uid = uid.into();
                one.key.recurrence_id = Some(one.span.start());
                one
            };
            (0..3).map(instance).collect()
        };
        assert!(is_zone_mistake(&series("a", 9), &series("a", 10)));
        assert!(is_zone_mistake(&series("a", 9), &series("b", 10)));
        assert!(!is_zone_mistake(&series("a", 9), &series("a", 9)));
    }
}
