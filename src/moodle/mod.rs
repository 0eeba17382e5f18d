//! The door to Moodle: how many attempts are in progress. Knows no decision.

use crate::domain::{Attempts, Seen};
use async_trait::async_trait;

/// Counting attempts in progress.
#[async_trait]
pub trait CountAttempts: Send + Sync {
    /// The count now; [`Seen::Unknown`] when it cannot be read or believed, which is never zero.
    async fn count(&self) -> Seen<Attempts>;
}

/// No source at all: the timetable alone decides, and release comes at the hard end.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimetableOnly;

#[async_trait]
impl CountAttempts for TimetableOnly {
    async fn count(&self) -> Seen<Attempts> {
        Seen::Absent
    }
}
