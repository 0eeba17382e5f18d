//! Capacity over time: what must stand when, why, and as which scheduled actions.

use super::{Finding, FleetName, Nodes, SittingKey, Span};
use chrono::{DateTime, Utc};

/// From `at` on, these bounds hold, until the next step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When the bounds begin.
    pub at: DateTime<Utc>,
    /// Least nodes (MinSize).
    pub floor: Nodes,
    /// Most nodes (MaxSize).
    pub ceiling: Nodes,
    /// Why, in sentences.
    pub reasons: Vec<String>,
}

/// Effective vCPU that each part of the demand asks for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Vcpu {
    /// The start burst.
    pub start: f64,
    /// The work between start and submit.
    pub plateau: f64,
    /// The submit burst.
    pub submit: f64,
}

impl Vcpu {
    /// What decides.
    pub fn peak(self) -> f64 {
        self.start.max(self.plateau).max(self.submit)
    }
}

/// One block: sittings whose windows touch or overlap, with one floor from raise to release.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Whose window, sorted.
    pub sittings: Vec<SittingKey>,
    /// The floor rises.
    pub raise_at: DateTime<Utc>,
    /// Everything must be in service and healthy.
    pub ready_at: DateTime<Utc>,
    /// The first sitting opens.
    pub starts_at: DateTime<Utc>,
    /// The longest extra time of the last sitting ends.
    pub last_deadline: DateTime<Utc>,
    /// The earliest release: last deadline + tail.
    pub release_at: DateTime<Utc>,
    /// A hold that still has attempts calls a person.
    pub hard_end: DateTime<Utc>,
    /// The backstop stands here.
    pub hard_stop: DateTime<Utc>,
    /// The floor of the whole window, spares included.
    pub nodes: Nodes,
    /// What decided it.
    pub vcpu: Vcpu,
}

impl Window {
    /// From the raise to the planned release.
    pub fn covers(&self, at: DateTime<Utc>) -> bool {
        self.raise_at <= at && at < self.release_at
    }
}

/// How a number stands against its bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum BudgetStatus {
    /// Below 70 % of what is usable.
    Ok,
    /// From 70 % up to all that is usable.
    Tight,
    /// Beyond what is usable.
    Over,
    /// The limit is not known.
    Unknown,
}

/// What the database can carry, and what the plan asks of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The smallest limit among the writer and every member that could become writer.
    pub max_connections: Option<u32>,
    /// The share of it that may be used.
    pub usable: Option<u32>,
    /// Connections one node may hold.
    pub per_node: u32,
    /// Cron, reserve and what others on the cluster use.
    pub fixed: u32,
    /// The most nodes that fit, replacements included.
    pub nodes_that_fit: Option<Nodes>,
    /// The plan's greatest floor.
    pub peak_nodes: Nodes,
    /// Connections at that floor, replacements included.
    pub peak_connections: u32,
    /// How the peak stands against the usable share.
    pub status: BudgetStatus,
}

/// Node-hours of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Cost {
    /// All of it.
    pub node_hours: f64,
    /// What stands above the phase floor.
    pub exam_node_hours: f64,
    /// What of that stands before the first start of a window, waiting.
    pub lead_node_hours: f64,
    /// The greatest floor, kept all the time.
    pub static_peak_node_hours: f64,
    /// What a careful engineer would use by hand: raised 45 min before each exam by a quarter more than the need, given
    /// back 30 min after it.
    pub careful_engineer_node_hours: f64,
    /// What a node-hour costs, in whatever money the site counts in.
    pub price: Option<f64>,
}

/// What a plan takes for granted, what it leaves out, and where it gives less than was asked for: sentences.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// What was not measured, or holds only if the site does as it says.
    pub assumed: Vec<String>,
    /// Sittings that are not in it, and why.
    pub left_out: Vec<String>,
    /// Where a bound binds, and which.
    pub capped: Vec<String>,
}

/// Capacity over time: immutable, with its reasons.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Whose plan.
    pub fleet: FleetName,
    /// Counts up with each new hash; 0 offline.
    pub generation: u64,
    /// SHA-256, hex, over steps, windows and settings; not over now or generation.
    pub hash: String,
    /// What stretch it speaks of.
    pub span: Span,
    /// Sorted by time; the first begins at or before `span.start()`. Never empty.
    pub steps: Vec<Step>,
    /// Sorted by raise, never overlapping between raise and release.
    pub windows: Vec<Window>,
    /// The database's side.
    pub budget: Budget,
    /// The money's side.
    pub cost: Cost,
    /// What it takes for granted, and what it does not give.
    pub report: Report,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

impl Plan {
    /// The step in force at a moment; the first one for any moment before it.
    pub fn step_at(&self, at: DateTime<Utc>) -> Option<&Step> {
        let after = self.steps.partition_point(|step| step.at <= at);
        self.steps.get(after.saturating_sub(1))
    }

    /// Least nodes planned at a moment.
    pub fn floor_at(&self, at: DateTime<Utc>) -> Nodes {
        self.step_at(at).map_or(Nodes::ZERO, |step| step.floor)
    }

    /// Most nodes planned at a moment.
    pub fn ceiling_at(&self, at: DateTime<Utc>) -> Nodes {
        self.step_at(at).map_or(Nodes::ZERO, |step| step.ceiling)
    }

    /// The window whose raise has come and whose planned release has not.
    pub fn window_at(&self, at: DateTime<Utc>) -> Option<&Window> {
        self.windows.iter().find(|window| window.covers(at))
    }
}

/// What a scheduled action of ours is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScriptKind {
    /// MinSize rises.
    Raise,
    /// MinSize falls long after the window, for the case that we died.
    Backstop,
}

impl ScriptKind {
    /// The name in tables and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Raise => "raise",
            Self::Backstop => "backstop",
        }
    }
}

/// One scheduled action that the plan wants to stand in AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScriptEntry {
    /// `invigilator-<fleet>-<utc minute>`.
    pub name: String,
    /// A whole minute, unique in the group.
    pub at: DateTime<Utc>,
    /// MinSize.
    pub min: Nodes,
    /// MaxSize.
    pub max: Nodes,
    /// What it is for.
    pub kind: ScriptKind,
}

/// The plan as scheduled actions, sorted by time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Script {
    /// Sorted by time, minutes unique.
    pub entries: Vec<ScriptEntry>,
}
