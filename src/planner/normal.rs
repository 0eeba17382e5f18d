//! The standard normal distribution, accurate far into its tail: odds of 1e-7 are asked of it.

use super::bisect::greatest;
use std::f64::consts::TAU;

/// Beyond this the continued fraction converges quickly, below it the series does.
const SERIES_BELOW: f64 = 3.0;
/// Terms of either expansion; at [`SERIES_BELOW`] both agree to 12 digits.
const TERMS: u32 = 60;
/// From here on the tail is below the least normal `f64`.
pub(super) const FARTHEST: f64 = 38.0;

/// The density of a standard normal variable at `x`.
pub(super) fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / TAU.sqrt()
}

/// The chance that a standard normal variable exceeds `x`, with relative accuracy in the whole tail.
///
/// Series and continued fraction of Abramowitz & Stegun, *Handbook of Mathematical Functions*, 26.2.11 and
/// 26.2.14.
pub(super) fn upper_tail(x: f64) -> f64 {
    if x < 0.0 {
        return 1.0 - upper_tail(-x);
    }
    if x < SERIES_BELOW {
        let mut term = x;
        let mut sum = 0.0;
        for k in 1..=TERMS {
            sum += term;
            term *= x * x / f64::from(2 * k + 1);
        }
        0.5 - density(x) * sum
    } else {
        density(x) / (1..=TERMS).rev().fold(x, |below, k| x + f64::from(k) / below)
    }
}

/// The value that a standard normal variable exceeds with the chance `tail`; 0 for a half and more.
pub(super) fn quantile_above(tail: f64) -> f64 {
    greatest(0.0, FARTHEST, |x| tail < upper_tail(x))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_accurate_where_odds_are_tiny() {
        // R: pnorm(c(0, 1, 3, 5, 6), lower.tail = FALSE)
        let known = [
            (0.0, 0.5),
            (1.0, 0.158_655_3),
            (3.0, 1.349_898e-3),
            (5.0, 2.866_516e-7),
            (6.0, 9.865_876e-10),
        ];
        for (x, tail) in known {
            assert!((upper_tail(x) / tail - 1.0).abs() < 1e-6, "at {x}: {}", upper_tail(x));
        }
    }

    #[test]
    fn the_quantiles_are_those_of_the_tables() {
        assert!((quantile_above(1e-3) - 3.0902).abs() < 1e-4);
        assert!((quantile_above(1e-5) - 4.2649).abs() < 1e-4);
        assert!(quantile_above(0.5) < 1e-9);
    }
}
