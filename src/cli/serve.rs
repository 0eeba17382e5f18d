//! `invigilator serve`.

use crate::app::{self, Serve};
use crate::{config, telemetry};
use anyhow::Context as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Configuration file; without it, the built-in sandbox
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where to listen, such as 127.0.0.1:8080, which is the sandbox's
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// Directory of our own state; the sandbox's is ./invigilator-data
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Simulated seconds per real second, 1 to 600, sandbox only; 60 without it
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=600))]
    speed: Option<u16>,
}

pub(super) fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = match &arguments.config {
        Some(path) => config::load(path)?,
        None => config::sandbox(),
    }
    .with_zones();
    let log_time = telemetry::begin(config.log, std::env::var("INVIGILATOR_LOG").ok())?;
    let options = Serve { listen: arguments.listen, data: arguments.data, speed: arguments.speed };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("start the runtime")?;
    let ended = runtime.block_on(app::serve(config, options, log_time));
    // An upload that is still being worked through is not waited for: nothing of it is in force.
    runtime.shutdown_background();
    ended
}
