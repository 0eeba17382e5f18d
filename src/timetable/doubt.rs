//! What a person should look at about a cohort; told only if the event becomes a sitting.

use super::findings::{Findings, Place};
use super::spelled::Unclear;
use crate::domain::Severity;

/// One thing about a cohort that is not as it should be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Doubt {
    /// No number at all; so many are assumed.
    NoCohort(u32),
    /// So many are invited, and so many are assumed.
    FromAttendees(u32, u32),
    /// A number that may count something else, and so many are assumed.
    Doubtful(u32, u32),
    /// Two numbers in one event.
    Disagree(u32, u32),
    /// Several numbers in one text, of which this is the greatest.
    Several(u32),
    /// The event and the list of candidates differ.
    RosterDiffers { courses: String, listed: u32, named: u32 },
    /// A cohort of nobody.
    Zero,
    /// What should be a number is none.
    NoNumber(String),
    /// Extra time that was not taken as written.
    ExtraTime(Unclear, String),
    /// Extra time without an amount.
    Mentioned,
}

impl Doubt {
    /// Of what should be a number of candidates.
    pub(super) fn no_number(value: &str) -> Self {
        Self::NoNumber(value.trim().chars().take(40).collect())
    }

    /// Of extra time.
    pub(super) fn extra_time(unclear: Unclear, text: &str) -> Self {
        Self::ExtraTime(unclear, text.trim().chars().take(60).collect())
    }

    /// As a finding.
    pub(super) fn tell(&self, place: Place<'_>, findings: &mut Findings) {
        let (severity, code, message) = self.message();
        findings.add(place, severity, code, message, self.fix());
    }

    fn message(&self) -> (Severity, &'static str, String) {
        match self {
            Self::NoCohort(assumed) => (
                Severity::Warning,
                "no_cohort",
                format!("The exam does not say how many candidates it has; {assumed} are assumed."),
            ),
            Self::FromAttendees(count, assumed) => (
                Severity::Warning,
                "cohort_from_attendees",
                format!(
                    "The event says no number of candidates, and invites {count}; {assumed} are planned."
                ),
            ),
            Self::Doubtful(count, assumed) => (
                Severity::Warning,
                "cohort_doubtful",
                format!(
                    "The number {count} in the event may not count its candidates; {assumed} are planned."
                ),
            ),
            Self::Several(greatest) => (
                Severity::Warning,
                "cohorts_disagree",
                format!(
                    "One text of the event names several numbers of candidates; the greatest, {greatest}, is planned."
                ),
            ),
            Self::Disagree(one, other) => (
                Severity::Warning,
                "cohorts_disagree",
                format!(
                    "The event says {one} and {other} candidates; the greater number is planned."
                ),
            ),
            Self::RosterDiffers { courses, listed, named } => (
                Severity::Warning,
                "roster_differs",
                format!(
                    "The list of candidates has {listed} for {courses}, the event says {named}; the greater number is \
                     planned."
                ),
            ),
            Self::Zero => (
                Severity::Warning,
                "zero_cohort",
                "The event says it has no candidates; that number was not used.".into(),
            ),
            Self::NoNumber(value) => (
                Severity::Warning,
                "bad_cohort",
                format!("\"{value}\" is not a number of candidates."),
            ),
            Self::ExtraTime(unclear, text) => Self::of_extra_time(*unclear, text),
            Self::Mentioned => (
                Severity::Warning,
                "extra_time_unclear",
                "The event speaks of extra time, but not how much; nobody is given more for it."
                    .into(),
            ),
        }
    }

    fn of_extra_time(unclear: Unclear, text: &str) -> (Severity, &'static str, String) {
        match unclear {
            Unclear::Unreadable => (
                Severity::Critical,
                "bad_extra_time",
                format!(
                    "The extra time \"{text}\" cannot be read; everybody is given the longest time."
                ),
            ),
            Unclear::ForWhom => (
                Severity::Warning,
                "extra_time_for_all",
                format!("\"{text}\" does not say who has extra time; everybody is given it."),
            ),
            Unclear::PeopleOrTimes => (
                Severity::Warning,
                "extra_time_unclear",
                format!("\"{text}\" may count people or multiply the time; both are planned."),
            ),
        }
    }

    const fn fix(&self) -> &'static str {
        match self {
            Self::NoCohort(_) => {
                "Add X-INVIGILATOR-CANDIDATES, or a line \"Candidates: 850\" in the description."
            }
            Self::FromAttendees(..) | Self::Doubtful(..) => {
                "Write the number as X-INVIGILATOR-CANDIDATES, or as \"Candidates: 12\" in the description."
            }
            Self::Disagree(..) | Self::Several(_) => "Leave only the right number in the event.",
            Self::RosterDiffers { .. } => "Correct the one that is wrong.",
            Self::Zero => "Correct the number, or cancel the event with STATUS:CANCELLED.",
            Self::NoNumber(_) => "Write a whole number such as 850.",
            Self::ExtraTime(..) => {
                "Write it as 12%=1.25,3%=1.5: which share has how many times the time."
            }
            Self::Mentioned => {
                "If some candidates have more time, write \"Extra time: 12% x1.25\": which share, how many times the time."
            }
        }
    }
}
