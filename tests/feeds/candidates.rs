//! A list of candidates beside the timetable: what is corrected in it reaches what a feed said before.

use crate::server::{Answer, HASTE, Server};
use crate::site::{Site, at, file};
use chrono::{DateTime, TimeDelta, Utc};
use invigilator::config;
use invigilator::domain::{ManualClock, SourceKind};
use invigilator::feeds::{Place, watch};
use invigilator::timetable::SettingsNow;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tempfile::TempDir;

/// One exam that names no number.
fn law() -> String {
    file(&[("LAWS1001", 24 * 30)]).replace("X-INVIGILATOR-CANDIDATES:100\r\n", "")
}

/// A list on a disk, and how a fleet that has it reads.
struct List {
    folder: TempDir,
}

impl List {
    fn of(candidates: u32) -> Self {
        let list = Self { folder: tempfile::tempdir().unwrap() };
        list.says(candidates);
        list
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("candidates.csv")
    }

    fn says(&self, candidates: u32) {
        std::fs::write(self.path(), format!("course,candidates\nLAWS1001,{candidates}\n")).unwrap();
    }

    fn settings_now(&self) -> SettingsNow {
        let mut fleet = config::sandbox().fleets.remove(0);
        fleet.roster = Some(self.path());
        fleet.timetable_now()
    }
}

/// Writes a file that nobody has touched for a minute.
fn written(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    let modified: DateTime<Utc> = at(0) - TimeDelta::minutes(1);
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::from(modified)).unwrap();
}

async fn candidates(site: &Site, source: &str) -> u32 {
    site.in_force(source).await.unwrap().content.sittings[0].candidates.get()
}

#[tokio::test]
async fn a_corrected_list_of_candidates_reaches_a_file_that_has_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    written(&folder.path().join("exams.ics"), &law());
    for (place, source) in [
        (Place::File(folder.path().join("exams.ics")), "registry"),
        (Place::Directory(folder.path().to_owned()), "registry-exams"),
    ] {
        let list = List::of(850);
        let door = watch(&place, 100_000, Arc::new(ManualClock::at(at(0))));
        let mut site = Site::reading(place.kind(), door, list.settings_now()).await;
        for _ in 0..2 {
            site.look().await;
        }
        assert_eq!(candidates(&site, source).await, 850);
        list.says(1200);
        site.look().await;
        assert_eq!(candidates(&site, source).await, 1200, "{source}");
        let revision = site.in_force(source).await.unwrap().number;
        site.look().await;
        assert_eq!(site.in_force(source).await.unwrap().number, revision, "said once");
    }
}

#[tokio::test]
async fn a_corrected_list_of_candidates_reaches_an_address_that_would_answer_304() {
    let server = Server::start().await;
    server.answers(Answer::of("200 OK", "ETag: \"7\"\r\n", &law()));
    let list = List::of(850);
    let door = Box::new(server.watched(HASTE));
    let mut site = Site::reading(SourceKind::Https, door, list.settings_now()).await;
    for _ in 0..2 {
        site.look().await;
    }
    list.says(1200);
    site.look().await;
    assert_eq!(candidates(&site, "registry").await, 1200);
    site.look().await;
    let conditional: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.contains("if-none-match: \"7\"\r\n"))
        .collect();
    assert_eq!(conditional, [false, true, false, true]);
}

/// Its exams may be far larger than the timetable says: a disk that is away for a moment must not make them smaller.
#[tokio::test]
async fn a_list_that_is_gone_leaves_what_was_read_with_it_and_the_source_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("exams.ics");
    written(&path, &law());
    let list = List::of(850);
    let door = watch(&Place::File(path.clone()), 100_000, Arc::new(ManualClock::at(at(0))));
    let mut site = Site::reading(SourceKind::File, door, list.settings_now()).await;
    site.look().await;
    std::fs::remove_file(list.path()).unwrap();
    site.look().await;
    assert_eq!((candidates(&site, "registry").await, site.standing().await.0), (850, 1));
    let told = site.timetable().await;
    assert_eq!(told["status"], "failing");
    assert!(told["error"].as_str().unwrap().contains("list of candidates"), "{told}");
    // What is new is read all the same: the greater number stands until somebody consents, or the list is back.
    written(&path, &law().replace("SUMMARY:LAWS1001", "SUMMARY:LAWS1001 Law"));
    site.look().await;
    assert_eq!((candidates(&site, "registry").await, site.standing().await.0), (850, 2));
    assert_eq!(site.waiting().await.len(), 1);
    list.says(850);
    site.look().await;
    assert_eq!((candidates(&site, "registry").await, site.standing().await.0), (850, 3));
    assert!(site.waiting().await.is_empty());
    assert_eq!(site.timetable().await["status"], "ok");
}
