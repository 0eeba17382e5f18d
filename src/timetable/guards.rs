//! Which publications need a second person.

use super::compare::{Pair, pairs};
use super::extra;
use super::zone_mistake::is_zone_mistake;
use crate::domain::{Finding, Guard, Severity, Sitting, worst};
use chrono::{DateTime, TimeDelta, Utc};

/// A sitting that starts within this time, or runs, is imminent.
const IMMINENT: TimeDelta = TimeDelta::hours(72);

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
    let pairs = pairs(old, new);
    let losses: Vec<Loss> = pairs.iter().filter_map(|pair| Loss::of(pair, now)).collect();
    let missing = losses.iter().filter(|loss| loss.is_missing).count();
    let mut guards: Vec<Guard> = pairs.iter().flat_map(|pair| imminent(pair, now)).collect();
    if before > 0 && after == 0 {
        guards.push(Guard::Empty);
    }
    // 20 % exactly still passes.
    if missing * 5 > before {
        guards.push(Guard::ManyFewer);
    }
    let (candidates, lost) = candidates(&pairs, now);
    if lost * 5 > candidates {
        guards.push(Guard::FewerCandidates);
    }
    if !losses.is_empty() && worst(doubts) == Some(Severity::Critical) {
        guards.push(Guard::Incomplete);
    }
    if before > 0 && is_zone_mistake(old, new) {
        guards.push(Guard::AllShifted);
    }
    guards.sort_unstable();
    guards.dedup();
    guards
}

/// The candidates of the future sittings that both readings have, and how many of them are lost.
fn candidates(pairs: &[Pair<'_>], now: DateTime<Utc>) -> (u64, u64) {
    let both = pairs.iter().filter_map(|pair| match pair {
        Pair::Both(old, new) if is_future(old, now) => {
            Some((u64::from(old.candidates.get()), u64::from(new.candidates.get())))
        }
        Pair::Old(_) | Pair::New(_) | Pair::Both(..) => None,
    });
    both.fold((0, 0), |(all, lost), (old, new)| (all + old, lost + old.saturating_sub(new)))
}

fn is_future(sitting: &Sitting, now: DateTime<Utc>) -> bool {
    sitting.last_deadline() > now
}

/// What a future sitting of the old reading would lose.
struct Loss {
    /// It has no counterpart that is surely the same exam and still to come: what shares neither UID nor start with it
    /// may be another term's exam of the same course.
    is_missing: bool,
}

impl Loss {
    fn of(pair: &Pair<'_>, now: DateTime<Utc>) -> Option<Self> {
        match pair {
            Pair::Old(old) if is_future(old, now) => Some(Self { is_missing: true }),
            Pair::Both(old, new) if is_future(old, now) => {
                let is_sure = old.key.uid == new.key.uid || old.span.start() == new.span.start();
                let is_missing = !is_sure || !is_future(new, now);
                (is_missing || shrinks(old, new)).then_some(Self { is_missing })
            }
            Pair::Old(_) | Pair::New(_) | Pair::Both(..) => None,
        }
    }
}

/// What a pair does to a sitting that runs or starts soon.
fn imminent(pair: &Pair<'_>, now: DateTime<Utc>) -> Vec<Guard> {
    let is_imminent = |one: &Sitting| is_future(one, now) && one.opens_at() - now <= IMMINENT;
    match pair {
        Pair::Old(old) if is_imminent(old) => vec![Guard::ImminentRemoved],
        Pair::Both(old, new) if is_imminent(old) => {
            let guards = [
                (is_moved(old, new), Guard::ImminentMoved),
                (shrinks(old, new), Guard::ImminentShrunk),
            ];
            guards.into_iter().filter_map(|(applies, guard)| applies.then_some(guard)).collect()
        }
        Pair::Old(_) | Pair::New(_) | Pair::Both(..) => Vec::new(),
    }
}

/// Whether nobody can press any more when the old one starts.
fn is_moved(old: &Sitting, new: &Sitting) -> bool {
    new.readings().all(|reading| reading.start() != old.span.start())
}

/// Whether the new one gives less to anybody, wherever it has moved. Together with [`is_moved`] this leaves nothing out:
/// where neither holds, every reading of the old one starts in the new one with as many people, and lasts as long.
fn shrinks(old: &Sitting, new: &Sitting) -> bool {
    let is_covered = |reading: crate::domain::Span| {
        new.readings().any(|other| other.start() == reading.start() && reading.end() <= other.end())
    };
    let shorter = new.span.duration() < old.span.duration();
    let times = if is_moved(old, new) { shorter } else { !old.readings().all(is_covered) };
    times
        || new.candidates < old.candidates
        || !extra::serves((&new.extra_time, new.candidates), (&old.extra_time, old.candidates))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, ExtraTime, Factor, Span};
    use crate::timetable::tests::{
        any_sittings, extra_time, present, pressing, sitting, sitting_at,
    };
    use proptest::prelude::*;

    /// An hour before the sittings at nine.
    fn now() -> DateTime<Utc> {
        sitting("x", 8, 1).span.start()
    }

    fn codes(old: &[Sitting], new: &[Sitting]) -> Vec<&'static str> {
        guards(old, new, &[], now()).into_iter().map(Guard::code).collect()
    }

    #[test]
    fn cohorts_that_collapse_far_ahead_need_a_second_person() {
        let exams = |candidates: u32| -> Vec<Sitting> {
            (0..5).map(|n| sitting(&format!("exam-{n}"), 24 * n, candidates)).collect()
        };
        let now = exams(1)[0].span.start() - TimeDelta::days(50);
        assert_eq!(guards(&exams(400), &exams(2), &[], now), [Guard::FewerCandidates]);
        assert_eq!(guards(&exams(400), &exams(320), &[], now), [], "20 % exactly still passes");
        assert_eq!(guards(&exams(2), &exams(400), &[], now), []);
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
    fn a_shift_of_everything_is_told() {
        let at =
            |hour: i64| vec![sitting("a", 24 * 30 + hour, 10), sitting("b", 24 * 31 + hour, 10)];
        assert_eq!(codes(&at(9), &at(10)), ["all_shifted"]);
        assert!(codes(&at(9), &at(9)).is_empty());
    }

    #[test]
    fn another_file_of_as_many_exams_does_not_hide_that_all_are_missing() {
        let faculty = |name: &str| -> Vec<Sitting> {
            (0..10).map(|n| sitting(&format!("{name}{n}"), 24 * 30 + n, 10)).collect()
        };
        let mut other = faculty("arts");
        other.iter_mut().for_each(|one| one.span = sitting("x", 24 * 40, 1).span);
        assert_eq!(codes(&faculty("laws"), &other), ["many_fewer"]);
    }

    #[test]
    fn another_terms_exams_of_the_same_courses_do_not_stand_for_this_terms() {
        let term = |uid: &str, day: i64| -> Vec<Sitting> {
            let exam = |n: i64| Sitting {
                title: format!("LAWS100{n} Exam"),
                ..sitting(&format!("{uid}{n}"), 24 * (day + n * n), 10)
            };
            (0..9).map(exam).collect()
        };
        assert_eq!(codes(&term("january", 40), &term("may", 160)), ["many_fewer"]);
    }

    #[test]
    fn an_exam_that_moves_into_the_past_is_missing() {
        let new = [sitting("a", 24 * -30, 100)];
        assert_eq!(codes(&[sitting("a", 24 * 30, 100)], &new), ["empty", "many_fewer"]);
    }

    #[test]
    fn what_is_imminent_is_guarded_under_any_uid() {
        let kept: Vec<Sitting> = (0..10).map(|n| sitting(&format!("o{n}"), 24 * 30, 10)).collect();
        let with = |one: Sitting| [kept.clone(), vec![one]].concat();
        let renamed = |hour, candidates| Sitting {
            key: sitting("new", 0, 1).key,
            ..sitting("a", hour, candidates)
        };
        let old = with(sitting("a", 9, 100));
        assert!(codes(&old, &with(renamed(9, 100))).is_empty());
        assert_eq!(codes(&old, &with(renamed(9, 90))), ["imminent_shrunk"]);
        assert_eq!(codes(&old, &with(renamed(10, 100))), ["imminent_moved"]);
    }

    #[test]
    fn what_came_near_by_moving_is_guarded_when_it_goes() {
        let kept: Vec<Sitting> = (0..10).map(|n| sitting(&format!("o{n}"), 24 * 30, 10)).collect();
        let with = |one: Sitting| [kept.clone(), vec![one]].concat();
        let (far, near) = (with(sitting("a", 24 * 20, 100)), with(sitting("a", 9, 100)));
        assert!(codes(&far, &near).is_empty());
        assert_eq!(codes(&near, &far), ["imminent_moved"]);
        assert_eq!(codes(&near, &kept), ["imminent_removed"]);
    }

    #[test]
    fn one_of_two_alike_may_not_go_alone() {
        let twice = [sitting("a", 9, 100), sitting("b", 9, 100)];
        assert!(codes(&twice, &twice[1..]).contains(&"imminent_removed"));
        let same_key = [sitting("a", 9, 100), sitting("a", 9, 100)];
        assert!(codes(&same_key, &same_key[1..]).contains(&"imminent_removed"));
    }

    #[test]
    fn less_extra_time_is_less_however_many_candidates_are_added() {
        let with = |candidates, share, factor| Sitting {
            extra_time: vec![extra_time(share, factor)],
            ..sitting("a", 9, candidates)
        };
        let old = [with(100, 0.1, 1.5)];
        assert_eq!(codes(&old, &[sitting("a", 9, 1_000)]), ["imminent_shrunk"]);
        assert_eq!(codes(&old, &[with(1_000, 0.1, 1.25)]), ["imminent_shrunk"]);
        assert_eq!(codes(&old, &[with(150, 0.06, 1.5)]), ["imminent_shrunk"]);
        // The same ten people among more.
        assert!(codes(&old, &[with(200, 0.05, 1.5)]).is_empty());
    }

    #[test]
    fn a_reading_of_doubtful_times_may_not_go_alone() {
        let mut doubtful = sitting("a", 9, 100);
        doubtful.other_readings = vec![sitting("a", 10, 100).span];
        let clear = sitting("a", 9, 100);
        assert_eq!(
            codes(std::slice::from_ref(&doubtful), std::slice::from_ref(&clear)),
            ["imminent_shrunk"]
        );
        assert!(codes(&[clear], std::slice::from_ref(&doubtful)).is_empty());
        // As long on the whole, but nobody is expected at ten any more.
        let long = sitting_at("a", 9, 3, 100);
        assert_eq!(codes(std::slice::from_ref(&doubtful), &[long]), ["imminent_shrunk"]);
        let other_way = Sitting {
            span: sitting("a", 10, 100).span,
            other_readings: vec![sitting("a", 9, 100).span],
            ..doubtful.clone()
        };
        assert!(codes(&[doubtful], &[other_way]).is_empty(), "both readings stand");
    }

    /// `old`, every value of it greater by `by`.
    fn grown(old: &[Sitting], by: u32) -> Vec<Sitting> {
        let longer = |span: Span| {
            Span::new(span.start(), span.end() + TimeDelta::minutes(i64::from(by))).unwrap()
        };
        let more = |extra: &ExtraTime| ExtraTime {
            factor: Factor::new(extra.factor.get() + f64::from(by) / 100.0).unwrap(),
            ..*extra
        };
        let one = |one: &Sitting| Sitting {
            candidates: Candidates::new(one.candidates.get() + by),
            span: longer(one.span),
            other_readings: one.other_readings.iter().copied().map(longer).collect(),
            extra_time: one.extra_time.iter().map(more).collect(),
            ..one.clone()
        };
        old.iter().map(one).collect()
    }

    fn renamed(sittings: &[Sitting], title: &str) -> Vec<Sitting> {
        let new = |one: &Sitting| {
            let mut one = one.clone();
            one.key.uid.push_str("-new");
            one.title.push_str(title);
            one
        };
        sittings.iter().map(new).collect()
    }

    /// A sitting as a later export may have it: mostly the same, or with one thing changed, or not at all.
    fn tweaked(one: &Sitting, how: u8) -> Option<Sitting> {
        let mut new = one.clone();
        let until = |end| Span::new(one.span.start(), end).unwrap();
        match how {
            0 => return None,
            1 => new.candidates = Candidates::new(one.candidates.get() / 2),
            2 => new.candidates = Candidates::new(one.candidates.get() * 2),
            3 => new.span = until(one.span.end() - TimeDelta::minutes(10)),
            4 => new.span = until(one.span.end() + TimeDelta::minutes(10)),
            5 => new.extra_time.clear(),
            6 => new.extra_time.push(extra_time(0.1, 2.5)),
            7 => new.other_readings.clear(),
            8 => new.span = sitting("x", 11, 1).span,
            9 => new.key.uid.push_str("-new"),
            10 => new.title = "LAWS1003 Exam".into(),
            11 => {
                new.candidates = Candidates::new(one.candidates.get() * 2);
                new.extra_time.truncate(0);
            }
            _ => {}
        }
        Some(new)
    }

    proptest! {
        #[test]
        fn what_only_grows_needs_nobody(old in any_sittings(), more in any_sittings(), by in 0u32..50) {
            let new = [grown(&old, by), renamed(&more, " of another school")].concat();
            prop_assert_eq!(guards(&old, &new, &[], now()), vec![]);
        }

        #[test]
        fn what_only_grows_under_new_uids_needs_nobody(mut old in any_sittings(), by in 0u32..50) {
            old.sort_by(|a, b| (&a.title, a.span.start()).cmp(&(&b.title, b.span.start())));
            old.dedup_by(|a, b| (&a.title, a.span.start()) == (&b.title, b.span.start()));
            let mut new = renamed(&grown(&old, by), "");
            new.reverse();
            prop_assert_eq!(guards(&old, &new, &[], now()), vec![]);
        }

        /// At no moment from now on, for what runs or starts within three days.
        #[test]
        fn nothing_imminent_is_given_less_at_any_moment_without_a_second_person(
            old in any_sittings(),
            how in prop::collection::vec(0u8..24, 8),
            more in any_sittings(),
        ) {
            let kept = old.iter().zip(how).filter_map(|(one, how)| tweaked(one, how));
            let new: Vec<Sitting> = kept.chain(more.into_iter().take(2)).collect();
            if guards(&old, &new, &[], now()).is_empty() {
                let imminent: Vec<&Sitting> = old.iter().filter(|one| is_future(one, now())).collect();
                for minutes in (0..60 * 60).step_by(20) {
                    let at = now() + TimeDelta::minutes(minutes);
                    for of in [present, pressing] {
                        let before: f64 = imminent.iter().map(|one| of(one, at)).sum();
                        let after: f64 = new.iter().map(|one| of(one, at)).sum();
                        prop_assert!(after >= before - 1e-6, "{at}");
                    }
                }
            }
        }
    }

    #[test]
    fn an_exam_that_a_broken_export_has_lost_needs_a_second_person_however_far_it_is() {
        let all: Vec<_> = (0..20).map(|n| sitting(&n.to_string(), 24 * 30 + n, 100)).collect();
        let cut_off = Finding::new(Severity::Critical, "cut_off", "The file ends early.", "Again.");
        let codes = |new: &[Sitting], doubts: &[Finding]| {
            guards(&all, new, doubts, now()).into_iter().map(Guard::code).collect::<Vec<_>>()
        };
        assert_eq!(codes(&all[..17], &[]), Vec::<&str>::new());
        assert_eq!(codes(&all[..17], std::slice::from_ref(&cut_off)), ["incomplete"]);
        assert_eq!(codes(&all, std::slice::from_ref(&cut_off)), Vec::<&str>::new());
        let mut smaller = all.clone();
        smaller[19].candidates = Candidates::new(40);
        assert_eq!(codes(&smaller, &[]), Vec::<&str>::new());
        assert_eq!(codes(&smaller, &[cut_off]), ["incomplete"], "its last line was lost");
    }
}
