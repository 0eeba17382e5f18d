//! Scaling activities: what boot times are learned from.

use crate::face::Site;
use chrono::{DateTime, TimeDelta};

#[tokio::test]
async fn a_launch_is_under_way_and_then_successful_with_both_times() {
    let site = Site::new();
    let none = site.on_group("DescribeScalingActivities", &[]).await.fine();
    assert_eq!(none.texts("ActivityId"), [""; 0], "the group is older than six weeks");
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "3")]).await.fine();
    let under_way = site.on_group("DescribeScalingActivities", &[]).await.fine();
    assert_eq!((under_way.text("StatusCode"), under_way.texts("EndTime").len()), ("InProgress", 0));
    let id = site.ids().await.remove(2);
    assert_eq!(under_way.text("Description"), format!("Launching a new EC2 instance: {id}"));
    assert_eq!(
        under_way.text("Cause"),
        "At 2026-11-30T08:00:00Z an instance was started in response to a difference between desired and actual \
         capacity, increasing the capacity from 2 to 3."
    );
    site.advance(3_600);
    let done = site.on_group("DescribeScalingActivities", &[]).await.fine();
    assert_eq!((done.text("StatusCode"), done.text("Progress")), ("Successful", "100"));
    let time = |name| DateTime::parse_from_rfc3339(done.text(name)).unwrap();
    assert!(TimeDelta::seconds(45) < time("EndTime") - time("StartTime"));
}

#[tokio::test]
async fn a_termination_is_told_first_while_it_is_under_way() {
    let site = Site::new();
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "4")]).await.fine();
    site.advance(3_600);
    let low = [("MinSize", "3"), ("DesiredCapacity", "3")];
    site.on_group("UpdateAutoScalingGroup", &low).await.fine();
    let told = site.on_group("DescribeScalingActivities", &[]).await.fine();
    assert!(told.texts("Description")[0].starts_with("Terminating EC2 instance: i-"));
    assert_eq!(told.texts("StatusCode"), ["InProgress", "Successful", "Successful"]);
    let page = site.on_group("DescribeScalingActivities", &[("MaxRecords", "2")]).await.fine();
    let token = page.text("NextToken");
    let rest = site.on_group("DescribeScalingActivities", &[("NextToken", token)]).await.fine();
    assert_eq!(
        [page.texts("ActivityId"), rest.texts("ActivityId")].concat(),
        told.texts("ActivityId")
    );
    let one = [("ActivityIds.member.1", told.texts("ActivityId")[1])];
    let chosen = site.on_group("DescribeScalingActivities", &one).await.fine();
    assert_eq!(chosen.texts("ActivityId"), [one[0].1]);
    site.advance(43 * 86_400);
    let old = site.on_group("DescribeScalingActivities", &[]).await.fine();
    assert_eq!(old.texts("ActivityId"), [""; 0]);
}

#[tokio::test]
async fn there_is_no_refresh_no_warm_pool_and_no_hook() {
    let site = Site::new();
    for (action, list) in [
        ("DescribeInstanceRefreshes", "InstanceRefreshes"),
        ("DescribeWarmPool", "Instances"),
        ("DescribeLifecycleHooks", "LifecycleHooks"),
    ] {
        assert_eq!(site.on_group(action, &[]).await.fine().text(list), "", "{action}");
    }
}
