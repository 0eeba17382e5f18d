//! Date-times and durations as written.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

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
    /// Reads `20261130`, `20261130T090000`, `20261130T090000Z`; also without seconds, with the hyphens, colons,
    /// fractions and offsets of ISO 8601, in lower case, and `T240000`, which is midnight at the end of that day.
    pub(super) fn parse(value: &str) -> Option<Self> {
        Self::exact(value).or_else(|| Self::loose(value))
    }

    /// As RFC 5545 has it, which nearly all are.
    fn exact(value: &str) -> Option<Self> {
        let (date, time) = value.split_at_checked(8)?;
        let day = day(date)?;
        let Some(time) = time.strip_prefix('T') else {
            return time.is_empty().then_some(Self::Date(day));
        };
        match time.strip_suffix('Z') {
            Some(time) => Some(Self::Utc(at(day, time)?)),
            None => Some(Self::Local(at(day, time)?)),
        }
    }

    fn loose(value: &str) -> Option<Self> {
        let value = value.trim().to_ascii_uppercase();
        let (date, time) = value.split_once(['T', ' ']).unwrap_or((&value, ""));
        let date = date.replace('-', "");
        let time = time.replace(':', "");
        // ISO 8601 and RFC 3339 know fractions of seconds and offsets.
        let (clock, offset) = match time.find(['+', '-']) {
            Some(at) => (&time[..at], Some(&time[at..])),
            None => (time.as_str(), None),
        };
        let (clock, utc) = clock.strip_suffix('Z').map_or((clock, ""), |clock| (clock, "Z"));
        let whole = match clock.split_once(['.', ',']) {
            Some((whole, fraction)) => digits(fraction).map(|_| whole)?,
            None => clock,
        };
        if whole.is_empty() {
            return Self::exact(&date);
        }
        let written = Self::exact(&format!("{date}T{whole}{utc}"))?;
        let Some(offset) = offset else { return Some(written) };
        let Self::Local(local) = written else { return None };
        let (sign, ahead) = offset.split_at(1);
        let (hours, minutes) = (
            digits(ahead.get(0..2)?)?,
            digits(ahead.get(2..).filter(|m| !m.is_empty()).unwrap_or("0"))?,
        );
        let ahead = TimeDelta::minutes(i64::from(hours * 60 + minutes));
        local.checked_sub_signed(if sign == "-" { -ahead } else { ahead }).map(Self::Utc)
    }

    /// The day that is written.
    pub(super) fn date(self) -> NaiveDate {
        match self {
            Self::Date(day) => day,
            Self::Local(at) | Self::Utc(at) => at.date(),
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
    /// Days of the calendar.
    pub(super) days: Days,
    /// And so much by the stop-watch.
    pub(super) exact: TimeDelta,
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
        let believed = believed && number.is_none();
        believed.then(|| Self { days, exact: TimeDelta::seconds(seconds) })
    }
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
    fn fractions_and_offsets_are_read() {
        let utc = |text| {
            Written::parse(text).map(|written| match written {
                Written::Utc(at) => at.to_string(),
                Written::Local(_) | Written::Date(_) => panic!("{text}: {written:?}"),
            })
        };
        for text in [
            "2026-11-30T09:00:00.000Z",
            "2026-11-30T10:00:00+01:00",
            "2026-11-30T10:00:00.123+0100",
            "20261130T040000-0500",
        ] {
            assert_eq!(utc(text).as_deref(), Some("2026-11-30 09:00:00"), "{text}");
        }
        assert_eq!(local("2026-11-30T09:00:00.5"), local("20261130T090000"));
        for text in
            ["20261130T090000Z+0100", "20261130T090000+é0", "20261130T0900.x", "20261130+0100"]
        {
            assert_eq!(Written::parse(text), None, "{text}");
        }
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
    fn durations_that_make_no_sense_are_none() {
        let far = format!("PT{}H", i64::MAX / 3_600);
        for text in
            ["", "P", "2H", "-PT2H", "PT2", "P2H", "PT99999999999999999999H", "P9999999D", &far]
        {
            let length = Length::parse(text);
            assert!(length.is_none() || length == Some(Length::exact(TimeDelta::zero())), "{text}");
        }
        assert_eq!(Length::parse("P1DT2H"), Length::parse("+p1dt120m"));
    }
}
