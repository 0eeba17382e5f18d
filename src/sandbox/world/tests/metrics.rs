//! What CloudWatch is sent.

use super::*;

fn minutes(world: &World) -> Vec<Minute> {
    world.minutes(TimeDelta::zero())
}

#[test]
fn each_minute_that_is_over_has_one_row_for_a_day() {
    let mut world = world();
    world.advance(at(59));
    assert_eq!(minutes(&world), [], "the minute under way is not told");
    world.advance(at(60));
    assert_eq!(minutes(&world)[0].begins, at(0));
    world.advance(at(30 * HOUR));
    let rows = minutes(&world);
    assert_eq!((rows.len(), rows[0].ends()), (24 * 60, at(30 * HOUR)));
    assert!(rows.windows(2).all(|pair| pair[1].ends() == pair[0].begins));
    assert_eq!(world.minutes(TimeDelta::minutes(9))[0].ends(), at(30 * HOUR - 540));
}

#[test]
fn a_row_tells_what_the_group_and_the_servers_did() {
    let mut world = world();
    world.apply(&bounds(5, 30)).unwrap();
    world.advance(at(60));
    let [first] = &*minutes(&world) else { panic!("one minute") };
    let sizes =
        Sizes { min: 5, max: 30, desired: 5, in_service: 2, pending: 3, terminating: 0, total: 5 };
    assert_eq!((first.sizes, first.requests), (sizes, Some(300.0)));
    let cpu = 2.0 / 12.0;
    assert!(first.cpu.is_some_and(|found| (found - cpu).abs() < 1e-9), "{first:?}");
    world.enrol(&[sitting("exam", HOUR, 120, 600)]);
    world.advance(at(HOUR + 120));
    let rows = minutes(&world);
    let row = |second| rows.iter().find(|row| row.begins == at(second)).unwrap();
    let (quiet, busy) = (row(HOUR - 600), row(HOUR));
    assert_eq!((quiet.sizes, quiet.sizes.in_service), (busy.sizes, 5));
    assert!(quiet.cpu < busy.cpu && quiet.requests < busy.requests, "{quiet:?} {busy:?}");
    assert!(quiet.connections[0] < busy.connections[0], "{quiet:?} {busy:?}");
}

#[test]
fn connections_follow_the_writer() {
    let mut world = world();
    world.apply_foreign(&Foreign::FailOver(None)).unwrap();
    world.advance(at(120));
    let rows = minutes(&world);
    let writers = rows.iter().map(|row| (row.writer, row.connections.map(|count| 0 < count)));
    assert_eq!(writers.collect::<Vec<_>>(), [(MEMBERS[1], [false, true]); 2]);
}
