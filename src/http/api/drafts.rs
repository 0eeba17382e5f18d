//! Uploads: a draft with its report, and its publication.

use super::effect::effect;
use crate::domain::{FleetName, Sitting, Span};
use crate::http::auth::{Reader, Registrar};
use crate::http::problem::Problem;
use crate::http::{Face, FleetFace};
use crate::store::{Approval, Content, Draft, Revision};
use crate::tasks::{PublishOutcome, publish_draft};
use crate::timetable::{self, Comparison, Guard, Limits};
use crate::wire;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Path, Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, IF_MATCH, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::sync::Arc;

/// `POST …/timetables/{source}/drafts`
pub(in crate::http) async fn create(
    State(face): State<Arc<Face>>,
    who: Registrar,
    Path((fleet, source)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let (name, fleet) = face.fleet(&fleet)?;
    let source = source_name(&source)?;
    let file = upload(request).await?;
    // From here on nobody else's slowness counts.
    let _still = face.clock.pause();
    let content = read(fleet, file).await?;
    let now = face.clock.now();
    let draft = face.store.create_draft(name, source.as_str(), &who.subject, now, &content).await?;
    let path = format!("/v1/fleets/{name}/timetables/{source}/drafts/{}", draft.id);
    let report = report(&face, fleet, draft, now).await?;
    Ok((StatusCode::CREATED, [(LOCATION, path)], Json(report)).into_response())
}

/// `GET …/timetables/{source}/drafts/{id}`: the same report, against what is in force by now.
pub(in crate::http) async fn show(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path((fleet, source, id)): Path<(String, String, String)>,
) -> Result<Json<Value>, Problem> {
    let _still = face.clock.pause();
    let (name, fleet) = face.fleet(&fleet)?;
    let draft = find(&face, name, &source, &id).await?;
    Ok(Json(report(&face, fleet, draft, face.clock.now()).await?))
}

/// `POST …/drafts/{id}/publish`
pub(in crate::http) async fn publish(
    State(face): State<Arc<Face>>,
    who: Registrar,
    Path((fleet, source, id)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let _still = face.clock.pause();
    let (name, fleet) = face.fleet(&fleet)?;
    let seen = seen_revision(&headers)?;
    let draft = find(&face, name, &source, &id).await?;
    let outcome = publish_draft(&face.store, &draft, seen, &who.subject, face.clock.now()).await?;
    match outcome {
        PublishOutcome::Published(revision) => {
            fleet.wake.notify_one();
            Ok(published(&revision))
        }
        PublishOutcome::Stale(current) => Ok(stale(current)),
        PublishOutcome::SecondPerson { approval, guards, in_force } => {
            fleet.wake.notify_one();
            Err(second_person(&approval, &guards, in_force.number))
        }
    }
}

/// A revision that came into force.
pub(super) fn published(revision: &Revision) -> Response {
    let body = json!({
        "fleet": revision.fleet.as_str(),
        "source": revision.source,
        "revision": revision.number,
        "published_at": wire::time(revision.published_at),
        "published_by": revision.published_by,
        "sittings": revision.content.sittings.len(),
    });
    ([(ETAG, format!("\"{}\"", revision.number))], Json(body)).into_response()
}

fn stale(current: u64) -> Response {
    let detail = format!(
        "Somebody else published first; revision {current} is in force. Read the draft's comparison \
         again, then publish with `If-Match: \"{current}\"`."
    );
    let problem = Problem::new(StatusCode::PRECONDITION_FAILED, "stale", detail);
    ([(ETAG, format!("\"{current}\""))], problem.with("current", current)).into_response()
}

fn second_person(approval: &Approval, guards: &[Guard], in_force: u64) -> Problem {
    let why: Vec<_> = guards.iter().map(Guard::sentence).collect();
    let detail = format!(
        "{} What is new is in force already; what would be taken away stands until a second person \
         sends POST /v1/approvals/{}.",
        why.join(" "),
        approval.id
    );
    Problem::new(StatusCode::CONFLICT, "second_person_needed", detail)
        .with("id", approval.id.as_str())
        .with("expires_at", wire::time(approval.expires_at))
        .with("guards", codes(guards))
        .with("revision", in_force)
}

fn codes(guards: &[Guard]) -> Value {
    guards.iter().map(Guard::code).collect()
}

/// A source keeps to the same safe alphabet as a fleet.
fn source_name(source: &str) -> Result<FleetName, Problem> {
    FleetName::new(source).map_err(|error| {
        Problem::new(StatusCode::BAD_REQUEST, "bad_source", format!("{error}. Rename the source."))
    })
}

async fn find(face: &Face, fleet: &FleetName, source: &str, id: &str) -> Result<Draft, Problem> {
    let draft = face.store.draft(id).await?;
    let own = draft.filter(|draft| draft.fleet == *fleet && draft.source == source);
    own.ok_or_else(|| {
        let detail = "There is no such draft of this source. Upload the file again.";
        Problem::new(StatusCode::NOT_FOUND, "unknown_draft", detail)
    })
}

/// The revision whose successor is to be published, from `If-Match: "n"`.
fn seen_revision(headers: &HeaderMap) -> Result<u64, Problem> {
    let Some(value) = headers.get(IF_MATCH) else {
        let detail = "Say which revision you compared with: `If-Match: \"n\"`, with the draft's \
            current_revision; \"0\" for a source that was never published.";
        let code = "if_match_required";
        return Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, code, detail));
    };
    let quoted = value.to_str().ok().and_then(|value| {
        let digits = value.trim().strip_prefix('"')?.strip_suffix('"')?;
        digits.parse().ok()
    });
    quoted.ok_or_else(|| {
        let detail = "`If-Match` takes one revision number in double quotes, like \"3\".";
        Problem::new(StatusCode::BAD_REQUEST, "bad_if_match", detail)
    })
}

/// The file: the body itself, or the one part of a form.
async fn upload(request: Request) -> Result<Bytes, Problem> {
    let kind = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("text/calendar") {
        let body = Bytes::from_request(request, &()).await;
        return body.map_err(|refused| Problem::of(refused.status()));
    }
    if !kind.eq_ignore_ascii_case("multipart/form-data") {
        let detail =
            "Send the file as `Content-Type: text/calendar`, or as the one file of a form.";
        let code = "not_a_calendar";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, detail));
    }
    let form = Multipart::from_request(request, &()).await;
    let mut form = form.map_err(|refused| Problem::of(refused.status()))?;
    let mut only = None;
    while let Some(part) = form.next_field().await.map_err(|bad| Problem::of(bad.status()))? {
        let file = part.bytes().await.map_err(|bad| Problem::of(bad.status()))?;
        if only.replace(file).is_some() {
            return Err(not_one_file());
        }
    }
    only.ok_or_else(not_one_file)
}

fn not_one_file() -> Problem {
    let detail = "The form must have exactly one part, the timetable file.";
    Problem::new(StatusCode::BAD_REQUEST, "not_one_file", detail)
}

/// Reads the file off the event loop; all of it, so that a revision does not depend on when it was read.
async fn read(fleet: &FleetFace, file: Bytes) -> Result<Content, Problem> {
    let settings = timetable::Settings {
        zone: fleet.zone,
        horizon: Span::ALWAYS,
        default_candidates: fleet.default_candidates,
        limits: Limits::UPLOAD,
    };
    let reading = off_loop(move || {
        let reading = timetable::read(&file, &settings)?;
        Ok(Content::of(file.to_vec(), reading))
    });
    reading.await?.map_err(|error| {
        let timetable::Error::Unreadable { line, .. } = error;
        let detail = format!("{error} Nothing that was published is touched.");
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unreadable", detail).with("line", line)
    })
}

/// Runs what takes long where it holds nobody up.
async fn off_loop<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| {
        tracing::error!(%error, "failed to work through an upload");
        Problem::of(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

/// What the registrar reads before publishing.
async fn report(
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
    let planner = fleet.planner.clone();
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
            effect(&latest, planner, &before, &after)
        });
        json!({
            "id": draft.id,
            "source": draft.source,
            "current_revision": current,
            "sittings": wire::sittings(new),
            "findings": wire::findings(&draft.content.findings),
            "counts": wire::counts(draft.content.counts),
            "comparison": told(&comparison, &guards),
            "effect": effect,
        })
    })
    .await
}

fn sittings(revisions: Vec<Revision>) -> Vec<Sitting> {
    revisions.into_iter().flat_map(|revision| revision.content.sittings).collect()
}

/// A comparison: what moved or changed is told as it will be, and as it `was`.
fn told(comparison: &Comparison, guards: &[Guard]) -> Value {
    let pairs = |pairs: &[(Sitting, Sitting)]| -> Value {
        let told = pairs.iter().map(|(old, new)| {
            let mut sitting = wire::sitting(new);
            sitting["was"] = wire::sitting(old);
            sitting
        });
        told.collect()
    };
    json!({
        "added": wire::sittings(&comparison.added),
        "moved": pairs(&comparison.moved),
        "changed": pairs(&comparison.changed),
        "removed": wire::sittings(&comparison.removed),
        "same": comparison.same,
        "guards": codes(guards),
    })
}
