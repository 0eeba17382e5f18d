//! Reads through the SDK, against bodies as AWS sends them.

use super::fake::{Answer, Fake, Request, refusal};
use super::fixture::{at, sdk, sdk_at, site};
use super::{Sdk, Site};
use crate::aws::{Actuate as _, Observe as _};
use crate::domain::{
    Action, Connections, ManualClock, Nodes, ScheduledAction, Seen, Share, Tracking, TrackingPolicy,
};
use aws_smithy_cbor::Encoder;
use chrono::TimeDelta;
use std::sync::Arc;

fn scheduled(name: &str, minute: i64) -> String {
    let time = (at(0) + TimeDelta::minutes(minute)).format("%Y-%m-%dT%H:%M:%SZ");
    format!(
        "<member><ScheduledActionName>{name}</ScheduledActionName><StartTime>{time}</StartTime>\
         <MinSize>8</MinSize></member>"
    )
}

fn list(members: &str, next: Option<&str>) -> Answer {
    let next = next.map(|next| format!("<NextToken>{next}</NextToken>")).unwrap_or_default();
    let inner =
        format!("<ScheduledUpdateGroupActions>{members}</ScheduledUpdateGroupActions>{next}");
    Answer::xml("DescribeScheduledActions", &inner)
}

fn unknown<T: std::fmt::Debug>(seen: Seen<T>) -> String {
    match seen {
        Seen::Unknown(why) => why,
        Seen::Known(_) | Seen::Absent => panic!("{seen:?}"),
    }
}

#[tokio::test]
async fn every_page_of_scheduled_actions_is_read() {
    let fake = Fake::start(|request| match request.field("NextToken") {
        None => list(&scheduled("a", 1), Some("second")),
        Some("second") => list(&scheduled("b", 2), None),
        Some(other) => refusal(400, "InvalidNextToken", other),
    });
    let seen = sdk(&fake.url).await.scheduled().await;
    let names: Vec<_> = seen.known().unwrap().iter().map(|action| action.name.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(fake.requests()[0].field("MaxRecords"), Some("100"));
}

#[tokio::test]
async fn a_page_that_fails_or_repeats_makes_the_whole_list_unknown() {
    let fake = Fake::start(|request| match request.field("NextToken") {
        None => list(&scheduled("a", 1), Some("second")),
        Some(_) => refusal(400, "InvalidNextToken", "expired"),
    });
    assert!(unknown(sdk(&fake.url).await.scheduled().await).contains("InvalidNextToken"));
    let fake = Fake::start(|_| list(&scheduled("a", 1), Some("again")));
    assert!(unknown(sdk(&fake.url).await.scheduled().await).contains("same page"));
}

#[tokio::test]
async fn a_group_that_is_not_in_the_answer_is_unknown_and_not_empty() {
    let fake = Fake::start(Answer::empty);
    let why = unknown(sdk(&fake.url).await.group().await);
    assert!(why.contains("group web is not in AWS's answer"), "{why}");
}

#[tokio::test]
async fn what_we_wrote_is_awaited_and_then_the_answer_counts() {
    let clock = Arc::new(ManualClock::at(at(0)));
    let fake = Fake::start(Answer::well);
    let sdk = sdk_at(&fake.url, clock.clone()).await;
    assert_eq!(sdk.scheduled().await, Seen::Known(vec![]));
    let ours = ScheduledAction {
        name: "invigilator-moodle-x".into(),
        at: at(6_000),
        min: Some(Nodes::new(8)),
        max: None,
        desired: None,
    };
    sdk.apply(&Action::PutScheduled(vec![ours])).await.unwrap();
    assert!(unknown(sdk.scheduled().await).contains("invigilator-moodle-x"));
    clock.advance(TimeDelta::minutes(1));
    assert_eq!(sdk.scheduled().await, Seen::Known(vec![]), "somebody else deleted it");
}

fn healthy(request: &Request, state: &str) -> Answer {
    match request.action() {
        "DescribeTargetHealth" => Answer::xml(
            "DescribeTargetHealth",
            &format!(
                "<TargetHealthDescriptions><member><Target><Id>i-a</Id></Target>\
                 <TargetHealth><State>{state}</State></TargetHealth></member></TargetHealthDescriptions>"
            ),
        ),
        _ => Answer::well(request),
    }
}

#[tokio::test]
async fn the_load_balancer_has_a_word_in_who_is_healthy() {
    for (state, count) in [("healthy", 1), ("initial", 0)] {
        let fake = Fake::start(move |request| healthy(request, state));
        let seen = sdk(&fake.url).await.group().await;
        assert_eq!(seen.known().unwrap().healthy_count(), Nodes::new(count), "{state}");
    }
    let fake = Fake::start(|request| match request.action() {
        "DescribeTargetHealth" => refusal(400, "TargetGroupNotFound", "gone"),
        _ => Answer::well(request),
    });
    assert!(unknown(sdk(&fake.url).await.group().await).contains("TargetGroupNotFound"));
}

#[tokio::test]
async fn policies_are_read_as_aws_writes_them() {
    let fake = Fake::start(|request| {
        Answer::xml(
            request.action(),
            "<ScalingPolicies><member><PolicyName>invigilator-moodle-tracking</PolicyName>\
             <PolicyType>TargetTrackingScaling</PolicyType><Enabled>true</Enabled>\
             <TargetTrackingConfiguration><PredefinedMetricSpecification>\
             <PredefinedMetricType>ASGAverageCPUUtilization</PredefinedMetricType>\
             </PredefinedMetricSpecification><TargetValue>55.0</TargetValue>\
             <DisableScaleIn>true</DisableScaleIn></TargetTrackingConfiguration></member>\
             <member><PolicyName>step</PolicyName><PolicyType>StepScaling</PolicyType></member>\
             </ScalingPolicies>",
        )
    });
    let ours = TrackingPolicy {
        name: "invigilator-moodle-tracking".into(),
        tracking: Tracking::Cpu(Share::new(0.55).unwrap()),
        scale_in_disabled: true,
    };
    let step =
        TrackingPolicy { name: "step".into(), tracking: Tracking::Other, scale_in_disabled: false };
    assert_eq!(sdk(&fake.url).await.policies().await, Seen::Known(vec![ours, step]));
}

/// A cluster of two, whose writer has a limit of its own and whose reader has that of the cluster.
fn database(request: &Request) -> Answer {
    let member = |id: &str, writer: bool| {
        format!(
            "<DBClusterMember><DBInstanceIdentifier>{id}</DBInstanceIdentifier>\
             <IsClusterWriter>{writer}</IsClusterWriter>\
             <DBClusterParameterGroupStatus>in-sync</DBClusterParameterGroupStatus></DBClusterMember>"
        )
    };
    let instance = |id: &str, group: &str| {
        format!(
            "<DBInstance><DBInstanceIdentifier>{id}</DBInstanceIdentifier><DBParameterGroups>\
             <DBParameterGroup><DBParameterGroupName>{group}</DBParameterGroupName>\
             <ParameterApplyStatus>in-sync</ParameterApplyStatus></DBParameterGroup>\
             </DBParameterGroups></DBInstance>"
        )
    };
    let parameter = |value: u32| {
        format!(
            "<Parameters><Parameter><ParameterName>max_connections</ParameterName>\
             <ParameterValue>{value}</ParameterValue><Source>user</Source></Parameter></Parameters>"
        )
    };
    let inner = match request.action() {
        "DescribeDBClusters" => format!(
            "<DBClusters><DBCluster><DBClusterIdentifier>moodle</DBClusterIdentifier>\
             <DBClusterParameterGroup>shared</DBClusterParameterGroup><DBClusterMembers>{}{}</DBClusterMembers>\
             </DBCluster></DBClusters>",
            member("one", true),
            member("two", false)
        ),
        "DescribeDBInstances" => format!(
            "<DBInstances>{}{}</DBInstances>",
            instance("one", "own"),
            instance("two", "default.aurora-mysql8.0")
        ),
        "DescribeDBParameters" => parameter(2_000),
        "DescribeDBClusterParameters" => parameter(1_500),
        _ => return metric("one", &[31.0, 44.0, 12.0]),
    };
    Answer::xml(request.action(), &inner)
}

/// What CloudWatch answers: CBOR, newest first.
fn metric(label: &str, values: &[f64]) -> Answer {
    let mut encoder = Encoder::new(Vec::new());
    encoder.begin_map().str("MetricDataResults").array(1).begin_map();
    encoder.str("Id").str("connections").str("Label").str(label);
    encoder.str("StatusCode").str("Complete");
    encoder.str("Values").array(values.len());
    values.iter().for_each(|value| {
        encoder.double(*value);
    });
    encoder.end().end();
    let headers = vec![
        ("content-type", "application/cbor".into()),
        ("smithy-protocol", "rpc-v2-cbor".into()),
    ];
    Answer { status: 200, body: encoder.into_writer(), headers }
}

#[tokio::test]
async fn connections_are_the_writers_and_the_limit_is_the_smallest_of_all_members() {
    let fake = Fake::start(database);
    let seen = sdk(&fake.url).await.connections().await;
    assert_eq!(seen, Seen::Known(Connections { in_use: 44, limit: Some(1_500) }));
    let asked = fake.requests();
    let parameters: Vec<_> =
        asked.iter().filter(|one| one.action() == "DescribeDBParameters").collect();
    assert_eq!(
        parameters.len(),
        1,
        "AWS's own groups are not asked: nobody can set anything there"
    );
    assert_eq!(parameters[0].field("Source"), Some("user"));
}

#[tokio::test]
async fn a_default_limit_is_not_told_and_a_metric_without_points_is_unknown() {
    let fake = Fake::start(|request| match request.action() {
        "DescribeDBClusterParameters" => Answer::empty(request),
        _ => database(request),
    });
    let seen = sdk(&fake.url).await.connections().await;
    assert_eq!(seen, Seen::Known(Connections { in_use: 44, limit: None }));
    let fake = Fake::start(|request| match request.action() {
        "GetMetricData" => metric("one", &[]),
        _ => database(request),
    });
    assert!(unknown(sdk(&fake.url).await.connections().await).contains("no connections of one"));
}

#[tokio::test]
async fn cloudwatch_refuses_in_a_language_of_its_own() {
    let fake = Fake::start(|request| match request.action() {
        "GetMetricData" => {
            let mut encoder = Encoder::new(Vec::new());
            encoder.map(2).str("__type").str("com.amazonaws.cloudwatch#AccessDenied");
            encoder.str("message").str("not authorized");
            let headers = vec![
                ("content-type", "application/cbor".into()),
                ("smithy-protocol", "rpc-v2-cbor".into()),
                ("x-amzn-query-error", "AccessDenied;Sender".into()),
            ];
            Answer { status: 400, body: encoder.into_writer(), headers }
        }
        _ => database(request),
    });
    let why = unknown(sdk(&fake.url).await.connections().await);
    assert!(why.contains("permission denied") && why.contains("AccessDenied"), "{why}");
}

#[tokio::test]
async fn without_a_cluster_nothing_is_said_of_connections() {
    let fake = Fake::start(Answer::empty);
    let bare = Site { cluster: None, ..site() };
    let sdk = Sdk::connect(bare, Some(&fake.url), Arc::new(ManualClock::at(at(0)))).await;
    assert_eq!(sdk.connections().await, Seen::Absent);
    assert_eq!(fake.actions(), [""; 0]);
}
