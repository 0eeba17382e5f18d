//! The API: one file for each kind of thing.

mod accept;
pub(super) mod approvals;
pub(super) mod drafts;
mod effect;
pub(super) mod fleet;
pub(super) mod posture;
mod report;
pub(super) mod revisions;
mod second_person;
mod upload;

use super::problem::Problem;
use super::{Face, FleetFace};
use crate::domain::{FleetName, hex};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use sha2::{Digest, Sha256};

impl Face {
    /// A fleet by the name in the path.
    fn fleet(&self, name: &str) -> Result<(&FleetName, &FleetFace), Problem> {
        let known = FleetName::new(name).ok().and_then(|name| self.fleets.get_key_value(&name));
        known.ok_or_else(|| {
            let names: Vec<_> = self.fleets.keys().map(FleetName::as_str).collect();
            let detail = format!("There is no fleet of this name; there is {}.", names.join(", "));
            Problem::new(StatusCode::NOT_FOUND, "unknown_fleet", detail)
        })
    }
}

/// JSON on a line of its own.
pub(super) struct Json(Value);

impl IntoResponse for Json {
    fn into_response(self) -> Response {
        ([(CONTENT_TYPE, "application/json")], format!("{}\n", self.0)).into_response()
    }
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

/// JSON with a strong `ETag` over its bytes, or 304 for who has it already (RFC 9110 §13.1.2).
fn tagged(headers: &HeaderMap, body: &Value) -> Response {
    let body = format!("{body}\n");
    let tag = etag(body.as_bytes());
    let caching = [(ETAG, tag.as_str()), (CACHE_CONTROL, "private, no-cache")];
    if has(headers, &tag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, "application/json")], body).into_response()
}

/// 128 bits of the SHA-256, quoted.
fn etag(body: &[u8]) -> String {
    format!("\"{}\"", hex(&Sha256::digest(body)[..16]))
}

/// `If-None-Match` compares weakly: `W/` is ignored.
fn has(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(IF_NONE_MATCH).iter().filter_map(|list| list.to_str().ok());
    lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_the_same_bytes_gets_none_again() {
        let tag = etag(b"{}");
        assert_ne!(tag, etag(b"[]"));
        for (sent, known) in [
            (tag.clone(), true),
            (format!("W/{tag}"), true),
            (format!("\"other\", {tag}"), true),
            ("*".into(), true),
            ("\"other\"".into(), false),
            (tag.trim_matches('"').into(), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(IF_NONE_MATCH, sent.parse().unwrap());
            assert_eq!(has(&headers, &tag), known, "{sent}");
        }
        assert!(!has(&HeaderMap::new(), &tag));
    }
}
