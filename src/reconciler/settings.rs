//! What reconciling must be told.

use crate::domain::Nodes;
use chrono::TimeDelta;

/// Bounds of lowering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The least time between two looks that agree, by the source's own time.
    pub second_look: TimeDelta,
    /// How old an observation may be to be believed.
    pub fresh_for: TimeDelta,
    /// How long after the hard end a hold without a readable source waits for a person.
    pub overdue_grace: TimeDelta,
    /// Nodes given back per pass, at least 1.
    pub release_step: Nodes,
    /// Attempts that run all year and hold nothing.
    pub background_attempts: u64,
}
