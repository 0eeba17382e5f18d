//! What is in force for a fleet, read again only when it has changed.

use crate::domain::{FleetName, Sitting};
use crate::store::{Error, Store};
use std::sync::Arc;

/// The sittings in force, all sources together, and how sure we are of them.
#[derive(Debug, Clone)]
pub(super) struct InForce {
    stamp: Option<i64>,
    /// Sorted by start, then key.
    pub(super) sittings: Arc<Vec<Sitting>>,
    /// Whether any revision was ever published.
    pub(super) published: bool,
}

impl InForce {
    /// Nothing read yet.
    pub(super) fn nothing() -> Self {
        Self { stamp: None, sittings: Arc::new(Vec::new()), published: false }
    }

    /// Reads what is in force where it has changed; `true` when it has. On an error the last reading stands.
    pub(super) async fn refresh(
        &mut self,
        store: &Store,
        fleet: &FleetName,
    ) -> Result<bool, Error> {
        let stamp = store.in_force_stamp(fleet).await?;
        if self.stamp == Some(stamp) {
            return Ok(false);
        }
        let revisions = store.in_force(fleet).await?;
        self.published = !revisions.is_empty();
        let mut sittings: Vec<_> =
            revisions.into_iter().flat_map(|revision| revision.content.sittings).collect();
        sittings.sort_by(|a, b| (a.span.start(), &a.key).cmp(&(b.span.start(), &b.key)));
        self.sittings = Arc::new(sittings);
        self.stamp = Some(stamp);
        Ok(true)
    }
}
