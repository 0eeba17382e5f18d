//! Events to sittings: versions, series, exceptions, moved instances, cancellations (RFC 5545 section 3.8.5,
//! RFC 5546 section 3.2.5).

use super::campus::Campus;
use super::cohort::Cohort;
use super::components::File;
use super::event::Event;
use super::exams::{Parted, Verdict, part};
use super::findings::Findings;
use super::left_out::LeftOuts;
use super::occurrences::{Instance, Occurrences, Target, repeats};
use super::roster::Matches;
use super::{Error, Settings};
use crate::domain::{LeftOut, ReadingCounts, Severity, Sitting, SittingKey, Span};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

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
    let File { calendars, events } = file;
    let counts = ReadingCounts { events: count(events.len()), ..ReadingCounts::default() };
    let mut by_uid: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for event in events {
        by_uid.entry(event.uid.clone()).or_default().push(event);
    }
    let campus = Campus::new(settings.zone, &calendars);
    let occurrences = Occurrences::new(settings, campus, findings);
    let left_out = LeftOuts::of(settings, &calendars);
    let matches = Matches::of(&settings.rules.roster);
    let mut reader =
        Reader { settings, occurrences, counts, sittings: Vec::new(), left_out, matches };
    for (_, versions) in by_uid {
        reader.one_uid(versions);
        let most = settings.limits.sittings;
        if most < reader.sittings.len() {
            return Err(Error::TooManyExams { events: reader.counts.events, most });
        }
    }
    let Reader { settings: _, occurrences, mut counts, mut sittings, left_out, matches } = reader;
    let Occurrences { campus, findings, rejected, .. } = occurrences;
    campus.tell(findings);
    sittings.sort_by(|a, b| {
        let order = |sitting: &Sitting| (sitting.span.end(), sitting.source_line);
        (a.span.start(), &a.key, order(a)).cmp(&(b.span.start(), &b.key, order(b)))
    });
    counts.rejected = rejected;
    counts.sittings = count(sittings.len());
    matches.tell(&settings.rules.roster, findings);
    let (left_out, all) = left_out.finish(sittings.len(), findings);
    counts.left_out = all;
    Ok(Series { sittings, counts, left_out })
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    settings: &'a Settings,
    occurrences: Occurrences<'a>,
    counts: ReadingCounts,
    sittings: Vec<Sitting>,
    left_out: LeftOuts<'a>,
    matches: Matches,
}

impl Reader<'_> {
    /// All that a file says of one UID.
    fn one_uid(&mut self, versions: Vec<Event>) {
        let Parted { masters, mut overrides, left_out } = part(versions);
        left_out.iter().for_each(|event| self.left_out.add(event));
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
            self.tell(&event, None);
        }
    }

    /// Tells what is doubtful about an event that became a sitting.
    fn tell(&mut self, event: &Event, series: Option<&Cohort>) {
        let Settings { default_candidates, rules, .. } = self.settings;
        let findings = &mut *self.occurrences.findings;
        event.cohort.tell(event.place(), series, &rules.roster, *default_candidates, findings);
        let rows =
            if event.cohort.rows.is_empty() { series.map(|series| &series.rows) } else { None };
        self.matches.exam(&event.title, rows.unwrap_or(&event.cohort.rows));
        let why = match event.verdict {
            Verdict::Exam => return,
            Verdict::Unjudged => {
                "It has no title, category or location to tell whether it is an exam"
            }
            Verdict::Unlike | Verdict::Other(..) => {
                "It does not look like an exam, but its series or an older version of it does"
            }
        };
        findings.add(
            event.place(),
            Severity::Warning,
            "taken_for_an_exam",
            format!("{why}; it is planned as one."),
            "If it is none, take it out of the timetable; else give it the title of an exam.",
        );
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
            self.tell(event, cohort);
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
        let Settings { default_candidates, rules, .. } = self.settings;
        let (candidates, extra_time) =
            event.cohort.planned(series, &rules.roster, *default_candidates, span.duration());
        let sitting = Sitting {
            key: SittingKey { uid: event.uid.clone(), recurrence_id },
            title: event.title.clone(),
            span,
            other_readings: Vec::new(),
            candidates,
            extra_time,
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
