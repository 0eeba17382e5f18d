//! The journal: append-only, chained, and honest about it.

use crate::engine::{Engine, on_both};
use crate::sample::{at, fleet};
use invigilator::store::Store;
use sha2::{Digest as _, Sha256};

async fn append(store: &Store, body: &str) -> i64 {
    store.journal(&fleet("main"), "invigilator", "intent", body, at(3)).await.expect("written")
}

/// A journal of `rows` rows, then one change past the store, then what verifying says.
async fn after(engine: &Engine, rows: i64, change: &str) -> Option<i64> {
    let store = engine.open().await;
    for row in 1..=rows {
        assert_eq!(append(&store, &format!("{{\"row\":{row}}}")).await, row);
    }
    assert_eq!(store.journal_verify().await.expect("read"), None, "whole before the change");
    engine.meddle(change).await;
    store.journal_verify().await.expect("read")
}

#[tokio::test]
async fn the_tail_is_newest_first_and_an_empty_journal_is_whole() {
    on_both(async |engine| {
        let store = engine.open().await;
        assert_eq!(store.journal_verify().await.expect("read"), None);
        for body in ["a", "b", "c"] {
            append(&store, body).await;
        }
        let tail = store.journal_tail(2).await.expect("read");
        let told: Vec<_> = tail.iter().map(|row| (row.sequence, &*row.body)).collect();
        assert_eq!(told, [(3, "c"), (2, "b")]);
        assert_eq!((tail[0].at, &tail[0].fleet), (at(3), &fleet("main")));
        assert_eq!((&*tail[0].actor, &*tail[0].kind), ("invigilator", "intent"));
        assert_eq!(store.journal_tail(0).await.expect("read"), []);
    })
    .await;
}

/// The documented form, by hand: an auditor needs no invigilator.
#[tokio::test]
async fn anybody_can_compute_the_hash_of_a_row() {
    on_both(async |engine| {
        let store = engine.open().await;
        append(&store, "a").await;
        append(&store, "\"é\"").await;
        let rows = store.journal_tail(2).await.expect("read");
        let covered = format!(
            r#"["{}",2,{},"main","invigilator","intent","\"é\""]"#,
            rows[1].hash,
            at(3).timestamp_millis()
        );
        let digest = Sha256::digest(covered);
        let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(rows[0].hash, digits);
    })
    .await;
}

#[tokio::test]
async fn every_changed_field_of_a_row_is_found() {
    let changes = [
        "at = at + 1",
        "fleet = 'other'",
        "fleet = 'NO FLEET'",
        "actor = 'eve'",
        "kind = 'outcome'",
        "body = '{}'",
        "hash = ''",
    ];
    for change in changes {
        on_both(async |engine| {
            let sql = format!("UPDATE journal SET {change} WHERE sequence = 2");
            assert_eq!(after(engine, 4, &sql).await, Some(2), "{change}");
        })
        .await;
    }
}

#[tokio::test]
async fn rows_taken_out_moved_or_cut_off_are_found() {
    let changes = [
        ("DELETE FROM journal WHERE sequence = 1", 1),
        ("DELETE FROM journal WHERE sequence = 3", 3),
        ("DELETE FROM journal WHERE sequence = 4", 4),
        ("DELETE FROM journal", 1),
        ("UPDATE journal SET sequence = 9 WHERE sequence = 4", 4),
        ("UPDATE journal_head SET sequence = 3", 4),
    ];
    for (change, misfit) in changes {
        on_both(async |engine| {
            assert_eq!(after(engine, 4, change).await, Some(misfit), "{change}");
        })
        .await;
    }
}

#[tokio::test]
async fn twenty_appends_at_once_make_one_unbroken_chain() {
    on_both(async |engine| {
        let store = engine.open().await;
        let mut tasks = tokio::task::JoinSet::new();
        for row in 0..20 {
            let store = store.clone();
            tasks.spawn(async move { append(&store, &row.to_string()).await });
        }
        let mut sequences = tasks.join_all().await;
        sequences.sort_unstable();
        assert_eq!(sequences, (1..=20).collect::<Vec<_>>());
        assert_eq!(store.journal_verify().await.expect("read"), None);
    })
    .await;
}

/// More rows than are read at once.
#[tokio::test]
async fn a_long_journal_is_verified_to_its_end() {
    let engine = Engine::sqlite();
    let change = "UPDATE journal SET body = '' WHERE sequence = 1001";
    assert_eq!(after(&engine, 1_002, change).await, Some(1_001));
}
