//! The Auto Scaling group: launches up to desired, terminates what is surplus and unprotected, nothing else.

use super::activity::{Activities, Activity, Failure, Kind, Status};
use super::agenda::{Agenda, Event};
use super::draw;
use super::foreign::Update;
use super::metrics::Sizes;
use super::outage::{Outage, Outages};
use crate::aws::Error;
use crate::domain::{Group, Instance, InstanceId, Lifecycle, Nodes, Process};
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// What the group is called.
pub(in crate::sandbox) const GROUP: &str = "moodle-web";
/// Where its instances may stand.
pub(in crate::sandbox) const ZONES: [&str; 3] = ["eu-west-1a", "eu-west-1b", "eu-west-1c"];
/// Boot time, launch to healthy: a fixed part and a lognormal one; the order of magnitude is Mao and
/// Humphrey's (IEEE CLOUD 2012), 97 s to a login on EC2, and Moodle's own start.
const BOOT_FIXED: f64 = 45.0;
const BOOT_MEDIAN: f64 = 135.0;
const BOOT_SIGMA: f64 = 0.45;
/// One launch in a hundred fails, which is seen after a minute.
const LAUNCH_FAILURE: f64 = 0.01;
const FAILURE_SEEN_AFTER: TimeDelta = TimeDelta::seconds(60);
/// After a launch that no zone had capacity for, the next is tried no sooner than this; AWS documents that it tries again,
/// not when.
const LAUNCH_RETRY: TimeDelta = TimeDelta::seconds(60);
/// From the decision to terminate until the instance is gone and costs nothing.
const LEAVING: TimeDelta = TimeDelta::seconds(30);
/// `SetInstanceProtection` takes at most 50 ids (`SetInstanceProtectionQuery`).
const IDS_PER_CALL: usize = 50;
/// After a scaling activity, `SetDesiredCapacity` waits this long where it is told to: the default of a group that sets
/// no cool-down of its own (user guide, "Scaling cooldowns").
pub(in crate::sandbox) const COOL_DOWN: TimeDelta = TimeDelta::seconds(300);

/// Where a node stands; the moment is when it came there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Booting,
    InService(DateTime<Utc>),
    Leaving,
}

#[derive(Debug)]
struct Node {
    id: InstanceId,
    zone: usize,
    launched: DateTime<Utc>,
    stage: Stage,
    protected: bool,
}

/// MinSize, MaxSize and DesiredCapacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) min: Nodes,
    pub(super) max: Nodes,
    pub(super) desired: Nodes,
}

/// The group. Nodes are keyed by the order of their launch.
#[derive(Debug)]
pub(super) struct AutoScaling {
    seed: u64,
    bounds: Bounds,
    nodes: BTreeMap<u32, Node>,
    launches: u32,
    new_protected: bool,
    suspended: BTreeSet<Process>,
    activities: Activities,
    outages: Outages,
    /// Before this moment no launch is tried.
    launches_from: DateTime<Utc>,
    /// Node time of those that are gone.
    spent: TimeDelta,
}

impl AutoScaling {
    /// A group with `bounds.desired` nodes in service.
    pub(super) fn new(seed: u64, bounds: Bounds, now: DateTime<Utc>) -> Self {
        let mut group = Self {
            seed,
            bounds,
            nodes: BTreeMap::new(),
            launches: 0,
            new_protected: false,
            suspended: BTreeSet::new(),
            activities: Activities::default(),
            outages: Outages::default(),
            launches_from: now,
            spent: TimeDelta::zero(),
        };
        // What boots here is in service at once: the group stood before the world began.
        group.balance(now, &mut Agenda::default());
        for node in group.nodes.values_mut() {
            node.stage = Stage::InService(now);
        }
        group.activities = Activities::default();
        group
    }

    pub(super) fn bounds(&self) -> Bounds {
        self.bounds
    }

    pub(super) fn is_suspended(&self, process: Process) -> bool {
        self.suspended.contains(&process)
    }

    pub(super) fn in_service(&self) -> u32 {
        count(self.nodes.values().filter(|node| matches!(node.stage, Stage::InService(_))))
    }

    /// Its sizes, as CloudWatch is sent them.
    pub(super) fn sizes(&self) -> Sizes {
        let of =
            |stage: fn(Stage) -> bool| count(self.nodes.values().filter(|node| stage(node.stage)));
        Sizes {
            min: self.bounds.min.get(),
            max: self.bounds.max.get(),
            desired: self.bounds.desired.get(),
            in_service: self.in_service(),
            pending: of(|stage| stage == Stage::Booting),
            terminating: of(|stage| stage == Stage::Leaving),
            total: of(|_| true),
        }
    }

    /// Whether a node is still on its way or came into service after `since`.
    pub(super) fn is_warming(&self, since: DateTime<Utc>) -> bool {
        self.nodes.values().any(|node| match node.stage {
            Stage::Booting => true,
            Stage::InService(at) => since < at,
            Stage::Leaving => false,
        })
    }

    /// Node time from launch until gone, up to `now`.
    pub(super) fn spent(&self, now: DateTime<Utc>) -> TimeDelta {
        self.nodes.values().fold(self.spent, |sum, node| sum + (now - node.launched))
    }

    /// What `DescribeAutoScalingGroups` says.
    pub(super) fn describe(&self) -> Group {
        Group {
            min: self.bounds.min,
            max: self.bounds.max,
            desired: self.bounds.desired,
            instances: self.nodes.values().map(instance).collect(),
            new_instances_protected: self.new_protected,
            suspended: self.suspended.clone(),
            zones: u32::try_from(ZONES.len()).unwrap_or(u32::MAX),
        }
    }

    /// The scaling activities of the past six weeks, the latest first.
    pub(super) fn activities(&self, now: DateTime<Utc>) -> impl Iterator<Item = Activity> {
        self.activities.told(now)
    }

    /// Replaces what is out.
    pub(super) fn replace_outages(&mut self, outages: &[Outage]) {
        self.outages.replace(outages);
    }

    /// What is out.
    pub(super) fn outages(&self, now: DateTime<Utc>) -> impl Iterator<Item = Outage> {
        self.outages.lasting(now)
    }

    /// Whether instances are missing that will have to be launched.
    pub(super) fn is_short(&self) -> bool {
        self.present() < self.bounds.desired.get()
    }

    fn present(&self) -> u32 {
        count(self.nodes.values().filter(|node| node.stage != Stage::Leaving))
    }

    /// MinSize.
    pub(super) fn min(&self) -> Nodes {
        self.bounds.min
    }

    /// `UpdateAutoScalingGroup`: a MinSize above desired raises it, a MaxSize below desired lowers it.
    pub(super) fn update(&mut self, update: Update) -> Result<(), Error> {
        let Update { min, max, desired, new_protected } = update;
        let (min, max) = (min.unwrap_or(self.bounds.min), max.unwrap_or(self.bounds.max));
        if max < min {
            return Err(Error::Invalid(format!(
                "Max bound, {max}, must be greater than or equal to min bound, {min}"
            )));
        }
        if let Some(desired) = desired.filter(|desired| !(min..=max).contains(desired)) {
            return Err(Error::Invalid(format!(
                "Desired capacity:{desired} must be between the specified min size:{min} and max size:{max}"
            )));
        }
        let desired = desired.unwrap_or(self.bounds.desired).clamp(min, max);
        self.bounds = Bounds { min, max, desired };
        self.new_protected = new_protected.unwrap_or(self.new_protected);
        Ok(())
    }

    /// `SetDesiredCapacity` with `HonorCooldown`.
    pub(super) fn set_desired_after_cool_down(
        &mut self,
        desired: Nodes,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        if let Some(activity) = self.activities.since(now - COOL_DOWN) {
            let id = &activity.id;
            return Err(Error::Busy(format!(
                "Scaling activity {id} is in progress and blocks this action"
            )));
        }
        self.set_desired(desired)
    }

    /// `SetDesiredCapacity`.
    pub(super) fn set_desired(&mut self, desired: Nodes) -> Result<(), Error> {
        let Bounds { min, max, desired: _ } = self.bounds;
        if max < desired {
            return Err(Error::Invalid(format!(
                "New SetDesiredCapacity value {desired} is above max value {max} for the AutoScalingGroup."
            )));
        }
        if desired < min {
            return Err(Error::Invalid(format!(
                "New SetDesiredCapacity value {desired} is below min value {min} for the AutoScalingGroup."
            )));
        }
        self.bounds.desired = desired;
        Ok(())
    }

    /// What a scheduled action or a policy asks for: what it leaves out stays, desired is kept within the bounds,
    /// and what would leave MinSize above MaxSize does nothing.
    pub(super) fn scale(&mut self, min: Option<Nodes>, max: Option<Nodes>, desired: Option<Nodes>) {
        let (min, max) = (min.unwrap_or(self.bounds.min), max.unwrap_or(self.bounds.max));
        if min <= max {
            let desired = desired.unwrap_or(self.bounds.desired).clamp(min, max);
            self.bounds = Bounds { min, max, desired };
        }
    }

    /// `SetInstanceProtection`: one instance that is not in service fails the whole call.
    pub(super) fn protect(&mut self, ids: &[InstanceId], protected: bool) -> Result<(), Error> {
        let named = ids.len();
        if named == 0 {
            return Err(Error::Invalid("At least one instance must be specified".into()));
        }
        if IDS_PER_CALL < named {
            let told = format!("a call names 1 to {IDS_PER_CALL} instances, not {named}");
            return Err(Error::Limit(told));
        }
        for id in ids {
            let node = self.nodes.values().find(|node| node.id == *id);
            let node = node.ok_or_else(|| {
                Error::Invalid(format!(
                    "The instance {id} is not part of Auto Scaling group {GROUP}."
                ))
            })?;
            if !matches!(node.stage, Stage::InService(_)) {
                return Err(Error::Invalid(format!(
                    "The instance {id} is not in InService or EnteringStandby or Standby."
                )));
            }
        }
        for node in self.nodes.values_mut().filter(|node| ids.contains(&node.id)) {
            node.protected = protected;
        }
        Ok(())
    }

    /// Refuses an empty list: on the wire it would mean every process.
    pub(super) fn suspend(&mut self, processes: &[Process]) -> Result<(), Error> {
        check_named(processes)?;
        self.suspended.extend(processes);
        Ok(())
    }

    /// Refuses an empty list: on the wire it would mean every process.
    pub(super) fn resume(&mut self, processes: &[Process]) -> Result<(), Error> {
        check_named(processes)?;
        self.suspended.retain(|process| !processes.contains(process));
        Ok(())
    }

    /// A node has booted.
    pub(super) fn booted(&mut self, number: u32, now: DateTime<Utc>) {
        if let Some(node) = self.nodes.get_mut(&number) {
            node.stage = Stage::InService(now);
            self.activities.end(Kind::Launch, &node.id, Status::Successful(now));
        }
    }

    /// A node is gone, or its launch is seen to have failed.
    pub(super) fn gone(&mut self, number: u32, now: DateTime<Utc>) {
        if let Some(node) = self.nodes.remove(&number) {
            self.spent += now - node.launched;
            let (kind, status) = match node.stage {
                Stage::Booting => (Kind::Launch, Status::Failed(now, Failure::Unhealthy)),
                Stage::InService(_) | Stage::Leaving => (Kind::Terminate, Status::Successful(now)),
            };
            self.activities.end(kind, &node.id, status);
        }
    }

    /// Launches or terminates until the group has what is desired; how many in service were terminated.
    /// Protected nodes survive, although desired has fallen, and nodes that boot are waited for.
    pub(super) fn balance(&mut self, now: DateTime<Utc>, agenda: &mut Agenda) -> u32 {
        let present = self.present();
        let desired = self.bounds.desired.get();
        if !self.is_suspended(Process::Launch) && self.launches_from <= now {
            for _ in present..desired {
                let Some(zone) = self.find_zone((present, desired), now) else {
                    self.launches_from = now + LAUNCH_RETRY;
                    break;
                };
                self.launch(zone, (present, desired), now, agenda);
            }
        }
        let mut terminated = 0;
        while !self.is_suspended(Process::Terminate) && desired < present - terminated {
            let Some(number) = self.victim() else { break };
            if let Some(node) = self.nodes.get_mut(&number) {
                node.stage = Stage::Leaving;
            }
            self.begin(Kind::Terminate, number, (present, desired), now);
            agenda.add(now + LEAVING, Event::Gone(number));
            terminated += 1;
        }
        terminated
    }

    /// The emptiest zone that has capacity; each that has none and would have come first is a launch that failed.
    fn find_zone(&mut self, capacity: (u32, u32), now: DateTime<Utc>) -> Option<usize> {
        let mut zones: Vec<_> = ZONES.into_iter().enumerate().collect();
        zones.sort_by_key(|(zone, _)| self.in_zone(*zone));
        for (zone, name) in zones {
            if self.outages.has_capacity(name, now) {
                return Some(zone);
            }
            let number = self.count_launch();
            self.activities.begin(Activity {
                id: Activities::id(self.seed, Kind::Launch, number),
                kind: Kind::Launch,
                instance: None,
                zone: name,
                capacity,
                started: now,
                status: Status::Failed(now, Failure::NoCapacity),
            });
        }
        None
    }

    fn count_launch(&mut self) -> u32 {
        let number = self.launches;
        self.launches += 1;
        number
    }

    fn launch(
        &mut self,
        zone: usize,
        capacity: (u32, u32),
        now: DateTime<Utc>,
        agenda: &mut Agenda,
    ) {
        let number = self.count_launch();
        let mut rng = draw::stream(self.seed, "node", &number.to_string());
        let id = InstanceId(format!("i-{:017x}", rng.random::<u64>()));
        if rng.random_bool(LAUNCH_FAILURE) || !self.outages.can_boot(now) {
            agenda.add(now + FAILURE_SEEN_AFTER, Event::LaunchFailed(number));
        } else {
            let boot = BOOT_FIXED + draw::lognormal(&mut rng, BOOT_MEDIAN, BOOT_SIGMA);
            agenda.add(now + draw::seconds(boot), Event::Booted(number));
        }
        let protected = self.new_protected;
        self.nodes
            .insert(number, Node { id, zone, launched: now, stage: Stage::Booting, protected });
        self.begin(Kind::Launch, number, capacity, now);
    }

    fn begin(&mut self, kind: Kind, number: u32, capacity: (u32, u32), now: DateTime<Utc>) {
        let Some(node) = self.nodes.get(&number) else { return };
        self.activities.begin(Activity {
            id: Activities::id(self.seed, kind, number),
            kind,
            instance: Some(node.id.clone()),
            zone: ZONES[node.zone],
            capacity,
            started: now,
            status: Status::InProgress,
        });
    }

    fn in_zone(&self, zone: usize) -> usize {
        let stays = |node: &&Node| node.zone == zone && node.stage != Stage::Leaving;
        self.nodes.values().filter(stays).count()
    }

    /// The oldest unprotected node in service in the fullest zone that has one (default termination policy).
    fn victim(&self) -> Option<u32> {
        let may_go = |node: &Node| matches!(node.stage, Stage::InService(_)) && !node.protected;
        let candidates = self.nodes.iter().filter(|(_, node)| may_go(node));
        let (number, _) = candidates
            .min_by_key(|(number, node)| (std::cmp::Reverse(self.in_zone(node.zone)), **number))?;
        Some(*number)
    }
}

fn instance(node: &Node) -> Instance {
    let lifecycle = match node.stage {
        Stage::Booting => Lifecycle::Pending,
        Stage::InService(_) => Lifecycle::InService,
        Stage::Leaving => Lifecycle::Terminating,
    };
    Instance {
        id: node.id.clone(),
        zone: ZONES[node.zone].to_owned(),
        lifecycle,
        healthy: lifecycle == Lifecycle::InService,
        protected: node.protected,
    }
}

fn check_named(processes: &[Process]) -> Result<(), Error> {
    if processes.is_empty() {
        return Err(Error::Invalid("no process is named, which would mean all of them".into()));
    }
    Ok(())
}

fn count<T>(items: impl Iterator<Item = T>) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
