//! The simulated account through AWS's protocols: every operation and every refusal through the whole router.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

mod activities;
mod face;
mod group;
mod policies;
mod properties;
mod protection;
mod protocol;
mod rest;
mod scheduled;
