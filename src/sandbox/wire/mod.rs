//! The simulated account as AWS's own clients see it: the query protocol (a form in, XML out) of EC2 Auto Scaling, STS,
//! RDS and ELBv2, and CloudWatch's CBOR and JSON, on one address. The only place of the sandbox that speaks HTTP.
//!
//! What AWS refuses is refused here, with its code and its words; what the sandbox does not simulate is answered
//! with `NotSimulated` and HTTP 501, never with a success that means nothing. Signatures are not checked, so whoever
//! serves this keeps it on loopback. The services share `/` and are told apart by the version of their API, or by a
//! header; CBOR has paths of its own (`/service/…/operation/…`). `/_sandbox/faults` makes the account misbehave on demand.

mod autoscaling;
mod cloudwatch;
mod delivery;
mod faults;
mod form;
mod identity;
mod loadbalancing;
mod page;
mod rds;
mod refusal;
mod sts;
mod view;
mod xml;

pub use identity::{
    ACCOUNT_ID, DB_CLUSTER, GROUP, LOAD_BALANCER, REGION, RESOURCE_LABEL, TARGET_GROUP_ARN,
};

use super::Account;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use faults::{Call, Delivery, Faults};
use form::Form;
use refusal::Refused;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use view::View;
use xml::Xml;

/// The largest request; a batch of 50 scheduled actions is below 100 kB.
const BODY_BYTES: usize = 1 << 20;

/// What an operation answers: the inside of its result, or nothing where AWS has no result.
type Answer = Result<Option<Xml>, Refused>;

/// A service by the version of its API.
#[derive(Debug, Clone, Copy)]
struct Service {
    /// As IAM names it.
    name: &'static str,
    version: &'static str,
    namespace: &'static str,
    operations: &'static [&'static str],
    answer: fn(&str, &View<'_>, &mut Form) -> Answer,
}

const SERVICES: [Service; 4] = [
    Service {
        name: "autoscaling",
        version: "2011-01-01",
        namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
        operations: autoscaling::OPERATIONS,
        answer: autoscaling::answer,
    },
    Service {
        name: "sts",
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        operations: sts::OPERATIONS,
        answer: sts::answer,
    },
    Service {
        name: "rds",
        version: "2014-10-31",
        namespace: "http://rds.amazonaws.com/doc/2014-10-31/",
        operations: rds::OPERATIONS,
        answer: rds::answer,
    },
    Service {
        name: "elasticloadbalancing",
        version: "2015-12-01",
        namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        operations: loadbalancing::OPERATIONS,
        answer: loadbalancing::answer,
    },
];

/// Every operation, with the service that has it.
fn catalogue() -> impl Iterator<Item = (&'static str, &'static str)> {
    let query = SERVICES.map(|service| (service.name, service.operations));
    let services = query.into_iter().chain([(cloudwatch::NAME, cloudwatch::OPERATIONS)]);
    services.flat_map(|(name, operations)| operations.iter().map(move |one| (name, *one)))
}

/// One account behind one address.
struct Face {
    account: Account,
    faults: Faults,
    /// Held while a request is carried out: of one account, they come one after the other.
    turn: Mutex<()>,
    requests: AtomicU64,
}

/// What every handler is given.
type FaceState = Arc<Face>;

/// Every operation of an account, as a router for loopback.
pub fn router(account: Account) -> Router {
    let (faults, turn, requests) = (Faults::default(), Mutex::new(()), AtomicU64::new(0));
    let face = Face { account, faults, turn, requests };
    faults::routes()
        .merge(cloudwatch::routes())
        .fallback(at_root)
        .with_state(Arc::new(face))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
}

/// What shares `/`: JSON names its operation in a header, the query protocol in its form.
async fn at_root(State(face): State<FaceState>, headers: HeaderMap, body: Bytes) -> Response {
    match headers.get(cloudwatch::TARGET).map(|target| target.to_str().unwrap_or_default()) {
        Some(target) => cloudwatch::json(&face, target, &body).await,
        None => query(&face, &body).await,
    }
}

/// Answers a request of the query protocol.
async fn query(face: &Face, body: &[u8]) -> Response {
    let mut form = Form::parse(body);
    let action = form.take("Action");
    let version = form.take("Version").unwrap_or_default();
    let service = SERVICES.into_iter().find(|service| service.version == version);
    let call = Call {
        service: service.map(|service| service.name).unwrap_or_default(),
        operation: action.as_deref().unwrap_or_default(),
    };
    let work = |view: &View<'_>| {
        let action = action.as_deref().ok_or_else(Refused::missing_action)?;
        let service = service.ok_or_else(|| Refused::invalid_action(action, &version))?;
        let result = (service.answer)(action, view, &mut form)?;
        Ok(Answered { action: action.to_owned(), namespace: service.namespace, result })
    };
    face.respond(call, work, document).await
}

/// An answer of the query protocol, or its refusal.
fn document(done: Result<Answered, Refused>, request_id: &str) -> Response {
    let (status, xml) = match done {
        Ok(result) => (StatusCode::OK, result.document(request_id)),
        Err(refused) => (refused.status(), refused.document(request_id)),
    };
    let headers = [(CONTENT_TYPE.as_str(), "text/xml"), ("x-amzn-requestid", request_id)];
    (status, headers, xml).into_response()
}

/// What an operation answered, and what stands around it.
struct Answered {
    action: String,
    namespace: &'static str,
    result: Option<Xml>,
}

impl Answered {
    fn document(self, request_id: &str) -> String {
        let Self { action, namespace, result } = self;
        Xml::document(&format!("{action}Response"), Some(namespace), |xml| {
            if let Some(result) = result {
                xml.put(&format!("{action}Result"), result);
            }
            xml.within("ResponseMetadata", |xml| xml.text("RequestId", request_id));
        })
    }
}

impl Face {
    /// Carries out a request as far as the faults let it, and answers in its protocol.
    async fn respond<T>(
        &self,
        call: Call<'_>,
        work: impl FnOnce(&View<'_>) -> Result<T, Refused>,
        write: impl FnOnce(Result<T, Refused>, &str) -> Response,
    ) -> Response {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        let request_id = identity::uuid("request", &number.to_string());
        let (done, hit) = self.in_turn(|account, faults| {
            let mut hit = faults.hit(call, account.look(|world| world.now()));
            let done = match hit.refused.take() {
                Some(refused) => Err(refused),
                None => work(&View::new(account, hit.sight)),
            };
            (done, hit)
        });
        if !hit.delay.is_zero() {
            tokio::time::sleep(hit.delay).await;
        }
        match hit.delivery {
            Delivery::Whole => write(done, &request_id),
            Delivery::Lost => delivery::lost(),
            Delivery::Unavailable => delivery::unavailable(),
        }
    }

    /// While a request is carried out the account's clock stands still.
    fn in_turn<T>(&self, act: impl FnOnce(&Account, &Faults) -> T) -> T {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _standing = self.account.clock().pause();
        act(&self.account, &self.faults)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ManualClock;
    use chrono::{DateTime, Utc};

    /// Faults are asked for by these names, so none may be missing and none may be wrong.
    #[test]
    fn every_operation_of_the_catalogue_is_one_and_no_other_is() {
        let account = Account::in_memory(
            1,
            DateTime::<Utc>::UNIX_EPOCH,
            Arc::new(ManualClock::at(DateTime::<Utc>::UNIX_EPOCH)),
        );
        let view = View::new(&account, view::Sight::default());
        for service in SERVICES {
            for (_, operation) in catalogue() {
                let answer = (service.answer)(operation, &view, &mut Form::default());
                let known = answer.err().is_none_or(|refused| refused.code() != "InvalidAction");
                assert_eq!(known, service.operations.contains(&operation), "{operation}");
            }
        }
    }
}
