//! Refusals as `application/problem+json` (RFC 9457).

use super::auth;
use crate::report::Chain;
use crate::store;
use crate::timetable::Limits;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

const MEDIA_TYPE: &str = "application/problem+json";

/// A refusal: what, why, and what to do next.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    more: Map<String, Value>,
}

impl Problem {
    /// With a stable snake_case code and a sentence for the person who reads it.
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), more: Map::new() }
    }

    /// What is to be said of a bare status.
    pub(super) fn of(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address."),
            StatusCode::METHOD_NOT_ALLOWED => {
                ("method_not_allowed", "This address does not take this method; see `Allow`.")
            }
            StatusCode::PAYLOAD_TOO_LARGE => return Self::too_large(),
            StatusCode::SERVICE_UNAVAILABLE => (
                "timed_out",
                "It took too long and was given up. Upload a shorter time range; nothing that was \
                 published is touched.",
            ),
            status if status.is_server_error() => {
                ("internal", "Something failed here. It is in the log; try again.")
            }
            _ => ("bad_request", "The request could not be understood."),
        };
        Self::new(status, code, detail)
    }

    fn too_large() -> Self {
        let most = Limits::UPLOAD.file_bytes >> 20;
        let detail = format!("A timetable file may have {most} MiB. Export a shorter time range.");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail)
    }

    /// One more member.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// Before the first pass nothing is known.
    pub(super) fn not_ready(fleet: &str) -> Self {
        let detail = format!("Fleet {fleet} has not been looked at yet. Try again in a moment.");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_ready", detail)
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        // The text may name paths and rows; it is for the log alone.
        tracing::error!(error = %Chain(&error), "failed to answer a request from the store");
        let detail =
            "Our own database did not answer. Nothing is in force that was not before; try again.";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "store_failed", detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "code": self.code,
            "detail": self.detail,
        });
        if let Some(members) = body.as_object_mut() {
            members.extend(self.more);
        }
        let mut response =
            (self.status, [(CONTENT_TYPE, MEDIA_TYPE)], format!("{body}\n")).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static(auth::CHALLENGE);
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Refusals that axum or a layer made in plain text become problems, their headers kept.
pub(super) async fn retell(response: Response) -> Response {
    let told = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == MEDIA_TYPE);
    let refused = response.status().is_client_error() || response.status().is_server_error();
    if told || !refused {
        return response;
    }
    let mut retold = Problem::of(response.status()).into_response();
    for (name, value) in response.headers() {
        if name.as_str() != "content-type" && name.as_str() != "content-length" {
            retold.headers_mut().insert(name, value.clone());
        }
    }
    retold
}
