//! When an event takes place: its start and end, its repetitions and exceptions, in reach of the horizon.

mod findings;

use super::Settings;
use super::campus::{Campus, ZoneId};
use super::event::{Added, End, Event, Stamp};
use super::findings::Findings;
use super::rule::{self, Bounds, Budget};
use super::screen::Screened;
use super::times::{Length, Written};
use super::zone::{Covered, Ending, Moment};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// A series without an end is read this far after its start or the start of the horizon, whichever is later.
const YEARS: u64 = 10;
/// An instance that starts this long before the horizon may reach into it.
const REACH: Days = Days::new(7);
/// Longer sittings are told.
const LONG: TimeDelta = TimeDelta::hours(24);
/// A rule that counts further is read as one without an end.
const COUNT: u64 = 5_000;
/// What an exam without an end that makes sense is given. Its candidates press *Start attempt* whatever its end is; hardly
/// an exam is longer.
const ASSUMED: TimeDelta = TimeDelta::hours(3);

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
    zone: ZoneId,
    start: Moment,
    end: Ending,
    /// Its own start and end.
    pub(super) covered: Covered,
    /// The length that later instances have.
    length: Length,
    /// Why its end is an assumed one, as a clause.
    pub(super) assumed: Option<&'static str>,
}

/// One occurrence of a series, before overrides.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    /// Its start as the series has it.
    pub(super) original: DateTime<Utc>,
    day: NaiveDate,
    /// Its start on the wall clock of the series.
    local: NaiveDateTime,
    zone: ZoneId,
    /// When it takes place.
    pub(super) covered: Covered,
    /// Why its end is an assumed one, as a clause.
    assumed: Option<&'static str>,
}

/// Which instance an override replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Target {
    Day(NaiveDate),
    At(DateTime<Utc>),
}

impl Target {
    /// The day, in UTC where it is a moment.
    pub(super) fn day(self) -> NaiveDate {
        match self {
            Self::Day(day) => day,
            Self::At(at) => at.date_naive(),
        }
    }

    /// Whether it is that one.
    pub(super) fn is(self, instance: &Instance) -> bool {
        match self {
            Self::Day(day) => instance.day == day,
            Self::At(at) => instance.original == at,
        }
    }

    /// The first of `instances`, sorted by start, that is that one or comes after it.
    pub(super) fn first(self, instances: &[Instance]) -> Option<&Instance> {
        let before = instances.partition_point(|instance| match self {
            Self::Day(day) => instance.day < day,
            Self::At(at) => instance.original < at,
        });
        instances.get(before)
    }

    /// That one among `instances`, sorted by start.
    pub(super) fn find(self, instances: &[Instance]) -> Option<&Instance> {
        self.first(instances).filter(|instance| self.is(instance))
    }
}

impl Instance {
    /// What an override may call it.
    pub(super) fn targets(&self) -> [Target; 2] {
        [Target::Day(self.day), Target::At(self.original)]
    }
}

impl<'a> Occurrences<'a> {
    /// For one file of so many events.
    pub(super) fn new(
        settings: &'a Settings,
        campus: Campus<'a>,
        events: usize,
        findings: &'a mut Findings,
    ) -> Self {
        Self { settings, campus, findings, rejected: 0, budget: Budget::of(events) }
    }

    /// Start and end of one event; `None` with a finding when it has no start. An end that makes no sense is assumed.
    pub(super) fn timed(&mut self, event: &Event) -> Option<Timed> {
        let Some(start) = &event.start else {
            self.reject(event, "no_start", "The event has no start time that can be read.");
            return None;
        };
        let local = match start.written {
            Written::Local(at) | Written::Utc(at) => at,
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
        let zone = self.campus.zone_of(start, event.calendar, self.findings);
        let start = self.campus.local(local, zone);
        let ends = |end: &Ending| Covered::of(&start, end);
        let named = self.ending(event, &event.end, &start, local, zone);
        let also = event
            .also_lasts
            .as_deref()
            .and_then(|length| Some((self.after(*length, local, zone)?, *length)));
        let named = named.filter(|(end, _)| ends(end).is_some());
        let later = |(end, _): &(Ending, Length)| ends(end).map(|covered| covered.span.end());
        let read = named.into_iter().chain(also).max_by_key(later);
        if let Some((end, length)) = read
            && let Some(covered) = ends(&end)
        {
            return Some(Timed { local, zone, start, end, covered, length, assumed: None });
        }
        let why = match event.end {
            End::Unreadable | End::Missing => "it names no end that can be read",
            End::At(_) | End::After(_) => "its end is not after its start",
        };
        let (end, length) = (Ending::After(ASSUMED), Length::exact(ASSUMED));
        let covered = ends(&end)?;
        Some(Timed { local, zone, start, end, covered, length, assumed: Some(why) })
    }

    /// How something that starts then ends, and the length of what repeats it.
    fn ending(
        &mut self,
        event: &Event,
        end: &End,
        start: &Moment,
        local: NaiveDateTime,
        zone: ZoneId,
    ) -> Option<(Ending, Length)> {
        match end {
            End::Unreadable | End::Missing => None,
            End::After(length) => Some((self.after(*length, local, zone)?, *length)),
            End::At(stamp) => {
                let end = self.campus.moment(stamp, event.calendar, self.findings)?;
                let length = (end.by_rfc() - start.by_rfc()).max(TimeDelta::zero());
                Some((Ending::At(end), Length::exact(length)))
            }
        }
    }

    /// Days are counted on the wall clock, the rest by the stop-watch (RFC 5545 section 3.3.6).
    fn after(&mut self, length: Length, local: NaiveDateTime, zone: ZoneId) -> Option<Ending> {
        let Length { days, exact } = length;
        if days == Days::new(0) {
            return Some(Ending::After(exact));
        }
        let day = self.campus.local(local.checked_add_days(days)?, zone);
        Some(Ending::At(day.plus(exact)?))
    }

    /// Whether a day may lie in the horizon, whatever its zone.
    pub(super) fn is_near(&self, day: NaiveDate) -> bool {
        let horizon = self.settings.horizon;
        let midnight = day.and_time(NaiveTime::MIN).and_utc();
        let slack = TimeDelta::days(2);
        midnight.checked_add_signed(slack).is_none_or(|late| late > horizon.start())
            && midnight.checked_sub_signed(slack).is_none_or(|early| early < horizon.end())
    }

    /// All occurrences of an event in reach of the horizon, sorted by start.
    pub(super) fn instances(&mut self, event: &Event) -> Vec<Instance> {
        let Some(timed) = self.timed(event) else { return Vec::new() };
        if !repeats(event) {
            if let Some(stamp) = event.except.first() {
                let target = self.target(stamp, event.calendar);
                self.tell_unmatched(event, target);
            }
            let alone =
                self.instance(timed.start.by_rfc(), timed.local, timed.covered.clone(), &timed);
            return vec![alone];
        }
        let excepted: BTreeSet<Target> =
            event.except.iter().map(|stamp| self.target(stamp, event.calendar)).collect();
        let mut instances = BTreeMap::new();
        let mut unmatched = excepted.clone();
        for (local, start, end) in self.starts(event, &timed) {
            let Some(covered) = Covered::of(&start, &end) else { continue };
            let instance = self.instance(start.by_rfc(), local, covered, &timed);
            let targets = instance.targets();
            if targets.iter().any(|target| excepted.contains(target)) {
                targets.iter().for_each(|target| {
                    unmatched.remove(target);
                });
            } else {
                // The first counts: DTSTART, then a PERIOD with an end of its own.
                instances.entry(instance.original).or_insert(instance);
            }
        }
        if let Some(target) = unmatched.into_iter().find(|target| self.is_near(target.day())) {
            self.tell_unmatched(event, target);
        }
        let mut instances: Vec<_> = instances.into_values().collect();
        if repeats(event) {
            let bounds = self.bounds(timed.local);
            instances.retain(|one| bounds.from <= one.local && one.local <= bounds.until);
        }
        let most = self.settings.limits.instances;
        if most < instances.len() {
            self.too_many_instances(event);
            instances.truncate(most);
        }
        instances
    }

    fn instance(
        &self,
        original: DateTime<Utc>,
        local: NaiveDateTime,
        covered: Covered,
        series: &Timed,
    ) -> Instance {
        let Timed { zone, assumed, .. } = *series;
        let day = self.campus.wall_clock(original, Campus::day_zone(zone)).date();
        Instance { original, day, local, zone, covered, assumed }
    }

    /// An instance of a series as a change to it and all that follow makes it: moved by as much on the wall clock as
    /// the changed one, and as long (RFC 5545 section 3.2.13). `None` if it then ends before it starts.
    pub(super) fn moved_along(
        &mut self,
        instance: &Instance,
        target: Target,
        change: &Timed,
    ) -> Option<Covered> {
        let changed = self.campus.wall_clock(change.start.by_rfc(), instance.zone);
        let was = match target {
            Target::At(at) => self.campus.wall_clock(at, instance.zone),
            // Of a whole day only the day is known: the time is the new one's.
            Target::Day(day) => day.and_time(instance.local.time()),
        };
        let local = instance.local.checked_add_signed(changed - was)?;
        let start = self.campus.local(local, instance.zone);
        let end = self.after(change.length, local, instance.zone)?;
        Covered::of(&start, &end)
    }

    /// Which instance a RECURRENCE-ID or EXDATE means.
    pub(super) fn target(&mut self, stamp: &Stamp, calendar: usize) -> Target {
        match (stamp.written, self.campus.moment(stamp, calendar, self.findings)) {
            (Written::Date(day), _) => Target::Day(day),
            (Written::Local(_) | Written::Utc(_), Some(moment)) => Target::At(moment.by_rfc()),
            (Written::Local(at) | Written::Utc(at), None) => Target::At(at.and_utc()),
        }
    }

    /// Starts and ends: DTSTART, which always belongs to the set, its RDATEs, and what its rules give.
    fn starts(&mut self, event: &Event, timed: &Timed) -> Vec<(NaiveDateTime, Moment, Ending)> {
        let mut starts = vec![(timed.local, timed.start.clone(), timed.end.clone())];
        for Added { start, end } in &event.more {
            let (local, start) = match self.campus.moment(start, event.calendar, self.findings) {
                Some(at) => (self.campus.wall_clock(at.by_rfc(), timed.zone), at),
                None => {
                    let local = start.written.date().and_time(timed.local.time());
                    (local, self.campus.local(local, timed.zone))
                }
            };
            let own = self.ending(event, end, &start, local, timed.zone).map(|(end, _)| end);
            let end = own.or_else(|| self.after(timed.length, local, timed.zone));
            starts.extend(end.map(|end| (local, start, end)));
        }
        for local in self.repeated(event, timed) {
            let start = self.campus.local(local, timed.zone);
            let end = self.after(timed.length, local, timed.zone);
            starts.extend(end.map(|end| (local, start, end)));
        }
        starts
    }

    /// What the rules of an event give, on its wall clock.
    fn repeated(&mut self, event: &Event, timed: &Timed) -> BTreeSet<NaiveDateTime> {
        let bounds = self.bounds(timed.local);
        let (mut starts, mut too_many, mut endless) = (BTreeSet::new(), false, None);
        for text in &event.rules {
            let expanded = Screened::of(text, self.settings.limits.rule_bytes).and_then(|rule| {
                endless = endless.max(rule.count.filter(|count| COUNT < *count));
                let until = rule.until.map(|until| self.last_moment(until, timed.zone));
                rule::expand(&rule, timed.local, until, bounds, &mut self.budget)
            });
            match expanded {
                Ok(expansion) => {
                    too_many |= expansion.too_many;
                    if expansion.never {
                        self.without_dates(event);
                    }
                    starts.extend(expansion.starts);
                }
                Err(why) => self.bad_rule(event, &why),
            }
        }
        if too_many {
            self.too_many_instances(event);
        } else if let Some(count) = endless {
            self.endless(event, count);
        }
        starts
    }

    /// UNTIL on the wall clock of the series. A date means the end of that day, a time without `Z` the series' own zone.
    fn last_moment(&mut self, until: Written, zone: ZoneId) -> NaiveDateTime {
        match until {
            Written::Local(at) => at,
            Written::Utc(at) => self.campus.wall_clock(at.and_utc(), zone),
            Written::Date(day) => {
                let end_of_day = day.and_time(NaiveTime::MIN) + TimeDelta::seconds(86_399);
                let last = self.campus.local(end_of_day, Campus::day_zone(zone)).latest();
                self.campus.wall_clock(last, zone)
            }
        }
    }

    /// The horizon on any wall clock, and no more than some years of a series.
    fn bounds(&self, start: NaiveDateTime) -> Bounds {
        let horizon = self.settings.horizon;
        let from = horizon.start().naive_utc();
        let from = from.checked_sub_days(REACH).unwrap_or(from);
        let last = start.max(from).checked_add_days(Days::new(366 * YEARS));
        let end = horizon.end().naive_utc();
        let end = end.checked_add_days(Days::new(1)).unwrap_or(end);
        let until = last.map_or(end, |last| last.min(end));
        Bounds { from, until, instances: self.settings.limits.instances }
    }
}

/// What is doubtful about the times of sittings that were kept.
#[derive(Debug, Default)]
pub(super) struct Doubts {
    clocks_change: bool,
    long: bool,
    rules_differ: Vec<(ZoneId, NaiveDateTime)>,
    /// Why an end is an assumed one, as a clause.
    assumed: Option<&'static str>,
}

impl Doubts {
    /// Notes those of an instance.
    pub(super) fn of_instance(&mut self, instance: &Instance) {
        self.assumed = self.assumed.or(instance.assumed);
        self.note(&instance.covered, instance.zone, instance.local);
    }

    /// Notes those of an event on its own.
    pub(super) fn of_event(&mut self, timed: &Timed) {
        self.assumed = self.assumed.or(timed.assumed);
        self.note(&timed.covered, timed.zone, timed.local);
    }

    fn note(&mut self, covered: &Covered, zone: ZoneId, local: NaiveDateTime) {
        self.clocks_change |= covered.clocks_change;
        self.long |= LONG < covered.span.duration();
        self.rules_differ.extend(covered.rules_differ.then_some((zone, local)));
    }
}

/// Whether an event is a series: its instances then are told apart by their original starts.
pub(super) fn repeats(event: &Event) -> bool {
    !event.rules.is_empty() || !event.more.is_empty()
}
