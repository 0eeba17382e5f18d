//! Timetable text to sittings. Pure: knows no clock, no file, no network.

mod settings;

pub use settings::{Limits, Settings};

use crate::domain::{Reading, Sitting};
use chrono::{DateTime, Utc};

/// A file that could not be read at all; nothing that was published is touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a calendar, or one that asks too much of us. `line` counts from 1.
    #[error("line {line}: {what}; {fix}")]
    Unreadable {
        /// Where.
        line: u32,
        /// What is wrong.
        what: String,
        /// What to do next.
        fix: String,
    },
}

/// What differs between two readings of one source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Only in the new one.
    pub added: Vec<Sitting>,
    /// Same sitting, other times: old, new.
    pub moved: Vec<(Sitting, Sitting)>,
    /// Same sitting and times, other candidates, extra time or title: old, new.
    pub changed: Vec<(Sitting, Sitting)>,
    /// Only in the old one.
    pub removed: Vec<Sitting>,
    /// Untouched.
    pub same: usize,
}

/// Why a publication needs a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// The new file has no sitting in the future, the old one has.
    Empty,
    /// More than 20 % fewer future sittings.
    ManyFewer,
    /// A running sitting, or one that starts within 72 h, is removed.
    ImminentRemoved,
    /// Such a sitting is moved.
    ImminentMoved,
    /// Such a sitting shrinks: fewer candidates, less extra time, or shorter.
    ImminentShrunk,
    /// Everything is shifted by the same hour or hours: a zone mistake.
    AllShifted,
}

/// Reads a file.
///
/// # Errors
/// [`Error::Unreadable`] when nothing of it can be trusted.
pub fn read(_bytes: &[u8], _settings: &Settings) -> Result<Reading, Error> {
    todo!()
}

/// Compares two readings of one source.
pub fn compare(_old: &[Sitting], _new: &[Sitting]) -> Comparison {
    todo!()
}

/// Why publishing `new` over `old` needs a second person; sorted, empty when it needs none.
pub fn guards(_old: &[Sitting], _new: &[Sitting], _now: DateTime<Utc>) -> Vec<Guard> {
    todo!()
}

/// Both readings, the greater value of each sitting: what is in force while a shrinkage waits. A moved sitting
/// stands twice, under the same key.
pub fn union(_old: &[Sitting], _new: &[Sitting]) -> Vec<Sitting> {
    todo!()
}

/// The same file with every date moved by whole weeks, wall-clock times kept.
pub fn shifted(_text: &str, _weeks: i64) -> String {
    todo!()
}
