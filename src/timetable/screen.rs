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
    pub(super) const fn seconds(self) -> i64 {
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
    /// The rule without UNTIL, X- parts and what goes without saying; without COUNT where `whole_weeks` is set.
    pub(super) text: String,
    /// FREQ.
    pub(super) unit: Unit,
    /// INTERVAL, from 1.
    interval: u32,
    /// COUNT, above zero.
    pub(super) count: Option<u64>,
    /// UNTIL as written: the last moment allowed.
    pub(super) until: Option<Written>,
    /// Whether it repeats every so many days or weeks and says nothing else, as most do.
    is_even: bool,
    /// Whether it surely has dates, at least from a start on the 28th or earlier.
    has_dates: bool,
    /// Whether it takes its day of the month from its start.
    day_of_start: bool,
    /// The weekday that weeks begin on, where the rule takes its days by their place in a week (BYSETPOS): the crate
    /// would count places from DTSTART in the first week, and RFC 5545 section 3.3.10 counts them in the whole week.
    whole_weeks: Option<Weekday>,
}

/// The parts of a rule, in upper case and without spaces; no two of one name.
struct Parts(Vec<(String, String)>);

impl Parts {
    /// Takes a rule apart; UNTIL stands apart.
    fn of(text: &str) -> Result<(Self, Option<Written>), String> {
        let mut parts: Vec<(String, String)> = Vec::new();
        let mut until = None;
        for part in text.split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) =
                part.split_once('=').ok_or_else(|| format!("\"{part}\" is no part of a rule"))?;
            // Some exporters put spaces between the parts of a list.
            let packed = |text: &str| text.split_whitespace().collect::<String>();
            let (name, value) =
                (packed(name).to_ascii_uppercase(), packed(value).to_ascii_uppercase());
            let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b",+-:".contains(&b));
            // What follows the calendar of everybody, as RFC 7529 has it, says nothing new.
            let is_usual = matches!((&*name, &*value), ("RSCALE", "GREGORIAN") | ("SKIP", "OMIT"));
            if is_usual || name.starts_with("X-") {
                continue;
            }
            if !plain || parts.iter().any(|(known, _)| *known == name) {
                return Err(format!("its {name} makes no sense"));
            }
            if name == "UNTIL" {
                let last = Written::parse(&value);
                until = Some(last.ok_or_else(|| format!("its UNTIL {value} is no time"))?);
            } else {
                parts.push((name, value));
            }
        }
        Ok((Self(parts), until))
    }

    fn value(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }

    /// How many a list names; one where there is none.
    fn listed(&self, name: &str) -> usize {
        self.value(name).map_or(1, |list| list.split(',').count())
    }

    /// All but `left_out`.
    fn text(&self, left_out: Option<&str>) -> String {
        let kept = self.0.iter().filter(|(name, _)| left_out != Some(name));
        kept.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(";")
    }

    /// Whether such a rule surely has dates, from a start on the 28th or earlier: each part alone has some in every period,
    /// and no two parts need to meet on one day. False says nothing.
    fn surely_have_dates(&self, unit: Unit, interval: u32) -> bool {
        let is_within = |list: &str, most: i32| {
            let mut numbers = list.split(',').map(str::parse);
            numbers.any(|number| number.is_ok_and(|number: i32| (-most..=most).contains(&number)))
        };
        // Every weekday comes four times in a month.
        let comes_often = |list: &str| {
            let weeks = |day: &str| day.get(..day.len().saturating_sub(2)).map(str::len);
            list.split(',').all(|day| match weeks(day) {
                Some(0) => true,
                Some(_) => is_within(&day[..day.len() - 2], 4),
                None => false,
            })
        };
        self.0.iter().all(|(name, value)| match name.as_str() {
            "FREQ" | "INTERVAL" | "COUNT" | "WKST" | "BYHOUR" | "BYMINUTE" | "BYSECOND" => true,
            "BYDAY" => (unit != Unit::Day || interval == 1) && comes_often(value),
            "BYMONTHDAY" => {
                (unit != Unit::Day || interval == 1)
                    && self.value("BYDAY").is_none()
                    && is_within(value, 28)
            }
            "BYMONTH" => unit == Unit::Year || interval == 1,
            "BYSETPOS" => is_within(value, 1),
            _ => false,
        })
    }
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
        let (parts, until) = Parts::of(text)?;
        let unit = unit(parts.value("FREQ"))?;
        let interval = parts.value("INTERVAL").map_or(Ok(1), str::parse).unwrap_or_default();
        if interval == 0 || interval > INTERVAL {
            return Err(format!("its INTERVAL is not between 1 and {INTERVAL}"));
        }
        let count = parts.value("COUNT").map(|count| count.parse().unwrap_or_default());
        if count == Some(0) {
            return Err("its COUNT is not a number above zero".into());
        }
        let times = ["BYHOUR", "BYMINUTE", "BYSECOND"].map(|name| parts.listed(name));
        if times.into_iter().product::<usize>() > TIMES_A_DAY {
            return Err(format!("it names more than {TIMES_A_DAY} times a day"));
        }
        let bare = ["FREQ", "INTERVAL", "COUNT", "WKST"];
        let is_bare = parts.0.iter().all(|(name, _)| bare.contains(&name.as_str()));
        let by_place = unit == Unit::Week
            && parts.value("BYSETPOS").is_some()
            && parts.value("BYDAY").is_some();
        let whole_weeks = by_place.then(|| weekday(parts.value("WKST")));
        Ok(Self {
            text: parts.text(by_place.then_some("COUNT")),
            unit,
            interval,
            count,
            until,
            is_even: is_bare && matches!(unit, Unit::Day | Unit::Week),
            has_dates: parts.surely_have_dates(unit, interval),
            day_of_start: parts.value("BYDAY").or(parts.value("BYMONTHDAY")).is_none(),
            whole_weeks,
        })
    }

    /// Whether it may have no date at all from `start` on, such as a 30 February.
    pub(super) fn may_have_none(&self, start: NaiveDateTime) -> bool {
        !self.has_dates || self.day_of_start && start.day() > 28
    }

    /// From one result to the next, where that is always the same.
    pub(super) fn step(&self) -> Option<TimeDelta> {
        self.is_even.then(|| self.interval())
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
        let skips = self.count.is_none();
        match self.unit {
            Unit::Day | Unit::Week if skips => {
                let step = self.interval().num_seconds();
                // One interval is kept before `from`: a rule by weekdays begins its week before its start's own day.
                let whole = ((from - start).num_seconds() / step - 1).max(0);
                start.checked_add_signed(TimeDelta::seconds(whole * step)).unwrap_or(start)
            }
            // A rule by the number of a week may take its weekday from its start, and that changes with the year.
            Unit::Year if skips && self.has_dates => {
                let step = i64::from(self.interval);
                let whole = ((i64::from(from.year()) - i64::from(start.year())) / step - 1).max(0);
                let year = i64::from(start.year()) + whole * step;
                i32::try_from(year).ok().and_then(|year| start.with_year(year)).unwrap_or(start)
            }
            Unit::Day | Unit::Week | Unit::Month | Unit::Year => start,
        }
    }

    /// INTERVAL, of days or weeks, or of the shortest months or years.
    fn interval(&self) -> TimeDelta {
        TimeDelta::seconds(self.unit.seconds() * i64::from(self.interval))
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
