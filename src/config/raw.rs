//! The file as written, with the defaults and where they come from. Durations are text such as "45m".

use super::timetable;
use serde::{Deserialize, Serialize};

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Config {
    pub(super) listen: String,
    pub(super) data: String,
    #[serde(default)]
    pub(super) anonymous_read: bool,
    #[serde(default = "every")]
    pub(super) pass_every: String,
    #[serde(default = "zoneinfo")]
    pub(super) zoneinfo: String,
    #[serde(default)]
    pub(super) log: Log,
    #[serde(default)]
    pub(super) feed_hosts: Vec<String>,
    #[serde(default)]
    pub(super) token: Vec<Token>,
    pub(super) fleet: Vec<Fleet>,
}

/// Half of what an observation stays fresh for.
fn every() -> String {
    "30s".into()
}

/// Where Debian's package tzdata keeps them.
fn zoneinfo() -> String {
    "/usr/share/zoneinfo".into()
}

#[derive(Debug, Default, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Log {
    Text,
    #[default]
    Json,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    pub(super) subject: String,
    pub(super) role: String,
    pub(super) sha256: String,
}

#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Account {
    None,
    Sandbox,
    Aws,
}

/// A fleet's part of an account. Kept beside any `account`, so that one word switches it off.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Aws {
    pub(super) account: String,
    pub(super) region: String,
    pub(super) group: String,
    pub(super) cluster: Option<String>,
    pub(super) target_group_arn: Option<String>,
    /// The last part of the load balancer's ARN.
    pub(super) load_balancer: Option<String>,
    /// Tests alone need one.
    pub(super) endpoint: Option<String>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fleet {
    pub(super) name: String,
    pub(super) zone: String,
    pub(super) account: Account,
    pub(super) aws: Option<Aws>,
    pub(super) default_candidates: u32,
    pub(super) hard_ceiling: u32,
    pub(super) zones: u32,
    #[serde(default = "yes")]
    pub(super) survive_zone_loss: bool,
    pub(super) node_hour_price: Option<f64>,
    /// An iCalendar file of term dates, read again at each pass.
    pub(super) term_dates: Option<String>,
    pub(super) node: Node,
    pub(super) phase: Vec<Phase>,
    pub(super) database: Database,
    #[serde(default)]
    pub(super) demand: Demand,
    #[serde(default)]
    pub(super) allowed: Allowed,
    #[serde(default)]
    pub(super) lead: Lead,
    #[serde(default)]
    pub(super) times: Times,
    #[serde(default)]
    pub(super) release: Release,
    #[serde(default)]
    pub(super) timetable: timetable::Raw,
    #[serde(default)]
    pub(super) feed: Vec<Feed>,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Node {
    pub(super) vcpu: u32,
    pub(super) usable: f64,
    pub(super) workers: u32,
    #[serde(default = "one")]
    pub(super) connections_per_worker: u32,
}

/// Moodle holds one connection on the writer per PHP worker.
fn one() -> u32 {
    1
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Phase {
    pub(super) name: String,
    pub(super) from: Option<String>,
    pub(super) until: Option<String>,
    /// What the titles of its dates in `term_dates` contain.
    pub(super) term: Option<String>,
    pub(super) floor: u32,
    pub(super) ceiling: u32,
    pub(super) target_cpu: Option<f64>,
    pub(super) target_requests: Option<u32>,
    pub(super) background_vcpu: Option<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) hours: Vec<Hours>,
}

/// Certain hours of a phase. What they leave out is as in the rest of it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Hours {
    pub(super) name: String,
    /// `["mon", "tue"]`; every day where nothing is said.
    #[serde(default = "week")]
    pub(super) days: Vec<String>,
    #[serde(default = "midnight")]
    pub(super) from: String,
    #[serde(default = "midnight")]
    pub(super) until: String,
    pub(super) floor: Option<u32>,
    pub(super) ceiling: Option<u32>,
    pub(super) target_cpu: Option<f64>,
    pub(super) target_requests: Option<u32>,
}

fn week() -> Vec<String> {
    ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(str::to_owned).to_vec()
}

fn midnight() -> String {
    "00:00".into()
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Database {
    /// What fleets on the same cluster call it.
    pub(super) cluster: Option<String>,
    pub(super) max_connections: Option<u32>,
    /// What RDS Proxy may open of it (MaxConnectionsPercent), where Moodle connects through one.
    pub(super) proxy_share: Option<f64>,
    #[serde(default)]
    pub(super) member: Vec<Member>,
    /// A fifth stays free for what nobody planned.
    #[serde(default = "usable_connections")]
    pub(super) usable: f64,
    /// Two cron nodes with three runners and three ad-hoc runners each.
    #[serde(default = "cron_connections")]
    pub(super) cron: u32,
    #[serde(default = "reserved_connections")]
    pub(super) reserve: u32,
    #[serde(default)]
    pub(super) fixed: u32,
    #[serde(default = "overlapping_nodes")]
    pub(super) overlap: f64,
}

/// A member of the cluster that is the writer, may become it, or is read from.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    pub(super) engine: Engine,
    /// `db.r6g.xlarge`, or `db.serverless` with `max_acu`.
    pub(super) class: String,
    pub(super) min_acu: Option<f64>,
    pub(super) max_acu: Option<f64>,
    /// Where a parameter group was modified; else the default of the class counts.
    pub(super) max_connections: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub(super) enum Engine {
    #[serde(rename = "aurora-mysql")]
    Mysql,
    #[serde(rename = "aurora-postgresql")]
    Postgres,
}

fn usable_connections() -> f64 {
    0.8
}

fn cron_connections() -> u32 {
    12
}

fn reserved_connections() -> u32 {
    20
}

fn overlapping_nodes() -> f64 {
    0.1
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AttemptsEnd {
    AtClose,
    AtOwnLimit,
    Either,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected \"front_loaded\", \"uniform\", or twelve numbers")]
pub(super) enum Press {
    Named(PressName),
    /// The share of candidates by the end of each twelfth of the press window.
    Measured(Vec<f64>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum PressName {
    FrontLoaded,
    Uniform,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Demand {
    pub(super) attendance: f64,
    pub(super) press: Press,
    pub(super) press_seen: u32,
    pub(super) press_window: String,
    pub(super) late_share: f64,
    pub(super) late_window: String,
    pub(super) start_delay: String,
    pub(super) start_cpu: f64,
    pub(super) variation: f64,
    pub(super) page_cpu: f64,
    pub(super) page_period: String,
    pub(super) attempts_end: AttemptsEnd,
    pub(super) submit_cpu: f64,
    pub(super) submit_share: f64,
    pub(super) submit_window: String,
    pub(super) reload_cpu: f64,
    pub(super) reload_period: String,
    pub(super) reload_lead: String,
    pub(super) background_vcpu: f64,
}

impl Default for Demand {
    /// No public source measures these; each errs towards more servers. Measure your own after the first exam.
    fn default() -> Self {
        Self {
            attendance: 1.0,
            press: Press::Named(PressName::FrontLoaded),
            press_seen: 0,
            press_window: "60s".into(),
            // Whoever is late spares the first minute, so nobody is until somebody measured it.
            late_share: 0.0,
            late_window: "15m".into(),
            start_delay: "0s".into(),
            start_cpu: 0.5,
            variation: 1.0,
            page_cpu: 0.3,
            page_period: "60s".into(),
            attempts_end: AttemptsEnd::Either,
            submit_cpu: 0.6,
            submit_share: 0.6,
            // Moodle's client timer submits together within a few seconds of a common close.
            submit_window: "5s".into(),
            reload_cpu: 0.05,
            reload_period: "30s".into(),
            reload_lead: "5m".into(),
            background_vcpu: 2.0,
        }
    }
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Allowed {
    pub(super) wait_at_start: String,
    pub(super) wait_at_submit: String,
    pub(super) violation: f64,
    pub(super) plateau_use: f64,
}

impl Default for Allowed {
    /// A start answered within 5 s feels immediate; a submission within 20 s is far below Moodle's 60 s of grace.
    fn default() -> Self {
        Self {
            wait_at_start: "3s".into(),
            wait_at_submit: "20s".into(),
            violation: 1e-4,
            plateau_use: 0.5,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum LeadMode {
    /// Never less than `at_least`.
    Window,
    /// As short as boots allow.
    Learned,
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Lead {
    pub(super) ready_by: String,
    pub(super) boot_fixed: String,
    pub(super) boot_median: String,
    pub(super) boot_sigma: f64,
    pub(super) boots_seen: Vec<String>,
    pub(super) mode: LeadMode,
    pub(super) launch_failure: f64,
    pub(super) failure_seen_after: String,
    pub(super) ramp_step: u32,
    pub(super) ramp_every: String,
    pub(super) action_lateness: String,
    pub(super) shortage: f64,
    pub(super) spares: u32,
    pub(super) at_least: String,
    pub(super) warn_above: String,
}

impl Default for Lead {
    /// Boot times as measured on EC2 Linux with an application that takes minutes; AWS says that a scheduled action
    /// may run up to two minutes late.
    fn default() -> Self {
        Self {
            ready_by: "15m".into(),
            boot_fixed: "45s".into(),
            boot_median: "135s".into(),
            boot_sigma: 0.45,
            boots_seen: Vec::new(),
            mode: LeadMode::Window,
            launch_failure: 0.01,
            failure_seen_after: "60s".into(),
            ramp_step: 0,
            ramp_every: "1m".into(),
            action_lateness: "2m".into(),
            shortage: 1e-7,
            spares: 1,
            at_least: "30m".into(),
            warn_above: "60m".into(),
        }
    }
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Times {
    pub(super) tail: String,
    pub(super) hard_end: String,
    pub(super) hard_stop: String,
}

impl Default for Times {
    /// Late submissions, uploads and grace periods end within a quarter of an hour.
    fn default() -> Self {
        Self { tail: "15m".into(), hard_end: "2h".into(), hard_stop: "4h".into() }
    }
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Release {
    pub(super) second_look: String,
    pub(super) fresh_for: String,
    pub(super) overdue_grace: String,
    pub(super) step: u32,
    pub(super) background_attempts: u64,
}

impl Default for Release {
    /// Two nodes a pass: a mistake is seen before it is large.
    fn default() -> Self {
        Self {
            second_look: "60s".into(),
            fresh_for: "60s".into(),
            overdue_grace: "2h".into(),
            step: 2,
            background_attempts: 0,
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Feed {
    pub(super) source: String,
    pub(super) file: Option<String>,
    pub(super) directory: Option<String>,
    pub(super) url: Option<String>,
    #[serde(default = "looks")]
    pub(super) every: String,
    #[serde(default = "stale")]
    pub(super) stale_after: String,
    #[serde(default)]
    pub(super) networks: Vec<String>,
    pub(super) ca_file: Option<String>,
}

/// A registry exports a few times a day; a quarter of an hour is soon enough for it and polite to its server.
fn looks() -> String {
    "15m".into()
}

/// A night's maintenance of a server is nobody's alarm.
fn stale() -> String {
    "24h".into()
}
