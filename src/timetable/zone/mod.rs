//! Time zones: what their names mean, whose rules count, and which moments a written time can be.
//!
//! `names` knows IANA and Windows names in every spelling that producers use, `database` holds rules newer than those
//! compiled in, `definition` is a file's own VTIMEZONE, `rules` asks all of them, `moment` is the answer.

mod database;
mod definition;
mod moment;
mod names;
mod rules;
mod windows;

pub use database::ZoneData;
pub(super) use definition::{Definition, Observance};
pub(super) use moment::{Covered, Ending, Moment};
pub(super) use rules::{Origin, Zone};
