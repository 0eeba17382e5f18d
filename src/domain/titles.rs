//! Exams as a person knows them, by the UID that the file has.

use super::{Finding, Sitting, campus_minute};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::HashMap;

/// Titles and times of the exams of a timetable, to say which of them a finding speaks of.
#[derive(Debug, Clone)]
pub struct Titles<'a> {
    by_uid: HashMap<&'a str, Exam<'a>>,
    zone: Tz,
}

/// The sittings that share a UID.
#[derive(Debug, Clone, Copy)]
struct Exam<'a> {
    title: &'a str,
    /// Of the earliest.
    starts_at: DateTime<Utc>,
    sittings: usize,
}

impl<'a> Titles<'a> {
    /// Those of `sittings`, with their times in `zone`.
    pub fn of(sittings: &'a [Sitting], zone: Tz) -> Self {
        let mut by_uid: HashMap<&str, Exam<'_>> = HashMap::new();
        for sitting in sittings {
            let (title, starts_at) = (sitting.title.as_str(), sitting.span.start());
            let new = Exam { title, starts_at, sittings: 0 };
            let exam = by_uid.entry(&sitting.key.uid).or_insert(new);
            if starts_at < exam.starts_at {
                (exam.title, exam.starts_at) = (title, starts_at);
            }
            exam.sittings += 1;
        }
        Self { by_uid, zone }
    }

    /// `Contract Law (Mon 2026-11-30 09:00 GMT)`, of a series `Contract Law (from Mon 2026-11-30 09:00 GMT)`; `None`
    /// where a finding speaks of no exam that could be read.
    pub fn exam(&self, finding: &Finding) -> Option<String> {
        let Exam { title, starts_at, sittings } = self.by_uid.get(finding.uid.as_deref()?)?;
        let from = if *sittings == 1 { "" } else { "from " };
        Some(format!("{title} ({from}{})", campus_minute(*starts_at, self.zone)))
    }

    /// The finding with its exam named before what is said of it.
    pub fn named(&self, finding: &Finding) -> Finding {
        let exam = self.exam(finding).map(|exam| format!("{exam}: ")).unwrap_or_default();
        Finding { message: format!("{exam}{}", finding.message), ..finding.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, Severity, SittingKey, Span};
    use chrono::TimeDelta;

    fn sitting(uid: &str, title: &str, day: i64) -> Sitting {
        let start = DateTime::from_timestamp(1_796_029_200, 0).unwrap() + TimeDelta::days(day);
        Sitting {
            key: SittingKey { uid: uid.into(), recurrence_id: None },
            title: title.into(),
            span: Span::new(start, start + TimeDelta::hours(2)).unwrap(),
            other_readings: vec![],
            candidates: Candidates::new(1),
            extra_time: vec![],
            source_line: None,
        }
    }

    #[test]
    fn a_finding_is_named_by_title_and_campus_time() {
        let sittings = [sitting("b", "Tort", 7), sitting("a", "Law", 0), sitting("b", "Tort", 1)];
        let titles = Titles::of(&sittings, Tz::Europe__London);
        let told = |uid: Option<&str>| {
            let finding = Finding::new(Severity::Info, "code", "What.", "Fix.");
            titles.named(&Finding { uid: uid.map(str::to_owned), ..finding }).message
        };
        assert_eq!(told(Some("a")), "Law (Mon 2026-11-30 09:00 GMT): What.");
        assert_eq!(told(Some("b")), "Tort (from Tue 2026-12-01 09:00 GMT): What.", "a series");
        assert_eq!(told(Some("c")), "What.", "an event that is no exam, or could not be read");
        assert_eq!(told(None), "What.");
    }
}
