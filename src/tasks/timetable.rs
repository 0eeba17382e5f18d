//! What is in force for a fleet, read again only when it has changed.

use super::doubts::doubts;
use crate::domain::{Finding, FleetName, Sitting};
use crate::store::{Error, Revision, Store};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::sync::Arc;

/// The sittings in force, all sources together, and how sure we are of them.
#[derive(Debug, Clone)]
pub(super) struct InForce {
    stamp: Option<i64>,
    /// Sorted by start, then key.
    pub(super) sittings: Arc<Vec<Sitting>>,
    /// Which revision of each source they are, sorted by source.
    pub(super) sources: Vec<Standing>,
    /// What is doubtful about them, warnings and worse, each with its source.
    pub(super) doubts: Vec<Finding>,
    /// Whether any revision was ever published.
    pub(super) published: bool,
}

/// The revision of a source that is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Standing {
    /// Which source.
    pub(super) source: String,
    /// Which revision.
    pub(super) number: u64,
    /// Since when.
    pub(super) published_at: DateTime<Utc>,
}

impl InForce {
    /// Nothing read yet.
    pub(super) fn nothing() -> Self {
        Self {
            stamp: None,
            sittings: Arc::new(Vec::new()),
            sources: Vec::new(),
            doubts: Vec::new(),
            published: false,
        }
    }

    /// Reads what is in force where it has changed; `true` when it has. On an error the last reading stands. Doubts tell
    /// times in `zone`.
    pub(super) async fn refresh(
        &mut self,
        store: &Store,
        fleet: &FleetName,
        zone: Tz,
    ) -> Result<bool, Error> {
        let stamp = store.in_force_stamp(fleet).await?;
        if self.stamp == Some(stamp) {
            return Ok(false);
        }
        let revisions = store.in_force(fleet).await?;
        self.published = !revisions.is_empty();
        self.sources = revisions.iter().map(standing).collect();
        self.doubts = revisions.iter().flat_map(|revision| doubts(revision, zone)).collect();
        let mut sittings: Vec<_> =
            revisions.into_iter().flat_map(|revision| revision.content.sittings).collect();
        sittings.sort_by(|a, b| (a.span.start(), &a.key).cmp(&(b.span.start(), &b.key)));
        self.sittings = Arc::new(sittings);
        self.stamp = Some(stamp);
        Ok(true)
    }
}

fn standing(revision: &Revision) -> Standing {
    Standing {
        source: revision.source.clone(),
        number: revision.number,
        published_at: revision.published_at,
    }
}
