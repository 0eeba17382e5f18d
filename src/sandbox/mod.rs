//! A simulated AWS account with students in it, for trying the daemon without touching anything real.
//!
//! One pure, seeded `world` obeys AWS's rules and moves when it is told the time. Around it stand a clock that
//! may run fast but never unfairly, a journal from which a killed process is replayed, and two faces: the [`Account`]
//! offers all of it through the same doors as a real one, and [`wire`] over HTTP to whoever speaks AWS's protocols.

mod account;
mod clock;
mod files;
mod journal;
mod last_seen;
mod record;
pub mod wire;
mod world;

pub use account::{Account, Spec};
pub use clock::Speed;

use std::path::PathBuf;

/// Why the sandbox could not go on.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The clock does not run that fast, or not at all.
    #[error(
        "the sandbox's clock runs 1 to 600 times as fast as real time, not {0}; choose --speed"
    )]
    Speed(u16),
    /// A file could not be read or written.
    #[error("{operation} {}", path.display())]
    File {
        /// What was tried, present tense.
        operation: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
    /// Another process has the account.
    #[error(
        "another process has the sandbox of {}; stop it, or choose another directory with --data DIR",
        .0.display()
    )]
    InUse(PathBuf),
    /// A file does not say what it should.
    #[error("{} is damaged at line {line}: {why}; delete it to {remedy}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where, counted from 1.
        line: usize,
        /// What is wrong there.
        why: String,
        /// What deleting the file leads to.
        remedy: &'static str,
    },
}
