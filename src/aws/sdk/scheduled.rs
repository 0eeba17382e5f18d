//! Scheduled actions: reading all of them, and what a batch call says of each.

use super::{Sdk, errors, pages};
use crate::aws::Error;
use crate::domain::{Nodes, ScheduledAction};
use aws_sdk_autoscaling::primitives::DateTime as Moment;
use aws_sdk_autoscaling::types::{
    FailedScheduledUpdateGroupActionRequest, ScheduledUpdateGroupAction,
    ScheduledUpdateGroupActionRequest,
};
use chrono::{DateTime, Utc};

/// The most that `DescribeScheduledActions` gives at once; a full group of 125 has two pages.
const PER_PAGE: i32 = 100;

/// All scheduled actions of the group, ours and foreign.
pub(super) async fn read(sdk: &Sdk) -> Result<Vec<ScheduledAction>, String> {
    const CALL: &str = "DescribeScheduledActions";
    let page = |token| {
        let request = sdk.autoscaling.describe_scheduled_actions();
        let request = request.auto_scaling_group_name(&sdk.site.group);
        let request = request.max_records(PER_PAGE).set_next_token(token);
        async move {
            let answer = request.send().await.map_err(|error| errors::classify(CALL, &error))?;
            Ok((answer.scheduled_update_group_actions, answer.next_token))
        }
    };
    let described = pages::all(CALL, page).await.map_err(|error| error.to_string())?;
    described.iter().map(action).collect()
}

fn action(described: &ScheduledUpdateGroupAction) -> Result<ScheduledAction, String> {
    let name =
        described.scheduled_action_name().ok_or("AWS lists a scheduled action without a name")?;
    let size = |what: &str, size: Option<i32>| {
        let size = size.map(|size| u32::try_from(size).map(Nodes::new)).transpose();
        size.map_err(|_| format!("scheduled action {name} comes with a {what} below zero"))
    };
    // Of one that recurs AWS tells when it runs next.
    let at = described.start_time().and_then(moment);
    Ok(ScheduledAction {
        name: name.to_owned(),
        at: at.ok_or_else(|| format!("scheduled action {name} comes without a StartTime"))?,
        min: size("MinSize", described.min_size())?,
        max: size("MaxSize", described.max_size())?,
        desired: size("DesiredCapacity", described.desired_capacity())?,
    })
}

fn moment(moment: &Moment) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(moment.secs(), moment.subsec_nanos())
}

/// What a batch asks for one action: what is not set stays unset, and a size to aim at is never sent, since it would
/// shrink a group that is already larger.
pub(super) fn request(
    action: &ScheduledAction,
) -> Result<ScheduledUpdateGroupActionRequest, Error> {
    let ScheduledAction { name, at, min, max, desired } = action;
    if desired.is_some() {
        return Err(Error::Invalid(format!(
            "{name} would set DesiredCapacity, which ours never do"
        )));
    }
    if min.is_none() && max.is_none() {
        return Err(Error::Invalid(format!("{name} would set neither MinSize nor MaxSize")));
    }
    let request = ScheduledUpdateGroupActionRequest::builder().scheduled_action_name(name);
    let request = request.start_time(Moment::from_secs(at.timestamp()));
    let request = request.set_min_size(min.map(size).transpose()?);
    Ok(request.set_max_size(max.map(size).transpose()?).build())
}

/// A count as the API takes it.
pub(super) fn size(nodes: Nodes) -> Result<i32, Error> {
    let count = nodes.get();
    i32::try_from(count).map_err(|_| Error::Invalid(format!("no group has {count} web servers")))
}

/// One refused item of a batch: its name and the error.
pub(super) fn refused(
    call: &str,
    failed: FailedScheduledUpdateGroupActionRequest,
) -> (String, Error) {
    let name = failed.scheduled_action_name.unwrap_or_else(|| "an action without a name".into());
    let code = failed.error_code.unwrap_or_else(|| "without a code".into());
    let message = failed.error_message.unwrap_or_else(|| "without a reason".into());
    let text = format!("{call}: {name}: {code}: {message}");
    let error = errors::by_code(&code, &message, text).unwrap_or_else(Error::Other);
    (name, error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::sdk::fixture::{at, with};

    fn described() -> ScheduledUpdateGroupAction {
        ScheduledUpdateGroupAction::builder()
            .auto_scaling_group_name("web")
            .scheduled_action_name("terraform-night")
            .start_time(Moment::from_secs(at(600).timestamp()))
            .recurrence("0 22 * * *")
            .desired_capacity(1)
            .build()
    }

    #[test]
    fn a_foreign_action_is_seen_with_all_that_it_sets() {
        let seen = action(&described()).unwrap();
        let wanted = ScheduledAction {
            name: "terraform-night".into(),
            at: at(600),
            min: None,
            max: None,
            desired: Some(Nodes::new(1)),
        };
        assert_eq!(seen, wanted);
    }

    #[test]
    fn an_action_without_name_or_time_or_with_a_negative_size_is_not_believed() {
        let cases = [
            ("a name", with(described(), |one| one.scheduled_action_name = None)),
            ("StartTime", with(described(), |one| one.start_time = None)),
            ("MinSize below", with(described(), |one| one.min_size = Some(-2))),
        ];
        for (told, bad) in cases {
            assert!(action(&bad).is_err_and(|why| why.contains(told)), "{told}");
        }
    }

    #[test]
    fn what_is_not_set_stays_unset_and_a_desired_size_is_refused() {
        let ours = ScheduledAction {
            name: "invigilator-moodle-x".into(),
            at: at(60),
            min: Some(Nodes::new(12)),
            max: None,
            desired: None,
        };
        let sent = request(&ours).unwrap();
        assert_eq!(
            (sent.min_size(), sent.max_size(), sent.desired_capacity()),
            (Some(12), None, None)
        );
        assert_eq!(sent.start_time().map(Moment::secs), Some(at(60).timestamp()));
        assert_eq!((sent.recurrence(), sent.time_zone(), sent.end_time()), (None, None, None));
        let sized = ScheduledAction { desired: Some(Nodes::new(3)), ..ours.clone() };
        assert!(matches!(request(&sized), Err(Error::Invalid(_))));
        let empty = ScheduledAction { min: None, ..ours };
        assert!(matches!(request(&empty), Err(Error::Invalid(_))));
    }

    #[test]
    fn a_start_time_that_is_taken_is_told_by_name() {
        let failed = FailedScheduledUpdateGroupActionRequest::builder()
            .scheduled_action_name("invigilator-moodle-x")
            .error_code("AlreadyExists")
            .error_message("Scheduled action with this scheduled start time already exists")
            .build();
        let (name, error) = refused("BatchPutScheduledUpdateGroupAction", failed);
        assert_eq!(name, "invigilator-moodle-x");
        assert!(matches!(&error, Error::AlreadyThere(told) if told.contains(&name)), "{error}");
    }
}
