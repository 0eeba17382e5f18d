//! Days as the campus counts them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;

/// The first and the last moment at which the campus clock shows a time: two where clocks are put back; where they are put
/// forward over it, the first half hour after it that there is. `None` for a time that the zone left out with its whole day.
pub(super) fn clock_shows(time: NaiveDateTime, zone: Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    // Clocks jump by half an hour at the least and, but for days left out, by two hours at the most.
    (0..=4).find_map(|jump| {
        let time = time.checked_add_signed(TimeDelta::minutes(30 * jump))?;
        let shown = zone.from_local_datetime(&time);
        Some((shown.earliest()?.to_utc(), shown.latest()?.to_utc()))
    })
}

/// The first moment of a campus day; a day without a midnight begins when its clock does. `None` for a day that the
/// zone left out or the calendar cannot hold.
pub fn day_begins(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    clock_shows(day.and_time(NaiveTime::MIN), zone).map(|(first, _)| first)
}

/// The first moment after a campus day. `None` as for [`day_begins`], asked of the day that follows.
pub fn day_ends(day: NaiveDate, zone: Tz) -> Option<DateTime<Utc>> {
    day_begins(day.succ_opt()?, zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(year: i32, month: u32, day: u32, zone: Tz) -> Option<String> {
        let day = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        day_begins(day, zone).map(|begin| begin.to_rfc3339())
    }

    #[test]
    fn a_day_whose_midnight_is_skipped_begins_when_its_clock_does() {
        let begin = begins(2025, 9, 7, Tz::America__Santiago);
        assert_eq!(begin.as_deref(), Some("2025-09-07T04:00:00+00:00"));
    }

    #[test]
    fn a_day_whose_midnight_comes_twice_begins_at_the_first() {
        let begin = begins(2025, 11, 2, Tz::America__Havana);
        assert_eq!(begin.as_deref(), Some("2025-11-02T04:00:00+00:00"));
    }

    #[test]
    fn a_day_that_the_zone_left_out_does_not_begin() {
        assert_eq!(begins(2011, 12, 30, Tz::Pacific__Apia), None);
        assert_eq!(
            day_begins(NaiveDate::MAX, Tz::UTC).and(day_ends(NaiveDate::MAX, Tz::UTC)),
            None
        );
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let day = NaiveDate::from_ymd_opt(2026, 10, 25).unwrap();
        let [begin, end] = [day_begins, day_ends].map(|of| of(day, Tz::Europe__London).unwrap());
        assert_eq!(end - begin, TimeDelta::hours(25));
    }
}
