//! Runs a fleet's passes: on a period, on a wake, until told to stop. The next pass is the only retry.

use super::FleetLoop;
use crate::domain::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// After a pass that wrote, the next one reads back soon.
const READ_BACK: TimeDelta = TimeDelta::seconds(5);

/// Whether a loop turns, for the watchdog.
#[derive(Debug, Clone, Default)]
pub struct Heartbeat(Arc<AtomicBool>);

impl Heartbeat {
    /// Whether the loop has turned since this was last asked.
    pub fn turned(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }

    fn beat(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Passes over one fleet every `every`, and at once after `wake`, until `stop`.
pub async fn drive(
    mut fleet: FleetLoop,
    clock: Arc<dyn Clock>,
    every: TimeDelta,
    wake: Arc<Notify>,
    heartbeat: Heartbeat,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        let due = {
            let _pause = clock.pause();
            let acted = fleet.pass(clock.now()).await.acted;
            heartbeat.beat();
            clock.now() + if acted { READ_BACK } else { every }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = wake.notified() => {}
            () = until(&*clock, due, || heartbeat.beat()) => {}
        }
    }
}

/// Waits until `clock` shows `due`, and says so with `beat` every few seconds.
pub(super) async fn until(clock: &dyn Clock, due: DateTime<Utc>, beat: impl Fn()) {
    while clock.now() < due {
        // Never zero, so that a clock that lags behind its own promise cannot make this spin; never long, so
        // that a loop that waits still shows that it lives.
        let wait = clock.real_time_until(due);
        tokio::time::sleep(wait.clamp(MIN_SLEEP, MAX_SLEEP)).await;
        beat();
    }
}

const MIN_SLEEP: std::time::Duration = std::time::Duration::from_millis(1);
const MAX_SLEEP: std::time::Duration = std::time::Duration::from_secs(5);
