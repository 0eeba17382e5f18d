//! The inverse of what only grows, by halving.

/// Halvings of an interval: finer than anything that is measured.
const HALVINGS: u32 = 64;

/// The greatest value between `low` and `high` for which `holds`, which holds up to some value and not beyond.
pub(super) fn greatest(mut low: f64, mut high: f64, holds: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_edge_is_found_wherever_it_is() {
        for edge in [1e-9, 0.3, 7.25, 99.0] {
            let found = greatest(0.0, 100.0, |x| x <= edge);
            assert!((found - edge).abs() < 1e-12, "{found}");
        }
        assert_eq!(greatest(0.0, 100.0, |_| false), 0.0);
    }
}
