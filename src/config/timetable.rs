//! `[fleet.timetable]`: how a registrar's own exports are understood, and the list of candidates beside them.

use super::Fleet;
use super::problems::Problems;
use crate::domain::Span;
use crate::timetable::{
    self, CohortRules, Encoding, ExamRules, Limits, Pattern, Roster, Rules, SettingsNow,
    property_name,
};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The table as written. What is empty adds nothing to what is built in.
#[derive(Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Raw {
    exam_patterns: Vec<String>,
    not_exam_patterns: Vec<String>,
    candidates_properties: Vec<String>,
    extra_time_properties: Vec<String>,
    candidates_patterns: Vec<String>,
    extra_time_patterns: Vec<String>,
    course_pattern: String,
    roster: String,
}

/// The rules without a list of candidates, and where that stands.
pub(super) fn check(raw: &Raw, problems: &mut Problems) -> (Rules, Option<PathBuf>) {
    let built_in = Rules::built_in();
    let mut patterns = |key: &str, texts: &[String]| -> Vec<Pattern> {
        let read = texts.iter().map(|text| (text, Pattern::new(text)));
        let told = read.filter_map(|(text, pattern)| {
            pattern.map_err(|why| problems.add(key, format!("{text:?}: {why}"))).ok()
        });
        told.collect()
    };
    let candidates_patterns = patterns("candidates_patterns", &raw.candidates_patterns);
    let extra_time_patterns = patterns("extra_time_patterns", &raw.extra_time_patterns);
    let mut properties = |key: &str, names: &[String]| -> Vec<String> {
        let read = names.iter().map(|name| (name, property_name(name)));
        let told = read.filter_map(|(name, property)| {
            property.map_err(|why| problems.add(key, format!("{name:?}: {why}"))).ok()
        });
        told.collect()
    };
    let candidates_properties = properties("candidates_properties", &raw.candidates_properties);
    let extra_time_properties = properties("extra_time_properties", &raw.extra_time_properties);
    let mut exams = |key: &str, texts: &[String]| -> Vec<String> {
        let good = texts.iter().filter(|text| {
            let alone = ExamRules::new(std::slice::from_ref(*text), &[]);
            alone.map_err(|(text, why)| problems.add(key, format!("{text:?}: {why}"))).is_ok()
        });
        good.cloned().collect()
    };
    let (wanted, unwanted) = (
        exams("exam_patterns", &raw.exam_patterns),
        exams("not_exam_patterns", &raw.not_exam_patterns),
    );
    let course = match raw.course_pattern.as_str() {
        "" => built_in.course,
        text => {
            let read = Pattern::new(text).map_err(|why| format!("{text:?}: {why}"));
            problems.take("course_pattern", read, built_in.course)
        }
    };
    let rules = Rules {
        exams: ExamRules::new(&wanted, &unwanted).unwrap_or(built_in.exams),
        cohorts: CohortRules {
            candidates_properties,
            extra_time_properties,
            candidates_patterns,
            extra_time_patterns,
        },
        course,
        roster: Roster::default(),
    };
    (rules, Some(&raw.roster).filter(|path| !path.is_empty()).map(PathBuf::from))
}

impl Fleet {
    /// How its timetables are read, uploaded or fed: all of a file, so that a revision does not depend on when it was
    /// read. Reads the list of candidates, if there is one; what is wrong with that is told in every reading.
    pub fn timetable(&self) -> timetable::Settings {
        let roster = self.roster.as_deref().map_or_else(Roster::default, roster);
        timetable::Settings { rules: Rules { roster, ..self.rules.clone() }, ..self.as_written() }
    }

    /// How its files are read without the list of candidates.
    pub(super) fn as_written(&self) -> timetable::Settings {
        timetable::Settings {
            zone: self.zone,
            encoding: Encoding::Utf8,
            zone_data: self.zone_data.clone(),
            horizon: Span::ALWAYS,
            default_candidates: self.default_candidates,
            limits: Limits::UPLOAD,
            rules: self.rules.clone(),
        }
    }

    /// The same each time it is asked: a list of candidates that was replaced meanwhile is read anew.
    pub fn timetable_now(&self) -> SettingsNow {
        let fleet = self.clone();
        Arc::new(move || fleet.timetable())
    }
}

/// A file up to `most` bytes, and one more where there are more, so that whoever reads it can tell.
pub(super) fn bytes(path: &Path, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The list of candidates of a file. One that cannot be read is a list of nobody that says so.
fn roster(path: &Path) -> Roster {
    match bytes(path, Roster::BYTES) {
        Ok(bytes) => Roster::parse(&bytes),
        Err(why) => Roster::unreadable(&format!("{}: {why}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Severity;

    fn fleet() -> Fleet {
        crate::config::sandbox().fleets.remove(0)
    }

    #[test]
    fn a_list_is_read_anew_each_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("candidates.csv");
        let now = Fleet { roster: Some(path.clone()), ..fleet() }.timetable_now();
        let missing = now().rules.roster;
        assert_eq!(missing.findings()[0].severity, Severity::Critical);
        assert!(missing.findings()[0].message.contains("candidates.csv"), "{missing:?}");
        std::fs::write(&path, "course,candidates\nLAWS1001,850\n").unwrap();
        assert_eq!(now().rules.roster.courses(), 1);
        std::fs::write(&path, "course,candidates\nLAWS1001,850\nHIST2040,30\n").unwrap();
        assert_eq!(now().rules.roster.courses(), 2);
    }

    #[test]
    fn every_bad_pattern_is_told_with_key_value_and_reason() {
        let raw = Raw {
            exam_patterns: vec!["exam".into(), "title:(".into()],
            not_exam_patterns: vec!["".into()],
            candidates_properties: vec!["X-SEATS".into(), "DTSTART".into()],
            extra_time_properties: vec!["X EXTRA".into()],
            candidates_patterns: vec![r"\w{1000}".into()],
            extra_time_patterns: vec!["[".into()],
            course_pattern: "*".into(),
            roster: String::new(),
        };
        let mut problems = Problems::default();
        problems.enter("fleet \"moodle\"");
        problems.part("timetable");
        let (rules, roster) = check(&raw, &mut problems);
        let told = problems.told();
        for (key, value) in [
            ("exam_patterns", "title:("),
            ("not_exam_patterns", "\"\""),
            ("candidates_properties", "DTSTART"),
            ("extra_time_properties", "X EXTRA"),
            ("candidates_patterns", "w{1000}"),
            ("extra_time_patterns", "["),
            ("course_pattern", "*"),
        ] {
            let place = format!("fleet \"moodle\" timetable {key}: ");
            let one = told.iter().find(|problem| problem.starts_with(&place));
            assert!(one.is_some_and(|problem| problem.contains(value)), "{key}: {told:#?}");
        }
        assert_eq!(told.len(), 7, "{told:#?}");
        assert_eq!(rules.cohorts.candidates_properties, ["X-SEATS"]);
        assert_eq!(roster, None);
    }
}
