//! How values of the domain lie in columns: times as milliseconds, lists as JSON. The domain knows no
//! serialisation, so the JSON has types of its own; a value that means nothing is told, never guessed.

use crate::domain::{FleetName, Process, SittingKey};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a column means, or what is wrong with it.
pub(super) type Meaning<T> = Result<T, String>;

/// An instant, to the millisecond.
pub(super) fn instant(millis: i64) -> Meaning<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis).ok_or_else(|| format!("{millis} ms is no time"))
}

/// `at` as it will be read back: to the millisecond.
pub(super) fn stored(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis())
        .expect("the milliseconds of a time are a time")
}

/// A number that counts something.
pub(super) fn count<T: TryFrom<i64>>(name: &str, value: i64) -> Meaning<T> {
    T::try_from(value).map_err(|_| format!("{name} is {value}, which counts nothing"))
}

/// A fleet's name.
pub(super) fn fleet(name: &str) -> Meaning<FleetName> {
    FleetName::new(name).map_err(|why| why.to_string())
}

/// The JSON of whose hold it is.
pub(super) fn keys_json(keys: &[SittingKey]) -> String {
    json(&keys.iter().map(KeyJson::from).collect::<Vec<_>>())
}

/// Whose hold it is.
pub(super) fn keys(text: &str) -> Meaning<Vec<SittingKey>> {
    let keys: Vec<KeyJson> = parse("sittings", text)?;
    keys.into_iter().map(SittingKey::try_from).collect()
}

/// The JSON of what we suspended.
pub(super) fn processes_json(processes: &BTreeSet<Process>) -> String {
    json(&processes.iter().map(|process| process.as_str()).collect::<Vec<_>>())
}

/// What we suspended.
pub(super) fn processes(text: &str) -> Meaning<BTreeSet<Process>> {
    let names: Vec<String> = parse("suspended", text)?;
    let known = |name: &String| {
        Process::named(name).ok_or_else(|| format!("there is no process named {name:?}"))
    };
    names.iter().map(known).collect()
}

/// The JSON of `value`.
pub(super) fn json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("structs, strings and numbers always have a JSON")
}

/// The value that the JSON of `column` tells.
pub(super) fn parse<T: DeserializeOwned>(column: &str, text: &str) -> Meaning<T> {
    serde_json::from_str(text).map_err(|why| format!("column {column}: {why}"))
}

/// A sitting's key as JSON.
#[derive(Serialize, Deserialize)]
pub(super) struct KeyJson {
    pub(super) uid: String,
    recurrence_id: Option<i64>,
}

impl From<&SittingKey> for KeyJson {
    fn from(key: &SittingKey) -> Self {
        let recurrence_id = key.recurrence_id.map(|id| id.timestamp_millis());
        Self { uid: key.uid.clone(), recurrence_id }
    }
}

impl TryFrom<KeyJson> for SittingKey {
    type Error = String;

    fn try_from(key: KeyJson) -> Meaning<Self> {
        Ok(Self { uid: key.uid, recurrence_id: key.recurrence_id.map(instant).transpose()? })
    }
}
