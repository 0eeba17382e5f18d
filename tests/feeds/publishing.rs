//! What a feed says comes into force as an upload would, and nobody is asked twice.

use crate::site::{SOURCE, Site, Told, at, exported, file, fleet, settings, term};
use chrono::TimeDelta;
use invigilator::domain::{Candidates, Clock as _};
use invigilator::feeds::Found;
use invigilator::store::{Content, Publication, Published};
use invigilator::tasks::{ApproveOutcome, approve};
use invigilator::timetable;
use std::task::Poll;

/// How often anything was written down: publications, requests, consents.
async fn journal(site: &Site) -> usize {
    site.store.journal_tail(999).await.unwrap().len()
}

/// A person publishes by hand over what is in force.
async fn by_hand(site: &Site, text: &str) {
    let reading = timetable::read(text.as_bytes(), &settings()).unwrap();
    let publication = Publication {
        fleet: &fleet(),
        source: SOURCE,
        current: site.standing().await.0,
        content: &Content::of(text.as_bytes().to_vec(), reading),
        by: "ada",
        at: site.clock.now(),
        draft: None,
    };
    let published = site.store.publish(&publication).await.unwrap();
    assert!(matches!(published, Published::Done(_)), "{published:?}");
}

/// Forty exams far ahead and one tomorrow, in force.
async fn in_force() -> (Site, Told, Vec<(&'static str, i64)>) {
    let (mut site, told) = Site::told().await;
    let exams = [vec![("law", 24)], term()].concat();
    told.file(&file(&exams));
    site.look().await;
    assert_eq!(site.standing().await.0, 1);
    (site, told, exams)
}

#[tokio::test]
async fn growth_is_in_force_at_once_and_wakes_the_fleet() {
    let (mut site, told) = Site::told().await;
    told.file(&file(&[("law", 24)]));
    site.look().await;
    site.wake.notified().await;
    let revision = site.in_force(SOURCE).await.unwrap();
    assert_eq!((revision.number, &*revision.published_by), (1, "feed:registry"));
    told.file(&file(&[("law", 24), ("art", 26)]));
    site.look().await;
    site.wake.notified().await;
    assert_eq!(site.standing().await, (2, vec!["law".to_owned(), "art".to_owned()]));
    assert!(site.waiting().await.is_empty());
    assert_eq!(site.store.journal_verify().await.unwrap(), None);
}

#[tokio::test]
async fn the_same_again_publishes_nothing_in_whatever_bytes_it_comes() {
    let (mut site, told, exams) = in_force().await;
    let before = journal(&site).await;
    let said = site.state(SOURCE).await.unwrap().draft;
    let mut turned = exams.clone();
    turned.reverse();
    for text in [file(&exams), exported(7, &exams), file(&turned), file(&exams)] {
        told.file(&text);
        for _ in 0..2 {
            site.look().await;
        }
    }
    assert_eq!((site.standing().await.0, journal(&site).await), (1, before));
    assert_eq!(site.state(SOURCE).await.unwrap().draft, said, "no new draft either");
}

#[tokio::test]
async fn after_a_restart_nothing_is_published_again_but_other_settings_count() {
    let (mut site, told, exams) = in_force().await;
    told.file(&file(&exams[1..]));
    site.look().await;
    let (before, asked) = (journal(&site).await, site.waiting().await);
    let restarted = Told::default();
    restarted.file(&exported(9, &exams[1..]));
    site.restart(Box::new(restarted), settings());
    site.look().await;
    assert_eq!(journal(&site).await, before);
    assert_eq!(site.waiting().await, asked);

    let (mut site, told) = Site::told().await;
    let silent = file(&[("law", 24)]).replace("X-INVIGILATOR-CANDIDATES:100\r\n", "");
    told.file(&silent);
    site.look().await;
    let restarted = Told::default();
    restarted.file(&silent);
    let more = timetable::Settings { default_candidates: Candidates::new(900), ..settings() };
    site.restart(Box::new(restarted), more);
    site.look().await;
    let revision = site.in_force(SOURCE).await.unwrap();
    assert_eq!(revision.content.sittings[0].candidates, Candidates::new(900));
}

#[tokio::test]
async fn a_loss_near_an_exam_keeps_both_in_force_and_asks_once() {
    let (mut site, told, exams) = in_force().await;
    let fewer = [&exams[1..], &[("art", 30)]].concat();
    told.file(&file(&fewer));
    site.look().await;
    let (number, uids) = site.standing().await;
    assert_eq!(number, 2);
    assert!(uids.contains(&"law".to_owned()) && uids.contains(&"art".to_owned()), "{uids:?}");
    let asked = site.waiting().await;
    assert_eq!((asked.len(), &*asked[0].requested_by), (1, "feed:registry"));
    let posture = site.posture().await;
    let told_of = |code: &str| posture.findings.iter().any(|finding| finding.code == code);
    assert!(told_of("second_person_awaited"));
    for hours in [0, 1, 20] {
        site.clock.advance(TimeDelta::hours(hours));
        told.file(&exported(hours, &fewer));
        site.look().await;
        assert_eq!(site.waiting().await, asked);
        assert_eq!(site.standing().await.0, 2);
    }
    let by = site.clock.now();
    let done = approve(&site.store, &asked[0].id, "ada", by).await.unwrap();
    assert!(matches!(done, ApproveOutcome::Published(revision) if revision.number == 3));
    site.look().await;
    let (number, uids) = site.standing().await;
    assert!(number == 3 && !uids.contains(&"law".to_owned()), "{number} {uids:?}");
}

#[tokio::test]
async fn a_request_that_nobody_answered_in_time_is_made_again_while_the_feed_says_the_same() {
    let (mut site, told, exams) = in_force().await;
    // Moved by a day: it stays near for a while.
    let moved = [&[("law", 60)], &exams[1..]].concat();
    told.file(&file(&moved));
    site.look().await;
    let first = site.waiting().await;
    site.clock.advance(TimeDelta::hours(24));
    assert!(site.waiting().await.is_empty(), "it has lapsed");
    // The old time runs now, so it must not go without somebody's consent.
    site.look().await;
    site.look().await;
    let second = site.waiting().await;
    assert_eq!((first.len(), second.len()), (1, 1));
    assert_ne!(first[0].id, second[0].id);
    assert_eq!(first[0].draft, second[0].draft);
    // A day later the old time is over, and nothing is lost by leaving it out.
    site.clock.advance(TimeDelta::hours(24));
    site.look().await;
    let (_, uids) = site.standing().await;
    assert_eq!(uids.iter().filter(|uid| *uid == "law").count(), 1);
    assert!(site.waiting().await.is_empty());
}

#[tokio::test]
async fn what_a_feed_says_newly_supersedes_what_waits() {
    let (mut site, told, exams) = in_force().await;
    told.file(&file(&exams[1..]));
    site.look().await;
    let asked = site.waiting().await;
    told.file(&file(&exams));
    site.look().await;
    assert!(site.waiting().await.is_empty(), "law is back, so nobody needs to consent");
    let stale = approve(&site.store, &asked[0].id, "ada", at(1)).await.unwrap();
    assert!(matches!(stale, ApproveOutcome::Stale(3)), "{stale:?}");
    assert!(site.standing().await.1.contains(&"law".to_owned()));
}

#[tokio::test]
async fn what_a_person_published_meanwhile_is_not_undone_by_a_feed_that_says_nothing_new() {
    let (mut site, told, exams) = in_force().await;
    let corrected = [&exams[..], &[("viva", 28)]].concat();
    by_hand(&site, &file(&corrected)).await;
    for text in [file(&exams), exported(3, &exams)] {
        told.file(&text);
        site.look().await;
        assert_eq!(site.standing().await.0, 2);
    }
    // Something new is compared with the person's revision, guards and all.
    told.file(&file(&[&exams[..], &[("art", 40)]].concat()));
    site.look().await;
    let (number, uids) = site.standing().await;
    assert_eq!(number, 3);
    assert!(uids.contains(&"viva".to_owned()) && uids.contains(&"art".to_owned()), "{uids:?}");
    assert_eq!(site.waiting().await.len(), 1);
}

#[tokio::test]
async fn a_file_that_is_cut_off_publishes_neither_its_losses_nor_its_gains() {
    let (mut site, told, exams) = in_force().await;
    let grown = file(&[&[("new", 20)], &exams[..]].concat());
    let before = journal(&site).await;
    // At every line: where an event ends, too.
    let ends: Vec<_> = grown.match_indices("\r\n").map(|(at, _)| at).collect();
    for end in &ends[..ends.len() - 1] {
        told.file(&grown[..*end]);
        site.look().await;
        assert_eq!((site.standing().await.0, journal(&site).await), (1, before), "cut at {end}");
    }
    told.file(&grown[..ends[ends.len() - 1]]);
    site.look().await;
    assert_eq!(site.standing().await.0, 2, "the last line end is nobody's loss");
}

#[tokio::test]
async fn once_no_exam_is_left_an_empty_timetable_is_no_failure() {
    let (mut site, told) = Site::told().await;
    told.file(&file(&[("law", 24)]));
    site.look().await;
    told.file(&file(&[]));
    site.clock.advance(TimeDelta::hours(25));
    site.look().await;
    assert_eq!(site.timetable().await["status"], "failing", "law is under way");
    site.clock.advance(TimeDelta::hours(24));
    site.look().await;
    assert_eq!(site.timetable().await["status"], "ok");
    assert_eq!(site.standing().await.0, 1);
}

#[tokio::test]
async fn a_file_that_is_being_written_is_looked_at_again_soon_and_changes_nothing() {
    let (mut site, told, _) = in_force().await;
    let before = site.state(SOURCE).await;
    site.clock.advance(TimeDelta::hours(1));
    told.finds(Found::Settling);
    assert!(site.look().await.soon);
    assert_eq!(site.state(SOURCE).await, before);
    told.finds(Found::Unchanged);
    assert!(!site.look().await.soon);
    assert_eq!(site.state(SOURCE).await.unwrap().checked_at, Some(at(1)));
}

/// The process may end at any await: the next look makes good what was begun, and asks once.
#[tokio::test]
async fn a_look_that_is_cut_at_any_point_is_made_good_by_the_next() {
    let mut polls = 0;
    loop {
        let (mut site, told, exams) = in_force().await;
        told.file(&file(&[&exams[1..], &[("art", 30)]].concat()));
        let ended = ends_within(polls, site.looking()).await;
        let again = Told::default();
        again.file(&file(&[&exams[1..], &[("art", 30)]].concat()));
        site.restart(Box::new(again), settings());
        site.look().await;
        let (_, uids) = site.standing().await;
        assert!(uids.contains(&"law".to_owned()) && uids.contains(&"art".to_owned()), "{polls}");
        assert_eq!(site.waiting().await.len(), 1, "after {polls} polls");
        assert_eq!(site.store.journal_verify().await.unwrap(), None);
        if ended {
            break;
        }
        polls += 1;
    }
    assert!(3 < polls, "it was cut somewhere");
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
