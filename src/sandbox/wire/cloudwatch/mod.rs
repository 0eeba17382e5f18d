//! CloudWatch: what the World measures of each minute, through `GetMetricData`.
//!
//! It comes in both protocols that clients choose: smithy's RPC v2 with CBOR (the Rust SDK), at a path of its own, and
//! AWS's JSON 1.0 (boto3), at `/` with `X-Amz-Target`. A minute is told once it is over: the one under way is missing,
//! and a longer period that holds it is told of its minutes so far and grows. The last day is known. A metric that the
//! account does not have is `Complete` and without values, as AWS answers; a statistic that is not known of one it has is
//! not simulated. AWS does not document the words of most refusals here.

mod data;
mod members;
mod metric;
mod request;

pub(super) use metric::GROUP_METRICS;

use super::faults::Call;
use super::refusal::Refused;
use super::view::View;
use super::{Face, FaceState};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use chrono::{DateTime, Utc};
use data::Data;
use metric::Point;
use request::{Position, Query, Request};
use serde_json::Value;

/// As IAM names it.
pub(super) const NAME: &str = "cloudwatch";
/// The operations.
pub(super) const OPERATIONS: &[&str] = &["GetMetricData"];
/// What stands before the operation in `X-Amz-Target`, and in the path before `/operation`.
const SERVICE: &str = "GraniteServiceVersion20100801";
/// Where JSON names its operation.
pub(super) const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
const QUERY_ERROR: HeaderName = HeaderName::from_static("x-amzn-query-error");
const PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");

/// The path of the CBOR protocol.
pub(super) fn routes() -> Router<FaceState> {
    Router::new().route(&format!("/service/{SERVICE}/operation/{{operation}}"), post(cbor))
}

async fn cbor(
    State(face): State<FaceState>,
    Path(operation): Path<String>,
    body: Bytes,
) -> Response {
    respond(&face, &operation, data::from_cbor(&body), Protocol::Cbor).await
}

/// Answers a request of the JSON protocol for this target.
pub(super) async fn json(face: &Face, target: &str, body: &[u8]) -> Response {
    let operation = target.strip_prefix(SERVICE).and_then(|rest| rest.strip_prefix('.'));
    let body = serde_json::from_slice(body).map_err(|why| why.to_string());
    respond(face, operation.unwrap_or(target), body, Protocol::Json).await
}

/// How a client speaks.
#[derive(Debug, Clone, Copy)]
enum Protocol {
    Cbor,
    Json,
}

async fn respond(
    face: &Face,
    operation: &str,
    body: Result<Value, String>,
    protocol: Protocol,
) -> Response {
    let call = Call { service: NAME, operation };
    let work = |view: &View<'_>| {
        if !OPERATIONS.contains(&operation) {
            return Err(Refused::not_simulated(&format!(
                "the operation {operation} of CloudWatch"
            )));
        }
        let body = body.map_err(|why| Refused::new(400, "SerializationException", why))?;
        metric_data(view, Request::read(body)?)
    };
    face.respond(call, work, |done, request_id| protocol.write(done, request_id)).await
}

impl Protocol {
    fn write(self, done: Result<Data, Refused>, request_id: &str) -> Response {
        let id = [(REQUEST_ID, request_id.to_owned())];
        match done {
            Ok(data) => (StatusCode::OK, id, self.body(&data)).into_response(),
            Err(refused) => {
                let error = format!("{};{}", refused.code(), refused.fault());
                let told = Data::Map(vec![
                    ("__type", Data::Text(shape(refused.code()).to_owned())),
                    ("message", Data::Text(refused.message().to_owned())),
                ]);
                (refused.status(), id, [(QUERY_ERROR, error)], self.body(&told)).into_response()
            }
        }
    }

    fn body(self, data: &Data) -> Response {
        match self {
            Self::Cbor => {
                let headers = [(CONTENT_TYPE, "application/cbor"), (PROTOCOL, "rpc-v2-cbor")];
                (headers, data.to_cbor()).into_response()
            }
            Self::Json => {
                let headers = [(CONTENT_TYPE, "application/x-amz-json-1.0")];
                (headers, data.to_json().to_string()).into_response()
            }
        }
    }
}

/// The body names a throttling by its shape, and only the header by its code.
fn shape(code: &str) -> &str {
    if code == "Throttling" { "ThrottlingException" } else { code }
}

/// One page of what the queries are answered.
fn metric_data(view: &View<'_>, request: Request) -> Result<Data, Refused> {
    let Request { queries, from, to, most, oldest_first, after } = request;
    let mut minutes = view.minutes();
    let latest = minutes.first().map_or(0, |minute| minute.ends().timestamp());
    let Position { datapoints, as_of } = after.unwrap_or(Position { datapoints: 0, as_of: latest });
    minutes.retain(|minute| minute.ends().timestamp() <= as_of);
    let mut answered = Vec::new();
    for query in queries.into_iter().filter(|query| query.told) {
        let mut points = view.left(metric::points(&query, &minutes, from, to)?, most);
        if oldest_first {
            points.reverse();
        }
        answered.push((query, points));
    }
    let page = Page { skip: datapoints, room: most, results: Vec::new() };
    let (results, is_whole) = page.fill(answered);
    let mut members =
        vec![("MetricDataResults", Data::List(results)), ("Messages", Data::List(Vec::new()))];
    if !is_whole {
        let next = Position { datapoints: datapoints + most, as_of };
        members.push(("NextToken", Data::Text(next.token())));
    }
    Ok(Data::Map(members))
}

/// A page that is being filled: so many datapoints stand on those before it, so many fit.
struct Page {
    skip: usize,
    room: usize,
    results: Vec<Data>,
}

impl Page {
    /// The results on it, and whether it is the last. A query without datapoints stands on the first page, and one of
    /// which more is to come is `PartialData`.
    fn fill(mut self, answered: Vec<(Query, Vec<Point>)>) -> (Vec<Data>, bool) {
        let is_first = self.skip == 0;
        let mut is_whole = true;
        for (query, points) in answered {
            let is_empty = points.is_empty();
            let left: Vec<_> = points.iter().copied().skip(self.skip).collect();
            self.skip -= self.skip.min(points.len());
            let told: Vec<_> = left.iter().copied().take(self.room).collect();
            self.room -= told.len();
            let is_complete = told.len() == left.len();
            is_whole &= is_complete;
            if !told.is_empty() || (is_empty && is_first) {
                self.results.push(result(query, &told, is_complete));
            }
        }
        (self.results, is_whole)
    }
}

fn result(query: Query, points: &[Point], is_complete: bool) -> Data {
    let Query { id, label, told: _, stat } = query;
    let time = |(at, _): &(DateTime<Utc>, f64)| Data::Time(*at);
    let status = if is_complete { "Complete" } else { "PartialData" };
    Data::Map(vec![
        ("Id", Data::Text(id)),
        ("Label", Data::Text(label.unwrap_or(stat.name))),
        ("Timestamps", Data::List(points.iter().map(time).collect())),
        ("Values", Data::List(points.iter().map(|(_, value)| Data::Number(*value)).collect())),
        ("StatusCode", Data::Text(status.to_owned())),
    ])
}
