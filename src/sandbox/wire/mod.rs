//! The simulated account as AWS's own clients see it: the query protocol (a form in, XML out) of EC2 Auto Scaling, STS,
//! RDS and ELBv2, on one address. The only place of the sandbox that speaks HTTP.
//!
//! What AWS refuses is refused here, with its code and its words; what the sandbox does not simulate is answered
//! with `NotSimulated` and HTTP 501, never with a success that means nothing. Signatures are not checked, so whoever
//! serves this keeps it on loopback. The services share `/` and are told apart by the version of their API. CloudWatch,
//! which speaks CBOR, has paths of its own (`/service/…/operation/…`) and can stand beside it, and so can whatever makes
//! the account misbehave on demand.

mod autoscaling;
mod form;
mod identity;
mod loadbalancing;
mod page;
mod rds;
mod refusal;
mod sts;
mod xml;

pub use identity::{
    ACCOUNT_ID, DB_CLUSTER, GROUP, LOAD_BALANCER, REGION, RESOURCE_LABEL, TARGET_GROUP_ARN,
};

use super::Account;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use form::Form;
use refusal::Refused;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use xml::Xml;

/// The largest request; a batch of 50 scheduled actions is below 100 kB.
const BODY_BYTES: usize = 1 << 20;

/// What an operation answers: the inside of its result, or nothing where AWS has no result.
type Answer = Result<Option<Xml>, Refused>;

/// A service by the version of its API.
#[derive(Debug, Clone, Copy)]
struct Service {
    version: &'static str,
    namespace: &'static str,
    answer: fn(&str, &Account, &mut Form) -> Answer,
}

const SERVICES: [Service; 4] = [
    Service {
        version: "2011-01-01",
        namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
        answer: autoscaling::answer,
    },
    Service {
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        answer: sts::answer,
    },
    Service {
        version: "2014-10-31",
        namespace: "http://rds.amazonaws.com/doc/2014-10-31/",
        answer: rds::answer,
    },
    Service {
        version: "2015-12-01",
        namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        answer: loadbalancing::answer,
    },
];

/// One account behind one address.
struct Face {
    account: Account,
    /// Held while a request is carried out: of one account, they come one after the other.
    turn: Mutex<()>,
    requests: AtomicU64,
}

/// Every operation of an account, as a router for loopback.
pub fn router(account: Account) -> Router {
    let face = Face { account, turn: Mutex::new(()), requests: AtomicU64::new(0) };
    Router::new()
        .fallback(respond)
        .with_state(Arc::new(face))
        .layer(DefaultBodyLimit::max(BODY_BYTES))
}

async fn respond(State(face): State<Arc<Face>>, body: Bytes) -> Response {
    let number = face.requests.fetch_add(1, Ordering::Relaxed);
    let request_id = identity::uuid("request", &number.to_string());
    let mut form = Form::parse(&body);
    let (status, xml) = match face.carry_out(&mut form) {
        Ok(result) => (StatusCode::OK, result.document(&request_id)),
        Err(refused) => (refused.status(), refused.document(&request_id)),
    };
    let headers = [(CONTENT_TYPE.as_str(), "text/xml"), ("x-amzn-requestid", &*request_id)];
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
    /// While a request is carried out the account's clock stands still.
    fn carry_out(&self, form: &mut Form) -> Result<Answered, Refused> {
        let action = form.take("Action").ok_or_else(Refused::missing_action)?;
        let version = form.take("Version").unwrap_or_default();
        let service = SERVICES.iter().find(|service| service.version == version);
        let service = service.ok_or_else(|| Refused::invalid_action(&action, &version))?;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let _standing = self.account.clock().pause();
        let result = (service.answer)(&action, &self.account, form)?;
        Ok(Answered { action, namespace: service.namespace, result })
    }
}
