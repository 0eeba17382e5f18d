//! When an event takes place: its start and end, its repetitions and exceptions, in reach of the horizon.

use super::Settings;
use super::campus::Campus;
use super::event::{End, Event, Stamp};
use super::findings::Findings;
use super::rule::{self, Bounds, Budget};
use super::screen::Start;
use super::times::{Length, Moment, Written};
use crate::domain::{Severity, Span};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// A series without an end is read this far after its start or the start of the horizon, whichever is later.
const YEARS: u64 = 10;
/// An instance that starts this long before the horizon may reach into it.
const REACH: Days = Days::new(7);
/// Longer sittings are told.
const LONG: TimeDelta = TimeDelta::hours(24);

/// Works out when the events of one file take place.
pub(super) struct Occurrences<'a> {
    settings: &'a Settings,
    /// Reads written times.
    pub(super) campus: Campus<'a>,
    /// What was found on the way.
    pub(super) findings: &'a mut Findings,
    /// Events without a usable time, each with a finding.
    pub(super) rejected: u32,
    budget: Budget,
}

/// When an event takes place, before any repetition.
pub(super) struct Timed {
    local: NaiveDateTime,
    zone: Tz,
    /// The zone in which the days of its instances are counted.
    day_zone: Tz,
    pub(super) start: Moment,
    pub(super) end: Moment,
    /// The length that later instances have.
    length: Length,
}

/// One occurrence of a series, before overrides.
pub(super) struct Instance {
    pub(super) original: DateTime<Utc>,
    pub(super) day: NaiveDate,
    pub(super) span: Span,
}

/// Which instance an override replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Day(NaiveDate),
    At(DateTime<Utc>),
}

impl Target {
    /// Whether it is that one.
    pub(super) fn is(self, instance: &Instance) -> bool {
        match self {
            Self::Day(day) => instance.day == day,
            Self::At(at) => instance.original == at,
        }
    }
}

impl<'a> Occurrences<'a> {
    /// For one file.
    pub(super) fn new(
        settings: &'a Settings,
        campus: Campus<'a>,
        findings: &'a mut Findings,
    ) -> Self {
        Self { settings, campus, findings, rejected: 0, budget: Budget::default() }
    }

    /// Start and end of one event; `None` with a finding when it has no such thing.
    pub(super) fn timed(&mut self, event: &Event) -> Option<Timed> {
        let Some(start) = &event.start else {
            self.reject(event, "no_start", "The event has no start time that can be read.");
            return None;
        };
        let (local, zone, day_zone) = match start.written {
            Written::Local(local) => {
                let zone = self.campus.zone_of(start, event.calendar, self.findings);
                (local, zone, zone)
            }
            Written::Utc(at) => (at, Tz::UTC, self.campus.zone()),
            Written::Date(day) => {
                if self.is_near(day) {
                    self.reject(
                        event,
                        "all_day",
                        "The event has a day but no time; times are never guessed.",
                    );
                }
                return None;
            }
        };
        let start = Moment::local(local, zone);
        let Some((end, length)) = self.end(event, start, zone) else {
            if self.is_near(local.date()) {
                self.reject(
                    event,
                    "no_end",
                    "The event has no end, or one that is not after its start.",
                );
            }
            return None;
        };
        Some(Timed { local, zone, day_zone, start, end, length })
    }

    fn end(&mut self, event: &Event, start: Moment, zone: Tz) -> Option<(Moment, Length)> {
        let (end, length) = match &event.end {
            End::Missing => return None,
            End::After(length) => (start.plus(*length, zone)?, *length),
            End::At(stamp) => {
                let end = self.campus.moment(stamp, event.calendar, self.findings)?;
                (end, Length::exact((end.by_rfc - start.by_rfc).max(TimeDelta::zero())))
            }
        };
        Span::new(start.earliest, end.latest).map(|_| (end, length))
    }

    /// Whether a day may lie in the horizon, whatever its zone.
    pub(super) fn is_near(&self, day: NaiveDate) -> bool {
        let horizon = self.settings.horizon;
        let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
        let slack = TimeDelta::days(2);
        midnight.checked_add_signed(slack).is_none_or(|late| late > horizon.start())
            && midnight.checked_sub_signed(slack).is_none_or(|early| early < horizon.end())
    }

    fn reject(&mut self, event: &Event, code: &'static str, what: &str) {
        self.rejected += 1;
        self.findings.add(
            event.place(),
            Severity::Critical,
            code,
            format!("\"{}\": {what} It is not planned.", event.title),
            "Give the exam a start and an end with times, or cancel it with STATUS:CANCELLED.",
        );
    }

    /// All occurrences of an event in reach of the horizon.
    pub(super) fn instances(&mut self, event: &Event) -> Vec<Instance> {
        let Some(timed) = self.timed(event) else { return Vec::new() };
        let excepted: BTreeSet<Target> =
            event.except.iter().map(|stamp| self.target(stamp, event.calendar)).collect();
        let mut doubtful = timed.end.is_doubtful();
        let mut instances = Vec::new();
        for local in self.starts(event, &timed) {
            let start = Moment::local(local, timed.zone);
            let end = if local == timed.local {
                Some(timed.end)
            } else {
                start.plus(timed.length, timed.zone)
            };
            let Some(span) = end.and_then(|end| Span::new(start.earliest, end.latest)) else {
                continue;
            };
            let day = start.by_rfc.with_timezone(&timed.day_zone).date_naive();
            let instance = Instance { original: start.by_rfc, day, span };
            if !excepted.contains(&Target::At(instance.original))
                && !excepted.contains(&Target::Day(day))
            {
                doubtful |= start.is_doubtful();
                instances.push(instance);
            }
        }
        self.tell_times(event, doubtful, &timed);
        instances
    }

    pub(super) fn target(&mut self, stamp: &Stamp, calendar: usize) -> Target {
        match (stamp.written, self.campus.moment(stamp, calendar, self.findings)) {
            (Written::Date(day), _) => Target::Day(day),
            (Written::Local(_) | Written::Utc(_), Some(moment)) => Target::At(moment.by_rfc),
            (Written::Local(at) | Written::Utc(at), None) => Target::At(at.and_utc()),
        }
    }

    pub(super) fn tell_times(&mut self, event: &Event, doubtful: bool, timed: &Timed) {
        if !self.is_near(timed.local.date()) && event.rules.is_empty() {
            return;
        }
        if doubtful {
            self.findings.add(
                event.place(),
                Severity::Warning,
                "clock_change",
                "The exam starts or ends while the clocks change; both readings of its times are covered.",
                "Move the exam away from the hour of the clock change, or write its times in UTC.",
            );
        }
        if timed.end.latest - timed.start.earliest > LONG {
            self.findings.add(
                event.place(),
                Severity::Warning,
                "long_sitting",
                "The exam is longer than 24 hours.",
                "Check its end; web servers are kept for the whole time.",
            );
        }
    }

    /// Wall-clock starts: DTSTART, which always belongs to the set, its rules and its RDATEs.
    fn starts(&mut self, event: &Event, timed: &Timed) -> BTreeSet<NaiveDateTime> {
        let instances = self.settings.limits.instances;
        let bounds = self.bounds(timed.local, instances);
        let mut starts = BTreeSet::from([timed.local]);
        let mut too_many = false;
        for text in &event.rules {
            let start = Start { local: timed.local, zone: timed.zone, day_zone: timed.day_zone };
            let longest = self.settings.limits.rule_bytes;
            match rule::expand(text, longest, start, bounds, &mut self.budget) {
                Ok(expansion) => {
                    too_many |= expansion.too_many;
                    starts.extend(expansion.starts);
                }
                Err(why) => self.bad_rule(event, &why),
            }
        }
        for stamp in &event.more {
            starts.insert(match stamp.written {
                Written::Date(day) => day.and_time(timed.local.time()),
                Written::Local(_) | Written::Utc(_) => {
                    let moment = self.campus.moment(stamp, event.calendar, self.findings);
                    let at = moment.map_or(timed.start.by_rfc, |moment| moment.by_rfc);
                    at.with_timezone(&timed.zone).naive_local()
                }
            });
        }
        if repeats(event) {
            starts.retain(|start| bounds.from <= *start && *start <= bounds.until);
        }
        if too_many || starts.len() > instances {
            self.too_many_instances(event);
            return starts.into_iter().take(instances).collect();
        }
        starts
    }

    /// The horizon on any wall clock, and no more than some years of a series.
    fn bounds(&self, start: NaiveDateTime, instances: usize) -> Bounds {
        let horizon = self.settings.horizon;
        let from = horizon.start().naive_utc();
        let from = from.checked_sub_days(REACH).unwrap_or(from);
        let last = start.max(from).checked_add_days(Days::new(366 * YEARS));
        let end = horizon.end().naive_utc();
        let end = end.checked_add_days(Days::new(1)).unwrap_or(end);
        Bounds { from, until: last.map_or(end, |last| last.min(end)), instances }
    }

    fn bad_rule(&mut self, event: &Event, why: &str) {
        let why: String = super::property::one_line(why).chars().take(200).collect();
        self.findings.add(
            event.place(),
            Severity::Critical,
            "bad_rule",
            format!("\"{}\": the rule it repeats by was not used: {why}. Only its first date is planned.", event.title),
            "Write the other dates as RDATE or as exams of their own.",
        );
    }

    fn too_many_instances(&mut self, event: &Event) {
        self.findings.add(
            event.place(),
            Severity::Critical,
            "too_many_instances",
            format!(
                "\"{}\" repeats more than {} times; the later dates are not planned.",
                event.title, self.settings.limits.instances
            ),
            "Give the series an end, or write it as several.",
        );
    }
}

/// Whether an event is a series: its instances then are told apart by their original starts.
pub(super) fn repeats(event: &Event) -> bool {
    !event.rules.is_empty() || !event.more.is_empty()
}
