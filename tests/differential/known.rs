//! Where other readers are known to disagree with the truth, each with what decides. A disagreement about an exam that
//! has none of these features fails the test; so does, where a thousand timetables are read, an entry that
//! none of them needs.

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

const NOT_TIMED: &str = "3.6.1: a moment, or an end before its start; candidates press at the start, so three hours are planned and told";
const CANCEL: &str =
    "RFC 5546 3.2.5: METHOD:CANCEL takes the event, or the instance, back; libraries return it";
const ONE_STREAM: &str =
    "3.4: a stream may hold several calendars; a UID means the same event in all of them";
const NEWEST: &str =
    "RFC 5546 2.1.5: of several versions the highest SEQUENCE, then the latest DTSTAMP, counts";
const UNTIL: &str = "3.3.10: UNTIL has the type of DTSTART; a date beside a time is taken to the end of that local day";
const UNTIL_UTC: &str = "3.3.10: beside a floating DTSTART, UNTIL is to be floating; one in UTC is taken for the instant it names";
const YEARLY: &str = "3.3.10: in a YEARLY rule an ordinal of BYDAY counts in the year, and BYMONTHDAY in each month of BYMONTH";
const EXCEPT: &str = "3.8.5.1: EXDATE has the type of DTSTART; a date beside a time is what Outlook's users mean by the day";
const PERIOD: &str = "3.8.5.2, 3.3.9: a period in RDATE has an end of its own";
const LENGTH: &str = "3.8.5.3: DTEND gives every instance the exact length of the first";
const EXACT: &str = "3.3.6: hours of a DURATION are exact, whatever the clocks do; days are not";
const INSTANT: &str =
    "3.8.4.4, 3.8.5.2: the value names an instant, in whatever zone it is written";
const RANGE: &str = "3.8.4.4: the new time and the new length hold for all instances that follow";
const GAP: &str = "3.3.5: a written time that was skipped is read with the offset before the gap";
const FOLD: &str = "3.3.5: a written time that comes twice is read as the first";
const SKIPPED: &str = "3.3.10: an instance that was skipped is none, and not counted; an exam is not dropped silently";
const POSITION: &str =
    "3.3.10: BYSETPOS counts in the whole period, also in the part before DTSTART";
const START: &str =
    "3.8.5.3: DTSTART that the rule does not name is not defined; it belongs to the set (3.8.5.3)";

/// The list.
pub(crate) const KNOWN: &[Known] = &[
    known(Peer::IcalRs, Feature::NoLength, NOT_TIMED),
    known(Peer::IcalRs, Feature::NoEnd, NOT_TIMED),
    known(Peer::IcalRs, Feature::EndBeforeStart, NOT_TIMED),
    known(Peer::IcalRs, Feature::MethodCancel, CANCEL),
    known(Peer::IcalRs, Feature::SeveralCalendars, ONE_STREAM),
    known(Peer::IcalRs, Feature::Versions, NEWEST),
    known(Peer::IcalRs, Feature::Stamps, NEWEST),
    known(Peer::IcalRs, Feature::UntilDate, UNTIL),
    known(Peer::IcalRs, Feature::UntilUtcFloating, UNTIL_UTC),
    known(Peer::IcalRs, Feature::ExdateDate, EXCEPT),
    known(Peer::IcalRs, Feature::Periods, PERIOD),
    known(Peer::IcalRs, Feature::NamedInUtc, INSTANT),
    known(Peer::IcalRs, Feature::ThisAndFuture, RANGE),
    known(Peer::IcalRs, Feature::GapInstance, SKIPPED),
    known(Peer::Python, Feature::NoLength, NOT_TIMED),
    known(Peer::Python, Feature::NoEnd, NOT_TIMED),
    known(Peer::Python, Feature::EndBeforeStart, NOT_TIMED),
    known(Peer::Python, Feature::MethodCancel, CANCEL),
    known(Peer::Python, Feature::SeveralCalendars, ONE_STREAM),
    known(Peer::Python, Feature::Stamps, NEWEST),
    known(Peer::Python, Feature::UntilDate, UNTIL),
    known(Peer::Python, Feature::UntilLocal, UNTIL),
    known(Peer::Python, Feature::NamedInUtc, INSTANT),
    known(Peer::Python, Feature::DurationOverChange, EXACT),
    known(Peer::Python, Feature::LengthOverChange, LENGTH),
    known(Peer::Python, Feature::ThisAndFuture, RANGE),
    known(Peer::Python, Feature::Gap, GAP),
    known(Peer::Python, Feature::GapInstance, GAP),
    known(Peer::Python, Feature::PositionInFirstPeriod, POSITION),
    known(Peer::IcalJs, Feature::NoLength, NOT_TIMED),
    known(Peer::IcalJs, Feature::NoEnd, NOT_TIMED),
    known(Peer::IcalJs, Feature::EndBeforeStart, NOT_TIMED),
    known(Peer::IcalJs, Feature::MethodCancel, CANCEL),
    known(Peer::IcalJs, Feature::SeveralCalendars, ONE_STREAM),
    known(Peer::IcalJs, Feature::Versions, NEWEST),
    known(Peer::IcalJs, Feature::Stamps, NEWEST),
    known(Peer::IcalJs, Feature::UntilDate, UNTIL),
    known(Peer::IcalJs, Feature::UntilLocal, UNTIL),
    known(Peer::IcalJs, Feature::UntilUtcFloating, UNTIL_UTC),
    known(Peer::IcalJs, Feature::YearlyByDays, YEARLY),
    known(Peer::IcalJs, Feature::ExdateDate, EXCEPT),
    known(Peer::IcalJs, Feature::Periods, PERIOD),
    known(Peer::IcalJs, Feature::NamedInUtc, INSTANT),
    known(
        Peer::IcalJs,
        Feature::RdateOnly,
        "3.8.5.3: DTSTART is the first instance also where there is only RDATE",
    ),
    known(Peer::IcalJs, Feature::StartOffRule, START),
    known(Peer::IcalJs, Feature::TwoRules, "3.8.5.3: the set is the union of all rules"),
    known(Peer::IcalJs, Feature::DurationOverChange, EXACT),
    known(Peer::IcalJs, Feature::LengthOverChange, LENGTH),
    known(Peer::IcalJs, Feature::ThisAndFuture, RANGE),
    known(Peer::IcalJs, Feature::Gap, GAP),
    known(Peer::IcalJs, Feature::GapInstance, GAP),
    known(Peer::IcalJs, Feature::Fold, FOLD),
    known(Peer::IcalJs, Feature::PositionInFirstPeriod, POSITION),
];
