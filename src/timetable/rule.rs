//! Recurrence rules: screened as text, expanded on the wall clock, bounded in every direction.
//!
//! The arithmetic is the `rrule` crate's. It sees wall-clock time labelled UTC, so that no zone and no change of
//! clocks is its business, and it never sees a rule that could exhaust memory before the first result
//! (<https://github.com/jens-maus/node-ical/issues/542> tells of one).

use super::screen::Screened;
use chrono::{NaiveDateTime, TimeZone};
use icalendar::UnvalidatedRRule;

/// What a rule without a result costs. The `rrule` crate gives it up after 100,000 steps (`MAX_ITER_LOOP`), each of them
/// up to a year that is gone through in vain: a tenth of a second, as long as ten times as many steps with results.
const DRY_STEPS: u64 = 1_000_000;
/// Steps that all rules of a file may take together: some seconds.
const STEPS: u64 = 20_000_000;
/// What an instance costs of them, for the memory it takes: a file has a million at most.
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
pub(super) struct Budget(u64);

impl Default for Budget {
    fn default() -> Self {
        Self(STEPS)
    }
}

/// What became of a rule.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Expansion {
    /// Wall-clock starts, ascending.
    pub(super) starts: Vec<NaiveDateTime>,
    /// Whether there were more than wanted.
    pub(super) too_many: bool,
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
    if budget.0 == 0 {
        return Err("the rules of this file together ask for too much".into());
    }
    let first = screened.begin(start, bounds.from);
    let rule: UnvalidatedRRule =
        screened.text.parse().map_err(|error| format!("it cannot be read ({error})"))?;
    let set = rule
        .build(icalendar::rrule::Tz::UTC.from_utc_datetime(&first))
        .map_err(|error| format!("it makes no sense ({error})"))?
        .limit();
    let mut expansion = Expansion { starts: Vec::new(), too_many: false };
    let (mut last, mut results, mut dry) = (first, 0u64, true);
    for at in &set {
        last = at.naive_utc();
        if last < start {
            continue;
        }
        results += 1;
        if screened.count.is_some_and(|count| count < results) {
            dry = false;
            break;
        }
        if last > bounds.until || until.is_some_and(|until| last > until) {
            dry = false;
            break;
        }
        if last >= bounds.from {
            if expansion.starts.len() == bounds.instances {
                (expansion.too_many, dry) = (true, false);
                break;
            }
            expansion.starts.push(last);
        }
    }
    dry &= screened.count.is_none_or(|count| results < count);
    let seconds = u64::try_from((last - first).num_seconds()).unwrap_or_default();
    let steps = 1 + seconds / screened.unit.seconds() + if dry { DRY_STEPS } else { 0 };
    let kept = expansion.starts.len() as u64 * STEPS_AN_INSTANCE;
    budget.0 = budget.0.saturating_sub(steps + kept);
    Ok(expansion)
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
        expand(&rule, start, until, bounds, &mut Budget::default())
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

    #[test]
    fn hundreds_of_rules_without_a_result_are_not_all_tried() {
        let rule = Screened::of("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 512).unwrap();
        let bounds = Bounds { from: at(2026, 11, 1), until: at(2027, 11, 1), instances: 100 };
        let mut budget = Budget::default();
        expand(&rule, at(2026, 11, 30), None, bounds, &mut budget).unwrap();
        assert!(budget.0 <= STEPS - STEPS / 20, "{} of {STEPS} steps are left", budget.0);
    }

    #[test]
    fn rules_without_a_result_use_up_the_budget() {
        let rule = Screened::of("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", 512).unwrap();
        let bounds = Bounds { from: at(2026, 11, 1), until: at(2027, 11, 1), instances: 100 };
        let mut budget = Budget(DRY_STEPS);
        let mut again = || expand(&rule, at(2026, 11, 30), None, bounds, &mut budget);
        assert_eq!(again().unwrap().starts, []);
        assert!(again().unwrap_err().contains("too much"));
    }

    proptest! {
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
