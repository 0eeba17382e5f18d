//! How presses of *Start attempt* spread over the press window.

/// Parts of the window of a measured curve: 5 seconds each of the usual minute.
const PARTS: usize = 12;
/// The last of a curve is all of the candidates, but for rounding.
const NOISE: f64 = 1e-9;
/// A curve that a few presses were measured on may be that much steeper; the chance that the true one is steeper still.
const BEYOND_BAND: f64 = 0.01;

/// How presses of *Start attempt* spread over the press window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PressShape {
    /// 50 % within a quarter of the window, 80 % within half, all by its end: unsourced, between what was measured (even
    /// over a minute) and what load tests assume (all within 5 s).
    FrontLoaded,
    /// Evenly.
    Uniform,
    /// As past exams had it.
    Measured(PressCurve),
}

/// The share of candidates who have pressed by the end of each twelfth of the press window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PressCurve {
    shares: [f64; PARTS],
    /// The share that may come at once at any moment besides, as far as is known.
    unsure: f64,
}

/// Why twelve numbers are no curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCurve {
    /// A share outside 0 to 1, or no number.
    #[error("every share must be from 0 to 1")]
    Share,
    /// Candidates cannot take a press back.
    #[error("the shares must not fall: each counts those before it too")]
    Falling,
    /// Somebody never pressed.
    #[error("the last share must be 1: by the end of the window all have pressed")]
    Unfinished,
}

impl PressCurve {
    /// From the shares by the end of each twelfth.
    ///
    /// # Errors
    /// [`BadCurve`].
    pub fn new(shares: [f64; PARTS]) -> Result<Self, BadCurve> {
        if !shares.iter().all(|share| (0.0..=1.0).contains(share)) {
            Err(BadCurve::Share)
        } else if !shares.is_sorted() {
            Err(BadCurve::Falling)
        } else if shares[PARTS - 1] < 1.0 - NOISE {
            Err(BadCurve::Unfinished)
        } else {
            Ok(Self { shares, unsure: 0.0 })
        }
    }

    /// From presses of past exams, as shares of the press window after each opening; later ones count as at its end.
    /// `None` of none.
    pub fn measured(presses: &[f64]) -> Option<Self> {
        if presses.is_empty() {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "presses are far fewer than 2^52")]
        let (all, count) = (presses.len() as f64, |until: f64| {
            presses.iter().filter(|press| **press <= until).count() as f64
        });
        let mut shares = ends().map(|until| count(until) / all);
        shares[PARTS - 1] = 1.0;
        let count = u32::try_from(presses.len()).unwrap_or(u32::MAX);
        Some(Self { shares, unsure: 0.0 }.of_presses(count))
    }

    /// The same, measured on so many presses; on none it is taken as exact.
    ///
    /// The fewer there are, the more may come at once than they say: with 99 % no stretch of the true curve has more than
    /// that of the measured one and twice `sqrt(ln(2/0.01) / 2n)` (Dvoretzky-Kiefer-Wolfowitz, two-sided, with the
    /// constant of Massart 1990), which is added to every stretch, so that little evidence never asks for less.
    #[must_use]
    pub fn of_presses(self, count: u32) -> Self {
        if count == 0 {
            return self;
        }
        let band = ((2.0 / BEYOND_BAND).ln() / (2.0 * f64::from(count))).sqrt();
        Self { unsure: (2.0 * band).min(1.0), ..self }
    }

    /// The shares.
    pub fn shares(&self) -> &[f64; PARTS] {
        &self.shares
    }
}

/// The end of each twelfth, as shares of the window.
fn ends() -> [f64; PARTS] {
    std::array::from_fn(|part| f64::from(u32::try_from(part + 1).unwrap_or(1)) / 12.0)
}

impl PressShape {
    /// The shape as even stretches, one after the other: each with its share of the window and of the candidates.
    pub(super) fn parts(&self) -> Vec<(f64, f64)> {
        match self {
            Self::FrontLoaded => vec![(0.25, 0.5), (0.25, 0.3), (0.5, 0.2)],
            Self::Uniform => vec![(1.0, 1.0)],
            Self::Measured(curve) => {
                let before = std::iter::once(0.0).chain(curve.shares);
                curve
                    .shares
                    .iter()
                    .zip(before)
                    .map(|(share, before)| (1.0 / 12.0, share - before))
                    .collect()
            }
        }
    }
}

/// Presses at a steady rate for a while, both in shares of the window and of the candidates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Layer {
    pub(super) begins: f64,
    pub(super) lasts: f64,
    pub(super) share: f64,
}

impl PressShape {
    /// The shape as layers that lie on each other, each as long as its rate lasts: a rate that goes on for long is one
    /// flow however finely a curve was measured.
    pub(super) fn layers(&self) -> Vec<Layer> {
        let parts = self.parts();
        let mut layers = Vec::new();
        // A stretch of parts, where it begins, and the rate that the layers below already have.
        let mut stretches = vec![(parts.as_slice(), 0.0, 0.0)];
        while let Some((parts, begins, below)) = stretches.pop() {
            let rate = |part: &(f64, f64)| part.1 / part.0;
            let least = parts.iter().map(rate).fold(f64::INFINITY, f64::min);
            let lasts: f64 = parts.iter().map(|(time, _)| time).sum();
            if parts.is_empty() {
                continue;
            }
            if below < least {
                layers.push(Layer { begins, lasts, share: (least - below) * lasts });
            }
            let mut from = begins;
            for above in parts.split_inclusive(|part| rate(part) <= least + NOISE) {
                let higher = above.strip_suffix(&above[above.len() - 1..]).unwrap_or(above);
                let ends_low = above.last().is_some_and(|part| rate(part) <= least + NOISE);
                stretches.push((if ends_low { higher } else { above }, from, least));
                from += above.iter().map(|(time, _)| time).sum::<f64>();
            }
        }
        layers.sort_by(|a, b| a.begins.total_cmp(&b.begins).then(b.lasts.total_cmp(&a.lasts)));
        layers
    }

    /// Where in the window more begin to press than before, as shares of it: its beginning first. A burst may be worst
    /// from any of these on.
    pub(super) fn rises(&self) -> Vec<f64> {
        let mut begins = 0.0;
        let mut before = 0.0;
        let mut rises = Vec::new();
        for (time, share) in self.parts() {
            let rate = share / time;
            if before < rate {
                rises.push(begins);
            }
            begins += time;
            before = rate;
        }
        rises
    }

    /// The share of candidates who may press at once besides, at any moment.
    pub(super) fn unsure(&self) -> f64 {
        match self {
            Self::FrontLoaded | Self::Uniform => 0.0,
            Self::Measured(curve) => curve.unsure,
        }
    }

    /// [`Self::parts`], none longer than a quarter of the window.
    pub(super) fn fine_parts(&self) -> impl Iterator<Item = (f64, f64)> {
        self.parts().into_iter().flat_map(|(time, share)| {
            let pieces = [1_u8, 2, 4].into_iter().find(|pieces| time <= 0.25 * f64::from(*pieces));
            let pieces = pieces.unwrap_or(4);
            let piece = (time / f64::from(pieces), share / f64::from(pieces));
            std::iter::repeat_n(piece, usize::from(pieces))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_curve_is_refused() {
        let mut shares = ends();
        assert!(PressCurve::new(shares).is_ok());
        shares[11] = 0.9;
        assert_eq!(PressCurve::new(shares), Err(BadCurve::Falling));
        shares[10] = 0.9;
        assert_eq!(PressCurve::new(shares), Err(BadCurve::Unfinished));
        shares[0] = f64::NAN;
        assert_eq!(PressCurve::new(shares), Err(BadCurve::Share));
    }

    #[test]
    fn little_evidence_never_asks_for_less() {
        let even: Vec<f64> = (0..1200).map(|n| f64::from(n) / 1200.0).collect();
        let many = PressCurve::measured(&even).unwrap();
        let few = PressCurve::measured(&even[..1200 / 100]).unwrap();
        assert!((many.shares[5] - 0.5).abs() < 0.001 && many.unsure < 0.1, "{many:?}");
        assert!(many.unsure < few.unsure);
        assert_eq!(PressCurve::measured(&[0.9]).unwrap().unsure, 1.0);
        assert_eq!(PressCurve::measured(&[]), None);
    }

    #[test]
    fn more_begin_to_press_where_a_curve_bends_upwards() {
        let mut shares = [0.0; PARTS];
        shares[PARTS - 1] = 1.0;
        let late = PressShape::Measured(PressCurve::new(shares).unwrap()).rises();
        assert!(late.len() == 1 && (late[0] - 11.0 / 12.0).abs() < 1e-9, "{late:?}");
        assert_eq!(PressShape::FrontLoaded.rises(), [0.0]);
    }

    #[test]
    fn layers_lie_on_each_other_and_each_lasts_as_long_as_its_rate() {
        let layers = PressShape::FrontLoaded.layers();
        let told: Vec<_> = layers.iter().map(|l| (l.begins, l.lasts, l.share)).collect();
        for (found, expected) in
            told.iter().zip([(0.0, 1.0, 0.4), (0.0, 0.5, 0.4), (0.0, 0.25, 0.2)])
        {
            let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
            let all = near(found.0, expected.0) && near(found.1, expected.1);
            assert!(all && near(found.2, expected.2), "{told:?}");
        }
        assert_eq!(told.len(), 3);
        assert_eq!(PressShape::Uniform.layers().len(), 1);
        let even = PressShape::Measured(PressCurve::new(ends()).unwrap()).layers();
        assert!((even[0].lasts - 1.0).abs() < 1e-9 && 0.999 < even[0].share, "{even:?}");
    }

    proptest::proptest! {
        /// The layers are the curve, wherever it rises and falls.
        #[test]
        fn layers_add_up_to_the_curve(parts in proptest::array::uniform12(0.0..1.0_f64)) {
            let all: f64 = parts.iter().sum::<f64>().max(1e-9);
            let mut sum = 0.0;
            let mut shares = parts.map(|part| {
                sum += part / all;
                sum.min(1.0)
            });
            shares[PARTS - 1] = 1.0;
            let shape = PressShape::Measured(PressCurve::new(shares).unwrap());
            for (end, share) in ends().into_iter().zip(shares) {
                let pressed = |layer: &Layer| layer.share * ((end - layer.begins) / layer.lasts).clamp(0.0, 1.0);
                let found: f64 = shape.layers().iter().map(pressed).sum();
                proptest::prop_assert!((found - share).abs() < 1e-6, "{} {}", found, share);
            }
        }
    }

    #[test]
    fn the_parts_are_the_whole() {
        for shape in [
            PressShape::FrontLoaded,
            PressShape::Uniform,
            PressShape::Measured(PressCurve::measured(&[0.1, 0.2, 0.7]).unwrap()),
        ] {
            let sums =
                shape.parts().iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
            assert!((sums.0 - 1.0).abs() < 1e-9 && (sums.1 - 1.0).abs() < 1e-9, "{shape:?}");
        }
    }
}
