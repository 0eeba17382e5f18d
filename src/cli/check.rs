//! `invigilator check`: the configuration and our own database, without changing anything.

use super::table::Table;
use crate::config::{self, Account, Config};
use crate::store::{self, Store};
use anyhow::Context as _;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Configuration file
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let config = config::load(&arguments.config)?;
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
    for fleet in &config.fleets {
        let account = match fleet.account {
            Account::None => "no account: plans and shows, reads and writes nothing in AWS",
            Account::Sandbox => "the built-in simulated account",
        };
        tell(&format!("fleet {}", fleet.name), account.into());
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
