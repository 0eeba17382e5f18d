//! The door to timetables that lie elsewhere: a watched file, the files of a watched directory, an HTTPS address.
//! Fetches bytes within bounds; knows no calendar and decides nothing.
//!
//! What is watched belongs to others. It can be missing, late, half written, enormous or hostile, and every one of
//! these is a value: a look never fails, it tells what it found.

mod address;
mod blocking;
mod file;
mod folder;
mod https;

pub use address::{Refused, is_narrow};
pub use blocking::Slow;
pub use https::{Address, AddressError, Names, Patience, SystemNames};

use crate::domain::{Clock, SourceKind};
use async_trait::async_trait;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What is watched.
#[derive(Debug, Clone)]
pub enum Place {
    /// One file.
    File(PathBuf),
    /// Every `*.ics` of a directory, each a timetable of its own.
    Directory(PathBuf),
    /// An HTTPS address.
    Https(Address),
}

impl Place {
    /// How its timetables reach us.
    pub const fn kind(&self) -> SourceKind {
        match self {
            Self::File(_) => SourceKind::File,
            Self::Directory(_) => SourceKind::Directory,
            Self::Https(_) => SourceKind::Https,
        }
    }
}

impl fmt::Display for Place {
    /// What may be shown to anybody: of an address only its host, because path and query can be secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Directory(path) => write!(f, "directory {}", path.display()),
            Self::Https(address) => address.fmt(f),
        }
    }
}

/// What one look found of one timetable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The same as was last kept.
    Unchanged,
    /// Other bytes, all of them.
    Fresh(Vec<u8>),
    /// It is being written just now: look again soon.
    Settling,
    /// It could not be had; why, as a clause without its full stop.
    Failed(String),
}

/// What one look offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// Which file of a directory, by a name that can stand in a source's; `None` for the only timetable there is, and
    /// for the directory itself, which offers [`Found::Unchanged`] or [`Found::Failed`].
    pub part: Option<String>,
    /// What was found.
    pub found: Found,
    /// The media type that came with it, such as `text/calendar; charset=utf-8`; a file has none.
    pub media_type: Option<String>,
}

impl Offer {
    fn whole(found: Found) -> Self {
        Self { part: None, found, media_type: None }
    }
}

/// One watched place.
#[async_trait]
pub trait Look: Send {
    /// Looks once, within bounded time and memory.
    async fn look(&mut self) -> Vec<Offer>;

    /// Takes what the latest look offered of `part` as dealt with: the same again is [`Found::Unchanged`]. Remembered
    /// until the process ends, so that a restart, perhaps with other settings, reads everything anew.
    fn keep(&mut self, part: Option<&str>);

    /// Takes nothing as dealt with any more: the next look offers everything, changed or not. For when what it is read
    /// with has changed.
    fn forget(&mut self);
}

/// A watcher of `place` that takes at most `bytes` in one look. `clock` is the machine's, beside which the age of a
/// file means something.
pub fn watch(place: &Place, bytes: usize, clock: Arc<dyn Clock>) -> Box<dyn Look> {
    match place {
        Place::File(path) => Box::new(file::Watched::new(path.clone(), bytes, clock)),
        Place::Directory(path) => Box::new(folder::Watched::new(path.clone(), bytes, clock)),
        Place::Https(address) => {
            let names = Arc::new(SystemNames);
            Box::new(address.clone().watched(bytes, names, Patience::DEFAULT))
        }
    }
}

/// SHA-256: whether two looks found the same bytes.
type Digest = [u8; 32];

fn digest(bytes: &[u8]) -> Digest {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}
