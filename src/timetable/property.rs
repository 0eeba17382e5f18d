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
    let Some(begin) = property.plain_parameters(&text, parameters, tzids)? else {
        return property.by_the_parser(&text, parameters, tzids);
    };
    let value = &text[begin..];
    property.value = match is_text(name).then(|| memchr(b'\\', value.as_bytes())).flatten() {
        None => after(text, begin),
        Some(first) => Cow::Owned(unescaped(value, first)),
    };
    Ok(property)
}

impl Property<'_> {
    /// Reads parameters that are neither quoted nor hide signs, as nearly all are; `None` where some are. Otherwise where
    /// the value begins. The crate's parser reads any, at ten times the cost.
    fn plain_parameters(
        &mut self,
        text: &str,
        most: usize,
        tzids: &mut Tzids,
    ) -> Result<Option<usize>, Fault> {
        let mut at = self.name.len();
        for _ in 0..=most {
            if text.as_bytes().get(at) == Some(&b':') {
                return Ok(Some(at + 1));
            }
            let rest = &text.as_bytes()[at + 1..];
            let Some(end) = rest.iter().position(|byte| b";:\"^".contains(byte)) else {
                return Ok(None);
            };
            let parameter = &text[at + 1..at + 1 + end];
            let (key, value) = parameter.split_once('=').unwrap_or_default();
            if key.is_empty() || !matches!(rest[end], b';' | b':') {
                return Ok(None);
            }
            self.parameter(key, value, tzids);
            at += 1 + end;
        }
        Err(Fault::TooManyParameters)
    }

    fn by_the_parser(mut self, text: &str, most: usize, tzids: &mut Tzids) -> Result<Self, Fault> {
        // The parser knows which values are TEXT by upper-case names only.
        let respelled = (!text.starts_with(self.name))
            .then(|| format!("{}{}", self.name, &text[self.name.len()..]));
        let parsed = parser::Property::try_from(respelled.as_deref().unwrap_or(text));
        let parsed = parsed.map_err(|_| Fault::Parameters)?;
        if most < parsed.params.len() {
            return Err(Fault::TooManyParameters);
        }
        for parameter in &parsed.params {
            let value = parameter.val.as_ref().map_or("", |value| value.as_str());
            self.parameter(parameter.key.as_str(), &without_carets(value), tzids);
        }
        self.value = Cow::Owned(parsed.val.as_str().to_owned());
        Ok(self)
    }

    fn parameter(&mut self, key: &str, value: &str, tzids: &mut Tzids) {
        if key.eq_ignore_ascii_case("TZID") {
            self.tzid = Some(tzids.of(value));
        } else if key.eq_ignore_ascii_case("RANGE") {
            self.this_and_future = value.eq_ignore_ascii_case("THISANDFUTURE");
        }
    }
}

/// Whether a property's value is TEXT, with signs that are escaped (RFC 5545 section 3.3.11).
fn is_text(name: &str) -> bool {
    !matches!(
        name,
        "DTSTART"
            | "DTEND"
            | "DTSTAMP"
            | "LAST-MODIFIED"
            | "DURATION"
            | "RECURRENCE-ID"
            | "RRULE"
            | "RDATE"
            | "EXDATE"
            | "EXRULE"
            | "SEQUENCE"
            | "TZOFFSETFROM"
            | "TZOFFSETTO"
            // A list, whose commas are escaped or not.
            | "CATEGORIES"
    )
}

/// TEXT without its escapes, of which the first stands at `first`.
fn unescaped(text: &str, first: usize) -> String {
    let mut plain = String::with_capacity(text.len());
    let (mut rest, mut next) = (text, Some(first));
    while let Some(at) = next {
        plain.push_str(&rest[..at]);
        let escaped = rest[at + 1..].chars().next();
        match escaped {
            Some('n' | 'N') => plain.push('\n'),
            Some(c @ ('\\' | ',' | ';' | ':')) => plain.push(c),
            // Nothing is escaped here: it stays as it is.
            Some(c) => plain.extend(['\\', c]),
            None => plain.push('\\'),
        }
        rest = &rest[at + 1 + escaped.map_or(0, char::len_utf8)..];
        next = memchr(b'\\', rest.as_bytes());
    }
    plain.push_str(rest);
    plain
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
    use proptest::prelude::*;

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

    proptest! {
        /// The short way must not mean anything else.
        #[test]
        fn a_plain_line_means_what_the_crates_parser_says(
            name in "(SUMMARY|DESCRIPTION|CATEGORIES|LOCATION|UID|DTSTART|RRULE|X-CANDIDATES|STATUS)",
            parameters in "(;(TZID|VALUE|X-A)=[A-Za-z/+ ._-]{0,8}){0,3}",
            value in "([ -~é]|\\\\[nN,;:\\\\x]){0,24}",
        ) {
            let text = format!("{name}{parameters}:{value}");
            let mut tzids = Tzids::default();
            let own = parse(1, &name, Cow::Borrowed(&text), 3, &mut tzids);
            let property = Property { line: 1, name: &name, ..Property::default() };
            prop_assert_eq!(own, property.by_the_parser(&text, 3, &mut tzids));
        }
    }
}
