//! What the database can carry, from what a configuration says of its cluster.

use super::problems::Problems;
use super::raw;
use crate::planner::{Capacity, Cluster, Database, Engine, InstanceClass, Member};

/// Capacity units of Aurora Serverless v2.
const ACU: std::ops::RangeInclusive<f64> = 0.0..=256.0;

/// The budget's settings: the smallest limit of all members counts, of which a proxy may use a share.
pub(super) fn database(raw: &raw::Database, problems: &mut Problems) -> Database {
    if let Some(limit) = raw.max_connections {
        problems.count("max_connections", limit, 10..=100_000);
    }
    let members: Vec<Member> =
        raw.member.iter().filter_map(|member| self::member(member, problems)).collect();
    let engines: Vec<_> = members.iter().map(|member| member.engine).collect();
    if !engines.windows(2).all(|pair| pair[0] == pair[1]) {
        problems.add("member engine", "a cluster has one engine; its members name two");
    }
    let smallest = members.iter().min_by_key(|member| member.max_connections());
    let limit = raw.max_connections.into_iter().chain(smallest.map(Member::max_connections)).min();
    let class = smallest.and_then(|member| match member.capacity {
        Capacity::Provisioned(class) => Some((class, member.engine)),
        Capacity::Serverless { .. } => None,
    });
    let share = raw.proxy_share.map(|share| problems.positive_share("proxy_share", share));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a u32 is a u32; rounded down, which is the safe side"
    )]
    let through = |limit: u32| match share {
        Some(share) => (f64::from(limit) * share.fraction()).floor() as u32,
        None => limit,
    };
    Database {
        max_connections: limit.map(through),
        class,
        usable: problems.positive_share("usable", raw.usable),
        cron: problems.count("cron", raw.cron, 0..=10_000),
        reserve: problems.count("reserve", raw.reserve, 0..=10_000),
        fixed: problems.count("fixed", raw.fixed, 0..=100_000),
        cluster: raw.cluster.clone().map(|name| Cluster { name, others: None, cron: 0, kept: 0 }),
        overlap: problems.share("overlap", raw.overlap),
    }
}

fn member(raw: &raw::Member, problems: &mut Problems) -> Option<Member> {
    let raw::Member { engine, class, min_acu, max_acu, max_connections } = raw;
    let capacity = match (class.as_str(), max_acu) {
        ("db.serverless", Some(max_acu)) => {
            let min_acu = problems.number("member min_acu", min_acu.unwrap_or(0.0), ACU);
            let max_acu = problems.number("member max_acu", *max_acu, 0.5..=256.0);
            if max_acu < min_acu {
                problems.add("member min_acu", format!("{min_acu} is above max_acu, {max_acu}"));
            }
            Some(Capacity::Serverless { min_acu, max_acu })
        }
        ("db.serverless", None) => {
            problems
                .add("member max_acu", "is missing; the limit of db.serverless follows from it");
            None
        }
        (class, acu) => {
            if acu.or(*min_acu).is_some() {
                problems.add(
                    "member max_acu",
                    format!("{class} has no capacity units; only db.serverless does"),
                );
            }
            match InstanceClass::named(class) {
                Ok(class) => Some(Capacity::Provisioned(class)),
                Err(unknown) => {
                    problems.add("member class", unknown);
                    None
                }
            }
        }
    };
    if let Some(limit) = max_connections {
        problems.count("member max_connections", *limit, 10..=100_000);
    }
    Some(Member {
        engine: match engine {
            raw::Engine::Mysql => Engine::Mysql,
            raw::Engine::Postgres => Engine::Postgres,
        },
        capacity: capacity?,
        in_instance_group: *max_connections,
        in_cluster_group: None,
        pending_reboot: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Database, Vec<String>) {
        let raw: raw::Database = toml::from_str(text).unwrap();
        let mut problems = Problems::default();
        let database = database(&raw, &mut problems);
        (database, problems.told())
    }

    #[test]
    fn the_smallest_limit_among_the_members_counts() {
        let (database, told) = read(
            r#"
            [[member]]
            engine = "aurora-mysql"
            class = "db.r6g.2xlarge"
            [[member]]
            engine = "aurora-mysql"
            class = "db.r6g.large"
            "#,
        );
        assert_eq!((database.max_connections, told.len()), (Some(1_000), 0));
        assert_eq!(
            database.class.map(|(class, _)| class.to_string()).as_deref(),
            Some("db.r6g.large")
        );
    }

    #[test]
    fn a_proxy_may_use_a_share_of_it() {
        let (database, _) = read("max_connections = 2000\nproxy_share = 0.75");
        assert_eq!(database.max_connections, Some(1_500));
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let (_, told) = read(
            r#"
            usable = 80.0
            [[member]]
            engine = "aurora-mysql"
            class = "db.r6g.mega"
            [[member]]
            engine = "aurora-postgresql"
            class = "db.serverless"
            "#,
        );
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[0].starts_with("member class: db.r6g.mega is no instance class"), "{told:?}");
        assert!(told[1].starts_with("member max_acu: is missing"), "{told:?}");
    }

    #[test]
    fn members_that_cannot_be_are_told() {
        let member =
            |engine: &str, rest: &str| format!("[[member]]\nengine = {engine:?}\n{rest}\n");
        let serverless = "class = \"db.serverless\"\nmin_acu = 20.0\nmax_acu = 16.0";
        let provisioned = "class = \"db.r6g.large\"\nmax_acu = 16.0";
        let text = member("aurora-mysql", serverless) + &member("aurora-postgresql", provisioned);
        let (_, told) = read(&text);
        for part in ["20 is above max_acu, 16", "db.r6g.large has no capacity units", "one engine"]
        {
            assert!(told.iter().any(|told| told.contains(part)), "{part} is missing: {told:#?}");
        }
    }
}
