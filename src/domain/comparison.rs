//! What differs between two readings of one timetable, and why publishing the newer one may need a second person.

use super::Sitting;

/// What differs between two readings of one source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Comparison {
    /// Only in the new one.
    pub added: Vec<Sitting>,
    /// Same exam, other times: old, new.
    pub moved: Vec<(Sitting, Sitting)>,
    /// Same exam and times, other candidates, extra time, title or doubts about its times: old, new.
    pub changed: Vec<(Sitting, Sitting)>,
    /// Only in the old one.
    pub removed: Vec<Sitting>,
    /// Untouched.
    pub same: usize,
}

impl Comparison {
    /// Whether nothing differs.
    pub const fn is_same(&self) -> bool {
        let Self { added, moved, changed, removed, same: _ } = self;
        added.is_empty() && moved.is_empty() && changed.is_empty() && removed.is_empty()
    }
}

/// Why a publication needs a second person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Guard {
    /// The new timetable has no sitting in the future, the old one has.
    Empty,
    /// More than 20 % of the future sittings are missing.
    ManyFewer,
    /// The future sittings that stay have over 20 % fewer candidates in all: a pattern or a list that no longer finds them.
    FewerCandidates,
    /// A running sitting, or one that starts within 72 h, is removed.
    ImminentRemoved,
    /// Such a sitting is moved.
    ImminentMoved,
    /// Such a sitting shrinks: fewer candidates, less extra time, shorter, or fewer readings of doubtful times.
    ImminentShrunk,
    /// Everything, or everything in a stretch of time, is shifted by the same hours: a zone mistake.
    AllShifted,
    /// A future sitting is missing or smaller, and parts of the file could not be read: a cut or broken export.
    Incomplete,
}

impl Guard {
    /// Stable snake_case name, for scripts and tests.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::ManyFewer => "many_fewer",
            Self::FewerCandidates => "fewer_candidates",
            Self::ImminentRemoved => "imminent_removed",
            Self::ImminentMoved => "imminent_moved",
            Self::ImminentShrunk => "imminent_shrunk",
            Self::AllShifted => "all_shifted",
            Self::Incomplete => "incomplete",
        }
    }

    /// One sentence for the registrar.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Empty => "The new timetable has no exam in the future; the old one has.",
            Self::ManyFewer => {
                "Over 20 % of the future exams of the old timetable are missing in the new one."
            }
            Self::FewerCandidates => {
                "The future exams that stay have over 20 % fewer candidates in all."
            }
            Self::ImminentRemoved => {
                "An exam that is running or starts within 72 hours is removed."
            }
            Self::ImminentMoved => "An exam that is running or starts within 72 hours is moved.",
            Self::ImminentShrunk => {
                "An exam that is running or starts within 72 hours has fewer candidates, less extra time or less \
                 duration."
            }
            Self::AllShifted => {
                "All exams, or all of some weeks, are shifted by the same hours, which looks like a wrong time zone."
            }
            Self::Incomplete => {
                "A future exam is missing or smaller, and parts of the file could not be read; the export may be broken."
            }
        }
    }
}
