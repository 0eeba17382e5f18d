//! What `GetMetricData` is asked.

use super::members::{Members, invalid};
use crate::sandbox::wire::refusal::Refused;
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeSet;

/// Queries of one call, at most.
const QUERIES: usize = 500;
/// Dimensions of one metric, at most.
const DIMENSIONS: usize = 30;
/// Datapoints of one answer, at most, and where nothing else is asked for.
const DATAPOINTS: usize = 100_800;
/// Periods of metrics with a resolution that the account's do not have, in seconds.
const HIGH_RESOLUTION: [i64; 5] = [1, 5, 10, 20, 30];
/// Before the numbers in a token, so that no other text is taken for one.
const TOKEN: &str = "sandbox-";

/// One call.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) queries: Vec<Query>,
    /// Inclusive, a whole minute.
    pub(super) from: DateTime<Utc>,
    /// Exclusive.
    pub(super) to: DateTime<Utc>,
    pub(super) most: usize,
    pub(super) oldest_first: bool,
    pub(super) after: Option<Position>,
}

/// One query of a call.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) id: String,
    pub(super) label: Option<String>,
    pub(super) told: bool,
    pub(super) stat: Stat,
}

/// A statistic of a metric.
#[derive(Debug)]
pub(super) struct Stat {
    pub(super) namespace: String,
    pub(super) name: String,
    /// Sorted by name.
    pub(super) dimensions: Vec<(String, String)>,
    /// In seconds, a multiple of a minute.
    pub(super) period: i64,
    pub(super) statistic: String,
    pub(super) unit: Option<String>,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Position {
    /// Datapoints on the pages before it.
    pub(super) datapoints: usize,
    /// Minutes that were over when the first page was told, in seconds since 1970: later ones would shift the rest.
    pub(super) as_of: i64,
}

impl Position {
    /// As a token.
    pub(super) fn token(self) -> String {
        let Self { datapoints, as_of } = self;
        format!("{TOKEN}{datapoints}-{as_of}")
    }

    fn read(token: &str) -> Result<Self, Refused> {
        let numbers = token.strip_prefix(TOKEN).and_then(|rest| rest.split_once('-'));
        let read = |(datapoints, as_of): (&str, &str)| {
            let as_of =
                as_of.parse().ok().filter(|as_of| DateTime::from_timestamp(*as_of, 0).is_some())?;
            Some(Self { datapoints: datapoints.parse().ok()?, as_of })
        };
        let invalid = || Refused::new(400, "InvalidNextToken", "The token is invalid");
        numbers.and_then(read).ok_or_else(invalid)
    }
}

impl Request {
    /// Reads a call.
    pub(super) fn read(body: Value) -> Result<Self, Refused> {
        let mut members = Members::of(body, "")?;
        let queries = members.list("MetricDataQueries")?;
        match queries.len() {
            0 => return Err(Refused::validation("The parameter MetricDataQueries is required.")),
            1..=QUERIES => {}
            _ => {
                return Err(Refused::validation(format!(
                    "The collection MetricDataQueries must not have a size greater than {QUERIES}."
                )));
            }
        }
        let queries: Vec<_> = queries
            .into_iter()
            .map(|query| Query::read(Members::of(query, "MetricDataQueries.")?))
            .collect::<Result<_, _>>()?;
        let mut ids = BTreeSet::new();
        if let Some(twice) = queries.iter().find(|query| !ids.insert(&query.id)) {
            let told = format!(
                "The values for parameter id in MetricDataQueries are not unique: {}.",
                twice.id
            );
            return Err(Refused::validation(told));
        }
        let (from, to) = (members.time("StartTime")?, members.time("EndTime")?);
        if to <= from {
            let told = "The parameter StartTime must be less than the parameter EndTime.";
            return Err(Refused::validation(told));
        }
        let most = match members.integer("MaxDatapoints")? {
            None => DATAPOINTS,
            Some(most) => usize::try_from(most)
                .ok()
                .filter(|most| (1..=DATAPOINTS).contains(most))
                .ok_or_else(|| invalid("MaxDatapoints", &most.to_string()))?,
        };
        let oldest_first = match members.text("ScanBy")?.as_deref() {
            None | Some("TimestampDescending") => false,
            Some("TimestampAscending") => true,
            Some(other) => return Err(invalid("ScanBy", other)),
        };
        let token = members.text("NextToken")?.filter(|token| !token.is_empty());
        let after = token.as_deref().map(Position::read).transpose()?;
        members.done()?;
        let from = from.duration_trunc(TimeDelta::minutes(1)).unwrap_or(from);
        Ok(Self { queries, from, to, most, oldest_first, after })
    }
}

impl Query {
    fn read(mut members: Members) -> Result<Self, Refused> {
        let id = members.required_text("Id")?;
        let mut letters = id.chars();
        let well_formed = letters.next().is_some_and(|first| first.is_ascii_lowercase())
            && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && id.len() <= 255;
        if !well_formed {
            return Err(Refused::validation(format!(
                "The value {id} for parameter MetricDataQueries.Id is not matching the expected pattern \
                 ^[a-z][a-zA-Z0-9_]*$."
            )));
        }
        if members.has("Expression") {
            return Err(Refused::not_simulated("expressions over metrics"));
        }
        let label = members.text("Label")?;
        if label.as_ref().is_some_and(|label| label.contains("${")) {
            return Err(Refused::not_simulated("labels with values in them"));
        }
        let told = members.boolean("ReturnData")?.unwrap_or(true);
        let stat = members.required("MetricStat")?;
        members.done()?;
        let stat = Stat::read(Members::of(stat, "MetricDataQueries.MetricStat.")?)?;
        Ok(Self { id, label, told, stat })
    }
}

impl Stat {
    fn read(mut members: Members) -> Result<Self, Refused> {
        let mut metric =
            Members::of(members.required("Metric")?, "MetricDataQueries.MetricStat.Metric.")?;
        let period = members.integer("Period")?.ok_or_else(|| {
            Refused::validation("The parameter MetricDataQueries.MetricStat.Period is required.")
        })?;
        if HIGH_RESOLUTION.contains(&period) {
            return Err(Refused::not_simulated("metrics of a high resolution"));
        }
        if period <= 0 || period % 60 != 0 {
            return Err(invalid("MetricDataQueries.MetricStat.Period", &period.to_string()));
        }
        let statistic = members.required_text("Stat")?;
        let unit = members.text("Unit")?;
        members.done()?;
        let (namespace, name) =
            (metric.required_text("Namespace")?, metric.required_text("MetricName")?);
        let dimensions = metric.list("Dimensions")?;
        metric.done()?;
        if DIMENSIONS < dimensions.len() {
            return Err(Refused::validation(format!(
                "The collection MetricDataQueries.MetricStat.Metric.Dimensions must not have a size greater than \
                 {DIMENSIONS}."
            )));
        }
        let read = |dimension| {
            let mut members =
                Members::of(dimension, "MetricDataQueries.MetricStat.Metric.Dimensions.")?;
            let dimension = (members.required_text("Name")?, members.required_text("Value")?);
            members.done()?;
            Ok(dimension)
        };
        let mut dimensions: Vec<_> =
            dimensions.into_iter().map(read).collect::<Result<_, Refused>>()?;
        dimensions.sort();
        Ok(Self { namespace, name, dimensions, period, statistic, unit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request() -> Value {
        json!({
            "MetricDataQueries": [{"Id": "a", "MetricStat": {
                "Metric": {"Namespace": "N", "MetricName": "M", "Dimensions": [{"Name": "b", "Value": "2"}, {"Name": "a", "Value": "1"}]},
                "Period": 300, "Stat": "Average",
            }}],
            "StartTime": 100.5, "EndTime": 400, "NextToken": null,
        })
    }

    #[test]
    fn a_start_is_rounded_down_to_the_minute_and_dimensions_are_sorted() {
        let read = Request::read(request()).unwrap();
        assert_eq!((read.from.timestamp(), read.to.timestamp()), (60, 400));
        let names = read.queries[0].stat.dimensions.iter().map(|(name, _)| &**name);
        assert_eq!(names.collect::<Vec<_>>(), ["a", "b"]);
        assert!(!read.oldest_first && read.after.is_none());
    }

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let stat = "/MetricDataQueries/0/MetricStat";
        for (place, value, code, told) in [
            ("/MetricDataQueries", json!([]), "ValidationError", "MetricDataQueries is required"),
            (
                "/MetricDataQueries/0/Id",
                json!("A"),
                "ValidationError",
                "value A for parameter MetricDataQueries.Id",
            ),
            ("/EndTime", json!(100.5), "ValidationError", "StartTime must be less than"),
            ("/EndTime", json!("noon"), "SerializationException", "EndTime is not a moment"),
            ("/EndTime", json!(1e300), "SerializationException", "EndTime is not a moment"),
            ("/NextToken", json!("x"), "InvalidNextToken", "The token is invalid"),
            (
                "/NextToken",
                json!("sandbox-1-99999999999999999"),
                "InvalidNextToken",
                "The token is invalid",
            ),
            (
                &format!("{stat}/Period"),
                json!(90),
                "ValidationError",
                "90 for parameter MetricDataQueries.MetricStat.Period",
            ),
            (&format!("{stat}/Period"), json!(10), "NotSimulated", "high resolution"),
            (
                &format!("{stat}/Metric"),
                json!(3),
                "SerializationException",
                "MetricStat.Metric is not a structure",
            ),
            (
                &format!("{stat}/Stat"),
                Value::Null,
                "ValidationError",
                "MetricStat.Stat is required",
            ),
        ] {
            let mut request = request();
            *request.pointer_mut(place).unwrap() = value;
            let refused = Request::read(request).unwrap_err();
            assert_eq!(refused.code(), code, "{place}: {}", refused.message());
            assert!(refused.message().contains(told), "{place}: {}", refused.message());
        }
    }

    #[test]
    fn what_nobody_reads_is_not_ignored() {
        for (place, name) in [("", "LabelOptions"), ("/MetricDataQueries/0", "AccountId")] {
            let mut request = request();
            request.pointer_mut(place).unwrap()[name] = json!({});
            assert_eq!(Request::read(request).unwrap_err().code(), "NotSimulated", "{name}");
        }
    }

    #[test]
    fn a_token_leads_back_to_its_position() {
        let position = Position { datapoints: 7, as_of: 1_800_000_000 };
        assert_eq!(Position::read(&position.token()).unwrap(), position);
    }
}
