//! A fleet with one feed: the real loops and the real store, a clock that is moved by hand.

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use invigilator::aws::NotConnected;
use invigilator::config;
use invigilator::domain::{Clock as _, Finding, FleetName, FleetPosture, ManualClock, SourceKind};
use invigilator::feeds::{Found, Look, Offer};
use invigilator::moodle::TimetableOnly;
use invigilator::store::{Approval, FeedState, Revision, Store};
use invigilator::tasks::{Feed, FeedLoop, FeedSpec, Fleet, FleetLoop, Looked};
use invigilator::timetable::{Settings, SettingsNow};
use invigilator::wire;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::sync::{Notify, watch};

/// What the feed feeds.
pub(crate) const SOURCE: &str = "registry";

/// Hours after Monday 2026-11-30 08:00 UTC.
pub(crate) fn at(hour: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_025_600, 0).unwrap() + TimeDelta::hours(hour)
}

/// A file with these exams, two hours each from so many hours after [`at`] zero, exported at `stamp`.
pub(crate) fn exported(stamp: i64, exams: &[(&str, i64)]) -> String {
    let utc = |at: DateTime<Utc>| at.format("%Y%m%dT%H%M%SZ").to_string();
    let events: String = exams
        .iter()
        .map(|(name, hour)| {
            format!(
                "BEGIN:VEVENT\r\nUID:{name}\r\nDTSTAMP:{}\r\nSUMMARY:{name}\r\nDTSTART:{}\r\n\
                 DTEND:{}\r\nX-INVIGILATOR-CANDIDATES:100\r\nEND:VEVENT\r\n",
                utc(at(stamp)),
                utc(at(*hour)),
                utc(at(hour + 2)),
            )
        })
        .collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{events}END:VCALENDAR\r\n")
}

pub(crate) fn file(exams: &[(&str, i64)]) -> String {
    exported(0, exams)
}

/// Forty exams from next month on, so that one fewer is no mass removal.
pub(crate) fn term() -> Vec<(&'static str, i64)> {
    const NAMES: &str =
        "a b c d e f g h i j k l m n o p q r s t u v w x y z A B C D E F G H I J K L M N";
    (720..).step_by(3).zip(NAMES.split(' ')).map(|(hour, name)| (name, hour)).collect()
}

/// A door that finds what it is told to.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Telling>>);

#[derive(Default)]
struct Telling {
    offers: VecDeque<Vec<Offer>>,
    last: Vec<Offer>,
    kept: BTreeMap<Option<String>, Vec<u8>>,
}

impl Told {
    pub(crate) fn finds(&self, found: Found) {
        self.offers(vec![Offer { part: None, found, media_type: None }]);
    }

    pub(crate) fn file(&self, text: &str) {
        self.finds(Found::Fresh(text.as_bytes().to_vec()));
    }

    /// From the next look on, until told otherwise.
    pub(crate) fn offers(&self, offers: Vec<Offer>) {
        self.0.lock().unwrap().offers.push_back(offers);
    }
}

#[async_trait]
impl Look for Told {
    async fn look(&mut self) -> Vec<Offer> {
        let mut telling = self.0.lock().unwrap();
        if let Some(next) = telling.offers.pop_front() {
            telling.last = next;
        }
        let mut offers = telling.last.clone();
        for offer in &mut offers {
            let kept = telling.kept.get(&offer.part);
            if matches!((&offer.found, kept), (Found::Fresh(bytes), Some(kept)) if bytes == kept) {
                offer.found = Found::Unchanged;
            }
        }
        offers
    }

    fn keep(&mut self, part: Option<&str>) {
        let mut telling = self.0.lock().unwrap();
        let part = part.map(str::to_owned);
        let offered = telling.last.iter().find(|offer| offer.part == part);
        if let Some(Offer { found: Found::Fresh(bytes), .. }) = offered.cloned() {
            telling.kept.insert(part, bytes);
        }
    }

    fn forget(&mut self) {
        self.0.lock().unwrap().kept.clear();
    }
}

pub(crate) struct Site {
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    pub(crate) wake: Arc<Notify>,
    feed: FeedLoop,
    kind: SourceKind,
    _folder: TempDir,
}

impl Site {
    pub(crate) async fn with(kind: SourceKind, door: Box<dyn Look>) -> Self {
        Self::reading(kind, door, always(settings())).await
    }

    /// A site that reads as `timetable` says at each look.
    pub(crate) async fn reading(
        kind: SourceKind,
        door: Box<dyn Look>,
        timetable: SettingsNow,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("test.db")).await.unwrap();
        let wake = Arc::new(Notify::new());
        let feed = feed(kind, &store, &wake, door, timetable);
        let clock = ManualClock::at(at(0));
        Self { store, clock, wake, feed, kind, _folder: folder }
    }

    /// A site whose feed finds what it is told to.
    pub(crate) async fn told() -> (Self, Told) {
        let told = Told::default();
        (Self::with(SourceKind::File, Box::new(told.clone())).await, told)
    }

    /// The process has ended and begins anew, perhaps with another configuration.
    pub(crate) fn restart(&mut self, door: Box<dyn Look>, settings: Settings) {
        self.feed = feed(self.kind, &self.store, &self.wake, door, always(settings));
    }

    pub(crate) async fn look(&mut self) -> Looked {
        self.feed.look(&self.clock).await
    }

    pub(crate) fn looking(&mut self) -> impl Future<Output = Looked> + '_ {
        self.feed.look(&self.clock)
    }

    /// What is in force of a source.
    pub(crate) async fn in_force(&self, source: &str) -> Option<Revision> {
        let revisions = self.store.in_force(&fleet()).await.unwrap();
        revisions.into_iter().find(|revision| revision.source == source)
    }

    /// Number and exams of what is in force.
    pub(crate) async fn standing(&self) -> (u64, Vec<String>) {
        let Some(revision) = self.in_force(SOURCE).await else { return (0, vec![]) };
        let sittings = revision.content.sittings.iter();
        (revision.number, sittings.map(|sitting| sitting.key.uid.clone()).collect())
    }

    pub(crate) async fn waiting(&self) -> Vec<Approval> {
        self.store.waiting(&fleet(), self.clock.now()).await.unwrap()
    }

    pub(crate) async fn state(&self, source: &str) -> Option<FeedState> {
        let states = self.store.feeds(&fleet()).await.unwrap();
        states.into_iter().find(|state| state.source == source)
    }

    /// What a pass over the fleet shows now.
    pub(crate) async fn posture(&self) -> FleetPosture {
        let config = config::sandbox();
        let (sender, snapshot) = watch::channel(None);
        let fleet = Fleet {
            name: fleet(),
            zone: config.fleets[0].zone,
            store: self.store.clone(),
            observe: Arc::new(NotConnected),
            actuate: None,
            attempts: Arc::new(TimetableOnly),
            feeds: vec![spec(self.kind)],
            planner: config.fleets[0].planner_now(),
            neighbours: vec![],
            reconciler: config.fleets[0].reconciler,
            on_timetable: Box::new(|_| {}),
        };
        FleetLoop::new(fleet, sender).pass(self.clock.now()).await;
        let latest = snapshot.borrow().clone().unwrap();
        latest.posture.clone()
    }

    /// The only source, as the API tells it.
    pub(crate) async fn timetable(&self) -> Value {
        let told = wire::fleet_posture(&self.posture().await);
        assert_eq!(told["timetables"].as_array().unwrap().len(), 1, "{told}");
        told["timetables"][0].clone()
    }

    /// What the posture finds about feeds.
    pub(crate) async fn findings(&self) -> Vec<Finding> {
        let findings = self.posture().await.findings.into_iter();
        findings.filter(|finding| finding.code.starts_with("feed_")).collect()
    }
}

pub(crate) fn fleet() -> FleetName {
    FleetName::new("moodle").unwrap()
}

pub(crate) fn settings() -> Settings {
    config::sandbox().fleets[0].timetable()
}

fn always(settings: Settings) -> SettingsNow {
    Arc::new(move || settings.clone())
}

fn spec(kind: SourceKind) -> FeedSpec {
    FeedSpec { source: SOURCE.into(), kind, stale_after: TimeDelta::hours(24) }
}

fn feed(
    kind: SourceKind,
    store: &Store,
    wake: &Arc<Notify>,
    door: Box<dyn Look>,
    timetable: SettingsNow,
) -> FeedLoop {
    let (store, wake) = (store.clone(), Arc::clone(wake));
    FeedLoop::new(Feed { fleet: fleet(), spec: spec(kind), store, timetable, wake }, door)
}
