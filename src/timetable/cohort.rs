//! How many candidates an event says it has, and who of them has more time.

use super::count::{greatest_in, number, without_tags};
use super::extra;
use super::findings::{Findings, Place};
use super::property::Property;
use crate::domain::{Candidates, ExtraTime, Severity};

/// No exam has more candidates; a larger number is kept, and told.
const PLAUSIBLE: u32 = 1_000_000;

/// What an event says of its cohort.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Cohort {
    /// The greatest number named; never zero.
    pub(super) candidates: Option<u32>,
    /// The shares with more time, if the event names any.
    pub(super) extra_time: Option<Vec<ExtraTime>>,
    /// How many ATTENDEE lines there are.
    pub(super) attendees: u32,
    /// Whether the candidates are the attendees, for want of another number.
    from_attendees: bool,
    doubts: Vec<Doubt>,
}

/// What a person should look at, told only if the event becomes a sitting.
#[derive(Debug, Clone, PartialEq)]
enum Doubt {
    Disagree(u32, u32),
    Zero,
    NoNumber(String),
    ExtraTime(String),
}

impl Cohort {
    /// Reads the properties of one event.
    pub(super) fn of(properties: &[Property<'_>], attendees: u32) -> Self {
        let mut cohort = Self { attendees, ..Self::default() };
        for property in properties {
            match property.name {
                "X-INVIGILATOR-CANDIDATES" | "X-CANDIDATES" => cohort.declared(&property.value),
                "X-INVIGILATOR-EXTRA-TIME" | "X-EXTRA-TIME" => cohort.extra(&property.value),
                "DESCRIPTION" => cohort.described(&property.value),
                _ => {}
            }
        }
        if attendees > 0 {
            cohort.from_attendees = cohort.candidates.is_none();
            cohort.take(attendees);
        }
        cohort
    }

    fn declared(&mut self, value: &str) {
        let plain = value.replace('\\', "");
        match number(plain.trim()) {
            Some((count, rest)) if rest.is_empty() || rest.starts_with(' ') => self.take(count),
            Some(_) | None => self.doubts.push(Doubt::NoNumber(value.chars().take(40).collect())),
        }
    }

    /// Of the numbers in one description the greatest counts: the others are parts of it ("30 candidates in room B").
    fn described(&mut self, text: &str) {
        let plain = without_tags(text).to_lowercase();
        if let Some(greatest) = greatest_in(&plain) {
            self.take(greatest);
        }
        for line in plain.lines() {
            if let Some((_, value)) = line.split_once("extra time:") {
                self.extra(value);
            }
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

    fn extra(&mut self, value: &str) {
        let read = extra::parse(value).unwrap_or_else(|safe| {
            self.doubts.push(Doubt::ExtraTime(value.trim().chars().take(60).collect()));
            safe
        });
        self.extra_time = Some(match self.extra_time.take() {
            Some(known) => extra::greater(&known, &read),
            None => read,
        });
    }

    /// The number to plan with: the event's own, that of its series, or the default.
    pub(super) fn candidates_or(&self, series: Option<&Self>, default: Candidates) -> Candidates {
        let named = self.candidates.or_else(|| series.and_then(|series| series.candidates));
        named.map_or(default, Candidates::new)
    }

    /// Who has more time: as the event says, or its series.
    pub(super) fn extra_time_or(&self, series: Option<&Self>) -> Vec<ExtraTime> {
        let named = self.extra_time.clone();
        named.or_else(|| series.and_then(|series| series.extra_time.clone())).unwrap_or_default()
    }

    /// Tells what is doubtful about the cohort of an event that became a sitting.
    pub(super) fn tell(
        &self,
        place: Place<'_>,
        named: bool,
        default: Candidates,
        findings: &mut Findings,
    ) {
        if !named {
            findings.add(
                place,
                Severity::Warning,
                "no_cohort",
                format!("The exam does not say how many candidates it has; {default} are assumed."),
                "Add X-INVIGILATOR-CANDIDATES, or a line \"Candidates: 850\" in the description.",
            );
        } else if self.from_attendees && self.attendees < default.get() {
            findings.add(
                place,
                Severity::Warning,
                "cohort_from_attendees",
                format!(
                    "The cohort is the {} invited people, for want of another number.",
                    self.attendees
                ),
                "If these are staff, add X-INVIGILATOR-CANDIDATES.",
            );
        }
        if let Some(count) = self.candidates.filter(|count| *count > PLAUSIBLE) {
            findings.add(
                place,
                Severity::Warning,
                "implausible_cohort",
                format!("{count} candidates are more than any exam has."),
                "Correct the number in the timetable.",
            );
        }
        for doubt in &self.doubts {
            doubt.tell(place, findings);
        }
    }
}

impl Doubt {
    fn tell(&self, place: Place<'_>, findings: &mut Findings) {
        let (severity, code, message, fix) = match self {
            Self::Disagree(one, other) => (
                Severity::Warning,
                "cohorts_disagree",
                format!(
                    "The event says {one} and {other} candidates; the greater number is planned."
                ),
                "Leave only the right number in the event.",
            ),
            Self::Zero => (
                Severity::Warning,
                "zero_cohort",
                "The event says it has no candidates; that number was not used.".into(),
                "Correct the number, or cancel the event with STATUS:CANCELLED.",
            ),
            Self::NoNumber(value) => (
                Severity::Warning,
                "bad_cohort",
                format!("\"{value}\" is not a number of candidates."),
                "Write a whole number such as 850.",
            ),
            Self::ExtraTime(value) => (
                Severity::Critical,
                "bad_extra_time",
                format!(
                    "The extra time \"{value}\" cannot be read; everybody is given the longest time."
                ),
                "Write it as 12%=1.25,3%=1.5: which share has how many times the time.",
            ),
        };
        findings.add(place, severity, code, message, fix);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property<'a>(name: &'a str, value: &'a str) -> Property<'a> {
        Property { name, value: value.into(), ..Property::default() }
    }

    fn codes(cohort: &Cohort) -> Vec<String> {
        let mut findings = Findings::default();
        let named = cohort.candidates.is_some();
        cohort.tell(Place::line(1), named, Candidates::new(100), &mut findings);
        findings.finish().iter().map(|finding| finding.code.to_string()).collect()
    }

    #[test]
    fn the_greatest_of_several_counts_and_is_told() {
        let both = [property("X-CANDIDATES", "300"), property("DESCRIPTION", "Candidates: 320")];
        let cohort = Cohort::of(&both, 0);
        assert_eq!(cohort.candidates, Some(320));
        assert_eq!(codes(&cohort), ["cohorts_disagree"]);
    }

    #[test]
    fn invited_staff_are_not_a_cohort_beside_a_number() {
        let cohort = Cohort::of(&[property("X-CANDIDATES", "300")], 2);
        assert_eq!(cohort.candidates, Some(300));
        assert!(codes(&cohort).is_empty());
        assert_eq!(Cohort::of(&[], 240).candidates, Some(240));
        assert_eq!(codes(&Cohort::of(&[], 2)), ["cohort_from_attendees"]);
    }

    #[test]
    fn zero_and_nonsense_are_never_a_cohort() {
        for value in ["0", "-5", "many", "", "1,2"] {
            let cohort = Cohort::of(&[property("X-CANDIDATES", value)], 0);
            assert_eq!(cohort.candidates, None, "{value}");
            assert_eq!(codes(&cohort).len(), 2, "{value}: no_cohort and why");
        }
    }

    #[test]
    fn an_implausible_number_is_kept_and_told() {
        let cohort = Cohort::of(&[property("X-CANDIDATES", "99999999999")], 0);
        assert_eq!(cohort.candidates, Some(u32::MAX));
        assert_eq!(codes(&cohort), ["implausible_cohort"]);
    }
}
