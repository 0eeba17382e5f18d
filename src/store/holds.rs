//! The hold of a fleet: what a restart must not forget.

use super::columns::{self, Meaning};
use super::{Error, Store, corrupt, during};
use crate::domain::{FleetName, Hold, HoldPhase, Nodes};

#[derive(sqlx::FromRow)]
struct HoldRow {
    sittings: String,
    floor: i64,
    since: i64,
    release_at: i64,
    hard_end: i64,
    phase: String,
    suspended: String,
}

impl TryFrom<HoldRow> for Hold {
    type Error = String;

    fn try_from(row: HoldRow) -> Meaning<Self> {
        Ok(Self {
            sittings: columns::keys(&row.sittings)?,
            floor: Nodes::new(columns::count("floor", row.floor)?),
            since: columns::instant(row.since)?,
            release_at: columns::instant(row.release_at)?,
            hard_end: columns::instant(row.hard_end)?,
            phase: phase(&row.phase)?,
            suspended: columns::processes(&row.suspended)?,
        })
    }
}

const fn phase_name(phase: HoldPhase) -> &'static str {
    match phase {
        HoldPhase::On => "on",
        HoldPhase::Releasing => "releasing",
    }
}

fn phase(name: &str) -> Meaning<HoldPhase> {
    [HoldPhase::On, HoldPhase::Releasing]
        .into_iter()
        .find(|phase| phase_name(*phase) == name)
        .ok_or_else(|| format!("a hold is on or releasing, not {name:?}"))
}

impl Store {
    /// The hold of a fleet, if one is on.
    ///
    /// # Errors
    /// [`Error::Database`], [`Error::Corrupt`].
    pub async fn hold(&self, fleet: &FleetName) -> Result<Option<Hold>, Error> {
        let row: Option<HoldRow> = sqlx::query_as(
            "SELECT sittings, floor, since, release_at, hard_end, phase, suspended
             FROM holds WHERE fleet = $1",
        )
        .bind(fleet.as_str())
        .fetch_optional(&self.pool)
        .await
        .map_err(during("read the hold"))?;
        row.map(Hold::try_from).transpose().map_err(corrupt("read the hold"))
    }

    /// Replaces the hold of a fleet; `None` ends it.
    ///
    /// # Errors
    /// [`Error::Database`].
    pub async fn save_hold(&self, fleet: &FleetName, hold: Option<&Hold>) -> Result<(), Error> {
        let saved = match hold {
            Some(hold) => self.replace_hold(fleet, hold).await,
            None => self.delete_hold(fleet).await,
        };
        saved.map_err(during("keep the hold"))
    }

    async fn replace_hold(&self, fleet: &FleetName, hold: &Hold) -> Result<(), sqlx::Error> {
        sqlx::query(
            "INSERT INTO holds (fleet, sittings, floor, since, release_at, hard_end, phase, suspended)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
             ON CONFLICT (fleet) DO UPDATE SET
                 sittings = excluded.sittings, floor = excluded.floor, since = excluded.since,
                 release_at = excluded.release_at, hard_end = excluded.hard_end,
                 phase = excluded.phase, suspended = excluded.suspended",
        )
        .bind(fleet.as_str())
        .bind(columns::keys_json(&hold.sittings))
        .bind(i64::from(hold.floor.get()))
        .bind(hold.since.timestamp_millis())
        .bind(hold.release_at.timestamp_millis())
        .bind(hold.hard_end.timestamp_millis())
        .bind(phase_name(hold.phase))
        .bind(columns::processes_json(&hold.suspended))
        .execute(&self.pool)
        .await
        .map(drop)
    }

    async fn delete_hold(&self, fleet: &FleetName) -> Result<(), sqlx::Error> {
        sqlx::query("DELETE FROM holds WHERE fleet = $1")
            .bind(fleet.as_str())
            .execute(&self.pool)
            .await
            .map(drop)
    }
}
