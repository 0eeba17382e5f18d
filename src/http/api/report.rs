//! What people read before they publish or consent.

use super::effect::effect;
use super::off_loop;
use crate::domain::Sitting;
use crate::http::problem::Problem;
use crate::http::{Face, FleetFace};
use crate::store::{Approval, Draft, Revision};
use crate::timetable;
use crate::wire;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// What the registrar reads before publishing.
pub(super) async fn report(
    face: &Face,
    fleet: &FleetFace,
    draft: Draft,
    now: DateTime<Utc>,
) -> Result<Value, Problem> {
    let in_force = face.store.in_force(&draft.fleet).await?;
    let (own, others): (Vec<_>, Vec<_>) =
        in_force.into_iter().partition(|revision| revision.source == draft.source);
    let current = own.first().map_or(0, |revision| revision.number);
    let old: Vec<Sitting> = sittings(own);
    let others = sittings(others);
    let latest = fleet.latest();
    off_loop(move || {
        let new = &draft.content.sittings;
        let comparison = timetable::compare(&old, new);
        let guards = timetable::guards(&old, new, &draft.content.findings, now);
        // Where a second person is needed, the union is what publishing puts in force.
        let next = if guards.is_empty() { new.clone() } else { timetable::union(&old, new) };
        let effect = latest.map(|latest| {
            let before = [others.clone(), old].concat();
            let after = [others, next].concat();
            effect(&latest, &before, &after, &comparison)
        });
        json!({
            "id": draft.id,
            "source": draft.source,
            "current_revision": current,
            "sittings": wire::sittings(new),
            "findings": wire::findings(&draft.content.findings),
            "counts": wire::counts(draft.content.counts),
            "left_out": wire::left_out(&draft.content.left_out),
            "comparison": wire::comparison(&comparison, &guards),
            "effect": effect,
        })
    })
    .await
}

/// What the second person reads before consenting: the draft against what was in force when it was published.
pub(super) async fn request(
    face: &Face,
    approval: Approval,
    draft: Draft,
) -> Result<Value, Problem> {
    // The union is revision `against`, and its predecessor what the publisher saw. A revision never changes.
    let before = approval.against.saturating_sub(1);
    let old = face.store.revision(&draft.fleet, &draft.source, before).await?;
    off_loop(move || {
        let old = sittings(old.into_iter().collect());
        let (new, doubts) = (&draft.content.sittings, &draft.content.findings);
        let guards = timetable::guards(&old, new, doubts, approval.requested_at);
        json!({
            "id": approval.id,
            "fleet": approval.fleet.as_str(),
            "source": approval.source,
            "draft": approval.draft,
            "requested_by": approval.requested_by,
            "requested_at": wire::time(approval.requested_at),
            "expires_at": wire::time(approval.expires_at),
            "completed_by": approval.completed_by,
            "against": approval.against,
            "comparison": wire::comparison(&timetable::compare(&old, new), &guards),
        })
    })
    .await
}

fn sittings(revisions: Vec<Revision>) -> Vec<Sitting> {
    revisions.into_iter().flat_map(|revision| revision.content.sittings).collect()
}
