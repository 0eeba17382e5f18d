//! Date-times and durations as written, and what they mean on a campus clock.

use chrono::{
    DateTime, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc,
};
use chrono_tz::Tz;

/// The longest length that is believed, in days; more is a misprint.
const LONGEST_DAYS: i64 = 36_500;

/// A DATE or DATE-TIME as it stands in the file (RFC 5545 sections 3.3.4 and 3.3.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Written {
    /// A day without a time.
    Date(NaiveDate),
    /// A wall-clock time; the zone stands elsewhere.
    Local(NaiveDateTime),
    /// A time with `Z`.
    Utc(NaiveDateTime),
}

impl Written {
    /// Reads `20261130`, `20261130T090000`, `20261130T090000Z`; also without seconds, with the hyphens and colons
    /// of ISO 8601, in lower case, and `T240000`, which is midnight at the end of that day.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let text: String = value
            .trim()
            .chars()
            .filter(|c| !matches!(c, '-' | ':'))
            .collect::<String>()
            .to_ascii_uppercase();
        if !text.is_ascii() {
            return None;
        }
        let (date, time) = match text.split_once('T') {
            Some((date, time)) => (date, Some(time)),
            None => (text.as_str(), None),
        };
        let day = day(date)?;
        let Some(time) = time else { return Some(Self::Date(day)) };
        match time.strip_suffix('Z') {
            Some(time) => Some(Self::Utc(at(day, time)?)),
            None => Some(Self::Local(at(day, time)?)),
        }
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    let number = |range: std::ops::Range<usize>| digits(text.get(range)?);
    if text.len() != 8 {
        return None;
    }
    let year = i32::try_from(number(0..4)?).ok()?;
    NaiveDate::from_ymd_opt(year, number(4..6)?, number(6..8)?)
}

fn at(day: NaiveDate, text: &str) -> Option<NaiveDateTime> {
    let (hour, minute) = (digits(text.get(0..2)?)?, digits(text.get(2..4)?)?);
    let second = match text.len() {
        4 => 0,
        6 => digits(&text[4..])?,
        _ => return None,
    };
    if (hour, minute, second) == (24, 0, 0) {
        return Some(day.checked_add_days(Days::new(1))?.and_time(NaiveTime::MIN));
    }
    // A leap second is the second before it.
    day.and_hms_opt(hour, minute, if second == 60 { 59 } else { second })
}

fn digits(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// How long an event lasts: days by the calendar, the rest by the stop-watch (RFC 5545 section 3.3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length {
    days: Days,
    exact: TimeDelta,
}

impl Length {
    /// A length by the stop-watch.
    pub(super) const fn exact(exact: TimeDelta) -> Self {
        Self { days: Days::new(0), exact }
    }

    /// Reads `PT2H30M`, `P1D`, `P1W`; `None` for anything else and for a negative one.
    pub(super) fn parse(value: &str) -> Option<Self> {
        let upper = value.trim().to_ascii_uppercase();
        let text = upper.strip_prefix('+').unwrap_or(&upper).strip_prefix('P')?;
        let (mut days, mut seconds, mut number, mut in_time) = (0i64, 0i64, None::<i64>, false);
        for c in text.chars() {
            if let Some(digit) = c.to_digit(10) {
                let longer = number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit))?;
                number = Some(longer);
            } else if c == 'T' && number.is_none() {
                in_time = true;
            } else {
                let count = number.take()?;
                match (c, in_time) {
                    ('W', false) => days = days.checked_add(count.checked_mul(7)?)?,
                    ('D', false) => days = days.checked_add(count)?,
                    ('H', true) => seconds = seconds.checked_add(count.checked_mul(3_600)?)?,
                    ('M', true) => seconds = seconds.checked_add(count.checked_mul(60)?)?,
                    ('S', true) => seconds = seconds.checked_add(count)?,
                    _ => return None,
                }
            }
        }
        let believed = days <= LONGEST_DAYS && seconds <= LONGEST_DAYS * 86_400;
        let days = Days::new(u64::try_from(days).ok()?);
        (believed && number.is_none()).then_some(Self { days, exact: TimeDelta::seconds(seconds) })
    }
}

/// A wall-clock time on the line of time. When the clocks change, one written time can be read twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment {
    /// What RFC 5545 section 3.3.5 says: the first of two, or the offset before a gap.
    pub(super) by_rfc: DateTime<Utc>,
    /// The earlier reading.
    pub(super) earliest: DateTime<Utc>,
    /// The later reading.
    pub(super) latest: DateTime<Utc>,
}

impl Moment {
    /// An instant that can be read in one way only.
    pub(super) const fn certain(at: DateTime<Utc>) -> Self {
        Self { by_rfc: at, earliest: at, latest: at }
    }

    /// A wall-clock time in a zone.
    pub(super) fn local(local: NaiveDateTime, zone: Tz) -> Self {
        let readings = match zone.from_local_datetime(&local) {
            chrono::LocalResult::Single(at) => return Self::certain(at.to_utc()),
            chrono::LocalResult::Ambiguous(first, second) => [first.to_utc(), second.to_utc()],
            chrono::LocalResult::None => in_gap(local, zone),
        };
        let [before, after] = readings;
        Self { by_rfc: before, earliest: before.min(after), latest: before.max(after) }
    }

    /// Whether the clocks change just then.
    pub(super) fn is_doubtful(self) -> bool {
        self.earliest != self.latest
    }

    /// Each reading moved on; `None` beyond the end of time.
    pub(super) fn plus(self, length: Length, zone: Tz) -> Option<Self> {
        let plus = |at: DateTime<Utc>| -> Option<Self> {
            let on_the_day = if length.days == Days::new(0) {
                Self::certain(at)
            } else {
                let local = at.with_timezone(&zone).naive_local();
                Self::local(local.checked_add_days(length.days)?, zone)
            };
            Some(Self {
                by_rfc: on_the_day.by_rfc.checked_add_signed(length.exact)?,
                earliest: on_the_day.earliest.checked_add_signed(length.exact)?,
                latest: on_the_day.latest.checked_add_signed(length.exact)?,
            })
        };
        Some(Self {
            by_rfc: plus(self.by_rfc)?.by_rfc,
            earliest: plus(self.earliest)?.earliest,
            latest: plus(self.latest)?.latest,
        })
    }
}

/// A time that the clocks jump over, with the offset before the gap and the offset after it. The largest offset
/// is 14 h and the largest gap 24 h, so 26 h either way are well clear of both.
fn in_gap(local: NaiveDateTime, zone: Tz) -> [DateTime<Utc>; 2] {
    let clear = TimeDelta::hours(26);
    [local - clear, local + clear].map(|probe| {
        let offset = zone.offset_from_utc_datetime(&probe).fix();
        (local - TimeDelta::seconds(i64::from(offset.local_minus_utc()))).and_utc()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(text: &str) -> NaiveDateTime {
        match Written::parse(text) {
            Some(Written::Local(local)) => local,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn london(text: &str) -> [String; 3] {
        let moment = Moment::local(local(text), Tz::Europe__London);
        [moment.by_rfc, moment.earliest, moment.latest].map(|at| at.format("%dT%H%M").to_string())
    }

    #[test]
    fn times_are_read_as_producers_write_them() {
        for text in ["20261130T090000", "20261130t0900", "2026-11-30T09:00:00", " 20261130T090000 "]
        {
            assert_eq!(local(text), local("20261130T090000"), "{text}");
        }
        assert_eq!(local("20261130T240000"), local("20261201T000000"));
        assert_eq!(local("20261130T235960"), local("20261130T235959"));
        assert!(matches!(Written::parse("20261130T090000Z"), Some(Written::Utc(_))));
        assert!(matches!(Written::parse("20261130"), Some(Written::Date(_))));
    }

    #[test]
    fn nonsense_is_no_time() {
        for text in [
            "",
            "T",
            "20261131T090000",
            "20261130T250000",
            "20261130T09",
            "+0261130",
            "2026113é",
            "Z",
        ] {
            assert_eq!(Written::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_in_a_gap_takes_the_offset_before_and_both_are_covered() {
        assert_eq!(london("20260329T013000"), ["29T0130", "29T0030", "29T0130"]);
    }

    #[test]
    fn a_time_that_comes_twice_is_the_first_and_both_are_covered() {
        assert_eq!(london("20261025T013000"), ["25T0030", "25T0030", "25T0130"]);
    }

    #[test]
    fn days_are_of_the_calendar_and_hours_of_the_stop_watch() {
        let before = Moment::local(local("20261024T120000"), Tz::Europe__London);
        let end = |text| {
            let length = Length::parse(text).unwrap();
            before.plus(length, Tz::Europe__London).unwrap().by_rfc.format("%dT%H%M").to_string()
        };
        assert_eq!(end("P1D"), "25T1200");
        assert_eq!(end("PT24H"), "25T1100");
    }

    #[test]
    fn durations_that_make_no_sense_are_none() {
        for text in ["", "P", "2H", "-PT2H", "PT2", "P2H", "PT99999999999999999999H", "P9999999D"] {
            let length = Length::parse(text);
            assert!(length.is_none() || length == Some(Length::exact(TimeDelta::zero())), "{text}");
        }
        assert_eq!(Length::parse("P1DT2H"), Length::parse("+p1dt120m"));
    }
}
