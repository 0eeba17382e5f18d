//! What a publication that waits for a second person says: which exams, who may consent, and until when.

use crate::domain::{Comparison, Guard, Sitting};
use crate::http::campus;
use crate::http::problem::Problem;
use crate::store::Approval;
use crate::timetable;
use crate::wire;
use axum::http::StatusCode;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::slice::from_ref;

/// How many exams are named; the rest is counted.
const NAMED: usize = 5;
/// A moment as a sentence has it: `Tue 1 Dec 13:00 GMT`.
const MOMENT: &str = "%a %-d %b %H:%M %Z";

/// The refusal. The draft is compared with what was in force when it was published; the union is revision
/// `in_force` now.
pub(super) fn second_person(
    approval: &Approval,
    guards: &[Guard],
    comparison: &Comparison,
    in_force: u64,
    zone: Tz,
) -> Problem {
    let why: Vec<_> = guards.iter().copied().map(Guard::sentence).collect();
    let detail = format!(
        "{}{} What is new is in force already; what would be taken away stands until a registrar or \
         admin other than you sends POST /v1/approvals/{id}, by {}. GET /v1/approvals/{id} shows \
         what they consent to.",
        why.join(" "),
        exams(&waiting(comparison, approval.requested_at), zone),
        campus(approval.expires_at, zone, MOMENT),
        id = approval.id,
    );
    Problem::new(StatusCode::CONFLICT, "second_person_needed", detail)
        .with("id", approval.id.as_str())
        .with("expires_at", wire::time(approval.expires_at))
        .with("guards", wire::guards(guards))
        .with("revision", in_force)
}

/// What would be taken from exams that are not over, with each exam as it was; by start.
fn waiting(comparison: &Comparison, now: DateTime<Utc>) -> Vec<(&'static str, &Sitting)> {
    let Comparison { added: _, moved, changed, removed, same: _ } = comparison;
    let kept = moved.iter().chain(changed).filter_map(|(old, new)| {
        if old.span.start() != new.span.start() {
            return Some(("moved", old));
        }
        is_less(old, new).then_some(("made smaller", old))
    });
    let removed = removed.iter().map(|old| ("removed", old));
    let mut waiting: Vec<_> =
        removed.chain(kept).filter(|(_, old)| now < old.last_deadline()).collect();
    waiting.sort_by_key(|(_, old)| (old.span.start(), &old.key));
    waiting
}

/// Whether the greater of both, which stands meanwhile, is more than the new one.
fn is_less(old: &Sitting, new: &Sitting) -> bool {
    timetable::union(from_ref(old), from_ref(new)) != from_ref(new)
}

/// ` These wait: Law, Tue 1 Dec 13:00 GMT (removed); and 3 more.`, or nothing where there are none.
fn exams(waiting: &[(&'static str, &Sitting)], zone: Tz) -> String {
    let name = |(fate, old): &(&str, &Sitting)| {
        format!("{}, {} ({fate})", old.title, campus(old.span.start(), zone, MOMENT))
    };
    let mut named: Vec<_> = waiting.iter().take(NAMED).map(name).collect();
    if named.is_empty() {
        return String::new();
    }
    let more = waiting.len() - named.len();
    if 0 < more {
        named.push(format!("and {more} more"));
    }
    format!(" These wait: {}.", named.join("; "))
}
