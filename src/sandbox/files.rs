//! Files that are there whole or not at all.

use super::Error;
use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// What a file holds; `None` where there is none.
pub(super) fn read(path: &Path, operation: &'static str) -> Result<Option<Vec<u8>>, Error> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(source) if source.kind() == ErrorKind::NotFound => Ok(None),
        Err(source) => Err(failed(path, operation)(source)),
    }
}

/// Takes a folder for this process alone, for as long as what is returned lives.
pub(super) fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("sandbox.lock");
    let operation = "lock the sandbox with";
    let file = File::create(&path).map_err(failed(&path, operation))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(folder.to_path_buf())),
        Err(TryLockError::Error(source)) => Err(failed(&path, operation)(source)),
    }
}

/// Replaces a file at once, on the disk as well, so that a crash leaves the old one or the new one.
pub(super) fn replace(path: &Path, text: &str, operation: &'static str) -> Result<(), Error> {
    let beside = path.with_added_extension("new");
    let written = File::create(&beside).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_data()?;
        fs::rename(&beside, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    });
    written.map_err(failed(path, operation))
}

/// Says which file it was.
pub(super) fn failed(path: &Path, operation: &'static str) -> impl FnOnce(std::io::Error) -> Error {
    let path = path.to_path_buf();
    move |source| Error::File { operation, path, source }
}
