//! What a person should know about the exams of a file as a whole.

use super::Reader;
use crate::domain::{Severity, Sitting, grouped};
use crate::timetable::components::Calendar;
use crate::timetable::event::Event;
use crate::timetable::findings::{Findings, Place};
use chrono::{DateTime, Datelike as _, TimeDelta, Utc};

/// So many exams that wear one UID are named.
const TITLES: usize = 5;
/// Timetables are of a year or two.
const FAR: TimeDelta = TimeDelta::days(3 * 366);

/// Tells that a calendar calls all of its events off.
pub(super) fn tell_cancelled(calendars: &[Calendar], events: u32, findings: &mut Findings) {
    let cancelling = calendars.iter().filter(|calendar| calendar.cancels).count();
    if 0 < cancelling {
        let which =
            if cancelling + 1 < calendars.len() { "A calendar of the file" } else { "The file" };
        findings.of_file(
            Severity::Warning,
            "calendar_cancelled",
            format!(
                "{which} calls all of its exams off (METHOD:CANCEL); none of them is planned. Events of the file: {}.",
                grouped(events.into())
            ),
            "If the exams take place, export the timetable as one that is published.",
        );
    }
}

/// Tells of exams that are years away from every other: 2226 may be 2026. An export of ten years has none.
pub(super) fn tell_far(sittings: &[Sitting], findings: &mut Findings) {
    let mut sorted: Vec<_> = sittings.iter().collect();
    sorted.sort_by_key(|sitting| sitting.span.start());
    for (index, sitting) in sorted.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| sorted[before]);
        let near = |other: &Sitting| (other.span.start() - sitting.span.start()).abs() <= FAR;
        let is_alone = !before.into_iter().chain(sorted.get(index + 1).copied()).any(near);
        let Sitting { key, title, span, source_line, .. } = sitting;
        if is_alone && 1 < sorted.len() && key.recurrence_id.is_none() {
            findings.add(
                Place::event(source_line.unwrap_or_default(), &key.uid),
                Severity::Warning,
                "far_from_others",
                format!(
                    "\"{title}\" is in {}, years away from any other exam.",
                    span.start().year()
                ),
                "Check its year.",
            );
        }
    }
}

/// How titles say that something does not take place, in lower case; Outlook puts it in front.
const CALLED_OFF: [&str; 9] = [
    "canceled",
    "cancelled",
    "abgesagt",
    "entfällt",
    "annulé",
    "cancelado",
    "annullato",
    "inställd",
    "geannuleerd",
];

impl Reader<'_> {
    /// Tells of a title that says what no property says.
    pub(super) fn tell_title(&mut self, event: &Event) {
        let begins = |word: &&str| {
            event.title.get(..word.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(word))
        };
        if CALLED_OFF.iter().any(begins) {
            self.occurrences.findings.add(
                event.place(),
                Severity::Warning,
                "perhaps_cancelled",
                format!(
                    "\"{}\" says that it is cancelled, in its title only; it is planned.",
                    event.title
                ),
                "If it does not take place, cancel it with STATUS:CANCELLED or take it out.",
            );
        }
    }

    /// Tells of exams that are not looked at.
    pub(super) fn tell_outside(&mut self) {
        if 0 < self.outside {
            let count = grouped(self.outside.into());
            self.occurrences.findings.of_file(
                Severity::Info,
                "outside_horizon",
                format!("Exams outside of the time that is looked at: {count}."),
                "If an exam is missing, check its year.",
            );
        }
    }

    /// An override that replaces nothing is an exam of its own. Where the series should have had the instance, the
    /// same exam may now stand twice.
    pub(super) fn unmatched(
        &mut self,
        series: Option<&Event>,
        event: &Event,
        original: DateTime<Utc>,
    ) {
        let expected = series.is_some_and(|series| !self.is_called_off(series))
            && self.occurrences.is_near(original.date_naive());
        if expected {
            self.occurrences.findings.add(
                event.place(),
                Severity::Warning,
                "override_unmatched",
                format!(
                    "\"{}\" replaces a date that its series does not have; it is planned as well.",
                    event.title
                ),
                "Check that the exam does not stand in the timetable twice.",
            );
        }
    }

    /// Tells of different exams that wear one UID.
    pub(super) fn tell_shared_uid(&mut self, exams: Vec<&Event>) {
        let Some(first) = exams.first() else { return };
        let named = exams.iter().take(TITLES);
        let titles: Vec<_> =
            named.map(|event| format!("\"{}\" on line {}", event.title, event.line)).collect();
        let more = match exams.len().saturating_sub(TITLES) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        self.occurrences.findings.add(
            first.place(),
            Severity::Critical,
            "shared_uid",
            format!("Different exams have one UID: {}{more}. Each is planned.", titles.join(", ")),
            "Give each exam a UID of its own; for a newer version of the same exam, a higher SEQUENCE.",
        );
    }
}
