//! One fleet: what the latest pass knew.

use super::tagged;
use crate::http::Face;
use crate::http::auth::Reader;
use crate::http::problem::Problem;
use crate::tasks::Snapshot;
use crate::wire;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

/// `GET /v1/fleets/{fleet}/posture`
pub(in crate::http) async fn posture(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path(fleet): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    show(&face, &fleet, &headers, |latest| wire::fleet_posture(&latest.posture))
}

/// `GET /v1/fleets/{fleet}/plan`
pub(in crate::http) async fn plan(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path(fleet): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    show(&face, &fleet, &headers, |latest| wire::plan(&latest.plan, &latest.script))
}

/// `GET /v1/fleets/{fleet}/sittings`
pub(in crate::http) async fn sittings(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path(fleet): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let zone = face.fleet(&fleet)?.1.zone;
    show(&face, &fleet, &headers, |latest| {
        wire::fleet_sittings(&latest.posture.fleet, zone, &latest.sittings)
    })
}

/// `GET /v1/fleets/{fleet}/script`
pub(in crate::http) async fn script(
    State(face): State<Arc<Face>>,
    _: Reader,
    Path(fleet): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    show(&face, &fleet, &headers, |latest| wire::script(&latest.script))
}

fn show(
    face: &Face,
    fleet: &str,
    headers: &HeaderMap,
    tell: impl Fn(&Snapshot) -> Value,
) -> Result<Response, Problem> {
    let _still = face.clock.pause();
    let (name, fleet) = face.fleet(fleet)?;
    let latest = fleet.latest().ok_or_else(|| Problem::not_ready(name.as_str()))?;
    Ok(tagged(headers, &tell(&latest)))
}
