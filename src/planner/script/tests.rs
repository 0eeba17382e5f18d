//! Tests of the script: what stands if we die.

use super::*;
use crate::domain::{Dates, ScheduledAction, Sitting};
use crate::planner::fixture::{at, fleet, settings, sitting, sittings, span};
use crate::planner::plan;
use proptest::prelude::*;

fn context(now: i64, foreign: &[ScheduledAction]) -> ScriptContext<'_> {
    ScriptContext {
        now: at(now),
        max_in_aws: Some(Nodes::new(45)),
        hard_ceiling: Nodes::new(60),
        held: None,
        held_until: None,
        foreign,
    }
}

fn planned(sittings: &[Sitting]) -> Plan {
    plan(&fleet(), sittings, &settings(), span())
}

fn foreign(minute: i64) -> ScheduledAction {
    ScheduledAction {
        name: format!("nightly-{minute}"),
        at: at(minute),
        min: None,
        max: None,
        desired: None,
    }
}

/// The floor that the actions alone give to a moment; `None` before the first.
fn standing(script: &Script, moment: DateTime<Utc>) -> Option<Nodes> {
    script.entries.iter().rev().find(|entry| entry.at <= moment).map(|entry| entry.min)
}

#[test]
fn one_exam_is_a_raise_and_a_late_backstop() {
    let plan = planned(&[sitting("a", 540, 60, 1000)]);
    let (script, findings) = script(&plan, &context(0, &[]));
    let window = &plan.windows[0];
    let [raise, backstop] = &script.entries[..] else { panic!("{script:?}") };
    assert_eq!(
        (raise.at, raise.min, raise.kind),
        (window.raise_at, window.nodes, ScriptKind::Raise)
    );
    assert_eq!(raise.max, Nodes::new(60));
    let lowered = (backstop.at, backstop.min, backstop.kind);
    assert_eq!(lowered, (window.hard_stop, Nodes::new(2), ScriptKind::Backstop));
    assert_eq!(backstop.name, "invigilator-moodle-20270115T1600Z");
    assert!(findings.is_empty());
}

#[test]
fn a_smaller_second_exam_of_a_chain_stands_as_high_as_the_first() {
    let plan = planned(&[sitting("a", 540, 60, 2000), sitting("b", 780, 60, 200)]);
    let [first, second] = &plan.windows[..] else { panic!("two windows") };
    let (script, _) = script(&plan, &context(0, &[]));
    let told: Vec<_> = script.entries.iter().map(|e| (e.at, e.min, e.kind)).collect();
    assert_eq!(
        told,
        [
            (first.raise_at, first.nodes, ScriptKind::Raise),
            (second.raise_at, first.nodes, ScriptKind::Raise),
            (second.hard_stop, Nodes::new(2), ScriptKind::Backstop),
        ]
    );
}

#[test]
fn after_the_first_was_given_back_the_second_has_its_own_floor() {
    let plan = planned(&[sitting("a", 540, 60, 2000), sitting("b", 780, 60, 200)]);
    let (script, _) = script(&plan, &context(640, &[]));
    assert_eq!(script.entries[0].min, plan.windows[1].nodes);
    assert!(plan.windows[1].nodes < plan.windows[0].nodes);
}

#[test]
fn a_hold_postpones_the_backstop_and_keeps_its_floor() {
    let plan = planned(&[sitting("a", 540, 60, 1000), sitting("b", 900, 60, 100)]);
    let held = ScriptContext {
        held: Some(Nodes::new(30)),
        held_until: Some(at(1300)),
        ..context(600, &[])
    };
    let (script, _) = script(&plan, &held);
    let told: Vec<_> = script.entries.iter().map(|e| (e.min.get(), e.kind)).collect();
    assert_eq!(told, [(30, ScriptKind::Raise), (2, ScriptKind::Backstop)]);
    assert_eq!(script.entries[1].at, plan.windows[1].hard_stop.max(at(1300)));
}

#[test]
fn a_hold_of_a_sitting_that_vanished_still_has_a_backstop() {
    let plan = planned(&[]);
    let held = ScriptContext {
        held: Some(Nodes::new(12)),
        held_until: Some(at(700)),
        ..context(600, &[])
    };
    let (script, _) = script(&plan, &held);
    let told: Vec<_> = script.entries.iter().map(|e| (e.at, e.min.get(), e.kind)).collect();
    assert_eq!(told, [(at(700), 2, ScriptKind::Backstop)]);
}

#[test]
fn a_foreign_action_moves_raises_earlier_and_lowerings_later() {
    let plan = planned(&[sitting("a", 540, 60, 1000)]);
    let minute = |moment: DateTime<Utc>| (moment - at(0)).num_minutes();
    let (raise, stop) = (minute(plan.windows[0].raise_at), minute(plan.windows[0].hard_stop));
    let taken = [foreign(raise), foreign(raise - 1), foreign(stop)];
    let (script, _) = script(&plan, &context(0, &taken));
    let told: Vec<_> = script.entries.iter().map(|entry| entry.at).collect();
    assert_eq!(told, [at(raise - 2), at(stop + 1)]);
}

#[test]
fn what_does_not_fit_is_covered_by_fewer_steps_and_told() {
    let plan = planned(&[sitting("a", 0, 60, 100), sitting("b", 1200, 60, 4000)]);
    let many: Vec<_> = (0..108).map(|n| foreign(2000 + n)).collect();
    let (script, findings) = script(&plan, &context(-600, &many));
    // Two fit: the first raise, then the second, which is higher; the last lowering is left to us.
    let told: Vec<_> = script.entries.iter().map(|entry| (entry.min, entry.kind)).collect();
    let [a, b] = &plan.windows[..] else { panic!("two windows") };
    assert_eq!(told, [(a.nodes, ScriptKind::Raise), (b.nodes, ScriptKind::Raise)]);
    assert_eq!((findings[0].severity, &*findings[0].code), (Severity::Warning, "script_merged"));
}

#[test]
fn what_is_further_away_than_a_week_may_wait() {
    let far = sitting("far", 2 * 1440, 60, 100);
    let plan = planned(&[sitting("a", 0, 60, 100), far]);
    let many: Vec<_> = (0..108).map(|n| foreign(9000 + n)).collect();
    let (script, findings) = script(&plan, &context(-6 * 1440, &many));
    assert_eq!(script.entries.len(), 1, "never ends on a lowering: {script:?}");
    assert_eq!((findings[0].severity, &*findings[0].code), (Severity::Warning, "script_full"));
}

#[test]
fn a_group_full_of_foreign_actions_leaves_no_room() {
    let plan = planned(&[sitting("a", 540, 60, 100)]);
    let many: Vec<_> = (0..125).map(|n| foreign(2000 + n)).collect();
    let (script, findings) = script(&plan, &context(0, &many));
    assert!(script.entries.is_empty());
    assert_eq!(findings[0].severity, Severity::Critical);
}

#[test]
fn a_phase_that_keeps_less_is_a_lowering_outside_of_windows() {
    let mut settings = settings();
    let mut busy = settings.calendar.phases[0].clone();
    busy.floor = Nodes::new(6);
    busy.dates = Dates::Within(vec![Span::new(at(100), at(1000)).unwrap()]);
    settings.calendar.phases.push(busy);
    let plan = plan(&fleet(), &[], &settings, span());
    let (script, _) = script(&plan, &context(0, &[]));
    let told: Vec<_> = script.entries.iter().map(|e| (e.at, e.min.get(), e.kind)).collect();
    assert_eq!(told, [(at(100), 6, ScriptKind::Raise), (at(1000), 2, ScriptKind::Backstop)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// V5 and V6, and what stands if we die after writing the script.
    #[test]
    fn the_script_alone_keeps_every_planned_floor(
        some in sittings(8),
        now in -600..3000_i64,
        taken in proptest::collection::vec(-600..4000_i64, 0..40),
        elsewhere in 0..69_i64,
    ) {
        let plan = planned(&some);
        let elsewhere = (0..elsewhere).map(|n| 90_000 + n);
        let taken: Vec<_> = taken.into_iter().chain(elsewhere).map(foreign).collect();
        let context = context(now, &taken);
        let (script, findings) = script(&plan, &context);
        prop_assert_eq!(&script, &super::script(&plan, &context).0);
        let room = 100.min(110 - taken.len());
        prop_assert!(findings.iter().all(|finding| finding.code == "script_merged"));
        prop_assert!(script.entries.len() <= room);
        let minutes: BTreeSet<_> = script.entries.iter().map(|entry| entry.at).collect();
        prop_assert_eq!(minutes.len(), script.entries.len());
        prop_assert!(taken.iter().all(|action| !minutes.contains(&action.at)));
        prop_assert!(minutes.iter().all(|&minute| at(now + 2) <= minute));
        for offset in 0..6000 {
            let moment = at(now + 2 + offset);
            let Some(stands) = standing(&script, moment) else { continue };
            prop_assert!(plan.floor_at(moment) <= stands, "{moment}: {stands} stand");
        }
    }

    /// A raise that is still to come is not missed, and nothing is lowered within a window.
    #[test]
    fn every_coming_window_is_raised_and_never_lowered(some in sittings(8), now in -600..3000_i64) {
        let plan = planned(&some);
        let (script, _) = script(&plan, &context(now, &[]));
        for window in &plan.windows {
            if at(now + 2) <= window.raise_at {
                let stands = standing(&script, window.raise_at);
                prop_assert!(Some(window.nodes) <= stands);
            }
        }
        let mut before = None;
        for entry in &script.entries {
            if before.is_some_and(|before| entry.min < before) {
                prop_assert_eq!(entry.kind, ScriptKind::Backstop);
                prop_assert!(!plan.windows.iter().any(|w| w.covers(entry.at)));
            }
            before = Some(entry.min);
        }
    }
}
