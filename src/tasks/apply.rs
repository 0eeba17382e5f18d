//! Carries a decision out: intent, writes in order, outcome.

use crate::aws::{Actuate, Error};
use crate::domain::{Action, FleetName, Observation};
use crate::reconciler::{Decision, lowers};
use crate::store::{self, Store};
use chrono::{DateTime, Utc};
use serde_json::json;
use tracing::{info, warn};

/// What became of a decision.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Writes that AWS accepted.
    pub(super) done: usize,
    /// What failed, with AWS's reason.
    pub(super) failed: Vec<(String, Error)>,
    /// Why the journal does not tell all of it, if so.
    pub(super) unwritten: Option<store::Error>,
}

/// Who writes the journal rows of a pass.
const ACTOR: &str = "invigilator";

/// Writes the intent, performs the actions in order, writes the outcome. Without an intent, or once an action has
/// failed, what adds goes on and what lowers is left out: the next pass looks again.
pub(super) async fn apply(
    store: &Store,
    actuate: &dyn Actuate,
    fleet: &FleetName,
    decision: &Decision,
    seen: &Observation,
    now: DateTime<Utc>,
) -> Applied {
    let intent = journal_intent(store, fleet, decision, now).await;
    let mut applied = Applied::default();
    for action in &decision.actions {
        let lowering = seen.group.known().is_none_or(|group| lowers(action, group, seen));
        if lowering && (intent.is_err() || !applied.failed.is_empty()) {
            continue;
        }
        perform(actuate, fleet, action, &mut applied).await;
    }
    let written = match intent {
        Ok(intent) => journal_outcome(store, fleet, intent, &applied, now).await,
        Err(source) => Err(source),
    };
    applied.unwritten = written.err();
    applied
}

async fn journal_intent(
    store: &Store,
    fleet: &FleetName,
    decision: &Decision,
    now: DateTime<Utc>,
) -> Result<i64, store::Error> {
    let actions: Vec<_> = decision.actions.iter().map(Action::to_string).collect();
    let body = json!({ "actions": actions, "because": decision.because });
    store.journal(fleet, ACTOR, "intent", &body.to_string(), now).await
}

async fn journal_outcome(
    store: &Store,
    fleet: &FleetName,
    intent: i64,
    applied: &Applied,
    now: DateTime<Utc>,
) -> Result<(), store::Error> {
    let failed: Vec<_> =
        applied.failed.iter().map(|(action, why)| format!("{action}: {why}")).collect();
    let body = json!({ "intent": intent, "done": applied.done, "failed": failed });
    store.journal(fleet, ACTOR, "outcome", &body.to_string(), now).await.map(drop)
}

async fn perform(actuate: &dyn Actuate, fleet: &FleetName, action: &Action, applied: &mut Applied) {
    match actuate.apply(action).await {
        Ok(()) => {
            info!(fleet.name = %fleet, action = %action, "done: {action}");
            applied.done += 1;
        }
        Err(why) => {
            warn!(fleet.name = %fleet, action = %action, error = %why, "failed to {action}");
            applied.failed.push((action.to_string(), why));
        }
    }
}
