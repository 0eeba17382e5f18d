//! The embedded default: a simulated account, the bundled timetable, and a token per role.

use super::{Doors, Faces};
use crate::config::{Account as AccountKind, Config};
use crate::domain::{Clock, FleetName, Nodes, Role, SandboxCounters, Sitting, SystemClock, hex};
use crate::http::{Token, Tokens};
use crate::sandbox::{Account, Spec, Speed};
use crate::store::{Content, Publication, Store};
use crate::tasks::Snapshot;
use crate::timetable::{self, Settings};
use anyhow::Context as _;
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The registrar's week that comes with the program.
const BUNDLED: &str = include_str!("../../config/exam-week.ics");
/// The source it is published as.
const SOURCE: &str = "registry";
/// Who publishes it.
const PUBLISHER: &str = "sandbox";
/// How long before the first sitting the sandbox's clock starts.
const BEFORE_FIRST: TimeDelta = TimeDelta::hours(2);
/// Simulated seconds per real second unless told otherwise.
const SPEED: u16 = 60;

/// The sandbox of this process.
pub(super) struct Sandbox {
    /// The simulated account.
    pub(super) account: Account,
    /// Upper bound of simulated seconds per real second.
    pub(super) speed: u16,
    /// The campus zone.
    pub(super) zone: Tz,
    /// Role and secret, as printed.
    pub(super) secrets: Vec<(Role, String)>,
    /// The same, as checked.
    pub(super) tokens: Tokens,
}

/// Opens the sandbox where a fleet asks for one: resumed where it was left, or new with the bundled timetable.
pub(super) async fn open(
    config: &Config,
    data: &Path,
    store: &Store,
    speed: Option<u16>,
) -> anyhow::Result<Option<Sandbox>> {
    let Some(fleet) = config.fleets.iter().find(|fleet| fleet.account == AccountKind::Sandbox)
    else {
        anyhow::ensure!(
            speed.is_none(),
            "--speed is the sandbox clock's; this configuration has no sandbox"
        );
        return Ok(None);
    };
    let speed = speed.unwrap_or(SPEED);
    let wall = SystemClock.now();
    let text = timetable::shifted(BUNDLED, weeks_ahead(fleet.zone, wall)?);
    let content = read(&text, &fleet.timetable())?;
    let first = content.sittings.first().context("the bundled timetable has no sitting")?;
    let spec = Spec {
        seed: u64::try_from(wall.timestamp_millis()).unwrap_or_default(),
        starts_at: first.span.start() - BEFORE_FIRST,
        speed: Speed::new(speed)?,
    };
    let account = Account::open(data, spec)?;
    publish_once(store, &fleet.name, &content, account.started_at()).await?;
    let secrets = secrets(data)?;
    let tokens = Tokens::new(secrets.iter().map(|(role, secret)| Token {
        subject: format!("sandbox-{}", role.as_str()),
        role: *role,
        sha256: Sha256::digest(secret.as_bytes()).into(),
    }));
    Ok(Some(Sandbox { account, speed, zone: fleet.zone, secrets, tokens }))
}

/// By how many whole weeks the bundled file must move so that its first day is the coming Monday.
fn weeks_ahead(zone: Tz, wall: DateTime<Utc>) -> anyhow::Result<i64> {
    let bundled = NaiveDate::from_ymd_opt(2026, 11, 30).context("the bundled Monday")?;
    let today = wall.with_timezone(&zone).date_naive();
    let days = 7 - i64::from(today.weekday().days_since(Weekday::Mon));
    Ok((today + TimeDelta::days(days) - bundled).num_days() / 7)
}

fn read(text: &str, settings: &Settings) -> anyhow::Result<Content> {
    let reading =
        timetable::read(text.as_bytes(), settings).context("read the bundled timetable")?;
    Ok(Content::of(text.as_bytes().to_vec(), reading))
}

/// The bundled timetable is published once; what a newcomer publishes over it stays.
async fn publish_once(
    store: &Store,
    fleet: &FleetName,
    content: &Content,
    at: DateTime<Utc>,
) -> anyhow::Result<()> {
    if store.current_revision(fleet, SOURCE).await? == 0 {
        let publication = Publication {
            fleet,
            source: SOURCE,
            current: 0,
            content,
            by: PUBLISHER,
            at,
            draft: None,
        };
        store.publish(&publication).await?;
    }
    Ok(())
}

/// A secret per role, made once and kept readable by the owner alone, so that a restart changes nothing.
fn secrets(data: &Path) -> anyhow::Result<Vec<(Role, String)>> {
    let path = data.join("sandbox-tokens");
    let known = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(missing) if missing.kind() == std::io::ErrorKind::NotFound => {
            let made: Result<Vec<_>, _> = Role::ALL.iter().map(|_| random_secret()).collect();
            let text = made?.join("\n");
            write_private(&path, &text)
                .with_context(|| format!("write the sandbox's tokens to {}", path.display()))?;
            text
        }
        Err(error) => {
            return Err(error)
                .with_context(|| format!("read the sandbox's tokens from {}", path.display()));
        }
    };
    let secrets: Vec<_> = known.lines().map(str::to_owned).collect();
    anyhow::ensure!(
        secrets.len() == Role::ALL.len(),
        "{} is damaged; delete it, and new tokens are made",
        path.display()
    );
    Ok(Role::ALL.into_iter().zip(secrets).collect())
}

/// `inv_` and 128 bits of the system's randomness in hex.
fn random_secret() -> anyhow::Result<String> {
    use rand::TryRng as _;
    let mut bytes = [0_u8; 16];
    rand::rngs::SysRng.try_fill_bytes(&mut bytes).context("ask the system for randomness")?;
    Ok(format!("inv_{}", hex(&bytes)))
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600).open(path)?.write_all(text.as_bytes())
}

impl Sandbox {
    /// Both hands and the attempt counter of the simulated account; its students follow what is published.
    pub(super) fn doors(&self) -> Doors {
        let students = self.account.clone();
        Doors {
            observe: Arc::new(self.account.clone()),
            actuate: Some(Arc::new(self.account.clone())),
            attempts: Arc::new(self.account.clone()),
            on_timetable: Box::new(move |sittings: &[Sitting]| {
                if let Err(error) = students.enrol(sittings) {
                    tracing::error!(error = %crate::report::Chain(&error), "failed to tell the students");
                }
            }),
        }
    }

    /// The world's own counters, beside a static peak of the plan in force.
    pub(super) fn counters(&self, faces: &Faces) -> Arc<dyn Fn() -> SandboxCounters + Send + Sync> {
        let account = self.account.clone();
        let snapshot = faces.values().next().map(|face| face.snapshot.clone());
        Arc::new(move || account.counters(peak(snapshot.as_ref())))
    }

    /// Prints each simulated day's node-hours beside a static peak's.
    pub(super) fn meter(
        &self,
        faces: &Faces,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (account, zone) = (self.account.clone(), self.zone);
        let snapshot = faces.values().next().map(|face| face.snapshot.clone());
        async move {
            if let Some(mut snapshot) = snapshot {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = count_days(&account, zone, &mut snapshot) => {}
                }
            }
        }
    }
}

fn peak(snapshot: Option<&watch::Receiver<Option<Arc<Snapshot>>>>) -> Nodes {
    let latest = snapshot.and_then(|snapshot| snapshot.borrow().clone());
    latest.map_or(Nodes::ZERO, |snapshot| snapshot.plan.budget.peak_nodes)
}

async fn count_days(
    account: &Account,
    zone: Tz,
    snapshot: &mut watch::Receiver<Option<Arc<Snapshot>>>,
) {
    let mut since: Option<SandboxCounters> = None;
    while snapshot.changed().await.is_ok() {
        let now = account.counters(peak(Some(snapshot)));
        let day = |counters: &SandboxCounters| counters.now.with_timezone(&zone).date_naive();
        match &since {
            None => since = Some(now),
            Some(morning) if day(morning) != day(&now) => {
                // The whole time at the greatest floor there has been, of which this day is a part.
                let part = (now.now - morning.now).as_seconds_f64()
                    / (now.now - account.started_at()).as_seconds_f64();
                tracing::info!(
                    "{}: {:.1} node-hours used; a static peak would have used {:.1}. \
                     {} starts, {} late; {} submissions, {} late; {} servers removed during attempts",
                    day(morning).format("%a %-d %b"),
                    now.node_hours - morning.node_hours,
                    now.static_peak_node_hours * part,
                    now.starts - morning.starts,
                    now.late_starts - morning.late_starts,
                    now.submissions - morning.submissions,
                    now.late_submissions - morning.late_submissions,
                    now.removed_during_attempts - morning.removed_during_attempts,
                );
                since = Some(now);
            }
            Some(_) => {}
        }
    }
}
