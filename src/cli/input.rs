//! Timetable files from disk or standard input, never more of them than was asked for.

use crate::domain::{Reading, grouped};
use crate::timetable::{self, Settings};
use anyhow::{Context as _, bail};
use std::fs::File;
use std::io::{Read as _, stdin};
use std::path::Path;

/// Stands for standard input.
const STANDARD_INPUT: &str = "-";

/// Whether a file is standard input.
pub(super) fn is_standard_input(file: &Path) -> bool {
    file.as_os_str() == STANDARD_INPUT
}

/// How a file is named to a person.
pub(super) fn name(file: &Path) -> String {
    if is_standard_input(file) { "standard input".into() } else { file.display().to_string() }
}

/// Reads one file, or standard input for `-`.
pub(super) fn read(file: &Path, settings: &Settings) -> anyhow::Result<Reading> {
    let doing = || format!("read the timetable {}", name(file));
    let bytes = bytes(file, settings.limits.file_bytes).with_context(doing)?;
    timetable::read(&bytes, settings).with_context(doing)
}

fn bytes(file: &Path, most: usize) -> anyhow::Result<Vec<u8>> {
    let bound = u64::try_from(most).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    let beyond = bound.saturating_add(1);
    if is_standard_input(file) {
        stdin().lock().take(beyond).read_to_end(&mut bytes)
    } else {
        File::open(file).and_then(|file| file.take(beyond).read_to_end(&mut bytes))
    }?;
    if most < bytes.len() {
        bail!(
            "it has more than {} bytes, the most that are read; export a shorter time range, or raise --max-bytes",
            grouped(bound)
        );
    }
    Ok(bytes)
}
