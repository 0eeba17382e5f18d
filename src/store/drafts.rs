//! Uploads that are not in force.

use super::columns::{self, Meaning};
use super::content::{ContentRow, reading_json};
use super::{Content, Draft, Error, Store, corrupt, draw_id, during};
use crate::domain::FleetName;
use chrono::{DateTime, Utc};

#[derive(sqlx::FromRow)]
struct DraftRow {
    id: String,
    fleet: String,
    source: String,
    created_at: i64,
    created_by: String,
    published_as: Option<i64>,
    #[sqlx(flatten)]
    content: ContentRow,
}

impl TryFrom<DraftRow> for Draft {
    type Error = String;

    fn try_from(row: DraftRow) -> Meaning<Self> {
        let published_as = row.published_as.map(|number| columns::count("published_as", number));
        Ok(Self {
            id: row.id,
            fleet: columns::fleet(&row.fleet)?,
            source: row.source,
            created_at: columns::instant(row.created_at)?,
            created_by: row.created_by,
            published_as: published_as.transpose()?,
            content: row.content.try_into()?,
        })
    }
}

impl Store {
    /// Keeps an upload as a draft and gives it an id.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn create_draft(
        &self,
        fleet: &FleetName,
        source: &str,
        by: &str,
        at: DateTime<Utc>,
        content: &Content,
    ) -> Result<Draft, Error> {
        let id = draw_id()?;
        let [sittings, findings, counts, left_out] = reading_json(content);
        sqlx::query(
            "INSERT INTO drafts (id, fleet, source, created_at, created_by, file, sittings, findings, counts,
                                 left_out)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(id.as_str())
        .bind(fleet.as_str())
        .bind(source)
        .bind(at.timestamp_millis())
        .bind(by)
        .bind(content.file.as_slice())
        .bind(sittings)
        .bind(findings)
        .bind(counts)
        .bind(left_out)
        .execute(&self.pool)
        .await
        .map_err(during("keep a draft"))?;
        Ok(Draft {
            id,
            fleet: fleet.clone(),
            source: source.to_owned(),
            created_at: columns::stored(at),
            created_by: by.to_owned(),
            published_as: None,
            content: content.clone(),
        })
    }

    /// A draft by id.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn draft(&self, id: &str) -> Result<Option<Draft>, Error> {
        let row: Option<DraftRow> = sqlx::query_as(
            "SELECT id, fleet, source, created_at, created_by, published_as, file, sittings, findings, counts,
                    left_out
             FROM drafts WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await
        .map_err(during("read a draft"))?;
        row.map(Draft::try_from).transpose().map_err(corrupt("read a draft"))
    }
}
