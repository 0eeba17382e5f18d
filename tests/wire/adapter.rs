//! The production adapter, through AWS's own SDK, against the simulated account on a socket: what it reads is what the
//! account is, what it writes is what happens, and what AWS refuses comes back by its meaning.

use crate::face::at;
use chrono::TimeDelta;
use invigilator::aws::{Actuate as _, Error, Observe as _, Sdk, Site};
use invigilator::domain::{
    Action, FleetName, ManualClock, Nodes, Process, ScheduledAction, Seen, Share, Tracking,
    TrackingPolicy,
};
use invigilator::sandbox::Account;
use invigilator::sandbox::wire::{
    ACCOUNT_ID, GROUP, LOAD_BALANCER, REGION, TARGET_GROUP_ARN, router,
};
use std::fmt::Debug;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

struct Served {
    account: Account,
    clock: Arc<ManualClock>,
    sdk: Sdk,
}

impl Served {
    async fn new() -> Self {
        Self::of(ACCOUNT_ID).await
    }

    /// Configured for an account of this number.
    async fn of(number: &str) -> Self {
        let clock = Arc::new(ManualClock::at(at(0)));
        let account = Account::in_memory(7, at(0), clock.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let face = router(account.clone());
        tracker.spawn(invigilator::http::serve(listener, face, tracker.clone(), stop));
        let site = Site {
            fleet: FleetName::new("moodle").unwrap(),
            account: number.into(),
            region: REGION.into(),
            group: GROUP.into(),
            cluster: None,
            target_group: Some(TARGET_GROUP_ARN.into()),
            load_balancer: Some(LOAD_BALANCER.into()),
        };
        let sdk = Sdk::connect(site, Some(&url), clock.clone()).await;
        Self { account, clock, sdk }
    }

    /// Both see the same.
    async fn agree(&self) {
        same(self.sdk.group().await, self.account.group().await);
        let sorted = |seen: Seen<Vec<ScheduledAction>>| match seen {
            Seen::Known(mut actions) => {
                actions.sort_by(|a, b| a.name.cmp(&b.name));
                Seen::Known(actions)
            }
            other @ (Seen::Absent | Seen::Unknown(_)) => other,
        };
        same(sorted(self.sdk.scheduled().await), sorted(self.account.scheduled().await));
        same(self.sdk.policies().await, self.account.policies().await);
    }

    async fn done(&self, action: Action) {
        self.sdk.apply(&action).await.unwrap();
    }
}

fn same<T: PartialEq + Debug>(read: Seen<T>, is: Seen<T>) {
    assert_eq!(read.known(), is.known(), "{read:?}");
    assert!(read.known().is_some(), "{read:?}");
}

fn raise(number: u32, minute: i64, min: u32) -> ScheduledAction {
    ScheduledAction {
        name: format!("invigilator-moodle-{number:03}"),
        at: at(60 * minute),
        min: Some(Nodes::new(min)),
        max: Some(Nodes::new(60)),
        desired: None,
    }
}

fn policy(scale_in_disabled: bool) -> TrackingPolicy {
    TrackingPolicy {
        name: "invigilator-moodle-tracking".into(),
        tracking: Tracking::Cpu(Share::new(0.55).unwrap()),
        scale_in_disabled,
    }
}

#[tokio::test]
async fn whatever_is_written_both_see_the_same() {
    let served = Served::new().await;
    served.agree().await;
    let many: Vec<_> = (0..70).map(|n| raise(n, i64::from(n) + 10, 8)).collect();
    let held = [Process::AzRebalance, Process::InstanceRefresh];
    for action in [
        Action::PutScheduled(many[..50].to_vec()),
        Action::PutScheduled(many[50..].to_vec()),
        Action::PutPolicy(policy(false)),
        Action::PutPolicy(policy(true)),
        Action::PutPolicy(TrackingPolicy {
            tracking: Tracking::Requests(600.try_into().unwrap()),
            ..policy(false)
        }),
        Action::SetBounds { min: Some(Nodes::new(6)), max: Some(Nodes::new(60)) },
        Action::ProtectNew,
        Action::Suspend(held.to_vec()),
        Action::Resume(held[..1].to_vec()),
        Action::SetBounds { min: Some(Nodes::new(4)), max: None },
        Action::DeleteScheduled(vec![many[3].name.clone(), many[69].name.clone()]),
        Action::SetDesired(Nodes::new(9)),
        Action::UnprotectNew,
    ] {
        served.done(action).await;
        served.agree().await;
        served.clock.advance(TimeDelta::seconds(40));
        served.agree().await;
    }
    // Booted, healthy for the load balancer too, raised by what we scheduled, and protected.
    served.clock.advance(TimeDelta::minutes(90));
    let group = served.account.group().await;
    let ids = group.known().unwrap().instances.iter().map(|one| one.id.clone()).collect();
    served.done(Action::Protect(ids)).await;
    served.agree().await;
    let seen = served.sdk.group().await;
    let seen = seen.known().unwrap();
    assert!(Nodes::new(8) <= seen.healthy_count(), "{seen:?}");
    assert_eq!(seen.protected_count(), seen.in_service_count());
}

#[tokio::test]
async fn what_aws_refuses_comes_back_by_its_meaning_and_the_rest_of_a_batch_is_done() {
    let served = Served::new().await;
    let clash = ScheduledAction { name: "invigilator-moodle-x".into(), ..raise(0, 10, 8) };
    served.done(Action::PutScheduled(vec![raise(0, 10, 8)])).await;
    let batch = Action::PutScheduled(vec![clash, raise(1, 11, 8)]);
    let refused = served.sdk.apply(&batch).await.unwrap_err();
    assert!(matches!(refused, Error::AlreadyThere(_)), "{refused:?}");
    let past = Action::PutScheduled(vec![raise(2, -1, 8)]);
    let refused = served.sdk.apply(&past).await.unwrap_err();
    assert!(matches!(&refused, Error::Invalid(why) if why.contains("in the past")), "{refused:?}");
    let too_many = Action::SetDesired(Nodes::new(999));
    assert!(matches!(served.sdk.apply(&too_many).await, Err(Error::Invalid(_))));
    let full: Vec<_> = (10..134).map(|n| raise(n, i64::from(n) + 10, 8)).collect();
    for batch in full.chunks(50) {
        let _ = served.sdk.apply(&Action::PutScheduled(batch.to_vec())).await;
    }
    let refused = served.sdk.apply(&Action::PutScheduled(vec![raise(200, 300, 8)])).await;
    assert!(matches!(refused, Err(Error::Limit(_))), "{refused:?}");
    let standing = served.account.scheduled().await;
    assert_eq!(standing.known().map(Vec::len), Some(125));
    served.agree().await;
}

#[tokio::test]
async fn in_an_account_of_another_number_nothing_is_written() {
    let served = Served::of("999999999999").await;
    for action in [
        Action::PutScheduled(vec![raise(0, 10, 8)]),
        Action::SetBounds { min: Some(Nodes::new(9)), max: None },
        Action::PutPolicy(policy(true)),
    ] {
        let refused = served.sdk.apply(&action).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
    assert_eq!(served.account.scheduled().await, Seen::Known(vec![]));
    assert_eq!(served.account.group().await.known().unwrap().min, Nodes::new(2));
    assert_eq!(served.account.policies().await, Seen::Known(vec![]));
}
