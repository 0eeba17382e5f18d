//! How an answer goes out where a fault has hit it.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a load balancer says for a service that is not there: a page for people, without a code.
const UNAVAILABLE: &str = "<html><head><title>503 Service Temporarily Unavailable</title></head>\
    <body><center><h1>503 Service Temporarily Unavailable</h1></center></body></html>\n";

/// The page in place of an answer.
pub(super) fn unavailable() -> Response {
    let headers = [(CONTENT_TYPE, "text/html")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, UNAVAILABLE).into_response()
}

/// An answer that cannot be sent. The server has not written its head when it finds that out, and closes the
/// connection.
pub(super) fn lost() -> Response {
    Response::new(Body::new(Broken))
}

/// A body that fails at once.
struct Broken;

impl hyper::body::Body for Broken {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        Poll::Ready(Some(Err(io::ErrorKind::ConnectionReset.into())))
    }
}
