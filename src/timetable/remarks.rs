//! What single lines of an event's texts say of its cohort. A timetable says the same few things many times, so each is
//! worked out once.

use super::count::Counts;
use super::doubt::Doubt;
use super::extra::{Claim, Who};
use super::spelled::Spelled;
use super::spoken::{self, Spoken};
use std::collections::VecDeque;

/// So many lines are remembered; which they are changes how long reading takes, and nothing else.
const RECENT: usize = 32;
/// A line that says nothing of extra time is worth remembering from so many bytes on.
const LONG: usize = 100;

/// What one line says of a cohort.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Remark {
    /// The candidates that it names.
    pub(super) counts: Counts,
    /// How many have extra time, which never stands for the whole.
    pub(super) at_least: u32,
    /// Who has more time.
    pub(super) claims: Vec<Claim>,
    /// What the same words may also mean; it is covered as well.
    pub(super) also: Vec<Vec<Claim>>,
    /// Whether extra time is named at all, "none" included.
    pub(super) names_extra_time: bool,
    /// What a person should look at.
    pub(super) doubts: Vec<Doubt>,
}

impl Remark {
    /// What a line says.
    pub(super) fn of(line: &str) -> Self {
        let mut remark = Self::default();
        if !spoken::is_in(line) {
            remark.counts = Counts::of(line);
            return remark;
        }
        let line = line.replace(['\u{a0}', '\u{202f}'], " ");
        let mut from = 0;
        for (part, said) in spoken::in_line(&line) {
            remark.counts = remark.counts.and(Counts::of(&line[from..part.start]));
            let words = &line[part.clone()];
            let Counts { sure, doubtful, part: some, .. } = Counts::of(words);
            let named = sure.max(doubtful).unwrap_or_default().max(some);
            remark.at_least = remark.at_least.max(named);
            from = part.end;
            match said {
                Spoken::Said(spelled) => remark.spelled(spelled, words),
                Spoken::None => remark.names_extra_time = true,
                Spoken::Mentioned => remark.doubts.push(Doubt::Mentioned),
            }
        }
        remark.counts = remark.counts.and(Counts::of(&line[from..]));
        remark
    }

    /// Takes extra time that `text` spells.
    pub(super) fn spelled(&mut self, spelled: Spelled, text: &str) {
        let Spelled { claims, also, doubt } = spelled;
        self.names_extra_time = true;
        self.doubts.extend(doubt.map(|doubt| Doubt::extra_time(doubt, text)));
        self.claims.extend(claims);
        self.also.extend(Some(also).filter(|also| !also.is_empty()));
    }

    /// Takes what another line of the same text says.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.add(&other);
        self
    }

    fn add(&mut self, other: &Self) {
        let Self { counts, at_least, claims, also, names_extra_time, doubts } = other;
        self.counts = self.counts.and(*counts);
        self.at_least = self.at_least.max(*at_least);
        self.claims.extend_from_slice(claims);
        self.also.extend_from_slice(also);
        self.names_extra_time |= names_extra_time;
        self.doubts.extend_from_slice(doubts);
    }

    /// No fewer candidates than these are there.
    pub(super) fn people(&self) -> u32 {
        let counted = self.claims.iter().map(|claim| match claim.who {
            Who::Count(count) => count,
            Who::All | Who::Share(_) => 0,
        });
        self.at_least.max(counted.fold(0, u32::saturating_add))
    }
}

/// What lately seen lines of a file say.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    recent: VecDeque<(String, Remark)>,
}

impl Remarks {
    /// What the lines of a text say together.
    pub(super) fn of(&mut self, text: &str) -> Remark {
        let mut all = Remark::default();
        for line in text.lines() {
            match self.recent.iter().find(|(known, _)| known == line) {
                Some((_, known)) => all.add(known),
                None => all.add(&self.worked_out(line)),
            }
        }
        all
    }

    fn worked_out(&mut self, line: &str) -> Remark {
        let remark = Remark::of(line);
        if remark.names_extra_time || LONG <= line.len() {
            self.recent.truncate(RECENT - 1);
            self.recent.push_front((line.to_owned(), remark.clone()));
        }
        remark
    }
}
