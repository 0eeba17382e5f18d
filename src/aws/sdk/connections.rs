//! Database connections: how many are open on the writer, and the smallest limit among all members of the cluster.
//!
//! Any member may be promoted, and then its own limit counts (Aurora guide, *High availability*). A limit that somebody
//! set stands in a parameter group: in that of the instance, or else in that of the cluster (Aurora guide, *Working with
//! parameter groups*). The default is a formula over the memory that a class leaves; what comes out of it AWS does not
//! tell, so without a value that was set no limit is told here.

use super::{Sdk, errors, pages};
use crate::aws::Error;
use crate::domain::Connections;
use aws_sdk_cloudwatch::primitives::DateTime as Moment;
use aws_sdk_cloudwatch::types::{
    Dimension, Metric, MetricDataQuery, MetricDataResult, MetricStat, StatusCode,
};
use aws_sdk_rds::types::{DbCluster, DbInstance, Filter, Parameter};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::collections::BTreeMap;

/// The parameter that bounds connections, in MySQL and PostgreSQL alike.
const PARAMETER: &str = "max_connections";
/// AWS's own groups, in which nobody can set anything, begin with this.
const DEFAULT_GROUP: &str = "default.";
/// The only status in which a group's value is the running one.
const IN_SYNC: &str = "in-sync";
/// Points of the latest minutes may still grow; this one is not asked for.
const UNFINISHED: TimeDelta = TimeDelta::minutes(1);
/// So many finished minutes are looked at, so that one that is late is no gap.
const LOOKED_AT: TimeDelta = TimeDelta::minutes(4);
/// A metric of a minute, in seconds.
const PERIOD: i32 = 60;

/// What counts of a cluster.
#[derive(Debug, PartialEq, Eq)]
struct Cluster {
    group: String,
    writer: String,
    members: Vec<String>,
}

/// Open connections and their limit.
pub(super) async fn read(sdk: &Sdk, cluster: &str) -> Result<Connections, String> {
    let both = async { tokio::try_join!(clusters(sdk, cluster), instances(sdk, cluster)) };
    let (described, instances) = both.await.map_err(|error| error.to_string())?;
    let cluster = self::cluster(cluster, &described)?;
    let groups = groups(&cluster, &instances)?;
    let limit = limit(sdk, &cluster, groups).await?;
    let in_use = in_use(sdk, &cluster.writer).await?;
    Ok(Connections { in_use, limit })
}

async fn clusters(sdk: &Sdk, name: &str) -> Result<Vec<DbCluster>, Error> {
    const CALL: &str = "DescribeDBClusters";
    let page = |marker| {
        let request = sdk.rds.describe_db_clusters().db_cluster_identifier(name).set_marker(marker);
        async move {
            let answer = request.send().await.map_err(|error| errors::classify(CALL, &error))?;
            Ok((answer.db_clusters, answer.marker))
        }
    };
    pages::all(CALL, page).await
}

async fn instances(sdk: &Sdk, cluster: &str) -> Result<Vec<DbInstance>, Error> {
    const CALL: &str = "DescribeDBInstances";
    let filter = Filter::builder().name("db-cluster-id").values(cluster).build();
    let page = |marker| {
        let request = sdk.rds.describe_db_instances().filters(filter.clone()).set_marker(marker);
        async move {
            let answer = request.send().await.map_err(|error| errors::classify(CALL, &error))?;
            Ok((answer.db_instances, answer.marker))
        }
    };
    pages::all(CALL, page).await
}

fn cluster(name: &str, described: &[DbCluster]) -> Result<Cluster, String> {
    let ours = |one: &&DbCluster| one.db_cluster_identifier() == Some(name);
    let described = described.iter().find(ours);
    let described = described.ok_or_else(|| format!("cluster {name} is not in AWS's answer"))?;
    let (mut writer, mut members) = (None, Vec::new());
    for member in described.db_cluster_members() {
        let id = member.db_instance_identifier();
        let id =
            id.ok_or_else(|| format!("cluster {name} has a member without a name"))?.to_owned();
        let status = member.db_cluster_parameter_group_status().unwrap_or("unknown");
        if status != IN_SYNC {
            return Err(format!(
                "the cluster's parameters are not those that {id} runs with: {status}"
            ));
        }
        if member.is_cluster_writer() == Some(true) {
            writer = Some(id.clone());
        }
        members.push(id);
    }
    Ok(Cluster {
        group: described
            .db_cluster_parameter_group()
            .ok_or_else(|| format!("cluster {name} comes without its parameter group"))?
            .to_owned(),
        writer: writer.ok_or_else(|| format!("cluster {name} has no writer just now"))?,
        members,
    })
}

/// The parameter group of each member; a member that is not described, or not running with its group, is no answer.
fn groups(cluster: &Cluster, instances: &[DbInstance]) -> Result<BTreeMap<String, String>, String> {
    let of = |member: &String| {
        let its = |one: &&DbInstance| one.db_instance_identifier() == Some(member);
        let instance = instances.iter().find(its);
        let instance = instance.ok_or_else(|| format!("member {member} is not in AWS's answer"))?;
        let [group] = instance.db_parameter_groups() else {
            return Err(format!("member {member} does not have exactly one parameter group"));
        };
        let status = group.parameter_apply_status().unwrap_or("unknown");
        if status != IN_SYNC {
            return Err(format!(
                "the parameters of {member} are not those that it runs with: {status}"
            ));
        }
        let name = group.db_parameter_group_name();
        let name = name.ok_or_else(|| format!("the parameter group of {member} has no name"))?;
        Ok((member.clone(), name.to_owned()))
    };
    cluster.members.iter().map(of).collect()
}

/// The smallest limit among the members; `None` where one has the default of its class.
async fn limit(
    sdk: &Sdk,
    cluster: &Cluster,
    groups: BTreeMap<String, String>,
) -> Result<Option<u32>, String> {
    let of_cluster = set_in_cluster(sdk, &cluster.group).await?;
    let mut known: BTreeMap<String, Option<u32>> = BTreeMap::new();
    let mut limits = Vec::new();
    for (_, group) in groups {
        let own = match known.get(&group) {
            Some(own) => *own,
            None => {
                let own = set_in_instance(sdk, &group).await?;
                known.insert(group, own);
                own
            }
        };
        limits.push(own.or(of_cluster));
    }
    if limits.is_empty() {
        return Err("the cluster has no member".into());
    }
    // One that AWS does not tell may be the smallest.
    let limits: Option<Vec<u32>> = limits.into_iter().collect();
    Ok(limits.and_then(|limits| limits.into_iter().min()))
}

fn by_name() -> Filter {
    Filter::builder().name("parameter-name").values(PARAMETER).build()
}

async fn set_in_instance(sdk: &Sdk, group: &str) -> Result<Option<u32>, String> {
    const CALL: &str = "DescribeDBParameters";
    if group.starts_with(DEFAULT_GROUP) {
        return Ok(None);
    }
    let page = |marker| {
        let request = sdk.rds.describe_db_parameters().db_parameter_group_name(group);
        let request = request.source("user").filters(by_name()).set_marker(marker);
        async move {
            let answer = request.send().await.map_err(|error| errors::classify(CALL, &error))?;
            Ok((answer.parameters, answer.marker))
        }
    };
    parameter(group, &pages::all(CALL, page).await.map_err(|error| error.to_string())?)
}

async fn set_in_cluster(sdk: &Sdk, group: &str) -> Result<Option<u32>, String> {
    const CALL: &str = "DescribeDBClusterParameters";
    if group.starts_with(DEFAULT_GROUP) {
        return Ok(None);
    }
    let page = |marker| {
        let request =
            sdk.rds.describe_db_cluster_parameters().db_cluster_parameter_group_name(group);
        let request = request.source("user").filters(by_name()).set_marker(marker);
        async move {
            let answer = request.send().await.map_err(|error| errors::classify(CALL, &error))?;
            Ok((answer.parameters, answer.marker))
        }
    };
    parameter(group, &pages::all(CALL, page).await.map_err(|error| error.to_string())?)
}

/// The value that somebody set, if anybody did.
fn parameter(group: &str, answer: &[Parameter]) -> Result<Option<u32>, String> {
    let set = |one: &&Parameter| {
        one.parameter_name() == Some(PARAMETER) && one.source().is_none_or(|by| by == "user")
    };
    let Some(value) = answer.iter().find(set).and_then(Parameter::parameter_value) else {
        return Ok(None);
    };
    let number = value.parse().ok().filter(|limit| 0 < *limit);
    let number = number.ok_or_else(|| {
        format!(
            "{PARAMETER} in {group} is no number but {value:?}, and AWS does not tell its result"
        )
    })?;
    Ok(Some(number))
}

/// Open connections of an instance: the most in the last finished minutes.
async fn in_use(sdk: &Sdk, writer: &str) -> Result<u32, String> {
    const CALL: &str = "GetMetricData";
    let (from, to) = minutes(sdk.clock.now());
    let dimension = Dimension::builder().name("DBInstanceIdentifier").value(writer).build();
    let metric = Metric::builder().namespace("AWS/RDS").metric_name("DatabaseConnections");
    let stat = MetricStat::builder().metric(metric.dimensions(dimension).build());
    let stat = stat.period(PERIOD).stat("Maximum").build();
    let query = MetricDataQuery::builder().id("connections").metric_stat(stat).build();
    let page = |token| {
        let request = sdk.cloudwatch.get_metric_data().metric_data_queries(query.clone());
        let request = request.start_time(Moment::from_secs(from.timestamp()));
        let request = request.end_time(Moment::from_secs(to.timestamp())).set_next_token(token);
        async move {
            let answer = request.send().await.map_err(|error| errors::classify(CALL, &error))?;
            Ok((answer.metric_data_results, answer.next_token))
        }
    };
    greatest(writer, &pages::all(CALL, page).await.map_err(|error| error.to_string())?)
}

/// The finished minutes that are looked at: the first moment inside, and the first after.
fn minutes(now: DateTime<Utc>) -> (DateTime<Utc>, DateTime<Utc>) {
    let minute = now.duration_trunc(TimeDelta::minutes(1)).unwrap_or(now);
    let to = minute - UNFINISHED;
    (to - LOOKED_AT, to)
}

fn greatest(writer: &str, results: &[MetricDataResult]) -> Result<u32, String> {
    let mut greatest: Option<f64> = None;
    for result in results {
        // Of more than one page all but the last are partial.
        let status = result.status_code();
        if !matches!(status, Some(StatusCode::Complete | StatusCode::PartialData)) {
            return Err(format!("CloudWatch has no whole answer about {writer}: {status:?}"));
        }
        for value in result.values().iter().copied() {
            if !(0.0..f64::from(u32::MAX)).contains(&value) {
                return Err(format!("CloudWatch says that {writer} has {value} connections"));
            }
            greatest = Some(greatest.map_or(value, |greatest| greatest.max(value)));
        }
    }
    if results.last().is_none_or(|last| last.status_code() != Some(&StatusCode::Complete)) {
        return Err(format!("CloudWatch's answer about {writer} is partial"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "checked above to lie within"
    )]
    let count = greatest.map(|greatest| greatest.ceil() as u32);
    count.ok_or_else(|| format!("CloudWatch has no connections of {writer} in the last minutes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::sdk::fixture::{at, with};
    use aws_sdk_rds::types::{DbClusterMember, DbParameterGroupStatus};

    fn member(id: &str, writer: bool) -> DbClusterMember {
        DbClusterMember::builder()
            .db_instance_identifier(id)
            .is_cluster_writer(writer)
            .db_cluster_parameter_group_status(IN_SYNC)
            .build()
    }

    fn described(members: Vec<DbClusterMember>) -> Vec<DbCluster> {
        let cluster = DbCluster::builder().db_cluster_identifier("moodle");
        let cluster =
            cluster.db_cluster_parameter_group("shared").set_db_cluster_members(Some(members));
        vec![cluster.build()]
    }

    fn instance(id: &str, status: &str) -> DbInstance {
        let group = DbParameterGroupStatus::builder().db_parameter_group_name("own");
        let group = group.parameter_apply_status(status).build();
        DbInstance::builder().db_instance_identifier(id).db_parameter_groups(group).build()
    }

    fn result(status: StatusCode, values: &[f64]) -> MetricDataResult {
        let result = MetricDataResult::builder().id("connections").status_code(status);
        result.set_values(Some(values.to_vec())).build()
    }

    #[test]
    fn every_member_counts_since_every_member_may_become_the_writer() {
        let members = vec![member("one", false), member("two", true)];
        let cluster = cluster("moodle", &described(members)).unwrap();
        assert_eq!((cluster.writer.as_str(), cluster.members.len()), ("two", 2));
        let both = [instance("one", IN_SYNC), instance("two", IN_SYNC)];
        assert_eq!(groups(&cluster, &both).unwrap().len(), 2);
        let why = groups(&cluster, &both[..1]).unwrap_err();
        assert!(why.contains("two is not in AWS's answer"), "{why}");
        let pending = [instance("one", "pending-reboot"), instance("two", IN_SYNC)];
        let why = groups(&cluster, &pending).unwrap_err();
        assert!(why.contains("pending-reboot"), "{why}");
    }

    #[test]
    fn a_cluster_that_is_missing_headless_or_waits_for_a_reboot_is_not_known() {
        assert!(cluster("moodle", &[]).is_err_and(|why| why.contains("not in AWS's answer")));
        let headless = described(vec![member("one", false)]);
        assert!(cluster("moodle", &headless).is_err_and(|why| why.contains("no writer")));
        let status = Some("pending-reboot".to_owned());
        let waits = with(member("one", true), |one| one.db_cluster_parameter_group_status = status);
        assert!(
            cluster("moodle", &described(vec![waits])).is_err_and(|why| why.contains("reboot"))
        );
    }

    #[test]
    fn only_a_number_that_somebody_set_is_a_limit() {
        let set = |value: &str| {
            Parameter::builder()
                .parameter_name(PARAMETER)
                .parameter_value(value)
                .source("user")
                .build()
        };
        assert_eq!(parameter("own", &[set("1800")]), Ok(Some(1_800)));
        assert_eq!(parameter("own", &[]), Ok(None));
        let default = with(set("1800"), |one| one.source = Some("engine-default".into()));
        assert_eq!(parameter("own", &[default]), Ok(None));
        for wrong in ["{DBInstanceClassMemory/12582880}", "0", "-1"] {
            assert!(parameter("own", &[set(wrong)]).is_err_and(|why| why.contains(wrong)));
        }
    }

    #[test]
    fn the_minute_that_runs_and_the_one_before_are_not_looked_at() {
        let (from, to) = minutes(at(3_600 + 59));
        assert_eq!((from, to), (at(3_600 - 300), at(3_600 - 60)));
    }

    #[test]
    fn the_most_connections_count_and_no_data_is_not_zero() {
        let complete = |values: &[f64]| greatest("two", &[result(StatusCode::Complete, values)]);
        assert_eq!(complete(&[12.0, 31.2, 7.0]), Ok(32));
        assert_eq!(complete(&[0.0]), Ok(0));
        assert!(complete(&[]).is_err_and(|why| why.contains("no connections of two")));
        assert!(complete(&[-1.0]).is_err() && complete(&[f64::NAN]).is_err());
        let pages =
            [result(StatusCode::PartialData, &[40.0]), result(StatusCode::Complete, &[3.0])];
        assert_eq!(greatest("two", &pages), Ok(40));
        assert!(greatest("two", &pages[..1]).is_err() && greatest("two", &[]).is_err());
        assert!(greatest("two", &[result(StatusCode::InternalError, &[3.0])]).is_err());
    }
}
