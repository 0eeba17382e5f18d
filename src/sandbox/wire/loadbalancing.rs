//! ELBv2: how the targets are. An instance is registered while it boots, healthy once it is in service, and draining
//! while it is on its way out.

use super::Answer;
use super::form::Form;
use super::identity::TARGET_GROUP_ARN;
use super::refusal::Refused;
use super::view::View;
use super::xml::Xml;
use crate::domain::{Instance, Lifecycle};

/// What the targets listen on.
const PORT: u16 = 80;

/// State, reason and description of a target.
type Health = (&'static str, Option<(&'static str, &'static str)>);

/// Targets of one answer; AWS has no pages of them.
const PER_ANSWER: usize = 1_000;

/// The operations.
pub(super) const OPERATIONS: &[&str] = &["DescribeTargetHealth"];

/// Answers `DescribeTargetHealth`.
pub(super) fn answer(action: &str, view: &View, form: &mut Form) -> Answer {
    if action != "DescribeTargetHealth" {
        return Err(Refused::invalid_action(action, "2015-12-01"));
    }
    if form.required("TargetGroupArn")? != TARGET_GROUP_ARN {
        let told = "One or more target groups not found";
        return Err(Refused::new(400, "TargetGroupNotFound", told));
    }
    let mut named = Vec::new();
    for mut target in form.forms("Targets", "member") {
        let id = target.required("Id")?;
        let port: Option<u16> = target.value("Port")?;
        target.done()?;
        named.push((id, port.unwrap_or(PORT)));
    }
    form.done()?;
    let instances = view.told().group.instances;
    let targets: Vec<(String, u16, Health)> = if named.is_empty() {
        instances.iter().map(|one| (one.id.0.clone(), PORT, health(Some(one)))).collect()
    } else {
        let found = |(id, port): (String, u16)| {
            let instance = instances.iter().find(|one| one.id.0 == id && port == PORT);
            (id, port, health(instance))
        };
        named.into_iter().map(found).collect()
    };
    let targets = view.left(targets, PER_ANSWER);
    let mut xml = Xml::default();
    xml.list("TargetHealthDescriptions", "member", targets, |xml, (id, port, health)| {
        xml.within("Target", |xml| {
            xml.text("Id", id);
            xml.text("Port", port);
        });
        xml.text("HealthCheckPort", PORT);
        xml.within("TargetHealth", |xml| {
            let (state, why) = health;
            xml.text("State", state);
            if let Some((reason, description)) = why {
                xml.text("Reason", reason);
                xml.text("Description", description);
            }
        });
    });
    Ok(Some(xml))
}

fn health(instance: Option<&Instance>) -> Health {
    let unused = ("Target.NotRegistered", "Target is not registered to the target group");
    match instance.map(|instance| instance.lifecycle) {
        Some(Lifecycle::Pending) => {
            ("initial", Some(("Elb.RegistrationInProgress", "Target registration is in progress")))
        }
        Some(Lifecycle::InService) => ("healthy", None),
        Some(Lifecycle::Terminating) => (
            "draining",
            Some(("Target.DeregistrationInProgress", "Target deregistration is in progress")),
        ),
        Some(Lifecycle::Other) | None => ("unused", Some(unused)),
    }
}
