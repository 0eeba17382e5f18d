//! Values as the JSON of the API and the command line. Pure: shapes only, no HTTP.
//!
//! What is said of a value of the domain is written here and nowhere else. A draft, a revision and a refusal are values
//! of rooms that nothing here may name (`store`, `http`); `http::api` puts them together out of these. Times are RFC 3339 in UTC with `Z`, to the second; a number that is not known is `null`,
//! never 0; codes are snake_case.

mod comparison;
mod effect;
mod plan;
mod posture;
mod sheet;
mod timetable;

pub use comparison::{comparison, guards};
pub use effect::effect;
pub use plan::{plan, plan_body, script};
pub use posture::{fleet_posture, posture};
pub use sheet::findings_sheet;
pub use timetable::{counts, fleet_sittings, left_out, reading, sitting, sittings};

use crate::domain::{Finding, Nodes};
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// A moment as RFC 3339 in UTC: `2026-11-30T09:00:00Z`. Parts of a second are dropped.
pub fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Findings: `[{"severity","code","uid","line","message","fix"}]`.
pub fn findings(findings: &[Finding]) -> Value {
    findings.iter().map(finding).collect()
}

fn finding(finding: &Finding) -> Value {
    json!({
        "severity": finding.severity.to_string(),
        "code": finding.code,
        "uid": finding.uid,
        "line": finding.line,
        "message": finding.message,
        "fix": finding.fix,
    })
}

/// A measured number to three decimals: more would be noise.
fn measured(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

fn count(nodes: Option<Nodes>) -> Option<u32> {
    nodes.map(Nodes::get)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Severity;

    #[test]
    fn a_time_has_z_and_no_part_of_a_second() {
        let at = DateTime::from_timestamp_millis(1_796_029_200_123).unwrap();
        assert_eq!(time(at), "2026-11-30T09:00:00Z");
    }

    #[test]
    fn a_finding_without_an_event_says_null() {
        let told = findings(&[Finding::new(Severity::Warning, "code", "What.", "Fix.")]);
        let wanted = json!([{"severity": "warning", "code": "code", "uid": null, "line": null,
            "message": "What.", "fix": "Fix."}]);
        assert_eq!(told, wanted);
    }
}
