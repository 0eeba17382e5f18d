//! Different exams that a file gives one identity.

use super::event::{End, Event};
use super::times::Written;
use std::collections::HashMap;

/// An event is held against so many before it, and of those against so many versions: a file may give all of its events
/// one UID. They are sorted by title, so its versions are near.
const NEAR: usize = 8;

/// Events without a UID that have the same title and start are different exams, perhaps in two rooms.
pub(super) fn tell_nameless_apart(events: &mut [Event]) {
    let mut seen: HashMap<String, u32> = HashMap::new();
    for event in events.iter_mut().filter(|event| event.nameless && event.recurrence_id.is_none()) {
        let before = seen.entry(event.uid.clone()).or_default();
        *before += 1;
        if 1 < *before {
            event.uid.push_str(&format!("/{before}"));
        }
    }
}

/// The versions of the first exam among `masters`, which share a UID, and other exams that wear it too, each under a
/// UID of its own.
///
/// RFC 5545 knows one event to a UID; some producers give one to all exams of a course. Versions are told by SEQUENCE
/// and then by DTSTAMP (RFC 5546 section 2.1.5), and an exam that is moved must have a higher SEQUENCE (RFC 5545 section
/// 3.8.7.4). Another title at another time and the same SEQUENCE is another exam, and so is any difference at the same
/// moment of writing.
pub(super) fn apart(
    mut masters: Vec<Event>,
    is_called_off: impl Fn(&Event) -> bool,
) -> (Vec<Event>, Vec<Vec<Event>>) {
    // By what they say, so that the order of a file does not show in a UID.
    masters.sort_by(|one, other| {
        let said = |event: &Event| {
            (event.start.as_ref().map(|start| start.written), event.cohort.candidates, event.line)
        };
        one.title.cmp(&other.title).then(said(one).cmp(&said(other)))
    });
    let mut exams: Vec<Vec<Event>> = Vec::new();
    for event in masters {
        let is_version = |versions: &&mut Vec<Event>| {
            let near = versions.iter().rev().take(NEAR);
            !near.into_iter().any(|other| differ(other, &event, &is_called_off))
        };
        let own = exams.iter_mut().rev().take(NEAR).find(is_version);
        match own {
            Some(versions) => versions.push(event),
            None => exams.push(vec![event]),
        }
    }
    let mut exams = exams.into_iter();
    let first = exams.next().unwrap_or_default();
    let mut others: Vec<_> = exams.collect();
    for (number, versions) in (2..).zip(&mut others) {
        versions.iter_mut().for_each(|event| event.uid.push_str(&format!("/{number}")));
    }
    (first, others)
}

/// Whether two events cannot be versions of one exam.
fn differ(one: &Event, other: &Event, is_called_off: impl Fn(&Event) -> bool) -> bool {
    let written = |event: &Event| {
        let start = event.start.as_ref().map(|start| (start.written, start.tzid));
        start.filter(|(written, _)| !matches!(written, Written::Date(_)))
    };
    let (Some(start), Some(others)) = (written(one), written(other)) else { return false };
    if one.version.0 != other.version.0 {
        return false;
    }
    let (title, start) = (one.title != other.title, start != others);
    if is_called_off(one) || is_called_off(other) {
        // "Cancelled: Law" cancels Law.
        return title && start;
    }
    // Nothing says which of two that were written at the same moment is newer.
    let unlike = one.version == other.version
        && (title
            || start
            || !same_end(&one.end, &other.end)
            || one.cohort != other.cohort
            || one.rules != other.rules);
    title && start || unlike
}

/// Whether two ends are written alike, wherever they stand.
fn same_end(one: &End, other: &End) -> bool {
    match (one, other) {
        (End::At(one), End::At(other)) => (one.written, one.tzid) == (other.written, other.tzid),
        (End::After(one), End::After(other)) => one == other,
        (End::Unreadable | End::Missing, End::Unreadable | End::Missing) => true,
        (End::At(_) | End::After(_) | End::Unreadable | End::Missing, _) => false,
    }
}
