//! `invigilator timetable read`.

use super::fleet::Choice;
use super::table::Table;
use crate::domain::{Candidates, LeftOut, Reading, Sitting, Span};
use crate::timetable::{self, Roster, Settings};
use crate::wire;
use anyhow::Context as _;
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// How many events that are no exams are shown.
const LEFT_OUT: usize = 50;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read a file and tell its sittings and everything doubtful
    Read(Arguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// iCalendar file
    file: PathBuf,
    #[command(flatten)]
    choice: Choice,
    /// List of candidates, a CSV file with the columns course, candidates and extra_time, instead of the fleet's
    #[arg(long, value_name = "FILE")]
    candidates: Option<PathBuf>,
    /// Campus time zone: what a time without a zone means; without it, the fleet's
    #[arg(long, value_name = "Z")]
    zone: Option<Tz>,
    /// First day, campus time
    #[arg(long, value_name = "D")]
    from: Option<NaiveDate>,
    /// Last day, campus time
    #[arg(long, value_name = "D")]
    to: Option<NaiveDate>,
    /// The cohort of a sitting that names none; without it, the fleet's
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    default_candidates: Option<u32>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Read(arguments) = command;
    let settings = settings(arguments)?;
    let zone = settings.zone;
    let reading = read(&arguments.file, &settings)?;
    super::print(&if arguments.json {
        format!("{:#}\n", wire::reading(&reading, zone))
    } else {
        text(&reading, zone)
    })?;
    Ok(super::exit(&reading.findings))
}

/// The fleet's, with what the command line sets over them.
fn settings(arguments: &Arguments) -> anyhow::Result<Settings> {
    let mut fleet = arguments.choice.fleet()?;
    fleet.zone = arguments.zone.unwrap_or(fleet.zone);
    if let Some(count) = arguments.default_candidates {
        fleet.default_candidates = Candidates::new(count);
    }
    if arguments.candidates.is_some() {
        fleet.roster = None;
    }
    let horizon = horizon(arguments.from, arguments.to, fleet.zone)?;
    let mut settings = Settings { horizon, ..fleet.timetable() };
    if let Some(file) = &arguments.candidates {
        let name = file.display();
        let bytes = std::fs::read(file);
        let bytes = bytes.with_context(|| format!("read the list of candidates {name}"))?;
        settings.rules.roster = Roster::parse(&bytes);
    }
    Ok(settings)
}

/// Reads one file.
pub(super) fn read(file: &Path, settings: &Settings) -> anyhow::Result<Reading> {
    let name = file.display();
    let bytes = std::fs::read(file).with_context(|| format!("read the timetable {name}"))?;
    timetable::read(&bytes, settings).with_context(|| format!("read the timetable {name}"))
}

/// From the begin of one campus day to the end of another; without them, everything.
pub(super) fn horizon(
    from: Option<NaiveDate>,
    to: Option<NaiveDate>,
    zone: Tz,
) -> anyhow::Result<Span> {
    let start = from.map(|day| super::begin_of(day, zone)).transpose()?;
    let end = to.map(|day| super::end_of(day, zone)).transpose()?;
    let always = Span::ALWAYS;
    Span::new(start.unwrap_or(always.start()), end.unwrap_or(always.end()))
        .context("--to lies before --from")
}

fn text(reading: &Reading, zone: Tz) -> String {
    let mut table = Table::new(&["START", "END", "CANDIDATES", "EXTRA TIME", "LINE", "TITLE"]);
    for sitting in &reading.sittings {
        table.row(vec![
            super::campus(sitting.span.start(), zone),
            super::campus(sitting.span.end(), zone),
            sitting.candidates.to_string(),
            extra_time(sitting),
            sitting.source_line.map(|line| line.to_string()).unwrap_or_default(),
            sitting.title.clone(),
        ]);
    }
    let counts = reading.counts;
    format!(
        "{}\n{}{} events: {} sittings, {} cancelled, {} rejected\n{}",
        table.text(),
        left_out(&reading.left_out, counts.left_out, zone),
        counts.events,
        counts.sittings,
        counts.cancelled,
        counts.rejected,
        super::findings(&reading.findings)
    )
}

/// The events that are no exams, each with the reason; of many the first ones. Nothing where there are none.
fn left_out(events: &[LeftOut], all: u32, zone: Tz) -> String {
    if events.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["LEFT OUT", "LINE", "TITLE", "REASON"]);
    for event in events.iter().take(LEFT_OUT) {
        table.row(vec![
            event.starts_at.map_or("no time".into(), |at| super::campus(at, zone)),
            event.line.to_string(),
            event.title.clone(),
            event.reason.clone(),
        ]);
    }
    let more = (all as usize).saturating_sub(LEFT_OUT);
    let more = if more > 0 { format!("and {more} more\n") } else { String::new() };
    format!("{}{more}\n", table.text())
}

fn extra_time(sitting: &Sitting) -> String {
    let groups = sitting
        .extra_time
        .iter()
        .map(|extra| format!("{:.0} % x{}", extra.share.fraction() * 100.0, extra.factor.get()));
    groups.collect::<Vec<_>>().join(", ")
}
