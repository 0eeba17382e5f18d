//! What a registrar's office may say of how its own exports are written.

use super::course::{self, courses_in};
use super::exams::ExamRules;
use super::pattern::Pattern;
use super::roster::Roster;
use super::splitter;

/// How a site's events are understood.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Which events are exams.
    pub exams: ExamRules,
    /// Where else candidates and extra time stand.
    pub cohorts: CohortRules,
    /// What a course code looks like; its group `course`, or the first, is the code.
    pub course: Pattern,
    /// Candidates and extra time by course.
    pub roster: Roster,
}

/// Where candidates and extra time stand beside the built-in places, which always count: X-INVIGILATOR-CANDIDATES,
/// X-CANDIDATES, X-INVIGILATOR-EXTRA-TIME, X-EXTRA-TIME, ATTENDEE, and sentences in SUMMARY, LOCATION, CATEGORIES and
/// DESCRIPTION.
#[derive(Debug, Clone, Default)]
pub struct CohortRules {
    /// Names of properties whose value is a number of candidates.
    pub candidates_properties: Vec<String>,
    /// Names of properties whose value is extra time.
    pub extra_time_properties: Vec<String>,
    /// What finds a number of candidates in a text; the group `candidates`, or the first, is the number.
    pub candidates_patterns: Vec<Pattern>,
    /// What finds extra time in a text; the group `extra_time`, or the first, is read as X-INVIGILATOR-EXTRA-TIME is.
    pub extra_time_patterns: Vec<Pattern>,
}

/// Why a property cannot hold candidates or extra time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProperty {
    /// No property is called that.
    #[error("it is no name of a property, such as X-EXAM-SEATS")]
    NoName,
    /// It has a meaning of its own.
    #[error("it has a meaning of its own in a timetable; name another property")]
    Taken,
}

/// The name of a property that a site may name: letters, digits and hyphens, none that is read anyway. In upper case.
///
/// # Errors
/// [`BadProperty`].
pub fn property_name(name: &str) -> Result<String, BadProperty> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || !name.chars().all(is_name) {
        return Err(BadProperty::NoName);
    }
    let name = name.to_ascii_uppercase();
    let structure = ["BEGIN", "END", "LOCATION", "ATTENDEE"];
    if structure.contains(&name.as_str()) || splitter::WANTED.contains(&name.as_str()) {
        return Err(BadProperty::Taken);
    }
    Ok(name)
}

impl Rules {
    /// Every event is an exam, and what is built in is all there is.
    pub fn built_in() -> Self {
        Self {
            exams: ExamRules::every_event(),
            cohorts: CohortRules::default(),
            course: course::built_in().clone(),
            roster: Roster::default(),
        }
    }

    /// `name` in upper case, if a property is one of those that a site named.
    pub(super) fn named_property(&self, name: &str) -> Option<&str> {
        let CohortRules { candidates_properties, extra_time_properties, .. } = &self.cohorts;
        let mut named = candidates_properties.iter().chain(extra_time_properties);
        named.find(|known| known.eq_ignore_ascii_case(name)).map(String::as_str)
    }

    /// The rows of the roster for the courses that these texts name.
    pub(super) fn rows<'a>(&self, texts: impl Iterator<Item = &'a str>) -> Vec<usize> {
        if self.roster.is_empty() {
            return Vec::new();
        }
        let mut rows = Vec::new();
        for text in texts {
            rows.extend(self.roster.row(&course::plain(text)));
            rows.extend(courses_in(&self.course, text).filter_map(|code| self.roster.row(&code)));
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_names_only_properties_that_mean_nothing_else() {
        assert_eq!(property_name("x-exam-seats"), Ok("X-EXAM-SEATS".into()));
        for name in ["", "X EXAM", "X:1", "ä"] {
            assert_eq!(property_name(name), Err(BadProperty::NoName), "{name}");
        }
        for name in ["dtstart", "END", "ATTENDEE", "Location", "X-CANDIDATES"] {
            assert_eq!(property_name(name), Err(BadProperty::Taken), "{name}");
        }
    }
}
