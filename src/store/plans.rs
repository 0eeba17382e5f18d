//! Plans as they were made: what was applied is what somebody can still read.

use super::{Error, Store, columns, corrupt, during};
use crate::domain::FleetName;
use chrono::{DateTime, Utc};

/// How many bodies are kept per fleet: months of timetables at a few changes a day. Hashes are kept for ever.
const BODIES: i64 = 200;

/// A plan, apart from its generation.
struct Made<'a> {
    fleet: &'a str,
    hash: &'a str,
    body: &'a str,
    at: i64,
}

impl Store {
    /// The generation of a plan with this hash: the newest one's if the hash is the same, else a new one, kept
    /// with its body.
    ///
    /// # Errors
    /// [`Error::Database`]; also when another writer made this fleet's next generation at the same moment.
    pub async fn generation(
        &self,
        fleet: &FleetName,
        hash: &str,
        body: &str,
        at: DateTime<Utc>,
    ) -> Result<u64, Error> {
        const OPERATION: &str = "keep the plan";
        let made = Made { fleet: fleet.as_str(), hash, body, at: at.timestamp_millis() };
        let generation = self.keep_plan(&made).await.map_err(during(OPERATION))?;
        columns::count("generation", generation).map_err(corrupt(OPERATION))
    }

    async fn keep_plan(&self, made: &Made<'_>) -> Result<i64, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        let newest: Option<(i64, String)> = sqlx::query_as(
            "SELECT generation, hash FROM plans WHERE fleet = $1
             ORDER BY generation DESC LIMIT 1",
        )
        .bind(made.fleet)
        .fetch_optional(&mut *transaction)
        .await?;
        let generation = match newest {
            Some((generation, hash)) if hash == made.hash => return Ok(generation),
            Some((generation, _)) => generation + 1,
            None => 1,
        };
        sqlx::query(
            "INSERT INTO plans (fleet, generation, hash, created_at, body)
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(made.fleet)
        .bind(generation)
        .bind(made.hash)
        .bind(made.at)
        .bind(made.body)
        .execute(&mut *transaction)
        .await?;
        sqlx::query(
            "UPDATE plans SET body = NULL
             WHERE fleet = $1 AND generation <= $2 AND body IS NOT NULL",
        )
        .bind(made.fleet)
        .bind(generation - BODIES)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(generation)
    }

    /// The body of one generation; `None` when there was none, or it is too old to be kept.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn plan_body(
        &self,
        fleet: &FleetName,
        generation: u64,
    ) -> Result<Option<String>, Error> {
        let Ok(generation) = i64::try_from(generation) else { return Ok(None) };
        let body: Option<Option<String>> =
            sqlx::query_scalar("SELECT body FROM plans WHERE fleet = $1 AND generation = $2")
                .bind(fleet.as_str())
                .bind(generation)
                .fetch_optional(&self.pool)
                .await
                .map_err(during("read a plan"))?;
        Ok(body.flatten())
    }
}
