//! A simulated AWS account with students in it: pure, seeded, and moved by being told what time it is.
//!
//! Nothing here looks at a clock. [`World::advance`] carries out every event up to a moment, in order; one long
//! step and many short ones lead to the same world. All chance comes from streams that are named after what
//! they decide about, so a world is a function of its seed, its start, and the writes it was given.

mod activity;
mod agenda;
mod database;
mod draw;
mod foreign;
mod group;
mod metrics;
mod outage;
mod outcome;
mod past;
mod queue;
mod recurrence;
mod scheduled;
mod students;
mod tracking;

pub(super) use activity::{Activity, Failure, Kind, Status};
pub(super) use database::{Database, MEMBERS};
pub(super) use foreign::{Foreign, Recurring, Update};
pub(super) use group::{COOL_DOWN, GROUP, ZONES};
pub(super) use metrics::{Minute, Sizes};
pub(super) use outage::{Lack, Outage};
pub(super) use outcome::{Outcome, Refusal, first};
pub(super) use past::{KEPT, Told};
pub(super) use recurrence::Recurrence;

use crate::domain::{
    Action, Attempts, Connections, Group, Nodes, Process, ScheduledAction, Sitting, TrackingPolicy,
};
use agenda::{Agenda, Event};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use group::{AutoScaling, Bounds};
use metrics::{MINUTE, Minutes};
use outcome::whole;
use past::Past;
use queue::{Queue, Surroundings};
use scheduled::Schedule;
use students::Students;
use tracking::Tracker;

/// The writer's `max_connections`: an Aurora MySQL instance of a size xlarge has 2,000 by default.
const CONNECTION_LIMIT: u32 = 2_000;
/// A group as the summer leaves it.
const SUMMER: Bounds = Bounds { min: Nodes::new(2), max: Nodes::new(40), desired: Nodes::new(2) };

/// What students and meters have counted since the world began.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counts {
    pub(super) starts: u64,
    pub(super) late_starts: u64,
    pub(super) submissions: u64,
    pub(super) late_submissions: u64,
    pub(super) removed_during_attempts: u64,
    pub(super) node_time: TimeDelta,
    /// The greatest MinSize there has been.
    pub(super) greatest_floor: Nodes,
}

/// The account, its servers and its students.
#[derive(Debug)]
pub(super) struct World {
    now: DateTime<Utc>,
    next_minute: DateTime<Utc>,
    agenda: Agenda,
    group: AutoScaling,
    schedule: Schedule,
    tracking: Tracker,
    students: Students,
    queue: Queue,
    database: Database,
    past: Past,
    minutes: Minutes,
    removed_during_attempts: u64,
    greatest_floor: Nodes,
}

/// Which source has the next event; at the same moment, in this order.
#[derive(Debug, Clone, Copy)]
enum Next {
    Gathering,
    Event,
    ScheduledAction,
    Minute,
}

impl World {
    /// A world that begins at a moment, with two nodes in service and no timetable.
    pub(super) fn new(seed: u64, starts_at: DateTime<Utc>) -> Self {
        let minute = starts_at.duration_trunc(MINUTE).unwrap_or(starts_at);
        let mut world = Self {
            now: starts_at,
            next_minute: minute + MINUTE,
            agenda: Agenda::default(),
            group: AutoScaling::new(seed, SUMMER, starts_at),
            schedule: Schedule::new(seed),
            tracking: Tracker::default(),
            students: Students::new(seed),
            queue: Queue::new(starts_at),
            database: Database::new(),
            past: Past::default(),
            minutes: Minutes::default(),
            removed_during_attempts: 0,
            greatest_floor: Nodes::ZERO,
        };
        world.remember();
        world
    }

    /// The moment the world has reached.
    pub(super) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Lets everything happen that is due up to `to`; the past stays as it is.
    pub(super) fn advance(&mut self, to: DateTime<Utc>) {
        while let Some((at, next)) = self.next().filter(|(at, _)| *at <= to) {
            self.queue.measure(self.surroundings(), at);
            self.now = at;
            match next {
                Next::Gathering => self.students.gather(&mut self.agenda),
                Next::Event => self.happen(),
                Next::ScheduledAction => self.fire(),
                Next::Minute => self.minute(),
            }
            self.serve();
        }
        self.now = self.now.max(to);
    }

    fn next(&self) -> Option<(DateTime<Utc>, Next)> {
        [
            (self.students.next_at(), Next::Gathering),
            (self.agenda.next_at(), Next::Event),
            (self.schedule.next_at(self.now), Next::ScheduledAction),
            (Some(self.next_minute), Next::Minute),
        ]
        .into_iter()
        .filter_map(|(at, next)| Some((at?, next)))
        .min_by_key(|(at, _)| *at)
    }

    fn happen(&mut self) {
        let now = self.now;
        match self.agenda.take() {
            Some(Event::Booted(node)) => {
                self.group.booted(node, now);
                self.balance();
                self.remember();
            }
            Some(Event::LaunchFailed(node)) => {
                self.group.gone(node, now);
                self.balance();
                self.remember();
            }
            Some(Event::Gone(node)) => {
                self.group.gone(node, now);
                self.remember();
            }
            Some(Event::FailedOver) => {
                self.database.failed_over();
                self.remember();
            }
            Some(Event::Opened(sitting)) => self.students.open(sitting),
            Some(Event::Pressed(seat)) => self.queue.add(self.students.press(seat, now)),
            Some(Event::Sent(seat)) => self.queue.add(self.students.send(seat, now)),
            Some(Event::Answered(seat)) => {
                self.queue.answered();
                self.students.answered(seat, now, &mut self.agenda);
            }
            Some(Event::Over(sitting)) => {
                self.students.over(sitting);
                let students = &self.students;
                self.queue.leave(|request| students.has_left(request.seat));
            }
            None => {}
        }
    }

    /// A scheduled action is carried out; while the process is suspended, it is lost.
    fn fire(&mut self) {
        let action = self.schedule.take();
        if let Some(action) = action.filter(|_| !self.group.is_suspended(Process::ScheduledActions))
        {
            self.group.scale(action.min, action.max, action.desired);
            self.balance();
        }
        self.remember();
    }

    /// One datapoint of the CPU metric, and what the alarms make of it.
    fn minute(&mut self) {
        let begins = self.next_minute - MINUTE;
        self.next_minute += MINUTE;
        let datapoint = self.queue.take_datapoint();
        self.tracking.minute(datapoint);
        self.minutes.keep(self.measured(begins).with_datapoint(datapoint));
        if self.group.is_short() {
            // What no zone had capacity for is tried again.
            self.balance();
            self.remember();
        }
        if self.group.is_suspended(Process::AlarmNotification) {
            return;
        }
        let warming = self.group.is_warming(self.now - tracking::WARM_UP);
        let (bounds, in_service) = (self.group.bounds(), self.group.in_service());
        if let Some(desired) = self.tracking.wanted(bounds, in_service, warming) {
            self.group.scale(None, None, Some(desired));
            self.balance();
            self.remember();
        }
    }

    /// The minute that is over now, without what servers are metered by.
    fn measured(&self, begins: DateTime<Utc>) -> Minute {
        let writer = self.database.writer;
        let in_use = self.connections().in_use;
        Minute {
            begins,
            cpu: None,
            requests: None,
            sizes: self.group.sizes(),
            connections: MEMBERS.map(|member| if member == writer { in_use } else { 0 }),
            writer,
        }
    }

    /// Keeps what is told from now on. Students change nothing of it, so it is not looked at for each of them.
    fn remember(&mut self) {
        self.past.keep(self.now, self.told());
    }

    fn balance(&mut self) {
        let terminated = self.group.balance(self.now, &mut self.agenda);
        if 0 < self.students.active() {
            self.removed_during_attempts += u64::from(terminated);
        }
    }

    /// Free servers take what waits.
    fn serve(&mut self) {
        self.greatest_floor = self.greatest_floor.max(self.group.min());
        let around = self.surroundings();
        while let Some(request) = self.queue.begin(around) {
            self.agenda.add(self.now + request.service, Event::Answered(request.seat));
        }
    }

    fn surroundings(&self) -> Surroundings {
        Surroundings { nodes: self.group.in_service(), browsing: self.students.browsing() }
    }

    /// One write of ours, at the moment the world has reached.
    ///
    /// # Errors
    /// What AWS refuses, with its own words; of a batch, the rest was done.
    pub(super) fn apply(&mut self, action: &Action) -> Outcome {
        self.settled(|world| world.write(action))
    }

    /// One write of somebody else.
    ///
    /// # Errors
    /// What AWS refuses, with its own words; nothing was done then.
    pub(super) fn apply_foreign(&mut self, foreign: &Foreign) -> Outcome {
        self.settled(|world| {
            whole(match foreign {
                Foreign::Update(update) => world.group.update(*update),
                Foreign::SetDesiredAfterCoolDown(desired) => {
                    world.group.set_desired_after_cool_down(*desired, world.now)
                }
                Foreign::DeletePolicy(name) => world.tracking.delete(name),
                Foreign::PutRecurring(recurring) => {
                    world.schedule.put_recurring(recurring, world.now)
                }
                Foreign::FailOver(target) => {
                    world.database.fail_over(target.as_deref(), world.now, &mut world.agenda)
                }
            })
        })
    }

    /// Writes, and lets group and queue follow.
    fn settled(&mut self, write: impl FnOnce(&mut Self) -> Outcome) -> Outcome {
        self.queue.measure(self.surroundings(), self.now);
        let done = write(self);
        self.balance();
        self.serve();
        self.remember();
        done
    }

    fn write(&mut self, action: &Action) -> Outcome {
        let unchanged = Update::default();
        whole(match action {
            Action::PutScheduled(actions) => return self.schedule.put(actions, self.now),
            Action::DeleteScheduled(names) => return self.schedule.delete(names),
            Action::SetBounds { min, max } => {
                self.group.update(Update { min: *min, max: *max, ..unchanged })
            }
            Action::SetDesired(desired) => self.group.set_desired(*desired),
            Action::Protect(ids) => self.group.protect(ids, true),
            Action::Unprotect(ids) => self.group.protect(ids, false),
            Action::ProtectNew => {
                self.group.update(Update { new_protected: Some(true), ..unchanged })
            }
            Action::UnprotectNew => {
                self.group.update(Update { new_protected: Some(false), ..unchanged })
            }
            Action::PutPolicy(policy) => self.tracking.put(policy),
            Action::Suspend(processes) => self.group.suspend(processes),
            Action::Resume(processes) => self.group.resume(processes),
        })
    }

    /// The students learn the timetable in force.
    pub(super) fn enrol(&mut self, sittings: &[Sitting]) {
        self.students.enrol(sittings, self.now);
    }

    /// What AWS cannot do from now on; whatever it could not until now, it can.
    pub(super) fn replace_outages(&mut self, outages: &[Outage]) {
        self.group.replace_outages(outages);
    }

    /// What AWS cannot do now.
    pub(super) fn outages(&self) -> Vec<Outage> {
        self.group.outages(self.now).collect()
    }

    /// What is told at this moment.
    pub(super) fn told(&self) -> Told {
        Told {
            group: self.group(),
            scheduled: self.scheduled(),
            recurring: self.schedule.recurring().cloned().collect(),
            policies: self.policies(),
            database: self.database,
        }
    }

    /// What was told so long ago, at most [`KEPT`].
    pub(super) fn told_before(&self, behind: TimeDelta) -> Told {
        self.past.at(self.now - behind).cloned().unwrap_or_else(|| self.told())
    }

    /// The group with its instances.
    pub(super) fn group(&self) -> Group {
        self.group.describe()
    }

    /// The scheduled actions that have not fired.
    pub(super) fn scheduled(&self) -> Vec<ScheduledAction> {
        self.schedule.actions().cloned().collect()
    }

    /// The target-tracking policies.
    pub(super) fn policies(&self) -> Vec<TrackingPolicy> {
        self.tracking.policies()
    }

    /// The scaling activities of the past six weeks, the latest first, as they were told so long ago.
    pub(super) fn activities(&self, behind: TimeDelta) -> Vec<Activity> {
        self.group.activities(self.now - behind).collect()
    }

    /// The minutes of the last day that were over so long ago, the latest first.
    pub(super) fn minutes(&self, behind: TimeDelta) -> Vec<Minute> {
        self.minutes.before(self.now - behind).cloned().collect()
    }

    /// Connections on the writer.
    pub(super) fn connections(&self) -> Connections {
        let in_use = self.queue.connections(self.surroundings());
        let in_use = u32::try_from(in_use).unwrap_or(u32::MAX).min(CONNECTION_LIMIT);
        Connections { in_use, limit: Some(CONNECTION_LIMIT) }
    }

    /// Attempts in progress, as Moodle would count them now.
    pub(super) fn attempts(&self) -> Attempts {
        let (active, latest_deadline) = (self.students.active(), self.students.latest_deadline());
        Attempts { active, as_of: self.now, latest_deadline }
    }

    /// What has been counted up to now.
    pub(super) fn counts(&self) -> Counts {
        let tally = self.students.tally();
        Counts {
            starts: tally.starts,
            late_starts: tally.late_starts,
            submissions: tally.submissions,
            late_submissions: tally.late_submissions,
            removed_during_attempts: self.removed_during_attempts,
            node_time: self.group.spent(self.now),
            greatest_floor: self.greatest_floor,
        }
    }
}

#[cfg(test)]
mod tests;
