//! The simulated account behind the doors of a real one.

use super::Error;
use super::clock::{SandboxClock, Speed};
use super::journal::{Beginning, Input, Journal};
use super::last_seen::LastSeen;
use super::world::World;
use crate::aws::{self, Actuate, Observe};
use crate::domain::{
    Action, Attempts, Clock, Connections, Group, Nodes, SandboxCounters, ScheduledAction, Seen,
    Sitting, TrackingPolicy,
};
use crate::moodle::CountAttempts;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How a sandbox begins. One that is resumed keeps its own seed and start.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// All chance comes from this.
    pub seed: u64,
    /// The first simulated moment.
    pub starts_at: DateTime<Utc>,
    /// How fast simulated time may run.
    pub speed: Speed,
}

/// A simulated account with students in it; clones are the same account. Whatever is asked of it, it first
/// lives up to its clock's present moment.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    clock: Arc<dyn Clock>,
    speed: Speed,
    started_at: DateTime<Utc>,
    resumed: bool,
    state: Mutex<State>,
}

struct State {
    world: World,
    /// The timetable the students know.
    enrolled: Vec<Sitting>,
    memory: Option<Memory>,
}

/// What outlives the process.
struct Memory {
    journal: Journal,
    last_seen: LastSeen,
}

impl Account {
    /// Opens the sandbox of a data directory: lived through again and moved on by the real time since it was
    /// last seen, or new.
    ///
    /// # Errors
    /// [`Error::File`] where a file cannot be read or written, [`Error::Damaged`] where it makes no sense.
    pub fn open(data: &Path, spec: Spec) -> Result<Self, Error> {
        let Spec { seed, starts_at, speed } = spec;
        let new = Beginning { seed, starts_at };
        let (journal, told) = Journal::open(data, new)?;
        let mut last_seen = LastSeen::at(data);
        let resumed = told.is_some();
        let beginning = told.as_ref().map_or(new, |told| told.beginning);
        let mut world = World::new(beginning.seed, beginning.starts_at);
        let mut enrolled = Vec::new();
        for (at, input) in told.into_iter().flat_map(|told| told.inputs) {
            world.advance(at);
            // What was refused then is refused now, to the same effect.
            let _ = input.give(&mut world);
            if let Input::Enrol(sittings) = input {
                enrolled = sittings;
            }
        }
        if resumed && let Some(now) = last_seen.resume(speed)? {
            world.advance(now);
        }
        last_seen.save(world.now())?;
        let clock = Arc::new(SandboxClock::starting_at(world.now(), speed));
        let memory = Some(Memory { journal, last_seen });
        Ok(Self(Arc::new(Inner {
            clock,
            speed,
            started_at: beginning.starts_at,
            resumed,
            state: Mutex::new(State { world, enrolled, memory }),
        })))
    }

    /// An account that follows another clock and is forgotten with the process.
    pub fn in_memory(seed: u64, starts_at: DateTime<Utc>, clock: Arc<dyn Clock>) -> Self {
        let world = World::new(seed, starts_at);
        Self(Arc::new(Inner {
            clock,
            speed: Speed::REAL_TIME,
            started_at: starts_at,
            resumed: false,
            state: Mutex::new(State { world, enrolled: Vec::new(), memory: None }),
        }))
    }

    /// The clock that the account follows, and that the daemon should follow too.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::clone(&self.0.clock)
    }

    /// The first simulated moment.
    pub fn started_at(&self) -> DateTime<Utc> {
        self.0.started_at
    }

    /// Whether an earlier process began this account.
    pub fn resumed(&self) -> bool {
        self.0.resumed
    }

    /// Tells the students the timetable in force. Telling it again changes nothing.
    ///
    /// # Errors
    /// [`Error::File`] when it could not be written down; then nobody was told.
    pub fn enrol(&self, sittings: &[Sitting]) -> Result<(), Error> {
        let mut state = self.live();
        if state.enrolled == sittings {
            return Ok(());
        }
        let done = state.give(&Input::Enrol(sittings.to_vec()))?;
        state.enrolled = sittings.to_vec();
        debug_assert_eq!(done, Ok(()), "a timetable is never refused");
        Ok(())
    }

    /// What students and meters have counted; `peak` is what a static fleet would have kept all the time.
    pub fn counters(&self, peak: Nodes) -> SandboxCounters {
        let state = self.live();
        let (now, counts) = (state.world.now(), state.world.counts());
        SandboxCounters {
            now,
            speed: f64::from(self.0.speed.get()),
            starts: counts.starts,
            late_starts: counts.late_starts,
            submissions: counts.submissions,
            late_submissions: counts.late_submissions,
            removed_during_attempts: counts.removed_during_attempts,
            node_hours: hours(counts.node_time),
            static_peak_node_hours: f64::from(peak.get()) * hours(now - self.0.started_at),
        }
    }

    /// The account at its clock's present moment.
    fn live(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        let state_now = self.0.clock.now();
        state.world.advance(state_now);
        state.remember();
        state
    }
}

impl State {
    /// Written down first, then done.
    fn give(&mut self, input: &Input) -> Result<Result<(), aws::Error>, Error> {
        if let Some(memory) = &mut self.memory {
            memory.journal.append(self.world.now(), input)?;
        }
        Ok(input.give(&mut self.world))
    }

    fn remember(&mut self) {
        let now = self.world.now();
        let saved = self.memory.as_mut().map(|memory| memory.last_seen.save(now));
        if let Some(Err(error)) = saved {
            tracing::warn!(error = %crate::report::Chain(&error), "failed to save the sandbox's clock");
        }
    }
}

#[async_trait]
impl Observe for Account {
    async fn group(&self) -> Seen<Group> {
        Seen::Known(self.live().world.group())
    }

    async fn scheduled(&self) -> Seen<Vec<ScheduledAction>> {
        Seen::Known(self.live().world.scheduled())
    }

    async fn policies(&self) -> Seen<Vec<TrackingPolicy>> {
        Seen::Known(self.live().world.policies())
    }

    async fn connections(&self) -> Seen<Connections> {
        Seen::Known(self.live().world.connections())
    }
}

#[async_trait]
impl Actuate for Account {
    async fn apply(&self, action: &Action) -> Result<(), aws::Error> {
        let given = self.live().give(&Input::Write(action.clone()));
        given.unwrap_or_else(|error| {
            Err(aws::Error::Other(crate::report::Chain(&error).to_string()))
        })
    }
}

#[async_trait]
impl CountAttempts for Account {
    async fn count(&self) -> Seen<Attempts> {
        Seen::Known(self.live().world.attempts())
    }
}

fn hours(time: TimeDelta) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of node time are far below 2^53")]
    let milliseconds = time.num_milliseconds() as f64;
    milliseconds / 3_600_000.0
}
