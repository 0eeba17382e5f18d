//! The list of candidates: a CSV file beside the timetable, keyed by course.

use super::count::count;
use super::course::plain;
use super::extra::{Claim, Who};
use super::findings::Findings;
use super::lines::windows_1252;
use super::spelled::{self, Spelled, Unclear};
use crate::domain::{Finding, Severity, grouped};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

mod records;

/// The columns that must be there.
const COURSE: &str = "course";
const CANDIDATES: &str = "candidates";
/// The one that may be.
const EXTRA_TIME: &str = "extra_time";
/// How many rows are told in full; the rest are counted.
const TOLD: usize = 100;
/// How many courses a finding names.
const NAMED: usize = 5;

/// Candidates and extra time by course, and what was wrong with the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Roster {
    rows: Vec<Row>,
    by_course: HashMap<String, usize>,
    findings: Vec<Finding>,
}

#[derive(Debug, Clone, PartialEq)]
struct Row {
    /// As it is written.
    course: String,
    candidates: Option<u32>,
    /// Each reading by itself; all of them are covered.
    extra_time: Vec<Vec<Claim>>,
}

/// What the list has for one exam.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Listed {
    /// Of all its courses together.
    pub(super) candidates: Option<u32>,
    /// Each reading by itself; all of them are covered.
    pub(super) extra_time: Vec<Vec<Claim>>,
    /// Its courses, as they are written.
    pub(super) courses: String,
}

impl Roster {
    /// The most bytes of a list: several hundred thousand courses.
    pub const BYTES: usize = 16 << 20;

    /// Reads a list: a header with the columns `course`, `candidates` and, if wanted, `extra_time` in any order among
    /// others; cells parted by comma, semicolon or tab. A row that cannot be read costs only itself and is told.
    pub fn parse(bytes: &[u8]) -> Self {
        if Self::BYTES < bytes.len() {
            return Self::unreadable("it is larger than 16 MiB");
        }
        if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            return Self::unreadable("it is UTF-16");
        }
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => bytes.iter().copied().map(windows_1252).collect(),
        };
        let mut records = records::Records::of(text.trim_start_matches('\u{feff}'));
        let header: Vec<_> = records
            .next()
            .map_or_else(Vec::new, |(_, cells)| cells.iter().map(|cell| name(cell)).collect());
        let column = |wanted| header.iter().position(|name| name == wanted);
        let (Some(course), Some(candidates)) = (column(COURSE), column(CANDIDATES)) else {
            return Self::unreadable(
                "its first line does not name the columns course and candidates",
            );
        };
        let columns = Columns { course, candidates, extra_time: column(EXTRA_TIME) };
        let mut roster = Self::default();
        let mut bad = 0;
        for (line, cells) in records {
            for (code, what) in roster.take(&cells, columns) {
                bad += 1;
                if bad <= TOLD {
                    roster.findings.push(bad_row(code, format!("line {line}: {what}")));
                }
            }
        }
        if TOLD < bad {
            let more = grouped((bad - TOLD) as u64);
            roster
                .findings
                .push(bad_row("roster_row", format!("{more} more rows are not listed.")));
        }
        roster
    }

    /// A list that cannot be used, for the reason `why`; told as critical, for its exams may be far larger than the
    /// timetable says.
    pub fn unreadable(why: &str) -> Self {
        let finding = Finding::new(
            Severity::Critical,
            "roster_unreadable",
            format!(
                "The list of candidates cannot be read: {why}. Only what the timetable says is planned."
            ),
            "Save it as CSV (UTF-8) with the columns course, candidates and extra_time, and read the timetable again.",
        );
        Self { findings: vec![finding], ..Self::default() }
    }

    /// Whether it lists no course.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// How many courses it lists.
    pub fn courses(&self) -> usize {
        self.rows.len()
    }

    /// What was wrong with it.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The row of a course in its plain spelling.
    pub(super) fn row(&self, course: &str) -> Option<usize> {
        self.by_course.get(course).copied()
    }

    /// What these rows come to: an exam of several courses is sat by all of their candidates.
    pub(super) fn listed(&self, rows: &[usize]) -> Listed {
        let rows: Vec<_> = rows.iter().filter_map(|row| self.rows.get(*row)).collect();
        let courses: Vec<_> = rows.iter().map(|row| row.course.as_str()).collect();
        let counts = rows.iter().filter_map(|row| row.candidates);
        let candidates = counts.reduce(u32::saturating_add);
        let extra_time = match rows.as_slice() {
            [row] => row.extra_time.clone(),
            rows => rows.iter().flat_map(|row| row.counted()).collect::<Vec<_>>(),
        };
        // The claims of several courses add up.
        let extra_time = if rows.len() > 1 && !extra_time.is_empty() {
            vec![extra_time.concat()]
        } else {
            extra_time
        };
        Listed { candidates, extra_time, courses: courses.join(", ") }
    }

    /// One row; what is wrong with it.
    fn take(&mut self, cells: &[String], columns: Columns) -> Vec<(&'static str, String)> {
        let cell = |column: usize| cells.get(column).map_or("", |cell| value(cell));
        let course = cell(columns.course);
        let key = plain(course);
        let mut told = Vec::new();
        if key.is_empty() || course.starts_with(['=', '+', '-', '@']) {
            return vec![(
                "roster_row",
                format!("\"{}\" is no course code; the row is not used.", short(course)),
            )];
        }
        let written = cell(columns.candidates);
        let candidates = people(written);
        if candidates.is_none() {
            told.push((
                "roster_row",
                format!("\"{}\" is no number of candidates for {}.", short(written), short(course)),
            ));
        }
        let written = columns.extra_time.map(cell).unwrap_or_default();
        let mut extra_time = Vec::new();
        if !written.is_empty() {
            let Spelled { claims, also, doubt } = spelled::read(written);
            extra_time.extend([claims, also].into_iter().filter(|claims| !claims.is_empty()));
            let what = match doubt {
                None => None,
                Some(Unclear::Unreadable) => {
                    Some("cannot be read; everybody is given the longest time")
                }
                Some(Unclear::ForWhom) => Some("does not say who; everybody is given it"),
                Some(Unclear::PeopleOrTimes) => {
                    Some("may count people or multiply the time; both are planned")
                }
            };
            told.extend(what.map(|what| {
                (
                    "roster_row",
                    format!("the extra time \"{}\" of {} {what}.", short(written), short(course)),
                )
            }));
        }
        let row = Row { course: short(course), candidates, extra_time };
        match self.by_course.entry(key) {
            Entry::Vacant(free) => {
                free.insert(self.rows.len());
                self.rows.push(row);
            }
            Entry::Occupied(known) => {
                let known = &mut self.rows[*known.get()];
                known.candidates = known.candidates.max(row.candidates);
                known.extra_time.extend(row.extra_time);
                told.push((
                    "roster_duplicate",
                    format!("{} stands in the list twice; the greater counts.", row.course),
                ));
            }
        }
        told
    }
}

impl Row {
    /// Its extra time as people instead of shares, so that it can be added to that of another course.
    fn counted(&self) -> Vec<Vec<Claim>> {
        let Some(all) = self.candidates else { return self.extra_time.clone() };
        let who = |who| match who {
            Who::All => Who::Count(all),
            Who::Share(share) => {
                let people = (share.fraction() * f64::from(all)).ceil();
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "no more than `all`"
                )]
                let people = people as u32;
                Who::Count(people)
            }
            Who::Count(count) => Who::Count(count),
        };
        let counted = |claim: &Claim| Claim { who: who(claim.who), how: claim.how };
        self.extra_time.iter().map(|claims| claims.iter().map(counted).collect()).collect()
    }
}

#[derive(Debug, Clone, Copy)]
struct Columns {
    course: usize,
    candidates: usize,
    extra_time: Option<usize>,
}

fn bad_row(code: &'static str, what: String) -> Finding {
    Finding::new(
        Severity::Warning,
        code,
        format!("The list of candidates, {what}"),
        "Correct the row in the list and read the timetable again.",
    )
}

/// A column's name: "Extra time" is `extra_time`.
fn name(cell: &str) -> String {
    value(cell).to_lowercase().replace([' ', '-'], "_")
}

/// What a cell holds: spreadsheets guard text as `="02101"` or `'02101`.
fn value(cell: &str) -> &str {
    let cell = cell.trim();
    let guarded = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
    guarded.unwrap_or_else(|| cell.strip_prefix('\'').unwrap_or(cell)).trim()
}

/// A number of candidates above zero; "850,0" is what a spreadsheet may make of 850.
fn people(cell: &str) -> Option<u32> {
    let (count, rest) = count(cell)?;
    let zeros = rest.strip_prefix(['.', ',']).unwrap_or(rest);
    (zeros.bytes().all(|byte| byte == b'0') && count > 0).then_some(count)
}

fn short(text: &str) -> String {
    super::property::one_line(text).chars().take(40).collect()
}

/// Which courses of a list have an exam, and which exams no course in it.
#[derive(Debug)]
pub(super) struct Matches {
    seen: Vec<bool>,
    without: usize,
    titles: Vec<String>,
}

impl Matches {
    /// Before the first exam.
    pub(super) fn of(roster: &Roster) -> Self {
        Self { seen: vec![false; roster.rows.len()], without: 0, titles: Vec::new() }
    }

    /// An exam with these rows.
    pub(super) fn exam(&mut self, title: &str, rows: &[usize]) {
        rows.iter().for_each(|row| self.seen[*row] = true);
        if rows.is_empty() && !self.seen.is_empty() {
            self.without += 1;
            if self.titles.len() < NAMED {
                self.titles.push(title.to_owned());
            }
        }
    }

    /// Tells both, once.
    pub(super) fn tell(self, roster: &Roster, findings: &mut Findings) {
        let unseen = roster.rows.iter().zip(&self.seen).filter(|(_, seen)| !**seen);
        let unseen: Vec<_> = unseen.map(|(row, _)| row.course.clone()).collect();
        if !unseen.is_empty() {
            findings.of_file(
                Severity::Info,
                "roster_unused",
                format!(
                    "{} courses of the list of candidates have no exam in this timetable: {}.",
                    unseen.len(),
                    some(&unseen, unseen.len())
                ),
                "Nothing to do if their exams stand in another timetable; else check how the course codes are written.",
            );
        }
        if self.without > 0 {
            findings.of_file(
                Severity::Info,
                "not_in_roster",
                format!(
                    "{} exams are not in the list of candidates: {}.",
                    self.without,
                    some(&self.titles, self.without)
                ),
                "Add their courses to the list, or check how their course codes are written.",
            );
        }
    }
}

/// The first names, and how many more there are.
fn some(names: &[String], all: usize) -> String {
    let named: Vec<_> = names.iter().take(NAMED).map(String::as_str).collect();
    let more = all.saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", named.join("; "))
}

#[cfg(test)]
mod tests;
