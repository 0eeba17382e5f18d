//! Recurrence rules as text: what may be handed on to be worked out, and what is refused.

use super::times::Written;
use chrono::{Datelike as _, Days, NaiveDateTime, TimeDelta, Weekday};

/// How many times a day a rule may name by BYHOUR, BYMINUTE and BYSECOND.
const TIMES_A_DAY: usize = 24;
/// The largest INTERVAL.
const INTERVAL: u32 = 1_000;

/// What a rule repeats by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
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
            Self::Day => 86_400,
            Self::Week => 7 * 86_400,
            Self::Month => 28 * 86_400,
            Self::Year => 365 * 86_400,
        }
    }
}

/// A rule that may be handed on.
pub(super) struct Screened {
    /// The rule without UNTIL and without X- parts; without COUNT where `whole_weeks` is set.
    pub(super) text: String,
    /// FREQ.
    pub(super) unit: Unit,
    /// INTERVAL, from 1.
    interval: u32,
    /// COUNT, above zero.
    pub(super) count: Option<u64>,
    /// UNTIL as written: the last moment allowed.
    pub(super) until: Option<Written>,
    /// The weekday that weeks begin on, where the rule takes its days by their place in a week (BYSETPOS): the crate
    /// would count places from DTSTART in the first week, and RFC 5545 section 3.3.10 counts them in the whole week.
    whole_weeks: Option<Weekday>,
}

impl Screened {
    /// Screens a rule of at most `longest` bytes.
    ///
    /// # Errors
    /// Why it is refused, as the end of a sentence.
    pub(super) fn of(text: &str, longest: usize) -> Result<Self, String> {
        if text.len() > longest {
            return Err(format!("it has more than {longest} bytes"));
        }
        let mut kept: Vec<(String, String)> = Vec::new();
        let mut until = None;
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) =
                part.split_once('=').ok_or_else(|| format!("\"{part}\" is no part of a rule"))?;
            // Some exporters put spaces between the parts of a list.
            let packed = |text: &str| text.split_whitespace().collect::<String>();
            let (name, value) =
                (packed(name).to_ascii_uppercase(), packed(value).to_ascii_uppercase());
            let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b",+-:".contains(&b));
            if name.starts_with("X-") {
                continue;
            }
            if !plain || kept.iter().any(|(known, _)| *known == name) {
                return Err(format!("its {name} makes no sense"));
            }
            if name == "UNTIL" {
                let last = Written::parse(&value);
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
        let by_place =
            unit == Unit::Week && value("BYSETPOS").is_some() && value("BYDAY").is_some();
        let whole_weeks = by_place.then(|| weekday(value("WKST")));
        let text = kept
            .iter()
            .filter(|(name, _)| whole_weeks.is_none() || name != "COUNT")
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join(";");
        Ok(Self { text, unit, interval, count, until, whole_weeks })
    }

    /// Where to begin so that nothing from `from` on is missed: at the start, or whole intervals after it, or at the begin
    /// of its week; then results before the start are to be left out.
    pub(super) fn begin(&self, start: NaiveDateTime, from: NaiveDateTime) -> NaiveDateTime {
        let first = self.skipped_to(start, from);
        let Some(week_start) = self.whole_weeks else { return first };
        let into_week = first.weekday().days_since(week_start);
        first.checked_sub_days(Days::new(u64::from(into_week))).unwrap_or(first)
    }

    /// The last moment before `from` that is a whole number of intervals after the start, so that years gone by
    /// need not be stepped through. A rule that counts must be counted from its start.
    fn skipped_to(&self, start: NaiveDateTime, from: NaiveDateTime) -> NaiveDateTime {
        let unit = match self.unit {
            Unit::Day | Unit::Week if self.count.is_none() => self.unit.seconds(),
            Unit::Day | Unit::Week | Unit::Month | Unit::Year => return start,
        };
        let step = i64::try_from(unit).unwrap_or(i64::MAX).saturating_mul(i64::from(self.interval));
        // One interval is kept before `from`: a rule by weekdays begins its week before its start's own day.
        let whole = ((from - start).num_seconds() / step - 1).max(0);
        start.checked_add_signed(TimeDelta::seconds(whole * step)).unwrap_or(start)
    }
}

/// The weekday of WKST: Monday where it says nothing.
fn weekday(name: Option<&str>) -> Weekday {
    match name {
        Some("SU") => Weekday::Sun,
        Some("TU") => Weekday::Tue,
        Some("WE") => Weekday::Wed,
        Some("TH") => Weekday::Thu,
        Some("FR") => Weekday::Fri,
        Some("SA") => Weekday::Sat,
        Some(_) | None => Weekday::Mon,
    }
}

fn unit(frequency: Option<&str>) -> Result<Unit, String> {
    match frequency {
        Some("DAILY") => Ok(Unit::Day),
        Some("WEEKLY") => Ok(Unit::Week),
        Some("MONTHLY") => Ok(Unit::Month),
        Some("YEARLY") => Ok(Unit::Year),
        Some(other) => Err(format!("no exam repeats {other}")),
        None => Err("it has no FREQ".into()),
    }
}
