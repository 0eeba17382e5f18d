//! Fleets that share a database cluster: what each of them asks of it counts against the budget of the others.

use super::budget::Connections;
use super::plan::plan;
use super::{Database, Settings};
use crate::domain::{FleetName, Sitting, Span};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// A database cluster that several fleets name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// What they call it.
    pub name: String,
    /// What the web servers of the others ask of it, sorted by time; `None` where nobody counted it.
    pub others: Option<Vec<Taken>>,
    /// Connections of the cron runners of the others.
    pub cron: u32,
    /// Connections of the others at the greatest floors of their phases, which nobody takes from them.
    pub kept: u32,
}

/// Connections that are asked for from a moment on, until the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// From when on.
    pub from: DateTime<Utc>,
    /// How many: those of the web servers that are wanted, with replacements; never below those of the greatest phase floor.
    pub connections: u32,
}

/// See `planner::taken`.
pub(super) fn taken(
    fleet: &FleetName,
    sittings: &[Sitting],
    settings: &Settings,
    span: Span,
) -> Vec<Taken> {
    // What it asks for, not what it is given: who is given how much is for each to work out, from the same numbers.
    let database = Database { max_connections: None, cluster: None, ..settings.database.clone() };
    let asking = Settings { database, ..settings.clone() };
    let connections = Connections::of(&asking);
    let kept = connections.kept();
    let taken = plan(fleet, sittings, &asking, span).steps.into_iter().map(|step| Taken {
        from: step.at,
        connections: connections.of_servers(step.floor).max(kept),
    });
    taken.collect()
}

/// What several ask for together.
pub(super) fn together(each: &[Vec<Taken>]) -> Vec<Taken> {
    let moments: BTreeSet<_> = each.iter().flatten().map(|taken| taken.from).collect();
    let sum = |from: DateTime<Utc>| {
        let held = each.iter().map(|steps| {
            let after = steps.partition_point(|taken| taken.from <= from);
            steps[..after].last().map_or(0, |taken| taken.connections)
        });
        Taken { from, connections: held.fold(0, u32::saturating_add) }
    };
    moments.into_iter().map(sum).collect()
}

impl Cluster {
    /// The most that others ask for at any moment of a stretch.
    pub(super) fn greatest(&self, span: Span) -> u32 {
        let others = self.others.as_deref().unwrap_or_default();
        let first = others.partition_point(|taken| taken.from <= span.start()).saturating_sub(1);
        let held = others[first..].iter().take_while(|taken| taken.from < span.end());
        held.map(|taken| taken.connections).max().unwrap_or_default()
    }

    /// The moments at which others ask for more or less.
    pub(super) fn changes(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        self.others.iter().flatten().map(|taken| taken.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Nodes, Plan, Severity};
    use crate::planner::check;
    use crate::planner::fixture::{at, fleet, settings, sitting, sittings, span};
    use proptest::prelude::*;
    use std::slice::from_ref;

    /// The plan of a fleet whose neighbours on the cluster, set up alike, have these sittings.
    fn beside(own: &[Sitting], others: &[&[Sitting]]) -> (Plan, Settings) {
        let mut settings = settings();
        let each: Vec<_> =
            others.iter().map(|some| taken(&fleet(), some, &settings, span())).collect();
        let others = Some(together(&each));
        let count = u32::try_from(each.len()).unwrap();
        let (cron, kept) = (12 * count, count * Connections::of(&settings).kept());
        settings.database.cluster = Some(Cluster { name: "exams".into(), others, cron, kept });
        (plan(&fleet(), own, &settings, span()), settings)
    }

    fn nodes(plan: &Plan) -> u32 {
        plan.windows[0].nodes.get()
    }

    #[test]
    fn exams_of_two_fleets_at_different_times_take_nothing_from_each_other() {
        let own = [sitting("own", 540, 120, 6000)];
        let alone = plan(&fleet(), &own, &settings(), span());
        let (shared, _) = beside(&own, &[&[sitting("theirs", 1000, 120, 6000)]]);
        assert_eq!(nodes(&alone), nodes(&shared));
        assert!(nodes(&alone) < 35);
        assert!(shared.findings.iter().all(|finding| finding.code != "beyond_database"));
    }

    #[test]
    fn exams_at_the_same_time_share_what_there_is_by_what_they_ask_for() {
        let [large, small] = [sitting("large", 540, 120, 6000), sitting("small", 540, 120, 3000)];
        let (one, settings) = beside(from_ref(&large), &[from_ref(&small)]);
        let (other, _) = beside(from_ref(&small), &[from_ref(&large)]);
        let connections = Connections::of(&settings);
        let both: u32 =
            [&one, &other].map(|plan| connections.of_servers(Nodes::new(nodes(plan)))).iter().sum();
        let free = connections.usable().unwrap() - connections.fixed();
        assert!(free - 80 < both && both <= free, "{both} of {free}");
        assert!(nodes(&other) < nodes(&one), "{} {}", nodes(&other), nodes(&one));
        for (plan, sitting) in [(&one, &large), (&other, &small)] {
            let told =
                plan.findings.iter().find(|finding| finding.code == "beyond_database").unwrap();
            assert_eq!(told.severity, Severity::Critical);
            assert!(told.message.contains("other fleets on exams"), "{}", told.message);
            assert_eq!(check(plan, from_ref(sitting), &settings), []);
        }
    }

    #[test]
    fn whatever_others_ask_for_the_floor_of_a_phase_stays() {
        let typo = sitting("typo", 540, 120, u32::MAX);
        let (plan, settings) = beside(&[], &[from_ref(&typo)]);
        assert!(plan.steps.iter().all(|step| step.floor == Nodes::new(2)), "{:#?}", plan.steps);
        assert_eq!(check(&plan, &[], &settings), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        /// However much fleets ask for, what they are given is never beyond the cluster, at no minute.
        #[test]
        fn together_they_never_go_beyond_the_cluster(one in sittings(5), two in sittings(5), three in sittings(5)) {
            let all = [&one[..], &two[..], &three[..]];
            let plans: Vec<_> = (0..3)
                .map(|own| {
                    let others: Vec<_> = (0..3).filter(|other| *other != own).map(|other| all[other]).collect();
                    beside(all[own], &others)
                })
                .collect();
            let connections = Connections::of(&plans[0].1);
            let free = connections.usable().unwrap() - connections.fixed();
            for minute in (-1440..3 * 1440).step_by(11) {
                let held: u32 = plans
                    .iter()
                    .map(|(plan, _)| connections.of_servers(plan.floor_at(at(minute))))
                    .sum();
                prop_assert!(held <= free, "{}: {} of {}", minute, held, free);
            }
            for (own, (plan, settings)) in plans.iter().enumerate() {
                prop_assert_eq!(check(plan, all[own], settings), vec![]);
            }
        }
    }
}
