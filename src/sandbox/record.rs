//! The shapes in which the journal keeps what the world was given. Numbers with a fraction and moments are
//! text, because they must come back exactly as they were.

use super::world::{Foreign, Lack, Outage, Recurrence, Recurring, Update, ZONES};
use crate::domain::{
    Action, Candidates, ExtraTime, Factor, InstanceId, Nodes, Process, ScheduledAction, Share,
    Sitting, SittingKey, Span, Tracking, TrackingPolicy,
};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;

/// A moment in RFC 3339.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Stamp(pub(super) DateTime<Utc>);

impl From<Stamp> for String {
    fn from(stamp: Stamp) -> Self {
        stamp.0.to_rfc3339_opts(SecondsFormat::AutoSi, true)
    }
}

impl TryFrom<String> for Stamp {
    type Error = chrono::ParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        DateTime::parse_from_rfc3339(&text).map(|at| Self(at.to_utc()))
    }
}

/// A number in its shortest exact form.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Number(f64);

impl From<Number> for String {
    fn from(number: Number) -> Self {
        number.0.to_string()
    }
}

impl TryFrom<String> for Number {
    type Error = std::num::ParseFloatError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Self)
    }
}

/// [`Action`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Write {
    PutScheduled(Vec<Scheduled>),
    DeleteScheduled(Vec<String>),
    SetBounds { min: Option<u32>, max: Option<u32> },
    SetDesired(u32),
    Protect(Vec<String>),
    Unprotect(Vec<String>),
    ProtectNew,
    UnprotectNew,
    PutPolicy { name: String, tracking: Aim, scale_in_disabled: bool },
    Suspend(Vec<String>),
    Resume(Vec<String>),
}

/// [`Foreign`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Asked {
    Update { min: Option<u32>, max: Option<u32>, desired: Option<u32>, new_protected: Option<bool> },
    SetDesiredAfterCoolDown(u32),
    DeletePolicy(String),
    PutRecurring { action: Scheduled, recurrence: String, until: Option<Stamp> },
    FailOver(Option<String>),
}

/// [`Outage`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Out {
    Capacity { zone: Option<String>, until: Option<Stamp> },
    Boots { until: Option<Stamp> },
}

/// [`Tracking`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Aim {
    Cpu(Number),
    Requests(NonZeroU32),
    Other,
}

/// [`ScheduledAction`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Scheduled {
    name: String,
    at: Stamp,
    min: Option<u32>,
    max: Option<u32>,
    desired: Option<u32>,
}

/// [`Sitting`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Enrolled {
    uid: String,
    recurrence_id: Option<Stamp>,
    title: String,
    starts_at: Stamp,
    ends_at: Stamp,
    candidates: u32,
    extra_time: Vec<(Number, Number)>,
    source_line: Option<u32>,
}

impl From<&Action> for Write {
    fn from(action: &Action) -> Self {
        match action {
            Action::PutScheduled(actions) => {
                Self::PutScheduled(actions.iter().map(Scheduled::from).collect())
            }
            Action::DeleteScheduled(names) => Self::DeleteScheduled(names.clone()),
            Action::SetBounds { min, max } => {
                Self::SetBounds { min: min.map(Nodes::get), max: max.map(Nodes::get) }
            }
            Action::SetDesired(nodes) => Self::SetDesired(nodes.get()),
            Action::Protect(ids) => Self::Protect(texts(ids)),
            Action::Unprotect(ids) => Self::Unprotect(texts(ids)),
            Action::ProtectNew => Self::ProtectNew,
            Action::UnprotectNew => Self::UnprotectNew,
            Action::PutPolicy(TrackingPolicy { name, tracking, scale_in_disabled }) => {
                Self::PutPolicy {
                    name: name.clone(),
                    tracking: match tracking {
                        Tracking::Cpu(share) => Aim::Cpu(Number(share.fraction())),
                        Tracking::Requests(count) => Aim::Requests(*count),
                        Tracking::Other => Aim::Other,
                    },
                    scale_in_disabled: *scale_in_disabled,
                }
            }
            Action::Suspend(processes) => Self::Suspend(texts(processes)),
            Action::Resume(processes) => Self::Resume(texts(processes)),
        }
    }
}

impl TryFrom<Write> for Action {
    type Error = String;

    fn try_from(write: Write) -> Result<Self, String> {
        Ok(match write {
            Write::PutScheduled(actions) => {
                Self::PutScheduled(actions.into_iter().map(ScheduledAction::from).collect())
            }
            Write::DeleteScheduled(names) => Self::DeleteScheduled(names),
            Write::SetBounds { min, max } => {
                Self::SetBounds { min: min.map(Nodes::new), max: max.map(Nodes::new) }
            }
            Write::SetDesired(nodes) => Self::SetDesired(Nodes::new(nodes)),
            Write::Protect(ids) => Self::Protect(ids.into_iter().map(InstanceId).collect()),
            Write::Unprotect(ids) => Self::Unprotect(ids.into_iter().map(InstanceId).collect()),
            Write::ProtectNew => Self::ProtectNew,
            Write::UnprotectNew => Self::UnprotectNew,
            Write::PutPolicy { name, tracking, scale_in_disabled } => {
                let tracking = match tracking {
                    Aim::Cpu(share) => {
                        Tracking::Cpu(Share::new(share.0).map_err(|wrong| wrong.to_string())?)
                    }
                    Aim::Requests(count) => Tracking::Requests(count),
                    Aim::Other => Tracking::Other,
                };
                Self::PutPolicy(TrackingPolicy { name, tracking, scale_in_disabled })
            }
            Write::Suspend(names) => Self::Suspend(processes(&names)?),
            Write::Resume(names) => Self::Resume(processes(&names)?),
        })
    }
}

impl From<&Foreign> for Asked {
    fn from(foreign: &Foreign) -> Self {
        match foreign {
            Foreign::Update(Update { min, max, desired, new_protected }) => {
                let [min, max, desired] = [min, max, desired].map(|nodes| nodes.map(Nodes::get));
                Self::Update { min, max, desired, new_protected: *new_protected }
            }
            Foreign::SetDesiredAfterCoolDown(desired) => {
                Self::SetDesiredAfterCoolDown(desired.get())
            }
            Foreign::DeletePolicy(name) => Self::DeletePolicy(name.clone()),
            Foreign::PutRecurring(recurring) => {
                let Recurring { action, recurrence, until } = &**recurring;
                Self::PutRecurring {
                    action: action.into(),
                    recurrence: recurrence.as_str().to_owned(),
                    until: until.map(Stamp),
                }
            }
            Foreign::FailOver(target) => Self::FailOver(target.clone()),
        }
    }
}

impl TryFrom<Asked> for Foreign {
    type Error = String;

    fn try_from(asked: Asked) -> Result<Self, String> {
        Ok(match asked {
            Asked::Update { min, max, desired, new_protected } => {
                let [min, max, desired] = [min, max, desired].map(|nodes| nodes.map(Nodes::new));
                Self::Update(Update { min, max, desired, new_protected })
            }
            Asked::SetDesiredAfterCoolDown(desired) => {
                Self::SetDesiredAfterCoolDown(Nodes::new(desired))
            }
            Asked::DeletePolicy(name) => Self::DeletePolicy(name),
            Asked::PutRecurring { action, recurrence, until } => {
                Self::PutRecurring(Box::new(Recurring {
                    action: action.into(),
                    recurrence: Recurrence::parse(&recurrence)
                        .ok_or_else(|| format!("{recurrence:?} is no recurrence"))?,
                    until: until.map(|Stamp(at)| at),
                }))
            }
            Asked::FailOver(target) => Self::FailOver(target),
        })
    }
}

impl From<&Outage> for Out {
    fn from(outage: &Outage) -> Self {
        let Outage { lacks, until } = *outage;
        let until = until.map(Stamp);
        match lacks {
            Lack::Capacity(zone) => Self::Capacity { zone: zone.map(str::to_owned), until },
            Lack::Boots => Self::Boots { until },
        }
    }
}

impl TryFrom<Out> for Outage {
    type Error = String;

    fn try_from(out: Out) -> Result<Self, String> {
        let (lacks, until) = match out {
            Out::Capacity { zone, until } => (Lack::Capacity(zone.map(known).transpose()?), until),
            Out::Boots { until } => (Lack::Boots, until),
        };
        Ok(Self { lacks, until: until.map(|Stamp(at)| at) })
    }
}

/// The zone of a name.
fn known(zone: String) -> Result<&'static str, String> {
    let found = ZONES.into_iter().find(|known| *known == zone);
    found.ok_or_else(|| format!("no zone is named {zone:?}"))
}

fn texts(items: &[impl ToString]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

fn processes(names: &[String]) -> Result<Vec<Process>, String> {
    let named = |name: &String| Process::named(name).ok_or(format!("no process is named {name:?}"));
    names.iter().map(named).collect()
}

impl From<&ScheduledAction> for Scheduled {
    fn from(action: &ScheduledAction) -> Self {
        let ScheduledAction { name, at, min, max, desired } = action;
        let [min, max, desired] = [min, max, desired].map(|nodes| nodes.map(Nodes::get));
        Self { name: name.clone(), at: Stamp(*at), min, max, desired }
    }
}

impl From<Scheduled> for ScheduledAction {
    fn from(scheduled: Scheduled) -> Self {
        let Scheduled { name, at: Stamp(at), min, max, desired } = scheduled;
        let [min, max, desired] = [min, max, desired].map(|nodes| nodes.map(Nodes::new));
        Self { name, at, min, max, desired }
    }
}

impl From<&Sitting> for Enrolled {
    fn from(sitting: &Sitting) -> Self {
        let extra =
            |extra: &ExtraTime| (Number(extra.share.fraction()), Number(extra.factor.get()));
        Self {
            uid: sitting.key.uid.clone(),
            recurrence_id: sitting.key.recurrence_id.map(Stamp),
            title: sitting.title.clone(),
            starts_at: Stamp(sitting.span.start()),
            ends_at: Stamp(sitting.span.end()),
            candidates: sitting.candidates.get(),
            extra_time: sitting.extra_time.iter().map(extra).collect(),
            source_line: sitting.source_line,
        }
    }
}

impl TryFrom<Enrolled> for Sitting {
    type Error = String;

    fn try_from(enrolled: Enrolled) -> Result<Self, String> {
        let extra = |(Number(share), Number(factor))| {
            let share = Share::new(share).map_err(|wrong| wrong.to_string())?;
            let factor = Factor::new(factor).map_err(|wrong| wrong.to_string())?;
            Ok::<_, String>(ExtraTime { share, factor })
        };
        let span = Span::new(enrolled.starts_at.0, enrolled.ends_at.0);
        Ok(Self {
            key: SittingKey {
                uid: enrolled.uid,
                recurrence_id: enrolled.recurrence_id.map(|Stamp(at)| at),
            },
            title: enrolled.title,
            span: span.ok_or("a sitting ends before it starts")?,
            candidates: Candidates::new(enrolled.candidates),
            extra_time: enrolled.extra_time.into_iter().map(extra).collect::<Result<_, _>>()?,
            // Students know which reading of a time is meant.
            other_readings: Vec::new(),
            source_line: enrolled.source_line,
        })
    }
}
