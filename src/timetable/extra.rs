//! Extra time: which share of a cohort has how many times the time.

use crate::domain::{Candidates, ExtraTime, Factor, Share};
use chrono::TimeDelta;

/// Shares closer than this are the same; they are written in percent.
const SAME: f64 = 1e-9;

/// That some of a cohort have more time, as an event says it: before its cohort and its length are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Claim {
    /// Who.
    pub(super) who: Who,
    /// By how much.
    pub(super) how: How,
}

/// Who has more time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Who {
    /// Every candidate.
    All,
    /// A part of them.
    Share(Share),
    /// So many of them.
    Count(u32),
}

/// How much more.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum How {
    /// So many times the time.
    Times(Factor),
    /// So many minutes, whatever the length.
    Minutes(f64),
}

impl Claim {
    /// As a share and a factor. A count is rounded up to a share that is no less; minutes are measured against the
    /// shortest reading of the sitting's times, to which they add most. `None` for nobody.
    fn resolved(self, candidates: u32, shortest: TimeDelta) -> Option<ExtraTime> {
        let share = match self.who {
            Who::All => Share::ALL,
            Who::Share(share) => share,
            Who::Count(0) => return None,
            Who::Count(count) => {
                let all = f64::from(candidates.max(1));
                let share = f64::from(count) / all;
                let share = if share * all < f64::from(count) { share.next_up() } else { share };
                Share::new(share).unwrap_or(Share::ALL)
            }
        };
        let factor = match self.how {
            How::Times(factor) => factor,
            How::Minutes(minutes) => {
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "seconds of an exam are far below 2^52"
                )]
                let seconds = shortest.num_seconds().max(1) as f64;
                Factor::new(1.0 + minutes * 60.0 / seconds).ok()?
            }
        };
        Some(ExtraTime { share, factor })
    }
}

/// The extra time of a cohort of `candidates` whose members each have at most one of these claims.
pub(super) fn resolve(claims: &[Claim], candidates: u32, shortest: TimeDelta) -> Vec<ExtraTime> {
    let mut extra: Vec<_> =
        claims.iter().filter_map(|claim| claim.resolved(candidates, shortest)).collect();
    if total(&extra) <= 1.0 + SAME {
        return extra;
    }
    // More than there are: the longest times are given first.
    extra.sort_by(|a, b| b.factor.get().total_cmp(&a.factor.get()));
    let mut left = 1.0;
    extra.retain_mut(|one| {
        let given = one.share.fraction().min(left);
        // The longest stays even for a share of nothing: it decides the last deadline.
        let is_longest = left >= 1.0;
        left -= given;
        one.share = Share::new(given).unwrap_or(Share::ALL);
        given > 0.0 || is_longest
    });
    extra
}

/// How much of the cohort these are.
fn total(extra: &[ExtraTime]) -> f64 {
    extra.iter().map(|one| one.share.fraction()).sum()
}

/// Whether the shares among these claims are no more than a cohort has.
pub(super) fn fit(claims: &[Claim]) -> bool {
    let shares = claims.iter().map(|claim| match claim.who {
        Who::Share(share) => share.fraction(),
        Who::All | Who::Count(_) => 0.0,
    });
    shares.sum::<f64>() <= 1.0 + SAME
}

/// A share in percent, such that reading it gives back the same bits.
fn percent(share: Share) -> String {
    let plain = share.fraction().to_string();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = format!("{whole}{fraction:0<2}");
    let (percent, rest) = digits.split_at(whole.len() + 2);
    let percent = percent.trim_start_matches('0');
    let percent = if percent.is_empty() { "0" } else { percent };
    if rest.is_empty() { percent.to_owned() } else { format!("{percent}.{rest}") }
}

/// Writes what X-INVIGILATOR-EXTRA-TIME is read from: the same shares and factors, bit by bit.
pub(super) fn written(extra: &[ExtraTime]) -> String {
    if extra.is_empty() {
        return "none".into();
    }
    let part = |one: &ExtraTime| format!("{}%={}", percent(one.share), one.factor.get());
    // A comma might be taken for the point of a number.
    extra.iter().map(part).collect::<Vec<_>>().join(";")
}

/// The share of the cohort that has at least `factor`.
fn at_least(extra: &[ExtraTime], factor: f64) -> f64 {
    let shares = extra.iter().filter(|one| one.factor.get() >= factor);
    shares.map(|one| one.share.fraction()).sum::<f64>().min(1.0)
}

/// The longest factor, which decides the last deadline whatever its share.
fn longest(extra: &[ExtraTime]) -> f64 {
    extra.iter().map(|one| one.factor.get()).fold(1.0, f64::max)
}

/// Whether `new`, of so many candidates, gives every factor of `old` to as many people, and lasts as long.
pub(super) fn serves(
    (new, of_new): (&[ExtraTime], Candidates),
    (old, of_old): (&[ExtraTime], Candidates),
) -> bool {
    let people =
        |extra: &[ExtraTime], of: Candidates, factor| at_least(extra, factor) * f64::from(of.get());
    let as_many = |one: &ExtraTime| {
        let wanted = people(old, of_old, one.factor.get());
        people(new, of_new, one.factor.get()) >= wanted - wanted * SAME
    };
    longest(new) >= longest(old) && old.iter().all(as_many)
}

/// Whether `new` gives every factor of `old` to as large a share, and lasts as long.
pub(super) fn covers(new: &[ExtraTime], old: &[ExtraTime]) -> bool {
    let as_many = |one: &ExtraTime| {
        let factor = one.factor.get();
        at_least(new, factor) >= at_least(old, factor) - SAME
    };
    longest(new) >= longest(old) && old.iter().all(as_many)
}

/// The least extra time that covers both.
pub(super) fn greater(one: &[ExtraTime], other: &[ExtraTime]) -> Vec<ExtraTime> {
    if covers(one, other) {
        return one.to_vec();
    }
    if covers(other, one) {
        return other.to_vec();
    }
    let mut factors: Vec<Factor> = one.iter().chain(other).map(|extra| extra.factor).collect();
    factors.sort_by(|a, b| b.get().total_cmp(&a.get()));
    factors.dedup();
    let mut given = 0.0;
    let mut both = Vec::new();
    for factor in factors {
        let total = at_least(one, factor.get()).max(at_least(other, factor.get()));
        // The longest factor stays even for a share of nothing: it decides the last deadline.
        if (total > given || both.is_empty())
            && let Ok(share) = Share::new(total - given)
        {
            both.push(ExtraTime { share, factor });
            given = total;
        }
    }
    both
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn some_extra_time() -> impl Strategy<Value = Vec<ExtraTime>> {
        prop::collection::vec((0u32..=25, 100u32..300), 0..4).prop_map(|parts| {
            let extra = |(percent, factor): (u32, u32)| ExtraTime {
                share: Share::new(f64::from(percent) / 100.0).unwrap(),
                factor: Factor::new(f64::from(factor) / 100.0).unwrap(),
            };
            parts.into_iter().map(extra).collect()
        })
    }

    fn some_claims() -> impl Strategy<Value = Vec<Claim>> {
        let who = prop_oneof![
            Just(Who::All),
            (0.0..=1.0f64).prop_map(|share| Who::Share(Share::new(share).unwrap())),
            (0u32..500).prop_map(Who::Count),
        ];
        let how = prop_oneof![
            (1.0..4.0f64).prop_map(|times| How::Times(Factor::new(times).unwrap())),
            (1u32..120).prop_map(|minutes| How::Minutes(f64::from(minutes))),
        ];
        prop::collection::vec((who, how).prop_map(|(who, how)| Claim { who, how }), 0..5)
    }

    #[test]
    fn a_share_is_written_in_percent() {
        for (share, text) in [
            (0.0, "0"),
            (1.0, "100"),
            (0.5, "50"),
            (0.12, "12"),
            (0.05, "5"),
            (0.125, "12.5"),
            (0.1 + 0.2, "30.000000000000004"),
            (1e-7, "0.00001"),
        ] {
            assert_eq!(percent(Share::new(share).unwrap()), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_bit_by_bit(share in 0.0f64..=1.0, factor in 1.0f64..1e300) {
            let one = ExtraTime { share: Share::new(share).unwrap(), factor: Factor::new(factor).unwrap() };
            let read = crate::timetable::spelled::read(&written(&[one]));
            prop_assert_eq!(resolve(&read.claims, 100, TimeDelta::hours(1)), vec![one]);
        }

        #[test]
        fn the_greater_extra_time_covers_both(one in some_extra_time(), other in some_extra_time()) {
            let both = greater(&one, &other);
            prop_assert!(covers(&both, &one) && covers(&both, &other));
        }

        /// Everybody who has a claim is given it, as long as there are that many candidates.
        #[test]
        fn what_is_claimed_is_given(
            claims in some_claims(),
            candidates in 1u32..2_000,
            minutes in 10i64..300,
        ) {
            let shortest = TimeDelta::minutes(minutes);
            let given = resolve(&claims, candidates, shortest);
            prop_assert!(total(&given) <= 1.0 + SAME);
            for claim in claims {
                let alone = resolve(&[claim], candidates, shortest);
                prop_assert!(covers(&given, &alone), "{given:?} {alone:?}");
                if let (Who::Count(count), [one]) = (claim.who, alone.as_slice()) {
                    let people = one.share.fraction() * f64::from(candidates);
                    prop_assert!(people >= f64::from(count.min(candidates)));
                }
            }
        }
    }

    #[test]
    fn minutes_are_measured_against_the_length() {
        let half_an_hour = Claim { who: Who::Count(12), how: How::Minutes(30.0) };
        let given = resolve(&[half_an_hour], 850, TimeDelta::hours(2));
        assert_eq!(given[0].factor.get(), 1.25);
        assert!((12.0..12.001).contains(&(given[0].share.fraction() * 850.0)));
        assert_eq!(
            resolve(&[Claim { who: Who::Count(0), ..half_an_hour }], 850, TimeDelta::hours(2)),
            []
        );
    }
}
