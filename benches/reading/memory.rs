//! How much memory a reading needs at its peak, the file itself included: a process of its own for each.

use crate::{Peer, registry};
use std::io;
use std::process::Command;

/// The argument that makes a process such a child.
pub(crate) const CHILD: &str = "memory-of";

/// Reads in this process and prints the bytes that its peak is above where it began.
pub(crate) fn child(peer: &str, events: usize) -> Option<u64> {
    let peer = Peer::all().into_iter().find(|one| one.name() == peer)?;
    let file = std::env::temp_dir().join(format!("invigilator-reading-{}.ics", std::process::id()));
    // Made by another process, so that the making does not count.
    let made = Command::new(std::env::current_exe().ok()?)
        .args(["write", &events.to_string()])
        .arg(&file)
        .status();
    made.ok()?;
    let before = peak()?;
    let text = std::fs::read_to_string(&file);
    std::fs::remove_file(&file).ok()?;
    std::hint::black_box(peer.read(&text.ok()?));
    Some(peak()?.saturating_sub(before))
}

/// The bytes above idle that a reading of so many events takes.
///
/// # Errors
/// When the child does not run to its end.
pub(crate) fn of(peer: Peer, events: usize) -> io::Result<u64> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.args([CHILD, peer.name(), &events.to_string()]).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| io::Error::other(format!("the child said {text:?}")))
}

/// Writes the file for a child.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write(events: usize, file: &str) -> io::Result<()> {
    std::fs::write(file, registry::timetable(events, registry::Ends::CrLf))
}

/// The most memory this process ever had resident, in bytes (`VmHWM` of proc(5)).
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}
