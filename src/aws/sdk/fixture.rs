//! A site, its group as AWS describes it, and an adapter for the tests.

use super::fake::Answer;
use super::{Sdk, Site};
use crate::domain::{Clock, FleetName, ManualClock};
use aws_sdk_autoscaling::types::{AutoScalingGroup, Instance, LifecycleState, SuspendedProcess};
use chrono::{DateTime, Utc};
use std::sync::Arc;

/// Nobody listens there.
pub(super) const CLOSED: &str = "http://127.0.0.1:1";
/// The ARN of the group.
pub(super) const ARN: &str =
    "arn:aws:autoscaling:eu-west-1:111122223333:autoScalingGroup:7a9895d3:autoScalingGroupName/web";

pub(super) fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

pub(super) fn site() -> Site {
    Site {
        fleet: FleetName::new("moodle").unwrap(),
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        group: "web".into(),
        cluster: Some("moodle".into()),
        target_group: Some(
            "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/943f017f100becff"
                .into(),
        ),
        load_balancer: Some("app/moodle/50dc6c495c0c9188".into()),
    }
}

pub(super) async fn sdk(url: &str) -> Sdk {
    sdk_at(url, Arc::new(ManualClock::at(at(0)))).await
}

pub(super) async fn sdk_at(url: &str, clock: Arc<dyn Clock>) -> Sdk {
    Sdk::connect(site(), Some(url), clock).await
}

pub(super) fn member(id: &str, state: &str) -> Instance {
    Instance::builder()
        .instance_id(id)
        .availability_zone("eu-west-1a")
        .lifecycle_state(LifecycleState::from(state))
        .health_status("Healthy")
        .protected_from_scale_in(false)
        .build()
}

/// The same, but for a change: the SDK's types cannot be written out.
pub(super) fn with<T>(mut value: T, change: impl FnOnce(&mut T)) -> T {
    change(&mut value);
    value
}

/// Two in service, of which one is unhealthy, and one on its way.
pub(super) fn described() -> AutoScalingGroup {
    let protected =
        with(member("i-a", "InService"), |one| one.protected_from_scale_in = Some(true));
    let unhealthy =
        with(member("i-b", "InService"), |one| one.health_status = Some("Unhealthy".into()));
    let process = |name: &str| SuspendedProcess::builder().process_name(name).build();
    AutoScalingGroup::builder()
        .auto_scaling_group_name("web")
        .auto_scaling_group_arn(ARN)
        .min_size(2)
        .max_size(10)
        .desired_capacity(3)
        .set_availability_zones(Some(["a", "b", "c"].map(|zone| format!("eu-west-1{zone}")).into()))
        .set_instances(Some(vec![protected, unhealthy, member("i-c", "Pending:Wait")]))
        .suspended_processes(process("AZRebalance"))
        .suspended_processes(process("RemoveFromLoadBalancerLowPriority"))
        .new_instances_protected_from_scale_in(false)
        .build()
}

/// The group as `DescribeAutoScalingGroups` answers, with one instance in service.
pub(super) fn groups() -> Answer {
    let instance = "<member><InstanceId>i-a</InstanceId><AvailabilityZone>eu-west-1a</AvailabilityZone>\
                    <LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus>\
                    <ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>";
    Answer::xml(
        "DescribeAutoScalingGroups",
        &format!(
            "<AutoScalingGroups><member><AutoScalingGroupName>web</AutoScalingGroupName>\
             <AutoScalingGroupARN>{ARN}</AutoScalingGroupARN><MinSize>1</MinSize><MaxSize>9</MaxSize>\
             <DesiredCapacity>1</DesiredCapacity>\
             <AvailabilityZones><member>eu-west-1a</member></AvailabilityZones>\
             <Instances>{instance}</Instances><SuspendedProcesses/>\
             <NewInstancesProtectedFromScaleIn>false</NewInstancesProtectedFromScaleIn>\
             </member></AutoScalingGroups>"
        ),
    )
}
