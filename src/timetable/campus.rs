//! Written times to moments, on this campus: which zone a time without one, or with an unknown one, means.

use super::Settings;
use super::components::Calendar;
use super::event::Stamp;
use super::findings::{Findings, Place};
use super::rule::Budget;
use super::times::Written;
use super::tzids::{Tzid, Tzids};
use super::zone::{Definition, Moment, Origin, Zone, ZoneData};
use crate::domain::Severity;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use chrono_tz::TZ_VARIANTS;
use std::collections::BTreeMap;

/// One of the zones of a [`Campus`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ZoneId(usize);

impl ZoneId {
    /// UTC.
    const UTC: Self = Self(0);
    /// The campus zone.
    const CAMPUS: Self = Self(1);
}

/// Reads the times of one file.
#[derive(Debug)]
pub(super) struct Campus<'a> {
    data: &'a ZoneData,
    calendars: &'a [Calendar],
    tzids: &'a Tzids,
    zones: Vec<Zone>,
    /// By calendar, as each may define a zone of its own under a name.
    by_name: BTreeMap<(usize, Tzid), ZoneId>,
    /// What working out the file's own zones may still cost.
    budget: Budget,
    /// Times that name no zone, by the zone they were read in.
    floating: BTreeMap<ZoneId, usize>,
    /// Zone names that nobody knows: the line of the first and how many times name them.
    unknown: BTreeMap<Tzid, (u32, usize)>,
    /// Exams whose zone rules contradict each other.
    contradicted: BTreeMap<ZoneId, Contradiction>,
}

/// That the rules of one zone contradict each other.
#[derive(Debug)]
struct Contradiction {
    line: u32,
    uid: String,
    exams: usize,
    counts: Option<Origin>,
    others: Vec<Origin>,
}

impl<'a> Campus<'a> {
    /// The campus of `settings`, reading a file with these calendars and zone names.
    pub(super) fn new(settings: &'a Settings, calendars: &'a [Calendar], tzids: &'a Tzids) -> Self {
        let data = &settings.zone_data;
        let definitions = calendars.iter().map(|calendar| calendar.definitions.len()).sum();
        let mut budget = Budget::of(definitions);
        let campus = Zone::named(settings.zone.name(), data, None, &mut budget);
        Self {
            data,
            calendars,
            tzids,
            zones: vec![Zone::utc(), campus.expect("a zone that is compiled in has rules")],
            by_name: BTreeMap::new(),
            budget,
            floating: BTreeMap::new(),
            unknown: BTreeMap::new(),
            contradicted: BTreeMap::new(),
        }
    }

    /// Whether everything in that calendar is called off.
    pub(super) fn cancels(&self, calendar: usize) -> bool {
        self.calendars.get(calendar).is_some_and(|calendar| calendar.cancels)
    }

    /// The zone a time is written in.
    pub(super) fn zone_of(
        &mut self,
        stamp: &Stamp,
        calendar: usize,
        findings: &mut Findings,
    ) -> ZoneId {
        if matches!(stamp.written, Written::Utc(_)) {
            return ZoneId::UTC;
        }
        let own = stamp.tzid.filter(|tzid| !self.tzids.name(*tzid).trim().is_empty());
        let of_calendar = || self.calendars.get(calendar).and_then(|calendar| calendar.zone);
        let zone = match own.or_else(of_calendar) {
            Some(tzid) => {
                let zone = self.named(tzid, calendar, findings);
                if let Some((line, count)) = self.unknown.get_mut(&tzid) {
                    *line = if *count == 0 { stamp.line } else { *line };
                    *count += 1;
                }
                zone
            }
            None => ZoneId::CAMPUS,
        };
        if own.is_none() {
            *self.floating.entry(zone).or_default() += 1;
        }
        zone
    }

    fn named(&mut self, tzid: Tzid, calendar: usize, findings: &mut Findings) -> ZoneId {
        if let Some(&known) = self.by_name.get(&(calendar, tzid)) {
            return known;
        }
        let name = self.tzids.name(tzid);
        let definition =
            self.calendars.get(calendar).and_then(|calendar| calendar.definition(name));
        let zone = Zone::named(name, self.data, definition, &mut self.budget);
        if let Some(definition) = definition {
            tell_fault(definition, findings);
        }
        let id = match zone {
            // What is campus time needs no second look at the same rules.
            Some(zone) if definition.is_none() && zone.name() == self.zones[1].name() => {
                ZoneId::CAMPUS
            }
            Some(zone) => {
                self.zones.push(zone);
                ZoneId(self.zones.len() - 1)
            }
            None => {
                self.unknown.insert(tzid, (0, 0));
                ZoneId::CAMPUS
            }
        };
        self.by_name.insert((calendar, tzid), id);
        id
    }

    /// The moment of a time; `None` for a mere date.
    pub(super) fn moment(
        &mut self,
        stamp: &Stamp,
        calendar: usize,
        findings: &mut Findings,
    ) -> Option<Moment> {
        match stamp.written {
            Written::Date(_) => None,
            Written::Utc(at) => Some(Moment::Certain(at.and_utc())),
            Written::Local(at) => {
                let zone = self.zone_of(stamp, calendar, findings);
                Some(self.local(at, zone))
            }
        }
    }

    /// The moment of a wall-clock time.
    pub(super) fn local(&mut self, at: NaiveDateTime, zone: ZoneId) -> Moment {
        self.zones[zone.0].moment(at)
    }

    /// The first moment of a day of the campus zone.
    pub(super) fn first_moment(&mut self, day: NaiveDate) -> Moment {
        self.local(day.and_time(NaiveTime::MIN), ZoneId::CAMPUS).first_of_each()
    }

    /// The wall clock at a moment.
    pub(super) fn wall_clock(&self, at: DateTime<Utc>, zone: ZoneId) -> NaiveDateTime {
        self.zones[zone.0].wall_clock(at)
    }

    /// The zone in which the days of a time's series are counted: UTC is no place where anybody sits an exam.
    pub(super) fn day_zone(zone: ZoneId) -> ZoneId {
        if zone == ZoneId::UTC { ZoneId::CAMPUS } else { zone }
    }

    /// Notes an exam whose zone rules contradict each other.
    pub(super) fn contradicted(&mut self, zone: ZoneId, local: NaiveDateTime, place: Place<'_>) {
        if let Some(known) = self.contradicted.get_mut(&zone) {
            known.exams += 1;
            return;
        }
        let (counts, others) = self.zones[zone.0].opinions(local);
        let Place { line, uid } = place;
        let uid = uid.unwrap_or_default().to_owned();
        self.contradicted.insert(zone, Contradiction { line, uid, exams: 1, counts, others });
    }

    /// Tells what concerns the whole file.
    pub(super) fn tell(&self, findings: &mut Findings) {
        for (zone, count) in &self.floating {
            findings.of_file(
                Severity::Info,
                "floating_time",
                format!(
                    "Times that name no time zone and are read in {}: {count}.",
                    self.zones[zone.0].name()
                ),
                "Nothing to do if the timetable is written in the time of that place.",
            );
        }
        for (tzid, (line, count)) in &self.unknown {
            self.tell_unknown(*tzid, *line, *count, findings);
        }
        for (zone, contradiction) in &self.contradicted {
            self.tell_contradiction(*zone, contradiction, findings);
        }
    }

    fn tell_unknown(&self, tzid: Tzid, line: u32, count: usize, findings: &mut Findings) {
        let name = self.tzids.name(tzid);
        let shown: String = super::property::one_line(name).chars().take(60).collect();
        let campus = self.zones[ZoneId::CAMPUS.0].name();
        let guess = TZ_VARIANTS.iter().map(|zone| zone.name()).find(|known| {
            known.rsplit('/').next().is_some_and(|place| place.eq_ignore_ascii_case(name.trim()))
        });
        findings.add(
            Place::line(line),
            Severity::Critical,
            "unknown_zone",
            format!(
                "The time zone \"{shown}\" is not known; {campus} was taken. Times that are in it, from this line on: \
                 {count}."
            ),
            format!(
                "Check these events' times, or export with a zone such as {}.",
                guess.unwrap_or("Europe/London")
            ),
        );
    }

    fn tell_contradiction(&self, zone: ZoneId, found: &Contradiction, findings: &mut Findings) {
        let Contradiction { line, uid, exams, counts, others } = found;
        let say = |origin: &Origin| match origin {
            Origin::File => "the file's own VTIMEZONE".to_owned(),
            Origin::System => {
                format!("this system's rules ({})", self.data.version().unwrap_or("of unknown age"))
            }
            Origin::Compiled => format!("the built-in rules ({})", ZoneData::COMPILED),
        };
        let others: Vec<_> = others.iter().map(say).collect();
        findings.add(
            Place::event(*line, uid),
            Severity::Critical,
            "zone_rules_differ",
            format!(
                "About {}, {} and {} do not agree. Exams that may be at another hour, of which both times are covered: \
                 {exams}.",
                self.zones[zone.0].name(),
                counts.as_ref().map_or_else(|| "the rules that count".into(), say),
                others.join(" and "),
            ),
            "Check these exams' times. Then bring the zone data up to date, or leave the VTIMEZONE out of the export.",
        );
    }
}

fn tell_fault(definition: &Definition, findings: &mut Findings) {
    let Some(why) = definition.fault() else { return };
    let name: String = super::property::one_line(&definition.name).chars().take(60).collect();
    findings.add(
        Place::line(definition.line),
        Severity::Warning,
        "bad_zone_definition",
        format!("The file's own definition of the time zone \"{name}\" was not used: {why}."),
        "Check these events' times, or export with a zone such as Europe/London.",
    );
}
