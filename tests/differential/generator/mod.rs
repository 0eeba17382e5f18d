//! Timetables with known truth: what takes place when is decided first, by arithmetic of our own, and the text is
//! written from it, in the manner and with the quirks of real producers.
//!
//! To add a quirk: a [`Feature`] if readers may disagree about it, a kind of exam in `exam` or `series`, and what is
//! known to disagree in `known`, with the paragraph of RFC 5545 that decides.

pub(crate) mod calendar;
pub(crate) mod dice;
mod exam;
mod producer;
mod rule;
mod series;
pub(crate) mod text;
pub(crate) mod zone;

use crate::occurrence::Occurrence;
use dice::Dice;
pub(crate) use producer::Producer;
use std::collections::BTreeSet;

/// Something about an exam or its file that some readers read otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Feature {
    /// A written time that the clocks skip.
    Gap,
    /// A written time that comes twice.
    Fold,
    /// An instance of a rule, the first too, at a time that the clocks skip.
    GapInstance,
    /// DTEND on a series, whose first or another instance lasts over a change of clocks.
    LengthOverChange,
    /// DURATION on an event or instance that lasts over a change of clocks, or ends in a repeated hour.
    DurationOverChange,
    /// DTSTART is none of the dates of its rule.
    StartOffRule,
    /// UNTIL is a date.
    UntilDate,
    /// UNTIL has no `Z` although DTSTART has a zone.
    UntilLocal,
    /// UNTIL has a `Z` although DTSTART has no zone at all.
    UntilUtcFloating,
    /// YEARLY with BYDAY or BYMONTHDAY.
    YearlyByDays,
    /// EXDATE is a date.
    ExdateDate,
    /// RDATE without RRULE.
    RdateOnly,
    /// Several RRULEs.
    TwoRules,
    /// BYSETPOS where the first week or month is cut by DTSTART.
    PositionInFirstPeriod,
    /// Several versions of an event, told apart by SEQUENCE.
    Versions,
    /// Several versions of an event, told apart by DTSTAMP.
    Stamps,
    /// An override whose series is not in the file.
    Orphan,
    /// RANGE=THISANDFUTURE.
    ThisAndFuture,
    /// An override was moved or cancelled.
    Override,
    /// RECURRENCE-ID or RDATE in UTC beside a DTSTART with another clock.
    NamedInUtc,
    /// A series cancelled as a whole, or an instance, by STATUS.
    Cancelled,
    /// By a calendar with METHOD:CANCEL.
    MethodCancel,
    /// The end is the start.
    NoLength,
    /// The end lies before the start.
    EndBeforeStart,
    /// Neither DTEND nor DURATION.
    NoEnd,
    /// A date instead of a time.
    AllDay,
    /// Times without a zone.
    Floating,
    /// A zone that the file names and does not define.
    NamedZone,
    /// A zone with a slash before its name.
    SlashedZone,
    /// A zone that only the file knows.
    CustomZone,
    /// RDATE with periods.
    Periods,
    /// Names in lower case.
    CaseNoise,
    /// A fold inside a character.
    FoldInCharacter,
    /// The events of the file stand in several calendars.
    SeveralCalendars,
    /// LF and CRLF in one file.
    MixedEnds,
}

impl Feature {
    /// Whether a reader that does not guess has no sitting of it, and must say so.
    pub(crate) const fn costs_the_sitting(self) -> bool {
        matches!(self, Self::AllDay)
    }
}

/// One time that an exam is sat.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sat {
    /// In seconds since 1970, as RFC 5545 reads what is written.
    pub(crate) start: i64,
    /// Likewise.
    pub(crate) end: i64,
    /// The original start of an instance of a series.
    pub(crate) recurrence_id: Option<i64>,
    /// Other ways to read the start or the end; all must be covered.
    pub(crate) others: Vec<i64>,
}

/// What a file says of one UID, and what is true.
#[derive(Debug, Clone)]
pub(crate) struct Exam {
    /// Its UID.
    pub(crate) uid: String,
    /// VEVENTs, each from BEGIN to END, unfolded.
    pub(crate) events: Vec<Vec<String>>,
    /// VEVENTs of a calendar with METHOD:CANCEL.
    pub(crate) cancels: Vec<Vec<String>>,
    /// When it is sat; nothing when a finding must say why.
    pub(crate) sat: Vec<Sat>,
    /// How many sit it, where it says so.
    pub(crate) candidates: Option<u32>,
    /// What is special about it.
    pub(crate) features: BTreeSet<Feature>,
}

impl Exam {
    /// What every reader should find.
    pub(crate) fn occurrences(&self) -> Vec<Occurrence> {
        let one = |sat: &Sat| Occurrence { uid: self.uid.clone(), start: sat.start, end: sat.end };
        self.sat.iter().map(one).collect()
    }
}

/// A whole file.
#[derive(Debug, Clone)]
pub(crate) struct Timetable {
    /// Who wrote it, where.
    pub(crate) producer: Producer,
    /// UIDs differ.
    pub(crate) exams: Vec<Exam>,
}

impl Timetable {
    /// The timetable of a seed.
    pub(crate) fn of(seed: u64) -> Self {
        let mut dice = Dice::of(seed);
        let producer = Producer::any(&mut dice);
        let count = 3 + dice.below(22);
        let exams = (0..count).map(|number| exam::any(&producer, number, &mut dice)).collect();
        Self { producer, exams }
    }
}
