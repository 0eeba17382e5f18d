//! What the posture tells of what is doubtful about a timetable in force: the gravest first, what is alike once, and
//! where the rest of it stands. Pure.

use crate::domain::{Finding, Severity, Titles};
use crate::store::Revision;
use chrono_tz::Tz;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// So much of a timetable is told; the rest stands in its report.
const TOLD: usize = 20;
/// So many findings alike are told each by itself; of more, the first stands for all.
const APART: usize = 3;
/// So many exams are named by one that stands for others.
const NAMED: usize = 3;

/// Findings alike. What speaks of the whole file, such as that more of a kind is not listed, is never one among those
/// that have a place in it.
type Kind<'a> = (Reverse<Severity>, &'a str, bool);

/// What a reader of the posture should know about a revision in force: an exam that could not be read is missing.
/// Warnings and worse, times in `zone`.
pub(super) fn doubts(revision: &Revision, zone: Tz) -> Vec<Finding> {
    let content = &revision.content;
    let report = Report { revision, titles: Titles::of(&content.sittings, zone) };
    let mut kinds: BTreeMap<Kind<'_>, Vec<&Finding>> = BTreeMap::new();
    for finding in content.findings.iter().filter(|finding| Severity::Info < finding.severity) {
        let placed = finding.line.is_some() || finding.uid.is_some();
        kinds.entry((Reverse(finding.severity), &*finding.code, placed)).or_default().push(finding);
    }
    let mut alike: Vec<Vec<&Finding>> = Vec::new();
    for kind in kinds.into_values() {
        if kind.len() <= APART {
            alike.extend(kind.into_iter().map(|one| vec![one]));
        } else {
            alike.push(kind);
        }
    }
    // Stable, and within a kind they stand by line already.
    alike.sort_by_key(|some| some.first().map(|first| (Reverse(first.severity), first.line)));
    let (told, rest) = alike.split_at(alike.len().min(TOLD));
    let told = told.iter().filter_map(|some| report.told(some));
    told.chain(report.more(rest)).collect()
}

/// Whose findings they are.
struct Report<'a> {
    revision: &'a Revision,
    titles: Titles<'a>,
}

impl Report<'_> {
    /// One finding for these, which are alike; `None` without any.
    fn told(&self, alike: &[&Finding]) -> Option<Finding> {
        let source = &self.revision.source;
        let (first, more) = alike.split_first()?;
        let told = (*first).clone();
        if more.is_empty() {
            let place = self.place(first).map(|place| format!("{place}: ")).unwrap_or_default();
            let message = format!("Timetable {source}: {place}{}", first.message);
            return Some(Finding { message, ..told });
        }
        let (message, count) = (&first.message, alike.len());
        let places = self.places(alike);
        Some(Finding {
            uid: None,
            line: None,
            message: format!("Timetable {source}: {message} One of {count} alike{places}."),
            fix: format!("{} {}", first.fix, self.all()),
            ..told
        })
    }

    /// That there is more; nothing where there is none.
    fn more(&self, rest: &[Vec<&Finding>]) -> Option<Finding> {
        let gravest = rest.first()?.first()?.severity;
        let count: usize = rest.iter().map(Vec::len).sum();
        let plural = if count == 1 { " is" } else { "s are" };
        let source = &self.revision.source;
        Some(Finding::new(
            gravest,
            "not_shown",
            format!("Timetable {source}: {count} more finding{plural} not shown here."),
            self.all(),
        ))
    }

    fn all(&self) -> String {
        let Revision { source, number, .. } = self.revision;
        format!(
            "The report of revision {number} of {source} has all of them, and so has `invigilator timetable read`."
        )
    }

    /// Where a finding points, as a person finds it; an event that is no exam by its line in the file.
    fn place(&self, finding: &Finding) -> Option<String> {
        let line = || finding.line.map(|line| format!("line {line}"));
        self.titles.exam(finding).or_else(line)
    }

    /// `: Law (…), Tort (…), Wills (…) and 17 more`; nothing where none has a place.
    fn places(&self, alike: &[&Finding]) -> String {
        let mut places: Vec<_> = alike.iter().filter_map(|finding| self.place(finding)).collect();
        // Of an exam with several such findings once; they stand by line, and so one after the other.
        places.dedup();
        let more = places.len().saturating_sub(NAMED);
        places.truncate(NAMED);
        let more = if 0 < more { format!(" and {more} more") } else { String::new() };
        let named = places.join(", ");
        if named.is_empty() { named } else { format!(": {named}{more}") }
    }
}
