//! Bytes to logical lines: line ends, folding, encodings, controls (RFC 5545 section 3.1).

use super::Encoding;
use memchr::memchr2;
use std::borrow::Cow;
use std::ops::Range;

/// As long as most folded lines, in bytes.
const FOLDED: usize = 512;
/// So much of a line that was dropped is kept, in bytes: enough for the name of a property.
const SHOWN: usize = 64;
/// Windows-1252 for the bytes 0x80 to 0x9F; every other byte is its own code point
/// (<https://encoding.spec.whatwg.org/index-windows-1252.txt>).
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// One logical line: unfolded, decoded, without controls.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The physical line it begins on, from 1.
    pub(super) number: u32,
    /// Its text.
    pub(super) text: Text<'a>,
}

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Text<'a> {
    /// All of it.
    Whole(Cow<'a, str>),
    /// The first bytes of a line that was longer than allowed and was dropped.
    TooLong(Cow<'a, str>),
}

/// Walks through a file once, keeping nothing.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    bytes: &'a [u8],
    /// The same as text, where all of it is UTF-8.
    text: Option<&'a str>,
    /// Whether no ASCII control stands in it but tabs and line ends.
    no_ascii_controls: bool,
    encoding: Encoding,
    longest: usize,
    /// Where the next physical line begins.
    at: usize,
    number: u32,
    first_foreign: Option<u32>,
    first_control: Option<u32>,
}

impl<'a> Lines<'a> {
    /// Lines of `bytes`, none longer than `longest` bytes.
    pub(super) fn new(bytes: &'a [u8], longest: usize, encoding: Encoding) -> Self {
        let utf8 = encoding == Encoding::Utf8;
        Self {
            bytes,
            text: utf8.then(|| std::str::from_utf8(bytes).ok()).flatten(),
            // By the block, without stopping inside one, so that many bytes are looked at at once.
            no_ascii_controls: !bytes
                .chunks(4_096)
                .any(|block| block.iter().fold(false, |any, &byte| any | is_ascii_control(byte))),
            encoding,
            longest,
            at: 0,
            number: 0,
            first_foreign: None,
            first_control: None,
        }
    }

    /// The first line so far that was not UTF-8, though nobody said so, and was read as Windows-1252.
    pub(super) const fn first_foreign(&self) -> Option<u32> {
        self.first_foreign
    }

    /// The first line so far with controls that were left out.
    pub(super) const fn first_control(&self) -> Option<u32> {
        self.first_control
    }

    /// Where the next physical line begins and ends, without its line end: LF, CR LF, lone CR, or the CR CR LF that
    /// some mail gateways make.
    fn physical(&mut self) -> Range<usize> {
        self.number = self.number.saturating_add(1);
        let begin = self.at;
        let rest = &self.bytes[begin..];
        let end = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let over = match &rest[end..] {
            [b'\r', b'\r', b'\n', ..] => 3,
            [b'\r', b'\n', ..] => 2,
            [] => 0,
            _ => 1,
        };
        self.at = begin + end + over;
        begin..begin + end
    }

    fn goes_on(&self) -> bool {
        matches!(self.bytes.get(self.at), Some(b' ' | b'\t'))
    }

    /// Unfolds on bytes: a fold may cut a UTF-8 character in two.
    fn logical(&mut self) -> (Cow<'a, [u8]>, bool) {
        let first = self.physical();
        let mut line = Cow::Borrowed(&self.bytes[first]);
        let mut too_long = line.len() > self.longest;
        while self.goes_on() {
            let more = self.physical();
            let more = &self.bytes[more.start + 1..more.end];
            too_long |= line.len() + more.len() > self.longest;
            if !too_long {
                if let Cow::Borrowed(first) = line {
                    // Folded texts are long: room for all of it at once.
                    let mut whole = Vec::with_capacity(FOLDED.max(first.len() + more.len()));
                    whole.extend_from_slice(first);
                    line = Cow::Owned(whole);
                }
                line.to_mut().extend_from_slice(more);
            }
        }
        (line, too_long)
    }

    fn decode(&mut self, bytes: Cow<'a, [u8]>, number: u32) -> Cow<'a, str> {
        let text = match (self.encoding, bytes) {
            (Encoding::Latin1, bytes) if !bytes.is_ascii() => Err(bytes.into_owned()),
            (_, Cow::Borrowed(bytes)) => {
                std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| bytes.to_vec())
            }
            (_, Cow::Owned(bytes)) => String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(std::string::FromUtf8Error::into_bytes),
        };
        let text = text.unwrap_or_else(|foreign| {
            if self.encoding == Encoding::Utf8 {
                self.first_foreign.get_or_insert(number);
            }
            Cow::Owned(foreign.into_iter().map(windows_1252).collect())
        });
        self.without_controls(text, number)
    }

    /// Drops controls except tab, and byte order marks at the begin of a line, where joined files leave them.
    fn without_controls(&mut self, text: Cow<'a, str>, number: u32) -> Cow<'a, str> {
        if self.no_ascii_controls && text.is_ascii() {
            return text;
        }
        let dropped = |c: char| c.is_control() && c != '\t';
        if text.contains(dropped) {
            self.first_control.get_or_insert(number);
        } else if !text.starts_with('\u{feff}') {
            return text;
        }
        Cow::Owned(text.trim_start_matches('\u{feff}').chars().filter(|&c| !dropped(c)).collect())
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.at == self.bytes.len() {
            return None;
        }
        let number = self.number.saturating_add(1);
        if let Some(text) = self.text {
            let range = self.physical();
            if !self.goes_on() && range.len() <= self.longest {
                let text = self.without_controls(Cow::Borrowed(&text[range]), number);
                return Some(Line { number, text: Text::Whole(text) });
            }
            (self.at, self.number) = (range.start, number - 1);
        }
        let (bytes, too_long) = self.logical();
        let text = if too_long {
            let begin = &bytes[..bytes.len().min(SHOWN)];
            Text::TooLong(String::from_utf8_lossy(begin).into_owned().into())
        } else {
            Text::Whole(self.decode(bytes, number))
        };
        Some(Line { number, text })
    }
}

fn is_ascii_control(byte: u8) -> bool {
    (byte < b' ') & (byte != b'\t') & (byte != b'\n') & (byte != b'\r') | (byte == 0x7f)
}

/// The character of a byte that is not UTF-8.
pub(super) fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<(u32, String)> {
        let shown = |line: Line<'_>| match line.text {
            Text::Whole(text) => (line.number, text.into_owned()),
            Text::TooLong(_) => (line.number, "dropped".into()),
        };
        Lines::new(bytes, 64, Encoding::Utf8).map(shown).collect()
    }

    fn pairs(expected: &[(u32, &str)]) -> Vec<(u32, String)> {
        expected.iter().map(|(number, text)| (*number, (*text).to_owned())).collect()
    }

    #[test]
    fn every_line_end_ends_a_line_and_counts_once() {
        let expected = pairs(&[(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")]);
        assert_eq!(texts(b"a\nb\r\nc\rd\r\r\ne"), expected);
    }

    #[test]
    fn a_folded_line_keeps_the_number_of_its_first_physical_line() {
        assert_eq!(texts(b"a\r\n b\r\n\tc\r\nd"), pairs(&[(1, "abc"), (4, "d")]));
    }

    #[test]
    fn a_fold_inside_a_character_is_joined_before_decoding() {
        assert_eq!(texts(b"caf\xc3\r\n \xa9\r\n"), pairs(&[(1, "café")]));
    }

    #[test]
    fn what_is_not_utf8_is_read_as_windows_1252() {
        for (encoding, foreign) in [(Encoding::Utf8, Some(2)), (Encoding::Latin1, None)] {
            let mut lines = Lines::new(b"plain\ncaf\xe9 \x80\n", 64, encoding);
            assert_eq!(lines.by_ref().last().unwrap().text, Text::Whole("café €".into()));
            assert_eq!(lines.first_foreign(), foreign);
        }
        let declared = Lines::new("é".as_bytes(), 64, Encoding::Latin1).last().unwrap();
        assert_eq!(declared.text, Text::Whole("Ã©".into()));
    }

    #[test]
    fn marks_and_controls_are_dropped_and_tabs_stay() {
        assert_eq!(
            texts(b"\xef\xbb\xbfa\0\x07\tb\n\xef\xbb\xbfc"),
            pairs(&[(1, "a\tb"), (2, "c")])
        );
    }

    #[test]
    fn a_line_above_the_limit_is_dropped_whole_and_the_next_one_is_read() {
        let long = [b"x".repeat(65).as_slice(), b"\n more\nnext"].concat();
        assert_eq!(texts(&long), pairs(&[(1, "dropped"), (3, "next")]));
    }
}
