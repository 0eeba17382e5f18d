//! Requests that wait for a second person.

use super::columns::{self, Meaning};
use super::{Approval, Draft, Error, Store, corrupt, draw_id, during};
use crate::domain::FleetName;
use chrono::{DateTime, Utc};

#[derive(sqlx::FromRow)]
struct ApprovalRow {
    id: String,
    fleet: String,
    source: String,
    draft: String,
    against: i64,
    requested_by: String,
    requested_at: i64,
    expires_at: i64,
    completed_by: Option<String>,
}

impl TryFrom<ApprovalRow> for Approval {
    type Error = String;

    fn try_from(row: ApprovalRow) -> Meaning<Self> {
        Ok(Self {
            id: row.id,
            fleet: columns::fleet(&row.fleet)?,
            source: row.source,
            draft: row.draft,
            against: columns::count("against", row.against)?,
            requested_by: row.requested_by,
            requested_at: columns::instant(row.requested_at)?,
            expires_at: columns::instant(row.expires_at)?,
            completed_by: row.completed_by,
        })
    }
}

impl Store {
    /// Keeps a request for a second person.
    ///
    /// # Errors
    /// [`Error::Database`]; [`Error::Corrupt`] for a revision beyond what the database counts to.
    pub async fn request_approval(
        &self,
        draft: &Draft,
        against: u64,
        by: &str,
        at: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<Approval, Error> {
        const OPERATION: &str = "keep a request for a second person";
        let id = draw_id()?;
        let revision = i64::try_from(against)
            .map_err(|_| corrupt(OPERATION)(format!("there is no revision {against}")))?;
        sqlx::query(
            "INSERT INTO approvals (id, fleet, source, draft, against, requested_by, requested_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(id.as_str())
        .bind(draft.fleet.as_str())
        .bind(draft.source.as_str())
        .bind(draft.id.as_str())
        .bind(revision)
        .bind(by)
        .bind(at.timestamp_millis())
        .bind(expires_at.timestamp_millis())
        .execute(&self.pool)
        .await
        .map_err(during(OPERATION))?;
        Ok(Approval {
            id,
            fleet: draft.fleet.clone(),
            source: draft.source.clone(),
            draft: draft.id.clone(),
            against,
            requested_by: by.to_owned(),
            requested_at: columns::stored(at),
            expires_at: columns::stored(expires_at),
            completed_by: None,
        })
    }

    /// A request by id.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn approval(&self, id: &str) -> Result<Option<Approval>, Error> {
        let row: Option<ApprovalRow> = sqlx::query_as(
            "SELECT id, fleet, source, draft, against, requested_by, requested_at, expires_at, completed_by
             FROM approvals WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .map_err(during("read a request for a second person"))?;
        row.map(Approval::try_from)
            .transpose()
            .map_err(corrupt("read a request for a second person"))
    }

    /// The newest request for a draft.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn approval_of(&self, draft: &str) -> Result<Option<Approval>, Error> {
        let row: Option<ApprovalRow> = sqlx::query_as(
            "SELECT id, fleet, source, draft, against, requested_by, requested_at, expires_at, completed_by
             FROM approvals WHERE draft = $1 ORDER BY against DESC LIMIT 1",
        )
        .bind(draft)
        .fetch_optional(&self.pool)
        .await
        .map_err(during("read the request for a draft"))?;
        row.map(Approval::try_from).transpose().map_err(corrupt("read the request for a draft"))
    }

    /// The requests of a fleet that wait and could still be completed: not lapsed, and nothing published since.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn waiting(
        &self,
        fleet: &FleetName,
        now: DateTime<Utc>,
    ) -> Result<Vec<Approval>, Error> {
        const OPERATION: &str = "read what waits for a second person";
        let rows: Vec<ApprovalRow> = sqlx::query_as(
            "SELECT id, fleet, source, draft, against, requested_by, requested_at, expires_at, completed_by
             FROM approvals
             WHERE fleet = $1 AND completed_by IS NULL AND $2 < expires_at AND against = (
                 SELECT MAX(number) FROM revisions
                 WHERE revisions.fleet = approvals.fleet AND revisions.source = approvals.source)
             ORDER BY requested_at, id",
        )
        .bind(fleet.as_str())
        .bind(now.timestamp_millis())
        .fetch_all(&self.pool)
        .await
        .map_err(during(OPERATION))?;
        rows.into_iter()
            .map(Approval::try_from)
            .collect::<Result<_, _>>()
            .map_err(corrupt(OPERATION))
    }

    /// Marks a request completed; `false` when somebody already did, when it has lapsed, or without one.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn complete_approval(
        &self,
        id: &str,
        by: &str,
        at: DateTime<Utc>,
    ) -> Result<bool, Error> {
        let completed = sqlx::query(
            "UPDATE approvals SET completed_by = $1, completed_at = $2
             WHERE id = $3 AND completed_by IS NULL AND $2 < expires_at",
        )
        .bind(by)
        .bind(at.timestamp_millis())
        .bind(id)
        .execute(&self.pool)
        .await
        .map_err(during("complete a request for a second person"))?;
        Ok(completed.rows_affected() == 1)
    }
}
