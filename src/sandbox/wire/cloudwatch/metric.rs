//! The metrics that the account has, and what a period says of them.

use super::request::{Query, Stat};
use crate::sandbox::wire::identity::{DB_CLUSTER, GROUP, LOAD_BALANCER, TARGET_GROUP_ARN};
use crate::sandbox::wire::refusal::Refused;
use crate::sandbox::world::{MEMBERS, Minute, Sizes};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// A metric of the group, and the size that it is.
type GroupMetric = (&'static str, fn(&Sizes) -> u32);

/// The metrics of the group, of which it sends one sample a minute.
pub(in crate::sandbox::wire) const GROUP_METRICS: [GroupMetric; 8] = [
    ("GroupDesiredCapacity", |sizes| sizes.desired),
    ("GroupInServiceInstances", |sizes| sizes.in_service),
    ("GroupMaxSize", |sizes| sizes.max),
    ("GroupMinSize", |sizes| sizes.min),
    ("GroupPendingInstances", |sizes| sizes.pending),
    ("GroupStandbyInstances", |_| 0),
    ("GroupTerminatingInstances", |sizes| sizes.terminating),
    ("GroupTotalInstances", |sizes| sizes.total),
];

/// A metric that the account has.
#[derive(Debug, Clone, Copy)]
pub(super) enum Metric {
    /// `AWS/EC2` `CPUUtilization` of the group, in percent.
    Cpu,
    /// `AWS/ApplicationELB` `RequestCountPerTarget`.
    Requests,
    /// `AWS/AutoScaling` `Group…`.
    Size(fn(&Sizes) -> u32),
    /// `AWS/RDS` `DatabaseConnections`.
    Connections(Whose),
}

/// Which members of the database a metric is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whose {
    /// All of them, each with a sample of its own.
    Cluster,
    /// One of [`MEMBERS`].
    Member(&'static str),
    /// Whoever writes.
    Writer,
    /// Whoever does not.
    Readers,
}

impl Metric {
    /// The metric of a namespace and a name whose dimensions are exactly these; `None` where the account has none.
    pub(super) fn find(stat: &Stat) -> Option<Self> {
        let dimensions: Vec<_> =
            stat.dimensions.iter().map(|(name, value)| (&**name, &**value)).collect();
        let target_group = TARGET_GROUP_ARN.rsplit(':').next().unwrap_or_default();
        match (&*stat.namespace, &*stat.name, &*dimensions) {
            ("AWS/EC2", "CPUUtilization", [("AutoScalingGroupName", GROUP)]) => Some(Self::Cpu),
            ("AWS/AutoScaling", name, [("AutoScalingGroupName", GROUP)]) => {
                let mut metrics = GROUP_METRICS.into_iter();
                metrics.find(|(own, _)| *own == name).map(|(_, size)| Self::Size(size))
            }
            ("AWS/ApplicationELB", "RequestCountPerTarget", [("TargetGroup", group)])
            | (
                "AWS/ApplicationELB",
                "RequestCountPerTarget",
                [("LoadBalancer", LOAD_BALANCER), ("TargetGroup", group)],
            ) => (*group == target_group).then_some(Self::Requests),
            ("AWS/RDS", "DatabaseConnections", dimensions) => {
                Whose::find(dimensions).map(Self::Connections)
            }
            _ => None,
        }
    }

    /// The unit in which it is sent.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Cpu => "Percent",
            Self::Requests | Self::Connections(_) => "Count",
            Self::Size(_) => "None",
        }
    }

    /// Its samples of a minute.
    fn samples(self, minute: &Minute) -> Vec<f64> {
        match self {
            Self::Cpu => minute.cpu.map(|share| 100.0 * share).into_iter().collect(),
            Self::Requests => minute.requests.into_iter().collect(),
            Self::Size(size) => vec![f64::from(size(&minute.sizes))],
            Self::Connections(whose) => {
                let members = MEMBERS.into_iter().zip(minute.connections);
                let meant = members.filter(|(member, _)| whose.means(member, minute.writer));
                meant.map(|(_, count)| f64::from(count)).collect()
            }
        }
    }

    /// How samples become one value. Of CPU only the average over the nodes is known, and of requests per target, which is
    /// an average already, AWS itself offers only the sum.
    fn statistic(self, name: &str) -> Result<fn(&[f64]) -> f64, Refused> {
        let sum: fn(&[f64]) -> f64 = |samples| samples.iter().sum();
        let average: fn(&[f64]) -> f64 = |samples| samples.iter().sum::<f64>() / count(samples);
        match (self, name) {
            (Self::Cpu | Self::Size(_) | Self::Connections(_), "Average") => Ok(average),
            (Self::Requests | Self::Size(_) | Self::Connections(_), "Sum") => Ok(sum),
            (Self::Size(_) | Self::Connections(_), "Minimum") => {
                Ok(|samples| samples.iter().copied().fold(f64::INFINITY, f64::min))
            }
            (Self::Size(_) | Self::Connections(_), "Maximum") => {
                Ok(|samples| samples.iter().copied().fold(f64::NEG_INFINITY, f64::max))
            }
            (Self::Size(_) | Self::Connections(_), "SampleCount") => Ok(count),
            (Self::Cpu | Self::Requests | Self::Size(_) | Self::Connections(_), _) => {
                Err(Refused::not_simulated(&format!("the statistic {name} of this metric")))
            }
        }
    }
}

impl Whose {
    fn find(dimensions: &[(&str, &str)]) -> Option<Self> {
        match dimensions {
            [("DBClusterIdentifier", DB_CLUSTER)] => Some(Self::Cluster),
            [("DBClusterIdentifier", DB_CLUSTER), ("Role", "WRITER")] => Some(Self::Writer),
            [("DBClusterIdentifier", DB_CLUSTER), ("Role", "READER")] => Some(Self::Readers),
            [("DBInstanceIdentifier", id)] => {
                MEMBERS.into_iter().find(|member| member == id).map(Self::Member)
            }
            _ => None,
        }
    }

    fn means(self, member: &str, writer: &str) -> bool {
        match self {
            Self::Cluster => true,
            Self::Member(own) => own == member,
            Self::Writer => member == writer,
            Self::Readers => member != writer,
        }
    }
}

/// One value of a metric, and the beginning of the period that it is about.
pub(super) type Point = (DateTime<Utc>, f64);

/// What the minutes, the latest first, say to a query: the latest period first. Periods begin at multiples of their
/// length since 1970, and one counts if it begins from `from` (inclusive) to `to` (exclusive).
pub(super) fn points(
    query: &Query,
    minutes: &[Minute],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<Point>, Refused> {
    let Some(metric) = Metric::find(&query.stat) else { return Ok(Vec::new()) };
    let statistic = metric.statistic(&query.stat.statistic)?;
    if query.stat.unit.as_ref().is_some_and(|unit| unit != metric.unit()) {
        return Ok(Vec::new());
    }
    let mut periods = BTreeMap::<_, Vec<f64>>::new();
    for minute in minutes {
        let since = minute.begins.timestamp().rem_euclid(query.stat.period);
        let begins = minute.begins - TimeDelta::seconds(since);
        if from <= begins && begins < to {
            periods.entry(begins).or_default().extend(metric.samples(minute));
        }
    }
    let filled = periods.into_iter().rev().filter(|(_, samples)| !samples.is_empty());
    Ok(filled.map(|(begins, samples)| (begins, statistic(&samples))).collect())
}

fn count(samples: &[f64]) -> f64 {
    f64::from(u32::try_from(samples.len()).unwrap_or(u32::MAX))
}
