//! The command line: arguments in, text or JSON out. Exit 0 is fine, 1 an error, 2 differences or findings of warning or
//! worse.

mod check;
mod diff;
mod drawing;
mod fleet;
mod input;
mod plan;
mod sandbox;
mod serve;
mod table;
mod timetable;

use crate::domain::{Finding, Severity, campus_minute as campus, day_begins, day_ends, worst};
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use clap::{Parser, Subcommand};
use std::io::Write as _;
use std::process::ExitCode;

/// Differences, or findings of warning or worse.
const FINDINGS: u8 = 2;

#[derive(Debug, Parser)]
#[command(
    name = "invigilator",
    version,
    about = "Keeps a university's Moodle standing on exam day"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The daemon; without --config, the built-in sandbox
    Serve(serve::Arguments),
    /// A simulated AWS account on this machine, for AWS's own clients
    Sandbox(sandbox::Arguments),
    /// Tell what is wrong with a configuration; changes nothing
    Check(check::Arguments),
    /// Timetable files
    Timetable {
        #[command(subcommand)]
        command: timetable::Command,
    },
    /// Plan timetable files offline: no AWS, no database
    Plan(plan::Arguments),
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(told) => {
            // Help and version are answers; clap's own 2 would mean findings here.
            let _ = told.print();
            return ExitCode::from(u8::from(told.use_stderr()));
        }
    };
    let outcome = match arguments.command {
        Command::Serve(arguments) => serve::run(arguments),
        Command::Sandbox(arguments) => sandbox::run(arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Timetable { command } => timetable::run(&command),
        Command::Plan(arguments) => plan::run(&arguments),
    };
    outcome.unwrap_or_else(|error| {
        let text = crate::report::Chain(error.as_ref()).to_string();
        print_error(&format!("error: {text}\n"));
        ExitCode::FAILURE
    })
}

/// Writes to standard output; a reader that has gone away, such as `head`, is no error.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("write to standard output")
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes to standard error. Nothing can be told to a closed one.
fn print_error(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// The exit code that findings come to.
fn exit(findings: &[Finding]) -> ExitCode {
    match worst(findings) {
        Some(Severity::Warning | Severity::Critical) => ExitCode::from(FINDINGS),
        Some(Severity::Info) | None => ExitCode::SUCCESS,
    }
}

/// Findings as text, gravest first; each with where it is and how to mend it.
fn findings(findings: &[Finding]) -> String {
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let mut text = String::new();
    for finding in sorted {
        let line = finding.line.map(|line| format!(" line {line}")).unwrap_or_default();
        text.push_str(&format!(
            "{} {}{line}: {}\n    {}\n",
            finding.severity, finding.code, finding.message, finding.fix
        ));
    }
    text
}

/// A moment as the campus reads it, beside another that was told: of the same day only the time.
fn campus_beside(at: DateTime<Utc>, told: DateTime<Utc>, zone: Tz) -> String {
    let [local, told] = [at, told].map(|at| at.with_timezone(&zone));
    if local.date_naive() == told.date_naive() {
        local.format("%H:%M %Z").to_string()
    } else {
        campus(at, zone)
    }
}

/// The first moment of a campus day.
fn begin_of(day: NaiveDate, zone: Tz) -> anyhow::Result<DateTime<Utc>> {
    day_begins(day, zone).with_context(|| format!("find the begin of {day} in {zone}"))
}

/// The first moment after a campus day.
fn end_of(day: NaiveDate, zone: Tz) -> anyhow::Result<DateTime<Utc>> {
    day_ends(day, zone).with_context(|| format!("find the end of {day} in {zone}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Arguments::command().debug_assert();
    }
}
