//! Requests for a second person, holds, plans; and rows that mean nothing.

use crate::engine::on_both;
use crate::sample::{SOURCE, at, content, done, fleet, hold, publish};
use invigilator::domain::HoldPhase;
use invigilator::store::{Approval, Error};

#[tokio::test]
async fn a_request_is_completed_once_and_only_before_it_lapses() {
    on_both(async |engine| {
        let store = engine.open().await;
        let draft = store.create_draft(&fleet("main"), SOURCE, "ada", at(0), &content(1)).await;
        let draft = draft.expect("kept");
        let asked = store.request_approval(&draft, 3, "ada", at(1), at(10)).await.expect("kept");
        let read = async || store.approval(&asked.id).await.expect("read").expect("there");
        assert_eq!(read().await, asked);
        assert_eq!((asked.fleet.as_str(), &*asked.source, asked.against), ("main", SOURCE, 3));
        assert_eq!((asked.requested_at, asked.expires_at), (at(1), at(10)));
        let complete = async |by, minute| {
            store.complete_approval(&asked.id, by, at(minute)).await.expect("answered")
        };
        assert!(!complete("late", 10).await, "it has lapsed");
        assert!(complete("grace", 9).await);
        assert!(!complete("eve", 9).await, "somebody already did");
        let completed = Approval { completed_by: Some("grace".into()), ..asked.clone() };
        assert_eq!(read().await, completed);
        assert_eq!(store.approval("another").await.expect("read"), None);
        assert!(!store.complete_approval("another", "eve", at(2)).await.expect("answered"));
    })
    .await;
}

#[tokio::test]
async fn a_request_waits_until_it_is_completed_lapses_or_something_else_is_published() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        let draft = store.create_draft(&main, SOURCE, "ada", at(0), &content(1)).await;
        let draft = draft.expect("kept");
        done(publish(&store, &main, SOURCE, 0, &content(2)).await);
        let ask = async |against| {
            store.request_approval(&draft, against, "ada", at(1), at(10)).await.expect("kept")
        };
        let waiting = async |minute| store.waiting(&main, at(minute)).await.expect("read");
        let first = ask(1).await;
        assert_eq!(waiting(9).await, [first]);
        assert_eq!(waiting(10).await, [], "it has lapsed");
        done(publish(&store, &main, SOURCE, 1, &content(3)).await);
        assert_eq!(waiting(9).await, [], "something else was published");
        let second = ask(2).await;
        assert_eq!(waiting(9).await, std::slice::from_ref(&second));
        assert_eq!(store.waiting(&fleet("other"), at(9)).await.expect("read"), []);
        assert!(store.complete_approval(&second.id, "grace", at(2)).await.expect("answered"));
        assert_eq!(waiting(9).await, []);
    })
    .await;
}

#[tokio::test]
async fn a_hold_is_replaced_and_ended_per_fleet() {
    on_both(async |engine| {
        let store = engine.open().await;
        let (main, other) = (fleet("main"), fleet("other"));
        assert_eq!(store.hold(&main).await.expect("read"), None);
        store.save_hold(&other, Some(&hold(HoldPhase::On))).await.expect("kept");
        for phase in [HoldPhase::On, HoldPhase::Releasing] {
            store.save_hold(&main, Some(&hold(phase))).await.expect("kept");
            assert_eq!(store.hold(&main).await.expect("read"), Some(hold(phase)));
        }
        for _ in 0..2 {
            store.save_hold(&main, None).await.expect("ended");
            assert_eq!(store.hold(&main).await.expect("read"), None);
        }
        assert!(store.hold(&other).await.expect("read").is_some());
    })
    .await;
}

#[tokio::test]
async fn a_plan_has_a_new_generation_only_when_its_hash_is_not_the_newest() {
    on_both(async |engine| {
        let store = engine.open().await;
        let made = async |name, hash| {
            store.generation(&fleet(name), hash, hash, at(0)).await.expect("kept")
        };
        let mut generations = Vec::new();
        for hash in ["a", "a", "b", "a", "a"] {
            generations.push(made("main", hash).await);
        }
        assert_eq!(generations, [1, 1, 2, 3, 3], "a plan that comes back is a new generation");
        assert_eq!(made("other", "z").await, 1);
    })
    .await;
}

#[tokio::test]
async fn the_newest_two_hundred_plans_keep_their_body() {
    on_both(async |engine| {
        let store = engine.open().await;
        let main = fleet("main");
        for number in 1..=202_u64 {
            let body = number.to_string();
            let generation = store.generation(&main, &body, &body, at(0)).await.expect("kept");
            assert_eq!(generation, number);
        }
        let body = async |number| store.plan_body(&main, number).await.expect("read");
        assert_eq!([body(1).await, body(2).await], [None, None], "let go");
        assert_eq!(body(3).await.as_deref(), Some("3"));
        assert_eq!(body(202).await.as_deref(), Some("202"));
        assert_eq!([body(203).await, body(u64::MAX).await], [None, None], "never made");
    })
    .await;
}

#[tokio::test]
async fn a_row_that_means_nothing_is_told_and_never_guessed() {
    let changes = [
        ("UPDATE revisions SET sittings = '[{]'", "column sittings"),
        ("UPDATE revisions SET fleet = 'main', counts = '{}'", "column counts"),
        ("UPDATE revisions SET published_at = 9223372036854775807", "is no time"),
        ("UPDATE revisions SET findings = '[{\"severity\":\"dire\"}]'", "column findings"),
    ];
    for (change, what) in changes {
        on_both(async |engine| {
            let store = engine.open().await;
            done(publish(&store, &fleet("main"), SOURCE, 0, &content(1)).await);
            engine.meddle(change).await;
            let told = store.in_force(&fleet("main")).await.expect_err(change);
            assert!(matches!(told, Error::Corrupt { .. }), "{told:?}");
            assert!(told.to_string().contains(what), "{told}");
        })
        .await;
    }
}

#[tokio::test]
async fn a_hold_that_cannot_be_read_is_an_error_and_not_the_absence_of_one() {
    let changes = [
        "phase = 'off'",
        "floor = -1",
        "floor = 4294967296",
        "suspended = '[\"Sleep\"]'",
        "sittings = ''",
    ];
    for change in changes {
        on_both(async |engine| {
            let store = engine.open().await;
            store.save_hold(&fleet("main"), Some(&hold(HoldPhase::On))).await.expect("kept");
            engine.meddle(&format!("UPDATE holds SET {change}")).await;
            let told = store.hold(&fleet("main")).await.expect_err(change);
            assert!(matches!(told, Error::Corrupt { .. }), "{change}: {told:?}");
        })
        .await;
    }
}
