//! The campus day that contains now, as a drawing and as the table that is its data.

use crate::domain::{Nodes, Sitting, Span, counted, day_begins, day_ends};
use crate::http::campus;
use crate::tasks::Snapshot;
use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// The drawing's own units; the page scales it.
pub(super) const WIDTH: f64 = 960.0;
/// Midnight, and the next one.
pub(super) const LEFT: f64 = 44.0;
pub(super) const RIGHT: f64 = WIDTH - 14.0;
/// The counts end here, left of the first midnight.
pub(super) const COUNTS: f64 = LEFT - 8.0;
/// Above the greatest count there is room for the time that is now.
pub(super) const NOW: f64 = 12.0;
pub(super) const TOP: f64 = 24.0;
/// Where zero servers stands.
pub(super) const BASE: f64 = 214.0;
/// The hours are written below it.
pub(super) const HOURS: f64 = BASE + 18.0;
const LANES: f64 = 244.0;
const LANE: f64 = 26.0;
/// A bar's height, and how far below its upper edge its title stands.
pub(super) const BAR: f64 = 21.0;
const TITLE_BELOW: f64 = 15.0;
/// Exams side by side that are drawn; the table has all.
const MOST_LANES: usize = 8;
/// A letter of a bar's title, generously.
const LETTER: f64 = 7.0;
/// Room left and right of a title.
const PADDING: f64 = 7.0;
/// A title has at least this much room, beyond its bar if need be.
const TITLE: f64 = 200.0;

/// One day.
pub(super) struct Timeline {
    pub(super) day: String,
    /// The conclusion in one sentence, for who does not see the drawing.
    pub(super) conclusion: String,
    pub(super) height: String,
    /// The planned floor as a closed path.
    pub(super) area: String,
    /// Its upper edge.
    pub(super) edge: String,
    pub(super) counts: Vec<Tick>,
    pub(super) hours: Vec<Tick>,
    pub(super) bars: Vec<Bar>,
    pub(super) now: String,
    pub(super) now_label: String,
    /// Web servers running now, if known.
    pub(super) running: Option<Tick>,
    pub(super) rows: Vec<Row>,
    /// Exams of the day that found no room.
    pub(super) undrawn: usize,
}

/// A place on an axis.
pub(super) struct Tick {
    pub(super) at: String,
    pub(super) label: String,
}

/// One exam, from its start to its end and on to the longest extra time.
pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) text_y: String,
    pub(super) text_x: String,
    pub(super) width: String,
    pub(super) full_width: String,
    /// What fits.
    pub(super) label: String,
    pub(super) title: String,
}

/// One step of the plan.
pub(super) struct Row {
    pub(super) from: String,
    pub(super) servers: String,
    pub(super) why: String,
}

/// From a moment and a count to a place.
struct Scale {
    day: Span,
    most: f64,
}

impl Scale {
    fn x(&self, at: DateTime<Utc>) -> f64 {
        let at = at.clamp(self.day.start(), self.day.end());
        let part = (at - self.day.start()).as_seconds_f64() / self.day.duration().as_seconds_f64();
        LEFT + part * (RIGHT - LEFT)
    }

    fn y(&self, nodes: u32) -> f64 {
        BASE - f64::from(nodes) / self.most * (BASE - TOP)
    }
}

impl Timeline {
    /// `None` for a day that the calendar cannot hold.
    pub(super) fn of(latest: &Snapshot, now: DateTime<Utc>, zone: Tz) -> Option<Self> {
        let day = campus_day(now, zone)?;
        let running = latest.posture.in_service.map(Nodes::get);
        let steps = steps(latest, day);
        let peak = steps.iter().map(|(_, floor, _)| *floor).max().unwrap_or(0);
        let top = peak.max(running.unwrap_or(0)).max(4);
        let scale = Scale { day, most: f64::from(top) * 1.1 };
        let (edge, area) = paths(&steps, &scale);
        let exams: Vec<_> =
            latest.sittings.iter().filter(|sitting| reach(sitting).overlaps(day)).collect();
        let (bars, lanes, undrawn) = bars(&exams, &scale);
        let date = campus(now, zone, "%A %-d %B %Y");
        Some(Self {
            conclusion: format!(
                "{} on {date}; at most {} planned, {} running at {}.",
                counted(exams.len().to_string(), "exam"),
                counted(peak.to_string(), "web server"),
                running.map_or("an unknown number".into(), |count| count.to_string()),
                campus(now, zone, "%H:%M")
            ),
            day: date,
            height: place(LANES + LANE * lane_number(lanes) + 8.0),
            area,
            edge,
            counts: counts(top, &scale),
            hours: hours(day, zone, &scale),
            bars,
            now: place(scale.x(now)),
            now_label: campus(now, zone, "%H:%M"),
            running: running
                .map(|count| Tick { at: place(scale.y(count)), label: format!("{count} running") }),
            rows: rows(&steps, zone),
            undrawn,
        })
    }
}

/// From one campus midnight to the next: 23, 24 or 25 hours.
fn campus_day(now: DateTime<Utc>, zone: Tz) -> Option<Span> {
    let date = now.with_timezone(&zone).date_naive();
    Span::new(day_begins(date, zone)?, day_ends(date, zone)?)
}

/// The plan's steps that hold during the day, the first from its begin on.
fn steps(latest: &Snapshot, day: Span) -> Vec<(DateTime<Utc>, u32, String)> {
    let first = latest.plan.step_at(day.start()).into_iter();
    let later = latest.plan.steps.iter().filter(|s| day.start() < s.at && day.contains(s.at));
    let steps = first.chain(later);
    steps.map(|s| (s.at.max(day.start()), s.floor.get(), s.reasons.join(" "))).collect()
}

/// The upper edge of the floor, and the closed area below it.
fn paths(steps: &[(DateTime<Utc>, u32, String)], scale: &Scale) -> (String, String) {
    let mut edge = String::new();
    for (at, floor, _) in steps {
        let (x, y) = (place(scale.x(*at)), place(scale.y(*floor)));
        edge += &if edge.is_empty() { format!("M{x} {y}") } else { format!("H{x}V{y}") };
    }
    if edge.is_empty() {
        return (edge.clone(), edge);
    }
    edge += &format!("H{}", place(RIGHT));
    let area = format!("{edge}V{BASE}H{LEFT}Z");
    (edge, area)
}

/// About four round counts, zero among them.
fn counts(top: u32, scale: &Scale) -> Vec<Tick> {
    let step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1_000];
    let step = step.into_iter().find(|step| top / step <= 4).unwrap_or(top / 4);
    let tick = |count: u32| Tick { at: place(scale.y(count)), label: count.to_string() };
    (0..=top / step).map(|index| tick(index * step)).collect()
}

/// Every third hour of the campus clock.
fn hours(day: Span, zone: Tz, scale: &Scale) -> Vec<Tick> {
    let begin = day.start().with_timezone(&zone).date_naive().and_time(NaiveTime::MIN);
    let hours = (3..24).step_by(3).filter_map(|hour| {
        let at = zone.from_local_datetime(&(begin + TimeDelta::hours(hour))).earliest()?.to_utc();
        Some(Tick { at: place(scale.x(at)), label: campus(at, zone, "%H:%M") })
    });
    hours.collect()
}

/// From the start to the end of the longest extra time.
fn reach(sitting: &Sitting) -> Span {
    Span::new(sitting.span.start(), sitting.last_deadline()).unwrap_or(sitting.span)
}

/// Bars in as few lanes as keep them and their titles apart; how many lanes, and how many exams found none.
fn bars(exams: &[&Sitting], scale: &Scale) -> (Vec<Bar>, usize, usize) {
    let mut ends: Vec<f64> = Vec::new();
    let (mut bars, mut undrawn) = (Vec::new(), 0);
    for sitting in exams {
        let begin = scale.x(sitting.span.start());
        let free = ends.iter().position(|end| *end <= begin);
        if free.is_none() && ends.len() == MOST_LANES {
            undrawn += 1;
            continue;
        }
        let lane = free.unwrap_or(ends.len());
        let (bar, end) = bar(sitting, LANES + LANE * lane_number(lane), scale);
        bars.push(bar);
        match ends.get_mut(lane) {
            Some(last) => *last = end,
            None => ends.push(end),
        }
    }
    (bars, ends.len(), undrawn)
}

/// At most [`MOST_LANES`].
fn lane_number(lane: usize) -> f64 {
    u8::try_from(lane).map_or(0.0, f64::from)
}

/// A bar, and where it and its title end. A short bar's title goes on beside it.
fn bar(sitting: &Sitting, y: f64, scale: &Scale) -> (Bar, f64) {
    let (x, end) = (scale.x(sitting.span.start()), scale.x(sitting.span.end()));
    let full = scale.x(sitting.last_deadline());
    let room = (full - x).max(TITLE).min(WIDTH - x);
    let (label, used) = fitting(&sitting.title, room - 2.0 * PADDING);
    let bar = Bar {
        x: place(x),
        y: place(y),
        text_x: place(x + PADDING),
        text_y: place(y + TITLE_BELOW),
        width: place((end - x).max(2.0)),
        full_width: place((full - x).max(2.0)),
        label,
        title: sitting.title.clone(),
    };
    (bar, full.max(x + used + 2.0 * PADDING))
}

/// As much of a title as has room, with an ellipsis where it is cut, and how wide that is.
fn fitting(title: &str, room: f64) -> (String, f64) {
    let mut text = String::new();
    let mut used = 0.0;
    for letter in title.chars() {
        if room < used + LETTER {
            if text.pop().is_some() {
                text.push('…');
            }
            break;
        }
        used += LETTER;
        text.push(letter);
    }
    (text, used)
}

fn rows(steps: &[(DateTime<Utc>, u32, String)], zone: Tz) -> Vec<Row> {
    let row = |(at, floor, why): &(DateTime<Utc>, u32, String)| Row {
        from: campus(*at, zone, "%H:%M"),
        servers: floor.to_string(),
        why: why.clone(),
    };
    steps.iter().map(row).collect()
}

/// A coordinate, to a tenth.
fn place(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day_of(text: &str) -> Span {
        campus_day(text.parse().unwrap(), Tz::Europe__London).unwrap()
    }

    #[test]
    fn a_day_has_the_hours_that_the_campus_clock_gives_it() {
        assert_eq!(day_of("2026-11-30T09:00:00Z").duration(), TimeDelta::hours(24));
        assert_eq!(day_of("2026-03-29T09:00:00Z").duration(), TimeDelta::hours(23));
        assert_eq!(day_of("2026-10-25T09:00:00Z").duration(), TimeDelta::hours(25));
        assert_eq!(day_of("2026-06-01T23:30:00Z"), day_of("2026-06-02T12:00:00Z"));
    }

    #[test]
    fn a_day_that_begins_after_midnight_still_has_one() {
        let now = "2018-11-04T12:00:00Z".parse().unwrap();
        let day = campus_day(now, Tz::America__Sao_Paulo).unwrap();
        assert_eq!(day.duration(), TimeDelta::hours(23));
    }

    #[test]
    fn a_title_is_cut_where_the_room_ends() {
        assert_eq!(fitting("Law", 100.0), ("Law".into(), 21.0));
        assert_eq!(fitting("Constitutional Law", 70.0), ("Constitut…".into(), 70.0));
        assert_eq!(fitting("Law", 3.0), (String::new(), 0.0));
    }

    #[test]
    fn the_counts_are_round_and_few() {
        let scale = Scale { day: day_of("2026-11-30T09:00:00Z"), most: 40.0 };
        for (top, labels) in
            [(4, "0 1 2 3 4"), (9, "0 2 4 6 8"), (37, "0 10 20 30"), (80, "0 20 40 60 80")]
        {
            let ticks: Vec<_> = counts(top, &scale).into_iter().map(|tick| tick.label).collect();
            assert_eq!(ticks.join(" "), labels);
        }
    }
}
