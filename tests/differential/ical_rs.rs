//! The crate `ical-rs` as a reader of timetables: its parser, its recurrence sets, its VTIMEZONEs. What it leaves to
//! its callers is done here: a byte order mark, grouping by UID, ends, what is cancelled
//! or has no time, and the zones that a file only names.

use crate::occurrence::{Occurrence, Window};
use ical::component::{IcalComponent, IcalComponentKind, IcalComponentName};
use ical::param::IcalParam;
use ical::prop::{IcalProp, IcalPropKind, IcalPropName};
use ical::recur::IcalRecurDateTime;
use ical::recur::set::{IcalRecurOverride, IcalRecurSet, IcalRecurZone};
use ical::tree::cst::IcalCst;
use ical::tz::{IcalTz, IcalTzObservance, IcalTzTransition, IcalTzTransitions};
use ical::value::IcalValue;
use std::collections::HashMap;

/// Steps of one series, at most; some rules have no end and some no result.
const STEPS: usize = 20_000;
/// No length counts so many of anything.
const MISPRINT: i64 = 100_000_000;
/// No timetable asks for the clocks of an earlier year.
const EARLIEST: i32 = 1990;

/// All occurrences in a window. `named` knows the zones that a file names and does not define; the name is empty for
/// times without a zone.
pub(crate) fn occurrences(
    bytes: &[u8],
    window: Window,
    named: &dyn Fn(&str) -> Option<IcalTz>,
) -> Vec<Occurrence> {
    let mut found = Vec::new();
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    for tree in &IcalCst::parse_recovering(bytes).calendars {
        let calendar = tree.decode();
        let mut clocks = Clocks::of(&calendar.components, window, named);
        for (uid, components) in by_uid(&calendar.components) {
            series(uid, &components, window, &mut clocks, &mut found);
        }
    }
    found
}

/// The events of each UID, in the order of the file.
fn by_uid<'a, 'b>(
    components: &'a [IcalComponent<'b>],
) -> Vec<(&'a str, Vec<&'a IcalComponent<'b>>)> {
    let mut places = HashMap::new();
    let mut groups: Vec<(&str, Vec<_>)> = Vec::new();
    for event in components.iter().filter(|one| is_kind(one, IcalComponentKind::VEvent)) {
        let uid = property(event, IcalPropKind::Uid).and_then(|uid| text(&uid.value));
        let uid = uid.unwrap_or_default();
        let next = groups.len();
        // What has no name is the same as nothing else.
        let place = if uid.is_empty() { next } else { *places.entry(uid).or_insert(next) };
        if place == next {
            groups.push((uid, Vec::new()));
        }
        groups[place].1.push(event);
    }
    groups
}

/// The occurrences of one UID: the last event without a RECURRENCE-ID is the series, the others replace its instances.
fn series(
    uid: &str,
    events: &[&IcalComponent<'_>],
    window: Window,
    clocks: &mut Clocks<'_>,
    found: &mut Vec<Occurrence>,
) {
    let replaces =
        |event: &IcalComponent<'_>| property(event, IcalPropKind::RecurrenceId).is_some();
    let Some(master) = events.iter().rfind(|event| !replaces(event)) else {
        return events.iter().for_each(|event| single(uid, event, window, clocks, found));
    };
    if property(master, IcalPropKind::DtStart).and_then(written).is_none() {
        return;
    }
    for event in events {
        clocks.learn(event);
    }
    let mut set = IcalRecurSet::of_component_in(master, &clocks.zones);
    let mut changed = Vec::new();
    for event in events.iter().filter(|event| replaces(event)) {
        if let Some(over) = IcalRecurOverride::of_component(event, &set.zone, &clocks.zones) {
            changed.push((over.id, *event));
            set.with_override_in(event, &clocks.zones);
        }
    }
    let length = clocks.length(master);
    let zone = set.zone.clone();
    let last = IcalRecurDateTime::from_seconds(window.to + 86_400);
    let walk = match clocks.zone_of(&zone) {
        Some(defined) => set.expand_in_zone(&defined),
        None => set.expand(),
    };
    for at in walk.take(STEPS).take_while(|at| at.id <= last || at.over.is_some()) {
        let own = changed.iter().rev().find(|(id, _)| at.over.is_some() && *id == at.id);
        match own {
            Some((_, event)) => single(uid, event, window, clocks, found),
            None if is_cancelled(master) => {}
            None => {
                let start = clocks.instant(&zone, at.start);
                let end = length.after(at.start, &zone, clocks);
                keep(uid, start, end, window, found);
            }
        }
    }
}

/// An event that happens once.
fn single(
    uid: &str,
    event: &IcalComponent<'_>,
    window: Window,
    clocks: &mut Clocks<'_>,
    found: &mut Vec<Occurrence>,
) {
    clocks.learn(event);
    let Some((zone, local)) = property(event, IcalPropKind::DtStart).and_then(written) else {
        return;
    };
    if is_cancelled(event) {
        return;
    }
    let end = clocks.length(event).after(local, &zone, clocks);
    keep(uid, clocks.instant(&zone, local), end, window, found);
}

fn keep(uid: &str, start: i64, end: i64, window: Window, found: &mut Vec<Occurrence>) {
    if window.shows(start, end.max(start + 1)) {
        found.push(Occurrence { uid: uid.to_owned(), start, end });
    }
}

fn is_kind(component: &IcalComponent<'_>, kind: IcalComponentKind) -> bool {
    matches!(component.name, IcalComponentName::Kind(known) if known == kind)
}

fn property<'a, 'b>(event: &'a IcalComponent<'b>, kind: IcalPropKind) -> Option<&'a IcalProp<'b>> {
    event.props.iter().find(|one| matches!(one.name, IcalPropName::Kind(known) if known == kind))
}

fn text<'a>(value: &'a IcalValue<'_>) -> Option<&'a str> {
    if let IcalValue::Text(text) = value {
        return Some(&text.0);
    }
    if let IcalValue::Date(date) = value {
        return Some(&date.0);
    }
    if let IcalValue::DateTime(date) = value {
        return Some(&date.0);
    }
    if let IcalValue::Duration(length) = value { Some(&length.0) } else { None }
}

fn is_cancelled(event: &IcalComponent<'_>) -> bool {
    let status = property(event, IcalPropKind::Status).and_then(|status| text(&status.value));
    status.is_some_and(|status| status.eq_ignore_ascii_case("CANCELLED"))
}

/// The clock and the time of a property; a mere date has neither.
fn written(property: &IcalProp<'_>) -> Option<(IcalRecurZone, IcalRecurDateTime)> {
    let text = text(&property.value)?;
    if text.len() == "20261130".len() {
        return None;
    }
    let zone = property.params.iter().find_map(|parameter| {
        let IcalParam::TzId(name) = parameter else { return None };
        Some(IcalRecurZone::Tz(name.to_string()))
    });
    let zone =
        if text.ends_with(['Z', 'z']) { IcalRecurZone::Utc } else { zone.unwrap_or_default() };
    Some((zone, IcalRecurDateTime::parse(text).ok()?))
}

/// How long an event lasts: days on the clock, then seconds by the stop-watch.
#[derive(Clone, Copy)]
struct Length {
    days: i64,
    seconds: i64,
}

impl Length {
    fn after(self, start: IcalRecurDateTime, zone: &IcalRecurZone, clocks: &mut Clocks<'_>) -> i64 {
        let day = IcalRecurDateTime::from_seconds(start.seconds() + self.days * 86_400);
        clocks.instant(zone, day) + self.seconds
    }

    /// `P1DT2H`; the crate counts a day as 24 hours.
    fn parse(text: &str) -> Self {
        let mut length = Self { days: 0, seconds: 0 };
        let mut number = 0;
        for character in text.chars() {
            match character {
                '0'..='9' if number < MISPRINT => {
                    number = number * 10 + i64::from(character as u8 - b'0');
                }
                'W' => length.days += 7 * std::mem::take(&mut number),
                'D' => length.days += std::mem::take(&mut number),
                'H' => length.seconds += 3_600 * std::mem::take(&mut number),
                'M' => length.seconds += 60 * std::mem::take(&mut number),
                'S' => length.seconds += std::mem::take(&mut number),
                _ => {}
            }
        }
        length
    }
}

/// A zone with its transitions instead of its rules: the crate works the rules out anew for every series, for some
/// producers from the year 1601 on.
fn worked_out(zone: &IcalTz, window: Window) -> IcalTz {
    let last = IcalRecurDateTime::from_seconds(window.to).year + 1;
    let transitions = zone.transitions(last);
    let recent = transitions.partition_point(|one| one.local.year < EARLIEST).saturating_sub(1);
    let observance = |one: &IcalTzTransition| IcalTzObservance {
        daylight: one.from < one.to,
        from: one.from,
        to: one.to,
        onsets: IcalRecurSet { start: Some(one.local), ..IcalRecurSet::default() },
    };
    let observances = transitions[recent..].iter().map(observance).collect();
    IcalTz { id: zone.id.clone(), observances }
}

/// The zones of a calendar, with their transitions at hand.
struct Clocks<'n> {
    zones: Vec<IcalTz>,
    transitions: HashMap<String, IcalTzTransitions>,
    named: &'n dyn Fn(&str) -> Option<IcalTz>,
}

impl<'n> Clocks<'n> {
    fn of(
        components: &[IcalComponent<'_>],
        window: Window,
        named: &'n dyn Fn(&str) -> Option<IcalTz>,
    ) -> Self {
        let zones = components.iter().filter_map(IcalTz::of_component);
        let zones: Vec<_> = zones.map(|zone| worked_out(&zone, window)).collect();
        let held = |zone: &IcalTz| (zone.id.clone(), IcalTzTransitions::of_zone(zone.clone()));
        let transitions = zones.iter().map(held).collect();
        Self { zones, transitions, named }
    }

    /// Asks for the zones that an event names and no VTIMEZONE defines.
    fn learn(&mut self, event: &IcalComponent<'_>) {
        for parameter in event.props.iter().flat_map(|property| &property.params) {
            if let IcalParam::TzId(name) = parameter {
                self.ask(name);
            }
        }
        self.ask("");
    }

    fn ask(&mut self, name: &str) {
        if self.transitions.contains_key(name) {
            return;
        }
        let mut zone =
            (self.named)(name).unwrap_or(IcalTz { id: String::new(), observances: vec![] });
        name.clone_into(&mut zone.id);
        self.transitions.insert(name.to_owned(), IcalTzTransitions::of_zone(zone.clone()));
        self.zones.push(zone);
    }

    fn zone_of(&self, zone: &IcalRecurZone) -> Option<IcalTz> {
        let name = match zone {
            IcalRecurZone::Utc => return None,
            IcalRecurZone::Floating => "",
            IcalRecurZone::Tz(name) => name,
        };
        self.zones.iter().find(|zone| zone.id == name).cloned()
    }

    fn instant(&mut self, zone: &IcalRecurZone, local: IcalRecurDateTime) -> i64 {
        let name = match zone {
            IcalRecurZone::Utc => return local.seconds(),
            IcalRecurZone::Floating => "",
            IcalRecurZone::Tz(name) => name,
        };
        let known = self.transitions.get_mut(name);
        known.map_or(local.seconds(), |zone| zone.resolve(local).literal_instant(local))
    }

    /// The length that the instances of an event have: what lies between start and end, else as DURATION says.
    fn length(&mut self, event: &IcalComponent<'_>) -> Length {
        let start = property(event, IcalPropKind::DtStart).and_then(written);
        let end = property(event, IcalPropKind::DtEnd).and_then(written);
        let (Some((zone, start)), Some((other, end))) = (start, end) else {
            let length = property(event, IcalPropKind::Duration).and_then(|one| text(&one.value));
            return length.map_or(Length { days: 0, seconds: 0 }, Length::parse);
        };
        Length { days: 0, seconds: self.instant(&other, end) - self.instant(&zone, start) }
    }
}
