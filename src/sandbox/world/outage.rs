//! What AWS cannot do for a while: zones that have no instance left to give, and launches that all come to nothing.

use chrono::{DateTime, Utc};

/// What is out, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) struct Outage {
    /// What AWS cannot do.
    pub(in crate::sandbox) lacks: Lack,
    /// From this moment on it can; `None` where nobody knows.
    pub(in crate::sandbox) until: Option<DateTime<Utc>>,
}

/// What AWS cannot do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Lack {
    /// Launch in this zone, one of [`ZONES`](super::ZONES), or in none at all: `InsufficientInstanceCapacity`.
    Capacity(Option<&'static str>),
    /// Bring an instance into service: each is launched, and seen to have failed after a minute.
    Boots,
}

impl Outage {
    /// Whether it lasts at a moment.
    pub(in crate::sandbox) fn lasts(self, now: DateTime<Utc>) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

/// All that is out.
#[derive(Debug, Default)]
pub(super) struct Outages(Vec<Outage>);

impl Outages {
    /// Replaces what is out.
    pub(super) fn replace(&mut self, outages: &[Outage]) {
        self.0 = outages.to_vec();
    }

    /// Those that last.
    pub(super) fn lasting(&self, now: DateTime<Utc>) -> impl Iterator<Item = Outage> {
        self.0.iter().copied().filter(move |outage| outage.lasts(now))
    }

    /// Whether a zone can give an instance.
    pub(super) fn has_capacity(&self, zone: &str, now: DateTime<Utc>) -> bool {
        !self.lasting(now).any(|outage| match outage.lacks {
            Lack::Capacity(out) => out.is_none_or(|out| out == zone),
            Lack::Boots => false,
        })
    }

    /// Whether an instance can come into service.
    pub(super) fn can_boot(&self, now: DateTime<Utc>) -> bool {
        !self.lasting(now).any(|outage| outage.lacks == Lack::Boots)
    }
}
