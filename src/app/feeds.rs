//! The loops of the feeds.

use crate::config::{self, Fleet};
use crate::domain::{Clock, SystemClock};
use crate::feeds::watch;
use crate::lifecycle::Lifecycle;
use crate::store::Store;
use crate::tasks::{Feed, FeedLoop, FeedSpec, drive_feed};
use crate::timetable::{Limits, SettingsNow};
use std::sync::Arc;
use tokio::sync::Notify;

/// A fleet whose timetables may be fetched.
#[derive(Clone, Copy)]
pub(super) struct Fed<'a> {
    pub(super) fleet: &'a Fleet,
    /// How its timetables are read.
    pub(super) timetable: &'a SettingsNow,
    pub(super) store: &'a Store,
    /// Tells the fleet's own loop to pass at once.
    pub(super) wake: &'a Arc<Notify>,
}

/// A loop for each feed of a fleet.
pub(super) fn spawn(lifecycle: &Lifecycle, clock: &Arc<dyn Clock>, fed: Fed<'_>) {
    let Fed { fleet, timetable, store, wake } = fed;
    for feed in &fleet.feeds {
        // The age of a file is told by the machine's clock, in the sandbox too.
        let door = watch(&feed.place, Limits::UPLOAD.file_bytes, Arc::new(SystemClock));
        let own = Feed {
            fleet: fleet.name.clone(),
            spec: spec_of(feed),
            store: store.clone(),
            timetable: timetable.clone(),
            wake: Arc::clone(wake),
        };
        let (clock, stop) = (Arc::clone(clock), lifecycle.soft_token());
        let looking = drive_feed(FeedLoop::new(own, door), clock, feed.every, stop);
        lifecycle.spawn(&format!("feed {} of fleet {}", feed.source, fleet.name), looking);
    }
}

/// What the fleet's own loop must know of a feed.
pub(super) fn spec_of(feed: &config::Feed) -> FeedSpec {
    let config::Feed { source, place, every: _, stale_after } = feed;
    FeedSpec { source: source.clone(), kind: place.kind(), stale_after: *stale_after }
}
