//! From start to stop: signals, tasks that must not die alone, systemd's readiness and watchdog.

use sd_notify::NotifyState;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long tasks may take to finish what they are doing; below the unit's `TimeoutStopSec`.
const GRACE: Duration = Duration::from_secs(15);

/// The process, from its first task to its exit code.
pub struct Lifecycle {
    soft: CancellationToken,
    tracker: TaskTracker,
    failed: Arc<AtomicBool>,
    terminate: Signal,
    interrupt: Signal,
}

/// Ends the process when the task that owns it ends, by return or by panic, before anybody asked it to.
struct Alone {
    name: String,
    soft: CancellationToken,
    failed: Arc<AtomicBool>,
}

impl Drop for Alone {
    fn drop(&mut self) {
        if !self.soft.is_cancelled() {
            tracing::error!(task.name = %self.name, "task {} ended by itself; the process stops and is started again", self.name);
            self.failed.store(true, Ordering::Relaxed);
            self.soft.cancel();
        }
    }
}

impl Lifecycle {
    /// Listens for SIGTERM and SIGINT from now on.
    ///
    /// # Errors
    /// The system's, when a signal cannot be listened for.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            soft: CancellationToken::new(),
            tracker: TaskTracker::new(),
            failed: Arc::default(),
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Cancelled when it is time to finish what is under way and begin nothing new.
    pub fn soft_token(&self) -> CancellationToken {
        self.soft.clone()
    }

    /// Where further tasks, such as connections, are spawned.
    pub fn tracker(&self) -> TaskTracker {
        self.tracker.clone()
    }

    /// Runs a task that the process cannot do without.
    pub fn spawn(&self, name: &str, task: impl Future<Output = ()> + Send + 'static) {
        let alone = Alone {
            name: name.to_owned(),
            soft: self.soft.clone(),
            failed: Arc::clone(&self.failed),
        };
        self.tracker.spawn(async move {
            let _alone = alone;
            task.await;
        });
    }

    /// Tells systemd, if it asked, that we serve.
    pub fn ready(&self, status: &str) {
        notify(&[NotifyState::Ready, NotifyState::Status(status)]);
    }

    /// Waits for the end: a signal, or a task that died. `alive` feeds systemd's watchdog, if there is one.
    pub async fn run(mut self, alive: impl Fn() -> bool) -> ExitCode {
        let period = sd_notify::watchdog_enabled().map(|timeout| timeout / 2);
        loop {
            tokio::select! {
                _ = self.terminate.recv() => break,
                _ = self.interrupt.recv() => break,
                () = self.soft.cancelled() => break,
                () = tokio::time::sleep(period.unwrap_or(Duration::MAX)), if period.is_some() => {
                    if alive() {
                        notify(&[NotifyState::Watchdog]);
                    }
                }
            }
        }
        self.finish().await;
        if self.failed.load(Ordering::Relaxed) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Lets everything finish; a second signal or too long a wait cuts it short.
    async fn finish(&mut self) {
        notify(&[NotifyState::Stopping]);
        tracing::info!("stopping; what is under way is finished first");
        self.soft.cancel();
        self.tracker.close();
        tokio::select! {
            () = self.tracker.wait() => tracing::info!("stopped"),
            _ = self.terminate.recv() => tracing::warn!("stopped at once, as asked a second time"),
            _ = self.interrupt.recv() => tracing::warn!("stopped at once, as asked a second time"),
            () = tokio::time::sleep(GRACE) => tracing::warn!("stopped; not everything had finished within {GRACE:?}"),
        }
    }
}

/// Without systemd this does nothing; with it, a failure to notify must not stop an exam.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "failed to notify systemd");
    }
}
