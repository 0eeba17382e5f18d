//! Numbers of people, as people write them.

use super::words::{COUNTED, PEOPLE};
use memchr::memchr2;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A word, perhaps with a remark in brackets, a colon and the first digit of a number: `Kandidaten (angemeldet): 1`.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        r"(?i)(?:{PEOPLE}|{COUNTED})(?:[ \t\x{{a0}}]*\([^()0-9\n]{{0,24}}\))?[ \t\x{{a0}}]*[:=][ \t\x{{a0}}]*[0-9]"
    );
    Regex::new(&pattern).expect("every test compiles it")
});

/// What follows the last digit of a number: ` candidates`.
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(r"(?i)^[ \t\x{{a0}}\x{{202f}}]*(?:{PEOPLE}|entries|anmeldungen)");
    Regex::new(&pattern).expect("every test compiles it")
});

/// A whole number at the begin of `text`, thousands parted by comma, point, apostrophe or space, and what follows.
pub(super) fn number(text: &str) -> Option<(u32, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let first = digits(text);
    let mut end = first;
    let mut value: u32 =
        text.get(..first).filter(|first| !first.is_empty())?.parse().unwrap_or(u32::MAX);
    while first <= 3
        && let Some(group) = text[end..].strip_prefix([',', '.', '\'', ' ', '\u{a0}', '\u{202f}'])
        && digits(group) == 3
    {
        let thousands = group[..3].parse::<u32>().unwrap_or(u32::MAX);
        value = value.saturating_mul(1_000).saturating_add(thousands);
        end = text.len() - group.len() + 3;
    }
    Some((value, &text[end..]))
}

/// A number of people at the begin of `text`: of "300-320" the greater, of "300 + 12" the sum; and what follows.
pub(super) fn count(text: &str) -> Option<(u32, &str)> {
    let (value, rest) = number(text)?;
    if let Some((most, rest)) = rest.strip_prefix(['-', '–']).and_then(number) {
        return Some((value.max(most), rest));
    }
    let more = rest.trim_start().strip_prefix('+').and_then(|more| number(more.trim_start()));
    // "+5 %" and "+30 min" are extra time.
    match more.filter(|(_, rest)| !rest.trim_start().starts_with(['%', 'm', 'h', '\''])) {
        Some((more, rest)) => Some((value.saturating_add(more), rest)),
        None => Some((value, rest)),
    }
}

/// The whole number at the end of `text`: with spaces between thousands if that makes one, else without.
fn number_at_end(text: &str) -> Option<u32> {
    let apart = |spaces: &'static [char]| {
        let is_part = move |c: char| {
            c.is_ascii_digit() || matches!(c, ',' | '.' | '\'') || spaces.contains(&c)
        };
        let begin = text.trim_end_matches(is_part).len();
        let (count, rest) =
            number(text[begin..].trim_start_matches(|c: char| !c.is_ascii_digit()))?;
        rest.is_empty().then_some(count)
    };
    apart(&[' ', '\u{a0}', '\u{202f}']).or_else(|| apart(&[]))
}

/// The greatest number beside a word for candidates.
pub(super) fn greatest_in(text: &str) -> Option<u32> {
    let mut greatest = None;
    let mut signed = false;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        signed |= matches!(byte, b':' | b'=');
        let ends = byte.is_ascii_digit() && !bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
        if ends && begins_with_word(&text[at + 1..]) && AFTER.is_match(&text[at + 1..]) {
            greatest = greatest.max(number_at_end(&text[..=at]));
        }
    }
    if signed {
        let counts = BEFORE.find_iter(text).filter_map(|found| count(&text[found.end() - 1..]));
        greatest = greatest.max(counts.map(|(count, _)| count).max());
    }
    greatest
}

/// Whether the next that is not space may be a letter: sooner told than by a pattern.
fn begins_with_word(text: &str) -> bool {
    let first = text.bytes().find(|byte| !matches!(byte, b' ' | b'\t'));
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
}

/// Google and Outlook write HTML into descriptions.
pub(super) fn without_tags(text: &str) -> Cow<'_, str> {
    if memchr2(b'<', b'&', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    for (index, piece) in text.split('<').enumerate() {
        match piece.split_once('>') {
            Some((tag, rest)) if index > 0 => {
                let breaks = ["br", "/p", "/div", "/li", "/tr", "BR", "/P", "/DIV", "/LI", "/TR"];
                let ends = breaks.iter().any(|name| tag.starts_with(name));
                plain.push(if ends { '\n' } else { ' ' });
                plain.push_str(rest);
            }
            Some(_) | None => plain.push_str(piece),
        }
    }
    Cow::Owned(plain.replace("&nbsp;", " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(text: &str) -> Option<u32> {
        greatest_in(&without_tags(text))
    }

    #[test]
    fn descriptions_name_the_number_in_many_ways() {
        for (text, expected) in [
            ("Candidates: 1,200", 1_200),
            ("Room A\nNumber of candidates : 850\nBring ID", 850),
            ("1200 candidates", 1_200),
            ("in 2026 300 candidates", 300),
            ("1 200 candidates", 1_200),
            ("1.200 students, 30 candidates in room B", 1_200),
            ("Entries: 340", 340),
            ("Cohort size=75", 75),
            ("<p>Candidates:&nbsp;<b>850</b></p>", 850),
            ("Candidates: 300-320", 320),
            ("Candidates: 300 + 12", 312),
            ("Candidates: 300 +25 % extra", 300),
            ("Students (registered): 120", 120),
        ] {
            assert_eq!(described(text), Some(expected), "{text}");
        }
        for text in ["", "candidates must bring ID", "12% candidates", "Room 12; candidates only"] {
            assert_eq!(described(text), None, "{text}");
        }
    }

    #[test]
    fn other_languages_name_it_as_well() {
        for (text, expected) in [
            ("Kurs kod: TDA417, Antal datorer: 24", 24),
            ("Antal anmälda: 120", 120),
            ("ANTAL ANMÄLDA: 120", 120),
            ("120 tentander", 120),
            ("Teilnehmer: 1.120", 1_120),
            ("Teilnehmerzahl: 120", 120),
            ("Anzahl: 120", 120),
            ("120 Prüflinge", 120),
            ("Effectif : 300 candidats", 300),
            ("Effectif\u{a0}: 1\u{202f}300", 1_300),
            ("300 étudiants", 300),
            ("Étudiants : 300", 300),
            ("Candidatos: 240", 240),
            ("Alumnos matriculados: 240", 240),
            ("Studenti: 90", 90),
            ("Antal tilmeldte: 80", 80),
            ("Antall oppmeldte: 80", 80),
            ("Aantal deelnemers: 210", 210),
            ("210 studenten", 210),
        ] {
            assert_eq!(described(text), Some(expected), "{text}");
        }
        for text in ["Seitenanzahl: 12", "Datorer: många", "Sal: 24"] {
            assert_eq!(described(text), None, "{text}");
        }
    }
}
