//! What planning must be told. Every constant is configuration; defaults and their basis stand in `config`.

use super::{Boot, Cluster, Engine, InstanceClass, PressShape, Ramp};
use crate::domain::{Calendar, Nodes, ScheduledAction, Share};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// Makes the settings as they are now: term dates that stand in a file are read each time anew.
#[derive(Clone)]
pub struct SettingsNow {
    /// As far as they are known without reading: phases that have their dates in a file may hold at any time.
    pub unread: Settings,
    /// Reads, which may take as long as a disk does.
    pub read: Arc<dyn Fn() -> Settings + Send + Sync>,
}

/// How to plan for one fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The academic calendar.
    pub calendar: Calendar,
    /// No plan goes above this, whatever a file says.
    pub hard_ceiling: Nodes,
    /// What one web server is.
    pub node: Node,
    /// Availability zones.
    pub zones: Zones,
    /// What candidates ask of the servers.
    pub demand: Demand,
    /// What waiting is allowed.
    pub allowed: Allowed,
    /// How early capacity must be asked for.
    pub lead: Lead,
    /// The times around a window.
    pub times: Times,
    /// What the database can carry.
    pub database: Database,
    /// What a node-hour costs, in whatever money the site counts in.
    pub node_hour_price: Option<f64>,
}

/// One web server.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Node {
    /// Virtual CPUs, at least 1.
    pub vcpu: u32,
    /// The share of them that PHP gets.
    pub usable: Share,
    /// PHP-FPM workers (`pm.max_children` over all pools), at least 1.
    pub workers: u32,
    /// Connections one worker may hold on the writer, at least 1.
    pub connections_per_worker: u32,
}

/// Availability zones of the group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zones {
    /// Enabled zones, at least 1.
    pub count: u32,
    /// Whether the floor must still carry the demand with one zone lost: factor A/(A-1).
    pub survive_loss: bool,
}

/// How attempts end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptsEnd {
    /// All together when the quiz closes: Moodle's timer submits them within seconds.
    AtClose,
    /// Each so long after its own start, so spread as the starts were.
    AtOwnLimit,
    /// Some quizzes so, others so, or nobody knows: whichever asks for more.
    Either,
}

/// What candidates ask of the servers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Demand {
    /// The share of candidates who come.
    pub attendance: Share,
    /// How presses spread.
    pub press: PressShape,
    /// Over how long.
    pub press_window: TimeDelta,
    /// The share of candidates who press later than that.
    pub late: Share,
    /// Over how long they do, evenly.
    pub late_window: TimeDelta,
    /// CPU-seconds of one start journey.
    pub start_cpu: f64,
    /// Coefficient of variation of CPU-seconds per journey.
    pub variation: f64,
    /// CPU-seconds of one page turn.
    pub page_cpu: f64,
    /// Time between two page turns of one candidate.
    pub page_period: TimeDelta,
    /// How attempts end.
    pub attempts_end: AttemptsEnd,
    /// CPU-seconds of one submit journey.
    pub submit_cpu: f64,
    /// The share still working at the deadline, which submits together.
    pub submit_share: Share,
    /// Over how long they submit.
    pub submit_window: TimeDelta,
    /// CPU-seconds of one reload of the quiz page before the opening.
    pub reload_cpu: f64,
    /// Time between two reloads of one waiting candidate.
    pub reload_period: TimeDelta,
    /// How long before the opening candidates begin to reload.
    pub reload_lead: TimeDelta,
    /// vCPU that the rest of the university uses at its busiest, in phases that say nothing else.
    pub background_vcpu: f64,
}

impl Demand {
    /// From the opening until the last of those who come has pressed.
    pub(super) fn presses_last(&self) -> TimeDelta {
        let late = Some(self.late_window).filter(|_| 0.0 < self.late.fraction());
        self.press_window + late.unwrap_or_default()
    }
}

/// What waiting is allowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Allowed {
    /// Wait before a start is served.
    pub at_start: TimeDelta,
    /// Wait before a submission is served.
    pub at_submit: TimeDelta,
    /// The share of candidates that may wait longer.
    pub violation: Share,
    /// CPU use that long stretches stay below.
    pub plateau_use: Share,
}

/// How early capacity must be asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lead {
    /// All nodes ready this long before the start.
    pub ready_by: TimeDelta,
    /// How long a node takes.
    pub boot: Boot,
    /// Odds that a launch fails and is repeated.
    pub launch_failure: Share,
    /// How long until a failed launch is seen.
    pub failure_seen_after: TimeDelta,
    /// How fast a fleet may come up; all at once where nothing is said.
    pub ramp: Option<Ramp>,
    /// How late a scheduled action may fire.
    pub action_lateness: TimeDelta,
    /// Allowed chance per sitting that nodes are short at `ready_at`.
    pub shortage: f64,
    /// Nodes beyond the need, so that one slow boot does not matter; they belong to the floor until release.
    pub spares: Nodes,
    /// The raise is never later than this before the start.
    pub at_least: TimeDelta,
    /// A longer lead is used, with a finding.
    pub warn_above: TimeDelta,
}

/// The times around a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    /// Release comes this long after the last deadline.
    pub tail: TimeDelta,
    /// Hard end after the last deadline.
    pub hard_end: TimeDelta,
    /// Backstop after the hard end.
    pub hard_stop: TimeDelta,
}

/// What the database can carry.
#[derive(Debug, Clone, PartialEq)]
pub struct Database {
    /// The smallest `max_connections` among the writer and every member that could become writer.
    pub max_connections: Option<u32>,
    /// What the member with that limit runs on, where it is known: of its family a larger one is proposed.
    pub class: Option<(InstanceClass, Engine)>,
    /// The share of it that may be used.
    pub usable: Share,
    /// Connections of cron runners.
    pub cron: u32,
    /// Kept free for people.
    pub reserve: u32,
    /// What others on the cluster use that no fleet of ours is.
    pub fixed: u32,
    /// The cluster, where other fleets of ours are on it too.
    pub cluster: Option<Cluster>,
    /// Replacements that run beside what they replace, as a share of the nodes, at least one node.
    pub overlap: Share,
}

/// What a script must know besides the plan.
#[derive(Debug, Clone)]
pub struct ScriptContext<'a> {
    /// The present moment: nothing is scheduled before the next whole minute but one.
    pub now: DateTime<Utc>,
    /// MaxSize as AWS holds it; the script never lowers it.
    pub max_in_aws: Option<Nodes>,
    /// The hard ceiling: MaxSize of every action is at least this.
    pub hard_ceiling: Nodes,
    /// The floor of a hold that is on; later raises of the same stretch do not go below it.
    pub held: Option<Nodes>,
    /// The hard stop of that hold; no backstop stands before it.
    pub held_until: Option<DateTime<Utc>>,
    /// Actions that are not ours: their minutes are taken and they count against 125.
    pub foreign: &'a [ScheduledAction],
}
