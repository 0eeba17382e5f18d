//! Events that are no exams: listed with the reason, so that nothing is missed in silence.

use super::Settings;
use super::campus::Campus;
use super::components::Calendar;
use super::event::Event;
use super::findings::Findings;
use super::times::Written;
use super::tzids::Tzids;
use crate::domain::{LeftOut, Severity, grouped};
use chrono::{NaiveTime, TimeDelta};

/// How many are listed; the rest are counted. A registrar reads no more, and a draft keeps them.
const LISTED: usize = 2_000;

/// Collects what is left out of one file.
#[derive(Debug)]
pub(super) struct LeftOuts<'a> {
    settings: &'a Settings,
    campus: Campus<'a>,
    listed: Vec<LeftOut>,
    count: u32,
}

impl<'a> LeftOuts<'a> {
    /// Of a file with these calendars and zone names.
    pub(super) fn of(settings: &'a Settings, calendars: &'a [Calendar], tzids: &'a Tzids) -> Self {
        let campus = Campus::new(settings, calendars, tzids);
        Self { settings, campus, listed: Vec::new(), count: 0 }
    }

    /// One event, unless it is over before the horizon or begins after it.
    pub(super) fn add(&mut self, event: &Event) {
        if self.is_far(event) {
            return;
        }
        self.count = self.count.saturating_add(1);
        if self.listed.len() == LISTED {
            return;
        }
        let start = event.start.as_ref();
        // What is doubtful about its zone matters to nobody.
        let mut unheard = Findings::default();
        let starts_at =
            start.and_then(|start| self.campus.moment(start, event.calendar, &mut unheard));
        self.listed.push(LeftOut {
            uid: event.uid.clone(),
            title: event.title.clone(),
            line: event.line,
            starts_at: starts_at.map(|moment| moment.by_rfc()),
            reason: self.settings.rules.exams.reason(event.verdict),
        });
    }

    /// Whether a single event lies outside of the horizon, by its written day.
    fn is_far(&self, event: &Event) -> bool {
        let Some(start) = &event.start else { return false };
        if !event.rules.is_empty() || !event.more.is_empty() {
            return false;
        }
        let at = match start.written {
            Written::Date(day) => day.and_time(NaiveTime::MIN),
            Written::Local(at) | Written::Utc(at) => at,
        };
        let (at, slack) = (at.and_utc(), TimeDelta::days(2));
        let horizon = self.settings.horizon;
        at.checked_add_signed(slack).is_some_and(|late| late < horizon.start())
            || at.checked_sub_signed(slack).is_some_and(|early| horizon.end() < early)
    }

    /// All of them by start, and how many there are with those that are not listed. `exams` is how many are left.
    pub(super) fn finish(mut self, exams: usize, findings: &mut Findings) -> (Vec<LeftOut>, u32) {
        let count = grouped(self.count.into());
        if self.count > 0 && exams == 0 {
            findings.of_file(
                Severity::Critical,
                "all_left_out",
                format!("All {count} events were left out as no exams; no exam remains."),
                "Correct the patterns that say which events are exams, or check that it is the right file.",
            );
        } else if self.count > 0 {
            findings.of_file(
                Severity::Info,
                "left_out",
                format!(
                    "{count} events were left out as no exams; they are listed with the reason."
                ),
                "Look through the list; if an exam is among them, correct the patterns.",
            );
        }
        self.listed.sort_by_key(|event| (event.starts_at, event.line));
        (self.listed, self.count)
    }
}
