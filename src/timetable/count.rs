//! Numbers of people, as people write them.

/// Words before a colon and a number, in a description.
const BEFORE: [&str; 7] =
    ["candidates", "entries", "cohort size", "cohort", "students", "expected", "entrants"];
/// Words after a number, in a description.
const AFTER: [&str; 4] = ["candidates", "entries", "students", "entrants"];

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

/// The greatest number beside a word for candidates, in lower-case text.
pub(super) fn greatest_in(text: &str) -> Option<u32> {
    let before = BEFORE.iter().flat_map(|word| {
        text.match_indices(word).filter_map(|(at, _)| {
            let rest = text[at + word.len()..].trim_start_matches([' ', '\t']);
            let (count, _) = number(rest.strip_prefix([':', '='])?.trim_start())?;
            Some(count)
        })
    });
    let after = AFTER.iter().flat_map(|word| {
        text.match_indices(word)
            .filter_map(|(at, _)| number_at_end(text[..at].trim_end_matches([' ', '\t', '\u{a0}'])))
    });
    before.chain(after).max()
}

/// Google and Outlook write HTML into descriptions.
pub(super) fn without_tags(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for (index, piece) in text.split('<').enumerate() {
        match piece.split_once('>') {
            Some((tag, rest)) if index > 0 => {
                plain.push(if tag.starts_with("br") || tag.starts_with("/p") { '\n' } else { ' ' });
                plain.push_str(rest);
            }
            Some(_) | None => plain.push_str(piece),
        }
    }
    plain.replace("&nbsp;", " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(text: &str) -> Option<u32> {
        greatest_in(&without_tags(text).to_lowercase())
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
        ] {
            assert_eq!(described(text), Some(expected), "{text}");
        }
        for text in ["", "candidates must bring ID", "12% candidates", "Room 12; candidates only"] {
            assert_eq!(described(text), None, "{text}");
        }
    }
}
