//! The loops: each loads, calls pure functions, saves.

mod publish;
mod snapshot;

pub use publish::{PublishOutcome, publish_draft};
pub use snapshot::Snapshot;
