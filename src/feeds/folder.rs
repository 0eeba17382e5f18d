//! A watched directory: each of its `*.ics` is a timetable of its own, so that a file that vanishes, or that is broken,
//! is one source that stands still and not fewer exams in a common one.

use super::blocking::{PATIENCE, Slow, unreadable};
use super::file::{offered, read, unless_kept};
use super::{Digest, Found, Look, Offer};
use crate::domain::{Clock, grouped};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// More timetables than any university has faculties.
const FILES: usize = 200;
/// The longest name of a part: with the feed's own it stays within the 64 characters of a source.
const NAME: usize = 40;

/// Watches a directory. Hidden files are left alone: they are how editors and copies begin.
pub(super) struct Watched {
    path: PathBuf,
    bytes: usize,
    clock: Arc<dyn Clock>,
    slow: Slow<Vec<Offer>>,
    offered: BTreeMap<String, Digest>,
    kept: BTreeMap<String, Digest>,
}

impl Watched {
    pub(super) fn new(path: PathBuf, bytes: usize, clock: Arc<dyn Clock>) -> Self {
        let (offered, kept) = (BTreeMap::new(), BTreeMap::new());
        Self { path, bytes, clock, slow: Slow::default(), offered, kept }
    }
}

#[async_trait]
impl Look for Watched {
    async fn look(&mut self) -> Vec<Offer> {
        let (path, bytes, now) = (self.path.clone(), self.bytes, self.clock.now());
        let offers = self.slow.run(PATIENCE, move || read_all(&path, bytes, now)).await;
        let offers = offers.unwrap_or_else(|why| vec![Offer::whole(Found::Failed(why))]);
        self.offered.clear();
        let mut told = Vec::new();
        for Offer { part, found, media_type } in offers {
            let digest = part.as_ref().and_then(|_| offered(&found));
            if let (Some(part), Some(digest)) = (&part, digest) {
                self.offered.insert(part.clone(), digest);
            }
            let kept = part.as_ref().and_then(|part| self.kept.get(part).copied());
            told.push(Offer { part, found: unless_kept(found, digest, kept), media_type });
        }
        told
    }

    fn keep(&mut self, part: Option<&str>) {
        if let Some((part, digest)) = part.and_then(|part| self.offered.get_key_value(part)) {
            self.kept.insert(part.clone(), *digest);
        }
    }

    fn forget(&mut self) {
        self.kept.clear();
    }
}

/// The directory itself, then its files by name; together at most `most` bytes.
fn read_all(path: &Path, most: usize, now: DateTime<Utc>) -> Vec<Offer> {
    let (parts, nameless) = match parts(path) {
        Ok(parts) => parts,
        Err(why) => return vec![Offer::whole(Found::Failed(why))],
    };
    let directory = match nameless.first() {
        Some(name) => Found::Failed(format!(
            "the file {name:?} needs a name of 1 to {NAME} letters a to z and digits"
        )),
        None if parts.is_empty() => Found::Failed("the directory has no .ics file".into()),
        None => Found::Unchanged,
    };
    let mut offers = vec![Offer::whole(directory)];
    let mut left = most;
    for (part, files) in parts {
        let found = match &files[..] {
            [file] => read(file, left, now),
            _ => Found::Failed(same_name(&files)),
        };
        if let Found::Fresh(bytes) = &found {
            left -= bytes.len().min(left);
        }
        offers.push(Offer { part: Some(part), found, media_type: None });
    }
    offers
}

type Parts = BTreeMap<String, Vec<PathBuf>>;

/// The timetables by the name of their source, and the names of files that have none.
fn parts(path: &Path) -> Result<(Parts, Vec<String>), String> {
    let unreadable = |error| unreadable(&error, "directory");
    let (mut parts, mut nameless) = (Parts::new(), Vec::new());
    for entry in path.read_dir().map_err(unreadable)? {
        let file = entry.map_err(unreadable)?.path();
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(stem) = stem(&name) else { continue };
        match part(stem) {
            Some(part) => parts.entry(part).or_default().push(file),
            None => nameless.push(name),
        }
        if FILES < parts.len() + nameless.len() {
            let most = grouped(u64::try_from(FILES).unwrap_or(u64::MAX));
            return Err(format!("the directory has more than {most} .ics files"));
        }
    }
    nameless.sort();
    parts.values_mut().for_each(|files| files.sort());
    Ok((parts, nameless))
}

/// The name without its `.ics`; `None` for what is no timetable, or hidden.
fn stem(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    (extension.eq_ignore_ascii_case("ics") && !name.starts_with('.')).then_some(stem)
}

/// `Law & Order 2026` → `law-order-2026`.
fn part(stem: &str) -> Option<String> {
    let plain = |letter: char| {
        let letter = letter.to_ascii_lowercase();
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() { letter } else { ' ' }
    };
    let words: String = stem.chars().map(plain).collect();
    let part = words.split_whitespace().collect::<Vec<_>>().join("-");
    (!part.is_empty() && part.len() <= NAME).then_some(part)
}

fn same_name(files: &[PathBuf]) -> String {
    let names = files.iter().filter_map(|file| file.file_name());
    let names: Vec<_> = names.map(|name| name.to_string_lossy()).collect();
    format!("{} would be one timetable; rename all but one", names.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::super::file::tests::{at, written};
    use super::*;
    use crate::domain::ManualClock;

    const CALENDAR: &[u8] = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";

    fn fresh() -> Found {
        Found::Fresh(CALENDAR.to_vec())
    }

    fn found(offers: &[Offer]) -> Vec<(&str, &Found)> {
        offers.iter().map(|offer| (offer.part.as_deref().unwrap_or("-"), &offer.found)).collect()
    }

    #[test]
    fn a_file_name_becomes_the_name_of_a_source() {
        for (stem, name) in [
            ("law", Some("law")),
            ("Law & Order 2026", Some("law-order-2026")),
            ("2026_S1.final", Some("2026-s1-final")),
            ("Prüfungen", Some("pr-fungen")),
            ("試験", None),
            ("--", None),
        ] {
            assert_eq!(part(stem).as_deref(), name, "{stem}");
        }
        assert_eq!(part(&"a".repeat(NAME)).map(|name| name.len()), Some(NAME));
        assert_eq!(part(&"a".repeat(NAME + 1)), None);
    }

    #[tokio::test]
    async fn each_file_is_a_timetable_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["Law.ICS", "arts.ics", ".arts.ics", "readme.txt", "ics"] {
            written(&folder.path().join(name), CALENDAR, 60);
        }
        let clock = Arc::new(ManualClock::at(at()));
        let mut watched = Watched::new(folder.path().to_owned(), 1000, clock);
        let offers = watched.look().await;
        let all = [("-", &Found::Unchanged), ("arts", &fresh()), ("law", &fresh())];
        assert_eq!(found(&offers), all);
        watched.keep(Some("law"));
        let offers = watched.look().await;
        let rest = [("-", &Found::Unchanged), ("arts", &fresh()), ("law", &Found::Unchanged)];
        assert_eq!(found(&offers), rest);
        std::fs::remove_file(folder.path().join("Law.ICS")).unwrap();
        assert_eq!(watched.look().await.len(), 2, "what vanished is not offered");
    }

    #[test]
    fn what_is_wrong_with_one_file_is_told_and_the_others_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["a.ics", "law.ics", "Law.ics", "試験.ics"] {
            written(&path(name), CALENDAR, 60);
        }
        written(&path("empty.ics"), b"", 60);
        std::fs::create_dir(path("folder.ics")).unwrap();
        let offers = read_all(folder.path(), 1000, at());
        let why = |part: &str| match found(&offers).into_iter().find(|one| one.0 == part) {
            Some((_, Found::Failed(why))) => why.clone(),
            other => panic!("{part}: {other:?}"),
        };
        assert!(why("-").contains("\"試験.ics\" needs a name"), "{}", why("-"));
        assert_eq!(why("law"), "Law.ics and law.ics would be one timetable; rename all but one");
        assert_eq!(why("empty"), "the file is empty");
        assert_eq!(why("folder"), "it is not a file");
        assert!(found(&offers).contains(&("a", &fresh())));
    }

    #[test]
    fn together_they_may_have_as_much_as_one_upload() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.ics", "b.ics", "c.ics"] {
            written(&folder.path().join(name), CALENDAR, 60);
        }
        let offers = read_all(folder.path(), 70, at());
        let told = found(&offers);
        assert_eq!(told[1..3], [("a", &fresh()), ("b", &fresh())]);
        assert_eq!(told[3].1, &Found::Failed("it has 32 bytes; 6 are the most".into()));
    }

    #[test]
    fn a_directory_without_timetables_or_without_itself_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let told = |path: &Path| read_all(path, 1000, at());
        let one = |why: &str| vec![Offer::whole(Found::Failed(why.into()))];
        assert_eq!(told(folder.path()), one("the directory has no .ics file"));
        assert_eq!(told(&folder.path().join("none")), one("there is no such directory"));
    }
}
