//! Faults on demand, each through the whole router.

use crate::face::{AUTO_SCALING, Site, at, stamp};
use axum::http::StatusCode;
use invigilator::sandbox::wire::{DB_CLUSTER, GROUP};
use invigilator::sandbox::{Account, Spec, Speed};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const RDS: &str = "2014-10-31";

fn put_action(name: &str, second: i64) -> [(String, String); 3] {
    [("ScheduledActionName", name), ("StartTime", &stamp(second)), ("MinSize", "3")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
}

async fn put(site: &Site, name: &str, second: i64) {
    let fields = put_action(name, second);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    site.on_group("PutScheduledUpdateGroupAction", &fields).await.fine();
}

async fn names(site: &Site) -> Vec<String> {
    let told = site.ask(AUTO_SCALING, "DescribeScheduledActions", &[]).await.fine();
    told.texts("ScheduledActionName").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn what_stands_is_replaced_told_and_cleared() {
    let site = Site::new();
    let faults = json!([
        {"fault": "throttle", "operation": "SetDesiredCapacity", "code": "RateExceeded", "times": 2},
        {"fault": "launches_failing", "until": stamp(600)},
    ]);
    assert_eq!(site.control("POST", &faults.to_string()).await, (StatusCode::OK, faults.clone()));
    site.on_group("SetDesiredCapacity", &[("DesiredCapacity", "3")])
        .await
        .refused("RateExceeded", "Rate exceeded");
    let (_, told) = site.control("GET", "").await;
    assert_eq!(told[0]["times"], 1, "{told}");
    site.advance(600);
    let (_, told) = site.control("GET", "").await;
    assert_eq!(told.as_array().map(Vec::len), Some(1), "the outage is over: {told}");
    assert_eq!(site.control("DELETE", "").await, (StatusCode::OK, json!([])));
    site.on_group("SetDesiredCapacity", &[("DesiredCapacity", "3")]).await.fine();
}

#[tokio::test]
async fn a_list_with_one_mistake_changes_nothing() {
    let site = Site::new();
    let standing = json!([{"fault": "expired", "service": "sts"}]);
    site.break_down(standing.clone()).await;
    for (body, told) in [
        (
            json!([{"fault": "slow", "milliseconds": 1}, {"fault": "gremlins"}]).to_string(),
            "fault 2 of the list: there is",
        ),
        (json!([{"fault": "expired", "sevice": "sts"}]).to_string(), "unknown field `sevice`"),
        (json!({"fault": "expired"}).to_string(), "the body is no JSON list of faults"),
        (
            Value::from(vec![json!({"fault": "expired"}); 101]).to_string(),
            "101 faults are asked for; at most 100",
        ),
    ] {
        let (status, answer) = site.control("POST", &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert!(
            answer["message"].as_str().is_some_and(|message| message.contains(told)),
            "{answer}"
        );
    }
    assert_eq!(site.control("GET", "").await.1, standing);
}

#[tokio::test]
async fn what_is_refused_on_demand_is_not_done() {
    let site = Site::new();
    let denied = "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: autoscaling:SetDesiredCapacity \
                  on resource: arn:aws:autoscaling:eu-west-1:123456789012:* because no identity-based policy allows \
                  the autoscaling:SetDesiredCapacity action";
    let expired = "The security token included in the request is expired";
    for (fault, status, code, message) in [
        ("throttle", StatusCode::BAD_REQUEST, "Throttling", "Rate exceeded"),
        ("denied", StatusCode::FORBIDDEN, "AccessDenied", denied),
        ("expired", StatusCode::FORBIDDEN, "ExpiredToken", expired),
    ] {
        site.break_down(json!([{"fault": fault, "operation": "SetDesiredCapacity"}])).await;
        let answer = site.on_group("SetDesiredCapacity", &[("DesiredCapacity", "9")]).await;
        assert_eq!((answer.status, answer.text("Code")), (status, code));
        assert_eq!(answer.text("Message"), message);
        assert_eq!(site.group().await.text("DesiredCapacity"), "2");
    }
    site.break_down(json!([{"fault": "unavailable", "service": "autoscaling", "times": 1}])).await;
    let answer = site.on_group("SetDesiredCapacity", &[("DesiredCapacity", "9")]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.xml.starts_with("<html>") && !answer.xml.contains("Code"), "{}", answer.xml);
    assert_eq!(site.group().await.text("DesiredCapacity"), "2");
}

#[tokio::test]
async fn a_write_whose_answer_is_lost_was_done() {
    let site = Site::new();
    site.break_down(
        json!([{"fault": "lost_answer", "operation": "SetDesiredCapacity", "times": 1}]),
    )
    .await;
    let form = format!(
        "Action=SetDesiredCapacity&Version={AUTO_SCALING}&AutoScalingGroupName={GROUP}&DesiredCapacity=5"
    );
    assert!(site.try_send(form.clone()).await.is_none());
    assert_eq!(site.group().await.text("DesiredCapacity"), "5");
    assert!(site.try_send(form).await.is_some());
}

#[tokio::test]
async fn a_slow_answer_comes_after_the_work_was_done() {
    let site = Site::new();
    site.break_down(
        json!([{"fault": "slow", "operation": "SetDesiredCapacity", "milliseconds": 300}]),
    )
    .await;
    let began = Instant::now();
    let slow = async {
        site.on_group("SetDesiredCapacity", &[("DesiredCapacity", "5")]).await.fine();
        began.elapsed()
    };
    let meanwhile = async {
        tokio::task::yield_now().await;
        let group = site.group().await;
        (group.text("DesiredCapacity").to_owned(), began.elapsed())
    };
    let (slow, (desired, looked)) = tokio::join!(slow, meanwhile);
    assert!(looked < slow && Duration::from_millis(300) <= slow, "{looked:?} {slow:?}");
    assert_eq!(desired, "5", "nobody else waits");
}

#[tokio::test]
async fn a_stale_listing_is_the_account_as_it_was() {
    let site = Site::new();
    put(&site, "a", 7_200).await;
    site.advance(60);
    put(&site, "b", 7_260).await;
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "4")]).await.fine();
    site.advance(10);
    site.break_down(json!([{"fault": "stale", "seconds": 30}])).await;
    assert_eq!(names(&site).await, ["a"]);
    assert_eq!(site.ids().await.len(), 2);
    let activities = site.ask(AUTO_SCALING, "DescribeScalingActivities", &[]).await.fine();
    assert_eq!(activities.texts("ActivityId"), [""; 0]);
    site.advance(20);
    assert_eq!(names(&site).await, ["a", "b"]);
    assert_eq!(site.ids().await.len(), 4);
    site.advance(800);
    site.break_down(json!([{"fault": "stale", "seconds": 810}])).await;
    let group = site.group().await;
    assert_eq!(group.texts("LifecycleState"), ["InService", "InService", "Pending", "Pending"]);
    let activities = site.ask(AUTO_SCALING, "DescribeScalingActivities", &[]).await.fine();
    assert_eq!(activities.texts("StatusCode"), ["InProgress"; 2]);
    site.break_down(json!([])).await;
    assert_eq!(site.group().await.texts("LifecycleState"), ["InService"; 4]);
}

#[tokio::test]
async fn listings_come_empty_or_without_their_last_page() {
    let site = Site::new();
    for number in 0..7 {
        put(&site, &format!("action-{number}"), 7_200 + 60 * number).await;
    }
    let page = async |token: Option<&str>| {
        let mut fields = vec![("MaxRecords", "3")];
        fields.extend(token.map(|token| ("NextToken", token)));
        let told = site.ask(AUTO_SCALING, "DescribeScheduledActions", &fields).await.fine();
        let token = told.texts("NextToken").first().map(|token| (*token).to_owned());
        (told.texts("ScheduledActionName").len(), token)
    };
    site.break_down(json!([{"fault": "partial"}])).await;
    let (first, token) = page(None).await;
    assert_eq!((first, page(token.as_deref()).await), (3, (3, None)));
    assert_eq!(names(&site).await.len(), 3, "of one page, the first half");
    site.break_down(json!([{"fault": "empty"}])).await;
    assert_eq!(names(&site).await, [""; 0]);
    for (version, action) in [
        (AUTO_SCALING, "DescribeAutoScalingGroups"),
        (RDS, "DescribeDBClusters"),
        (RDS, "DescribeDBInstances"),
    ] {
        let told = site.ask(version, action, &[]).await.fine();
        assert!(!told.xml.contains("Arn>") && !told.xml.contains("ARN>"), "{}", told.xml);
    }
    site.ask("2011-06-15", "GetCallerIdentity", &[]).await.fine().text("Arn");
}

#[tokio::test]
async fn a_zone_without_capacity_is_an_activity_and_the_others_give_more() {
    let site = Site::new();
    site.break_down(json!([{"fault": "zone_without_capacity", "zone": "eu-west-1c"}])).await;
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "4")]).await.fine();
    let group = site.group().await;
    let zones: Vec<_> = group.texts("AvailabilityZone");
    assert_eq!(zones.iter().filter(|zone| **zone == "eu-west-1c").count(), 0, "{zones:?}");
    assert_eq!(group.texts("InstanceId").len(), 4);
    let told = site.ask(AUTO_SCALING, "DescribeScalingActivities", &[]).await.fine();
    let messages = told.texts("StatusMessage");
    assert!(
        messages[0].starts_with("We currently do not have sufficient c6i.2xlarge capacity"),
        "{messages:?}"
    );
    assert!(messages[0].contains("(eu-west-1c)"), "{messages:?}");
    assert!(
        told.texts("Description")
            .contains(&&*format!("Launching a new EC2 instance.  Status Reason: {}", messages[0]))
    );
    assert_eq!(
        told.texts("StatusCode").iter().filter(|code| **code == "Failed").count(),
        messages.len()
    );
}

#[tokio::test]
async fn the_database_fails_over_within_half_a_minute_and_only_once_at_a_time() {
    let site = Site::new();
    let cluster = [("DBClusterIdentifier", DB_CLUSTER)];
    let told = site.ask(RDS, "FailoverDBCluster", &cluster).await.fine();
    assert_eq!(told.text("Status"), "failing-over");
    let again = site.ask(RDS, "FailoverDBCluster", &cluster).await;
    again.refused("InvalidDBClusterStateFault", "The cluster is failing over already");
    site.advance(30);
    let told = site.ask(RDS, "DescribeDBClusters", &cluster).await.fine();
    assert_eq!(
        (told.text("Status"), told.texts("IsClusterWriter")),
        ("available", vec!["false", "true"])
    );
    let target = [cluster[0], ("TargetDBInstanceIdentifier", "moodle-db-2")];
    let refused = site.ask(RDS, "FailoverDBCluster", &target).await;
    refused.refused("InvalidDBInstanceState", "moodle-db-2 is no reader of the cluster");
    site.ask(RDS, "FailoverDBCluster", &[("DBClusterIdentifier", "x")]).await.text("Code");
}

/// Outages and failovers are the account's; what stands between a request and its answer is the process's.
#[tokio::test]
async fn an_outage_outlives_the_process_and_a_fault_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let spec = Spec { seed: 7, starts_at: at(0), speed: Speed::new(1).unwrap() };
    let open = || Site::over(Account::open(folder.path(), spec).unwrap());
    let site = open();
    let outage = json!({"fault": "zone_without_capacity", "until": stamp(86_400)});
    site.break_down(json!([{"fault": "slow", "milliseconds": 1}, outage])).await;
    site.ask(RDS, "FailoverDBCluster", &[("DBClusterIdentifier", DB_CLUSTER)]).await.fine();
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "4")]).await.fine();
    drop(site);
    let site = open();
    assert_eq!(site.control("GET", "").await.1, json!([outage]));
    assert_eq!(site.ids().await.len(), 2, "no zone has an instance to give");
    let told = site.ask(RDS, "DescribeDBClusters", &[]).await.fine();
    assert_eq!(told.text("Status"), "failing-over");
}
