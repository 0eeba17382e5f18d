//! Where a timetable in force comes from, and how sure we are that it is the newest.

use chrono::{DateTime, Utc};

/// How a timetable reaches us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A person uploads it.
    Upload,
    /// A watched file.
    File,
    /// A file of a watched directory.
    Directory,
    /// An HTTPS address.
    Https,
}

/// How looking for a newer timetable goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceStatus {
    /// The latest look found a timetable that can be trusted; for an upload, always.
    Ok,
    /// It did not; what was published last stands.
    Failing,
    /// Nobody has looked yet.
    Never,
}

/// One timetable source of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimetablePosture {
    /// Its name, as in the API's paths.
    pub source: String,
    /// How it reaches us.
    pub kind: SourceKind,
    /// The revision in force; `None` when nothing was published yet.
    pub revision: Option<u64>,
    /// Since when it is in force.
    pub published_at: Option<DateTime<Utc>>,
    /// The latest look that found a timetable that can be trusted; `None` for an upload, and before the first.
    pub checked_at: Option<DateTime<Utc>>,
    /// How looking goes.
    pub status: SourceStatus,
    /// What is wrong, as a sentence without its full stop, while the looks fail.
    pub error: Option<String>,
}

impl TimetablePosture {
    /// Since when nothing newer can have been seen: the latest good look, and for an upload its publication.
    pub fn as_of(&self) -> Option<DateTime<Utc>> {
        match self.kind {
            SourceKind::Upload => self.published_at,
            SourceKind::File | SourceKind::Directory | SourceKind::Https => self.checked_at,
        }
    }
}
