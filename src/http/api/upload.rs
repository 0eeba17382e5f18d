//! The file of an upload: taken from the request, and read.

use super::off_loop;
use crate::http::FleetFace;
use crate::http::problem::Problem;
use crate::store::Content;
use crate::timetable::{self, Encoding, Settings};
use axum::body::Bytes;
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use std::sync::Arc;

/// A file, and how whoever sent it says that its characters are written.
pub(super) struct Upload {
    bytes: Bytes,
    encoding: Encoding,
}

/// The file: the body itself, or the one part of a form.
pub(super) async fn upload(request: Request) -> Result<Upload, Problem> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let media_type = media_type.unwrap_or_default();
    let kind = media_type.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("text/calendar") {
        let encoding = Encoding::declared(media_type);
        let body = Bytes::from_request(request, &()).await;
        let bytes = body.map_err(|refused| Problem::of(refused.status()))?;
        return Ok(Upload { bytes, encoding });
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
        let encoding = part.content_type().map_or(Encoding::Utf8, Encoding::declared);
        let bytes = part.bytes().await.map_err(|bad| Problem::of(bad.status()))?;
        if only.replace(Upload { bytes, encoding }).is_some() {
            return Err(not_one_file());
        }
    }
    only.ok_or_else(not_one_file)
}

fn not_one_file() -> Problem {
    let detail = "The form must have exactly one part, the timetable file.";
    Problem::new(StatusCode::BAD_REQUEST, "not_one_file", detail)
}

/// Reads the file off the event loop.
pub(super) async fn read(fleet: &FleetFace, file: Upload) -> Result<Content, Problem> {
    let settings = Arc::clone(&fleet.timetable);
    let reading = off_loop(move || {
        let Upload { bytes, encoding } = file;
        let reading = timetable::read(&bytes, &Settings { encoding, ..settings() })?;
        Ok(Content::of(bytes.to_vec(), reading))
    });
    reading.await?.map_err(refusal)
}

/// Why a file was not taken. Its line is a member of its own: most often it is the file as a whole.
fn refusal(error: timetable::Error) -> Problem {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let untouched = "Nothing that was published is touched.";
    match error {
        timetable::Error::Unreadable { line, what, fix } => {
            let detail = format!("{}. {}. {untouched}", capital(&what), capital(&fix));
            Problem::new(status, "unreadable", detail).with("line", line)
        }
        timetable::Error::TooManyExams { .. } => {
            let detail = format!("{}. {untouched}", capital(&error.to_string()));
            Problem::new(status, "too_many_exams", detail)
        }
    }
}

/// A clause as the begin of a sentence.
fn capital(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
