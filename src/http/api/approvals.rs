//! The second person.

use super::Json;
use super::drafts::published;
use super::report::request;
use crate::http::Face;
use crate::http::auth::{Reader, Registrar};
use crate::http::problem::Problem;
use crate::tasks::{self, ApproveOutcome};
use crate::wire;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use std::sync::Arc;

/// `GET /v1/approvals/{id}`
pub(in crate::http) async fn show(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path(id): Path<String>,
) -> Result<Json, Problem> {
    let approval = face.store.approval(&id).await?.ok_or_else(unknown)?;
    let draft = face.store.draft(&approval.draft).await?.ok_or_else(unknown)?;
    Ok(Json(request(&face, approval, draft).await?))
}

/// `POST /v1/approvals/{id}`
pub(in crate::http) async fn approve(
    State(face): State<Arc<Face>>,
    who: Registrar,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let _still = face.clock.pause();
    let outcome = tasks::approve(&face.store, &id, &who.subject, face.clock.now()).await?;
    let (status, code, detail) = match outcome {
        ApproveOutcome::Published(revision) => {
            if let Some(fleet) = face.fleets.get(&revision.fleet) {
                fleet.wake.notify_one();
            }
            return Ok(published(&revision));
        }
        ApproveOutcome::Unknown => return Err(unknown()),
        ApproveOutcome::SamePerson => {
            let detail = "You asked for this yourself; somebody else must consent.".into();
            (StatusCode::FORBIDDEN, "same_person", detail)
        }
        ApproveOutcome::Expired { at } => {
            let at = wire::time(at);
            let detail = format!("This request lapsed at {at}. Publish the draft again.");
            (StatusCode::GONE, "expired", detail)
        }
        ApproveOutcome::Done { by } => {
            (StatusCode::CONFLICT, "already_done", format!("{by} has already consented to this."))
        }
        ApproveOutcome::Stale(current) => {
            let detail = format!(
                "Revision {current} was published since this was asked. Publish the draft again."
            );
            (StatusCode::CONFLICT, "stale", detail)
        }
    };
    Err(Problem::new(status, code, detail))
}

fn unknown() -> Problem {
    let detail = "There is no such request. Publish the draft again to make one.";
    Problem::new(StatusCode::NOT_FOUND, "unknown_approval", detail)
}
