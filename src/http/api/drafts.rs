//! Uploads: a draft with its report, and its publication.

use super::Json;
use super::accept::prefers;
use super::report::report;
use super::second_person::second_person;
use super::upload::{read, upload};
use crate::domain::{FleetName, Titles};
use crate::http::auth::{Reader, Registrar};
use crate::http::problem::Problem;
use crate::http::{Face, FleetFace};
use crate::store::{Draft, Revision};
use crate::tasks::{PublishOutcome, publish_draft};
use crate::{timetable, wire};
use axum::extract::{Path, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, IF_MATCH, LOCATION, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::json;
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
    // No simulated clock waits for the work on a file; what is told of now is told of this moment.
    let now = face.clock.now();
    let content = read(fleet, file).await?;
    let draft = face.store.create_draft(name, source.as_str(), &who.subject, now, &content).await?;
    drafted(&face, fleet, draft, now).await
}

/// A draft that was made: where it is, and its report.
pub(super) async fn drafted(
    face: &Face,
    fleet: &FleetFace,
    draft: Draft,
    now: DateTime<Utc>,
) -> Result<Response, Problem> {
    let Draft { fleet: name, source, id, .. } = &draft;
    let path = format!("/v1/fleets/{name}/timetables/{source}/drafts/{id}");
    let report = report(face, fleet, draft, now).await?;
    Ok((StatusCode::CREATED, [(LOCATION, path)], Json(report)).into_response())
}

/// `GET …/timetables/{source}/drafts/{id}`: the same report, against what is in force by now; with `Accept: text/csv` its
/// findings as a sheet.
pub(in crate::http) async fn show(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path((fleet, source, id)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (name, fleet) = face.fleet(&fleet)?;
    let draft = find(&face, name, &source, &id).await?;
    let told = if prefers(&headers, "text/csv") {
        sheet(&draft, fleet.zone)
    } else {
        let now = face.clock.now();
        Json(report(&face, fleet, draft, now).await?).into_response()
    };
    Ok(([(VARY, "accept")], told).into_response())
}

/// The findings of a draft with the exams they speak of, to be opened with a spreadsheet program.
fn sheet(draft: &Draft, zone: Tz) -> Response {
    let name = format!("attachment; filename=\"{}-{}-report.csv\"", draft.fleet, draft.source);
    let kind = "text/csv; charset=utf-8; header=present";
    let titles = Titles::of(&draft.content.sittings, zone);
    let findings: Vec<_> = draft.content.findings.iter().map(|one| titles.named(one)).collect();
    let sheet = wire::findings_sheet(&findings);
    ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, &name)], sheet).into_response()
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
    if let Some(revision) = draft.published_as {
        return Err(already_published(revision));
    }
    let now = face.clock.now();
    match publish_draft(&face.store, &draft, seen, &who.subject, now).await? {
        PublishOutcome::Published(revision) => {
            fleet.wake.notify_one();
            Ok(published(&revision))
        }
        PublishOutcome::Stale(current) => Ok(stale(current)),
        PublishOutcome::SecondPerson { approval, guards, in_force } => {
            fleet.wake.notify_one();
            // What was in force before: a revision never changes.
            let old = face.store.revision(name, &source, seen).await?;
            let old = old.map_or_else(Vec::new, |revision| revision.content.sittings);
            let comparison = timetable::compare(&old, &draft.content.sittings);
            Err(second_person(&approval, &guards, &comparison, in_force.number, fleet.zone))
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

fn already_published(revision: u64) -> Problem {
    let detail = format!(
        "This draft is revision {revision} already; upload the file again to publish it once more."
    );
    Problem::new(StatusCode::CONFLICT, "already_published", detail).with("revision", revision)
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
