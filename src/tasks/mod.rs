//! The loops: each loads, calls pure functions, saves. Knows no HTTP, no AWS type, and no sandbox.

mod apply;
mod driver;
mod findings;
mod pass;
mod publish;
mod snapshot;
mod timetable;

pub use driver::{Heartbeat, drive};
pub use pass::{Fleet, FleetLoop, OnTimetable, Passed};
pub use publish::{ApproveOutcome, PublishOutcome, approve, publish_draft, restore};
pub use snapshot::Snapshot;
