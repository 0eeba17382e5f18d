//! Whether what is written is read: timetables whose truth is known, read by us and by independent readers.
//!
//! A failure names its seed; `INVIGILATOR_SEEDS=2000 cargo test --test differential` reads more of them.

#![expect(clippy::print_stderr, reason = "what is compared, and what is not, is told")]

mod corpora;
mod generator;
mod ical_rs;
mod known;
mod occurrence;
mod ours;
mod peers;
mod scripts;
mod settings;
mod zones;
