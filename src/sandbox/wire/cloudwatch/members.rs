//! A structure of a request, read member by member. What nobody has read is not ignored.

use crate::sandbox::wire::refusal::Refused;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

/// The members of a structure that have not been read yet.
pub(super) struct Members {
    left: Map<String, Value>,
    /// What its members are called before their own names.
    path: &'static str,
}

impl Members {
    /// A structure, whose members are called `path` and their own names.
    pub(super) fn of(value: Value, path: &'static str) -> Result<Self, Refused> {
        match value {
            Value::Object(left) => Ok(Self { left, path }),
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_) => Err(malformed(path.trim_end_matches('.'), "a structure")),
        }
    }

    /// A member that is null is one that is not there.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name).filter(|value| !value.is_null())
    }

    /// Whether a member is there and has not been read yet.
    pub(super) fn has(&self, name: &str) -> bool {
        self.left.get(name).is_some_and(|value| !value.is_null())
    }

    /// A member that must be there.
    pub(super) fn required(&mut self, name: &str) -> Result<Value, Refused> {
        let path = self.path;
        self.take(name)
            .ok_or_else(|| Refused::validation(format!("The parameter {path}{name} is required.")))
    }

    /// A text.
    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>, Refused> {
        let path = self.path;
        let read = |value: Value| {
            let text = value.as_str().map(str::to_owned);
            text.ok_or_else(|| malformed(&format!("{path}{name}"), "text"))
        };
        self.take(name).map(read).transpose()
    }

    /// A text that must be there.
    pub(super) fn required_text(&mut self, name: &str) -> Result<String, Refused> {
        let path = self.path;
        self.text(name)?
            .ok_or_else(|| Refused::validation(format!("The parameter {path}{name} is required.")))
    }

    /// True or false.
    pub(super) fn boolean(&mut self, name: &str) -> Result<Option<bool>, Refused> {
        let path = self.path;
        let read = |value: Value| {
            value.as_bool().ok_or_else(|| malformed(&format!("{path}{name}"), "true or false"))
        };
        self.take(name).map(read).transpose()
    }

    /// A whole number.
    pub(super) fn integer(&mut self, name: &str) -> Result<Option<i64>, Refused> {
        let path = self.path;
        let read = |value: Value| {
            value.as_i64().ok_or_else(|| malformed(&format!("{path}{name}"), "a whole number"))
        };
        self.take(name).map(read).transpose()
    }

    /// A moment that must be there, in seconds since 1970.
    pub(super) fn time(&mut self, name: &str) -> Result<DateTime<Utc>, Refused> {
        let value = self.required(name)?;
        let milliseconds = value.as_f64().map(|seconds| (seconds * 1_000.0).round());
        let moment = milliseconds.filter(|found| found.abs() < 1e15).and_then(|milliseconds| {
            #[expect(clippy::cast_possible_truncation, reason = "a whole number below 1e15")]
            let milliseconds = milliseconds as i64;
            DateTime::from_timestamp_millis(milliseconds)
        });
        moment.ok_or_else(|| malformed(&format!("{}{name}", self.path), "a moment"))
    }

    /// A list; absent and empty are the same.
    pub(super) fn list(&mut self, name: &str) -> Result<Vec<Value>, Refused> {
        match self.take(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(items),
            Some(_) => Err(malformed(&format!("{}{name}", self.path), "a list")),
        }
    }

    /// Refuses what nobody has read.
    pub(super) fn done(self) -> Result<(), Refused> {
        let Self { left, path } = self;
        match left.into_iter().find(|(_, value)| !value.is_null()) {
            Some((name, _)) => Err(Refused::not_simulated(&format!("the parameter {path}{name}"))),
            None => Ok(()),
        }
    }
}

/// A member that is not of its type.
fn malformed(what: &str, wanted: &str) -> Refused {
    let what = if what.is_empty() { "the request" } else { what };
    Refused::new(400, "SerializationException", format!("{what} is not {wanted}"))
}

/// A value that the API does not take.
pub(super) fn invalid(name: &str, value: &str) -> Refused {
    Refused::validation(format!("The value {value} for parameter {name} is invalid."))
}
