//! What every reader of a timetable is asked for: when something takes place.

/// One occurrence of an event, in seconds since 1970 in UTC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Occurrence {
    /// The event's UID.
    pub(crate) uid: String,
    /// The first second.
    pub(crate) start: i64,
    /// The second after the last one.
    pub(crate) end: i64,
}

/// Occurrences are asked for from here, up to before there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// In seconds since 1970.
    pub(crate) from: i64,
    /// In seconds since 1970.
    pub(crate) to: i64,
}

impl Window {
    /// Whether any of an occurrence lies inside.
    pub(crate) fn shows(self, start: i64, end: i64) -> bool {
        start < self.to && self.from < end
    }
}
