//! RDS: one Aurora MySQL cluster of a writer and a reader of the same class, whose `max_connections` is what the world
//! allows, set by a person in the parameter group of the instances.

use super::form::Form;
use super::identity::{ACCOUNT_ID, DB_CLUSTER, REGION};
use super::refusal::Refused;
use super::view::View;
use super::xml::Xml;
use super::{Account, Answer};
use crate::aws::Error;
use crate::sandbox::journal::Input;
use crate::sandbox::world::{Database, Foreign, MEMBERS, first};

/// Items of a page; everything fits into the smallest.
const PER_PAGE: usize = 100;
/// Aurora MySQL allows it the world's 2,000 connections by default.
const CLASS: &str = "db.r6g.xlarge";
const ENGINE: &str = "aurora-mysql";
const ENGINE_VERSION: &str = "8.0.mysql_aurora.3.08.0";
/// Parameter groups of the cluster and of each instance.
const CLUSTER_GROUP: &str = "moodle-db-cluster";
const INSTANCE_GROUP: &str = "moodle-db-instance";
/// What the cluster's group says, which the instances' overrules.
const DEFAULT_CONNECTIONS: &str = "GREATEST({log(DBInstanceClassMemory/805306368)*45},{log(DBInstanceClassMemory/8187281408)*1000})";

/// The operations.
pub(super) const OPERATIONS: &[&str] = &[
    "DescribeDBClusterParameters",
    "DescribeDBClusters",
    "DescribeDBInstances",
    "DescribeDBParameters",
    "FailoverDBCluster",
];

/// Answers one operation.
pub(super) fn answer(action: &str, view: &View, form: &mut Form) -> Answer {
    match action {
        "DescribeDBClusters" => clusters(view, form),
        "DescribeDBInstances" => instances(view, form),
        "FailoverDBCluster" => fail_over(view.account(), form),
        "DescribeDBClusterParameters" => {
            let group = form.required("DBClusterParameterGroupName")?;
            check_group(&group, CLUSTER_GROUP)?;
            parameter(view, form, DEFAULT_CONNECTIONS, "engine-default")
        }
        "DescribeDBParameters" => {
            let group = form.required("DBParameterGroupName")?;
            check_group(&group, INSTANCE_GROUP)?;
            let limit = view.account().look(|world| world.connections().limit).unwrap_or_default();
            parameter(view, form, &limit.to_string(), "user")
        }
        _ => Err(Refused::invalid_action(action, "2014-10-31")),
    }
}

fn clusters(view: &View, form: &mut Form) -> Answer {
    let asked = form.take("DBClusterIdentifier");
    form.value::<bool>("IncludeShared")?;
    let kept = filters(form, &["db-cluster-id"])?;
    page(form)?;
    asked.map_or(Ok(()), |asked| check_cluster(&asked))?;
    let listed = kept.iter().all(|(_, values)| values.iter().any(|id| id == DB_CLUSTER));
    let listed = view.left(listed.then_some(view.told().database), PER_PAGE);
    let mut xml = Xml::default();
    xml.list("DBClusters", "DBCluster", listed, cluster);
    Ok(Some(xml))
}

/// `FailoverDBCluster`. AWS documents the codes of its refusals, not the words.
fn fail_over(account: &Account, form: &mut Form) -> Answer {
    check_cluster(&form.required("DBClusterIdentifier")?)?;
    let target = form.take("TargetDBInstanceIdentifier");
    form.done()?;
    first(account.give(&Input::Foreign(Foreign::FailOver(target)))).map_err(
        |error| match error {
            Error::Busy(told) => Refused::new(400, "InvalidDBClusterStateFault", told),
            Error::Invalid(told) => Refused::new(400, "InvalidDBInstanceState", told),
            Error::Throttled(_)
            | Error::AlreadyThere(_)
            | Error::Limit(_)
            | Error::Denied(_)
            | Error::Gone(_)
            | Error::Other(_) => error.into(),
        },
    )?;
    let mut xml = Xml::default();
    xml.within("DBCluster", |xml| cluster(xml, account.look(|world| world.told().database)));
    Ok(Some(xml))
}

fn check_cluster(asked: &str) -> Result<(), Refused> {
    if asked == DB_CLUSTER {
        return Ok(());
    }
    Err(Refused::new(404, "DBClusterNotFoundFault", format!("DBCluster {asked} not found.")))
}

fn cluster(xml: &mut Xml, database: Database) {
    let Database { writer, promoting } = database;
    xml.text("DBClusterIdentifier", DB_CLUSTER);
    xml.text("DBClusterArn", format!("arn:aws:rds:{REGION}:{ACCOUNT_ID}:cluster:{DB_CLUSTER}"));
    xml.text("DBClusterParameterGroup", CLUSTER_GROUP);
    xml.text("Status", if promoting.is_some() { "failing-over" } else { "available" });
    xml.text("Engine", ENGINE);
    xml.text("EngineVersion", ENGINE_VERSION);
    xml.text("EngineMode", "provisioned");
    xml.text("MultiAZ", true);
    xml.list("DBClusterMembers", "DBClusterMember", tiers(), |xml, (tier, member)| {
        xml.text("DBInstanceIdentifier", member);
        xml.text("IsClusterWriter", member == writer);
        xml.text("DBClusterParameterGroupStatus", "in-sync");
        xml.text("PromotionTier", tier);
    });
}

/// The members with their promotion tiers.
fn tiers() -> impl Iterator<Item = (u32, &'static str)> {
    (0..).zip(MEMBERS)
}

fn instances(view: &View, form: &mut Form) -> Answer {
    let asked = form.take("DBInstanceIdentifier");
    let kept = filters(form, &["db-cluster-id", "db-instance-id", "engine"])?;
    page(form)?;
    if let Some(other) = asked.iter().find(|id| !MEMBERS.contains(&id.as_str())) {
        let told = format!("DBInstance {other} not found.");
        return Err(Refused::new(404, "DBInstanceNotFound", told));
    }
    let is_kept = |member: &str| {
        kept.iter().all(|(name, values)| {
            let own = match &**name {
                "db-cluster-id" => DB_CLUSTER,
                "engine" => ENGINE,
                _ => member,
            };
            values.iter().any(|value| value == own)
        })
    };
    let listed = tiers().filter(|(_, member)| {
        asked.as_ref().is_none_or(|asked| asked == member) && is_kept(member)
    });
    let listed = view.left(listed, PER_PAGE);
    let mut xml = Xml::default();
    xml.list("DBInstances", "DBInstance", listed, |xml, (tier, member)| {
        instance(xml, member, tier);
    });
    Ok(Some(xml))
}

fn instance(xml: &mut Xml, member: &str, tier: u32) {
    xml.text("DBInstanceIdentifier", member);
    xml.text("DBInstanceArn", format!("arn:aws:rds:{REGION}:{ACCOUNT_ID}:db:{member}"));
    xml.text("DBClusterIdentifier", DB_CLUSTER);
    xml.text("DBInstanceClass", CLASS);
    xml.text("Engine", ENGINE);
    xml.text("EngineVersion", ENGINE_VERSION);
    xml.text("DBInstanceStatus", "available");
    xml.text("PromotionTier", tier);
    xml.list("DBParameterGroups", "DBParameterGroup", [INSTANCE_GROUP], |xml, group| {
        xml.text("DBParameterGroupName", group);
        xml.text("ParameterApplyStatus", "in-sync");
    });
    xml.within("PendingModifiedValues", |_| {});
}

fn check_group(asked: &str, own: &str) -> Result<(), Refused> {
    if asked == own {
        return Ok(());
    }
    Err(Refused::new(
        404,
        "DBParameterGroupNotFound",
        format!("DBParameterGroup not found: {asked}"),
    ))
}

/// The one parameter that the sandbox has, if it is asked for.
fn parameter(view: &View, form: &mut Form, value: &str, source: &str) -> Answer {
    const NAME: &str = "max_connections";
    let asked = form.take("Source");
    let kept = filters(form, &["parameter-name"])?;
    page(form)?;
    let listed = asked.is_none_or(|asked| asked == source)
        && kept.iter().all(|(_, values)| values.iter().any(|name| name == NAME));
    let listed = view.left(listed.then_some(()), PER_PAGE);
    let mut xml = Xml::default();
    xml.list("Parameters", "Parameter", listed, |xml, ()| {
        xml.text("ParameterName", NAME);
        xml.text("ParameterValue", value);
        xml.text("Description", "The number of simultaneous client connections allowed.");
        xml.text("Source", source);
        xml.text("ApplyType", "dynamic");
        xml.text("DataType", "integer");
        xml.text("AllowedValues", "1-16000");
        xml.text("IsModifiable", true);
        xml.text("ApplyMethod", "pending-reboot");
    });
    Ok(Some(xml))
}

/// Reads filters, of which these are known.
fn filters(form: &mut Form, known: &[&str]) -> Result<Vec<(String, Vec<String>)>, Refused> {
    let mut filters = Vec::new();
    for mut filter in form.forms("Filters", "Filter") {
        let (name, values) = (filter.required("Name")?, filter.texts("Values", "Value"));
        filter.done()?;
        if !known.contains(&&*name) {
            return Err(Refused::invalid_parameter(format!("Unrecognized filter name: {name}")));
        }
        filters.push((name, values));
    }
    Ok(filters)
}

/// Reads what pages need. Everything fits into the smallest page, so no marker is ever given out.
fn page(form: &mut Form) -> Result<(), Refused> {
    if let Some(items) =
        form.value::<i64>("MaxRecords")?.filter(|items| !(20..=100).contains(items))
    {
        return Err(Refused::invalid_parameter(format!(
            "Invalid value {items} for MaxRecords. Must be between 20 and 100"
        )));
    }
    if form.take("Marker").is_some_and(|marker| !marker.is_empty()) {
        return Err(Refused::invalid_parameter("The marker is invalid"));
    }
    form.done()
}
