//! What differs between two readings of one source.
//!
//! Which sitting of the old reading is which of the new one: by UID and RECURRENCE-ID; where producers give every
//! export new UIDs, by course and start; and what is left by weaker signs, each only where it leaves no choice. A
//! sitting is paired at most once, so what all pairs keep, the whole keeps.

use super::course::course_code;
use crate::domain::{Comparison, ExtraTime, Sitting, SittingKey, Span};
use chrono::{DateTime, Utc};
use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

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

/// A new UID alone is no change, or all exams of a producer whose UIDs are new in every export would be changed; nor
/// is another line of the file.
fn is_changed(old: &Sitting, new: &Sitting) -> bool {
    let Sitting { key: _, title, span, other_readings, candidates, extra_time, source_line: _ } =
        old;
    *span != new.span
        || *other_readings != new.other_readings
        || *title != new.title
        || *candidates != new.candidates
        || *extra_time != new.extra_time
}

/// Which sitting is which, sorted by start. The same whatever the order of either reading.
pub(super) fn pairs<'a>(old: &'a [Sitting], new: &'a [Sitting]) -> Vec<Pair<'a>> {
    // Titles stand for courses first: nearly every sitting is known by then, and finding its code takes longer.
    let mut by_title = Unpaired::of(old, new);
    by_title.pair_off_by_identity();
    let codes = by_title.courses();
    let mut by_code = by_title.with_courses(&codes);
    by_code.pair_off_by_identity();
    by_code.pair_off(|one| (one.key(), one.start()), always);
    by_code.pair_off(Face::key, always);
    // A series whose every date moved has other RECURRENCE-IDs too.
    by_code.pair_off(|one| &one.key().uid, |old, new| old == new);
    // Moved, and with a new UID.
    by_code.pair_off(|one| one.course, |old, new| (old, new) == (1, 1));
    let Unpaired { old, new, mut pairs } = by_code;
    pairs.extend(old.into_iter().map(|one| Pair::Old(one.sitting)));
    pairs.extend(new.into_iter().map(|one| Pair::New(one.sitting)));
    pairs.sort_by_key(|pair| {
        let (Pair::Both(_, sitting) | Pair::Old(sitting) | Pair::New(sitting)) = *pair;
        (sitting.span.start(), &sitting.key)
    });
    pairs
}

const fn always(_: usize, _: usize) -> bool {
    true
}

/// A sitting under the name of its course.
#[derive(Debug, Clone, Copy)]
struct Face<'a, 'c> {
    sitting: &'a Sitting,
    course: &'c str,
}

impl<'a> Face<'a, '_> {
    fn key(self) -> &'a SittingKey {
        &self.sitting.key
    }

    fn start(self) -> DateTime<Utc> {
        self.sitting.span.start()
    }
}

/// What is not paired yet, each side by rank, and what is.
struct Unpaired<'a, 'c> {
    old: Vec<Face<'a, 'c>>,
    new: Vec<Face<'a, 'c>>,
    pairs: Vec<Pair<'a>>,
}

impl<'a> Unpaired<'a, 'a> {
    /// All of it, with titles for courses.
    fn of(old: &'a [Sitting], new: &'a [Sitting]) -> Self {
        let faces = |sittings: &'a [Sitting]| {
            let face = |sitting: &'a Sitting| Face { sitting, course: &sitting.title };
            let mut faces: Vec<_> = sittings.iter().map(face).collect();
            faces.sort_by(|one, other| rank(one.sitting, other.sitting));
            faces
        };
        Self { old: faces(old), new: faces(new), pairs: Vec::new() }
    }
}

impl<'a, 'c> Unpaired<'a, 'c> {
    /// The courses of what is left, old before new; a title that names none stands for it.
    fn courses(&self) -> Vec<Cow<'a, str>> {
        let course = |one: &Face<'a, 'c>| {
            let title = &one.sitting.title;
            course_code(title).map_or(Cow::Borrowed(title.as_str()), Cow::Owned)
        };
        self.old.iter().chain(&self.new).map(course).collect()
    }

    /// The same, under these courses.
    fn with_courses<'d>(self, courses: &'d [Cow<'a, str>]) -> Unpaired<'a, 'd> {
        let (of_old, of_new) = courses.split_at(self.old.len());
        let named = |faces: Vec<Face<'a, 'c>>, courses: &'d [Cow<'a, str>]| {
            let named = faces.into_iter().zip(courses);
            named
                .map(|(face, course)| Face { sitting: face.sitting, course: course.as_ref() })
                .collect()
        };
        Unpaired { old: named(self.old, of_old), new: named(self.new, of_new), pairs: self.pairs }
    }

    /// Equal ones first, so that of several rooms of a course, or of several events under one UID, those that stay are
    /// not taken for others.
    fn pair_off_by_identity(&mut self) {
        let whole =
            |one: Face<'a, 'c>| (one.start(), one.sitting.span.end(), one.sitting.candidates);
        self.pair_off(|one| (one.key(), one.course, whole(one)), always);
        self.pair_off(|one| (one.key(), one.course, one.start()), always);
        self.pair_off(|one| (one.key(), one.course), always);
        self.pair_off(|one| (one.course, whole(one)), always);
        self.pair_off(|one| (one.course, one.start()), always);
    }

    /// Pairs what has the same name, in order of rank, where its numbers on both sides fit.
    fn pair_off<K: Ord>(
        &mut self,
        name: impl Fn(Face<'a, 'c>) -> K,
        fits: impl Fn(usize, usize) -> bool,
    ) {
        if self.old.is_empty() || self.new.is_empty() {
            return;
        }
        let old = self.old.drain(..).map(|face| (name(face), Side::Old, face));
        let new = self.new.drain(..).map(|face| (name(face), Side::New, face));
        let mut named: Vec<_> = old.chain(new).collect();
        // Stable: rank stays the order of each side.
        named.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        for group in named.chunk_by(|one, other| one.0 == other.0) {
            let (old, new) = group.split_at(group.partition_point(|one| one.1 == Side::Old));
            let both = if fits(old.len(), new.len()) { old.len().min(new.len()) } else { 0 };
            let found = old.iter().zip(new).take(both);
            self.pairs.extend(found.map(|(one, other)| Pair::Both(one.2.sitting, other.2.sitting)));
            self.old.extend(old.iter().skip(both).map(|one| one.2));
            self.new.extend(new.iter().skip(both).map(|one| one.2));
        }
        for side in [&mut self.old, &mut self.new] {
            side.sort_by(|one, other| rank(one.sitting, other.sitting));
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    Old,
    New,
}

/// A whole order: by start, then the longest and greatest first, then whatever else tells two sittings apart.
fn rank(one: &Sitting, other: &Sitting) -> Ordering {
    let plain = |sitting: &Sitting| {
        let Sitting {
            key: _,
            title: _,
            span,
            other_readings: _,
            candidates,
            extra_time: _,
            source_line: _,
        } = sitting;
        (span.start(), Reverse(span.end()), Reverse(*candidates))
    };
    let bounds = |span: &Span| (span.start(), span.end());
    let bits = |extra: &ExtraTime| (extra.factor.get().to_bits(), extra.share.fraction().to_bits());
    plain(one)
        .cmp(&plain(other))
        .then_with(|| one.title.cmp(&other.title))
        .then_with(|| one.key.cmp(&other.key))
        .then_with(|| {
            let [one, other] =
                [one, other].map(|sitting| sitting.other_readings.iter().map(bounds));
            one.cmp(other)
        })
        .then_with(|| {
            let [one, other] = [one, other].map(|sitting| sitting.extra_time.iter().map(bits));
            one.cmp(other)
        })
        .then_with(|| one.source_line.cmp(&other.source_line))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timetable::tests::{any_sittings, sitting, sitting_at};
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use std::cell::Cell;

    fn shape(old: &[Sitting], new: &[Sitting]) -> (usize, usize, usize, usize, usize) {
        let Comparison { added, moved, changed, removed, same } = compare(old, new);
        (added.len(), moved.len(), changed.len(), removed.len(), same)
    }

    /// A sitting of a course under a UID of its own.
    fn of_course(uid: &str, title: &str, hour: i64, candidates: u32) -> Sitting {
        Sitting { title: title.into(), ..sitting(uid, hour, candidates) }
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
    fn a_doubt_about_the_times_is_a_change() {
        let mut new = sitting("a", 9, 100);
        new.other_readings = vec![sitting("a", 10, 100).span];
        assert_eq!(shape(&[sitting("a", 9, 100)], &[new]), (0, 0, 1, 0, 0));
    }

    #[test]
    fn an_export_whose_uids_are_all_new_is_the_same() {
        let exam = |uid: &str, code: &str, hour| of_course(uid, &format!("{code} Exam"), hour, 100);
        let old = [exam("1", "LAWS1001", 9), exam("2", "ARTS1001", 9), exam("3", "LAWS1001", 14)];
        let new = [exam("7", "LAWS1001", 14), exam("8", "LAWS1001", 9), exam("9", "ARTS1001", 9)];
        assert_eq!(shape(&old, &new), (0, 0, 0, 0, 3));
    }

    #[test]
    fn a_course_is_known_by_its_code_although_uid_and_title_are_new() {
        let old = [of_course("1", "LAWS1001 Contract Law", 9, 100)];
        let new = [of_course("2", "Contract law (LAWS 1001), online", 9, 100)];
        assert_eq!(shape(&old, &new), (0, 0, 1, 0, 0));
    }

    #[test]
    fn a_course_that_moved_under_a_new_uid_is_moved_if_there_is_no_choice() {
        let moved = [of_course("2", "LAWS1001 Contract Law", 14, 100)];
        let one = of_course("1", "LAWS1001 Contract Law", 9, 100);
        assert_eq!(shape(std::slice::from_ref(&one), &moved), (0, 1, 0, 0, 0));
        let two = [one, of_course("3", "LAWS1001 Contract Law", 11, 100)];
        assert_eq!(shape(&two, &moved), (1, 0, 0, 2, 0));
    }

    #[test]
    fn rooms_of_one_course_are_told_apart_by_their_numbers() {
        let rooms = |uid: &str, sizes: &[u32]| -> Vec<Sitting> {
            let room = |(n, &size): (usize, &u32)| {
                of_course(&format!("{uid}{n}"), "LAWS1001 Contract Law", 9, size)
            };
            sizes.iter().enumerate().map(room).collect()
        };
        assert_eq!(shape(&rooms("a", &[20, 300]), &rooms("b", &[300, 20])), (0, 0, 0, 0, 2));
        assert_eq!(shape(&rooms("a", &[20, 300]), &rooms("b", &[300])), (0, 0, 0, 1, 1));
        assert_eq!(shape(&rooms("a", &[300]), &rooms("b", &[20, 310])), (1, 0, 1, 0, 0));
    }

    #[test]
    fn a_uid_outweighs_the_start_where_a_whole_course_moves() {
        let law = |hour: i64| {
            [of_course("1", "LAWS1001", hour, 9), of_course("2", "LAWS1001", hour + 1, 9)]
        };
        assert_eq!(shape(&law(9), &law(10)), (0, 2, 0, 0, 0));
    }

    #[test]
    fn a_series_that_is_written_as_single_events_stays_the_same() {
        let series: Vec<Sitting> = (0..3)
            .map(|week| {
                let mut one = of_course("series", "LAWS1001", 9 + 168 * week, 100);
                one.key.recurrence_id = Some(one.span.start());
                one
            })
            .collect();
        let single = |(n, one): (usize, &Sitting)| Sitting {
            key: SittingKey { uid: format!("single-{n}"), recurrence_id: None },
            ..one.clone()
        };
        let singles: Vec<Sitting> = series.iter().enumerate().map(single).collect();
        assert_eq!(shape(&series, &singles), (0, 0, 0, 0, 3));
    }

    #[test]
    fn a_series_that_moves_as_a_whole_is_moved() {
        let series = |hour: i64| -> Vec<Sitting> {
            let instance = |week: i64| {
                let mut one = sitting("series", hour + 168 * week, 100);
                one.key.recurrence_id = Some(one.span.start());
                one
            };
            (0..3).map(instance).collect()
        };
        assert_eq!(shape(&series(9), &series(10)), (0, 3, 0, 0, 0));
    }

    #[test]
    fn of_a_key_that_stands_twice_the_equal_start_is_paired_first() {
        let old = [sitting("a", 9, 100), sitting_at("a", 14, 2, 100)];
        assert_eq!(shape(&old, &[sitting_at("a", 14, 2, 100)]), (0, 0, 0, 1, 1));
    }

    /// Counts how often it is compared.
    struct Counted<'a>(i64, &'a Cell<usize>);

    impl PartialEq for Counted<'_> {
        fn eq(&self, other: &Self) -> bool {
            self.cmp(other).is_eq()
        }
    }

    impl Eq for Counted<'_> {}

    impl PartialOrd for Counted<'_> {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }

    impl Ord for Counted<'_> {
        fn cmp(&self, other: &Self) -> Ordering {
            self.1.set(self.1.get() + 1);
            self.0.cmp(&other.0)
        }
    }

    /// How many comparisons pairing `count` sittings takes, of which so many share one name.
    fn steps(count: i64, alike: i64) -> usize {
        let sittings: Vec<Sitting> = (0..count).map(|n| sitting("a", n % 7, 100)).collect();
        let steps = Cell::new(0);
        let mut unpaired = Unpaired::of(&sittings, &sittings);
        let number = Cell::new(0);
        let name = |_: Face<'_, '_>| {
            number.set(number.get() + 1);
            // Scattered, so that no order helps.
            Counted(number.get() * 7_919 % count / alike, &steps)
        };
        unpaired.pair_off(name, |_, _| true);
        assert_eq!(unpaired.pairs.len(), sittings.len());
        steps.get()
    }

    #[test]
    fn twice_the_sittings_take_little_more_than_twice_the_steps() {
        for alike in [1, 100, 20_000] {
            let (one, two) = (steps(10_000, alike), steps(20_000, alike));
            assert!(two * 10 < one * 25, "{alike} alike: {one} steps, then {two}");
        }
    }

    #[test]
    fn ten_thousand_sittings_that_are_all_alike_are_paired() {
        let old: Vec<Sitting> = (0..10_000).map(|n| of_course("a", "Law", 9, n)).collect();
        let new: Vec<Sitting> = (0..10_000).rev().map(|n| of_course("b", "Law", 9, n)).collect();
        assert_eq!(shape(&old, &new), (0, 0, 0, 0, 10_000));
    }

    proptest! {
        #[test]
        fn the_order_of_either_reading_does_not_matter(
            (old, shuffled_old) in any_sittings().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
            (new, shuffled_new) in any_sittings().prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
        ) {
            prop_assert_eq!(compare(&old, &new), compare(&shuffled_old, &shuffled_new));
        }

        #[test]
        fn every_sitting_of_either_reading_is_told_once(old in any_sittings(), new in any_sittings()) {
            let (added, moved, changed, removed, same) = shape(&old, &new);
            prop_assert_eq!(removed + moved + changed + same, old.len());
            prop_assert_eq!(added + moved + changed + same, new.len());
        }

        #[test]
        fn a_reading_does_not_differ_from_itself(all in any_sittings(), by in 0i64..5) {
            let renamed: Vec<Sitting> = all.iter().cloned().map(|mut one| {
                one.key.uid.push_str("-new");
                one.source_line = one.source_line.map(|line| line + 7);
                one
            }).collect();
            prop_assert!(compare(&all, &all).is_same());
            prop_assert!(compare(&all, &renamed).is_same());
            let later: Vec<Sitting> = all.iter().cloned().map(|mut one| {
                let by = TimeDelta::hours(by);
                one.span = Span::new(one.span.start() + by, one.span.end() + by).unwrap();
                one
            }).collect();
            // Where nothing else changed, stable UIDs tell every move as one.
            let unique = all.iter().enumerate().all(|(n, one)| all[..n].iter().all(|other| other.key != one.key));
            prop_assert!(!unique || compare(&all, &later).removed.is_empty());
        }
    }
}
