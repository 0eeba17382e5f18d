//! Target-tracking policies on the two metrics that the sandbox has.

use super::{PER_CALL, bounded, customized, give, named_group, named_group_or_all};
use crate::domain::{Action, Share, Tracking, TrackingPolicy};
use crate::sandbox::Account;
use crate::sandbox::journal::Input;
use crate::sandbox::wire::Answer;
use crate::sandbox::wire::form::Form;
use crate::sandbox::wire::identity::{ACCOUNT_ID, GROUP, REGION, RESOURCE_LABEL, policy_arn, uuid};
use crate::sandbox::wire::page::Page;
use crate::sandbox::wire::refusal::Refused;
use crate::sandbox::wire::view::View;
use crate::sandbox::wire::xml::Xml;
use crate::sandbox::world::Foreign;
use std::num::NonZeroU32;

const TYPE: &str = "TargetTrackingScaling";
const CPU: &str = "ASGAverageCPUUtilization";
const REQUESTS: &str = "ALBRequestCountPerTarget";
/// Fields of other types of policies, which target tracking refuses.
const OF_OTHER_TYPES: [&str; 8] = [
    "AdjustmentType",
    "Cooldown",
    "MetricAggregationType",
    "MinAdjustmentMagnitude",
    "MinAdjustmentStep",
    "PredictiveScalingConfiguration",
    "ScalingAdjustment",
    "StepAdjustments",
];

/// `PutScalingPolicy`.
pub(super) fn put(account: &Account, form: &mut Form) -> Answer {
    named_group(form)?;
    let name = form.name("PolicyName")?;
    let kind = form.take("PolicyType").unwrap_or_else(|| "SimpleScaling".into());
    if kind != TYPE {
        return Err(Refused::not_simulated(&format!("policies of the type {kind}")));
    }
    if let Some(field) = OF_OTHER_TYPES.into_iter().find(|field| form.has(field)) {
        return Err(Refused::validation(format!(
            "{field} are not supported for a TargetTracking policy"
        )));
    }
    let mut configuration = form
        .inside("TargetTrackingConfiguration")
        .ok_or_else(|| Refused::validation("You should provide a TargetTrackingConfiguration"))?;
    let scale_in_disabled = configuration.value("DisableScaleIn")?.unwrap_or(false);
    let tracking = tracking(&mut configuration)?;
    configuration.done()?;
    if !form.value("Enabled")?.unwrap_or(true) {
        return Err(Refused::not_simulated("policies that are disabled"));
    }
    form.done()?;
    let policy = TrackingPolicy { name: name.clone(), tracking, scale_in_disabled };
    give(account, &Input::Write(Action::PutPolicy(policy)))?;
    let mut xml = Xml::default();
    xml.text("PolicyARN", policy_arn(&name));
    alarms(&mut xml, &name);
    Ok(Some(xml))
}

/// What is tracked: one of two predefined metrics, and the value aimed at.
fn tracking(form: &mut Form) -> Result<Tracking, Refused> {
    let predefined = form.inside("PredefinedMetricSpecification");
    let mut metric = match (predefined, form.inside("CustomizedMetricSpecification")) {
        (Some(metric), None) => metric,
        (None, Some(metric)) => return Err(customized::refusal(metric)),
        (None, None) | (Some(_), Some(_)) => {
            return Err(Refused::validation(
                "You should provide either a CustomizedMetricSpecification or a PredefinedMetricSpecification",
            ));
        }
    };
    let kind = metric.required("PredefinedMetricType")?;
    let label = metric.take("ResourceLabel");
    metric.done()?;
    check_label(&kind, label.as_deref())?;
    let target: f64 = form.required_value("TargetValue")?;
    if !target.is_finite() || target <= 0.0 {
        return Err(Refused::validation("Target value must be greater than 0"));
    }
    match &*kind {
        CPU => Share::new(target / 100.0)
            .map(Tracking::Cpu)
            .map_err(|_| Refused::not_simulated("a CPU target above 100 percent")),
        REQUESTS => whole(target)
            .map(Tracking::Requests)
            .ok_or_else(|| Refused::not_simulated("a target of requests that is no whole number")),
        _ => Err(Refused::not_simulated(&format!("the metric {kind}"))),
    }
}

/// Requests per target are known by the load balancer and the target group, and nothing else is.
fn check_label(kind: &str, label: Option<&str>) -> Result<(), Refused> {
    let told = match (kind == REQUESTS, label) {
        (true, None) => {
            format!("Resource label should be specified for predefined metric type {kind}")
        }
        (false, Some(_)) => {
            format!("Resource label should not be specified for predefined metric type {kind}")
        }
        (true, Some(label)) if label != RESOURCE_LABEL => {
            format!("Invalid resource label '{label}' for predefined metric type {kind}")
        }
        (true, Some(_)) | (false, None) => return Ok(()),
    };
    Err(Refused::validation(told))
}

fn whole(target: f64) -> Option<NonZeroU32> {
    if target.fract() != 0.0 || f64::from(u32::MAX) < target {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number above zero and within u32"
    )]
    let count = target as u32;
    NonZeroU32::new(count)
}

/// `DescribePolicies`. Names that are not there are left out.
pub(super) fn describe(view: &View, form: &mut Form) -> Answer {
    named_group_or_all(form)?;
    let names = bounded(form.texts("PolicyNames", "member"), "PolicyNames", PER_CALL)?;
    let types = form.texts("PolicyTypes", "member");
    form.value::<bool>("IncludeManagedResources")?;
    let page = Page::take(form, PER_CALL)?;
    form.done()?;
    let mut policies = view.told().policies;
    policies.retain(|policy| {
        let named = names.iter().any(|name| is_named(name, policy));
        (names.is_empty() || named) && (types.is_empty() || types.iter().any(|kind| kind == TYPE))
    });
    policies.sort_by(|one, other| one.name.cmp(&other.name));
    let policies = view.left(policies, page.items());
    let mut xml = Xml::default();
    page.write(&mut xml, "ScalingPolicies", (0..).zip(&policies), write);
    Ok(Some(xml))
}

fn is_named(name: &str, policy: &TrackingPolicy) -> bool {
    *name == policy.name || *name == policy_arn(&policy.name)
}

fn write(xml: &mut Xml, policy: &TrackingPolicy) {
    let TrackingPolicy { name, tracking, scale_in_disabled } = policy;
    xml.text("AutoScalingGroupName", GROUP);
    xml.text("PolicyName", name);
    xml.text("PolicyARN", policy_arn(name));
    xml.text("PolicyType", TYPE);
    xml.texts("StepAdjustments", [""; 0]);
    alarms(xml, name);
    xml.within("TargetTrackingConfiguration", |xml| {
        let (kind, label, target) = match tracking {
            // A share times a hundred may end in a rounding error, which nobody has asked for.
            Tracking::Cpu(share) => (CPU, None, (share.fraction() * 1e11).round() / 1e9),
            Tracking::Requests(count) => (REQUESTS, Some(RESOURCE_LABEL), f64::from(count.get())),
            // The World takes no such policy.
            Tracking::Other => return,
        };
        xml.within("PredefinedMetricSpecification", |xml| {
            xml.text("PredefinedMetricType", kind);
            xml.text_if("ResourceLabel", label);
        });
        xml.text("TargetValue", format!("{target:?}"));
        xml.text("DisableScaleIn", scale_in_disabled);
    });
    xml.text("Enabled", true);
}

/// The two alarms that Auto Scaling makes for a policy.
fn alarms(xml: &mut Xml, policy: &str) {
    xml.list("Alarms", "member", ["AlarmHigh", "AlarmLow"], |xml, which| {
        let name = format!("TargetTracking-{GROUP}-{which}-{}", uuid(which, policy));
        xml.text("AlarmName", &name);
        xml.text("AlarmARN", format!("arn:aws:cloudwatch:{REGION}:{ACCOUNT_ID}:alarm:{name}"));
    });
}

/// `DeletePolicy`, by name or ARN.
pub(super) fn delete(account: &Account, form: &mut Form) -> Answer {
    named_group_or_all(form)?;
    let asked = form.required("PolicyName")?;
    form.done()?;
    let policies = account.look(|world| world.policies());
    let found = policies.into_iter().find(|policy| is_named(&asked, policy));
    let name = found.map_or(asked, |policy| policy.name);
    give(account, &Input::Foreign(Foreign::DeletePolicy(name)))
}
