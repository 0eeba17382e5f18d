//! Timetable text to sittings. Pure: knows no clock, no file, no network.
//!
//! [`read`] goes through four stages: bytes to lines (`lines`), lines to events (`components`, `splitter`,
//! `property`, `event`; `cohort` and what it names for people, `exams` for what is one), written times to moments
//! (`times`, `zone`, `campus`), events to sittings (`occurrences`, `rule`, `series`). One bad event never loses the
//! others. The `icalendar` crate sees one line at a
//! time and never a file. [`written`] is the way back.
//!
//! Two readings are compared by [`compare`] and judged by [`guards`]; [`union`] is what stands while somebody is waited
//! for. All three begin with the same pairs (`compare`).
//!
//! [`term_dates`] reads another kind of file by the same stages: the academic year of a university, mostly in whole days.

mod campus;
mod cohort;
mod compare;
mod components;
mod count;
mod course;
mod doubt;
mod event;
mod exams;
mod extra;
mod findings;
mod guards;
mod left_out;
mod lines;
mod occurrences;
mod pattern;
mod property;
mod remarks;
mod roster;
mod rule;
mod rules;
mod screen;
mod series;
mod settings;
mod shift;
mod spelled;
mod splitter;
mod spoken;
mod term_dates;
#[cfg(test)]
mod tests;
mod times;
mod twins;
mod tzids;
mod union;
mod words;
mod write;
mod zone;
mod zone_mistake;

pub use compare::compare;
pub use exams::ExamRules;
pub use guards::guards;
pub use pattern::{BadPattern, Pattern};
pub use roster::Roster;
pub use rules::{BadProperty, CohortRules, Rules, property_name};
pub use settings::{Encoding, Limits, Settings, SettingsNow};
pub use shift::shifted;
pub use term_dates::{TermDate, TermDates, term_dates};
pub use union::union;
pub use write::written;
pub use zone::ZoneData;

use series::Series;

use crate::domain::{Reading, Severity, grouped};

/// A file that could not be read at all; nothing that was published is touched.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a calendar, or one that asks too much of us. `line` counts from 1.
    #[error("line {line}: {what}; {fix}")]
    Unreadable {
        /// Where.
        line: u32,
        /// What is wrong.
        what: String,
        /// What to do next.
        fix: String,
    },
    /// More exams than are planned for at once.
    #[error(
        "the file has {} events with more than {most} exams; {most} are the most. Export a shorter time range",
        grouped(u64::from(*events)),
        most = grouped(u64::try_from(*most).unwrap_or(u64::MAX))
    )]
    TooManyExams {
        /// How many events the file has.
        events: u32,
        /// How many exams it may have.
        most: usize,
    },
}

/// Reads a file.
///
/// # Errors
/// [`Error::Unreadable`] when nothing of it can be trusted; [`Error::TooManyExams`].
pub fn read(bytes: &[u8], settings: &Settings) -> Result<Reading, Error> {
    let mut findings = findings::Findings::default();
    findings.told(settings.rules.roster.findings());
    let file = components::split(bytes, settings, &mut findings)?;
    let Series { sittings, counts, left_out } = series::sittings(file, settings, &mut findings)?;
    if sittings.is_empty() && counts.left_out == 0 {
        findings.of_file(
            Severity::Warning,
            "no_sittings",
            "The file has no exam in the time looked at.",
            "Check that it is the right file and the right term.",
        );
    }
    Ok(Reading { sittings, findings: findings.finish(), counts, left_out })
}
