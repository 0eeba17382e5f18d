//! What holds for every operation: who is asked, what is not there, and what is not pretended.

use crate::face::{AUTO_SCALING, Site, at, stamp};
use axum::http::StatusCode;
use invigilator::sandbox::wire::{ACCOUNT_ID, GROUP};
use invigilator::sandbox::{Account, Spec, Speed};

/// Operations of one group, with what they need beside it.
const ON_A_GROUP: &[(&str, &[(&str, &str)])] = &[
    ("UpdateAutoScalingGroup", &[]),
    ("SetDesiredCapacity", &[("DesiredCapacity", "3")]),
    ("SetInstanceProtection", &[("InstanceIds.member.1", "i-0"), ("ProtectedFromScaleIn", "true")]),
    ("SuspendProcesses", &[]),
    ("ResumeProcesses", &[]),
    ("PutScheduledUpdateGroupAction", &[("ScheduledActionName", "a")]),
    ("BatchPutScheduledUpdateGroupAction", &[]),
    ("DeleteScheduledAction", &[("ScheduledActionName", "a")]),
    ("BatchDeleteScheduledAction", &[]),
    ("DescribeScheduledActions", &[]),
    ("PutScalingPolicy", &[("PolicyName", "a")]),
    ("DescribePolicies", &[]),
    ("DeletePolicy", &[("PolicyName", "a")]),
    ("DescribeScalingActivities", &[]),
    ("DescribeInstanceRefreshes", &[]),
    ("DescribeWarmPool", &[]),
    ("DescribeLifecycleHooks", &[]),
];

#[tokio::test]
async fn a_group_that_is_not_there_is_told_in_awss_words_and_nothing_happens() {
    let site = Site::new();
    for (action, fields) in ON_A_GROUP {
        let mut fields = fields.to_vec();
        fields.push(("AutoScalingGroupName", "other"));
        let answer = site.ask(AUTO_SCALING, action, &fields).await;
        answer.refused("ValidationError", "AutoScalingGroup name not found - null");
    }
    let after = site.group().await;
    assert_eq!(after.texts("DesiredCapacity"), ["2"]);
    assert_eq!(after.texts("SuspendedProcesses"), [""]);
}

#[tokio::test]
async fn a_parameter_that_is_not_simulated_is_refused_and_nothing_happens() {
    let site = Site::new();
    for (action, fields) in ON_A_GROUP {
        let mut fields = fields.to_vec();
        fields.push(("SomethingNew", "1"));
        let answer = site.on_group(action, &fields).await;
        let early = ["PutScheduledUpdateGroupAction", "PutScalingPolicy"];
        if early.contains(action) {
            assert!(!answer.status.is_success(), "{action}");
        } else {
            answer.not_simulated("the parameter SomethingNew");
        }
    }
    assert_eq!(site.group().await.texts("ProcessName"), [""; 0]);
    let answer = site
        .on_group("UpdateAutoScalingGroup", &[("MinSize", "9"), ("DefaultCooldown", "60")])
        .await;
    answer.not_simulated("DefaultCooldown");
    assert_eq!(site.group().await.text("MinSize"), "2");
}

#[tokio::test]
async fn operations_that_are_not_there_are_no_operations() {
    let site = Site::new();
    for (version, action) in [
        (AUTO_SCALING, "TerminateInstanceInAutoScalingGroup"),
        (AUTO_SCALING, "GetCallerIdentity"),
        ("2011-06-15", "AssumeRole"),
        ("2014-10-31", "RebootDBInstance"),
        ("2015-12-01", "DescribeTargetGroups"),
        ("1999-01-01", "DescribeAutoScalingGroups"),
    ] {
        let told = format!("Could not find operation {action} for version {version}");
        site.ask(version, action, &[]).await.refused("InvalidAction", &told);
    }
    let nothing = site.send(String::new()).await;
    assert_eq!((nothing.status, nothing.text("Code")), (StatusCode::BAD_REQUEST, "MissingAction"));
}

#[tokio::test]
async fn an_answer_has_its_namespace_its_result_and_an_id_of_its_own() {
    let site = Site::new();
    let [one, other] = [site.group().await, site.group().await];
    let begin = "<DescribeAutoScalingGroupsResponse xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\">\
        <DescribeAutoScalingGroupsResult><AutoScalingGroups><member>";
    assert!(one.xml.starts_with(begin), "{}", one.xml);
    assert_ne!(one.text("RequestId"), other.text("RequestId"));
    let written = site.on_group("SetDesiredCapacity", &[("DesiredCapacity", "2")]).await.fine();
    let begin = "<SetDesiredCapacityResponse xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\"><ResponseMetadata>";
    assert!(written.xml.starts_with(begin), "{}", written.xml);
}

/// What others write over the wire is written down as well as what we do.
#[tokio::test]
async fn what_was_written_over_the_wire_outlives_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let spec = Spec { seed: 7, starts_at: at(0), speed: Speed::new(1).unwrap() };
    let open = || Site::over(Account::open(folder.path(), spec).unwrap());
    let site = open();
    let sizes = [("MinSize", "3"), ("MaxSize", "9"), ("DesiredCapacity", "5")];
    site.on_group("UpdateAutoScalingGroup", &sizes).await.fine();
    let start = stamp(86_400);
    let action = [("ScheduledActionName", "a"), ("StartTime", &*start), ("MinSize", "4")];
    site.on_group("PutScheduledUpdateGroupAction", &action).await.fine();
    let told = async |site: &Site| {
        let group = site.group().await;
        let actions = site.ask(AUTO_SCALING, "DescribeScheduledActions", &[]).await.fine();
        let sizes =
            ["MinSize", "MaxSize", "DesiredCapacity"].map(|name| group.text(name).to_owned());
        (sizes, site.ids().await, actions.text("StartTime").to_owned())
    };
    let before = told(&site).await;
    drop(site);
    assert_eq!(told(&open()).await, before);
    assert_eq!(before.0, ["3", "9", "5"]);
}

#[tokio::test]
async fn everybody_is_the_same_user() {
    let answer = Site::new().ask("2011-06-15", "GetCallerIdentity", &[]).await.fine();
    assert_eq!(answer.text("Account"), ACCOUNT_ID);
    assert_eq!(answer.text("Arn"), format!("arn:aws:iam::{ACCOUNT_ID}:user/sandbox"));
}

#[tokio::test]
async fn a_group_is_known_by_its_arn_too_and_must_be_named() {
    let site = Site::new();
    let arn = site.group().await.text("AutoScalingGroupARN").to_owned();
    assert!(arn.ends_with(&format!(":autoScalingGroupName/{GROUP}")), "{arn}");
    let fields = [("AutoScalingGroupName", &*arn), ("DesiredCapacity", "3")];
    site.ask(AUTO_SCALING, "SetDesiredCapacity", &fields).await.fine();
    assert_eq!(site.group().await.text("DesiredCapacity"), "3");
    site.ask(AUTO_SCALING, "SetDesiredCapacity", &[("DesiredCapacity", "3")]).await.refused(
        "ValidationError",
        "1 validation error detected: Value null at 'autoScalingGroupName' failed to satisfy constraint: \
         Member must not be null",
    );
}
