//! Extra time as a list of who has how much: "12%=1.25,3%=1.5", "25 %: 12; 50 %: 3", "12 candidates +15 min/h".

use super::extra::{Claim, How, Who, fit};
use super::words::{ALL, FOR, HAVE, PEOPLE};
use crate::domain::{Factor, Share};
use memchr::memchr;
use regex::{Captures, Regex};
use std::borrow::Cow;
use std::sync::LazyLock;

/// What everybody is given when extra time is named but cannot be read.
const SAFE_FACTOR: f64 = 1.5;
/// No cohort is parted into more shares.
const MOST_PARTS: usize = 32;
/// A factor that is a whole number is small; "25 %: 12" are twelve people. What may be both is taken as both.
const MOST_TIMES: u32 = 4;

/// That a list is empty.
const NOBODY: [&str; 10] =
    ["none", "no", "nil", "nobody", "-", "keine", "aucun", "ninguno", "ingen", "geen"];

/// How much: a percentage, a factor, minutes for each hour, minutes or hours in all.
pub(super) const HOW: &str = r"(?:\+ *)?(?:(?P<percent>[0-9]+(?:[.,][0-9]+)?) *%|[x×*] *(?P<times>[0-9]+(?:[.,][0-9]+)?)|(?P<of>[0-9]+(?:[.,][0-9]+)?) *[x×]|(?P<minutes>[0-9]+(?:[.,][0-9]+)?) *(?:min[a-zé]*\.?|')(?P<hourly> *(?:/|per|pro|par|por|i|an|all'|each|every|je) *(?:1 *)?(?:h|hour|hr|std\.?|stunde|heure|hora|ora|timme|time|uur)(?-u:\b))?|(?P<hours>[0-9]+(?:[.,][0-9]+)?) *(?:h|hours?|hrs?|std\.?|stunden?|heures?|horas?|or[ae]|timm?ar?|timme|timer?|uur)(?-u:\b))";

/// Extra time as a text says it.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Spelled {
    /// Who has how much; nobody has two of these.
    pub(super) claims: Vec<Claim>,
    /// What the same words may also mean; it is covered as well.
    pub(super) also: Vec<Claim>,
    /// What a person should look at.
    pub(super) doubt: Option<Unclear>,
}

/// Why extra time was not taken as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unclear {
    /// It makes no sense; everybody has the longest time named, at least 1.5 times the time.
    Unreadable,
    /// It does not say who; everybody has it.
    ForWhom,
    /// Whether it counts people or multiplies the time; both are covered.
    PeopleOrTimes,
}

static SEVERAL: LazyLock<[Regex; 4]> = LazyLock::new(|| {
    let all = ALL.replace("PEOPLE", PEOPLE);
    [
        // 12% +15 min/h, 12 % of the students have 25%
        format!(r"^(?P<share>[0-9]+(?:[.,][0-9]+)?) *%(?:[^0-9%+]*{HAVE}| *[:=]? *\+) *{HOW}$"),
        // 25%: 12, +30 min for 12 candidates, 25 % (12)
        format!(r"^{HOW}(?: *(?:[:=(]|{FOR}) *| +)(?P<count>[0-9]+) *(?:{PEOPLE})? *\)?$"),
        // 12 candidates with 25%, 12 x 25%, 12: +15 min
        format!(r"^(?P<count>[0-9]+)(?: *{PEOPLE})?(?: *(?:{HAVE}|[:=x×(@]) *| +){HOW} *\)?$"),
        // +25%, x1.25 for all
        format!(r"^{HOW}(?P<all> *(?:{FOR})? *{all})?$"),
    ]
    .map(|pattern| Regex::new(&format!("(?i){pattern}")).expect("every test compiles it"))
});

/// Reads a list. "none" is a list of nobody. What makes no sense gives everybody the longest time.
pub(super) fn read(text: &str) -> Spelled {
    let list = plain(text);
    let list = list.trim().trim_end_matches(['.', ' ']);
    if NOBODY.iter().any(|word| list.eq_ignore_ascii_case(word)) {
        return Spelled::default();
    }
    let mut spelled = Spelled::default();
    let mut bad = 0;
    for text in parts(list) {
        let Some(Part { claim, also, doubt }) = part(text) else {
            bad += 1;
            continue;
        };
        spelled.claims.push(claim);
        spelled.also.extend(also);
        spelled.doubt = spelled.doubt.or(doubt);
    }
    let plausible = bad == 0 && (1..=MOST_PARTS).contains(&spelled.claims.len());
    if plausible && fit(&spelled.claims) {
        return spelled;
    }
    let named = spelled.claims.iter().chain(&spelled.also);
    everybody(named.map(|claim| claim.how))
}

/// A text without the escapes that some producers leave in it, and with ordinary spaces.
fn plain(text: &str) -> Cow<'_, str> {
    if text.is_ascii() && memchr(b'\\', text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let plain = text.chars().filter(|&c| c != '\\');
    Cow::Owned(plain.map(|c| if c == '\u{a0}' || c == '\u{202f}' { ' ' } else { c }).collect())
}

/// Everybody has the longest of these times, at least the safe one.
pub(super) fn everybody(named: impl Iterator<Item = How>) -> Spelled {
    let safe = Factor::new(SAFE_FACTOR).map(How::Times);
    let claims = named.chain(safe).map(|how| Claim { who: Who::All, how }).collect();
    Spelled { claims, also: Vec::new(), doubt: Some(Unclear::Unreadable) }
}

/// Cuts a list at commas, semicolons and line ends; a comma inside a number is not cut.
fn parts(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    let parts = std::iter::from_fn(move || {
        let text = rest?;
        let mut ends = text.match_indices([',', ';', '\n']);
        let end =
            ends.find(|(at, sign)| *sign != "," || !is_decimal(&text[..*at], &text[at + 1..]));
        rest = end.map(|(at, _)| &text[at + 1..]);
        Some(end.map_or(text, |(at, _)| &text[..at]).trim())
    });
    parts.filter(|part| !part.is_empty())
}

/// Whether a comma stands in a number: "1,25" and "12,5 %", but not between "=1.25" and "3%=1.5", nor between "=2" and
/// "3%=1.5".
fn is_decimal(before: &str, after: &str) -> bool {
    let number = before.rsplit(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').next();
    let number = number.filter(|number| !number.is_empty() && !number.contains(['.', ',']));
    let fraction = after.bytes().take_while(u8::is_ascii_digit).count();
    let Some(number) = number.filter(|_| 0 < fraction) else { return false };
    let is_first = !before[..before.len() - number.len()].contains(|c: char| c.is_ascii_digit());
    is_first || !after[fraction..].trim_start().starts_with('%')
}

/// One part of a list.
struct Part {
    claim: Claim,
    also: Option<Claim>,
    doubt: Option<Unclear>,
}

impl Part {
    const fn certain(who: Who, how: How) -> Self {
        Self { claim: Claim { who, how }, also: None, doubt: None }
    }
}

fn part(text: &str) -> Option<Part> {
    if let Some((percent, rest)) = text.split_once('%')
        && let Some(part) = of_a_share(percent, rest)
    {
        return Some(part);
    }
    let [of_a_share, of_a_count, to_a_count, of_all] = &*SEVERAL;
    if let Some(found) = of_a_share.captures(text) {
        return Some(Part::certain(Who::Share(share(&found["share"])?), how(&found)?));
    }
    if let Some(found) = of_a_count.captures(text).or_else(|| to_a_count.captures(text)) {
        let count = found["count"].parse().unwrap_or(u32::MAX);
        return Some(Part::certain(Who::Count(count), how(&found)?));
    }
    let found = of_all.captures(text)?;
    let doubt = found.name("all").is_none().then_some(Unclear::ForWhom);
    Some(Part { doubt, ..Part::certain(Who::All, how(&found)?) })
}

/// A percentage and a bare number: `12%=1.25`, `12% x1.25`, `3%:1.5`; a whole number after a colon or a space counts
/// people.
fn of_a_share(percent: &str, rest: &str) -> Option<Part> {
    let number = rest.trim_start_matches(['=', ':', 'x', 'X', '×', '*', ' ']);
    let sign = &rest[..rest.len() - number.len()];
    let share = share(percent)?;
    let times = Factor::new(decimal(number)?).ok().map(How::Times);
    let is_share = sign.contains(['=', 'x', 'X', '×', '*']);
    let whole = number.parse::<u32>().ok();
    let Some(count) = whole.filter(|_| !is_share) else {
        let how = times?;
        // "25% x 12" may be twelve people, and nobody has twelve times the time.
        let people = whole.filter(|count| MOST_TIMES < *count && !sign.contains('='));
        let also = people.and_then(|count| {
            let how = How::Times(more(decimal(percent)?)?);
            Some(Claim { who: Who::Count(count), how })
        });
        let doubt = also.map(|_| Unclear::PeopleOrTimes);
        return Some(Part { also, doubt, ..Part::certain(Who::Share(share), how) });
    };
    let also = times.filter(|_| count <= MOST_TIMES);
    let also = also.map(|how| Claim { who: Who::Share(share), how });
    let doubt = also.map(|_| Unclear::PeopleOrTimes);
    let people = Part::certain(Who::Count(count), How::Times(more(decimal(percent)?)?));
    Some(Part { also, doubt, ..people })
}

/// How much, from a match of [`HOW`].
pub(super) fn how(found: &Captures<'_>) -> Option<How> {
    let value = |name| found.name(name).and_then(|part| decimal(part.as_str()));
    if let Some(percent) = value("percent") {
        return more(percent).map(How::Times);
    }
    if let Some(times) = value("times").or_else(|| value("of")) {
        return Factor::new(times).ok().map(How::Times);
    }
    if let Some(hours) = value("hours") {
        return Some(How::Minutes(hours * 60.0));
    }
    let minutes = value("minutes")?;
    match found.name("hourly") {
        Some(_) => Factor::new(1.0 + minutes / 60.0).ok().map(How::Times),
        None => Some(How::Minutes(minutes)),
    }
}

/// So many percent more.
fn more(percent: f64) -> Option<Factor> {
    Factor::new(1.0 + percent / 100.0).ok()
}

/// A percentage as the nearest fraction: the point is moved in the text, because a division would round again, and not
/// every fraction could be written.
fn share(percent: &str) -> Option<Share> {
    decimal(percent)?;
    let hundredths = format!("{}e-2", percent.trim().replace(',', "."));
    Share::new(hundredths.parse().ok()?).ok()
}

fn decimal(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b',');
    let number: f64 = match text.contains(',') {
        _ if !plain => return None,
        true => text.replace(',', ".").parse().ok()?,
        false => text.parse().ok()?,
    };
    number.is_finite().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timetable::extra::resolve;
    use chrono::TimeDelta;

    /// Share and factor of a cohort of 400 over two hours, to a thousandth.
    fn pairs(spelled: &Spelled) -> Vec<(f64, f64)> {
        let rounded = |value: f64| (value * 1_000.0).round() / 1_000.0;
        let extra = resolve(&spelled.claims, 400, TimeDelta::hours(2));
        extra.iter().map(|one| (rounded(one.share.fraction()), rounded(one.factor.get()))).collect()
    }

    #[test]
    fn shares_are_read_in_every_spelling() {
        let expected = vec![(0.12, 1.25), (0.03, 1.5)];
        for text in [
            "12%=1.25,3%=1.5",
            "12% x1.25, 3% x1.5",
            " 12 % ×1.25 ; 3%:1.5",
            "12%=1.25\\,3% +50%",
            "12% x1.25, 3% x1.5.",
            "12%=1,25;3%=1,5",
            "12%=1,25,3%=1,5",
            "12% +15 min/h, 3% +30 min/h",
            "12% +30 min, 3% +1 h",
            "12% of the students have 25%, 3% get 50%",
            "12 % +15 Min. pro Stunde; 3 % +30 Min. pro Stunde",
        ] {
            assert_eq!(pairs(&read(text)), expected, "{text}");
            assert_eq!(read(text).doubt, None, "{text}");
        }
        assert_eq!(pairs(&read("12,5% x1.25, 2,5% x1.5")), [(0.125, 1.25), (0.025, 1.5)]);
    }

    #[test]
    fn people_are_counted_in_every_spelling() {
        for text in [
            "25%: 12; 50%: 8",
            "25 % : 12, 50 % : 8",
            "25% (12), 50% (8)",
            "25% for 12 candidates, 50% for 8",
            "12 candidates with 25%, 8 with 50%",
            "12 x 25%, 8 x 50%",
            "12 Studierende: +15 min/h; 8 Studierende: +30 min/h",
            "12 students +30 min, 8 students +60 min",
            "25%: 12 candidats\n50%: 8 candidats",
            "x1.25: 12, x1.5: 8",
        ] {
            assert_eq!(pairs(&read(text)), [(0.03, 1.25), (0.02, 1.5)], "{text}");
            assert_eq!(read(text).doubt, None, "{text}");
        }
        assert_eq!(pairs(&read("25%: 0")), []);
    }

    #[test]
    fn without_a_share_everybody_has_it() {
        for (text, factor) in [
            ("25%", 1.25),
            ("+25 %", 1.25),
            ("x1.25", 1.25),
            ("1,25x", 1.25),
            ("+30 min", 1.25),
            ("15 min/h", 1.25),
        ] {
            assert_eq!(pairs(&read(text)), [(1.0, factor)], "{text}");
            assert_eq!(read(text).doubt, Some(Unclear::ForWhom), "{text}");
        }
        assert_eq!(read("25% for all").doubt, None);
        assert_eq!(read("None"), Spelled::default());
    }

    #[test]
    fn what_may_count_people_or_multiply_the_time_is_covered_as_both() {
        let spelled = read("25%: 2");
        assert_eq!(spelled.doubt, Some(Unclear::PeopleOrTimes));
        assert_eq!(pairs(&spelled), [(0.005, 1.25)]);
        assert_eq!(spelled.also.len(), 1);
        assert_eq!(pairs(&read("25%=2")), [(0.25, 2.0)]);
        assert_eq!(read("25%=2").doubt, None);
    }

    #[test]
    fn what_cannot_be_read_gives_everybody_the_longest_time() {
        for text in
            ["", "12=1.25", "12%=0.9", "60%=1.25,60%=1.5", "12%=NaN", "some", "see list", "x0.5"]
        {
            assert_eq!(pairs(&read(text)), [(1.0, 1.5)], "{text}");
            assert_eq!(read(text).doubt, Some(Unclear::Unreadable), "{text}");
        }
        assert_eq!(pairs(&read("3%=2,more")), [(1.0, 2.0)]);
        assert_eq!(pairs(&read("12 students +90 min, more")), [(1.0, 1.75)]);
    }
}
