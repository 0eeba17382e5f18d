//! The door to a real account, against moto, which speaks the protocols of AWS: that requests and answers fit. The rules
//! behind them are not moto's to test; `src/aws/sdk` has tests for these, against bodies as AWS sends them.
//!
//! What moto 5.2 does otherwise than AWS, and is therefore left out here:
//!
//! - CloudWatch: it does not speak the protocol that the SDK does, so open connections are unknown.
//! - Scheduled actions: it stores anything (times that are taken or past, more than 50 in a call or 125 in a group, no
//!   size at all), keys them by name alone across all groups of a region, has no pages, and never runs one.
//! - Bounds and desired capacity: it takes a MinSize above MaxSize and a desired size outside both; an unknown group is an
//!   internal error for most calls.
//! - Instances are in service at once; those of other groups are protected as gladly, and any number in a call.
//! - Suspended processes run on, and names that are none are taken.
//! - Policies have no alarms, no `Enabled`, and no rule about their metrics.
//! - Every target is healthy, for ever, gone ones too.
//! - Parameter groups: AWS's own do not exist, the filter by source is ignored, and the status is always `in-sync`.
//! - Nothing is ever throttled, stale or denied.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]
#![expect(clippy::print_stderr, reason = "a suite that is left out says so")]

mod account;
mod daemon;
mod permissions;
mod plumbing;
