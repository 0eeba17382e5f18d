//! What to do with a timetable that nobody has looked at: a feed has no registrar in front of it who would see that a
//! file is half a file. What cannot be trusted as a whole is not published at all, not even the part of it that grows;
//! what was published last stands, and a person is told. Pure.

use crate::domain::Comparison;
use crate::domain::{Finding, Severity, Sitting};
use crate::store::{Approval, Content, Draft};
use crate::timetable;
use chrono::{DateTime, Utc};

/// The last line of a whole calendar.
const END: &[u8] = b"END:VCALENDAR";

/// What becomes of a content that a feed offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It cannot be trusted; why, as a clause without its full stop.
    Refused(String),
    /// It has no exam ahead, and neither has what is in force: nobody needs it.
    Idle,
    /// It says what the feed said last.
    Same,
    /// It says something new.
    New,
}

/// Judges what `content` says beside what is in force (`None` when nothing ever was) and what the feed said `last`.
pub(super) fn judge(
    content: &Content,
    in_force: Option<&[Sitting]>,
    last: Option<&Content>,
    now: DateTime<Utc>,
) -> Judgement {
    if let Some(why) = distrust(content) {
        return Judgement::Refused(why);
    }
    if !is_ahead(&content.sittings, now) {
        return match in_force {
            Some(sittings) if !is_ahead(sittings, now) => Judgement::Idle,
            Some(_) | None => Judgement::Refused("it has no exam that is still to come".into()),
        };
    }
    match last {
        Some(last) if says_the_same(last, content) => Judgement::Same,
        Some(_) | None => Judgement::New,
    }
}

/// Why a content cannot be trusted whatever is in force, as a clause without its full stop: a part of it is missing, or
/// over 1 % of its events cannot be read.
pub fn distrust(content: &Content) -> Option<String> {
    let (rejected, events) = (content.counts.rejected, content.counts.events);
    if !ends(&content.file) {
        Some("it does not end with END:VCALENDAR, so a part of it is missing".into())
    } else if u64::from(events) < 100 * u64::from(rejected) {
        Some(format!("{rejected} of its {events} events cannot be read"))
    } else {
        None
    }
}

/// Whether any exam is not over.
pub(super) fn is_ahead(sittings: &[Sitting], now: DateTime<Utc>) -> bool {
    sittings.iter().any(|sitting| now < sitting.last_deadline())
}

fn ends(file: &[u8]) -> bool {
    let file = file.trim_ascii_end();
    let tail = file.len().checked_sub(END.len()).map(|from| &file[from..]);
    tail.is_some_and(|tail| tail.eq_ignore_ascii_case(END))
}

/// Producers write the moment of the export into every event: what counts is what is read, not the bytes, nor where
/// in the file it stands.
fn says_the_same(last: &Content, content: &Content) -> bool {
    let Comparison { added, moved, changed, removed, same: _ } =
        timetable::compare(&last.sittings, &content.sittings);
    added.is_empty()
        && moved.is_empty()
        && changed.is_empty()
        && removed.is_empty()
        && doubts(&last.findings) == doubts(&content.findings)
}

fn doubts(findings: &[Finding]) -> Vec<(Severity, &str, Option<&str>)> {
    let mut doubts: Vec<(Severity, &str, Option<&str>)> = findings
        .iter()
        .map(|finding| (finding.severity, &*finding.code, finding.uid.as_deref()))
        .collect();
    doubts.sort_unstable();
    doubts
}

/// Whether the last draft of a feed still has to be published: it was cut off before anything came of it, or nobody
/// consented in time. A person who published since has decided otherwise.
pub(super) fn is_open(
    draft: &Draft,
    request: Option<&Approval>,
    current: u64,
    now: DateTime<Utc>,
) -> bool {
    let asks = |request: &Approval| {
        request.completed_by.is_none() && request.against == current && request.expires_at <= now
    };
    draft.published_as.is_none() && request.is_none_or(asks)
}
