//! `invigilator timetable read`.

use super::table::Table;
use crate::domain::{Candidates, Reading, Sitting, Span};
use crate::timetable::{self, Limits, Settings};
use crate::wire;
use anyhow::Context as _;
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read a file and tell its sittings and everything doubtful
    Read(Arguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// iCalendar file
    file: PathBuf,
    /// Campus time zone: what a time without a zone means
    #[arg(long, value_name = "Z", default_value = "Europe/London")]
    zone: Tz,
    /// First day, campus time
    #[arg(long, value_name = "D")]
    from: Option<NaiveDate>,
    /// Last day, campus time
    #[arg(long, value_name = "D")]
    to: Option<NaiveDate>,
    /// The cohort of a sitting that names none
    #[arg(long, value_name = "N", default_value_t = 400, value_parser = clap::value_parser!(u32).range(1..))]
    default_candidates: u32,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Read(arguments) = command;
    let settings = Settings {
        zone: arguments.zone,
        encoding: timetable::Encoding::Utf8,
        zone_data: crate::zoneinfo::load(Path::new(crate::zoneinfo::USUAL)),
        horizon: horizon(arguments.from, arguments.to, arguments.zone)?,
        default_candidates: Candidates::new(arguments.default_candidates),
        limits: Limits::UPLOAD,
    };
    let reading = read(&arguments.file, &settings)?;
    super::print(&if arguments.json {
        format!("{:#}\n", wire::reading(&reading, arguments.zone))
    } else {
        text(&reading, arguments.zone)
    })?;
    Ok(super::exit(&reading.findings))
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
        "{}\n{} events: {} sittings, {} cancelled, {} rejected\n{}",
        table.text(),
        counts.events,
        counts.sittings,
        counts.cancelled,
        counts.rejected,
        super::findings(&reading.findings)
    )
}

fn extra_time(sitting: &Sitting) -> String {
    let groups = sitting
        .extra_time
        .iter()
        .map(|extra| format!("{:.0} % x{}", extra.share.fraction() * 100.0, extra.factor.get()));
    groups.collect::<Vec<_>>().join(", ")
}
