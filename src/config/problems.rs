//! Collects everything wrong with a file before it is refused, each with key, value and bound.

use super::bounds::reason;
use crate::domain::Share;
use chrono::{DateTime, TimeDelta, Utc};
use std::fmt::Display;
use std::ops::RangeInclusive;

/// What is wrong so far. After a problem a harmless value is handed on, so that the rest is checked as well.
#[derive(Debug, Default)]
pub(super) struct Problems {
    table: String,
    part: String,
    told: Vec<String>,
}

impl Problems {
    /// What follows is said of this table.
    pub(super) fn enter(&mut self, table: impl Into<String>) {
        self.table = table.into();
        self.part.clear();
    }

    /// What follows is said of this part of the table.
    pub(super) fn part(&mut self, part: &str) {
        part.clone_into(&mut self.part);
    }

    pub(super) fn add(&mut self, key: &str, what: impl Display) {
        let place: Vec<_> = [self.table.as_str(), &self.part, key]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect();
        self.told.push(format!("{}: {what}", place.join(" ")));
    }

    pub(super) fn told(self) -> Vec<String> {
        self.told
    }

    /// The value, or the problem and `instead`.
    pub(super) fn take<T, E: Display>(&mut self, key: &str, value: Result<T, E>, instead: T) -> T {
        value.unwrap_or_else(|what| {
            self.add(key, what);
            instead
        })
    }

    pub(super) fn count(&mut self, key: &str, value: u32, bound: RangeInclusive<u32>) -> u32 {
        if !bound.contains(&value) {
            self.outside(key, value, bound.start(), bound.end());
        }
        value
    }

    pub(super) fn number(&mut self, key: &str, value: f64, bound: RangeInclusive<f64>) -> f64 {
        if !bound.contains(&value) {
            self.outside(key, value, bound.start(), bound.end());
        }
        value
    }

    fn outside(&mut self, key: &str, value: impl Display, least: impl Display, most: impl Display) {
        self.add(key, format!("{value} lies outside {least} to {most}: {}", reason(key)));
    }

    pub(super) fn share(&mut self, key: &str, fraction: f64) -> Share {
        self.take(key, Share::new(fraction), Share::ALL)
    }

    /// A share that something is divided by: above zero.
    pub(super) fn positive_share(&mut self, key: &str, fraction: f64) -> Share {
        if fraction <= 0.0 {
            self.add(key, format!("{fraction} must be above 0: {}", reason(key)));
        }
        self.share(key, fraction)
    }

    /// A span of time written as a person would, "45m", within bounds.
    pub(super) fn time(
        &mut self,
        key: &str,
        text: &str,
        bound: RangeInclusive<TimeDelta>,
    ) -> TimeDelta {
        let parsed = humantime::parse_duration(text)
            .map_err(|error| format!("{text:?} is no span of time such as \"45m\": {error}"))
            .and_then(|time| TimeDelta::from_std(time).map_err(|_| format!("{text:?} is too long")))
            .and_then(|time| {
                if bound.contains(&time) {
                    Ok(time)
                } else {
                    let (least, most) = (told(*bound.start()), told(*bound.end()));
                    Err(format!("{text:?} lies outside {least} to {most}: {}", reason(key)))
                }
            });
        self.take(key, parsed, *bound.start())
    }

    /// A moment with its offset.
    pub(super) fn moment(&mut self, key: &str, text: &str) -> Option<DateTime<Utc>> {
        match DateTime::parse_from_rfc3339(text) {
            Ok(moment) => Some(moment.to_utc()),
            Err(error) => {
                self.add(
                    key,
                    format!(
                        "{text:?} is no moment with its offset, such as \"2026-08-01T00:00:00+01:00\": {error}"
                    ),
                );
                None
            }
        }
    }
}

fn told(time: TimeDelta) -> String {
    humantime::format_duration(time.to_std().unwrap_or_default()).to_string()
}
