//! Numbers of people, as people write them.

use super::words::{ABOUT, COUNTED, ENTERED, PEOPLE, PER, ROOM_WORDS};
use memchr::memchr2;
use regex::Regex;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A word, perhaps with a remark in brackets, a colon, perhaps "about", and the first digit of a number:
/// `Kandidaten (angemeldet): 1`.
static BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        r"(?i)(?:{PEOPLE}|{COUNTED})(?:[ \t\x{{a0}}]*\([^()0-9\n]{{0,24}}\))?[ \t\x{{a0}}]*[:=][ \t\x{{a0}}]*(?:{ABOUT}[ \t\x{{a0}}]*)?[0-9]"
    );
    Regex::new(&pattern).expect("every test compiles it")
});

/// Of those the ones that begin with a word for people.
static OF_PEOPLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?i)^{PEOPLE}")).expect("every test compiles it"));

/// What follows the last digit of a number: ` candidates`, ` registered candidates`.
static AFTER: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(
        r"(?i)^[ \t\x{{a0}}\x{{202f}}]*(?:{ENTERED}[ \t]+)?(?:{PEOPLE}|entries|anmeldungen)(?P<per>[ \t]+{PER})?(?P<part>[ \t]*[(,:+]?[ \t]*\+?[0-9]+(?:[.,][0-9]+)?[ \t]*(?:%|min|x[ \t]*1)|[ \t]*[(,:+][ \t]*[x×][ \t]*1[.,])?"
    );
    Regex::new(&pattern).expect("every test compiles it")
});

/// What follows the number after a label that counts something else: `09:00`, `1. und 2. Kohorte`, `24/25`, `12.10.`.
static NO_COUNT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^(?:[ \t]*[:/][ \t]*[0-9]|\.[0-9]|\.[ \t]+\p{Ll})")
        .expect("every test compiles it")
});

/// A word that follows a number: of `Anzahl: 2 Räume` not a word for people.
static NOUN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&format!(
        r"(?i)^[ \t]+(?:(?P<people>(?:{ENTERED}[ \t]+)?{PEOPLE}|in(?-u:\b))|\p{{L}})"
    ))
    .expect("every test compiles it")
});

static ROOM: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("(?i){ROOM_WORDS}")).expect("every test compiles it"));

/// A smaller number in front of a word for people may count anything: "Year 2 students", "Invigilators: 3 people".
const SMALL: u32 = 20;

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

/// A number of people at the begin of `text`: of "300-320" and "1 to 450" the greater, of "300 + 12" the sum; and what
/// follows.
pub(super) fn count(text: &str) -> Option<(u32, &str)> {
    let (value, rest) = number(text)?;
    let to = ["-", "–", " - ", " – ", " to ", " bis ", " till "];
    let most = to.iter().find_map(|to| number(rest.strip_prefix(to)?));
    if let Some((most, rest)) = most {
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

/// The numbers of candidates that a text names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counts {
    /// The greatest of those that surely count candidates; those of single rooms are parts of one cohort.
    pub(super) sure: Option<u32>,
    /// Candidates of single rooms together.
    in_rooms: u32,
    /// Whether several differ, none of them of a single room.
    pub(super) differ: bool,
    /// The greatest that may count something else as well.
    pub(super) doubtful: Option<u32>,
    /// The greatest that counts a part of the cohort: "12 candidates (25%)".
    pub(super) part: u32,
}

impl Counts {
    /// Of one line.
    pub(super) fn of(line: &str) -> Self {
        let mut counts = Self::default();
        for sentence in line.split(';') {
            let mut one = Self::default();
            let hits = one.before_people(sentence) + one.after_labels(sentence);
            if let Some(sure) = one.sure.filter(|_| hits == 1 && ROOM.is_match(sentence)) {
                one.in_rooms = sure;
            }
            counts = counts.and(one);
        }
        counts
    }

    /// Together with another part of the same text.
    pub(super) fn and(self, other: Self) -> Self {
        let Self { sure, in_rooms, differ, doubtful, part } = other;
        let in_rooms = self.in_rooms.saturating_add(in_rooms);
        let apart = sure.is_some() && self.sure.is_some() && sure != self.sure && in_rooms == 0;
        Self {
            sure: self.sure.max(sure).max((0 < in_rooms).then_some(in_rooms)),
            in_rooms,
            differ: self.differ | differ | apart,
            doubtful: self.doubtful.max(doubtful),
            part: self.part.max(part),
        }
    }

    fn sure(&mut self, count: u32) {
        self.differ |= self.sure.is_some_and(|known| known != count);
        self.sure = self.sure.max(Some(count));
    }

    /// "300 candidates"; how many there are of them.
    fn before_people(&mut self, text: &str) -> usize {
        let bytes = text.as_bytes();
        let mut hits = 0;
        for (at, byte) in bytes.iter().enumerate() {
            let ends = byte.is_ascii_digit() && !bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
            if !ends || !begins_with_word(&text[at + 1..]) {
                continue;
            }
            let after = &text[at + 1..];
            let Some(found) = AFTER.is_match(after).then(|| AFTER.captures(after)).flatten() else {
                continue;
            };
            let Some(count) = number_at_end(&text[..=at]) else { continue };
            hits += 1;
            if found.name("part").is_some() {
                self.part = self.part.max(count);
            } else if count < SMALL || found.name("per").is_some() {
                self.doubtful = self.doubtful.max(Some(count));
            } else {
                self.sure(count);
            }
        }
        hits
    }

    /// "Candidates: 300"; how many there are of them.
    fn after_labels(&mut self, text: &str) -> usize {
        if memchr2(b':', b'=', text.as_bytes()).is_none() {
            return 0;
        }
        let mut hits = 0;
        for found in BEFORE.find_iter(text) {
            let Some((count, rest)) = count(&text[found.end() - 1..]) else { continue };
            hits += 1;
            // "Anzahl: 2 Räume", "Registered: 12 Oct"
            let of_what = || {
                let noun = NOUN.captures(rest);
                noun.is_some_and(|noun| noun.name("people").is_none())
                    && !OF_PEOPLE.is_match(found.as_str())
            };
            if begins_with_word(rest) && of_what() || NO_COUNT.is_match(rest) {
                self.doubtful = self.doubtful.max(Some(count));
            } else {
                self.sure(count);
            }
        }
        hits
    }
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

    fn counts(text: &str) -> Counts {
        without_tags(text).lines().map(Counts::of).fold(Counts::default(), Counts::and)
    }

    fn described(text: &str) -> Option<u32> {
        counts(text).sure
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
    fn a_number_that_may_count_anything_is_no_cohort() {
        for text in [
            "Year 2 students: Anatomy",
            "MBBS Year 4 Students OSCE",
            "Paper 2 Candidates",
            "Kårhuset 2 Studenter",
            "Invigilators: 3 people",
            "Aufsicht: 2 Personen",
            "Anzahl: 2 Räume",
            "Students: 09:00, staff: 08:30",
            "Duration expected: 120 minutes",
            "Registered: 12 Oct 2026",
            "Max 30 students per table",
            "Teilnehmer: 1. und 2. Kohorte",
            "Cohort: 24/25",
            "Candidates: 12.10.2026",
        ] {
            let found = counts(text);
            assert_eq!(found.sure, None, "{text}");
            assert!(found.doubtful.is_some(), "{text}");
        }
        assert_eq!(described("Candidates: 3"), Some(3), "said as clearly as can be");
        assert_eq!(described("Candidates: 300. Bring ID"), Some(300));
        assert_eq!(described("Candidates: 1 to 450"), Some(450));
        assert_eq!(described("Anzahl: 120 Teilnehmer"), Some(120));
        assert_eq!(described("850 registered candidates"), Some(850));
        assert_eq!(described("Candidates: ca. 850"), Some(850));
    }

    #[test]
    fn rooms_add_up_and_numbers_that_differ_are_noted() {
        let rooms = counts("Room A: 300 candidates; Room B: 350 candidates");
        assert_eq!((rooms.sure, rooms.differ), (Some(650), false));
        let rooms = counts("Candidates: 850\nHall 1: 300 candidates\nHall 2: 550 candidates");
        assert_eq!(rooms.sure, Some(850));
        let two = counts("Candidates: 300\nCandidates: 550");
        assert_eq!((two.sure, two.differ), (Some(550), true));
    }

    #[test]
    fn people_with_an_amount_beside_them_are_a_part() {
        for text in [
            "12 candidates (25%)",
            "12 candidates +25%",
            "30 candidates, 25 %",
            "12 students (x1.25)",
        ] {
            let found = counts(text);
            assert_eq!((found.sure, found.doubtful), (None, None), "{text}");
            assert!(0 < found.part, "{text}");
        }
        assert_eq!(described("300 candidates, 120 min"), None);
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
