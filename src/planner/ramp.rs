//! Coming up in steps: web servers that boot together connect to the database and mount the files together.

use super::Settings;
use super::cap::Cap;
use super::plan::bounds;
use crate::domain::{Nodes, Span, Window};
use chrono::{DateTime, TimeDelta, Utc};

/// No ramp is longer; it steepens instead.
pub(super) const LONGEST: TimeDelta = TimeDelta::minutes(30);

/// What a phase keeps is looked at for so long before a start.
const DAY: TimeDelta = TimeDelta::days(1);

/// How fast a fleet may come up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ramp {
    /// So many more web servers at a time, at least 1.
    pub step: Nodes,
    /// Time between two steps, whole minutes, at least one.
    pub every: TimeDelta,
}

/// The floors before the raises of `windows`, each from its moment on until the next of the same window.
///
/// The last step is the raise itself, which leaves booting its time, so a ramp begins earlier: nothing is ready later for
/// it. The steps of one ramp are as even as whole servers allow, so that more of them at the raise never mean fewer before.
pub(super) fn floors(
    windows: &[Window],
    settings: &Settings,
    cap: &Cap<'_>,
) -> Vec<(DateTime<Utc>, DateTime<Utc>, Nodes)> {
    let Some(Ramp { step, every }) = settings.lead.ramp else { return Vec::new() };
    let of_window = |window: &Window| {
        let base = usual(settings, cap, window.starts_at).get();
        let more = window.nodes.get().saturating_sub(base);
        let most = u32::try_from(LONGEST.num_minutes() / every.num_minutes().max(1)).unwrap_or(1);
        let steps = more.div_ceil(step.get().max(1)).min(most.max(1));
        let floor = move |done: u32| {
            let reached = u64::from(more) * u64::from(done);
            base + u32::try_from(reached.div_ceil(u64::from(steps))).unwrap_or(more)
        };
        let raise_at = window.raise_at;
        (1..steps).map(move |done| {
            let at = |done: u32| raise_at - every * i32::try_from(steps - done).unwrap_or(0);
            (at(done), at(done + 1), Nodes::new(floor(done)))
        })
    };
    windows.iter().flat_map(of_window).collect()
}

/// The greatest floor of the day before a start. A ramp begins from there: what the phase of the moment keeps depends on when
/// the raise is, and so on the need, which must not make a ramp lower where it is greater.
fn usual(settings: &Settings, cap: &Cap<'_>, starts_at: DateTime<Utc>) -> Nodes {
    let Some(day) = Span::new(starts_at - DAY, starts_at) else { return Nodes::ZERO };
    let moments = std::iter::once(day.start()).chain(settings.calendar.changes(day));
    moments.map(|at| bounds(settings, cap, at).0).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::fixture::{at, fleet, settings, sitting, sittings, span};
    use crate::planner::{check, plan};
    use chrono::Datelike as _;
    use proptest::prelude::*;

    fn ramped(step: u32) -> Settings {
        let mut settings = settings();
        settings.lead.ramp = Some(Ramp { step: Nodes::new(step), every: TimeDelta::minutes(1) });
        settings
    }

    #[test]
    fn a_fleet_comes_up_by_so_many_a_minute_and_is_there_at_the_raise() {
        let exam = [sitting("a", 540, 120, 4000)];
        let plan = plan(&fleet(), &exam, &ramped(5), span());
        let window = &plan.windows[0];
        let mut before = Nodes::new(2);
        let mut minute = window.raise_at - TimeDelta::minutes(40);
        while minute <= window.raise_at {
            let floor = plan.floor_at(minute);
            assert!(before <= floor && floor.minus(before) <= Nodes::new(5), "{minute}: {floor}");
            before = floor;
            minute += TimeDelta::minutes(1);
        }
        assert_eq!(before, window.nodes);
        assert_eq!(check(&plan, &exam, &ramped(5)), []);
        let reasons = &plan.step_at(window.raise_at - TimeDelta::minutes(1)).unwrap().reasons;
        assert!(reasons[0].contains("come up in steps"), "{reasons:?}");
    }

    #[test]
    fn a_ramp_that_would_last_too_long_steepens() {
        let exam = [sitting("a", 540, 120, 12_000)];
        let mut settings = ramped(1);
        settings.database.max_connections = None;
        let plan = plan(&fleet(), &exam, &settings, span());
        let window = &plan.windows[0];
        assert!(Nodes::new(32) < window.nodes);
        assert_eq!(plan.floor_at(window.raise_at - TimeDelta::minutes(31)), Nodes::new(2));
        assert!(Nodes::new(2) < plan.floor_at(window.raise_at - TimeDelta::minutes(29)));
    }

    /// With one more server the raise is a minute earlier, where the night still keeps less.
    #[test]
    fn a_raise_in_the_last_minute_of_the_night_ramps_from_what_the_day_keeps() {
        let mut settings = ramped(1);
        settings.lead.ramp = Some(Ramp { step: Nodes::new(1), every: TimeDelta::minutes(15) });
        settings.calendar.phases[0].floor = Nodes::new(8);
        let clock = |hour, minute| chrono::NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
        let days = vec![at(0).weekday()];
        let nights = crate::domain::Hours { days, from: clock(0, 0), until: clock(8, 29) };
        let night = crate::domain::Phase {
            hours: Some(nights),
            floor: Nodes::new(1),
            ..settings.calendar.phases[0].clone()
        };
        settings.calendar.phases.push(night);
        let floors = |candidates| {
            let plan = plan(&fleet(), &[sitting("a", 540, 60, candidates)], &settings, span());
            (0..540).map(|minute| plan.floor_at(at(minute))).collect::<Vec<_>>()
        };
        let mut before = floors(1_700);
        for candidates in (1_725..2_200).step_by(25) {
            let after = floors(candidates);
            let lower = before.iter().zip(&after).position(|(less, more)| more < less);
            assert_eq!(lower, None, "{candidates} candidates");
            before = after;
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// V7, with a ramp.
        #[test]
        fn more_candidates_never_give_a_smaller_floor(some in sittings(5), which in 0..5_usize) {
            let settings = ramped(4);
            let mut more = some.clone();
            let count = more.len().max(1);
            if let Some(one) = more.get_mut(which % count) {
                one.candidates = crate::domain::Candidates::new(one.candidates.get() + 900);
            }
            let (less, more) =
                (plan(&fleet(), &some, &settings, span()), plan(&fleet(), &more, &settings, span()));
            for minute in -1440..3 * 1440 {
                prop_assert!(less.floor_at(at(minute)) <= more.floor_at(at(minute)), "{minute}");
            }
        }
    }
}
