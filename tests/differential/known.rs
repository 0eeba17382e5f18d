//! Where other readers are known to disagree with the truth, each with what decides. A disagreement about an exam that
//! has none of these features fails the test; so does an entry that no timetable needs any more.

use crate::generator::Feature;

/// Another reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Peer {
    /// The crate, in process.
    IcalRs,
    /// icalendar and recurring-ical-events.
    Python,
    /// ical.js.
    IcalJs,
}

/// Something that a peer reads otherwise.
pub(crate) struct Known {
    /// Who.
    pub(crate) peer: Peer,
    /// What.
    pub(crate) feature: Feature,
    /// Why the truth is the truth; sections are those of RFC 5545 unless told otherwise.
    pub(crate) decided_by: &'static str,
}

const fn known(peer: Peer, feature: Feature, decided_by: &'static str) -> Known {
    Known { peer, feature, decided_by }
}

/// The list.
pub(crate) const KNOWN: &[Known] = &[];
