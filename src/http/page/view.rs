//! What the page says, in the exam office's words. Text only: the template lays it out.

use super::sources::Source;
use super::timeline::{self, Timeline};
use crate::domain::{
    FleetName, FleetPosture, HoldPosture, Nodes, SandboxCounters, Severity, Sitting, State,
    counted, grouped,
};
use crate::http::{Face, FleetFace, campus};
use crate::tasks::Snapshot;
use askama::Template;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// How far ahead exams are listed.
const AHEAD: TimeDelta = TimeDelta::days(14);
/// How many are listed; the rest is counted.
const LISTED: usize = 100;

/// The whole page. Included, so that the template stands beside its style and its script.
#[derive(Template)]
#[template(source = "{% include \"src/http/page/page.html\" %}", ext = "html")]
pub(super) struct Page {
    sandbox: Option<Sandbox>,
    fleets: Vec<Fleet>,
    /// Fleets that have not been looked at yet.
    waiting: Vec<String>,
}

struct Sandbox {
    now: String,
    speed: String,
    counters: Vec<Number>,
}

/// A number with what it counts; unknown is a word, never 0.
struct Number {
    label: &'static str,
    value: String,
    note: String,
    /// Whether it tells of harm done.
    bad: bool,
}

struct Fleet {
    name: String,
    state: Shown,
    summary: String,
    now: String,
    as_of: String,
    numbers: Vec<Number>,
    next: Option<Next>,
    hold: Option<Hold>,
    findings: Vec<Finding>,
    timeline: Option<Timeline>,
    exams: Vec<Exam>,
    sources: Vec<Source>,
    unlisted: usize,
}

/// A state as word and shape, so that nothing depends on colour.
struct Shown {
    word: &'static str,
    shape: &'static str,
    class: &'static str,
}

struct Next {
    title: String,
    starts: String,
    within: String,
    candidates: String,
    servers: String,
    ready: &'static str,
}

struct Hold {
    reasons: Vec<String>,
    until: String,
}

struct Finding {
    severity: String,
    message: String,
    fix: String,
}

struct Exam {
    day: String,
    time: String,
    title: String,
    candidates: String,
    servers: String,
    ready_by: String,
}

impl Page {
    /// Everything that is known now.
    pub(super) fn of(face: &Face) -> Self {
        let now = face.clock.now();
        let mut page = Self { sandbox: None, fleets: vec![], waiting: vec![] };
        for (name, fleet) in &face.fleets {
            match fleet.latest() {
                Some(latest) => page.fleets.push(Fleet::of(name, fleet, &latest, now)),
                None => page.waiting.push(name.to_string()),
            }
        }
        let zone = face.fleets.values().next().map_or(Tz::UTC, |fleet| fleet.zone);
        page.sandbox = face.sandbox.as_ref().map(|counters| Sandbox::of(&counters(), zone));
        page
    }
}

impl Sandbox {
    fn of(counters: &SandboxCounters, zone: Tz) -> Self {
        let number = |label, value, note: String| Number { label, value, note, bad: false };
        let harm = |label, value: u64, note: String| Number {
            label,
            value: grouped(value),
            note,
            bad: 0 < value,
        };
        let of = |count: u64| format!("of {}", grouped(count));
        Self {
            now: campus(counters.now, zone, "%A %-d %B %Y, %H:%M:%S %Z"),
            speed: format!("{}", counters.speed),
            counters: vec![
                harm("Late starts", counters.late_starts, of(counters.starts)),
                harm("Late submissions", counters.late_submissions, of(counters.submissions)),
                harm(
                    "Servers lost during exams",
                    counters.removed_during_attempts,
                    "while somebody was writing".into(),
                ),
                number(
                    "Server-hours used",
                    format!("{:.1}", counters.node_hours),
                    format!("a peak kept all the time: {:.1}", counters.static_peak_node_hours),
                ),
            ],
        }
    }
}

impl Fleet {
    fn of(name: &FleetName, fleet: &FleetFace, latest: &Snapshot, now: DateTime<Utc>) -> Self {
        let zone = fleet.zone;
        let posture = &latest.posture;
        let horizon = now + AHEAD;
        let coming: Vec<_> = latest
            .sittings
            .iter()
            .filter(|sitting| now < sitting.last_deadline() && sitting.span.start() < horizon)
            .collect();
        Self {
            name: name.to_string(),
            state: shown(posture.state),
            summary: posture.summary.clone(),
            now: campus(now, zone, "%A %-d %B, %H:%M %Z"),
            as_of: campus(posture.as_of, zone, "%H:%M:%S"),
            numbers: numbers(posture, zone),
            next: next(posture, zone, now),
            hold: hold(&posture.hold, zone),
            findings: posture.findings.iter().map(finding).collect(),
            timeline: Timeline::of(latest, now, zone),
            unlisted: coming.len().saturating_sub(LISTED),
            sources: posture.timetables.iter().map(|one| Source::of(one, now, zone)).collect(),
            exams: coming.iter().take(LISTED).map(|sitting| exam(sitting, latest, zone)).collect(),
        }
    }
}

const fn shown(state: State) -> Shown {
    let (word, shape, class) = match state {
        State::Unknown => ("Unknown", "?", "unknown"),
        State::Behind => ("Behind", "!", "behind"),
        State::Exam => ("Exam under way", "■", "exam"),
        State::Releasing => ("Winding down", "▽", "quiet"),
        State::Warming => ("Getting ready", "△", "warming"),
        State::Ready => ("Ready", "✓", "ready"),
        State::Quiet => ("Quiet", "○", "quiet"),
    };
    Shown { word, shape, class }
}

fn numbers(posture: &FleetPosture, zone: Tz) -> Vec<Number> {
    let short = posture.healthy.is_some_and(|healthy| healthy < posture.floor.ready);
    let attempts_note = posture.attempts_as_of.map_or_else(
        || "no count yet".into(),
        |as_of| format!("counted at {}", campus(as_of, zone, "%H:%M:%S")),
    );
    let connections = &posture.connections;
    vec![
        Number {
            label: "Web servers ready",
            value: nodes(posture.healthy),
            note: format!("{} needed now", posture.floor.ready),
            bad: short,
        },
        Number {
            label: "Web servers running",
            value: nodes(posture.in_service),
            note: format!("{} planned now, {} at most", posture.floor.planned, posture.ceiling),
            bad: false,
        },
        Number {
            label: "Students writing",
            value: posture.attempts.map_or_else(unknown, grouped),
            note: attempts_note,
            bad: false,
        },
        Number {
            label: "Database connections",
            value: connections.in_use.map_or_else(unknown, |count| grouped(count.into())),
            note: format!(
                "{} at the planned peak, {} usable",
                grouped(connections.planned_peak.into()),
                connections.usable.map_or_else(unknown, |count| grouped(count.into()))
            ),
            bad: false,
        },
    ]
}

fn next(posture: &FleetPosture, zone: Tz, now: DateTime<Utc>) -> Option<Next> {
    let next = posture.next_sitting.as_ref()?;
    Some(Next {
        title: next.title.clone(),
        starts: campus(next.starts_at, zone, "%A %-d %B, %H:%M %Z"),
        within: within(next.starts_at - now),
        candidates: counted(grouped(next.candidates.into()), "candidate"),
        servers: counted(next.nodes.to_string(), "web server"),
        ready: match next.ready {
            Some(true) => "all of them are ready",
            Some(false) => "not all of them are ready yet",
            None => "whether they are ready is unknown",
        },
    })
}

fn hold(hold: &HoldPosture, zone: Tz) -> Option<Hold> {
    hold.active.then(|| Hold {
        reasons: hold.reasons.clone(),
        until: hold.until.map_or_else(unknown, |until| campus(until, zone, "%H:%M %Z")),
    })
}

fn finding(finding: &crate::domain::Finding) -> Finding {
    let severity = match finding.severity {
        Severity::Info => "Note",
        Severity::Warning => "Warning",
        Severity::Critical => "Critical",
    };
    Finding {
        severity: severity.into(),
        message: finding.message.clone(),
        fix: finding.fix.clone(),
    }
}

fn exam(sitting: &Sitting, latest: &Snapshot, zone: Tz) -> Exam {
    let mut windows = latest.plan.windows.iter();
    let window = windows.find(|window| window.sittings.contains(&sitting.key));
    let (start, end) = (sitting.span.start(), sitting.span.end());
    Exam {
        day: campus(start, zone, "%a %-d %b"),
        time: format!("{}–{}", campus(start, zone, "%H:%M"), campus(end, zone, "%H:%M")),
        title: sitting.title.clone(),
        candidates: grouped(sitting.candidates.get().into()),
        servers: window.map_or_else(|| "not planned yet".into(), |w| w.nodes.to_string()),
        ready_by: window.map_or_else(|| "–".into(), |w| campus(w.ready_at, zone, "%H:%M")),
    }
}

fn unknown() -> String {
    "unknown".into()
}

fn nodes(count: Option<Nodes>) -> String {
    count.map_or_else(unknown, |count| count.to_string())
}

/// How far away a coming moment is, to the minute.
fn within(away: TimeDelta) -> String {
    let (days, hours, minutes) = (away.num_days(), away.num_hours() % 24, away.num_minutes() % 60);
    match (days, hours, minutes) {
        (..=0, ..=0, ..=0) => "now".into(),
        (..=0, ..=0, _) => format!("in {minutes} min"),
        (..=0, ..) => format!("in {hours} h {minutes:02} min"),
        (1, ..) => format!("in 1 day {hours} h"),
        _ => format!("in {days} days {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn how_far_away_is_told_to_the_minute() {
        for (minutes, text) in
            [(0, "now"), (9, "in 9 min"), (125, "in 2 h 05 min"), (1500, "in 1 day 1 h")]
        {
            assert_eq!(within(TimeDelta::minutes(minutes)), text);
        }
    }

    #[test]
    fn every_state_has_a_word_and_a_shape_of_its_own() {
        let states = [
            State::Unknown,
            State::Behind,
            State::Exam,
            State::Releasing,
            State::Warming,
            State::Ready,
            State::Quiet,
        ];
        let words: BTreeSet<_> = states.map(|state| shown(state).word).into();
        let shapes: BTreeSet<_> = states.map(|state| shown(state).shape).into();
        assert_eq!((words.len(), shapes.len()), (states.len(), states.len()));
    }

    #[test]
    fn a_count_that_is_not_known_is_a_word() {
        assert_eq!(nodes(None), "unknown");
    }
}
