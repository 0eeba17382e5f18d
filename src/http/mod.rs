//! API and page. Reads come from the snapshot that the latest pass published; nothing here asks AWS or decides.

mod api;
mod auth;
mod headers;
mod page;
mod problem;
mod server;

pub use auth::{Token, Tokens};
pub use server::serve;

use crate::domain::{Clock, FleetName, SandboxCounters, ZoneReleases};
use crate::store::Store;
use crate::tasks::Snapshot;
use crate::timetable::{self, Limits};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::TimeoutLayer;

/// The largest request: a timetable file, and what multipart puts around it.
const BODY_BYTES: usize = Limits::UPLOAD.file_bytes + (64 << 10);
/// The longest a handler may take, body included.
const HANDLER_TIME: Duration = Duration::from_secs(30);

/// Everything that the faces are given.
pub struct Face {
    /// Drafts, revisions and requests for a second person.
    pub store: Store,
    /// What time it is; it stands still while a read is made.
    pub clock: Arc<dyn Clock>,
    /// By name.
    pub fleets: BTreeMap<FleetName, FleetFace>,
    /// Who may do what.
    pub tokens: Tokens,
    /// Whose rules of the clocks timetables are read by.
    pub zones: ZoneReleases,
    /// Whether reading needs no token. Writing always does.
    pub anonymous_read: bool,
    /// What the simulated students say; only in the sandbox.
    pub sandbox: Option<Arc<dyn Fn() -> SandboxCounters + Send + Sync>>,
}

/// One fleet's side of it.
pub struct FleetFace {
    /// What the latest pass knew; `None` before the first.
    pub snapshot: watch::Receiver<Option<Arc<Snapshot>>>,
    /// Tells the fleet's loop to pass now.
    pub wake: Arc<Notify>,
    /// The campus zone.
    pub zone: Tz,
    /// How an upload is read now. It may read a list of candidates, so it is asked where that holds nobody up.
    pub timetable: timetable::SettingsNow,
}

impl FleetFace {
    /// What the latest pass knew; `None` before the first.
    fn latest(&self) -> Option<Arc<Snapshot>> {
        self.snapshot.borrow().clone()
    }
}

/// A moment in campus time.
fn campus(at: DateTime<Utc>, zone: Tz, format: &str) -> String {
    at.with_timezone(&zone).format(format).to_string()
}

/// Every route, with what holds for all of them.
pub fn router(face: Face) -> Router {
    let timetables = "/v1/fleets/{fleet}/timetables";
    let drafts = format!("{timetables}/{{source}}/drafts");
    let revisions = format!("{timetables}/{{source}}/revisions");
    Router::new()
        .route("/", get(page::index))
        .route("/assets/page.css", get(page::css))
        .route("/assets/page.js", get(page::js))
        .route("/healthz", get(api::posture::healthz))
        .route("/readyz", get(api::posture::readyz))
        .route("/v1/posture", get(api::posture::all))
        .route("/v1/fleets/{fleet}/posture", get(api::fleet::posture))
        .route("/v1/fleets/{fleet}/plan", get(api::fleet::plan))
        .route("/v1/fleets/{fleet}/sittings", get(api::fleet::sittings))
        .route("/v1/fleets/{fleet}/script", get(api::fleet::script))
        .route(timetables, get(api::revisions::sources))
        .route(&revisions, get(api::revisions::list))
        .route(&format!("{revisions}/{{n}}"), get(api::revisions::show))
        .route(&format!("{revisions}/{{n}}/reading.ics"), get(api::revisions::reading))
        .route(&format!("{revisions}/{{n}}/restore"), post(api::revisions::restore))
        .route(&drafts, post(api::drafts::create))
        .route(&format!("{drafts}/{{id}}"), get(api::drafts::show))
        .route(&format!("{drafts}/{{id}}/publish"), post(api::drafts::publish))
        .route("/v1/approvals/{id}", get(api::approvals::show).post(api::approvals::approve))
        .fallback(async || problem::Problem::of(StatusCode::NOT_FOUND))
        .method_not_allowed_fallback(async || problem::Problem::of(StatusCode::METHOD_NOT_ALLOWED))
        .with_state(Arc::new(face))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, HANDLER_TIME))
        .layer(CatchPanicLayer::new())
        // Last: a refusal made by axum or by a layer is told like our own, and every answer is guarded.
        .layer(map_response(problem::retell))
        .layer(map_response(headers::guard))
}
