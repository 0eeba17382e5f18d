//! The page: what the exam office and whoever is on call look at. Works without scripts.

mod sources;
mod timeline;
mod view;

use super::Face;
use super::auth::Reader;
use super::problem::Problem;
use askama::Template as _;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;

const CSS: &str = include_str!("page.css");
const JS: &str = include_str!("page.js");

/// `GET /`
pub(super) async fn index(
    State(face): State<Arc<Face>>,
    _: Reader,
) -> Result<Html<String>, Problem> {
    let _still = face.clock.pause();
    let page = view::Page::of(&face);
    page.render().map(Html).map_err(|error| {
        tracing::error!(%error, "failed to render the page");
        Problem::of(StatusCode::INTERNAL_SERVER_ERROR)
    })
}

/// `GET /assets/page.css`
pub(super) async fn css() -> Response {
    asset("text/css; charset=utf-8", CSS)
}

/// `GET /assets/page.js`
pub(super) async fn js() -> Response {
    asset("text/javascript; charset=utf-8", JS)
}

/// Asked for again with each page, so that page and asset are of one version.
fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, kind), (CACHE_CONTROL, "no-cache")], text).into_response()
}
