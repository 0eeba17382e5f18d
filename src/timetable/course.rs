//! Which course an exam belongs to, from its title.

use super::pattern::Pattern;
use std::sync::LazyLock;

/// How course codes are written where nothing else is configured, in the order of trust at one place of a title:
/// after a label that says so (TimeEdit: "Kurs kod: TDA417"), as letters and digits in one word (LAWS1001, F21SC,
/// 4CCS1PRP), in two (MATH 101, CS-1010), and as the digits that begin a title (02101, 6.006). A season or a room
/// with a number is no code, nor are a year, a date and a time of day.
const BUILT_IN: &str = concat!(
    r"\b(?:kurs ?kod|kurskode|emnekode|fagkode|(?:course|module|unit|subject) ?code|code (?:cours|ue|du cours)",
    r"|modul(?:nummer|nr\.?|code)|veranstaltungsnummer|va-?nr\.?|vakcode|cursuscode|c[oó]digo)",
    r"\s*[:=]\s*([\p{L}\d]*\d[\p{L}\d]*(?:[./]\d+)?)",
    r"|\b(?:exams?|winter|spring|summer|autumn|fall|term|semester|week|year|room|hall|building|floor|page|part|paper",
    r"|level|group|session|salle|sal|raum|zaal|aula|ht|vt|ss|ws|ay)[ _-]?\d+",
    r"|(?:\b|_)([\p{L}]{2,6}\d{3,6}\p{L}{0,3}\d?\p{L}?|(?-i:[A-Z])\d{2}(?-i:[A-Z]){2,3}|(?-i:[A-Z])\d{4,6}",
    r"|\d{1,2}(?-i:[A-Z]){2,4}\d[A-Z\d]{0,5}|(?-i:[A-Z]{2,5})[ -]\d{3,5}(?-i:[A-Z]{0,2})\d?)(?:\b|_)",
    r"|\A\s*(\d{5,7}|\d{1,2}\.\d{3,4})\b",
);

/// The pattern of [`BUILT_IN`], compiled once.
pub(super) fn built_in() -> &'static Pattern {
    static PATTERN: LazyLock<Pattern> =
        LazyLock::new(|| Pattern::new(BUILT_IN).expect("a test compiles it"));
    &PATTERN
}

/// The course of a sitting whose title is all there is, by the built-in pattern; `None` when it names none.
pub(super) fn course_code(title: &str) -> Option<String> {
    courses_in(built_in(), title).next()
}

/// The courses that `pattern` finds, in their plain spelling.
pub(super) fn courses_in<'a>(
    pattern: &'a Pattern,
    text: &'a str,
) -> impl Iterator<Item = String> + 'a {
    pattern.found("course", text).map(plain).filter(|code| !code.is_empty())
}

/// The one spelling of a code: "math 101", "MATH-101" and "MATH101" are the same course.
pub(super) fn plain(code: &str) -> String {
    code.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_name_their_course_in_many_ways() {
        for (title, code) in [
            ("LAWS1001 Contract Law", "LAWS1001"),
            ("COMP10120: First year team project", "COMP10120"),
            ("DD1337 - Programmering", "DD1337"),
            ("Kurs kod: TDA417, Kurs namn: Datastrukturer, Antal datorer: 24", "TDA417"),
            ("Tentamen. Kurskod: 1DV600", "1DV600"),
            ("Course code: 6.006 Introduction to Algorithms", "6006"),
            ("Exam: MATH 101 Calculus", "MATH101"),
            ("CS-1010S Programming Methodology", "CS1010S"),
            ("CSC108H1F Introduction", "CSC108H1F"),
            ("F21SC Industrial Programming", "F21SC"),
            ("4CCS1PRP Programming Practice", "4CCS1PRP"),
            ("5BBB0229 Pharmacology", "5BBB0229"),
            ("B1234 Anatomy", "B1234"),
            ("laws1001 contract law", "LAWS1001"),
            ("Final exam (STAT1003)", "STAT1003"),
            ("LAWS1001/2 Contract Law, paper 2", "LAWS1001"),
            ("EXAM_LAWS1001_2026", "LAWS1001"),
            ("Winter 2026: HIST2040 Europe since 1945", "HIST2040"),
            ("Exam 2026 PHIL2001", "PHIL2001"),
            ("02101 Indledende programmering", "02101"),
            ("6.006 Algorithms", "6006"),
            ("NDAB20002U Databaser", "NDAB20002U"),
            ("Klausur, Modulnummer: 61411", "61411"),
            ("Examen, code UE: INF3032 Réseaux", "INF3032"),
        ] {
            assert_eq!(course_code(title).as_deref(), Some(code), "{title}");
        }
    }

    #[test]
    fn what_only_looks_like_a_code_is_none() {
        for title in [
            "",
            "Untitled exam",
            "Contract Law",
            "Exam 101",
            "Room 101",
            "HALL 2001",
            "Summer2026 resits",
            "2026 winter examinations",
            "20261130 Law",
            "09H30 Law",
            "24.11.2026 Law",
            "Physics 2, room B12",
            "Kurs kod: okänd",
            "Economics HT26",
        ] {
            assert_eq!(course_code(title), None, "{title}");
        }
    }

    #[test]
    fn a_pattern_of_ones_own_names_other_codes() {
        let pattern = Pattern::new(r"\[(?P<course>[^\]]+)\]").unwrap();
        let courses = |title| courses_in(&pattern, title).collect::<Vec<_>>();
        assert_eq!(courses("Law [uni-7], [uni-8]"), ["UNI7", "UNI8"]);
        assert_eq!(courses("Law [--]"), [""; 0]);
    }
}
