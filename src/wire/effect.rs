//! What a change of sittings does to a plan.

use super::plan::window;
use super::{findings, measured};
use crate::domain::{Plan, SittingKey, Window};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What a change of sittings does to a plan: both over the same stretch, and the hash of the plan to come. Of the
/// findings those that are new, of the windows those that hold what is `touched`.
pub fn effect(
    before: &Plan,
    after: &Plan,
    touched: &BTreeSet<&SittingKey>,
    hash_after: &str,
) -> Value {
    let new = after.findings.iter().filter(|finding| !before.findings.contains(finding));
    let new: Vec<_> = new.cloned().collect();
    let holds = |window: &&Window| window.sittings.iter().any(|key| touched.contains(key));
    json!({
        "peak_nodes_before": before.budget.peak_nodes.get(),
        "peak_nodes_after": after.budget.peak_nodes.get(),
        "exam_node_hours_before": measured(before.cost.exam_node_hours),
        "exam_node_hours_after": measured(after.cost.exam_node_hours),
        "findings": findings(&new),
        "windows": after.windows.iter().filter(holds).map(window).collect::<Vec<_>>(),
        "hash_after": hash_after,
    })
}

#[cfg(test)]
mod tests {
    use super::super::plan::tests::sample;
    use super::*;
    use crate::domain::{Finding, Nodes, Severity};

    #[test]
    fn an_effect_has_exactly_these_names() {
        let before = sample();
        let mut after = sample();
        after.budget.peak_nodes = Nodes::new(9);
        after.cost.exam_node_hours = 16.000_04;
        after.findings = vec![Finding::new(Severity::Warning, "late", "Late.", "Hurry.")];
        let touched = BTreeSet::from([&after.windows[0].sittings[0]]);
        let wanted = json!({
            "peak_nodes_before": 7, "peak_nodes_after": 9,
            "exam_node_hours_before": 12.0, "exam_node_hours_after": 16.0,
            "findings": [{"severity": "warning", "code": "late", "uid": null, "line": null,
                "message": "Late.", "fix": "Hurry."}],
            "windows": [{
                "sittings": ["law;20261130T090000Z"],
                "raise_at": "2026-11-30T08:10:00Z", "ready_at": "2026-11-30T08:45:00Z",
                "starts_at": "2026-11-30T09:00:00Z", "last_deadline": "2026-11-30T11:00:00Z",
                "release_at": "2026-11-30T11:15:00Z", "hard_stop": "2026-11-30T17:00:00Z",
                "nodes": 7, "vcpu": {"start": 20.5, "plateau": 4.0, "submit": 9.0},
            }],
            "hash_after": "def",
        });
        assert_eq!(effect(&before, &after, &touched, "def"), wanted);
    }

    #[test]
    fn what_was_found_before_and_what_is_not_touched_is_left_out() {
        let mut plan = sample();
        plan.findings = vec![Finding::new(Severity::Warning, "late", "Late.", "Hurry.")];
        let told = effect(&plan, &plan, &BTreeSet::new(), "abc");
        assert_eq!((&told["findings"], &told["windows"]), (&json!([]), &json!([])));
    }
}
