//! One pass over one fleet: what is in force, what is seen, what should be, what to do, what to show. Every pass
//! recomputes everything; nothing that matters lives in memory alone except the looks, which a restart clears.

use super::Snapshot;
use super::apply::{Applied, apply};
use super::feeds::FeedSpec;
use super::findings;
use super::planning::{Neighbour, Planning};
use super::sources;
use super::timetable::InForce;
use crate::aws::{Actuate, Observe, own_prefix};
use crate::domain::{
    Finding, FleetName, FleetPosture, Hold, HoldPhase, Observation, Phase, PhaseAt, Plan,
    ScheduledAction, Script, Severity, Sitting, Span, TimetablePosture, counted, worst,
};
use crate::moodle::CountAttempts;
use crate::planner::{self, ScriptContext};
use crate::reconciler::{
    self, Authority, Decision, Desired, Gap, HoldStep, Looks, PostureInputs, Situation,
};
use crate::report::Chain;
use crate::store::{self, Store};
use crate::wire;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use chrono_tz::Tz;
use std::sync::Arc;
use tokio::sync::watch;
use tracing::{error, info, warn};

/// How far a pass plans ahead: the next 7 days must always stand in AWS, with room.
const AHEAD: TimeDelta = TimeDelta::days(14);
/// How far back: a window of yesterday may still be held.
const BACK: TimeDelta = TimeDelta::days(2);
/// While a hold outlasts its hard stop, its backstop is kept at least this far ahead.
const POSTPONE: TimeDelta = TimeDelta::hours(1);
/// Why nothing is lowered.
const UNREADABLE: &str = "our own database could not be read";
/// Why nothing is lowered.
const UNWRITABLE: &str = "our own database could not be written";

/// One fleet and its doors.
pub struct Fleet {
    /// Which fleet.
    pub name: FleetName,
    /// The campus zone.
    pub zone: Tz,
    /// Our own state.
    pub store: Store,
    /// The reading hand.
    pub observe: Arc<dyn Observe>,
    /// The writing hand; a dry run has none.
    pub actuate: Option<Arc<dyn Actuate>>,
    /// Attempts in progress.
    pub attempts: Arc<dyn CountAttempts>,
    /// Which of its sources are fed; the others are uploaded.
    pub feeds: Vec<FeedSpec>,
    /// How to plan now; it may read a file.
    pub planner: planner::SettingsNow,
    /// Other fleets on the same database cluster.
    pub neighbours: Vec<Neighbour>,
    /// How to reconcile.
    pub reconciler: reconciler::Settings,
    /// Told what is in force whenever that changes.
    pub on_timetable: OnTimetable,
}

/// Somebody who follows what is in force, as the sandbox's students do.
pub type OnTimetable = Box<dyn Fn(&[Sitting]) + Send + Sync>;

/// What a pass came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Passed {
    /// Whether anything was written, so that the next pass should read back soon.
    pub acted: bool,
}

/// A fleet with what it remembers between passes.
pub struct FleetLoop {
    fleet: Fleet,
    planning: Planning,
    snapshot: watch::Sender<Option<Arc<Snapshot>>>,
    in_force: InForce,
    looks: Looks,
    hold: Option<Hold>,
    hold_loaded: bool,
    /// Whether our own database has the hold that counts.
    hold_kept: bool,
    generation: Option<(String, u64)>,
}

/// Everything a pass has worked out before it acts.
struct Worked {
    plan: Plan,
    script: Script,
    phase: Phase,
    hold: HoldStep,
    gap: Gap,
    decision: Decision,
    findings: Vec<Finding>,
}

impl FleetLoop {
    /// A loop that has not passed yet; whoever subscribes to `snapshot` sees what the latest pass knew.
    pub fn new(fleet: Fleet, snapshot: watch::Sender<Option<Arc<Snapshot>>>) -> Self {
        Self {
            planning: Planning::new(fleet.planner.clone(), fleet.neighbours.clone()),
            fleet,
            snapshot,
            in_force: InForce::nothing(),
            looks: Looks::default(),
            hold: None,
            hold_loaded: false,
            hold_kept: false,
            generation: None,
        }
    }

    /// One pass at `now`. Where our own database fails, it goes on with what it knows, tells it, and lowers nothing.
    pub async fn pass(&mut self, now: DateTime<Utc>) -> Passed {
        let mut findings = Vec::new();
        let mut authority = self.load(&mut findings).await;
        self.planning.refresh(&self.fleet.store, stretch(now), &mut findings).await;
        let seen = self.look(now).await;
        self.looks = self.looks.after(&seen.attempts, now, &self.fleet.reconciler);
        self.waiting(now, &mut findings).await;
        let timetables = self.timetables(now, &mut findings).await;
        let plan = self.plan(&seen, now, &mut authority, &mut findings).await;
        let hold = reconciler::next_hold(
            self.hold.as_ref(),
            &plan,
            &seen,
            self.looks,
            &self.fleet.reconciler,
        );
        let worked = self.work_out(plan, hold, &seen, authority, findings).await;
        let Some(mut worked) = worked else { return Passed { acted: false } };
        let applied = self.act(&worked, &seen).await;
        if let Some(source) = &applied.unwritten {
            self.store_failed("write the journal", source, &mut worked.findings);
        }
        let acted = 0 < applied.done;
        self.publish(worked, timetables, seen, &applied);
        Passed { acted }
    }

    /// The hold of an earlier life, once; what is in force, where it changed.
    async fn load(&mut self, findings: &mut Vec<Finding>) -> Authority {
        let Fleet { name, zone, store, .. } = &self.fleet;
        if !self.hold_loaded {
            match store.hold(name).await {
                Ok(hold) => {
                    self.hold = hold;
                    (self.hold_loaded, self.hold_kept) = (true, true);
                }
                // The timetable may be readable all the same, and raises wait for nobody.
                Err(source) => {
                    self.store_failed("read the hold of an earlier life", &source, findings);
                }
            }
        }
        match self.in_force.refresh(store, name, *zone).await {
            Ok(changed) => {
                if changed {
                    let count = self.in_force.sittings.len();
                    info!(fleet.name = %name, sittings = count, "{name}: {} in force", counted(count.to_string(), "exam"));
                    (self.fleet.on_timetable)(&self.in_force.sittings);
                }
                findings.extend(self.in_force.doubts.iter().cloned());
                if !self.hold_loaded {
                    Authority::RaiseOnly(UNREADABLE.into())
                } else if self.in_force.published {
                    Authority::Full
                } else {
                    Authority::RaiseOnly("no timetable has been published yet".into())
                }
            }
            Err(source) => {
                self.store_failed("read what is in force", &source, findings);
                Authority::RaiseOnly(UNREADABLE.into())
            }
        }
    }

    /// Tells what waits for a second person.
    async fn waiting(&self, now: DateTime<Utc>, findings: &mut Vec<Finding>) {
        match self.fleet.store.waiting(&self.fleet.name, now).await {
            Ok(waiting) => findings.extend(waiting.iter().map(findings::second_person_awaited)),
            Err(source) => {
                self.store_failed("read what waits for a second person", &source, findings);
            }
        }
    }

    /// Every source of timetables, and what is doubtful about looking at those that are fed.
    async fn timetables(
        &self,
        now: DateTime<Utc>,
        findings: &mut Vec<Finding>,
    ) -> Vec<TimetablePosture> {
        let Fleet { name, store, feeds, .. } = &self.fleet;
        let states = match store.feeds(name).await {
            Ok(states) => states,
            Err(source) => {
                self.store_failed("read how looking at the feeds goes", &source, findings);
                let before = self.snapshot.borrow().clone();
                return before.map_or_else(Vec::new, |before| before.posture.timetables.clone());
            }
        };
        findings.extend(sources::doubts(feeds, &states, &self.in_force.sittings, now));
        sources::timetables(&self.in_force.sources, feeds, &states)
    }

    /// Tells that our own database failed, in the log and in the posture.
    fn store_failed(&self, what: &str, source: &store::Error, findings: &mut Vec<Finding>) {
        error!(fleet.name = %self.fleet.name, error = %Chain(source), "failed to {what}");
        findings.push(findings::store_failed(what, source));
    }

    /// One look at everything; parts fail apart.
    async fn look(&self, now: DateTime<Utc>) -> Observation {
        let Fleet { observe, attempts, .. } = &self.fleet;
        let (group, scheduled, policies, connections, attempts) = tokio::join!(
            observe.group(),
            observe.scheduled(),
            observe.policies(),
            observe.connections(),
            attempts.count()
        );
        Observation { taken_at: now, group, scheduled, policies, attempts, connections }
    }

    /// The plan in force at `now`, checked, with its generation.
    async fn plan(
        &mut self,
        seen: &Observation,
        now: DateTime<Utc>,
        authority: &mut Authority,
        findings: &mut Vec<Finding>,
    ) -> Plan {
        let Fleet { name, store, .. } = &self.fleet;
        let (sittings, planner) = (&self.in_force.sittings, self.planning.settings());
        let mut plan = planner::plan(name, sittings, planner, stretch(now));
        let doubts = planner::check(&plan, sittings, planner);
        findings.extend(findings::fewer_zones(planner.zones.count, seen));
        findings.extend(findings::smaller_limit(planner.database.max_connections, seen));
        if worst(&doubts) == Some(Severity::Critical) {
            *authority = Authority::RaiseOnly("the plan did not pass its check".into());
        }
        findings.extend(doubts);
        if self.generation.as_ref().is_none_or(|(hash, _)| *hash != plan.hash) {
            let body = wire::plan_body(&plan);
            match store.generation(name, &plan.hash, &body, now).await {
                Ok(number) => self.generation = Some((plan.hash.clone(), number)),
                Err(source) => {
                    self.store_failed("keep the plan", &source, findings);
                    *authority = Authority::RaiseOnly(UNWRITABLE.into());
                }
            }
        }
        plan.generation = self.generation.as_ref().map_or(0, |(_, number)| *number);
        plan
    }

    /// From the plan to a decision that passed its audit. `None` without a phase, which `config` excludes.
    async fn work_out(
        &mut self,
        plan: Plan,
        mut hold: HoldStep,
        seen: &Observation,
        mut authority: Authority,
        mut findings: Vec<Finding>,
    ) -> Option<Worked> {
        let now = seen.taken_at;
        let PhaseAt { phase, floor, ceiling, tracking } =
            self.planning.settings().calendar.at(now)?;
        // The plan knows what of it may be.
        let floor = floor.min(plan.floor_at(now));
        let phase = Phase { floor, ceiling, tracking, ..phase.clone() };
        let (script, notes) = self.script(&plan, hold.hold.as_ref(), seen);
        if notes.iter().any(|note| note.code.starts_with("script_check_")) {
            authority = Authority::RaiseOnly("the script did not pass its check".into());
        }
        findings.extend(notes);
        let wanted = reconciler::desired(&plan, &script, hold.hold.as_ref(), &phase, now);
        remember_suspended(&mut hold, &wanted, seen);
        if let Err(source) = self.keep_hold(hold.hold.as_ref()).await {
            self.store_failed("keep the hold", &source, &mut findings);
            authority = Authority::RaiseOnly(UNWRITABLE.into());
        }
        let own = own_prefix(&plan.fleet);
        let gap = reconciler::diff(&wanted, seen, &own);
        if plan.windows.is_empty() && !gap.surplus.is_empty() {
            authority = Authority::RaiseOnly(findings::EMPTY_PLAN.into());
            findings.push(findings::empty_plan());
        }
        let situation = Situation {
            wanted: &wanted,
            seen,
            hold: &hold,
            authority: &authority,
            settings: &self.fleet.reconciler,
            own: &own,
        };
        let mut decision = reconciler::decide(&situation, &gap);
        if let Some(breach) = reconciler::audit(&decision, &situation) {
            error!(fleet.name = %plan.fleet, "{breach}; nothing of this pass is carried out");
            findings.push(findings::invariant_broken(&breach));
            decision = Decision::default();
        }
        Some(Worked { plan, script, phase, hold, gap, decision, findings })
    }

    fn script(
        &self,
        plan: &Plan,
        hold: Option<&Hold>,
        seen: &Observation,
    ) -> (Script, Vec<Finding>) {
        let now = seen.taken_at;
        let own = own_prefix(&plan.fleet);
        let scheduled = seen.scheduled.known().cloned().unwrap_or_default();
        let foreign: Vec<ScheduledAction> =
            scheduled.into_iter().filter(|action| !action.name.starts_with(&own)).collect();
        let on = hold.filter(|hold| hold.phase == HoldPhase::On);
        let postponed = next_hour(now + POSTPONE);
        let context = ScriptContext {
            now,
            max_in_aws: seen.group.known().map(|group| group.max),
            hard_ceiling: self.planning.settings().hard_ceiling,
            held: on.map(|hold| hold.floor),
            held_until: on.map(|hold| {
                (hold.hard_end + self.planning.settings().times.hard_stop).max(postponed)
            }),
            foreign: &foreign,
        };
        let (script, mut notes) = planner::script(plan, &context);
        notes.extend(planner::check_script(plan, &script, &context));
        (script, notes)
    }

    /// Kept before anything is done about it, so that a restart knows what we suspended. What an earlier life kept is
    /// not overwritten before it could be read.
    async fn keep_hold(&mut self, hold: Option<&Hold>) -> Result<(), store::Error> {
        if self.hold_kept && self.hold.as_ref() == hold {
            return Ok(());
        }
        // In memory the hold counts even where it could not be kept.
        self.hold = hold.cloned();
        if !self.hold_loaded {
            return Ok(());
        }
        let kept = self.fleet.store.save_hold(&self.fleet.name, hold).await;
        // Otherwise the next pass writes it again.
        self.hold_kept = kept.is_ok();
        kept
    }

    async fn act(&self, worked: &Worked, seen: &Observation) -> Applied {
        let (Some(actuate), false) = (&self.fleet.actuate, worked.decision.actions.is_empty())
        else {
            return Applied::default();
        };
        let decision = &worked.decision;
        info!(
            fleet.name = %self.fleet.name,
            plan.generation = worked.plan.generation,
            actions = decision.actions.len(),
            "{} action(s), because {}",
            decision.actions.len(),
            decision.because.join("; ")
        );
        let now = seen.taken_at;
        apply(&self.fleet.store, &**actuate, &self.fleet.name, decision, seen, now).await
    }

    fn publish(
        &self,
        worked: Worked,
        timetables: Vec<TimetablePosture>,
        seen: Observation,
        applied: &Applied,
    ) {
        let Worked { plan, script, phase, hold, gap, decision, mut findings } = worked;
        let failed = applied.failed.iter();
        findings.extend(failed.map(|(action, why)| findings::write_failed(action, why)));
        findings.extend(decision.withheld.as_deref().map(findings::nothing_given_back));
        let posture = reconciler::posture(&PostureInputs {
            plan: &plan,
            sittings: &self.in_force.sittings,
            timetables: &timetables,
            phase: &phase,
            hold: &hold,
            gap: &gap,
            seen: &seen,
            fresh_for: self.fleet.reconciler.fresh_for,
            findings: &findings,
        });
        self.log_change(&posture);
        self.snapshot.send_replace(Some(Arc::new(Snapshot {
            posture,
            plan: Arc::new(plan),
            settings: Arc::new(self.planning.settings().clone()),
            script,
            sittings: Arc::clone(&self.in_force.sittings),
            observation: Arc::new(seen),
        })));
    }

    /// One line when the state or the gravest findings change; none for a pass that finds all as it was.
    fn log_change(&self, posture: &FleetPosture) {
        let before = self.snapshot.borrow().clone();
        let before = before.as_ref().map(|snapshot| &snapshot.posture);
        let name = &posture.fleet;
        if before.is_none_or(|before| before.state != posture.state) {
            info!(fleet.name = %name, state = ?posture.state, "{name}: {}", posture.summary);
        }
        let is_new = |finding: &&Finding| {
            let told = |before: &FleetPosture| before.findings.contains(finding);
            Severity::Info < finding.severity && !before.is_some_and(told)
        };
        for finding in posture.findings.iter().filter(is_new) {
            warn!(fleet.name = %name, finding.code = %finding.code, "{}: {}", finding.severity, finding.message);
        }
    }
}

/// Whole days around now, so that the plan's hash does not change from pass to pass.
fn stretch(now: DateTime<Utc>) -> Span {
    let day = now.duration_trunc(TimeDelta::days(1)).unwrap_or(now);
    Span::new(day - BACK, day + AHEAD).expect("the stretch is longer than zero")
}

fn next_hour(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at) + TimeDelta::hours(1)
}

/// What this pass will suspend itself is written down before it is suspended.
fn remember_suspended(step: &mut HoldStep, wanted: &Desired, seen: &Observation) {
    let (Some(hold), Some(group)) = (&mut step.hold, seen.group.known()) else { return };
    hold.suspended.extend(wanted.suspended.iter().filter(|p| !group.suspended.contains(p)));
}
