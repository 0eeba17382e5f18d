//! A file taken apart into calendars and events.

use super::event::Event;
use super::findings::{Findings, Place};
use super::lines::Lines;
use super::property::Property;
use super::splitter::Splitter;
use super::tzids::{Tzid, Tzids};
use super::zone::Definition;
use super::{Error, Limits, Settings};
use crate::domain::Severity;

/// What a VCALENDAR says of all its events.
#[derive(Debug, Default)]
pub(super) struct Calendar {
    /// X-WR-TIMEZONE: what a time without a zone means.
    pub(super) zone: Option<Tzid>,
    /// Its VTIMEZONEs.
    pub(super) definitions: Vec<Definition>,
    /// METHOD:CANCEL: every event in it is called off.
    pub(super) cancels: bool,
}

impl Calendar {
    /// Its own definition of a zone.
    pub(super) fn definition(&self, name: &str) -> Option<&Definition> {
        self.definitions.iter().find(|definition| definition.name == name)
    }
}

/// An event's lines, collected until its END.
#[derive(Debug, Default)]
pub(super) struct Collected<'a> {
    /// The line of its BEGIN.
    pub(super) line: u32,
    /// Which calendar it stands in.
    pub(super) calendar: usize,
    /// The properties that matter, in the order of the file.
    pub(super) properties: Vec<Property<'a>>,
    /// How many ATTENDEE lines it has; they are counted, never kept.
    pub(super) attendees: u32,
}

impl Collected<'_> {
    /// Begins a new event.
    pub(super) fn begin(&mut self, line: u32, calendar: usize) {
        self.properties.clear();
        (self.line, self.calendar, self.attendees) = (line, calendar, 0);
    }
}

/// A file taken apart.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The calendars, in the order of the file; the first stands for events outside any.
    pub(super) calendars: Vec<Calendar>,
    /// The events, in the order of the file.
    pub(super) events: Vec<Event>,
    /// The zones that are named anywhere in it.
    pub(super) tzids: Tzids,
}

/// Takes a file apart.
///
/// # Errors
/// [`Error::Unreadable`] when it is no calendar, or asks for more than the limits allow.
pub(super) fn split(
    bytes: &[u8],
    settings: &Settings,
    findings: &mut Findings,
) -> Result<File, Error> {
    let Settings { encoding, limits, rules, .. } = settings;
    check_whole(bytes, limits)?;
    let mut lines = Lines::new(bytes, limits.line_bytes, *encoding);
    let mut splitter = Splitter::new(bytes.len(), limits, rules, findings);
    for line in lines.by_ref() {
        splitter.line(line)?;
    }
    let file = splitter.finish()?;
    if let Some(line) = lines.first_control() {
        findings.add(
            Place::line(line),
            Severity::Warning,
            "control_characters",
            "The file has NUL or other control characters; they were left out.",
            "Export the file again; it may be damaged.",
        );
    }
    if let Some(line) = lines.first_foreign() {
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
    if bytes.trim_ascii().is_empty() {
        return Err(unreadable("the file is empty".into(), "export the timetable again"));
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(unreadable("the file is UTF-16".into(), "export it as UTF-8"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timetable::tests::settings;

    fn within(limits: Limits) -> Settings {
        Settings { limits, ..settings() }
    }

    fn parts(text: &str) -> (Result<File, Error>, Vec<String>) {
        let mut findings = Findings::default();
        let file =
            split(text.as_bytes(), &within(Limits { depth: 4, ..Limits::UPLOAD }), &mut findings);
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
    fn an_empty_file_is_called_empty() {
        for text in ["", " \r\n\r\n"] {
            let (file, _) = parts(text);
            assert!(file.unwrap_err().to_string().contains("the file is empty"), "{text:?}");
        }
    }

    #[test]
    fn too_many_events_are_refused_as_a_whole() {
        let text =
            format!("BEGIN:VCALENDAR\n{}END:VCALENDAR", "BEGIN:VEVENT\nEND:VEVENT\n".repeat(4));
        let limits = within(Limits { events: 3, ..Limits::UPLOAD });
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
        let limits = within(Limits { properties: 2, ..Limits::UPLOAD });
        let file = split(text.as_bytes(), &limits, &mut findings).unwrap();
        assert_eq!(file.events[0].cohort.attendees, 50);
        let codes: Vec<_> = findings.finish().into_iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["too_many_properties"]);
    }
}
