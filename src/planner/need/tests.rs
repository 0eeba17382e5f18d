//! The published worked example, and what each kind of demand asks for.

use super::*;
use crate::planner::demand::Flow;
use crate::planner::fixture::{settings, share, sitting};
use crate::planner::{PressCurve, PressShape};
use chrono::TimeDelta;

/// The settings of the published worked example: one exam alone, ε 1 %, no background, no reloads.
fn example() -> Settings {
    let mut settings = settings();
    settings.allowed.violation = share(0.01);
    settings.demand.page_cpu = 0.0;
    settings.demand.reload_cpu = 0.0;
    settings.demand.background_vcpu = 0.0;
    settings
}

fn need(settings: &Settings, candidates: u32) -> Need {
    Sizing::new(settings).need(&[&sitting("exam", 0, 120, candidates)])
}

fn starting(settings: &Settings, candidates: u32) -> f64 {
    let need = need(settings, candidates);
    need.vcpu.start.max(need.vcpu.plateau)
}

/// The worked example gives whole vCPU, rounded up.
#[test]
fn a_start_of_4000_needs_61_vcpu_when_front_loaded() {
    assert_eq!(starting(&example(), 4000).ceil(), 61.0);
}

#[test]
fn other_sizes_and_shapes_are_those_of_the_worked_example() {
    for (candidates, vcpu) in [(500, 8.9), (1000, 16.6), (2000, 31.6), (8000, 118.8)] {
        let found = starting(&example(), candidates);
        assert!((found - vcpu).abs() < 0.1, "{candidates}: {found}");
    }
    let mut pre_created = example();
    pre_created.demand.start_cpu = 0.25;
    assert_eq!(starting(&pre_created, 4000).ceil(), 31.0);
    let mut uniform = example();
    uniform.demand.press = PressShape::Uniform;
    assert_eq!(starting(&uniform, 4000).ceil(), 35.0);
    uniform.demand.press_window = TimeDelta::seconds(5);
    assert_eq!(starting(&uniform, 4000).ceil(), 268.0);
}

/// A quiz that is over before its last late candidate may come still submits into the next one's start.
#[test]
fn late_arrivals_do_not_hide_submissions_that_meet_a_start() {
    let quizzes = [sitting("one", 0, 15, 4000), sitting("two", 15, 15, 4000)];
    let nodes = |late: f64| {
        let mut settings = settings();
        settings.demand.late = share(late);
        let need = Sizing::new(&settings).need(&[&quizzes[0], &quizzes[1]]);
        need.nodes.get()
    };
    assert!(0.95 * f64::from(nodes(0.0)) < f64::from(nodes(0.01)), "{}", nodes(0.01));
}

/// Whoever waits for an opening reloads while others submit.
#[test]
fn reloads_before_a_start_are_served_beside_submissions() {
    let [closes, opens] = [sitting("a", 0, 58, 4000), sitting("b", 60, 60, 4000)];
    let vcpu = |some: &[&Sitting]| {
        let mut settings = settings();
        settings.demand.submit_share = share(1.0);
        settings.demand.reload_cpu = 0.15;
        Sizing::new(&settings).need(some).vcpu.peak()
    };
    // 4,000 in 30 s of 0.15 CPU-seconds.
    assert!(vcpu(&[&closes]) + 20.0 <= vcpu(&[&closes, &opens]));
}

/// Presses that come late in the window are as many at a time as those that come early.
#[test]
fn a_rush_at_the_end_of_the_window_needs_what_one_at_its_beginning_needs() {
    let rush = |twelfth: usize| {
        let mut settings = example();
        let shares = std::array::from_fn(|part| if part < twelfth { 0.0 } else { 1.0 });
        settings.demand.press = PressShape::Measured(PressCurve::new(shares).unwrap());
        let vcpu = need(&settings, 4000).vcpu;
        (vcpu.start, vcpu.submit)
    };
    let (first, last) = (rush(0), rush(11));
    assert!(200.0 < first.0 && (first.0 - last.0).abs() < 1e-6, "{first:?} {last:?}");
    assert!((first.1 - last.1).abs() < 1e-6, "{first:?} {last:?}");
}

#[test]
fn a_curve_of_few_presses_needs_more_than_one_of_many() {
    let measured = |count: u32| {
        let mut settings = example();
        let presses: Vec<_> = (0..count).map(|n| f64::from(n) / f64::from(count)).collect();
        settings.demand.press = PressShape::Measured(PressCurve::measured(&presses).unwrap());
        need(&settings, 4000).vcpu
    };
    let mut even = example();
    even.demand.press = PressShape::Uniform;
    let (known, many, few) = (need(&even, 4000).vcpu, measured(100_000), measured(100));
    assert!(known.start < many.start && 2.0 * many.start < few.start, "{known:?} {many:?} {few:?}");
    assert!(many.start < 1.3 * known.start, "{known:?} {many:?}");
    // However fine its parts are, a rate that lasts is one that lasts.
    assert!((known.plateau - many.plateau).abs() < 1e-6, "{known:?} {many:?}");
}

#[test]
fn who_comes_late_spares_the_first_minute_and_is_served_all_the_same() {
    let [mut early, mut late] = [example(), example()];
    early.demand.attendance = share(0.75);
    late.demand.late = share(0.25);
    let starts = |settings: &Settings| need(settings, 4000).vcpu.start;
    assert!((starts(&early) - starts(&late)).abs() < 1e-9, "{} {}", starts(&early), starts(&late));
    // A thousand starts in a minute and a half are more than all the others while nobody else starts.
    late.demand.late = share(0.9);
    late.demand.late_window = TimeDelta::seconds(90);
    early.demand.attendance = share(0.1);
    assert!(2.5 * starts(&early) < starts(&late), "{} {}", starts(&early), starts(&late));
    assert!(starts(&late) < starts(&example()));
}

#[test]
fn a_random_delay_of_ten_minutes_leaves_5_vcpu() {
    let mut delayed = example();
    delayed.demand.press = PressShape::Uniform;
    delayed.demand.press_window = TimeDelta::minutes(10);
    assert_eq!(starting(&delayed, 4000), 5.0);
    let sizing = Sizing::new(&delayed);
    let nodes = sizing.carrying(5.0);
    assert_eq!((nodes.get(), sizing.with_a_zone_lost(nodes).get()), (1, 2));
}

#[test]
fn a_common_close_needs_63_vcpu_and_103_when_all_are_still_active() {
    let mut settings = example();
    assert_eq!(need(&settings, 4000).vcpu.submit.ceil(), 63.0);
    settings.demand.submit_share = share(1.0);
    assert_eq!(need(&settings, 4000).vcpu.submit.ceil(), 103.0);
}

#[test]
fn the_middle_of_an_exam_is_20_vcpu_at_half_of_the_whole_cpu() {
    let mut settings = example();
    settings.demand.page_cpu = 0.3;
    settings.demand.start_cpu = 0.0;
    settings.demand.submit_cpu = 0.0;
    // 20 vCPU of work at 50 % of 8 vCPU are 5 web servers, which count 6.4 effective vCPU each.
    assert!((need(&settings, 4000).vcpu.plateau - 20.0 * 0.8 / 0.5).abs() < 1e-6);
    assert_eq!(Sizing::new(&settings).carrying(32.0), Nodes::new(5));
    // One page with an autosave each minute: 6.7 vCPU, 2 web servers, 3 with a zone lost.
    settings.demand.page_cpu = 0.1;
    let found = need(&settings, 4000);
    assert_eq!((found.carrying, found.nodes), (Nodes::new(2), Nodes::new(3)));
}

#[test]
fn vcpu_become_web_servers_and_survive_a_lost_zone() {
    let mut settings = example();
    let nodes = |settings: &Settings, vcpu| {
        let sizing = Sizing::new(settings);
        let carrying = sizing.carrying(vcpu);
        (carrying.get(), sizing.with_a_zone_lost(carrying).get())
    };
    let table =
        [(35.0, (6, 9)), (61.0, (10, 15)), (31.0, (5, 8)), (268.0, (42, 63)), (103.0, (17, 26))];
    for (vcpu, expected) in table {
        assert_eq!(nodes(&settings, vcpu), expected, "{vcpu}");
    }
    settings.zones.count = 1;
    assert_eq!(nodes(&settings, 61.0), (10, 10));
}

/// The exact stationary point against a fine grid.
#[test]
fn the_bound_is_the_maximum_over_every_moment() {
    let demand = settings().demand;
    let mut flows = presses(&demand, 0.0, 500.0, 0.5);
    flows.extend(presses(&demand, 20.0, 90.0, 2.0));
    let arrived = |t: f64, part: fn(&Flow) -> f64| -> f64 {
        flows.iter().map(|f| part(f) * (t.min(f.until) - f.from).max(0.0)).sum()
    };
    let grid = (1..8000)
        .map(|n| f64::from(n) / 100.0)
        .map(|t| (arrived(t, |f| f.work) + 4.2649 * arrived(t, |f| f.variance).sqrt()) / (t + 3.0));
    let greatest = grid.fold(0.0, f64::max);
    let bound = burst_bound(edges(flows.iter().copied()), 0.0, 3.0, 4.2649, 0.0);
    assert!(greatest <= bound + 1e-9 && bound < greatest + 1e-3, "{bound} {greatest}");
}

#[test]
fn two_sittings_that_start_together_need_less_than_both_alone_and_more_than_each() {
    let settings = settings();
    let sizing = Sizing::new(&settings);
    let [one, other] = [sitting("a", 0, 120, 2000), sitting("b", 0, 90, 1000)];
    let together = sizing.need(&[&one, &other]).vcpu.peak();
    let (first, second) = (sizing.need(&[&one]).vcpu.peak(), sizing.need(&[&other]).vcpu.peak());
    assert!(first.max(second) < together && together < first + second);
}
