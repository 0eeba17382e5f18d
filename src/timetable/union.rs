//! Two readings at once: what is in force while a shrinkage waits for a second person.

use super::compare::{Pair, pairs};
use super::extra;
use crate::domain::{Sitting, Span};

/// Both readings, the greater value of each sitting: what is in force while a shrinkage waits. A moved sitting
/// stands twice, under the same key.
pub fn union(old: &[Sitting], new: &[Sitting]) -> Vec<Sitting> {
    let mut both = Vec::new();
    for pair in pairs(old, new) {
        match pair {
            Pair::Old(one) | Pair::New(one) => both.push(one.clone()),
            Pair::Both(one, other) if one.span.start() == other.span.start() => {
                both.push(greater(one, other))
            }
            Pair::Both(one, other) => both.extend([one.clone(), other.clone()]),
        }
    }
    both.sort_by(|a, b| {
        (a.span.start(), &a.key, a.span.end()).cmp(&(b.span.start(), &b.key, b.span.end()))
    });
    both
}

/// The new sitting, with the later end and the greater cohort of the two; both start together.
fn greater(old: &Sitting, new: &Sitting) -> Sitting {
    let Sitting { key, title, span, other_readings, candidates, extra_time, source_line } = new;
    let span = Span::new(span.start(), span.end().max(old.span.end())).unwrap_or(*span);
    let mut others = [other_readings.as_slice(), &old.other_readings].concat();
    others.sort_by_key(|other| (other.start(), other.end()));
    others.dedup();
    others.retain(|other| *other != span);
    Sitting {
        key: key.clone(),
        title: title.clone(),
        span,
        other_readings: others,
        candidates: old.candidates.max(*candidates),
        extra_time: extra::greater(&old.extra_time, extra_time),
        source_line: *source_line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, Factor};
    use crate::timetable::tests::{any_sittings, extra_time, present, sitting};
    use chrono::{DateTime, TimeDelta, Utc};
    use proptest::prelude::*;

    #[test]
    fn the_greater_value_of_each_counts() {
        let mut old = sitting("a", 9, 100);
        let mut new = sitting("a", 9, 80);
        old.extra_time = vec![extra_time(0.1, 1.25)];
        new.extra_time = vec![extra_time(0.02, 2.0)];
        let both = union(&[old], &[new]);
        assert_eq!(both.len(), 1);
        assert_eq!(both[0].candidates, Candidates::new(100));
        assert_eq!(both[0].extra_time[0].factor, Factor::new(2.0).unwrap());
        assert!((both[0].extra_time[1].share.fraction() - 0.08).abs() < 1e-9);
    }

    #[test]
    fn a_moved_sitting_stands_twice_under_the_same_key() {
        let both = union(&[sitting("a", 9, 100)], &[sitting("a", 10, 100)]);
        assert_eq!(both.len(), 2);
        assert_eq!(both[0].key, both[1].key);
    }

    /// How many candidates are there at `at`.
    fn all_present(sittings: &[Sitting], at: DateTime<Utc>) -> f64 {
        sittings.iter().map(|one| present(one, at)).sum()
    }

    proptest! {
        #[test]
        fn at_no_moment_are_fewer_candidates_present_than_in_either(old in any_sittings(), new in any_sittings()) {
            let both = union(&old, &new);
            for minutes in (0..48 * 60).step_by(20) {
                let at = sitting("x", 0, 1).span.start() + TimeDelta::minutes(minutes);
                let least = all_present(&old, at).max(all_present(&new, at));
                prop_assert!(all_present(&both, at) >= least - 1e-6, "{at}");
            }
        }

        #[test]
        fn a_reading_united_with_itself_stays_as_it_is(one in any_sittings()) {
            prop_assert_eq!(union(&one, &one).len(), one.len());
        }
    }
}
