//! Runs one test on every engine, each time on a database of its own.
//!
//! `INVIGILATOR_TEST_POSTGRES` is the URL of a server, without a database: `postgres://postgres@127.0.0.1:5433`.

use invigilator::store::{Error, Store};
use rand::TryRng as _;
use rand::rngs::SysRng;
use sqlx::migrate::MigrateDatabase as _;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Connection as _, Executor as _};
use std::path::PathBuf;
use tempfile::TempDir;

/// A database of its own.
pub(crate) enum Engine {
    Sqlite { folder: TempDir },
    Postgres { url: String },
}

impl Engine {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite { folder: tempfile::tempdir().expect("a folder") }
    }

    /// A new database on the server, if there is one.
    async fn postgres() -> Option<Self> {
        let url = format!("{}/invigilator_{:016x}", server()?.trim_end_matches('/'), draw());
        sqlx::any::install_default_drivers();
        Any::create_database(&url).await.expect("the server of INVIGILATOR_TEST_POSTGRES answers");
        Some(Self::Postgres { url })
    }

    /// Where the SQLite file lies.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::Sqlite { folder } => folder.path().join("state 100%?.db"),
            Self::Postgres { url } => panic!("{url} is not a file"),
        }
    }

    pub(crate) async fn try_open(&self) -> Result<Store, Error> {
        match self {
            Self::Sqlite { .. } => Store::open(&self.path()).await,
            Self::Postgres { url } => Store::connect(url).await,
        }
    }

    pub(crate) async fn open(&self) -> Store {
        self.try_open().await.expect("the store opens")
    }

    /// Somebody else's hand in the database, past the store.
    pub(crate) async fn meddle(&self, sql: &str) {
        let mut connection = AnyConnection::connect(&self.url()).await.expect("a connection");
        connection.execute(AssertSqlSafe(sql)).await.expect(sql);
        connection.close().await.expect("the connection closes");
    }

    fn url(&self) -> String {
        match self {
            Self::Sqlite { .. } => {
                let path = self.path().display().to_string();
                format!("sqlite:{}", path.replace('%', "%25").replace('?', "%3F"))
            }
            Self::Postgres { url } => url.clone(),
        }
    }

    async fn drop(self) {
        match self {
            Self::Sqlite { folder } => folder.close().expect("the folder goes"),
            Self::Postgres { url } => {
                Any::force_drop_database(&url).await.expect("the database goes");
            }
        }
    }
}

/// Runs `test` on SQLite, and on PostgreSQL where there is a server.
pub(crate) async fn on_both(test: impl AsyncFn(&Engine)) {
    for engine in [Some(Engine::sqlite()), Engine::postgres().await].into_iter().flatten() {
        test(&engine).await;
        engine.drop().await;
    }
}

/// The server to test against. A build server without one would prove half of what it says.
#[expect(clippy::print_stderr, reason = "a test that proves only half says so")]
fn server() -> Option<String> {
    let url = std::env::var("INVIGILATOR_TEST_POSTGRES").ok().filter(|url| !url.is_empty());
    if url.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "INVIGILATOR_TEST_POSTGRES names no server; tests/run starts one"
        );
        eprintln!("INVIGILATOR_TEST_POSTGRES names no server: on SQLite only");
    }
    url
}

fn draw() -> u64 {
    SysRng.try_next_u64().expect("the system has random numbers")
}
