//! One timed exam, and what a timetable file said.

use super::{Candidates, Factor, Finding, Share, Span};
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt;

/// Which sitting this is, across uploads: the event's UID, and for one instance of a series its original start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SittingKey {
    /// The event's UID as written in the file.
    pub uid: String,
    /// The instance's original start, for an instance of a series.
    pub recurrence_id: Option<DateTime<Utc>>,
}

impl fmt::Display for SittingKey {
    /// `uid` or `uid;20261130T090000Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.recurrence_id {
            None => f.write_str(&self.uid),
            Some(id) => write!(f, "{};{}", self.uid, id.format("%Y%m%dT%H%M%SZ")),
        }
    }
}

/// The share of a cohort whose time is stretched by a factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExtraTime {
    /// Which part of the candidates.
    pub share: Share,
    /// By how much.
    pub factor: Factor,
}

/// One timed exam occurrence.
#[derive(Debug, Clone, PartialEq)]
pub struct Sitting {
    /// Which one, across uploads.
    pub key: SittingKey,
    /// What the registrar calls it, one line of cleaned text.
    pub title: String,
    /// From the opening to the end without extra time, as RFC 5545 reads what is written.
    pub span: Span,
    /// Other readings of the same written times, sorted and none equal to `span`: where the clocks change, or where
    /// zone rules contradict each other. Empty for nearly every sitting; all of them are covered.
    pub other_readings: Vec<Span>,
    /// How many may sit it.
    pub candidates: Candidates,
    /// Who has more time; shares not named have the time as written.
    pub extra_time: Vec<ExtraTime>,
    /// The line of the file where the event begins, counted from 1.
    pub source_line: Option<u32>,
}

impl Sitting {
    /// Every way its times can be read, that of RFC 5545 first.
    pub fn readings(&self) -> impl Iterator<Item = Span> + '_ {
        std::iter::once(self.span).chain(self.other_readings.iter().copied())
    }

    /// The earliest opening of any reading: from here on candidates may press.
    pub fn opens_at(&self) -> DateTime<Utc> {
        self.readings().map(Span::start).fold(self.span.start(), DateTime::min)
    }

    /// The end of the longest extra time of any reading: start + duration × largest factor, rounded up to the second.
    pub fn last_deadline(&self) -> DateTime<Utc> {
        let factor = self.extra_time.iter().map(|extra| extra.factor.get()).fold(1.0, f64::max);
        self.readings()
            .map(|span| stretched(span, factor))
            .fold(self.deadline(factor), DateTime::max)
    }

    /// The deadline of candidates whose time is stretched by `factor` (at least 1), as RFC 5545 reads it.
    pub fn deadline(&self, factor: f64) -> DateTime<Utc> {
        stretched(self.span, factor)
    }
}

/// The end of `span` with its length stretched by `factor`; never before the end itself, however far that is.
fn stretched(span: Span, factor: f64) -> DateTime<Utc> {
    #[expect(clippy::cast_precision_loss, reason = "seconds of an exam are far below 2^52")]
    let seconds = span.duration().num_seconds() as f64;
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a century")]
    let stretched = (seconds * factor.max(1.0)).ceil().min(3.2e9) as i64;
    span.end().max(span.start() + TimeDelta::seconds(stretched))
}

/// What a timetable file said: the sittings that could be read, and everything doubtful about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// Sorted by start, then key.
    pub sittings: Vec<Sitting>,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// How many of what.
    pub counts: ReadingCounts,
    /// Events that are no exams, sorted by start; of very many the first that were met.
    pub left_out: Vec<LeftOut>,
}

/// An event that was left out as no exam.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The event's UID.
    pub uid: String,
    /// What the registrar calls it, one line of cleaned text.
    pub title: String,
    /// The line of the file where it begins, counted from 1.
    pub line: u32,
    /// When it begins, where that can be read.
    pub starts_at: Option<DateTime<Utc>>,
    /// One sentence for the registrar.
    pub reason: String,
}

/// How much of a file became sittings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadingCounts {
    /// VEVENTs in the file.
    pub events: u32,
    /// Sittings inside the horizon.
    pub sittings: u32,
    /// Events or instances that the file cancels.
    pub cancelled: u32,
    /// Events that could not be read, each with a finding.
    pub rejected: u32,
    /// Events that are no exams, those that are not listed included.
    pub left_out: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sitting_of_centuries_is_covered_to_its_end() {
        let start = DateTime::UNIX_EPOCH;
        let span = Span::new(start, start + TimeDelta::days(200_000)).unwrap();
        let sitting = Sitting {
            key: SittingKey { uid: "misprint".into(), recurrence_id: None },
            title: "Exam".into(),
            span,
            other_readings: vec![],
            candidates: Candidates::new(1),
            extra_time: vec![],
            source_line: None,
        };
        assert_eq!(sitting.last_deadline(), span.end());
    }
}
