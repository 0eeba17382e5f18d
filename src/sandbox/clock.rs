//! The sandbox's time: up to 600 times as fast as real time, and never unfair to a slow machine.

use super::Error;
use crate::domain::{Clock, Pause};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Simulated seconds per real second, 1 to 600: an upper bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed(u16);

impl Speed {
    /// Real time.
    pub(super) const REAL_TIME: Self = Self(1);

    /// A speed from 1 to 600.
    ///
    /// # Errors
    /// [`Error::Speed`] outside of that.
    pub fn new(times: u16) -> Result<Self, Error> {
        if (1..=600).contains(&times) { Ok(Self(times)) } else { Err(Error::Speed(times)) }
    }

    /// The bare factor.
    pub const fn get(self) -> u16 {
        self.0
    }

    /// How much simulated time passes in `real` time at most.
    pub(super) fn simulated(self, real: Duration) -> TimeDelta {
        let simulated = real.saturating_mul(u32::from(self.0));
        TimeDelta::from_std(simulated).unwrap_or(TimeDelta::MAX)
    }
}

/// Time since some moment, by a clock that is never set back.
type RealTime = Box<dyn Fn() -> Duration + Send + Sync>;

/// A clock that runs at a speed, but stands still
///
/// - while anything returned by [`Clock::pause`] lives, and
/// - at the earliest moment that anybody has asked to be woken at, until somebody asks again.
///
/// So a pass that is due is never overtaken, however slow the machine; time lost that way is not made up for. A
/// new clock stands until it is asked for the first time.
pub(super) struct SandboxClock(Arc<Inner>);

struct Inner {
    speed: Speed,
    real: RealTime,
    state: Mutex<State>,
}

struct State {
    /// Simulated time at `since`.
    anchor: DateTime<Utc>,
    /// Real time at which the clock last began to run from `anchor`.
    since: Duration,
    pauses: usize,
    /// Moments asked for that have not been followed by another question since they were reached.
    dues: BTreeSet<DateTime<Utc>>,
}

impl SandboxClock {
    pub(super) fn starting_at(now: DateTime<Utc>, speed: Speed) -> Self {
        let began = Instant::now();
        Self::driven_by(Box::new(move || began.elapsed()), now, speed)
    }

    fn driven_by(real: RealTime, now: DateTime<Utc>, speed: Speed) -> Self {
        let state = State { anchor: now, since: real(), pauses: 0, dues: BTreeSet::from([now]) };
        Self(Arc::new(Inner { speed, real, state: Mutex::new(state) }))
    }
}

impl Inner {
    /// The state with its anchor moved to the present.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let real = (self.real)();
        if state.pauses == 0 {
            let passed = self.speed.simulated(real.saturating_sub(state.since));
            let free = state.anchor.checked_add_signed(passed).unwrap_or(state.anchor);
            let bound = state.dues.first().map_or(free, |due| free.min(*due));
            state.anchor = state.anchor.max(bound);
        }
        state.since = real;
        state
    }
}

impl Clock for SandboxClock {
    fn now(&self) -> DateTime<Utc> {
        let now = self.0.settled().anchor;
        now.duration_trunc(TimeDelta::milliseconds(1)).unwrap_or(now)
    }

    fn real_time_until(&self, due: DateTime<Utc>) -> Duration {
        let mut state = self.0.settled();
        let now = state.anchor;
        state.dues.retain(|earlier| now < *earlier);
        let left = (due - now).to_std().unwrap_or_default();
        if !left.is_zero() {
            state.dues.insert(due);
        }
        left / u32::from(self.0.speed.get())
    }

    fn pause(&self) -> Pause {
        self.0.settled().pauses += 1;
        Box::new(Standing(Arc::clone(&self.0)))
    }
}

/// While this lives, the clock stands.
struct Standing(Arc<Inner>);

impl Drop for Standing {
    fn drop(&mut self) {
        self.0.settled().pauses -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    /// A clock at second 0, ten times as fast as a real time that is set by hand, in milliseconds.
    fn clock() -> (SandboxClock, Arc<AtomicU64>) {
        let real = Arc::new(AtomicU64::new(0));
        let hand = Arc::clone(&real);
        let read = move || Duration::from_millis(hand.load(Ordering::Relaxed));
        (SandboxClock::driven_by(Box::new(read), at(0), Speed::new(10).unwrap()), real)
    }

    fn pass(real: &AtomicU64, milliseconds: u64) {
        real.fetch_add(milliseconds, Ordering::Relaxed);
    }

    #[test]
    fn it_stands_until_it_is_first_asked_then_runs_at_its_speed() {
        let (clock, real) = clock();
        pass(&real, 5_000);
        assert_eq!(clock.now(), at(0));
        assert_eq!(clock.real_time_until(at(30)), Duration::from_secs(3));
        pass(&real, 1_000);
        assert_eq!(clock.now(), at(10));
    }

    #[test]
    fn it_never_overtakes_what_is_due_until_asked_again() {
        let (clock, real) = clock();
        clock.real_time_until(at(30));
        pass(&real, 60_000);
        assert_eq!(clock.now(), at(30));
        assert_eq!(clock.real_time_until(at(30)), Duration::ZERO);
        clock.real_time_until(at(60));
        pass(&real, 1_000);
        assert_eq!(clock.now(), at(40), "the time it stood is not made up for");
    }

    #[test]
    fn of_two_moments_asked_for_the_earlier_one_holds() {
        let (clock, real) = clock();
        clock.real_time_until(at(60));
        clock.real_time_until(at(30));
        pass(&real, 60_000);
        assert_eq!(clock.now(), at(30));
        clock.real_time_until(at(90));
        pass(&real, 60_000);
        assert_eq!(clock.now(), at(60));
    }

    #[test]
    fn it_stands_while_any_pause_lives() {
        let (clock, real) = clock();
        clock.real_time_until(at(100));
        let (first, second) = (clock.pause(), clock.pause());
        pass(&real, 1_000);
        drop(first);
        pass(&real, 1_000);
        assert_eq!(clock.now(), at(0));
        drop(second);
        pass(&real, 1_000);
        assert_eq!(clock.now(), at(10));
    }

    #[test]
    fn speeds_outside_1_to_600_are_refused_by_name() {
        for wrong in [0, 601] {
            assert!(Speed::new(wrong).unwrap_err().to_string().contains("1 to 600"));
        }
        assert!(Speed::new(600).is_ok());
    }
}
