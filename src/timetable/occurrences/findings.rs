//! What a person should know about when events take place.

use super::{ASSUMED, Doubts, Occurrences, Target};
use crate::domain::{Severity, grouped};
use crate::timetable::event::Event;
use crate::timetable::property::one_line;

impl Occurrences<'_> {
    pub(super) fn reject(&mut self, event: &Event, code: &'static str, what: &str) {
        self.rejected += 1;
        self.findings.add(
            event.place(),
            Severity::Critical,
            code,
            format!("\"{}\": {what} It is not planned.", event.title),
            "Give the exam a start and an end with times, or cancel it with STATUS:CANCELLED.",
        );
    }

    /// Tells what is doubtful about the times of an event's sittings, once for all of them.
    pub(in crate::timetable) fn tell_times(&mut self, event: &Event, doubts: &Doubts) {
        let Doubts { clocks_change, long, rules_differ, assumed } = doubts;
        if let Some(why) = assumed {
            self.findings.add(
                event.place(),
                Severity::Critical,
                "no_end",
                format!(
                    "\"{}\": {why}. It is planned for {} hours from its start.",
                    event.title,
                    ASSUMED.num_hours()
                ),
                "Give the exam the end that it has: DTEND with the zone of its start, or DURATION:PT2H.",
            );
        }
        for (zone, local) in rules_differ {
            self.campus.contradicted(*zone, *local, event.place());
        }
        if *clocks_change {
            self.findings.add(
                event.place(),
                Severity::Warning,
                "clock_change",
                "The exam starts or ends while the clocks change; both readings of its times are covered.",
                "Move the exam away from the hour of the clock change, or write its times in UTC.",
            );
        }
        if *long {
            self.findings.add(
                event.place(),
                Severity::Warning,
                "long_sitting",
                "The exam is longer than 24 hours.",
                "Check its end; web servers are kept for the whole time.",
            );
        }
    }

    /// Tells that an event takes out a date that its exam does not have: the exam itself stands.
    pub(in crate::timetable) fn tell_unmatched(&mut self, event: &Event, target: Target) {
        let when = match target {
            Target::Day(day) => day.format("%Y-%m-%d").to_string(),
            Target::At(at) => at.format("%Y-%m-%d %H:%MZ").to_string(),
        };
        self.findings.add(
            event.place(),
            Severity::Warning,
            "exception_unmatched",
            format!(
                "\"{}\" takes out {when}, which is none of its dates; all of them are planned.",
                event.title
            ),
            "Write exceptions with the time and the zone of the start, or cancel the exam with STATUS:CANCELLED.",
        );
    }

    pub(super) fn bad_rule(&mut self, event: &Event, why: &str) {
        let why: String = one_line(why).chars().take(200).collect();
        self.findings.add(
            event.place(),
            Severity::Critical,
            "bad_rule",
            format!("\"{}\": the rule it repeats by was not used: {why}. Only its first date is planned.", event.title),
            "Write the other dates as RDATE or as exams of their own.",
        );
    }

    pub(super) fn without_dates(&mut self, event: &Event) {
        self.findings.add(
            event.place(),
            Severity::Warning,
            "rule_without_dates",
            format!(
                "\"{}\" repeats by a rule that gives no date; only its first date is planned.",
                event.title
            ),
            "Check the days that the rule names, and its UNTIL.",
        );
    }

    pub(super) fn endless(&mut self, event: &Event, count: u64) {
        self.findings.add(
            event.place(),
            Severity::Warning,
            "endless_series",
            format!(
                "\"{}\" is to repeat {} times; it is planned as far as timetables are looked at.",
                event.title,
                grouped(count)
            ),
            "Give the series the number of dates that it really has.",
        );
    }

    pub(super) fn too_many_instances(&mut self, event: &Event) {
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
