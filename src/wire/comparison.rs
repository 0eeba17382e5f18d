//! What differs between two readings of one timetable.

use super::timetable::{sitting, sittings};
use crate::domain::{Comparison, Guard, Sitting};
use serde_json::{Value, json};

/// A comparison, and why publishing the newer reading needs a second person. What moved or changed is told as it will
/// be, and as it `was`.
pub fn comparison(comparison: &Comparison, some: &[Guard]) -> Value {
    let Comparison { added, moved, changed, removed, same } = comparison;
    json!({
        "added": sittings(added),
        "moved": pairs(moved),
        "changed": pairs(changed),
        "removed": sittings(removed),
        "same": same,
        "guards": guards(some),
    })
}

/// The codes of guards.
pub fn guards(guards: &[Guard]) -> Value {
    guards.iter().copied().map(Guard::code).collect()
}

fn pairs(pairs: &[(Sitting, Sitting)]) -> Value {
    let told = pairs.iter().map(|(old, new)| {
        let mut told = sitting(new);
        told["was"] = sitting(old);
        told
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, SittingKey, Span};
    use chrono::DateTime;

    fn law(minute: i64) -> Sitting {
        let at = |minute: i64| DateTime::from_timestamp(1_796_029_200 + minute * 60, 0).unwrap();
        Sitting {
            key: SittingKey { uid: "law".into(), recurrence_id: None },
            title: "Law".into(),
            span: Span::new(at(minute), at(minute + 60)).unwrap(),
            candidates: Candidates::new(40),
            extra_time: vec![],
            other_readings: vec![],
            source_line: None,
        }
    }

    #[test]
    fn a_comparison_has_exactly_these_names() {
        let told = comparison(
            &Comparison {
                added: vec![law(0)],
                moved: vec![(law(0), law(60))],
                changed: vec![],
                removed: vec![law(30)],
                same: 7,
            },
            &[Guard::ImminentMoved],
        );
        let mut moved = sitting(&law(60));
        moved["was"] = sitting(&law(0));
        let wanted = json!({
            "added": [sitting(&law(0))],
            "moved": [moved],
            "changed": [],
            "removed": [sitting(&law(30))],
            "same": 7,
            "guards": ["imminent_moved"],
        });
        assert_eq!(told, wanted);
    }
}
