//! Plan, script and budget.

use super::{count, findings, measured, time};
use crate::domain::{Budget, BudgetStatus, Plan, Script, Step, Window};
use serde_json::{Value, json};

/// A plan with its script, as `plan --json` and `GET …/plan` tell it.
pub fn plan(plan: &Plan, actions: &Script) -> Value {
    json!({
        "fleet": plan.fleet.as_str(),
        "generation": plan.generation,
        "hash": plan.hash,
        "from": time(plan.span.start()),
        "to": time(plan.span.end()),
        "steps": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "windows": plan.windows.iter().map(window).collect::<Vec<_>>(),
        "script": script(actions),
        "budget": budget(&plan.budget),
        "cost": {
            "node_hours": measured(plan.cost.node_hours),
            "exam_node_hours": measured(plan.cost.exam_node_hours),
            "lead_node_hours": measured(plan.cost.lead_node_hours),
            "static_peak_node_hours": measured(plan.cost.static_peak_node_hours),
            "careful_engineer_node_hours": measured(plan.cost.careful_engineer_node_hours),
            "price_per_node_hour": plan.cost.price,
        },
        "report": {
            "assumed": plan.report.assumed,
            "left_out": plan.report.left_out,
            "capped": plan.report.capped,
        },
        "findings": findings(&plan.findings),
    })
}

/// The plan as JSON text, for keeping. The script depends on the account as well and is no part of what is kept.
pub fn plan_body(kept: &Plan) -> String {
    let mut body = plan(kept, &Script::default());
    if let Some(fields) = body.as_object_mut() {
        fields.remove("script");
    }
    body.to_string()
}

/// Scheduled actions: `[{"name","at","min","max","kind"}]`.
pub fn script(script: &Script) -> Value {
    let entries = script.entries.iter().map(|entry| {
        json!({
            "name": entry.name,
            "at": time(entry.at),
            "min": entry.min.get(),
            "max": entry.max.get(),
            "kind": entry.kind.as_str(),
        })
    });
    entries.collect()
}

fn step(step: &Step) -> Value {
    json!({
        "at": time(step.at),
        "floor": step.floor.get(),
        "ceiling": step.ceiling.get(),
        "reasons": step.reasons,
    })
}

pub(super) fn window(window: &Window) -> Value {
    json!({
        "sittings": window.sittings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "raise_at": time(window.raise_at),
        "ready_at": time(window.ready_at),
        "starts_at": time(window.starts_at),
        "last_deadline": time(window.last_deadline),
        "release_at": time(window.release_at),
        "hard_stop": time(window.hard_stop),
        "nodes": window.nodes.get(),
        "vcpu": {
            "start": measured(window.vcpu.start),
            "plateau": measured(window.vcpu.plateau),
            "submit": measured(window.vcpu.submit),
        },
    })
}

fn budget(budget: &Budget) -> Value {
    json!({
        "max_connections": budget.max_connections,
        "usable": budget.usable,
        "per_node": budget.per_node,
        "fixed": budget.fixed,
        "nodes_that_fit": count(budget.nodes_that_fit),
        "peak_nodes": budget.peak_nodes.get(),
        "peak_connections": budget.peak_connections,
        "status": status(budget.status),
    })
}

pub(super) const fn status(status: BudgetStatus) -> &'static str {
    match status {
        BudgetStatus::Ok => "ok",
        BudgetStatus::Tight => "tight",
        BudgetStatus::Over => "over",
        BudgetStatus::Unknown => "unknown",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::{
        Cost, FleetName, Nodes, Report, ScriptEntry, ScriptKind, SittingKey, Span, Vcpu,
    };
    use chrono::{DateTime, Utc};

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_796_025_600 + minute * 60, 0).unwrap()
    }

    pub(in crate::wire) fn sample() -> Plan {
        Plan {
            fleet: FleetName::new("moodle").unwrap(),
            generation: 3,
            hash: "abc".into(),
            span: Span::new(at(0), at(1440)).unwrap(),
            steps: vec![Step {
                at: at(0),
                floor: Nodes::new(2),
                ceiling: Nodes::new(8),
                reasons: vec!["teaching".into()],
            }],
            windows: vec![Window {
                sittings: vec![SittingKey { uid: "law".into(), recurrence_id: Some(at(60)) }],
                raise_at: at(10),
                ready_at: at(45),
                starts_at: at(60),
                last_deadline: at(180),
                release_at: at(195),
                hard_end: at(300),
                hard_stop: at(540),
                nodes: Nodes::new(7),
                vcpu: Vcpu { start: 20.5, plateau: 4.0, submit: 9.0 },
            }],
            budget: Budget {
                max_connections: None,
                usable: None,
                per_node: 48,
                fixed: 32,
                nodes_that_fit: None,
                peak_nodes: Nodes::new(7),
                peak_connections: 416,
                status: BudgetStatus::Unknown,
            },
            report: Report { assumed: vec!["Sun.".into()], ..Report::default() },
            cost: Cost {
                node_hours: 60.0,
                exam_node_hours: 12.0,
                lead_node_hours: 4.0,
                static_peak_node_hours: 168.0,
                careful_engineer_node_hours: 70.0,
                price: Some(0.34),
            },
            findings: vec![],
        }
    }

    #[test]
    fn a_plan_has_exactly_these_names() {
        let entry = ScriptEntry {
            name: "invigilator-moodle-20261130T0810Z".into(),
            at: at(10),
            min: Nodes::new(7),
            max: Nodes::new(40),
            kind: ScriptKind::Raise,
        };
        let told = plan(&sample(), &Script { entries: vec![entry] });
        let wanted = json!({
            "fleet": "moodle", "generation": 3, "hash": "abc",
            "from": "2026-11-30T08:00:00Z", "to": "2026-12-01T08:00:00Z",
            "steps": [{"at": "2026-11-30T08:00:00Z", "floor": 2, "ceiling": 8, "reasons": ["teaching"]}],
            "windows": [{
                "sittings": ["law;20261130T090000Z"],
                "raise_at": "2026-11-30T08:10:00Z", "ready_at": "2026-11-30T08:45:00Z",
                "starts_at": "2026-11-30T09:00:00Z", "last_deadline": "2026-11-30T11:00:00Z",
                "release_at": "2026-11-30T11:15:00Z", "hard_stop": "2026-11-30T17:00:00Z",
                "nodes": 7, "vcpu": {"start": 20.5, "plateau": 4.0, "submit": 9.0},
            }],
            "script": [{"name": "invigilator-moodle-20261130T0810Z", "at": "2026-11-30T08:10:00Z",
                "min": 7, "max": 40, "kind": "raise"}],
            "budget": {"max_connections": null, "usable": null, "per_node": 48, "fixed": 32,
                "nodes_that_fit": null, "peak_nodes": 7, "peak_connections": 416, "status": "unknown"},
            "cost": {"node_hours": 60.0, "exam_node_hours": 12.0, "lead_node_hours": 4.0,
                "static_peak_node_hours": 168.0, "careful_engineer_node_hours": 70.0,
                "price_per_node_hour": 0.34},
            "report": {"assumed": ["Sun."], "left_out": [], "capped": []},
            "findings": [],
        });
        assert_eq!(told, wanted);
    }

    #[test]
    fn what_is_kept_of_a_plan_has_no_script() {
        let body: Value = serde_json::from_str(&plan_body(&sample())).unwrap();
        assert_eq!(body["hash"], "abc");
        assert_eq!(body.get("script"), None);
    }
}
