//! One unfolded line to one property.

use icalendar::parser;

/// What of a line's parameters and value a timetable needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Property {
    /// The line of the file, from 1.
    pub(super) line: u32,
    /// Upper case.
    pub(super) name: String,
    /// The TZID parameter.
    pub(super) tzid: Option<String>,
    /// Whether RANGE=THISANDFUTURE stands there.
    pub(super) this_and_future: bool,
    /// The value; TEXT is unescaped.
    pub(super) value: String,
}

/// The name of a line as written, if the line is a property at all: letters, digits and hyphens, then a colon
/// outside quotes. The `icalendar` parser does not ask for either.
pub(super) fn name(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?;
    let (name, rest) = text.split_at(end);
    let begins_well = !name.is_empty() && rest.starts_with([':', ';']);
    (begins_well && colon(rest).is_some()).then_some(name)
}

/// Where the first colon outside quotes is.
pub(super) fn colon(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == b':' && !quoted
    })
}

/// Reads a line whose `name` was checked; `None` when its parameters make no sense.
pub(super) fn parse(line: u32, name: &str, text: &str) -> Option<Property> {
    let upper = name.to_ascii_uppercase();
    // The parser knows which values are TEXT by upper-case names only.
    let respelled = (upper != name).then(|| format!("{upper}{}", &text[name.len()..]));
    let parsed = parser::Property::try_from(respelled.as_deref().unwrap_or(text)).ok()?;
    let mut property = Property { line, name: upper, ..Property::default() };
    for parameter in &parsed.params {
        let value = parameter.val.as_ref().map_or("", |value| value.as_str());
        if parameter.key.as_str().eq_ignore_ascii_case("TZID") {
            property.tzid = Some(value.to_owned());
        } else if parameter.key.as_str().eq_ignore_ascii_case("RANGE") {
            property.this_and_future = value.eq_ignore_ascii_case("THISANDFUTURE");
        }
    }
    property.value = parsed.val.as_str().to_owned();
    Some(property)
}

/// One line of text for a page or a log: no controls, no direction overrides, no runs of space.
pub(super) fn one_line(text: &str) -> String {
    let shown: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|&c| !is_invisible(c))
        .collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
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

    fn property(text: &str) -> Option<Property> {
        parse(1, name(text)?, text)
    }

    #[test]
    fn a_line_without_a_name_or_a_colon_is_no_property() {
        for text in ["Sorry no colon", "A B:c", ":x", "", "DTSTART;TZID=\"a:b", "é:x"] {
            assert_eq!(property(text), None, "{text}");
        }
    }

    #[test]
    fn names_and_parameters_are_read_in_any_case() {
        let read = property("dtstart;tzid=\"GMT Standard Time\":20261130T090000").unwrap();
        assert_eq!(read.name, "DTSTART");
        assert_eq!(read.tzid.as_deref(), Some("GMT Standard Time"));
        assert_eq!(read.value, "20261130T090000");
        assert!(
            property("RECURRENCE-ID;range=ThisAndFuture:20261130T090000").unwrap().this_and_future
        );
    }

    #[test]
    fn text_is_unescaped_whatever_the_case_of_its_name() {
        assert_eq!(property("summary:Law\\, part 1\\; B").unwrap().value, "Law, part 1; B");
    }

    #[test]
    fn a_title_cannot_turn_or_break_its_line() {
        assert_eq!(one_line("a\u{202e}b\u{2066}c\n\td  \u{200b}e"), "abc d e");
    }
}
