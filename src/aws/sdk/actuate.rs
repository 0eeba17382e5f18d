//! Each action as its calls. What is not meant to change is not sent.

use super::{Sdk, errors, policies, scheduled};
use crate::aws::Error;
use crate::domain::{Action, InstanceId, Nodes, Process, ScheduledAction, TrackingPolicy};
use std::collections::BTreeMap;
use tracing::warn;

/// Items of `BatchPutScheduledUpdateGroupAction` and `BatchDeleteScheduledAction`, and ids of `SetInstanceProtection`.
const PER_CALL: usize = 50;

/// Performs one action.
pub(super) async fn perform(sdk: &Sdk, action: &Action) -> Result<(), Error> {
    match action {
        Action::PutScheduled(actions) => put_scheduled(sdk, actions).await,
        Action::DeleteScheduled(names) => delete_scheduled(sdk, names).await,
        Action::SetBounds { min, max } => set_bounds(sdk, *min, *max).await,
        Action::SetDesired(nodes) => set_desired(sdk, *nodes).await,
        Action::Protect(ids) => protect(sdk, ids, true).await,
        Action::Unprotect(ids) => protect(sdk, ids, false).await,
        Action::ProtectNew => protect_new(sdk, true).await,
        Action::UnprotectNew => protect_new(sdk, false).await,
        Action::PutPolicy(policy) => put_policy(sdk, policy).await,
        Action::Suspend(processes) => suspend(sdk, processes).await,
        Action::Resume(processes) => resume(sdk, processes).await,
    }
}

/// What was refused of one action is told as one error; whatever was not refused is done.
async fn put_scheduled(sdk: &Sdk, actions: &[ScheduledAction]) -> Result<(), Error> {
    const CALL: &str = "BatchPutScheduledUpdateGroupAction";
    let requests: Result<Vec<_>, _> = actions.iter().map(scheduled::request).collect();
    let requests = requests?;
    let mut failures = Vec::new();
    for (batch, actions) in requests.chunks(PER_CALL).zip(actions.chunks(PER_CALL)) {
        let request = sdk.autoscaling.batch_put_scheduled_update_group_action();
        let request = request.auto_scaling_group_name(&sdk.site.group);
        let sent = request.set_scheduled_update_group_actions(Some(batch.to_vec())).send().await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                failures.push(errors::classify(CALL, &error));
                break;
            }
        };
        let failed = answer.failed_scheduled_update_group_actions.unwrap_or_default().into_iter();
        let failed: BTreeMap<_, _> = failed.map(|one| scheduled::refused(CALL, one)).collect();
        let now = sdk.clock.now();
        for action in actions.iter().filter(|action| !failed.contains_key(&action.name)) {
            sdk.written().scheduled(&action.name, Some(action.clone()), now);
        }
        failures.extend(failed.into_values());
    }
    together(failures)
}

async fn delete_scheduled(sdk: &Sdk, names: &[String]) -> Result<(), Error> {
    const CALL: &str = "BatchDeleteScheduledAction";
    let mut failures = Vec::new();
    for batch in names.chunks(PER_CALL) {
        let request = sdk.autoscaling.batch_delete_scheduled_action();
        let request = request.auto_scaling_group_name(&sdk.site.group);
        let sent = request.set_scheduled_action_names(Some(batch.to_vec())).send().await;
        let answer = match sent {
            Ok(answer) => answer,
            Err(error) => {
                failures.push(errors::classify(CALL, &error));
                break;
            }
        };
        let failed = answer.failed_scheduled_actions.unwrap_or_default().into_iter();
        let failed: BTreeMap<_, _> = failed.map(|one| scheduled::refused(CALL, one)).collect();
        let now = sdk.clock.now();
        for name in batch.iter().filter(|name| !failed.contains_key(*name)) {
            sdk.written().scheduled(name, None, now);
        }
        failures.extend(failed.into_values());
    }
    together(failures)
}

/// Several failures as one: of the kind of the first, with what the others say.
fn together(failures: Vec<Error>) -> Result<(), Error> {
    let mut failures = failures.into_iter();
    let Some(first) = failures.next() else { return Ok(()) };
    let others: String = failures.map(|other| format!("; {other}")).collect();
    Err(first.retold(|text| text + &others))
}

async fn set_bounds(sdk: &Sdk, min: Option<Nodes>, max: Option<Nodes>) -> Result<(), Error> {
    if min.is_none() && max.is_none() {
        return Err(Error::Invalid("neither MinSize nor MaxSize is to change".into()));
    }
    let request = sdk.autoscaling.update_auto_scaling_group();
    let request = request.auto_scaling_group_name(&sdk.site.group);
    let request = request.set_min_size(min.map(scheduled::size).transpose()?);
    let sent = request.set_max_size(max.map(scheduled::size).transpose()?).send().await;
    sent.map_err(|error| errors::classify("UpdateAutoScalingGroup", &error))?;
    sdk.written().bounds(min, max, sdk.clock.now());
    Ok(())
}

async fn set_desired(sdk: &Sdk, nodes: Nodes) -> Result<(), Error> {
    let request = sdk.autoscaling.set_desired_capacity();
    let request = request.auto_scaling_group_name(&sdk.site.group);
    let sent = request.desired_capacity(scheduled::size(nodes)?).send().await;
    sent.map_err(|error| errors::classify("SetDesiredCapacity", &error))?;
    Ok(())
}

/// An instance that is on its way out cannot be protected, and AWS refuses a whole call for it; so the rest is asked
/// for once more without those that the refusal names.
async fn protect(sdk: &Sdk, ids: &[InstanceId], protected: bool) -> Result<(), Error> {
    if ids.is_empty() {
        return Err(Error::Invalid("no instance is named".into()));
    }
    let mut failures = Vec::new();
    for batch in ids.chunks(PER_CALL) {
        let refused = match set_protection(sdk, batch, protected).await {
            Ok(()) => continue,
            Err(refused) => refused,
        };
        let text = refused.to_string();
        let (named, rest): (Vec<_>, Vec<_>) =
            batch.iter().cloned().partition(|id| is_named(id, &text));
        if !matches!(refused, Error::Invalid(_)) || named.is_empty() {
            failures.push(refused);
            continue;
        }
        warn!("{} instance(s) left out of a change of protection: {text}", named.len());
        if !rest.is_empty() {
            failures.extend(set_protection(sdk, &rest, protected).await.err());
        }
    }
    together(failures)
}

fn is_named(id: &InstanceId, text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == id.0)
}

async fn set_protection(sdk: &Sdk, ids: &[InstanceId], protected: bool) -> Result<(), Error> {
    let request = sdk.autoscaling.set_instance_protection();
    let request = request.auto_scaling_group_name(&sdk.site.group);
    let request = request.set_instance_ids(Some(ids.iter().map(|id| id.0.clone()).collect()));
    let sent = request.protected_from_scale_in(protected).send().await;
    sent.map_err(|error| errors::classify("SetInstanceProtection", &error))?;
    Ok(())
}

async fn protect_new(sdk: &Sdk, protected: bool) -> Result<(), Error> {
    let request = sdk.autoscaling.update_auto_scaling_group();
    let request = request.auto_scaling_group_name(&sdk.site.group);
    let sent = request.new_instances_protected_from_scale_in(protected).send().await;
    sent.map_err(|error| errors::classify("UpdateAutoScalingGroup", &error))?;
    Ok(())
}

async fn put_policy(sdk: &Sdk, policy: &TrackingPolicy) -> Result<(), Error> {
    let request = sdk.autoscaling.put_scaling_policy();
    let request = request.auto_scaling_group_name(&sdk.site.group).policy_name(&policy.name);
    let request = request.policy_type(policies::TYPE).enabled(true);
    let configuration = policies::configuration(&sdk.site, policy)?;
    let sent = request.target_tracking_configuration(configuration).send().await;
    sent.map_err(|error| errors::classify("PutScalingPolicy", &error))?;
    Ok(())
}

async fn suspend(sdk: &Sdk, processes: &[Process]) -> Result<(), Error> {
    let request = sdk.autoscaling.suspend_processes();
    let request = request.auto_scaling_group_name(&sdk.site.group);
    let sent = request.set_scaling_processes(Some(named(processes)?)).send().await;
    sent.map_err(|error| errors::classify("SuspendProcesses", &error))?;
    Ok(())
}

async fn resume(sdk: &Sdk, processes: &[Process]) -> Result<(), Error> {
    let request = sdk.autoscaling.resume_processes();
    let request = request.auto_scaling_group_name(&sdk.site.group);
    let sent = request.set_scaling_processes(Some(named(processes)?)).send().await;
    sent.map_err(|error| errors::classify("ResumeProcesses", &error))?;
    Ok(())
}

/// Names of processes, at least one: AWS takes an empty list for all of them.
fn named(processes: &[Process]) -> Result<Vec<String>, Error> {
    if processes.is_empty() {
        return Err(Error::Invalid("no process is named, which would mean all of them".into()));
    }
    Ok(processes.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::sdk::fake::{Answer, Fake, Request, refusal};
    use crate::aws::sdk::fixture::{at, sdk};
    use crate::aws::{Actuate as _, Observe as _};
    use crate::domain::{Seen, Share, Tracking};
    use chrono::TimeDelta;

    const PUT: &str = "BatchPutScheduledUpdateGroupAction";

    fn actions(count: u32) -> Vec<ScheduledAction> {
        let one = |number: u32| ScheduledAction {
            name: format!("invigilator-moodle-{number:03}"),
            at: at(0) + TimeDelta::minutes(i64::from(number) + 10),
            min: Some(Nodes::new(8)),
            max: None,
            desired: None,
        };
        (0..count).map(one).collect()
    }

    /// An account in which all is well, but for what `instead` says.
    fn account(instead: impl Fn(&Request) -> Option<Answer> + Send + Sync + 'static) -> Fake {
        Fake::start(move |request| instead(request).unwrap_or_else(|| Answer::well(request)))
    }

    fn written(fake: &Fake, action: &str) -> Vec<Request> {
        fake.requests().into_iter().filter(|request| request.action() == action).collect()
    }

    #[tokio::test]
    async fn batches_have_50_items_and_what_is_not_set_is_not_sent() {
        let fake = account(|_| None);
        sdk(&fake.url).await.apply(&Action::PutScheduled(actions(60))).await.unwrap();
        let sent = written(&fake, PUT);
        let last = |request: &Request| {
            let field =
                |n: usize| format!("ScheduledUpdateGroupActions.member.{n}.ScheduledActionName");
            (1..=60).take_while(|n| request.field(&field(*n)).is_some()).count()
        };
        assert_eq!(sent.iter().map(last).collect::<Vec<_>>(), [50, 10]);
        let first =
            |key: &str| sent[0].field(&format!("ScheduledUpdateGroupActions.member.1.{key}"));
        assert_eq!(first("MinSize"), Some("8"));
        for unset in ["MaxSize", "DesiredCapacity", "Recurrence", "TimeZone", "EndTime"] {
            assert_eq!(first(unset), None, "{unset}");
        }
        assert!(first("StartTime").is_some_and(|at| at.ends_with('Z')));
    }

    fn failed(list: &str, items: &[(&str, &str, &str)]) -> String {
        let item = |(name, code, message): &(&str, &str, &str)| {
            format!(
                "<member><ScheduledActionName>{name}</ScheduledActionName><ErrorCode>{code}</ErrorCode>\
                 <ErrorMessage>{message}</ErrorMessage></member>"
            )
        };
        format!("<{list}>{}</{list}>", items.iter().map(item).collect::<String>())
    }

    #[tokio::test]
    async fn refused_items_are_one_error_and_the_rest_is_done() {
        let taken = "Scheduled action with this scheduled start time already exists";
        let fake = account(move |request| {
            (request.action() == PUT).then(|| {
                let items = [
                    ("invigilator-moodle-001", "AlreadyExists", taken),
                    (
                        "invigilator-moodle-002",
                        "ValidationError",
                        "Given start time is in the past",
                    ),
                ];
                Answer::xml(PUT, &failed("FailedScheduledUpdateGroupActions", &items))
            })
        });
        let sdk = sdk(&fake.url).await;
        let refused = sdk.apply(&Action::PutScheduled(actions(4))).await.unwrap_err();
        let Error::AlreadyThere(text) = &refused else { panic!("{refused:?}") };
        assert!(text.contains("001") && text.contains(taken) && text.contains("002"), "{text}");
        let Seen::Unknown(why) = sdk.scheduled().await else { panic!("nothing is shown yet") };
        assert!(
            why.contains("invigilator-moodle-000 and 1 more"),
            "what was refused is not awaited: {why}"
        );
    }

    #[tokio::test]
    async fn an_action_that_is_not_there_cannot_be_deleted_and_that_is_told() {
        let fake = account(|request| {
            (request.action() == "BatchDeleteScheduledAction").then(|| {
                let item =
                    ("invigilator-moodle-x", "ValidationError", "Scheduled action name not found");
                Answer::xml(request.action(), &failed("FailedScheduledActions", &[item]))
            })
        });
        let delete = Action::DeleteScheduled(vec!["invigilator-moodle-x".into()]);
        let refused = sdk(&fake.url).await.apply(&delete).await;
        assert!(matches!(refused, Err(Error::Gone(_))), "{refused:?}");
    }

    fn ids(names: &[&str]) -> Vec<InstanceId> {
        names.iter().map(|name| InstanceId((*name).to_owned())).collect()
    }

    #[tokio::test]
    async fn an_instance_that_a_refusal_names_is_dropped_and_the_rest_protected() {
        let fake = account(|request| {
            let names_b =
                (1..=3).any(|n| request.field(&format!("InstanceIds.member.{n}")) == Some("i-bb"));
            (request.action() == "SetInstanceProtection" && names_b).then(|| {
                let why = "The instance i-bb is not in InService or EnteringStandby or Standby.";
                refusal(400, "ValidationError", why)
            })
        });
        let sdk = sdk(&fake.url).await;
        sdk.apply(&Action::Protect(ids(&["i-b", "i-bb", "i-c"]))).await.unwrap();
        let sent = written(&fake, "SetInstanceProtection");
        assert_eq!(sent.len(), 2);
        let second = |n: usize| sent[1].field(&format!("InstanceIds.member.{n}"));
        assert_eq!([second(1), second(2), second(3)], [Some("i-b"), Some("i-c"), None]);
        sdk.apply(&Action::Unprotect(ids(&["i-bb"]))).await.unwrap();
        assert_eq!(written(&fake, "SetInstanceProtection").len(), 3, "nothing is left to ask for");
    }

    #[tokio::test]
    async fn a_refusal_that_names_nobody_is_told_and_not_tried_again() {
        let fake = account(|request| {
            let is_it = request.action() == "SetInstanceProtection";
            is_it.then(|| refusal(400, "ValidationError", "Something else is wrong"))
        });
        let refused = sdk(&fake.url).await.apply(&Action::Protect(ids(&["i-a"]))).await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        assert_eq!(written(&fake, "SetInstanceProtection").len(), 1);
    }

    #[tokio::test]
    async fn an_empty_list_is_never_sent() {
        let fake = account(|_| None);
        let sdk = sdk(&fake.url).await;
        for empty in [
            Action::Suspend(vec![]),
            Action::Resume(vec![]),
            Action::Protect(vec![]),
            Action::Unprotect(vec![]),
            Action::SetBounds { min: None, max: None },
        ] {
            assert!(matches!(sdk.apply(&empty).await, Err(Error::Invalid(_))), "{empty:?}");
        }
        let reads = ["GetCallerIdentity", "DescribeAutoScalingGroups"];
        assert!(fake.actions().iter().all(|action| reads.contains(&action.as_str())));
    }

    /// An action, its call, and the fields beside the group's name.
    type Case = (Action, &'static str, Vec<(String, &'static str)>);

    #[tokio::test]
    async fn every_action_sends_what_it_means_and_no_more() {
        let fake = account(|_| None);
        let sdk = sdk(&fake.url).await;
        let policy = TrackingPolicy {
            name: "invigilator-moodle-tracking".into(),
            tracking: Tracking::Cpu(Share::new(0.55).unwrap()),
            scale_in_disabled: true,
        };
        let target = "TargetTrackingConfiguration";
        let cases: Vec<Case> = vec![
            (
                Action::SetBounds { min: Some(Nodes::new(6)), max: None },
                "UpdateAutoScalingGroup",
                vec![("MinSize".into(), "6")],
            ),
            (
                Action::SetDesired(Nodes::new(7)),
                "SetDesiredCapacity",
                vec![("DesiredCapacity".into(), "7")],
            ),
            (
                Action::UnprotectNew,
                "UpdateAutoScalingGroup",
                vec![("NewInstancesProtectedFromScaleIn".into(), "false")],
            ),
            (
                Action::Suspend(vec![Process::AzRebalance]),
                "SuspendProcesses",
                vec![("ScalingProcesses.member.1".into(), "AZRebalance")],
            ),
            (
                Action::Resume(vec![Process::InstanceRefresh]),
                "ResumeProcesses",
                vec![("ScalingProcesses.member.1".into(), "InstanceRefresh")],
            ),
            (
                Action::PutPolicy(policy),
                "PutScalingPolicy",
                vec![
                    ("Enabled".into(), "true"),
                    ("PolicyName".into(), "invigilator-moodle-tracking"),
                    ("PolicyType".into(), "TargetTrackingScaling"),
                    (format!("{target}.DisableScaleIn"), "true"),
                    (
                        format!("{target}.PredefinedMetricSpecification.PredefinedMetricType"),
                        "ASGAverageCPUUtilization",
                    ),
                    (format!("{target}.TargetValue"), "55.0"),
                ],
            ),
        ];
        for (action, call, fields) in cases {
            sdk.apply(&action).await.unwrap();
            let sent = fake.requests().pop().unwrap();
            assert_eq!(sent.action(), call);
            let always = ["Action", "Version", "AutoScalingGroupName"];
            let own: Vec<_> = sent.fields().filter(|(key, _)| !always.contains(key)).collect();
            let wanted: Vec<_> = fields.iter().map(|(key, value)| (key.as_str(), *value)).collect();
            assert_eq!(own, wanted);
            assert_eq!(sent.field("AutoScalingGroupName"), Some("web"));
        }
    }
}
