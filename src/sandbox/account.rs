//! The simulated account behind the doors of a real one.

use super::clock::{SandboxClock, Speed};
use super::journal::{Beginning, Input, Journal};
use super::last_seen::LastSeen;
use super::world::{Outcome, Refusal, World, first};
use super::{Error, files};
use crate::aws::{self, Actuate, Observe};
use crate::domain::{
    Action, Attempts, Clock, Connections, Group, Nodes, SandboxCounters, ScheduledAction, Seen,
    Sitting, TrackingPolicy,
};
use crate::moodle::CountAttempts;
use crate::report::Chain;
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How far [`Account::keep_time`] lets the clock run at a time, in real time.
const TICK: Duration = Duration::from_millis(100);

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
    /// Two processes that append to one journal would damage it.
    _alone: File,
}

impl Account {
    /// Opens the sandbox of a data directory: lived through again and moved on by the real time since it was
    /// last seen, or new.
    ///
    /// # Errors
    /// [`Error::File`] where a file cannot be read or written, [`Error::Damaged`] where it makes no sense,
    /// [`Error::InUse`] where another process has the account.
    pub fn open(data: &Path, spec: Spec) -> Result<Self, Error> {
        let Spec { seed, starts_at, speed } = spec;
        let new = Beginning { seed, starts_at };
        let alone = files::lock(data)?;
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
        let memory = Some(Memory { journal, last_seen, _alone: alone });
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
        let spec = Spec { seed, starts_at, speed: Speed::REAL_TIME };
        Self::unrecorded(spec, clock)
    }

    /// An account with a clock of its own that is forgotten with the process.
    pub fn forgotten(spec: Spec) -> Self {
        let clock = SandboxClock::starting_at(spec.starts_at, spec.speed);
        Self::unrecorded(spec, Arc::new(clock))
    }

    fn unrecorded(spec: Spec, clock: Arc<dyn Clock>) -> Self {
        let Spec { seed, starts_at, speed } = spec;
        let world = World::new(seed, starts_at);
        Self(Arc::new(Inner {
            clock,
            speed,
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
        let sittings = sittings.to_vec();
        state.write_down(&Input::Enrol(sittings.clone()))?;
        state.world.enrol(&sittings);
        state.enrolled = sittings;
        Ok(())
    }

    /// What students and meters have counted. A static fleet would have kept the greatest floor all the time: that of
    /// the plan in force, `peak`, or the greatest there has been.
    pub fn counters(&self, peak: Nodes) -> SandboxCounters {
        let state = self.live();
        let (now, counts) = (state.world.now(), state.world.counts());
        let peak = peak.max(counts.greatest_floor);
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

    /// Lets time pass for as long as this is polled, also while nobody asks for anything: the clock stands where
    /// it was last asked to wake somebody, so there must be one who asks.
    pub async fn keep_time(&self) {
        loop {
            let step = self.0.speed.simulated(TICK);
            let due = self.0.clock.now() + step;
            tokio::time::sleep(self.0.clock.real_time_until(due)).await;
            drop(self.live());
        }
    }

    /// Reads at the present moment.
    pub(super) fn look<T>(&self, read: impl FnOnce(&World) -> T) -> T {
        read(&self.live().world)
    }

    /// Gives the world something, once it is written down.
    pub(super) fn give(&self, input: &Input) -> Outcome {
        let mut state = self.live();
        state
            .write_down(input)
            .map_err(|error| vec![Refusal::from(aws::Error::Other(Chain(&error).to_string()))])?;
        input.give(&mut state.world)
    }

    /// The account at its clock's present moment.
    fn live(&self) -> MutexGuard<'_, State> {
        let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.world.advance(self.0.clock.now());
        state.remember();
        state
    }
}

impl State {
    /// Before it is done, so that nothing is acknowledged that a replay would not know.
    fn write_down(&mut self, input: &Input) -> Result<(), Error> {
        match &mut self.memory {
            Some(memory) => memory.journal.append(self.world.now(), input),
            None => Ok(()),
        }
    }

    fn remember(&mut self) {
        let now = self.world.now();
        let saved = self.memory.as_mut().map(|memory| memory.last_seen.save(now));
        if let Some(Err(error)) = saved {
            tracing::warn!(error = %Chain(&error), "failed to save the sandbox's clock");
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
        first(self.give(&Input::Write(action.clone())))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Candidates, ManualClock, Process, SittingKey, Span, SystemClock, Tracking, TrackingPolicy,
    };
    use std::fs;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn spec(seed: u64, starts: i64) -> Spec {
        Spec { seed, starts_at: at(starts), speed: Speed::new(600).unwrap() }
    }

    fn sitting(candidates: u32) -> Sitting {
        Sitting {
            key: SittingKey { uid: "exam".into(), recurrence_id: None },
            title: "Exam".into(),
            span: Span::new(at(3_600), at(7_200)).unwrap(),
            candidates: Candidates::new(candidates),
            extra_time: vec![],
            other_readings: vec![],
            source_line: Some(3),
        }
    }

    fn bounds(min: u32) -> Action {
        Action::SetBounds { min: Some(Nodes::new(min)), max: None }
    }

    #[tokio::test]
    async fn it_lives_up_to_its_clock_before_it_answers() {
        let clock = Arc::new(ManualClock::at(at(0)));
        let account = Account::in_memory(1, at(0), clock.clone());
        account.enrol(&[sitting(500)]).unwrap();
        account.apply(&bounds(6)).await.unwrap();
        clock.advance(TimeDelta::seconds(3_600 + 600));
        let group = account.group().await.known().cloned().unwrap();
        assert_eq!(group.in_service_count(), Nodes::new(6));
        let attempts = account.count().await.known().copied().unwrap();
        assert!((460..=500).contains(&attempts.active), "{attempts:?}");
        assert_eq!((attempts.as_of, attempts.latest_deadline), (at(4_200), Some(at(7_200))));
        let counters = account.counters(Nodes::new(12));
        assert_eq!((counters.now, counters.late_starts), (at(4_200), 0));
        assert!((counters.static_peak_node_hours - 14.0).abs() < 1e-9, "{counters:?}");
    }

    #[tokio::test]
    async fn killed_it_is_the_same_account_and_has_lived_on() {
        let folder = tempfile::tempdir().unwrap();
        let account = Account::open(folder.path(), spec(1, 0)).unwrap();
        assert!(!account.resumed());
        account.enrol(&[sitting(500)]).unwrap();
        account.apply(&bounds(6)).await.unwrap();
        let ids = |group: Seen<Group>| {
            let group = group.known().cloned().unwrap();
            group.instances.into_iter().map(|instance| instance.id).collect::<Vec<_>>()
        };
        let before = ids(account.group().await);
        drop(account);
        let away = TimeDelta::seconds(5);
        let saved = format!(
            r#"{{"simulated":"{}","wall":"{}"}}"#,
            at(10).to_rfc3339(),
            (SystemClock.now() - away).to_rfc3339()
        );
        fs::write(folder.path().join("sandbox.clock"), saved).unwrap();
        let account = Account::open(folder.path(), spec(2, 77)).unwrap();
        assert!(account.resumed());
        assert_eq!(account.started_at(), at(0));
        assert!(at(10 + 5 * 600) <= account.clock().now(), "the time away counts at its speed");
        let after = ids(account.group().await);
        assert!(before[..2].iter().all(|id| after.contains(id)), "{before:?} {after:?}");
        assert_eq!(after.len(), 6);
    }

    #[tokio::test]
    async fn a_timetable_told_again_is_not_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let lines = || {
            let journal = fs::read_to_string(folder.path().join("sandbox.journal"));
            journal.unwrap().lines().count()
        };
        for expected in [2, 2] {
            let account = Account::open(folder.path(), spec(1, 0)).unwrap();
            account.enrol(&[sitting(500)]).unwrap();
            account.enrol(&[sitting(500)]).unwrap();
            assert_eq!(lines(), expected);
        }
        let account = Account::open(folder.path(), spec(1, 0)).unwrap();
        account.enrol(&[sitting(501)]).unwrap();
        assert_eq!(lines(), 3);
    }

    #[tokio::test]
    async fn every_write_reaches_the_account() {
        let clock = Arc::new(ManualClock::at(at(0)));
        let account = Account::in_memory(1, at(0), clock.clone());
        let policy = TrackingPolicy {
            name: "invigilator-moodle-tracking".into(),
            tracking: Tracking::Cpu(crate::domain::Share::new(0.5).unwrap()),
            scale_in_disabled: true,
        };
        let raise = ScheduledAction {
            name: "invigilator-moodle-1".into(),
            at: at(600),
            min: Some(Nodes::new(3)),
            max: None,
            desired: None,
        };
        let suspended = vec![Process::AzRebalance, Process::InstanceRefresh];
        for action in [
            Action::PutPolicy(policy.clone()),
            Action::PutScheduled(vec![raise.clone()]),
            Action::Suspend(suspended.clone()),
            Action::ProtectNew,
        ] {
            account.apply(&action).await.unwrap();
        }
        assert_eq!(account.policies().await, Seen::Known(vec![policy]));
        assert_eq!(account.scheduled().await, Seen::Known(vec![raise]));
        let group = account.group().await.known().cloned().unwrap();
        assert!(group.suspended.into_iter().eq(suspended) && group.new_instances_protected);
        let refused = account.apply(&Action::DeleteScheduled(vec!["x".into()])).await;
        assert!(matches!(refused, Err(aws::Error::Gone(_))));
    }

    #[test]
    fn one_process_has_an_account_and_the_next_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let account = Account::open(folder.path(), spec(1, 0)).unwrap();
        let told = Account::open(folder.path(), spec(1, 0)).err().unwrap();
        assert!(matches!(&told, Error::InUse(_)) && told.to_string().contains("--data"), "{told}");
        drop(account);
        Account::open(folder.path(), spec(1, 0)).unwrap();
    }

    #[test]
    fn a_damaged_clock_is_told_and_nothing_is_guessed() {
        let folder = tempfile::tempdir().unwrap();
        drop(Account::open(folder.path(), spec(1, 0)).unwrap());
        fs::write(folder.path().join("sandbox.clock"), "{").unwrap();
        let told = Account::open(folder.path(), spec(1, 0)).err().unwrap().to_string();
        assert!(told.contains("sandbox.clock") && told.contains("delete it"), "{told}");
    }
}
