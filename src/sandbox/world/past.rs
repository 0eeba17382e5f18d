//! What `Describe…` told a while ago: AWS answers reads from copies that may lag behind its writes.

use super::database::Database;
use super::foreign::Recurring;
use crate::domain::{Group, ScheduledAction, TrackingPolicy};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;

/// How far back it is known.
pub(in crate::sandbox) const KEPT: TimeDelta = TimeDelta::minutes(15);
/// How many changes are kept at most, however fast somebody writes; then the past begins with the oldest of them.
const MOST: usize = 256;

/// What an account tells of itself at one moment. Its activities carry their own times.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sandbox) struct Told {
    /// The group with its instances.
    pub(in crate::sandbox) group: Group,
    /// The scheduled actions that have not fired.
    pub(in crate::sandbox) scheduled: Vec<ScheduledAction>,
    /// Those of them that recur.
    pub(in crate::sandbox) recurring: Vec<Recurring>,
    /// The target-tracking policies.
    pub(in crate::sandbox) policies: Vec<TrackingPolicy>,
    /// The Aurora cluster.
    pub(in crate::sandbox) database: Database,
}

/// Changes of what is told, each with its moment, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Past(VecDeque<(DateTime<Utc>, Told)>);

impl Past {
    /// From now on this is told.
    pub(super) fn keep(&mut self, now: DateTime<Utc>, told: Told) {
        if self.0.back().is_some_and(|(_, last)| *last == told) {
            return;
        }
        self.0.retain(|(at, _)| *at != now);
        self.0.push_back((now, told));
        // Of what was told before that the last is needed: it was still told then.
        while MOST < self.0.len() || self.0.get(1).is_some_and(|(at, _)| *at <= now - KEPT) {
            self.0.pop_front();
        }
    }

    /// What was told at a moment, or the oldest that is known.
    pub(super) fn at(&self, moment: DateTime<Utc>) -> Option<&Told> {
        let then = self.0.iter().rev().find(|(at, _)| *at <= moment).or(self.0.front());
        then.map(|(_, told)| told)
    }
}
