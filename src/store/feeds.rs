//! How looking at fed timetables goes.

use super::columns::{self, Meaning};
use super::{Error, Failure, FeedState, Store, corrupt, during};
use crate::domain::FleetName;
use chrono::{DateTime, Utc};

#[derive(sqlx::FromRow)]
struct FeedRow {
    source: String,
    feed: String,
    checked_at: Option<i64>,
    failing_since: Option<i64>,
    error: Option<String>,
    refused: i64,
    draft: Option<String>,
}

impl TryFrom<FeedRow> for FeedState {
    type Error = String;

    fn try_from(row: FeedRow) -> Meaning<Self> {
        let since = row.failing_since.map(columns::instant).transpose()?;
        let failure = since.zip(row.error);
        Ok(Self {
            source: row.source,
            feed: row.feed,
            checked_at: row.checked_at.map(columns::instant).transpose()?,
            failure: failure.map(|(since, why)| Failure { since, why, refused: row.refused != 0 }),
            draft: row.draft,
        })
    }
}

impl Store {
    /// How looking goes for every fed source of a fleet that was ever looked at, sorted by source.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn feeds(&self, fleet: &FleetName) -> Result<Vec<FeedState>, Error> {
        const OPERATION: &str = "read how looking at the feeds goes";
        let rows: Vec<FeedRow> = sqlx::query_as(
            "SELECT source, feed, checked_at, failing_since, error, refused, draft FROM feeds WHERE fleet = $1",
        )
        .bind(fleet.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(during(OPERATION))?;
        let states: Meaning<Vec<_>> = rows.into_iter().map(FeedState::try_from).collect();
        let mut states = states.map_err(corrupt(OPERATION))?;
        // Sorted here: the order of text is each database's own.
        states.sort_by(|a, b| a.source.cmp(&b.source));
        Ok(states)
    }

    /// Keeps how looking at a source goes by now.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn save_feed(&self, fleet: &FleetName, state: &FeedState) -> Result<(), Error> {
        let FeedState { source, feed, checked_at, failure, draft } = state;
        let millis = |at: DateTime<Utc>| at.timestamp_millis();
        sqlx::query(
            "INSERT INTO feeds (fleet, source, feed, checked_at, failing_since, error, refused, draft)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (fleet, source) DO UPDATE SET
                 feed = excluded.feed, checked_at = excluded.checked_at,
                 failing_since = excluded.failing_since, error = excluded.error, refused = excluded.refused,
                 draft = excluded.draft",
        )
        .bind(fleet.as_str())
        .bind(source.as_str())
        .bind(feed.as_str())
        .bind(checked_at.map(millis))
        .bind(failure.as_ref().map(|failure| millis(failure.since)))
        .bind(failure.as_ref().map(|failure| failure.why.as_str()))
        .bind(i64::from(failure.as_ref().is_some_and(|failure| failure.refused)))
        .bind(draft.as_deref())
        .execute(&self.pool)
        .await
        .map(drop)
        .map_err(during("keep how looking at a feed goes"))
    }

    /// Forgets a source that is not fed any more.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn forget_feed(&self, fleet: &FleetName, source: &str) -> Result<(), Error> {
        sqlx::query("DELETE FROM feeds WHERE fleet = $1 AND source = $2")
            .bind(fleet.as_str())
            .bind(source)
            .execute(&self.pool)
            .await
            .map(drop)
            .map_err(during("forget a feed"))
    }
}
