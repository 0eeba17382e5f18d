//! The readers that run outside this process: one process reads all files of a test.
//!
//! `INVIGILATOR_TEST_PYTHON` is a Python with the packages of `peers/requirements.txt`, `INVIGILATOR_TEST_NODE_MODULES`
//! a folder with those of `peers/package.json`; `tests/run` installs both.

use crate::generator::zone::Transition;
use crate::occurrence::{Occurrence, Window};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program that reads timetables.
pub(crate) struct Script {
    program: OsString,
    script: PathBuf,
}

/// What a script is asked.
pub(crate) struct Order<'a> {
    /// What a time without a zone means.
    pub(crate) zone: &'a str,
    /// VTIMEZONEs for the names that the files do not define; only ical.js asks for them.
    pub(crate) zones: Vec<String>,
}

/// What a script found in each file, or why it found nothing.
pub(crate) type Answers = BTreeMap<PathBuf, Result<Vec<Occurrence>, String>>;

impl Script {
    /// icalendar with recurring-ical-events, if it is installed.
    pub(crate) fn python() -> Option<Self> {
        let program = installed("INVIGILATOR_TEST_PYTHON")?;
        Some(Self { program, script: folder().join("check.py") })
    }

    /// Where the packages of that Python are.
    pub(crate) fn python_packages() -> Option<PathBuf> {
        let mut command = Command::new(installed("INVIGILATOR_TEST_PYTHON")?);
        let said = command.args(["-c", "import icalendar; print(icalendar.__path__[0])"]).output();
        let said = String::from_utf8(said.expect("Python runs").stdout).expect("a path");
        Some(Path::new(said.trim()).parent().expect("a folder").to_owned())
    }

    /// When the clocks of zones change by Python's rules, if it is installed; nothing for a name that it does not know.
    pub(crate) fn zones(
        names: &[&str],
        Window { from, to }: Window,
    ) -> Option<BTreeMap<String, Option<Vec<Transition>>>> {
        let program = installed("INVIGILATOR_TEST_PYTHON")?;
        let order = json!({ "names": names, "from": from, "to": to });
        let answer = ask(&program, &folder().join("zones.py"), &order);
        let number = |value: &Value| value.as_i64().expect("a number of seconds");
        let change = |one: &Value| Transition {
            at: number(&one[0]),
            before: number(&one[1]),
            after: number(&one[2]),
        };
        let changes = |name: &&str| {
            let known = answer[*name].as_array();
            ((*name).to_owned(), known.map(|changes| changes.iter().map(change).collect()))
        };
        Some(names.iter().map(changes).collect())
    }

    /// ical.js, if it is installed.
    pub(crate) fn node() -> Option<Self> {
        installed("INVIGILATOR_TEST_NODE_MODULES")?;
        Some(Self { program: "node".into(), script: folder().join("check.mjs") })
    }

    /// Reads these files, each within its own window.
    pub(crate) fn read(&self, order: &Order<'_>, files: &[(PathBuf, Window)]) -> Answers {
        let one = |(path, Window { from, to }): &(PathBuf, Window)| json!({ "path": path, "from": from, "to": to });
        let each: Vec<Value> = files.iter().map(one).collect();
        let order = json!({ "zone": order.zone, "zones": order.zones, "files": each });
        let answer = ask(&self.program, &self.script, &order);
        files.iter().map(|(file, _)| (file.clone(), answer_for(file, &answer))).collect()
    }
}

/// Runs a script on an order.
fn ask(program: &OsString, script: &Path, order: &Value) -> Value {
    let mut command = Command::new(program);
    command.arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child =
        command.spawn().unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let mut input = child.stdin.take().expect("it was asked for");
    input.write_all(order.to_string().as_bytes()).expect("the script reads its order");
    drop(input);
    let output = child.wait_with_output().expect("the script ends");
    assert!(output.status.success(), "{} ends with {}", script.display(), output.status);
    serde_json::from_slice(&output.stdout).expect("the script says JSON")
}

fn answer_for(file: &Path, answer: &Value) -> Result<Vec<Occurrence>, String> {
    let own = &answer["files"][file.to_str().expect("the path is text")];
    let Some(found) = own["occurrences"].as_array() else {
        return Err(own["error"].as_str().unwrap_or("it says nothing").to_owned());
    };
    let number = |value: &Value| value.as_i64().expect("a number of seconds");
    let one = |value: &Value| Occurrence {
        uid: value[0].as_str().unwrap_or_default().to_owned(),
        start: number(&value[1]),
        end: number(&value[2]),
    };
    Ok(found.iter().map(one).collect())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential/peers")
}

/// What a variable names; in CI no test may skip itself.
fn installed(variable: &str) -> Option<OsString> {
    let value = std::env::var_os(variable).filter(|value| !value.is_empty());
    if value.is_none() {
        assert!(std::env::var_os("CI").is_none(), "{variable} is not set; tests/run installs it");
        eprintln!("{variable} is not set: not compared with what it names");
    }
    value
}
