//! The main job in simulated time: the bundled week through the real passes, a real store and the simulated
//! account. What the sandbox's own students count decides, not what the daemon says of itself.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first surprise, and tells its seed"
)]

mod day;
mod door;

use chrono::TimeDelta;
use day::Day;
use invigilator::domain::{Action, HoldPhase, Nodes};
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

/// The same day through the production adapter, AWS's own SDK and a socket, with the daemon killed twice.
#[tokio::test]
async fn over_the_wire_an_exam_day_goes_just_as_well() {
    let mut day = Day::begin_over_the_wire(1).await;
    day.run_for(TimeDelta::minutes(100)).await;
    day.kill_and_restart_after(TimeDelta::minutes(5)).await;
    day.run_for(TimeDelta::hours(3)).await;
    day.kill_and_restart_after(TimeDelta::minutes(10)).await;
    day.run_for(TimeDelta::hours(17)).await;
    day.assert_went_well();
    let counters = day.counters();
    assert!(4_000 * 9 / 10 <= counters.starts, "{counters:?}");
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

/// The daemon dies after each single write of the morning, in the middle of its pass, and is away for a quarter of an
/// hour: whatever arrived of a pass, the exam starts on time and nobody is sent away.
#[tokio::test]
async fn cut_after_any_write_of_the_morning_the_exam_starts_on_time() {
    let mut writes = 0;
    loop {
        let mut day = Day::begin(12).await;
        day.door().dies_after(Some(writes));
        let died = day.run_until_dead(TimeDelta::hours(3)).await;
        if died {
            day.door().dies_after(None);
            day.kill_and_restart_after(TimeDelta::minutes(15)).await;
            day.run_until(TimeDelta::hours(3)).await;
        }
        let counters = day.counters();
        println!("after {writes} writes: {counters:?}");
        assert!(3_600 <= counters.starts, "after {writes} writes: {counters:?}");
        assert_eq!(
            (counters.late_starts, counters.removed_during_attempts),
            (0, 0),
            "after {writes} writes: {counters:?}"
        );
        if !died {
            break;
        }
        writes += 1;
    }
    assert!(5 <= writes, "the morning had {writes} writes");
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

/// Somebody at a console makes the group small in the middle of the exam: every server is protected, none goes, and
/// the next pass puts the floor back.
#[tokio::test]
async fn a_stranger_who_makes_the_group_small_during_an_exam_removes_nobody() {
    let mut day = Day::begin(7).await;
    day.run_for(TimeDelta::hours(3)).await;
    let before = day.in_service();
    day.stranger(Action::SetBounds { min: Some(Nodes::new(2)), max: None }).await;
    day.stranger(Action::SetDesired(Nodes::new(2))).await;
    day.run_for(TimeDelta::minutes(40)).await;
    assert_eq!(day.in_service(), before);
    assert_eq!(day.min_in_aws(), Some(before), "the floor is back");
    let counters = day.counters();
    assert_eq!((counters.removed_during_attempts, counters.late_starts), (0, 0), "{counters:?}");
}

/// Long after the planned end one attempt is still open: nothing is given back before it ends.
#[tokio::test]
async fn as_long_as_one_attempt_is_open_nothing_is_given_back() {
    let mut day = Day::begin(8).await;
    day.run_for(TimeDelta::hours(4)).await;
    day.door().straggler(true);
    day.run_for(TimeDelta::hours(4)).await;
    let held = day.in_service();
    assert!(Nodes::new(15) <= held, "{held}");
    assert_eq!(day.hold().await.map(|hold| hold.phase), Some(HoldPhase::On));
    day.door().straggler(false);
    day.run_for(TimeDelta::hours(1)).await;
    assert!(day.in_service() <= Nodes::new(3), "{}", day.in_service());
    assert_eq!(day.hold().await, None);
    assert_eq!(day.counters().removed_during_attempts, 0);
}

/// One call in five fails all day: reads come back unknown, writes are refused, of batches single items. The day goes
/// just as well, and the evening, when it is over, gives everything back.
#[tokio::test]
async fn with_every_fifth_call_failing_the_day_goes_just_as_well() {
    for seed in [9, 10] {
        let mut day = Day::begin(seed).await;
        day.door().fail_with(0.2);
        day.run_for(TimeDelta::hours(18)).await;
        day.door().fail_with(0.0);
        day.run_for(TimeDelta::hours(4)).await;
        day.assert_went_well();
        assert_eq!(day.hold().await, None);
        assert!(day.in_service() <= Nodes::new(3), "{}", day.in_service());
    }
}

/// The timetable is read, the raise is made and held although the hold of an earlier life cannot be read.
#[tokio::test]
async fn a_hold_that_cannot_be_read_stops_no_raise() {
    let mut day = Day::begin(11).await;
    day.damage_the_hold().await;
    day.run_for(TimeDelta::hours(3)).await;
    let counters = day.counters();
    assert!(3_600 <= counters.starts, "{counters:?}");
    assert_eq!((counters.late_starts, counters.removed_during_attempts), (0, 0), "{counters:?}");
    assert!(day.told("store_failed") && day.is_held());
}

/// The students of all other tests follow what was read; this is what the registrar wrote, by hand.
#[test]
fn the_bundled_week_is_read_as_the_registrar_wrote_it() {
    let wanted = [
        ("LAWS1001", "11-30T09:00", "11:00", "12:00", 4000),
        ("ECON1002", "11-30T10:00", "12:00", "12:30", 600),
        ("STAT1003", "11-30T12:00", "13:30", "13:30", 450),
        ("MEDI3005", "12-01T09:30", "12:30", "14:00", 700),
        ("FREN1001", "12-01T14:00", "15:00", "15:00", 240),
        ("NURS1001", "12-01T17:30", "19:00", "19:00", 520),
        ("COMP2011", "12-02T09:30", "11:30", "11:30", 640),
        ("COMP3020", "12-02T11:45", "13:45", "13:45", 310),
        ("FREN1001", "12-02T14:00", "15:00", "15:00", 240),
        ("PSYC1001", "12-03T09:00", "11:00", "12:00", 850),
        ("BIOL1105", "12-03T14:00", "15:30", "15:30", 540),
        ("FREN1001", "12-03T16:30", "17:30", "17:30", 240),
        ("ENGL1010", "12-04T14:00", "16:00", "18:00", 380),
    ];
    let reading = day::bundled_week();
    let read: Vec<_> = reading
        .sittings
        .iter()
        .map(|sitting| {
            // London keeps UTC in winter.
            let time = |at: chrono::DateTime<chrono::Utc>| at.format("%H:%M").to_string();
            (
                sitting.title[..8].to_owned(),
                sitting.span.start().format("%m-%dT%H:%M").to_string(),
                time(sitting.span.end()),
                time(sitting.last_deadline()),
                sitting.candidates.get(),
            )
        })
        .collect();
    let wanted = wanted.map(|(course, start, end, deadline, candidates)| {
        (course.to_owned(), start.to_owned(), end.to_owned(), deadline.to_owned(), candidates)
    });
    assert_eq!(read, wanted);
}
