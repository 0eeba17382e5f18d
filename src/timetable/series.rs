//! Events to sittings: versions, series, exceptions, moved instances, cancellations (RFC 5545 section 3.8.5,
//! RFC 5546 section 3.2.5).

use super::campus::Campus;
use super::cohort::Cohort;
use super::components::File;
use super::event::Event;
use super::findings::Findings;
use super::occurrences::{Instance, Occurrences, Target, repeats};
use super::{Error, Settings};
use crate::domain::{ReadingCounts, Severity, Sitting, SittingKey, Span};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The sittings of a file.
///
/// # Errors
/// [`Error::TooManyExams`], as soon as there are: what follows is not worked through.
pub(super) fn sittings(
    file: File,
    settings: &Settings,
    findings: &mut Findings,
) -> Result<(Vec<Sitting>, ReadingCounts), Error> {
    let File { calendars, events } = file;
    let counts = ReadingCounts { events: count(events.len()), ..ReadingCounts::default() };
    let mut by_uid: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in events {
        by_uid.entry(event.uid.clone()).or_default().push(event);
    }
    let campus = Campus::new(settings.zone, &calendars);
    let occurrences = Occurrences::new(settings, campus, findings);
    let mut reader = Reader { settings, occurrences, counts, sittings: Vec::new() };
    for (_, versions) in by_uid {
        reader.one_uid(versions);
        let most = settings.limits.sittings;
        if most < reader.sittings.len() {
            return Err(Error::TooManyExams { events: reader.counts.events, most });
        }
    }
    let Reader { settings: _, occurrences, mut counts, mut sittings } = reader;
    let Occurrences { campus, findings, rejected, .. } = occurrences;
    campus.tell(findings);
    sittings.sort_by(|a, b| {
        let order = |sitting: &Sitting| (sitting.span.end(), sitting.source_line);
        (a.span.start(), &a.key, order(a)).cmp(&(b.span.start(), &b.key, order(b)))
    });
    counts.rejected = rejected;
    counts.sittings = count(sittings.len());
    Ok((sittings, counts))
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    settings: &'a Settings,
    occurrences: Occurrences<'a>,
    counts: ReadingCounts,
    sittings: Vec<Sitting>,
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
                instances = self.occurrences.instances(event);
            }
        }
        self.overrides(master.as_ref(), overrides, &mut instances);
        let Some(event) = master else { return };
        let repeats = repeats(&event);
        let before = self.sittings.len();
        for instance in instances {
            let recurrence_id = repeats.then_some(instance.original);
            self.keep(&event, None, recurrence_id, instance.span);
        }
        if self.sittings.len() > before {
            let named = event.cohort.candidates.is_some();
            let default = self.settings.default_candidates;
            event.cohort.tell(event.place(), named, default, self.occurrences.findings);
        }
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
            let starts = |event: &Event| event.start.as_ref().map(|s| (s.written, s.tzid.clone()));
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
                format!("{} events share one UID; {how}.", older.len() + newer.len() + 1),
                "If these are different exams, give each a UID of its own.",
            );
        }
        Some(latest)
    }

    fn is_called_off(&self, event: &Event) -> bool {
        event.cancelled || self.occurrences.campus.cancels(event.calendar)
    }

    /// Applies what replaces or cancels single instances.
    fn overrides(
        &mut self,
        series: Option<&Event>,
        overrides: Vec<Event>,
        instances: &mut Vec<Instance>,
    ) {
        let mut by_target: BTreeMap<Target, Vec<Event>> = BTreeMap::new();
        for event in overrides {
            let Some(stamp) = &event.recurrence_id else { continue };
            let target = self.occurrences.target(stamp, event.calendar);
            by_target.entry(target).or_default().push(event);
        }
        for (target, versions) in by_target {
            if let Some(event) = self.latest(versions) {
                self.one_override(series, &event, target, instances);
            }
        }
    }

    fn one_override(
        &mut self,
        series: Option<&Event>,
        event: &Event,
        target: Target,
        instances: &mut Vec<Instance>,
    ) {
        let called_off = self.is_called_off(event);
        if event.this_and_future {
            self.this_and_future(event);
            if called_off {
                return;
            }
        } else if called_off {
            self.counts.cancelled += 1;
            instances.retain(|instance| !target.is(instance));
            return;
        }
        let Some(timed) = self.occurrences.timed(event) else { return };
        let Some(span) = Span::new(timed.start.earliest, timed.end.latest) else { return };
        let doubtful = timed.start.is_doubtful() || timed.end.is_doubtful();
        self.occurrences.tell_times(event, doubtful, &timed);
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
        let cohort = series.map(|series| &series.cohort);
        if self.keep(event, cohort, recurrence_id, span) {
            let inherited = cohort.is_some_and(|cohort| cohort.candidates.is_some());
            let named = event.cohort.candidates.is_some() || inherited;
            let default = self.settings.default_candidates;
            event.cohort.tell(event.place(), named, default, self.occurrences.findings);
        }
    }

    fn this_and_future(&mut self, event: &Event) {
        self.occurrences.findings.add(
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
            && self.occurrences.is_near(original.date_naive());
        if expected {
            self.occurrences.findings.add(
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
        let mut other_readings = event.other_readings.clone();
        other_readings.retain(|other| *other != span);
        other_readings.sort_by_key(|other| (other.start(), other.end()));
        other_readings.dedup();
        let sitting = Sitting {
            key: SittingKey { uid: event.uid.clone(), recurrence_id },
            title: event.title.clone(),
            span,
            other_readings,
            candidates: event.cohort.candidates_or(series, self.settings.default_candidates),
            extra_time: event.cohort.extra_time_or(series),
            source_line: Some(event.line),
        };
        let horizon = self.settings.horizon;
        let inside =
            sitting.opens_at() < horizon.end() && horizon.start() < sitting.last_deadline();
        if inside {
            self.sittings.push(sitting);
        }
        inside
    }
}
