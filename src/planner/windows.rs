//! Sittings to blocks: whose windows touch or overlap share one floor, and a larger floor has a longer lead, so
//! joining goes on until nothing touches any more.

use super::lead::{lead, raise_at};
use super::need::{Need, Sizing};
use super::{Settings, ramp};
use crate::domain::{Nodes, Sitting, Span};
use chrono::{DateTime, TimeDelta, Utc};

/// Sittings with one floor from raise to release.
#[derive(Debug, Clone)]
pub(super) struct Block<'a> {
    /// Sorted by opening; never empty.
    pub(super) sittings: Vec<&'a Sitting>,
    /// What they need together.
    pub(super) need: Need,
    /// The floor rises.
    pub(super) raise_at: DateTime<Utc>,
    /// What booting asks for, before `at_least`.
    pub(super) lead: TimeDelta,
    /// The first sitting opens.
    pub(super) starts_at: DateTime<Utc>,
    /// The longest extra time of any sitting ends.
    pub(super) last_deadline: DateTime<Utc>,
    /// The earliest release.
    pub(super) release_at: DateTime<Utc>,
}

/// Sittings that must share a block whatever they need, because the least lead already makes them touch.
#[derive(Debug)]
struct Group<'a> {
    sittings: Vec<&'a Sitting>,
    last_deadline: DateTime<Utc>,
    /// The last deadline, or later the moment at which the last start has settled: no work goes on beyond.
    busy_until: DateTime<Utc>,
}

/// The blocks of `sittings`, which are sorted by opening; sorted by raise, and never touching.
pub(super) fn blocks<'a>(sittings: &[&'a Sitting], sizing: &Sizing<'_>) -> Vec<Block<'a>> {
    let mut blocks: Vec<Block<'a>> = Vec::new();
    for group in groups(sittings, sizing) {
        let mut block = Block::of(group, sizing);
        while let Some(before) = blocks.pop_if(|before| block.raise_at <= before.release_at) {
            block = before.joined(block, sizing);
        }
        blocks.push(block);
    }
    blocks
}

fn groups<'a>(sittings: &[&'a Sitting], sizing: &Sizing<'_>) -> Vec<Group<'a>> {
    let settings = sizing.settings;
    let settle = settings.demand.presses_last() + settings.allowed.at_start;
    let mut groups: Vec<Group<'a>> = Vec::new();
    for &sitting in sittings {
        let latest_raise = raise_at(sitting.opens_at(), &settings.lead, TimeDelta::zero());
        let deadline = sitting.last_deadline();
        let last_start =
            sitting.readings().map(Span::start).fold(sitting.opens_at(), DateTime::max);
        let busy_until = deadline.max(last_start + settle);
        match groups.last_mut() {
            Some(last) if latest_raise <= last.busy_until + settings.times.tail => {
                last.sittings.push(sitting);
                last.last_deadline = last.last_deadline.max(deadline);
                last.busy_until = last.busy_until.max(busy_until);
            }
            Some(_) | None => {
                let sittings = vec![sitting];
                groups.push(Group { sittings, last_deadline: deadline, busy_until });
            }
        }
    }
    groups
}

impl<'a> Block<'a> {
    fn of(group: Group<'a>, sizing: &Sizing<'_>) -> Self {
        let Group { sittings, last_deadline, busy_until: _ } = group;
        let need = sizing.need(&sittings);
        Self::with(sittings, need, last_deadline, sizing.settings)
    }

    /// Groups never run at the same time, so the greater need of both is the need of both.
    fn joined(self, later: Self, sizing: &Sizing<'_>) -> Self {
        let mut sittings = self.sittings;
        sittings.extend(later.sittings);
        let last_deadline = self.last_deadline.max(later.last_deadline);
        Self::with(sittings, self.need.max(later.need), last_deadline, sizing.settings)
    }

    fn with(
        sittings: Vec<&'a Sitting>,
        need: Need,
        last_deadline: DateTime<Utc>,
        settings: &Settings,
    ) -> Self {
        let lead = lead(&settings.lead, need.nodes.min(settings.hard_ceiling));
        let starts_at = sittings.first().map_or(last_deadline, |first| first.opens_at());
        Self {
            raise_at: raise_at(starts_at, &settings.lead, lead),
            release_at: last_deadline + settings.times.tail,
            sittings,
            need,
            lead,
            starts_at,
            last_deadline,
        }
    }

    /// From the first web server that comes up for it to its release.
    pub(super) fn span(&self, settings: &Settings) -> Span {
        let ramp = settings.lead.ramp.map_or(TimeDelta::zero(), |_| ramp::LONGEST);
        Span::new(self.raise_at - ramp, self.release_at).expect("what is raised is released later")
    }

    /// Candidates of all its sittings.
    pub(super) fn candidates(&self) -> u64 {
        self.sittings.iter().map(|sitting| u64::from(sitting.candidates.get())).sum()
    }

    /// The floor before any cap: the need and the spares.
    pub(super) fn wanted(&self, spares: Nodes) -> Nodes {
        self.need.nodes.plus(spares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::fixture::{at, settings, sitting};
    use std::slice::from_ref;

    fn of(sittings: &[Sitting]) -> Vec<(usize, i64, i64, u32)> {
        let settings = settings();
        let sizing = Sizing::new(&settings);
        let sittings: Vec<_> = sittings.iter().collect();
        let minute = |moment: DateTime<Utc>| (moment - at(0)).num_minutes();
        let read = |block: &Block<'_>| {
            let (raise, release) = (minute(block.raise_at), minute(block.release_at));
            (block.sittings.len(), raise, release, block.need.nodes.get())
        };
        blocks(&sittings, &sizing).iter().map(read).collect()
    }

    #[test]
    fn sittings_far_apart_have_blocks_of_their_own() {
        let found = of(&[sitting("a", 540, 60, 400), sitting("b", 840, 60, 400)]);
        assert_eq!(found.iter().map(|block| block.0).collect::<Vec<_>>(), [1, 1]);
        assert_eq!(found[0].2, 615);
    }

    #[test]
    fn windows_that_touch_become_one_block_with_the_greatest_need() {
        let [small, large] = [sitting("a", 540, 60, 400), sitting("b", 640, 60, 2000)];
        let (alone, joined) = (of(from_ref(&large)), of(&[small, large]));
        assert_eq!(joined.len(), 1);
        assert_eq!((joined[0].0, joined[0].2), (2, 715));
        assert!(alone[0].3 <= joined[0].3);
    }

    #[test]
    fn a_long_sitting_reaches_over_the_short_ones_that_follow_it() {
        let long = sitting("long", 540, 400, 100);
        let found = of(&[long, sitting("b", 600, 10, 10), sitting("c", 900, 10, 10)]);
        assert_eq!(found.iter().map(|block| block.0).collect::<Vec<_>>(), [3]);
    }

    /// Two readings of one sitting, as a change of the clocks or two sets of zone rules give them.
    #[test]
    fn a_block_spans_every_reading_and_needs_what_one_of_them_needs() {
        let certain = sitting("a", 540, 60, 2000);
        let mut doubtful = certain.clone();
        doubtful.other_readings = vec![Span::new(at(600), at(660)).unwrap()];
        let (one, both) = (of(from_ref(&certain)), of(from_ref(&doubtful)));
        assert_eq!((both[0].1, both[0].2), (one[0].1, 660 + 15));
        assert_eq!(both[0].3, one[0].3);
        doubtful.other_readings = vec![Span::new(at(480), at(540)).unwrap()];
        assert_eq!(of(from_ref(&doubtful))[0].1, one[0].1 - 60);
        // It may start together with what starts at the other time.
        let other = sitting("b", 480, 30, 2000);
        let apart = of(&[other.clone(), certain])[0].3;
        assert!(apart < of(&[other, doubtful])[0].3);
    }

    /// What differs in how many readings it has may still start together.
    #[test]
    fn doubtful_sittings_are_moved_alike_whatever_else_is_doubtful_about_them() {
        let later = |from: i64| Span::new(at(from + 60), at(from + 120)).unwrap();
        let [mut one, mut other] = [sitting("a", 540, 60, 2000), sitting("b", 540, 60, 2000)];
        let together = of(&[one.clone(), other.clone()])[0].3;
        other.span = later(540);
        one.other_readings = vec![later(540)];
        other.other_readings = vec![Span::new(at(480), at(540)).unwrap()];
        assert!(together <= of(&[other.clone(), one.clone()])[0].3);
        let many = (1..20).map(|minute| Span::new(at(540 + minute), at(600 + minute)).unwrap());
        one.other_readings = many.collect();
        assert!(together <= of(&[one, other])[0].3, "too many to try: all at once");
    }
}
