//! The configuration file, as written (`raw`) and as checked (`check`). To add a key: `raw.rs` (with its default and
//! its basis), `check.rs`, `config/production.example.toml`; a test keeps the three in step. `timetable` has a table of its
//! own.

mod aws;
mod bounds;
mod check;
mod cluster;
mod database;
mod feeds;
mod phases;
mod problems;
mod raw;
mod terms;
mod timetable;

pub use terms::TermFile;

use crate::aws::Site;
use crate::domain::{Candidates, FleetName};
use crate::feeds::Place;
use crate::http::Token;
use crate::timetable::{Rules, ZoneData};
use crate::zoneinfo;
use crate::{planner, reconciler, telemetry};
use chrono::TimeDelta;
use chrono_tz::Tz;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The embedded default: the sandbox, read from a file that everybody can read.
const SANDBOX: &str = include_str!("../../config/sandbox.toml");

/// Why a configuration cannot be used. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error("read the configuration {path}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Not TOML, a key that is not known, or one that is missing; the text draws the line.
    #[error("{path}: {text}")]
    Syntax {
        /// Which file.
        path: String,
        /// Line, key and reason.
        text: String,
    },
    /// Values that cannot be used, all of them at once.
    #[error("{path}: {}", problems.join("\n"))]
    Values {
        /// Which file.
        path: String,
        /// One sentence per key.
        problems: Vec<String>,
    },
}

/// A checked configuration.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The directory of our own state.
    pub data: PathBuf,
    /// Whether reading needs no token.
    pub anonymous_read: bool,
    /// Time between two passes.
    pub pass_every: TimeDelta,
    /// The folder of the system's zone files.
    pub zoneinfo: PathBuf,
    /// How the log is written.
    pub log: telemetry::Format,
    /// Who may do what.
    pub tokens: Vec<Token>,
    /// At least one.
    pub fleets: Vec<Fleet>,
}

/// Where a fleet's account is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Account {
    /// Nowhere: plan and show, nothing is read or written.
    None,
    /// The built-in simulated account.
    Sandbox,
    /// A real one.
    Aws {
        /// Where in it the fleet is.
        site: Box<Site>,
        /// What stands in for every service of AWS's, on loopback; tests alone need it.
        endpoint: Option<String>,
    },
}

/// One fleet's configuration.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// Its name, part of every object we own.
    pub name: FleetName,
    /// The campus zone.
    pub zone: Tz,
    /// The system's zone rules; none until [`Config::with_zones`].
    pub zone_data: ZoneData,
    /// Where its account is.
    pub account: Account,
    /// The cohort of a sitting that names none.
    pub default_candidates: Candidates,
    /// How its own events are understood, without the list of candidates.
    pub rules: Rules,
    /// The list of candidates, a CSV file, if there is one.
    pub roster: Option<PathBuf>,
    /// How to plan, without the dates that stand in a file.
    planner: planner::Settings,
    /// The file of term dates, if there is one.
    pub term_file: Option<TermFile>,
    /// How to reconcile.
    pub reconciler: reconciler::Settings,
    /// Which of its timetables are fetched; none unless asked for.
    pub feeds: Vec<Feed>,
}

/// A timetable that is fetched.
#[derive(Debug, Clone)]
pub struct Feed {
    /// The source that it feeds; for a directory, what the names of its sources begin with.
    pub source: String,
    /// What is watched.
    pub place: Place,
    /// Time between two looks.
    pub every: TimeDelta,
    /// Looks may fail for this long before a person is told.
    pub stale_after: TimeDelta,
}

impl Config {
    /// The same, with the system's zone files read.
    #[must_use]
    pub fn with_zones(mut self) -> Self {
        let zone_data = zoneinfo::load(&self.zoneinfo);
        self.fleets.iter_mut().for_each(|fleet| fleet.zone_data = zone_data.clone());
        self
    }
}

/// Reads and checks a file.
///
/// # Errors
/// [`Error`], with every problem that can be told at once.
pub fn load(path: &Path) -> Result<Config, Error> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|source| Error::File { path: name.clone(), source })?;
    parse(&text, &name)
}

/// The built-in sandbox.
pub fn sandbox() -> Config {
    parse(SANDBOX, "config/sandbox.toml").expect("the embedded configuration is read by a test")
}

/// Checks the text of a file; `path` names it in errors.
///
/// # Errors
/// [`Error::Syntax`] or [`Error::Values`].
pub fn parse(text: &str, path: &str) -> Result<Config, Error> {
    let raw: raw::Config = toml::from_str(text).map_err(|source| Error::Syntax {
        path: path.to_owned(),
        text: source.to_string().trim_end().to_owned(),
    })?;
    check::config(raw).map_err(|problems| Error::Values { path: path.to_owned(), problems })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("../../config/production.example.toml");

    /// The example with what is off by default: its keys stand behind a `#` without a space.
    fn switched_on() -> String {
        let key = |line: &str| line.starts_with(|c: char| c == '[' || c.is_ascii_lowercase());
        let on =
            |line: &'static str| line.strip_prefix('#').filter(|rest| key(rest)).unwrap_or(line);
        EXAMPLE.lines().map(on).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn nothing_is_fetched_unless_asked_for() {
        let config = parse(EXAMPLE, "production.example.toml").unwrap();
        assert!(config.fleets.iter().all(|fleet| fleet.feeds.is_empty()));
        let config = parse(&switched_on(), "production.example.toml").unwrap();
        assert_eq!(config.fleets[0].feeds.len(), 3);
    }

    fn problems(text: &str) -> Vec<String> {
        match parse(text, "test.toml") {
            Err(Error::Values { problems, .. }) => problems,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_embedded_sandbox_is_valid() {
        let config = sandbox();
        assert_eq!(config.fleets[0].account, Account::Sandbox);
        assert_eq!(config.fleets[0].planner().node.vcpu, 8);
    }

    #[test]
    fn the_example_holds_every_key_that_there_is() {
        let text = switched_on();
        let raw: raw::Config = toml::from_str(&text).unwrap();
        let known = paths(&toml::Value::try_from(&raw).unwrap());
        let written = paths(&toml::from_str(&text).unwrap());
        assert_eq!(written, known);
        assert!(parse(&text, "production.example.toml").is_ok());
        assert!(parse(EXAMPLE, "production.example.toml").is_ok());
    }

    #[test]
    fn the_examples_values_are_the_defaults() {
        let raw: raw::Config = toml::from_str(EXAMPLE).unwrap();
        let fleet = &raw.fleet[0];
        assert_eq!(fleet.demand, raw::Demand::default());
        assert_eq!(fleet.allowed, raw::Allowed::default());
        assert_eq!(fleet.lead, raw::Lead::default());
        assert_eq!(fleet.times, raw::Times::default());
        assert_eq!(fleet.release, raw::Release::default());
        assert_eq!(fleet.timetable, timetable::Raw::default());
        let raw: raw::Config = toml::from_str(&switched_on()).unwrap();
        let bare: raw::Feed = toml::from_str("source = \"x\"").unwrap();
        for feed in &raw.fleet[0].feed {
            assert_eq!((&feed.every, &feed.stale_after), (&bare.every, &bare.stale_after));
        }
    }

    #[test]
    fn a_line_of_comment_stands_above_every_key_of_the_example() {
        let mut commented = false;
        for (number, line) in switched_on().lines().enumerate() {
            let line = line.trim();
            if line.contains('=') && !line.starts_with('#') {
                assert!(commented || line.contains('#'), "line {}: {line}", number + 1);
            }
            commented = line.starts_with('#') || (commented && !line.is_empty());
        }
    }

    #[test]
    fn a_random_delay_spreads_starts_over_itself() {
        let text = EXAMPLE.replace("start_delay = \"0s\"", "start_delay = \"10m\"");
        let demand = parse(&text, "test.toml").unwrap().fleets[0].planner().demand;
        assert_eq!(demand.press, planner::PressShape::Uniform);
        assert_eq!(demand.press_window, TimeDelta::minutes(10));
        let short = EXAMPLE.replace("start_delay = \"0s\"", "start_delay = \"30s\"");
        let demand = parse(&short, "test.toml").unwrap().fleets[0].planner().demand;
        assert_eq!(demand.press, planner::PressShape::FrontLoaded);
    }

    #[test]
    fn a_missing_key_is_named() {
        let text = EXAMPLE.replace("zone = \"Europe/London\"", "");
        let error = parse(&text, "test.toml").unwrap_err().to_string();
        assert!(error.contains("missing field `zone`"), "{error}");
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let text = EXAMPLE.replace("anonymous_read =", "anonymus_read =");
        let error = parse(&text, "test.toml").unwrap_err().to_string();
        assert!(error.contains("anonymus_read"), "{error}");
    }

    #[test]
    fn every_bad_value_is_told_at_once_with_key_value_bound_and_reason() {
        let overlapping = "[[fleet.phase]]\nname = \"resits\"\nfrom = \"2027-08-20T00:00:00+01:00\"\n\
                           until = \"2027-09-03T00:00:00+01:00\"\nfloor = 30\nceiling = 20\ntarget_cpu = 20\n\n\
                           [[fleet.database.member]]\nengine = \"aurora-mysql\"\nclass = \"db.r6g.xxl\"\n\n";
        let text = EXAMPLE
            .replace("zone = \"Europe/London\"", "zone = \"Europe/Londn\"")
            .replace("workers = 40", "workers = 0")
            .replace("ready_by = \"15m\"", "ready_by = \"15 parsecs\"")
            .replace("# What candidates ask", &format!("{overlapping}# What candidates ask"));
        let told = problems(&text);
        for (place, what) in [
            ("fleet \"moodle\" zone: ", "\"Europe/Londn\" is no time zone of the IANA database"),
            (
                "fleet \"moodle\" node workers: ",
                "0 lies outside 1 to 10000: a web server without workers serves nobody",
            ),
            ("fleet \"moodle\" lead ready_by: ", "\"15 parsecs\" is no span of time"),
            (
                "fleet \"moodle\" phase \"resits\" ceiling: ",
                "20 lies outside 30 to 60: it is at least the floor",
            ),
            (
                "fleet \"moodle\" phase \"resits\" target_cpu: ",
                "a share lies between 0 and 1 (20 % is 0.2), not 20",
            ),
            ("fleet \"moodle\" phase from: ", "\"resits\" and \"summer 2027\" overlap"),
            ("fleet \"moodle\" database member class: ", "db.r6g.xxl"),
        ] {
            let found = told.iter().any(|told| told.starts_with(place) && told.contains(what));
            assert!(found, "{place}{what} is missing: {told:#?}");
        }
        assert_eq!(told.len(), 7, "{told:#?}");
    }

    /// Numbers and lengths far beyond everything, one key after the other.
    #[test]
    fn every_bound_tells_its_reason() {
        let text = switched_on();
        for (number, line) in text.lines().enumerate() {
            let Some((key, value)) = line.split_once(" = ") else { continue };
            let is_length = humantime::parse_duration(value.trim_matches('"')).is_ok();
            let absurd = match value.parse::<f64>() {
                Ok(_) => "4000000000",
                Err(_) if is_length => "\"20000h\"",
                Err(_) => continue,
            };
            let with = |(at, line): (usize, &str)| {
                if at == number { format!("{key} = {absurd}") } else { line.to_owned() }
            };
            let changed: Vec<_> = text.lines().enumerate().map(with).collect();
            let changed = changed.join("\n");
            if parse(&changed, "test.toml").is_ok() {
                // Counted, not bounded.
                assert!(["background_attempts", "press_seen"].contains(&key), "{key}");
                continue;
            }
            let told = problems(&changed);
            let of_key = told.iter().find(|told| told.contains(key));
            let reason = of_key.and_then(|told| told.split_once(": ")).map(|(_, what)| what);
            let has_reason = reason.is_some_and(|what| {
                what.rsplit(": ").next().is_some_and(|why| why.len() > 5) && what.contains(": ")
                    || what.contains("a share lies between")
            });
            assert!(has_reason, "{key}: {told:#?}");
        }
    }

    #[test]
    fn without_a_fleet_there_is_nothing_to_do() {
        let (rest, _) = EXAMPLE.split_once("[[fleet]]").unwrap();
        let problems = problems(&format!("fleet = []\n{rest}"));
        assert_eq!(problems, ["fleet: there is none; add a [[fleet]]"]);
    }

    #[test]
    fn a_sandbox_stands_alone() {
        let second = EXAMPLE.split_once("[[fleet]]").unwrap().1;
        let text = format!(
            "{}\n[[fleet]]{}",
            EXAMPLE,
            second
                .replace("name = \"moodle\"", "name = \"other\"")
                .replace("account = \"none\"", "account = \"sandbox\"")
        );
        assert!(problems(&text).iter().any(|problem| problem.contains("only fleet")));
    }

    fn paths(value: &toml::Value) -> std::collections::BTreeSet<String> {
        match value {
            toml::Value::Table(table) => table
                .iter()
                .flat_map(|(key, value)| {
                    let below = paths(value);
                    if below.is_empty() {
                        vec![key.clone()]
                    } else {
                        below.into_iter().map(|path| format!("{key}.{path}")).collect()
                    }
                })
                .collect(),
            toml::Value::Array(items) => items.iter().flat_map(paths).collect(),
            toml::Value::String(_)
            | toml::Value::Integer(_)
            | toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_) => std::collections::BTreeSet::new(),
        }
    }
}
