//! `invigilator timetable read`, and what it shares with `diff`.

use super::table::Table;
use super::{diff, input};
use crate::domain::{Candidates, Clock as _, Reading, Sitting, Span, SystemClock};
use crate::timetable::{self, Limits, Settings};
use crate::{wire, zoneinfo};
use anyhow::Context as _;
use chrono::NaiveDate;
use chrono_tz::Tz;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read a file and tell its sittings and everything doubtful
    Read(Arguments),
    /// Tell what differs between two files, and whether publishing the newer one needs a second person
    Diff(diff::Arguments),
}

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// iCalendar file, or - for standard input
    file: PathBuf,
    #[command(flatten)]
    reader: Reader,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Print what was read as an iCalendar file, all times in UTC
    #[arg(long, conflicts_with = "json")]
    ics: bool,
}

/// How files are read.
#[derive(Debug, clap::Args)]
pub(super) struct Reader {
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
    /// The largest file that is read, in bytes
    #[arg(long, value_name = "N", default_value_t = Limits::COMMAND_LINE.file_bytes)]
    max_bytes: usize,
}

impl Reader {
    /// What reading a file must be told.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        Ok(Settings {
            zone: self.zone,
            encoding: timetable::Encoding::Utf8,
            zone_data: zoneinfo::load(Path::new(zoneinfo::USUAL)),
            horizon: horizon(self.from, self.to, self.zone)?,
            default_candidates: Candidates::new(self.default_candidates),
            limits: Limits { file_bytes: self.max_bytes, ..Limits::COMMAND_LINE },
        })
    }
}

pub(super) fn run(command: &Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Read(arguments) => read(arguments),
        Command::Diff(arguments) => diff::run(arguments),
    }
}

fn read(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let settings = arguments.reader.settings()?;
    let reading = input::read(&arguments.file, &settings)?;
    super::print(&if arguments.json {
        format!("{:#}\n", wire::reading(&reading, settings.zone))
    } else if arguments.ics {
        // The findings would be lost: a calendar has no place for them.
        super::print_error(&super::findings(&reading.findings));
        timetable::written(&reading.sittings, SystemClock.now())
    } else {
        text(&reading, settings.zone)
    })?;
    Ok(super::exit(&reading.findings))
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

/// `12 % x1.25, 3 % x1.5`
pub(super) fn extra_time(sitting: &Sitting) -> String {
    let groups = sitting
        .extra_time
        .iter()
        .map(|extra| format!("{:.0} % x{}", extra.share.fraction() * 100.0, extra.factor.get()));
    groups.collect::<Vec<_>>().join(", ")
}
