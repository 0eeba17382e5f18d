//! The term dates of a university: an iCalendar file of titles and stretches of time, mostly whole days.
//!
//! It goes through the stages of a timetable, up to the moments. What a title means for the academic calendar is not
//! known here.

use super::campus::Campus;
use super::components::{File, split};
use super::event::{End, Event, Stamp, UNTITLED};
use super::findings::Findings;
use super::occurrences::{Occurrences, repeats};
use super::times::{Length, Written};
use super::zone::{Covered, Ending, Moment};
use super::{Error, Settings};
use crate::domain::{Finding, Severity, Span};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// One stretch that a file of term dates names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermDate {
    /// Its SUMMARY in one line of cleaned text; never empty.
    pub title: String,
    /// When it is. Of several readings of its times the longest stretch that they make together.
    pub span: Span,
    /// The line of the file where its event begins, counted from 1.
    pub line: u32,
}

/// What a file of term dates says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermDates {
    /// Sorted by start, then title, then line.
    pub dates: Vec<TermDate>,
    /// The titles of events whose times could not be read: when they are, nobody knows.
    pub unread: Vec<String>,
    /// Whether the file ends before it should, so that anything may be missing.
    pub cut_off: bool,
    /// What a person should know about the file. None of it is critical: no exam moves with a term.
    pub findings: Vec<Finding>,
}

/// Reads a file of term dates.
///
/// A whole day is one of the campus zone, from its first moment to that of the next; DTEND is the day after the last
/// (RFC 5545 section 3.6.1), and a day without an end is that day alone. Times are read as those of exams. The horizon
/// leaves nothing out. A repeated event counts once, and one that cannot be used never loses the others.
///
/// # Errors
/// [`Error::Unreadable`] when nothing of the file can be trusted.
pub fn term_dates(bytes: &[u8], settings: &Settings) -> Result<TermDates, Error> {
    let mut findings = Findings::default();
    let File { calendars, events, tzids } = split(bytes, settings, &mut findings)?;
    let campus = Campus::new(settings, &calendars, &tzids);
    let occurrences = Occurrences::new(settings, campus, events.len(), &mut findings);
    let mut reader = Reader { occurrences, unread: Vec::new() };
    let dates = reader.dates(&events);
    let unread = std::mem::take(&mut reader.unread);
    reader.occurrences.campus.tell(reader.occurrences.findings);
    if dates.is_empty() {
        findings.of_file(
            Severity::Warning,
            "no_term_dates",
            "The file names no term date that can be used.",
            "Check that it is the right file, with events that are not cancelled; what else is told says what to mend.",
        );
    }
    let findings = findings.finish();
    let cut_off = findings.iter().any(|finding| finding.code == "cut_off");
    let findings = findings.into_iter().filter_map(of_term_dates).collect();
    Ok(TermDates { dates, unread, cut_off, findings })
}

/// What was found, as it concerns term dates; `None` for what concerns exams only.
fn of_term_dates(finding: Finding) -> Option<Finding> {
    let is_of_exams = match finding.code.as_ref() {
        // Term dates are told apart by title, and repeats are not read, whatever they add or take out.
        "no_uid" | "exrule" | "too_many_dates" => true,
        // Critical is a second start that differs; it is told as a repeat.
        "repeated_property" => finding.severity == Severity::Critical,
        _ => false,
    };
    let severity = finding.severity.min(Severity::Warning);
    (!is_of_exams).then_some(Finding { severity, ..finding })
}

/// Why an event has no span, as a clause.
type Fault = &'static str;

struct Reader<'a> {
    occurrences: Occurrences<'a>,
    /// Titles of events whose times could not be read.
    unread: Vec<String>,
}

impl Reader<'_> {
    /// The term dates that events name, in their order.
    fn dates(&mut self, events: &[Event]) -> Vec<TermDate> {
        // By UID the highest SEQUENCE of what can be used or calls off: which version counts (RFC 5546 section 2.1.5).
        let mut newest: BTreeMap<&str, u32> = BTreeMap::new();
        let mut usable = Vec::new();
        for event in events {
            let is_called_off = event.cancelled || self.occurrences.campus.cancels(event.calendar);
            let span = if is_called_off { None } else { self.span(event) };
            let is_named = event.title != UNTITLED;
            if is_named && !is_called_off && span.is_none() {
                self.unread.push(event.title.clone());
            }
            if (is_called_off || span.is_some()) && event.recurrence_id.is_none() {
                let sequence = newest.entry(&event.uid).or_default();
                *sequence = event.version.0.max(*sequence);
            }
            usable.extend(span.map(|span| (event, span)));
        }
        let mut dates = Vec::with_capacity(usable.len());
        for (event, span) in usable {
            let is_change = event.recurrence_id.is_some();
            let counts =
                newest.get(event.uid.as_str()).is_none_or(|&newest| newest <= event.version.0);
            if !is_change && !counts {
                self.tell_outdated(event);
                continue;
            }
            if is_change || repeats(event) {
                self.tell_repeats(event);
            }
            dates.push(TermDate { title: event.title.clone(), span, line: event.line });
        }
        dates.sort_by(|one, other| {
            let start = one.span.start().cmp(&other.span.start());
            start.then_with(|| (&one.title, one.line).cmp(&(&other.title, other.line)))
        });
        dates
    }

    /// The stretch that an event names; `None` with a finding when it names none.
    fn span(&mut self, event: &Event) -> Option<Span> {
        if event.title == UNTITLED {
            self.warn(
                event,
                "no_title",
                "The event has no title, so that nothing says what it is a term date of; it is left out.".into(),
                "Give it a SUMMARY such as \"Semester 1 teaching\".",
            );
            return None;
        }
        let Some(start) = &event.start else {
            self.warn(
                event,
                "no_start",
                format!("\"{}\" has no start that can be read; it is left out.", event.title),
                "Write its first day as DTSTART;VALUE=DATE:20270111.",
            );
            return None;
        };
        let covered = match start.written {
            Written::Date(day) => self.whole_days(event, day),
            Written::Local(_) | Written::Utc(_) => self.times(event),
        };
        match covered {
            Ok(covered) => Some(covered.longest()),
            Err(why) => {
                self.warn(
                    event,
                    "bad_end",
                    format!("\"{}\": {why}; it is left out.", event.title),
                    "Write the first day as DTSTART;VALUE=DATE and the day after the last as DTEND;VALUE=DATE.",
                );
                None
            }
        }
    }

    /// When an event is whose first day is that.
    fn whole_days(&mut self, event: &Event, first: NaiveDate) -> Result<Covered, Fault> {
        let campus = &mut self.occurrences.campus;
        let named = match &event.end {
            End::At(Stamp { written: Written::Date(day), .. }) => Some(campus.first_moment(*day)),
            End::At(Stamp { written: Written::Local(_) | Written::Utc(_), .. }) => {
                return Err("its start is a day and its end has a time");
            }
            End::After(length) => after(campus, first, *length),
            End::Unreadable => return Err("its end cannot be read"),
            End::Missing => first.succ_opt().map(|next| campus.first_moment(next)),
        };
        // Where DTEND and DURATION differ, the later end counts.
        let also = event.also_lasts.as_deref().and_then(|length| after(campus, first, *length));
        let start = campus.first_moment(first);
        let ends = named.into_iter().chain(also);
        let covered = ends.filter_map(|end| Covered::of(&start, &Ending::At(end)));
        covered.max_by_key(|covered| covered.span.end()).ok_or("its end is not after its start")
    }

    /// When an event is whose start has a time, read as an exam's.
    fn times(&mut self, event: &Event) -> Result<Covered, Fault> {
        if let End::At(Stamp { written: Written::Date(_), .. }) = event.end {
            return Err("its start has a time and its end is a day");
        }
        let timed = self.occurrences.timed(event).ok_or("its times cannot be read")?;
        timed.assumed.map_or(Ok(timed.covered), Err)
    }

    fn tell_outdated(&mut self, event: &Event) {
        self.occurrences.findings.add(
            event.place(),
            Severity::Info,
            "outdated_version",
            format!(
                "Another event has the UID of \"{}\" and a higher SEQUENCE; this older version is left out.",
                event.title
            ),
            "Nothing to do if they are one term date; else give each a UID of its own.",
        );
    }

    fn tell_repeats(&mut self, event: &Event) {
        let what = match event.recurrence_id {
            Some(_) => {
                "changes one date of a series, and series are not read: it is taken as a term date of its own"
            }
            None => "repeats, and repeats are not read: only the stretch from its DTSTART is taken",
        };
        self.warn(
            event,
            "repeats_not_read",
            format!("\"{}\" {what}.", event.title),
            "Write each term date as an event of its own, without RRULE, RDATE and RECURRENCE-ID.",
        );
    }

    fn warn(&mut self, event: &Event, code: &'static str, message: String, fix: &'static str) {
        self.occurrences.findings.add(event.place(), Severity::Warning, code, message, fix);
    }
}

/// The first moment after so many days from a day, and the rest by the stop-watch; `None` beyond the end of time.
fn after(campus: &mut Campus<'_>, first: NaiveDate, length: Length) -> Option<Moment> {
    let Length { days, exact } = length;
    campus.first_moment(first.checked_add_days(days)?).plus(exact)
}
