//! Zones by arithmetic of our own: a standard offset, and one rule for when summer time begins and ends. No zone data
//! is asked; the rules are the law of these places in the years of the tests.

use super::calendar::{DAY, Day, HOUR, Local, compact, day, days_of, nth_weekday};

/// A zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Zone {
    /// Its IANA name.
    pub(crate) name: &'static str,
    /// What Windows calls it.
    pub(crate) windows: &'static str,
    /// Seconds east of UTC without summer time.
    standard: i64,
    summer: Option<Summer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Summer {
    begins: Change,
    ends: Change,
    /// By how much the clock is put forward.
    by: i64,
}

/// A Sunday of a month at a time of the wall clock before the change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Change {
    month: i64,
    /// From 1, or -1 for the last.
    nth: i64,
    /// Seconds of the day.
    at: i64,
}

/// From an instant on the offset is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Transition {
    /// In seconds since 1970, UTC.
    pub(crate) at: i64,
    /// Seconds east of UTC before it.
    pub(crate) before: i64,
    /// And after it.
    pub(crate) after: i64,
}

const SUNDAY: i64 = 6;

const fn change(month: i64, nth: i64, at: i64) -> Change {
    Change { month, nth, at }
}

/// Directive 2000/84/EC: at 01:00 UTC on the last Sundays of March and October, whatever the zone.
const fn european(name: &'static str, windows: &'static str, standard: i64) -> Zone {
    let begins = change(3, -1, HOUR + standard);
    let ends = change(10, -1, 2 * HOUR + standard);
    Zone { name, windows, standard, summer: Some(Summer { begins, ends, by: HOUR }) }
}

/// Energy Policy Act of 2005: at 02:00 on the second Sunday of March and the first of November.
const fn american(name: &'static str, windows: &'static str, standard: i64) -> Zone {
    let (begins, ends) = (change(3, 2, 2 * HOUR), change(11, 1, 2 * HOUR));
    Zone { name, windows, standard, summer: Some(Summer { begins, ends, by: HOUR }) }
}

/// Standard Time Acts of the southern states: from 02:00 on the first Sunday of October to that of April at 03:00; on
/// Lord Howe Island half an hour, until 02:00.
const fn australian(name: &'static str, windows: &'static str, standard: i64, by: i64) -> Zone {
    let (begins, ends) =
        (change(10, 1, 2 * HOUR), change(4, 1, if by == HOUR { 3 * HOUR } else { 2 * HOUR }));
    Zone { name, windows, standard, summer: Some(Summer { begins, ends, by }) }
}

const fn constant(name: &'static str, windows: &'static str, standard: i64) -> Zone {
    Zone { name, windows, standard, summer: None }
}

/// The zones that timetables are written in.
pub(crate) const ZONES: &[Zone] = &[
    european("Europe/London", "GMT Standard Time", 0),
    european("Europe/Berlin", "W. Europe Standard Time", HOUR),
    european("Europe/Helsinki", "FLE Standard Time", 2 * HOUR),
    american("America/New_York", "Eastern Standard Time", -5 * HOUR),
    american("America/Los_Angeles", "Pacific Standard Time", -8 * HOUR),
    american("America/St_Johns", "Newfoundland Standard Time", -3 * HOUR - HOUR / 2),
    australian("Australia/Sydney", "AUS Eastern Standard Time", 10 * HOUR, HOUR),
    australian("Australia/Lord_Howe", "Lord Howe Standard Time", 10 * HOUR + HOUR / 2, HOUR / 2),
    constant("Australia/Brisbane", "E. Australia Standard Time", 10 * HOUR),
    constant("America/Phoenix", "US Mountain Standard Time", -7 * HOUR),
    constant("Asia/Kolkata", "India Standard Time", 5 * HOUR + HOUR / 2),
];

/// UTC as a zone.
pub(crate) const UTC: Zone = constant("UTC", "UTC", 0);

/// How a written time can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// In one way.
    One(i64),
    /// It was skipped: by the offset before the change, as RFC 5545 reads it, and by that after.
    Gap(i64, i64),
    /// It comes twice: first, as RFC 5545 reads it, and second.
    Fold(i64, i64),
}

impl Reading {
    /// As RFC 5545 section 3.3.5 reads it.
    pub(crate) const fn by_rfc(self) -> i64 {
        match self {
            Self::One(at) | Self::Gap(at, _) | Self::Fold(at, _) => at,
        }
    }
}

impl Reading {
    /// The other way to read it.
    pub(crate) const fn other(self) -> Option<i64> {
        match self {
            Self::One(_) => None,
            Self::Gap(_, other) | Self::Fold(_, other) => Some(other),
        }
    }
}

impl Change {
    fn day(self, year: i64) -> Day {
        let days = days_of(year, self.month);
        let found = nth_weekday(day(year, self.month, 1), days, SUNDAY, self.nth);
        found.expect("every month has four Sundays")
    }
}

impl Zone {
    /// Both changes of a year, in the order of time.
    pub(crate) fn transitions(&self, year: i64) -> Vec<Transition> {
        let Some(Summer { begins, ends, by }) = self.summer else { return Vec::new() };
        let (winter, summer) = (self.standard, self.standard + by);
        let at = |change: Change, before: i64| change.day(year) * DAY + change.at - before;
        let mut both = vec![
            Transition { at: at(begins, winter), before: winter, after: summer },
            Transition { at: at(ends, summer), before: summer, after: winter },
        ];
        both.sort_by_key(|transition| transition.at);
        both
    }

    fn near(&self, year: i64) -> impl Iterator<Item = Transition> + '_ {
        (year - 1..=year + 1).flat_map(|year| self.transitions(year))
    }

    /// Seconds east of UTC at an instant.
    pub(crate) fn offset(&self, at: i64) -> i64 {
        let year = super::calendar::date(at.div_euclid(DAY)).0;
        let last = self.near(year).filter(|transition| transition.at <= at).last();
        last.map_or(self.standard, |transition| transition.after)
    }

    /// What the wall clock shows at an instant.
    pub(crate) fn local(&self, at: i64) -> Local {
        at + self.offset(at)
    }

    /// How a time on the wall clock can be read.
    pub(crate) fn read(&self, local: Local) -> Reading {
        let year = super::calendar::date(local.div_euclid(DAY)).0;
        for Transition { at, before, after } in self.near(year) {
            if at + before <= local && local < at + after {
                return Reading::Gap(local - before, local - after);
            }
            if at + after <= local && local < at + before {
                return Reading::Fold(local - before, local - after);
            }
        }
        let offset = self.offset(local - self.standard);
        let found =
            [offset, self.standard].into_iter().find(|one| self.offset(local - one) == *one);
        let summer = self.summer.map_or(self.standard, |summer| self.standard + summer.by);
        Reading::One(local - found.unwrap_or(summer))
    }

    /// A VTIMEZONE of it under any name, with rules that begin in a year.
    pub(crate) fn definition(&self, name: &str, from: i64) -> Vec<String> {
        let mut lines = vec!["BEGIN:VTIMEZONE".to_owned(), format!("TZID:{name}")];
        match self.summer {
            None => {
                let start = compact(day(from, 1, 1) * DAY);
                lines.extend(observance("STANDARD", &start, None, self.standard, self.standard));
            }
            Some(Summer { begins, ends, by }) => {
                let (winter, summer) = (self.standard, self.standard + by);
                for (kind, change, before, after) in
                    [("STANDARD", ends, summer, winter), ("DAYLIGHT", begins, winter, summer)]
                {
                    let start = compact(change.day(from) * DAY + change.at);
                    lines.extend(observance(kind, &start, Some(change), before, after));
                }
            }
        }
        lines.push("END:VTIMEZONE".to_owned());
        lines
    }
}

fn observance(
    kind: &str,
    start: &str,
    change: Option<Change>,
    before: i64,
    after: i64,
) -> Vec<String> {
    let mut lines = vec![
        format!("BEGIN:{kind}"),
        format!("DTSTART:{start}"),
        format!("TZOFFSETFROM:{}", offset(before)),
        format!("TZOFFSETTO:{}", offset(after)),
    ];
    if let Some(Change { month, nth, at: _ }) = change {
        lines.push(format!("RRULE:FREQ=YEARLY;BYDAY={nth}SU;BYMONTH={month}"));
    }
    lines.push(format!("END:{kind}"));
    lines
}

/// `+0100`.
fn offset(seconds: i64) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.abs();
    format!("{sign}{:02}{:02}", seconds / HOUR, seconds % HOUR / 60)
}

#[test]
fn the_rules_give_the_known_changes() {
    let zone = |name: &str| ZONES.iter().find(|zone| zone.name == name).copied().unwrap();
    let starts = |name: &str, year| {
        let texts = zone(name).transitions(year).into_iter();
        texts.map(|transition| compact(transition.at)).collect::<Vec<_>>()
    };
    assert_eq!(starts("Europe/London", 2027), ["20270328T010000", "20271031T010000"]);
    assert_eq!(starts("Europe/Helsinki", 2027), ["20270328T010000", "20271031T010000"]);
    assert_eq!(starts("America/New_York", 2026), ["20260308T070000", "20261101T060000"]);
    assert_eq!(starts("Australia/Sydney", 2026), ["20260404T160000", "20261003T160000"]);
    assert_eq!(starts("Australia/Lord_Howe", 2026), ["20260404T150000", "20261003T153000"]);
}

#[test]
fn every_second_around_a_change_is_read_back() {
    for zone in ZONES {
        for change in zone.transitions(2026).into_iter().chain(zone.transitions(2027)) {
            for at in (change.at - 4 * HOUR..change.at + 4 * HOUR).step_by(300) {
                let local = zone.local(at);
                let read = match zone.read(local) {
                    Reading::One(one) => vec![one],
                    Reading::Fold(first, second) => vec![first, second],
                    Reading::Gap(..) => vec![],
                };
                assert!(read.contains(&at), "{} {}", zone.name, compact(at));
            }
        }
    }
    let london = &ZONES[0];
    let gap = day(2027, 3, 28) * DAY + HOUR + HOUR / 2;
    assert_eq!(london.read(gap), Reading::Gap(gap, gap - HOUR));
}
