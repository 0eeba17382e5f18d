//! Bytes to logical lines: line ends, folding, encodings, controls (RFC 5545 section 3.1).

use std::borrow::Cow;

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
    /// Its text; `None` when it was longer than allowed and was dropped.
    pub(super) text: Option<Cow<'a, str>>,
}

/// Walks through a file once, keeping nothing.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    rest: &'a [u8],
    number: u32,
    longest: usize,
    first_foreign: Option<u32>,
}

impl<'a> Lines<'a> {
    /// Lines of `bytes`, none longer than `longest` bytes.
    pub(super) fn new(bytes: &'a [u8], longest: usize) -> Self {
        Self { rest: bytes, number: 0, longest, first_foreign: None }
    }

    /// The first line so far that was not UTF-8 and was read as Windows-1252.
    pub(super) const fn first_foreign(&self) -> Option<u32> {
        self.first_foreign
    }

    /// The next physical line, without its end. A line ends at LF, CR LF, lone CR, or the CR CR LF that some
    /// mail gateways make.
    fn physical(&mut self) -> &'a [u8] {
        self.number = self.number.saturating_add(1);
        let end = self.rest.iter().position(|&byte| byte == b'\n' || byte == b'\r');
        let (line, tail) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = tail
            .strip_prefix(b"\r\r\n")
            .or_else(|| tail.strip_prefix(b"\r\n"))
            .unwrap_or_else(|| tail.get(1..).unwrap_or_default());
        line
    }

    /// Unfolds on bytes: a fold may cut a UTF-8 character in two.
    fn logical(&mut self) -> Option<Cow<'a, [u8]>> {
        let mut line = Cow::Borrowed(self.physical());
        let mut too_long = line.len() > self.longest;
        while let [b' ' | b'\t', ..] = self.rest {
            let more = self.physical().get(1..).unwrap_or_default();
            too_long |= line.len() + more.len() > self.longest;
            if !too_long {
                line.to_mut().extend_from_slice(more);
            }
        }
        (!too_long).then_some(line)
    }

    fn decode(&mut self, bytes: Cow<'a, [u8]>, number: u32) -> Cow<'a, str> {
        let text = match bytes {
            Cow::Borrowed(bytes) => {
                std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|_| bytes.to_vec())
            }
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .map(Cow::Owned)
                .map_err(std::string::FromUtf8Error::into_bytes),
        };
        let text = text.unwrap_or_else(|foreign| {
            self.first_foreign.get_or_insert(number);
            Cow::Owned(foreign.into_iter().map(windows_1252).collect())
        });
        without_controls(text)
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        let number = self.number.saturating_add(1);
        let bytes = self.logical();
        Some(Line { number, text: bytes.map(|bytes| self.decode(bytes, number)) })
    }
}

/// The character of a byte that is not UTF-8.
pub(super) fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// Drops controls except tab, and byte order marks at the begin of a line, where joined files leave them.
fn without_controls(text: Cow<'_, str>) -> Cow<'_, str> {
    let dropped = |c: char| c.is_control() && c != '\t';
    if !text.starts_with('\u{feff}') && !text.contains(dropped) {
        return text;
    }
    Cow::Owned(text.trim_start_matches('\u{feff}').chars().filter(|&c| !dropped(c)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(bytes: &[u8]) -> Vec<(u32, String)> {
        Lines::new(bytes, 64)
            .map(|line| (line.number, line.text.map_or("dropped".into(), Cow::into_owned)))
            .collect()
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
        let mut lines = Lines::new(b"plain\ncaf\xe9 \x80\n", 64);
        assert_eq!(lines.by_ref().last().unwrap().text.unwrap(), "café €");
        assert_eq!(lines.first_foreign(), Some(2));
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
