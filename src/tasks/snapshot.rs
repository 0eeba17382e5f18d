//! What the latest pass knew about one fleet; the faces read this and nothing else.

use crate::domain::{FleetPosture, Observation, Plan, Script, Sitting};
use crate::planner::Settings;
use std::sync::Arc;

/// One fleet after its latest pass.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Everything, in one document.
    pub posture: FleetPosture,
    /// The plan in force.
    pub plan: Arc<Plan>,
    /// What that was told, to plan something else likewise.
    pub settings: Arc<Settings>,
    /// Its scheduled actions.
    pub script: Script,
    /// The sittings in force, all sources together, sorted by start.
    pub sittings: Arc<Vec<Sitting>>,
    /// What the pass saw.
    pub observation: Arc<Observation>,
}
