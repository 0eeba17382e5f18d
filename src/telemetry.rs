//! The log: one line per decision, text on a terminal, JSON in production. `INVIGILATOR_LOG` filters it.

use crate::domain::{Clock, SystemClock};
use chrono::SecondsFormat;
use std::fmt;
use std::io::IsTerminal as _;
use std::sync::{Arc, OnceLock};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

/// How the log is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    Text,
    /// One object a line.
    Json,
}

/// Why logging could not begin.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The filter means nothing.
    #[error(
        "INVIGILATOR_LOG {given:?} is no filter such as \"info\" or \"invigilator=debug,warn\": {why}"
    )]
    Filter {
        /// What was given.
        given: String,
        /// Why not.
        why: String,
    },
}

/// The time that log lines carry: the machine's, or a sandbox's once there is one.
#[derive(Clone, Default)]
pub struct LogTime(Arc<OnceLock<Arc<dyn Clock>>>);

impl LogTime {
    /// From now on each line says SANDBOX and the simulated time.
    pub fn simulated(&self, clock: Arc<dyn Clock>) {
        // A process has one sandbox; a second clock could only be the same.
        let _ = self.0.set(clock);
    }
}

impl FormatTime for LogTime {
    fn format_time(&self, w: &mut Writer<'_>) -> fmt::Result {
        let (label, now) = match self.0.get() {
            Some(clock) => ("SANDBOX ", clock.now()),
            None => ("", SystemClock.now()),
        };
        write!(w, "{label}{}", now.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

/// Begins logging to standard error; `filter` is what the environment asks for, `info` without.
///
/// # Errors
/// [`Error::Filter`].
pub fn begin(format: Format, filter: Option<String>) -> Result<LogTime, Error> {
    // Migrations and pool noise are of interest to nobody who runs exams.
    let given = filter.unwrap_or_else(|| "info,sqlx=warn".to_owned());
    let filter =
        EnvFilter::try_new(&given).map_err(|why| Error::Filter { given, why: why.to_string() })?;
    let time = LogTime::default();
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_timer(time.clone())
        .with_writer(std::io::stderr);
    // Only the first subscriber of a process counts; a second call, in tests, changes nothing.
    let _ = match format {
        Format::Text => builder
            .with_target(false)
            .with_ansi(std::io::stderr().is_terminal())
            .fmt_fields(for_a_person())
            .try_init(),
        Format::Json => builder.json().try_init(),
    };
    Ok(time)
}

/// Messages are whole sentences and name what they speak of; of the fields, which repeat it for machines, a person
/// needs only what went wrong.
fn for_a_person() -> impl for<'writer> tracing_subscriber::fmt::FormatFields<'writer> + Send + Sync
{
    tracing_subscriber::fmt::format::debug_fn(|writer, field, value| match field.name() {
        "message" => write!(writer, "{value:?}"),
        "error" => write!(writer, ": {value:?}"),
        _ => Ok(()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ManualClock;
    use chrono::DateTime;

    fn shown(time: &LogTime) -> String {
        let mut text = String::new();
        time.format_time(&mut Writer::new(&mut text)).unwrap();
        text
    }

    #[test]
    fn a_line_of_the_sandbox_says_so_and_carries_its_time() {
        let time = LogTime::default();
        assert!(!shown(&time).contains("SANDBOX"));
        let nine = DateTime::parse_from_rfc3339("2026-11-30T09:00:00Z").unwrap().to_utc();
        time.simulated(Arc::new(ManualClock::at(nine)));
        assert_eq!(shown(&time), "SANDBOX 2026-11-30T09:00:00.000Z");
    }
}
