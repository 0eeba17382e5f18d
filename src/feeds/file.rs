//! One watched file.

use super::blocking::{PATIENCE, Slow, unreadable};
use super::{Digest, Found, Look, Offer, digest};
use crate::domain::{Clock, grouped};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// A file that was changed this recently may still be written to. Who writes slower than this leaves the file without
/// its end, and whoever reads it has to see that.
const SETTLED_AFTER: TimeDelta = TimeDelta::seconds(10);

/// Watches one file. It may be replaced, and it may be a link.
pub(super) struct Watched {
    path: PathBuf,
    bytes: usize,
    clock: Arc<dyn Clock>,
    slow: Slow<Found>,
    offered: Option<Digest>,
    kept: Option<Digest>,
}

impl Watched {
    pub(super) fn new(path: PathBuf, bytes: usize, clock: Arc<dyn Clock>) -> Self {
        Self { path, bytes, clock, slow: Slow::default(), offered: None, kept: None }
    }
}

#[async_trait]
impl Look for Watched {
    async fn look(&mut self) -> Vec<Offer> {
        let (path, bytes, now) = (self.path.clone(), self.bytes, self.clock.now());
        let found = self.slow.run(PATIENCE, move || read(&path, bytes, now)).await;
        let found = found.unwrap_or_else(Found::Failed);
        self.offered = offered(&found);
        vec![Offer::whole(unless_kept(found, self.offered, self.kept))]
    }

    fn keep(&mut self, _: Option<&str>) {
        self.kept = self.offered.or(self.kept);
    }

    fn forget(&mut self) {
        self.kept = None;
    }
}

/// The digest of what was found, if it was bytes.
pub(super) fn offered(found: &Found) -> Option<Digest> {
    match found {
        Found::Fresh(bytes) => Some(digest(bytes)),
        Found::Unchanged | Found::Settling | Found::Failed(_) => None,
    }
}

/// What was found, where it is not what was kept.
pub(super) fn unless_kept(found: Found, offered: Option<Digest>, kept: Option<Digest>) -> Found {
    if offered.is_some() && offered == kept { Found::Unchanged } else { found }
}

/// The whole of a file that nobody is writing to.
pub(super) fn read(path: &Path, most: usize, now: DateTime<Utc>) -> Found {
    read_settled(path, most, now).unwrap_or_else(|error| Found::Failed(unreadable(&error, "file")))
}

fn read_settled(path: &Path, most: usize, now: DateTime<Utc>) -> io::Result<Found> {
    // Asked before it is opened: opening a pipe would wait for somebody to write.
    if !path.metadata()?.is_file() {
        return Ok(Found::Failed("it is not a file".into()));
    }
    let file = File::open(path)?;
    let before = file.metadata()?;
    let limit = u64::try_from(most).unwrap_or(u64::MAX);
    if limit < before.len() {
        let (size, limit) = (grouped(before.len()), grouped(limit));
        return Ok(Found::Failed(format!("it has {size} bytes; {limit} are the most")));
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    // By its name again, so that a file put in its place meanwhile is seen too.
    let after = Stamp::of(&path.metadata()?);
    if !is_settled(Stamp::of(&before), after, bytes.len(), now) {
        return Ok(Found::Settling);
    }
    Ok(if bytes.is_empty() {
        Found::Failed("the file is empty".into())
    } else {
        Found::Fresh(bytes)
    })
}

/// What changes when a file is written to or replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let modified = metadata.modified().ok();
        Self { length: metadata.len(), modified, inode: metadata.ino() }
    }
}

/// Whether nobody wrote to the file while `read` bytes of it were read, nor shortly before. A time of change that lies
/// far ahead is another machine's clock and tells nothing.
fn is_settled(before: Stamp, after: Stamp, read: usize, now: DateTime<Utc>) -> bool {
    let age = before.modified.map(|modified| (now - DateTime::<Utc>::from(modified)).abs());
    before == after
        && u64::try_from(read).is_ok_and(|read| read == before.length)
        && age.is_none_or(|age| SETTLED_AFTER <= age)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::ManualClock;
    use std::time::Duration;

    const CALENDAR: &[u8] = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";

    /// Writes a file that was last changed so many seconds before the clock of [`at`].
    pub(in crate::feeds) fn written(path: &Path, bytes: &[u8], seconds_ago: i64) {
        std::fs::write(path, bytes).unwrap();
        let modified = SystemTime::from(at() - TimeDelta::seconds(seconds_ago));
        File::options().append(true).open(path).unwrap().set_modified(modified).unwrap();
    }

    pub(in crate::feeds) fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_796_025_600, 0).unwrap()
    }

    async fn look(watched: &mut Watched) -> Found {
        let offers = watched.look().await;
        assert_eq!((offers.len(), &offers[0].part), (1, &None));
        offers.into_iter().next().unwrap().found
    }

    #[tokio::test]
    async fn what_was_kept_is_unchanged_and_what_was_not_is_offered_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("exams.ics");
        written(&path, CALENDAR, 60);
        let clock = Arc::new(ManualClock::at(at()));
        let mut watched = Watched::new(path.clone(), 1000, clock);
        assert_eq!(look(&mut watched).await, Found::Fresh(CALENDAR.to_vec()));
        assert_eq!(look(&mut watched).await, Found::Fresh(CALENDAR.to_vec()));
        watched.keep(None);
        assert_eq!(look(&mut watched).await, Found::Unchanged);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(look(&mut watched).await, Found::Failed("there is no such file".into()));
        written(&path, CALENDAR, 20);
        assert_eq!(look(&mut watched).await, Found::Unchanged, "it is back, and the same");
    }

    #[tokio::test]
    async fn a_file_that_was_just_written_is_left_alone_for_a_moment() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("exams.ics");
        written(&path, CALENDAR, 9);
        let clock = Arc::new(ManualClock::at(at()));
        let mut watched = Watched::new(path, 1000, Arc::clone(&clock) as Arc<dyn Clock>);
        assert_eq!(look(&mut watched).await, Found::Settling);
        watched.keep(None);
        clock.advance(TimeDelta::seconds(1));
        assert_eq!(look(&mut watched).await, Found::Fresh(CALENDAR.to_vec()));
    }

    #[test]
    fn a_file_that_changes_while_it_is_read_is_not_taken() {
        let modified = Some(SystemTime::from(at()));
        let before = Stamp { length: 10, modified, inode: 1 };
        let now = at() + TimeDelta::minutes(1);
        assert!(is_settled(before, before, 10, now));
        assert!(!is_settled(before, before, 9, now));
        assert!(!is_settled(before, Stamp { length: 11, ..before }, 10, now));
        assert!(!is_settled(before, Stamp { inode: 2, ..before }, 10, now));
        let touched = modified.map(|time| time + Duration::from_millis(1));
        assert!(!is_settled(before, Stamp { modified: touched, ..before }, 10, now));
        assert!(!is_settled(before, before, 10, at() - TimeDelta::seconds(5)));
        assert!(is_settled(before, before, 10, at() - TimeDelta::minutes(5)), "a foreign clock");
    }

    #[test]
    fn what_is_no_whole_file_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |path: &Path, most| match read(path, most, at()) {
            Found::Failed(why) => why,
            other @ (Found::Unchanged | Found::Fresh(_) | Found::Settling) => panic!("{other:?}"),
        };
        let path = folder.path().join("exams.ics");
        written(&path, b"", 60);
        assert_eq!(told(&path, 10), "the file is empty");
        written(&path, CALENDAR, 60);
        assert_eq!(told(&path, 10), "it has 32 bytes; 10 are the most");
        assert_eq!(read(&path, 32, at()), Found::Fresh(CALENDAR.to_vec()));
        assert_eq!(told(folder.path(), 10), "it is not a file");
        assert_eq!(told(&folder.path().join("none"), 10), "there is no such file");
    }
}
