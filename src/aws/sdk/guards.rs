//! Whether a write would reach the account and the group that the configuration names, and only names of ours.

use super::{Sdk, Site, errors, group};
use crate::aws::{Error, own_prefix};
use crate::domain::{Action, ScheduledAction};
use chrono::TimeDelta;
use tracing::warn;

/// A proof is good for so long; credentials and groups hardly ever change their owner.
const GOOD_FOR: TimeDelta = TimeDelta::hours(1);

/// Who we are for AWS, and which group it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The ARN of the user or role whose credentials are used.
    pub caller: String,
    /// The ARN of the group.
    pub group: String,
}

/// Refuses names that are not this fleet's own, whatever the caller thought.
pub(super) fn own_names(site: &Site, action: &Action) -> Result<(), Error> {
    let own = own_prefix(&site.fleet);
    let foreign = |name: &&String| !name.starts_with(&own);
    let foreign = match action {
        Action::PutScheduled(actions) => {
            actions.iter().map(|ScheduledAction { name, .. }| name).find(foreign)
        }
        Action::DeleteScheduled(names) => names.iter().find(foreign),
        Action::PutPolicy(policy) => Some(&policy.name).filter(foreign),
        // These have no name but the group's.
        Action::SetBounds { min: _, max: _ }
        | Action::SetDesired(_)
        | Action::Protect(_)
        | Action::Unprotect(_)
        | Action::ProtectNew
        | Action::UnprotectNew
        | Action::Suspend(_)
        | Action::Resume(_) => None,
    };
    foreign.map_or(Ok(()), |name| {
        Err(Error::Denied(format!("{name} does not begin with {own}, so it is not ours to write")))
    })
}

/// Makes sure, before the first write and again each hour, that account and group are those of the configuration.
///
/// # Errors
/// [`Error::Denied`] with what differs; else why AWS could not be asked, unless it was right an hour ago: a service
/// that does not answer must not stop a raise on an exam day.
pub(super) async fn prove(sdk: &Sdk) -> Result<(), Error> {
    let mut proved = sdk.proved.lock().await;
    let now = sdk.clock.now();
    let is_good = |age: TimeDelta| TimeDelta::zero() <= age && age < GOOD_FOR;
    if proved.is_some_and(|at| is_good(now - at)) {
        return Ok(());
    }
    match identity(sdk).await {
        Ok(Identity { caller: _, group: _ }) => {
            *proved = Some(now);
            Ok(())
        }
        Err(Error::Throttled(why) | Error::Busy(why)) if proved.is_some() => {
            warn!("account and group could not be checked again; they were right before: {why}");
            Ok(())
        }
        Err(why) => {
            *proved = None;
            Err(why)
        }
    }
}

/// Asks AWS who we are and which group it is.
///
/// # Errors
/// [`Error::Denied`] where they are not those of the configuration; else why AWS could not be asked.
pub(super) async fn identity(sdk: &Sdk) -> Result<Identity, Error> {
    let site = &sdk.site;
    let caller = sdk.sts.get_caller_identity().send().await;
    let caller = caller.map_err(|error| errors::classify("GetCallerIdentity", &error))?;
    let groups = group::describe(sdk).await?;
    let group = group::only(site, groups).map_err(Error::Gone)?;
    let group = group.auto_scaling_group_arn.unwrap_or_default();
    let differences = differences(site, caller.account().unwrap_or("unknown"), &group);
    if !differences.is_empty() {
        return Err(Error::Denied(format!("{}; nothing is written", differences.join("; "))));
    }
    Ok(Identity { caller: caller.arn.unwrap_or_default(), group })
}

/// In what account and group differ from the configuration, a sentence each.
fn differences(site: &Site, account: &str, arn: &str) -> Vec<String> {
    // arn:aws:autoscaling:<region>:<account>:autoScalingGroup:<uuid>:autoScalingGroupName/<name>; a name may hold colons.
    let mut parts = arn.splitn(8, ':').skip(3);
    let (region, owner) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let name = parts.nth(2).and_then(|rest| rest.strip_prefix("autoScalingGroupName/"));
    let pairs = [
        ("the credentials belong to account", account, site.account.as_str()),
        ("the group belongs to account", owner, &site.account),
        ("the group stands in region", region, &site.region),
        ("the group is called", name.unwrap_or_default(), &site.group),
    ];
    let differing = pairs.into_iter().filter(|(_, found, wanted)| found != wanted);
    differing
        .map(|(what, found, wanted)| {
            format!("{what} {found:?}, and the configuration names {wanted:?}")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Actuate as _;
    use crate::aws::sdk::fake::{Answer, Fake, Request, caller, refusal};
    use crate::aws::sdk::fixture::{ARN, at, groups, sdk_at, site};
    use crate::domain::{ManualClock, Nodes, Share, Tracking, TrackingPolicy};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU8, Ordering};

    #[test]
    fn each_difference_is_told_and_none_where_all_is_right() {
        assert_eq!(differences(&site(), "111122223333", ARN), [""; 0]);
        let told = differences(&site(), "999999999999", ARN);
        assert_eq!(told.len(), 1);
        assert!(told[0].contains("\"999999999999\"") && told[0].contains("\"111122223333\""));
        let elsewhere = ARN.replace("eu-west-1", "us-east-1").replace("Name/web", "Name/other");
        assert_eq!(differences(&site(), "111122223333", &elsewhere).len(), 2);
        assert_eq!(differences(&site(), "111122223333", "").len(), 3, "no ARN proves nothing");
        let site = Site { group: "a:b".into(), ..site() };
        let colon = ARN.replace("Name/web", "Name/a:b");
        assert_eq!(differences(&site, "111122223333", &colon), [""; 0]);
    }

    #[tokio::test]
    async fn foreign_names_are_refused_before_anything_is_asked() {
        let fake = Fake::start(|_| refusal(500, "Unexpected", "nothing should be asked"));
        let sdk = sdk_at(&fake.url, Arc::new(ManualClock::at(at(0)))).await;
        let foreign = |name: &str| ScheduledAction {
            name: name.into(),
            at: at(600),
            min: Some(Nodes::new(2)),
            max: None,
            desired: None,
        };
        for action in [
            Action::PutScheduled(vec![foreign("invigilator-moodle-x"), foreign("night")]),
            Action::PutScheduled(vec![foreign("invigilator-other-x")]),
            Action::DeleteScheduled(vec!["terraform".into()]),
            Action::PutPolicy(TrackingPolicy {
                name: "cpu".into(),
                tracking: Tracking::Cpu(Share::ALL),
                scale_in_disabled: false,
            }),
        ] {
            let refused = sdk.apply(&action).await;
            assert!(matches!(refused, Err(Error::Denied(_))), "{action}: {refused:?}");
        }
        assert_eq!(fake.requests().len(), 0);
    }

    fn answer(account: &str, request: &Request) -> Answer {
        match request.action() {
            "GetCallerIdentity" => caller(account),
            "DescribeAutoScalingGroups" => groups(),
            _ => Answer::empty(request),
        }
    }

    #[tokio::test]
    async fn in_another_account_nothing_is_written() {
        let fake = Fake::start(|request| answer("999999999999", request));
        let sdk = sdk_at(&fake.url, Arc::new(ManualClock::at(at(0)))).await;
        let refused = sdk.apply(&Action::SetDesired(Nodes::new(3))).await.unwrap_err();
        assert!(
            matches!(&refused, Error::Denied(why) if why.contains("999999999999")),
            "{refused}"
        );
        assert_eq!(fake.actions(), ["GetCallerIdentity", "DescribeAutoScalingGroups"]);
    }

    /// How the account answers in the next test.
    const RIGHT: u8 = 0;
    const SILENT: u8 = 1;
    const OTHER: u8 = 2;

    #[tokio::test]
    async fn the_proof_is_asked_for_once_an_hour_and_outlives_a_service_that_is_silent() {
        let mood = Arc::new(AtomicU8::new(RIGHT));
        let told = Arc::clone(&mood);
        let fake =
            Fake::start(move |request| match (told.load(Ordering::SeqCst), request.action()) {
                (SILENT, "GetCallerIdentity") => refusal(503, "ServiceUnavailable", "try later"),
                (OTHER, _) => answer("999999999999", request),
                _ => answer("111122223333", request),
            });
        let clock = Arc::new(ManualClock::at(at(0)));
        let sdk = sdk_at(&fake.url, clock.clone()).await;
        let write = Action::SetDesired(Nodes::new(3));
        let asked = || fake.actions().iter().filter(|one| *one == "GetCallerIdentity").count();
        sdk.apply(&write).await.unwrap();
        sdk.apply(&write).await.unwrap();
        assert_eq!(asked(), 1);
        clock.advance(TimeDelta::minutes(61));
        mood.store(SILENT, Ordering::SeqCst);
        sdk.apply(&write).await.unwrap();
        assert_eq!(asked(), 1 + 3, "with the SDK's own attempts");
        mood.store(OTHER, Ordering::SeqCst);
        assert!(matches!(sdk.apply(&write).await, Err(Error::Denied(_))));
        mood.store(SILENT, Ordering::SeqCst);
        assert!(
            matches!(sdk.apply(&write).await, Err(Error::Throttled(_))),
            "nothing is proved now"
        );
    }
}
