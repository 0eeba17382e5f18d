//! Sittings to a plan, and a plan to a script. Pure: knows no clock, no AWS, no database.

mod settings;

pub use settings::{
    Allowed, Boot, Database, Demand, Lead, Node, PressShape, ScriptContext, Settings, Times, Zones,
};

use crate::domain::{Finding, FleetName, Plan, Script, Sitting, Span};

/// Plans a stretch. Generation is 0; who stores a plan gives it one.
pub fn plan(_fleet: &FleetName, _sittings: &[Sitting], _settings: &Settings, _span: Span) -> Plan {
    todo!()
}

/// Reads a finished plan against what it was made of, independently of how it was made.
pub fn check(_plan: &Plan, _sittings: &[Sitting], _settings: &Settings) -> Vec<Finding> {
    todo!()
}

/// The plan as scheduled actions, with what a person should know about them.
pub fn script(_plan: &Plan, _context: &ScriptContext<'_>) -> (Script, Vec<Finding>) {
    todo!()
}
