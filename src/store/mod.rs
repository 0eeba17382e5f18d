//! Our own state: the only SQL. Knows no decision, no AWS, no HTTP.
//!
//! One file per kind of row; only `columns` and `content` know how a value of the domain lies in a column.
//! Publications and journal rows follow one another: each takes the lock on the journal's end before it reads
//! anything, so what it read is still true when it commits.

mod approvals;
mod columns;
mod content;
mod drafts;
mod feeds;
mod heads;
mod holds;
mod journal;
mod open;
mod plans;
mod revisions;

use crate::domain::{Finding, FleetName, LeftOut, ReadingCounts, Sitting, hex};
use chrono::{DateTime, Utc};
use rand::TryRng as _;
use rand::rngs::SysRng;
use sqlx::AnyPool;
use std::fs::File;
use std::sync::Arc;

/// The database's file in the data directory.
pub const FILE: &str = "invigilator.db";

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another process has the file.
    #[error(
        "{path} is in use by another invigilator; stop it, or give this one another --data directory"
    )]
    Locked {
        /// Which file.
        path: String,
    },
    /// A newer program wrote it.
    #[error(
        "{path} was written by a newer invigilator (schema {found}, this program knows {known}); start that version, nothing was changed"
    )]
    Newer {
        /// Which database.
        path: String,
        /// Its schema.
        found: i64,
        /// Ours.
        known: i64,
    },
    /// It cannot be opened at all.
    #[error(
        "{operation} {path}; look at its rights and its disk, restore it from a backup, or choose another directory with --data DIR"
    )]
    Unusable {
        /// What was tried, present tense.
        operation: &'static str,
        /// Which database.
        path: String,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
    },
    /// Reading or writing failed.
    #[error("{operation}")]
    Database {
        /// What was tried, present tense.
        operation: &'static str,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
    },
    /// A row does not mean anything.
    #[error("{operation}: {what}")]
    Corrupt {
        /// What was tried, present tense.
        operation: &'static str,
        /// What is wrong with the row.
        what: String,
    },
}

/// A draft or revision's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Content {
    /// The file as uploaded.
    pub file: Vec<u8>,
    /// What it said.
    pub sittings: Vec<Sitting>,
    /// What was doubtful.
    pub findings: Vec<Finding>,
    /// How many of what.
    pub counts: ReadingCounts,
    /// What was left out as no exams.
    pub left_out: Vec<LeftOut>,
}

/// An upload that is not in force.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// Unguessable.
    pub id: String,
    /// Whose.
    pub fleet: FleetName,
    /// Which calendar source.
    pub source: String,
    /// When it was uploaded.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: String,
    /// The revision that publishing it made, once it has.
    pub published_as: Option<u64>,
    /// The file and its reading.
    pub content: Content,
}

/// An immutable, numbered publication.
#[derive(Debug, Clone, PartialEq)]
pub struct Revision {
    /// Whose.
    pub fleet: FleetName,
    /// Which calendar source.
    pub source: String,
    /// Counts up from 1 per source.
    pub number: u64,
    /// When it came into force.
    pub published_at: DateTime<Utc>,
    /// By whom.
    pub published_by: String,
    /// The file and its reading.
    pub content: Content,
}

/// What a list says of a revision: all but its file and the reading of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevisionHead {
    /// Which calendar source.
    pub source: String,
    /// Counts up from 1 per source.
    pub number: u64,
    /// When it came into force.
    pub published_at: DateTime<Utc>,
    /// By whom.
    pub published_by: String,
    /// The size of its file in bytes.
    pub file_bytes: u64,
    /// How much of its file became sittings.
    pub counts: ReadingCounts,
}

/// A publication to be made.
#[derive(Debug, Clone, Copy)]
pub struct Publication<'a> {
    /// Whose.
    pub fleet: &'a FleetName,
    /// Which calendar source.
    pub source: &'a str,
    /// The revision its publisher saw; 0 for none.
    pub current: u64,
    /// The file and its reading.
    pub content: &'a Content,
    /// Who publishes.
    pub by: &'a str,
    /// When.
    pub at: DateTime<Utc>,
    /// The draft it came from, if any.
    pub draft: Option<&'a str>,
}

/// What publishing came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Published {
    /// In force.
    Done(Box<Revision>),
    /// Somebody else published first; the current number.
    Stale(u64),
}

/// A stored request that a second person may complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Unguessable.
    pub id: String,
    /// Whose.
    pub fleet: FleetName,
    /// Which source.
    pub source: String,
    /// The draft that waits.
    pub draft: String,
    /// The revision it was asked against.
    pub against: u64,
    /// Who asked.
    pub requested_by: String,
    /// When.
    pub requested_at: DateTime<Utc>,
    /// When it lapses.
    pub expires_at: DateTime<Utc>,
    /// Who completed it, once somebody has.
    pub completed_by: Option<String>,
}

/// How looking at a fed source goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedState {
    /// Which source.
    pub source: String,
    /// The feed of the configuration that it comes from.
    pub feed: String,
    /// The latest look that found a timetable that can be trusted.
    pub checked_at: Option<DateTime<Utc>>,
    /// While looks fail.
    pub failure: Option<Failure>,
    /// The draft of what the feed said last, whatever has become of it.
    pub draft: Option<String>,
}

/// Looks that fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The first of them in a row.
    pub since: DateTime<Utc>,
    /// Why the latest failed, as a clause without its full stop.
    pub why: String,
    /// Whether there was content, which could not be trusted; otherwise there was none.
    pub refused: bool,
}

/// One row of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalRow {
    /// Counts up from 1.
    pub sequence: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// Which fleet it concerns.
    pub fleet: FleetName,
    /// Who: a subject, or `invigilator`.
    pub actor: String,
    /// `publish`, `restore`, `intent`, `outcome`, `approval_requested`, `approval_completed`.
    pub kind: String,
    /// JSON.
    pub body: String,
    /// SHA-256, hex, over the previous row's hash and this row.
    pub hash: String,
}

/// Our own state. Clones share the connection and the file's lock.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
    /// Held for as long as a clone lives, and let go after the pool; `None` where a server guards the database.
    _alone: Option<Arc<File>>,
}

/// Tells a failure of the database together with what was tried.
fn during(operation: &'static str) -> impl Fn(sqlx::Error) -> Error {
    move |source| Error::Database { operation, source }
}

impl Error {
    /// The same, of a database that was to be opened.
    fn opening(self, database: &str) -> Self {
        match self {
            Self::Database { operation, source } => {
                Self::Unusable { operation, path: database.to_owned(), source }
            }
            told @ (Self::Locked { .. }
            | Self::Newer { .. }
            | Self::Unusable { .. }
            | Self::Corrupt { .. }) => told,
        }
    }
}

/// Tells a row that means nothing together with what was tried.
fn corrupt(operation: &'static str) -> impl Fn(String) -> Error {
    move |what| Error::Corrupt { operation, what }
}

/// 128 random bits as 32 hexadecimal digits: an id that nobody guesses.
fn draw_id() -> Result<String, Error> {
    let mut bits = [0; 16];
    SysRng.try_fill_bytes(&mut bits).map_err(|source| Error::Database {
        operation: "draw a random id",
        source: sqlx::Error::Io(std::io::Error::other(source)),
    })?;
    Ok(hex(&bits))
}
