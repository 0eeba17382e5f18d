//! Timetable text to sittings. Pure: knows no clock, no file, no network.

mod settings;

pub use settings::{Limits, Settings};
