//! Scheduled actions of others that would undo what ours ask for. They are never touched, so a person must be told, days
//! ahead.

use super::ScriptContext;
use crate::domain::{Finding, Nodes, Plan, ScheduledAction, Severity, counted, utc_minute};

/// What others' actions take away from the plan: in an exam's window that is critical, for without us nothing puts it back.
pub(super) fn lowering(plan: &Plan, context: &ScriptContext<'_>) -> Vec<Finding> {
    let ahead = context.foreign.iter().filter(|action| context.now <= action.at);
    let covered = ahead.filter(|action| plan.span.contains(action.at));
    covered.filter_map(|action| finding(action, plan)).collect()
}

fn finding(action: &ScheduledAction, plan: &Plan) -> Option<Finding> {
    let ScheduledAction { name, at, min, max, desired } = action;
    let floor = plan.floor_at(*at);
    let named = [("MinSize", min), ("MaxSize", max), ("DesiredCapacity", desired)];
    let low = |(_, set): &(&str, &Option<Nodes>)| set.is_some_and(|set| set < floor);
    let sets: Vec<_> = named
        .into_iter()
        .filter(low)
        .filter_map(|(what, set)| Some(format!("{what} {}", set.as_ref()?)))
        .collect();
    (!sets.is_empty()).then(|| {
        let window = plan.window_at(*at);
        let severity = if window.is_some() { Severity::Critical } else { Severity::Warning };
        let planned = counted(floor.to_string(), "web server");
        let mut finding = Finding::new(
            severity,
            "foreign_action_lowers",
            format!(
                "the scheduled action {name}, which is not ours, sets {} at {}, where {planned} are planned",
                sets.join(" and "),
                utc_minute(*at)
            ),
            "Ask whoever made it to delete or move it; ours only put it back while this service lives.",
        );
        finding.uid = window.and_then(|window| Some(window.sittings.first()?.uid.clone()));
        finding
    })
}

#[cfg(test)]
mod tests {
    use crate::domain::{Nodes, ScheduledAction, Severity};
    use crate::planner::fixture::{at, fleet, settings, sitting, span};
    use crate::planner::{ScriptContext, plan, script};

    /// What a foreign action at a minute is told as.
    fn told(minute: i64, min: Option<u32>, max: Option<u32>) -> Vec<(Severity, String)> {
        let plan = plan(&fleet(), &[sitting("law", 540, 120, 3000)], &settings(), span());
        let [min, max] = [min, max].map(|set| set.map(Nodes::new));
        let theirs =
            [ScheduledAction { name: "nightly".into(), at: at(minute), min, max, desired: None }];
        let context = ScriptContext {
            now: at(0),
            max_in_aws: None,
            hard_ceiling: Nodes::new(60),
            held: None,
            held_until: None,
            foreign: &theirs,
        };
        let (_, findings) = script(&plan, &context);
        let found = findings.into_iter().filter(|one| one.code == "foreign_action_lowers");
        found.map(|one| (one.severity, one.message)).collect()
    }

    #[test]
    fn a_foreign_action_that_would_end_an_exam_is_told_days_ahead() {
        let found = told(600, Some(1), Some(4));
        assert_eq!(found[0].0, Severity::Critical);
        for part in ["nightly", "MinSize 1 and MaxSize 4", "2027-01-15 10:00 UTC"] {
            assert!(found[0].1.contains(part), "{}", found[0].1);
        }
        assert_eq!(told(1200, Some(1), None)[0].0, Severity::Warning);
    }

    #[test]
    fn one_that_takes_nothing_away_is_nobodys_business() {
        assert_eq!(told(600, Some(30), Some(60)), []);
        assert_eq!(told(1200, Some(2), Some(9)), []);
        assert_eq!(told(-60, Some(1), None), [], "it has fired");
    }
}
