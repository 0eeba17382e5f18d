//! What others ask of the group, and what it tells of its past.

use super::*;

#[test]
fn one_update_sets_all_three_sizes_or_none_of_them() {
    let mut world = raised(6);
    let update = |min, max, desired| {
        let [min, max, desired] = [min, max, desired].map(|nodes| Some(Nodes::new(nodes)));
        Foreign::Update(Update { min, max, desired, new_protected: Some(true) })
    };
    let refused = first(world.apply_foreign(&update(1, 10, 15)));
    let told = "Desired capacity:15 must be between the specified min size:1 and max size:10";
    assert_eq!(refused, Err(Error::Invalid(told.into())));
    assert_eq!((world.group().max, world.group().new_instances_protected), (Nodes::new(40), false));
    world.apply_foreign(&update(1, 10, 3)).unwrap();
    let group = world.group();
    assert_eq!(
        (group.min, group.max, group.desired),
        (Nodes::new(1), Nodes::new(10), Nodes::new(3))
    );
    assert!(group.new_instances_protected);
}

#[test]
fn desired_waits_for_the_cool_down_only_where_it_is_told_to() {
    let mut world = raised(3);
    let after = |nodes| Foreign::SetDesiredAfterCoolDown(Nodes::new(nodes));
    world.apply_foreign(&after(4)).unwrap();
    assert!(matches!(first(world.apply_foreign(&after(5))), Err(Error::Busy(_))));
    world.apply(&desired(5)).unwrap();
    let last = |world: &World| {
        world.activities(TimeDelta::zero()).iter().filter_map(|one| one.status.ended()).max()
    };
    world.advance(at(2 * HOUR));
    assert!(last(&world).unwrap() < at(2 * HOUR) - COOL_DOWN);
    world.apply_foreign(&after(6)).unwrap();
}

#[test]
fn every_launch_and_termination_is_an_activity_with_its_times() {
    let mut world = world();
    assert_eq!(world.activities(TimeDelta::zero()), [], "the group stood before the world began");
    world.apply(&bounds(4, 40)).unwrap();
    let kinds = |world: &World| {
        let one = |one: &Activity| (one.kind, one.capacity, one.status.ended().is_some());
        world.activities(TimeDelta::zero()).iter().map(one).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&world), [(Kind::Launch, (2, 4), false); 2]);
    world.advance(at(HOUR));
    let boots = world.activities(TimeDelta::zero());
    let in_service = boots.iter().filter(|one| matches!(one.status, Status::Successful(_)));
    assert_eq!(in_service.count(), 2);
    assert!(boots.iter().all(|one| at(45) < one.status.ended().unwrap()));
    world.apply(&bounds(3, 40)).unwrap();
    world.apply(&desired(3)).unwrap();
    assert_eq!(kinds(&world)[0], (Kind::Terminate, (4, 3), false));
    world.advance(at(HOUR + 30));
    assert_eq!(world.activities(TimeDelta::zero())[0].status, Status::Successful(at(HOUR + 30)));
}
