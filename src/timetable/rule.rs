//! Recurrence rules: screened as text, expanded on the wall clock, bounded in every direction.
//!
//! The arithmetic is the `rrule` crate's. It sees wall-clock time labelled UTC, so that no zone and no change of
//! clocks is its business, and it never sees a rule that could exhaust memory before the first result
//! (<https://github.com/jens-maus/node-ical/issues/542> tells of one).

use super::screen::Screened;
use chrono::{Datelike as _, NaiveDateTime, TimeDelta, TimeZone as _};
use icalendar::UnvalidatedRRule;
use std::iter;
use std::ops::Range;

/// The `rrule` crate gives a rule up after 100,000 steps without a result (`MAX_ITER_LOOP`), or in this year.
const LAST_YEAR: i32 = 10_000;
/// The Gregorian calendar repeats after so many years, which are whole weeks. A rule is worked out as late as that
/// allows: one without a date is then given up after some hundred years instead of eight thousand.
const CYCLE: (i32, TimeDelta) = (400, TimeDelta::days(146_097));
/// Rules of a file that may turn out to have no date: some milliseconds each, where others take less than one.
const DRY_RULES: u32 = 3;
/// Steps that all rules of a file may take together, each some 0.2 us; and as many more for each event.
const STEPS: u64 = 500_000;
const STEPS_AN_EVENT: u64 = 300;
/// However large the file.
const MOST_STEPS: u64 = 20_000_000;
/// What an instance costs of them, for the memory it takes.
const STEPS_AN_INSTANCE: u64 = 20;

/// Which instances are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// None before.
    pub(super) from: NaiveDateTime,
    /// None after.
    pub(super) until: NaiveDateTime,
    /// No more than these.
    pub(super) instances: usize,
}

/// What the rules of one file may still cost.
#[derive(Debug)]
pub(super) struct Budget {
    steps: u64,
    dry_rules: u32,
}

impl Budget {
    /// Of a file with so many events.
    pub(super) fn of(events: usize) -> Self {
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        let steps = STEPS.saturating_add(events.saturating_mul(STEPS_AN_EVENT)).min(MOST_STEPS);
        Self { steps, dry_rules: DRY_RULES }
    }

    fn check(&self, screened: &Screened, start: NaiveDateTime) -> Result<(), String> {
        if self.steps == 0 {
            return Err("the rules of this file together ask for too much".into());
        }
        if self.dry_rules == 0 && screened.may_have_none(start) {
            return Err(
                "it may name days that never come, such as 30 February, as other rules of this file do".into(),
            );
        }
        Ok(())
    }

    fn spend(&mut self, steps: u64, dry: bool) {
        self.steps = self.steps.saturating_sub(steps);
        self.dry_rules = self.dry_rules.saturating_sub(u32::from(dry));
    }
}

/// What became of a rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expansion {
    /// Wall-clock starts, ascending.
    pub(super) starts: Vec<NaiveDateTime>,
    /// Whether there were more than wanted.
    pub(super) too_many: bool,
    /// Whether it has no date at all, in bounds or out of them.
    pub(super) never: bool,
}

/// Expands a rule from `start`, up to `until` if it names an end.
///
/// # Errors
/// Why the rule is refused, as the end of a sentence.
pub(super) fn expand(
    screened: &Screened,
    start: NaiveDateTime,
    until: Option<NaiveDateTime>,
    bounds: Bounds,
    budget: &mut Budget,
) -> Result<Expansion, String> {
    budget.check(screened, start)?;
    let first = screened.begin(start, bounds.from);
    if let Some(step) = screened.step() {
        let even = iter::successors(Some(first), |last| last.checked_add_signed(step));
        return Ok(kept(even, screened, first..start, until, bounds, budget));
    }
    let rule: UnvalidatedRRule =
        screened.text.parse().map_err(|error| format!("it cannot be read ({error})"))?;
    let later = CYCLE.1 * ((LAST_YEAR - 1 - bounds.until.year()) / CYCLE.0).max(0);
    let begins = first.checked_add_signed(later).ok_or("it begins too late")?;
    let set = rule
        .build(icalendar::rrule::Tz::UTC.from_utc_datetime(&begins))
        .map_err(|error| format!("it makes no sense ({error})"))?
        .limit();
    let results = (&set).into_iter().map(|at| at.naive_utc() - later);
    Ok(kept(results, screened, first..start, until, bounds, budget))
}

/// What counts of the results of a rule; those `before` its start do not, nor what lies out of bounds.
fn kept(
    results: impl Iterator<Item = NaiveDateTime>,
    screened: &Screened,
    before: Range<NaiveDateTime>,
    until: Option<NaiveDateTime>,
    bounds: Bounds,
    budget: &mut Budget,
) -> Expansion {
    let mut expansion = Expansion { starts: Vec::new(), too_many: false, never: false };
    let (mut last, mut steps, mut counted, mut dry) = (before.start, 1u64, 0u64, true);
    for at in results {
        (last, steps) = (at, steps + 1);
        if at < before.end {
            continue;
        }
        counted += 1;
        let ended = until.is_some_and(|until| until < at);
        expansion.never |= counted == 1 && ended;
        let over =
            screened.count.is_some_and(|count| count < counted) || bounds.until < at || ended;
        expansion.too_many =
            !over && bounds.from <= at && expansion.starts.len() == bounds.instances;
        if over || expansion.too_many {
            dry = false;
            break;
        }
        if bounds.from <= at {
            expansion.starts.push(at);
        }
    }
    dry &= screened.count.is_none_or(|count| counted < count);
    expansion.never |= dry && counted == 0;
    let periods = (last - before.start).num_seconds() / screened.unit.seconds();
    let instances = expansion.starts.len() as u64 * STEPS_AN_INSTANCE;
    budget.spend(steps + u64::try_from(periods).unwrap_or_default() + instances, dry);
    expansion
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timetable::times::Written;
    use chrono::NaiveDate;
    use proptest::prelude::*;

    fn at(year: i32, month: u32, day: u32) -> NaiveDateTime {
        NaiveDate::from_ymd_opt(year, month, day).unwrap().and_hms_opt(9, 0, 0).unwrap()
    }

    fn expand_from(text: &str, start: NaiveDateTime) -> Result<Expansion, String> {
        let bounds = Bounds { from: at(2026, 11, 1), until: at(2027, 11, 1), instances: 100 };
        let rule = Screened::of(text, 512)?;
        let until = rule.until.map(|until| match until {
            Written::Date(day) => day.and_hms_opt(23, 59, 59).unwrap(),
            Written::Local(at) | Written::Utc(at) => at,
        });
        expand(&rule, start, until, bounds, &mut Budget::of(0))
    }

    fn days(text: &str) -> Vec<String> {
        let starts = expand_from(text, at(2026, 11, 30)).unwrap().starts;
        starts.iter().map(|at| at.format("%m%d").to_string()).collect()
    }

    #[test]
    fn a_rule_ends_where_it_says() {
        assert_eq!(days("FREQ=WEEKLY;COUNT=3"), ["1130", "1207", "1214"]);
        assert_eq!(days("FREQ=DAILY;UNTIL=20261202"), ["1130", "1201", "1202"]);
        assert_eq!(days("FREQ=DAILY;UNTIL=20261202T140000Z"), ["1130", "1201", "1202"]);
        assert_eq!(days("FREQ=DAILY;UNTIL=20261202T085959"), ["1130", "1201"]);
        assert_eq!(days("FREQ=DAILY;UNTIL=20200101"), [""; 0]);
        assert_eq!(days("freq=weekly;byday=mo,we;x-note=a;count=3;"), ["1130", "1202", "1207"]);
        assert_eq!(days("FREQ=WEEKLY;BYDAY=MO, WE; COUNT=3"), ["1130", "1202", "1207"]);
    }

    #[test]
    fn places_are_counted_in_the_whole_first_week() {
        let from_wednesday = |text: &str| {
            let starts = expand_from(text, at(2026, 12, 2)).unwrap().starts;
            starts.iter().map(|at| at.format("%m%d").to_string()).collect::<Vec<_>>()
        };
        let second = "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYSETPOS=2";
        assert_eq!(from_wednesday(&format!("{second};COUNT=3")), ["1202", "1209", "1216"]);
        assert_eq!(from_wednesday(&format!("{second};UNTIL=20261209")), ["1202", "1209"]);
        let first = "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO,FR;BYSETPOS=1;COUNT=2";
        assert_eq!(from_wednesday(first), ["1214", "1228"]);
        assert_eq!(from_wednesday(&format!("{first};WKST=SU")), ["1213", "1227"]);
    }

    #[test]
    fn years_gone_by_are_skipped_in_phase() {
        let starts = expand_from("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SA;WKST=SU", at(1970, 1, 5))
            .unwrap()
            .starts;
        assert!(starts.len() > 50 && starts[0] >= at(2026, 11, 1));
        let near = expand_from("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SA;WKST=SU", at(2026, 10, 12))
            .unwrap()
            .starts;
        assert_eq!(starts, near, "1970-01-05 and 2026-10-12 are an even number of weeks apart");
    }

    #[test]
    fn rules_that_no_exam_needs_are_refused() {
        let list = |to: u32| (1..=to).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
        let bomb =
            format!("FREQ=YEARLY;BYMONTH={};BYHOUR={};BYMINUTE={}", list(12), list(23), list(59));
        for text in [
            bomb.as_str(),
            "",
            "FREQ=SECONDLY",
            "FREQ=HOURLY",
            "FREQ=MINUTELY;COUNT=5",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;INTERVAL=70000",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;UNTIL=soon",
            "FREQ=DAILY\nRRULE:FREQ=SECONDLY",
            "FREQ=DAILY;FREQ=WEEKLY",
            "FREQ=DAILY;BYSPELL=1",
            "hello",
        ] {
            assert!(expand_from(text, at(2026, 11, 30)).is_err(), "{text}");
        }
    }

    #[test]
    fn more_than_wanted_is_said() {
        let expansion = expand_from("FREQ=DAILY", at(2026, 11, 30)).unwrap();
        assert_eq!((expansion.starts.len(), expansion.too_many), (100, true));
    }

    /// What of `rules` is refused, all of them in one file.
    fn refused<'r>(rules: &[&'r str], budget: &mut Budget) -> Vec<(&'r str, String)> {
        let bounds = Bounds { from: at(2026, 11, 1), until: at(2027, 11, 1), instances: 100 };
        let refused = rules.iter().filter_map(|text| {
            let rule = Screened::of(text, 512).unwrap();
            let refused = expand(&rule, at(2026, 11, 2), None, bounds, budget);
            refused.err().map(|why| (*text, why))
        });
        refused.collect()
    }

    const DRY: [&str; 6] = [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
        "FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6",
    ];

    #[test]
    fn rules_without_a_date_cost_those_with_dates_nothing() {
        let mut budget = Budget::of(0);
        let refused_then = refused(&DRY, &mut budget);
        assert_eq!(refused_then.len(), 3, "{refused_then:?}");
        assert!(refused_then.iter().all(|(_, why)| why.contains("never come")));
        let good = [
            "FREQ=WEEKLY;COUNT=8",
            "FREQ=DAILY;INTERVAL=3",
            "FREQ=DAILY;BYDAY=MO,WE",
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;WKST=SU",
            "FREQ=MONTHLY;BYDAY=1MO,-1FR",
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "FREQ=MONTHLY;BYMONTHDAY=15,31",
            "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28",
            "FREQ=YEARLY;BYMONTH=6;BYDAY=2TU;BYHOUR=9,14",
        ];
        assert_eq!(refused(&good, &mut budget), []);
    }

    #[test]
    fn one_rule_without_a_date_is_read_as_what_it_is() {
        for text in DRY {
            let rule = Screened::of(text, 512).unwrap();
            assert!(rule.may_have_none(at(2026, 11, 2)), "{text}");
            assert_eq!(refused(&[text], &mut Budget::of(0)), [], "{text}");
        }
        let rule = Screened::of("FREQ=YEARLY;BYMONTH=2", 512).unwrap();
        assert!(rule.may_have_none(at(2026, 11, 30)) && !rule.may_have_none(at(2026, 11, 28)));
    }

    #[test]
    fn years_of_results_before_the_horizon_use_up_the_budget() {
        let rule = Screened::of("FREQ=YEARLY;BYDAY=MO,TU,WE,TH,FR;COUNT=999999", 512).unwrap();
        let bounds = Bounds { from: at(2026, 11, 1), until: at(2027, 11, 1), instances: 500 };
        let mut budget = Budget::of(0);
        let expanded = || expand(&rule, at(1600, 1, 3), None, bounds, &mut budget);
        let read = iter::repeat_with(expanded).take(10).filter(Result::is_ok).count();
        assert_eq!(read, 5);
    }

    proptest! {
        /// A rule that counts further than anybody looks is gone through from its start.
        #[test]
        fn a_rule_by_the_year_gives_the_same_when_years_gone_by_are_skipped(
            parts in "(BYDAY=(-1SU|2MO|FR);BYMONTH=[1-9]|BYMONTHDAY=(-1|15|30,2)|BYMONTH=[1-9]|BYDAY=MO,TU;BYSETPOS=-1)",
            interval in 1..5u32,
            days_ago in 0..40_000i64,
        ) {
            let start = at(2026, 12, 31) - TimeDelta::days(days_ago);
            let skipping = format!("FREQ=YEARLY;INTERVAL={interval};{parts}");
            let counting = format!("{skipping};COUNT=100000");
            prop_assert_eq!(expand_from(&skipping, start), expand_from(&counting, start));
        }

        /// What is counted here comes out as the crate works it out, which the weekday of the start, or its hour, makes it do.
        #[test]
        fn even_rules_are_counted_as_the_crate_does(
            freq in "(DAILY|WEEKLY)",
            interval in 1..30u32,
            count in prop::option::of(1..60u32),
            days_ago in -400..20_000i64,
            week_start in "(MO|TU|SU)",
        ) {
            let start = at(2026, 12, 31) - TimeDelta::days(days_ago);
            let count = count.map_or_else(String::new, |count| format!(";COUNT={count}"));
            let even = format!("FREQ={freq};INTERVAL={interval};WKST={week_start}{count}");
            prop_assert!(Screened::of(&even, 512).unwrap().step().is_some());
            let uneven = format!("{even};BYHOUR=9");
            prop_assert!(Screened::of(&uneven, 512).unwrap().step().is_none());
            prop_assert_eq!(expand_from(&even, start), expand_from(&uneven, start));
        }

        #[test]
        fn no_rule_of_legal_characters_panics(
            freq in "(DAILY|WEEKLY|MONTHLY|YEARLY)",
            parts in prop::collection::vec(
                "(BYDAY=(-?[1-5])?(MO|SU)|BYMONTHDAY=-?[1-3]?[0-9]|BYSETPOS=-?[0-9]{1,3}|BYWEEKNO=-?[0-9]{1,2}|BYYEARDAY=-?[0-9]{1,3}|BYHOUR=[0-9]{1,2}|BYMONTH=[0-9]{1,2}|INTERVAL=[0-9]{1,3}|COUNT=[0-9]|WKST=SU)",
                0..3,
            ),
        ) {
            let text = format!("FREQ={freq};{};COUNT=5", parts.join(";"));
            if let Ok(expansion) = expand_from(&text, at(2026, 11, 30)) {
                prop_assert!(expansion.starts.is_sorted());
            }
        }
    }
}
