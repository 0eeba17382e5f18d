//! Six systems that write timetables, and a home-made one: how each writes times, names zones and dresses events up.

use super::calendar::Local;
use super::dice::Dice;
use super::zone::{UTC, ZONES, Zone};

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    /// UTC; labels joined by commas; stamped with the time of the download.
    TimeEdit,
    /// IANA names without VTIMEZONE, and X-WR-TIMEZONE.
    Scientia,
    /// Windows names, VTIMEZONE from 1601, alarms.
    Exchange,
    /// Zones that only the file knows.
    Custom,
    /// IANA names with a slash before them.
    Google,
    /// UTC, and events without length.
    Moodle,
    /// DTSTAMP in local time, no VTIMEZONE, UNTIL in local time.
    HomeMade,
    /// No zones at all but X-WR-TIMEZONE.
    Celcat,
}

/// All of them.
pub(crate) const SYSTEMS: [System; 8] = [
    System::TimeEdit,
    System::Scientia,
    System::Exchange,
    System::Custom,
    System::Google,
    System::Moodle,
    System::HomeMade,
    System::Celcat,
];

/// A system at a university.
#[derive(Debug, Clone)]
pub(crate) struct Producer {
    /// Which.
    pub(crate) system: System,
    /// Where the university is.
    pub(crate) campus: Zone,
    /// What its times are written in: UTC or the campus zone.
    pub(crate) zone: Zone,
    /// TZID as written, quotes too.
    tzid: Option<String>,
    /// The lines of a VTIMEZONE, if there is one.
    pub(crate) definition: Vec<String>,
}

impl Producer {
    /// Some system somewhere.
    pub(crate) fn any(dice: &mut Dice) -> Self {
        let (system, campus) = (dice.pick(&SYSTEMS), dice.pick(ZONES));
        let quoted = |name: &str, dice: &mut Dice| {
            if dice.one_in(3) { format!("\"{name}\"") } else { name.to_owned() }
        };
        let (zone, tzid, definition) = match system {
            System::TimeEdit | System::Moodle => (UTC, None, vec![]),
            System::Celcat => (campus, None, vec![]),
            System::Scientia | System::HomeMade => (campus, Some(campus.name.to_owned()), vec![]),
            System::Google => (campus, Some(format!("/{}", campus.name)), vec![]),
            System::Exchange => {
                let definition = campus.definition(campus.windows, 1601);
                (campus, Some(quoted(campus.windows, dice)), definition)
            }
            System::Custom => {
                let name = dice.pick(&["Customized Time Zone", "Campus time", "(UTC) Our Hall"]);
                let from = dice.pick(&[1601, 1970, 2007]);
                (campus, Some(quoted(name, dice)), campus.definition(name, from))
            }
        };
        Self { system, campus, zone, tzid, definition }
    }

    /// A property with a time on the wall clock of its zone.
    pub(crate) fn stamp(&self, name: &str, local: Local) -> String {
        self.stamps(name, &[local])
    }

    /// A property with several times.
    pub(crate) fn stamps(&self, name: &str, locals: &[Local]) -> String {
        let utc = if self.zone == UTC { "Z" } else { "" };
        let texts: Vec<String> =
            locals.iter().map(|local| super::calendar::compact(*local) + utc).collect();
        match &self.tzid {
            Some(tzid) => format!("{name};TZID={tzid}:{}", texts.join(",")),
            None => format!("{name}:{}", texts.join(",")),
        }
    }

    /// The same moment in UTC, as some write it into RECURRENCE-ID or RDATE.
    pub(crate) fn utc_stamp(&self, name: &str, local: Local) -> String {
        format!("{name}:{}Z", super::calendar::compact(self.zone.read(local).by_rfc()))
    }

    /// What stands before the events.
    pub(crate) fn head(&self) -> Vec<String> {
        let campus = self.campus.name;
        let lines: &[&str] = match self.system {
            System::TimeEdit => &[
                "METHOD:PUBLISH",
                "X-WR-CALNAME:TimeEdit-Examinations-20261001",
                "X-PUBLISHED-TTL:PT20M",
                "CALSCALE:GREGORIAN",
                "PRODID:-//TimeEdit\\\\\\, //TimeEdit//EN",
            ],
            System::Scientia => &["PRODID:-//Scientia Ltd//iCalendar Server v 1.0//EN"],
            System::Exchange | System::Custom => &[
                "METHOD:PUBLISH",
                "PRODID:Microsoft Exchange Server 2010",
                "X-MS-OLK-FORCEINSPECTOROPEN:TRUE",
            ],
            System::Google => {
                &["PRODID:-//Timetable Builder//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
            }
            System::Moodle => &[
                "METHOD:PUBLISH",
                "PRODID:-//Moodle Pty Ltd//NONSGML Moodle Version 2026041900//EN",
            ],
            System::HomeMade => &["PRODID:-//University//Course Planner//EN"],
            System::Celcat => &["PRODID:celcat-bridge", "X-WR-CALNAME:Examens"],
        };
        let mut head: Vec<String> = vec!["VERSION:2.0".into()];
        head.extend(lines.iter().map(|line| (*line).to_owned()));
        if matches!(self.system, System::Scientia | System::Celcat) {
            head.push(format!("X-WR-TIMEZONE:{campus}"));
        }
        head.extend(self.definition.iter().cloned());
        head
    }

    /// A UID in its manner.
    pub(crate) fn uid(&self, number: usize) -> String {
        match self.system {
            System::TimeEdit => format!("{}-{number}-0@timeedit.com", 331_200 + number),
            System::Exchange | System::Custom => {
                format!("040000008200E00074C5B7101A82E008{number:08}")
            }
            System::Moodle => format!("{number}@moodle.example.edu"),
            System::Scientia | System::Google | System::HomeMade | System::Celcat => {
                format!("exam-{number}@example.edu")
            }
        }
    }

    /// What else it says of an event.
    pub(crate) fn dress(&self, number: usize, dice: &mut Dice) -> Vec<String> {
        let code = format!("EXAM{:04}", 1_000 + number * 7 % 9_000);
        let lines: Vec<String> = match self.system {
            System::TimeEdit => vec![
                "LAST-MODIFIED:20261001T060000Z".into(),
                format!("SUMMARY:Kurs kod: {code}\\, Kurs namn: Prüfung\\, Tentamen"),
                "LOCATION:Lokalnamn: Sal Å\\, Antal datorer: 24".into(),
            ],
            System::Exchange | System::Custom => vec![
                format!("SUMMARY;LANGUAGE=en-GB:{code} Examination"),
                "CLASS:PUBLIC".into(),
                "TRANSP:OPAQUE".into(),
                "X-MICROSOFT-CDO-BUSYSTATUS:BUSY".into(),
                "BEGIN:VALARM".into(),
                "DESCRIPTION:REMINDER".into(),
                "TRIGGER;RELATED=START:-PT15M".into(),
                "ACTION:DISPLAY".into(),
                "END:VALARM".into(),
            ],
            System::Celcat => vec![
                format!("SUMMARY:{code} Épreuve écrite — salle “Ampère”"),
                "LOCATION:Amphithéâtre 3".into(),
            ],
            System::Moodle => vec![
                format!("SUMMARY:{code} quiz opens"),
                "CLASS:PUBLIC".into(),
                format!("CATEGORIES:{code}"),
                "LAST-MODIFIED:20261001T060000Z".into(),
            ],
            System::Scientia | System::Google | System::HomeMade => vec![
                format!("SUMMARY:{code} Exam 試験 {}", dice.below(100)),
                "LOCATION:Great Hall\\; Gallery".into(),
            ],
        };
        lines
    }

    /// DTSTAMP in its manner.
    pub(crate) fn dtstamp(&self, version: usize) -> String {
        if self.system == System::HomeMade {
            format!("DTSTAMP;TZID={}:2026100{}T090000", self.zone.name, 1 + version)
        } else {
            format!("DTSTAMP:2026100{}T060000Z", 1 + version)
        }
    }
}
