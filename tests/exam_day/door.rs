//! The simulated account behind a door that sometimes does not open: reads that fail, writes that are refused, and
//! one more attempt than the students have.

use async_trait::async_trait;
use invigilator::aws::{Actuate, Error, Observe, Sdk, Site};
use invigilator::config;
use invigilator::domain::{
    Action, Attempts, Clock, Connections, Group, ScheduledAction, Seen, TrackingPolicy,
};
use invigilator::moodle::CountAttempts;
use invigilator::sandbox::{Account, wire};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[derive(Clone)]
pub(crate) struct Door {
    account: Account,
    observe: Arc<dyn Observe>,
    actuate: Arc<dyn Actuate>,
    trouble: Arc<Mutex<Trouble>>,
    straggler: Arc<AtomicBool>,
    /// Writes that are still carried out before the daemon is dead in the middle of its pass.
    writes_left: Arc<Mutex<Option<u32>>>,
}

struct Trouble {
    draws: StdRng,
    odds: f64,
}

impl Door {
    /// A door that always opens.
    pub(crate) fn of(account: Account, seed: u64) -> Self {
        let hand = Arc::new(account.clone());
        Self::with(account, hand.clone(), hand, seed)
    }

    /// The same, through the production adapter, AWS's own SDK and a socket.
    pub(crate) async fn over_the_wire(account: Account, clock: Arc<dyn Clock>, seed: u64) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let face = wire::router(account.clone());
        let serving = invigilator::http::serve(listener, face, tracker.clone(), stop);
        tracker.spawn(serving);
        let site = Site {
            fleet: config::sandbox().fleets[0].name.clone(),
            account: wire::ACCOUNT_ID.into(),
            region: wire::REGION.into(),
            group: wire::GROUP.into(),
            cluster: None,
            target_group: Some(wire::TARGET_GROUP_ARN.into()),
            load_balancer: Some(wire::LOAD_BALANCER.into()),
        };
        let sdk = Arc::new(Sdk::connect(site, Some(&url), clock).await);
        Self::with(account, sdk.clone(), sdk, seed)
    }

    fn with(
        account: Account,
        observe: Arc<dyn Observe>,
        actuate: Arc<dyn Actuate>,
        seed: u64,
    ) -> Self {
        let trouble = Trouble { draws: StdRng::seed_from_u64(seed), odds: 0.0 };
        let trouble = Arc::new(Mutex::new(trouble));
        let (straggler, writes_left) = (Arc::default(), Arc::default());
        Self { account, observe, actuate, trouble, straggler, writes_left }
    }

    /// From now on each call fails with these odds.
    pub(crate) fn fail_with(&self, odds: f64) {
        self.trouble.lock().unwrap().odds = odds;
    }

    /// Whether calls may fail.
    pub(crate) fn is_troubled(&self) -> bool {
        0.0 < self.trouble.lock().unwrap().odds
    }

    /// Whether one more attempt than the simulated students' is open.
    pub(crate) fn straggler(&self, is_open: bool) {
        self.straggler.store(is_open, Ordering::Relaxed);
    }

    /// After so many more writes nothing is carried out any more; `None`: for ever.
    pub(crate) fn dies_after(&self, writes: Option<u32>) {
        *self.writes_left.lock().unwrap() = writes;
    }

    /// Whether it has died.
    pub(crate) fn is_dead(&self) -> bool {
        *self.writes_left.lock().unwrap() == Some(0)
    }

    /// Whether one more write is carried out.
    fn writes(&self) -> bool {
        match &mut *self.writes_left.lock().unwrap() {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }

    fn fails(&self) -> bool {
        let mut trouble = self.trouble.lock().unwrap();
        let odds = trouble.odds;
        trouble.draws.random_bool(odds)
    }

    fn or_unknown<T>(&self, seen: Seen<T>) -> Seen<T> {
        if self.fails() { Seen::Unknown("throttled".into()) } else { seen }
    }
}

#[async_trait]
impl Observe for Door {
    async fn group(&self) -> Seen<Group> {
        self.or_unknown(self.observe.group().await)
    }

    async fn scheduled(&self) -> Seen<Vec<ScheduledAction>> {
        self.or_unknown(self.observe.scheduled().await)
    }

    async fn policies(&self) -> Seen<Vec<TrackingPolicy>> {
        self.or_unknown(self.observe.policies().await)
    }

    async fn connections(&self) -> Seen<Connections> {
        self.or_unknown(self.observe.connections().await)
    }
}

#[async_trait]
impl Actuate for Door {
    /// A batch of scheduled actions is refused item by item, as AWS does it.
    async fn apply(&self, action: &Action) -> Result<(), Error> {
        let refused = || Error::Throttled("Rate exceeded".into());
        if !self.writes() {
            return Err(Error::Other("nobody is there any more".into()));
        }
        if let Action::PutScheduled(actions) = action {
            let (kept, lost): (Vec<_>, Vec<_>) =
                actions.iter().cloned().partition(|_| !self.fails());
            if !kept.is_empty() {
                self.actuate.apply(&Action::PutScheduled(kept)).await?;
            }
            return if lost.is_empty() { Ok(()) } else { Err(refused()) };
        }
        if self.fails() { Err(refused()) } else { self.actuate.apply(action).await }
    }
}

#[async_trait]
impl CountAttempts for Door {
    async fn count(&self) -> Seen<Attempts> {
        let mut seen = self.or_unknown(self.account.count().await);
        if let Seen::Known(attempts) = &mut seen {
            attempts.active += u64::from(self.straggler.load(Ordering::Relaxed));
        }
        seen
    }
}
