//! What was ever published: sources, their revisions, each file as it was uploaded and as it was read, and the way back
//! to one of them.

use super::accept::prefers;
use super::drafts::drafted;
use super::{has, off_loop, tagged};
use crate::domain::{FleetName, hex};
use crate::http::Face;
use crate::http::auth::{Reader, Registrar};
use crate::http::problem::Problem;
use crate::store::{Revision, RevisionHead};
use crate::{tasks, timetable, wire};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, ETAG, HeaderValue, LINK, VARY,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

const CALENDAR: &str = "text/calendar";
/// A revision never changes; what is said of it may, with a new version of the program.
const KEPT: &str = "private, max-age=86400, immutable";
/// How many revisions a page of the list has.
const PAGE: u32 = 50;
/// How many it may have.
const PAGE_MOST: u32 = 500;

/// Which page of the list.
#[derive(Deserialize)]
pub(in crate::http) struct Page {
    before: Option<u64>,
    limit: Option<u32>,
}

/// `GET …/timetables`: every source, with the revision in force.
pub(in crate::http) async fn sources(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path(fleet): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (name, _) = face.fleet(&fleet)?;
    let told = face.store.sources(name).await?.into_iter().map(|newest| {
        let mut told = head(&newest);
        told["source"] = newest.source.into();
        told
    });
    let told: Value = told.collect();
    Ok(tagged(&headers, &json!({ "fleet": name.as_str(), "timetables": told })))
}

/// `GET …/timetables/{source}/revisions?before=n&limit=n`: newest first, without files.
pub(in crate::http) async fn list(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path((fleet, source)): Path<(String, String)>,
    page: Result<Query<Page>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (name, _) = face.fleet(&fleet)?;
    let Query(Page { before, limit }) = page.map_err(|_| bad_page())?;
    let limit = limit.unwrap_or(PAGE);
    if !(1..=PAGE_MOST).contains(&limit) {
        return Err(bad_page());
    }
    let current = newest(&face, name, &source).await?;
    let before = before.unwrap_or(u64::MAX);
    let some = face.store.revisions(name, &source, before, limit).await?;
    let told: Value = some.iter().map(head).collect();
    let body = json!({
        "fleet": name.as_str(), "source": source, "current_revision": current, "revisions": told,
    });
    let mut response = tagged(&headers, &body);
    // Numbers have no gaps: below the last of this page there are more, unless it is the first ever.
    if let Some(last) = some.last().filter(|last| 1 < last.number) {
        let next = format!(
            "</v1/fleets/{name}/timetables/{source}/revisions?before={}&limit={limit}>; rel=\"next\"",
            last.number
        );
        response.headers_mut().extend(HeaderValue::try_from(next).map(|next| (LINK, next)));
    }
    Ok(response)
}

/// `GET …/revisions/{n}`: what it says; with `Accept: text/calendar` the file as it was uploaded.
pub(in crate::http) async fn show(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path((fleet, source, number)): Path<(String, String, u64)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (name, _) = face.fleet(&fleet)?;
    let as_file = prefers(&headers, CALENDAR);
    // Two representations are never the same bytes.
    let tag = if as_file { format!("\"{number}.ics\"") } else { format!("\"{number}\"") };
    let mut response = if has(&headers, &tag) {
        known(&face, name, &source, number).await?;
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let revision = find(&face, name, &source, number).await?;
        if as_file {
            let named = file_name(&revision);
            let headers = [(CONTENT_TYPE, CALENDAR), (CONTENT_DISPOSITION, &named)];
            (headers, revision.content.file).into_response()
        } else {
            let told = off_loop(move || format!("{}\n", told(&revision))).await?;
            ([(CONTENT_TYPE, "application/json")], told).into_response()
        }
    };
    response.headers_mut().insert(VARY, HeaderValue::from_static("accept"));
    Ok(kept(tag, response))
}

/// `GET …/revisions/{n}/reading.ics`: what was read, written as a timetable of its own.
pub(in crate::http) async fn reading(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path((fleet, source, number)): Path<(String, String, u64)>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (name, _) = face.fleet(&fleet)?;
    let tag = format!("\"{number}\"");
    if has(&headers, &tag) {
        known(&face, name, &source, number).await?;
        return Ok(kept(tag, StatusCode::NOT_MODIFIED.into_response()));
    }
    let revision = find(&face, name, &source, number).await?;
    let named = file_name(&revision);
    let text =
        off_loop(move || timetable::written(&revision.content.sittings, revision.published_at));
    let kind = "text/calendar; charset=utf-8";
    let headers = [(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, &named)];
    Ok(kept(tag, (headers, text.await?).into_response()))
}

/// `POST …/revisions/{n}/restore`: a draft like any other.
pub(in crate::http) async fn restore(
    State(face): State<Arc<Face>>,
    who: Registrar,
    Path((fleet, source, number)): Path<(String, String, u64)>,
) -> Result<Response, Problem> {
    let (name, fleet) = face.fleet(&fleet)?;
    known(&face, name, &source, number).await?;
    let now = face.clock.now();
    let restored = tasks::restore(&face.store, name, &source, number, &who.subject, now).await?;
    let draft = restored.ok_or_else(lost)?;
    drafted(&face, fleet, draft, now).await
}

/// A revision as a list tells it.
fn head(head: &RevisionHead) -> Value {
    let RevisionHead { source: _, number, published_at, published_by, file_bytes, counts } = head;
    json!({
        "revision": number,
        "published_at": wire::time(*published_at),
        "published_by": published_by,
        "file_bytes": file_bytes,
        "counts": wire::counts(*counts),
    })
}

/// A revision as a whole, but for its file.
fn told(revision: &Revision) -> Value {
    let Revision { fleet, source, number, published_at, published_by, content } = revision;
    json!({
        "fleet": fleet.as_str(),
        "source": source,
        "revision": number,
        "published_at": wire::time(*published_at),
        "published_by": published_by,
        "file_bytes": content.file.len(),
        "file_sha256": hex(&Sha256::digest(&content.file)),
        "sittings": wire::sittings(&content.sittings),
        "findings": wire::findings(&content.findings),
        "counts": wire::counts(content.counts),
    })
}

/// Under which name a browser saves it.
fn file_name(revision: &Revision) -> String {
    let Revision { fleet, source, number, .. } = revision;
    format!("attachment; filename=\"{fleet}-{source}-{number}.ics\"")
}

/// What a browser may keep.
fn kept(tag: String, response: Response) -> Response {
    ([(ETAG, tag.as_str()), (CACHE_CONTROL, KEPT)], response).into_response()
}

/// The number of a source's newest revision.
async fn newest(face: &Face, fleet: &FleetName, source: &str) -> Result<u64, Problem> {
    let current = face.store.current_revision(fleet, source).await?;
    if 0 < current {
        return Ok(current);
    }
    let sources = face.store.sources(fleet).await?;
    let names: Vec<_> = sources.iter().map(|newest| newest.source.as_str()).collect();
    let published = match names.as_slice() {
        [] => "nothing was published yet".to_owned(),
        names => format!("published were {}", names.join(", ")),
    };
    let detail = format!("Nothing was published under this name; {published}.");
    Err(Problem::new(StatusCode::NOT_FOUND, "unknown_timetable", detail))
}

/// That there is such a revision; it is there for ever then.
async fn known(face: &Face, fleet: &FleetName, source: &str, number: u64) -> Result<(), Problem> {
    let newest = newest(face, fleet, source).await?;
    if (1..=newest).contains(&number) {
        return Ok(());
    }
    let detail = format!("There is no revision {number} of {source}; the newest is {newest}.");
    Err(Problem::new(StatusCode::NOT_FOUND, "unknown_revision", detail))
}

async fn find(
    face: &Face,
    fleet: &FleetName,
    source: &str,
    number: u64,
) -> Result<Revision, Problem> {
    known(face, fleet, source, number).await?;
    let revision = face.store.revision(fleet, source, number).await?;
    revision.ok_or_else(lost)
}

/// Numbers have no gaps and nothing is ever deleted: somebody has meddled with the database.
fn lost() -> Problem {
    tracing::error!("a revision below the newest of its source is not in the database");
    Problem::of(StatusCode::INTERNAL_SERVER_ERROR)
}

fn bad_page() -> Problem {
    let detail = format!(
        "`before` takes the number of a revision, and `limit` 1 to {PAGE_MOST}; {PAGE} without it."
    );
    Problem::new(StatusCode::BAD_REQUEST, "bad_page", detail)
}
