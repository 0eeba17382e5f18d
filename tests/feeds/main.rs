//! Timetables that are fetched: from the bytes on a socket or a disk to what is in force and what the posture tells.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

mod candidates;
mod doubts;
mod files;
mod https;
mod publishing;
mod server;
mod site;
mod standing;
