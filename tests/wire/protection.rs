//! Protection of instances, and processes that are suspended.

use crate::face::Site;
use invigilator::sandbox::wire::GROUP;

fn named(ids: &[String]) -> Vec<(String, String)> {
    let one = |(number, id): (u32, &String)| (format!("InstanceIds.member.{number}"), id.clone());
    (1..).zip(ids).map(one).collect()
}

async fn protect(site: &Site, ids: &[String], protected: &str) -> crate::face::Answer {
    let mut fields = named(ids);
    fields.push(("ProtectedFromScaleIn".into(), protected.into()));
    let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    site.on_group("SetInstanceProtection", &fields).await
}

#[tokio::test]
async fn protected_instances_survive_although_desired_falls() {
    let site = Site::new();
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "4")]).await.fine();
    site.advance(3_600);
    let ids = site.ids().await;
    let answer = protect(&site, &ids, "true").await.fine();
    assert!(answer.xml.contains("<SetInstanceProtectionResult></SetInstanceProtectionResult>"));
    let low = [("MinSize", "2"), ("DesiredCapacity", "2")];
    site.on_group("UpdateAutoScalingGroup", &low).await.fine();
    let group = site.group().await;
    assert_eq!(group.text("DesiredCapacity"), "2");
    assert_eq!(group.texts("LifecycleState"), ["InService"; 4]);
    assert_eq!(group.texts("ProtectedFromScaleIn"), ["true"; 4]);
    protect(&site, &ids[..1], "false").await.fine();
    assert_eq!(
        site.group()
            .await
            .texts("LifecycleState")
            .iter()
            .filter(|state| **state == "InService")
            .count(),
        3
    );
}

#[tokio::test]
async fn one_instance_that_may_not_be_protected_fails_the_whole_call() {
    let site = Site::new();
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "3")]).await.fine();
    let ids = site.ids().await;
    let told =
        format!("The instance {} is not in InService or EnteringStandby or Standby.", ids[2]);
    protect(&site, &ids, "true").await.refused("ValidationError", &told);
    let foreign = "i-00000000000000000".to_owned();
    let told = format!("The instance {foreign} is not part of Auto Scaling group {GROUP}.");
    protect(&site, &[ids[0].clone(), foreign], "true").await.refused("ValidationError", &told);
    assert_eq!(site.group().await.texts("ProtectedFromScaleIn"), ["false"; 3]);
}

#[tokio::test]
async fn fifty_ids_are_a_call() {
    let site = Site::new();
    let id = site.ids().await.remove(0);
    protect(&site, &vec![id.clone(); 50], "true").await.fine();
    let many = protect(&site, &vec![id; 51], "true").await;
    many.refused("LimitExceeded", "a call names 1 to 50 instances, not 51");
    let none = protect(&site, &[], "true").await;
    none.refused("ValidationError", "At least one instance must be specified");
}

#[tokio::test]
async fn new_instances_are_protected_where_the_group_says_so() {
    let site = Site::new();
    let fields = [("NewInstancesProtectedFromScaleIn", "true"), ("MinSize", "3")];
    site.on_group("UpdateAutoScalingGroup", &fields).await.fine();
    let group = site.group().await;
    assert_eq!(group.texts("ProtectedFromScaleIn"), ["false", "false", "true"]);
    assert_eq!(group.text("NewInstancesProtectedFromScaleIn"), "true");
}

#[tokio::test]
async fn suspended_processes_are_enforced_and_no_list_means_all() {
    let site = Site::new();
    let two =
        [("ScalingProcesses.member.1", "AZRebalance"), ("ScalingProcesses.member.2", "Launch")];
    site.on_group("SuspendProcesses", &two).await.fine();
    let group = site.group().await;
    let mut names = group.texts("ProcessName");
    names.sort_unstable();
    assert_eq!(names, ["AZRebalance", "Launch"]);
    site.on_group("UpdateAutoScalingGroup", &[("MinSize", "5")]).await.fine();
    assert_eq!(site.ids().await.len(), 2, "nothing is launched");
    let launch = [("ScalingProcesses.member.1", "Launch")];
    site.on_group("ResumeProcesses", &launch).await.fine();
    assert_eq!(site.ids().await.len(), 5);
    site.on_group("SuspendProcesses", &[]).await.fine();
    assert_eq!(site.group().await.texts("ProcessName").len(), 9);
    site.on_group("ResumeProcesses", &[("ScalingProcesses", "")]).await.fine();
    assert_eq!(site.group().await.texts("ProcessName").len(), 0);
    let bogus = [("ScalingProcesses.member.1", "Lunch")];
    let answer = site.on_group("SuspendProcesses", &bogus).await;
    answer.refused("ValidationError", "Invalid process types: [Lunch]");
}
