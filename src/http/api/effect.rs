//! What publishing a draft would do to the plan.

use crate::domain::{Plan, Sitting, Span};
use crate::planner::{self, Settings};
use crate::tasks::Snapshot;
use crate::wire;
use chrono::TimeDelta;
use serde_json::Value;

/// How far beyond the plan in force an effect looks: an academic year and a summer.
const FARTHEST: TimeDelta = TimeDelta::days(450);

/// The plan before and after, over the same stretch.
pub(super) struct Effect {
    before: Plan,
    after: Plan,
    /// The hash that the plan in force will have.
    hash_after: String,
}

impl Effect {
    /// Plans both, from where the plan in force begins to the last sitting of either.
    pub(super) fn of(
        latest: &Snapshot,
        mut settings: Settings,
        before: &[Sitting],
        after: &[Sitting],
    ) -> Self {
        // As a pass does: a limit that is not configured is the one that was seen.
        let seen = latest.observation.connections.known().map(|seen| seen.limit);
        settings.database.max_connections = settings.database.max_connections.or(seen);
        let in_force = latest.plan.span;
        let whole = stretch(in_force, [before, after].concat());
        let plan = |sittings: &[Sitting], span| {
            planner::plan(&latest.plan.fleet, sittings, &settings, span)
        };
        Self {
            before: plan(before, whole),
            after: plan(after, whole),
            hash_after: plan(after, in_force).hash,
        }
    }

    pub(super) fn told(&self) -> Value {
        wire::effect(&self.before, &self.after, &self.hash_after)
    }
}

/// The stretch of the plan in force, made longer so that a term uploaded early shows, within a bound.
fn stretch(in_force: Span, sittings: Vec<Sitting>) -> Span {
    let last = sittings.iter().map(Sitting::last_deadline).max();
    let end = last.map_or(in_force.end(), |last| last + TimeDelta::days(1));
    let end = end.clamp(in_force.end(), in_force.end() + FARTHEST);
    Span::new(in_force.start(), end).expect("it is no shorter than the plan in force")
}
