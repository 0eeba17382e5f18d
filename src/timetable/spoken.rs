//! Extra time as a sentence speaks of it: "Extra time: 12% x1.25", "25% extra time: 12 candidates", "12 candidates with
//! 25 % extra time", "Extra time 25%".

use super::extra::{Claim, How, Who};
use super::spelled::{HOW, Spelled, Unclear, everybody, how, read};
use super::words::{EXTRA, FOR, HAVE, NONE, PEOPLE};
use crate::domain::{Factor, Share};
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What a sentence says of extra time.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Spoken {
    /// Who has how much.
    Said(Spelled),
    /// That there is none.
    None,
    /// Not how much.
    Mentioned,
}

struct Patterns {
    extra: Regex,
    none: Regex,
    before: Regex,
    label: Regex,
    next: Regex,
    amount: Regex,
    how: Regex,
    whom: Regex,
}

static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let compiled =
        |pattern: String| Regex::new(&format!("(?i){pattern}")).expect("every test compiles it");
    Patterns {
        extra: compiled(EXTRA.to_owned()),
        none: compiled(format!(r"{NONE} *$")),
        // 25%, 12 candidates with 25%
        before: compiled(format!(
            r"(?:(?P<count>[0-9]+) *(?:{PEOPLE} *(?:{HAVE})?|{HAVE}|[x×@]) *[(:=]? *)?{HOW} *(?:of|de|d'|in)? *$"
        )),
        label: compiled(r"^ *(?:\([^()0-9]*\))? *[:=]".into()),
        // The end of a sentence, or the next "Label:" of a list of them.
        next: compiled(r"[.!?](?: |$)|[,;|] *\p{L}[\p{L} ]{1,30} *[:=]".into()),
        amount: compiled(format!(r"^ *(?:of|von|de|-|–|is|är|est|es|\()? *{HOW}")),
        how: compiled(HOW.to_owned()),
        // 12 candidates, for 12, (12), : 3%
        whom: compiled(format!(
            r"^ *(?P<sign>[:=(]|{FOR})? *(?P<count>[0-9]+)(?:(?P<share>(?:[.,][0-9]+)? *%)|(?P<people> *{PEOPLE}))? *\)?"
        )),
    }
});

/// Whether a text speaks of extra time.
pub(super) fn is_in(text: &str) -> bool {
    PATTERNS.extra.is_match(text)
}

/// Everything that a line says of extra time, each with the part of the line that says it.
pub(super) fn in_line(line: &str) -> Vec<(Range<usize>, Spoken)> {
    let mut said: Vec<(Range<usize>, Spoken)> = Vec::new();
    let mut from = 0;
    while let Some(hit) = line.get(from..).and_then(|rest| PATTERNS.extra.find(rest)) {
        let hit = from + hit.start()..from + hit.end();
        if !means_time(line, &hit) {
            from = hit.end;
            continue;
        }
        let one = spoken(line, from, hit);
        from = one.0.end;
        said.push(one);
    }
    said
}

/// Whether the words at `hit` speak of time. "ET" and "NTA" may also be the code of a course: a label has an amount behind
/// it, "ET: 25%", and of a share it is said as "25% ET".
fn means_time(line: &str, hit: &Range<usize>) -> bool {
    let is_short = matches!(&line[hit.clone()], "ET" | "NTA");
    let after = &line[hit.end..];
    let is_label = PATTERNS.label.is_match(after) && PATTERNS.how.is_match(value(after));
    !is_short || is_label || line[..hit.start].trim_end().ends_with('%')
}

/// What the words at `hit` say; what stands before `from` was told already.
fn spoken(line: &str, from: usize, hit: Range<usize>) -> (Range<usize>, Spoken) {
    let (before, after) = (&line[from..hit.start], &line[hit.end..]);
    let says_something = !before.trim().is_empty();
    if says_something && PATTERNS.none.is_match(before) {
        return (hit, Spoken::None);
    }
    let prefix = if says_something { PATTERNS.before.captures(before) } else { None };
    let amount = prefix.as_ref().and_then(how);
    let begin =
        prefix.as_ref().and_then(|found| found.get(0)).map_or(hit.start, |all| from + all.start());
    let count = prefix.as_ref().and_then(|found| found.name("count")?.as_str().parse().ok());
    if let Some(amount) = amount {
        let (who, end) = match count {
            Some(count) => (Some(Who::Count(count)), 0),
            None => whom(after),
        };
        let label = PATTERNS.label.find(after);
        if who.is_none()
            && let Some(label) = label
        {
            // "25% extra time: see the list"
            let end = label.end() + value(&after[label.end()..]).len();
            return (begin..hit.end + end, Spoken::Said(everybody(std::iter::once(amount))));
        }
        return (begin..hit.end + end, Spoken::Said(given(who, amount)));
    }
    if let Some(label) = PATTERNS.label.find(after) {
        let value = value(&after[label.end()..]);
        let how = implied(&line[hit.clone()]);
        let said = how.and_then(|how| Some(given(Some(whom(value).0?), how)));
        let said = said.unwrap_or_else(|| read(value));
        return (hit.start..hit.end + label.end() + value.len(), Spoken::Said(said));
    }
    if let Some(found) = PATTERNS.amount.captures(after)
        && let (Some(amount), Some(all)) = (how(&found), found.get(0))
    {
        let (who, end) = whom(&after[all.end()..]);
        return (hit.start..hit.end + all.end() + end, Spoken::Said(given(who, amount)));
    }
    (hit, Spoken::Mentioned)
}

fn given(who: Option<Who>, how: How) -> Spelled {
    let doubt = who.is_none().then_some(Unclear::ForWhom);
    Spelled { claims: vec![Claim { who: who.unwrap_or(Who::All), how }], also: Vec::new(), doubt }
}

/// The value after a label: to the end of the sentence, or to the next label.
fn value(text: &str) -> &str {
    PATTERNS.next.find(text).map_or(text, |next| &text[..next.start()])
}

/// Who is given what was just named, and where that ends; a bare number is nobody.
fn whom(text: &str) -> (Option<Who>, usize) {
    let Some(found) = PATTERNS.whom.captures(text) else { return (None, 0) };
    let end = found.get(0).map_or(0, |all| all.end());
    if let Some(rest) = found.name("share") {
        let number = format!("{}{}", &found["count"], rest.as_str().trim_end_matches(['%', ' ']));
        let share =
            number.replace(',', ".").parse().ok().and_then(|p: f64| Share::new(p / 100.0).ok());
        return share.map_or((None, 0), |share| (Some(Who::Share(share)), end));
    }
    if found.name("sign").is_none() && found.name("people").is_none() {
        return (None, 0);
    }
    (Some(Who::Count(found["count"].parse().unwrap_or(u32::MAX))), end)
}

/// What the words alone say: the French "tiers temps" is a third more.
fn implied(words: &str) -> Option<How> {
    let begins = |with: &str| words.get(..with.len()).is_some_and(|w| w.eq_ignore_ascii_case(with));
    let times = if begins("tiers") || begins("1/3") {
        4.0 / 3.0
    } else if begins("time and a half") {
        1.5
    } else if begins("double time") {
        2.0
    } else {
        return None;
    };
    Factor::new(times).ok().map(How::Times)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timetable::extra::resolve;
    use chrono::TimeDelta;

    /// The part that speaks of it, and share and factor of a cohort of 400 over two hours.
    fn told(line: &str) -> Vec<(&str, Vec<(f64, f64)>)> {
        let rounded = |value: f64| (value * 1_000.0).round() / 1_000.0;
        let pairs = |spoken: Spoken| match spoken {
            Spoken::Said(spelled) => {
                let extra = resolve(&spelled.claims, 400, TimeDelta::hours(2));
                extra
                    .iter()
                    .map(|one| (rounded(one.share.fraction()), rounded(one.factor.get())))
                    .collect()
            }
            Spoken::None | Spoken::Mentioned => vec![],
        };
        in_line(line).into_iter().map(|(range, spoken)| (&line[range], pairs(spoken))).collect()
    }

    #[test]
    fn a_label_is_followed_by_a_list_that_ends_with_the_sentence() {
        let both = vec![(0.12, 1.25), (0.03, 1.5)];
        for (line, part) in [
            ("Extra time: 12% x1.25, 3% x1.5", "Extra time: 12% x1.25, 3% x1.5"),
            ("Extra time: 12% x1.25, 3% x1.5. Bring ID.", "Extra time: 12% x1.25, 3% x1.5"),
            ("Extra tid: 12% x1.25, 3% x1.5, Antal datorer: 24", "Extra tid: 12% x1.25, 3% x1.5"),
            ("Zeitverlängerung = 12%=1,25; 3%=1,5", "Zeitverlängerung = 12%=1,25; 3%=1,5"),
            ("Open book. EXTRA TIME : 12%=1.25,3%=1.5", "EXTRA TIME : 12%=1.25,3%=1.5"),
        ] {
            assert_eq!(told(line), [(part, both.clone())], "{line}");
        }
    }

    #[test]
    fn people_with_extra_time_are_counted_however_it_is_said() {
        for line in [
            "25% extra time: 12 candidates",
            "25 % extra time: 12",
            "12 candidates with 25% extra time",
            "300 candidates, 12 with 25% extra time",
            "300 candidates (12 with 25% extra time)",
            "Extra time 25% (12 candidates)",
            "Extra time 25%: 12",
            "Extra time of 25% for 12 candidates",
            "30 min extra time for 12 students",
            "15 min/h extra time: 12",
            "Nachteilsausgleich: 12 Studierende +15 min/h",
            "25 % förlängd tid: 12 tentander",
            "Temps majoré +30 min : 12 candidats",
            "12 estudiantes con 25% tiempo adicional",
            "12 studenten met 25% extra tijd",
        ] {
            let told = told(line);
            assert_eq!(told.len(), 1, "{line}: {told:?}");
            assert_eq!(told[0].1, [(0.03, 1.25)], "{line}");
            assert!(!told[0].0.contains("300"), "{line}: {told:?}");
        }
        assert_eq!(told("Tiers temps : 12 candidats")[0].1, [(0.03, 1.333)]);
        assert_eq!(told("25% extra time: 3%")[0].1, [(0.03, 1.25)]);
    }

    #[test]
    fn an_amount_without_people_is_for_everybody() {
        for line in [
            "Extra time 25%",
            "LAWS1001 (25% extra time)",
            "Extra time 30 min",
            "Extra time +15 min/h",
            "Extra time x1.25",
            "Exam 2026: 25% extra time",
            "Extra tid 25 %",
        ] {
            assert_eq!(told(line).last().unwrap().1, [(1.0, 1.25)], "{line}");
        }
    }

    #[test]
    fn a_label_without_a_list_gives_everybody_the_longest_time() {
        for line in ["Extra time: see the list", "25% extra time: see the list", "Extra time:"] {
            assert_eq!(told(line).last().unwrap().1, [(1.0, 1.5)], "{line}");
        }
    }

    #[test]
    fn a_mention_gives_nobody_anything() {
        for (line, spoken) in [
            ("Candidates with extra time come at 8", Spoken::Mentioned),
            ("No extra time", Spoken::None),
            ("ohne Nachteilsausgleich", Spoken::None),
        ] {
            let said = in_line(line);
            assert_eq!(said.len(), 1, "{line}");
            assert_eq!(said[0].1, spoken, "{line}");
        }
        for line in ["Candidates: 300", "ET 101 Thermodynamics", "NTA2040", "ET:"] {
            assert_eq!(in_line(line), [], "{line}");
        }
    }

    #[test]
    fn what_offices_call_it_is_known() {
        for (line, extra) in [
            ("ET: 25% for 12 candidates", (0.03, 1.25)),
            ("25% ET: 12", (0.03, 1.25)),
            ("Time and a half: 4 candidates", (0.01, 1.5)),
            ("Double time: 2 candidates", (0.005, 2.0)),
            ("Zeitzuschlag: 30 Minuten für 12 Studierende", (0.03, 1.25)),
            ("1/3 temps : 12 étudiants", (0.03, 1.333)),
            ("Access arrangements: 12 students with 25%", (0.03, 1.25)),
            ("Reasonable adjustments: 12 candidates +25%", (0.03, 1.25)),
        ] {
            assert_eq!(told(line)[0].1, [extra], "{line}");
        }
    }
}
