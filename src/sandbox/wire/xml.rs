//! Just enough XML to answer with: elements in elements, and text that is escaped.

use std::fmt::{Display, Write as _};

/// A piece of a document, grown element by element.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    /// A whole document with one root.
    pub(super) fn document(
        root: &str,
        namespace: Option<&str>,
        inside: impl FnOnce(&mut Self),
    ) -> String {
        let mut xml = Self::default();
        let namespace = namespace.map(|uri| format!(" xmlns=\"{uri}\"")).unwrap_or_default();
        xml.0.push_str(&format!("<{root}{namespace}>"));
        inside(&mut xml);
        xml.0.push_str(&format!("</{root}>\n"));
        xml.0
    }

    /// An element with text in it.
    pub(super) fn text(&mut self, name: &str, value: impl Display) {
        self.within(name, |xml| xml.escaped(&value.to_string()));
    }

    /// An element with text in it, if there is any.
    pub(super) fn text_if(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.text(name, value);
        }
    }

    /// An element with elements in it.
    pub(super) fn within(&mut self, name: &str, inside: impl FnOnce(&mut Self)) {
        // Writing to a string cannot fail.
        let _ = write!(self.0, "<{name}>");
        inside(self);
        let _ = write!(self.0, "</{name}>");
    }

    /// An element around a piece.
    pub(super) fn put(&mut self, name: &str, piece: Self) {
        self.within(name, |xml| xml.0.push_str(&piece.0));
    }

    /// A list: an element around one element for each item.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        each: &str,
        items: impl IntoIterator<Item = T>,
        mut inside: impl FnMut(&mut Self, T),
    ) {
        self.within(name, |xml| {
            for item in items {
                xml.within(each, |xml| inside(xml, item));
            }
        });
    }

    /// A list of plain texts, as `member`.
    pub(super) fn texts(&mut self, name: &str, items: impl IntoIterator<Item = impl Display>) {
        self.list(name, "member", items, |xml, item| xml.escaped(&item.to_string()));
    }

    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                // A parser would turn a bare carriage return into a line feed.
                '\r' => self.0.push_str("&#xD;"),
                // What XML 1.0 cannot say at all, escaped or not (section 2.2).
                '\0'..='\u{8}'
                | '\u{b}'
                | '\u{c}'
                | '\u{e}'..='\u{1f}'
                | '\u{fffe}'
                | '\u{ffff}' => {
                    self.0.push('\u{fffd}');
                }
                plain => self.0.push(plain),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_an_element() {
        let document = Xml::document("A", Some("urn:x"), |xml| {
            xml.text("B", "<&>\"\r\u{1}é");
            xml.texts("C", [1, 2]);
            xml.list("D", "E", [true], |xml, item| xml.text("F", item));
            xml.text_if("G", None::<u32>);
        });
        let told = "<A xmlns=\"urn:x\"><B>&lt;&amp;&gt;&quot;&#xD;\u{fffd}é</B>\
            <C><member>1</member><member>2</member></C><D><E><F>true</F></E></D></A>\n";
        assert_eq!(document, told);
    }
}
