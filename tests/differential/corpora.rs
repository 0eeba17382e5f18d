//! The files that other projects test their readers with. None is kept here: they come with packages that are here for
//! the tests anyway, the crates `calcard` and `ical-rs` and the Python wheels `icalendar` and `recurring-ical-events`.
//!
//! Each is read, whatever is in it; and where our starts and a peer's differ, `corpora/allowed.txt` says why.

use crate::ical_rs;
use crate::occurrence::{Occurrence, Window};
use crate::scripts::{Order, Script};
use crate::settings::settings;
use chrono::{DateTime, Offset as _, TimeZone as _};
use chrono_tz::Tz;
use ical::recur::IcalRecurDateTime;
use ical::recur::set::IcalRecurSet;
use ical::tz::{IcalTz, IcalTzObservance};
use invigilator::timetable::read;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a time without a zone means.
const CAMPUS: Tz = Tz::Europe__London;
const DAY: i64 = 86_400;
const YEAR: i64 = 366 * DAY;
/// Years of a file that are looked at, from its first start on.
const YEARS: i64 = 2;

/// A file of a corpus.
struct File {
    /// `corpus/path`, as the list names it.
    name: String,
    path: PathBuf,
    bytes: Vec<u8>,
    window: Window,
}

impl File {
    fn at(corpus: &str, folder: &Path, path: PathBuf) -> Self {
        let inside = path.strip_prefix(folder).expect("it was found there").display();
        let name = format!("{corpus}/{inside}");
        let bytes = std::fs::read(&path).expect("a file of a package can be read");
        let window = window(&bytes);
        Self { name, path, bytes, window }
    }
}

/// From the begin of the earliest year that a DTSTART after 1971 names; other lines may name any.
fn window(bytes: &[u8]) -> Window {
    let text = String::from_utf8_lossy(bytes);
    let starts = text.lines().filter(|line| line.starts_with("DTSTART"));
    let year = |line: &str| line.rsplit(':').next()?.get(..4)?.parse::<i32>().ok();
    let years = starts.filter_map(year).filter(|year| (1990..2100).contains(year));
    let first = years.min().unwrap_or(2026);
    let from = chrono::NaiveDate::from_ymd_opt(first, 1, 1).expect("a year");
    let from = from.and_time(chrono::NaiveTime::MIN).and_utc().timestamp();
    Window { from, to: from + YEARS * YEAR }
}

/// All .ics files below a folder.
fn below(corpus: &str, folder: &Path, files: &mut Vec<File>) {
    let mut waiting = vec![folder.to_owned()];
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder of a package can be listed");
            waiting.extend(entries.map(|entry| entry.expect("an entry").path()));
        } else if path.extension().is_some_and(|extension| extension == "ics") {
            files.push(File::at(corpus, folder, path));
        }
    }
}

/// Where cargo keeps the sources of a package.
fn source_of(package: &str) -> PathBuf {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--locked", "--offline"]);
    let output = command.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo runs");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("a list of packages");
    let found = packages.iter().find(|one| one["name"] == package).expect("a dependency");
    let manifest = found["manifest_path"].as_str().expect("a path");
    Path::new(manifest).parent().expect("a folder").to_owned()
}

fn corpora() -> Vec<File> {
    let mut files = Vec::new();
    below("calcard", &source_of("calcard").join("resources/ical"), &mut files);
    below("ical-rs", &source_of("ical-rs").join("tests/corpus"), &mut files);
    if let Some(packages) = Script::python_packages() {
        below("icalendar", &packages.join("icalendar"), &mut files);
        below("recurring", &packages.join("recurring_ical_events"), &mut files);
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    // The projects copy from each other.
    let mut seen = BTreeSet::new();
    files.retain(|file| seen.insert(file.bytes.clone()));
    assert!(files.len() > 900, "only {} files: the packages have changed", files.len());
    files
}

thread_local! {
    static KNOWN: RefCell<BTreeMap<String, Option<IcalTz>>> = const { RefCell::new(BTreeMap::new()) };
}

/// A zone of the IANA database as `ical-rs` holds one; without a name, and for a name nobody knows, that of the campus.
fn named(name: &str) -> Option<IcalTz> {
    let name = name.trim_matches('/');
    let known = KNOWN.with_borrow(|known| known.get(name).cloned());
    known.unwrap_or_else(|| {
        let zone = as_theirs(name.parse().unwrap_or(CAMPUS));
        KNOWN.with_borrow_mut(|known| known.insert(name.to_owned(), Some(zone.clone())));
        Some(zone)
    })
}

/// Found by asking for the offset of every day, and where it changed of every quarter of an hour.
fn as_theirs(zone: Tz) -> IcalTz {
    let offset = |at: i64| {
        let at = DateTime::from_timestamp(at, 0).expect("a time that chrono knows");
        zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc()
    };
    let (first, last) = (20 * YEAR, 72 * YEAR);
    let mut before = offset(first);
    let mut observances = Vec::new();
    let days = (first..last).step_by(86_400).filter(|day| offset(*day) != offset(day + DAY));
    let quarters = days.flat_map(|day| (day..=day + DAY).step_by(900));
    for at in std::iter::once(first).chain(quarters) {
        let after = offset(at);
        if after != before || at == first {
            let local = IcalRecurDateTime::from_seconds(at + i64::from(before));
            let onsets = IcalRecurSet { start: Some(local), ..IcalRecurSet::default() };
            let daylight = before < after;
            observances.push(IcalTzObservance { daylight, from: before, to: after, onsets });
            before = after;
        }
    }
    IcalTz { id: zone.name().to_owned(), observances }
}

/// What is compared: starts well inside the window, also of what has no length, for which we assume one. Readers name
/// what has no UID in different ways, so names are not compared.
fn starts(found: &[Occurrence], window: Window) -> Vec<i64> {
    let inside = window.from + 2 * DAY..window.to - 2 * DAY;
    let compared = found.iter().filter(|one| inside.contains(&one.start));
    let mut starts: Vec<i64> = compared.map(|one| one.start).collect();
    starts.sort_unstable();
    starts
}

fn ours(file: &File) -> Option<Vec<i64>> {
    let reading = read(&file.bytes, &settings(CAMPUS, file.window)).ok()?;
    let one = |sitting: &invigilator::domain::Sitting| Occurrence {
        uid: sitting.key.uid.clone(),
        start: sitting.span.start().timestamp(),
        end: sitting.span.end().timestamp(),
    };
    let found: Vec<_> = reading.sittings.iter().map(one).collect();
    Some(starts(&found, file.window))
}

/// The list: which peer disagrees about which file, and the key of the reason.
struct Allowed<'a> {
    reasons: BTreeMap<&'a str, &'a str>,
    entries: BTreeMap<(&'a str, &'a str), &'a str>,
}

impl<'a> Allowed<'a> {
    /// `key = reason` and `peer file key` lines; `#` begins a comment.
    fn of(text: &'a str) -> Self {
        let (mut reasons, mut entries) = (BTreeMap::new(), BTreeMap::new());
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some((key, reason)) = line.split_once(" = ") {
                reasons.insert(key, reason);
                continue;
            }
            let [peer, file, key] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("\"{line}\" is neither a reason nor an entry");
            };
            assert!(reasons.contains_key(key), "\"{line}\": nothing says what {key} means");
            entries.insert((peer, file), key);
        }
        Self { reasons, entries }
    }

    /// Fails on what is not listed, and on what is listed and does not happen.
    fn check(&self, peer: &str, met: &BTreeMap<&str, String>) {
        let new: Vec<_> =
            met.iter().filter(|(file, _)| !self.entries.contains_key(&(peer, **file))).collect();
        let shown: String = new
            .iter()
            .map(|(file, how)| format!("{peer} {file} {how}\n"))
            .take(crate::settings::failures_shown())
            .collect();
        assert!(
            new.is_empty(),
            "{peer} disagrees about {} files that are not listed:\n{shown}",
            new.len()
        );
        let listed = self.entries.keys().filter(|(of, _)| *of == peer);
        let idle: Vec<_> = listed.filter(|(_, file)| !met.contains_key(file)).collect();
        assert!(idle.is_empty(), "strike off the list, there is agreement now: {idle:#?}");
    }
}

const ALLOWED: &str = include_str!("corpora/allowed.txt");

/// How the starts of a peer differ from ours.
fn difference(ours: &[i64], theirs: &[i64]) -> Option<String> {
    let show = |one: &[i64], other: &[i64]| {
        let only: Vec<i64> = one.iter().copied().filter(|at| !other.contains(at)).collect();
        let text = |at: i64| DateTime::from_timestamp(at, 0).map(|at| at.to_string());
        let some: Vec<_> = only.iter().take(3).filter_map(|at| text(*at)).collect();
        format!("{} of {}: {some:?}", only.len(), one.len())
    };
    let (own, other) = (show(ours, theirs), show(theirs, ours));
    (ours != theirs).then(|| format!("ours alone {own}, theirs alone {other}"))
}

#[test]
fn every_file_is_read_as_ical_rs_reads_it_or_is_listed() {
    let files = corpora();
    let mut met = BTreeMap::new();
    let (mut refused, mut compared) = (0, 0);
    for file in &files {
        let Some(own) = ours(file) else {
            refused += 1;
            continue;
        };
        let theirs = ical_rs::occurrences(&file.bytes, file.window, &named);
        compared += own.len();
        if let Some(how) = difference(&own, &starts(&theirs, file.window)) {
            met.insert(file.name.as_str(), how);
        }
    }
    eprintln!("{} files, {refused} of them no calendars, {compared} starts compared", files.len());
    Allowed::of(ALLOWED).check("ical-rs", &met);
}

#[test]
fn every_file_is_read_as_python_reads_it_or_is_listed() {
    let Some(script) = Script::python() else { return };
    let files = corpora();
    let order = Order { zone: CAMPUS.name(), zones: vec![] };
    let paths: Vec<_> = files.iter().map(|file| (file.path.clone(), file.window)).collect();
    let answers = script.read(&order, &paths);
    let mut met = BTreeMap::new();
    let (mut refused, mut compared) = (0, 0);
    for file in &files {
        let (Some(own), Ok(theirs)) = (ours(file), &answers[&file.path]) else {
            refused += 1;
            continue;
        };
        compared += own.len();
        if let Some(how) = difference(&own, &starts(theirs, file.window)) {
            met.insert(file.name.as_str(), how);
        }
    }
    eprintln!("{} files, {refused} refused by one of us, {compared} starts compared", files.len());
    Allowed::of(ALLOWED).check("python", &met);
}

#[test]
fn every_reason_of_the_list_is_used() {
    let Allowed { reasons, entries } = Allowed::of(ALLOWED);
    let used: BTreeSet<&str> = entries.values().copied().collect();
    let idle: Vec<_> = reasons.keys().filter(|key| !used.contains(*key)).collect();
    assert!(idle.is_empty(), "{idle:?} explain nothing");
}
