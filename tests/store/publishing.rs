//! From a draft to what is in force.

use crate::engine::on_both;
use crate::sample::{SOURCE, at, content, done, fleet, publish};
use invigilator::store::{Error, Publication, Published, Store};
use std::task::Poll;

#[tokio::test]
async fn a_draft_comes_back_as_it_was_kept() {
    on_both(async |engine| {
        let store = engine.open().await;
        let late = at(0) + chrono::TimeDelta::nanoseconds(1_234_567);
        let kept = store.create_draft(&fleet("main"), SOURCE, "ada", late, &content(1)).await;
        let kept = kept.expect("kept");
        assert_eq!(store.draft(&kept.id).await.expect("read"), Some(kept.clone()));
        assert_eq!(kept.content, content(1));
        assert_eq!(kept.created_at.timestamp_subsec_micros(), 1_000, "to the millisecond");
        assert_eq!((kept.id.len(), kept.published_as), (32, None));
        assert_eq!(store.draft("another").await.expect("read"), None);
    })
    .await;
}

#[tokio::test]
async fn revisions_count_up_per_source_and_never_change() {
    on_both(async |engine| {
        let store = engine.open().await;
        let (main, other) = (fleet("main"), fleet("other"));
        let first = done(publish(&store, &main, SOURCE, 0, &content(1)).await);
        let second = done(publish(&store, &main, SOURCE, 1, &content(2)).await);
        let apart = done(publish(&store, &main, "Arts", 0, &content(3)).await);
        let elsewhere = done(publish(&store, &other, SOURCE, 0, &content(4)).await);
        assert_eq!([first.number, second.number, apart.number, elsewhere.number], [1, 2, 1, 1]);
        let read = async |number| store.revision(&main, SOURCE, number).await.expect("read");
        assert_eq!(read(1).await, Some(first));
        assert_eq!(read(2).await, Some(second.clone()));
        assert_eq!([read(0).await, read(3).await, read(u64::MAX).await], [None, None, None]);
        let in_force = store.in_force(&main).await.expect("read");
        assert_eq!(in_force, [apart, second], "the newest of each source, sorted by source");
        assert_eq!(store.current_revision(&main, SOURCE).await.expect("read"), 2);
        assert_eq!(store.current_revision(&main, "no such").await.expect("read"), 0);
    })
    .await;
}

#[tokio::test]
async fn the_stamp_changes_with_every_publication_of_the_fleet_and_with_no_other() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        let stamp = async || store.in_force_stamp(&main).await.expect("read");
        let mut seen = vec![stamp().await];
        for (source, current) in [(SOURCE, 0), (SOURCE, 1), ("arts", 0)] {
            done(publish(&store, &main, source, current, &content(1)).await);
            seen.push(stamp().await);
        }
        let last = stamp().await;
        seen.dedup();
        assert_eq!(seen.len(), 4);
        done(publish(&store, &fleet("other"), SOURCE, 0, &content(1)).await);
        store.create_draft(&main, SOURCE, "ada", at(0), &content(9)).await.expect("kept");
        assert_eq!(stamp().await, last);
    })
    .await;
}

#[tokio::test]
async fn publishing_marks_the_draft_and_writes_the_journal() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        let draft = store.create_draft(&main, SOURCE, "ada", at(0), &content(1)).await;
        let draft = draft.expect("kept");
        let publication = Publication {
            fleet: &main,
            source: SOURCE,
            current: 0,
            content: &draft.content,
            by: "grace",
            at: at(2),
            draft: Some(&draft.id),
        };
        let revision = done(store.publish(&publication).await.expect("published"));
        assert_eq!((revision.published_by.as_str(), revision.published_at), ("grace", at(2)));
        let read = store.draft(&draft.id).await.expect("read").expect("there");
        assert_eq!(read.published_as, Some(1));
        let rows = store.journal_tail(9).await.expect("read");
        let told: Vec<_> = rows.iter().map(|row| (&*row.kind, &*row.actor, row.at)).collect();
        assert_eq!(told, [("publish", "grace", at(2))]);
        let body: serde_json::Value = serde_json::from_str(&rows[0].body).expect("JSON");
        assert_eq!((&body["revision"], &body["source"]), (&1.into(), &SOURCE.into()));
        assert_eq!(body["draft"], draft.id.as_str());
    })
    .await;
}

#[tokio::test]
async fn of_two_publications_against_one_revision_one_wins_and_the_other_is_stale() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        for current in 0..5 {
            let (one, two) = (content(1), content(2));
            let (one, two) = tokio::join!(
                publish(&store, &main, SOURCE, current, &one),
                publish(&store, &main, SOURCE, current, &two),
            );
            let stale = Published::Stale(current + 1);
            assert!((one == stale) != (two == stale), "{one:?} {two:?}");
        }
        assert_eq!(publish(&store, &main, SOURCE, 9, &content(3)).await, Published::Stale(5));
        assert_eq!(store.in_force_stamp(&main).await.expect("read"), 5);
        assert_eq!(store.journal_tail(99).await.expect("read").len(), 5, "the stale left no row");
        assert_eq!(store.journal_verify().await.expect("read"), None);
    })
    .await;
}

#[tokio::test]
async fn a_publication_that_fails_at_its_end_leaves_nothing() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        let publication = Publication {
            fleet: &main,
            source: SOURCE,
            current: 0,
            content: &content(1),
            by: "ada",
            at: at(1),
            draft: Some("no such draft"),
        };
        let failed = store.publish(&publication).await;
        assert!(matches!(failed, Err(Error::Corrupt { .. })), "{failed:?}");
        assert_eq!(store.in_force(&main).await.expect("read"), []);
        assert_eq!(store.journal_tail(9).await.expect("read"), []);
        assert_eq!(store.journal_verify().await.expect("read"), None);
        done(publish(&store, &main, SOURCE, 0, &content(1)).await);
    })
    .await;
}

/// Whoever waits for a publication may be cut off at any await: then it is whole, or it never was, and the
/// connection it used keeps what the next one is told.
#[tokio::test]
async fn a_publication_cut_at_any_point_is_whole_or_absent() {
    on_both(async |engine| {
        let store = engine.open().await;
        for _round in 0..5 {
            let mut polls = 0;
            while !publication_ends_within(polls, &store).await {
                polls += 1;
            }
        }
    })
    .await;
}

async fn publication_ends_within(polls: u32, store: &Store) -> bool {
    let main = fleet("main");
    let draft = store.create_draft(&main, SOURCE, "ada", at(0), &content(1)).await;
    let draft = draft.expect("kept");
    let before = store.current_revision(&main, SOURCE).await.expect("read");
    let publication = Publication {
        fleet: &main,
        source: SOURCE,
        current: before,
        content: &draft.content,
        by: "ada",
        at: at(1),
        draft: Some(&draft.id),
    };
    let ended = ends_within(polls, store.publish(&publication)).await;
    assert_whole(store, &draft.id, before).await;
    ended
}

/// Polls `work` at most so many times, then drops it.
async fn ends_within<T>(polls: u32, work: impl Future<Output = T>) -> bool {
    let mut work = std::pin::pin!(work);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(false);
        }
        left -= 1;
        work.as_mut().poll(context).map(|_| true)
    })
    .await
}

async fn assert_whole(store: &Store, draft: &str, before: u64) {
    let now = store.current_revision(&fleet("main"), SOURCE).await.expect("read");
    let rows = store.journal_tail(9_999).await.expect("read").len();
    assert_eq!(u64::try_from(rows).expect("few"), now, "one journal row per revision");
    let marked = store.draft(draft).await.expect("read").expect("there").published_as;
    assert_eq!(marked, (before < now).then_some(now));
    assert_eq!(store.journal_verify().await.expect("read"), None);
}
