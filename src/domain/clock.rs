//! Who says what time it is. The only place that reads the machine's clock.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Mutex;
use std::time::Duration;

/// While this lives, a simulated clock stands still. It means nothing to a real clock.
pub type Pause = Box<dyn Send + Sync>;

/// A source of the present moment, handed to whoever needs one.
pub trait Clock: Send + Sync {
    /// The present moment, UTC.
    fn now(&self) -> DateTime<Utc>;

    /// How long to sleep, in real time, until this clock may show `due`; zero once it does. A clock that can
    /// be told to will not run past `due` before it has been asked again.
    fn real_time_until(&self, due: DateTime<Utc>) -> Duration;

    /// Stops a simulated clock for as long as the returned value lives, so that neither a slow pass nor a
    /// slow read costs simulated time.
    fn pause(&self) -> Pause;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        DateTime::from(std::time::SystemTime::now())
    }

    fn real_time_until(&self, due: DateTime<Utc>) -> Duration {
        (due - self.now()).to_std().unwrap_or(Duration::ZERO)
    }

    fn pause(&self) -> Pause {
        Box::new(())
    }
}

/// A clock that moves only when told to.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        *self.lock() += by;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, DateTime<Utc>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.lock()
    }

    fn real_time_until(&self, due: DateTime<Utc>) -> Duration {
        (due - self.now()).to_std().unwrap_or(Duration::ZERO)
    }

    fn pause(&self) -> Pause {
        Box::new(())
    }
}
