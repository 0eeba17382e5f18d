//! What was meant, done and decided: append-only, each row chained to the one before by its hash.
//!
//! The hash is SHA-256, in hexadecimal, over the JSON array
//! `[previous hash, sequence, at in ms, fleet, actor, kind, body]` without spaces; the previous hash of the first row
//! is empty. Anybody can check it with the standard tools.

use super::columns::{self, Meaning};
use super::{Error, JournalRow, Store, corrupt, during};
use crate::domain::{FleetName, hex};
use chrono::{DateTime, Utc};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use sqlx::AnyConnection;

/// Rows read at once when the chain is verified.
const PAGE: i64 = 1_000;

/// What a row says, apart from its place in the chain.
pub(super) struct Entry<'a> {
    pub(super) at: i64,
    pub(super) fleet: &'a str,
    pub(super) actor: &'a str,
    pub(super) kind: &'a str,
    pub(super) body: &'a str,
}

/// The place of the next row.
#[derive(sqlx::FromRow)]
pub(super) struct Link {
    sequence: i64,
    /// The previous row's hash; empty before the first.
    hash: String,
}

impl Link {
    /// The hash of `entry` at this place.
    fn seal(&self, entry: &Entry<'_>) -> String {
        let Entry { at, fleet, actor, kind, body } = entry;
        let covered = json!([self.hash, self.sequence, at, fleet, actor, kind, body]);
        hex(&Sha256::digest(covered.to_string()))
    }
}

#[derive(sqlx::FromRow)]
struct Row {
    sequence: i64,
    at: i64,
    fleet: String,
    actor: String,
    kind: String,
    body: String,
    hash: String,
}

impl Row {
    /// Whether it stands at `link`, and its hash covers what it says.
    fn fits(&self, link: &Link) -> bool {
        let Self { sequence, at, fleet, actor, kind, body, hash } = self;
        let entry = Entry { at: *at, fleet, actor, kind, body };
        *sequence == link.sequence && *hash == link.seal(&entry)
    }
}

impl TryFrom<Row> for JournalRow {
    type Error = String;

    fn try_from(row: Row) -> Meaning<Self> {
        Ok(Self {
            sequence: row.sequence,
            at: columns::instant(row.at)?,
            fleet: columns::fleet(&row.fleet)?,
            actor: row.actor,
            kind: row.kind,
            body: row.body,
            hash: row.hash,
        })
    }
}

/// Takes the next place. Whoever holds it keeps other appends waiting until the transaction ends; a transaction
/// that does not come to its end gives the place back.
pub(super) async fn lock(connection: &mut AnyConnection) -> Result<Link, sqlx::Error> {
    sqlx::query_as(
        "UPDATE journal_head SET sequence = sequence + 1 WHERE id = 1 RETURNING sequence, hash",
    )
    .fetch_one(connection)
    .await
}

/// Writes `entry` at the place taken.
pub(super) async fn append(
    connection: &mut AnyConnection,
    link: Link,
    entry: &Entry<'_>,
) -> Result<i64, sqlx::Error> {
    let hash = link.seal(entry);
    sqlx::query(
        "INSERT INTO journal (sequence, at, fleet, actor, kind, body, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(link.sequence)
    .bind(entry.at)
    .bind(entry.fleet)
    .bind(entry.actor)
    .bind(entry.kind)
    .bind(entry.body)
    .bind(hash.as_str())
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE journal_head SET hash = $1 WHERE id = 1")
        .bind(hash)
        .execute(connection)
        .await?;
    Ok(link.sequence)
}

impl Store {
    /// Appends a row to the journal and returns its sequence.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn journal(
        &self,
        fleet: &FleetName,
        actor: &str,
        kind: &str,
        body: &str,
        at: DateTime<Utc>,
    ) -> Result<i64, Error> {
        let entry = Entry { at: at.timestamp_millis(), fleet: fleet.as_str(), actor, kind, body };
        self.append(&entry).await.map_err(during("write the journal"))
    }

    async fn append(&self, entry: &Entry<'_>) -> Result<i64, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let link = lock(&mut transaction).await?;
        let sequence = append(&mut transaction, link, entry).await?;
        transaction.commit().await?;
        Ok(sequence)
    }

    /// The newest rows of the journal, newest first.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn journal_tail(&self, limit: u32) -> Result<Vec<JournalRow>, Error> {
        let rows: Vec<Row> = sqlx::query_as(
            "SELECT sequence, at, fleet, actor, kind, body, hash FROM journal
             ORDER BY sequence DESC LIMIT $1",
        )
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await
        .map_err(during("read the journal"))?;
        let rows: Meaning<_> = rows.into_iter().map(JournalRow::try_from).collect();
        rows.map_err(corrupt("read the journal"))
    }

    /// Checks every hash from the first row on: `None` when the journal is whole, else the first sequence that
    /// was changed, taken out, or cut off at the end. Who can rewrite the whole database can rewrite the whole
    /// chain: a hash kept elsewhere proves what the chain alone cannot.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn journal_verify(&self) -> Result<Option<i64>, Error> {
        self.first_misfit().await.map_err(during("verify the journal"))
    }

    async fn first_misfit(&self) -> Result<Option<i64>, sqlx::Error> {
        // Read before the rows: what is appended meanwhile stands behind it.
        let head: Link = sqlx::query_as("SELECT sequence, hash FROM journal_head WHERE id = 1")
            .fetch_one(&self.pool)
            .await?;
        let mut link = Link { sequence: 1, hash: String::new() };
        loop {
            let rows = self.rows_from(link.sequence, head.sequence).await?;
            if rows.is_empty() {
                let whole = link.sequence == head.sequence + 1 && link.hash == head.hash;
                return Ok((!whole).then_some(link.sequence));
            }
            for row in rows {
                if !row.fits(&link) {
                    return Ok(Some(link.sequence));
                }
                link = Link { sequence: row.sequence + 1, hash: row.hash };
            }
        }
    }

    async fn rows_from(&self, first: i64, last: i64) -> Result<Vec<Row>, sqlx::Error> {
        sqlx::query_as(
            "SELECT sequence, at, fleet, actor, kind, body, hash FROM journal
             WHERE $1 <= sequence AND sequence <= $2 ORDER BY sequence LIMIT $3",
        )
        .bind(first)
        .bind(last)
        .bind(PAGE)
        .fetch_all(&self.pool)
        .await
    }
}
