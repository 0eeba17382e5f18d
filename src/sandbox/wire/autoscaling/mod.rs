//! EC2 Auto Scaling, API version 2011-01-01: one group with its scheduled actions, policies and activities.

mod activities;
mod customized;
mod group;
mod instances;
mod policies;
mod processes;
mod scheduled;

use super::form::{Form, constraint};
use super::identity::{GROUP, group_arn};
use super::page::Page;
use super::refusal::Refused;
use super::view::View;
use super::xml::Xml;
use super::{Account, Answer};
use crate::domain::Nodes;
use crate::sandbox::journal::Input;
use crate::sandbox::world::Refusal;
use chrono::{DateTime, SecondsFormat, Utc};

/// Names or items in one call, at most.
const PER_CALL: usize = 50;

/// The operations.
pub(super) const OPERATIONS: &[&str] = &[
    "BatchDeleteScheduledAction",
    "BatchPutScheduledUpdateGroupAction",
    "DeletePolicy",
    "DeleteScheduledAction",
    "DescribeAutoScalingGroups",
    "DescribeInstanceRefreshes",
    "DescribeLifecycleHooks",
    "DescribePolicies",
    "DescribeScalingActivities",
    "DescribeScheduledActions",
    "DescribeWarmPool",
    "PutScalingPolicy",
    "PutScheduledUpdateGroupAction",
    "ResumeProcesses",
    "SetDesiredCapacity",
    "SetInstanceProtection",
    "SuspendProcesses",
    "UpdateAutoScalingGroup",
];

/// Answers one operation.
pub(super) fn answer(action: &str, view: &View, form: &mut Form) -> Answer {
    let account = view.account();
    match action {
        "DescribeAutoScalingGroups" => group::describe(view, form),
        "UpdateAutoScalingGroup" => group::update(account, form),
        "SetDesiredCapacity" => group::set_desired(account, form),
        "SetInstanceProtection" => instances::set_protection(account, form),
        "SuspendProcesses" => processes::suspend(account, form),
        "ResumeProcesses" => processes::resume(account, form),
        "DescribeScheduledActions" => scheduled::describe(view, form),
        "PutScheduledUpdateGroupAction" => scheduled::put(account, form),
        "BatchPutScheduledUpdateGroupAction" => scheduled::put_batch(account, form),
        "DeleteScheduledAction" => scheduled::delete(account, form),
        "BatchDeleteScheduledAction" => scheduled::delete_batch(account, form),
        "PutScalingPolicy" => policies::put(account, form),
        "DescribePolicies" => policies::describe(view, form),
        "DeletePolicy" => policies::delete(account, form),
        "DescribeScalingActivities" => activities::describe(view, form),
        "DescribeInstanceRefreshes" => {
            form.texts("InstanceRefreshIds", "member");
            nothing_of(form, "InstanceRefreshes")
        }
        "DescribeWarmPool" => nothing_of(form, "Instances"),
        "DescribeLifecycleHooks" => {
            form.texts("LifecycleHookNames", "member");
            nothing_of(form, "LifecycleHooks")
        }
        _ => Err(Refused::invalid_action(action, "2011-01-01")),
    }
}

/// The group has none of these: no refresh is ever started, and there is no warm pool and no hook.
fn nothing_of(form: &mut Form, list: &str) -> Answer {
    named_group(form)?;
    Page::take(form, PER_CALL)?;
    form.done()?;
    let mut xml = Xml::default();
    xml.texts(list, [""; 0]);
    Ok(Some(xml))
}

/// Reads the name of the group, which must be ours; its ARN will do.
fn named_group(form: &mut Form) -> Result<(), Refused> {
    let name = form.required("AutoScalingGroupName")?;
    is_group(&name)
}

/// The same where all groups are meant without it.
fn named_group_or_all(form: &mut Form) -> Result<(), Refused> {
    form.take("AutoScalingGroupName").map_or(Ok(()), |name| is_group(&name))
}

fn is_group(name: &str) -> Result<(), Refused> {
    if name == GROUP || name == group_arn() {
        Ok(())
    } else {
        Err(Refused::validation("AutoScalingGroup name not found - null"))
    }
}

/// A number of instances, which `words` call; it is not negative.
fn size(form: &mut Form, name: &str, words: &str) -> Result<Option<Nodes>, Refused> {
    let Some(size) = form.value::<i32>(name)? else { return Ok(None) };
    match u32::try_from(size) {
        Ok(size) => Ok(Some(Nodes::new(size))),
        Err(_) => Err(Refused::validation(format!("{words} must be non-negative"))),
    }
}

/// A list that is at most so long.
fn bounded<T>(items: Vec<T>, name: &str, most: usize) -> Result<Vec<T>, Refused> {
    if items.len() <= most {
        return Ok(items);
    }
    let rule = format!("Member must have length less than or equal to {most}");
    Err(constraint(format!("[{} items]", items.len()), name, &rule))
}

/// Gives the world one write and answers without a result.
fn give(account: &Account, input: &Input) -> Answer {
    match account.give(input) {
        Ok(()) => Ok(None),
        Err(refused) => Err(only(refused)),
    }
}

/// The refusal of a write that has one part.
fn only(refused: Vec<Refusal>) -> Refused {
    match refused.into_iter().next() {
        Some(refusal) => refusal.error.into(),
        None => Refused::new(500, "InternalFailure", "a write was refused without a reason"),
    }
}

/// A moment as the API writes it.
fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
