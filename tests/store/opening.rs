//! Opening: alone, never a newer schema, and everything is still there.

use crate::engine::{Engine, on_both};
use crate::sample::{SOURCE, at, content, done, fleet, hold, publish};
use invigilator::domain::HoldPhase;
use invigilator::store::{Error, Store};

/// The newest migration.
const SCHEMA: i64 = 3;

#[tokio::test]
async fn a_second_opening_of_the_same_file_is_refused_until_the_first_ends() {
    let engine = Engine::sqlite();
    let first = engine.open().await;
    let clone = first.clone();
    let refused = engine.try_open().await;
    let told = refused.expect_err("locked").to_string();
    assert!(told.contains("100%?.db is in use by another invigilator"), "{told}");
    first.close().await;
    assert!(matches!(engine.try_open().await, Err(Error::Locked { .. })), "a clone still lives");
    drop(clone);
    engine.open().await;
}

#[cfg(unix)]
#[tokio::test]
async fn two_names_of_one_folder_share_one_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let real = folder.path().join("real");
    let link = folder.path().join("link");
    std::fs::create_dir(&real).expect("made");
    std::os::unix::fs::symlink(&real, &link).expect("linked");
    let _first = Store::open(&real.join("state.db")).await.expect("opened");
    let second = Store::open(&link.join("../real/state.db")).await;
    assert!(matches!(second, Err(Error::Locked { .. })), "{second:?}");
}

#[tokio::test]
async fn a_newer_schema_is_refused_and_nothing_is_changed() {
    on_both(async |engine| {
        engine.open().await.close().await;
        let next = "INSERT INTO _sqlx_migrations
             (version, description, success, checksum, execution_time)
             SELECT 9999, 'from the future', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
        engine.meddle(next).await;
        let before = bytes(engine);
        let refused = engine.try_open().await;
        let refused = refused.expect_err("newer");
        assert!(matches!(refused, Error::Newer { found: 9999, known: SCHEMA, .. }), "{refused:?}");
        assert!(before == bytes(engine), "the file is the same, byte by byte");
    })
    .await;
}

/// The file's bytes; a server's are its own.
fn bytes(engine: &Engine) -> Option<Vec<u8>> {
    match engine {
        Engine::Sqlite { .. } => Some(std::fs::read(engine.path()).expect("the file")),
        Engine::Postgres { .. } => None,
    }
}

#[tokio::test]
async fn everything_is_there_after_opening_again() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        let draft = store.create_draft(&main, SOURCE, "ada", at(0), &content(1)).await;
        let draft = draft.expect("kept");
        let revision = done(publish(&store, &main, SOURCE, 0, &content(2)).await);
        let approval = store.request_approval(&draft, 1, "ada", at(1), at(9)).await;
        let approval = approval.expect("kept");
        store.save_hold(&main, Some(&hold(HoldPhase::On))).await.expect("kept");
        store.generation(&main, "h", "{}", at(2)).await.expect("kept");
        let journal = store.journal_tail(9).await.expect("read");
        store.close().await;

        let store = engine.open().await;
        assert_eq!(store.draft(&draft.id).await.expect("read"), Some(draft));
        assert_eq!(store.in_force(&main).await.expect("read"), [revision]);
        assert_eq!(store.approval(&approval.id).await.expect("read"), Some(approval));
        assert_eq!(store.hold(&main).await.expect("read"), Some(hold(HoldPhase::On)));
        assert_eq!(store.plan_body(&main, 1).await.expect("read").as_deref(), Some("{}"));
        assert_eq!(store.journal_tail(9).await.expect("read"), journal);
        assert_eq!(store.journal_verify().await.expect("read"), None);
    })
    .await;
}

#[tokio::test]
async fn what_is_no_database_is_told_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.db");
    std::fs::write(&path, "BEGIN:VCALENDAR".repeat(100)).expect("written");
    let refused = Store::open(&path).await.expect_err("no database");
    assert!(matches!(refused, Error::Unusable { .. }), "{refused:?}");
    assert!(refused.to_string().contains(path.to_str().expect("UTF-8")), "{refused}");
    let missing = Store::open(&folder.path().join("no/such/state.db")).await;
    let missing = missing.expect_err("no folder");
    let told = missing.to_string();
    assert!(told.starts_with("find ") && told.contains("no/such/state.db; look at"), "{told}");
}

#[tokio::test]
async fn the_schema_of_a_file_is_told_without_making_or_changing_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("state.db");
    assert_eq!(Store::schema_of(&path).await.expect("no file"), None);
    assert!(!path.exists());
    let open = Store::open(&path).await.expect("opened");
    assert_eq!(Store::schema_of(&path).await.expect("whoever has it open"), Some(SCHEMA));
    open.close().await;
    let before = std::fs::read(&path).expect("the file");
    assert_eq!(Store::schema_of(&path).await.expect("closed"), Some(SCHEMA));
    assert!(before == std::fs::read(&path).expect("the file"));
    std::fs::write(&path, "no database at all, but long enough").expect("written");
    assert!(matches!(Store::schema_of(&path).await, Err(Error::Unusable { .. })));
}

#[tokio::test]
async fn a_file_is_not_opened_by_url_past_its_lock() {
    for url in ["sqlite:state.db", "nonsense", "ftp://example.org/x"] {
        let refused = Store::connect(url).await;
        assert!(matches!(refused, Err(Error::Database { .. })), "{url}: {refused:?}");
    }
}
