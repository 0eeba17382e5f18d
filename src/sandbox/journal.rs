//! What the world was given, line by line, so that it can be lived through again.
//!
//! The first line tells how the world began, each further one a write or a timetable with its moment. A line
//! is on the disk before the world hears of it; a line torn by a crash was never acknowledged and is dropped.

use super::record::{Enrolled, Stamp, Write};
use super::world::World;
use super::{Error, files};
use crate::aws;
use crate::domain::{Action, Sitting};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// Raised whenever the world's own laws change: an older journal would lead to another present.
const VERSION: u32 = 1;

/// How a world begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Beginning {
    pub(super) seed: u64,
    pub(super) starts_at: DateTime<Utc>,
}

/// What a world can be given.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Input {
    /// A write to the account; a refused one is refused again in the replay.
    Write(Action),
    /// The timetable in force.
    Enrol(Vec<Sitting>),
}

impl Input {
    /// Gives it to the world, at the moment that has reached.
    pub(super) fn give(&self, world: &mut World) -> Result<(), aws::Error> {
        match self {
            Self::Write(action) => world.apply(action),
            Self::Enrol(sittings) => {
                world.enrol(sittings);
                Ok(())
            }
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    sandbox: u32,
    seed: u64,
    starts_at: Stamp,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    at: Stamp,
    given: Given,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Given {
    Write(Write),
    Enrol(Vec<Enrolled>),
}

/// The file `sandbox.journal`, open for appending.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Up to here the file is whole.
    length: u64,
}

/// What a journal tells.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) beginning: Beginning,
    pub(super) inputs: Vec<(DateTime<Utc>, Input)>,
}

impl Journal {
    /// Opens the journal of a data directory, or begins one; the second value is `None` where one was begun.
    pub(super) fn open(data: &Path, new: Beginning) -> Result<(Self, Option<Told>), Error> {
        let path = data.join("sandbox.journal");
        let operation = "open the sandbox's journal";
        let text = files::read(&path, operation)?;
        let told = text.as_deref().map(|text| read(&path, text)).transpose()?;
        let length = match &text {
            Some(text) => whole(text).len(),
            None => begin(&path, new)?,
        };
        let file = OpenOptions::new().write(true).open(&path);
        let file = file.map_err(files::failed(&path, operation))?;
        let mut journal = Self { path, file, length: length as u64 };
        journal.drop_torn().map_err(files::failed(&journal.path, operation))?;
        Ok((journal, told))
    }

    /// Puts a line on the disk. Whatever a failure leaves of it is taken away again.
    pub(super) fn append(&mut self, at: DateTime<Utc>, input: &Input) -> Result<(), Error> {
        let given = match input {
            Input::Write(action) => Given::Write(action.into()),
            Input::Enrol(sittings) => Given::Enrol(sittings.iter().map(Enrolled::from).collect()),
        };
        self.write(&Line { at: Stamp(at), given }).map_err(|source| {
            // If this fails as well, the next open drops the torn line.
            let _ = self.drop_torn();
            files::failed(&self.path, "write the sandbox's journal")(source)
        })
    }

    fn write(&mut self, line: &Line) -> std::io::Result<()> {
        let mut text = serde_json::to_string(line)?;
        text.push('\n');
        self.file.write_all(text.as_bytes())?;
        self.file.sync_data()?;
        self.length += text.len() as u64;
        Ok(())
    }

    fn drop_torn(&mut self) -> std::io::Result<()> {
        self.file.set_len(self.length)?;
        self.file.seek(SeekFrom::Start(self.length))?;
        Ok(())
    }
}

/// Everything up to the last end of a line.
fn whole(text: &str) -> &str {
    text.rfind('\n').map_or("", |end| &text[..=end])
}

fn begin(path: &Path, new: Beginning) -> Result<usize, Error> {
    let header = Header { sandbox: VERSION, seed: new.seed, starts_at: Stamp(new.starts_at) };
    let operation = "begin the sandbox's journal";
    let text = serde_json::to_string(&header).map_err(std::io::Error::from);
    let text = text.map_err(files::failed(path, operation))? + "\n";
    files::replace(path, &text, operation)?;
    Ok(text.len())
}

fn read(path: &Path, text: &str) -> Result<Told, Error> {
    let damaged = |line: usize, why: String| Error::Damaged {
        path: path.to_path_buf(),
        line,
        why,
        remedy: "begin a new sandbox",
    };
    let mut lines = whole(text).lines().zip(1..);
    let (first, _) = lines.next().ok_or_else(|| damaged(1, "its first line is missing".into()))?;
    let header: Header = serde_json::from_str(first).map_err(|why| damaged(1, why.to_string()))?;
    if header.sandbox != VERSION {
        let found = header.sandbox;
        return Err(damaged(1, format!("it has version {found}, this program knows {VERSION}")));
    }
    let beginning = Beginning { seed: header.seed, starts_at: header.starts_at.0 };
    let inputs: Result<_, _> =
        lines.map(|(text, number)| input(text).map_err(|why| damaged(number, why))).collect();
    Ok(Told { beginning, inputs: inputs? })
}

fn input(text: &str) -> Result<(DateTime<Utc>, Input), String> {
    let Line { at: Stamp(at), given } =
        serde_json::from_str(text).map_err(|why| why.to_string())?;
    let input = match given {
        Given::Write(write) => Input::Write(write.try_into()?),
        Given::Enrol(sittings) => {
            let sittings: Result<_, _> = sittings.into_iter().map(Sitting::try_from).collect();
            Input::Enrol(sittings?)
        }
    };
    Ok((at, input))
}
