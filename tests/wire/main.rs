//! The simulated account through AWS's protocols: every operation and every refusal through the whole router, and a
//! conformance suite of AWS's own clients.

#![expect(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test ends at its first surprise, and tells what it left out"
)]

mod activities;
mod adapter;
mod cloudwatch;
mod conformance;
mod face;
mod faults;
mod group;
mod policies;
mod properties;
mod protection;
mod protocol;
mod rest;
mod scheduled;
