//! The form of a request: names with dots and numbers, read field by field. What nobody has read is not ignored.

use super::refusal::Refused;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;

/// The fields that have not been read yet.
#[derive(Debug, Default)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`; of a field that comes twice, the last counts.
    pub(super) fn parse(body: &[u8]) -> Self {
        let fields = form_urlencoded::parse(body);
        Self(fields.map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    /// A text.
    pub(super) fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<String, Refused> {
        self.take(name).ok_or_else(|| missing(name))
    }

    /// Of 1 to 255 characters, as names are.
    pub(super) fn name(&mut self, name: &str) -> Result<String, Refused> {
        let text = self.required(name)?;
        match text.chars().count() {
            0 => Err(constraint(&text, name, "Member must have length greater than or equal to 1")),
            1..=255 => Ok(text),
            _ => Err(constraint(&text, name, "Member must have length less than or equal to 255")),
        }
    }

    /// Whatever can be written in one word.
    pub(super) fn value<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Refused> {
        let Some(text) = self.take(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| malformed(&text, name))
    }

    /// The same, but it must be there.
    pub(super) fn required_value<T: FromStr>(&mut self, name: &str) -> Result<T, Refused> {
        self.value(name)?.ok_or_else(|| missing(name))
    }

    /// A moment in ISO 8601, to the second, which is as fine as the API takes it.
    pub(super) fn time(&mut self, name: &str) -> Result<Option<DateTime<Utc>>, Refused> {
        let Some(text) = self.take(name) else { return Ok(None) };
        let time = DateTime::parse_from_rfc3339(&text).map_err(|_| malformed(&text, name))?;
        let time = time.to_utc();
        Ok(Some(time.duration_trunc(TimeDelta::seconds(1)).unwrap_or(time)))
    }

    /// A list of texts, `Names.member.1` and so on; absent and empty are the same on this wire.
    pub(super) fn texts(&mut self, name: &str, member: &str) -> Vec<String> {
        // A client that sends an empty list sends the bare name.
        self.take(name);
        let numbered = (1_u32..).map_while(|n| self.0.remove(&format!("{name}.{member}.{n}")));
        numbered.collect()
    }

    /// A list of structures, each a form of its own.
    pub(super) fn forms(&mut self, name: &str, member: &str) -> Vec<Self> {
        self.take(name);
        let numbered = (1_u32..).map_while(|n| self.inside(&format!("{name}.{member}.{n}")));
        numbered.collect()
    }

    /// A structure as a form of its own, if any of its fields is there.
    pub(super) fn inside(&mut self, name: &str) -> Option<Self> {
        let prefix = format!("{name}.");
        let inside: BTreeMap<_, _> =
            self.0.extract_if(prefix.clone().., |key, _| key.starts_with(&prefix)).collect();
        let strip = |(key, value): (String, String)| {
            key.strip_prefix(&prefix).map(|rest| (rest.to_owned(), value))
        };
        let fields: BTreeMap<_, _> = inside.into_iter().filter_map(strip).collect();
        (!fields.is_empty()).then_some(Self(fields))
    }

    /// Whether a field or a structure of that name has not been read yet.
    pub(super) fn has(&self, name: &str) -> bool {
        let prefix = format!("{name}.");
        self.0.keys().any(|key| key == name || key.starts_with(&prefix))
    }

    /// Refuses what nobody has read: to ignore it would be to say that it was done.
    pub(super) fn done(&self) -> Result<(), Refused> {
        match self.0.keys().next() {
            Some(field) => Err(Refused::not_simulated(&format!("the parameter {field}"))),
            None => Ok(()),
        }
    }
}

/// A field that is not there.
pub(super) fn missing(name: &str) -> Refused {
    Refused::validation(format!(
        "1 validation error detected: Value null at '{}' failed to satisfy constraint: Member must not be null",
        camel(name)
    ))
}

/// A field outside what the API's model allows.
pub(super) fn constraint(value: impl Display, name: &str, rule: &str) -> Refused {
    Refused::validation(format!(
        "1 validation error detected: Value '{value}' at '{}' failed to satisfy constraint: {rule}",
        camel(name)
    ))
}

/// A field that is not of its type.
fn malformed(value: &str, name: &str) -> Refused {
    Refused::new(400, "MalformedInput", format!("{value:?} is no value of {name}"))
}

/// AWS names fields by their members in such messages: `MaxRecords` is `maxRecords`.
fn camel(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lists_structures_and_times_are_read_and_the_rest_is_told() {
        let mut form = Form::parse(
            b"Names.member.1=a&Names.member.2=b%20c&Items.member.1.X=1&Items.member.2.Y.Z=2\
             &At=2026-11-30T08%3A00%3A00.7Z&Empty=&Left.member.1=x",
        );
        assert_eq!(form.texts("Names", "member"), ["a", "b c"]);
        let mut items = form.forms("Items", "member");
        assert_eq!(items[0].value::<u32>("X").unwrap(), Some(1));
        assert_eq!(items[1].inside("Y").unwrap().take("Z").as_deref(), Some("2"));
        assert_eq!(form.time("At").unwrap().unwrap().to_rfc3339(), "2026-11-30T08:00:00+00:00");
        assert_eq!(form.texts("Empty", "member"), [""; 0]);
        assert!(form.has("Left") && !form.has("Lef"));
        assert!(form.done().unwrap_err().message().contains("Left.member.1"));
    }

    #[test]
    fn an_empty_structure_is_none_and_ten_come_after_nine() {
        assert!(Form::parse(b"Ab=1").inside("A").is_none());
        let body: Vec<_> = (1..=12).map(|n| format!("N.member.{n}={n}")).collect();
        let read = Form::parse(body.join("&").as_bytes()).texts("N", "member");
        assert_eq!(read, (1..=12).map(|n| n.to_string()).collect::<Vec<_>>());
    }

    proptest! {
        /// Whatever is sent, reading ends and says something.
        #[test]
        fn no_body_is_too_strange(body in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut form = Form::parse(&body);
            let _ = (form.forms("a", "member"), form.time("b"), form.value::<i64>("c"), form.done());
        }
    }
}
