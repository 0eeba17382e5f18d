//! Exams that happen once, rightly or wrongly written.

use super::calendar::{DAY, HOUR, Local, compact_day, day};
use super::dice::Dice;
use super::producer::{Producer, System};
use super::zone::{Reading, UTC, Zone};
use super::{Exam, Feature, Sat, series};
use std::collections::BTreeSet;

/// Where an exam is written down.
pub(super) struct Desk<'a> {
    /// Who writes.
    pub(super) producer: &'a Producer,
    number: usize,
    candidates: Option<u32>,
    cohort: Option<String>,
}

/// How an exam's end is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// DTEND, so long after the start on the wall clock.
    At(i64),
    /// DURATION in hours and minutes: by the stop-watch.
    After(i64),
    /// DURATION with days: on the wall clock, then by the stop-watch.
    Days(i64, i64),
}

/// Some exam.
pub(super) fn any(producer: &Producer, number: usize, dice: &mut Dice) -> Exam {
    let candidates = (!dice.one_in(5)).then(|| u32::try_from(dice.between(30, 900)).unwrap_or(30));
    let cohort = candidates.map(|count| match dice.below(3) {
        0 => format!("X-INVIGILATOR-CANDIDATES:{count}"),
        1 => format!("X-CANDIDATES:{count}"),
        _ => format!("DESCRIPTION:Open book.\\nCandidates: {count}\\nExtra time: 10% x1.25"),
    });
    let desk = Desk { producer, number, candidates, cohort };
    let mut exam = match (producer.system, dice.below(20)) {
        (System::Moodle, _) => desk.without_end(dice),
        (_, 0) => desk.wrong(dice),
        (_, 1) => desk.cancelled(dice),
        (_, 2) => desk.versions(dice),
        (_, 3) => desk.orphan(dice),
        (System::TimeEdit, _) | (_, 4..10) => desk.once(dice),
        _ => series::any(&desk, dice),
    };
    exam.features.extend(producer_features(producer));
    exam
}

fn producer_features(producer: &Producer) -> Vec<Feature> {
    match producer.system {
        System::TimeEdit | System::Moodle | System::Exchange => vec![],
        System::Custom => vec![Feature::CustomZone],
        System::Scientia | System::HomeMade => vec![Feature::NamedZone],
        System::Google => vec![Feature::NamedZone, Feature::SlashedZone],
        System::Celcat => vec![Feature::Floating],
    }
}

impl Desk<'_> {
    /// The zone that times are written in.
    pub(super) fn zone(&self) -> Zone {
        self.producer.zone
    }

    /// A time of an exam; some are near a change of clocks.
    pub(super) fn time(&self, dice: &mut Dice) -> Local {
        let (first, last) = (day(2026, 9, 5), day(2027, 8, 20));
        let seen = (first * DAY)..(last * DAY);
        let changes = [2026, 2027].into_iter().flat_map(|year| self.zone().transitions(year));
        let changes: Vec<_> = changes.filter(|change| seen.contains(&change.at)).collect();
        if !changes.is_empty() && dice.one_in(5) {
            let change = dice.pick(&changes);
            return change.at + change.before + dice.between(-8, 8) * HOUR / 2;
        }
        dice.between(first, last) * DAY + dice.between(8 * 4, 18 * 4) * HOUR / 4
    }

    /// A time far from any change of clocks: near one, another reading may give even a wrong end a length.
    fn plain_time(&self, dice: &mut Dice) -> Local {
        loop {
            let start = self.time(dice);
            let is_plain = |at: &Local| matches!(self.zone().read(*at), Reading::One(_));
            if [start - 3 * HOUR, start].iter().all(is_plain) {
                return start;
            }
        }
    }

    /// An end that lies a while after the start, as written and in truth.
    pub(super) fn ending(&self, start: Local, dice: &mut Dice) -> Ending {
        let length = dice.between(2, 17) * HOUR / 4;
        let ending = match dice.below(8) {
            0 | 1 => Ending::After(length),
            2 => Ending::Days(1, length),
            _ => Ending::At(length),
        };
        match ending {
            Ending::At(_)
                if self.sat(start, ending, None).0.end
                    < self.sat(start, ending, None).0.start + HOUR / 4 =>
            {
                Ending::At(length + 2 * HOUR)
            }
            Ending::At(_) | Ending::After(_) | Ending::Days(..) => ending,
        }
    }

    /// When something is sat that is written so, and what is special about it.
    pub(super) fn sat(&self, start: Local, ending: Ending, id: Option<i64>) -> (Sat, Vec<Feature>) {
        let zone = self.zone();
        let mut features = Vec::new();
        let mut read = |local: Local| {
            let reading = zone.read(local);
            match reading {
                Reading::One(_) => {}
                Reading::Gap(..) => features.push(Feature::Gap),
                Reading::Fold(..) => features.push(Feature::Fold),
            }
            (reading.by_rfc(), reading.other())
        };
        let (begin, other_begin) = read(start);
        let (end, other_end) = match ending {
            Ending::At(length) => read(start + length),
            Ending::After(length) => (begin + length, None),
            Ending::Days(days, length) => {
                let (day, other) = read(start + days * DAY);
                (day + length, other.map(|day| day + length))
            }
        };
        // An end before the start is no reading.
        let others = other_begin.filter(|begin| *begin < end).into_iter();
        let others = others.chain(other_end.filter(|end| begin < *end)).collect();
        let changes = zone.offset(begin) != zone.offset(end)
            || zone.read(zone.local(end)) != Reading::One(end);
        if !matches!(ending, Ending::At(_)) && changes {
            features.push(Feature::DurationOverChange);
        }
        (Sat { start: begin, end, recurrence_id: id, others }, features)
    }

    /// DTSTART and the end.
    pub(super) fn when(&self, start: Local, ending: Ending) -> Vec<String> {
        let minutes = |length: i64| format!("PT{}H{}M", length / HOUR, length % HOUR / 60);
        let end = match ending {
            Ending::At(length) => self.producer.stamp("DTEND", start + length),
            Ending::After(length) => format!("DURATION:{}", minutes(length)),
            Ending::Days(days, length) => {
                format!("DURATION:{}", minutes(length).replace("PT", &format!("P{days}DT")))
            }
        };
        vec![self.producer.stamp("DTSTART", start), end]
    }

    /// A VEVENT; versions count from 0.
    pub(super) fn event(&self, version: usize, when: Vec<String>, dice: &mut Dice) -> Vec<String> {
        self.stamped(version, version, when, dice)
    }

    fn stamped(
        &self,
        sequence: usize,
        stamp: usize,
        when: Vec<String>,
        dice: &mut Dice,
    ) -> Vec<String> {
        let mut inside = vec![vec![self.producer.dtstamp(stamp), format!("SEQUENCE:{sequence}")]];
        inside.push(self.producer.dress(self.number, dice));
        inside.push(when);
        inside.push(self.cohort.iter().cloned().collect());
        dice.shuffle(&mut inside);
        let uid = format!("UID:{}", self.producer.uid(self.number));
        let mut lines = vec!["BEGIN:VEVENT".to_owned(), uid];
        lines.extend(inside.into_iter().flatten());
        lines.push("END:VEVENT".to_owned());
        lines
    }

    /// An exam of these events.
    pub(super) fn exam(
        &self,
        events: Vec<Vec<String>>,
        sat: Vec<Sat>,
        features: &[Feature],
    ) -> Exam {
        Exam {
            uid: self.producer.uid(self.number),
            events,
            cancels: vec![],
            sat,
            candidates: self.candidates,
            features: features.iter().copied().collect::<BTreeSet<_>>(),
        }
    }

    fn once(&self, dice: &mut Dice) -> Exam {
        let start = self.time(dice);
        let ending = self.ending(start, dice);
        let (sat, features) = self.sat(start, ending, None);
        let event = self.event(0, self.when(start, ending), dice);
        self.exam(vec![event], vec![sat], &features)
    }

    /// An event without an end that makes sense: its start is known, and three hours are assumed.
    fn without_end(&self, dice: &mut Dice) -> Exam {
        let start = self.plain_time(dice);
        let (when, feature) = match dice.below(3) {
            // As Moodle writes the moment at which a quiz opens.
            0 => (self.when(start, Ending::At(0)), Feature::NoLength),
            1 => (self.when(start, Ending::At(-3 * HOUR)), Feature::EndBeforeStart),
            _ => (vec![self.producer.stamp("DTSTART", start)], Feature::NoEnd),
        };
        let (sat, mut features) = self.sat(start, Ending::After(3 * HOUR), None);
        features.push(feature);
        let event = self.event(0, when, dice);
        self.exam(vec![event], vec![sat], &features)
    }

    /// A day without a time cannot become a sitting.
    fn whole_day(&self, dice: &mut Dice) -> Exam {
        let start = self.plain_time(dice);
        let (from, to) = (compact_day(start), compact_day(start + DAY));
        let when = vec![format!("DTSTART;VALUE=DATE:{from}"), format!("DTEND;VALUE=DATE:{to}")];
        let event = self.event(0, when, dice);
        self.exam(vec![event], vec![], &[Feature::AllDay])
    }

    fn wrong(&self, dice: &mut Dice) -> Exam {
        if dice.one_in(4) { self.whole_day(dice) } else { self.without_end(dice) }
    }

    fn cancelled(&self, dice: &mut Dice) -> Exam {
        let mut exam = self.once(dice);
        exam.sat.clear();
        let start = self.time(dice);
        if dice.one_in(2) {
            exam.events[0].insert(2, "STATUS:CANCELLED".into());
            exam.features.insert(Feature::Cancelled);
        } else {
            exam.cancels = vec![self.event(1, vec![self.producer.stamp("DTSTART", start)], dice)];
            exam.features.insert(Feature::MethodCancel);
        }
        exam
    }

    /// An exam that was written again: by SEQUENCE or, where that says nothing, by DTSTAMP the newest counts.
    fn versions(&self, dice: &mut Dice) -> Exam {
        let by_sequence = dice.one_in(2);
        let mut events = Vec::new();
        let (mut truth, mut features) = (vec![], vec![]);
        for version in 0..2 + dice.below(2) {
            let start = self.time(dice);
            let ending = self.ending(start, dice);
            let (sat, found) = self.sat(start, ending, None);
            let sequence = if by_sequence { version } else { 3 };
            events.push(self.stamped(sequence, version, self.when(start, ending), dice));
            (truth, features) = (vec![sat], found);
        }
        // Another title at another time would be another exam.
        let title = |event: &[String]| event.iter().position(|line| line.starts_with("SUMMARY"));
        if let Some(first) = title(&events[0]).map(|at| events[0][at].clone()) {
            for event in &mut events {
                if let Some(at) = title(event) {
                    event[at].clone_from(&first);
                }
            }
        }
        dice.shuffle(&mut events);
        features.push(if by_sequence { Feature::Versions } else { Feature::Stamps });
        self.exam(events, truth, &features)
    }

    /// An instance that was sent without its series.
    fn orphan(&self, dice: &mut Dice) -> Exam {
        let start = self.time(dice);
        let (original, ending) = (start - 2 * HOUR, self.ending(start, dice));
        let id = self.zone().read(original).by_rfc();
        let (sat, mut features) = self.sat(start, ending, Some(id));
        features.push(Feature::Orphan);
        let mut when = self.when(start, ending);
        when.push(self.producer.stamp("RECURRENCE-ID", original));
        let event = self.event(0, when, dice);
        self.exam(vec![event], vec![sat], &features)
    }

    /// Whether dates of days mean the same in this zone and on the campus.
    pub(super) fn has_own_days(&self) -> bool {
        self.zone() != UTC
    }
}
