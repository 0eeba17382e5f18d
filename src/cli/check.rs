//! `invigilator check`: the configuration and our own database, without changing anything.

use super::table::Table;
use crate::config::{self, Account, Config};
use crate::domain::{Clock as _, Span, SystemClock};
use crate::store::{self, Store};
use crate::timetable::ZoneData;
use anyhow::Context as _;
use chrono::TimeDelta;
use chrono_tz::Tz;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// So far are the zone rules compared.
const AHEAD: TimeDelta = TimeDelta::days(548);

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = config::load(&arguments.config)?.with_zones();
    let database = config.data.join(store::FILE);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("start the runtime")?;
    let schema = runtime.block_on(Store::schema_of(&database))?;
    let mut table = Table::new(&["CHECKED", "RESULT"]);
    let mut tell = |what: &str, result: String| table.row(vec![what.to_owned(), result]);
    tell("configuration", format!("{} is valid", arguments.config.display()));
    tell(
        "database",
        match schema {
            None => format!("{} is made at the first start", database.display()),
            Some(schema) => format!("{}, schema {schema}", database.display()),
        },
    );
    tell("writing", writers(&config));
    tell("zone rules", releases(&config.fleets[0].zone_data, &config.zoneinfo));
    for fleet in &config.fleets {
        let account = match fleet.account {
            Account::None => "no account: plans and shows, reads and writes nothing in AWS",
            Account::Sandbox => "the built-in simulated account",
        };
        tell(&format!("fleet {}", fleet.name), account.into());
        tell(&format!("fleet {}", fleet.name), clocks(fleet.zone, &fleet.zone_data));
        if let Some(path) = &fleet.roster {
            let roster = fleet.timetable().rules.roster;
            let told = match roster.findings().first() {
                Some(first) => first.message.clone(),
                None => format!("{} lists {} courses", path.display(), roster.courses()),
            };
            tell(&format!("candidates of {}", fleet.name), told);
        }
    }
    super::print(&table.text())?;
    Ok(ExitCode::SUCCESS)
}

fn releases(zone_data: &ZoneData, folder: &Path) -> String {
    let folder = folder.display();
    let built_in = ZoneData::COMPILED;
    match zone_data.version() {
        _ if zone_data.is_empty() => format!("{built_in}, built in; {folder} has none"),
        None => format!("{built_in}, built in; those of {folder} are of unknown age"),
        Some(system) => {
            format!("{}; built in are {built_in}, {folder} has {system}", zone_data.in_use())
        }
    }
}

/// Whether both releases keep the campus clock alike, for as long as timetables are made ahead.
fn clocks(zone: Tz, zone_data: &ZoneData) -> String {
    let now = SystemClock.now();
    let ahead = Span::new(now, now + AHEAD).expect("18 months are longer than nothing");
    match zone_data.first_difference(zone, ahead) {
        None => format!("campus time is {zone}"),
        Some(day) => format!(
            "campus time is {zone}, about which the two releases disagree from {} on; exams are covered at both times",
            day.format("%Y-%m-%d")
        ),
    }
}

fn writers(config: &Config) -> String {
    if config.tokens.is_empty() {
        return "no token: nobody can publish; add a [[token]]".into();
    }
    let subjects: Vec<_> = config
        .tokens
        .iter()
        .map(|token| format!("{} ({})", token.subject, token.role.as_str()))
        .collect();
    subjects.join(", ")
}
