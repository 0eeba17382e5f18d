//! What holds whatever is asked: an answer is XML, and a refusal has changed nothing.

use crate::face::{AUTO_SCALING, Answer, Site, stamp};
use axum::http::StatusCode;
use invigilator::sandbox::wire::{GROUP, RESOURCE_LABEL, TARGET_GROUP_ARN};
use proptest::prelude::*;

const PREDEFINED: &str = "TargetTrackingConfiguration.PredefinedMetricSpecification";

/// Services with their operations, each with the fields that it knows.
const OPERATIONS: &[(&str, &str, &[&str])] = &[
    (AUTO_SCALING, "DescribeAutoScalingGroups", &["MaxRecords", "NextToken"]),
    (AUTO_SCALING, "UpdateAutoScalingGroup", &["MinSize", "MaxSize", "DesiredCapacity"]),
    (AUTO_SCALING, "SetDesiredCapacity", &["DesiredCapacity", "HonorCooldown"]),
    (AUTO_SCALING, "SetInstanceProtection", &["InstanceIds.member.1", "ProtectedFromScaleIn"]),
    (AUTO_SCALING, "SuspendProcesses", &["ScalingProcesses.member.1"]),
    (AUTO_SCALING, "ResumeProcesses", &["ScalingProcesses.member.1"]),
    (
        AUTO_SCALING,
        "PutScheduledUpdateGroupAction",
        &[
            "ScheduledActionName",
            "StartTime",
            "EndTime",
            "Recurrence",
            "MinSize",
            "MaxSize",
            "DesiredCapacity",
        ],
    ),
    (AUTO_SCALING, "DeleteScheduledAction", &["ScheduledActionName"]),
    (AUTO_SCALING, "DescribeScheduledActions", &["ScheduledActionName", "StartTime", "MaxRecords"]),
    (
        AUTO_SCALING,
        "PutScalingPolicy",
        &["PolicyName", "PolicyType", "Metric", "Label", "Target", "Enabled"],
    ),
    (AUTO_SCALING, "DeletePolicy", &["PolicyName"]),
    (AUTO_SCALING, "DescribePolicies", &["PolicyName", "MaxRecords"]),
    (AUTO_SCALING, "DescribeScalingActivities", &["MaxRecords", "NextToken"]),
    ("2011-06-15", "GetCallerIdentity", &[]),
    ("2014-10-31", "DescribeDBInstances", &["MaxRecords", "Marker"]),
    ("2015-12-01", "DescribeTargetHealth", &["TargetGroupArn"]),
];

/// The name of a field on the wire.
fn field(name: &'static str) -> String {
    match name {
        "Metric" => format!("{PREDEFINED}.PredefinedMetricType"),
        "Label" => format!("{PREDEFINED}.ResourceLabel"),
        "Target" => "TargetTrackingConfiguration.TargetValue".into(),
        plain => plain.into(),
    }
}

/// Mostly what is meant, and now and then anything.
fn value(name: &'static str) -> BoxedStrategy<String> {
    let meant = match name {
        "MinSize" | "MaxSize" | "DesiredCapacity" => {
            (-1..45_i32).prop_map(|n| n.to_string()).boxed()
        }
        "MaxRecords" => (0..102_i32).prop_map(|n| n.to_string()).boxed(),
        "StartTime" | "EndTime" => (-5..20_i64).prop_map(|n| stamp(60 * n)).boxed(),
        "ScheduledActionName" | "PolicyName" => "[a-c]".boxed(),
        "ScalingProcesses.member.1" => {
            prop_oneof![Just("Launch"), Just("Terminate"), Just("AZRebalance"), Just("x")]
                .prop_map(str::to_owned)
                .boxed()
        }
        "HonorCooldown" | "ProtectedFromScaleIn" | "Enabled" => {
            any::<bool>().prop_map(|yes| yes.to_string()).boxed()
        }
        "PolicyType" => Just("TargetTrackingScaling".to_owned()).boxed(),
        "Metric" => prop_oneof![Just("ASGAverageCPUUtilization"), Just("ALBRequestCountPerTarget")]
            .prop_map(str::to_owned)
            .boxed(),
        "Label" => Just(RESOURCE_LABEL.to_owned()).boxed(),
        "Target" => (0.0..120.0_f64).prop_map(|target| target.to_string()).boxed(),
        "TargetGroupArn" => Just(TARGET_GROUP_ARN.to_owned()).boxed(),
        _ => "sandbox-[0-9]".boxed(),
    };
    prop_oneof![12 => meant, 1 => "\\PC{0,9}"].boxed()
}

type Asked = (&'static str, &'static str, Vec<(String, String)>);

fn asked() -> impl Strategy<Value = (i64, Asked)> {
    let operation = (0..OPERATIONS.len()).prop_flat_map(|number| {
        let (version, action, names) = OPERATIONS[number];
        let fields: Vec<_> = names
            .iter()
            .map(|name| {
                proptest::option::weighted(0.7, value(name).prop_map(|value| (field(name), value)))
            })
            .collect();
        (Just(version), Just(action), fields)
    });
    (0..200_i64, operation).prop_map(|(seconds, (version, action, fields))| {
        let mut fields: Vec<_> = fields.into_iter().flatten().collect();
        if version == AUTO_SCALING && action != "DescribeAutoScalingGroups" {
            fields.push(("AutoScalingGroupName".into(), GROUP.into()));
        }
        (seconds, (version, action, fields))
    })
}

/// Everything that the account tells, without the ids of the requests.
async fn everything(site: &Site) -> Vec<String> {
    let mut told = Vec::new();
    for action in [
        "DescribeAutoScalingGroups",
        "DescribeScheduledActions",
        "DescribePolicies",
        "DescribeScalingActivities",
    ] {
        let answer = site.ask(AUTO_SCALING, action, &[]).await.fine();
        let id = answer.text("RequestId").to_owned();
        told.push(answer.xml.replace(&id, ""));
    }
    told
}

/// Every element that is opened is closed, in order.
fn is_balanced(answer: &Answer) -> bool {
    let mut open = Vec::new();
    for tag in answer.xml.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        match tag.strip_prefix('/') {
            Some(name) if open.pop() != Some(name) => return false,
            Some(_) => {}
            None => open.extend(tag.split(' ').next()),
        }
    }
    open.is_empty()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn a_refusal_has_changed_nothing_and_every_answer_is_xml(
        requests in proptest::collection::vec(asked(), 1..16)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let site = Site::new();
            for (seconds, (version, action, fields)) in &requests {
                site.advance(*seconds);
                let before = everything(&site).await;
                let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
                let answer = site.ask(version, action, &fields).await;
                prop_assert!(is_balanced(&answer), "{action} {fields:?}: {}", answer.xml);
                let refused = matches!(
                    answer.status,
                    StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND | StatusCode::NOT_IMPLEMENTED
                );
                prop_assert!(refused || answer.status == StatusCode::OK, "{action} {fields:?}: {}", answer.xml);
                if refused || action.starts_with("Describe") {
                    prop_assert_eq!(&before, &everything(&site).await, "{} {:?}", action, fields);
                }
            }
            Ok(())
        })?;
    }
}
