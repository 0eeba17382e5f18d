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
    /// The greatest number named; never zero.
    pub(super) candidates: Option<u32>,
    /// How many ATTENDEE lines there are.
    pub(super) attendees: u32,
    /// The rows of the roster for its course or courses.
    pub(super) rows: Vec<usize>,
    /// A part of the cohort that is named: those with extra time. The whole is no less.
    at_least: u32,
    /// Who has more time, each text by itself; all of them are covered.
    extra_time: Vec<Vec<Claim>>,
    /// Whether extra time is named at all, "none" included.
    names_extra_time: bool,
    /// Whether the candidates are the attendees, for want of another number.
    from_attendees: bool,
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
        if attendees > 0 {
            cohort.from_attendees = cohort.candidates.is_none();
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
        match count(plain.trim()) {
            Some((count, rest)) if rest.is_empty() || rest.starts_with(' ') => self.take(count),
            Some(_) | None => self.doubts.push(Doubt::no_number(value)),
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
                Some((count, _)) => remark.greatest = remark.greatest.max(Some(count)),
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
        let Remark { greatest, at_least: _, claims, also, names_extra_time, doubts } = remark;
        self.names_extra_time |= names_extra_time;
        self.doubts.extend(doubts);
        self.extra_time.extend(also);
        if declared || !claims.is_empty() {
            self.extra_time.push(claims);
        }
        if let Some(greatest) = greatest {
            self.take(greatest);
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

    /// What the roster has for it: for its own title, or that of its series.
    fn listed(&self, series: Option<&Self>, roster: &Roster) -> Listed {
        let inherited = series.filter(|_| self.rows.is_empty()).map(|series| &series.rows);
        roster.listed(inherited.unwrap_or(&self.rows))
    }

    /// The greatest number that the event names, or else its series.
    fn named(&self, series: Option<&Self>) -> Option<u32> {
        self.candidates.or_else(|| series.and_then(|series| series.candidates))
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
        let candidates = known.max(self.at_least);
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
        match (named, listed.candidates) {
            (None, None) => {
                let assumed = default.get().max(self.at_least);
                Doubt::NoCohort(assumed).tell(place, findings);
            }
            (Some(_), None) if self.from_attendees && self.attendees < default.get() => {
                Doubt::FromAttendees(self.attendees).tell(place, findings);
            }
            // Fewer attendees than are listed are the staff who were invited.
            (Some(named), Some(count))
                if named != count && !(self.from_attendees && named < count) =>
            {
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
