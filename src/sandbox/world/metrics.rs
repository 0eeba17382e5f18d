//! What CloudWatch is sent of the account: one row a minute.

use super::database::MEMBERS;
use super::tracking::Datapoint;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;

/// How far back the minutes are known.
const KEPT: TimeDelta = TimeDelta::days(1);
/// How long a row is.
pub(super) const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// One minute that is over.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::sandbox) struct Minute {
    /// When it began: a whole minute.
    pub(in crate::sandbox) begins: DateTime<Utc>,
    /// Average CPU over the nodes in service, 0 to 1; `None` without a node.
    pub(in crate::sandbox) cpu: Option<f64>,
    /// Requests that each node in service was sent; `None` without a node.
    pub(in crate::sandbox) requests: Option<f64>,
    /// The group at its end.
    pub(in crate::sandbox) sizes: Sizes,
    /// Connections to each member of the database at its end, in the order of [`MEMBERS`].
    pub(in crate::sandbox) connections: [u32; MEMBERS.len()],
    /// Which member wrote at its end.
    pub(in crate::sandbox) writer: &'static str,
}

impl Minute {
    /// When it is over.
    pub(in crate::sandbox) fn ends(&self) -> DateTime<Utc> {
        self.begins + MINUTE
    }

    /// CPU use and requests, as the alarms of the policies see them.
    pub(super) fn with_datapoint(self, datapoint: Option<Datapoint>) -> Self {
        let (cpu, requests) = datapoint.map(|one| (one.cpu, one.requests)).unzip();
        Self { cpu, requests, ..self }
    }
}

/// The sizes of a group, in instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Sizes {
    /// MinSize.
    pub(in crate::sandbox) min: u32,
    /// MaxSize.
    pub(in crate::sandbox) max: u32,
    /// DesiredCapacity.
    pub(in crate::sandbox) desired: u32,
    /// Instances in service.
    pub(in crate::sandbox) in_service: u32,
    /// Instances that boot.
    pub(in crate::sandbox) pending: u32,
    /// Instances on their way out.
    pub(in crate::sandbox) terminating: u32,
    /// All of them.
    pub(in crate::sandbox) total: u32,
}

/// The minutes of the last day, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Minutes(VecDeque<Minute>);

impl Minutes {
    /// One is over.
    pub(super) fn keep(&mut self, minute: Minute) {
        let oldest = minute.ends() - KEPT;
        while self.0.front().is_some_and(|first| first.begins < oldest) {
            self.0.pop_front();
        }
        self.0.push_back(minute);
    }

    /// Those that were over at a moment, the latest first.
    pub(super) fn before(&self, moment: DateTime<Utc>) -> impl Iterator<Item = &Minute> {
        self.0.iter().rev().filter(move |minute| minute.ends() <= moment)
    }
}
