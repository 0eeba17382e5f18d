//! Recurrence rules by arithmetic of our own: every day of every period is looked at, and kept if the rule's words say
//! so (RFC 5545 section 3.3.10). Slow and plain on purpose.

use super::calendar::{
    DAY, Day, Local, compact, compact_day, date, day, days_of, nth_weekday, weekday,
};
use super::zone::{UTC, Zone};
use std::collections::BTreeSet;

/// What a rule counts by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Every {
    /// DAILY.
    Day,
    /// WEEKLY.
    Week,
    /// MONTHLY.
    Month,
    /// YEARLY.
    Year,
}

/// Where a rule ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Last {
    /// COUNT.
    Count(usize),
    /// UNTIL in UTC: a time on the wall clock of the series, which is written in UTC.
    Utc(Local),
    /// UNTIL without `Z`.
    Local(Local),
    /// UNTIL as a date.
    Day(Day),
    /// Never.
    Never,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    /// FREQ.
    pub(crate) every: Every,
    /// INTERVAL, from 1.
    pub(crate) interval: i64,
    /// BYDAY: 0 for any of them or an ordinal, and a weekday from Monday, 0.
    pub(crate) days: Vec<(i64, i64)>,
    /// BYMONTHDAY.
    pub(crate) month_days: Vec<i64>,
    /// BYMONTH.
    pub(crate) months: Vec<i64>,
    /// BYSETPOS.
    pub(crate) positions: Vec<i64>,
    /// WKST: the weekday that weeks begin on.
    pub(crate) week_start: i64,
    /// COUNT or UNTIL.
    pub(crate) last: Last,
}

const NAMES: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
/// Days after the begin of a series that are looked at.
const HORIZON: Day = 3 * 366;

impl Rule {
    /// The first day of the period that holds `of`, and of the one after it; `index` counts periods.
    fn period(&self, of: Day, index: i64) -> (Day, Day) {
        let step = index * self.interval;
        let (year, month, _) = date(of);
        let month_begin = |months: i64| {
            let whole = year * 12 + month - 1 + months;
            day(whole.div_euclid(12), whole.rem_euclid(12) + 1, 1)
        };
        match self.every {
            Every::Day => (of + step, of + step + 1),
            Every::Week => {
                let begin = of - (weekday(of) - self.week_start).rem_euclid(7) + 7 * step;
                (begin, begin + 7)
            }
            Every::Month => (month_begin(step), month_begin(step + 1)),
            Every::Year => (day(year + step, 1, 1), day(year + step + 1, 1, 1)),
        }
    }

    /// Whether a day is one that the rule names.
    fn names(&self, one: Day, start: Day) -> bool {
        let (year, month, of_month) = date(one);
        let from_end = of_month - days_of(year, month) - 1;
        let in_month = self.months.is_empty() || self.months.contains(&month);
        let month_day = |wanted: &i64| *wanted == of_month || *wanted == from_end;
        let by_month_day = self.month_days.is_empty() || self.month_days.iter().any(month_day);
        let by_day =
            self.days.is_empty() || self.days.iter().any(|wanted| self.is_weekday(one, *wanted));
        in_month && by_month_day && by_day && self.as_the_start(one, start)
    }

    fn is_weekday(&self, one: Day, (nth, wanted): (i64, i64)) -> bool {
        let (year, month, _) = date(one);
        if nth == 0 {
            return weekday(one) == wanted;
        }
        let (first, days) = if self.every == Every::Year && self.months.is_empty() {
            (day(year, 1, 1), day(year + 1, 1, 1) - day(year, 1, 1))
        } else {
            (day(year, month, 1), days_of(year, month))
        };
        nth_weekday(first, days, wanted, nth) == Some(one)
    }

    /// What a rule does not say it takes from DTSTART.
    fn as_the_start(&self, one: Day, start: Day) -> bool {
        if !self.days.is_empty() || !self.month_days.is_empty() {
            return true;
        }
        let ((_, month, of_month), (_, first_month, first_of_month)) = (date(one), date(start));
        match self.every {
            Every::Day => true,
            Every::Week => weekday(one) == weekday(start),
            Every::Month => of_month == first_of_month,
            Every::Year => {
                of_month == first_of_month && (!self.months.is_empty() || month == first_month)
            }
        }
    }

    /// The days of the rule from `start` on; `start` need not be one of them.
    fn all_days(&self, start: Day) -> Vec<Day> {
        let mut found = Vec::new();
        for index in 0.. {
            let (from, to) = self.period(start, index);
            if from > start + HORIZON {
                break;
            }
            let named: Vec<Day> = (from..to).filter(|one| self.names(*one, start)).collect();
            let chosen: BTreeSet<Day> = if self.positions.is_empty() {
                named.into_iter().collect()
            } else {
                let length = i64::try_from(named.len()).unwrap_or_default();
                let at =
                    |position: &i64| if *position > 0 { position - 1 } else { length + position };
                let places =
                    self.positions.iter().map(at).filter_map(|at| usize::try_from(at).ok());
                places.filter_map(|at| named.get(at).copied()).collect()
            };
            found.extend(chosen.into_iter().filter(|one| *one >= start));
        }
        found
    }

    /// The first day on or after `from` that a series by this rule could begin on.
    pub(crate) fn first_day(&self, from: Day) -> Day {
        self.all_days(from).first().copied().unwrap_or(from)
    }

    /// Wall-clock starts of a series that begins at `start`.
    pub(crate) fn starts(&self, start: Local) -> Vec<Local> {
        let (first, time) = (start.div_euclid(DAY), start.rem_euclid(DAY));
        let days = self.all_days(first).into_iter().map(|one| one * DAY + time);
        match self.last {
            Last::Count(count) => days.take(count).collect(),
            Last::Utc(last) | Last::Local(last) => days.take_while(|at| *at <= last).collect(),
            Last::Day(last) => days.take_while(|at| at.div_euclid(DAY) <= last).collect(),
            Last::Never => days.collect(),
        }
    }

    /// The text of it, for a series in a zone.
    pub(crate) fn text(&self, zone: &Zone) -> String {
        let list = |values: &[i64]| values.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let every = match self.every {
            Every::Day => "DAILY",
            Every::Week => "WEEKLY",
            Every::Month => "MONTHLY",
            Every::Year => "YEARLY",
        };
        let mut text = format!("FREQ={every}");
        if self.interval > 1 {
            text += &format!(";INTERVAL={}", self.interval);
        }
        for (name, values) in [
            ("BYMONTH", &self.months),
            ("BYMONTHDAY", &self.month_days),
            ("BYSETPOS", &self.positions),
        ] {
            if !values.is_empty() {
                text += &format!(";{name}={}", list(values));
            }
        }
        if !self.days.is_empty() {
            let name = |(nth, day): &(i64, i64)| {
                let name = NAMES[usize::try_from(*day).unwrap_or_default()];
                if *nth == 0 { name.to_owned() } else { format!("{nth}{name}") }
            };
            text += &format!(";BYDAY={}", self.days.iter().map(name).collect::<Vec<_>>().join(","));
        }
        if self.week_start != 0 {
            let name = NAMES[usize::try_from(self.week_start).unwrap_or_default()];
            text += &format!(";WKST={name}");
        }
        text + &match self.last {
            Last::Count(count) => format!(";COUNT={count}"),
            Last::Utc(last) => format!(";UNTIL={}Z", compact(UTC.local(zone.read(last).by_rfc()))),
            Last::Local(last) => format!(";UNTIL={}", compact(last)),
            Last::Day(last) => format!(";UNTIL={}", compact_day(last * DAY)),
            Last::Never => String::new(),
        }
    }
}

#[cfg(test)]
fn plain(every: Every) -> Rule {
    Rule {
        every,
        interval: 1,
        days: vec![],
        month_days: vec![],
        months: vec![],
        positions: vec![],
        week_start: 0,
        last: Last::Count(4),
    }
}

/// Examples of RFC 5545 section 3.8.5.3, moved to the time without changes of clocks.
#[test]
fn the_examples_of_the_standard_come_out() {
    let check = |rule: &Rule, text: &str, expected: &[(i64, i64, i64)]| {
        let start = expected[0];
        let starts = rule.starts(day(start.0, start.1, start.2) * DAY);
        assert_eq!(starts.iter().map(|at| date(at / DAY)).collect::<Vec<_>>(), expected, "{text}");
        assert_eq!(rule.text(&UTC), text);
    };
    let rule = Rule { interval: 10, ..plain(Every::Day) };
    let days = [(1997, 9, 2), (1997, 9, 12), (1997, 9, 22), (1997, 10, 2)];
    check(&rule, "FREQ=DAILY;INTERVAL=10;COUNT=4", &days);
    let (tuesday, sunday) = ((0, 1), (0, 6));
    let rule = Rule { interval: 2, days: vec![tuesday, sunday], ..plain(Every::Week) };
    let days = [(1997, 8, 5), (1997, 8, 10), (1997, 8, 19), (1997, 8, 24)];
    check(&rule, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;COUNT=4", &days);
    let rule = Rule { week_start: 6, ..rule };
    let days = [(1997, 8, 5), (1997, 8, 17), (1997, 8, 19), (1997, 8, 31)];
    check(&rule, "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU;COUNT=4", &days);
    let rule = Rule { days: vec![(-2, 0)], ..plain(Every::Month) };
    let days = [(1997, 9, 22), (1997, 10, 20), (1997, 11, 17), (1997, 12, 22)];
    check(&rule, "FREQ=MONTHLY;BYDAY=-2MO;COUNT=4", &days);
    let rule = Rule { month_days: vec![-3], ..plain(Every::Month) };
    let days = [(1997, 9, 28), (1997, 10, 29), (1997, 11, 28), (1997, 12, 29)];
    check(&rule, "FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=4", &days);
    let rule = Rule { days: vec![(20, 0)], last: Last::Count(2), ..plain(Every::Year) };
    check(&rule, "FREQ=YEARLY;BYDAY=20MO;COUNT=2", &[(1997, 5, 19), (1998, 5, 18)]);
    let weekdays = (0..5).map(|day| (0, day)).collect();
    let rule = Rule { days: weekdays, positions: vec![-2], ..plain(Every::Month) };
    let days = [(1997, 9, 29), (1997, 10, 30), (1997, 11, 27), (1997, 12, 30)];
    check(&rule, "FREQ=MONTHLY;BYSETPOS=-2;BYDAY=MO,TU,WE,TH,FR;COUNT=4", &days);
}
