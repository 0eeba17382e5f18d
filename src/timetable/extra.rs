//! Extra time: which share of a cohort has how many times the time.

use crate::domain::{Candidates, ExtraTime, Factor, Share};

/// What everybody is given when extra time is named but cannot be read.
const SAFE_FACTOR: f64 = 1.5;
/// No cohort is parted into more shares.
const MOST_SHARES: usize = 32;
/// Shares closer than this are the same; they are written in percent.
const SAME: f64 = 1e-9;

/// Reads `12%=1.25,3%=1.5`, `12% x1.25; 3% x1.5`, `12% +25%` or `none`.
///
/// # Errors
/// The safe reading, when any part of it makes no sense: the whole cohort with the longest factor named, at
/// least 1.5.
pub(super) fn parse(text: &str) -> Result<Vec<ExtraTime>, Vec<ExtraTime>> {
    let plain = text.replace('\\', "");
    if ["none", "no", "nil"].contains(&plain.trim().to_ascii_lowercase().as_str()) {
        return Ok(Vec::new());
    }
    let parts = plain.split([',', ';']).map(str::trim).filter(|part| !part.is_empty());
    let read: Vec<Option<ExtraTime>> = parts.map(part).collect();
    let sum: f64 = read.iter().flatten().map(|extra| extra.share.fraction()).sum();
    let plausible = (1..=MOST_SHARES).contains(&read.len());
    if plausible && read.iter().all(Option::is_some) && sum <= 1.0 + SAME {
        return Ok(read.into_iter().flatten().collect());
    }
    let named: Vec<ExtraTime> = read.into_iter().flatten().collect();
    let everybody = Factor::new(longest(&named).max(SAFE_FACTOR))
        .map(|factor| ExtraTime { share: Share::ALL, factor });
    Err(everybody.into_iter().collect())
}

fn part(text: &str) -> Option<ExtraTime> {
    let (percent, factor) = text.split_once('%')?;
    let factor = factor.trim_start_matches(['=', ':', 'x', 'X', '×', '*', ' ']);
    let factor = factor.trim_end_matches(['.', ' ']);
    let factor = match factor.strip_prefix('+').and_then(|more| more.strip_suffix('%')) {
        Some(more) => 1.0 + decimal(more)? / 100.0,
        None => decimal(factor)?,
    };
    let share = Share::new(hundredths(percent)?).ok()?;
    Some(ExtraTime { share, factor: Factor::new(factor).ok()? })
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

/// A percentage as the nearest fraction: the point is moved in the text, because a division would round again, and not
/// every fraction could be written.
fn hundredths(text: &str) -> Option<f64> {
    decimal(text)?;
    format!("{}e-2", text.trim()).parse().ok()
}

/// A share in percent, such that [`parse`] gives back the same bits.
fn percent(share: Share) -> String {
    let plain = share.fraction().to_string();
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let digits = format!("{whole}{fraction:0<2}");
    let (percent, rest) = digits.split_at(whole.len() + 2);
    let percent = percent.trim_start_matches('0');
    let percent = if percent.is_empty() { "0" } else { percent };
    if rest.is_empty() { percent.to_owned() } else { format!("{percent}.{rest}") }
}

/// Writes what [`parse`] reads: the same shares and factors, bit by bit, if there are no more than it believes.
pub(super) fn written(extra: &[ExtraTime]) -> String {
    if extra.is_empty() {
        return "none".into();
    }
    let part = |one: &ExtraTime| format!("{}%={}", percent(one.share), one.factor.get());
    extra.iter().map(part).collect::<Vec<_>>().join(",")
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

    fn pairs(extra: &[ExtraTime]) -> Vec<(f64, f64)> {
        extra.iter().map(|one| (one.share.fraction(), one.factor.get())).collect()
    }

    #[test]
    fn both_spellings_are_read() {
        let expected = vec![(0.12, 1.25), (0.03, 1.5)];
        for text in [
            "12%=1.25,3%=1.5",
            "12% x1.25, 3% x1.5",
            " 12 % ×1.25 ; 3%:1.5",
            "12%=1.25\\,3% +50%",
            "12% x1.25, 3% x1.5.",
        ] {
            assert_eq!(pairs(&parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_gives_everybody_the_longest_time() {
        for text in ["", "12=1.25", "12%", "12%=0.9", "60%=1.25,60%=1.5", "12%=NaN", "some"] {
            assert_eq!(pairs(&parse(text).unwrap_err()), [(1.0, 1.5)], "{text}");
        }
        assert_eq!(pairs(&parse("3%=2,more").unwrap_err()), [(1.0, 2.0)]);
    }

    fn some_extra_time() -> impl Strategy<Value = Vec<ExtraTime>> {
        prop::collection::vec((0u32..=25, 100u32..300), 0..4).prop_map(|parts| {
            let extra = |(percent, factor): (u32, u32)| ExtraTime {
                share: Share::new(f64::from(percent) / 100.0).unwrap(),
                factor: Factor::new(f64::from(factor) / 100.0).unwrap(),
            };
            parts.into_iter().map(extra).collect()
        })
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
            prop_assert_eq!(parse(&written(&[one])), Ok(vec![one]));
        }

        #[test]
        fn the_greater_extra_time_covers_both(one in some_extra_time(), other in some_extra_time()) {
            let both = greater(&one, &other);
            prop_assert!(covers(&both, &one) && covers(&both, &other));
        }
    }
}
