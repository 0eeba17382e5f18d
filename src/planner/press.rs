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
pub struct PressCurve([f64; PARTS]);

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
            Ok(Self(shares))
        }
    }

    /// From presses of past exams, as shares of the press window after each opening; later ones count as at its end.
    ///
    /// The fewer there are, the steeper it is taken to be: by the band that holds the true curve with 99 %
    /// (Dvoretzky-Kiefer-Wolfowitz, one-sided, `sqrt(ln(1/0.01) / 2n)`), so that little evidence never asks for less.
    /// `None` of none.
    pub fn measured(presses: &[f64]) -> Option<Self> {
        if presses.is_empty() {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "presses are far fewer than 2^52")]
        let (all, count) = (presses.len() as f64, |until: f64| {
            presses.iter().filter(|press| **press <= until).count() as f64
        });
        let band = (-BEYOND_BAND.ln() / (2.0 * all)).sqrt();
        let mut shares = ends().map(|until| (count(until) / all + band).min(1.0));
        shares[PARTS - 1] = 1.0;
        Some(Self(shares))
    }

    /// The shares.
    pub fn shares(&self) -> &[f64; PARTS] {
        &self.0
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
                let before = std::iter::once(0.0).chain(curve.0);
                curve
                    .0
                    .iter()
                    .zip(before)
                    .map(|(share, before)| (1.0 / 12.0, share - before))
                    .collect()
            }
        }
    }
}

impl PressShape {
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
        let few = PressCurve::measured(&even[..1200 / 100]).map(|curve| curve.0[0]);
        assert!((many.0[5] - 0.5).abs() < 0.05, "{many:?}");
        assert!(many.0[0] < few.unwrap());
        let one = PressCurve::measured(&[0.9]).unwrap();
        assert_eq!(one.0, [1.0; PARTS]);
        assert_eq!(PressCurve::measured(&[]), None);
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
