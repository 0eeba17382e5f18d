//! The activities of the past six weeks: every launch and every termination, with its times.

use super::group::INSTANCE_TYPE;
use super::{bounded, named_group_or_all, stamp};
use crate::sandbox::wire::Answer;
use crate::sandbox::wire::form::Form;
use crate::sandbox::wire::identity::{GROUP, group_arn};
use crate::sandbox::wire::page::Page;
use crate::sandbox::wire::view::View;
use crate::sandbox::wire::xml::Xml;
use crate::sandbox::world::{Activity, Failure, Kind, Status, ZONES};

/// Of a call without `MaxRecords`.
const PER_PAGE: usize = 100;

/// `DescribeScalingActivities`: those under way first, then the latest first.
pub(super) fn describe(view: &View, form: &mut Form) -> Answer {
    named_group_or_all(form)?;
    let ids = bounded(form.texts("ActivityIds", "member"), "ActivityIds", super::PER_CALL)?;
    form.value::<bool>("IncludeDeletedGroups")?;
    form.value::<bool>("IncludeManagedResources")?;
    let page = Page::take(form, PER_PAGE)?;
    form.done()?;
    let mut activities = view.activities();
    activities.retain(|activity| ids.is_empty() || ids.contains(&activity.id));
    // Stable, so that what the world tells in order stays in order.
    activities.sort_by_key(|activity| activity.status.ended().is_some());
    let activities = view.left(activities, page.items());
    let mut xml = Xml::default();
    page.write(&mut xml, "Activities", (0..).zip(&activities), write);
    Ok(Some(xml))
}

fn write(xml: &mut Xml, activity: &Activity) {
    let Activity { id, kind, instance, zone, capacity: (from, to), started, status } = activity;
    let doing = match kind {
        Kind::Launch => "Launching a new EC2 instance",
        Kind::Terminate => "Terminating EC2 instance",
    };
    let why = match status {
        Status::Failed(_, failure) => Some(told(*failure, zone)),
        Status::InProgress | Status::Successful(_) => None,
    };
    let about = instance.as_ref().map(|instance| format!(": {instance}")).unwrap_or_default();
    let reason = why.as_ref().map(|why| format!(".  Status Reason: {why}")).unwrap_or_default();
    xml.text("ActivityId", id);
    xml.text("AutoScalingGroupName", GROUP);
    xml.text("AutoScalingGroupARN", group_arn());
    xml.text("Description", format!("{doing}{about}{reason}"));
    let (what, how) = match kind {
        Kind::Launch => ("an instance was started", "increasing"),
        Kind::Terminate => ("an instance was taken out of service", "shrinking"),
    };
    xml.text(
        "Cause",
        format!(
            "At {} {what} in response to a difference between desired and actual capacity, {how} the capacity from \
             {from} to {to}.",
            stamp(*started)
        ),
    );
    xml.text("StartTime", stamp(*started));
    xml.text_if("EndTime", status.ended().map(stamp));
    let (code, percent) = match status {
        Status::InProgress => ("InProgress", 50),
        Status::Successful(_) => ("Successful", 100),
        Status::Failed(_, _) => ("Failed", 100),
    };
    xml.text("StatusCode", code);
    xml.text_if("StatusMessage", why);
    xml.text("Progress", percent);
    xml.text("Details", format!("{{\"Availability Zone\":\"{zone}\"}}"));
}

/// Why a launch came to nothing, in AWS's words (user guide, "Troubleshoot instance launch failures").
fn told(failure: Failure, zone: &str) -> String {
    match failure {
        Failure::Unhealthy => {
            "Instance became unhealthy while waiting for instance to be in InService state."
                .to_owned()
        }
        Failure::NoCapacity => {
            let others: Vec<_> = ZONES.into_iter().filter(|other| *other != zone).collect();
            format!(
                "We currently do not have sufficient {INSTANCE_TYPE} capacity in the Availability Zone you requested \
                 ({zone}). Our system will be working on provisioning additional capacity. You can currently get \
                 {INSTANCE_TYPE} capacity by not specifying an Availability Zone in your request or choosing {}. \
                 Launching EC2 instance failed.",
                others.join(", ")
            )
        }
    }
}
