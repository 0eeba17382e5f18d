//! The loops: each loads, calls pure functions, saves. Knows no HTTP, no AWS type, and no sandbox.

mod apply;
mod doubts;
mod driver;
mod feeds;
mod findings;
mod judge;
mod pass;
mod planning;
mod publish;
mod snapshot;
mod sources;
mod timetable;

pub use driver::{Heartbeat, drive};
pub use feeds::{Feed, FeedLoop, FeedSpec, Looked, drive_feed};
pub use judge::distrust;
pub use pass::{Fleet, FleetLoop, OnTimetable, Passed};
pub use planning::Neighbour;
pub use publish::{ApproveOutcome, PublishOutcome, approve, publish_draft, restore};
pub use snapshot::Snapshot;
