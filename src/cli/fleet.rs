//! Which fleet's settings a command works with.

use crate::config::{self, Fleet};
use anyhow::Context as _;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Choice {
    /// Configuration file; without it, the sandbox's settings
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Which fleet of the configuration; the first without
    #[arg(long, value_name = "F")]
    fleet: Option<String>,
}

impl Choice {
    /// The fleet that was chosen.
    pub(super) fn fleet(&self) -> anyhow::Result<Fleet> {
        let config = match &self.config {
            Some(path) => config::load(path)?,
            None => config::sandbox(),
        }
        .with_zones();
        let names: Vec<_> = config.fleets.iter().map(|fleet| fleet.name.to_string()).collect();
        let mut fleets = config.fleets.into_iter();
        let Some(wanted) = &self.fleet else {
            return fleets.next().context("the configuration has no fleet");
        };
        fleets.find(|fleet| fleet.name.as_str() == wanted).with_context(|| {
            format!("there is no fleet {wanted:?}; the configuration has {}", names.join(", "))
        })
    }
}
