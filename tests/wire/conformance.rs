//! AWS's own clients against the program: boto3 and the aws command line, with nothing of the outside to talk to.
//!
//! `INVIGILATOR_TEST_PYTHON` is a Python with the packages of `tests/differential/peers/requirements.txt`; `tests/run`
//! installs it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_invigilator");

/// The program, serving the simulated account alone; it ends with the test.
struct Sandbox {
    child: Child,
    banner: String,
}

impl Sandbox {
    fn start(options: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["sandbox", "--listen", "127.0.0.1:0", "--seed", "7"])
            .args(options)
            .env("INVIGILATOR_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("it was asked for"));
        let mut banner = String::new();
        while !banner.contains("Stop: Ctrl-C") {
            assert!(0 < lines.read_line(&mut banner).expect("text"), "it ended: {banner}");
        }
        Self { child, banner }
    }

    /// What the banner tells to export.
    fn exported(&self, name: &str) -> &str {
        let value = self.banner.split(&format!("{name}=")).nth(1).expect("it is exported");
        value.split_whitespace().next().expect("it has a value")
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A Python with AWS's clients; in CI no test may skip itself.
fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("INVIGILATOR_TEST_PYTHON").filter(|value| !value.is_empty());
    if python.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "INVIGILATOR_TEST_PYTHON is not set; tests/run installs it"
        );
        eprintln!("INVIGILATOR_TEST_PYTHON is not set: not checked with AWS's own clients");
    }
    python
}

#[test]
fn boto3_and_the_aws_command_line_find_what_they_expect() {
    let Some(python) = python() else { return };
    let sandbox = Sandbox::start(&["--speed", "600"]);
    let home = tempfile::tempdir().expect("a folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wire/conformance.py");
    let mut command = Command::new(python);
    command.arg(script).env_clear().env("HOME", home.path());
    // Exactly what the banner says, and the search path for whatever the clients start.
    for name in [
        "AWS_ENDPOINT_URL",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_EC2_METADATA_DISABLED",
    ] {
        command.env(name, sandbox.exported(name));
    }
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let output = command.output().expect("Python runs");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("OK"), "{told}");
}

#[test]
fn it_listens_for_this_machine_alone() {
    let refused = Command::new(PROGRAM).args(["sandbox", "--listen", "0.0.0.0:0"]).output();
    let refused = refused.expect("the program starts");
    let told = String::from_utf8(refused.stderr).expect("text");
    assert_eq!(refused.status.code(), Some(1), "{told}");
    assert!(told.contains("this machine alone") && told.contains("--listen"), "{told}");
}

#[test]
fn with_a_directory_it_is_the_same_account_after_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let options = ["--data", data.to_str().expect("text")];
    let first = Sandbox::start(&options);
    assert!(!first.banner.contains("resumed"), "{}", first.banner);
    drop(first);
    let second = Sandbox::start(&options);
    assert!(second.banner.contains("resumed"), "{}", second.banner);
    assert!(data.join("sandbox.journal").is_file());
}
