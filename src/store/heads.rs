//! Lists of revisions, without their files.

use super::columns::{self, Meaning};
use super::content::counts;
use super::{Error, RevisionHead, Store, corrupt, during};
use crate::domain::FleetName;

#[derive(sqlx::FromRow)]
struct HeadRow {
    source: String,
    number: i64,
    published_at: i64,
    published_by: String,
    file_bytes: i64,
    counts: String,
}

impl TryFrom<HeadRow> for RevisionHead {
    type Error = String;

    fn try_from(row: HeadRow) -> Meaning<Self> {
        Ok(Self {
            source: row.source,
            number: columns::count("number", row.number)?,
            published_at: columns::instant(row.published_at)?,
            published_by: row.published_by,
            file_bytes: columns::count("file_bytes", row.file_bytes)?,
            counts: counts(&row.counts)?,
        })
    }
}

const LIST: &str = "list revisions";

impl Store {
    /// The revisions of a source, newest first: those numbered below `before`, at most `most` of them.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn revisions(
        &self,
        fleet: &FleetName,
        source: &str,
        before: u64,
        most: u32,
    ) -> Result<Vec<RevisionHead>, Error> {
        let rows: Vec<HeadRow> = sqlx::query_as(
            "SELECT source, number, published_at, published_by,
                 CAST(LENGTH(file) AS BIGINT) AS file_bytes, counts
             FROM revisions WHERE fleet = $1 AND source = $2 AND number < $3
             ORDER BY number DESC LIMIT $4",
        )
        .bind(fleet.as_str())
        .bind(source)
        // Numbers are no larger than the database's own.
        .bind(i64::try_from(before).unwrap_or(i64::MAX))
        .bind(i64::from(most))
        .fetch_all(&self.pool)
        .await
        .map_err(during(LIST))?;
        heads(rows)
    }

    /// The newest revision of each source of a fleet, sorted by source.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn sources(&self, fleet: &FleetName) -> Result<Vec<RevisionHead>, Error> {
        let rows: Vec<HeadRow> = sqlx::query_as(
            "SELECT source, number, published_at, published_by,
                 CAST(LENGTH(file) AS BIGINT) AS file_bytes, counts
             FROM revisions AS revision WHERE fleet = $1 AND number =
                 (SELECT MAX(number) FROM revisions
                  WHERE fleet = revision.fleet AND source = revision.source)",
        )
        .bind(fleet.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(during(LIST))?;
        let mut sources = heads(rows)?;
        // Sorted here: the order of text is each database's own.
        sources.sort_by(|a, b| a.source.cmp(&b.source));
        Ok(sources)
    }
}

fn heads(rows: Vec<HeadRow>) -> Result<Vec<RevisionHead>, Error> {
    let heads: Meaning<Vec<_>> = rows.into_iter().map(RevisionHead::try_from).collect();
    heads.map_err(corrupt(LIST))
}
