//! An event's lines as values; nothing is resolved yet.

use super::cohort::Cohort;
use super::components::Collected;
use super::exams::Verdict;
use super::findings::{Findings, Place};
use super::property::{Property, hides_something, one_line};
use super::remarks::Remarks;
use super::times::{Length, Written};
use super::tzids::Tzid;
use super::{Limits, Rules};
use crate::domain::{Severity, Span, hex};
use chrono::NaiveDateTime;
use sha2::{Digest as _, Sha256};

/// The longest title that is shown, in characters.
const TITLE: usize = 200;
/// What an event without a title is called.
pub(super) const UNTITLED: &str = "Untitled exam";
/// The longest UID that is kept, in bytes; RFC 7986 section 5.3 asks for no more. Every sitting carries it.
pub(super) const UID: usize = 255;
/// The longest title, in bytes, that a UID is made of as it is.
const NAMING_TITLE: usize = 200;
/// Another way to read the times of an event, `start/end` in UTC: what [`super::written`] says of doubtful times. It can
/// only add to what is covered.
pub(super) const OTHER_READING: &str = "X-INVIGILATOR-OTHER-READING";
/// Other readings of one event; three sets of zone rules and a change of clocks at both ends make no more.
const OTHER_READINGS: usize = 32;

/// A date or date-time with the zone it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// What is written.
    pub(super) written: Written,
    /// The TZID parameter.
    pub(super) tzid: Option<Tzid>,
    /// The line of the file, from 1.
    pub(super) line: u32,
}

/// How an event ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// DTEND.
    At(Stamp),
    /// DURATION.
    After(Length),
    /// It names one that cannot be read.
    Unreadable,
    /// Neither.
    Missing,
}

/// A date that RDATE adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Added {
    /// When it starts.
    pub(super) start: Stamp,
    /// How it ends, for a PERIOD; missing where it ends as the series does.
    pub(super) end: End,
}

/// One VEVENT.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Event {
    /// The line of its BEGIN.
    pub(super) line: u32,
    /// Which calendar it stands in.
    pub(super) calendar: usize,
    /// Its UID, or one derived from title and start.
    pub(super) uid: String,
    /// Whether that was derived.
    pub(super) nameless: bool,
    /// SUMMARY in one line of cleaned text.
    pub(super) title: String,
    /// STATUS:CANCELLED.
    pub(super) cancelled: bool,
    /// SEQUENCE, then the latest of DTSTAMP and LAST-MODIFIED: which version of an event counts.
    pub(super) version: (u32, Option<NaiveDateTime>),
    /// DTSTART.
    pub(super) start: Option<Stamp>,
    /// DTEND or DURATION.
    pub(super) end: End,
    /// DURATION, whatever else it has: the later end counts. Hardly an event has one, so it takes little room.
    pub(super) also_lasts: Option<Box<Length>>,
    /// RECURRENCE-ID: which instance of a series this replaces.
    pub(super) recurrence_id: Option<Stamp>,
    /// RANGE=THISANDFUTURE on it.
    pub(super) this_and_future: bool,
    /// RRULEs.
    pub(super) rules: Vec<String>,
    /// RDATEs.
    pub(super) more: Vec<Added>,
    /// EXDATEs.
    pub(super) except: Vec<Stamp>,
    /// What it says of its candidates.
    pub(super) cohort: Cohort,
    /// Whether it is an exam.
    pub(super) verdict: Verdict,
    /// Other readings of its times that it names itself.
    pub(super) other_readings: Vec<Span>,
}

impl Event {
    /// Reads the lines of one event. What cannot be read costs a finding and, at most, the event.
    pub(super) fn of(
        collected: &Collected<'_>,
        limits: &Limits,
        rules: &Rules,
        remarks: &mut Remarks,
        findings: &mut Findings,
    ) -> Self {
        let Collected { line, calendar, properties, attendees } = collected;
        let mut event = Self {
            line: *line,
            calendar: *calendar,
            uid: uid(properties),
            nameless: false,
            title: title(properties),
            cancelled: first(properties, "STATUS").is_some_and(is_cancelled),
            version: version(properties),
            start: None,
            end: End::Missing,
            also_lasts: None,
            recurrence_id: None,
            this_and_future: false,
            rules: Vec::new(),
            more: Vec::new(),
            except: Vec::new(),
            cohort: Cohort::of(properties, *attendees, rules, remarks),
            verdict: rules.exams.verdict(properties),
            other_readings: Vec::new(),
        };
        for property in properties {
            event.time(property, findings);
        }
        if event.also_lasts.is_some() && matches!(event.end, End::At(_)) {
            findings.add(
                event.place(),
                Severity::Warning,
                "two_ends",
                format!("\"{}\" has DTEND and DURATION; the later end counts.", event.title),
                "Leave only the right one in the event.",
            );
        }
        event.bound_dates(limits.dates, findings);
        event.take_zone_of_start(findings);
        if first(properties, "RECURRENCE-ID").is_some() && event.recurrence_id.is_none() {
            // It must not be taken for the series: its own start is the best guess at what it replaces.
            event.recurrence_id.clone_from(&event.start);
        }
        if event.uid.is_empty() {
            event.derive_uid(findings);
        }
        if first(properties, "SUMMARY").is_some_and(|summary| hides_something(&summary.value)) {
            findings.add(
                event.place(),
                Severity::Warning,
                "hidden_characters",
                "The title has characters that cannot be seen or that turn its direction; they were left out.",
                "Write the title again by hand.",
            );
        }
        event
    }

    /// No series has more single dates than `most`.
    fn bound_dates(&mut self, most: usize, findings: &mut Findings) {
        if self.more.len().max(self.except.len()) <= most {
            return;
        }
        self.more.truncate(most);
        self.except.truncate(most);
        findings.add(
            self.place(),
            Severity::Critical,
            "too_many_dates",
            format!(
                "\"{}\" lists more than {most} single dates; the later ones were skipped.",
                self.title
            ),
            "Write the exams as events of their own.",
        );
    }

    /// Where findings about it point.
    pub(super) fn place(&self) -> Place<'_> {
        Place::event(self.line, &self.uid)
    }

    /// Whether it names a start and an end with times, right or wrong.
    pub(super) fn has_times(&self) -> bool {
        let is_time = |stamp: &Stamp| !matches!(stamp.written, Written::Date(_));
        let ends = match &self.end {
            End::At(stamp) => is_time(stamp),
            End::After(_) => true,
            End::Unreadable | End::Missing => false,
        };
        ends && self.start.as_ref().is_some_and(is_time)
    }

    fn time(&mut self, property: &Property<'_>, findings: &mut Findings) {
        let place = Place { line: property.line, uid: Some(&self.uid) };
        let mut own = || stamp(property, &property.value, place, findings);
        match property.name {
            "DTSTART" if self.start.is_none() => self.start = own(),
            "DTEND" if !matches!(self.end, End::At(_)) => {
                match own() {
                    Some(stamp) => self.end = End::At(stamp),
                    None => self.unreadable_end(),
                }
            }
            "DTSTART" | "DTEND" => {
                // Another start may be another day of the same exam.
                let second = own().filter(|second| {
                    let known = self.start.as_ref().map(|start| (start.written, start.tzid));
                    property.name == "DTSTART" && known != Some((second.written, second.tzid))
                });
                self.repeated(property, second, findings);
            }
            "DURATION" => match Length::parse(&property.value) {
                Some(length) => {
                    self.also_lasts = Some(Box::new(length));
                    if matches!(self.end, End::Unreadable | End::Missing) {
                        self.end = End::After(length);
                    }
                }
                None => {
                    bad_length(property, place, findings);
                    self.unreadable_end();
                }
            },
            "RECURRENCE-ID" => {
                self.recurrence_id = own();
                self.this_and_future = property.this_and_future;
            }
            "RRULE" => self.rules.push(property.value.clone().into_owned()),
            "RDATE" => {
                let added =
                    values(property).filter_map(|value| added(property, value, place, findings));
                self.more.extend(added);
            }
            "EXDATE" => {
                let starts = values(property).map(|value| value.split('/').next().unwrap_or(value));
                let read = starts.filter_map(|start| stamp(property, start, place, findings));
                self.except.extend(read);
            }
            // RFC 5545 took it away (appendix A.1).
            "EXRULE" => findings.add(
                place,
                Severity::Warning,
                "exrule",
                format!("\"{}\" leaves dates out by a rule, which is not read: they are planned as well.", self.title),
                "Write the dates that it leaves out as EXDATE.",
            ),
            OTHER_READING => match period(&property.value) {
                Some(span) if self.other_readings.len() < OTHER_READINGS => {
                    self.other_readings.push(span);
                }
                Some(_) | None => bad_time(property, place, findings),
            },
            _ => {}
        }
    }

    /// Notes an end that cannot be read, unless it names another that can.
    fn unreadable_end(&mut self) {
        if self.end == End::Missing {
            self.end = End::Unreadable;
        }
    }

    /// Tells of a second DTSTART or DTEND; a start that differs is planned as well.
    fn repeated(
        &mut self,
        property: &Property<'_>,
        second: Option<Stamp>,
        findings: &mut Findings,
    ) {
        let (severity, what) = match second {
            Some(_) => (Severity::Critical, "both times are planned"),
            None => (Severity::Warning, "the first counts"),
        };
        findings.add(
            Place { line: property.line, uid: Some(&self.uid) },
            severity,
            "repeated_property",
            format!("The event has more than one {}; {what}.", property.name),
            "Leave only the right one in the event.",
        );
        self.more.extend(second.map(|start| Added { start, end: End::Missing }));
    }

    /// Times without a zone beside a start that has one mean that zone: RFC 5545 wants the same for DTEND, EXDATE and
    /// RECURRENCE-ID (sections 3.8.2.2, 3.8.5.1, 3.8.4.4), and some producers forget to repeat it.
    fn take_zone_of_start(&mut self, findings: &mut Findings) {
        let Some(Stamp { written: Written::Local(_), tzid: Some(zone), .. }) = self.start else {
            return;
        };
        let more = self.more.iter_mut().map(|added| &mut added.start);
        let end = match &mut self.end {
            End::At(stamp) => Some(stamp),
            End::After(_) | End::Unreadable | End::Missing => None,
        };
        let stamps = self.except.iter_mut().chain(&mut self.recurrence_id).chain(end).chain(more);
        let mut changed = 0;
        for stamp in stamps {
            if stamp.tzid.is_none() && matches!(stamp.written, Written::Local(_)) {
                stamp.tzid = Some(zone);
                changed += 1;
            }
        }
        if 0 < changed {
            findings.add(
                self.place(),
                Severity::Info,
                "zone_of_start",
                format!(
                    "\"{}\" has {changed} time(s) without a time zone; they are read in the zone of its start.",
                    self.title
                ),
                "Nothing to do if that is meant.",
            );
        }
    }

    /// An event without a UID is the same again when it has the same title and start.
    fn derive_uid(&mut self, findings: &mut Findings) {
        let start = self.start.as_ref().map(|start| match start.written {
            Written::Date(day) => day.to_string(),
            Written::Local(at) | Written::Utc(at) => at.format("%Y%m%dT%H%M%S").to_string(),
        });
        // A title that would make an overlong UID is stood for by its digest.
        let title = if self.title.len() <= NAMING_TITLE {
            self.title.clone()
        } else {
            hex(&Sha256::digest(&self.title))
        };
        self.uid = format!("{title}@{}", start.unwrap_or_default());
        self.nameless = true;
        findings.add(
            Place::event(self.line, &self.uid),
            Severity::Info,
            "no_uid",
            "The event has no UID, or an overlong one; its title and start stand for it.",
            "If the exam moves, it will look like one removed and one added.",
        );
    }
}

fn first<'p, 'a>(properties: &'p [Property<'a>], name: &str) -> Option<&'p Property<'a>> {
    properties.iter().find(|property| property.name == name)
}

fn uid(properties: &[Property<'_>]) -> String {
    let uid = first(properties, "UID").filter(|uid| uid.value.len() <= UID);
    uid.map_or_else(String::new, |uid| one_line(&uid.value))
}

fn title(properties: &[Property<'_>]) -> String {
    shown_title(first(properties, "SUMMARY").map_or("", |summary| summary.value.as_ref()))
}

/// A SUMMARY as one line of cleaned text, never empty.
pub(super) fn shown_title(summary: &str) -> String {
    let mut cleaned = one_line(summary);
    if let Some((end, _)) = cleaned.char_indices().nth(TITLE) {
        cleaned.truncate(cleaned[..end].trim_end().len());
    }
    if cleaned.is_empty() { UNTITLED.into() } else { cleaned }
}

/// `start/end`, both in UTC.
fn period(value: &str) -> Option<Span> {
    let (start, end) = value.trim().split_once('/')?;
    match (Written::parse(start)?, Written::parse(end)?) {
        (Written::Utc(start), Written::Utc(end)) => Span::new(start.and_utc(), end.and_utc()),
        (Written::Utc(_) | Written::Local(_) | Written::Date(_), _) => None,
    }
}

fn is_cancelled(status: &Property<'_>) -> bool {
    let value = status.value.trim();
    value.eq_ignore_ascii_case("CANCELLED") || value.eq_ignore_ascii_case("CANCELED")
}

fn version(properties: &[Property<'_>]) -> (u32, Option<NaiveDateTime>) {
    let sequence =
        first(properties, "SEQUENCE").and_then(|sequence| sequence.value.trim().parse().ok());
    let stamped = properties.iter().filter(|p| p.name == "DTSTAMP" || p.name == "LAST-MODIFIED");
    let latest = stamped
        .filter_map(|property| match Written::parse(&property.value)? {
            Written::Date(day) => Some(day.and_time(chrono::NaiveTime::MIN)),
            Written::Local(at) | Written::Utc(at) => Some(at),
        })
        .max();
    (sequence.unwrap_or_default(), latest)
}

/// The values of a list.
fn values<'p>(property: &'p Property<'_>) -> impl Iterator<Item = &'p str> {
    property.value.split(',').filter(|value| !value.trim().is_empty())
}

/// The time of one value; `None` with a finding when it is none.
fn stamp(
    property: &Property<'_>,
    value: &str,
    place: Place<'_>,
    findings: &mut Findings,
) -> Option<Stamp> {
    let written = Written::parse(value);
    if written.is_none() {
        bad_time(property, place, findings);
    }
    written.map(|written| Stamp { written, tzid: property.tzid, line: property.line })
}

/// A date, or a period with an end of its own.
fn added(
    property: &Property<'_>,
    value: &str,
    place: Place<'_>,
    findings: &mut Findings,
) -> Option<Added> {
    let (start, end) = match value.split_once('/') {
        Some((start, end)) => (start, Some(end)),
        None => (value, None),
    };
    let start = stamp(property, start, place, findings)?;
    let end = match end {
        None => End::Missing,
        Some(length) if length.trim_start().starts_with(['P', 'p', '+']) => {
            Length::parse(length).map_or(End::Missing, End::After)
        }
        Some(end) => stamp(property, end, place, findings).map_or(End::Missing, End::At),
    };
    Some(Added { start, end })
}

fn bad_length(property: &Property<'_>, place: Place<'_>, findings: &mut Findings) {
    let value: String = one_line(&property.value).chars().take(40).collect();
    findings.add(
        place,
        Severity::Critical,
        "bad_time",
        format!("{} is no length of time that can be read: \"{value}\".", property.name),
        "Write lengths in whole hours and minutes, as PT1H30M.",
    );
}

fn bad_time(property: &Property<'_>, place: Place<'_>, findings: &mut Findings) {
    let value: String = one_line(&property.value).chars().take(40).collect();
    findings.add(
        place,
        Severity::Critical,
        "bad_time",
        format!("{} has a time that cannot be read: \"{value}\".", property.name),
        "Write times as 20261130T090000 with a TZID, or with Z for UTC.",
    );
}
