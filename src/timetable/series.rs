//! Events to sittings: versions, series, exceptions, moved instances, cancellations (RFC 5545 section 3.8.5,
//! RFC 5546 section 3.2.5).

use super::Settings;
use super::campus::Campus;
use super::cohort::Cohort;
use super::components::File;
use super::event::{End, Event, Stamp};
use super::findings::Findings;
use super::rule::{self, Bounds, Budget};
use super::times::{Length, Moment, Written};
use crate::domain::{ReadingCounts, Severity, Sitting, SittingKey, Span};
use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::collections::{BTreeMap, BTreeSet};

/// A series without an end is read this far after its start or the start of the horizon, whichever is later.
const YEARS: u64 = 10;
/// An instance that starts this long before the horizon may reach into it.
const REACH: Days = Days::new(7);
/// Longer sittings are told.
const LONG: TimeDelta = TimeDelta::hours(24);

/// The sittings of a file.
pub(super) fn sittings(
    file: File,
    settings: &Settings,
    findings: &mut Findings,
) -> (Vec<Sitting>, ReadingCounts) {
    let File { calendars, events } = file;
    let counts = ReadingCounts { events: count(events.len()), ..ReadingCounts::default() };
    let mut by_uid: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in events {
        by_uid.entry(event.uid.clone()).or_default().push(event);
    }
    let campus = Campus::new(settings.zone, &calendars);
    let mut reader = Reader {
        settings,
        campus,
        findings,
        budget: Budget::default(),
        counts,
        sittings: Vec::new(),
    };
    for (_, versions) in by_uid {
        reader.one_uid(versions);
    }
    let Reader { campus, findings, mut counts, mut sittings, .. } = reader;
    campus.tell(findings);
    sittings.sort_by(|a, b| {
        let order = |s: &Sitting| (s.span.start(), s.span.end(), s.source_line);
        (order(a).0, &a.key, order(a)).cmp(&(order(b).0, &b.key, order(b)))
    });
    counts.sittings = count(sittings.len());
    (sittings, counts)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    settings: &'a Settings,
    campus: Campus<'a>,
    findings: &'a mut Findings,
    budget: Budget,
    counts: ReadingCounts,
    sittings: Vec<Sitting>,
}

/// When an event takes place, before any repetition.
struct Timed {
    local: NaiveDateTime,
    zone: Tz,
    /// The zone in which the days of its instances are counted.
    day_zone: Tz,
    start: Moment,
    end: Moment,
    /// The length that later instances have.
    length: Length,
}

/// One occurrence of a series, before overrides.
struct Instance {
    original: DateTime<Utc>,
    day: NaiveDate,
    span: Span,
}

/// Which instance an override replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Day(NaiveDate),
    At(DateTime<Utc>),
}

impl Target {
    fn is(self, instance: &Instance) -> bool {
        match self {
            Self::Day(day) => instance.day == day,
            Self::At(at) => instance.original == at,
        }
    }
}

impl Reader<'_> {
    /// All that a file says of one UID.
    fn one_uid(&mut self, versions: Vec<Event>) {
        let (masters, mut overrides): (Vec<_>, Vec<_>) =
            versions.into_iter().partition(|event| event.recurrence_id.is_none());
        let master = self.latest(masters);
        let mut instances = Vec::new();
        if let Some(event) = &master {
            if self.is_called_off(event) {
                self.counts.cancelled += 1;
                // What was changed after the cancellation stands.
                overrides.retain(|later| later.version.0 > event.version.0);
            } else {
                instances = self.instances(event);
            }
        }
        let told = self.overrides(master.as_ref(), overrides, &mut instances);
        let Some(event) = master else { return };
        let repeats = repeats(&event);
        let before = self.sittings.len();
        for instance in instances {
            let recurrence_id = repeats.then_some(instance.original);
            self.keep(&event, None, recurrence_id, instance.span);
        }
        if self.sittings.len() > before || told {
            let named = event.cohort.candidates.is_some();
            let default = self.settings.default_candidates;
            event.cohort.tell(event.place(), named, default, self.findings);
        }
    }

    /// The version that counts: highest SEQUENCE, then latest stamp, then last in the file.
    fn latest(&mut self, versions: Vec<Event>) -> Option<Event> {
        let mut versions = versions;
        versions.sort_by_key(|event| (event.version, event.line));
        let latest = versions.pop()?;
        if let Some(other) = versions.last() {
            let starts = |event: &Event| event.start.as_ref().map(|s| (s.written, s.tzid.clone()));
            let guessed = other.version == latest.version
                && starts(other) != starts(&latest)
                && !self.is_called_off(&latest);
            let (severity, how) = if guessed {
                (Severity::Critical, "nothing says which is newer, so the last in the file counts")
            } else {
                (Severity::Info, "the newest counts")
            };
            self.findings.add(
                latest.place(),
                severity,
                "duplicate_uid",
                format!("{} events share one UID; {how}.", versions.len() + 1),
                "If these are different exams, give each a UID of its own.",
            );
        }
        Some(latest)
    }

    fn is_called_off(&self, event: &Event) -> bool {
        event.cancelled || self.campus.cancels(event.calendar)
    }

    /// Start and end of one event; `None` with a finding when it has no such thing.
    fn timed(&mut self, event: &Event) -> Option<Timed> {
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
    fn is_near(&self, day: NaiveDate) -> bool {
        let horizon = self.settings.horizon;
        let midnight = day.and_time(chrono::NaiveTime::MIN).and_utc();
        let slack = TimeDelta::days(2);
        midnight.checked_add_signed(slack).is_none_or(|late| late > horizon.start())
            && midnight.checked_sub_signed(slack).is_none_or(|early| early < horizon.end())
    }

    fn reject(&mut self, event: &Event, code: &'static str, what: &str) {
        self.counts.rejected += 1;
        self.findings.add(
            event.place(),
            Severity::Critical,
            code,
            format!("\"{}\": {what} It is not planned.", event.title),
            "Give the exam a start and an end with times, or cancel it with STATUS:CANCELLED.",
        );
    }

    /// All occurrences of an event in reach of the horizon.
    fn instances(&mut self, event: &Event) -> Vec<Instance> {
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

    fn target(&mut self, stamp: &Stamp, calendar: usize) -> Target {
        match (stamp.written, self.campus.moment(stamp, calendar, self.findings)) {
            (Written::Date(day), _) => Target::Day(day),
            (Written::Local(_) | Written::Utc(_), Some(moment)) => Target::At(moment.by_rfc),
            (Written::Local(at) | Written::Utc(at), None) => Target::At(at.and_utc()),
        }
    }

    fn tell_times(&mut self, event: &Event, doubtful: bool, timed: &Timed) {
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
            let start =
                rule::Start { local: timed.local, zone: timed.zone, day_zone: timed.day_zone };
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

    /// Applies what replaces or cancels single instances. Whether any of it took its cohort from the series.
    fn overrides(
        &mut self,
        series: Option<&Event>,
        overrides: Vec<Event>,
        instances: &mut Vec<Instance>,
    ) -> bool {
        let mut by_target: BTreeMap<Target, Vec<Event>> = BTreeMap::new();
        for event in overrides {
            let Some(stamp) = &event.recurrence_id else { continue };
            let target = self.target(stamp, event.calendar);
            by_target.entry(target).or_default().push(event);
        }
        let mut inherits = false;
        for (target, versions) in by_target {
            if let Some(event) = self.latest(versions) {
                inherits |= self.one_override(series, &event, target, instances);
            }
        }
        inherits
    }

    fn one_override(
        &mut self,
        series: Option<&Event>,
        event: &Event,
        target: Target,
        instances: &mut Vec<Instance>,
    ) -> bool {
        let called_off = self.is_called_off(event);
        if event.this_and_future {
            self.this_and_future(event);
            if called_off {
                return false;
            }
        } else if called_off {
            self.counts.cancelled += 1;
            instances.retain(|instance| !target.is(instance));
            return false;
        }
        let Some(timed) = self.timed(event) else { return false };
        let Some(span) = Span::new(timed.start.earliest, timed.end.latest) else { return false };
        let doubtful = timed.start.is_doubtful() || timed.end.is_doubtful();
        self.tell_times(event, doubtful, &timed);
        let replaced =
            instances.iter().find(|instance| target.is(instance)).map(|one| one.original);
        if !event.this_and_future {
            instances.retain(|instance| !target.is(instance));
        }
        let original = match target {
            Target::At(at) => at,
            Target::Day(_) => replaced.unwrap_or(timed.start.by_rfc),
        };
        if replaced.is_none() {
            self.unmatched(series, event, original);
        }
        let single = replaced.is_some() && !series.is_some_and(repeats);
        let recurrence_id = (!single).then_some(original);
        let own = event.cohort.candidates.is_some();
        let kept = self.keep(event, series.map(|series| &series.cohort), recurrence_id, span);
        let inherited = series.is_some_and(|series| series.cohort.candidates.is_some());
        if kept && (own || series.is_none()) {
            let default = self.settings.default_candidates;
            event.cohort.tell(event.place(), own || inherited, default, self.findings);
        }
        kept && !own
    }

    fn this_and_future(&mut self, event: &Event) {
        self.findings.add(
            event.place(),
            Severity::Critical,
            "this_and_future",
            format!(
                "\"{}\" changes an instance and all that follow (THISANDFUTURE), which is not done: the series stays \
                 as it was, and the changed instance is planned beside it.",
                event.title
            ),
            "End the old series and write the changed exams as a new one.",
        );
    }

    /// An override that replaces nothing is an exam of its own. Where the series should have had the instance, the
    /// same exam may now stand twice.
    fn unmatched(&mut self, series: Option<&Event>, event: &Event, original: DateTime<Utc>) {
        let expected = series.is_some_and(|series| !self.is_called_off(series))
            && self.is_near(original.date_naive());
        if expected {
            self.findings.add(
                event.place(),
                Severity::Warning,
                "override_unmatched",
                format!(
                    "\"{}\" replaces a date that its series does not have; it is planned as well.",
                    event.title
                ),
                "Check that the exam does not stand in the timetable twice.",
            );
        }
    }

    /// Keeps a sitting if any of it, extra time included, lies in the horizon.
    fn keep(
        &mut self,
        event: &Event,
        series: Option<&Cohort>,
        recurrence_id: Option<DateTime<Utc>>,
        span: Span,
    ) -> bool {
        let sitting = Sitting {
            key: SittingKey { uid: event.uid.clone(), recurrence_id },
            title: event.title.clone(),
            span,
            candidates: event.cohort.candidates_or(series, self.settings.default_candidates),
            extra_time: event.cohort.extra_time_or(series),
            source_line: Some(event.line),
        };
        let horizon = self.settings.horizon;
        let inside = span.start() < horizon.end() && horizon.start() < sitting.last_deadline();
        if inside {
            self.sittings.push(sitting);
        }
        inside
    }
}

/// Whether an event is a series: its instances then are told apart by their original starts.
fn repeats(event: &Event) -> bool {
    !event.rules.is_empty() || !event.more.is_empty()
}
