//! `invigilator timetable read`, and what it shares with `diff`.

use super::fleet::Choice;
use super::table::Table;
use super::{diff, input};
use crate::domain::{
    Candidates, Clock as _, ExtraTime, LeftOut, Reading, Sitting, Span, SystemClock, Titles,
    counted,
};
use crate::timetable::{self, Limits, Roster, Settings};
use crate::wire;
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use std::path::PathBuf;
use std::process::ExitCode;

/// How many events that are no exams are shown.
const LEFT_OUT: usize = 50;

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
    /// The largest file that is read, in bytes
    #[arg(long, value_name = "N", default_value_t = Limits::COMMAND_LINE.file_bytes)]
    max_bytes: usize,
}

impl Reader {
    /// What reading a file must be told: the fleet's settings, with what the command line sets over them.
    pub(super) fn settings(&self) -> anyhow::Result<Settings> {
        let mut fleet = self.choice.fleet()?;
        fleet.zone = self.zone.unwrap_or(fleet.zone);
        if let Some(count) = self.default_candidates {
            fleet.default_candidates = Candidates::new(count);
        }
        if self.candidates.is_some() {
            fleet.roster = None;
        }
        let horizon = horizon(self.from, self.to, fleet.zone)?;
        let limits = Limits { file_bytes: self.max_bytes, ..Limits::COMMAND_LINE };
        let mut settings = Settings { horizon, limits, ..fleet.timetable() };
        if let Some(file) = &self.candidates {
            let name = file.display();
            let bytes = std::fs::read(file);
            let bytes = bytes.with_context(|| format!("read the list of candidates {name}"))?;
            settings.rules.roster = Roster::parse(&bytes);
        }
        Ok(settings)
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
            or_else(sitting.readings().map(Span::start), zone),
            or_else(sitting.readings().map(Span::end), zone),
            sitting.candidates.to_string(),
            extra_time(sitting),
            sitting.source_line.map(|line| line.to_string()).unwrap_or_default(),
            sitting.title.clone(),
        ]);
    }
    let counts = reading.counts;
    let titles = Titles::of(&reading.sittings, zone);
    let findings: Vec<_> = reading.findings.iter().map(|finding| titles.named(finding)).collect();
    format!(
        "{}\n{}{}: {}, {} cancelled, {} rejected\n{}",
        table.text(),
        left_out(&reading.left_out, counts.left_out, zone),
        counted(counts.events.to_string(), "event"),
        counted(counts.sittings.to_string(), "sitting"),
        counts.cancelled,
        counts.rejected,
        super::findings(&findings)
    )
}

/// A moment that may also be another: `Sun 2026-10-25 01:30 BST or 01:30 GMT`.
fn or_else(readings: impl Iterator<Item = DateTime<Utc>>, zone: Tz) -> String {
    let mut moments: Vec<DateTime<Utc>> = Vec::new();
    for at in readings {
        if !moments.contains(&at) {
            moments.push(at);
        }
    }
    let Some((first, others)) = moments.split_first() else { return String::new() };
    let others = others.iter().map(|at| super::campus_beside(*at, *first, zone));
    std::iter::once(super::campus(*first, zone)).chain(others).collect::<Vec<_>>().join(" or ")
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

/// `12 × 1.25, 3.5 % × 1.5`
pub(super) fn extra_time(sitting: &Sitting) -> String {
    let groups = sitting.extra_time.iter().map(|extra| group(*extra, sitting.candidates));
    groups.collect::<Vec<_>>().join(", ")
}

/// Those with more time as people where that is exact and shorter, otherwise as a share; never as nobody.
fn group(extra: ExtraTime, candidates: Candidates) -> String {
    let ExtraTime { share, factor } = extra;
    let people = share.fraction() * f64::from(candidates.get());
    let percent = match decimals(share.fraction() * 100.0) {
        // Less than can be told with two decimals.
        zero if zero == "0" && 0.0 < share.fraction() => "under 0.01 %".to_owned(),
        percent => format!("{percent} %"),
    };
    // A share of people was divided once and is multiplied once: far less than this is lost.
    let is_exact = (people - people.round()).abs() < 1e-6 && 0.5 < people;
    let people = decimals(people);
    let who = if is_exact && people.len() < percent.len() { people } else { percent };
    format!("{who} × {}", decimals(factor.get()))
}

/// With two decimals at the most, and none that says nothing: `1.25`, `12`.
fn decimals(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Factor, Share};

    #[test]
    fn extra_time_is_told_in_people_where_that_is_exact_and_shorter() {
        for (share, factor, candidates, told) in [
            (0.0025, 1.5, 400, "1 × 1.5"),
            (0.12, 1.25, 100, "12 × 1.25"),
            (0.12, 1.25, 401, "12 % × 1.25"),
            (0.1, 2.0, 10_000, "10 % × 2"),
            (1.0 / 3.0, 4.0 / 3.0, 3, "1 × 1.33"),
            (1.0 / 3.0, 4.0 / 3.0, 10, "33.33 % × 1.33"),
            (0.000_01, 1.5, 400, "under 0.01 % × 1.5"),
            (1.0, 1.1, 1_000_000, "100 % × 1.1"),
        ] {
            let (share, factor) = (Share::new(share).unwrap(), Factor::new(factor).unwrap());
            let group = group(ExtraTime { share, factor }, Candidates::new(candidates));
            assert_eq!(group, told);
        }
    }
}
