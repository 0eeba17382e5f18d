//! What a pass itself has to tell a person, beside what planning and reconciling found.

use crate::aws;
use crate::domain::{Finding, FleetName, Observation, Severity, utc_minute};
use crate::reconciler::Breach;
use crate::report::Chain;
use crate::store::{self, Approval};

/// Why nothing is lowered while the plan is empty.
pub(super) const EMPTY_PLAN: &str =
    "the plan has no exam, yet raises of ours still stand in the account";

pub(super) fn empty_plan() -> Finding {
    Finding::new(
        Severity::Critical,
        "empty_plan",
        format!("{EMPTY_PLAN}; they are left standing and nothing is lowered."),
        "Publish the timetable again; if its exams are truly over, delete the raises in the account.",
    )
}

pub(super) fn store_failed(what: &str, source: &store::Error) -> Finding {
    Finding::new(
        Severity::Critical,
        "store_failed",
        format!("Our own database could not {what}: {}.", Chain(source)),
        "Nothing is taken away while this lasts. Look at the disk and the rights of the data directory.",
    )
}

pub(super) fn invariant_broken(breach: &Breach) -> Finding {
    Finding::new(
        Severity::Critical,
        "invariant_broken",
        format!("Nothing of this pass is carried out: {breach}."),
        "The fleet keeps what it has. Report this with the journal of the last hour.",
    )
}

pub(super) fn write_failed(action: &str, why: &aws::Error) -> Finding {
    Finding::new(
        Severity::Warning,
        "write_failed",
        format!("Not done: {action}. {why}."),
        "It is tried again in the next pass; look at the account if it stays.",
    )
}

pub(super) fn nothing_given_back(why: &str) -> Finding {
    Finding::new(
        Severity::Info,
        "nothing_given_back",
        format!("More web servers are kept than planned: {why}."),
        "Nothing to do; they are given back once the reason is gone.",
    )
}

/// A publication that waits must not wait unseen.
pub(super) fn second_person_awaited(approval: &Approval) -> Finding {
    let Approval { id, source, requested_by, expires_at, .. } = approval;
    Finding::new(
        Severity::Warning,
        "second_person_awaited",
        format!(
            "A publication of {source} by {requested_by} waits for a second person until {}; until then the exams of \
             both timetables are covered.",
            utc_minute(*expires_at)
        ),
        format!(
            "Somebody other than {requested_by} consents to request {id}, or uploads a corrected file."
        ),
    )
}

/// The file of term dates lies on a disk that hangs.
pub(super) fn term_dates_hang(why: &str) -> Finding {
    Finding::new(
        Severity::Warning,
        "term_dates_hang",
        format!("The term dates could not be read: {why}. The dates that were read last count."),
        "Look after the disk that the file of term dates lies on.",
    )
}

/// What another fleet asks of the same cluster cannot be read.
pub(super) fn neighbour_unread(fleet: &FleetName, source: &store::Error) -> Finding {
    Finding::new(
        Severity::Warning,
        "neighbour_unread",
        format!(
            "What fleet {fleet} asks of the same database cluster could not be read: {}. What was read last counts.",
            Chain(source)
        ),
        "Look after our own database; the log has more.",
    )
}

/// The plan keeps to the configuration: one read of a limit must not turn a whole script over.
pub(super) fn smaller_limit(configured: Option<u32>, seen: &Observation) -> Option<Finding> {
    let (configured, seen) = (configured?, seen.connections.known()?.limit?);
    (seen < configured).then(|| {
        Finding::new(
            Severity::Critical,
            "database_limit_smaller",
            format!("The database allows {seen} connections; {configured} are configured."),
            "Raise max_connections on every member of the cluster, or correct it in the configuration.",
        )
    })
}

/// Fewer zones than planned for: losing one of them takes a larger part of the servers.
pub(super) fn fewer_zones(configured: u32, seen: &Observation) -> Option<Finding> {
    let seen = seen.group.known()?.zones;
    (seen < configured).then(|| {
        Finding::new(
            Severity::Critical,
            "zones_fewer",
            format!("The servers stand in {seen} availability zone(s); {configured} are configured."),
            "Enable the missing zones, or correct the configuration: fewer zones need more servers.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Connections, Group, Nodes, Seen};
    use chrono::DateTime;
    use std::collections::BTreeSet;

    fn observation(zones: u32, limit: u32) -> Observation {
        let group = Group {
            min: Nodes::new(2),
            max: Nodes::new(9),
            desired: Nodes::new(2),
            instances: vec![],
            new_instances_protected: false,
            suspended: BTreeSet::new(),
            zones,
        };
        Observation {
            taken_at: DateTime::UNIX_EPOCH,
            group: Seen::Known(group),
            scheduled: Seen::Absent,
            policies: Seen::Absent,
            attempts: Seen::Absent,
            connections: Seen::Known(Connections { in_use: 1, limit: Some(limit) }),
        }
    }

    #[test]
    fn an_account_smaller_than_its_configuration_is_told() {
        let seen = observation(2, 900);
        assert_eq!(fewer_zones(3, &seen).map(|told| told.severity), Some(Severity::Critical));
        assert_eq!(fewer_zones(2, &seen), None);
        assert!(smaller_limit(Some(1000), &seen).is_some_and(|told| told.message.contains("900")));
        assert_eq!(smaller_limit(Some(900), &seen), None);
        assert_eq!(smaller_limit(None, &seen), None);
    }
}
