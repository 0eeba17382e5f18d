//! How long a node takes from its launch to being healthy: assumed, or learned from boots that were seen.

use super::normal::upper_tail;
use chrono::TimeDelta;

/// The normal quantile of a one-sided 95 % bound.
const Z_95: f64 = 1.645;
/// Below so many only the slowest counts: their spread says nothing.
const FEWEST: usize = 5;
/// The slowest boot that was seen must not be less likely than this among as many.
const LEAST_LIKELY: f64 = 0.05;

/// Boot time, launch to healthy: a fixed part plus a lognormal one. What is asked of it, odds of one in ten million, lies
/// far beyond any boots that were ever seen: it is extrapolated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Boot {
    /// The part no boot goes below.
    pub fixed: TimeDelta,
    /// Median of the rest.
    pub median: TimeDelta,
    /// Sigma of its logarithm.
    pub sigma: f64,
    /// Boots that it was learned from; 0 where it is assumed.
    pub seen: u32,
}

impl Boot {
    /// From so many boots on, what was seen is believed over what was assumed.
    pub(super) const ENOUGH: u32 = 200;

    /// Learns from boots that were seen, launch to healthy.
    ///
    /// Median and sigma are those of the logarithms of what lies above the fixed part, each raised to its upper 95 %
    /// confidence bound (mean: `m + z s/√n`; spread: `s √((n-1)/χ²)` with the Wilson-Hilferty approximation of χ²), and
    /// sigma further, until the slowest boot is no wonder. Up to 200 boots neither falls below what is assumed here.
    #[must_use]
    pub fn learned(self, seen: &[TimeDelta]) -> Self {
        let fixed = self.fixed.as_seconds_f64();
        if seen.len() < FEWEST {
            // A few slow ones count; their spread cannot be told.
            let slowest = seen.iter().max().map_or(self.median, |slowest| *slowest - self.fixed);
            let count = u32::try_from(seen.len()).unwrap_or(u32::MAX);
            return Self { median: self.median.max(slowest), seen: count, ..self };
        }
        let rest = |boot: &TimeDelta| (boot.as_seconds_f64() - fixed).max(1.0).ln();
        let logs: Vec<f64> = seen.iter().map(rest).collect();
        #[expect(clippy::cast_precision_loss, reason = "boots are far fewer than 2^52")]
        let count = logs.len() as f64;
        let mean = logs.iter().sum::<f64>() / count;
        let spread =
            (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt();
        let freedom = count - 1.0;
        let least = 1.0 - 2.0 / (9.0 * freedom) - Z_95 * (2.0 / (9.0 * freedom)).sqrt();
        let mut median = (mean + Z_95 * spread / count.sqrt()).exp();
        let mut sigma = spread / least.max(0.1).powi(3).sqrt();
        if count < f64::from(Self::ENOUGH) {
            median = median.max(self.median.as_seconds_f64());
            sigma = sigma.max(self.sigma);
        }
        let slowest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let beyond = |sigma: f64| count * upper_tail((slowest - median.ln()) / sigma);
        while beyond(sigma.max(1e-3)) < LEAST_LIKELY && sigma < 5.0 {
            sigma = sigma.max(1e-3) * 1.05;
        }
        #[expect(clippy::cast_possible_truncation, reason = "a boot is shorter than a day")]
        let median = TimeDelta::milliseconds((median * 1000.0).ceil() as i64);
        let seen = u32::try_from(seen.len()).unwrap_or(u32::MAX);
        Self { median, sigma, seen, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::fixture::settings;
    use proptest::prelude::*;

    fn assumed() -> Boot {
        settings().lead.boot
    }

    /// Evenly over the distribution: as a lognormal of this median and sigma has them.
    fn boots(count: u32, median: f64, sigma: f64) -> Vec<TimeDelta> {
        let at = |n: u32| {
            let tail = 1.0 - (f64::from(n) + 0.5) / f64::from(count);
            let z = if tail < 0.5 {
                crate::planner::normal::quantile_above(tail)
            } else {
                -crate::planner::normal::quantile_above(1.0 - tail)
            };
            let rest = std::time::Duration::from_secs_f64(median * (sigma * z).exp());
            assumed().fixed + TimeDelta::from_std(rest).unwrap()
        };
        (0..count).map(at).collect()
    }

    #[test]
    fn few_quick_boots_change_nothing() {
        assert_eq!(assumed().learned(&boots(4, 20.0, 0.1)), Boot { seen: 4, ..assumed() });
        let learned = assumed().learned(&boots(100, 20.0, 0.1));
        assert_eq!((learned.median, learned.sigma), (assumed().median, assumed().sigma));
        assert_eq!(learned.seen, 100);
    }

    #[test]
    fn a_few_slow_boots_count_at_once() {
        let slow = [TimeDelta::minutes(16), TimeDelta::minutes(15)];
        let learned = assumed().learned(&slow);
        assert_eq!((learned.median + learned.fixed, learned.seen), (slow[0], 2));
    }

    #[test]
    fn many_quick_boots_are_believed_with_a_margin() {
        let learned = assumed().learned(&boots(400, 60.0, 0.3));
        let median = learned.median.as_seconds_f64();
        assert!((60.0..63.0).contains(&median), "{median}");
        assert!((0.3..0.36).contains(&learned.sigma), "{}", learned.sigma);
    }

    #[test]
    fn slow_boots_are_believed_at_once() {
        let learned = assumed().learned(&boots(10, 400.0, 0.6));
        assert!(TimeDelta::seconds(400) < learned.median);
        assert!(0.6 < learned.sigma);
        // One that took ten minutes among two hundred of a minute.
        let mut one = boots(250, 60.0, 0.1);
        one.push(TimeDelta::minutes(10));
        assert!(
            assumed().learned(&boots(250, 60.0, 0.1)).sigma * 2.0 < assumed().learned(&one).sigma
        );
    }

    proptest! {
        #[test]
        fn up_to_enough_boots_nothing_is_asked_for_later_than_assumed(
            boots in prop::collection::vec(1..3_000_i64, 0..199_usize),
        ) {
            let seen: Vec<_> = boots.into_iter().map(TimeDelta::seconds).collect();
            let learned = assumed().learned(&seen);
            prop_assert!(assumed().median <= learned.median && assumed().sigma <= learned.sigma);
            prop_assert!(learned.sigma.is_finite());
        }
    }
}
