//! What was seen in the account and in Moodle, and when. Unknown is a state of its own, never zero.

use super::{Nodes, ScheduledAction, TrackingPolicy};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::fmt;

/// One part of an observation.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen<T> {
    /// Read, and this is what it said.
    Known(T),
    /// There is no such thing, and that is certain.
    Absent,
    /// Could not be read, or not be believed; the text says why.
    Unknown(String),
}

impl<T> Seen<T> {
    /// The value, if it is known.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// Whether it could not be read or believed.
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }
}

/// An EC2 instance id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceId(pub String);

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Where an instance stands in its life, as Auto Scaling tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lifecycle {
    /// Launched, not yet in service.
    Pending,
    /// In service.
    InService,
    /// On its way out.
    Terminating,
    /// Standby, warm pool, detaching: neither serving nor coming.
    Other,
}

/// One web server of the group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// Its id.
    pub id: InstanceId,
    /// Its availability zone.
    pub zone: String,
    /// Where it stands.
    pub lifecycle: Lifecycle,
    /// Healthy for Auto Scaling and, with a target group, for the load balancer.
    pub healthy: bool,
    /// Protected from scale-in.
    pub protected: bool,
}

/// Auto Scaling processes that can be suspended by name (EC2 Auto Scaling user guide, *Suspend and resume processes*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are AWS's own")]
pub enum Process {
    Launch,
    Terminate,
    AddToLoadBalancer,
    AlarmNotification,
    AzRebalance,
    HealthCheck,
    InstanceRefresh,
    ReplaceUnhealthy,
    ScheduledActions,
}

impl Process {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Launch,
        Self::Terminate,
        Self::AddToLoadBalancer,
        Self::AlarmNotification,
        Self::AzRebalance,
        Self::HealthCheck,
        Self::InstanceRefresh,
        Self::ReplaceUnhealthy,
        Self::ScheduledActions,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Launch => "Launch",
            Self::Terminate => "Terminate",
            Self::AddToLoadBalancer => "AddToLoadBalancer",
            Self::AlarmNotification => "AlarmNotification",
            Self::AzRebalance => "AZRebalance",
            Self::HealthCheck => "HealthCheck",
            Self::InstanceRefresh => "InstanceRefresh",
            Self::ReplaceUnhealthy => "ReplaceUnhealthy",
            Self::ScheduledActions => "ScheduledActions",
        }
    }

    /// The process of that name, if AWS has one.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|process| process.as_str() == name)
    }
}

impl fmt::Display for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The Auto Scaling group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// MinSize.
    pub min: Nodes,
    /// MaxSize.
    pub max: Nodes,
    /// DesiredCapacity.
    pub desired: Nodes,
    /// Every instance of the group.
    pub instances: Vec<Instance>,
    /// NewInstancesProtectedFromScaleIn.
    pub new_instances_protected: bool,
    /// Suspended processes.
    pub suspended: BTreeSet<Process>,
    /// Enabled availability zones.
    pub zones: u32,
}

impl Group {
    /// Instances in service.
    pub fn in_service(&self) -> impl Iterator<Item = &Instance> {
        self.instances.iter().filter(|instance| instance.lifecycle == Lifecycle::InService)
    }

    /// How many are in service.
    pub fn in_service_count(&self) -> Nodes {
        count(self.in_service())
    }

    /// How many are in service and healthy.
    pub fn healthy_count(&self) -> Nodes {
        count(self.in_service().filter(|instance| instance.healthy))
    }

    /// How many in service are protected from scale-in.
    pub fn protected_count(&self) -> Nodes {
        count(self.in_service().filter(|instance| instance.protected))
    }
}

fn count<T>(items: impl Iterator<Item = T>) -> Nodes {
    Nodes::new(u32::try_from(items.count()).unwrap_or(u32::MAX))
}

/// What Moodle says about attempts in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// Attempts in progress.
    pub active: u64,
    /// The source's own time of the count.
    pub as_of: DateTime<Utc>,
    /// The latest deadline among them, if any.
    pub latest_deadline: Option<DateTime<Utc>>,
}

/// The database's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// Open now on the writer.
    pub in_use: u32,
    /// The smallest limit among the writer and every member that could become writer, where the account tells it.
    pub limit: Option<u32>,
}

/// Everything one look brought, each part with its own certainty.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// When we looked.
    pub taken_at: DateTime<Utc>,
    /// The group.
    pub group: Seen<Group>,
    /// All scheduled actions of the group, ours and foreign.
    pub scheduled: Seen<Vec<ScheduledAction>>,
    /// All target-tracking policies of the group, ours and foreign.
    pub policies: Seen<Vec<TrackingPolicy>>,
    /// Attempts in progress; `Absent` when there is no source and the timetable alone counts.
    pub attempts: Seen<Attempts>,
    /// Database connections.
    pub connections: Seen<Connections>,
}
