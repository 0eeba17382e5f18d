//! Target tracking: how a fleet breathes between its floor and its ceiling.

use super::Share;
use std::fmt;
use std::num::NonZeroU32;

/// What target tracking watches, and the value it aims at. Both fall in proportion as web servers are added, which
/// target tracking asks of its metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tracking {
    /// Average CPU of the group (`ASGAverageCPUUtilization`), above zero.
    Cpu(Share),
    /// Requests that the load balancer sends to each web server in a minute (`ALBRequestCountPerTarget`).
    Requests(NonZeroU32),
    /// Anything else that changes the size of a group by itself (another metric, steps, a forecast), or a policy that is
    /// switched off. Seen, never wanted.
    Other,
}

impl Tracking {
    /// The lower target of both, which asks for more web servers; of different metrics this one.
    #[must_use]
    pub fn lower(self, other: Self) -> Self {
        match (self, other) {
            (Self::Cpu(one), Self::Cpu(two)) if two < one => other,
            (Self::Requests(one), Self::Requests(two)) if two < one => other,
            (Self::Cpu(_) | Self::Requests(_) | Self::Other, _) => self,
        }
    }
}

impl fmt::Display for Tracking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu(share) => write!(f, "CPU target {:.0} %", share.fraction() * 100.0),
            Self::Requests(count) => write!(f, "target of {count} requests a server and minute"),
            Self::Other => f.write_str("something else"),
        }
    }
}

/// A target-tracking policy.
#[derive(Debug, Clone, PartialEq)]
pub struct TrackingPolicy {
    /// Its name; ours carry our prefix.
    pub name: String,
    /// What it watches and aims at.
    pub tracking: Tracking,
    /// `DisableScaleIn`.
    pub scale_in_disabled: bool,
}
