//! Regular expressions that a registrar's office writes: bounded when they are made, linear when they are used.

use regex::{Regex, RegexBuilder};

/// The longest pattern, in bytes.
const LENGTH: usize = 1_000;
/// What one compiled pattern may take, in bytes; `\w{1000}` alone takes more.
const SIZE: usize = 1 << 20;

/// A pattern that can be used on every event of a file. Case does not matter unless it says `(?-i)`.
#[derive(Debug, Clone)]
pub struct Pattern(Regex);

/// Why a pattern cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPattern {
    /// It would find something everywhere.
    #[error("it is empty, or matches an empty text; write the words that it must find")]
    Empty,
    /// It is longer or, once compiled, larger than any pattern needs to be.
    #[error("it is too large; {LENGTH} bytes are the most, and less where much is repeated")]
    TooLarge,
    /// It is no regular expression.
    #[error("{0}; write it as https://docs.rs/regex describes")]
    Syntax(String),
}

impl Pattern {
    /// Reads a regular expression in the syntax of the `regex` crate.
    ///
    /// # Errors
    /// [`BadPattern`], with what to do.
    pub fn new(text: &str) -> Result<Self, BadPattern> {
        if LENGTH < text.len() {
            return Err(BadPattern::TooLarge);
        }
        let regex = RegexBuilder::new(text).case_insensitive(true).size_limit(SIZE).build();
        match regex {
            Ok(regex) if regex.is_match("") => Err(BadPattern::Empty),
            Ok(regex) => Ok(Self(regex)),
            Err(regex::Error::CompiledTooBig(_)) => Err(BadPattern::TooLarge),
            // Its text draws the pattern and a caret over several lines; the last one says why.
            Err(error) => {
                let told = error.to_string();
                let why = told.lines().last().unwrap_or_default();
                Err(BadPattern::Syntax(why.trim_start_matches("error: ").to_owned()))
            }
        }
    }

    /// Whether it is found in `text`.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// What it finds in `text`: each time the group of this name, else the first group that took part, else all of
    /// it. An alternative without a group, in a pattern that has groups, says what is not meant.
    pub(super) fn found<'a>(
        &'a self,
        group: &'a str,
        text: &'a str,
    ) -> impl Iterator<Item = &'a str> {
        let has_groups = self.0.captures_len() > 1;
        self.0.captures_iter(text).filter_map(move |found| {
            let named = found.name(group);
            let first = || found.iter().skip(1).flatten().next();
            let whole = || found.get(0).filter(|_| !has_groups);
            named.or_else(first).or_else(whole).map(|part| part.as_str())
        })
    }
}

impl PartialEq for Pattern {
    /// The same text means the same.
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pattern: &str, text: &str) -> Vec<String> {
        let pattern = Pattern::new(pattern).unwrap();
        pattern.found("candidates", text).map(str::to_owned).collect()
    }

    #[test]
    fn the_named_group_counts_then_the_first_then_the_whole() {
        assert_eq!(found(r"(seats) (?P<candidates>\d+)", "Seats 30, seats 40"), ["30", "40"]);
        assert_eq!(found(r"seats (\d+)", "SEATS 30"), ["30"]);
        assert_eq!(found(r"\d+ seats", "30 seats"), ["30 seats"]);
        assert_eq!(found(r"room \d+|(\d+)", "Room 12 30"), ["30"]);
        assert_eq!(found(r"(?-i)seats (\d+)", "SEATS 30"), Vec::<String>::new());
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_its_reason() {
        assert_eq!(Pattern::new("").unwrap_err(), BadPattern::Empty);
        assert_eq!(Pattern::new("exam|").unwrap_err(), BadPattern::Empty);
        assert_eq!(Pattern::new(&"x".repeat(LENGTH + 1)).unwrap_err(), BadPattern::TooLarge);
        assert_eq!(Pattern::new(r"\w{1000}").unwrap_err(), BadPattern::TooLarge);
        let told = Pattern::new("exam (").unwrap_err().to_string();
        assert_eq!(told, "unclosed group; write it as https://docs.rs/regex describes");
    }

    #[test]
    fn accents_count_as_letters_in_any_case() {
        assert!(Pattern::new("prüfung").unwrap().is_in("KLAUSUR UND PRÜFUNG"));
        assert!(Pattern::new(r"\bexamen écrit\b").unwrap().is_in("Examen Écrit"));
    }
}
