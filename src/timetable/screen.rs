//! Recurrence rules as text: what may be handed on to be worked out, and what is refused.

use super::times::{Moment, Written};
use chrono::{NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;

/// How many times a day a rule may name by BYHOUR, BYMINUTE and BYSECOND.
const TIMES_A_DAY: usize = 24;
/// The largest INTERVAL.
const INTERVAL: u32 = 1_000;

/// Where a series starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start {
    /// DTSTART on the wall clock of `zone`.
    pub(super) local: NaiveDateTime,
    /// The zone the rule counts in.
    pub(super) zone: Tz,
    /// The zone a mere date means: the campus zone where the series is written in UTC.
    pub(super) day_zone: Tz,
}

/// What a rule repeats by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// HOURLY.
    Hour,
    /// DAILY.
    Day,
    /// WEEKLY.
    Week,
    /// MONTHLY.
    Month,
    /// YEARLY.
    Year,
}

impl Unit {
    /// How long one is, a month and a year at their shortest.
    pub(super) const fn seconds(self) -> u64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 28 * 86_400,
            Self::Year => 365 * 86_400,
        }
    }
}

/// A rule that may be handed on.
pub(super) struct Screened {
    /// The rule without UNTIL and without X- parts.
    pub(super) text: String,
    /// FREQ.
    pub(super) unit: Unit,
    /// INTERVAL, from 1.
    interval: u32,
    /// COUNT, above zero.
    pub(super) count: Option<u64>,
    /// The last moment allowed, on the series' wall clock.
    pub(super) until: Option<NaiveDateTime>,
}

impl Screened {
    /// Screens a rule.
    ///
    /// # Errors
    /// Why it is refused, as the end of a sentence.
    pub(super) fn of(text: &str, start: Start) -> Result<Self, String> {
        let mut kept: Vec<(String, String)> = Vec::new();
        let mut until = None;
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) =
                part.split_once('=').ok_or_else(|| format!("\"{part}\" is no part of a rule"))?;
            let (name, value) =
                (name.trim().to_ascii_uppercase(), value.trim().to_ascii_uppercase());
            let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b",+-:".contains(&b));
            if name.starts_with("X-") {
                continue;
            }
            if !plain || kept.iter().any(|(known, _)| *known == name) {
                return Err(format!("its {name} makes no sense"));
            }
            if name == "UNTIL" {
                let last = last_moment(&value, start);
                until = Some(last.ok_or_else(|| format!("its UNTIL {value} is no time"))?);
            } else {
                kept.push((name, value));
            }
        }
        let value = |wanted: &str| {
            kept.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
        };
        let unit = unit(value("FREQ"))?;
        let interval = value("INTERVAL").map_or(Ok(1), str::parse).unwrap_or_default();
        if interval == 0 || interval > INTERVAL {
            return Err(format!("its INTERVAL is not between 1 and {INTERVAL}"));
        }
        let count = value("COUNT").map(|count| count.parse().unwrap_or_default());
        if count == Some(0) {
            return Err("its COUNT is not a number above zero".into());
        }
        let listed = |name| value(name).map_or(1, |list| list.split(',').count());
        if listed("BYHOUR") * listed("BYMINUTE") * listed("BYSECOND") > TIMES_A_DAY {
            return Err(format!("it names more than {TIMES_A_DAY} times a day"));
        }
        let text = kept
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(";");
        Ok(Self { text, unit, interval, count, until })
    }

    /// The last moment before `from` that is a whole number of intervals after the start, so that years gone by
    /// need not be stepped through. A rule that counts must be counted from its start.
    pub(super) fn skipped_to(&self, start: NaiveDateTime, from: NaiveDateTime) -> NaiveDateTime {
        let unit = match self.unit {
            Unit::Hour | Unit::Day | Unit::Week if self.count.is_none() => self.unit.seconds(),
            Unit::Hour | Unit::Day | Unit::Week | Unit::Month | Unit::Year => return start,
        };
        let step = i64::try_from(unit).unwrap_or(i64::MAX).saturating_mul(i64::from(self.interval));
        // One interval is kept before `from`: a rule by weekdays begins its week before its start's own day.
        let whole = ((from - start).num_seconds() / step - 1).max(0);
        start.checked_add_signed(TimeDelta::seconds(whole * step)).unwrap_or(start)
    }
}

fn unit(frequency: Option<&str>) -> Result<Unit, String> {
    match frequency {
        Some("HOURLY") => Ok(Unit::Hour),
        Some("DAILY") => Ok(Unit::Day),
        Some("WEEKLY") => Ok(Unit::Week),
        Some("MONTHLY") => Ok(Unit::Month),
        Some("YEARLY") => Ok(Unit::Year),
        Some(other) => Err(format!("no exam repeats {other}")),
        None => Err("it has no FREQ".into()),
    }
}

/// UNTIL on the series' wall clock. A date means the end of that day, a time without `Z` the series' own zone.
fn last_moment(value: &str, start: Start) -> Option<NaiveDateTime> {
    let end_of_day = NaiveTime::from_hms_opt(23, 59, 59)?;
    Some(match Written::parse(value)? {
        Written::Local(at) => at,
        Written::Utc(at) => at.and_utc().with_timezone(&start.zone).naive_local(),
        Written::Date(day) => {
            let last = Moment::local(day.and_time(end_of_day), start.day_zone).latest;
            last.with_timezone(&start.zone).naive_local()
        }
    })
}
