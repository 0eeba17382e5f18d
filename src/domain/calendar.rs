//! The academic calendar: which phase holds when.

use super::{Dates, Finding, Nodes, Phase, Span, Tracking, campus_minute};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::BTreeSet;

/// The academic calendar of one fleet.
#[derive(Debug, Clone, PartialEq)]
pub struct Calendar {
    /// The campus zone, in which hours are meant.
    pub zone: Tz,
    /// Each phase before its hours; one of them, at least, holds at any moment.
    pub phases: Vec<Phase>,
    /// What is doubtful about the dates of its phases.
    pub doubts: Vec<Finding>,
}

/// What the calendar says of a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseAt<'a> {
    /// The phase that holds, as far as is known.
    pub phase: &'a Phase,
    /// The greatest floor of those that hold or may.
    pub floor: Nodes,
    /// The greatest ceiling of those.
    pub ceiling: Nodes,
    /// Its target, or a lower one of the same metric of another of those.
    pub tracking: Tracking,
}

impl Calendar {
    /// What holds at a moment: phases with dates before the one without; of each, certain hours before the rest of the day;
    /// of several alike the one with the greatest floor. A phase whose dates nobody can tell may always hold, so nothing
    /// goes below its bounds. `None` where no phase holds.
    pub fn at(&self, moment: DateTime<Utc>) -> Option<PhaseAt<'_>> {
        let inside = |phase: &&Phase| {
            phase.hours.as_ref().is_some_and(|hours| hours.contain(moment, self.zone))
        };
        let given: Vec<_> = self
            .wholes()
            .filter_map(|whole| {
                let (day, hours) = whole.split_first()?;
                let hours = hours.iter().filter(inside).max_by_key(|phase| phase.floor);
                Some((holds(day, moment)?, hours.unwrap_or(day)))
            })
            .collect();
        let known = given.iter().filter(|(holds, _)| *holds != Holds::Perhaps);
        let (holds, phase) = *known.max_by_key(|(holds, phase)| (*holds, phase.floor))?;
        let counts = |other: &Holds| *other == holds || *other == Holds::Perhaps;
        let alike = given.iter().filter(|(other, _)| counts(other)).map(|(_, phase)| *phase);
        let Phase { floor, ceiling, tracking, .. } = *phase;
        let start = PhaseAt { phase, floor, ceiling, tracking };
        Some(alike.fold(start, |at, other| PhaseAt {
            floor: at.floor.max(other.floor),
            ceiling: at.ceiling.max(other.ceiling),
            tracking: at.tracking.lower(other.tracking),
            ..at
        }))
    }

    /// Each phase with its hours behind it.
    fn wholes(&self) -> impl Iterator<Item = &[Phase]> {
        self.phases.chunk_by(|_, next| next.hours.is_some())
    }

    /// A moment as the campus reads it.
    pub fn minute(&self, at: DateTime<Utc>) -> String {
        campus_minute(at, self.zone)
    }

    /// Every moment inside `span` at which another phase may begin to hold.
    pub fn changes(&self, span: Span) -> BTreeSet<DateTime<Utc>> {
        let dates = self.phases.iter().flat_map(|phase| phase.dates.changes());
        let hours = self.phases.iter().filter_map(|phase| phase.hours.as_ref());
        let hours = hours
            .flat_map(|hours| hours.within(span, self.zone))
            .flat_map(|span| [span.start(), span.end()]);
        let inside = |at: &DateTime<Utc>| span.start() < *at && *at < span.end();
        dates.chain(hours).filter(inside).collect()
    }

    /// The greatest background of any phase that holds or may in `span`, vCPU; `usual` for phases that say nothing.
    pub fn background(&self, span: Span, usual: f64) -> f64 {
        let touches = |phase: &&Phase| match &phase.dates {
            Dates::Otherwise | Dates::Unknown => true,
            Dates::Within(spans) => spans.iter().any(|dates| dates.overlaps(span)),
        };
        let held = self.phases.iter().filter(touches);
        held.map(|phase| phase.background_vcpu.unwrap_or(usual)).fold(0.0, f64::max)
    }
}

/// How surely a phase holds; the surer, the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    /// Nobody knows its dates.
    Perhaps,
    /// Where no phase with dates does.
    Otherwise,
    Surely,
}

/// `None` where a phase surely does not hold.
fn holds(phase: &Phase, moment: DateTime<Utc>) -> Option<Holds> {
    match &phase.dates {
        Dates::Otherwise => Some(Holds::Otherwise),
        Dates::Unknown => Some(Holds::Perhaps),
        Dates::Within(spans) => {
            spans.iter().any(|span| span.contains(moment)).then_some(Holds::Surely)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Hours, Share};
    use chrono::{NaiveTime, TimeDelta, Weekday};
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}:00Z").parse().unwrap()
    }

    fn span(from: &str, until: &str) -> Span {
        Span::new(at(from), at(until)).unwrap()
    }

    fn phase(name: &str, dates: Dates, floor: u32) -> Phase {
        Phase {
            name: name.into(),
            dates,
            hours: None,
            floor: Nodes::new(floor),
            ceiling: Nodes::new(10 * floor),
            tracking: Tracking::Cpu(Share::ALL),
            background_vcpu: None,
        }
    }

    fn hours(days: &[Weekday], from: u32, until: u32) -> Hours {
        let clock = |hour| NaiveTime::from_hms_opt(hour % 24, 0, 0).unwrap();
        Hours { days: days.to_vec(), from: clock(from), until: clock(until) }
    }

    const WEEK: [Weekday; 7] = [
        Weekday::Mon,
        Weekday::Tue,
        Weekday::Wed,
        Weekday::Thu,
        Weekday::Fri,
        Weekday::Sat,
        Weekday::Sun,
    ];

    /// Teaching with nights and weekends, and an exam season from Saturday 2027-05-01 to the end of the month.
    fn calendar() -> Calendar {
        let with = |name, hours, floor| Phase {
            hours: Some(hours),
            ..phase(name, Dates::Otherwise, floor)
        };
        Calendar {
            zone: Tz::Europe__London,
            phases: vec![
                phase("teaching", Dates::Otherwise, 4),
                with("teaching, nights", hours(&WEEK, 22, 6), 1),
                with("teaching, weekends", hours(&[Weekday::Sat, Weekday::Sun], 0, 24), 2),
                phase(
                    "exams",
                    Dates::Within(vec![span("2027-04-30T23:00", "2027-05-31T23:00")]),
                    6,
                ),
            ],
            doubts: Vec::new(),
        }
    }

    fn name(calendar: &Calendar, moment: &str) -> String {
        calendar.at(at(moment)).unwrap().phase.name.clone()
    }

    #[test]
    fn nights_and_weekends_go_before_the_rest_of_their_phase_and_dates_before_those() {
        let calendar = calendar();
        // Campus time is an hour ahead of these.
        for (moment, expected) in [
            ("2027-04-21T12:00", "teaching"),
            ("2027-04-21T20:59", "teaching"),
            ("2027-04-21T21:00", "teaching, nights"),
            ("2027-04-22T04:59", "teaching, nights"),
            ("2027-04-22T05:00", "teaching"),
            ("2027-04-24T12:00", "teaching, weekends"),
            // A night of the weekend: the greater floor of both.
            ("2027-04-25T01:00", "teaching, weekends"),
            ("2027-05-02T01:00", "exams"),
            ("2027-05-31T23:00", "teaching, nights"),
        ] {
            assert_eq!(name(&calendar, moment), expected, "{moment}");
        }
    }

    /// Term files have the season inside the semester.
    #[test]
    fn a_night_of_the_semester_is_none_of_the_season_inside_it() {
        let mut calendar = calendar();
        let semester = Dates::Within(vec![span("2027-01-11T00:00", "2027-05-29T00:00")]);
        let mut nights = phase("semester, nights", semester.clone(), 1);
        nights.hours = Some(hours(&WEEK, 22, 6));
        calendar.phases.splice(0..0, [phase("semester", semester, 4), nights]);
        for (moment, expected) in [
            ("2027-04-22T01:00", ("semester, nights", 1)),
            ("2027-05-04T01:00", ("exams", 6)),
            ("2027-05-04T12:00", ("exams", 6)),
        ] {
            let held = calendar.at(at(moment)).unwrap();
            assert_eq!((&*held.phase.name, held.floor.get()), expected, "{moment}");
        }
    }

    #[test]
    fn a_night_keeps_to_the_clock_on_the_wall_when_clocks_change() {
        let calendar = calendar();
        let night = |from, until| {
            let nights = calendar.phases[1].hours.clone().unwrap();
            let all: Vec<_> = nights.within(span(from, until), calendar.zone).collect();
            (all.len(), all[0].duration())
        };
        // Forward on 2027-03-28, back on 2027-10-31.
        assert_eq!(night("2027-03-27T23:00", "2027-03-28T04:00"), (1, TimeDelta::hours(7)));
        assert_eq!(night("2027-10-30T22:00", "2027-10-31T04:00"), (1, TimeDelta::hours(9)));
    }

    #[test]
    fn an_hour_that_comes_twice_or_not_at_all_is_inside_as_a_whole() {
        let early = Hours { days: WEEK.to_vec(), ..hours(&[], 1, 2) };
        let lasts = |day: &str| early.on(day.parse().unwrap(), Tz::Europe__London);
        assert_eq!(lasts("2027-10-31").unwrap().duration(), TimeDelta::hours(2));
        assert_eq!(lasts("2027-03-28"), None, "01:00 and 02:00 are one moment");
    }

    #[test]
    fn a_phase_of_unknown_dates_may_always_hold() {
        let mut calendar = calendar();
        calendar.phases[3].dates = Dates::Unknown;
        calendar.phases[3].background_vcpu = Some(40.0);
        calendar.phases[3].tracking = Tracking::Cpu(Share::new(0.4).unwrap());
        let night = calendar.at(at("2027-04-22T02:00")).unwrap();
        assert_eq!(night.phase.name, "teaching, nights");
        assert_eq!((night.floor, night.ceiling), (Nodes::new(6), Nodes::new(60)));
        assert_eq!(night.tracking, Tracking::Cpu(Share::new(0.4).unwrap()));
        let day = span("2027-04-21T12:00", "2027-04-21T13:00");
        assert_eq!(calendar.background(day, 2.0), 40.0);
    }

    #[test]
    fn the_background_is_that_of_the_busiest_phase_touched() {
        let mut calendar = calendar();
        calendar.phases[3].background_vcpu = Some(40.0);
        let [before, into] = ["2027-04-30T22:00", "2027-04-30T23:01"];
        assert_eq!(calendar.background(span("2027-04-30T12:00", before), 2.0), 2.0);
        assert_eq!(calendar.background(span("2027-04-30T12:00", into), 2.0), 40.0);
    }

    proptest! {
        /// What holds changes only where a change is told.
        #[test]
        fn between_two_changes_the_same_holds(minute in 0..525_600_i64, length in 1..4_000_i64) {
            let calendar = calendar();
            let start = at("2027-01-01T00:00") + TimeDelta::minutes(minute);
            let span = Span::new(start, start + TimeDelta::minutes(length)).unwrap();
            let mut changes = calendar.changes(span);
            changes.insert(span.start());
            for probe in (0..length).step_by(7).map(|m| start + TimeDelta::minutes(m)) {
                let since = changes.range(..=probe).next_back().unwrap();
                prop_assert_eq!(calendar.at(probe), calendar.at(*since), "{}", probe);
            }
        }
    }
}
