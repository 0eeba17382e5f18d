//! What AWS cannot do for a while, what becomes of it afterwards, and what was told meanwhile.

use super::*;

fn out(lacks: Lack, until: Option<i64>) -> Outage {
    Outage { lacks, until: until.map(at) }
}

fn failures(world: &World) -> Vec<Failure> {
    let why = |one: Activity| match one.status {
        Status::Failed(_, failure) => Some(failure),
        Status::InProgress | Status::Successful(_) => None,
    };
    world.activities(TimeDelta::zero()).into_iter().filter_map(why).collect()
}

#[test]
fn without_capacity_nothing_is_launched_and_afterwards_all_of_it_by_itself() {
    let mut world = world();
    world.replace_outages(&[out(Lack::Capacity(None), Some(HOUR))]);
    world.apply(&bounds(6, 40)).unwrap();
    assert_eq!(failures(&world), [Failure::NoCapacity; 3], "each zone was tried once");
    world.advance(at(HOUR - 1));
    assert_eq!(present(&world).len(), 2);
    let tried = failures(&world).len();
    assert!((90..=180).contains(&tried), "every minute or two: {tried}");
    world.advance(at(HOUR + 120));
    assert_eq!(present(&world).len(), 6);
    assert_eq!(failures(&world).len(), tried);
}

#[test]
fn what_runs_goes_on_while_nothing_can_be_launched() {
    let mut world = raised(6);
    world.replace_outages(&[out(Lack::Capacity(None), None), out(Lack::Boots, None)]);
    world.advance(at(9 * HOUR));
    assert_eq!(world.group().in_service_count(), Nodes::new(6));
    assert_eq!(failures(&world), []);
}

#[test]
fn failing_launches_are_seen_and_replaced_until_they_succeed() {
    let mut world = world();
    world.replace_outages(&[out(Lack::Boots, Some(600))]);
    world.apply(&bounds(4, 40)).unwrap();
    world.advance(at(599));
    assert_eq!(world.group().in_service_count(), Nodes::new(2));
    assert_eq!(failures(&world), [Failure::Unhealthy; 18], "two of them, each minute");
    world.advance(at(HOUR));
    assert_eq!(world.group().in_service_count(), Nodes::new(4));
}

#[test]
fn outages_are_replaced_as_a_whole() {
    let mut world = world();
    world.replace_outages(&[out(Lack::Boots, None)]);
    world.replace_outages(&[out(Lack::Capacity(Some(ZONES[0])), Some(60))]);
    assert_eq!(world.outages(), [out(Lack::Capacity(Some(ZONES[0])), Some(60))]);
    world.advance(at(60));
    assert_eq!(world.outages(), []);
}

#[test]
fn the_past_is_told_for_a_quarter_of_an_hour() {
    let mut world = world();
    for (second, min) in [(100, 3), (200, 4), (300, 5)] {
        world.advance(at(second));
        world.apply(&bounds(min, 40)).unwrap();
    }
    world.advance(at(350));
    let before = |world: &World, seconds| world.told_before(TimeDelta::seconds(seconds)).group.min;
    for (seconds, min) in [(0, 5), (50, 5), (51, 4), (150, 4), (250, 3), (251, 2), (900, 2)] {
        assert_eq!(before(&world, seconds), Nodes::new(min), "{seconds} s ago");
    }
    world.advance(at(300 + 900));
    assert_eq!(before(&world, 900), Nodes::new(5));
}

#[test]
fn however_fast_somebody_writes_the_past_is_bounded() {
    let mut world = world();
    for step in 0..2_000_i64 {
        world.advance(at(0) + TimeDelta::milliseconds(step));
        world.apply(&bounds(2, 40 + u32::try_from(step % 7).unwrap())).unwrap();
    }
    assert!(format!("{:?}", world.past).matches("Told {").count() <= 256);
}
