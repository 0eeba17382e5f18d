//! The main job in simulated time: the bundled week through the real passes, a real store and the simulated
//! account. What the sandbox's own students count decides, not what the daemon says of itself.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first surprise, and tells its seed"
)]

mod day;

use chrono::TimeDelta;
use day::Day;
use invigilator::domain::{HoldPhase, Nodes};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Monday: 4,000 candidates press start at 09:00. Nobody waits, nothing is taken away, the money comes back.
#[tokio::test]
async fn an_exam_day_goes_well() {
    let mut day = Day::begin(1).await;
    day.run_for(TimeDelta::hours(22)).await;
    day.assert_went_well();
    let counters = day.counters();
    assert!(4_000 * 9 / 10 <= counters.starts, "{counters:?}");
    assert!(counters.submissions == counters.starts, "everybody submits: {counters:?}");
    assert!(counters.node_hours < counters.static_peak_node_hours / 2.0, "{counters:?}");
    assert_eq!(day.hold().await, None, "the hold ended");
    assert!(day.in_service() <= Nodes::new(3), "the floor came back: {}", day.in_service());
    day.assert_released_in_steps();
}

/// The whole week: overlapping, back-to-back and evening sittings, extra time, a moved and a cancelled one.
#[tokio::test]
async fn the_bundled_week_goes_well() {
    let mut day = Day::begin(2).await;
    day.run_for(TimeDelta::days(5)).await;
    day.assert_went_well();
    assert_eq!(
        day.opened(),
        day.sittings_in_the_week(),
        "every sitting was looked at when it opened"
    );
}

/// The daemon dies at ten random moments of the day and stays away for up to half an hour each time; the
/// simulated account goes on meanwhile.
#[tokio::test]
async fn killed_ten_times_the_day_goes_just_as_well() {
    for seed in [3, 4] {
        let mut draws = StdRng::seed_from_u64(seed);
        let mut day = Day::begin(seed).await;
        for _ in 0..10 {
            day.run_for(TimeDelta::seconds(draws.random_range(600..6_000))).await;
            day.kill_and_restart_after(TimeDelta::seconds(draws.random_range(0..1_800))).await;
        }
        day.run_for(TimeDelta::hours(10)).await;
        day.assert_went_well();
    }
}

/// Static stability: the scheduled actions of one pass carry the whole day when the daemon never comes back.
#[tokio::test]
async fn dead_from_the_first_pass_the_day_still_starts_on_time() {
    let mut day = Day::begin(5).await;
    day.run_for(TimeDelta::seconds(60)).await;
    day.kill_and_restart_after(TimeDelta::hours(4)).await;
    let counters = day.counters();
    assert!(3_600 <= counters.starts, "{counters:?}");
    assert_eq!(counters.late_starts, 0, "{counters:?}");
}

/// A restart in the middle of an exam lowers nothing, remembers the hold, and lets go of it in the evening.
#[tokio::test]
async fn a_restart_during_an_exam_remembers_the_hold() {
    let mut day = Day::begin(6).await;
    day.run_for(TimeDelta::hours(3)).await;
    let before = day.hold().await.expect("the exam is on");
    assert_eq!(before.phase, HoldPhase::On);
    day.kill_and_restart_after(TimeDelta::seconds(90)).await;
    let after = day.hold().await.expect("the exam is still on");
    assert_eq!((after.floor, after.release_at), (before.floor, before.release_at));
    assert!(before.suspended.is_subset(&after.suspended));
}
