//! The `invigilator` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    invigilator::cli::run()
}
