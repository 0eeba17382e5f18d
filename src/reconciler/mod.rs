//! What to do about what we see: plan + hold + observation to desired, gap, decision, posture. Pure: never
//! sleeps, never asks the time, never fails, and knows no AWS call.
//!
//! The direction of safety is built in twice. [`decide`] can only produce a lowering through one function that
//! asks for both keys; [`audit`] then reads the finished decision without knowing how it was made.

mod audit;
mod decide;
mod desired;
mod diff;
mod hold;
mod looks;
mod order;
mod posture;
mod release;
mod settings;

#[cfg(test)]
mod fixture;

pub use audit::{Breach, audit, lowers};
pub use decide::{Authority, Decision, Situation, decide};
pub use desired::{Desired, desired, policy_name};
pub use diff::{Gap, diff};
pub use hold::{HoldStep, Keys, next_hold};
pub use looks::Looks;
pub use posture::{PostureInputs, posture};
pub use settings::Settings;
