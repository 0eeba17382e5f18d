//! A simulated day: a clock that is moved by hand, the sandbox in memory, a store in a folder of its own.

use crate::door::Door;
use chrono::{DateTime, TimeDelta, Utc};
use invigilator::aws::{Actuate as _, Observe as _};
use invigilator::config;
use invigilator::domain::{
    Action, Clock, Finding, FleetPosture, Hold, ManualClock, Nodes, Reading, SandboxCounters,
    Severity, Sitting, State, Sync,
};
use invigilator::sandbox::Account;
use invigilator::store::{Content, Publication, Store};
use invigilator::tasks::{Fleet, FleetLoop, Snapshot};
use invigilator::timetable;
use std::sync::Arc;
use tokio::sync::watch;

const FILE: &[u8] = include_bytes!("../../config/exam-week.ics");

/// The bundled week as the sandbox's fleet reads it.
pub(crate) fn bundled_week() -> Reading {
    timetable::read(FILE, &config::sandbox().fleets[0].timetable()).unwrap()
}

/// Simulated time between two passes.
const EVERY: TimeDelta = TimeDelta::seconds(30);

pub(crate) struct Day {
    clock: Arc<ManualClock>,
    began: DateTime<Utc>,
    account: Account,
    door: Door,
    folder: tempfile::TempDir,
    sittings: Vec<Sitting>,
    life: Option<Life>,
    opened: usize,
    /// Passes in a row.
    out_of_sync: u32,
    faults: Vec<String>,
    /// In service after each pass of a release.
    release: Vec<u32>,
    peak: Nodes,
}

/// One life of the daemon.
struct Life {
    fleet: FleetLoop,
    snapshot: watch::Receiver<Option<Arc<Snapshot>>>,
    store: Store,
}

impl Day {
    /// Two hours before the first sitting of the bundled week, the timetable published.
    pub(crate) async fn begin(seed: u64) -> Self {
        Self::beginning(seed, false).await
    }

    /// The same, with the production adapter between the daemon and the account.
    pub(crate) async fn begin_over_the_wire(seed: u64) -> Self {
        Self::beginning(seed, true).await
    }

    async fn beginning(seed: u64, over_the_wire: bool) -> Self {
        println!("seed {seed}");
        let config = config::sandbox();
        let fleet = &config.fleets[0];
        let reading = bundled_week();
        let sittings = reading.sittings.clone();
        let starts_at = sittings[0].span.start() - TimeDelta::hours(2);
        let clock = Arc::new(ManualClock::at(starts_at));
        let account = Account::in_memory(seed, starts_at, clock.clone());
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("invigilator.db")).await.unwrap();
        let content = Content::of(FILE.to_vec(), reading);
        let publication = Publication {
            fleet: &fleet.name,
            source: "registry",
            current: 0,
            content: &content,
            by: "test",
            at: starts_at,
            draft: None,
        };
        store.publish(&publication).await.unwrap();
        let door = if over_the_wire {
            Door::over_the_wire(account.clone(), clock.clone(), seed).await
        } else {
            Door::of(account.clone(), seed)
        };
        let mut day = Self {
            clock,
            began: starts_at,
            door,
            account,
            folder,
            sittings,
            life: None,
            opened: 0,
            out_of_sync: 0,
            faults: vec![],
            release: vec![],
            peak: Nodes::ZERO,
        };
        day.live(store);
        day
    }

    fn live(&mut self, store: Store) {
        let config = config::sandbox();
        let fleet = &config.fleets[0];
        let (sender, snapshot) = watch::channel(None);
        let students = self.account.clone();
        let doors = Fleet {
            name: fleet.name.clone(),
            zone: fleet.zone,
            store: store.clone(),
            observe: Arc::new(self.door.clone()),
            actuate: Some(Arc::new(self.door.clone())),
            attempts: Arc::new(self.door.clone()),
            feeds: vec![],
            planner: fleet.planner_now(),
            neighbours: vec![],
            reconciler: fleet.reconciler,
            on_timetable: Box::new(move |sittings| students.enrol(sittings).unwrap()),
        };
        self.life = Some(Life { fleet: FleetLoop::new(doors, sender), snapshot, store });
    }

    /// The daemon is gone at once and comes back later; the account goes on.
    pub(crate) async fn kill_and_restart_after(&mut self, away: TimeDelta) {
        let before = self.account.counters(Nodes::ZERO).removed_during_attempts;
        drop(self.life.take());
        self.clock.advance(away);
        let after = self.account.counters(Nodes::ZERO).removed_during_attempts;
        if before != after {
            self.faults.push(format!("{} removed while dead", after - before));
        }
        let store = Store::open(&self.folder.path().join("invigilator.db")).await.unwrap();
        self.live(store);
        self.pass().await;
    }

    pub(crate) async fn run_for(&mut self, time: TimeDelta) {
        let end = self.clock.now() + time;
        while self.clock.now() < end {
            self.pass().await;
            self.clock.advance(EVERY);
        }
    }

    /// Until the door has died in a pass, or so long after the beginning; whether it died.
    pub(crate) async fn run_until_dead(&mut self, after: TimeDelta) -> bool {
        let end = self.began + after;
        while self.clock.now() < end && !self.door.is_dead() {
            self.pass().await;
            self.clock.advance(EVERY);
        }
        self.door.is_dead()
    }

    /// Until so long after the beginning.
    pub(crate) async fn run_until(&mut self, after: TimeDelta) {
        let left = self.began + after - self.clock.now();
        self.run_for(left).await;
    }

    async fn pass(&mut self) {
        let now = self.clock.now();
        let life = self.life.as_mut().unwrap();
        let before = life.snapshot.borrow().clone();
        life.fleet.pass(now).await;
        let after = life.snapshot.borrow().clone().unwrap();
        self.peak = self.peak.max(after.plan.budget.peak_nodes);
        self.look_at_openings(now, &after).await;
        self.look_at_hold(&after);
        if let Some(before) = before {
            self.look_at_lowering(&before, &after);
        }
    }

    async fn look_at_openings(&mut self, now: DateTime<Utc>, after: &Snapshot) {
        let opens = |sitting: &&Sitting| {
            let start = sitting.span.start();
            start <= now && now < start + EVERY
        };
        let opened = self.sittings.iter().filter(opens).count();
        self.opened += opened;
        let posture = &after.posture;
        let in_service = self.account_in_service().await;
        if 0 < opened && in_service < posture.floor.planned {
            self.faults.push(format!("{now}: {in_service} of {:?}", posture.floor));
        }
    }

    /// From the raise to the release the hold is on.
    fn look_at_hold(&mut self, after: &Snapshot) {
        let posture = &after.posture;
        if after.plan.window_at(posture.as_of).is_some() && !posture.hold.active {
            self.faults.push(format!("{}: no hold inside a window", posture.as_of));
        }
        if posture.state == State::Behind {
            self.faults.push(format!("{}: behind", posture.as_of));
        }
        let expected = |finding: &Finding| {
            self.door.is_troubled() && ["part_unknown", "write_failed"].contains(&&*finding.code)
        };
        let serious = |finding: &&Finding| Severity::Info < finding.severity && !expected(finding);
        if let Some(finding) = posture.findings.iter().find(serious) {
            self.faults.push(format!("{}: {finding:?}", posture.as_of));
        }
        // A raise that AWS runs late, or a node that just came, is out of sync for a pass or a few; never for hours.
        self.out_of_sync = if posture.sync == Sync::Synced { 0 } else { self.out_of_sync + 1 };
        if 40 < self.out_of_sync && !self.door.is_troubled() {
            self.faults.push(format!("{}: out of sync for long", posture.as_of));
        }
    }

    fn look_at_lowering(&mut self, before: &Snapshot, after: &Snapshot) {
        let (Some(was), Some(is)) = (before.posture.in_service, after.posture.in_service) else {
            return;
        };
        if after.posture.state == State::Releasing {
            self.release.push(is.get());
        }
        let attempts =
            before.posture.attempts.unwrap_or(1).min(after.posture.attempts.unwrap_or(1));
        if is < was && 0 < attempts {
            self.faults.push(format!("{}: {was} to {is} with attempts", after.posture.as_of));
        }
    }

    pub(crate) fn counters(&self) -> SandboxCounters {
        self.account.counters(self.peak)
    }

    pub(crate) async fn hold(&self) -> Option<Hold> {
        let fleet = config::sandbox().fleets[0].name.clone();
        self.life.as_ref().unwrap().store.hold(&fleet).await.unwrap()
    }

    /// What an earlier life wrote about its hold can no longer be read.
    pub(crate) async fn damage_the_hold(&self) {
        use sqlx::{ConnectOptions as _, Executor as _};
        let file = self.folder.path().join("invigilator.db");
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
        let nonsense =
            "INSERT INTO holds VALUES ('moodle', 'nonsense', 1, 0, 0, 0, 'nonsense', '')";
        options.connect().await.unwrap().execute(nonsense).await.unwrap();
    }

    /// A write by somebody else.
    pub(crate) async fn stranger(&self, action: Action) {
        self.account.apply(&action).await.unwrap();
    }

    pub(crate) fn door(&self) -> &Door {
        &self.door
    }

    fn posture(&self) -> FleetPosture {
        let life = self.life.as_ref().unwrap();
        life.snapshot.borrow().clone().unwrap().posture.clone()
    }

    pub(crate) fn told(&self, code: &str) -> bool {
        self.posture().findings.iter().any(|finding| finding.code == code)
    }

    pub(crate) fn is_held(&self) -> bool {
        self.posture().hold.active
    }

    pub(crate) fn min_in_aws(&self) -> Option<Nodes> {
        self.posture().floor.in_aws
    }

    async fn account_in_service(&self) -> Nodes {
        self.account.group().await.known().unwrap().in_service_count()
    }

    pub(crate) fn in_service(&self) -> Nodes {
        self.posture().in_service.unwrap()
    }

    pub(crate) fn opened(&self) -> usize {
        self.opened
    }

    pub(crate) fn sittings_in_the_week(&self) -> usize {
        let now = self.clock.now();
        self.sittings.iter().filter(|sitting| sitting.span.start() < now).count()
    }

    pub(crate) fn assert_went_well(&self) {
        let counters = self.counters();
        println!(
            "node-hours {:.1}, static peak {:.1}",
            counters.node_hours, counters.static_peak_node_hours
        );
        assert_eq!(self.faults, Vec::<String>::new());
        assert_eq!(counters.late_starts, 0, "{counters:?}");
        assert_eq!(counters.late_submissions, 0, "{counters:?}");
        assert_eq!(counters.removed_during_attempts, 0, "{counters:?}");
    }

    /// The release was no cliff: no pass gave back more than a step.
    pub(crate) fn assert_released_in_steps(&self) {
        let step = config::sandbox().fleets[0].reconciler.release_step.get();
        assert!(3 <= self.release.len(), "{:?}", self.release);
        for pair in self.release.windows(2) {
            assert!(pair[0].saturating_sub(pair[1]) <= step, "{:?}", self.release);
        }
    }
}
