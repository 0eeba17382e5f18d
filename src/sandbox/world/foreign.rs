//! What others may ask of an account, and we never do.

use super::recurrence::Recurrence;
use crate::domain::{Nodes, ScheduledAction};
use chrono::{DateTime, Utc};

/// A write that no [`Action`](crate::domain::Action) of ours can say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) enum Foreign {
    /// `UpdateAutoScalingGroup` with several fields at once: all of them or none.
    Update(Update),
    /// `SetDesiredCapacity` with `HonorCooldown`.
    SetDesiredAfterCoolDown(Nodes),
    /// `DeletePolicy`, by name.
    DeletePolicy(String),
    /// `PutScheduledUpdateGroupAction` with `Recurrence`.
    PutRecurring(Box<Recurring>),
    /// `FailoverDBCluster`, to a member of this name or to any.
    FailOver(Option<String>),
}

/// A scheduled action that runs again and again. `action.at` is when it runs next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sandbox) struct Recurring {
    /// What it does.
    pub(in crate::sandbox) action: ScheduledAction,
    /// When it runs after that.
    pub(in crate::sandbox) recurrence: Recurrence,
    /// From here on it does not, and is gone.
    pub(in crate::sandbox) until: Option<DateTime<Utc>>,
}

impl Recurring {
    /// The same with its next run after `after`; `None` where that was the last.
    pub(super) fn next(self, after: DateTime<Utc>) -> Option<Self> {
        let at = self.recurrence.next(after)?;
        let lasts = self.until.is_none_or(|until| at < until);
        lasts.then_some(Self { action: ScheduledAction { at, ..self.action }, ..self })
    }
}

/// What `UpdateAutoScalingGroup` changes; what is `None` stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in crate::sandbox) struct Update {
    /// MinSize.
    pub(in crate::sandbox) min: Option<Nodes>,
    /// MaxSize.
    pub(in crate::sandbox) max: Option<Nodes>,
    /// DesiredCapacity.
    pub(in crate::sandbox) desired: Option<Nodes>,
    /// NewInstancesProtectedFromScaleIn.
    pub(in crate::sandbox) new_protected: Option<bool>,
}
