//! One unfolded line to one property.

use super::tzids::{Tzid, Tzids};
use icalendar::parser;
use memchr::memchr;
use std::borrow::Cow;

/// What of a line's parameters and value a timetable needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Property<'a> {
    /// The line of the file, from 1.
    pub(super) line: u32,
    /// Upper case.
    pub(super) name: &'a str,
    /// The TZID parameter.
    pub(super) tzid: Option<Tzid>,
    /// Whether RANGE=THISANDFUTURE stands there.
    pub(super) this_and_future: bool,
    /// The value; TEXT is unescaped.
    pub(super) value: Cow<'a, str>,
}

/// Why a line is no property that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// Its parameters make no sense.
    Parameters,
    /// It has more of them than allowed.
    TooManyParameters,
}

/// The name of a line as written, if the line is a property at all: letters, digits and hyphens, then a colon
/// outside quotes. The `icalendar` parser does not ask for either.
pub(super) fn name(text: &str) -> Option<&str> {
    let end = text.bytes().position(|byte| !byte.is_ascii_alphanumeric() && byte != b'-')?;
    let (name, rest) = text.split_at(end);
    let follows = match rest.as_bytes().first() {
        Some(b':') => true,
        Some(b';') => colon(rest).is_some(),
        Some(_) | None => false,
    };
    (!name.is_empty() && follows).then_some(name)
}

/// Where the first colon outside quotes is.
pub(super) fn colon(text: &str) -> Option<usize> {
    let first = memchr(b':', text.as_bytes())?;
    if memchr(b'"', &text.as_bytes()[..first]).is_none() {
        return Some(first);
    }
    let mut quoted = false;
    text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b':' && !quoted
    })
}

/// Reads a line whose name was checked and means `name`, which is in upper case and as long.
///
/// # Errors
/// [`Fault`].
pub(super) fn parse<'a>(
    line: u32,
    name: &'a str,
    text: Cow<'a, str>,
    parameters: usize,
    tzids: &mut Tzids,
) -> Result<Property<'a>, Fault> {
    let mut property = Property { line, name, ..Property::default() };
    let plain =
        text.as_bytes().get(name.len()) == Some(&b':') && memchr(b'\\', text.as_bytes()).is_none();
    if plain {
        property.value = after(text, name.len() + 1);
        return Ok(property);
    }
    // The parser knows which values are TEXT by upper-case names only.
    let respelled = (!text.starts_with(name)).then(|| format!("{name}{}", &text[name.len()..]));
    let parsed = parser::Property::try_from(respelled.as_deref().unwrap_or(&text));
    let parsed = parsed.map_err(|_| Fault::Parameters)?;
    if parameters < parsed.params.len() {
        return Err(Fault::TooManyParameters);
    }
    for parameter in &parsed.params {
        let value = parameter.val.as_ref().map_or("", |value| value.as_str());
        if parameter.key.as_str().eq_ignore_ascii_case("TZID") {
            property.tzid = Some(tzids.of(&without_carets(value)));
        } else if parameter.key.as_str().eq_ignore_ascii_case("RANGE") {
            property.this_and_future = value.eq_ignore_ascii_case("THISANDFUTURE");
        }
    }
    property.value = Cow::Owned(parsed.val.as_str().to_owned());
    Ok(property)
}

/// What comes after the first `bytes` of a text.
fn after(text: Cow<'_, str>, bytes: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[bytes..]),
        Cow::Owned(mut text) => {
            text.drain(..bytes);
            Cow::Owned(text)
        }
    }
}

/// A parameter's value with the signs that RFC 6868 hides in it.
fn without_carets(value: &str) -> Cow<'_, str> {
    if !value.contains('^') {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len());
    let mut rest = value.chars();
    while let Some(c) = rest.next() {
        let hidden = match rest.as_str().chars().next() {
            Some('n') => Some('\n'),
            Some('^') => Some('^'),
            Some('\'') => Some('"'),
            Some(_) | None => None,
        };
        match hidden.filter(|_| c == '^') {
            Some(hidden) => {
                plain.push(hidden);
                rest.next();
            }
            None => plain.push(c),
        }
    }
    Cow::Owned(plain)
}

/// One line of text for a page or a log: no controls, no direction overrides, no runs of space.
pub(super) fn one_line(text: &str) -> String {
    let space = |pair: &[u8]| pair == b"  ";
    let graphic = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
    let is_plain =
        text.bytes().all(|byte| graphic(&byte)) && !text.as_bytes().windows(2).any(space);
    if is_plain {
        return text.trim_matches(' ').to_owned();
    }
    let shown: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|&c| !is_invisible(c))
        .collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a text has characters that change how a line is shown without being seen.
pub(super) fn hides_something(text: &str) -> bool {
    !text.is_ascii() && text.contains(is_invisible)
}

/// Characters that change how a line is shown without being seen: Unicode bidirectional controls, zero-width
/// characters and the byte order mark (UAX #9, section 2).
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property<'a>(text: &'a str, tzids: &mut Tzids) -> Option<Property<'a>> {
        let upper = name(text)?.to_ascii_uppercase().leak();
        parse(1, upper, Cow::Borrowed(text), 3, tzids).ok()
    }

    #[test]
    fn a_line_without_a_name_or_a_colon_is_no_property() {
        for text in ["Sorry no colon", "A B:c", ":x", "", "DTSTART;TZID=\"a:b", "é:x"] {
            assert_eq!(property(text, &mut Tzids::default()), None, "{text}");
        }
    }

    #[test]
    fn names_and_parameters_are_read_in_any_case() {
        let mut tzids = Tzids::default();
        let text = "dtstart;tzid=\"GMT Standard Time\":20261130T090000";
        let read = property(text, &mut tzids).unwrap();
        assert_eq!(read.name, "DTSTART");
        assert_eq!(read.tzid.map(|tzid| tzids.name(tzid)), Some("GMT Standard Time"));
        assert_eq!(read.value, "20261130T090000");
        let range = "RECURRENCE-ID;range=ThisAndFuture:20261130T090000";
        assert!(property(range, &mut tzids).unwrap().this_and_future);
    }

    #[test]
    fn text_is_unescaped_whatever_the_case_of_its_name() {
        let read = property("summary:Law\\, part 1\\; B", &mut Tzids::default());
        assert_eq!(read.unwrap().value, "Law, part 1; B");
    }

    #[test]
    fn a_title_cannot_turn_or_break_its_line() {
        assert_eq!(one_line("a\u{202e}b\u{2066}c\n\td  \u{200b}e"), "abc d e");
    }

    #[test]
    fn signs_hidden_in_a_parameter_are_read() {
        let mut tzids = Tzids::default();
        let read = property("DTSTART;TZID=a^^b^'c^d^nE:x", &mut tzids).unwrap();
        assert_eq!(read.tzid.map(|tzid| tzids.name(tzid)), Some("a^b\"c^d\nE"));
    }

    #[test]
    fn more_parameters_than_allowed_are_refused() {
        let read = |text| parse(1, "X", Cow::Borrowed(text), 3, &mut Tzids::default());
        assert!(read("X;A=1;B=2;C=3:x").is_ok());
        assert_eq!(read("X;A=1;B=2;C=3;D=4:x"), Err(Fault::TooManyParameters));
    }
}
