//! All fleets at once, and whether we serve at all.

use super::{Json, tagged};
use crate::domain::Posture;
use crate::http::Face;
use crate::http::auth::Reader;
use crate::http::problem::Problem;
use crate::wire;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::json;
use std::sync::Arc;

impl Face {
    /// Every fleet. A fleet that has not been looked at yet makes the whole unknown, rather than be left out.
    pub(in crate::http) fn posture(&self) -> Result<Posture, Problem> {
        let fleets = self.fleets.iter().map(|(name, fleet)| {
            let latest = fleet.latest().ok_or_else(|| Problem::not_ready(name.as_str()))?;
            Ok(latest.posture.clone())
        });
        let fleets = fleets.collect::<Result<Vec<_>, Problem>>()?;
        let latest = fleets.iter().map(|fleet| fleet.as_of).max();
        Ok(Posture {
            as_of: latest.unwrap_or_else(|| self.clock.now()),
            fleets,
            zones: self.zones.clone(),
            sandbox: self.sandbox.as_ref().map(|counters| counters()),
        })
    }
}

/// `GET /v1/posture`
pub(in crate::http) async fn all(
    State(face): State<Arc<Face>>,
    _: Reader,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let _still = face.clock.pause();
    Ok(tagged(&headers, &wire::posture(&face.posture()?)))
}

/// `GET /healthz`: the process serves. An outage elsewhere never makes this fail, for a restart would not mend it.
pub(in crate::http) async fn healthz() -> Json {
    Json(json!({ "status": "ok" }))
}

/// `GET /readyz`: every fleet has been looked at.
pub(in crate::http) async fn readyz(State(face): State<Arc<Face>>) -> Result<Json, Problem> {
    match face.fleets.iter().find(|(_, fleet)| fleet.latest().is_none()) {
        None => Ok(Json(json!({ "status": "ready" }))),
        Some((name, _)) => Err(Problem::not_ready(name.as_str())),
    }
}
