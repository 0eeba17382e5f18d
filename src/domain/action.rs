//! What may be asked of a fleet. Each action prints itself as an operator would say it.

use super::{InstanceId, Nodes, Process, TrackingPolicy};
use chrono::{DateTime, Utc};
use std::fmt;

/// A scheduled action as AWS holds it; ours carry our name prefix and set no desired capacity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduledAction {
    /// Unique in the group.
    pub name: String,
    /// When it fires, at the earliest.
    pub at: DateTime<Utc>,
    /// MinSize, if it sets one.
    pub min: Option<Nodes>,
    /// MaxSize, if it sets one.
    pub max: Option<Nodes>,
    /// DesiredCapacity, if it sets one; ours never do.
    pub desired: Option<Nodes>,
}

/// One write.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Create or change scheduled actions, in this order, at most 50.
    PutScheduled(Vec<ScheduledAction>),
    /// Delete scheduled actions by name, at most 50.
    DeleteScheduled(Vec<String>),
    /// Set MinSize, MaxSize or both. What is not meant to change is left out: a scheduled raise may fire between our
    /// reading and our writing.
    SetBounds {
        /// MinSize, if it is to change.
        min: Option<Nodes>,
        /// MaxSize, if it is to change.
        max: Option<Nodes>,
    },
    /// Set DesiredCapacity.
    SetDesired(Nodes),
    /// Protect instances from scale-in, at most 50.
    Protect(Vec<InstanceId>),
    /// Lift that protection, at most 50.
    Unprotect(Vec<InstanceId>),
    /// Protect every instance launched from now on.
    ProtectNew,
    /// Launch instances unprotected again.
    UnprotectNew,
    /// Create or change a whole target-tracking policy.
    PutPolicy(TrackingPolicy),
    /// Suspend processes by name; never an empty list.
    Suspend(Vec<Process>),
    /// Resume processes by name; never an empty list.
    Resume(Vec<Process>),
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::PutScheduled(actions) => {
                write!(f, "write {} scheduled action(s): ", actions.len())?;
                join(f, actions.iter().map(|action| &action.name))
            }
            Self::DeleteScheduled(names) => {
                write!(f, "delete {} scheduled action(s): ", names.len())?;
                join(f, names)
            }
            Self::SetBounds { min, max } => {
                let min = min.map(|min| format!("MinSize {min}"));
                let max = max.map(|max| format!("MaxSize {max}"));
                f.write_str("set ")?;
                join(f, min.into_iter().chain(max))
            }
            Self::SetDesired(nodes) => write!(f, "set DesiredCapacity {nodes}"),
            Self::Protect(ids) => write!(f, "protect {} instance(s) from scale-in", ids.len()),
            Self::Unprotect(ids) => write!(f, "lift the protection of {} instance(s)", ids.len()),
            Self::ProtectNew => f.write_str("protect new instances from scale-in"),
            Self::UnprotectNew => f.write_str("launch new instances unprotected"),
            Self::PutPolicy(policy) => write!(
                f,
                "write policy {}: {}, scale-in {}",
                policy.name,
                policy.tracking,
                if policy.scale_in_disabled { "disabled" } else { "enabled" }
            ),
            Self::Suspend(processes) => {
                f.write_str("suspend ")?;
                join(f, processes)
            }
            Self::Resume(processes) => {
                f.write_str("resume ")?;
                join(f, processes)
            }
        }
    }
}

fn join(
    f: &mut fmt::Formatter<'_>,
    items: impl IntoIterator<Item = impl fmt::Display>,
) -> fmt::Result {
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        item.fmt(f)?;
    }
    Ok(())
}
