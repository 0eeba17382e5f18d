//! When a recurring scheduled action runs: five fields of cron, in UTC (`PutScheduledUpdateGroupAction`, `Recurrence`).

use chrono::{DateTime, Datelike as _, TimeDelta, Utc};
use std::ops::RangeInclusive;

/// Minute, hour, day of the month, month, and day of the week with Sunday as 0 and 7.
const RANGES: [RangeInclusive<u32>; 5] = [0..=59, 0..=23, 1..=31, 1..=12, 0..=7];
/// `JAN` to `DEC`, from 1.
const MONTHS: &[&str] =
    &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
/// `SUN` to `SAT`, from 0.
const DAYS: &[&str] = &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
/// The 29th of February may be eight years away (1896 to 1904, and 2096 to 2104).
const SEARCHED: TimeDelta = TimeDelta::days(8 * 366);

/// A cron expression that was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Recurrence {
    text: String,
    minutes: Vec<u32>,
    hours: Vec<u32>,
    days: Vec<u32>,
    months: Vec<u32>,
    weekdays: Vec<u32>,
    /// Both kinds of days are restricted; then either will do.
    either_day: bool,
}

impl Recurrence {
    /// Five bare fields of numbers, ranges, lists and steps, or `*`; months and days of the week may be named. `None`
    /// is what AWS calls invalid: a wrapper, a `?`, a value out of its range.
    pub(in crate::sandbox) fn parse(text: &str) -> Option<Self> {
        let fields: Vec<_> = text.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = *fields else { return None };
        let [minutes, hours, days, months, weekdays] = &RANGES;
        Some(Self {
            text: text.to_owned(),
            minutes: values(minute, minutes, &[])?,
            hours: values(hour, hours, &[])?,
            days: values(day, days, &[])?,
            months: values(month, months, MONTHS)?,
            weekdays: values(weekday, weekdays, DAYS)?,
            either_day: day != "*" && weekday != "*",
        })
    }

    /// As it was written.
    pub(in crate::sandbox) fn as_str(&self) -> &str {
        &self.text
    }

    /// The first moment after `after`; `None` where there is none, as on the 30th of February.
    pub(in crate::sandbox) fn next(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let today = after.date_naive();
        let days = today.iter_days().take_while(|day| *day - today <= SEARCHED);
        let times = days.filter(|day| self.falls_on(*day)).flat_map(|day| {
            let hours = self.hours.iter();
            hours.flat_map(move |hour| {
                let minutes = self.minutes.iter();
                minutes.filter_map(move |minute| day.and_hms_opt(*hour, *minute, 0))
            })
        });
        times.map(|time| time.and_utc()).find(|time| after < *time)
    }

    fn falls_on(&self, day: chrono::NaiveDate) -> bool {
        let by_day = self.days.contains(&day.day());
        let weekday = day.weekday().num_days_from_sunday();
        let by_weekday = self.weekdays.iter().any(|one| one % 7 == weekday);
        let day_fits = if self.either_day { by_day || by_weekday } else { by_day && by_weekday };
        day_fits && self.months.contains(&day.month())
    }
}

/// The values of a field, in order.
fn values(field: &str, range: &RangeInclusive<u32>, names: &[&str]) -> Option<Vec<u32>> {
    let mut all = Vec::new();
    for part in field.split(',') {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => (span, step.parse::<usize>().ok().filter(|step| 0 < *step)?),
            None => (part, 1),
        };
        let number = |text: &str| {
            let named = names.iter().position(|name| name.eq_ignore_ascii_case(text));
            let named = named.and_then(|at| u32::try_from(at).ok()).map(|at| at + range.start());
            named.or_else(|| text.parse().ok()).filter(|number| range.contains(number))
        };
        let (first, last) = match span.split_once('-') {
            _ if span == "*" => (*range.start(), *range.end()),
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(span)?, number(span)?),
        };
        if last < first {
            return None;
        }
        all.extend((first..=last).step_by(step));
    }
    all.sort_unstable();
    all.dedup();
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Timelike as _;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn five_bare_fields_within_their_ranges_are_understood() {
        for good in ["0 8 * * *", "*/15 8-18 1,15 * 1-5", "30 6 * JAN mon-FRI", "0 0 31 12 7"] {
            assert!(Recurrence::parse(good).is_some(), "{good}");
        }
        for bad in [
            "cron(0 8 * * ? *)",
            "0 8 * * ?",
            "0 8 * *",
            "0 8 * * * *",
            "60 8 * * *",
            "0 24 * * *",
            "0 8 0 * *",
            "0 8 * 13 *",
            "0 8 * * 8",
            "*/0 8 * * *",
            "1-2-3 8 * * *",
            "5-2 8 * * *",
            "",
        ] {
            assert!(Recurrence::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn the_next_moment_follows_and_days_of_either_kind_will_do() {
        for (text, after, next) in [
            ("0 18 * * 1-5", "2026-11-27T18:00:00Z", "2026-11-30T18:00:00Z"),
            ("0 18 * * FRI", "2026-11-27T17:59:59Z", "2026-11-27T18:00:00Z"),
            ("*/20 * * * *", "2026-12-31T23:45:00Z", "2027-01-01T00:00:00Z"),
            ("0 0 13 * 5", "2026-11-28T00:00:00Z", "2026-12-04T00:00:00Z"),
            ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("0 9 * * 7", "2026-11-27T00:00:00Z", "2026-11-29T09:00:00Z"),
        ] {
            let recurrence = Recurrence::parse(text).unwrap();
            assert_eq!(recurrence.next(at(after)), Some(at(next)), "{text}");
        }
        let never = Recurrence::parse("0 0 30 2 *").unwrap();
        assert_eq!(never.next(at("2026-11-27T00:00:00Z")), None);
    }

    proptest! {
        /// The next moment is the first that fits, minute by minute.
        #[test]
        fn no_moment_is_passed_over(minute in 0..60_u32, hour in 0..24_u32, day in 1..8_u32, start in 0..600_000_i64) {
            let recurrence = Recurrence::parse(&format!("{minute} {hour} * * {day}")).unwrap();
            let after = at("2026-11-30T00:00:00Z") + TimeDelta::seconds(start);
            let next = recurrence.next(after).unwrap();
            prop_assert!(after < next && next - after <= TimeDelta::days(7));
            prop_assert_eq!((next.minute(), next.hour()), (minute, hour));
            prop_assert_eq!(next.weekday().num_days_from_sunday(), day % 7);
        }
    }
}
