//! Faults as JSON: one flat object each, in which every key must mean something.

use super::target::Target;
use super::{Effect, Fault, is_listing};
use crate::sandbox::record::Stamp;
use crate::sandbox::world::{KEPT, Lack, Outage, ZONES};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What AWS says to who asks too often; the first where nothing else is asked for.
pub(super) const THROTTLES: [&str; 2] = ["Throttling", "RateExceeded"];
/// How long an answer may be held back, in milliseconds: ten minutes.
const SLOWEST: u32 = 600_000;
/// Every fault there is.
const NAMES: &str = "throttle, slow, unavailable, denied, expired, lost_answer, stale, empty, partial, \
                     zone_without_capacity and launches_failing";

/// A fault on the wire.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Shape {
    fault: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Stamp>,
}

/// What a shape asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Something between a request and its answer.
    Fault(Fault),
    /// Something that the account cannot do.
    Outage(Outage),
}

impl TryFrom<Shape> for Asked {
    type Error = String;

    fn try_from(mut shape: Shape) -> Result<Self, String> {
        let name = std::mem::take(&mut shape.fault);
        let lacks = match &*name {
            "zone_without_capacity" => Some(Lack::Capacity(zone(shape.zone.take())?)),
            "launches_failing" => Some(Lack::Boots),
            _ => None,
        };
        let asked = match lacks {
            Some(lacks) => Self::Outage(Outage { lacks, until: until(&mut shape) }),
            None => Self::Fault(fault(&name, &mut shape)?),
        };
        match shape.left_over() {
            Some(key) => {
                Err(format!("{key:?} says nothing about the fault {name:?}; leave it out"))
            }
            None => Ok(asked),
        }
    }
}

/// Takes from a shape what a fault of this name needs.
fn fault(name: &str, shape: &mut Shape) -> Result<Fault, String> {
    let effect = match name {
        "throttle" => Effect::Throttle(throttle(shape.code.take())?),
        "slow" => {
            let milliseconds = within(shape.milliseconds.take(), "milliseconds", SLOWEST)?;
            Effect::Slow(Duration::from_millis(milliseconds.into()))
        }
        "unavailable" => Effect::Unavailable,
        "denied" => Effect::Denied,
        "expired" => Effect::Expired,
        "lost_answer" => Effect::LostAnswer,
        "stale" => {
            let most = u32::try_from(KEPT.num_seconds()).unwrap_or(u32::MAX);
            let seconds = within(shape.seconds.take(), "seconds", most)?;
            Effect::Stale(TimeDelta::seconds(seconds.into()))
        }
        "empty" => Effect::Empty,
        "partial" => Effect::Partial,
        _ => return Err(format!("there is no fault {name:?}; choose one of {NAMES}")),
    };
    let (service, operation) = (shape.service.take(), shape.operation.take());
    let fits = |operation: &str| !effect.is_of_listings() || is_listing(operation);
    let target = Target::read(service, operation, fits)?;
    let times = match shape.times.take() {
        Some(0) => {
            return Err("\"times\" is 0, so the fault would hit nothing; leave it out".into());
        }
        times => times,
    };
    Ok(Fault { effect, target, times, until: until(shape) })
}

fn until(shape: &mut Shape) -> Option<DateTime<Utc>> {
    shape.until.take().map(|Stamp(at)| at)
}

fn throttle(code: Option<String>) -> Result<&'static str, String> {
    let [usual, _] = THROTTLES;
    let Some(code) = code else { return Ok(usual) };
    let known = THROTTLES.into_iter().find(|known| *known == code);
    known.ok_or_else(|| format!("\"code\" is {}, not {code:?}", THROTTLES.join(" or ")))
}

fn zone(name: Option<String>) -> Result<Option<&'static str>, String> {
    let Some(name) = name else { return Ok(None) };
    let known = ZONES.into_iter().find(|known| *known == name);
    let unknown = || format!("there is no zone {name:?}; choose one of {}", ZONES.join(", "));
    known.map(Some).ok_or_else(unknown)
}

fn within(number: Option<u32>, key: &str, most: u32) -> Result<u32, String> {
    let found = number.filter(|number| (1..=most).contains(number));
    found.ok_or_else(|| format!("this fault needs {key:?}, from 1 to {most}"))
}

impl Shape {
    /// A key that nobody has read.
    fn left_over(&self) -> Option<&'static str> {
        let Self { fault: _, service, operation, code, milliseconds, seconds, zone, times, until } =
            self;
        let keys = [
            ("service", service.is_some()),
            ("operation", operation.is_some()),
            ("code", code.is_some()),
            ("milliseconds", milliseconds.is_some()),
            ("seconds", seconds.is_some()),
            ("zone", zone.is_some()),
            ("times", times.is_some()),
            ("until", until.is_some()),
        ];
        keys.into_iter().find(|(_, is_there)| *is_there).map(|(key, _)| key)
    }
}

impl From<&Fault> for Shape {
    fn from(fault: &Fault) -> Self {
        let Fault { effect, target: Target { service, operation }, times, until } = fault.clone();
        let rest = Self { service, operation, times, until: until.map(Stamp), ..Self::default() };
        let named = |name: &str, rest: Self| Self { fault: name.to_owned(), ..rest };
        let number = |number: i64| u32::try_from(number).ok();
        match effect {
            Effect::Throttle(code) => {
                named("throttle", Self { code: Some(code.to_owned()), ..rest })
            }
            Effect::Slow(by) => {
                let milliseconds = u32::try_from(by.as_millis()).ok();
                named("slow", Self { milliseconds, ..rest })
            }
            Effect::Unavailable => named("unavailable", rest),
            Effect::Denied => named("denied", rest),
            Effect::Expired => named("expired", rest),
            Effect::LostAnswer => named("lost_answer", rest),
            Effect::Stale(behind) => {
                named("stale", Self { seconds: number(behind.num_seconds()), ..rest })
            }
            Effect::Empty => named("empty", rest),
            Effect::Partial => named("partial", rest),
        }
    }
}

impl From<&Outage> for Shape {
    fn from(outage: &Outage) -> Self {
        let Outage { lacks, until } = *outage;
        let (fault, zone) = match lacks {
            Lack::Capacity(zone) => ("zone_without_capacity", zone),
            Lack::Boots => ("launches_failing", None),
        };
        let (fault, zone) = (fault.to_owned(), zone.map(str::to_owned));
        Self { fault, zone, until: until.map(Stamp), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Asked, String> {
        let shape: Shape = serde_json::from_str(text).map_err(|error| error.to_string())?;
        Asked::try_from(shape)
    }

    #[test]
    fn what_is_read_is_written_the_same() {
        for text in [
            r#"{"fault":"throttle","service":"rds","code":"RateExceeded","times":3}"#,
            r#"{"fault":"slow","operation":"Describe*","milliseconds":600000}"#,
            r#"{"fault":"unavailable","until":"2026-11-30T09:00:00Z"}"#,
            r#"{"fault":"denied","service":"autoscaling","operation":"DeletePolicy"}"#,
            r#"{"fault":"expired"}"#,
            r#"{"fault":"lost_answer","times":1}"#,
            r#"{"fault":"stale","seconds":900}"#,
            r#"{"fault":"empty"}"#,
            r#"{"fault":"partial"}"#,
            r#"{"fault":"zone_without_capacity","zone":"eu-west-1b","until":"2026-11-30T09:00:00Z"}"#,
            r#"{"fault":"launches_failing"}"#,
        ] {
            let shape = match read(text).unwrap() {
                Asked::Fault(fault) => Shape::from(&fault),
                Asked::Outage(outage) => Shape::from(&outage),
            };
            assert_eq!(serde_json::to_string(&shape).unwrap(), text);
        }
    }

    #[test]
    fn what_makes_no_sense_is_told_in_one_sentence() {
        for (text, told) in [
            (
                r#"{"fault":"gremlins"}"#,
                "there is no fault \"gremlins\"; choose one of throttle, slow",
            ),
            (r#"{"fault":"slow"}"#, "this fault needs \"milliseconds\", from 1 to 600000"),
            (r#"{"fault":"stale","seconds":901}"#, "this fault needs \"seconds\", from 1 to 900"),
            (
                r#"{"fault":"denied","seconds":3}"#,
                "\"seconds\" says nothing about the fault \"denied\"",
            ),
            (r#"{"fault":"launches_failing","times":1}"#, "\"times\" says nothing about"),
            (
                r#"{"fault":"throttle","code":"Busy"}"#,
                "\"code\" is Throttling or RateExceeded, not \"Busy\"",
            ),
            (
                r#"{"fault":"zone_without_capacity","zone":"x"}"#,
                "there is no zone \"x\"; choose one of",
            ),
            (
                r#"{"fault":"empty","service":"sts"}"#,
                "the sandbox has no operation of sts that this",
            ),
            (r#"{"fault":"empty","times":0}"#, "\"times\" is 0"),
            (r#"{"fault":"empty","colour":"red"}"#, "unknown field `colour`, expected one of"),
            (r#"{"times":1}"#, "missing field `fault`"),
        ] {
            let found = read(text).unwrap_err();
            assert!(found.starts_with(told), "{text}: {found}");
        }
    }
}
