//! The readers that ours is measured against: each parses the same text and works out when everything takes place.

use crate::occurrence::Window;
use crate::{ical_rs, registry};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What the scripts run on; the installing is done by `tests/run`.
const PYTHON: &str = "INVIGILATOR_TEST_PYTHON";
/// Where the packages of the other one are.
const NODE_MODULES: &str = "INVIGILATOR_TEST_NODE_MODULES";

/// The year that is looked at.
fn window() -> Window {
    Window { from: registry::FROM.timestamp(), to: registry::TO.timestamp() }
}

/// `calcard`, with its own expansion.
pub(crate) fn calcard(text: &str) -> usize {
    let Ok(calendar) = calcard::icalendar::ICalendar::parse(text) else { return 0 };
    let expanded = calendar.expand_dates(chrono_tz::Europe::London, usize::MAX);
    let seen = |start: i64| window().from <= start && start < window().to;
    expanded.events.iter().filter(|event| seen(event.start.timestamp())).count()
}

/// `ical-rs`, with its own expansion.
pub(crate) fn ical_rs(text: &str) -> usize {
    ical_rs::occurrences(text.as_bytes(), window(), &|_| None).len()
}

/// A reader that runs outside this process and tells how long it took.
pub(crate) struct Script {
    /// What it reads with.
    pub(crate) name: &'static str,
    program: PathBuf,
    script: PathBuf,
    modules: Option<PathBuf>,
}

impl Script {
    /// The scripts that can run here; of the others, what is missing.
    pub(crate) fn all() -> Vec<Result<Self, String>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/peers");
        let missing = |name: &str, variable: &str| {
            format!("{name} not measured: {variable} is not set; see tests/run")
        };
        let python = "icalendar + recurring-ical-events (Python)";
        let python = std::env::var_os(PYTHON).map(PathBuf::from).map_or_else(
            || Err(missing(python, PYTHON)),
            |program| {
                let script = folder.join("check.py");
                Ok(Self { name: python, program, script, modules: None })
            },
        );
        let node = "ical.js (node)";
        let node = std::env::var_os(NODE_MODULES).map(PathBuf::from).map_or_else(
            || Err(missing(node, NODE_MODULES)),
            |modules| {
                let (program, script) = ("node".into(), folder.join("check.mjs"));
                Ok(Self { name: node, program, script, modules: Some(modules) })
            },
        );
        vec![node, python]
    }

    /// Reads a file once: the time without starting up, and the occurrences.
    ///
    /// # Errors
    /// When the script does not run to its end.
    pub(crate) fn read(&self, file: &Path) -> io::Result<(Duration, usize)> {
        let mut command = Command::new(&self.program);
        command.arg(&self.script).stdin(Stdio::piped()).stdout(Stdio::piped());
        if let Some(modules) = &self.modules {
            command.env(NODE_MODULES, modules);
        }
        let mut child = command.spawn()?;
        let Window { from, to } = window();
        let files = serde_json::json!([{ "path": file, "from": from, "to": to }]);
        let order = serde_json::json!({ "zone": "Europe/London", "count": true, "files": files });
        if let Some(mut input) = child.stdin.take() {
            input.write_all(order.to_string().as_bytes())?;
        }
        let output = child.wait_with_output()?;
        let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        let seconds = answer["seconds"].as_f64().ok_or_else(|| io::Error::other("no seconds"))?;
        let count = answer["count"].as_u64().ok_or_else(|| io::Error::other("no count"))?;
        Ok((Duration::from_secs_f64(seconds), usize::try_from(count).unwrap_or_default()))
    }
}
