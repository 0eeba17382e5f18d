//! What publishing a draft would do to the plan.

use crate::domain::{Comparison, Sitting, SittingKey, Span};
use crate::planner;
use crate::tasks::Snapshot;
use crate::wire;
use chrono::TimeDelta;
use serde_json::Value;
use std::collections::BTreeSet;

/// How far beyond the plan in force an effect looks: an academic year and a summer.
const FARTHEST: TimeDelta = TimeDelta::days(450);

/// Plans before and after, from where the plan in force begins to the last sitting of either; and the plan that will
/// be in force, for its hash.
pub(super) fn effect(
    latest: &Snapshot,
    before: &[Sitting],
    after: &[Sitting],
    comparison: &Comparison,
) -> Value {
    let in_force = latest.plan.span;
    let whole = stretch(in_force, before.iter().chain(after));
    let plan = |sittings, span| planner::plan(&latest.plan.fleet, sittings, &latest.settings, span);
    let (before, next) = (plan(before, whole), plan(after, whole));
    let hash = if whole == in_force { next.hash.clone() } else { plan(after, in_force).hash };
    wire::effect(&before, &next, &touched(comparison), &hash)
}

/// What is new, moved or changed.
fn touched(comparison: &Comparison) -> BTreeSet<&SittingKey> {
    let Comparison { added, moved, changed, removed: _, same: _ } = comparison;
    let pairs = moved.iter().chain(changed).map(|(_, new)| &new.key);
    added.iter().map(|new| &new.key).chain(pairs).collect()
}

/// The stretch of the plan in force, made longer so that a term uploaded early shows, within a bound.
fn stretch<'a>(in_force: Span, sittings: impl Iterator<Item = &'a Sitting>) -> Span {
    let last = sittings.map(Sitting::last_deadline).max();
    let end = last.map_or(in_force.end(), |last| last + TimeDelta::days(1));
    let end = end.clamp(in_force.end(), in_force.end() + FARTHEST);
    Span::new(in_force.start(), end).expect("it is no shorter than the plan in force")
}
