//! Lines to events: BEGIN and END on an explicit stack, so that no nesting can exhaust ours.

use super::components::{Calendar, Collected, File};
use super::event::{Event, OTHER_READING};
use super::findings::{Findings, Place};
use super::lines::Line;
use super::property;
use super::{Error, Limits};
use crate::domain::Severity;

/// The properties of an event that matter to us; all others are skipped unread.
const WANTED: [&str; 19] = [
    "UID",
    "SEQUENCE",
    "DTSTAMP",
    "LAST-MODIFIED",
    "SUMMARY",
    "DESCRIPTION",
    "STATUS",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RECURRENCE-ID",
    "RRULE",
    "RDATE",
    "EXDATE",
    "X-INVIGILATOR-CANDIDATES",
    "X-CANDIDATES",
    "X-INVIGILATOR-EXTRA-TIME",
    "X-EXTRA-TIME",
    OTHER_READING,
];

#[derive(Debug, PartialEq, Eq)]
enum Component {
    Calendar,
    Event,
    /// VTIMEZONE, VALARM and whatever else, by its upper-case name.
    Other(String),
}

impl Component {
    fn named(name: &str) -> Self {
        match name {
            "VCALENDAR" => Self::Calendar,
            "VEVENT" => Self::Event,
            _ => Self::Other(name.to_owned()),
        }
    }
}

/// Walks through the lines of a file, with what is open on a stack of its own.
pub(super) struct Splitter<'a> {
    limits: &'a Limits,
    findings: &'a mut Findings,
    file: File,
    open: Vec<Component>,
    /// How many components are open below the deepest one that is allowed.
    too_deep: usize,
    event: Collected,
    properties: usize,
    line: u32,
}

impl<'a> Splitter<'a> {
    /// Before the first line.
    pub(super) fn new(limits: &'a Limits, findings: &'a mut Findings) -> Self {
        Self {
            limits,
            findings,
            file: File { calendars: vec![Calendar::default()], events: Vec::new() },
            open: Vec::new(),
            too_deep: 0,
            event: Collected::default(),
            properties: 0,
            line: 0,
        }
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// [`Error::Unreadable`] when the file has more events than allowed.
    pub(super) fn line(&mut self, line: &Line<'_>) -> Result<(), Error> {
        self.line = line.number;
        let Some(text) = line.text.as_deref() else {
            self.too_long();
            return Ok(());
        };
        if text.trim().is_empty() {
            return Ok(());
        }
        let Some(name) = property::name(text) else {
            self.bad_line("The line is not of the form NAME:value and was skipped.");
            return Ok(());
        };
        if name.eq_ignore_ascii_case("BEGIN") {
            return self.begin(&component_name(name, text));
        }
        if name.eq_ignore_ascii_case("END") {
            self.end(&component_name(name, text));
        } else if self.too_deep == 0 {
            self.property(name, text);
        }
        Ok(())
    }

    fn begin(&mut self, name: &str) -> Result<(), Error> {
        let component = Component::named(name);
        // A calendar stands in nothing and an event only in a calendar: what else is open lost its END.
        match component {
            Component::Calendar => self.close_from(0),
            Component::Event => {
                let calendar = self.depth_of(&Component::Calendar);
                self.close_from(calendar.map_or(0, |depth| depth + 1));
            }
            Component::Other(_) => {}
        }
        if self.open.len() >= self.limits.depth {
            if self.too_deep == 0 {
                self.findings.add(
                    Place::line(self.line),
                    Severity::Warning,
                    "too_deep",
                    format!(
                        "Components are nested deeper than {}; the inner ones were skipped.",
                        self.limits.depth
                    ),
                    "Export the file again; exam timetables nest two or three levels.",
                );
            }
            self.too_deep += 1;
            return Ok(());
        }
        match component {
            Component::Calendar => {
                self.file.calendars.push(Calendar::default());
            }
            Component::Event => self.begin_event()?,
            Component::Other(_) => {}
        }
        self.open.push(component);
        Ok(())
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
        self.event = Collected { line: self.line, calendar, ..Collected::default() };
        self.properties = 0;
        Ok(())
    }

    fn end(&mut self, name: &str) {
        let component = Component::named(name);
        match (component, self.depth_of(&Component::named(name))) {
            (Component::Other(_), _) if self.too_deep > 0 => self.too_deep -= 1,
            (Component::Event, Some(depth)) => {
                self.open.truncate(depth);
                self.too_deep = 0;
                self.end_event();
            }
            (Component::Calendar | Component::Other(_), Some(depth)) => self.close_from(depth),
            (_, None) => self.bad_line("An END without its BEGIN was skipped."),
        }
    }

    fn depth_of(&self, component: &Component) -> Option<usize> {
        self.open.iter().rposition(|open| open == component)
    }

    /// Closes everything that is open at `depth` or deeper, at most one event among it.
    fn close_from(&mut self, depth: usize) {
        self.too_deep = 0;
        if self.open.split_off(depth).contains(&Component::Event) {
            self.findings.add(
                Place::line(self.event.line),
                Severity::Critical,
                "cut_off",
                "The event has no END:VEVENT; what there is of it was read.",
                "Export the file again and compare this exam with the registrar's list.",
            );
            self.end_event();
        }
    }

    fn end_event(&mut self) {
        let event = Event::of(std::mem::take(&mut self.event), self.findings);
        self.file.events.push(event);
    }

    fn property(&mut self, name: &str, text: &str) {
        match self.open.last() {
            Some(Component::Event) => self.event_property(name, text),
            Some(Component::Calendar) => self.calendar_property(name, text),
            Some(Component::Other(_)) | None => {}
        }
    }

    fn calendar_property(&mut self, name: &str, text: &str) {
        let wanted =
            ["METHOD", "X-WR-TIMEZONE"].iter().any(|known| name.eq_ignore_ascii_case(known));
        let property = wanted.then(|| property::parse(self.line, name, text)).flatten();
        let (Some(property), Some(calendar)) = (property, self.file.calendars.last_mut()) else {
            return;
        };
        if property.name == "METHOD" {
            calendar.cancels = property.value.trim().eq_ignore_ascii_case("CANCEL");
        } else {
            calendar.zone = Some(property.value);
        }
    }

    fn event_property(&mut self, name: &str, text: &str) {
        if name.eq_ignore_ascii_case("ATTENDEE") {
            self.event.attendees = self.event.attendees.saturating_add(1);
            return;
        }
        self.properties += 1;
        if self.properties > self.limits.properties {
            self.too_many_properties();
        } else if WANTED.iter().any(|wanted| name.eq_ignore_ascii_case(wanted)) {
            match property::parse(self.line, name, text) {
                Some(property) => self.event.properties.push(property),
                None => self.bad_line("The parameters of the line make no sense; it was skipped."),
            }
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
                "Check this exam's time and cohort by hand.",
            );
        }
    }

    fn too_long(&mut self) {
        self.findings.add(
            Place::line(self.line),
            Severity::Warning,
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
            "Look at the line in the file; if it belongs to an exam, correct it there.",
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
                "The file ends before END:VCALENDAR; exams may be missing.",
                "Export the file again; it was probably cut off on its way.",
            );
        }
        self.close_from(0);
        Ok(self.file)
    }
}

fn component_name(name: &str, text: &str) -> String {
    let value = &text[name.len()..];
    let value = property::colon(value).map_or("", |colon| &value[colon + 1..]);
    value.trim().to_ascii_uppercase()
}
