//! `/_sandbox/faults`: what stands is replaced, told and cleared.

use super::Faults;
use super::shape::{Asked, Shape};
use crate::sandbox::Account;
use crate::sandbox::journal::Input;
use crate::sandbox::wire::FaceState;
use crate::sandbox::world::first;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};

/// Faults that may stand at a time.
const MOST: usize = 100;

/// The control API, beside the operations.
pub(in crate::sandbox::wire) fn routes() -> Router<FaceState> {
    Router::new().route("/_sandbox/faults", get(tell).post(replace).delete(clear))
}

async fn tell(State(face): State<FaceState>) -> Response {
    face.in_turn(standing)
}

async fn replace(State(face): State<FaceState>, body: Bytes) -> Response {
    match read(&body) {
        Ok(asked) => face.in_turn(|account, faults| put(account, faults, asked)),
        Err(message) => refused(StatusCode::BAD_REQUEST, &message),
    }
}

async fn clear(State(face): State<FaceState>) -> Response {
    face.in_turn(|account, faults| put(account, faults, Vec::new()))
}

/// All of the list, or why it is refused.
fn read(body: &[u8]) -> Result<Vec<Asked>, String> {
    let shapes: Vec<Shape> = serde_json::from_slice(body)
        .map_err(|why| format!("the body is no JSON list of faults: {why}"))?;
    if MOST < shapes.len() {
        return Err(format!("{} faults are asked for; at most {MOST} can stand", shapes.len()));
    }
    let asked = shapes.into_iter().zip(1..).map(|(shape, number)| {
        Asked::try_from(shape).map_err(|why| format!("fault {number} of the list: {why}"))
    });
    asked.collect()
}

fn put(account: &Account, faults: &Faults, asked: Vec<Asked>) -> Response {
    let (mut wire, mut outages) = (Vec::new(), Vec::new());
    for one in asked {
        match one {
            Asked::Fault(fault) => wire.push(fault),
            Asked::Outage(outage) => outages.push(outage),
        }
    }
    // Only a change is written down.
    if outages != account.look(|world| world.outages())
        && let Err(error) = first(account.give(&Input::Outages(outages)))
    {
        let why = crate::report::Chain(&error).to_string();
        return refused(StatusCode::INTERNAL_SERVER_ERROR, &format!("nothing was changed: {why}"));
    }
    faults.replace(wire);
    standing(account, faults)
}

fn standing(account: &Account, faults: &Faults) -> Response {
    let (now, outages) = account.look(|world| (world.now(), world.outages()));
    let mut shapes: Vec<_> = faults.standing(now).iter().map(Shape::from).collect();
    shapes.extend(outages.iter().map(Shape::from));
    Json(shapes).into_response()
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(serde_json::json!({ "message": message }))).into_response()
}
