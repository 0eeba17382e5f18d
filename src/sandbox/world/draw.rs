//! Chance. Every purpose has a stream of its own, so that what happens to one node or one sitting does not
//! depend on what else was asked before.

use chrono::TimeDelta;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use sha2::{Digest as _, Sha256};

/// The stream of one thing: the same seed, purpose and name always give the same draws.
pub(super) fn stream(seed: u64, purpose: &str, name: &str) -> StdRng {
    let digest = Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(name)
        .finalize();
    StdRng::from_seed(digest.into())
}

/// Uniform in 0..1, never 1.
pub(super) fn uniform(rng: &mut StdRng) -> f64 {
    rng.random()
}

/// Lognormal with this median; `sigma` is the standard deviation of the logarithm. The normal draw is
/// Box and Muller's (1958).
pub(super) fn lognormal(rng: &mut StdRng, median: f64, sigma: f64) -> f64 {
    let radius = (-2.0 * (1.0 - uniform(rng)).ln()).sqrt();
    let normal = radius * (std::f64::consts::TAU * uniform(rng)).cos();
    median * (sigma * normal).exp()
}

/// Gamma of shape 4 with this mean, as a sum of four exponentials; its squared coefficient of variation is 1/4.
pub(super) fn gamma(rng: &mut StdRng, mean: f64) -> f64 {
    let exponentials: f64 = (0..4).map(|_| -(1.0 - uniform(rng)).ln()).sum();
    mean / 4.0 * exponentials
}

/// Beta(1, 3) by its inverse, 1 - (1 - u)^(1/3): most come early.
pub(super) fn beta_1_3(rng: &mut StdRng) -> f64 {
    1.0 - (1.0 - uniform(rng)).cbrt()
}

/// Seconds as a span of whole milliseconds.
pub(super) fn seconds(seconds: f64) -> TimeDelta {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to three years")]
    let milliseconds = (seconds * 1_000.0).round().clamp(0.0, 1e11) as i64;
    TimeDelta::milliseconds(milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mean(draw: impl Fn(&mut StdRng) -> f64) -> f64 {
        let mut rng = stream(1, "test", "mean");
        (0..20_000).map(|_| draw(&mut rng)).sum::<f64>() / 20_000.0
    }

    #[test]
    fn draws_have_the_means_of_their_laws() {
        assert!((mean(|rng| gamma(rng, 0.5)) - 0.5).abs() < 0.01);
        assert!((mean(beta_1_3) - 0.25).abs() < 0.01);
        let expected = 135.0 * (0.45_f64 * 0.45 / 2.0).exp();
        assert!((mean(|rng| lognormal(rng, 135.0, 0.45)) - expected).abs() < 2.0);
    }

    #[test]
    fn a_stream_is_known_by_seed_purpose_and_name() {
        let first = |seed, purpose, name| uniform(&mut stream(seed, purpose, name)).to_bits();
        assert_eq!(first(1, "node", "7"), first(1, "node", "7"));
        assert_ne!(first(1, "node", "7"), first(2, "node", "7"));
        assert_ne!(first(1, "node", "7"), first(1, "sitting", "7"));
        assert_ne!(first(1, "node", "7"), first(1, "node", "8"));
    }
}
