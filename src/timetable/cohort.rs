//! How many candidates an event says it has, and who of them has more time.

use super::count::{count, without_tags};
use super::doubt::Doubt;
use super::extra::{self, Claim};
use super::findings::{Findings, Place};
use super::pattern::Pattern;
use super::property::Property;
use super::remarks::{Remark, Remarks};
use super::roster::{Listed, Roster};
use super::rules::{CohortRules, Rules};
use super::spelled;
use crate::domain::{Candidates, ExtraTime, Severity};
use chrono::TimeDelta;

/// No exam has more candidates; a larger number is kept, and told.
const PLAUSIBLE: u32 = 1_000_000;

/// What an event says of its cohort.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Cohort {
    /// The greatest number that surely counts its candidates; never zero.
    pub(super) candidates: Option<u32>,
    /// The greatest number that may count something else: it never makes a cohort smaller than the default.
    doubtful: Option<u32>,
    /// How many ATTENDEE lines there are.
    pub(super) attendees: u32,
    /// The rows of the roster for its course or courses.
    rows: Vec<usize>,
    /// A part of the cohort that is named: those with extra time. The whole is no less.
    at_least: u32,
    /// Who has more time, each text by itself; all of them are covered.
    extra_time: Vec<Vec<Claim>>,
    /// Whether extra time is named at all, "none" included.
    names_extra_time: bool,
    doubts: Vec<Doubt>,
}

impl Cohort {
    /// Reads the properties of one event.
    pub(super) fn of(
        properties: &[Property<'_>],
        attendees: u32,
        rules: &Rules,
        remarks: &mut Remarks,
    ) -> Self {
        let mut cohort = Self { attendees, ..Self::default() };
        for property in properties {
            cohort.property(property.name, &property.value, &rules.cohorts, remarks);
        }
        if attendees > 0 && cohort.candidates.is_some() {
            cohort.take(attendees);
        }
        let naming = |name: &str| matches!(name, "SUMMARY" | "CATEGORIES" | "X-COURSE");
        let naming = properties.iter().filter(|property| naming(property.name));
        cohort.rows = rules.rows(naming.map(|property| property.value.as_ref()));
        cohort
    }

    fn property(&mut self, name: &str, value: &str, rules: &CohortRules, remarks: &mut Remarks) {
        let is_among =
            |names: &[String]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
        match name {
            "X-INVIGILATOR-CANDIDATES" | "X-CANDIDATES" => self.declared(value),
            "X-INVIGILATOR-EXTRA-TIME" | "X-EXTRA-TIME" => self.declared_extra_time(value),
            // Hardly any title stands twice.
            "SUMMARY" => self.text(value, rules, None),
            "LOCATION" | "DESCRIPTION" => self.text(value, rules, Some(remarks)),
            "CATEGORIES" if !value.contains('\\') => {
                self.text(&value.replace(',', "\n"), rules, Some(remarks));
            }
            "CATEGORIES" => self.text(&categories(value).join("\n"), rules, Some(remarks)),
            _ if is_among(&rules.candidates_properties) => self.declared(value),
            _ if is_among(&rules.extra_time_properties) => self.declared_extra_time(value),
            _ => {}
        }
    }

    fn declared(&mut self, value: &str) {
        let plain = value.replace('\\', "");
        // A spreadsheet writes a whole number as 850.0.
        let plain = plain.trim().trim_end_matches(".0");
        match count(plain) {
            Some((count, rest)) if rest.is_empty() || rest.starts_with(' ') => self.take(count),
            Some(_) | None => {
                let digits = plain.split(|c: char| !c.is_ascii_digit());
                let named = digits.filter_map(|digits| digits.parse().ok());
                self.doubtful = self.doubtful.max(named.max());
                self.doubts.push(Doubt::no_number(value));
            }
        }
    }

    fn declared_extra_time(&mut self, value: &str) {
        let mut remark = Remark::default();
        remark.spelled(spelled::read(value), value);
        self.remark(remark, true);
    }

    /// One text, title, location, categories or description.
    fn text(&mut self, text: &str, rules: &CohortRules, remarks: Option<&mut Remarks>) {
        let text = without_tags(text);
        let mut remark = match remarks {
            Some(remarks) => remarks.of(&text),
            None => text.lines().map(Remark::of).fold(Remark::default(), Remark::and),
        };
        for found in all("candidates", &rules.candidates_patterns, &text) {
            match count(found.trim()) {
                Some((count, _)) => self.take(count),
                None => self.doubts.push(Doubt::no_number(found)),
            }
        }
        for found in all("extra_time", &rules.extra_time_patterns, &text) {
            remark.spelled(spelled::read(found), found);
        }
        self.remark(remark, false);
    }

    /// Takes what a text says; whether extra time is `declared`, so that even none of it counts.
    fn remark(&mut self, remark: Remark, declared: bool) {
        self.at_least = self.at_least.max(remark.people());
        let Remark { counts, at_least: _, claims, also, names_extra_time, doubts } = remark;
        self.at_least = self.at_least.max(counts.part);
        if 0 < counts.part && !names_extra_time {
            self.doubts.push(Doubt::Mentioned);
        }
        self.doubtful = self.doubtful.max(counts.doubtful);
        self.names_extra_time |= names_extra_time;
        self.doubts.extend(doubts);
        self.extra_time.extend(also);
        if declared || !claims.is_empty() {
            self.extra_time.push(claims);
        }
        if let Some(sure) = counts.sure {
            self.doubts.extend(counts.differ.then_some(Doubt::Several(sure)));
            self.take(sure);
        }
    }

    fn take(&mut self, count: u32) {
        if count == 0 {
            self.doubts.push(Doubt::Zero);
            return;
        }
        if let Some(known) = self.candidates.filter(|known| *known != count) {
            // Fewer attendees than candidates are the staff who were invited.
            if count != self.attendees || known < count {
                self.doubts.push(Doubt::Disagree(known, count));
            }
        }
        self.candidates = self.candidates.max(Some(count));
    }

    /// The rows of the roster for its own course, or that of its series.
    pub(super) fn rows<'a>(&'a self, series: Option<&'a Self>) -> &'a [usize] {
        &series.filter(|_| self.rows.is_empty()).unwrap_or(self).rows
    }

    /// What the roster has for it.
    fn listed(&self, series: Option<&Self>, roster: &Roster) -> Listed {
        roster.listed(self.rows(series))
    }

    /// The greatest number that the event surely names, or else its series.
    fn named(&self, series: Option<&Self>) -> Option<u32> {
        self.candidates.or_else(|| series.and_then(|series| series.candidates))
    }

    /// What may be the number of candidates as well; it can only add.
    fn perhaps(&self, series: Option<&Self>) -> u32 {
        let both = std::iter::once(self).chain(series);
        let numbers = both.map(|one| one.doubtful.max(Some(one.attendees)).unwrap_or_default());
        numbers.max().unwrap_or_default().max(self.at_least)
    }

    /// How many candidates to plan with, and who of them has more time in a sitting of which no reading is shorter
    /// than `shortest`: as the event says, or its series; the roster; the default. The greater counts.
    pub(super) fn planned(
        &self,
        series: Option<&Self>,
        roster: &Roster,
        default: Candidates,
        shortest: TimeDelta,
    ) -> (Candidates, Vec<ExtraTime>) {
        let Listed { candidates: listed, extra_time, .. } = self.listed(series, roster);
        let known = self.named(series).max(listed).unwrap_or(default.get());
        let candidates = known.max(self.perhaps(series));
        let own = series.filter(|_| !self.names_extra_time).unwrap_or(self);
        let texts = own.extra_time.iter().chain(&extra_time);
        let resolved = texts.map(|claims| extra::resolve(claims, candidates, shortest));
        let all = resolved.reduce(|one, other| extra::greater(&one, &other));
        (Candidates::new(candidates), all.unwrap_or_default())
    }

    /// Tells what is doubtful about the cohort of an event that became a sitting.
    pub(super) fn tell(
        &self,
        place: Place<'_>,
        series: Option<&Self>,
        roster: &Roster,
        default: Candidates,
        findings: &mut Findings,
    ) {
        let listed = self.listed(series, roster);
        let named = self.named(series);
        let assumed = default.get().max(self.perhaps(series));
        match (named, listed.candidates) {
            (None, None) if 0 < self.attendees => {
                Doubt::FromAttendees(self.attendees, assumed).tell(place, findings);
            }
            (None, None) => match self.doubtful {
                Some(number) => Doubt::Doubtful(number, assumed).tell(place, findings),
                None => Doubt::NoCohort(assumed).tell(place, findings),
            },
            (Some(named), Some(count)) if named != count => {
                Doubt::RosterDiffers { courses: listed.courses, listed: count, named }
                    .tell(place, findings);
            }
            // Fewer attendees than are listed are the staff who were invited.
            (None, Some(count)) if count < self.attendees => {
                let named = self.attendees;
                Doubt::RosterDiffers { courses: listed.courses, listed: count, named }
                    .tell(place, findings);
            }
            (Some(_), _) | (None, Some(_)) => {}
        }
        let greatest = named.max(listed.candidates);
        if let Some(count) = greatest.filter(|count| *count > PLAUSIBLE) {
            findings.add(
                place,
                Severity::Warning,
                "implausible_cohort",
                format!("{count} candidates are more than any exam has."),
                "Correct the number in the timetable.",
            );
        }
        if let Some(count) = greatest.filter(|count| *count < self.at_least) {
            Doubt::Disagree(count, self.at_least).tell(place, findings);
        }
        for doubt in &self.doubts {
            doubt.tell(place, findings);
        }
    }
}

/// The categories of a CATEGORIES value, unescaped.
pub(super) fn categories(value: &str) -> Vec<String> {
    let mut categories = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        match c {
            ',' if !escaped => categories.push(String::new()),
            '\\' if !escaped => escaped = true,
            _ => {
                let c = if escaped && c.eq_ignore_ascii_case(&'n') { ' ' } else { c };
                escaped = false;
                categories.last_mut().expect("there is one from the begin").push(c);
            }
        }
    }
    categories.iter_mut().for_each(|one| *one = one.trim().to_owned());
    categories.retain(|category| !category.is_empty());
    categories
}

fn all<'a>(
    group: &'a str,
    patterns: &'a [Pattern],
    text: &'a str,
) -> impl Iterator<Item = &'a str> {
    patterns.iter().flat_map(move |pattern| pattern.found(group, text))
}

#[cfg(test)]
mod tests;
