//! The rule against Erlang's recursion where the load lasts, and against an exact queue where it moves.

use super::*;
use crate::planner::erlang;
use crate::planner::normal::quantile_above;
use proptest::prelude::*;
use std::f64::consts::{FRAC_PI_4, TAU};
use std::iter::once;

/// The fewest servers with which at most `share` must wait, by Erlang's recursion.
fn exact(load: f64, share: f64) -> f64 {
    let mut blocked = 1.0;
    let fewest = (1..u32::MAX).find(|&servers| {
        blocked = erlang::one_more(blocked, load, servers);
        erlang::delayed(blocked, servers, load) <= share
    });
    f64::from(fewest.expect("enough servers keep any share"))
}

#[test]
fn the_share_that_waits_is_that_of_halfin_and_whitt() {
    let known = [(0.5, 0.5045), (1.0, 0.2234), (1.5, 0.0847), (2.0, 0.0269), (2.5, 0.0070)];
    for (beta, share) in known {
        assert!((delayed(beta) - share).abs() < 5e-5, "at {beta}: {}", delayed(beta));
    }
    assert_eq!(delayed(0.0), 1.0);
}

#[test]
fn the_spare_servers_are_those_of_halfin_and_whitt() {
    let known = [(0.2, 1.0615), (0.1, 1.4202), (0.05, 1.7398), (0.01, 2.3749), (0.001, 3.1153)];
    for (share, beta) in known {
        assert!((spare(share) - beta).abs() < 5e-5, "for {share}: {}", spare(share));
    }
    assert!(spare(1.0) < 1e-9);
}

#[test]
fn the_rule_and_the_recursion_ask_for_the_known_numbers() {
    let known = [
        (100.0 / 3.0, [(40.0, 40.0), (45.0, 44.0), (49.0, 48.0)]),
        (100.0, [(111.0, 111.0), (119.0, 118.0), (125.0, 124.0)]),
        (400.0, [(422.0, 422.0), (436.0, 435.0), (449.0, 448.0)]),
    ];
    for (load, counts) in known {
        for (share, expected) in [0.2, 0.05, 0.01].into_iter().zip(counts) {
            let found = (exact(load, share), servers(load, share));
            assert_eq!(found, expected, "load {load}, share {share}");
        }
    }
}

#[test]
fn no_load_needs_no_servers() {
    assert_eq!(servers(0.0, 0.01), 0.0);
    assert_eq!(servers(-1.0, 0.01), 0.0);
}

proptest! {
    #[test]
    fn the_rule_is_never_above_the_recursion_and_seldom_far_below(
        load in 0.1..500.0,
        share in 0.01..0.9,
    ) {
        let short = exact(load, share) - servers(load, share);
        let most = if share < 0.05 { 2.0 } else { 1.0 };
        prop_assert!((0.0..=most).contains(&short), "{short} short");
    }

    #[test]
    fn the_spare_servers_keep_the_share(share in 1e-9..1.0) {
        prop_assert!((delayed(spare(share)) / share - 1.0).abs() < 1e-9);
    }
}

/// Arrivals per mean service time that swing: `mean + swing · sin(pace · t)`, `t` in mean service times.
#[derive(Debug, Clone, Copy)]
struct Sinusoid {
    mean: f64,
    swing: f64,
    pace: f64,
}

impl Sinusoid {
    fn rate(self, at: f64) -> f64 {
        self.mean + self.swing * (self.pace * at).sin()
    }

    /// The mean number in service if nobody waited (Eick, Massey and Whitt, *Mt/G/∞ Queues with Sinusoidal Arrival
    /// Rates*, 1993, doi 10.1287/mnsc.39.2.241).
    fn offered(self, at: f64) -> f64 {
        let (sin, cos) = (self.pace * at).sin_cos();
        self.mean + self.swing / (1.0 + self.pace * self.pace) * (sin - self.pace * cos)
    }
}

const QUICK: Sinusoid = Sinusoid { mean: 30.0, swing: 20.0, pace: 5.0 };
const SLOW: Sinusoid = Sinusoid { mean: 100.0, swing: 20.0, pace: 1.0 };

/// The chances of 0, 1, … up to `most` under a Poisson distribution.
fn poisson(mean: f64, most: u32) -> Vec<f64> {
    let later = (1..=most).scan((-mean).exp(), |chance, k| {
        *chance *= mean / f64::from(k);
        Some(*chance)
    });
    once((-mean).exp()).chain(later).collect()
}

/// The chance of `servers` and more.
fn at_least(chances: &[f64], servers: f64) -> f64 {
    let all_busy = |&(number, _): &(u32, &f64)| servers <= f64::from(number);
    (0..).zip(chances).filter(all_busy).map(|(_, chance)| chance).sum()
}

/// What the chances gain per time: the net flow from one number to the next into each, less that out of it. `leaving`
/// has the rate from each number to the one below, from 1 on.
fn slope(rate: f64, leaving: &[f64], chances: &[f64]) -> Vec<f64> {
    let mut from_below = 0.0;
    let mut gains = Vec::with_capacity(chances.len());
    for (pair, leaving) in chances.windows(2).zip(leaving) {
        let upward = rate * pair[0] - leaving * pair[1];
        gains.push(from_below - upward);
        from_below = upward;
    }
    gains.push(from_below);
    gains
}

/// The M(t)/M/s(t) queue, exactly: the chance of each number in the system by Kolmogorov's forward equations. Where
/// servers are taken away, whoever they served goes back to waiting, so that the number is all there is to know.
struct Queue {
    arrivals: Sinusoid,
    /// How often somebody who waits gives up, per mean service time.
    abandonment: f64,
    /// The moment, in mean service times.
    at: f64,
    /// The chance of each number in the system, from 0 on.
    chances: Vec<f64>,
}

impl Queue {
    /// With as many in the system as if nobody had waited so far; `most` is where the equations are cut off.
    fn new(arrivals: Sinusoid, abandonment: f64, at: f64, most: u32) -> Self {
        Self { arrivals, abandonment, at, chances: poisson(arrivals.offered(at), most) }
    }

    /// A step of the classical Runge-Kutta method with this many servers.
    fn step(&mut self, length: f64, servers: f64) {
        let moved = |by: f64, slope: &[f64]| -> Vec<f64> {
            self.chances.iter().zip(slope).map(|(chance, slope)| chance + by * slope).collect()
        };
        let leaving = |(number, _)| {
            let number = f64::from(number);
            number.min(servers) + self.abandonment * (number - servers).max(0.0)
        };
        let leaving: Vec<f64> = (1_u32..).zip(self.chances.iter().skip(1)).map(leaving).collect();
        let [start, middle, end] =
            [0.0, 0.5, 1.0].map(|part| self.arrivals.rate(self.at + part * length));
        let first = slope(start, &leaving, &self.chances);
        let second = slope(middle, &leaving, &moved(length / 2.0, &first));
        let third = slope(middle, &leaving, &moved(length / 2.0, &second));
        let fourth = slope(end, &leaving, &moved(length, &third));
        let inner = second.iter().zip(&third).map(|(second, third)| 2.0 * (second + third));
        let outer = first.iter().zip(&fourth).map(|(first, fourth)| first + fourth);
        for (chance, (inner, outer)) in self.chances.iter_mut().zip(inner.zip(outer)) {
            *chance += length / 6.0 * (inner + outer);
        }
        self.at += length;
    }
}

#[test]
fn with_leavers_as_quick_as_service_the_number_in_the_system_is_poisson() {
    // After so many eighths of a turn: the offered load, which is the mean, and the fewest servers for which
    // the chance of as many is 0.1, 0.5 and 0.9 at most.
    let known = [
        (0_u32, 90.000, [103.0, 91.0, 79.0]),
        (1, 100.000, [114.0, 101.0, 88.0]),
        (2, 110.000, [125.0, 111.0, 98.0]),
        (3, 114.142, [129.0, 115.0, 102.0]),
        (4, 110.000, [125.0, 111.0, 98.0]),
        (7, 85.858, [99.0, 87.0, 75.0]),
    ];
    let mut queue = Queue::new(SLOW, 1.0, 0.0, 180);
    let mut passed = 0;
    for (eighths, offered, servers) in known {
        for _ in passed..eighths {
            (0..320).for_each(|_| {
                let servers = square_root(SLOW.offered(queue.at), 1.0);
                queue.step(FRAC_PI_4 / 320.0, servers);
            });
        }
        passed = eighths;
        let mean = SLOW.offered(FRAC_PI_4 * f64::from(eighths));
        assert!((mean - offered).abs() < 5e-4, "{mean} at {eighths}");
        for (chance, expected) in queue.chances.iter().zip(poisson(mean, 180)) {
            assert!((chance - expected).abs() < 1e-7, "{chance}, {expected} at {eighths}");
        }
        for (target, expected) in [0.1, 0.5, 0.9].into_iter().zip(servers) {
            let enough = |&number: &u32| at_least(&queue.chances, f64::from(number)) <= target;
            let fewest = (0..180).find(enough).map(f64::from);
            assert_eq!(fewest, Some(expected), "{target} at {eighths}");
        }
    }
}

/// Least, mean and greatest.
#[derive(Debug)]
struct Extent {
    least: f64,
    mean: f64,
    greatest: f64,
}

impl Extent {
    fn of(values: &[f64]) -> Self {
        let count = f64::from(u32::try_from(values.len()).expect("few values"));
        Self {
            least: values.iter().copied().fold(f64::INFINITY, f64::min),
            mean: values.iter().sum::<f64>() / count,
            greatest: values.iter().copied().fold(0.0, f64::max),
        }
    }
}

/// Time between two readings, in mean service times, and the steps of the equations in it: close enough to be stable.
const READING: f64 = 0.05;
const STEPS_PER_READING: u32 = 12;
/// When the queue begins and when it has been read, in mean service times. The readings of the last turn of the slow
/// sinusoid (five of the quick one) count; what the queue began with is forgotten by then.
const BEGIN: f64 = 2.0;
const END: f64 = 20.0;
/// Readings between those.
const READINGS: u32 = 360;

/// The servers, and the share of arrivals that must wait, at the readings that count.
fn readings(mut queue: Queue, staffing: impl Fn(f64) -> f64) -> (Extent, Extent) {
    let step = READING / f64::from(STEPS_PER_READING);
    let (mut counts, mut delays) = (Vec::new(), Vec::new());
    for reading in 0..=READINGS {
        if END - TAU <= queue.at {
            let servers = staffing(queue.at);
            counts.push(servers);
            delays.push(at_least(&queue.chances, servers));
        }
        if reading < READINGS {
            (0..STEPS_PER_READING).for_each(|_| {
                let servers = staffing(queue.at + step / 2.0);
                queue.step(step, servers);
            });
        }
    }
    let last = queue.chances.last();
    assert!(last.is_some_and(|&chance| chance < 1e-7), "cut off too early: {last:?}");
    (Extent::of(&counts), Extent::of(&delays))
}

/// The share that may have to wait.
const TARGET: f64 = 0.10;

fn assert_extent(found: &Extent, least: f64, mean: f64, greatest: f64) {
    let pairs = [(found.least, least), (found.mean, mean), (found.greatest, greatest)];
    assert!(pairs.iter().all(|(found, expected)| (found - expected).abs() < 5e-4), "{found:?}");
}

/// The share as printed by an independent computation of the same queue. It jumps wherever the servers change, so that
/// its extremes hang on where it is read: readings at every step give 0.089 to 0.117 in the first case.
#[test]
fn staffing_by_the_offered_load_keeps_the_share_that_waits_even() {
    let halfin_whitt = spare(TARGET);
    let cases = [
        (QUICK, 150, halfin_whitt, [34.0, 43.0], [0.092, 0.103, 0.117]),
        (QUICK, 150, quantile_above(TARGET), [33.0, 42.0], [0.117, 0.133, 0.148]),
        // Printed with 0.109 as the greatest; it is 0.110 at every step, too.
        (SLOW, 220, halfin_whitt, [100.0, 130.0], [0.094, 0.101, 0.110]),
    ];
    for (arrivals, most, beta, [low, high], [least, mean, greatest]) in cases {
        let queue = Queue::new(arrivals, 0.0, BEGIN, most);
        let (servers, delays) = readings(queue, |at| square_root(arrivals.offered(at), beta));
        assert_eq!((servers.least, servers.greatest), (low, high), "{arrivals:?}, {beta}");
        assert_extent(&delays, least, mean, greatest);
    }
}

#[test]
fn staffing_by_the_rate_of_the_moment_does_not() {
    let beta = spare(TARGET);
    let pointwise = |arrivals: Sinusoid, most| {
        readings(Queue::new(arrivals, 0.0, BEGIN, most), |at| square_root(arrivals.rate(at), beta))
            .1
    };
    // Printed with 0.490 as the mean; at every step it is 0.493.
    assert_extent(&pointwise(QUICK, 150), 0.005, 0.494, 1.000);
    assert_extent(&pointwise(SLOW, 250), 0.009, 0.234, 0.608);
}

#[test]
fn with_leavers_as_quick_as_service_the_normal_tail_keeps_the_share_even() {
    let beta = quantile_above(TARGET);
    let staffing = |at| square_root(SLOW.offered(at), beta);
    // Printed without a mean.
    let (_, delays) = readings(Queue::new(SLOW, 1.0, BEGIN, 180), staffing);
    assert_extent(&delays, 0.093, 0.102, 0.111);
}
