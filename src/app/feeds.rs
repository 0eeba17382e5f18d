//! The loops of the feeds.

use crate::config::{self, Fleet};
use crate::domain::{Clock, SystemClock};
use crate::feeds::watch;
use crate::lifecycle::Lifecycle;
use crate::store::Store;
use crate::tasks::{Feed, FeedLoop, FeedSpec, drive_feed};
use std::sync::Arc;
use tokio::sync::Notify;

/// A loop for each feed of a fleet; `wake` tells the fleet's own to pass at once.
pub(super) fn spawn(
    lifecycle: &Lifecycle,
    fleet: &Fleet,
    store: &Store,
    clock: &Arc<dyn Clock>,
    wake: &Arc<Notify>,
) {
    for feed in &fleet.feeds {
        let timetable = fleet.timetable();
        // The age of a file is told by the machine's clock, in the sandbox too.
        let door = watch(&feed.place, timetable.limits.file_bytes, Arc::new(SystemClock));
        let (store, wake) = (store.clone(), Arc::clone(wake));
        let own = Feed { fleet: fleet.name.clone(), spec: spec_of(feed), store, timetable, wake };
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
