//! Independent readers against the truth: where they disagree, the list of `known` says why.

use crate::generator::text::{Script as Writing, shown};
use crate::generator::zone::{Transition, ZONES, Zone};
use crate::generator::{Exam, Feature, Timetable};
use crate::ical_rs;
use crate::known::{KNOWN, Known, Peer};
use crate::occurrence::Occurrence;
use crate::ours::written;
use crate::scripts::{Answers, Order, Script};
use crate::settings::{YEAR, failures_shown, is_compared, seeds};
use ical::recur::IcalRecurDateTime;
use ical::recur::set::IcalRecurSet;
use ical::tz::{IcalTz, IcalTzObservance};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// So many timetables have every disagreement of the list.
const ALL_MET: usize = 1_000;

/// How often each entry of the list was needed.
type Needed = BTreeMap<(Peer, Feature), usize>;

/// What a peer says of all files against the truth.
struct Comparison {
    peer: Peer,
    needed: Needed,
    exams: usize,
    disagreements: usize,
    failures: Vec<String>,
}

impl Comparison {
    fn of(peer: Peer) -> Self {
        Self { peer, needed: Needed::new(), exams: 0, disagreements: 0, failures: vec![] }
    }

    /// One file; an error is a disagreement about each of its exams.
    fn file(&mut self, seed: u64, found: &Result<Vec<Occurrence>, String>) {
        let (timetable, writing, _) = written(seed);
        let mut by_uid: BTreeMap<&str, Vec<&Occurrence>> = BTreeMap::new();
        for one in found.iter().flatten().filter(|one| is_compared(one.start)) {
            by_uid.entry(&one.uid).or_default().push(one);
        }
        for exam in &timetable.exams {
            let mut truth = exam.occurrences();
            truth.retain(|one| is_compared(one.start));
            truth.sort();
            let mut theirs: Vec<Occurrence> =
                by_uid.get(exam.uid.as_str()).into_iter().flatten().copied().cloned().collect();
            theirs.sort();
            self.exams += 1;
            if found.is_err() || truth != theirs {
                self.disagrees(
                    seed,
                    &timetable,
                    exam,
                    writing,
                    (&truth, &theirs, found.as_ref().err()),
                );
            }
        }
    }

    fn disagrees(
        &mut self,
        seed: u64,
        timetable: &Timetable,
        exam: &Exam,
        writing: Writing,
        (truth, theirs, error): (&[Occurrence], &[Occurrence], Option<&String>),
    ) {
        self.disagreements += 1;
        let features: BTreeSet<Feature> =
            exam.features.iter().copied().chain(writing.features(exam)).collect();
        let reasons = KNOWN.iter().filter(|known| known.peer == self.peer);
        let reasons: Vec<&Known> =
            reasons.filter(|known| features.contains(&known.feature)).collect();
        for known in &reasons {
            *self.needed.entry((known.peer, known.feature)).or_default() += 1;
        }
        if reasons.is_empty() {
            let (system, campus) = (timetable.producer.system, timetable.producer.campus.name);
            let times =
                |all: &[Occurrence]| all.iter().map(|one| (one.start, one.end)).collect::<Vec<_>>();
            let (truth, theirs) = (times(truth), times(theirs));
            let missing: Vec<_> = truth.iter().filter(|one| !theirs.contains(one)).collect();
            let more: Vec<_> = theirs.iter().filter(|one| !truth.contains(one)).collect();
            self.failures.push(format!(
                "seed {seed}, {system:?} at {campus}, {writing:?}, {features:?}: missing {missing:?}, too many {more:?}, \
                 {error:?}\n{}\n",
                shown(exam)
            ));
        }
    }

    /// Fails on what is not listed, and on what is listed and not needed.
    fn finish(self) {
        let peer = self.peer;
        eprintln!(
            "{peer:?}: {} exams, {} disagreements: {:?}",
            self.exams, self.disagreements, self.needed
        );
        let some =
            self.failures.iter().take(failures_shown()).cloned().collect::<Vec<_>>().join("\n");
        let count = self.failures.len();
        assert!(count == 0, "{peer:?} disagrees about {count} exams for no known reason:\n{some}");
        if seeds().count() < ALL_MET {
            return;
        }
        let idle = KNOWN.iter().filter(|known| {
            known.peer == peer && !self.needed.contains_key(&(peer, known.feature))
        });
        let idle: Vec<String> =
            idle.map(|known| format!("{:?}: {}", known.feature, known.decided_by)).collect();
        assert!(
            idle.is_empty(),
            "{peer:?} agrees about this now, so strike it off the list: {idle:#?}"
        );
    }
}

/// A zone of ours as the crate holds one.
fn as_theirs(zone: &Zone) -> IcalTz {
    let observance = |Transition { at, before, after }: Transition| IcalTzObservance {
        daylight: before < after,
        from: i32::try_from(before).expect("an offset"),
        to: i32::try_from(after).expect("an offset"),
        onsets: IcalRecurSet {
            start: Some(IcalRecurDateTime::from_seconds(at + before)),
            ..IcalRecurSet::default()
        },
    };
    let mut observances: Vec<_> =
        (2019..2032).flat_map(|year| zone.transitions(year)).map(observance).collect();
    if observances.is_empty() {
        let offset = zone.offset(0);
        observances.push(observance(Transition { at: 0, before: offset, after: offset }));
    }
    IcalTz { id: zone.name.to_owned(), observances }
}

#[test]
fn ical_rs_agrees_or_is_known_not_to() {
    let mut comparison = Comparison::of(Peer::IcalRs);
    for seed in seeds() {
        let (timetable, _, bytes) = written(seed);
        let campus = timetable.producer.campus;
        let named = |name: &str| {
            let is_it = |zone: &&Zone| zone.name == name.trim_matches('/');
            let known = ZONES.iter().find(is_it).copied();
            known.or(name.is_empty().then_some(campus)).map(|zone| as_theirs(&zone))
        };
        comparison.file(seed, &Ok(ical_rs::occurrences(&bytes, YEAR, &named)));
    }
    comparison.finish();
}

/// Compares a script with the truth, one process for each campus.
fn compare(peer: Peer, script: &Script) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut campuses: BTreeMap<&str, (Zone, BTreeMap<PathBuf, u64>)> = BTreeMap::new();
    for seed in seeds() {
        let (timetable, _, bytes) = written(seed);
        let file = folder.path().join(format!("{seed}.ics"));
        std::fs::write(&file, bytes).expect("the file can be written");
        let campus = timetable.producer.campus;
        let (_, files) = campuses.entry(campus.name).or_insert((campus, BTreeMap::new()));
        files.insert(file, seed);
    }
    let mut comparison = Comparison::of(peer);
    for (campus, files) in campuses.values() {
        let slashed = format!("/{}", campus.name);
        let define = |name: &str| campus.definition(name, 2007).join("\r\n");
        let zones = vec![define(campus.name), define(&slashed)];
        let order = Order { zone: campus.name, zones };
        let paths: Vec<_> = files.keys().map(|file| (file.clone(), YEAR)).collect();
        let answers: Answers = script.read(&order, &paths);
        for (file, found) in &answers {
            comparison.file(files[file], found);
        }
    }
    comparison.finish();
}

#[test]
fn python_agrees_or_is_known_not_to() {
    if let Some(script) = Script::python() {
        compare(Peer::Python, &script);
    }
}

#[test]
fn ical_js_agrees_or_is_known_not_to() {
    if let Some(script) = Script::node() {
        compare(Peer::IcalJs, &script);
    }
}
