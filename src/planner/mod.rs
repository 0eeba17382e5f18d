//! Sittings to a plan, and a plan to a script. Pure: knows no clock, no AWS, no database.
//!
//! `demand` adds up work (with `press` for how starts spread), `need` turns it into web servers (with `erlang`, `normal`
//! and `bisect` for the formulas), `lead` says how early (with `boot` for how long a server takes, and `ramp` for how they
//! come up), `windows` joins sittings into blocks. `budget` and `cap` say what may stand (with `aurora` for what a database
//! admits, and `cluster` for who shares it), `phases` what to say of the calendar (with `staffing` for how many servers a
//! lasting load takes), `meeting` what a timetable should avoid. `plan` puts the steps together, `cost` counts what they
//! take, `hash` names them, `explain` and `report` say why. `script` makes scheduled actions (with `cover` where there are
//! too many, and `foreign` for what others schedule). `check` and `check_script` read the results again by rules of their
//! own.

mod aurora;
mod bisect;
mod boot;
mod budget;
mod cap;
mod check;
mod check_script;
mod cluster;
mod cost;
mod cover;
mod demand;
mod erlang;
mod explain;
#[cfg(test)]
mod fixture;
mod foreign;
mod hash;
mod lead;
mod meeting;
mod need;
mod normal;
mod phases;
mod plan;
mod press;
mod ramp;
mod report;
mod script;
mod settings;
mod staffing;
mod windows;

pub use aurora::{Capacity, Engine, InstanceClass, Member, UnknownClass};
pub use boot::Boot;
pub use cluster::{Cluster, Taken};
pub use cover::{Cover, Piece, cover};
pub use press::{BadCurve, PressCurve, PressShape};
pub use ramp::Ramp;
pub use settings::{
    Allowed, AttemptsEnd, Database, Demand, Lead, Node, ScriptContext, Settings, SettingsNow,
    Times, Zones,
};

use crate::domain::{Finding, FleetName, Plan, Script, Sitting, Span};
use chrono::{DateTime, Utc};

/// Plans a stretch. Generation is 0; who stores a plan gives it one.
///
/// Sittings whose window does not touch the stretch leave no trace in it. A need beyond what may stand is capped,
/// with a finding.
pub fn plan(fleet: &FleetName, sittings: &[Sitting], settings: &Settings, span: Span) -> Plan {
    plan::plan(fleet, sittings, settings, span)
}

/// What a fleet asks of its database over a stretch: for the plans of others on the same cluster ([`Cluster`]).
pub fn taken(
    fleet: &FleetName,
    sittings: &[Sitting],
    settings: &Settings,
    span: Span,
) -> Vec<Taken> {
    cluster::taken(fleet, sittings, settings, span)
}

/// Connections that a fleet keeps whatever others ask for: those at the greatest floor of its phases.
pub fn kept(settings: &Settings) -> u32 {
    budget::Connections::of(settings).kept()
}

/// Connections that are left of the usable ones beside the floors of all phases, of all fleets on the cluster; negative where
/// those do not even fit. `None` where the limit is not known.
pub fn spared(settings: &Settings) -> Option<i64> {
    budget::Connections::of(settings).spared()
}

/// What several fleets ask for together.
pub fn together(each: &[Vec<Taken>]) -> Vec<Taken> {
    cluster::together(each)
}

/// Why `plan`, which was made of these, keeps so many at a moment: sentences with the numbers of the formulas.
pub fn explain(
    plan: &Plan,
    sittings: &[Sitting],
    settings: &Settings,
    at: DateTime<Utc>,
) -> Vec<String> {
    explain::explain(plan, sittings, settings, at)
}

/// Reads a finished plan against what it was made of, independently of how it was made.
///
/// Nothing is found in a healthy plan; every finding is critical and its code begins with `plan_check_`.
pub fn check(plan: &Plan, sittings: &[Sitting], settings: &Settings) -> Vec<Finding> {
    check::check(plan, sittings, settings)
}

/// Reads a finished script against its plan, independently of how it was made: by it alone, no floor of the next 72 hours is
/// below the planned one, and AWS takes it.
///
/// Nothing is found in a healthy script; every finding is critical and its code begins with `script_check_`.
pub fn check_script(plan: &Plan, script: &Script, context: &ScriptContext<'_>) -> Vec<Finding> {
    check_script::check_script(plan, script, context)
}

/// The plan as scheduled actions, with what a person should know about them.
///
/// The floor that stands by the script alone is never below the planned one, from the first moment on at which an
/// action can still be written.
pub fn script(plan: &Plan, context: &ScriptContext<'_>) -> (Script, Vec<Finding>) {
    script::script(plan, context)
}
