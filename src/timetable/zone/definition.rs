//! A file's own time zone: VTIMEZONE with its observances (RFC 5545 section 3.6.5).

use crate::timetable::property::Property;
use crate::timetable::rule::{self, Bounds, Budget};
use crate::timetable::screen::{Screened, Unit};
use crate::timetable::times::Written;
use chrono::{NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use std::cell::OnceCell;

/// Rules of Outlook begin in 1601; nobody sits an exam before this year.
const FIRST_YEAR: i32 = 1970;
/// Nor after this one.
const LAST_YEAR: i32 = 2100;
/// No rule of a zone is longer, in bytes.
const RULE_BYTES: usize = 512;
/// Two changes a year, and then some.
const INSTANCES: usize = 500;

/// STANDARD or DAYLIGHT.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::timetable) struct Observance {
    /// When it first began, on the clock before it.
    pub(in crate::timetable) start: Option<NaiveDateTime>,
    /// Seconds east of UTC before.
    pub(in crate::timetable) from: Option<i32>,
    /// Seconds east of UTC from then on.
    pub(in crate::timetable) to: Option<i32>,
    /// RRULE; all of them count.
    pub(in crate::timetable) rules: Vec<String>,
    /// RDATE, on the clock before it.
    pub(in crate::timetable) dates: Vec<NaiveDateTime>,
}

/// VTIMEZONE.
#[derive(Debug, Default)]
pub(in crate::timetable) struct Definition {
    /// The line of its BEGIN.
    pub(in crate::timetable) line: u32,
    /// TZID.
    pub(in crate::timetable) name: String,
    /// In the order of the file.
    pub(in crate::timetable) observances: Vec<Observance>,
    transitions: OnceCell<Result<Transitions, String>>,
}

impl Definition {
    /// One that begins on a line.
    pub(in crate::timetable) fn begun(line: u32) -> Self {
        Self { line, ..Self::default() }
    }

    /// It is not to be used, whatever it says; `why` ends a sentence.
    pub(in crate::timetable) fn refuse(&mut self, why: &str) {
        self.transitions = OnceCell::from(Err(why.to_owned()));
    }

    /// When it changes its offset, worked out once; `None` if it cannot be used.
    pub(super) fn transitions(&self, budget: &mut Budget) -> Option<Transitions> {
        let worked_out = || Transitions::of(&self.observances, budget);
        self.transitions.get_or_init(worked_out).as_ref().ok().cloned()
    }

    /// Why it could not be used, as the end of a sentence.
    pub(in crate::timetable) fn fault(&self) -> Option<&str> {
        self.transitions.get()?.as_ref().err().map(String::as_str)
    }
}

/// When a zone changes its offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Transitions {
    /// Moment, and seconds east of UTC from then on; sorted, never empty.
    changes: Vec<(NaiveDateTime, i32)>,
    /// Seconds east of UTC before the first of them.
    first_from: i32,
    /// Whether that is believed.
    from_the_start: bool,
}

impl Transitions {
    fn of(observances: &[Observance], budget: &mut Budget) -> Result<Self, String> {
        let mut changes = Vec::new();
        for observance in observances {
            changes.extend(observance.changes(budget)?);
        }
        changes.sort_unstable();
        changes.dedup_by_key(|(at, _, _)| *at);
        let (_, _, first_from) = *changes.first().ok_or("it has neither STANDARD nor DAYLIGHT")?;
        let changes = changes.into_iter().map(|(at, to, _)| (at, to)).collect();
        Ok(Self { changes, first_from, from_the_start: false })
    }

    /// For a zone that only the file knows: what it changes from holds before its first change as well. Of a zone that
    /// others know, it says nothing there (RFC 5545 section 3.6.5).
    pub(super) fn believed_from_the_start(self) -> Self {
        Self { from_the_start: true, ..self }
    }

    /// Seconds east of UTC; `None` where the definition says nothing.
    pub(super) fn offset_at(&self, at: NaiveDateTime) -> Option<i32> {
        let after = self.changes.partition_point(|(change, _)| *change <= at);
        match after.checked_sub(1) {
            Some(last) => Some(self.changes[last].1),
            None => self.from_the_start.then_some(self.first_from),
        }
    }
}

impl Observance {
    /// The properties that [`Self::take`] wants.
    pub(in crate::timetable) const PROPERTIES: [&'static str; 5] =
        ["DTSTART", "TZOFFSETFROM", "TZOFFSETTO", "RRULE", "RDATE"];

    /// Takes one of its properties. What cannot be read is missing in the end.
    pub(in crate::timetable) fn take(&mut self, property: &Property<'_>) {
        let value = property.value.as_ref();
        match property.name {
            "DTSTART" => self.start = wall_clock(value),
            "TZOFFSETFROM" => self.from = offset(value),
            "TZOFFSETTO" => self.to = offset(value),
            "RRULE" => self.rules.push(value.to_owned()),
            "RDATE" => self.dates.extend(value.split(',').take(INSTANCES).filter_map(wall_clock)),
            _ => {}
        }
    }

    /// Its onsets as moments, each with the offset after and before it.
    fn changes(&self, budget: &mut Budget) -> Result<Vec<(NaiveDateTime, i32, i32)>, String> {
        let Self { start: Some(start), from: Some(from), to: Some(to), rules, dates } = self else {
            return Err(
                "a part of it has no DTSTART, TZOFFSETFROM or TZOFFSETTO that can be read".into()
            );
        };
        let mut onsets = vec![*start];
        onsets.extend(dates);
        for rule in rules {
            onsets.extend(repeated(rule, *start, *from, budget)?);
        }
        let before = TimeDelta::seconds(i64::from(*from));
        let moments = onsets.iter().filter_map(|onset| onset.checked_sub_signed(before));
        Ok(moments.map(|at| (at, *to, *from)).collect())
    }
}

fn wall_clock(value: &str) -> Option<NaiveDateTime> {
    match Written::parse(value)? {
        Written::Local(at) | Written::Utc(at) => Some(at),
        Written::Date(day) => Some(day.and_time(NaiveTime::MIN)),
    }
}

/// Reads `+0100`, `-0330`, `+053020`: seconds east of UTC, less than a day.
fn offset(value: &str) -> Option<i32> {
    let value = value.trim();
    let (sign, digits) = match value.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, value.strip_prefix('+').unwrap_or(value)),
    };
    let plain = matches!(digits.len(), 4 | 6) && digits.bytes().all(|byte| byte.is_ascii_digit());
    let part = |at: usize| digits.get(at..at + 2).map_or(Some(0), |part| part.parse::<i32>().ok());
    let seconds = plain.then(|| Some(part(0)? * 3_600 + part(2)? * 60 + part(4)?)).flatten()?;
    (seconds < 24 * 3_600).then_some(sign * seconds)
}

/// When a yearly rule begins its observance again, on the clock before it.
fn repeated(
    text: &str,
    start: NaiveDateTime,
    from: i32,
    budget: &mut Budget,
) -> Result<Vec<NaiveDateTime>, String> {
    let rule = Screened::of(text, RULE_BYTES)?;
    if rule.unit != Unit::Year {
        return Err("it does not change its clocks by the year".into());
    }
    let until = rule.until.and_then(|until| match until {
        Written::Utc(at) => at.checked_add_signed(TimeDelta::seconds(i64::from(from))),
        Written::Local(at) => Some(at),
        Written::Date(day) => day.succ_opt().map(|next| next.and_time(NaiveTime::MIN)),
    });
    let year = |year| NaiveDate::from_ymd_opt(year, 1, 1).map(|day| day.and_time(NaiveTime::MIN));
    let bounds = Bounds {
        from: year(FIRST_YEAR).unwrap_or(start),
        until: year(LAST_YEAR).unwrap_or(start),
        instances: INSTANCES,
    };
    let expansion = rule::expand(&rule, start, until, bounds, budget)?;
    if expansion.too_many {
        return Err("it changes its clocks too often".into());
    }
    Ok(expansion.starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap()
    }

    fn observance(start: &str, from: i32, to: i32, rule: &str) -> Observance {
        Observance {
            start: Some(at(start)),
            from: Some(from * 3_600),
            to: Some(to * 3_600),
            rules: vec![rule.to_owned()],
            dates: vec![],
        }
    }

    /// As Outlook writes London.
    fn outlook() -> Vec<Observance> {
        vec![
            observance("16010101T020000", 1, 0, "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"),
            observance("16010101T010000", 0, 1, "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"),
        ]
    }

    #[test]
    fn rules_since_1601_give_the_offsets_of_today() {
        let zone = Transitions::of(&outlook(), &mut Budget::of(0)).unwrap();
        for (moment, hours) in [
            ("20260329T005959", 0),
            ("20260329T010000", 1),
            ("20261025T005959", 1),
            ("20261025T010000", 0),
            ("20990701T000000", 1),
        ] {
            assert_eq!(zone.offset_at(at(moment)), Some(hours * 3_600), "{moment}");
        }
    }

    #[test]
    fn before_its_first_change_a_definition_says_nothing_unless_nobody_else_does() {
        let once = observance("20200101T000000", 3, 4, "FREQ=YEARLY;UNTIL=20210101T000000Z");
        let zone = Transitions::of(&[once], &mut Budget::of(0)).unwrap();
        assert_eq!(zone.offset_at(at("20191231T205959")), None);
        assert_eq!(zone.offset_at(at("20191231T210000")), Some(4 * 3_600));
        assert_eq!(
            zone.believed_from_the_start().offset_at(at("19700101T000000")),
            Some(3 * 3_600)
        );
    }

    #[test]
    fn what_cannot_be_worked_out_is_told() {
        let daily = observance("20200101T000000", 3, 4, "FREQ=DAILY");
        let twice = observance(
            "20200101T000000",
            3,
            4,
            "FREQ=YEARLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO",
        );
        let headless = Observance { from: None, ..daily.clone() };
        for (observances, why) in [
            (vec![], "neither"),
            (vec![daily], "by the year"),
            (vec![twice], "too often"),
            (vec![headless], "TZOFFSETFROM"),
        ] {
            let told = Transitions::of(&observances, &mut Budget::of(0)).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}
