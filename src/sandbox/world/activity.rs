//! Scaling activities: one for each launch and each termination, as `DescribeScalingActivities` keeps them.

use super::draw;
use crate::domain::InstanceId;
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use std::collections::VecDeque;

/// How long AWS tells of an activity (`DescribeScalingActivities`: the past six weeks).
const KEPT: TimeDelta = TimeDelta::weeks(6);

/// What was done to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Kind {
    /// It was launched; successful once it is in service.
    Launch,
    /// It was terminated; successful once it is gone.
    Terminate,
}

/// How far an activity has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Status {
    /// Under way.
    InProgress,
    /// Done, at this moment.
    Successful(DateTime<Utc>),
    /// Given up, at this moment.
    Failed(DateTime<Utc>, Failure),
}

/// Why a launch came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Failure {
    /// There was an instance, and it never came into service.
    Unhealthy,
    /// The zone had no instance to give.
    NoCapacity,
}

impl Status {
    /// When it ended, if it has.
    pub(in crate::sandbox) const fn ended(self) -> Option<DateTime<Utc>> {
        match self {
            Self::InProgress => None,
            Self::Successful(at) | Self::Failed(at, _) => Some(at),
        }
    }
}

/// One launch or termination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Activity {
    /// A UUID.
    pub(in crate::sandbox) id: String,
    /// What is done.
    pub(in crate::sandbox) kind: Kind,
    /// To which instance; `None` where there never was one.
    pub(in crate::sandbox) instance: Option<InstanceId>,
    /// In which availability zone.
    pub(in crate::sandbox) zone: &'static str,
    /// The actual capacity before and the desired one, between which it mediates.
    pub(in crate::sandbox) capacity: (u32, u32),
    /// When it began.
    pub(in crate::sandbox) started: DateTime<Utc>,
    /// How far it has come.
    pub(in crate::sandbox) status: Status,
}

/// The activities of the past six weeks, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Activities(VecDeque<Activity>);

impl Activities {
    /// An id that the same seed and launch always give.
    pub(super) fn id(seed: u64, kind: Kind, launch: u32) -> String {
        let mut rng = draw::stream(seed, "activity", &format!("{kind:?} {launch}"));
        let hex = format!("{:032x}", rng.random::<u128>());
        let part = |from, to| hex.get(from..to).unwrap_or_default();
        [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
    }

    /// One begins.
    pub(super) fn begin(&mut self, activity: Activity) {
        let oldest = activity.started - KEPT;
        while self.0.front().and_then(|one| one.status.ended()).is_some_and(|at| at < oldest) {
            self.0.pop_front();
        }
        self.0.push_back(activity);
    }

    /// The one of this kind that is under way for an instance has come to an end.
    pub(super) fn end(&mut self, kind: Kind, instance: &InstanceId, status: Status) {
        let is_it = |one: &&mut Activity| {
            one.kind == kind
                && one.status == Status::InProgress
                && one.instance.as_ref() == Some(instance)
        };
        if let Some(activity) = self.0.iter_mut().rev().find(is_it) {
            activity.status = status;
        }
    }

    /// Whatever AWS would tell at this moment, also a past one: the latest first.
    pub(super) fn told(&self, now: DateTime<Utc>) -> impl Iterator<Item = Activity> {
        let begun = self.0.iter().rev().filter(move |one| one.started <= now).cloned();
        let then = begun.map(move |one| match one.status.ended() {
            Some(at) if now < at => Activity { status: Status::InProgress, ..one },
            Some(_) | None => one,
        });
        then.filter(move |one| one.status.ended().is_none_or(|at| now - KEPT <= at))
    }

    /// The latest that is under way or ended after `since`.
    pub(super) fn since(&self, since: DateTime<Utc>) -> Option<&Activity> {
        let lasts = |one: &&Activity| one.status.ended().is_none_or(|at| since < at);
        self.0.iter().rev().find(lasts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + day * 86_400, 0).unwrap()
    }

    fn launch(number: u32, day: i64) -> Activity {
        Activity {
            id: Activities::id(1, Kind::Launch, number),
            kind: Kind::Launch,
            instance: Some(InstanceId(format!("i-{number}"))),
            zone: "eu-west-1a",
            capacity: (1, 2),
            started: at(day),
            status: Status::InProgress,
        }
    }

    #[test]
    fn six_weeks_are_told_and_what_lasts_is_never_forgotten() {
        let mut activities = Activities::default();
        activities.begin(launch(1, 0));
        activities.end(Kind::Launch, &InstanceId("i-1".into()), Status::Successful(at(0)));
        activities.begin(launch(2, 1));
        assert_eq!(activities.told(at(42)).count(), 2);
        assert_eq!(
            activities.told(at(43)).map(|one| one.instance.clone()).collect::<Vec<_>>(),
            [Some(InstanceId("i-2".into()))]
        );
        activities.begin(launch(3, 50));
        assert_eq!(activities.0.len(), 2);
    }

    #[test]
    fn an_id_is_a_uuid_and_belongs_to_one_activity() {
        let id = Activities::id(1, Kind::Launch, 7);
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_ne!(id, Activities::id(1, Kind::Terminate, 7));
        assert_ne!(id, Activities::id(1, Kind::Launch, 8));
    }
}
