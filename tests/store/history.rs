//! What was ever published: listed without its files, and never changed.

use crate::engine::on_both;
use crate::sample::{SOURCE, at, content, done, fleet, publish};
use invigilator::store::{Publication, RevisionHead, Store};
use invigilator::tasks::{publish_draft, restore};

async fn numbers(store: &Store, before: u64, most: u32) -> Vec<u64> {
    let heads = store.revisions(&fleet("main"), SOURCE, before, most).await.expect("read");
    heads.iter().map(|head| head.number).collect()
}

#[tokio::test]
async fn revisions_are_listed_newest_first_in_pages() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        for current in 0..5 {
            done(publish(&store, &main, SOURCE, current, &content(1)).await);
        }
        done(publish(&store, &main, "arts", 0, &content(1)).await);
        done(publish(&store, &fleet("other"), SOURCE, 0, &content(1)).await);
        assert_eq!(numbers(&store, u64::MAX, 2).await, [5, 4]);
        assert_eq!(numbers(&store, 4, 2).await, [3, 2]);
        assert_eq!(numbers(&store, 2, 2).await, [1]);
        assert_eq!(numbers(&store, 1, 2).await, [0; 0]);
        assert_eq!(store.revisions(&main, "no such", 9, 9).await.expect("read"), []);
    })
    .await;
}

#[tokio::test]
async fn a_head_says_all_but_the_file() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        let revision = done(publish(&store, &main, SOURCE, 0, &content(1)).await);
        let wanted = RevisionHead {
            source: SOURCE.into(),
            number: 1,
            published_at: at(1),
            published_by: "ada".into(),
            file_bytes: 5,
            counts: revision.content.counts,
        };
        let list = store.revisions(&main, SOURCE, 9, 9).await.expect("read");
        assert_eq!(list, std::slice::from_ref(&wanted));
        let empty = invigilator::store::Content { file: vec![], ..content(1) };
        done(publish(&store, &main, "Arts", 0, &empty).await);
        let arts = RevisionHead { source: "Arts".into(), file_bytes: 0, ..wanted.clone() };
        assert_eq!(store.sources(&main).await.expect("read"), [arts, wanted.clone()]);
        done(publish(&store, &main, SOURCE, 1, &content(2)).await);
        let newest = RevisionHead { number: 2, ..wanted };
        assert_eq!(store.sources(&main).await.expect("read")[1], newest);
        assert_eq!(store.sources(&fleet("other")).await.expect("read"), []);
    })
    .await;
}

/// Everything that can be done after a publication, and it is still what it was.
#[tokio::test]
async fn a_revision_stays_as_it_was_published() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        let first = done(publish(&store, &main, SOURCE, 0, &content(1)).await);
        let second = done(publish(&store, &main, SOURCE, 1, &content(2)).await);
        publish(&store, &main, SOURCE, 1, &content(3)).await;
        let restored = restore(&store, &main, SOURCE, 1, "ada", at(5)).await.expect("kept");
        let restored = restored.expect("there is a first revision");
        assert_eq!(restored.content, first.content);
        publish_draft(&store, &restored, 2, "ada", at(6)).await.expect("published");
        let other = store.create_draft(&main, SOURCE, "eve", at(7), &content(9)).await;
        let other = other.expect("kept");
        let third = store.current_revision(&main, SOURCE).await.expect("read");
        let approval = store.request_approval(&other, third, "eve", at(8), at(99)).await;
        store.complete_approval(&approval.expect("kept").id, "bob", at(9)).await.expect("kept");
        let publication = Publication {
            fleet: &main,
            source: SOURCE,
            current: third,
            content: &content(9),
            by: "bob",
            at: at(9),
            draft: Some(&other.id),
        };
        done(store.publish(&publication).await.expect("published"));
        store.close().await;

        let store = engine.open().await;
        for revision in [first, second] {
            let read = store.revision(&main, SOURCE, revision.number).await.expect("read");
            assert_eq!(read, Some(revision));
        }
        assert_eq!(numbers(&store, u64::MAX, 99).await.last(), Some(&1));
        assert_eq!(store.journal_verify().await.expect("read"), None);
    })
    .await;
}
