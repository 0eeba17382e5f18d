//! Fleets that name the same database cluster share its budget.

use super::problems::Problems;
use super::{Config, Fleet};
use crate::planner::{Database, kept, spared};

/// Adds to each fleet what the others on its cluster take whatever is planned; all must say the same of the cluster, and it
/// must carry at least the floors of all phases.
pub(super) fn shared(fleets: &mut [Fleet], problems: &mut Problems) {
    let said =
        |fleet: &Fleet| (fleet.name.clone(), fleet.planner.database.clone(), kept(&fleet.planner));
    let all: Vec<_> = fleets.iter().map(said).collect();
    for fleet in fleets.iter_mut() {
        let own = fleet.planner.database.clone();
        let Some(cluster) = &mut fleet.planner.database.cluster else { continue };
        let on_it = |database: &Database| {
            database.cluster.as_ref().is_some_and(|other| other.name == cluster.name)
        };
        let others = all.iter().filter(|(name, other, _)| *name != fleet.name && on_it(other));
        let others: Vec<_> = others.collect();
        for (name, other, kept) in others {
            cluster.cron = cluster.cron.saturating_add(other.cron);
            cluster.kept = cluster.kept.saturating_add(*kept);
            // Told once of each pair.
            if name < &fleet.name && !alike(&own, other) {
                problems.enter(format!("fleet {:?}", fleet.name.as_str()));
                problems.part("database");
                let what = format!(
                    "{:?} is that of fleet {name} too, and both must say the same of it: max_connections or members, \
                     proxy_share, usable, reserve and fixed",
                    cluster.name
                );
                problems.add("cluster", what);
            }
        }
    }
    for fleet in fleets {
        let missing = spared(&fleet.planner).filter(|left| *left < 0);
        let Some(missing) = missing else { continue };
        problems.enter(format!("fleet {:?}", fleet.name.as_str()));
        problems.part("database");
        let what = format!(
            "{} usable connections are missing for the floors of the phases alone, with cron, reserve and what is fixed; \
             lower those floors, run fewer workers per web server, or use a larger instance class",
            -missing
        );
        problems.add("max_connections", what);
    }
}

/// Whether both say the same of the cluster; cron runners and replacements are each fleet's own.
fn alike(one: &Database, other: &Database) -> bool {
    let of_cluster = |database: &Database| {
        let Database {
            max_connections,
            class: _,
            usable,
            cron: _,
            reserve,
            fixed,
            cluster: _,
            overlap: _,
        } = *database;
        (max_connections, usable, reserve, fixed)
    };
    of_cluster(one) == of_cluster(other)
}

impl Config {
    /// The other fleets on the cluster of a fleet.
    pub fn neighbours<'a>(&'a self, fleet: &'a Fleet) -> impl Iterator<Item = &'a Fleet> {
        let name = |fleet: &'a Fleet| {
            fleet.planner.database.cluster.as_ref().map(|cluster| cluster.name.as_str())
        };
        let own = name(fleet);
        self.fleets
            .iter()
            .filter(move |other| other.name != fleet.name && own.is_some() && name(other) == own)
    }
}

#[cfg(test)]
mod tests {
    const EXAMPLE: &str = include_str!("../../config/production.example.toml");

    /// The example twice, as two fleets on one cluster.
    fn two(change: impl Fn(String) -> String) -> String {
        let text = EXAMPLE.replace("#cluster = \"moodle-aurora\"", "cluster = \"moodle-aurora\"");
        let second = text.split_once("[[fleet]]").unwrap().1;
        let second = second.replace("name = \"moodle\"", "name = \"exams\"");
        format!("{text}\n[[fleet]]{}", change(second))
    }

    #[test]
    fn fleets_on_one_cluster_know_each_other_and_count_each_others_cron_runners() {
        let text = two(|second| second.replace("cron = 12", "cron = 30"));
        let config = crate::config::parse(&text, "test.toml").unwrap();
        let names = |fleet| {
            config.neighbours(fleet).map(|other| other.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(config.fleets.iter().map(names).collect::<Vec<_>>(), [["exams"], ["moodle"]]);
        let cron = |at: usize| config.fleets[at].planner().database.cluster.unwrap().cron;
        assert_eq!([cron(0), cron(1)], [30, 12]);
        let alone = crate::config::parse(EXAMPLE, "test.toml").unwrap();
        assert_eq!(alone.neighbours(&alone.fleets[0]).count(), 0);
    }

    #[test]
    fn fleets_on_one_cluster_say_the_same_of_it() {
        let text = two(|second| {
            second.replace(
                "max_connections = 2000\n# Where Moodle",
                "max_connections = 1000\n# Where Moodle",
            )
        });
        let error = crate::config::parse(&text, "test.toml").unwrap_err().to_string();
        assert!(error.contains("fleet \"moodle\" database cluster: "), "{error}");
        assert!(error.contains("is that of fleet exams too"), "{error}");
    }
}
