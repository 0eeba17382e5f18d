//! The log: one line per decision, text on a terminal, JSON in production. `INVIGILATOR_LOG` filters it.

use tracing_subscriber::EnvFilter;

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

/// Begins logging to standard error; `filter` is what the environment asks for, `info` without.
///
/// # Errors
/// [`Error::Filter`].
pub fn begin(format: Format, filter: Option<String>) -> Result<(), Error> {
    // Migrations and pool noise are of interest to nobody who runs exams.
    let given = filter.unwrap_or_else(|| "info,sqlx=warn".to_owned());
    let filter =
        EnvFilter::try_new(&given).map_err(|why| Error::Filter { given, why: why.to_string() })?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // Only the first subscriber of a process counts; a second call, in tests, changes nothing.
    let _ = match format {
        Format::Text => builder.with_target(false).compact().try_init(),
        Format::Json => builder.json().try_init(),
    };
    Ok(())
}
