//! What the group looks like, and its sizes.

use crate::face::{AUTO_SCALING, Answer, Site};
use invigilator::sandbox::wire::{GROUP, TARGET_GROUP_ARN};

fn sizes(group: &Answer) -> [&str; 3] {
    ["MinSize", "MaxSize", "DesiredCapacity"].map(|name| group.text(name))
}

#[tokio::test]
async fn a_group_tells_its_sizes_zones_and_instances() {
    let group = Site::new().group().await;
    assert_eq!(sizes(&group), ["2", "40", "2"]);
    assert_eq!(group.text("AutoScalingGroupName"), GROUP);
    assert_eq!(group.text("TargetGroupARNs"), format!("<member>{TARGET_GROUP_ARN}</member>"));
    assert_eq!(group.texts("LifecycleState"), ["InService"; 2]);
    assert_eq!(group.texts("HealthStatus"), ["Healthy"; 2]);
    assert_eq!(group.texts("ProtectedFromScaleIn"), ["false"; 2]);
    assert_eq!(group.text("NewInstancesProtectedFromScaleIn"), "false");
    assert_eq!(group.text("CreatedTime"), "2026-11-30T08:00:00Z");
    let zones = group.text("AvailabilityZones").matches("<member>").count();
    assert_eq!(zones, 3);
}

#[tokio::test]
async fn names_that_are_not_there_are_left_out_and_instances_only_told_on_demand() {
    let site = Site::new();
    let named = async |names: &[(&str, &str)]| {
        let answer = site.ask(AUTO_SCALING, "DescribeAutoScalingGroups", names).await.fine();
        (answer.texts("MinSize").len(), answer.texts("InstanceId").len())
    };
    assert_eq!(named(&[("AutoScalingGroupNames.member.1", "other")]).await, (0, 0));
    let both =
        [("AutoScalingGroupNames.member.1", "other"), ("AutoScalingGroupNames.member.2", GROUP)];
    assert_eq!(named(&both).await, (1, 2));
    assert_eq!(named(&[("IncludeInstances", "false")]).await, (1, 0));
    assert_eq!(named(&[("MaxRecords", "1")]).await, (1, 2));
    let bad = site.ask(AUTO_SCALING, "DescribeAutoScalingGroups", &[("NextToken", "x")]).await;
    bad.refused("InvalidNextToken", "The token is invalid");
    site.ask(AUTO_SCALING, "DescribeAutoScalingGroups", &[("MaxRecords", "101")]).await.refused(
        "ValidationError",
        "1 validation error detected: Value '101' at 'maxRecords' failed to satisfy constraint: \
         Member must have value less than or equal to 100",
    );
}

#[tokio::test]
async fn min_above_desired_raises_it_and_max_below_desired_lowers_it() {
    let site = Site::new();
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "5")]).await.fine();
    let group = site.group().await;
    assert_eq!(sizes(&group), ["5", "40", "5"]);
    assert_eq!(
        group.texts("LifecycleState").iter().filter(|state| **state == "Pending").count(),
        3
    );
    assert_eq!(group.texts("HealthStatus"), ["Healthy"; 5], "AWS says it of those that boot too");
    site.advance(3_600);
    assert_eq!(site.group().await.texts("LifecycleState"), ["InService"; 5]);
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "1"), ("MaxSize", "4")]).await.fine();
    let group = site.group().await;
    assert_eq!(sizes(&group), ["1", "4", "4"]);
    assert!(group.texts("LifecycleState").contains(&"Terminating"));
}

#[tokio::test]
async fn all_sizes_change_in_one_call_or_none_does() {
    let site = Site::new();
    let [min, max] = [("MinSize", "3"), ("MaxSize", "10")];
    let outside =
        site.on_group("UpdateAutoScalingGroup", &[min, max, ("DesiredCapacity", "15")]).await;
    let told = "Desired capacity:15 must be between the specified min size:3 and max size:10";
    outside.refused("ValidationError", told);
    let crossed =
        site.on_group("UpdateAutoScalingGroup", &[("MinSize", "20"), ("MaxSize", "5")]).await;
    let told = "Max bound, 5, must be greater than or equal to min bound, 20";
    crossed.refused("ValidationError", told);
    let negative = site.on_group("UpdateAutoScalingGroup", &[("MinSize", "-1"), max]).await;
    negative.refused("ValidationError", "Min size must be non-negative");
    assert_eq!(sizes(&site.group().await), ["2", "40", "2"]);
    site.on_group("UpdateAutoScalingGroup", &[min, max, ("DesiredCapacity", "7")]).await.fine();
    assert_eq!(sizes(&site.group().await), ["3", "10", "7"]);
}

#[tokio::test]
async fn desired_keeps_within_the_bounds() {
    let site = Site::new();
    let set =
        async |desired| site.on_group("SetDesiredCapacity", &[("DesiredCapacity", desired)]).await;
    let told = |value, side, bound| {
        format!("New SetDesiredCapacity value {value} is {side} {bound} for the AutoScalingGroup.")
    };
    set("41").await.refused("ValidationError", &told(41, "above max value", 40));
    set("1").await.refused("ValidationError", &told(1, "below min value", 2));
    set("6").await.fine();
    assert_eq!(sizes(&site.group().await), ["2", "40", "6"]);
}

#[tokio::test]
async fn a_cool_down_is_waited_for_where_it_is_honoured() {
    let site = Site::new();
    let set = async |desired, honour| {
        let fields = [("DesiredCapacity", desired), ("HonorCooldown", honour)];
        site.on_group("SetDesiredCapacity", &fields).await
    };
    set("4", "true").await.fine();
    let activities = site.on_group("DescribeScalingActivities", &[]).await;
    let id = activities.texts("ActivityId")[0].to_owned();
    let told = format!("Scaling activity {id} is in progress and blocks this action");
    set("5", "true").await.refused("ScalingActivityInProgress", &told);
    set("5", "false").await.fine();
    site.advance(3_600);
    set("6", "true").await.fine();
}
