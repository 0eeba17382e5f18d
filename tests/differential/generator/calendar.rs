//! Days and wall-clock times by arithmetic of our own: whole numbers, counted from 1970-01-01.

/// A day, counted from 1970-01-01.
pub(crate) type Day = i64;
/// A time on a wall clock: seconds from 1970-01-01T00:00:00 on that clock.
pub(crate) type Local = i64;

/// Seconds of a day.
pub(crate) const DAY: i64 = 86_400;
/// Seconds of an hour.
pub(crate) const HOUR: i64 = 3_600;

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// How many days a month has; months count from 1.
pub(crate) const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 => {
            if is_leap(year) {
                29
            } else {
                28
            }
        }
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// 29 Februaries up to the end of a year.
const fn leap_days(year: i64) -> i64 {
    year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400)
}

/// The day of a date.
pub(crate) fn day(year: i64, month: i64, of_month: i64) -> Day {
    let years = 365 * (year - 1970) + leap_days(year - 1) - leap_days(1969);
    years + (1..month).map(|month| days_of(year, month)).sum::<i64>() + of_month - 1
}

/// Year, month and day of month.
pub(crate) fn date(number: Day) -> (i64, i64, i64) {
    // Early by a year or so.
    let mut year = 1969 + number.div_euclid(365).min(number.div_euclid(366));
    while day(year + 1, 1, 1) <= number {
        year += 1;
    }
    let (mut month, mut rest) = (1, number - day(year, 1, 1));
    while rest >= days_of(year, month) {
        rest -= days_of(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

/// 0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday.
pub(crate) const fn weekday(day: Day) -> i64 {
    (day + 3).rem_euclid(7)
}

/// The first, second, ... (from 1) or last, last but one, ... (from -1) such weekday of a range of days.
pub(crate) fn nth_weekday(first: Day, days: i64, wanted: i64, nth: i64) -> Option<Day> {
    let all: Vec<Day> = (first..first + days).filter(|day| weekday(*day) == wanted).collect();
    let index = if nth > 0 { nth - 1 } else { i64::try_from(all.len()).ok()? + nth };
    all.get(usize::try_from(index).ok()?).copied()
}

/// `20261130T090000`.
pub(crate) fn compact(local: Local) -> String {
    let (year, month, of_month) = date(local.div_euclid(DAY));
    let rest = local.rem_euclid(DAY);
    let (hour, minute, second) = (rest / HOUR, rest % HOUR / 60, rest % 60);
    format!("{year:04}{month:02}{of_month:02}T{hour:02}{minute:02}{second:02}")
}

/// `20261130`.
pub(crate) fn compact_day(local: Local) -> String {
    compact(local)[..8].to_owned()
}

#[test]
fn days_are_counted_right() {
    assert_eq!((day(1970, 1, 1), day(2000, 3, 1), day(1969, 12, 31)), (0, 11_017, -1));
    let mut date_by_counting = (1850, 1, 1);
    for number in day(1850, 1, 1)..day(2110, 1, 1) {
        assert_eq!(date(number), date_by_counting);
        let (year, month, of_month) = date_by_counting;
        date_by_counting = match (of_month == days_of(year, month), month) {
            (false, _) => (year, month, of_month + 1),
            (true, 12) => (year + 1, 1, 1),
            (true, _) => (year, month + 1, 1),
        };
    }
    assert_eq!(weekday(day(2026, 11, 30)), 0);
    assert_eq!(nth_weekday(day(2027, 3, 1), 31, 6, -1), Some(day(2027, 3, 28)));
    assert_eq!(compact(day(2026, 11, 30) * DAY + 9 * HOUR), "20261130T090000");
}
