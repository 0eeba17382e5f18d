//! `invigilator check`: the configuration, our own database, and one look at every account and every feed, without
//! changing anything.

use super::table::Table;
use crate::aws::{Identity, Observe as _, Sdk, Site};
use crate::config::{self, Account, Config, Fleet};
use crate::domain::{Clock as _, Dates, Phase, Seen, Severity, Span, SystemClock, counted};
use crate::feeds::{Found, Offer, watch};
use crate::store::{self, Content, Store};
use crate::timetable::{Encoding, Settings, ZoneData};
use crate::{tasks, timetable};
use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

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
    let mut all_read = true;
    tell("zone rules", releases(&config.fleets[0].zone_data, &config.zoneinfo));
    for fleet in &config.fleets {
        let account = match &fleet.account {
            Account::None => {
                Ok("no account: plans and shows, reads and writes nothing in AWS".into())
            }
            Account::Sandbox => Ok("the built-in simulated account".into()),
            Account::Aws { site, endpoint } => runtime.block_on(account(site, endpoint.as_deref())),
        };
        all_read &= account.is_ok();
        let account = account.unwrap_or_else(|why| format!("NOT READ: {why}"));
        tell(&format!("fleet {}", fleet.name), account);
        tell(&format!("fleet {}", fleet.name), clocks(fleet.zone, &fleet.zone_data));
        if let Some(path) = &fleet.roster {
            let roster = fleet.timetable().rules.roster;
            let told = match roster.findings().first() {
                Some(first) => first.message.clone(),
                None => {
                    let courses = counted(roster.courses().to_string(), "course");
                    format!("{} lists {courses}", path.display())
                }
            };
            tell(&format!("candidates of {}", fleet.name), told);
        }
        if let Some(told) = term_dates(fleet) {
            all_read &= told.is_ok();
            let told = told.unwrap_or_else(|why| format!("NOT READ: {why}"));
            tell(&format!("term dates of {}", fleet.name), told);
        }
        for Looked { source, result } in runtime.block_on(looks(fleet)) {
            all_read &= result.is_ok();
            let result = result.unwrap_or_else(|why| format!("NOT READ: {why}"));
            tell(&format!("feed {source}"), result);
        }
    }
    // A disk that hangs is not waited for.
    runtime.shutdown_background();
    super::print(&table.text())?;
    Ok(if all_read { ExitCode::SUCCESS } else { ExitCode::from(super::FINDINGS) })
}

/// What stands in the file of term dates, if there is one; `Err` tells what is wrong with it.
fn term_dates(fleet: &Fleet) -> Option<Result<String, String>> {
    let file = fleet.term_file.as_ref()?;
    let calendar = fleet.planner().calendar;
    if let Some(doubt) = calendar.doubts.first() {
        return Some(Err(doubt.message.clone()));
    }
    let from_file = calendar
        .phases
        .iter()
        .zip(&file.titles)
        .filter(|(phase, title)| title.is_some() && phase.hours.is_none());
    let day = |at: DateTime<Utc>| at.with_timezone(&fleet.zone).format("%Y-%m-%d").to_string();
    let dates = |phase: &Phase| match &phase.dates {
        Dates::Within(spans) => {
            let spans =
                spans.iter().map(|span| format!("{} until {}", day(span.start()), day(span.end())));
            format!("{} {}", phase.name, spans.collect::<Vec<_>>().join(", "))
        }
        Dates::Otherwise | Dates::Unknown => format!("{} at unknown dates", phase.name),
    };
    let phases: Vec<_> = from_file.map(|(phase, _)| dates(phase)).collect();
    Some(Ok(format!("{}: {}", file.path.display(), phases.join("; "))))
}

/// Who we are in a real account, and the group as it stands; nothing of it is changed.
async fn account(site: &Site, endpoint: Option<&str>) -> Result<String, String> {
    let account = Sdk::connect(site.clone(), endpoint, Arc::new(SystemClock)).await;
    let identity = account.identity().await.map_err(|error| error.to_string())?;
    let Identity { caller, group } = identity;
    match account.group().await {
        Seen::Known(seen) => Ok(format!(
            "group {group} as {caller}: MinSize {}, MaxSize {}, {} in service, {} zones",
            seen.min,
            seen.max,
            seen.in_service_count(),
            seen.zones
        )),
        Seen::Absent => Err(format!("group {group} is not there")),
        Seen::Unknown(why) => Err(why),
    }
}

/// What one look at a source found.
struct Looked {
    source: String,
    /// What is in it, or why it would not be taken.
    result: Result<String, String>,
}

/// One look at each feed of a fleet; nothing of it is kept.
async fn looks(fleet: &Fleet) -> Vec<Looked> {
    let settings = fleet.timetable();
    let mut looks = Vec::new();
    for feed in &fleet.feeds {
        let mut door = watch(&feed.place, settings.limits.file_bytes, Arc::new(SystemClock));
        for Offer { part, found, media_type } in door.look().await {
            let result = match found {
                // A directory that can be read; its files follow.
                Found::Unchanged => continue,
                Found::Settling => Ok("is being written just now; check again in a moment".into()),
                Found::Failed(why) => Err(why),
                Found::Fresh(bytes) => {
                    let declared = media_type.as_deref().map(Encoding::declared);
                    let encoding = declared.unwrap_or(settings.encoding);
                    told(bytes, &Settings { encoding, ..settings.clone() })
                }
            };
            let source =
                part.map_or_else(|| feed.source.clone(), |p| format!("{}-{p}", feed.source));
            let result = result.map(|told| format!("{}: {told}", feed.place));
            looks.push(Looked {
                source,
                result: result.map_err(|why| format!("{}: {why}", feed.place)),
            });
        }
    }
    looks
}

fn told(bytes: Vec<u8>, settings: &Settings) -> Result<String, String> {
    let reading = timetable::read(&bytes, settings).map_err(|error| error.to_string())?;
    let content = Content::of(bytes, reading);
    if let Some(why) = tasks::distrust(&content) {
        return Err(why);
    }
    let serious = content.findings.iter().filter(|finding| Severity::Info < finding.severity);
    let exams = counted(content.sittings.len().to_string(), "exam");
    let doubts = counted(serious.count().to_string(), "finding");
    Ok(format!("{exams}, {doubts} of warning or worse"))
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
