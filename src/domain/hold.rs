//! Scale-in is forbidden: for whom, why, and until when. What a restart must not forget.

use super::{Nodes, Process, SittingKey};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// How far a hold has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HoldPhase {
    /// Nothing may be taken away.
    On,
    /// Both keys were turned; nodes are given back a few a pass, both keys read again each time.
    Releasing,
}

/// A hold keeps the ends it was armed with, whatever is published meanwhile; only later ends replace them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hold {
    /// Whose hold, sorted.
    pub sittings: Vec<SittingKey>,
    /// The floor it keeps.
    pub floor: Nodes,
    /// When it was armed.
    pub since: DateTime<Utc>,
    /// The earliest release.
    pub release_at: DateTime<Utc>,
    /// From here on a person is called while attempts last.
    pub hard_end: DateTime<Utc>,
    /// How far it has come.
    pub phase: HoldPhase,
    /// What we suspended ourselves, and nothing else, is resumed by us.
    pub suspended: BTreeSet<Process>,
}
