//! The Aurora cluster: which of its members writes, and a failover from one to another.

use super::agenda::{Agenda, Event};
use crate::aws::Error;
use chrono::{DateTime, TimeDelta, Utc};

/// The members, by promotion tier.
pub(in crate::sandbox) const MEMBERS: [&str; 2] = ["moodle-db-1", "moodle-db-2"];
/// From the beginning of a failover until the reader writes: "typically within 60 seconds, often within 30" (Aurora user
/// guide, "High availability for Amazon Aurora").
const FAILOVER: TimeDelta = TimeDelta::seconds(30);

/// The cluster at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Database {
    /// Who writes: one of [`MEMBERS`].
    pub(in crate::sandbox) writer: &'static str,
    /// Who is about to.
    pub(in crate::sandbox) promoting: Option<&'static str>,
}

impl Database {
    /// A cluster whose first member writes.
    pub(super) fn new() -> Self {
        let [writer, _] = MEMBERS;
        Self { writer, promoting: None }
    }

    /// `FailoverDBCluster`: the named reader, or the reader there is, is promoted. Connections stay with the old writer
    /// until the new one writes; that they are dropped and made again in between is not simulated.
    pub(super) fn fail_over(
        &mut self,
        target: Option<&str>,
        now: DateTime<Utc>,
        agenda: &mut Agenda,
    ) -> Result<(), Error> {
        if self.promoting.is_some() {
            return Err(Error::Busy("The cluster is failing over already".into()));
        }
        let is_target = |reader: &&str| target.is_none_or(|target| target == *reader);
        let mut readers = MEMBERS.into_iter().filter(|member| *member != self.writer);
        let Some(reader) = readers.find(is_target) else {
            let told = format!("{} is no reader of the cluster", target.unwrap_or_default());
            return Err(Error::Invalid(told));
        };
        self.promoting = Some(reader);
        agenda.add(now + FAILOVER, Event::FailedOver);
        Ok(())
    }

    /// The reader that is promoted writes from now on.
    pub(super) fn failed_over(&mut self) {
        self.writer = self.promoting.take().unwrap_or(self.writer);
    }
}
