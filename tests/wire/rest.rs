//! The database and the load balancer's targets.

use crate::face::{Answer, Site};
use axum::http::StatusCode;
use invigilator::aws::Observe as _;
use invigilator::sandbox::wire::{DB_CLUSTER, TARGET_GROUP_ARN};

const RDS: &str = "2014-10-31";
const ELB: &str = "2015-12-01";

#[track_caller]
fn not_found(answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.text("Code")), (StatusCode::NOT_FOUND, code));
}

#[tokio::test]
async fn the_cluster_has_a_writer_and_a_reader_of_one_class() {
    let site = Site::new();
    let cluster = [("DBClusterIdentifier", DB_CLUSTER)];
    let answer = site.ask(RDS, "DescribeDBClusters", &cluster).await.fine();
    assert_eq!(answer.texts("IsClusterWriter"), ["true", "false"]);
    assert_eq!(answer.texts("PromotionTier"), ["0", "1"]);
    let filter = [
        ("Filters.Filter.1.Name", "db-cluster-id"),
        ("Filters.Filter.1.Values.Value.1", DB_CLUSTER),
    ];
    let instances = site.ask(RDS, "DescribeDBInstances", &filter).await.fine();
    assert_eq!(instances.texts("DBInstanceIdentifier"), answer.texts("DBInstanceIdentifier"));
    assert_eq!(instances.texts("DBInstanceClass"), ["db.r6g.xlarge"; 2]);
    assert_eq!(instances.texts("ParameterApplyStatus"), ["in-sync"; 2]);
    let other = [filter[0], ("Filters.Filter.1.Values.Value.1", "other")];
    assert_eq!(
        site.ask(RDS, "DescribeDBInstances", &other).await.fine().texts("DBInstanceClass"),
        [""; 0]
    );
}

#[tokio::test]
async fn max_connections_is_what_the_account_allows_and_the_instances_group_says_so() {
    let site = Site::new();
    let limit = site.account.connections().await.known().unwrap().limit;
    let instances = site.ask(RDS, "DescribeDBInstances", &[]).await.fine();
    let group = instances.texts("DBParameterGroupName")[0];
    let fields = [
        ("DBParameterGroupName", group),
        ("Source", "user"),
        ("Filters.Filter.1.Name", "parameter-name"),
        ("Filters.Filter.1.Values.Value.1", "max_connections"),
    ];
    let answer = site.ask(RDS, "DescribeDBParameters", &fields).await.fine();
    assert_eq!(answer.text("ParameterValue"), limit.unwrap().to_string());
    let clusters = site.ask(RDS, "DescribeDBClusters", &[]).await.fine();
    let group = clusters.text("DBClusterParameterGroup");
    let fields = [("DBClusterParameterGroupName", group)];
    let all = site.ask(RDS, "DescribeDBClusterParameters", &fields).await.fine();
    assert!(all.text("ParameterValue").starts_with("GREATEST("));
    let by_person = [fields[0], ("Source", "user")];
    let none = site.ask(RDS, "DescribeDBClusterParameters", &by_person).await.fine();
    assert_eq!(none.texts("ParameterName"), [""; 0]);
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_bad_questions_are_told() {
    let site = Site::new();
    let ask = async |action, name| site.ask(RDS, action, &[(name, "other")]).await;
    not_found(&ask("DescribeDBClusters", "DBClusterIdentifier").await, "DBClusterNotFoundFault");
    not_found(&ask("DescribeDBInstances", "DBInstanceIdentifier").await, "DBInstanceNotFound");
    not_found(
        &ask("DescribeDBParameters", "DBParameterGroupName").await,
        "DBParameterGroupNotFound",
    );
    let group = ask("DescribeDBClusterParameters", "DBClusterParameterGroupName").await;
    not_found(&group, "DBParameterGroupNotFound");
    let few = site.ask(RDS, "DescribeDBClusters", &[("MaxRecords", "19")]).await;
    few.refused(
        "InvalidParameterValue",
        "Invalid value 19 for MaxRecords. Must be between 20 and 100",
    );
    let filter = [("Filters.Filter.1.Name", "colour"), ("Filters.Filter.1.Values.Value.1", "red")];
    let answer = site.ask(RDS, "DescribeDBClusters", &filter).await;
    answer.refused("InvalidParameterValue", "Unrecognized filter name: colour");
}

#[tokio::test]
async fn a_target_is_initial_while_it_boots_then_healthy_and_at_last_drains() {
    let site = Site::new();
    let group = ("TargetGroupArn", TARGET_GROUP_ARN);
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "3")]).await.fine();
    let states = async || {
        let answer = site.ask(ELB, "DescribeTargetHealth", &[group]).await.fine();
        answer.texts("State").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(states().await, ["healthy", "healthy", "initial"]);
    site.advance(3_600);
    assert_eq!(states().await, ["healthy"; 3]);
    let low = [("MinSize", "2"), ("DesiredCapacity", "2")];
    site.on_group("UpdateAutoScalingGroup", &low).await.fine();
    assert_eq!(states().await.iter().filter(|state| *state == "draining").count(), 1);
    site.advance(60);
    assert_eq!(states().await, ["healthy"; 2]);
}

#[tokio::test]
async fn a_target_that_is_not_registered_is_unused_and_a_group_must_be_there() {
    let site = Site::new();
    let group = ("TargetGroupArn", TARGET_GROUP_ARN);
    let id = site.ids().await.remove(1);
    let targets = [group, ("Targets.member.1.Id", "i-0"), ("Targets.member.2.Id", &id)];
    let answer = site.ask(ELB, "DescribeTargetHealth", &targets).await.fine();
    assert_eq!(answer.texts("State"), ["unused", "healthy"]);
    assert_eq!(answer.text("Reason"), "Target.NotRegistered");
    let other = site.ask(ELB, "DescribeTargetHealth", &[("TargetGroupArn", "arn:x")]).await;
    other.refused("TargetGroupNotFound", "One or more target groups not found");
}
