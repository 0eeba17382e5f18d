//! Lines to events: BEGIN and END on an explicit stack, so that no nesting can exhaust ours.

use super::components::{Calendar, Collected, File};
use super::event::{Event, OTHER_READING};
use super::findings::{Findings, Place};
use super::lines::{Line, Text};
use super::property::{self, Fault, Property};
use super::remarks::Remarks;
use super::zone::{Definition, Observance};
use super::{Error, Limits, Rules};
use crate::domain::Severity;
use std::borrow::Cow;

/// The properties of an event that matter to us; all others are skipped unread.
pub(super) const WANTED: [&str; 22] = [
    "UID",
    "SEQUENCE",
    "DTSTAMP",
    "LAST-MODIFIED",
    "SUMMARY",
    "DESCRIPTION",
    "CATEGORIES",
    "STATUS",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RECURRENCE-ID",
    "RRULE",
    "RDATE",
    "EXDATE",
    "EXRULE",
    "X-INVIGILATOR-CANDIDATES",
    "X-CANDIDATES",
    "X-INVIGILATOR-EXTRA-TIME",
    "X-EXTRA-TIME",
    "X-COURSE",
    OTHER_READING,
];

/// Most events take more than so many bytes of a file; room for as many is set aside, and not touched before it is used.
const EVENT: usize = 512;

#[derive(Debug, PartialEq, Eq)]
enum Component {
    Calendar,
    Event,
    /// VTIMEZONE.
    Zone,
    /// STANDARD or DAYLIGHT.
    Observance,
    /// VALARM and whatever else, by its upper-case name.
    Other(String),
}

impl Component {
    fn named(name: &str) -> Self {
        let known = [
            ("VCALENDAR", Self::Calendar),
            ("VEVENT", Self::Event),
            ("VTIMEZONE", Self::Zone),
            ("STANDARD", Self::Observance),
            ("DAYLIGHT", Self::Observance),
        ];
        let known = known.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        known.map_or_else(|| Self::Other(name.to_ascii_uppercase()), |(_, component)| component)
    }
}

/// Those of them that say which exam it is and when.
const TIMES: [&str; 8] =
    ["UID", "DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE"];

/// What a calendar says of itself.
const OF_CALENDAR: [&str; 2] = ["METHOD", "X-WR-TIMEZONE"];

/// `name` as `wanted` spells it, if it is one of them.
fn one_of(wanted: &[&'static str], name: &str) -> Option<&'static str> {
    wanted.iter().find(|wanted| name.eq_ignore_ascii_case(wanted)).copied()
}

/// Walks through the lines of a file, with what is open on a stack of its own.
pub(super) struct Splitter<'a> {
    limits: &'a Limits,
    rules: &'a Rules,
    findings: &'a mut Findings,
    file: File,
    open: Vec<Component>,
    /// How many components are open below the deepest one that is allowed.
    too_deep: usize,
    event: Collected<'a>,
    definition: Definition,
    remarks: Remarks,
    zones: usize,
    properties: usize,
    line: u32,
}

impl<'a> Splitter<'a> {
    /// Before the first line of a file of so many bytes.
    pub(super) fn new(
        bytes: usize,
        limits: &'a Limits,
        rules: &'a Rules,
        findings: &'a mut Findings,
    ) -> Self {
        let events = Vec::with_capacity((bytes / EVENT).min(limits.events));
        Self {
            limits,
            rules,
            findings,
            file: File { calendars: vec![Calendar::default()], events, ..File::default() },
            open: Vec::new(),
            too_deep: 0,
            event: Collected::default(),
            definition: Definition::default(),
            remarks: Remarks::default(),
            zones: 0,
            properties: 0,
            line: 0,
        }
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the file has more events than allowed.
    pub(super) fn line(&mut self, line: Line<'a>) -> Result<(), Error> {
        self.line = line.number;
        let text = match line.text {
            Text::Whole(text) => text,
            Text::TooLong(begin) => {
                self.too_long(&begin);
                return Ok(());
            }
        };
        let Some(name) = property::name(&text) else {
            if !text.trim().is_empty() {
                self.bad_line("The line is not of the form NAME:value and was skipped.");
            }
            return Ok(());
        };
        if name.eq_ignore_ascii_case("BEGIN") {
            return self.begin(Component::named(component_name(name, &text)));
        }
        if name.eq_ignore_ascii_case("END") {
            self.end(&Component::named(component_name(name, &text)));
        } else if self.too_deep == 0 {
            self.property(name.len(), text);
        }
        Ok(())
    }

    fn begin(&mut self, component: Component) -> Result<(), Error> {
        // A calendar stands in nothing, an event and a zone only in a calendar: what else is open lost its END.
        match component {
            Component::Calendar => self.close_from(0),
            Component::Event | Component::Zone => {
                let calendar = self.depth_of(&Component::Calendar);
                self.close_from(calendar.map_or(0, |depth| depth + 1));
            }
            Component::Observance | Component::Other(_) => {}
        }
        if self.open.len() >= self.limits.depth {
            self.begin_too_deep();
            return Ok(());
        }
        match component {
            Component::Calendar => {
                self.file.calendars.push(Calendar::default());
            }
            Component::Event => self.begin_event()?,
            Component::Zone => {
                self.definition = Definition::begun(self.line);
            }
            Component::Observance => self.begin_observance(),
            Component::Other(_) => {}
        }
        self.open.push(component);
        Ok(())
    }

    fn begin_too_deep(&mut self) {
        if self.too_deep == 0 {
            self.findings.add(
                Place::line(self.line),
                Severity::Warning,
                "too_deep",
                format!(
                    "Components are nested deeper than {}; the inner ones were skipped.",
                    self.limits.depth
                ),
                "Export the file again; timetables nest two or three levels.",
            );
        }
        self.too_deep += 1;
    }

    fn begin_observance(&mut self) {
        if self.definition.observances.len() < self.limits.observances {
            self.definition.observances.push(Observance::default());
        } else {
            self.definition.refuse("it changes its rules too often");
        }
    }

    fn begin_event(&mut self) -> Result<(), Error> {
        if self.file.events.len() >= self.limits.events {
            return Err(Error::Unreadable {
                line: self.line,
                what: format!("the file has more than {} events", self.limits.events),
                fix: "export fewer weeks, or split the file into several sources".into(),
            });
        }
        let inside = self.depth_of(&Component::Calendar).is_some();
        let calendar = if inside { self.file.calendars.len() - 1 } else { 0 };
        self.event.begin(self.line, calendar);
        self.properties = 0;
        Ok(())
    }

    fn end(&mut self, component: &Component) {
        match (component, self.depth_of(component)) {
            (Component::Other(_) | Component::Observance, _) if self.too_deep > 0 => {
                self.too_deep -= 1;
            }
            (Component::Event, Some(depth)) => {
                self.open.truncate(depth);
                self.too_deep = 0;
                self.end_event();
            }
            (_, Some(depth)) => self.close_from(depth),
            (_, None) => self.bad_line("An END without its BEGIN was skipped."),
        }
    }

    fn depth_of(&self, component: &Component) -> Option<usize> {
        self.open.iter().rposition(|open| open == component)
    }

    /// Closes everything that is open at `depth` or deeper, at most one event or zone among it.
    fn close_from(&mut self, depth: usize) {
        self.too_deep = 0;
        if self.open[depth..].contains(&Component::Zone) {
            self.end_zone();
        }
        if self.open[depth..].contains(&Component::Event) {
            self.findings.add(
                Place::line(self.event.line),
                Severity::Critical,
                "cut_off",
                "The event has no END:VEVENT; what there is of it was read.",
                "Export the file again and compare this event with the registrar's list.",
            );
            self.end_event();
        }
        self.open.truncate(depth);
    }

    fn end_event(&mut self) {
        let event =
            Event::of(&self.event, self.limits, self.rules, &mut self.remarks, self.findings);
        self.file.events.push(event);
    }

    fn end_zone(&mut self) {
        self.zones += 1;
        if self.limits.zones < self.zones {
            if self.zones == self.limits.zones + 1 {
                self.findings.add(
                    Place::line(self.definition.line),
                    Severity::Warning,
                    "too_many_zones",
                    format!(
                        "The file defines more than {} time zones; the later ones were skipped.",
                        self.limits.zones
                    ),
                    "Check the times of events in these zones, or export with zones such as Europe/London.",
                );
            }
            return;
        }
        let calendar = self.file.calendars.last_mut();
        calendar.into_iter().for_each(|calendar| {
            calendar.definitions.push(std::mem::take(&mut self.definition));
        });
    }

    fn property(&mut self, name: usize, text: Cow<'a, str>) {
        let written = &text[..name];
        let name = match self.open.last() {
            Some(Component::Event) => match self.of_event(written, &text) {
                Some(name) => name,
                None => return,
            },
            Some(Component::Calendar) => match one_of(&OF_CALENDAR, written) {
                Some(name) => name,
                None => return,
            },
            Some(Component::Zone) if written.eq_ignore_ascii_case("TZID") => "TZID",
            Some(Component::Observance) => match one_of(&Observance::PROPERTIES, written) {
                Some(name) => name,
                None => return,
            },
            Some(Component::Zone | Component::Other(_)) | None => return,
        };
        let tzids = &mut self.file.tzids;
        match property::parse(self.line, name, text, self.limits.parameters, tzids) {
            Ok(property) => self.take(property),
            Err(Fault::Parameters) => {
                self.bad_line("The parameters of the line make no sense; it was skipped.");
            }
            Err(Fault::TooManyParameters) => {
                self.bad_line("The line has too many parameters; it was skipped.");
            }
        }
    }

    /// The wanted name of an event's property. Attendees are counted, never kept.
    fn of_event(&mut self, name: &str, text: &str) -> Option<&'a str> {
        if name.eq_ignore_ascii_case("ATTENDEE") {
            let parameters = property::colon(text).map_or(text, |colon| &text[..colon]);
            let sits = !["CUTYPE=ROOM", "CUTYPE=RESOURCE"].iter().any(|what| {
                parameters.split(';').any(|parameter| parameter.eq_ignore_ascii_case(what))
            });
            self.event.attendees = self.event.attendees.saturating_add(u32::from(sits));
            return None;
        }
        self.properties += 1;
        if self.properties > self.limits.properties {
            self.too_many_properties();
            return None;
        }
        self.wanted(name, text)
    }

    /// Most events have a LOCATION, and few of these have a number in it.
    fn wanted(&self, name: &str, text: &str) -> Option<&'a str> {
        if name.eq_ignore_ascii_case("LOCATION") {
            let matters =
                self.rules.exams.know_locations() || text.bytes().any(|byte| byte.is_ascii_digit());
            return matters.then_some("LOCATION");
        }
        one_of(&WANTED, name).or_else(|| self.rules.named_property(name))
    }

    fn take(&mut self, property: Property<'a>) {
        match self.open.last() {
            Some(Component::Event) => self.event.properties.push(property),
            Some(Component::Calendar) => self.calendar_property(&property),
            Some(Component::Zone) => self.definition.name = property.value.into_owned(),
            Some(Component::Observance) => {
                let observance = self.definition.observances.last_mut();
                observance.into_iter().for_each(|observance| observance.take(&property));
            }
            Some(Component::Other(_)) | None => {}
        }
    }

    fn calendar_property(&mut self, property: &Property<'_>) {
        let zone = self.file.tzids.of(&property.value);
        let Some(calendar) = self.file.calendars.last_mut() else { return };
        if property.name == "METHOD" {
            calendar.cancels = property.value.trim().eq_ignore_ascii_case("CANCEL");
        } else {
            calendar.zone = Some(zone);
        }
    }

    fn too_many_properties(&mut self) {
        if self.properties == self.limits.properties + 1 {
            self.findings.add(
                Place::line(self.line),
                Severity::Critical,
                "too_many_properties",
                format!(
                    "The event has more than {} properties; the later ones were skipped.",
                    self.limits.properties
                ),
                "Check all of this event by hand.",
            );
        }
    }

    /// `begin` is the begin of the line. Without its time or its dates an exam is not what the registrar wrote.
    fn too_long(&mut self, begin: &str) {
        let name = property::name(begin).unwrap_or_default();
        let matters =
            matches!(self.open.last(), Some(Component::Event)) && one_of(&TIMES, name).is_some();
        let severity = if matters { Severity::Critical } else { Severity::Warning };
        self.findings.add(
            Place::line(self.line),
            severity,
            "line_too_long",
            format!("The line has more than {} bytes and was skipped.", self.limits.line_bytes),
            "Remove attachments and long texts from the export.",
        );
    }

    fn bad_line(&mut self, what: &str) {
        self.findings.add(
            Place::line(self.line),
            Severity::Warning,
            "bad_line",
            what,
            "Look at the line in the file; if it belongs to an event, correct it there.",
        );
    }

    /// The end of the file closes what is open.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when there was no calendar.
    pub(super) fn finish(mut self) -> Result<File, Error> {
        if self.file.calendars.len() == 1 {
            return Err(Error::Unreadable {
                line: 1,
                what: "this is not a calendar: it has no BEGIN:VCALENDAR".into(),
                fix: "export the timetable as iCalendar (.ics)".into(),
            });
        }
        if self.open.contains(&Component::Calendar) {
            self.findings.add(
                Place::line(self.line),
                Severity::Critical,
                "cut_off",
                "The file ends before END:VCALENDAR; events may be missing.",
                "Export the file again; it was probably cut off on its way.",
            );
        }
        self.close_from(0);
        Ok(self.file)
    }
}

fn component_name<'t>(name: &str, text: &'t str) -> &'t str {
    let value = &text[name.len()..];
    property::colon(value).map_or("", |colon| value[colon + 1..].trim())
}
