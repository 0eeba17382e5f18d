//! Files and directories on a disk, from a half-written file to one that vanishes.

use crate::site::{SOURCE, Site, at, file, fleet};
use chrono::{DateTime, TimeDelta, Utc};
use invigilator::domain::{Clock, ManualClock, Severity, SourceKind};
use invigilator::feeds::{Place, watch};
use invigilator::tasks::Looked;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tempfile::TempDir;

struct Disk {
    folder: TempDir,
    /// The machine's clock, beside which the age of a file is told.
    clock: Arc<ManualClock>,
}

impl Disk {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), clock: Arc::new(ManualClock::at(at(0))) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file just now.
    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
        touched(&self.path(name), self.clock.now());
    }

    fn pass(&self, seconds: i64) {
        self.clock.advance(TimeDelta::seconds(seconds));
    }

    async fn site(&self, place: Place) -> Site {
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        Site::with(place.kind(), watch(&place, 100_000, clock)).await
    }
}

fn touched(path: &Path, at: DateTime<Utc>) {
    let file = File::options().append(true).open(path).unwrap();
    file.set_modified(SystemTime::from(at)).unwrap();
}

/// A site on this disk, and both its clocks move together.
struct Watched {
    disk: Disk,
    site: Site,
}

impl Watched {
    async fn file(name: &str) -> Self {
        let disk = Disk::new();
        let site = disk.site(Place::File(disk.path(name))).await;
        Self { disk, site }
    }

    async fn directory() -> Self {
        let disk = Disk::new();
        let site = disk.site(Place::Directory(disk.folder.path().to_owned())).await;
        Self { disk, site }
    }

    async fn look_after(&mut self, seconds: i64) -> Looked {
        self.disk.pass(seconds);
        self.site.clock.advance(TimeDelta::seconds(seconds));
        self.site.look().await
    }

    async fn number(&self, source: &str) -> u64 {
        self.site.in_force(source).await.map_or(0, |revision| revision.number)
    }

    /// Source, status and error of everything that the posture lists.
    async fn told(&self) -> Vec<(String, String)> {
        let told = invigilator::wire::fleet_posture(&self.site.posture().await);
        let told = told["timetables"].as_array().unwrap().iter().map(|one| {
            let status = one["error"].as_str().unwrap_or(one["status"].as_str().unwrap());
            (one["source"].as_str().unwrap().to_owned(), status.to_owned())
        });
        told.collect()
    }
}

fn pairs(told: &[(String, String)]) -> Vec<(&str, &str)> {
    told.iter().map(|(source, status)| (source.as_str(), status.as_str())).collect()
}

#[tokio::test]
async fn a_file_is_published_when_it_has_settled_and_is_whole() {
    let mut watched = Watched::file("exams.ics").await;
    let law = file(&[("law", 24), ("art", 30)]);
    watched.disk.write("exams.ics", &law[..law.len() / 2]);
    assert!(watched.look_after(5).await.soon, "somebody is writing");
    assert!(watched.site.state(SOURCE).await.is_none());
    // The writer hangs in the middle.
    assert!(!watched.look_after(15).await.soon);
    let told = watched.told().await;
    let cut = "it does not end with END:VCALENDAR, so a part of it is missing";
    assert_eq!(pairs(&told), [(SOURCE, cut)]);
    watched.disk.write("exams.ics", &law);
    assert!(watched.look_after(1).await.soon);
    assert_eq!(watched.number(SOURCE).await, 0);
    assert!(!watched.look_after(15).await.soon);
    assert_eq!(watched.number(SOURCE).await, 1);
    assert_eq!(pairs(&watched.told().await), [(SOURCE, "ok")]);
    watched.look_after(900).await;
    assert_eq!(watched.number(SOURCE).await, 1);
}

#[tokio::test]
async fn a_file_that_vanishes_takes_no_exam_with_it() {
    let mut watched = Watched::file("exams.ics").await;
    watched.disk.write("exams.ics", &file(&[("law", 24)]));
    watched.look_after(60).await;
    std::fs::remove_file(watched.disk.path("exams.ics")).unwrap();
    watched.look_after(900).await;
    assert_eq!(watched.number(SOURCE).await, 1);
    assert_eq!(pairs(&watched.told().await), [(SOURCE, "there is no such file")]);
    watched.disk.write("exams.ics", "");
    watched.look_after(900).await;
    assert_eq!(pairs(&watched.told().await), [(SOURCE, "the file is empty")]);
    watched.disk.write("exams.ics", &file(&[("law", 24)]));
    watched.look_after(900).await;
    assert_eq!(pairs(&watched.told().await), [(SOURCE, "ok")]);
    assert_eq!(watched.number(SOURCE).await, 1);
}

#[tokio::test]
async fn each_file_of_a_directory_stands_and_falls_alone() {
    let mut watched = Watched::directory().await;
    watched.look_after(0).await;
    let told = watched.told().await;
    assert_eq!(pairs(&told), [(SOURCE, "the directory has no .ics file")]);
    watched.disk.write("Law 2026.ics", &file(&[("law", 24)]));
    watched.disk.write("arts.ics", &file(&[("art", 30)]));
    watched.look_after(60).await;
    let told = watched.told().await;
    assert_eq!(pairs(&told), [("registry-arts", "ok"), ("registry-law-2026", "ok")]);
    let law = watched.site.in_force("registry-law-2026").await.unwrap();
    assert_eq!(law.published_by, "feed:registry");

    watched.disk.write("arts.ics", "<html>");
    watched.disk.write("music.ics", &file(&[("music", 40)]));
    std::fs::remove_file(watched.disk.path("Law 2026.ics")).unwrap();
    watched.look_after(60).await;
    let told = watched.told().await;
    assert_eq!(told.len(), 3);
    assert!(told[0].1.contains("not a calendar"), "{told:?}");
    let gone = ("registry-law-2026", "its file is not in the directory any more");
    assert_eq!(pairs(&told)[1..], [gone, ("registry-music", "ok")]);
    for source in ["registry-arts", "registry-law-2026", "registry-music"] {
        assert_eq!(watched.number(source).await, 1, "{source}");
    }
    let severe = |finding: &invigilator::domain::Finding| finding.severity == Severity::Critical;
    assert!(watched.site.findings().await.iter().all(severe), "law is tomorrow");
}

#[tokio::test]
async fn a_directory_that_is_gone_fails_all_of_its_files_and_loses_none() {
    let mut watched = Watched::directory().await;
    watched.disk.write("law.ics", &file(&[("law", 24)]));
    watched.look_after(60).await;
    let folder = watched.disk.folder.path().to_owned();
    let away = folder.with_extension("away");
    std::fs::rename(&folder, &away).unwrap();
    watched.look_after(60).await;
    let gone = "there is no such directory";
    assert_eq!(pairs(&watched.told().await), [(SOURCE, gone), ("registry-law", gone)]);
    assert_eq!(watched.number("registry-law").await, 1);
    std::fs::rename(&away, &folder).unwrap();
    watched.look_after(60).await;
    assert_eq!(pairs(&watched.told().await), [("registry-law", "ok")]);
}

#[tokio::test]
async fn a_file_whose_exams_are_over_may_go() {
    let mut watched = Watched::directory().await;
    watched.disk.write("law.ics", &file(&[("law", 24)]));
    watched.disk.write("arts.ics", &file(&[("art", 400)]));
    watched.look_after(60).await;
    std::fs::remove_file(watched.disk.path("law.ics")).unwrap();
    watched.look_after(27 * 3600).await;
    assert_eq!(watched.site.state("registry-law").await, None);
    let kinds = watched.site.posture().await.timetables;
    assert_eq!(kinds[1].source, "registry-law");
    assert_eq!(kinds[1].kind, SourceKind::Upload, "nobody looks at it any more");
    assert!(watched.site.store.in_force(&fleet()).await.unwrap().len() == 2);
}
