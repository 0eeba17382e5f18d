//! Opening: alone, never a newer schema, durable before anything is acknowledged.

use super::{Error, Store, during};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, ConnectOptions as _, Connection as _, Executor as _};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The schema this program knows.
static MIGRATIONS: Migrator = sqlx::migrate!();

/// An acknowledged write survives power loss: in WAL mode only FULL syncs at every commit
/// (<https://www.sqlite.org/pragma.html#pragma_synchronous>).
const DURABLE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                       PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000";

/// A caller that goes away while PostgreSQL begins its transaction leaves it open: the driver counts it only once
/// it has begun, so its rollback does nothing (<https://github.com/transact-rs/sqlx/issues/4393>). The next user of
/// the connection would write into that transaction and never commit. This ends one that is open; on all other
/// connections it begins and ends an empty one, where a bare ROLLBACK would be warned about.
const NO_TRANSACTION: &str = "BEGIN; ROLLBACK";

/// Enough for the loops and the faces of one replica.
const SERVER_CONNECTIONS: u32 = 5;

impl Store {
    /// Opens, and creates where it is missing, the SQLite file `path`, alone, and brings its schema up to date.
    ///
    /// # Errors
    /// [`Error::Locked`], [`Error::Newer`], or [`Error::Unusable`].
    pub async fn open(path: &Path) -> Result<Self, Error> {
        Self::open_alone(path).await.map_err(|error| error.opening(&path.display().to_string()))
    }

    async fn open_alone(path: &Path) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let file = in_real_folder(path).map_err(|source| io_error("find", source))?;
        let alone = lock(&file)?;
        let options = sqlite_options(&file).map_err(during("open"))?;
        migrate(&options, &path.display().to_string()).await?;
        // One connection: writers queue in the pool, in order, and never meet a busy database.
        let pool = AnyPoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(DURABLE).await.map(drop) })
            })
            .connect_with(options)
            .await
            .map_err(during("open"))?;
        Ok(Self { pool, _alone: Some(Arc::new(alone)) })
    }

    /// Connects to the database of a PostgreSQL server, by URL, and brings its schema up to date. The SQLite
    /// file has [`Store::open`], which takes its lock.
    ///
    /// # Errors
    /// [`Error::Newer`] or [`Error::Database`].
    pub async fn connect(url: &str) -> Result<Self, Error> {
        sqlx::any::install_default_drivers();
        let options: AnyConnectOptions = url.parse().map_err(during("read the database URL"))?;
        let server = &options.database_url;
        if !matches!(server.scheme(), "postgres" | "postgresql") {
            let message = format!("{}: is not the URL of a PostgreSQL server", server.scheme());
            let source = sqlx::Error::Configuration(message.into());
            return Err(during("read the database URL")(source));
        }
        // Without the password that the URL may carry.
        let name = format!("{}{}", server.host_str().unwrap_or_default(), server.path());
        migrate(&options, &name).await?;
        let pool = AnyPoolOptions::new()
            .max_connections(SERVER_CONNECTIONS)
            .after_release(|connection, _| {
                Box::pin(async move { connection.execute(NO_TRANSACTION).await.map(|_| true) })
            })
            .connect_with(options)
            .await
            .map_err(during("connect to the database"))?;
        Ok(Self { pool, _alone: None })
    }

    /// The schema of the SQLite file `path`, without changing it and whoever has it open; `None` when there is no
    /// file or nothing in it yet.
    ///
    /// # Errors
    /// [`Error::Newer`] or [`Error::Unusable`].
    pub async fn schema_of(path: &Path) -> Result<Option<i64>, Error> {
        schema_of(path).await.map_err(|error| error.opening(&path.display().to_string()))
    }

    /// Finishes what is under way and closes the database; the file's lock goes with the last clone. What is
    /// asked of a clone afterwards fails.
    pub async fn close(self) {
        self.pool.close().await;
    }
}

/// The same file, its folder without links and `..`: two names of one file share one lock.
fn in_real_folder(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) => Ok(folder.canonicalize()?.join(name)),
        (None, _) | (_, None) => Err(io::Error::other(format!("{} names no file", path.display()))),
    }
}

/// The exclusive lock beside `file`. The system lets go of it when the process ends, however it ends; SQLite's
/// own locks would let a second process in between two transactions.
fn lock(file: &Path) -> Result<File, Error> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".lock");
    let lock = File::options().create(true).truncate(false).write(true).open(beside);
    let lock = lock.map_err(|source| io_error("create the lock beside", source))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::Locked { path: file.display().to_string() }),
        Err(TryLockError::Error(source)) => Err(io_error("lock", source)),
    }
}

fn io_error(operation: &'static str, source: io::Error) -> Error {
    Error::Database { operation, source: sqlx::Error::Io(source) }
}

/// `Any` connects by URL only. The driver writes that URL itself, and reads `%` back as an escape, which it does
/// not write.
fn sqlite_options(file: &Path) -> Result<AnyConnectOptions, sqlx::Error> {
    let name = file.to_str().ok_or_else(|| {
        sqlx::Error::Configuration(format!("{} is not UTF-8", file.display()).into())
    })?;
    let options = SqliteConnectOptions::new().filename(name.replace('%', "%25"));
    AnyConnectOptions::from_url(&options.create_if_missing(true).to_url_lossy())
}

async fn schema_of(path: &Path) -> Result<Option<i64>, Error> {
    if !path.exists() {
        return Ok(None);
    }
    sqlx::any::install_default_drivers();
    let name = path.display().to_string();
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut connection = options.connect().await.map_err(during("open"))?;
    let versions: Result<Option<i64>, _> =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
            .fetch_one(&mut connection)
            .await;
    let closed = connection.close().await;
    let found = match versions {
        // A file in which nobody has made our tables yet.
        Err(sqlx::Error::Database(error)) if error.message().contains("no such table") => None,
        other => other.map_err(during("read the schema of"))?,
    };
    closed.map_err(during("close"))?;
    match found {
        Some(found) if newest() < found => Err(Error::Newer { path: name, found, known: newest() }),
        Some(_) | None => Ok(found),
    }
}

/// The newest schema this program knows.
fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

/// On a connection of its own, before any other: a schema that we do not know is refused before the first write.
async fn migrate(options: &AnyConnectOptions, name: &str) -> Result<(), Error> {
    let connection = AnyConnection::connect_with(options).await;
    let mut connection = connection.map_err(during("connect to the database"))?;
    let migrated = MIGRATIONS.run(&mut connection).await;
    let closed = connection.close().await;
    let known = newest();
    match migrated {
        Ok(()) => closed.map_err(during("close")),
        Err(MigrateError::VersionMissing(found)) if known < found => {
            Err(Error::Newer { path: name.to_owned(), found, known })
        }
        Err(source) => Err(during("bring up to date")(source.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings belong to a connection: they are seen only from within.
    #[tokio::test]
    async fn the_connection_of_a_file_is_durable() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).await.unwrap();
        let mode: String =
            sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&store.pool).await.unwrap();
        assert_eq!(mode, "wal");
        for (pragma, expected) in [("PRAGMA synchronous", 2), ("PRAGMA foreign_keys", 1)] {
            let value: i64 = sqlx::query_scalar(pragma).fetch_one(&store.pool).await.unwrap();
            assert_eq!(value, expected, "{pragma}");
        }
    }
}
