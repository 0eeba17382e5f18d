//! Publications: immutable, numbered per source, the newest of each in force.

use super::columns::{self, Meaning};
use super::content::{ContentRow, reading_json};
use super::journal::{self, Entry};
use super::{Error, Publication, Published, Revision, Store, corrupt, during};
use crate::domain::{FleetName, hex};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::{Any, AnyConnection, Executor};

#[derive(sqlx::FromRow)]
struct RevisionRow {
    fleet: String,
    source: String,
    number: i64,
    published_at: i64,
    published_by: String,
    #[sqlx(flatten)]
    content: ContentRow,
}

impl TryFrom<RevisionRow> for Revision {
    type Error = String;

    fn try_from(row: RevisionRow) -> Meaning<Self> {
        Ok(Self {
            fleet: columns::fleet(&row.fleet)?,
            source: row.source,
            number: columns::count("number", row.number)?,
            published_at: columns::instant(row.published_at)?,
            published_by: row.published_by,
            content: row.content.try_into()?,
        })
    }
}

const PUBLISH: &str = "publish a timetable";

impl Store {
    /// Publishes `content` as the revision after `current` (0 for the first), in one transaction with its
    /// journal row, and marks the draft.
    ///
    /// # Errors
    /// [`Error::Database`]; [`Error::Corrupt`] for a draft that is not there. Nothing is published then.
    pub async fn publish(&self, publication: &Publication<'_>) -> Result<Published, Error> {
        let mut transaction = self.pool.begin().await.map_err(during(PUBLISH))?;
        // The journal's lock comes first: of two publications at once, the later sees the earlier's number.
        let link = journal::lock(&mut transaction).await.map_err(during(PUBLISH))?;
        let current = newest(&mut *transaction, publication.fleet, publication.source).await;
        let current = current.map_err(during(PUBLISH))?;
        let number = current + 1;
        let current = columns::count("number", current).map_err(corrupt(PUBLISH))?;
        if current != publication.current {
            transaction.rollback().await.map_err(during(PUBLISH))?;
            return Ok(Published::Stale(current));
        }
        insert(&mut transaction, publication, number).await.map_err(during(PUBLISH))?;
        if let Some(draft) = publication.draft {
            mark(&mut transaction, draft, number).await?;
        }
        let body = evidence(publication, number);
        let entry = Entry {
            at: publication.at.timestamp_millis(),
            fleet: publication.fleet.as_str(),
            actor: publication.by,
            kind: "publish",
            body: &body,
        };
        journal::append(&mut transaction, link, &entry).await.map_err(during(PUBLISH))?;
        transaction.commit().await.map_err(during(PUBLISH))?;
        Ok(Published::Done(Box::new(Revision {
            fleet: publication.fleet.clone(),
            source: publication.source.to_owned(),
            number: current + 1,
            published_at: columns::stored(publication.at),
            published_by: publication.by.to_owned(),
            content: publication.content.clone(),
        })))
    }

    /// The newest revision of each source of a fleet, sorted by source.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn in_force(&self, fleet: &FleetName) -> Result<Vec<Revision>, Error> {
        let rows: Vec<RevisionRow> = sqlx::query_as(
            "SELECT fleet, source, number, published_at, published_by, file, sittings, findings, counts,
                    left_out
             FROM revisions AS revision WHERE fleet = $1 AND number =
                 (SELECT MAX(number) FROM revisions
                  WHERE fleet = revision.fleet AND source = revision.source)",
        )
        .bind(fleet.as_str())
        .fetch_all(&self.pool)
        .await
        .map_err(during("read what is in force"))?;
        let revisions: Meaning<Vec<_>> = rows.into_iter().map(Revision::try_from).collect();
        let mut revisions = revisions.map_err(corrupt("read what is in force"))?;
        // Sorted here: the order of text is each database's own.
        revisions.sort_by(|a, b| a.source.cmp(&b.source));
        Ok(revisions)
    }

    /// A number that changes whenever what is in force for a fleet changes: how often it was published.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn in_force_stamp(&self, fleet: &FleetName) -> Result<i64, Error> {
        sqlx::query_scalar("SELECT COUNT(*) FROM revisions WHERE fleet = $1")
            .bind(fleet.as_str())
            .fetch_one(&self.pool)
            .await
            .map_err(during("see whether something was published"))
    }

    /// One revision of a source.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn revision(
        &self,
        fleet: &FleetName,
        source: &str,
        number: u64,
    ) -> Result<Option<Revision>, Error> {
        let Ok(number) = i64::try_from(number) else { return Ok(None) };
        let row: Option<RevisionRow> = sqlx::query_as(
            "SELECT fleet, source, number, published_at, published_by, file, sittings, findings, counts,
                    left_out
             FROM revisions WHERE fleet = $1 AND source = $2 AND number = $3",
        )
        .bind(fleet.as_str())
        .bind(source)
        .bind(number)
        .fetch_optional(&self.pool)
        .await
        .map_err(during("read a revision"))?;
        row.map(Revision::try_from).transpose().map_err(corrupt("read a revision"))
    }

    /// The number of a source's newest revision; 0 without one.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn current_revision(&self, fleet: &FleetName, source: &str) -> Result<u64, Error> {
        let number = newest(&self.pool, fleet, source).await;
        let number = number.map_err(during("read the number of the newest revision"))?;
        columns::count("number", number).map_err(corrupt("read the number of the newest revision"))
    }
}

async fn newest(
    executor: impl Executor<'_, Database = Any>,
    fleet: &FleetName,
    source: &str,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT COALESCE(MAX(number), 0) FROM revisions WHERE fleet = $1 AND source = $2",
    )
    .bind(fleet.as_str())
    .bind(source)
    .fetch_one(executor)
    .await
}

async fn insert(
    connection: &mut AnyConnection,
    publication: &Publication<'_>,
    number: i64,
) -> Result<(), sqlx::Error> {
    let [sittings, findings, counts, left_out] = reading_json(publication.content);
    sqlx::query(
        "INSERT INTO revisions
             (fleet, source, number, published_at, published_by, file, sittings, findings, counts, left_out)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(publication.fleet.as_str())
    .bind(publication.source)
    .bind(number)
    .bind(publication.at.timestamp_millis())
    .bind(publication.by)
    .bind(publication.content.file.as_slice())
    .bind(sittings)
    .bind(findings)
    .bind(counts)
    .bind(left_out)
    .execute(connection)
    .await
    .map(drop)
}

/// Only now is the draft published: an unknown id ends the transaction.
async fn mark(connection: &mut AnyConnection, draft: &str, number: i64) -> Result<(), Error> {
    let marked = sqlx::query("UPDATE drafts SET published_as = $1 WHERE id = $2")
        .bind(number)
        .bind(draft)
        .execute(connection)
        .await
        .map_err(during(PUBLISH))?;
    if marked.rows_affected() == 1 {
        Ok(())
    } else {
        Err(corrupt(PUBLISH)(format!("there is no draft {draft:?}")))
    }
}

/// The body of the journal row: which bytes came into force as what.
fn evidence(publication: &Publication<'_>, number: i64) -> String {
    json!({
        "source": publication.source,
        "revision": number,
        "draft": publication.draft,
        "file_sha256": hex(&Sha256::digest(&publication.content.file)),
        "sittings": publication.content.sittings.len(),
        "findings": publication.content.findings.len(),
    })
    .to_string()
}
