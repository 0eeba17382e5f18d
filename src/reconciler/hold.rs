//! The hold as a state machine: off, on, releasing. One step per pass, from values alone.

use super::Settings;
use super::looks::{Look, Looks, look};
use crate::domain::{
    Finding, Hold, HoldPhase, Nodes, Observation, Plan, Severity, SittingKey, Window,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Whether this pass may take something away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Both keys turn: the planned end has passed and two looks agree.
    Turned,
    /// At least one does not.
    NotTurned,
}

/// The hold after one pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldStep {
    /// What holds from now on.
    pub hold: Option<Hold>,
    /// Both keys, read in this pass.
    pub keys: Keys,
    /// Why, in sentences.
    pub reasons: Vec<String>,
    /// What a person should know.
    pub findings: Vec<Finding>,
}

/// What the hold becomes, given the plan and what was seen.
pub fn next_hold(
    previous: Option<&Hold>,
    plan: &Plan,
    seen: &Observation,
    looks: Looks,
    settings: &Settings,
) -> HoldStep {
    let now = seen.taken_at;
    if let Some(window) = plan.window_at(now) {
        return armed(previous, window, now);
    }
    match previous {
        None => HoldStep {
            hold: None,
            keys: if looks.agree(settings) { Keys::Turned } else { Keys::NotTurned },
            reasons: Vec::new(),
            findings: Vec::new(),
        },
        Some(hold) if now < hold.release_at => {
            kept(hold, vec!["It keeps the end it began with; the plan has changed since.".into()])
        }
        Some(hold) => {
            let released = is_released(hold, plan, seen);
            after_planned_end(hold, seen, looks, released, settings)
        }
    }
}

/// Whether nothing of a hold is left in AWS: the floor is given back, nothing is protected and nothing that we
/// suspended is suspended. False when the group is not known.
fn is_released(hold: &Hold, plan: &Plan, seen: &Observation) -> bool {
    let now = seen.taken_at;
    seen.group.known().is_some_and(|group| {
        group.min <= plan.floor_at(now)
            && group.protected_count() == Nodes::ZERO
            && !group.new_instances_protected
            && hold.suspended.is_disjoint(&group.suspended)
    })
}

/// A window covers this moment: the hold is on, with the later of the ends.
fn armed(previous: Option<&Hold>, window: &Window, now: DateTime<Utc>) -> HoldStep {
    let fresh = Hold {
        sittings: window.sittings.clone(),
        floor: window.nodes,
        since: now,
        release_at: window.release_at,
        hard_end: window.hard_end,
        phase: HoldPhase::On,
        suspended: BTreeSet::new(),
    };
    let hold = match previous {
        None => fresh,
        // What was being given back stays given back; only what we suspended is remembered.
        Some(old) if old.phase == HoldPhase::Releasing => {
            Hold { suspended: old.suspended.clone(), ..fresh }
        }
        Some(old) => Hold {
            sittings: union(&old.sittings, &fresh.sittings),
            floor: old.floor.max(fresh.floor),
            since: old.since,
            release_at: old.release_at.max(fresh.release_at),
            hard_end: old.hard_end.max(fresh.hard_end),
            phase: HoldPhase::On,
            suspended: old.suspended.clone(),
        },
    };
    let (count, floor) = (hold.sittings.len(), hold.floor);
    let exams = if count == 1 { "1 exam needs".into() } else { format!("{count} exams need") };
    let reasons = vec![format!("{exams} {floor} web servers.")];
    HoldStep { hold: Some(hold), keys: Keys::NotTurned, reasons, findings: Vec::new() }
}

fn union(one: &[SittingKey], other: &[SittingKey]) -> Vec<SittingKey> {
    let all: BTreeSet<_> = one.iter().chain(other).cloned().collect();
    all.into_iter().collect()
}

fn kept(hold: &Hold, reasons: Vec<String>) -> HoldStep {
    HoldStep { hold: Some(hold.clone()), keys: Keys::NotTurned, reasons, findings: Vec::new() }
}

/// The planned end and its tail have passed: the attempt key decides.
fn after_planned_end(
    hold: &Hold,
    seen: &Observation,
    looks: Looks,
    released: bool,
    settings: &Settings,
) -> HoldStep {
    let now = seen.taken_at;
    let overdue = hold.hard_end <= now;
    match look(&seen.attempts, now, settings) {
        Look::Quiet(_) if looks.agree(settings) => {
            released_or_releasing(hold, released, "nobody is writing, seen twice")
        }
        // After a restart this comes before the next step of a release, too.
        Look::Quiet(_) => {
            kept(hold, vec!["Nobody is writing; a second look must agree first.".into()])
        }
        Look::NoSource if overdue => released_or_releasing(
            hold,
            released,
            "who is writing cannot be counted here, and the hard end has passed",
        ),
        Look::NoSource => kept(
            hold,
            vec!["Who is writing cannot be counted here; it lasts until its hard end.".into()],
        ),
        Look::Active(attempts) => {
            let mut step = kept(hold, vec![format!("{attempts} attempt(s) are still active.")]);
            if overdue {
                step.findings.push(overdue_with_attempts(hold, attempts));
            }
            step
        }
        // Waited for, not only passed: a person was called for as long as the grace lasts.
        Look::Unknown
            if overdue
                && settings.overdue_grace <= looks.unreadable_for(now).min(now - hold.hard_end) =>
        {
            let why = "attempts stayed unreadable past the hard end and its grace";
            let mut step = released_or_releasing(hold, released, why);
            step.findings.push(unreadable(hold));
            step
        }
        Look::Unknown => {
            let mut step =
                kept(hold, vec!["Attempts cannot be read, and unread is not zero.".into()]);
            if overdue {
                step.findings.push(unreadable(hold));
            }
            step
        }
    }
}

fn released_or_releasing(hold: &Hold, released: bool, why: &str) -> HoldStep {
    let done = released && hold.phase == HoldPhase::Releasing;
    let releasing = Hold { phase: HoldPhase::Releasing, ..hold.clone() };
    HoldStep {
        hold: (!done).then_some(releasing),
        keys: Keys::Turned,
        reasons: vec![if done {
            format!("Released: {why}.")
        } else {
            format!("Releasing: {why}.")
        }],
        findings: Vec::new(),
    }
}

fn overdue_with_attempts(hold: &Hold, attempts: u64) -> Finding {
    Finding::new(
        Severity::Critical,
        "hold_overdue",
        format!(
            "{attempts} attempt(s) are active past the hard end {}; the hold stays on.",
            hold.hard_end.format("%H:%M UTC")
        ),
        "Look in Moodle for attempts that were never finished; close them, and the hold releases itself.",
    )
}

fn unreadable(hold: &Hold) -> Finding {
    Finding::new(
        Severity::Critical,
        "attempts_unreadable",
        format!("Attempts cannot be read past the hard end {}.", hold.hard_end.format("%H:%M UTC")),
        "Restore the connection to Moodle's database; unread attempts keep the hold until its grace ends.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Attempts, Seen};
    use crate::reconciler::fixture::{at, observation, plan_with_window, settings};

    /// The fixture's window: raise 0, release_at 1000, hard_end 2000, 10 nodes.
    fn step(hold: Option<&Hold>, attempts: Seen<Attempts>, now: i64, agree: bool) -> HoldStep {
        let mut seen = observation(now);
        seen.attempts = attempts;
        let looks = if agree {
            let quiet =
                |t| Seen::Known(Attempts { active: 0, as_of: at(t), latest_deadline: None });
            let first = Looks::default().after(&quiet(now - 60), at(now - 60), &settings());
            first.after(&quiet(now), at(now), &settings())
        } else {
            Looks::default()
        };
        next_hold(hold, &plan_with_window(), &seen, looks, &settings())
    }

    fn active(count: u64, as_of: i64) -> Seen<Attempts> {
        Seen::Known(Attempts { active: count, as_of: at(as_of), latest_deadline: None })
    }

    fn on() -> Hold {
        step(None, Seen::Absent, 0, false).hold.unwrap()
    }

    #[test]
    fn the_raise_arms_the_hold() {
        let hold = on();
        assert_eq!(
            (hold.phase, hold.floor, hold.release_at),
            (HoldPhase::On, Nodes::new(10), at(1000))
        );
    }

    #[test]
    fn a_sitting_that_vanishes_from_the_plan_keeps_its_ends() {
        let mut empty = plan_with_window();
        empty.windows.clear();
        let seen = observation(500);
        let step = next_hold(Some(&on()), &empty, &seen, Looks::default(), &settings());
        assert_eq!(step.hold, Some(on()));
        assert_eq!(step.keys, Keys::NotTurned);
    }

    #[test]
    fn release_needs_the_planned_end_and_two_quiet_looks() {
        assert_eq!(step(Some(&on()), active(0, 999), 999, true).keys, Keys::NotTurned);
        assert_eq!(step(Some(&on()), active(0, 1100), 1100, false).keys, Keys::NotTurned);
        let released = step(Some(&on()), active(0, 1100), 1100, true);
        assert_eq!(released.keys, Keys::Turned);
        assert_eq!(released.hold.unwrap().phase, HoldPhase::Releasing);
    }

    #[test]
    fn attempts_past_the_hard_end_keep_the_hold_and_call_a_person() {
        let step = step(Some(&on()), active(3, 2500), 2500, false);
        assert_eq!(step.hold, Some(on()));
        assert_eq!(step.findings[0].code, "hold_overdue");
    }

    #[test]
    fn unreadable_attempts_are_not_zero_until_the_grace_has_ended() {
        let unreadable = |since: i64, now: i64| {
            let mut seen = observation(now);
            seen.attempts = Seen::Unknown("timeout".into());
            let first = Looks::default().after(&seen.attempts, at(since), &settings());
            let looks = first.after(&seen.attempts, at(now), &settings());
            next_hold(Some(&on()), &plan_with_window(), &seen, looks, &settings()).keys
        };
        assert_eq!(unreadable(1000, 1500), Keys::NotTurned);
        assert_eq!(unreadable(1000, 2000 + 7199), Keys::NotTurned);
        assert_eq!(unreadable(1000, 2000 + 7200), Keys::Turned);
        // Somebody who was away all the time has not called a person yet.
        assert_eq!(unreadable(9000, 9300), Keys::NotTurned);
        assert_eq!(unreadable(9000, 9000 + 7200), Keys::Turned);
    }

    #[test]
    fn an_old_count_of_people_who_write_still_holds() {
        assert_eq!(step(Some(&on()), active(500, 1000), 20_000, false).keys, Keys::NotTurned);
    }

    #[test]
    fn without_a_source_release_comes_at_the_hard_end() {
        assert_eq!(step(Some(&on()), Seen::Absent, 1999, false).keys, Keys::NotTurned);
        assert_eq!(step(Some(&on()), Seen::Absent, 2000, false).keys, Keys::Turned);
    }

    #[test]
    fn an_attempt_that_appears_while_releasing_stops_the_lowering() {
        let releasing = Hold { phase: HoldPhase::Releasing, ..on() };
        let step = step(Some(&releasing), active(1, 1200), 1200, false);
        assert_eq!(step.keys, Keys::NotTurned);
        assert!(step.hold.is_some());
    }

    #[test]
    fn after_a_restart_a_release_goes_on_only_once_two_looks_agree() {
        let releasing = Hold { phase: HoldPhase::Releasing, ..on() };
        let first = step(Some(&releasing), active(0, 1200), 1200, false);
        assert_eq!(first.keys, Keys::NotTurned);
        assert_eq!(first.hold.map(|hold| hold.phase), Some(HoldPhase::Releasing));
        assert_eq!(step(Some(&releasing), active(0, 1200), 1200, true).keys, Keys::Turned);
    }
}
