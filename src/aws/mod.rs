//! The door to AWS: reads and writes are two hands, and a dry run is given only one. Knows no decision.

mod sdk;

pub use sdk::{Identity, Sdk, Site};

use crate::domain::{Action, Connections, FleetName, Group, ScheduledAction, Seen, TrackingPolicy};
use async_trait::async_trait;

/// Every object of ours in an account begins with this; nothing without it is ever written or deleted.
const PREFIX: &str = "invigilator-";
/// Why nothing is known of a fleet without an account.
const NOT_CONNECTED: &str = "no AWS account is connected to this fleet";

/// The beginning of every name that belongs to one fleet: `invigilator-<fleet>-`.
pub fn own_prefix(fleet: &FleetName) -> String {
    format!("{PREFIX}{fleet}-")
}

/// Reading one fleet's part of an account. A part that cannot be read is [`Seen::Unknown`], never empty.
#[async_trait]
pub trait Observe: Send + Sync {
    /// The Auto Scaling group with its instances.
    async fn group(&self) -> Seen<Group>;
    /// All scheduled actions of the group, ours and foreign, every page.
    async fn scheduled(&self) -> Seen<Vec<ScheduledAction>>;
    /// All target-tracking policies of the group, ours and foreign.
    async fn policies(&self) -> Seen<Vec<TrackingPolicy>>;
    /// Database connections.
    async fn connections(&self) -> Seen<Connections>;
}

/// Writing to one fleet's part of an account.
#[async_trait]
pub trait Actuate: Send + Sync {
    /// Performs one action. Serial use only: two writers on one group disturb each other.
    ///
    /// # Errors
    /// [`Error`] by what the caller can do; nothing or a part of a batch may have been applied, which the next
    /// observation tells.
    async fn apply(&self, action: &Action) -> Result<(), Error>;
}

/// Why a write did not happen, sorted by what the caller can do. The text is AWS's own.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Try again in the next pass.
    #[error("AWS asks for patience: {0}")]
    Throttled(String),
    /// A scaling activity or another write is in the way; try again in the next pass.
    #[error("the group is busy: {0}")]
    Busy(String),
    /// The start time is taken; observe again and move ours.
    #[error("already there: {0}")]
    AlreadyThere(String),
    /// A quota is reached; needs a person.
    #[error("a limit is reached: {0}")]
    Limit(String),
    /// The request breaks a rule; ours to mend.
    #[error("refused as invalid: {0}")]
    Invalid(String),
    /// The group or object is not there; needs a person.
    #[error("not there: {0}")]
    Gone(String),
    /// Permission is missing; needs a person.
    #[error("permission denied: {0}")]
    Denied(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl Error {
    /// The same kind of error, told in other words.
    #[must_use]
    pub(crate) fn retold(self, tell: impl FnOnce(String) -> String) -> Self {
        match self {
            Self::Throttled(text) => Self::Throttled(tell(text)),
            Self::Busy(text) => Self::Busy(tell(text)),
            Self::AlreadyThere(text) => Self::AlreadyThere(tell(text)),
            Self::Limit(text) => Self::Limit(tell(text)),
            Self::Invalid(text) => Self::Invalid(tell(text)),
            Self::Gone(text) => Self::Gone(tell(text)),
            Self::Denied(text) => Self::Denied(tell(text)),
            Self::Other(text) => Self::Other(tell(text)),
        }
    }
}

/// No account at all: everything is unknown, so nothing is ever lowered, and there is no hand to write with.
#[derive(Debug, Clone, Copy, Default)]
pub struct NotConnected;

#[async_trait]
impl Observe for NotConnected {
    async fn group(&self) -> Seen<Group> {
        Seen::Unknown(NOT_CONNECTED.into())
    }

    async fn scheduled(&self) -> Seen<Vec<ScheduledAction>> {
        Seen::Unknown(NOT_CONNECTED.into())
    }

    async fn policies(&self) -> Seen<Vec<TrackingPolicy>> {
        Seen::Unknown(NOT_CONNECTED.into())
    }

    async fn connections(&self) -> Seen<Connections> {
        Seen::Unknown(NOT_CONNECTED.into())
    }
}
