//! Written times to moments, on this campus: which zone a time without one, or with an unknown one, means.

use super::components::Calendar;
use super::event::Stamp;
use super::findings::{Findings, Place};
use super::times::{Moment, Written};
use super::zones::Zones;
use crate::domain::Severity;
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// Reads the times of one file.
#[derive(Debug)]
pub(super) struct Campus<'a> {
    zone: Tz,
    calendars: &'a [Calendar],
    zones: Zones,
    unknown: BTreeSet<String>,
    floating: usize,
}

impl<'a> Campus<'a> {
    /// A campus in `zone`, reading a file with these calendars.
    pub(super) fn new(zone: Tz, calendars: &'a [Calendar]) -> Self {
        Self { zone, calendars, zones: Zones::default(), unknown: BTreeSet::new(), floating: 0 }
    }

    /// The campus zone.
    pub(super) const fn zone(&self) -> Tz {
        self.zone
    }

    /// Whether everything in that calendar is called off.
    pub(super) fn cancels(&self, calendar: usize) -> bool {
        self.calendars.get(calendar).is_some_and(|calendar| calendar.cancels)
    }

    /// The zone a time is written in.
    pub(super) fn zone_of(
        &mut self,
        stamp: &Stamp,
        calendar: usize,
        findings: &mut Findings,
    ) -> Tz {
        if matches!(stamp.written, Written::Utc(_)) {
            return Tz::UTC;
        }
        let place = Place::line(stamp.line);
        if let Some(name) = stamp.tzid.as_deref().filter(|name| !name.trim().is_empty()) {
            return self.named(name, place, findings);
        }
        self.floating += 1;
        match self.calendars.get(calendar).and_then(|calendar| calendar.zone.as_deref()) {
            Some(name) => self.named(name, place, findings),
            None => self.zone,
        }
    }

    fn named(&mut self, name: &str, place: Place<'_>, findings: &mut Findings) -> Tz {
        self.zones.named(name).unwrap_or_else(|| {
            if self.unknown.insert(name.to_owned()) {
                let shown: String = name.chars().take(60).collect();
                findings.add(
                    place,
                    Severity::Warning,
                    "unknown_zone",
                    format!("The time zone \"{shown}\" is not known; {} was taken.", self.zone),
                    "Check these exams' times, or export with a zone such as Europe/London.",
                );
            }
            self.zone
        })
    }

    /// The moment of a time; `None` for a mere date.
    pub(super) fn moment(
        &mut self,
        stamp: &Stamp,
        calendar: usize,
        findings: &mut Findings,
    ) -> Option<Moment> {
        match stamp.written {
            Written::Date(_) => None,
            Written::Utc(at) => Some(Moment::certain(at.and_utc())),
            Written::Local(at) => Some(Moment::local(at, self.zone_of(stamp, calendar, findings))),
        }
    }

    /// Tells what concerns the whole file.
    pub(super) fn tell(&self, findings: &mut Findings) {
        if self.floating > 0 {
            findings.of_file(
                Severity::Info,
                "floating_time",
                format!(
                    "{} times name no time zone; they are read as campus time, {}.",
                    self.floating, self.zone
                ),
                "Nothing to do if the timetable is written in campus time.",
            );
        }
    }
}
