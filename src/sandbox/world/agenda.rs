//! What is going to happen, in order of time.

use super::students::Seat;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Something that happens at a moment. Ordered by content as well, so that what happens at the same moment
/// happens in the same order however it was entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
    /// A node is in service.
    Booted(u32),
    /// A launch is seen to have failed.
    LaunchFailed(u32),
    /// A terminating node is gone.
    Gone(u32),
    /// A sitting opens; those who waited for it stop reloading.
    Opened(u32),
    /// A candidate presses *Start attempt*.
    Pressed(Seat),
    /// A candidate submits.
    Sent(Seat),
    /// A candidate's request is answered.
    Answered(Seat),
    /// Nobody can sit it any more.
    Over(u32),
    /// The database's reader has become its writer.
    FailedOver,
}

/// The events to come.
#[derive(Debug, Default)]
pub(super) struct Agenda(BinaryHeap<Reverse<(DateTime<Utc>, Event)>>);

impl Agenda {
    pub(super) fn add(&mut self, at: DateTime<Utc>, event: Event) {
        self.0.push(Reverse((at, event)));
    }

    pub(super) fn next_at(&self) -> Option<DateTime<Utc>> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    pub(super) fn take(&mut self) -> Option<Event> {
        self.0.pop().map(|Reverse((_, event))| event)
    }
}
