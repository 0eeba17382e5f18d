//! AWS's rules one by one, and days in which the students decide what was good enough.

mod foreign;
mod metrics;
mod outage;

use super::*;
use crate::aws::Error;
use crate::domain::{
    Candidates, ExtraTime, Factor, Instance, InstanceId, Lifecycle, Share, SittingKey, Span,
    Tracking,
};
use proptest::prelude::*;

const HOUR: i64 = 3_600;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

fn world() -> World {
    World::new(7, at(0))
}

fn bounds(min: u32, max: u32) -> Action {
    Action::SetBounds { min: Some(Nodes::new(min)), max: Some(Nodes::new(max)) }
}

fn desired(nodes: u32) -> Action {
    Action::SetDesired(Nodes::new(nodes))
}

fn action(name: &str, second: i64, min: u32, max: u32) -> ScheduledAction {
    let (min, max) = (Some(Nodes::new(min)), Some(Nodes::new(max)));
    ScheduledAction { name: name.into(), at: at(second), min, max, desired: None }
}

fn policy(scale_in_disabled: bool) -> Action {
    Action::PutPolicy(TrackingPolicy {
        name: "invigilator-moodle-tracking".into(),
        tracking: Tracking::Cpu(Share::new(0.5).unwrap()),
        scale_in_disabled,
    })
}

fn sitting(uid: &str, start: i64, minutes: i64, candidates: u32) -> Sitting {
    Sitting {
        key: SittingKey { uid: uid.into(), recurrence_id: None },
        title: uid.into(),
        span: Span::new(at(start), at(start + 60 * minutes)).unwrap(),
        candidates: Candidates::new(candidates),
        extra_time: vec![ExtraTime {
            share: Share::new(0.1).unwrap(),
            factor: Factor::new(1.25).unwrap(),
        }],
        other_readings: vec![],
        source_line: None,
    }
}

/// A world in which `nodes` are in service and idle, at hour 1.
fn raised(nodes: u32) -> World {
    let mut world = world();
    world.apply(&bounds(nodes, 40)).unwrap();
    world.advance(at(HOUR));
    assert_eq!(world.group().in_service_count(), Nodes::new(nodes));
    world
}

fn ids(world: &World) -> Vec<InstanceId> {
    world.group().in_service().map(|instance| instance.id.clone()).collect()
}

fn present(world: &World) -> Vec<Instance> {
    let stays = |instance: &Instance| instance.lifecycle != Lifecycle::Terminating;
    world.group().instances.into_iter().filter(stays).collect()
}

fn in_zones(world: &World) -> Vec<usize> {
    let mut zones = std::collections::BTreeMap::new();
    for instance in present(world) {
        *zones.entry(instance.zone).or_insert(0) += 1;
    }
    zones.into_values().collect()
}

#[test]
fn it_begins_with_two_nodes_in_service_and_nothing_else() {
    let world = world();
    let group = world.group();
    assert_eq!(
        (group.min, group.max, group.desired),
        (Nodes::new(2), Nodes::new(40), Nodes::new(2))
    );
    assert_eq!(group.healthy_count(), Nodes::new(2));
    assert!(world.scheduled().is_empty() && world.policies().is_empty());
    assert_eq!(world.attempts().active, 0);
    let id = &ids(&world)[0].0;
    assert!(
        id.len() == 19 && id.starts_with("i-") && id[2..].chars().all(|c| c.is_ascii_hexdigit())
    );
}

#[test]
fn min_above_desired_launches_at_once_and_nodes_take_their_time_to_boot() {
    let mut world = world();
    world.apply(&bounds(9, 40)).unwrap();
    assert_eq!(world.group().desired, Nodes::new(9));
    assert_eq!(present(&world).len(), 9);
    assert_eq!(in_zones(&world), [3, 3, 3]);
    world.advance(at(45));
    assert_eq!(world.group().in_service_count(), Nodes::new(2), "no boot is below 45 s");
    world.advance(at(HOUR));
    assert_eq!(world.group().healthy_count(), Nodes::new(9));
}

#[test]
fn a_failed_launch_is_seen_after_a_minute_and_replaced() {
    let failing = (0..400).find(|seed| {
        let mut world = World::new(*seed, at(0));
        world.apply(&bounds(3, 40)).unwrap();
        let third = present(&world)[2].id.clone();
        world.advance(at(60));
        let replaced = present(&world).iter().all(|instance| instance.id != third);
        assert_eq!(present(&world).len(), 3, "desired is kept");
        replaced
    });
    assert!(failing.is_some(), "one launch in a hundred fails");
}

#[test]
fn lowering_min_removes_nothing() {
    let mut world = raised(6);
    world.apply(&bounds(2, 40)).unwrap();
    world.advance(at(2 * HOUR));
    assert_eq!(world.group().in_service_count(), Nodes::new(6));
}

#[test]
fn desired_outside_the_bounds_and_min_above_max_are_refused() {
    let mut world = raised(6);
    for wrong in [desired(5), desired(41), bounds(41, 40)] {
        assert!(matches!(first(world.apply(&wrong)), Err(Error::Invalid(_))), "{wrong}");
    }
    assert_eq!(world.group().desired, Nodes::new(6));
}

#[test]
fn lowering_desired_terminates_from_the_fullest_zone() {
    let mut world = raised(7);
    world.apply(&bounds(2, 40)).unwrap();
    world.apply(&desired(3)).unwrap();
    assert_eq!(world.group().in_service_count(), Nodes::new(3));
    assert_eq!(in_zones(&world), [1, 1, 1]);
    assert_eq!(world.group().instances.len(), 7, "they are still on their way out");
    world.advance(at(HOUR + 30));
    assert_eq!(world.group().instances.len(), 3);
}

#[test]
fn max_below_desired_scales_in() {
    let mut world = raised(6);
    world.apply(&bounds(2, 4)).unwrap();
    assert_eq!(world.group().desired, Nodes::new(4));
    assert_eq!(present(&world).len(), 4);
}

#[test]
fn protected_nodes_survive_although_desired_falls_and_go_when_protection_is_lifted() {
    let mut world = raised(6);
    world.apply(&bounds(2, 40)).unwrap();
    let all = ids(&world);
    world.apply(&Action::Protect(all.clone())).unwrap();
    world.apply(&desired(2)).unwrap();
    assert_eq!(world.group().desired, Nodes::new(2));
    assert_eq!(world.group().in_service_count(), Nodes::new(6));
    world.apply(&Action::Unprotect(all[..1].to_vec())).unwrap();
    assert_eq!(world.group().in_service_count(), Nodes::new(5));
}

#[test]
fn nodes_launched_after_the_call_are_protected_the_others_are_not() {
    let mut world = world();
    world.apply(&Action::ProtectNew).unwrap();
    world.apply(&bounds(4, 40)).unwrap();
    world.advance(at(HOUR));
    assert_eq!(world.group().protected_count(), Nodes::new(2));
    world.apply(&Action::UnprotectNew).unwrap();
    assert!(!world.group().new_instances_protected);
    assert_eq!(world.group().protected_count(), Nodes::new(2));
}

#[test]
fn protecting_a_node_that_boots_or_is_unknown_fails_the_whole_call() {
    let mut world = world();
    world.apply(&bounds(3, 40)).unwrap();
    let all: Vec<_> = present(&world).into_iter().map(|instance| instance.id).collect();
    assert!(matches!(first(world.apply(&Action::Protect(all))), Err(Error::Invalid(_))));
    assert_eq!(world.group().protected_count(), Nodes::ZERO);
    let unknown = Action::Protect(vec![InstanceId("i-0".into())]);
    assert!(matches!(first(world.apply(&unknown)), Err(Error::Invalid(_))));
    let many = Action::Protect(vec![ids(&world)[0].clone(); 51]);
    assert!(matches!(first(world.apply(&many)), Err(Error::Limit(_))));
}

#[test]
fn suspended_launch_and_terminate_change_nothing_until_resumed() {
    let mut world = raised(4);
    world.apply(&Action::Suspend(vec![Process::Launch, Process::Terminate])).unwrap();
    world.apply(&bounds(2, 40)).unwrap();
    world.apply(&desired(2)).unwrap();
    assert_eq!(present(&world).len(), 4);
    world.apply(&Action::Resume(vec![Process::Terminate])).unwrap();
    assert_eq!(present(&world).len(), 2);
    world.apply(&desired(5)).unwrap();
    assert_eq!(present(&world).len(), 2);
    world.apply(&Action::Resume(vec![Process::Launch])).unwrap();
    assert_eq!(present(&world).len(), 5);
    assert!(matches!(first(world.apply(&Action::Suspend(vec![]))), Err(Error::Invalid(_))));
}

#[test]
fn a_scheduled_raise_fires_within_two_minutes_and_vanishes() {
    let mut world = world();
    let raise = action("raise", 600, 8, 40);
    world.apply(&Action::PutScheduled(vec![raise.clone()])).unwrap();
    world.advance(at(599));
    assert_eq!((world.scheduled(), world.group().min), (vec![raise], Nodes::new(2)));
    world.advance(at(720));
    assert!(world.scheduled().is_empty());
    assert_eq!((world.group().min, world.group().desired), (Nodes::new(8), Nodes::new(8)));
}

#[test]
fn scheduled_actions_due_while_suspended_are_lost() {
    let mut world = world();
    world.apply(&Action::PutScheduled(vec![action("raise", 600, 8, 40)])).unwrap();
    world.apply(&Action::Suspend(vec![Process::ScheduledActions])).unwrap();
    world.advance(at(720));
    world.apply(&Action::Resume(vec![Process::ScheduledActions])).unwrap();
    world.advance(at(HOUR));
    assert!(world.scheduled().is_empty());
    assert_eq!(world.group().min, Nodes::new(2));
}

#[test]
fn an_idle_fleet_is_scaled_in_by_target_tracking_unless_something_keeps_it() {
    let idle = |keep: &dyn Fn(&mut World)| {
        let mut world = raised(12);
        world.apply(&bounds(2, 40)).unwrap();
        world.apply(&policy(false)).unwrap();
        keep(&mut world);
        world.advance(at(3 * HOUR));
        world.group().in_service_count().get()
    };
    assert_eq!(idle(&|_| {}), 2);
    assert_eq!(idle(&|world| world.apply(&bounds(9, 40)).unwrap()), 9);
    assert_eq!(idle(&|world| world.apply(&policy(true)).unwrap()), 12);
    assert_eq!(idle(&|world| world.apply(&Action::Protect(ids(world))).unwrap()), 12);
    let suspend = Action::Suspend(vec![Process::AlarmNotification]);
    assert_eq!(idle(&|world| world.apply(&suspend).unwrap()), 12);
}

#[test]
fn a_busy_fleet_is_scaled_out_by_target_tracking() {
    let mut world = world();
    world.apply(&policy(false)).unwrap();
    world.enrol(&[sitting("exam", HOUR, 120, 4_000)]);
    world.advance(at(2 * HOUR));
    assert!(Nodes::new(4) <= world.group().in_service_count());
    assert!(0 < world.counts().late_starts, "but much too late");
}

/// One sitting of 4,000 on a fleet of `nodes`; what was counted when all was over.
fn exam(nodes: u32) -> Counts {
    let mut world = raised(nodes);
    world.enrol(&[sitting("exam", 2 * HOUR, 120, 4_000)]);
    world.advance(at(6 * HOUR));
    assert_eq!(world.attempts().active, 0);
    world.counts()
}

#[test]
fn with_fifteen_nodes_nobody_of_four_thousand_is_late() {
    let counts = exam(15);
    assert!((3_680..=4_000).contains(&counts.starts), "{counts:?}");
    assert_eq!(counts.submissions, counts.starts);
    assert_eq!((counts.late_starts, counts.late_submissions), (0, 0), "{counts:?}");
}

#[test]
fn with_two_nodes_most_of_four_thousand_are_late() {
    let counts = exam(2);
    assert!(counts.starts / 2 < counts.late_starts, "{counts:?}");
    assert!(counts.starts / 4 < counts.late_submissions, "{counts:?}");
}

#[test]
fn without_a_node_nobody_starts_and_every_start_is_late_once() {
    let mut world = world();
    world.apply(&bounds(0, 0)).unwrap();
    world.enrol(&[sitting("exam", HOUR, 60, 100)]);
    world.advance(at(5 * HOUR));
    let counts = world.counts();
    assert_eq!((counts.starts, counts.submissions), (counts.late_starts, 0), "{counts:?}");
    assert!(92 <= counts.starts);
}

#[test]
fn attempts_last_to_the_extra_time_and_end_with_it() {
    let mut world = raised(15);
    world.enrol(&[sitting("exam", 2 * HOUR, 120, 1_000)]);
    world.advance(at(2 * HOUR + 120));
    let attempts = world.attempts();
    assert!(920 <= attempts.active);
    assert_eq!(attempts.latest_deadline, Some(at(2 * HOUR + 150 * 60)));
    world.advance(at(4 * HOUR + 30));
    assert!((1..=100).contains(&world.attempts().active), "{:?}", world.attempts());
    world.advance(at(2 * HOUR + 150 * 60 + 30));
    assert_eq!((world.attempts().active, world.attempts().latest_deadline), (0, None));
}

#[test]
fn a_node_taken_away_during_attempts_is_counted() {
    let mut world = raised(15);
    world.enrol(&[sitting("exam", 2 * HOUR, 60, 200)]);
    world.apply(&bounds(2, 40)).unwrap();
    world.apply(&desired(13)).unwrap();
    assert_eq!(world.counts().removed_during_attempts, 0);
    world.advance(at(2 * HOUR + 600));
    world.apply(&desired(10)).unwrap();
    assert_eq!(world.counts().removed_during_attempts, 3);
}

#[test]
fn a_new_timetable_replaces_what_has_not_begun_and_only_that() {
    let mut world = raised(15);
    world.enrol(&[sitting("a", 2 * HOUR, 60, 100), sitting("b", 4 * HOUR, 60, 100)]);
    world.advance(at(2 * HOUR + 60));
    let begun = world.counts().starts;
    world.enrol(&[sitting("a", 2 * HOUR + 1_800, 60, 100), sitting("c", 5 * HOUR, 60, 300)]);
    world.advance(at(5 * HOUR - 1));
    assert_eq!(world.counts().starts, begun, "a goes on as it began, b is cancelled");
    world.advance(at(8 * HOUR));
    assert!((276..=300).contains(&(world.counts().starts - begun)));
}

#[test]
fn to_a_sitting_that_is_published_after_its_start_nobody_comes() {
    let mut world = raised(2);
    world.enrol(&[sitting("late", HOUR, 60, 100), sitting("in a minute", HOUR + 60, 60, 50)]);
    world.advance(at(4 * HOUR));
    assert!((46..=50).contains(&world.counts().starts));
}

#[test]
fn node_time_runs_from_launch_until_gone() {
    let mut world = world();
    world.advance(at(HOUR));
    world.apply(&bounds(1, 40)).unwrap();
    world.apply(&desired(1)).unwrap();
    world.advance(at(2 * HOUR));
    assert_eq!(world.counts().node_time, TimeDelta::seconds(3 * HOUR + 30));
}

#[test]
fn connections_rise_with_the_work_and_stay_within_the_limit() {
    let mut world = raised(2);
    let idle = world.connections();
    world.enrol(&[sitting("exam", 2 * HOUR, 60, 4_000)]);
    world.advance(at(2 * HOUR + 30));
    let busy = world.connections();
    assert!(idle.in_use < busy.in_use && busy.in_use <= 2 * 40 + 12, "{idle:?} {busy:?}");
    assert_eq!(busy.limit, Some(2_000));
}

/// Everything that can be asked of a world.
fn face(world: &World) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        world.group(),
        world.scheduled(),
        world.policies(),
        world.connections(),
        world.attempts(),
        world.counts()
    )
}

/// Writes at random moments of a day, in order.
fn writes() -> impl Strategy<Value = Vec<(i64, Action)>> {
    let write = prop_oneof![
        (1..20_u32, 10..30_u32).prop_map(|(min, max)| bounds(min, max)),
        (1..20_u32).prop_map(desired),
        Just(Action::ProtectNew),
        Just(Action::UnprotectNew),
        any::<bool>().prop_map(policy),
        Just(Action::Suspend(vec![Process::Launch, Process::ScheduledActions])),
        Just(Action::Resume(vec![Process::Launch, Process::ScheduledActions])),
        (0..86_400_i64, 1..20_u32).prop_map(|(second, min)| {
            let name = format!("raise-{}", second % 7);
            Action::PutScheduled(vec![action(&name, second, min, 40)])
        }),
        (0..7).prop_map(|n| Action::DeleteScheduled(vec![format!("raise-{n}")])),
    ];
    proptest::collection::vec((0..6 * HOUR, write), 0..12).prop_map(|mut writes| {
        writes.sort_by_key(|(second, _)| *second);
        writes
    })
}

/// Lives through the writes, looking at the world at `looks` as well.
fn lived(seed: u64, writes: &[(i64, Action)], looks: &[i64]) -> World {
    let mut world = World::new(seed, at(0));
    world.enrol(&[sitting("a", 2 * HOUR, 60, 300), sitting("b", 3 * HOUR, 30, 200)]);
    let mut looks = looks.iter().copied().peekable();
    for (second, action) in writes {
        while let Some(look) = looks.next_if(|look| look <= second) {
            world.advance(at(look));
        }
        world.advance(at(*second));
        let _ = world.apply(action);
    }
    looks.for_each(|look| world.advance(at(look)));
    world.advance(at(7 * HOUR));
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// However often somebody looks, the world goes the same way; so a replay without the looks does, too.
    #[test]
    fn one_long_step_and_many_short_ones_lead_to_the_same_world(
        seed in any::<u64>(),
        writes in writes(),
        mut looks in proptest::collection::vec(0..7 * HOUR, 0..60),
    ) {
        looks.sort_unstable();
        prop_assert_eq!(face(&lived(seed, &writes, &looks)), face(&lived(seed, &writes, &[])));
    }

    /// Desired stays within the bounds, whatever is asked and in whatever order.
    #[test]
    fn desired_never_leaves_the_bounds(seed in any::<u64>(), writes in writes()) {
        let mut world = World::new(seed, at(0));
        for (second, action) in &writes {
            world.advance(at(*second));
            let _ = world.apply(action);
            let group = world.group();
            prop_assert!(group.min <= group.desired && group.desired <= group.max);
        }
    }
}
