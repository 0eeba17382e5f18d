//! How looking at fed timetables goes, and what a feed said last.

use crate::engine::on_both;
use crate::sample::{SOURCE, at, content, fleet};
use invigilator::store::{Failure, FeedState};

#[tokio::test]
async fn how_looking_goes_is_kept_per_source_until_it_is_forgotten() {
    on_both(async |engine| {
        let store = engine.open().await;
        let (main, other) = (fleet("main"), fleet("other"));
        assert_eq!(store.feeds(&main).await.expect("read"), []);
        let draft = store.create_draft(&main, SOURCE, "feed:x", at(0), &content(1)).await;
        let draft = Some(draft.expect("kept").id);
        let failure = Failure { since: at(3), why: "it's gone".into(), refused: true };
        let failing = FeedState {
            source: "registry-law".into(),
            feed: SOURCE.into(),
            checked_at: Some(at(2)),
            failure: Some(failure.clone()),
            draft,
        };
        let never = FeedState {
            source: "arts".into(),
            feed: "arts".into(),
            checked_at: None,
            failure: Some(Failure { refused: false, ..failure }),
            draft: None,
        };
        for state in [&failing, &never] {
            store.save_feed(&main, state).await.expect("kept");
        }
        let kept = store.feeds(&main).await.expect("read");
        assert_eq!(kept, [never, failing.clone()], "sorted by source");
        assert_eq!(store.feeds(&other).await.expect("read"), []);
        let mended = FeedState { checked_at: Some(at(5)), failure: None, ..failing };
        store.save_feed(&main, &mended).await.expect("kept");
        store.forget_feed(&main, "arts").await.expect("forgotten");
        store.forget_feed(&other, "registry-law").await.expect("nothing to forget");
        assert_eq!(store.feeds(&main).await.expect("read"), [mended]);
    })
    .await;
}

#[tokio::test]
async fn of_the_requests_for_a_draft_the_newest_counts() {
    on_both(async |engine| {
        let store = engine.open().await;
        let make = async || {
            let draft = store.create_draft(&fleet("main"), SOURCE, "ada", at(0), &content(1)).await;
            draft.expect("kept")
        };
        let (one, other) = (make().await, make().await);
        let of = async |id: &str| store.approval_of(id).await.expect("read");
        assert_eq!(of(&one.id).await, None);
        let second = store.request_approval(&one, 4, "ada", at(1), at(10)).await.expect("kept");
        store.request_approval(&one, 3, "ada", at(20), at(30)).await.expect("kept");
        store.request_approval(&other, 5, "ada", at(25), at(35)).await.expect("kept");
        // By the revision that it was asked against: a clock may be set back.
        assert_eq!(of(&one.id).await, Some(second));
    })
    .await;
}
