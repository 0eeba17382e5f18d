//! How many connections the members of an Aurora cluster admit.
//!
//! Sources: the Aurora user guide, *Managing Amazon Aurora MySQL* (maximum connections), *Managing Amazon Aurora
//! PostgreSQL*, *Performance and scaling for Aurora Serverless v2*, *Working with DB cluster parameter groups*.

use std::fmt;

/// The database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Aurora MySQL.
    Mysql,
    /// Aurora PostgreSQL.
    Postgres,
}

/// What a member runs on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Capacity {
    /// An instance class.
    Provisioned(InstanceClass),
    /// Aurora Serverless v2 between so many capacity units. The limit follows from the most, whatever is in use.
    Serverless {
        /// The least; below 1, PostgreSQL admits 2,000 at most.
        min_acu: f64,
        /// The most.
        max_acu: f64,
    },
}

/// An instance class that Aurora has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InstanceClass {
    /// Which of the family's names.
    name: &'static str,
    family: &'static Family,
    /// Index among the family's sizes.
    size: usize,
}

/// Instances of one kind.
#[derive(Debug, PartialEq)]
struct Family {
    /// Their names, which have the same sizes.
    names: &'static [&'static str],
    sizes: &'static [Size],
}

/// One size: its name, the default `max_connections` of Aurora MySQL, memory in GiB.
type Size = (&'static str, u32, f64);

const LARGE: Size = ("large", 1_000, 16.0);
const XLARGE: Size = ("xlarge", 2_000, 32.0);
const X2: Size = ("2xlarge", 3_000, 64.0);
const X4: Size = ("4xlarge", 4_000, 128.0);
const X8: Size = ("8xlarge", 5_000, 256.0);
const X12: Size = ("12xlarge", 6_000, 384.0);
const X16: Size = ("16xlarge", 6_000, 512.0);
const X24: Size = ("24xlarge", 7_000, 768.0);
const X32: Size = ("32xlarge", 7_000, 1_024.0);
const X48: Size = ("48xlarge", 8_000, 1_536.0);

/// The first generations had a little less memory.
const R_LARGE: Size = ("large", 1_000, 15.0);
const R_XLARGE: Size = ("xlarge", 2_000, 30.0);
const R_X2: Size = ("2xlarge", 3_000, 61.0);
const R_X4: Size = ("4xlarge", 4_000, 122.0);
const R_X8: Size = ("8xlarge", 5_000, 244.0);
const R_X16: Size = ("16xlarge", 6_000, 488.0);

const FAMILIES: &[Family] = &[
    Family { names: &["t2"], sizes: &[("small", 45, 2.0), ("medium", 90, 4.0)] },
    Family {
        names: &["t3"],
        sizes: &[("small", 45, 2.0), ("medium", 90, 4.0), ("large", 135, 8.0)],
    },
    Family { names: &["t4g"], sizes: &[("medium", 90, 4.0), ("large", 135, 8.0)] },
    Family { names: &["r3"], sizes: &[R_LARGE, R_XLARGE, R_X2, R_X4, R_X8] },
    Family { names: &["r4"], sizes: &[R_LARGE, R_XLARGE, R_X2, R_X4, R_X8, R_X16] },
    Family { names: &["r5"], sizes: &[LARGE, XLARGE, X2, X4, X8, X12, X16, X24] },
    Family { names: &["r6g", "r7g"], sizes: &[LARGE, XLARGE, X2, X4, X8, X12, X16] },
    Family { names: &["r6i"], sizes: &[LARGE, XLARGE, X2, X4, X8, X12, X16, X24, X32] },
    Family { names: &["r7i", "r8g"], sizes: &[LARGE, XLARGE, X2, X4, X8, X12, X16, X24, X48] },
    Family {
        names: &["x2g"],
        sizes: &[
            ("large", 2_000, 32.0),
            ("xlarge", 3_000, 64.0),
            ("2xlarge", 4_000, 128.0),
            ("4xlarge", 5_000, 256.0),
            ("8xlarge", 6_000, 512.0),
            ("12xlarge", 7_000, 768.0),
            ("16xlarge", 7_000, 1_024.0),
        ],
    },
];

/// Serverless v2: the most capacity units, and the limit of Aurora MySQL.
const SERVERLESS_MYSQL: [(f64, u32); 9] = [
    (1.0, 90),
    (4.0, 135),
    (8.0, 1_000),
    (16.0, 2_000),
    (32.0, 3_000),
    (64.0, 4_000),
    (128.0, 5_000),
    (192.0, 6_000),
    (256.0, 6_000),
];

/// GiB of a capacity unit, about.
const ACU_GIB: f64 = 2.0;
/// Aurora PostgreSQL: `LEAST({DBInstanceClassMemory/9531392},5000)`.
const POSTGRES_BYTES: f64 = 9_531_392.0;
/// At most so many by default.
const POSTGRES_MOST: u32 = 5_000;
/// With less than one capacity unit to begin with.
const POSTGRES_PAUSING: u32 = 2_000;
const GIB: f64 = 1_073_741_824.0;

/// A member of a cluster, with what its parameter groups say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// The engine.
    pub engine: Engine,
    /// What it runs on.
    pub capacity: Capacity,
    /// `max_connections` where the instance's own parameter group was modified: it wins.
    pub in_instance_group: Option<u32>,
    /// Where the cluster's was.
    pub in_cluster_group: Option<u32>,
    /// Whether the groups' values wait for a reboot: then the smaller of old and new counts.
    pub pending_reboot: bool,
}

impl Member {
    /// `max_connections` of this member.
    pub fn max_connections(&self) -> u32 {
        let default = self.capacity.default_connections(self.engine);
        match self.in_instance_group.or(self.in_cluster_group) {
            Some(set) if self.pending_reboot => set.min(default),
            Some(set) => set,
            None => default,
        }
    }
}

impl Capacity {
    /// `max_connections` where no parameter group says otherwise. What AWS does not publish is estimated, and never
    /// above what it does publish for as much memory.
    pub fn default_connections(self, engine: Engine) -> u32 {
        match (self, engine) {
            (Self::Provisioned(class), Engine::Mysql) => class.size().1,
            (Self::Provisioned(class), Engine::Postgres) => postgres(class.size().2),
            (Self::Serverless { max_acu, .. }, Engine::Mysql) => {
                let reached = SERVERLESS_MYSQL.iter().rev().find(|(acu, _)| *acu <= max_acu);
                reached.map_or(45, |(_, limit)| *limit)
            }
            (Self::Serverless { min_acu, max_acu }, Engine::Postgres) => {
                let limit = postgres(max_acu * ACU_GIB);
                if min_acu < 1.0 { limit.min(POSTGRES_PAUSING) } else { limit }
            }
        }
    }
}

/// By memory in GiB. What the system keeps of it is not published; of Serverless v2 the limits are, and from those it is
/// 0.2 GiB and 6.15 % of the rest, to within a connection.
fn postgres(memory: f64) -> u32 {
    let left = (memory * 0.9385 - 0.2).max(0.0) * GIB;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "never negative; saturates"
    )]
    let limit = (left / POSTGRES_BYTES) as u32;
    limit.min(POSTGRES_MOST)
}

/// What is not among the classes that Aurora has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name} is no instance class that is known; {known}")]
pub struct UnknownClass {
    name: String,
    known: String,
}

impl InstanceClass {
    /// Of a name such as `db.r6g.xlarge`.
    ///
    /// # Errors
    /// [`UnknownClass`], with those that are near.
    pub fn named(name: &str) -> Result<Self, UnknownClass> {
        let bare = name.strip_prefix("db.").unwrap_or(name);
        let (family, size) = bare.split_once('.').unwrap_or((bare, ""));
        let asked = name;
        let unknown = |known: String| UnknownClass { name: asked.to_owned(), known };
        let named = FAMILIES.iter().find_map(|one| {
            let name = one.names.iter().find(|name| **name == family)?;
            Some((*name, one))
        });
        let Some((name, found)) = named else {
            let names: Vec<_> = FAMILIES.iter().flat_map(|one| one.names).copied().collect();
            return Err(unknown(format!("the families are {}", names.join(", "))));
        };
        let Some(index) = found.sizes.iter().position(|one| one.0 == size) else {
            let sizes: Vec<_> = found.sizes.iter().map(|one| one.0).collect();
            return Err(unknown(format!("the sizes of {family} are {}", sizes.join(", "))));
        };
        Ok(Self { name, family: found, size: index })
    }

    fn size(self) -> &'static Size {
        &self.family.sizes[self.size]
    }

    /// The smallest class of the same family that admits so many by default; `None` where none does.
    pub fn that_admits(self, connections: u32, engine: Engine) -> Option<Self> {
        let sizes = (0..self.family.sizes.len()).map(|size| Self { size, ..self });
        sizes
            .into_iter()
            .find(|class| connections <= Capacity::Provisioned(*class).default_connections(engine))
    }
}

impl fmt::Display for InstanceClass {
    /// As AWS writes it: `db.r6g.xlarge`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "db.{}.{}", self.name, self.size().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provisioned(name: &str) -> Capacity {
        Capacity::Provisioned(InstanceClass::named(name).unwrap())
    }

    /// The formula of the parameter group, rounded as AWS's own table is: it reproduces every row of it.
    #[test]
    fn every_class_has_the_limit_of_the_rounded_formula() {
        let log = |memory: f64, unit: f64| (memory * GIB / unit).log2();
        for family in FAMILIES {
            for (size, limit, memory) in family.sizes {
                let small = (log(*memory, 805_306_368.0).round() * 45.0).max(0.0);
                let large = (log(*memory, 8_187_281_408.0).round() * 1_000.0).max(0.0);
                assert_eq!(f64::from(*limit), small.max(large), "{:?} {size}", family.names);
            }
        }
    }

    #[test]
    fn known_classes_have_the_published_limits() {
        for (name, limit) in [
            ("db.t4g.medium", 90),
            ("db.r6g.large", 1_000),
            ("r5.24xlarge", 7_000),
            ("db.r6i.32xlarge", 7_000),
            ("db.x2g.large", 2_000),
            ("db.r8g.48xlarge", 8_000),
        ] {
            assert_eq!(provisioned(name).default_connections(Engine::Mysql), limit, "{name}");
        }
        for (acu, mysql, postgres) in [
            (1.0, 90, 189),
            (4.0, 135, 823),
            (8.0, 1_000, 1_669),
            (16.0, 2_000, 3_360),
            (32.0, 3_000, 5_000),
            (256.0, 6_000, 5_000),
        ] {
            let serverless = Capacity::Serverless { min_acu: 1.0, max_acu: acu };
            assert_eq!(serverless.default_connections(Engine::Mysql), mysql, "{acu}");
            let found = serverless.default_connections(Engine::Postgres);
            assert!(found <= postgres && postgres - found <= 4, "{acu}: {found}");
        }
        let pausing = Capacity::Serverless { min_acu: 0.5, max_acu: 64.0 };
        assert_eq!(pausing.default_connections(Engine::Postgres), 2_000);
        assert_eq!(
            Capacity::Serverless { min_acu: 0.5, max_acu: 0.5 }.default_connections(Engine::Mysql),
            45
        );
    }

    #[test]
    fn an_unknown_class_is_told_with_those_that_are_known() {
        let told = |name: &str| InstanceClass::named(name).unwrap_err().to_string();
        assert_eq!(
            told("db.r6g.mega"),
            "db.r6g.mega is no instance class that is known; the sizes of r6g are large, xlarge, 2xlarge, 4xlarge, \
             8xlarge, 12xlarge, 16xlarge"
        );
        assert!(told("db.m5.large").contains("the families are t2, t3"));
    }

    #[test]
    fn what_was_set_wins_and_what_waits_for_a_reboot_counts_only_downwards() {
        let member = Member {
            engine: Engine::Mysql,
            capacity: provisioned("db.r6g.large"),
            in_instance_group: None,
            in_cluster_group: Some(3_000),
            pending_reboot: false,
        };
        assert_eq!(member.max_connections(), 3_000);
        let own = Member { in_instance_group: Some(500), ..member };
        assert_eq!(own.max_connections(), 500);
        assert_eq!(Member { pending_reboot: true, ..member }.max_connections(), 1_000);
        assert_eq!(Member { in_cluster_group: None, ..member }.max_connections(), 1_000);
    }

    #[test]
    fn the_smallest_class_that_fits_is_found_in_the_family() {
        let class = InstanceClass::named("db.r6g.large").unwrap();
        let fits =
            |connections| class.that_admits(connections, Engine::Mysql).map(|c| c.to_string());
        assert_eq!(fits(1_000).as_deref(), Some("db.r6g.large"));
        assert_eq!(fits(2_500).as_deref(), Some("db.r6g.2xlarge"));
        assert_eq!(fits(9_000), None);
    }
}
