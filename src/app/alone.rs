//! The simulated account by itself, for AWS's own clients: nobody plans for it, and no students come.

use super::{bind, prepare};
use crate::domain::{Clock as _, SystemClock};
use crate::http;
use crate::lifecycle::Lifecycle;
use crate::sandbox::wire::{self, DB_CLUSTER, GROUP, REGION, RESOURCE_LABEL, TARGET_GROUP_ARN};
use crate::sandbox::{Account, Spec, Speed};
use crate::telemetry::LogTime;
use anyhow::Context as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// What the command line says.
#[derive(Debug, Clone)]
pub struct Alone {
    /// Where to listen; an address of this machine alone.
    pub listen: SocketAddr,
    /// Where the account outlives the process.
    pub data: Option<PathBuf>,
    /// Simulated seconds per real second, 1 to 600.
    pub speed: u16,
    /// What all chance comes from.
    pub seed: Option<u64>,
}

/// Serves a simulated account until told to stop.
///
/// # Errors
/// Whatever keeps it from starting: an address that others can reach or that is taken, a directory that cannot be used.
pub async fn sandbox_alone(options: Alone, log_time: &LogTime) -> anyhow::Result<ExitCode> {
    let Alone { listen, data, speed, seed } = options;
    anyhow::ensure!(
        listen.ip().is_loopback(),
        "the sandbox checks no signature, so it listens for this machine alone, such as on 127.0.0.1:4571; \
         choose such an address with --listen ADDR, not {listen}"
    );
    let lifecycle = Lifecycle::new().context("listen for signals")?;
    let listener = bind(listen).await?;
    let now = SystemClock.now();
    let chosen = seed.unwrap_or_else(|| u64::try_from(now.timestamp_millis()).unwrap_or_default());
    let spec = Spec { seed: chosen, starts_at: now, speed: Speed::new(speed)? };
    let account = match &data {
        Some(data) => {
            prepare(data)?;
            Account::open(data, spec)?
        }
        None => Account::forgotten(spec),
    };
    log_time.simulated(account.clock());

    let address = listener.local_addr().context("read the address we listen on")?;
    lifecycle.spawn("sandbox clock", {
        let (account, stop) = (account.clone(), lifecycle.soft_token());
        async move {
            stop.run_until_cancelled(account.keep_time()).await;
        }
    });
    let router = wire::router(account.clone());
    let (tracker, stop) = (lifecycle.tracker(), lifecycle.soft_token());
    lifecycle.spawn("http", http::serve(listener, router, tracker, stop));
    // A closed standard output is no reason not to serve.
    let _ = std::io::stdout().write_all(banner(address, &account, speed).as_bytes());
    lifecycle.ready(&format!("listening on {address}"));
    Ok(lifecycle.run(|| true).await)
}

/// How to point AWS's own command line at it.
fn banner(address: SocketAddr, account: &Account, speed: u16) -> String {
    format!(
        "\nSANDBOX: a simulated AWS account; nothing here is real, and no signature is checked.\n\
         It is {}; time runs up to {speed} times as fast as yours.{}\n\n\
         Point the AWS command line at it:\n\
         \x20 export AWS_ENDPOINT_URL=http://{address} AWS_REGION={REGION} AWS_DEFAULT_REGION={REGION}\n\
         \x20 export AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox AWS_EC2_METADATA_DISABLED=true\n\
         \x20 aws autoscaling describe-auto-scaling-groups\n\n\
         Group           {GROUP}\n\
         Target group    {TARGET_GROUP_ARN}\n\
         Resource label  {RESOURCE_LABEL}\n\
         Aurora cluster  {DB_CLUSTER}\n\n\
         Stop: Ctrl-C\n\n",
        account.clock().now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        if account.resumed() { " The account is resumed, with its own seed." } else { "" },
    )
}
