//! When this process was last seen alive, in simulated and in real time: what the account makes up for after a
//! kill is the real time since.

use super::clock::Speed;
use super::record::Stamp;
use super::{Error, files};
use crate::domain::{Clock as _, SystemClock};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Saved no more often than this, in real time.
const EVERY: Duration = Duration::from_millis(250);

/// The file `sandbox.clock`.
pub(super) struct LastSeen {
    path: PathBuf,
    saved: Option<Instant>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    simulated: Stamp,
    wall: Stamp,
}

impl LastSeen {
    pub(super) fn at(data: &Path) -> Self {
        Self { path: data.join("sandbox.clock"), saved: None }
    }

    /// The simulated moment of now: the one saved, moved on by the real time since at the *present* speed. `None`
    /// if nothing was saved. A wall clock that was set back costs no simulated time.
    pub(super) fn resume(&self, speed: Speed) -> Result<Option<DateTime<Utc>>, Error> {
        let Some(bytes) = files::read(&self.path, "read the sandbox's clock from")? else {
            return Ok(None);
        };
        let saved: Saved = serde_json::from_slice(&bytes).map_err(|why| Error::Damaged {
            path: self.path.clone(),
            line: 1,
            why: why.to_string(),
            remedy: "resume at the last write",
        })?;
        let away = (SystemClock.now() - saved.wall.0).to_std().unwrap_or_default();
        Ok(saved.simulated.0.checked_add_signed(speed.simulated(away)))
    }

    /// Saves the simulated moment, unless that was done just now.
    pub(super) fn save(&mut self, simulated: DateTime<Utc>) -> Result<(), Error> {
        if self.saved.is_some_and(|saved| saved.elapsed() < EVERY) {
            return Ok(());
        }
        let saved = Saved { simulated: Stamp(simulated), wall: Stamp(SystemClock.now()) };
        let text = serde_json::to_string(&saved).map_err(std::io::Error::from);
        let operation = "write the sandbox's clock to";
        let text = text.map_err(files::failed(&self.path, operation))?;
        files::replace(&self.path, &text, operation)?;
        self.saved = Some(Instant::now());
        Ok(())
    }
}
