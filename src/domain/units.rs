//! Counts and shares that cannot be mistaken for each other.

use std::fmt;

/// A number of web servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Nodes(u32);

impl Nodes {
    /// No node at all.
    pub const ZERO: Self = Self(0);

    /// Wraps a count.
    pub const fn new(count: u32) -> Self {
        Self(count)
    }

    /// The bare count.
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Sum, saturating: a fleet too large to count is still too large.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// Difference, never below zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Nodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number of people who may sit an exam.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Candidates(u32);

impl Candidates {
    /// Wraps a count.
    pub const fn new(count: u32) -> Self {
        Self(count)
    }

    /// The bare count.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Candidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value outside what its type can mean.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum UnitError {
    /// A share is a fraction; 20 % is 0.2, not 20.
    #[error("a share lies between 0 and 1 (20 % is 0.2), not {0}")]
    Share(f64),
    /// Extra time never shortens an exam.
    #[error("an extra-time factor is at least 1 (25 % more is 1.25), not {0}")]
    Factor(f64),
}

/// A fraction of a whole, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// The whole.
    pub const ALL: Self = Self(1.0);

    /// A fraction from 0 to 1.
    ///
    /// # Errors
    /// [`UnitError::Share`] outside 0..=1 or for NaN: a percentage written as 20 is refused, not guessed.
    pub fn new(fraction: f64) -> Result<Self, UnitError> {
        if (0.0..=1.0).contains(&fraction) {
            Ok(Self(fraction))
        } else {
            Err(UnitError::Share(fraction))
        }
    }

    /// The fraction, 0 to 1.
    pub const fn fraction(self) -> f64 {
        self.0
    }
}

/// By how much a candidate's time is stretched: 1.25 is a quarter more. No upper cap.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Factor(f64);

impl Factor {
    /// A stretch of at least 1.
    ///
    /// # Errors
    /// [`UnitError::Factor`] below 1, for NaN and for infinity.
    pub fn new(factor: f64) -> Result<Self, UnitError> {
        if factor >= 1.0 && factor.is_finite() {
            Ok(Self(factor))
        } else {
            Err(UnitError::Factor(factor))
        }
    }

    /// The bare multiplier, at least 1.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// A fleet's name: it becomes part of AWS object names, so it keeps to a safe alphabet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FleetName(String);

/// A name that cannot stand in an AWS object name or a path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a name is 1 to 64 characters of a-z, 0-9 and '-', and begins with a letter; {0:?} is not")]
pub struct NameError(pub String);

impl FleetName {
    /// Checks and wraps a name.
    ///
    /// # Errors
    /// [`NameError`] unless 1 to 64 characters of `a-z`, `0-9`, `-`, beginning with a letter.
    pub fn new(name: &str) -> Result<Self, NameError> {
        let safe = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let first = name.chars().next().is_some_and(|c| c.is_ascii_lowercase());
        if first && name.len() <= 64 && name.chars().all(safe) {
            Ok(Self(name.to_owned()))
        } else {
            Err(NameError(name.to_owned()))
        }
    }

    /// The name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FleetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_is_refused_where_a_share_is_meant() {
        assert_eq!(Share::new(20.0), Err(UnitError::Share(20.0)));
        assert!(Share::new(f64::NAN).is_err());
        assert_eq!(Share::new(0.2).map(Share::fraction), Ok(0.2));
    }

    #[test]
    fn extra_time_never_shortens() {
        assert!(Factor::new(0.9).is_err());
        assert!(Factor::new(f64::INFINITY).is_err());
    }

    #[test]
    fn fleet_names_are_safe_in_aws_names_and_paths() {
        for bad in ["", "Moodle", "9a", "a/b", "a b", "é", &"a".repeat(65)] {
            assert!(FleetName::new(bad).is_err(), "{bad:?}");
        }
        assert!(FleetName::new("moodle-2").is_ok());
    }
}
