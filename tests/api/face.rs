//! A face with hand-made values behind it.

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use invigilator::domain::{
    Budget, BudgetStatus, Candidates, Clock, ConnectionPosture, Cost, Finding, FleetName,
    FleetPosture, Floors, Freshness, Health, HoldPosture, ManualClock, NextSitting, Nodes,
    Observation, Plan, Report, Role, SandboxCounters, Script, ScriptEntry, ScriptKind, Seen,
    Severity, Sitting, SittingKey, SourceKind, SourceStatus, Span, State, Step, Sync,
    TimetablePosture, Vcpu, Window,
};
use invigilator::http::{Face, FleetFace, Token, Tokens, router};
use invigilator::store::Store;
use invigilator::tasks::Snapshot;
use invigilator::timetable::SettingsNow;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Notify, watch};
use tower::ServiceExt as _;

/// Minutes after Monday 2026-11-30 08:00 UTC.
pub(crate) fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_025_600, 0).expect("a sample value") + TimeDelta::minutes(minute)
}

pub(crate) const HOSTILE: &str = "Law <script>alert(1)</script> & \"Order\"";

pub(crate) struct Site {
    pub(crate) router: Router,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) wake: Arc<Notify>,
    pub(crate) snapshot: watch::Sender<Option<Arc<Snapshot>>>,
    _folder: tempfile::TempDir,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// The body, as far as it is text.
    pub(crate) text: String,
    pub(crate) bytes: Bytes,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// A refusal as RFC 9457 has it, with this status and code.
    #[track_caller]
    pub(crate) fn refuses(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        assert!(self.text.ends_with("}\n"), "a line of its own: {}", self.text);
        let body = self.json();
        assert_eq!(body["status"], status);
        assert_eq!(body["code"], code, "{body}");
        for member in ["type", "title", "detail"] {
            assert!(body[member].is_string(), "{member} of {body}");
        }
        body
    }
}

impl Site {
    /// One fleet that passed once; reading needs no token.
    pub(crate) async fn open() -> Self {
        Self::with(true, Some(snapshot()), None).await
    }

    pub(crate) async fn with(
        anonymous_read: bool,
        first: Option<Snapshot>,
        sandbox: Option<SandboxCounters>,
    ) -> Self {
        let timetable = invigilator::config::sandbox().fleets[0].timetable_now();
        Self::reading(timetable, anonymous_read, first, sandbox).await
    }

    /// Uploads are read in this way.
    pub(crate) async fn reading(
        timetable: SettingsNow,
        anonymous_read: bool,
        first: Option<Snapshot>,
        sandbox: Option<SandboxCounters>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Store::open(&folder.path().join("test.db")).await.expect("an answer");
        let clock = Arc::new(ManualClock::at(at(0)));
        let wake = Arc::new(Notify::new());
        let (sender, receiver) = watch::channel(first.map(Arc::new));
        let config = invigilator::config::sandbox();
        let fleet = FleetFace {
            snapshot: receiver,
            wake: Arc::clone(&wake),
            zone: Tz::Europe__London,
            timetable,
        };
        let face = Face {
            zones: config.fleets[0].zone_data.releases(),
            store,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            fleets: BTreeMap::from([(FleetName::new("moodle").expect("a sample value"), fleet)]),
            tokens: Tokens::new(Role::ALL.into_iter().flat_map(tokens)),
            anonymous_read,
            sandbox: sandbox.map(
                |counters| -> Arc<dyn Fn() -> SandboxCounters + Send + std::marker::Sync> {
                    Arc::new(move || counters)
                },
            ),
        };
        Self { router: router(face), clock, wake, snapshot: sender, _folder: folder }
    }

    pub(crate) async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, Body::empty()).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        token: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answer {
        let bearer = format!("Bearer {token}");
        let mut all = vec![("authorization", bearer.as_str())];
        all.extend(headers);
        self.send("POST", path, &all, body.into()).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Body,
    ) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request =
            headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let response = self
            .router
            .clone()
            .oneshot(request.body(body).expect("a request"))
            .await
            .expect("an answer");
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("an answer");
        Answer { status, headers, text: String::from_utf8_lossy(&bytes).into_owned(), bytes }
    }
}

/// Two people of each role, `registrar` and `registrar-2`, whose secret is their name.
fn tokens(role: Role) -> [Token; 2] {
    [role.as_str().to_owned(), format!("{}-2", role.as_str())].map(|name| Token {
        sha256: Sha256::digest(name.as_bytes()).into(),
        subject: name,
        role,
    })
}

pub(crate) fn sitting(title: &str) -> Sitting {
    Sitting {
        key: SittingKey { uid: "law".into(), recurrence_id: None },
        title: title.into(),
        span: Span::new(at(60), at(180)).expect("a sample value"),
        candidates: Candidates::new(4000),
        extra_time: vec![],
        other_readings: vec![],
        source_line: Some(7),
    }
}

/// What a pass at 08:00 knew: an exam at 09:00, seven nodes up, no count of attempts.
pub(crate) fn snapshot() -> Snapshot {
    Snapshot {
        posture: posture(),
        plan: Arc::new(plan()),
        settings: Arc::new(invigilator::config::sandbox().fleets[0].planner()),
        script: Script {
            entries: vec![ScriptEntry {
                name: "invigilator-moodle-20261130T0810Z".into(),
                at: at(10),
                min: Nodes::new(7),
                max: Nodes::new(40),
                kind: ScriptKind::Raise,
            }],
        },
        sittings: Arc::new(vec![sitting(HOSTILE)]),
        observation: Arc::new(Observation {
            taken_at: at(0),
            group: Seen::Absent,
            scheduled: Seen::Absent,
            policies: Seen::Absent,
            attempts: Seen::Absent,
            connections: Seen::Absent,
        }),
    }
}

fn posture() -> FleetPosture {
    FleetPosture {
        fleet: FleetName::new("moodle").expect("a sample value"),
        state: State::Ready,
        summary: "Everything the next exam needs is in service.".into(),
        as_of: at(0),
        phase: "exams".into(),
        floor: Floors { planned: Nodes::new(7), ready: Nodes::new(7), in_aws: Some(Nodes::new(7)) },
        ceiling: Nodes::new(40),
        desired: Some(Nodes::new(7)),
        in_service: Some(Nodes::new(7)),
        healthy: Some(Nodes::new(7)),
        protected: None,
        hold: HoldPosture {
            active: true,
            reasons: vec![HOSTILE.into()],
            until: Some(at(195)),
            hard_end: Some(at(300)),
        },
        attempts: None,
        attempts_as_of: None,
        attempts_freshness: Freshness::Never,
        connections: ConnectionPosture {
            in_use: Some(120),
            planned_peak: 416,
            limit: None,
            usable: None,
            nodes_that_fit: None,
            status: BudgetStatus::Unknown,
        },
        next_sitting: Some(NextSitting {
            title: HOSTILE.into(),
            starts_at: at(60),
            candidates: 4000,
            nodes: Nodes::new(7),
            ready: Some(true),
        }),
        timetables: vec![TimetablePosture {
            source: "registry".into(),
            kind: SourceKind::Https,
            revision: Some(3),
            published_at: Some(at(-60)),
            checked_at: Some(at(-20)),
            status: SourceStatus::Failing,
            error: Some(HOSTILE.into()),
        }],
        sync: Sync::Synced,
        health: Health::Healthy,
        findings: vec![Finding::new(Severity::Warning, "hostile", HOSTILE, "Mend it.")],
        plan_generation: 1,
        plan_hash: "abc".into(),
    }
}

fn plan() -> Plan {
    let step = |minute, floor, why: &str| Step {
        at: at(minute),
        floor: Nodes::new(floor),
        ceiling: Nodes::new(40),
        reasons: vec![why.into()],
    };
    Plan {
        fleet: FleetName::new("moodle").expect("a sample value"),
        generation: 1,
        hash: "abc".into(),
        span: Span::new(at(-3360), at(19_680)).expect("a sample value"),
        steps: vec![step(-3360, 2, "teaching"), step(10, 7, HOSTILE), step(195, 2, "teaching")],
        windows: vec![Window {
            sittings: vec![sitting("").key],
            raise_at: at(10),
            ready_at: at(45),
            starts_at: at(60),
            last_deadline: at(180),
            release_at: at(195),
            hard_end: at(300),
            hard_stop: at(540),
            nodes: Nodes::new(7),
            vcpu: Vcpu::default(),
        }],
        budget: Budget {
            max_connections: None,
            usable: None,
            per_node: 48,
            fixed: 32,
            nodes_that_fit: None,
            peak_nodes: Nodes::new(7),
            peak_connections: 416,
            status: BudgetStatus::Unknown,
        },
        cost: Cost::default(),
        report: Report::default(),
        findings: vec![],
    }
}

pub(crate) fn counters() -> SandboxCounters {
    SandboxCounters {
        now: at(0),
        speed: 60.0,
        starts: 4000,
        late_starts: 0,
        submissions: 12,
        late_submissions: 0,
        removed_during_attempts: 0,
        node_hours: 31.5,
        static_peak_node_hours: 168.0,
    }
}
