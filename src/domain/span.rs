//! A stretch of time: half-open, in UTC, never empty.

use chrono::{DateTime, TimeDelta, Utc};

/// From `start` up to, but not including, `end`. Two spans that touch do not overlap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Span {
    start: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl Span {
    /// From 1970 to the end of time: leaves nothing out.
    pub const ALWAYS: Self = Self { start: DateTime::UNIX_EPOCH, end: DateTime::<Utc>::MAX_UTC };

    /// `None` unless `start < end`.
    pub fn new(start: DateTime<Utc>, end: DateTime<Utc>) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    /// First instant inside.
    pub const fn start(self) -> DateTime<Utc> {
        self.start
    }

    /// First instant after.
    pub const fn end(self) -> DateTime<Utc> {
        self.end
    }

    /// How long; always more than zero.
    pub fn duration(self) -> TimeDelta {
        self.end - self.start
    }

    /// Whether `at` lies inside.
    pub fn contains(self, at: DateTime<Utc>) -> bool {
        self.start <= at && at < self.end
    }

    /// Whether both share an instant.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether both share an instant or meet end to start.
    pub fn touches(self, other: Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(minute * 60, 0).unwrap()
    }

    #[test]
    fn spans_that_meet_touch_but_do_not_overlap() {
        let first = Span::new(at(0), at(10)).unwrap();
        let second = Span::new(at(10), at(20)).unwrap();
        assert!(first.touches(second) && !first.overlaps(second));
        assert!(!first.contains(at(10)) && second.contains(at(10)));
        assert_eq!(Span::new(at(1), at(1)), None);
    }
}
