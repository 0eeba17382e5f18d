//! `invigilator sandbox`.

use crate::app::{self, Alone};
use crate::{config, telemetry};
use anyhow::Context as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Where to listen: an address of this machine alone, since signatures are not checked
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4571")]
    listen: SocketAddr,
    /// Directory in which the account outlives the process; without it, it is forgotten
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Simulated seconds per real second, 1 to 600
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=600))]
    speed: u16,
    /// All chance comes from this; without it, every new account is another
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { listen, data, speed, seed } = arguments;
    let log_time = telemetry::begin(config::sandbox().log, std::env::var("INVIGILATOR_LOG").ok())?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the runtime")?;
    runtime.block_on(app::sandbox_alone(Alone { listen, data, speed, seed }, &log_time))
}
