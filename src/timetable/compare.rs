//! What differs between two readings of one source.

use crate::domain::{Sitting, SittingKey};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// What differs between two readings of one source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Only in the new one.
    pub added: Vec<Sitting>,
    /// Same sitting, other times: old, new.
    pub moved: Vec<(Sitting, Sitting)>,
    /// Same sitting and times, other candidates, extra time or title: old, new.
    pub changed: Vec<(Sitting, Sitting)>,
    /// Only in the old one.
    pub removed: Vec<Sitting>,
    /// Untouched.
    pub same: usize,
}

/// One sitting, as two readings have it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pair<'a> {
    /// In both: old, new.
    Both(&'a Sitting, &'a Sitting),
    /// Only in the old one.
    Old(&'a Sitting),
    /// Only in the new one.
    New(&'a Sitting),
}

/// Compares two readings of one source.
pub fn compare(old: &[Sitting], new: &[Sitting]) -> Comparison {
    let mut comparison = Comparison::default();
    for pair in pairs(old, new) {
        match pair {
            Pair::Old(one) => comparison.removed.push(one.clone()),
            Pair::New(one) => comparison.added.push(one.clone()),
            Pair::Both(one, other) if one.span != other.span => {
                comparison.moved.push((one.clone(), other.clone()));
            }
            Pair::Both(one, other) if is_changed(one, other) => {
                comparison.changed.push((one.clone(), other.clone()));
            }
            Pair::Both(..) => comparison.same += 1,
        }
    }
    comparison
}

/// Another key is a change too: it is how producers without stable UIDs show an untouched exam.
fn is_changed(old: &Sitting, new: &Sitting) -> bool {
    let Sitting { key, title, span: _, other_readings, candidates, extra_time, source_line: _ } =
        old;
    *key != new.key
        || *other_readings != new.other_readings
        || *title != new.title
        || *candidates != new.candidates
        || *extra_time != new.extra_time
}

/// Matches by key; what is left over, by title and start.
pub(super) fn pairs<'a>(old: &'a [Sitting], new: &'a [Sitting]) -> Vec<Pair<'a>> {
    let (mut pairs, old, new) =
        matched(old.iter().collect(), new.iter().collect(), |sitting| &sitting.key);
    let name = |sitting: &'a Sitting| (sitting.title.as_str(), sitting.span.start());
    let (renamed, old, new) = matched(old, new, name);
    pairs.extend(renamed);
    pairs.extend(old.into_iter().map(Pair::Old));
    pairs.extend(new.into_iter().map(Pair::New));
    pairs.sort_by_key(order);
    pairs
}

/// By start, then key, of the new one where there is one.
fn order<'a>(pair: &Pair<'a>) -> (DateTime<Utc>, &'a SittingKey) {
    let (Pair::Both(_, sitting) | Pair::Old(sitting) | Pair::New(sitting)) = *pair;
    (sitting.span.start(), &sitting.key)
}

type Matched<'a> = (Vec<Pair<'a>>, Vec<&'a Sitting>, Vec<&'a Sitting>);

/// Pairs what has the same name, those with the same start first, because a name may stand twice. The pairs, and
/// what is left of old and new.
fn matched<'a, K: Ord>(
    old: Vec<&'a Sitting>,
    new: Vec<&'a Sitting>,
    name: impl Fn(&'a Sitting) -> K,
) -> Matched<'a> {
    let mut waiting: BTreeMap<K, Vec<&Sitting>> = BTreeMap::new();
    // Last first: what is found is then taken from the end, which costs nothing.
    for sitting in new.into_iter().rev() {
        waiting.entry(name(sitting)).or_default().push(sitting);
    }
    let mut pairs = Vec::new();
    let mut pair_off =
        |old: Vec<&'a Sitting>, wanted: fn(&Sitting, &Sitting) -> bool| -> Vec<&'a Sitting> {
            let mut left = Vec::new();
            for one in old {
                let candidates = waiting.get_mut(&name(one));
                let found = candidates.and_then(|candidates| {
                    let index = candidates.iter().rposition(|other| wanted(one, other))?;
                    Some(candidates.remove(index))
                });
                match found {
                    Some(other) => pairs.push(Pair::Both(one, other)),
                    None => left.push(one),
                }
            }
            left
        };
    let old = pair_off(old, |one, other| one.span.start() == other.span.start());
    let old = pair_off(old, |_, _| true);
    (pairs, old, waiting.into_values().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timetable::tests::{sitting, sitting_at};

    fn shape(old: &[Sitting], new: &[Sitting]) -> (usize, usize, usize, usize, usize) {
        let Comparison { added, moved, changed, removed, same } = compare(old, new);
        (added.len(), moved.len(), changed.len(), removed.len(), same)
    }

    #[test]
    fn every_sitting_is_told_once_under_what_happened_to_it() {
        let old = [
            sitting("same", 9, 100),
            sitting("moved", 9, 100),
            sitting("fewer", 9, 100),
            sitting("gone", 9, 100),
        ];
        let new = [
            sitting("same", 9, 100),
            sitting("moved", 10, 100),
            sitting("fewer", 9, 90),
            sitting("fresh", 11, 1),
        ];
        assert_eq!(shape(&old, &new), (1, 1, 1, 1, 1));
    }

    #[test]
    fn another_line_of_the_file_is_no_change() {
        let mut new = sitting("a", 9, 100);
        new.source_line = Some(99);
        assert_eq!(shape(&[sitting("a", 9, 100)], &[new]), (0, 0, 0, 0, 1));
    }

    #[test]
    fn an_exam_that_only_changed_its_uid_is_changed_not_removed() {
        let mut renamed = sitting("a", 9, 100);
        renamed.key.uid = "b".into();
        assert_eq!(shape(&[sitting("a", 9, 100)], &[renamed]), (0, 0, 1, 0, 0));
    }

    #[test]
    fn of_a_key_that_stands_twice_the_equal_start_is_paired_first() {
        let old = [sitting("a", 9, 100), sitting_at("a", 14, 2, 100)];
        assert_eq!(shape(&old, &[sitting_at("a", 14, 2, 100)]), (0, 0, 0, 1, 1));
    }
}
