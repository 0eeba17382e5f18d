//! `invigilator timetable diff`.

use super::input;
use super::timetable::Reader;
use crate::domain::{
    Clock as _, Comparison, Finding, Guard, Reading, Severity, Sitting, SystemClock, Titles,
    counted, worst,
};
use crate::{timetable, wire};
use anyhow::bail;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// iCalendar file as it was, or - for standard input
    old: PathBuf,
    /// iCalendar file as it is now, or - for standard input
    new: PathBuf,
    #[command(flatten)]
    reader: Reader,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { old, new, reader, json } = arguments;
    if input::is_standard_input(old) && input::is_standard_input(new) {
        bail!("only one of the two files can be standard input");
    }
    let settings = reader.settings()?;
    let [before, after] = [input::read(old, &settings)?, input::read(new, &settings)?];
    let comparison = timetable::compare(&before.sittings, &after.sittings);
    let now = SystemClock.now();
    let guards = timetable::guards(&before.sittings, &after.sittings, &after.findings, now);
    let readings = [(old.as_path(), &before), (new.as_path(), &after)];
    let doubtful = readings.iter().any(|(_, reading)| is_doubtful(reading));
    let doubts = readings.map(|(file, reading)| doubts_of(file, reading, settings.zone));
    super::print_error(&doubts.concat());
    super::print(&if *json {
        format!("{:#}\n", wire::comparison(&comparison, &guards))
    } else {
        text(&comparison, &guards, settings.zone)
    })?;
    let same = comparison.is_same() && !doubtful;
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::from(super::FINDINGS) })
}

fn is_doubtful(reading: &Reading) -> bool {
    worst(&reading.findings) >= Some(Severity::Warning)
}

/// What is doubtful about one of the files, warnings and worse; it may be why they differ.
fn doubts_of(file: &Path, reading: &Reading, zone: Tz) -> String {
    let titles = Titles::of(&reading.sittings, zone);
    let serious = reading.findings.iter().filter(|finding| Severity::Info < finding.severity);
    let told: Vec<Finding> = serious
        .map(|finding| Finding {
            message: format!("{}: {}", input::name(file), titles.named(finding).message),
            ..finding.clone()
        })
        .collect();
    super::findings(&told)
}

/// One line for what came, went or moved, and below it what changed; by time.
fn text(comparison: &Comparison, guards: &[Guard], zone: Tz) -> String {
    let Comparison { added, moved, changed, removed, same } = comparison;
    let mut told: Vec<(DateTime<Utc>, String)> = Vec::new();
    told.extend(removed.iter().map(|one| (one.span.start(), line('-', one, zone))));
    told.extend(added.iter().map(|one| (one.span.start(), line('+', one, zone))));
    let pairs = moved.iter().chain(changed);
    told.extend(pairs.map(|(old, new)| (old.span.start(), change(old, new, zone))));
    told.sort();
    let mut text: String = told.into_iter().map(|(_, told)| told).collect();
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(&format!(
        "{} added, {} moved, {} changed, {} removed, {same} the same\n",
        added.len(),
        moved.len(),
        changed.len(),
        removed.len(),
    ));
    if !guards.is_empty() {
        text.push_str("To publish this, a second person is needed:\n");
    }
    for guard in guards {
        text.push_str(&format!("    {}: {}\n", guard.code(), guard.sentence()));
    }
    text
}

/// `+ Mon 2026-11-30 09:00 GMT  LAWS1001 Contract Law (until 11:00 GMT, 850 candidates)`
fn line(sign: char, one: &Sitting, zone: Tz) -> String {
    let start = super::campus(one.span.start(), zone);
    format!("{sign} {start}  {} ({})\n", one.title, facts(one, zone).join(", "))
}

/// What is said of a sitting beside its start and title.
fn facts(one: &Sitting, zone: Tz) -> Vec<String> {
    let until = super::campus_beside(one.span.end(), one.span.start(), zone);
    let candidates = counted(one.candidates.to_string(), "candidate");
    let mut facts = vec![format!("until {until}"), candidates];
    let extra = super::timetable::extra_time(one);
    if !extra.is_empty() {
        facts.push(format!("extra time {extra}"));
    }
    let readings = one.other_readings.iter();
    facts.extend(readings.map(|other| format!("or {}", super::campus(other.start(), zone))));
    facts
}

/// The sitting as it was, and below it each value that is another now.
fn change(old: &Sitting, new: &Sitting, zone: Tz) -> String {
    let mut text = line('~', old, zone);
    let none = "none".to_owned();
    let extra =
        |one: &Sitting| Some(super::timetable::extra_time(one)).filter(|extra| !extra.is_empty());
    let others = |one: &Sitting| {
        let other = |span: &crate::domain::Span| {
            format!("{} to {}", super::campus(span.start(), zone), super::campus(span.end(), zone))
        };
        let others: Vec<_> = one.other_readings.iter().map(other).collect();
        Some(others.join(", ")).filter(|others| !others.is_empty())
    };
    let at = |at: DateTime<Utc>| Some(super::campus(at, zone));
    let values = [
        ("start", at(old.span.start()), at(new.span.start())),
        ("end", at(old.span.end()), at(new.span.end())),
        ("title", Some(old.title.clone()), Some(new.title.clone())),
        ("candidates", Some(old.candidates.to_string()), Some(new.candidates.to_string())),
        ("extra time", extra(old), extra(new)),
        ("other readings", others(old), others(new)),
    ];
    for (name, before, after) in values.iter().filter(|(_, before, after)| before != after) {
        let [before, after] = [before, after].map(|value| value.as_ref().unwrap_or(&none));
        text.push_str(&format!("    {name}: {before} -> {after}\n"));
    }
    text
}
