//! Exams that are sat several times: rules, further dates, exceptions, moved and cancelled instances.

use super::calendar::{DAY, HOUR, Local, compact_day, day};
use super::dice::Dice;
use super::exam::{Desk, Ending};
use super::producer::System;
use super::rule::{Every, Last, Rule};
use super::zone::{Reading, UTC, Zone};
use super::{Exam, Feature, Sat};
use std::collections::BTreeMap;

/// A series while it is written.
struct Series<'a, 'b> {
    desk: &'a Desk<'b>,
    start: Local,
    ending: Ending,
    /// What stands in the event beside its own times.
    lines: Vec<String>,
    /// Each instance: its start before changes, and how it is sat.
    instances: BTreeMap<Local, (Local, Ending)>,
    overrides: Vec<Vec<String>>,
    features: Vec<Feature>,
}

/// Some series.
pub(super) fn any(desk: &Desk<'_>, dice: &mut Dice) -> Exam {
    let mut series = Series::begin(desk, dice);
    match dice.below(10) {
        0 => series.features.push(Feature::RdateOnly),
        1 => {
            series.rule(dice, true);
            series.features.push(Feature::TwoRules);
        }
        _ => series.rule(dice, false),
    }
    series.further_dates(dice);
    series.exceptions(dice);
    let changes = dice.below(6);
    if changes == 0 {
        series.this_and_future(dice);
    } else {
        for _ in 0..changes / 2 {
            series.changed_instance(dice);
        }
    }
    let exam = series.finish(dice);
    if dice.one_in(12) { cancelled(desk, exam, dice) } else { exam }
}

/// The whole series, called off later.
fn cancelled(desk: &Desk<'_>, mut exam: Exam, dice: &mut Dice) -> Exam {
    exam.sat.clear();
    exam.events.truncate(1);
    if dice.one_in(2) {
        exam.events[0].insert(2, "STATUS:CANCELLED".into());
        exam.features.insert(Feature::Cancelled);
    } else {
        let when = vec![desk.producer.stamp("DTSTART", desk.time(dice))];
        exam.cancels = vec![desk.event(5, when, dice)];
        exam.features.insert(Feature::MethodCancel);
    }
    exam
}

impl<'a, 'b> Series<'a, 'b> {
    fn begin(desk: &'a Desk<'b>, dice: &mut Dice) -> Self {
        let mut start = desk.time(dice);
        if dice.one_in(6) {
            start -= 364 * DAY;
        }
        let ending = desk.ending(start, dice);
        let (lines, overrides) = (vec![], vec![]);
        Self { desk, start, ending, lines, instances: BTreeMap::new(), overrides, features: vec![] }
    }

    fn zone(&self) -> Zone {
        self.desk.zone()
    }

    /// Repeats by a rule, or by two.
    fn rule(&mut self, dice: &mut Dice, two: bool) {
        let rule = some_rule(dice);
        let (first, time) = (self.start.div_euclid(DAY), self.start.rem_euclid(DAY));
        let begins = rule.first_day(first);
        let off = dice.one_in(12) && begins != first;
        self.start = if off { self.start } else { begins * DAY + time };
        self.ending = self.desk.ending(self.start, dice);
        let rules = if two { vec![rule, some_rule(dice)] } else { vec![rule] };
        for rule in rules {
            let last = self.last(&rule, off || two, dice);
            let rule = Rule { last, ..rule };
            self.lines.push(format!("RRULE:{}", rule.text(&self.zone())));
            self.tag(&rule);
            for local in rule.starts(self.start) {
                self.instances.insert(local, (local, self.ending));
            }
        }
    }

    fn is_floating(&self) -> bool {
        self.desk.producer.system == System::Celcat
    }

    /// Where the rule ends. A count of dates that do not match the rule is not defined.
    fn last(&self, rule: &Rule, endless: bool, dice: &mut Dice) -> Last {
        let reach = if rule.every == Every::Year { 900 } else { 150 };
        let begin = self.start.div_euclid(DAY);
        let last = (begin + dice.between(1, reach)) * DAY + self.start.rem_euclid(DAY);
        let by_hand = self.desk.producer.system == System::HomeMade;
        match dice.below(8) {
            0 | 1 if self.desk.has_own_days() => Last::Day(last.div_euclid(DAY)),
            2 if self.desk.has_own_days() => Last::Local(last),
            3 | 4 if by_hand => Last::Local(last),
            0..=4 => Last::Utc(last),
            5 if rule.every != Every::Day => Last::Never,
            _ if endless => Last::Utc(last),
            _ => Last::Count(1 + dice.below(9)),
        }
    }

    fn tag(&mut self, rule: &Rule) {
        let named = rule.first_day(self.start.div_euclid(DAY)) == self.start.div_euclid(DAY);
        let by_days = !rule.days.is_empty() || !rule.month_days.is_empty();
        let tags = [
            (!named, Feature::StartOffRule),
            (matches!(rule.last, Last::Utc(_)) && self.is_floating(), Feature::UntilUtcFloating),
            (rule.every == Every::Year && by_days, Feature::YearlyByDays),
            (matches!(rule.last, Last::Day(_)), Feature::UntilDate),
            (matches!(rule.last, Last::Local(_)), Feature::UntilLocal),
            (!rule.positions.is_empty(), Feature::PositionInFirstPeriod),
        ];
        self.features.extend(tags.into_iter().filter_map(|(is, tag)| is.then_some(tag)));
    }

    /// RDATEs, some of them in UTC, some as periods.
    fn further_dates(&mut self, dice: &mut Dice) {
        let needed = self.features.contains(&Feature::RdateOnly);
        for _ in 0..dice.below(3) + usize::from(needed) {
            let local = (self.start.div_euclid(DAY) + dice.between(1, 60)) * DAY
                + dice.between(8 * 4, 18 * 4) * HOUR / 4;
            if local == self.start || self.instances.contains_key(&local) {
                continue;
            }
            let mut ending = self.ending;
            self.lines.push(match dice.below(6) {
                0 => {
                    self.features.push(Feature::Periods);
                    ending = Ending::After(dice.between(1, 5) * HOUR);
                    let Ending::After(length) = ending else { return };
                    let stamp = self.desk.producer.stamp("RDATE;VALUE=PERIOD", local);
                    format!("{stamp}/PT{}H", length / HOUR)
                }
                1 => {
                    self.features.extend((self.zone() != UTC).then_some(Feature::NamedInUtc));
                    self.desk.producer.utc_stamp("RDATE", local)
                }
                _ => self.desk.producer.stamp("RDATE", local),
            });
            self.instances.insert(local, (local, ending));
        }
        self.instances.entry(self.start).or_insert((self.start, self.ending));
    }

    /// EXDATEs, some of them as dates.
    fn exceptions(&mut self, dice: &mut Dice) {
        for _ in 0..dice.below(3) {
            let Some(local) = self.plain_instance(dice) else { return };
            if self.desk.has_own_days() && dice.one_in(4) {
                self.features.push(Feature::ExdateDate);
                self.lines.push(format!("EXDATE;VALUE=DATE:{}", compact_day(local)));
                let excepted = local.div_euclid(DAY);
                self.instances.retain(|at, _| at.div_euclid(DAY) != excepted);
            } else {
                self.lines.push(self.desk.producer.stamp("EXDATE", local));
                self.instances.remove(&local);
            }
        }
    }

    /// An instance that is looked at, is not the first, and is named by one time alone.
    fn plain_instance(&self, dice: &mut Dice) -> Option<Local> {
        let seen = (day(2026, 9, 5) * DAY)..(day(2027, 8, 20) * DAY);
        let is_plain = |local: &Local| {
            let own = self.instances.get(local).is_some_and(|(at, _)| at == local);
            own && *local != self.start
                && seen.contains(local)
                && matches!(self.zone().read(*local), Reading::One(_))
        };
        let all: Vec<Local> = self.instances.keys().copied().filter(is_plain).collect();
        (!all.is_empty()).then(|| dice.pick(&all))
    }

    fn id_line(&mut self, local: Local, range: &str, dice: &mut Dice) -> String {
        let name = format!("RECURRENCE-ID{range}");
        if dice.one_in(3) {
            self.features.extend((self.zone() != UTC).then_some(Feature::NamedInUtc));
            self.desk.producer.utc_stamp(&name, local)
        } else {
            self.desk.producer.stamp(&name, local)
        }
    }

    /// An instance that is moved, or called off.
    fn changed_instance(&mut self, dice: &mut Dice) {
        let Some(local) = self.plain_instance(dice) else { return };
        self.features.push(Feature::Override);
        let to = local + dice.pick(&[-2, -1, 1, 3, 5]) * HOUR / 2 + DAY * dice.between(0, 3);
        let ending = self.desk.ending(to, dice);
        let mut when = self.desk.when(to, ending);
        when.push(self.id_line(local, "", dice));
        if dice.one_in(3) {
            when.push("STATUS:CANCELLED".into());
            self.features.push(Feature::Cancelled);
            self.instances.remove(&local);
        } else {
            self.instances.insert(local, (to, ending));
        }
        let event = self.desk.event(1, when, dice);
        self.overrides.push(event);
    }

    /// An instance that is moved together with all that follow.
    fn this_and_future(&mut self, dice: &mut Dice) {
        let Some(local) = self.plain_instance(dice) else { return };
        self.features.push(Feature::ThisAndFuture);
        let by = dice.pick(&[-2, -1, 1, 2, 3]) * HOUR;
        let ending = Ending::At(dice.between(2, 9) * HOUR / 2);
        let mut when = self.desk.when(local + by, ending);
        when.push(self.id_line(local, ";RANGE=THISANDFUTURE", dice));
        let event = self.desk.event(1, when, dice);
        self.overrides.push(event);
        // The length of what follows is that of the changed instance, by the stop-watch.
        let (sat, _) = self.desk.sat(local + by, ending, None);
        let after = Ending::After(sat.end - sat.start);
        for (original, place) in self.instances.range_mut(local..) {
            *place = (*original + by, if *original == local { ending } else { after });
        }
    }

    fn finish(mut self, dice: &mut Dice) -> Exam {
        let (first, _) = self.desk.sat(self.start, self.ending, None);
        let exact = first.end - first.start;
        let over_change = self.zone().offset(first.start) != self.zone().offset(first.end);
        if matches!(self.ending, Ending::At(_)) && over_change {
            self.features.push(Feature::LengthOverChange);
        }
        let mut sat: Vec<Sat> = Vec::new();
        let instances = std::mem::take(&mut self.instances);
        for (original, (local, ending)) in instances {
            let id = Some(self.zone().read(original).by_rfc());
            let repeated = local == original && local != self.start;
            // DTEND gives every later instance the first one's length by the stop-watch.
            let is_copied = repeated && matches!(ending, Ending::At(_));
            let ending = if is_copied { Ending::After(exact) } else { ending };
            let (one, found) = self.desk.sat(local, ending, id);
            if found.contains(&Feature::Gap) && !self.lines.is_empty() {
                self.features.push(Feature::GapInstance);
            }
            let has_end = matches!(self.ending, Ending::At(_));
            self.features.extend(found.into_iter().map(|feature| {
                if repeated && feature == Feature::Gap {
                    Feature::GapInstance
                } else if repeated && has_end && feature == Feature::DurationOverChange {
                    Feature::LengthOverChange
                } else {
                    feature
                }
            }));
            sat.push(one);
        }
        let mut when = self.desk.when(self.start, self.ending);
        when.append(&mut self.lines);
        let mut events = vec![self.desk.event(0, when, dice)];
        events.append(&mut self.overrides);
        self.desk.exam(events, sat, &self.features)
    }
}

/// Some rule without an end.
fn some_rule(dice: &mut Dice) -> Rule {
    let every = dice.pick(&[Every::Day, Every::Week, Every::Week, Every::Month, Every::Year]);
    let mut rule = Rule {
        every,
        interval: dice.pick(&[1, 1, 2, 3]),
        days: vec![],
        month_days: vec![],
        months: vec![],
        positions: vec![],
        week_start: dice.pick(&[0, 0, 6]),
        last: Last::Never,
    };
    let any_day = |day: i64| (0, day);
    let weekdays: Vec<(i64, i64)> = (0..5).map(any_day).collect();
    let ordinals = [(1, 0), (-1, 4), (2, 2), (3, 5), (-2, 1), (4, 6)];
    match (every, dice.below(5)) {
        (Every::Day, 0) => rule.days = weekdays,
        (Every::Week, 0 | 1) => rule.days = dice.some(&weekdays, 3),
        (Every::Week, 2) => {
            rule.days = weekdays;
            rule.positions = dice.some(&[1, 2, 3, -1, -2], 2);
        }
        (Every::Month, 0) => rule.month_days = dice.some(&[1, 10, 15, 28, 31, -1, -3], 2),
        (Every::Month, 1) => rule.days = dice.some(&ordinals, 2),
        (Every::Month, 2) => {
            rule.days = weekdays;
            rule.positions = dice.some(&[1, 2, -1, -2], 2);
        }
        (Every::Year, 0) => {
            rule.months = dice.some(&[1, 5, 6, 9, 11], 2);
            rule.days = dice.some(&ordinals, 2);
        }
        (Every::Year, 1) => {
            rule.months = dice.some(&[1, 5, 6, 9, 11], 2);
            rule.month_days = dice.some(&[1, 10, 28, -1], 2);
        }
        (Every::Year, 2) => rule.days = vec![(20, 0)],
        _ => {}
    }
    rule
}
