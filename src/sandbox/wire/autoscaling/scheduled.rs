//! Scheduled actions: one-off ones, and recurring ones in UTC.

use super::{PER_CALL, bounded, give, named_group, named_group_or_all, size, stamp};
use crate::domain::{Action, ScheduledAction};
use crate::sandbox::Account;
use crate::sandbox::journal::Input;
use crate::sandbox::wire::Answer;
use crate::sandbox::wire::form::Form;
use crate::sandbox::wire::identity::{GROUP, scheduled_action_arn};
use crate::sandbox::wire::page::Page;
use crate::sandbox::wire::refusal::Refused;
use crate::sandbox::wire::view::View;
use crate::sandbox::wire::xml::Xml;
use crate::sandbox::world::{Foreign, Recurrence, Recurring, Refusal, Told};
use chrono::{DateTime, Utc};

/// `DescribeScheduledActions`. Names that are not there are left out; with names, the times do not count.
pub(super) fn describe(view: &View, form: &mut Form) -> Answer {
    named_group_or_all(form)?;
    let names = form.texts("ScheduledActionNames", "member");
    let names = bounded(names, "ScheduledActionNames", PER_CALL)?;
    let (from, to) = (form.time("StartTime")?, form.time("EndTime")?);
    form.value::<bool>("IncludeManagedResources")?;
    let page = Page::take(form, PER_CALL)?;
    form.done()?;
    let wanted = |action: &ScheduledAction| {
        if names.is_empty() {
            from.is_none_or(|from| from <= action.at) && to.is_none_or(|to| action.at <= to)
        } else {
            names.contains(&action.name)
        }
    };
    let Told { mut scheduled, recurring, .. } = view.told();
    scheduled.retain(wanted);
    let actions = view.left(scheduled, page.items());
    // Start times are whole seconds, and two are the same only where a recurring action came upon another one.
    let by_start = actions.iter().scan(i64::MIN, |last, action| {
        *last = action.at.timestamp_millis().max(*last + 1);
        Some((*last, action))
    });
    let mut xml = Xml::default();
    page.write(&mut xml, "ScheduledUpdateGroupActions", by_start, |xml, action| {
        write(xml, action, recurring.iter().find(|recurring| recurring.action.name == action.name));
    });
    Ok(Some(xml))
}

fn write(xml: &mut Xml, action: &ScheduledAction, recurring: Option<&Recurring>) {
    let ScheduledAction { name, at, min, max, desired } = action;
    xml.text("AutoScalingGroupName", GROUP);
    xml.text("ScheduledActionName", name);
    xml.text("ScheduledActionARN", scheduled_action_arn(name));
    xml.text("Time", stamp(*at));
    xml.text("StartTime", stamp(*at));
    xml.text_if("MinSize", *min);
    xml.text_if("MaxSize", *max);
    xml.text_if("DesiredCapacity", *desired);
    if let Some(Recurring { action: _, recurrence, until }) = recurring {
        xml.text_if("EndTime", until.map(stamp));
        xml.text("Recurrence", recurrence.as_str());
    }
}

/// `PutScheduledUpdateGroupAction`.
pub(super) fn put(account: &Account, form: &mut Form) -> Answer {
    named_group(form)?;
    let name = form.name("ScheduledActionName")?;
    let action = read(form, name, account.look(|world| world.now()))?;
    give(account, &action.input())
}

/// `BatchPutScheduledUpdateGroupAction`: what is refused does not keep the others from being written.
pub(super) fn put_batch(account: &Account, form: &mut Form) -> Answer {
    named_group(form)?;
    let items = form.forms("ScheduledUpdateGroupActions", "member");
    form.done()?;
    let items = bounded(items, "ScheduledUpdateGroupActions", PER_CALL)?;
    // An item without a name fails the call, so all names are read before anything is written.
    let named = |mut item: Form| Ok((item.name("ScheduledActionName")?, item));
    let items: Vec<_> = items.into_iter().map(named).collect::<Result<_, Refused>>()?;
    let mut failed = Vec::new();
    for (name, mut item) in items {
        let done = read(&mut item, name.clone(), account.look(|world| world.now()))
            .and_then(|action| give(account, &action.input()));
        failed.extend(done.err().map(|refused| (name, refused)));
    }
    Ok(Some(failures("FailedScheduledUpdateGroupActions", failed)))
}

/// `DeleteScheduledAction`.
pub(super) fn delete(account: &Account, form: &mut Form) -> Answer {
    named_group(form)?;
    let name = form.name("ScheduledActionName")?;
    form.done()?;
    give(account, &Input::Write(Action::DeleteScheduled(vec![name])))
}

/// `BatchDeleteScheduledAction`.
pub(super) fn delete_batch(account: &Account, form: &mut Form) -> Answer {
    named_group(form)?;
    let names = form.texts("ScheduledActionNames", "member");
    form.done()?;
    let names = bounded(names, "ScheduledActionNames", PER_CALL)?;
    if names.is_empty() {
        return Ok(Some(failures("FailedScheduledActions", Vec::new())));
    }
    let refused = account.give(&Input::Write(Action::DeleteScheduled(names))).err();
    let mut failed = Vec::new();
    for Refusal { item, error } in refused.into_iter().flatten() {
        // What is refused as a whole has no item and is no failure of one.
        let error = Refused::from(error);
        failed.push((item.ok_or_else(|| error.clone())?, error));
    }
    Ok(Some(failures("FailedScheduledActions", failed)))
}

/// What one put asks for.
enum Scheduled {
    Once(ScheduledAction),
    Recurring(Recurring),
}

impl Scheduled {
    fn input(self) -> Input {
        match self {
            Self::Once(action) => Input::Write(Action::PutScheduled(vec![action])),
            Self::Recurring(recurring) => {
                Input::Foreign(Foreign::PutRecurring(Box::new(recurring)))
            }
        }
    }
}

fn failures(list: &str, failed: Vec<(String, Refused)>) -> Xml {
    let mut xml = Xml::default();
    xml.list(list, "member", failed, |xml, (name, refused)| {
        xml.text("ScheduledActionName", name);
        xml.text("ErrorCode", refused.code());
        xml.text("ErrorMessage", refused.message());
    });
    xml
}

/// One scheduled action, with everything that is checked before the group is looked at.
fn read(form: &mut Form, name: String, now: DateTime<Utc>) -> Result<Scheduled, Refused> {
    let (start, until) = (form.time("StartTime")?, form.time("EndTime")?);
    let recurrence = form.take("Recurrence").filter(|text| !text.is_empty());
    let zone = form.take("TimeZone").filter(|zone| !matches!(&**zone, "UTC" | "Etc/UTC"));
    let min = size(form, "MinSize", "Min size")?;
    let max = size(form, "MaxSize", "Max size")?;
    let desired = size(form, "DesiredCapacity", "Desired capacity")?;
    form.done()?;
    let recurrence = recurrence.map(|text| {
        let invalid = || Refused::validation(format!("Given recurrence string: {text} is invalid"));
        Recurrence::parse(&text).ok_or_else(invalid)
    });
    let recurrence = recurrence.transpose()?;
    check_times(start, until, now)?;
    if zone.is_some() {
        return Err(Refused::not_simulated("scheduled actions in a zone other than UTC"));
    }
    let action = |at| ScheduledAction { name, at, min, max, desired };
    match (start, recurrence, until) {
        (None, None, _) => Err(Refused::validation(
            "Scheduled start time must be specified for non-recurrent future group action",
        )),
        (Some(at), None, None) => Ok(Scheduled::Once(action(at))),
        (Some(_), None, Some(_)) => {
            Err(Refused::not_simulated("an end of a scheduled action that does not recur"))
        }
        (start, Some(recurrence), until) => {
            let at = start.or_else(|| recurrence.next(now));
            let at = at.filter(|at| until.is_none_or(|until| *at < until));
            let at = at.ok_or_else(|| Refused::not_simulated("a recurrence without a run"))?;
            Ok(Scheduled::Recurring(Recurring { action: action(at), recurrence, until }))
        }
    }
}

/// Neither time is past, and the end is not before the start.
fn check_times(
    start: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), Refused> {
    let wrong = if start.is_some_and(|start| start <= now) {
        "Given start time is in the past"
    } else if until.is_some_and(|until| until <= now) {
        "Given end time is in the past"
    } else if start.zip(until).is_some_and(|(start, until)| until < start) {
        "Given end time must be after start time"
    } else {
        return Ok(());
    };
    Err(Refused::validation(wrong))
}
