//! Target-tracking policies on average CPU and on requests per target. AWS does not document how it evaluates; this is what
//! is commonly observed: 3 of 3 one-minute datapoints above the target scale out, 15 of 15 below 0.7 of it scale in. Of
//! several policies, any may scale out; all that may scale in must agree to it (user guide, "Target tracking").

use super::group::Bounds;
use crate::aws::Error;
use crate::domain::{Nodes, Tracking, TrackingPolicy};
use chrono::TimeDelta;
use std::collections::VecDeque;
use std::mem::discriminant;

const HIGH_DATAPOINTS: usize = 3;
const LOW_DATAPOINTS: usize = 15;
const LOW_SHARE: f64 = 0.7;
/// A node counts as warming up this long after it came into service: the default cool-down, to which a group
/// without an instance warm-up falls back.
pub(super) const WARM_UP: TimeDelta = TimeDelta::seconds(300);

/// What a minute of the group's metrics says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Datapoint {
    /// Average CPU over the nodes, 0 to 1.
    pub(super) cpu: f64,
    /// Requests that each node was sent.
    pub(super) requests: f64,
}

/// The policies, one a metric, and the datapoints of both metrics, the latest first.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    policies: Vec<TrackingPolicy>,
    datapoints: VecDeque<Datapoint>,
}

impl Tracker {
    pub(super) fn policies(&self) -> Vec<TrackingPolicy> {
        self.policies.clone()
    }

    /// Creates or changes the whole policy. A second one on the same metric is refused.
    pub(super) fn put(&mut self, policy: &TrackingPolicy) -> Result<(), Error> {
        let metric = discriminant(&policy.tracking);
        let mut others = self.policies.iter().filter(|other| other.name != policy.name);
        if others.any(|other| discriminant(&other.tracking) == metric) {
            return Err(Error::Invalid(
                "Only one TargetTrackingScaling policy for a given metric specification is allowed.".into(),
            ));
        }
        if aim(policy.tracking) <= 0.0 {
            return Err(Error::Invalid("The target value must be above zero".into()));
        }
        match self.policies.iter_mut().find(|other| other.name == policy.name) {
            Some(old) => *old = policy.clone(),
            None => self.policies.push(policy.clone()),
        }
        Ok(())
    }

    /// Deletes a policy, and its alarms with it.
    pub(super) fn delete(&mut self, name: &str) -> Result<(), Error> {
        let before = self.policies.len();
        self.policies.retain(|policy| policy.name != name);
        if self.policies.len() == before {
            return Err(Error::Gone(format!("PolicyName {name} not found")));
        }
        Ok(())
    }

    /// A minute has passed; `None` is a minute without data, after which no alarm is sure of anything.
    pub(super) fn minute(&mut self, datapoint: Option<Datapoint>) {
        match datapoint {
            None => self.datapoints.clear(),
            Some(datapoint) => {
                self.datapoints.truncate(LOW_DATAPOINTS - 1);
                self.datapoints.push_front(datapoint);
            }
        }
    }

    /// What desired should become. Nodes that warm up count as capacity, and nothing is taken away meanwhile.
    pub(super) fn wanted(&self, bounds: Bounds, in_service: u32, warming: bool) -> Option<Nodes> {
        let desired = bounds.desired;
        let out = self.policies.iter().filter_map(|policy| self.more(policy, desired, in_service));
        let less = || {
            let mut lowering = self.policies.iter().filter(|policy| !policy.scale_in_disabled);
            // Every policy that may scale in has to want it, and the one that wants most decides.
            lowering.try_fold(None, |most: Option<Nodes>, policy| {
                self.fewer(policy, desired)
                    .map(|wanted| Some(most.map_or(wanted, |most| most.max(wanted))))
            })?
        };
        let wanted = out.max().or_else(|| if warming { None } else { less() })?;
        let wanted = wanted.clamp(bounds.min, bounds.max);
        (wanted != desired).then_some(wanted)
    }

    /// What a policy scales out to, if its high alarm is on.
    fn more(&self, policy: &TrackingPolicy, desired: Nodes, in_service: u32) -> Option<Nodes> {
        let target = aim(policy.tracking);
        let latest = self.latest(policy, HIGH_DATAPOINTS, |value| target < value)?;
        Some(nodes((f64::from(in_service) * latest / target).ceil()).max(desired))
    }

    /// What a policy scales in to, if its low alarm is on.
    fn fewer(&self, policy: &TrackingPolicy, desired: Nodes) -> Option<Nodes> {
        let target = aim(policy.tracking);
        let latest = self.latest(policy, LOW_DATAPOINTS, |value| value < LOW_SHARE * target)?;
        let surplus = f64::from(desired.get()) * (1.0 - latest / target);
        let step = Nodes::new((desired.get() / 10).max(1));
        Some(desired.minus(nodes(surplus.floor()).min(step)))
    }

    /// The latest value of the policy's metric, if so many in a row all hold.
    fn latest(
        &self,
        policy: &TrackingPolicy,
        datapoints: usize,
        holds: impl Fn(f64) -> bool,
    ) -> Option<f64> {
        let metric = |datapoint: &Datapoint| match policy.tracking {
            Tracking::Cpu(_) => datapoint.cpu,
            Tracking::Requests(_) => datapoint.requests,
            Tracking::Other => 0.0,
        };
        let enough = datapoints <= self.datapoints.len();
        let all = enough && self.datapoints.iter().take(datapoints).all(|one| holds(metric(one)));
        self.datapoints.front().filter(|_| all).map(metric)
    }
}

/// The value that a policy aims at.
fn aim(tracking: Tracking) -> f64 {
    match tracking {
        Tracking::Cpu(share) => share.fraction(),
        Tracking::Requests(count) => f64::from(count.get()),
        // Refused when it is put.
        Tracking::Other => 0.0,
    }
}

fn nodes(count: f64) -> Nodes {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped to what a group can have"
    )]
    let count = count.clamp(0.0, 1e6) as u32;
    Nodes::new(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Share;

    fn policy(scale_in_disabled: bool) -> TrackingPolicy {
        TrackingPolicy {
            name: "invigilator-moodle-tracking".into(),
            tracking: Tracking::Cpu(Share::new(0.5).unwrap()),
            scale_in_disabled,
        }
    }

    fn tracking(scale_in_disabled: bool, cpu: &[f64]) -> Tracker {
        let mut tracking = Tracker::default();
        tracking.put(&policy(scale_in_disabled)).unwrap();
        cpu.iter().for_each(|&cpu| tracking.minute(Some(Datapoint { cpu, requests: 0.0 })));
        tracking
    }

    fn bounds(desired: u32) -> Bounds {
        Bounds { min: Nodes::new(2), max: Nodes::new(12), desired: Nodes::new(desired) }
    }

    #[test]
    fn three_high_minutes_scale_out_rounding_up_within_max() {
        assert_eq!(tracking(false, &[0.9, 0.9]).wanted(bounds(4), 4, false), None);
        let high = tracking(false, &[0.9, 0.9, 0.9]);
        assert_eq!(high.wanted(bounds(4), 4, false), Some(Nodes::new(8)));
        assert_eq!(high.wanted(bounds(8), 4, false), None, "those on their way count");
        assert_eq!(high.wanted(bounds(11), 11, false), Some(Nodes::new(12)));
    }

    #[test]
    fn requests_per_target_are_followed_where_a_policy_watches_them() {
        let mut busy = Tracker::default();
        let tracking = Tracking::Requests(600.try_into().unwrap());
        busy.put(&TrackingPolicy { tracking, ..policy(false) }).unwrap();
        (0..3).for_each(|_| busy.minute(Some(Datapoint { cpu: 0.1, requests: 900.0 })));
        assert_eq!(busy.wanted(bounds(4), 4, false), Some(Nodes::new(6)));
        busy.put(&policy(false)).unwrap();
        assert_eq!(busy.wanted(bounds(4), 4, false), None);
    }

    #[test]
    fn fifteen_low_minutes_scale_in_slowly_and_never_below_min() {
        assert_eq!(tracking(false, &[0.1; 14]).wanted(bounds(10), 10, false), None);
        let low = tracking(false, &[0.1; 15]);
        assert_eq!(low.wanted(bounds(10), 10, false), Some(Nodes::new(9)));
        assert_eq!(low.wanted(bounds(2), 2, false), None);
    }

    #[test]
    fn neither_a_warming_node_nor_disabled_scale_in_lets_capacity_go() {
        assert_eq!(tracking(false, &[0.1; 15]).wanted(bounds(10), 10, true), None);
        assert_eq!(tracking(true, &[0.1; 15]).wanted(bounds(10), 10, false), None);
    }

    #[test]
    fn a_minute_without_data_proves_nothing() {
        let mut tracking = tracking(false, &[0.1; 15]);
        tracking.minute(None);
        assert_eq!(tracking.wanted(bounds(10), 10, false), None);
    }

    #[test]
    fn a_second_policy_on_the_same_metric_is_refused() {
        let other = TrackingPolicy { name: "other".into(), ..policy(false) };
        assert!(matches!(tracking(false, &[]).put(&other), Err(Error::Invalid(_))));
    }

    /// A policy on CPU that aims at 0.5 and one on requests that aims at 1,000, and what they have seen.
    fn two(cpu: f64, requests: f64, minutes: usize, requests_may_lower: bool) -> Tracker {
        let mut tracker = Tracker::default();
        tracker.put(&policy(false)).unwrap();
        let other = TrackingPolicy {
            name: "requests".into(),
            tracking: Tracking::Requests(1_000.try_into().unwrap()),
            scale_in_disabled: !requests_may_lower,
        };
        tracker.put(&other).unwrap();
        (0..minutes).for_each(|_| tracker.minute(Some(Datapoint { cpu, requests })));
        tracker
    }

    #[test]
    fn any_of_two_policies_scales_out_and_both_must_agree_to_scale_in() {
        assert_eq!(two(0.1, 1_500.0, 3, true).wanted(bounds(4), 4, false), Some(Nodes::new(6)));
        assert_eq!(two(0.9, 1_500.0, 3, true).wanted(bounds(4), 4, false), Some(Nodes::new(8)));
        assert_eq!(two(0.1, 900.0, 15, true).wanted(bounds(10), 10, false), None);
        assert_eq!(two(0.1, 100.0, 15, true).wanted(bounds(10), 10, false), Some(Nodes::new(9)));
        let one_may = two(0.1, 900.0, 15, false);
        assert_eq!(one_may.wanted(bounds(10), 10, false), Some(Nodes::new(9)));
    }

    #[test]
    fn a_deleted_policy_moves_nothing_and_an_unknown_one_is_told() {
        let mut tracker = tracking(false, &[0.9, 0.9, 0.9]);
        tracker.delete("invigilator-moodle-tracking").unwrap();
        assert_eq!(tracker.wanted(bounds(4), 4, false), None);
        assert!(matches!(tracker.delete("invigilator-moodle-tracking"), Err(Error::Gone(_))));
    }
}
