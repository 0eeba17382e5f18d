//! Our own state: the only SQL. Knows no decision, no AWS, no HTTP.

use crate::domain::{Finding, FleetName, Hold, ReadingCounts, Sitting};
use chrono::{DateTime, Utc};
use std::path::Path;

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
    Done(Revision),
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
    /// `intent`, `outcome`, `decision`, `publish`, …
    pub kind: String,
    /// JSON.
    pub body: String,
    /// SHA-256, hex, over the previous row's hash and this row.
    pub hash: String,
}

/// Our own state.
#[derive(Debug, Clone)]
pub struct Store {}

impl Store {
    /// Opens, and creates where it is missing, the SQLite file `path`, alone, and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::Newer`], or [`Error::Database`].
    pub async fn open(_path: &Path) -> Result<Self, Error> {
        todo!()
    }

    /// Keeps an upload as a draft and gives it an id.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn create_draft(
        &self,
        _fleet: &FleetName,
        _source: &str,
        _by: &str,
        _at: DateTime<Utc>,
        _content: &Content,
    ) -> Result<Draft, Error> {
        todo!()
    }

    /// A draft by id.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn draft(&self, _id: &str) -> Result<Option<Draft>, Error> {
        todo!()
    }

    /// Publishes `content` as the revision after `current` (0 for the first), in one transaction with its
    /// journal row, and marks the draft.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn publish(&self, _publication: &Publication<'_>) -> Result<Published, Error> {
        todo!()
    }

    /// The newest revision of each source of a fleet, sorted by source.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn in_force(&self, _fleet: &FleetName) -> Result<Vec<Revision>, Error> {
        todo!()
    }

    /// A number that changes whenever what is in force for a fleet changes.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn in_force_stamp(&self, _fleet: &FleetName) -> Result<i64, Error> {
        todo!()
    }

    /// One revision of a source.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn revision(
        &self,
        _fleet: &FleetName,
        _source: &str,
        _number: u64,
    ) -> Result<Option<Revision>, Error> {
        todo!()
    }

    /// The number of a source's newest revision; 0 without one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn current_revision(&self, _fleet: &FleetName, _source: &str) -> Result<u64, Error> {
        todo!()
    }

    /// Keeps a request for a second person.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn request_approval(
        &self,
        _draft: &Draft,
        _against: u64,
        _by: &str,
        _at: DateTime<Utc>,
        _expires_at: DateTime<Utc>,
    ) -> Result<Approval, Error> {
        todo!()
    }

    /// A request by id.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn approval(&self, _id: &str) -> Result<Option<Approval>, Error> {
        todo!()
    }

    /// Marks a request completed; `false` when somebody already did.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn complete_approval(
        &self,
        _id: &str,
        _by: &str,
        _at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        todo!()
    }

    /// The hold of a fleet, if one is on.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn hold(&self, _fleet: &FleetName) -> Result<Option<Hold>, Error> {
        todo!()
    }

    /// Replaces the hold of a fleet.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn save_hold(&self, _fleet: &FleetName, _hold: Option<&Hold>) -> Result<(), Error> {
        todo!()
    }

    /// The generation of a plan with this hash: the newest one's if the hash is the same, else a new one, kept
    /// with its body.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn generation(
        &self,
        _fleet: &FleetName,
        _hash: &str,
        _body: &str,
        _at: DateTime<Utc>,
    ) -> Result<u64, Error> {
        todo!()
    }

    /// Appends a row to the journal and returns its sequence.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn journal(
        &self,
        _fleet: &FleetName,
        _actor: &str,
        _kind: &str,
        _body: &str,
        _at: DateTime<Utc>,
    ) -> Result<i64, Error> {
        todo!()
    }

    /// The newest rows of the journal, newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn journal_tail(&self, _limit: u32) -> Result<Vec<JournalRow>, Error> {
        todo!()
    }
}
