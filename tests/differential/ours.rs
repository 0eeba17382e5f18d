//! Our own reader against the truth, and against itself where only the writing differs.

use crate::generator::dice::Dice;
use crate::generator::text::{Ends, Folds, Script, shown};
use crate::generator::{Exam, Timetable};
use crate::settings::{failures_shown, is_compared, seeds, settings_of};
use invigilator::domain::{Candidates, Reading, Sitting};
use invigilator::timetable::read;
use std::collections::BTreeMap;

/// The file of a seed, in some writing.
pub(crate) fn written(seed: u64) -> (Timetable, Script, Vec<u8>) {
    let timetable = Timetable::of(seed);
    let mut dice = Dice::of(seed);
    let script = Script::any(&mut dice);
    let bytes = script.write(&timetable, &mut dice);
    (timetable, script, bytes)
}

fn by_uid(reading: &Reading) -> BTreeMap<&str, Vec<&Sitting>> {
    let mut found: BTreeMap<&str, Vec<&Sitting>> = BTreeMap::new();
    for sitting in reading.sittings.iter().filter(|one| is_compared(one.span.start().timestamp())) {
        found.entry(&sitting.key.uid).or_default().push(sitting);
    }
    found
}

/// Where a reading and the truth about one exam differ.
fn difference(exam: &Exam, found: &[&Sitting], reading: &Reading) -> Option<String> {
    let mut expected: Vec<_> = exam.sat.iter().filter(|sat| is_compared(sat.start)).collect();
    expected.sort();
    let seen = |sitting: &&Sitting| {
        let id = sitting.key.recurrence_id.map(|id| id.timestamp());
        (sitting.span.start().timestamp(), sitting.span.end().timestamp(), id)
    };
    let mut got: Vec<_> = found.iter().map(seen).collect();
    got.sort_unstable();
    let wanted: Vec<_> =
        expected.iter().map(|sat| (sat.start, sat.end, sat.recurrence_id)).collect();
    if wanted != got {
        let missing: Vec<_> = wanted.iter().filter(|one| !got.contains(one)).collect();
        let more: Vec<_> = got.iter().filter(|one| !wanted.contains(one)).collect();
        return Some(format!("missing {missing:?}, too many {more:?}"));
    }
    let mut found = found.to_vec();
    found.sort_by_key(seen);
    for (sat, sitting) in expected.iter().zip(&found) {
        let covered = |at: &i64| {
            (sitting.opens_at().timestamp()..=sitting.last_deadline().timestamp()).contains(at)
        };
        if !sat.others.iter().all(covered) {
            return Some(format!(
                "other readings {:?} of {} are not covered",
                sat.others, sitting.key
            ));
        }
        if exam.candidates.is_some_and(|count| sitting.candidates != Candidates::new(count)) {
            return Some(format!("{:?} candidates, not {:?}", sitting.candidates, exam.candidates));
        }
    }
    let is_silent = || !reading.findings.iter().any(|one| one.uid.as_deref() == Some(&exam.uid));
    let lost =
        exam.sat.is_empty() && exam.features.iter().any(|feature| feature.costs_the_sitting());
    (lost && is_silent()).then(|| "no finding says why it is not planned".into())
}

#[test]
fn what_is_written_is_read() {
    let mut failures = Vec::new();
    for seed in seeds() {
        let (timetable, script, bytes) = written(seed);
        let reading = read(&bytes, &settings_of(&timetable)).expect("a generated file is readable");
        let found = by_uid(&reading);
        for exam in &timetable.exams {
            let sittings = found.get(exam.uid.as_str()).map_or(&[][..], Vec::as_slice);
            if let Some(difference) = difference(exam, sittings, &reading) {
                let (system, campus) = (timetable.producer.system, timetable.producer.campus.name);
                let (features, text) = (&exam.features, shown(exam));
                failures.push(format!(
                    "seed {seed}, {system:?} at {campus}, {script:?}, {features:?}: {difference}\n{text}\n"
                ));
            }
        }
        let known = |uid: &&str| timetable.exams.iter().any(|exam| exam.uid == *uid);
        let strange: Vec<_> = found.keys().filter(|uid| !known(uid)).collect();
        assert!(strange.is_empty(), "seed {seed}: sittings of nobody: {strange:?}");
    }
    let some = failures.iter().take(failures_shown()).cloned().collect::<Vec<_>>().join("\n");
    assert!(failures.is_empty(), "{} exams are misread, among them:\n{some}", failures.len());
}

/// What a reading means: everything but lines of the file.
fn meaning(bytes: &[u8], timetable: &Timetable) -> Vec<Sitting> {
    let reading = read(bytes, &settings_of(timetable)).expect("a generated file is readable");
    let plain = |sitting| Sitting { source_line: None, ..sitting };
    reading.sittings.into_iter().map(plain).collect()
}

#[test]
fn how_it_is_written_does_not_matter() {
    let ways = [
        ("LF", Script { ends: Ends::Lf, ..Script::PLAIN }),
        ("mixed ends", Script { ends: Ends::Mixed, ..Script::PLAIN }),
        ("byte order mark", Script { mark: true, ..Script::PLAIN }),
        ("no folds", Script { folds: Folds::None, ..Script::PLAIN }),
        ("folds anywhere", Script { folds: Folds::Anywhere, ..Script::PLAIN }),
        ("lower case", Script { case_noise: true, ..Script::PLAIN }),
        ("another order", Script { shuffled: true, ..Script::PLAIN }),
        ("two calendars", Script { split: true, ..Script::PLAIN }),
    ];
    for seed in seeds() {
        let timetable = Timetable::of(seed);
        let mut dice = Dice::of(seed);
        let plain = meaning(&Script::PLAIN.write(&timetable, &mut dice), &timetable);
        for (name, script) in ways {
            let other = meaning(&script.write(&timetable, &mut dice), &timetable);
            assert_eq!(other, plain, "seed {seed}, {name}");
        }
    }
}
