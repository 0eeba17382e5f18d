//! The staffing of a lasting load: how many servers keep the share that must wait below a bound.
//!
//! Square-root staffing: a load of `a` erlangs gets `a + β √a` servers. How many standard deviations `β` are spared
//! follows from the share of arrivals that may find every server busy (Halfin and Whitt, *Heavy-Traffic Limits for
//! Queues with Many Exponential Servers*, 1981, doi 10.1287/opre.29.3.567). Where the load moves, the rule takes the
//! offered load of that moment and keeps the share nearly even (Jennings, Mandelbaum, Massey and Whitt, *Server
//! Staffing to Meet Time-Varying Demand*, 1996, doi 10.1287/mnsc.42.10.1383).

use super::bisect::greatest;
use super::normal::{FARTHEST, density, upper_tail};

/// The share of arrivals that must wait, in 0 to 1, with `beta` standard deviations (0 or more) of spare servers:
/// `α(β) = 1 / (1 + β Φ(β) / φ(β))`.
pub(super) fn delayed(beta: f64) -> f64 {
    1.0 / (1.0 + beta * upper_tail(-beta) / density(beta))
}

/// The spare servers, in standard deviations of the load, with which the share `delayed_share` must wait: the inverse
/// of [`delayed`]. 0 for a share of 1 and more; for a share of 0, which no number keeps, the farthest that can be told.
pub(super) fn spare(delayed_share: f64) -> f64 {
    greatest(0.0, FARTHEST, |beta| delayed_share < delayed(beta))
}

/// The servers for a load in erlangs of which `delayed_share` may have to wait; whole, and 0 for no load.
///
/// The rule is the limit of large loads and never asks for more than Erlang C: for a share of 0.05 and more it is up to
/// one server short of that, down to 0.01 up to two, for smaller ones more.
pub(super) fn servers(load: f64, delayed_share: f64) -> f64 {
    square_root(load, spare(delayed_share))
}

/// The servers for a load in erlangs with `beta` standard deviations to spare: `⌈a + β √a⌉`, and 0 for no load.
fn square_root(load: f64, beta: f64) -> f64 {
    if load <= 0.0 { 0.0 } else { (load + beta * load.sqrt()).ceil() }
}

#[cfg(test)]
mod tests;
