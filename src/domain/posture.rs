//! Everything known about the fleets in one value. A number that is not known is `None`, never 0.

use super::{BudgetStatus, Finding, FleetName, Nodes, TimetablePosture};
use chrono::{DateTime, Utc};

/// One word for the operator; when several fit, the first in this order is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The group could not be read.
    Unknown,
    /// A ready_at has passed and nodes are missing.
    Behind,
    /// A sitting is under way.
    Exam,
    /// A hold is being given back.
    Releasing,
    /// Nodes are on their way for a coming sitting.
    Warming,
    /// Everything a coming sitting needs is in service.
    Ready,
    /// Nothing is due.
    Quiet,
}

/// Whether AWS holds what we want it to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sync {
    /// It does.
    Synced,
    /// It differs; the next pass writes.
    OutOfSync,
    /// It could not be read.
    Unknown,
}

/// How the fleet itself is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// All that should serve does.
    Healthy,
    /// Nodes are coming up.
    Progressing,
    /// Fewer nodes are healthy than must be.
    Degraded,
    /// A process that we depend on is suspended.
    Suspended,
    /// It could not be read.
    Unknown,
}

/// How old a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Not older than the freshness bound.
    Fresh,
    /// Older.
    Stale,
    /// Never read.
    Never,
}

/// Least nodes, from three sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floors {
    /// MinSize due now.
    pub planned: Nodes,
    /// What must be in service and healthy now.
    pub ready: Nodes,
    /// MinSize as AWS holds it.
    pub in_aws: Option<Nodes>,
}

/// The hold as shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldPosture {
    /// Whether scale-in is forbidden now.
    pub active: bool,
    /// Why, in sentences.
    pub reasons: Vec<String>,
    /// Its earliest end.
    pub until: Option<DateTime<Utc>>,
    /// From here on a person is called.
    pub hard_end: Option<DateTime<Utc>>,
}

/// The database as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionPosture {
    /// Open now.
    pub in_use: Option<u32>,
    /// At the plan's peak.
    pub planned_peak: u32,
    /// `max_connections`.
    pub limit: Option<u32>,
    /// The share of it that may be used.
    pub usable: Option<u32>,
    /// The most nodes that fit.
    pub nodes_that_fit: Option<Nodes>,
    /// How the peak stands against it.
    pub status: BudgetStatus,
}

/// The sitting that opens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextSitting {
    /// Its title.
    pub title: String,
    /// When it opens.
    pub starts_at: DateTime<Utc>,
    /// How many may sit it.
    pub candidates: u32,
    /// The floor of its window.
    pub nodes: Nodes,
    /// Whether that many are in service and healthy; `None` when it cannot be told.
    pub ready: Option<bool>,
}

/// Everything known about one fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetPosture {
    /// Which fleet.
    pub fleet: FleetName,
    /// One word.
    pub state: State,
    /// One sentence.
    pub summary: String,
    /// When the pass that made this looked.
    pub as_of: DateTime<Utc>,
    /// The phase in force.
    pub phase: String,
    /// Least nodes.
    pub floor: Floors,
    /// Most nodes planned now.
    pub ceiling: Nodes,
    /// DesiredCapacity.
    pub desired: Option<Nodes>,
    /// In service.
    pub in_service: Option<Nodes>,
    /// In service and healthy.
    pub healthy: Option<Nodes>,
    /// In service and protected from scale-in.
    pub protected: Option<Nodes>,
    /// The hold.
    pub hold: HoldPosture,
    /// Attempts in progress.
    pub attempts: Option<u64>,
    /// The source's time of that count.
    pub attempts_as_of: Option<DateTime<Utc>>,
    /// How old that count is.
    pub attempts_freshness: Freshness,
    /// The database.
    pub connections: ConnectionPosture,
    /// The sitting that opens next.
    pub next_sitting: Option<NextSitting>,
    /// Every source of timetables, sorted by name.
    pub timetables: Vec<TimetablePosture>,
    /// Whether AWS holds what we want.
    pub sync: Sync,
    /// How the fleet is.
    pub health: Health,
    /// What a person should know.
    pub findings: Vec<Finding>,
    /// The plan's generation.
    pub plan_generation: u64,
    /// The plan's hash.
    pub plan_hash: String,
}

/// What the sandbox's own students and meters say; counted by the simulated world, not by the daemon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SandboxCounters {
    /// Simulated time.
    pub now: DateTime<Utc>,
    /// Upper bound of simulated seconds per real second.
    pub speed: f64,
    /// Presses of *Start attempt*.
    pub starts: u64,
    /// Starts answered more than 5 s after the press, or never.
    pub late_starts: u64,
    /// Submissions sent.
    pub submissions: u64,
    /// Submissions answered more than 20 s after sending, or processed later than deadline + 60 s, or never.
    pub late_submissions: u64,
    /// Instances taken away while an attempt was active.
    pub removed_during_attempts: u64,
    /// Node-hours since the sandbox began, from launch to termination.
    pub node_hours: f64,
    /// What the largest planned floor would have used, kept for as long.
    pub static_peak_node_hours: f64,
}

/// Which releases of the IANA time zone database are at hand, such as `2026b`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoneReleases {
    /// Compiled in.
    pub built_in: String,
    /// The system's; `None` where it has none, or does not say.
    pub system: Option<String>,
    /// The one whose rules count.
    pub in_use: String,
}

/// The whole answer to "are we ready?".
#[derive(Debug, Clone, PartialEq)]
pub struct Posture {
    /// When the latest pass looked.
    pub as_of: DateTime<Utc>,
    /// One entry per fleet, sorted by name.
    pub fleets: Vec<FleetPosture>,
    /// Whose rules of the clocks timetables are read by.
    pub zones: ZoneReleases,
    /// Only in the sandbox.
    pub sandbox: Option<SandboxCounters>,
}
