//! What the posture says of each source of timetables, and when a person should know. Pure.

use super::feeds::FeedSpec;
use super::timetable::Standing;
use crate::domain::{
    Finding, Severity, Sitting, SourceKind, SourceStatus, TimetablePosture, utc_minute,
};
use crate::store::FeedState;
use chrono::{DateTime, TimeDelta, Utc};

/// With an exam this near, what may be missing in a timetable may be missing from the plan: the time in which a
/// shrinkage needs a second person, too.
const NEAR: TimeDelta = TimeDelta::hours(72);

/// Every source: what is in force, and what is looked at, sorted by name.
pub(super) fn timetables(
    in_force: &[Standing],
    feeds: &[FeedSpec],
    states: &[FeedState],
) -> Vec<TimetablePosture> {
    let published = in_force.iter().map(|standing| &standing.source);
    let looked_at = states.iter().filter(|state| fed_by(feeds, &state.feed).is_some());
    let configured = feeds.iter().map(|feed| &feed.source);
    let mut sources: Vec<_> =
        published.chain(looked_at.map(|state| &state.source)).chain(configured).collect();
    sources.sort();
    sources.dedup();
    let told = sources.into_iter().filter_map(|source| {
        let standing = in_force.iter().find(|standing| standing.source == *source);
        let state = states.iter().find(|state| state.source == *source);
        let feed = state.and_then(|state| fed_by(feeds, &state.feed));
        let feed = feed.or_else(|| fed_by(feeds, source));
        let silent = standing.is_none() && is_mere_directory(source, feed, states);
        (!silent).then(|| timetable(source, standing, state, feed))
    });
    told.collect()
}

fn fed_by<'a>(feeds: &'a [FeedSpec], name: &str) -> Option<&'a FeedSpec> {
    feeds.iter().find(|feed| feed.source == name)
}

/// A directory has no timetable of its own; it is told only while it cannot be read, or before there is a file in it.
fn is_mere_directory(source: &str, feed: Option<&FeedSpec>, states: &[FeedState]) -> bool {
    let of_it = || states.iter().filter(|state| state.feed == source);
    let fails = of_it().any(|state| state.source == source && state.failure.is_some());
    feed.is_some_and(|feed| feed.kind == SourceKind::Directory && feed.source == source)
        && !fails
        && of_it().any(|state| state.source != source)
}

fn timetable(
    source: &str,
    standing: Option<&Standing>,
    state: Option<&FeedState>,
    feed: Option<&FeedSpec>,
) -> TimetablePosture {
    let state = feed.and(state);
    let failure = state.and_then(|state| state.failure.as_ref());
    TimetablePosture {
        source: source.to_owned(),
        kind: feed.map_or(SourceKind::Upload, |feed| feed.kind),
        revision: standing.map(|standing| standing.number),
        published_at: standing.map(|standing| standing.published_at),
        checked_at: state.and_then(|state| state.checked_at),
        status: match (feed, state, failure) {
            (Some(_), None, _) => SourceStatus::Never,
            (_, _, Some(_)) => SourceStatus::Failing,
            (None, _, None) | (Some(_), Some(_), None) => SourceStatus::Ok,
        },
        error: failure.map(|failure| failure.why.clone()),
    }
}

/// What a person should know of the feeds: content that is not taken at once, looks that fail once they have for long.
pub(super) fn doubts(
    feeds: &[FeedSpec],
    states: &[FeedState],
    sittings: &[Sitting],
    now: DateTime<Utc>,
) -> Vec<Finding> {
    let is_near = |one: &Sitting| now < one.last_deadline() && one.opens_at() - now <= NEAR;
    let near = sittings.iter().any(is_near);
    let severity = if near { Severity::Critical } else { Severity::Warning };
    let told = states.iter().filter_map(|state| {
        let feed = fed_by(feeds, &state.feed)?;
        doubt(feed, state, severity, now)
    });
    told.collect()
}

fn doubt(
    feed: &FeedSpec,
    state: &FeedState,
    severity: Severity,
    now: DateTime<Utc>,
) -> Option<Finding> {
    let FeedState { source, feed: _, checked_at, failure, draft: _ } = state;
    if let Some(failure) = failure.as_ref().filter(|failure| failure.refused) {
        return Some(Finding::new(
            severity,
            "feed_refused",
            format!(
                "Timetable {source}: what is offered since {} is not taken: {}. What was published before stands.",
                utc_minute(failure.since),
                failure.why
            ),
            "Export it again where it comes from, or upload the right file by hand.",
        ));
    }
    // Never a good look: counted from the first that failed.
    let newest = checked_at.or(failure.as_ref().map(|failure| failure.since))?;
    (feed.stale_after < now - newest).then(|| {
        let why = failure.as_ref().map_or("no look has come to its end", |failure| &failure.why);
        Finding::new(
            severity,
            "feed_stale",
            format!(
                "Timetable {source} could not be looked at since {}: {why}. What was published before stands.",
                utc_minute(newest)
            ),
            "Ask whoever provides it; if exams have changed meanwhile, upload the file by hand.",
        )
    })
}
