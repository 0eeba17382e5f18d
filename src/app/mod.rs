//! Wires everything, in order, and runs it. Decides nothing.

mod alone;
mod banner;
mod feeds;
mod sandbox;

pub use alone::{Alone, sandbox_alone};

use self::feeds::Fed;
use crate::aws::{self, Actuate, Observe, Sdk};
use crate::config::{self, Account, Config};
use crate::domain::{Clock, FleetName, SystemClock};
use crate::http::{self, Face, FleetFace, Tokens};
use crate::lifecycle::Lifecycle;
use crate::moodle::{CountAttempts, TimetableOnly};
use crate::store::{self, Store};
use crate::tasks::{Fleet, FleetLoop, Heartbeat, Neighbour, OnTimetable, Snapshot, drive};
use crate::telemetry::LogTime;
use crate::timetable::SettingsNow;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

/// What the command line may set over the configuration.
#[derive(Debug, Clone, Default)]
pub struct Serve {
    /// Where to listen.
    pub listen: Option<SocketAddr>,
    /// Where our state lives.
    pub data: Option<PathBuf>,
    /// Simulated seconds per real second, sandbox only.
    pub speed: Option<u16>,
}

/// The doors of one fleet.
struct Doors {
    observe: Arc<dyn Observe>,
    actuate: Option<Arc<dyn Actuate>>,
    attempts: Arc<dyn CountAttempts>,
    on_timetable: OnTimetable,
}

impl Doors {
    /// Nothing can be read, nothing written; the timetable alone is known.
    fn none() -> Self {
        Self {
            observe: Arc::new(aws::NotConnected),
            actuate: None,
            attempts: Arc::new(TimetableOnly),
            on_timetable: Box::new(|_| {}),
        }
    }

    /// Both hands in a real account; the timetable alone tells of attempts.
    fn of_account(account: Sdk) -> Self {
        let account = Arc::new(account);
        Self {
            observe: Arc::clone(&account) as Arc<dyn Observe>,
            actuate: Some(account),
            attempts: Arc::new(TimetableOnly),
            on_timetable: Box::new(|_| {}),
        }
    }
}

/// Runs the daemon until it is told to stop.
///
/// # Errors
/// Whatever keeps it from starting: a directory or database that cannot be used, a port that is taken.
pub async fn serve(config: Config, options: Serve, log_time: LogTime) -> anyhow::Result<ExitCode> {
    let lifecycle = Lifecycle::new().context("listen for signals")?;
    let data = options.data.unwrap_or_else(|| config.data.clone());
    // First, so that a port that is taken leaves nothing behind.
    let listener = bind(options.listen.unwrap_or(config.listen)).await?;
    prepare(&data)?;
    let store = Store::open(&data.join(store::FILE)).await?;
    let address = listener.local_addr().context("read the address we listen on")?;
    let sandbox = sandbox::open(&config, &data, &store, options.speed).await?;
    let clock = clock_of(sandbox.as_ref(), &log_time);

    let mut faces = BTreeMap::new();
    let mut heartbeats = Vec::new();
    for fleet in &config.fleets {
        let doors = match (&sandbox, &fleet.account) {
            (Some(sandbox), Account::Sandbox) => sandbox.doors(),
            (None, Account::Sandbox) | (_, Account::None) => Doors::none(),
            (_, Account::Aws { site, endpoint }) => {
                let (site, endpoint) = ((**site).clone(), endpoint.as_deref());
                Doors::of_account(Sdk::connect(site, endpoint, Arc::clone(&clock)).await)
            }
        };
        let (sender, snapshot) = watch::channel(None);
        let wake = Arc::new(Notify::new());
        let heartbeat = Heartbeat::default();
        let fleet_loop = FleetLoop::new(fleet_of(&config, fleet, &store, doors), sender);
        let name = format!("fleet {}", fleet.name);
        lifecycle.spawn(&name, {
            let (clock, wake) = (Arc::clone(&clock), Arc::clone(&wake));
            let (beat, stop) = (heartbeat.clone(), lifecycle.soft_token());
            let every = config.pass_every;
            drive(fleet_loop, clock, every, wake, beat, stop)
        });
        let timetable = fleet.timetable_now();
        let fed = Fed { fleet, timetable: &timetable, store: &store, wake: &wake };
        feeds::spawn(&lifecycle, &clock, fed);
        heartbeats.push(heartbeat);
        faces.insert(fleet.name.clone(), face_of(fleet, snapshot, wake, timetable));
    }
    if let Some(sandbox) = &sandbox {
        lifecycle.spawn("sandbox meter", sandbox.meter(&faces, lifecycle.soft_token()));
    }

    let tokens = sandbox.as_ref().map(|sandbox| sandbox.tokens.clone());
    let tokens = tokens.unwrap_or_else(|| Tokens::new(config.tokens));
    let closing = store.clone();
    let face = Face {
        zones: config.fleets[0].zone_data.releases(),
        store,
        clock,
        sandbox: sandbox.as_ref().map(|sandbox| sandbox.counters(&faces)),
        fleets: faces,
        tokens,
        anonymous_read: config.anonymous_read,
    };
    let router = http::router(face);
    let (tracker, stop) = (lifecycle.tracker(), lifecycle.soft_token());
    lifecycle.spawn("http", http::serve(listener, router, tracker, stop));
    match &sandbox {
        Some(sandbox) => banner::sandbox(address, &data, sandbox),
        None => tracing::info!(http.address = %address, "listening on http://{address}"),
    }
    lifecycle.ready(&format!("listening on {address}"));
    // Every one is asked, so that each begins its next period anew.
    let alive = move || heartbeats.iter().filter(|beat| !beat.turned()).count() == 0;
    let ended = lifecycle.run(alive).await;
    closing.close().await;
    Ok(ended)
}

fn prepare(data: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(data);
    made.with_context(|| {
        format!("create the data directory {}; choose another with --data DIR", data.display())
    })
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("listen on {address}; stop what uses it, or choose another with --listen ADDR")
    })
}

/// The sandbox's clock, which the log follows, or the machine's.
fn clock_of(sandbox: Option<&sandbox::Sandbox>, log_time: &LogTime) -> Arc<dyn Clock> {
    match sandbox {
        Some(sandbox) => {
            log_time.simulated(sandbox.account.clock());
            sandbox.account.clock()
        }
        None => Arc::new(SystemClock),
    }
}

fn fleet_of(config: &Config, fleet: &config::Fleet, store: &Store, doors: Doors) -> Fleet {
    let neighbours = config.neighbours(fleet).map(|other| Neighbour {
        name: other.name.clone(),
        zone: other.zone,
        planner: other.planner_now(),
    });
    Fleet {
        name: fleet.name.clone(),
        zone: fleet.zone,
        store: store.clone(),
        observe: doors.observe,
        actuate: doors.actuate,
        attempts: doors.attempts,
        feeds: fleet.feeds.iter().map(feeds::spec_of).collect(),
        planner: fleet.planner_now(),
        neighbours: neighbours.collect(),
        reconciler: fleet.reconciler,
        on_timetable: doors.on_timetable,
    }
}

fn face_of(
    fleet: &config::Fleet,
    snapshot: watch::Receiver<Option<Arc<Snapshot>>>,
    wake: Arc<Notify>,
    timetable: SettingsNow,
) -> FleetFace {
    FleetFace { snapshot, wake, zone: fleet.zone, timetable }
}

/// Faces by fleet.
type Faces = BTreeMap<FleetName, FleetFace>;
