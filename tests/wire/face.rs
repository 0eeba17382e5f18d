//! One account, a clock that is moved by hand, and forms in, XML out.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum::response::Response;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use invigilator::domain::ManualClock;
use invigilator::sandbox::Account;
use invigilator::sandbox::wire::{GROUP, router};
use serde_json::Value;
use std::sync::Arc;
use tower::ServiceExt as _;

pub(crate) const AUTO_SCALING: &str = "2011-01-01";

/// Seconds after Monday 2026-11-30 08:00 UTC.
pub(crate) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_025_600 + second, 0).expect("a sample value")
}

/// The same as AWS's clients write it.
pub(crate) fn stamp(second: i64) -> String {
    at(second).to_rfc3339_opts(SecondsFormat::Secs, true)
}

pub(crate) struct Site {
    pub(crate) account: Account,
    router: Router,
    clock: Arc<ManualClock>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) xml: String,
}

impl Site {
    /// A group of two instances in service, at second 0.
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::at(at(0)));
        let account = Account::in_memory(7, at(0), clock.clone());
        Self { clock, ..Self::over(account) }
    }

    /// An account with a clock of its own; that of the site moves nothing.
    pub(crate) fn over(account: Account) -> Self {
        let clock = Arc::new(ManualClock::at(at(0)));
        Self { router: router(account.clone()), account, clock }
    }

    pub(crate) fn advance(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    /// An operation of a service, by the version of its API.
    pub(crate) async fn ask(&self, version: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", version);
        form.extend_pairs(fields);
        self.send(form.finish()).await
    }

    pub(crate) async fn send(&self, body: String) -> Answer {
        self.try_send(body).await.expect("a body")
    }

    /// `None` where the connection is closed without an answer.
    pub(crate) async fn try_send(&self, body: String) -> Option<Answer> {
        let request = Request::post("/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .expect("a request");
        let response = self.answer(request).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.ok()?;
        Some(Answer { status, xml: String::from_utf8(bytes.to_vec()).expect("text") })
    }

    /// Whatever the router answers.
    pub(crate) async fn answer(&self, request: Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.expect("an answer")
    }

    /// A request of the control API, and what it answers.
    pub(crate) async fn control(&self, method: &str, body: &str) -> (StatusCode, Value) {
        let request = Request::builder()
            .method(method)
            .uri("/_sandbox/faults")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        let response = self.answer(request).await;
        let status = response.status();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("a body");
        (status, serde_json::from_slice(&bytes).expect("JSON"))
    }

    /// Puts faults in the place of those that stand.
    pub(crate) async fn break_down(&self, faults: Value) {
        let (status, told) = self.control("POST", &faults.to_string()).await;
        assert_eq!(status, StatusCode::OK, "{told}");
    }

    /// An operation of Auto Scaling on the group, with further fields.
    pub(crate) async fn on_group(&self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("AutoScalingGroupName", GROUP)];
        all.extend(fields);
        self.ask(AUTO_SCALING, action, &all).await
    }

    /// What the group looks like.
    pub(crate) async fn group(&self) -> Answer {
        self.ask(AUTO_SCALING, "DescribeAutoScalingGroups", &[]).await.fine()
    }

    /// The ids of all instances, in the order in which they are told.
    pub(crate) async fn ids(&self) -> Vec<String> {
        self.group().await.texts("InstanceId").into_iter().map(str::to_owned).collect()
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn fine(self) -> Self {
        assert_eq!(self.status, StatusCode::OK, "{}", self.xml);
        self
    }

    /// A refusal with this code and exactly these words.
    #[track_caller]
    pub(crate) fn refused(&self, code: &str, message: &str) {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{}", self.xml);
        assert!(self.xml.starts_with("<ErrorResponse><Error><Type>Sender</Type>"), "{}", self.xml);
        assert_eq!((self.text("Code"), self.text("Message")), (code, message));
    }

    /// An answer that the sandbox does not pretend to know.
    #[track_caller]
    pub(crate) fn not_simulated(&self, what: &str) {
        assert_eq!(self.status, StatusCode::NOT_IMPLEMENTED, "{}", self.xml);
        assert_eq!(self.text("Code"), "NotSimulated");
        assert!(self.text("Message").contains(what), "{}", self.xml);
    }

    /// The texts of all elements of a name, escaped as they are.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        let open = format!("<{name}>");
        let close = format!("</{name}>");
        let rest = self.xml.split(&open).skip(1);
        rest.map(|text| text.split(&close).next().unwrap_or_default()).collect()
    }

    /// The only one.
    #[track_caller]
    pub(crate) fn text(&self, name: &str) -> &str {
        let texts = self.texts(name);
        assert_eq!(texts.len(), 1, "{name} in {}", self.xml);
        texts[0]
    }
}
