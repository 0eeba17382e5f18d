//! The group itself: what it looks like, and its sizes.

use super::{bounded, give, named_group, size, stamp};
use crate::domain::{Action, Group, Instance, Lifecycle};
use crate::sandbox::Account;
use crate::sandbox::journal::Input;
use crate::sandbox::wire::Answer;
use crate::sandbox::wire::cloudwatch::GROUP_METRICS;
use crate::sandbox::wire::form::{Form, missing};
use crate::sandbox::wire::identity::{ACCOUNT_ID, GROUP, TARGET_GROUP_ARN, group_arn};
use crate::sandbox::wire::page::Page;
use crate::sandbox::wire::view::View;
use crate::sandbox::wire::xml::Xml;
use crate::sandbox::world::{COOL_DOWN, Foreign, Update, ZONES};

/// How long a new instance may take before its health counts, in seconds.
const GRACE_PERIOD: u32 = 300;
/// Eight vCPU, of which the simulated queue makes its servers.
pub(super) const INSTANCE_TYPE: &str = "c6i.2xlarge";
/// Of a call without `MaxRecords`.
const PER_PAGE: usize = 50;

/// `DescribeAutoScalingGroups`. A name that is not ours is left out, as AWS does.
pub(super) fn describe(view: &View, form: &mut Form) -> Answer {
    let names = form.texts("AutoScalingGroupNames", "member");
    let names = bounded(names, "AutoScalingGroupNames", 100)?;
    let with_instances = form.value("IncludeInstances")?.unwrap_or(true);
    form.value::<bool>("IncludeManagedResources")?;
    let page = Page::take(form, PER_PAGE)?;
    form.done()?;
    let mut group = view.told().group;
    if !with_instances {
        group.instances.clear();
    }
    let asked = names.is_empty() || names.iter().any(|name| *name == GROUP || *name == group_arn());
    let created = stamp(view.account().started_at());
    let groups = view.left(asked.then_some(group), page.items());
    let mut xml = Xml::default();
    page.write(&mut xml, "AutoScalingGroups", (0..).zip(groups), |xml, group| {
        write(xml, &group, &created);
    });
    Ok(Some(xml))
}

fn write(xml: &mut Xml, group: &Group, created: &str) {
    let Group { min, max, desired, instances, new_instances_protected, suspended, zones: _ } =
        group;
    xml.text("AutoScalingGroupName", GROUP);
    xml.text("AutoScalingGroupARN", group_arn());
    launch_template(xml);
    xml.text("MinSize", min);
    xml.text("MaxSize", max);
    xml.text("DesiredCapacity", desired);
    xml.text("DefaultCooldown", COOL_DOWN.num_seconds());
    xml.texts("AvailabilityZones", ZONES);
    xml.texts("LoadBalancerNames", [""; 0]);
    xml.texts("TargetGroupARNs", [TARGET_GROUP_ARN]);
    xml.text("HealthCheckType", "ELB");
    xml.text("HealthCheckGracePeriod", GRACE_PERIOD);
    xml.list("Instances", "member", instances, instance);
    xml.text("CreatedTime", created);
    xml.list("SuspendedProcesses", "member", suspended, |xml, process| {
        xml.text("ProcessName", process);
        xml.text("SuspensionReason", "User suspended");
    });
    xml.text("VPCZoneIdentifier", "subnet-0a,subnet-0b,subnet-0c");
    xml.list("EnabledMetrics", "member", GROUP_METRICS, |xml, (metric, _)| {
        xml.text("Metric", metric);
        xml.text("Granularity", "1Minute");
    });
    xml.list("Tags", "member", [("invigilator", "managed")], |xml, (key, value)| {
        xml.text("ResourceId", GROUP);
        xml.text("ResourceType", "auto-scaling-group");
        xml.text("Key", key);
        xml.text("Value", value);
        xml.text("PropagateAtLaunch", false);
    });
    xml.texts("TerminationPolicies", ["Default"]);
    xml.text("NewInstancesProtectedFromScaleIn", new_instances_protected);
    xml.text(
        "ServiceLinkedRoleARN",
        format!(
            "arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
        ),
    );
}

/// Of an instance that boots AWS says `Healthy` too: its health does not count yet, and the target group knows better.
fn instance(xml: &mut Xml, instance: &Instance) {
    let Instance { id, zone, lifecycle, healthy: _, protected } = instance;
    xml.text("InstanceId", id);
    xml.text("InstanceType", INSTANCE_TYPE);
    xml.text("AvailabilityZone", zone);
    let lifecycle = match lifecycle {
        Lifecycle::Pending => "Pending",
        Lifecycle::InService => "InService",
        Lifecycle::Terminating => "Terminating",
        Lifecycle::Other => "Standby",
    };
    xml.text("LifecycleState", lifecycle);
    xml.text("HealthStatus", "Healthy");
    launch_template(xml);
    xml.text("ProtectedFromScaleIn", protected);
}

fn launch_template(xml: &mut Xml) {
    xml.within("LaunchTemplate", |xml| {
        xml.text("LaunchTemplateId", "lt-0123456789abcdef0");
        xml.text("LaunchTemplateName", GROUP);
        xml.text("Version", 1);
    });
}

/// `UpdateAutoScalingGroup`: sizes and the protection of new instances.
pub(super) fn update(account: &Account, form: &mut Form) -> Answer {
    named_group(form)?;
    let update = Update {
        min: size(form, "MinSize", "Min size")?,
        max: size(form, "MaxSize", "Max size")?,
        desired: size(form, "DesiredCapacity", "Desired capacity")?,
        new_protected: form.value("NewInstancesProtectedFromScaleIn")?,
    };
    form.done()?;
    give(account, &Input::Foreign(Foreign::Update(update)))
}

/// `SetDesiredCapacity`.
pub(super) fn set_desired(account: &Account, form: &mut Form) -> Answer {
    named_group(form)?;
    let desired = size(form, "DesiredCapacity", "Desired capacity")?;
    let desired = desired.ok_or_else(|| missing("DesiredCapacity"))?;
    let honor_cool_down = form.value("HonorCooldown")?.unwrap_or(false);
    form.done()?;
    let input = if honor_cool_down {
        Input::Foreign(Foreign::SetDesiredAfterCoolDown(desired))
    } else {
        Input::Write(Action::SetDesired(desired))
    };
    give(account, &input)
}
