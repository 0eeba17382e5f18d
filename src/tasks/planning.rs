//! How a fleet is planned now: its settings, which may stand in files, and what other fleets ask of the same cluster.

use super::findings;
use super::timetable::InForce;
use crate::domain::{Finding, FleetName, Span};
use crate::feeds::Slow;
use crate::planner::{Settings, SettingsNow, taken, together};
use crate::report::Chain;
use crate::store::Store;
use chrono_tz::Tz;
use std::sync::Arc;
use std::time::Duration;
use tracing::error;

/// The longest that a pass waits for a file; the watchdog waits longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Another fleet on the same database cluster.
#[derive(Clone)]
pub struct Neighbour {
    /// Which fleet.
    pub name: FleetName,
    /// Its campus zone.
    pub zone: Tz,
    /// How it is planned now; it may read a file.
    pub planner: SettingsNow,
}

/// What planning is told, as it was read last.
pub(super) struct Planning {
    now: SettingsNow,
    settings: Settings,
    neighbours: Vec<(Neighbour, InForce)>,
    /// Their settings, in the same order.
    theirs: Vec<Settings>,
    reading: Slow<(Settings, Vec<Settings>)>,
}

impl Planning {
    /// Nothing is read yet.
    pub(super) fn new(now: SettingsNow, neighbours: Vec<Neighbour>) -> Self {
        Self {
            settings: now.unread.clone(),
            theirs: neighbours.iter().map(|other| other.planner.unread.clone()).collect(),
            neighbours: neighbours.into_iter().map(|one| (one, InForce::nothing())).collect(),
            now,
            reading: Slow::default(),
        }
    }

    /// What was read last.
    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Reads everything again, for a plan of `span`. Where something cannot be read, what was read last counts.
    pub(super) async fn refresh(&mut self, store: &Store, span: Span, findings: &mut Vec<Finding>) {
        let own = Arc::clone(&self.now.read);
        let others: Vec<_> =
            self.neighbours.iter().map(|(other, _)| Arc::clone(&other.planner.read)).collect();
        let read = move || (own(), others.iter().map(|other| other()).collect());
        match self.reading.run(PATIENCE, read).await {
            Ok((settings, theirs)) => (self.settings, self.theirs) = (settings, theirs),
            Err(why) => findings.push(findings::term_dates_hang(&why)),
        }
        let mut each = Vec::new();
        for ((other, in_force), settings) in self.neighbours.iter_mut().zip(&self.theirs) {
            if let Err(source) = in_force.refresh(store, &other.name, other.zone).await {
                error!(fleet.name = %other.name, error = %Chain(&source), "failed to read what a neighbour asks for");
                findings.push(findings::neighbour_unread(&other.name, &source));
            }
            each.push(taken(&other.name, &in_force.sittings, settings, span));
        }
        if let Some(cluster) = &mut self.settings.database.cluster {
            cluster.others = Some(together(&each));
        }
    }
}
