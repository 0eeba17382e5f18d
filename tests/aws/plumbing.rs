//! Every read and every action, there and back.

use crate::account::Account;
use chrono::{DateTime, TimeDelta, Utc};
use invigilator::aws::{Actuate as _, Error, Observe as _, Sdk, Site};
use invigilator::domain::{
    Action, Clock as _, Group, InstanceId, Nodes, Process, ScheduledAction, Seen, Share,
    SystemClock, Tracking, TrackingPolicy,
};

fn known<T: std::fmt::Debug>(seen: Seen<T>) -> T {
    match seen {
        Seen::Known(value) => value,
        Seen::Absent | Seen::Unknown(_) => panic!("{seen:?}"),
    }
}

async fn group(sdk: &Sdk) -> Group {
    known(sdk.group().await)
}

fn ids(group: &Group) -> Vec<InstanceId> {
    group.instances.iter().map(|instance| instance.id.clone()).collect()
}

/// Whole seconds, as AWS keeps them.
fn in_hours(hours: i64) -> DateTime<Utc> {
    let second = (SystemClock.now() + TimeDelta::hours(hours)).timestamp();
    DateTime::from_timestamp(second, 0).unwrap()
}

#[tokio::test]
async fn a_site_is_read_whole() {
    let Some(account) = Account::in_region("eu-west-1") else { return };
    let sdk = account.sdk().await;
    let seen = group(&sdk).await;
    assert_eq!((seen.min, seen.max, seen.zones), (Nodes::new(2), Nodes::new(10), 3));
    assert_eq!(seen.healthy_count(), Nodes::new(2), "in service, and healthy targets");
    assert!(!seen.new_instances_protected && seen.suspended.is_empty());
    let foreign = ScheduledAction {
        name: "terraform-night".into(),
        at: DateTime::parse_from_rfc3339("2040-01-01T00:00:00Z").unwrap().to_utc(),
        min: None,
        max: None,
        desired: Some(Nodes::new(2)),
    };
    assert_eq!(known(sdk.scheduled().await), [foreign]);
    let step =
        TrackingPolicy { name: "step".into(), tracking: Tracking::Other, scale_in_disabled: false };
    assert_eq!(known(sdk.policies().await), [step]);
    let identity = sdk.identity().await.unwrap();
    assert!(identity.group.ends_with("autoScalingGroupName/moodle-web"), "{identity:?}");
}

#[tokio::test]
async fn the_database_is_read_as_far_as_cloudwatch() {
    let Some(account) = Account::in_region("eu-west-1") else { return };
    let Seen::Unknown(why) = account.sdk().await.connections().await else {
        panic!("moto does not speak CloudWatch's protocol")
    };
    assert!(why.contains("GetMetricData"), "members and limits were read: {why}");
    let other = Site { cluster: Some("other".into()), ..account.site.clone() };
    let Seen::Unknown(why) = account.sdk_of(other).await.connections().await else {
        panic!("there is no such cluster")
    };
    assert!(why.contains("DBClusterNotFoundFault"), "{why}");
}

#[tokio::test]
async fn scheduled_actions_are_written_changed_and_deleted_and_foreign_ones_stay() {
    let Some(account) = Account::in_region("eu-west-2") else { return };
    let sdk = account.sdk().await;
    let ours = |number: u32, min: u32| ScheduledAction {
        name: format!("invigilator-moodle-{number}"),
        at: in_hours(i64::from(number) + 1),
        min: Some(Nodes::new(min)),
        max: (number == 1).then_some(Nodes::new(10)),
        desired: None,
    };
    let sixty: Vec<_> = (0..60).map(|number| ours(number, 3)).collect();
    sdk.apply(&Action::PutScheduled(sixty.clone())).await.unwrap();
    let own = |seen: Vec<ScheduledAction>| -> Vec<ScheduledAction> {
        let mut own: Vec<_> =
            seen.into_iter().filter(|one| one.name.starts_with("invigilator-")).collect();
        own.sort_by_key(|action| action.at);
        own
    };
    assert_eq!(own(known(sdk.scheduled().await)), sixty);
    let changed = ScheduledAction { min: Some(Nodes::new(7)), ..sixty[1].clone() };
    sdk.apply(&Action::PutScheduled(vec![changed.clone()])).await.unwrap();
    assert!(known(sdk.scheduled().await).contains(&changed));
    let names = sixty.iter().map(|action| action.name.clone()).collect();
    sdk.apply(&Action::DeleteScheduled(names)).await.unwrap();
    let left: Vec<_> = known(sdk.scheduled().await).into_iter().map(|one| one.name).collect();
    assert_eq!(left, ["terraform-night"]);
    let gone = sdk.apply(&Action::DeleteScheduled(vec![changed.name])).await;
    assert!(matches!(gone, Err(Error::Gone(_))), "{gone:?}");
}

#[tokio::test]
async fn bounds_and_desired_are_set_apart_from_each_other() {
    let Some(account) = Account::in_region("eu-west-3") else { return };
    let sdk = account.sdk().await;
    sdk.apply(&Action::SetBounds { min: Some(Nodes::new(4)), max: None }).await.unwrap();
    let seen = group(&sdk).await;
    assert_eq!((seen.min.get(), seen.max.get(), seen.desired.get()), (4, 10, 4));
    assert_eq!(seen.in_service_count(), Nodes::new(4), "a MinSize above the size launches");
    sdk.apply(&Action::SetBounds { min: None, max: Some(Nodes::new(12)) }).await.unwrap();
    sdk.apply(&Action::SetDesired(Nodes::new(5))).await.unwrap();
    let seen = group(&sdk).await;
    assert_eq!((seen.min.get(), seen.max.get(), seen.desired.get()), (4, 12, 5));
}

#[tokio::test]
async fn instances_present_and_new_are_protected_and_let_go() {
    let Some(account) = Account::in_region("eu-central-1") else { return };
    let sdk = account.sdk().await;
    let present = ids(&group(&sdk).await);
    sdk.apply(&Action::Protect(present.clone())).await.unwrap();
    sdk.apply(&Action::ProtectNew).await.unwrap();
    sdk.apply(&Action::SetBounds { min: Some(Nodes::new(3)), max: None }).await.unwrap();
    let seen = group(&sdk).await;
    assert_eq!((seen.protected_count(), seen.new_instances_protected), (Nodes::new(3), true));
    sdk.apply(&Action::Unprotect(present)).await.unwrap();
    sdk.apply(&Action::UnprotectNew).await.unwrap();
    let seen = group(&sdk).await;
    assert_eq!((seen.protected_count(), seen.new_instances_protected), (Nodes::new(1), false));
}

#[tokio::test]
async fn processes_are_suspended_and_resumed_by_name() {
    let Some(account) = Account::in_region("us-east-1") else { return };
    let sdk = account.sdk().await;
    let both = vec![Process::AzRebalance, Process::InstanceRefresh];
    sdk.apply(&Action::Suspend(both.clone())).await.unwrap();
    assert!(group(&sdk).await.suspended.into_iter().eq(both));
    sdk.apply(&Action::Resume(vec![Process::InstanceRefresh])).await.unwrap();
    assert!(group(&sdk).await.suspended.into_iter().eq([Process::AzRebalance]));
}

#[tokio::test]
async fn a_policy_is_written_as_a_whole() {
    let Some(account) = Account::in_region("us-east-2") else { return };
    let sdk = account.sdk().await;
    let ours = |tracking, scale_in_disabled| TrackingPolicy {
        name: "invigilator-moodle-tracking".into(),
        tracking,
        scale_in_disabled,
    };
    for policy in [
        ours(Tracking::Cpu(Share::new(0.123).unwrap()), true),
        ours(Tracking::Requests(600.try_into().unwrap()), false),
    ] {
        sdk.apply(&Action::PutPolicy(policy.clone())).await.unwrap();
        let seen = known(sdk.policies().await);
        assert!(seen.contains(&policy) && seen.len() == 2, "{seen:?}");
    }
}

#[tokio::test]
async fn in_another_account_or_group_nothing_is_written() {
    let Some(account) = Account::in_region("us-west-2") else { return };
    let before = group(&account.sdk().await).await;
    let raise = Action::SetBounds { min: Some(Nodes::new(9)), max: None };
    let other = Site { account: "999999999999".into(), ..account.site.clone() };
    let refused = account.sdk_of(other).await.apply(&raise).await;
    assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    let other = Site { group: "other-web".into(), ..account.site.clone() };
    let sdk = account.sdk_of(other).await;
    let refused = sdk.apply(&raise).await;
    assert!(matches!(refused, Err(Error::Gone(_))), "{refused:?}");
    assert!(sdk.group().await.is_unknown());
    assert_eq!(group(&account.sdk().await).await, before);
}
