//! The Auto Scaling group as domain values, with what the load balancer says of its instances.

use super::{Sdk, Site, errors, pages};
use crate::aws::Error;
use crate::domain::{Group, Instance, InstanceId, Lifecycle, Nodes, Process};
use aws_sdk_autoscaling::types::{AutoScalingGroup, Instance as Described};
use aws_sdk_elasticloadbalancingv2::types::{TargetHealthDescription, TargetHealthStateEnum};
use std::collections::BTreeSet;

/// The group with its instances. An instance is healthy when Auto Scaling and, with a target group, the load balancer
/// say so.
pub(super) async fn read(sdk: &Sdk) -> Result<Group, String> {
    let both = async { tokio::try_join!(describe(sdk), targets(sdk)) };
    let (described, targets) = both.await.map_err(|error| error.to_string())?;
    let group = group(&sdk.site, described)?;
    match targets {
        None => Ok(group),
        Some((arn, targets)) => joined(group, targets, &arn),
    }
}

/// What AWS says of the group, unread.
pub(super) async fn describe(sdk: &Sdk) -> Result<Vec<AutoScalingGroup>, Error> {
    const CALL: &str = "DescribeAutoScalingGroups";
    let page = |token| {
        let request = sdk.autoscaling.describe_auto_scaling_groups();
        let request = request.auto_scaling_group_names(&sdk.site.group).set_next_token(token);
        async move {
            let answer = request.send().await.map_err(|error| errors::classify(CALL, &error))?;
            Ok((answer.auto_scaling_groups, answer.next_token))
        }
    };
    pages::all(CALL, page).await
}

/// The targets of the target group, where one is configured, with its ARN. AWS has no pages of them.
async fn targets(sdk: &Sdk) -> Result<Option<(String, Vec<TargetHealthDescription>)>, Error> {
    let Some(arn) = &sdk.site.target_group else { return Ok(None) };
    let request = sdk.elasticloadbalancing.describe_target_health().target_group_arn(arn);
    let answer = request.send().await;
    let answer = answer.map_err(|error| errors::classify("DescribeTargetHealth", &error))?;
    Ok(Some((arn.clone(), answer.target_health_descriptions.unwrap_or_default())))
}

/// The one group of a name among those that AWS described.
pub(super) fn only(
    site: &Site,
    described: Vec<AutoScalingGroup>,
) -> Result<AutoScalingGroup, String> {
    let ours = |group: &AutoScalingGroup| group.auto_scaling_group_name() == Some(&site.group);
    let mut groups: Vec<_> = described.into_iter().filter(ours).collect();
    match (groups.pop(), groups.len()) {
        (Some(group), 0) => Ok(group),
        (None, _) => Err(format!(
            "group {} is not in AWS's answer for {}; check its name and the region",
            site.group, site.region
        )),
        (Some(_), more) => Err(format!("AWS describes group {} {} times", site.group, more + 1)),
    }
}

/// The group, if its description is whole and possible.
fn group(site: &Site, described: Vec<AutoScalingGroup>) -> Result<Group, String> {
    let group = only(site, described)?;
    let name = &site.group;
    if let Some(status) = group.status() {
        return Err(format!("group {name} is going away: {status}"));
    }
    if let Some(unit) = group.desired_capacity_type().filter(|unit| *unit != "units") {
        return Err(format!("group {name} counts {unit}, not web servers"));
    }
    let size = |what: &str, size: Option<i32>| {
        let size = size.and_then(|size| u32::try_from(size).ok()).map(Nodes::new);
        size.ok_or_else(|| format!("group {name} comes without a usable {what}"))
    };
    let (min, max) = (size("MinSize", group.min_size())?, size("MaxSize", group.max_size())?);
    if max < min {
        return Err(format!("group {name} comes with MinSize {min} above MaxSize {max}"));
    }
    let zones = group.availability_zones().len();
    if zones == 0 {
        return Err(format!("group {name} comes without an availability zone"));
    }
    let instances: Result<Vec<_>, _> = group.instances().iter().map(instance).collect();
    let instances = instances?;
    let ids: BTreeSet<_> = instances.iter().map(|instance| &instance.id).collect();
    if ids.len() < instances.len() {
        return Err(format!("group {name} comes with an instance twice"));
    }
    let suspended = group.suspended_processes().iter();
    Ok(Group {
        min,
        max,
        desired: size("DesiredCapacity", group.desired_capacity())?,
        new_instances_protected: group.new_instances_protected_from_scale_in().ok_or_else(
            || format!("group {name} comes without NewInstancesProtectedFromScaleIn"),
        )?,
        // AWS lists names as well that are no processes, such as RemoveFromLoadBalancerLowPriority, and says to ignore them.
        suspended: suspended.filter_map(|one| Process::named(one.process_name()?)).collect(),
        zones: u32::try_from(zones).unwrap_or(u32::MAX),
        instances,
    })
}

fn instance(described: &Described) -> Result<Instance, String> {
    let id = described.instance_id().filter(|id| !id.is_empty());
    let id = id.ok_or("AWS describes an instance without an id")?;
    let lacks = |what: &str| format!("instance {id} comes without {what}");
    if described.weighted_capacity().is_some() {
        return Err(format!(
            "instance {id} has a weight: the group counts weights, not web servers"
        ));
    }
    let lifecycle = described.lifecycle_state().ok_or_else(|| lacks("LifecycleState"))?;
    Ok(Instance {
        id: InstanceId(id.to_owned()),
        zone: described.availability_zone().ok_or_else(|| lacks("AvailabilityZone"))?.to_owned(),
        lifecycle: self::lifecycle(lifecycle.as_str()),
        healthy: described.health_status().ok_or_else(|| lacks("HealthStatus"))? == "Healthy",
        protected: described
            .protected_from_scale_in()
            .ok_or_else(|| lacks("ProtectedFromScaleIn"))?,
    })
}

/// Where a state of Auto Scaling's stands for us. A state that is new to us neither serves nor comes.
fn lifecycle(state: &str) -> Lifecycle {
    match state {
        "Pending" | "Pending:Wait" | "Pending:Proceed" => Lifecycle::Pending,
        "InService" => Lifecycle::InService,
        "Terminating"
        | "Terminating:Wait"
        | "Terminating:Proceed"
        | "Terminating:Retained"
        | "Terminated" => Lifecycle::Terminating,
        _ => Lifecycle::Other,
    }
}

/// The group with the load balancer's word. Auto Scaling calls nobody in service who is not registered, so a target
/// group without a target is a partial answer or another group's.
fn joined(
    mut group: Group,
    targets: Vec<TargetHealthDescription>,
    arn: &str,
) -> Result<Group, String> {
    if targets.is_empty() && 0 < group.in_service_count().get() {
        return Err(format!(
            "web servers are in service and target group {arn} has no target; check target_group_arn"
        ));
    }
    let healthy = targets.into_iter().filter(|target| {
        target.target_health().and_then(|health| health.state())
            == Some(&TargetHealthStateEnum::Healthy)
    });
    let healthy: BTreeSet<String> = healthy.filter_map(|target| target.target?.id).collect();
    for instance in &mut group.instances {
        instance.healthy &= healthy.contains(&instance.id.0);
    }
    Ok(group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::sdk::fixture::{described, member, site, with};
    use aws_sdk_elasticloadbalancingv2::types::{TargetDescription, TargetHealth};

    fn target(id: &str, state: TargetHealthStateEnum) -> TargetHealthDescription {
        TargetHealthDescription::builder()
            .target(TargetDescription::builder().id(id).build())
            .target_health(TargetHealth::builder().state(state).build())
            .build()
    }

    #[test]
    fn a_whole_description_becomes_the_group() {
        let seen = group(&site(), vec![described()]).unwrap();
        let sizes = (seen.min.get(), seen.max.get(), seen.desired.get(), seen.zones);
        assert_eq!(sizes, (2, 10, 3, 3));
        let states: Vec<_> =
            seen.instances.iter().map(|one| (one.lifecycle, one.healthy)).collect();
        assert_eq!(
            states,
            [
                (Lifecycle::InService, true),
                (Lifecycle::InService, false),
                (Lifecycle::Pending, true)
            ]
        );
        assert!(seen.instances[0].protected && !seen.instances[1].protected);
        assert!(seen.suspended.into_iter().eq([Process::AzRebalance]), "unknown names are ignored");
    }

    #[test]
    fn an_empty_partial_or_impossible_description_is_not_believed() {
        let whole = described;
        let cases: Vec<(&str, Vec<AutoScalingGroup>)> = vec![
            ("is not in AWS's answer", vec![]),
            ("2 times", vec![whole(), whole()]),
            ("usable MinSize", vec![with(whole(), |one| one.min_size = None)]),
            ("usable MaxSize", vec![with(whole(), |one| one.max_size = Some(-1))]),
            ("above MaxSize", vec![with(whole(), |one| one.min_size = Some(11))]),
            ("usable DesiredCapacity", vec![with(whole(), |one| one.desired_capacity = None)]),
            ("availability zone", vec![with(whole(), |one| one.availability_zones = None)]),
            (
                "going away",
                vec![with(whole(), |one| one.status = Some("Delete in progress".into()))],
            ),
            (
                "counts vcpu",
                vec![with(whole(), |one| one.desired_capacity_type = Some("vcpu".into()))],
            ),
        ];
        for (told, answer) in cases {
            let why = group(&site(), answer).unwrap_err();
            assert!(why.contains(told), "{told}: {why}");
        }
    }

    #[test]
    fn an_instance_that_lacks_anything_makes_the_group_unknown() {
        let cases: Vec<(&str, Described)> = vec![
            ("without an id", with(member("i-1", "InService"), |one| one.instance_id = None)),
            ("an instance twice", member("i-a", "InService")),
            ("HealthStatus", with(member("i-1", "InService"), |one| one.health_status = None)),
            (
                "ProtectedFrom",
                with(member("i-1", "Pending"), |one| one.protected_from_scale_in = None),
            ),
            ("LifecycleState", with(member("i-1", "Pending"), |one| one.lifecycle_state = None)),
            (
                "has a weight",
                with(member("i-1", "Pending"), |one| one.weighted_capacity = Some("4".into())),
            ),
        ];
        for (told, bad) in cases {
            let mut answer = described();
            answer.instances.as_mut().unwrap().push(bad);
            let why = group(&site(), vec![answer]).unwrap_err();
            assert!(why.contains(told), "{told}: {why}");
        }
    }

    #[test]
    fn healthy_is_who_both_auto_scaling_and_the_load_balancer_call_so() {
        let seen = group(&site(), vec![described()]).unwrap();
        let targets = vec![
            target("i-a", TargetHealthStateEnum::Healthy),
            target("i-b", TargetHealthStateEnum::Healthy),
            target("i-c", TargetHealthStateEnum::Initial),
        ];
        let seen = joined(seen, targets, "arn").unwrap();
        let healthy: Vec<_> = seen.instances.iter().map(|one| one.healthy).collect();
        assert_eq!(healthy, [true, false, false]);
    }

    #[test]
    fn a_target_group_without_targets_is_no_answer_while_web_servers_are_in_service() {
        let seen = group(&site(), vec![described()]).unwrap();
        assert!(joined(seen.clone(), vec![], "arn:x").is_err_and(|why| why.contains("arn:x")));
        let idle = Group { instances: vec![], ..seen };
        assert!(joined(idle, vec![], "arn:x").is_ok());
    }

    #[test]
    fn states_of_auto_scaling_stand_where_they_belong() {
        for (state, wanted) in [
            ("Pending:Wait", Lifecycle::Pending),
            ("Terminating:Wait", Lifecycle::Terminating),
            ("Warmed:Running", Lifecycle::Other),
            ("Standby", Lifecycle::Other),
            ("SomethingNew", Lifecycle::Other),
        ] {
            assert_eq!(lifecycle(state), wanted, "{state}");
        }
    }
}
