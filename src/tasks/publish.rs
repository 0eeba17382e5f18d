//! From draft to revision: growth at once, shrinkage near an exam by two people.

use crate::store::{Approval, Draft, Error, Revision, Store};
use crate::timetable::Guard;
use chrono::{DateTime, Utc};

/// What publishing a draft came to.
#[derive(Debug, Clone)]
pub enum PublishOutcome {
    /// In force.
    Published(Revision),
    /// Somebody else published first; the current number.
    Stale(u64),
    /// The union of old and new is in force; the shrinkage waits for a second person.
    SecondPerson {
        /// What waits.
        approval: Approval,
        /// Why.
        guards: Vec<Guard>,
        /// The union that is in force meanwhile.
        in_force: Revision,
    },
}

/// Publishes a draft against the revision its publisher saw (0 for none).
///
/// # Errors
/// The store's.
pub async fn publish_draft(
    _store: &Store,
    _draft: &Draft,
    _seen: u64,
    _by: &str,
    _now: DateTime<Utc>,
) -> Result<PublishOutcome, Error> {
    todo!()
}
