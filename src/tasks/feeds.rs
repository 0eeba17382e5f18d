//! One loop per feed: look, read, judge, publish as an upload would be. It knows no more of the exam day than a
//! registrar does: what it publishes goes through the same guards, and what would be taken away near an exam waits for
//! a person.
//!
//! A look needs no memory: what the feed said last is kept as a draft, and what became of that is in the store. So a
//! restart, a repeated look and the same content with other bytes publish nothing and ask nobody twice.

use super::driver::until;
use super::judge::{Judgement, is_ahead, is_open, judge};
use super::publish::{PublishOutcome, publish_draft};
use crate::domain::{Clock, FleetName, Severity, SourceKind, counted, worst};
use crate::feeds::{Found, Look, Offer};
use crate::report::Chain;
use crate::store::{Content, Draft, Error, Failure, FeedState, Store};
use crate::timetable::{self, Encoding, Roster, Settings, SettingsNow};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

/// A file that was being written is looked at again after this: longer than a file needs to settle.
const SOON: TimeDelta = TimeDelta::seconds(15);
/// Why a timetable that has not changed is not taken as looked at.
const NO_LIST: &str = "the list of candidates beside it cannot be read, as `invigilator check` tells; \
    what was read with the list as it was stands";

/// A feed as its fleet knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSpec {
    /// The source that it feeds; for a directory, what the names of its sources begin with.
    pub source: String,
    /// What is watched.
    pub kind: SourceKind,
    /// Looks may fail for this long before a person is told.
    pub stale_after: TimeDelta,
}

/// One feed and its doors.
pub struct Feed {
    /// Whose exams it tells.
    pub fleet: FleetName,
    /// How its fleet knows it.
    pub spec: FeedSpec,
    /// Our own state.
    pub store: Store,
    /// How its timetables are read.
    pub timetable: SettingsNow,
    /// Tells the fleet's loop to pass now.
    pub wake: Arc<Notify>,
}

/// A feed that looks.
pub struct FeedLoop {
    feed: Feed,
    door: Box<dyn Look>,
    /// The list of candidates that everything kept by the door was read with; `None` before the first look, and where
    /// one could not be read.
    roster: Option<Roster>,
}

/// What a look came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Looked {
    /// Whether something was being written, so that the next look should be soon.
    pub soon: bool,
}

/// Looks every `every`, until `stop`. It has no heartbeat: a feed that hangs must not end the process that holds a
/// fleet. The age of its latest good look tells it.
pub async fn drive_feed(
    mut feed: FeedLoop,
    clock: Arc<dyn Clock>,
    every: TimeDelta,
    stop: CancellationToken,
) {
    // Cut at any point it is whole again with the next look: what is open is published then.
    while let Some(Looked { soon }) = stop.run_until_cancelled(feed.look(&*clock)).await {
        let due = clock.now() + if soon { SOON } else { every };
        tokio::select! {
            () = stop.cancelled() => {}
            () = until(&*clock, due, || {}) => {}
        }
    }
}

impl FeedLoop {
    /// A feed behind its door.
    pub fn new(feed: Feed, door: Box<dyn Look>) -> Self {
        Self { feed, door, roster: None }
    }

    /// One look. A simulated clock runs on while bytes are fetched and read, and stands while they are published.
    pub async fn look(&mut self, clock: &dyn Clock) -> Looked {
        let settings = match self.feed.settings().await {
            Ok(settings) => settings,
            Err(why) => {
                let source = &self.feed.spec.source;
                if let Err(error) = self.feed.fails(source, why, false, clock.now()).await {
                    self.feed.store_failed(source, &error);
                }
                return Looked { soon: false };
            }
        };
        self.reread(&settings.rules.roster);
        let offers = self.door.look().await;
        let whole_failed = match &offers[..] {
            [Offer { part: None, found: Found::Failed(why), .. }] => Some(why.clone()),
            _ => None,
        };
        let mut looked = Looked { soon: false };
        let mut seen = BTreeSet::from([self.feed.spec.source.clone()]);
        for offer in offers {
            let part = offer.part.clone();
            let source = self.feed.source(part.as_deref());
            looked.soon |= offer.found == Found::Settling;
            match self.feed.take(&source, offer, &settings, clock).await {
                Ok(true) => self.door.keep(part.as_deref()),
                Ok(false) => {}
                Err(error) => self.feed.store_failed(&source, &error),
            }
            seen.insert(source);
        }
        if let Err(error) = self.feed.missing(&seen, whole_failed, clock.now()).await {
            self.feed.store_failed(&self.feed.spec.source, &error);
        }
        looked
    }

    /// A corrected list changes exams of which the timetable itself says nothing new. One that cannot be read is no
    /// correction: with it, exams would be read smaller than they were.
    fn reread(&mut self, roster: &Roster) {
        let readable = is_readable(roster).then(|| roster.clone());
        if readable.is_some() && self.roster != readable {
            self.door.forget();
        }
        self.roster = readable;
    }
}

/// Whether a list of candidates, where there is one, could be read.
fn is_readable(roster: &Roster) -> bool {
    worst(roster.findings()) != Some(Severity::Critical)
}

/// Reads a file off the event loop. Whatever a hostile one does to the reader, it is told as its fault.
async fn read(
    bytes: Vec<u8>,
    media_type: Option<&str>,
    settings: &Settings,
) -> Result<Content, String> {
    let encoding = media_type.map_or(Encoding::Utf8, Encoding::declared);
    let settings = Settings { encoding, ..settings.clone() };
    let read = tokio::task::spawn_blocking(move || {
        let reading = timetable::read(&bytes, &settings);
        reading.map(|reading| Content::of(bytes, reading))
    });
    match read.await {
        Ok(content) => content.map_err(|error| error.to_string()),
        Err(error) => Err(format!("it could not be read through: {error}")),
    }
}

impl Feed {
    /// The source of one file of a directory, or of the one timetable there is.
    fn source(&self, part: Option<&str>) -> String {
        let Self { spec: FeedSpec { source, .. }, .. } = self;
        part.map_or_else(|| source.clone(), |part| format!("{source}-{part}"))
    }

    /// Who publishes, in the journal and before a second person.
    fn actor(&self) -> String {
        format!("feed:{}", self.spec.source)
    }

    /// Deals with what was found; `true` when the same need not be dealt with again.
    async fn take(
        &self,
        source: &str,
        offer: Offer,
        settings: &Settings,
        clock: &dyn Clock,
    ) -> Result<bool, Error> {
        let content = match offer.found {
            Found::Settling => return Ok(false),
            Found::Failed(why) => {
                return self.fails(source, why, false, clock.now()).await.map(|()| false);
            }
            Found::Unchanged if !is_readable(&settings.rules.roster) => {
                return self
                    .fails(source, NO_LIST.to_owned(), false, clock.now())
                    .await
                    .map(|()| false);
            }
            Found::Unchanged => None,
            Found::Fresh(bytes) => match read(bytes, offer.media_type.as_deref(), settings).await {
                Ok(content) => Some(content),
                Err(why) => {
                    return self.fails(source, why, true, clock.now()).await.map(|()| false);
                }
            },
        };
        let _still = clock.pause();
        let now = clock.now();
        let mut state = self.state(source).await?;
        let last = match &state.draft {
            Some(id) => self.store.draft(id).await?,
            None => None,
        };
        let current = self.store.current_revision(&self.fleet, source).await?;
        let in_force = self.store.revision(&self.fleet, source, current).await?;
        let sittings = in_force.as_ref().map(|revision| &revision.content.sittings[..]);
        let said = last.as_ref().map(|draft| &draft.content);
        let judgement = content.map(|content| (judge(&content, sittings, said, now), content));
        let settled = match judgement {
            Some((Judgement::Refused(why), _)) => {
                return self.fails(source, why, true, now).await.map(|()| false);
            }
            Some((Judgement::Idle, _)) => true,
            Some((Judgement::New, content)) => {
                self.publish_new(&mut state, &content, current, now).await?
            }
            None | Some((Judgement::Same, _)) => self.resume(last, current, now).await?,
        };
        self.succeeds(state, now).await?;
        Ok(settled)
    }

    /// How timetables are read now. It may read a list of candidates, so it is asked off the event loop.
    async fn settings(&self) -> Result<Settings, String> {
        let now = Arc::clone(&self.timetable);
        let settings = tokio::task::spawn_blocking(move || now()).await;
        settings
            .map_err(|error| format!("its list of candidates could not be read through: {error}"))
    }

    /// Publishes something new. That it was said is kept before anything comes of it: cut off in between, it is
    /// published with the next look, and not said twice.
    async fn publish_new(
        &self,
        state: &mut FeedState,
        content: &Content,
        current: u64,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let (actor, source) = (self.actor(), state.source.as_str());
        let draft = self.store.create_draft(&self.fleet, source, &actor, now, content).await?;
        state.draft = Some(draft.id.clone());
        self.store.save_feed(&self.fleet, state).await?;
        self.publish(&draft, current, now).await
    }

    /// Publishes what the feed said last, where that is still open.
    async fn resume(
        &self,
        last: Option<Draft>,
        current: u64,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let Some(draft) = last else { return Ok(true) };
        let request = self.store.approval_of(&draft.id).await?;
        if is_open(&draft, request.as_ref(), current, now) {
            self.publish(&draft, current, now).await
        } else {
            Ok(true)
        }
    }

    /// As a person's publication: growth at once, the union and a request where something would be taken away.
    async fn publish(
        &self,
        draft: &Draft,
        current: u64,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let Self { fleet, store, wake, .. } = self;
        let source = &draft.source;
        match publish_draft(store, draft, current, &self.actor(), now).await? {
            PublishOutcome::Published(revision) => {
                let (number, count) = (revision.number, revision.content.sittings.len());
                info!(fleet.name = %fleet, timetable.source = %source, "{fleet}: {source} revision {number} with {}", counted(count.to_string(), "exam"));
            }
            PublishOutcome::SecondPerson { approval, .. } => {
                let id = &approval.id;
                warn!(fleet.name = %fleet, timetable.source = %source, "{fleet}: {source} waits for a second person, request {id}");
            }
            PublishOutcome::Stale(_) => return Ok(false),
        }
        wake.notify_one();
        Ok(true)
    }

    /// Sources whose file is not there any more: what was published last stands. Once no exam of it is left, there is
    /// nothing to look for.
    async fn missing(
        &self,
        seen: &BTreeSet<String>,
        whole_failed: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let states = self.store.feeds(&self.fleet).await?;
        let is_missing =
            |state: &FeedState| state.feed == self.spec.source && !seen.contains(&state.source);
        let missing: Vec<_> = states.into_iter().filter(is_missing).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let in_force = self.store.in_force(&self.fleet).await?;
        for FeedState { source, feed: _, checked_at: _, failure: _, draft: _ } in missing {
            let revision = in_force.iter().find(|revision| revision.source == source);
            let ahead = revision.is_some_and(|one| is_ahead(&one.content.sittings, now));
            match &whole_failed {
                None if !ahead => self.store.forget_feed(&self.fleet, &source).await?,
                None => {
                    let why = "its file is not in the directory any more".to_owned();
                    self.fails(&source, why, false, now).await?;
                }
                Some(why) => self.fails(&source, why.clone(), false, now).await?,
            }
        }
        Ok(())
    }

    async fn succeeds(&self, state: FeedState, now: DateTime<Utc>) -> Result<(), Error> {
        if state.failure.is_some() {
            let source = &state.source;
            info!(fleet.name = %self.fleet, timetable.source = %source, "{}: {source} can be read again", self.fleet);
        }
        let state = FeedState { checked_at: Some(now), failure: None, ..state };
        self.store.save_feed(&self.fleet, &state).await
    }

    async fn fails(
        &self,
        source: &str,
        why: String,
        refused: bool,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let before = self.state(source).await?;
        let told = before.failure.as_ref();
        if told.is_none_or(|failure| failure.why != why) {
            warn!(fleet.name = %self.fleet, timetable.source = %source, "{}: {source} is not taken: {why}", self.fleet);
        }
        // Looks that fail count from the first of them, whatever each died of; a refusal speaks of one content.
        let lasts = |failure: &&Failure| !refused || (failure.refused && failure.why == why);
        let since = told.filter(lasts).map_or(now, |failure| failure.since);
        let state = FeedState { failure: Some(Failure { since, why, refused }), ..before };
        self.store.save_feed(&self.fleet, &state).await
    }

    /// How looking at a source goes so far.
    async fn state(&self, source: &str) -> Result<FeedState, Error> {
        let states = self.store.feeds(&self.fleet).await?;
        let known = states.into_iter().find(|state| state.source == source);
        let feed = self.spec.source.clone();
        Ok(known.map_or_else(
            || FeedState {
                source: source.to_owned(),
                feed: feed.clone(),
                checked_at: None,
                failure: None,
                draft: None,
            },
            |known| FeedState { feed: feed.clone(), ..known },
        ))
    }

    /// The next look is the retry; the fleet's own pass tells a store that cannot be used in the posture.
    fn store_failed(&self, source: &str, error: &Error) {
        let fleet = &self.fleet;
        error!(fleet.name = %fleet, timetable.source = %source, error = %Chain(error), "failed to keep what {source} says");
    }
}
