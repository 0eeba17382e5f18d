//! Which events are exams, by what a site says of their titles, categories and locations.
//!
//! In doubt an event is an exam: one without any text to judge by, one that belongs to an exam's series, one that was
//! an exam in an older version.

use super::cohort::categories;
use super::event::Event;
use super::pattern::{BadPattern, Pattern};
use super::property::Property;

/// Which events are exams.
#[derive(Debug, Clone)]
pub struct ExamRules {
    /// What an exam has at least one of; empty: every event.
    exams: Vec<Rule>,
    /// What no exam has, whatever else it has.
    others: Vec<Rule>,
}

/// A pattern, and where it must be found.
#[derive(Debug, Clone)]
struct Rule {
    /// Anywhere, if `None`.
    place: Option<Part>,
    pattern: Pattern,
    text: String,
}

/// What of an event is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// SUMMARY.
    Title,
    /// One of CATEGORIES.
    Category,
    /// LOCATION.
    Location,
}

/// Whether an event is an exam.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is.
    Exam,
    /// There is nothing to judge it by, so it is.
    Unjudged,
    /// It is none: it has nothing that exams have.
    Unlike,
    /// It is none: the rule of this index is found in this part of it.
    Other(usize, Part),
}

impl Verdict {
    /// Whether it counts as an exam.
    pub(super) const fn is_exam(self) -> bool {
        matches!(self, Self::Exam | Self::Unjudged)
    }
}

impl ExamRules {
    /// Every event is an exam.
    pub const fn every_event() -> Self {
        Self { exams: Vec::new(), others: Vec::new() }
    }

    /// An event is an exam if one of `exams` is found in its title, a category or its location (all events, if there
    /// is none), and none of `others` is. A pattern that begins with `title:`, `category:` or `location:` looks only
    /// there.
    ///
    /// # Errors
    /// The first [`BadPattern`] with its text.
    pub fn new(exams: &[String], others: &[String]) -> Result<Self, (String, BadPattern)> {
        let rules = |texts: &[String]| -> Result<Vec<Rule>, _> {
            texts.iter().map(|text| Rule::new(text)).collect()
        };
        Ok(Self { exams: rules(exams)?, others: rules(others)? })
    }

    /// Whether where an event takes place matters.
    pub(super) fn know_locations(&self) -> bool {
        let mut rules = self.exams.iter().chain(&self.others);
        rules.any(|rule| rule.place.is_none_or(|place| place == Part::Location))
    }

    /// Judges an event.
    pub(super) fn verdict(&self, properties: &[Property<'_>]) -> Verdict {
        if self.exams.is_empty() && self.others.is_empty() {
            return Verdict::Exam;
        }
        let mut parts: Vec<(Part, String)> = Vec::new();
        for property in properties {
            match property.name {
                "SUMMARY" => parts.push((Part::Title, property.value.clone().into_owned())),
                "LOCATION" => parts.push((Part::Location, property.value.clone().into_owned())),
                "CATEGORIES" => {
                    parts.extend(
                        categories(&property.value).into_iter().map(|one| (Part::Category, one)),
                    );
                }
                _ => {}
            }
        }
        parts.retain(|(_, text)| !text.trim().is_empty());
        for (part, text) in &parts {
            if let Some(index) = self.others.iter().position(|rule| rule.is_in(*part, text)) {
                return Verdict::Other(index, *part);
            }
        }
        let fits =
            |(part, text): &(Part, String)| self.exams.iter().any(|rule| rule.is_in(*part, text));
        if self.exams.is_empty() || parts.iter().any(fits) {
            return Verdict::Exam;
        }
        if parts.is_empty() { Verdict::Unjudged } else { Verdict::Unlike }
    }

    /// Why an event is none, for a registrar.
    pub(super) fn reason(&self, verdict: Verdict) -> String {
        match verdict {
            Verdict::Other(index, part) => {
                let text = self.others.get(index).map_or("", |rule| rule.text.as_str());
                let part = match part {
                    Part::Title => "title has",
                    Part::Category => "categories have",
                    Part::Location => "location has",
                };
                format!("Its {part} what no exam has: {text}")
            }
            Verdict::Unlike | Verdict::Exam | Verdict::Unjudged => {
                "Neither its title nor its categories nor its location look like an exam.".into()
            }
        }
    }
}

impl Rule {
    fn new(text: &str) -> Result<Self, (String, BadPattern)> {
        let places =
            [("title:", Part::Title), ("category:", Part::Category), ("location:", Part::Location)];
        let found = places.iter().find_map(|(name, part)| Some((*part, text.strip_prefix(name)?)));
        let (place, bare) =
            found.map_or((None, text), |(part, bare)| (Some(part), bare.trim_start()));
        let pattern = Pattern::new(bare).map_err(|bad| (text.to_owned(), bad))?;
        Ok(Self { place, pattern, text: text.to_owned() })
    }

    fn is_in(&self, part: Part, text: &str) -> bool {
        self.place.is_none_or(|place| place == part) && self.pattern.is_in(text)
    }
}

/// The events of one UID, parted by whether they are exams.
#[derive(Debug, Default)]
pub(super) struct Parted {
    /// Versions of the series or the single event.
    pub(super) masters: Vec<Event>,
    /// What changes instances.
    pub(super) changes: Vec<Event>,
    /// No exams.
    pub(super) left_out: Vec<Event>,
}

/// Parts the events of one UID. An instance of a series of exams is one whatever its own title, and so are all
/// versions of an event that is an exam in one of them. An instance that is an exam in a series of none stands alone.
pub(super) fn part(events: Vec<Event>) -> Parted {
    let (masters, changes): (Vec<_>, Vec<_>) =
        events.into_iter().partition(|event| event.recurrence_id.is_none());
    if masters.iter().any(|event| event.verdict.is_exam()) {
        return Parted { masters, changes, left_out: Vec::new() };
    }
    let (changes, others): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|event| event.verdict.is_exam());
    let left_out = masters.into_iter().chain(others).collect();
    Parted { masters: Vec::new(), changes, left_out }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(exams: &[&str], others: &[&str], event: [&str; 3]) -> Verdict {
        let texts =
            |patterns: &[&str]| patterns.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let rules = ExamRules::new(&texts(exams), &texts(others)).unwrap();
        let names = ["SUMMARY", "CATEGORIES", "LOCATION"];
        let properties = names.iter().zip(event).map(|(name, value)| Property {
            name,
            value: value.into(),
            ..Property::default()
        });
        rules.verdict(&properties.collect::<Vec<_>>())
    }

    #[test]
    fn an_exam_has_one_of_the_patterns_anywhere() {
        let exams = &["exam|klausur|prüfung", "category: ^tentamen$", r"location:^E-hall\b"];
        for event in [
            ["LAWS1001 Final EXAM", "", ""],
            ["Schriftliche Prüfung Recht", "", ""],
            ["TDA417", "Undervisning,Tentamen", ""],
            ["TDA417", "", "E-hall 3"],
        ] {
            assert_eq!(verdict(exams, &[], event), Verdict::Exam, "{event:?}");
        }
        for event in [
            ["Lecture", "", "Room 1"],
            ["Tentamen", "Tentamen 2", ""],
            ["E-hall 3 is closed", "", ""],
        ] {
            assert_eq!(verdict(exams, &[], event), Verdict::Unlike, "{event:?}");
        }
    }

    #[test]
    fn what_no_exam_has_decides_over_what_exams_have() {
        let rules = |event| verdict(&["exam"], &["mock", "category:holiday"], event);
        assert_eq!(rules(["Mock exam", "", ""]), Verdict::Other(0, Part::Title));
        assert_eq!(rules(["Exam", "Public\\, Holiday", ""]), Verdict::Other(1, Part::Category));
        assert_eq!(rules(["Exam on holiday law", "", ""]), Verdict::Exam);
    }

    #[test]
    fn without_rules_or_without_a_text_it_is_an_exam() {
        assert_eq!(verdict(&[], &[], ["Lecture", "", ""]), Verdict::Exam);
        assert_eq!(verdict(&[], &["mock"], ["Lecture", "", ""]), Verdict::Exam);
        assert_eq!(verdict(&["exam"], &["mock"], ["", "", " "]), Verdict::Unjudged);
    }

    #[test]
    fn the_bad_pattern_is_named() {
        let (text, why) = ExamRules::new(&["exam".into(), "title:(".into()], &[]).unwrap_err();
        assert_eq!(text, "title:(");
        assert!(why.to_string().starts_with("unclosed group"));
    }
}
