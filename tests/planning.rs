//! What a pass plans with, beside its own timetable: term dates in a file, and other fleets on the same database cluster.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

use chrono::{DateTime, TimeDelta, Utc};
use invigilator::aws::NotConnected;
use invigilator::config::{self, Config};
use invigilator::domain::{Clock as _, FleetName, ManualClock};
use invigilator::moodle::TimetableOnly;
use invigilator::store::{Content, Publication, Published, Store};
use invigilator::tasks::{Fleet, FleetLoop, Neighbour, Snapshot};
use invigilator::timetable;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::sync::watch;

const EXAMPLE: &str = include_str!("../config/production.example.toml");

/// Minutes after Monday 2026-11-30 08:00 UTC.
fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_796_025_600 + minute * 60, 0).unwrap()
}

/// Fleets of a configuration, with the real store and loops.
struct Site {
    config: Config,
    store: Store,
    clock: ManualClock,
    loops: Vec<(FleetLoop, watch::Receiver<Option<Arc<Snapshot>>>)>,
    _folder: TempDir,
}

impl Site {
    async fn of(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = config::parse(text, "test.toml").unwrap();
        let store = Store::open(&folder.path().join("test.db")).await.unwrap();
        let loops = config.fleets.iter().map(|fleet| fleet_loop(&config, fleet, &store)).collect();
        Self { config, store, clock: ManualClock::at(at(0)), loops, _folder: folder }
    }

    /// Puts an exam of two hours in force, from so many minutes on.
    async fn publish(&self, fleet: &str, minute: i64, candidates: u32) {
        let time = |minute| at(minute).format("%Y%m%dT%H%M%SZ").to_string();
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:{fleet}\r\nDTSTAMP:20261101T000000Z\r\n\
             SUMMARY:{fleet} exam\r\nDTSTART:{}\r\nDTEND:{}\r\nX-INVIGILATOR-CANDIDATES:{candidates}\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n",
            time(minute),
            time(minute + 120)
        );
        let fleet = FleetName::new(fleet).unwrap();
        let reading = timetable::read(text.as_bytes(), &self.config.fleets[0].timetable()).unwrap();
        let publication = Publication {
            fleet: &fleet,
            source: "registry",
            current: self.store.in_force(&fleet).await.unwrap().first().map_or(0, |one| one.number),
            content: &Content::of(text.into_bytes(), reading),
            by: "ada",
            at: self.clock.now(),
            draft: None,
        };
        let published = self.store.publish(&publication).await.unwrap();
        assert!(matches!(published, Published::Done(_)), "{published:?}");
    }

    /// What a pass over a fleet knew.
    async fn pass(&mut self, fleet: usize) -> Arc<Snapshot> {
        let (fleet_loop, snapshot) = &mut self.loops[fleet];
        fleet_loop.pass(self.clock.now()).await;
        snapshot.borrow().clone().unwrap()
    }
}

fn fleet_loop(
    config: &Config,
    fleet: &config::Fleet,
    store: &Store,
) -> (FleetLoop, watch::Receiver<Option<Arc<Snapshot>>>) {
    let (sender, snapshot) = watch::channel(None);
    let neighbours = config.neighbours(fleet).map(|other| Neighbour {
        name: other.name.clone(),
        zone: other.zone,
        planner: other.planner_now(),
    });
    let fleet = Fleet {
        name: fleet.name.clone(),
        zone: fleet.zone,
        store: store.clone(),
        observe: Arc::new(NotConnected),
        actuate: None,
        attempts: Arc::new(TimetableOnly),
        feeds: vec![],
        planner: fleet.planner_now(),
        neighbours: neighbours.collect(),
        reconciler: fleet.reconciler,
        on_timetable: Box::new(|_| {}),
    };
    (FleetLoop::new(fleet, sender), snapshot)
}

fn has(snapshot: &Snapshot, code: &str) -> bool {
    snapshot.posture.findings.iter().any(|finding| finding.code == code)
}

#[tokio::test]
async fn an_exam_of_another_fleet_on_the_cluster_counts_from_the_next_pass_on() {
    let text = EXAMPLE.replace("#cluster = \"moodle-aurora\"", "cluster = \"moodle-aurora\"");
    let second = text.split_once("[[fleet]]").unwrap().1;
    let second = second.replace("name = \"moodle\"", "name = \"medicine\"");
    let mut site = Site::of(&format!("{text}\n[[fleet]]{second}")).await;
    site.publish("moodle", 600, 6000).await;
    let alone = site.pass(0).await;
    assert!(!has(&alone, "beyond_database"), "{:#?}", alone.posture.findings);
    site.publish("medicine", 1200, 6000).await;
    let later = site.pass(0).await;
    assert_eq!(later.plan.windows[0].nodes, alone.plan.windows[0].nodes);
    site.publish("medicine", 630, 6000).await;
    let [one, other] = [site.pass(0).await, site.pass(1).await];
    for snapshot in [&one, &other] {
        assert!(has(snapshot, "beyond_database"), "{:#?}", snapshot.posture.findings);
        assert!(snapshot.plan.windows[0].nodes < alone.plan.windows[0].nodes);
    }
    // What another's exam took is given back when that is gone.
    site.publish("medicine", 5000, 6000).await;
    assert_eq!(site.pass(0).await.plan.windows[0].nodes, alone.plan.windows[0].nodes);
}

fn term_dates(path: &Path, from: &str, until: &str) {
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:Winter exams\r\nDTSTART;VALUE=DATE:{from}\r\n\
         DTEND;VALUE=DATE:{until}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    std::fs::write(path, text).unwrap();
}

#[tokio::test]
async fn term_dates_are_read_again_with_every_plan_and_a_lost_file_raises() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("terms.ics");
    let season = "[[fleet.phase]]\nname = \"season\"\nterm = \"exams\"\nfloor = 7\nceiling = 20\ntarget_cpu = 0.5\n\n";
    let text = EXAMPLE
        .replace(
            "#term_dates = \"/etc/invigilator/term-dates.ics\"",
            &format!("term_dates = {path:?}"),
        )
        .replace(
            "# What the database can carry.\n",
            &format!("{season}# What the database can carry.\n"),
        );
    term_dates(&path, "20261214", "20261219");
    let mut site = Site::of(&text).await;
    let floor = |snapshot: &Snapshot, day: i64| snapshot.plan.floor_at(at(day * 1440)).get();
    let read = site.pass(0).await;
    // The plan reaches 14 days ahead: to 14 December.
    assert_eq!([0, 13].map(|day| floor(&read, day)), [2, 2]);
    term_dates(&path, "20261201", "20261205");
    let changed = site.pass(0).await;
    assert_eq!([0, 1, 4, 5].map(|day| floor(&changed, day)), [2, 7, 7, 2]);
    std::fs::remove_file(&path).unwrap();
    let lost = site.pass(0).await;
    assert!(has(&lost, "term_dates_unreadable"), "{:#?}", lost.posture.findings);
    assert_eq!([0, 1, 4, 5, 13].map(|day| floor(&lost, day)), [7; 5]);
    site.clock.advance(TimeDelta::minutes(1));
    term_dates(&path, "20261201", "20261205");
    assert_eq!(site.pass(0).await.plan.hash, changed.plan.hash);
}
