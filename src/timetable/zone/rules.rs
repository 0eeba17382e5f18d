//! The rules of one zone, from everybody who has some: which offset holds when, and which moments a wall-clock time is.

use super::ZoneData;
use super::definition::{Definition, Transitions};
use super::moment::{Moment, Reading};
use super::names::{self, Known};
use crate::timetable::rule::Budget;
use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, Offset as _, TimeDelta,
    TimeZone as _, Utc,
};
use chrono_tz::Tz;
use std::collections::HashMap;

/// The largest offset is 14 h, so that this long before or after a wall-clock time, read as UTC, is surely before or
/// after the moment it means, with half a day between.
const CLEAR: TimeDelta = TimeDelta::hours(26);

/// Where rules come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::timetable) enum Origin {
    /// The file's own VTIMEZONE.
    File,
    /// The system's zone files.
    System,
    /// Compiled in.
    Compiled,
}

#[derive(Debug)]
enum Rules {
    File(Transitions),
    System(tz::TimeZone),
    Compiled(Tz),
}

impl Rules {
    /// Seconds east of UTC at a moment; `None` where the rules say nothing.
    fn offset_at(&self, at: NaiveDateTime) -> Option<TimeDelta> {
        let seconds = match self {
            Self::File(transitions) => transitions.offset_at(at)?,
            Self::System(zone) => {
                zone.find_local_time_type(at.and_utc().timestamp()).ok()?.ut_offset()
            }
            Self::Compiled(zone) => zone.offset_from_utc_datetime(&at).fix().local_minus_utc(),
        };
        Some(TimeDelta::seconds(i64::from(seconds)))
    }

    /// The moments of a wall-clock time; `None` where the rules say nothing.
    fn reading(&self, local: NaiveDateTime) -> Option<Reading> {
        let before = self.offset_at(local.checked_sub_signed(CLEAR)?)?;
        let after = self.offset_at(local.checked_add_signed(CLEAR)?)?;
        let [first, second] = [local.checked_sub_signed(before)?, local.checked_sub_signed(after)?];
        let holds = |at, offset| self.offset_at(at) == Some(offset);
        let (by_rfc, other) = match (holds(first, before), holds(second, after)) {
            (true, false) => (first, first),
            (false, true) => (second, second),
            // Twice, or never: the first of two, and the offset before a gap.
            (true, true) | (false, false) => (first, second),
        };
        Some(Reading { by_rfc: by_rfc.and_utc(), other: other.and_utc() })
    }

    const fn origin(&self) -> Origin {
        match self {
            Self::File(_) => Origin::File,
            Self::System(_) => Origin::System,
            Self::Compiled(_) => Origin::Compiled,
        }
    }
}

/// One zone.
#[derive(Debug)]
pub(in crate::timetable) struct Zone {
    name: String,
    /// Those that count first.
    rules: Vec<Rules>,
    /// For each day asked for: the offset that all rules agree on for the whole of it and around it, if they do.
    days: HashMap<i32, Option<TimeDelta>>,
}

impl Zone {
    /// The zone that `name` means, with the file's own `definition` of it as a further opinion; `None` if nobody knows it.
    pub(in crate::timetable) fn named(
        name: &str,
        data: &ZoneData,
        definition: Option<&Definition>,
        budget: &mut Budget,
    ) -> Option<Self> {
        let own = definition.and_then(|definition| definition.transitions(budget));
        let Some(Known { name, compiled }) = names::resolve(name, data) else {
            return own.map(|own| {
                Self::of(name.to_owned(), vec![Rules::File(own.believed_from_the_start())])
            });
        };
        let mut rules: Vec<_> =
            [data.rules(&name).map(Rules::System), compiled.map(Rules::Compiled)]
                .into_iter()
                .flatten()
                .collect();
        if !data.is_newer() {
            rules.reverse();
        }
        rules.extend(own.map(Rules::File));
        (!rules.is_empty()).then(|| Self::of(name, rules))
    }

    /// UTC: no rules to disagree on.
    pub(in crate::timetable) fn utc() -> Self {
        Self::of("UTC".into(), vec![Rules::Compiled(Tz::UTC)])
    }

    fn of(name: String, rules: Vec<Rules>) -> Self {
        Self { name, rules, days: HashMap::new() }
    }

    /// Its IANA name, or the file's own for it.
    pub(in crate::timetable) fn name(&self) -> &str {
        &self.name
    }

    /// The moments that a wall-clock time is.
    pub(in crate::timetable) fn moment(&mut self, local: NaiveDateTime) -> Moment {
        let day = local.date();
        let agreed = match self.days.get(&day.num_days_from_ce()) {
            Some(agreed) => *agreed,
            None => {
                let agreed = self.agreed(day);
                self.days.insert(day.num_days_from_ce(), agreed);
                agreed
            }
        };
        if let Some(at) = agreed.and_then(|offset| local.checked_sub_signed(offset)) {
            return Moment::Certain(at.and_utc());
        }
        let readings: Vec<_> = self.rules.iter().filter_map(|rules| rules.reading(local)).collect();
        match readings.first() {
            None => Moment::Certain(local.and_utc()),
            Some(first)
                if first.by_rfc == first.other && readings.iter().all(|one| one == first) =>
            {
                Moment::Certain(first.by_rfc)
            }
            Some(_) => Moment::Doubtful(readings),
        }
    }

    /// The offset that all rules agree on for a whole day, wherever on it the clocks stand.
    fn agreed(&self, day: NaiveDate) -> Option<TimeDelta> {
        let midnight = day.and_time(NaiveTime::MIN);
        let probes = [-CLEAR, TimeDelta::zero(), TimeDelta::days(1), TimeDelta::days(1) + CLEAR];
        let mut agreed = None;
        for rules in &self.rules {
            for probe in probes {
                let Some(offset) = rules.offset_at(midnight.checked_add_signed(probe)?) else {
                    continue;
                };
                if agreed.is_some_and(|agreed| agreed != offset) {
                    return None;
                }
                agreed = Some(offset);
            }
        }
        agreed
    }

    /// The wall clock at a moment, by the rules that count.
    pub(in crate::timetable) fn wall_clock(&self, at: DateTime<Utc>) -> NaiveDateTime {
        let offset = self.rules.iter().find_map(|rules| rules.offset_at(at.naive_utc()));
        let local = offset.and_then(|offset| at.naive_utc().checked_add_signed(offset));
        local.unwrap_or_else(|| at.naive_utc())
    }

    /// Who says something else about a wall-clock time than the rules that count; those first.
    pub(in crate::timetable) fn opinions(
        &self,
        local: NaiveDateTime,
    ) -> (Option<Origin>, Vec<Origin>) {
        let mut said =
            self.rules.iter().filter_map(|rules| Some((rules.origin(), rules.reading(local)?)));
        let Some((counts, first)) = said.next() else { return (None, Vec::new()) };
        (
            Some(counts),
            said.filter(|(_, reading)| *reading != first).map(|(origin, _)| origin).collect(),
        )
    }
}
