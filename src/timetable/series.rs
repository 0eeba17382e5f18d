//! Events to sittings: versions, series, exceptions, moved instances, cancellations (RFC 5545 section 3.8.5,
//! RFC 5546 section 3.2.5).

mod findings;

use super::campus::Campus;
use super::cohort::Cohort;
use super::components::File;
use super::event::Event;
use super::exams::{Parted, part};
use super::findings::Findings;
use super::left_out::LeftOuts;
use super::occurrences::{Doubts, Instance, Occurrences, Target, Timed, repeats};
use super::roster::Matches;
use super::twins::{apart, tell_nameless_apart};
use super::zone::Covered;
use super::{Error, Settings};
use crate::domain::{LeftOut, ReadingCounts, Severity, Sitting, SittingKey};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What the events of a file come to.
pub(super) struct Series {
    /// Sorted by start, then key.
    pub(super) sittings: Vec<Sitting>,
    /// How many of what.
    pub(super) counts: ReadingCounts,
    /// What is no exam.
    pub(super) left_out: Vec<LeftOut>,
}

/// The sittings of a file.
///
/// # Errors
/// [`Error::TooManyExams`], as soon as there are: what follows is not worked through.
pub(super) fn sittings(
    file: File,
    settings: &Settings,
    findings: &mut Findings,
) -> Result<Series, Error> {
    let File { calendars, mut events, tzids } = file;
    tell_nameless_apart(&mut events);
    let counts = ReadingCounts { events: count(events.len()), ..ReadingCounts::default() };
    let mut order = by_uid(&events).into_iter();
    let mut events: Vec<_> = events.into_iter().map(Some).collect();
    let campus = Campus::new(settings, &calendars, &tzids);
    let occurrences = Occurrences::new(settings, campus, events.len(), findings);
    let left_out = LeftOuts::of(settings, &calendars, &tzids);
    let matches = Matches::of(&settings.rules.roster);
    let mut reader = Reader {
        settings,
        occurrences,
        counts,
        // Some are series; what is set aside and not used is never touched.
        sittings: Vec::with_capacity(2 * events.len()),
        left_out,
        matches,
        outside: 0,
    };
    let mut next = order.next();
    while let Some(first) = next.and_then(|index| events[index].take()) {
        let mut others = Vec::new();
        loop {
            next = order.next();
            let same = |event: &mut Event| event.uid == first.uid;
            match next.and_then(|index| events[index].take_if(same)) {
                Some(version) => others.push(version),
                None => break,
            }
        }
        let before = reader.sittings.len();
        if others.is_empty() && reader.is_plain(&first) {
            reader.plain(first);
        } else {
            others.insert(0, first);
            reader.one_uid(others);
        }
        reader.in_order(before);
        let most = settings.limits.sittings;
        if most < reader.sittings.len() {
            return Err(Error::TooManyExams { events: reader.counts.events, most });
        }
    }
    reader.tell_outside();
    let Reader { settings: _, occurrences, mut counts, mut sittings, left_out, matches, .. } =
        reader;
    let Occurrences { campus, findings, rejected, .. } = occurrences;
    findings::tell_cancelled(&calendars, counts.events, findings);
    campus.tell(findings);
    findings::tell_far(&sittings, findings);
    // They come by key; this keeps that order among those that start together.
    sittings.sort_by_cached_key(|sitting| sitting.span.start());
    counts.rejected = rejected;
    counts.sittings = count(sittings.len());
    matches.tell(&settings.rules.roster, findings);
    let (left_out, all) = left_out.finish(sittings.len(), findings);
    counts.left_out = all;
    Ok(Series { sittings, counts, left_out })
}

/// The places of events, sorted by UID; of one UID in the order of the file.
fn by_uid(events: &[Event]) -> Vec<usize> {
    let mut order: Vec<_> = (0..events.len()).collect();
    order.sort_by(|&one, &other| events[one].uid.cmp(&events[other].uid));
    order
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A change to one instance of a series and all that follow it.
struct Range<'e> {
    /// The first instance that it changes.
    from: DateTime<Utc>,
    target: Target,
    event: &'e Event,
    /// When the changed instance takes place; `None` where the series ends here.
    timed: Option<Timed>,
}

impl Range<'_> {
    fn ends(&self) -> bool {
        self.timed.is_none()
    }
}

struct Reader<'a> {
    settings: &'a Settings,
    occurrences: Occurrences<'a>,
    counts: ReadingCounts,
    sittings: Vec<Sitting>,
    left_out: LeftOuts<'a>,
    matches: Matches,
    /// Exams that lie outside of the horizon, apart from instances of a series.
    outside: u32,
}

impl Reader<'_> {
    /// Whether an event, alone under its UID, is an exam that takes place once: as nearly all are.
    fn is_plain(&self, event: &Event) -> bool {
        event.recurrence_id.is_none()
            && !repeats(event)
            && event.verdict.is_exam()
            && !self.is_called_off(event)
    }

    /// An event alone under its UID that takes place once.
    fn plain(&mut self, event: Event) {
        let Some(instance) = self.occurrences.instances(&event).pop() else { return };
        let Some(sitting) = self.unnamed(&event, None, &instance.covered) else {
            self.outside += 1;
            return;
        };
        let mut doubts = Doubts::default();
        doubts.of_instance(&instance);
        self.tell(&event, None, &doubts);
        let Event { uid, title, .. } = event;
        self.sittings.push(Sitting {
            key: SittingKey { uid, recurrence_id: None },
            title,
            ..sitting
        });
    }

    /// Puts the sittings of one UID in order, from `first` on.
    fn in_order(&mut self, first: usize) {
        self.sittings[first..].sort_by(|a, b| {
            let order =
                |sitting: &Sitting| (sitting.span.start(), sitting.span.end(), sitting.source_line);
            (&a.key, order(a)).cmp(&(&b.key, order(b)))
        });
    }

    /// All that a file says of one UID.
    fn one_uid(&mut self, versions: Vec<Event>) {
        let Parted { masters, changes, left_out } = part(versions);
        left_out.iter().for_each(|event| self.left_out.add(event));
        let masters = self.of_one_exam(masters);
        let master = self.latest(masters);
        let mut changes = self.newest_of_each(changes);
        let mut instances = Vec::new();
        if let Some(event) = &master {
            if self.is_called_off(event) {
                self.counts.cancelled += 1;
                // What was changed after the cancellation stands.
                changes.retain(|(_, later)| later.version.0 > event.version.0);
            } else {
                instances = self.occurrences.instances(event);
            }
        }
        let (ranges, singles): (Vec<_>, Vec<_>) =
            changes.into_iter().partition(|(_, event)| event.this_and_future);
        let mut taken = BTreeSet::new();
        for (target, event) in &singles {
            self.single(master.as_ref(), event, *target, &instances, &mut taken);
        }
        self.keep_series(master.as_ref(), &ranges, instances, &taken);
    }

    /// The versions of one exam; others that wear its UID are told, and read by themselves.
    fn of_one_exam(&mut self, masters: Vec<Event>) -> Vec<Event> {
        if masters.len() < 2 {
            return masters;
        }
        let (first, others) = apart(masters, |event| self.is_called_off(event));
        if !others.is_empty() {
            self.tell_shared_uid(first.iter().take(1).chain(others.iter().flatten()).collect());
        }
        for versions in others {
            self.one_uid(versions);
        }
        first
    }

    /// Of several changes to one instance the newest; sorted by what they change, those of whole days first.
    fn newest_of_each(&mut self, changes: Vec<Event>) -> Vec<(Target, Event)> {
        let mut by_target: BTreeMap<(bool, Target), Vec<Event>> = BTreeMap::new();
        for event in changes {
            let Some(stamp) = &event.recurrence_id else { continue };
            let target = self.occurrences.target(stamp, event.calendar);
            by_target.entry((event.this_and_future, target)).or_default().push(event);
        }
        let newest = by_target.into_iter().map(|((_, target), versions)| (target, versions));
        newest.filter_map(|(target, versions)| Some((target, self.latest(versions)?))).collect()
    }

    /// Tells what is doubtful about an event that became sittings, alone or as a change to a series with that cohort.
    fn tell(&mut self, event: &Event, series: Option<&Cohort>, doubts: &Doubts) {
        self.occurrences.tell_times(event, doubts);
        let Settings { default_candidates, rules, .. } = self.settings;
        let findings = &mut *self.occurrences.findings;
        event.cohort.tell(event.place(), series, &rules.roster, *default_candidates, findings);
        self.matches.exam(&event.title, event.cohort.rows(series));
        event.verdict.tell(event.place(), findings);
        self.tell_title(event);
    }

    /// The version that counts: highest SEQUENCE, then latest stamp, then last in the file. A version without times
    /// costs only itself: an older one that has them stands.
    fn latest(&mut self, mut versions: Vec<Event>) -> Option<Event> {
        let is_usable = |event: &Event| event.has_times() || self.is_called_off(event);
        versions.sort_by_key(|event| (is_usable(event), event.version, event.line));
        let latest = versions.pop()?;
        let (newer, older): (Vec<_>, Vec<_>) =
            versions.into_iter().partition(|other| other.version > latest.version);
        for unusable in &newer {
            self.occurrences.timed(unusable);
        }
        if let Some(other) = older.last() {
            let starts = |event: &Event| event.start.as_ref().map(|s| (s.written, s.tzid));
            let guessed = other.version == latest.version
                && starts(other) != starts(&latest)
                && !self.is_called_off(&latest);
            let (severity, how) = if guessed {
                (Severity::Critical, "nothing says which is newer, so the last in the file counts")
            } else {
                (Severity::Info, "the newest counts")
            };
            self.occurrences.findings.add(
                latest.place(),
                severity,
                "duplicate_uid",
                format!(
                    "{} versions of \"{}\" stand in the file; {how}.",
                    older.len() + newer.len() + 1,
                    latest.title
                ),
                "If these are different exams, give each a UID of its own.",
            );
        }
        Some(latest)
    }

    fn is_called_off(&self, event: &Event) -> bool {
        event.cancelled || self.occurrences.campus.cancels(event.calendar)
    }

    /// Keeps the instances that no single change has taken, each as the last change to it and all that follow makes it.
    fn keep_series(
        &mut self,
        series: Option<&Event>,
        ranges: &[(Target, Event)],
        instances: Vec<Instance>,
        taken: &BTreeSet<Target>,
    ) {
        let changed = self.ranges(series, ranges, &instances);
        let mut doubts: BTreeMap<Option<usize>, Doubts> = BTreeMap::new();
        for mut instance in instances {
            let begun = changed.partition_point(|range| range.from <= instance.original);
            let change = begun.checked_sub(1);
            let range = change.map(|change| &changed[change]);
            let is_taken = instance.targets().iter().any(|target| taken.contains(target));
            if is_taken || range.is_some_and(Range::ends) {
                continue;
            }
            let mut event = series;
            if let Some(Range { from: _, target, event: change, timed: Some(timed) }) = range {
                let moved = if target.is(&instance) {
                    Some(timed.covered.clone())
                } else {
                    self.occurrences.moved_along(&instance, *target, timed)
                };
                instance.covered = moved.unwrap_or(instance.covered);
                event = Some(change);
            }
            let Some(event) = event else { continue };
            let recurrence_id = series.is_some_and(repeats).then_some(instance.original);
            let cohort = range.and(series).map(|series| &series.cohort);
            if self.keep(event, cohort, recurrence_id, &instance.covered) {
                doubts.entry(change).or_default().of_instance(&instance);
            }
        }
        let cohort = series.map(|series| &series.cohort);
        for (change, doubts) in doubts {
            match change {
                Some(change) => self.tell(changed[change].event, cohort, &doubts),
                None => series.into_iter().for_each(|series| self.tell(series, None, &doubts)),
            }
        }
    }

    /// The changes to an instance and all that follow, in order. One that cannot be read is told and changes nothing; one
    /// that changes no instance is an exam of its own.
    fn ranges<'e>(
        &mut self,
        series: Option<&Event>,
        ranges: &'e [(Target, Event)],
        instances: &[Instance],
    ) -> Vec<Range<'e>> {
        let mut changed = Vec::new();
        for (target, event) in ranges {
            let target = *target;
            let from = target.first(instances).map_or(DateTime::<Utc>::MAX_UTC, |one| one.original);
            if self.is_called_off(event) {
                self.counts.cancelled += 1;
                changed.push(Range { from, target, event, timed: None });
                continue;
            }
            let Some(timed) = self.occurrences.timed(event) else { continue };
            if target.find(instances).is_none() {
                self.alone(series, event, target, None, &timed);
            }
            changed.push(Range { from, target, event, timed: Some(timed) });
        }
        changed.sort_by_key(|range| range.from);
        changed
    }

    /// Applies what replaces or cancels one instance; `taken` are the instances that it then stands for.
    fn single(
        &mut self,
        series: Option<&Event>,
        event: &Event,
        target: Target,
        instances: &[Instance],
        taken: &mut BTreeSet<Target>,
    ) {
        if self.is_called_off(event) {
            self.counts.cancelled += 1;
            taken.insert(target);
            if target.find(instances).is_none() && self.occurrences.is_near(target.day()) {
                self.occurrences.tell_unmatched(event, target);
            }
            return;
        }
        let Some(timed) = self.occurrences.timed(event) else { return };
        taken.insert(target);
        let replaced = target.find(instances).map(|one| one.original);
        self.alone(series, event, target, replaced, &timed);
    }

    /// Keeps a changed instance at its own times.
    fn alone(
        &mut self,
        series: Option<&Event>,
        event: &Event,
        target: Target,
        replaced: Option<DateTime<Utc>>,
        timed: &Timed,
    ) {
        let original = match target {
            Target::At(at) => at,
            Target::Day(_) => replaced.unwrap_or(timed.covered.span.start()),
        };
        if replaced.is_none() {
            self.unmatched(series, event, original);
        }
        let single = replaced.is_some() && !series.is_some_and(repeats);
        let recurrence_id = (!single).then_some(original);
        let cohort = series.map(|series| &series.cohort);
        if self.keep(event, cohort, recurrence_id, &timed.covered) {
            let mut doubts = Doubts::default();
            doubts.of_event(timed);
            self.tell(event, cohort, &doubts);
        }
    }

    /// Keeps a sitting if any of it lies in the horizon.
    fn keep(
        &mut self,
        event: &Event,
        series: Option<&Cohort>,
        recurrence_id: Option<DateTime<Utc>>,
        covered: &Covered,
    ) -> bool {
        let sitting = self.unnamed(event, series, covered);
        let inside = sitting.is_some();
        self.sittings.extend(sitting.map(|sitting| Sitting {
            key: SittingKey { uid: event.uid.clone(), recurrence_id },
            title: event.title.clone(),
            ..sitting
        }));
        inside
    }

    /// A sitting that is still without key and title; `None` if nothing of it, extra time included, lies in the horizon.
    fn unnamed(
        &self,
        event: &Event,
        series: Option<&Cohort>,
        covered: &Covered,
    ) -> Option<Sitting> {
        let Settings { default_candidates, rules, horizon, .. } = self.settings;
        let lengths = covered.others.iter().map(|span| span.duration());
        let shortest = lengths.fold(covered.span.duration(), TimeDelta::min);
        let (candidates, extra_time) =
            event.cohort.planned(series, &rules.roster, *default_candidates, shortest);
        let mut other_readings = [covered.others.as_slice(), &event.other_readings].concat();
        other_readings.retain(|other| *other != covered.span);
        other_readings.sort_by_key(|other| (other.start(), other.end()));
        other_readings.dedup();
        let sitting = Sitting {
            key: SittingKey { uid: String::new(), recurrence_id: None },
            title: String::new(),
            span: covered.span,
            other_readings,
            candidates,
            extra_time,
            source_line: Some(event.line),
        };
        let inside =
            sitting.opens_at() < horizon.end() && horizon.start() < sitting.last_deadline();
        inside.then_some(sitting)
    }
}
