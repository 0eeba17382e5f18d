//! A second reader of scripts. It knows what the actions must keep if nobody is there to help them, not how they were
//! chosen, and shares no code with `script`.

use super::ScriptContext;
use crate::domain::{Finding, Nodes, Plan, Script, ScriptEntry, Severity, utc_minute};
use chrono::{DateTime, TimeDelta, Utc};

/// Whatever else must wait, the floors of so long stand in AWS.
const ALWAYS: TimeDelta = TimeDelta::hours(72);
/// An action cannot be asked for sooner than this.
const SOONEST: TimeDelta = TimeDelta::minutes(3);
/// The most actions of our own in one group.
const OWN: usize = 100;
/// The most of everybody's, but for what is kept free for replacing: 125 - 15.
const EVERYBODYS: usize = 110;

/// See `planner::check_script`.
pub(super) fn check_script(
    plan: &Plan,
    script: &Script,
    context: &ScriptContext<'_>,
) -> Vec<Finding> {
    let entries = script.entries.iter();
    let mut broken: Vec<_> = entries.filter_map(|entry| odd(entry, plan, context)).collect();
    broken.extend(times(&script.entries, context));
    broken.extend(room(script.entries.len(), context.foreign.len()));
    broken.extend(floors(plan, script, context));
    broken
}

fn broken(code: &'static str, what: String) -> Finding {
    let fix =
        "Report this with the timetable and the configuration; until then capacity is only raised.";
    Finding::new(Severity::Critical, code, what, fix)
}

/// Its name is that of its minute, and its ceiling takes nothing away.
fn odd(entry: &ScriptEntry, plan: &Plan, context: &ScriptContext<'_>) -> Option<Finding> {
    let ScriptEntry { name, at, min, max, kind: _ } = entry;
    let named = format!("invigilator-{}-{}", plan.fleet, at.format("%Y%m%dT%H%MZ"));
    let most = context.max_in_aws.unwrap_or_default().max(context.hard_ceiling).max(*min);
    if *name != named {
        Some(broken("script_check_name", format!("{name} stands at {at}")))
    } else if *max < most {
        Some(broken("script_check_ceiling", format!("{name} lowers MaxSize to {max} below {most}")))
    } else {
        None
    }
}

/// Whole minutes ahead of now, each once, none of them somebody else's.
fn times(entries: &[ScriptEntry], context: &ScriptContext<'_>) -> Option<Finding> {
    let in_order = entries.is_sorted_by(|one, next| one.at < next.at);
    let taken = |at: DateTime<Utc>| {
        context.foreign.iter().any(|other| other.at.timestamp() / 60 == at.timestamp() / 60)
    };
    let possible = |entry: &ScriptEntry| {
        let whole = entry.at.timestamp() % 60 == 0 && entry.at.timestamp_subsec_nanos() == 0;
        whole && context.now < entry.at && !taken(entry.at)
    };
    (!in_order || !entries.iter().all(possible)).then(|| {
        let what = "scheduled actions share a minute, are late, or stand on another's minute";
        broken("script_check_times", what.into())
    })
}

/// V6.
fn room(own: usize, foreign: usize) -> Option<Finding> {
    let most = OWN.min(EVERYBODYS.saturating_sub(foreign));
    (most < own).then(|| broken("script_check_room", format!("{own} actions of ours, {most} fit")))
}

/// With nothing but the script, no floor of the next 72 hours is below the planned one; nor is any beyond, up to the last
/// action that stands. A group without room for a single action of ours has told so.
fn floors(plan: &Plan, script: &Script, context: &ScriptContext<'_>) -> Option<Finding> {
    let entries = &script.entries;
    if EVERYBODYS <= context.foreign.len() {
        return None;
    }
    let last = entries.last().map_or(context.now, |last| last.at);
    let until = last.max(context.now + ALWAYS);
    let standing = |at: DateTime<Utc>| {
        let fired = entries.partition_point(|entry| entry.at <= at);
        entries[..fired].last().map(|entry| entry.min)
    };
    let steps = plan.steps.iter().map(|step| step.at);
    let moments = steps.chain(entries.iter().map(|entry| entry.at));
    let within = |at: &DateTime<Utc>| context.now + SOONEST <= *at && *at <= until;
    let now = plan.floor_at(context.now).max(context.held.unwrap_or(Nodes::ZERO));
    let low = moments.filter(within).find_map(|at| {
        let (stands, planned) = (standing(at).unwrap_or(now), plan.floor_at(at));
        (stands < planned).then_some((at, stands, planned))
    });
    low.map(|(at, stands, planned)| {
        let what = format!("by the script alone {stands} stand at {}", utc_minute(at));
        broken("script_check_floor", format!("{what}; {planned} are planned"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ScheduledAction;
    use crate::planner::fixture::{at, fleet, settings, sitting, sittings, span};
    use crate::planner::{plan, script};
    use proptest::prelude::*;

    fn planned() -> Plan {
        plan(&fleet(), &[sitting("a", 540, 120, 3000)], &settings(), span())
    }

    fn context(foreign: &[ScheduledAction]) -> ScriptContext<'_> {
        ScriptContext {
            now: at(0),
            max_in_aws: None,
            hard_ceiling: Nodes::new(60),
            held: None,
            held_until: None,
            foreign,
        }
    }

    fn foreign(minute: i64) -> ScheduledAction {
        let name = format!("theirs-{minute}");
        ScheduledAction { name, at: at(minute), min: None, max: None, desired: None }
    }

    /// What is found after one change to a script that has nothing wrong with it.
    fn found(change: impl Fn(&mut Vec<ScriptEntry>)) -> Vec<String> {
        let (plan, context) = (planned(), context(&[]));
        let (mut script, _) = script(&plan, &context);
        assert_eq!(check_script(&plan, &script, &context), []);
        change(&mut script.entries);
        let found = check_script(&plan, &script, &context).into_iter();
        found.map(|finding| finding.code.into()).collect()
    }

    #[test]
    fn a_raise_that_is_missing_late_or_too_low_is_found() {
        assert_eq!(found(|entries| drop(entries.remove(0))), ["script_check_floor"]);
        assert_eq!(found(|entries| entries[0].min = Nodes::new(3)), ["script_check_floor"]);
        let late = |entries: &mut Vec<ScriptEntry>| {
            entries[0].at += TimeDelta::minutes(1);
            entries[0].name =
                format!("invigilator-moodle-{}", entries[0].at.format("%Y%m%dT%H%MZ"));
        };
        assert_eq!(found(late), ["script_check_floor"]);
    }

    #[test]
    fn a_backstop_inside_a_window_is_found() {
        let early = |entries: &mut Vec<ScriptEntry>| {
            let at = entries[0].at + TimeDelta::minutes(5);
            let name = format!("invigilator-moodle-{}", at.format("%Y%m%dT%H%MZ"));
            let min = Nodes::new(2);
            entries.insert(1, ScriptEntry { at, name, min, ..entries[1].clone() });
        };
        assert_eq!(found(early), ["script_check_floor"]);
    }

    #[test]
    fn a_lower_ceiling_another_name_and_a_shared_minute_are_found() {
        assert_eq!(found(|entries| entries[0].max = Nodes::new(40)), ["script_check_ceiling"]);
        assert_eq!(found(|entries| entries[0].name.push('x')), ["script_check_name"]);
        assert_eq!(found(|entries| entries.insert(0, entries[0].clone())), ["script_check_times"]);
    }

    #[test]
    fn more_than_fit_are_found() {
        let (plan, many) = (planned(), (0..109).map(|n| foreign(5_000 + n)).collect::<Vec<_>>());
        let (script, _) = script(&plan, &context(&[]));
        let found = check_script(&plan, &script, &context(&many));
        assert_eq!(found.iter().map(|one| &*one.code).collect::<Vec<_>>(), ["script_check_room"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// The next 72 hours stand by the script alone, however little room there is, as long as there is any.
        #[test]
        fn every_script_passes(some in sittings(12), now in -100..2000_i64, others in 0..110_i64) {
            let plan = plan(&fleet(), &some, &settings(), span());
            let theirs: Vec<_> = (0..others).map(|n| foreign(now + 37 * n)).collect();
            let context = ScriptContext { now: at(now), ..context(&theirs) };
            let (script, _) = script(&plan, &context);
            prop_assert_eq!(check_script(&plan, &script, &context), vec![]);
        }
    }
}
