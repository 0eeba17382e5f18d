//! Lines to events: BEGIN and END on an explicit stack, so that no nesting can exhaust ours.

use super::event::Event;
use super::findings::{Findings, Place};
use super::lines::{Line, Lines};
use super::property::{self, Property};
use super::{Error, Limits};
use crate::domain::Severity;

/// The properties of an event that matter to us; all others are skipped unread.
const WANTED: [&str; 18] = [
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
];

/// What a VCALENDAR says of all its events.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    /// X-WR-TIMEZONE: what a time without a zone means.
    pub(super) zone: Option<String>,
    /// METHOD:CANCEL: every event in it is called off.
    pub(super) cancels: bool,
}

/// An event's lines, collected until its END.
#[derive(Debug, Default)]
pub(super) struct Collected {
    /// The line of its BEGIN.
    pub(super) line: u32,
    /// Which calendar it stands in.
    pub(super) calendar: usize,
    /// The properties that matter, in the order of the file.
    pub(super) properties: Vec<Property>,
    /// How many ATTENDEE lines it has; they are counted, never kept.
    pub(super) attendees: u32,
}

/// A file taken apart.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The calendars, in the order of the file; the first stands for events outside any.
    pub(super) calendars: Vec<Calendar>,
    /// The events, in the order of the file.
    pub(super) events: Vec<Event>,
}

/// Takes a file apart.
pub(super) fn split(bytes: &[u8], limits: &Limits, findings: &mut Findings) -> Result<File, Error> {
    check_whole(bytes, limits)?;
    let mut lines = Lines::new(bytes, limits.line_bytes);
    let mut splitter = Splitter::new(limits, findings);
    for line in lines.by_ref() {
        splitter.line(&line)?;
    }
    let foreign = lines.first_foreign();
    let file = splitter.finish()?;
    if let Some(line) = foreign {
        findings.add(
            Place::line(line),
            Severity::Info,
            "not_utf8",
            "The file is not UTF-8; it was read as Windows-1252.",
            "Check that names with accents look right, or export the file as UTF-8.",
        );
    }
    Ok(file)
}

fn check_whole(bytes: &[u8], limits: &Limits) -> Result<(), Error> {
    let unreadable = |what: String, fix: &str| Error::Unreadable { line: 1, what, fix: fix.into() };
    if bytes.len() > limits.file_bytes {
        return Err(unreadable(
            format!(
                "the file has {} bytes, more than the {} allowed",
                bytes.len(),
                limits.file_bytes
            ),
            "export fewer weeks, or split the file into several sources",
        ));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(unreadable("the file is UTF-16".into(), "export it as UTF-8"));
    }
    Ok(())
}

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

struct Splitter<'a> {
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
    fn new(limits: &'a Limits, findings: &'a mut Findings) -> Self {
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

    fn line(&mut self, line: &Line<'_>) -> Result<(), Error> {
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
    fn finish(mut self) -> Result<File, Error> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (Result<File, Error>, Vec<String>) {
        let mut findings = Findings::default();
        let file = split(text.as_bytes(), &Limits { depth: 4, ..Limits::UPLOAD }, &mut findings);
        (file, findings.finish().iter().map(|finding| finding.code.to_string()).collect())
    }

    fn events(text: &str) -> (usize, Vec<String>) {
        let (file, codes) = parts(text);
        (file.unwrap().events.len(), codes)
    }

    #[test]
    fn begin_and_end_are_read_in_any_case() {
        let (count, codes) =
            events("begin:vcalendar\nBegin:VEvent\nUID:1\nend:vevent\nEND:VCALENDAR\n");
        assert_eq!((count, codes), (1, vec![]));
    }

    #[test]
    fn a_lost_end_closes_at_the_next_begin_and_at_the_end_of_the_file() {
        let (count, codes) =
            events("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nBEGIN:VALARM\nBEGIN:VEVENT\nUID:2");
        assert_eq!(count, 2);
        assert_eq!(codes, ["cut_off", "cut_off", "cut_off"]);
    }

    #[test]
    fn nesting_below_the_limit_is_skipped_and_the_next_event_is_read() {
        let deep = "BEGIN:X\n".repeat(10_000);
        let text = format!("BEGIN:VCALENDAR\n{deep}BEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR");
        assert_eq!(events(&text), (1, vec!["too_deep".to_owned()]));
        let ends = "END:X\n".repeat(10_000);
        let text =
            format!("BEGIN:VCALENDAR\n{deep}{ends}BEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR");
        assert_eq!(events(&text), (1, vec!["too_deep".to_owned()]));
    }

    #[test]
    fn properties_of_an_alarm_are_not_those_of_its_event() {
        let (file, _) = parts(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Law\nBEGIN:VALARM\nSUMMARY:Bell\nEND:VALARM\nEND:VEVENT\nEND:VCALENDAR",
        );
        assert_eq!(file.unwrap().events[0].title, "Law");
    }

    #[test]
    fn a_file_without_a_calendar_is_unreadable() {
        for text in ["", "hello", "<html>\n</html>", "BEGIN:VCARD\nBEGIN:VEVENT"] {
            let (file, _) = parts(text);
            assert!(matches!(file, Err(Error::Unreadable { line: 1, .. })), "{text}");
        }
    }

    #[test]
    fn too_many_events_are_refused_as_a_whole() {
        let text =
            format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", "BEGIN:VEVENT\nEND:VEVENT\n".repeat(4));
        let limits = Limits { events: 3, ..Limits::UPLOAD };
        let refused = split(text.as_bytes(), &limits, &mut Findings::default());
        assert!(matches!(refused, Err(Error::Unreadable { line: 8, .. })));
    }

    #[test]
    fn attendees_are_counted_beyond_the_limit_of_properties() {
        let attendees = "ATTENDEE:mailto:a@example.org\n".repeat(50);
        let text = format!(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{attendees}X-A:1\nX-A:1\nSUMMARY:Late\nEND:VEVENT\nEND:VCALENDAR"
        );
        let mut findings = Findings::default();
        let limits = Limits { properties: 2, ..Limits::UPLOAD };
        let file = split(text.as_bytes(), &limits, &mut findings).unwrap();
        assert_eq!(file.events[0].cohort.attendees, 50);
        let codes: Vec<_> = findings.finish().into_iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["too_many_properties"]);
    }
}
