//! Faults on demand: what stands between a request and its answer.
//!
//! `/_sandbox/faults` takes a JSON list (`POST`, which replaces what stands), tells it (`GET`) and clears it (`DELETE`).
//! Each item names its `fault` and, if not every request is meant, the `service` and the `operation` that it hits; a `*`
//! at the end of an operation stands for any rest. It lasts for so many requests (`times`), until a simulated moment
//! (`until`, exclusive), or until the list is replaced.
//!
//! | fault | what a request that it hits gets |
//! |---|---|
//! | `throttle` | HTTP 400 with the `code` `Throttling`, or `RateExceeded` if that is asked for; nothing is done |
//! | `slow` | its answer, `milliseconds` of real time after the work was done |
//! | `unavailable` | HTTP 503 and a page for people, without a code; nothing is done |
//! | `denied` | HTTP 403 `AccessDenied` with the operation's name; nothing is done |
//! | `expired` | HTTP 403 `ExpiredToken`; nothing is done |
//! | `lost_answer` | no answer: the connection is closed once the work was done |
//! | `stale` | a listing as it was `seconds` of simulated time ago |
//! | `empty` | a listing without items |
//! | `partial` | a listing without its last page; where there is only one, the first half of that |
//! | `zone_without_capacity` | launches fail in `zone`, or in every zone |
//! | `launches_failing` | what is launched never comes into service |
//!
//! The last two are the account's, not of any request: they are journalled and outlive the process. Everything else is
//! gone with it. Of several faults that hit a request the first in the list happens, except that `slow` comes on top of
//! whatever else does. Edits of another actor are calls of the API, and so is a failover of the database
//! (`FailoverDBCluster`).

mod control;
mod shape;
mod target;

pub(super) use control::routes;

use super::identity::{ACCOUNT_ID, REGION};
use super::refusal::Refused;
use super::view::{Left, Sight};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use target::Target;

/// What a fault does to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    /// Refused with this code, one of [`shape::THROTTLES`].
    Throttle(&'static str),
    /// Answered late, by real time.
    Slow(Duration),
    Unavailable,
    Denied,
    Expired,
    LostAnswer,
    /// Answered with what was told so long ago.
    Stale(TimeDelta),
    /// Answered without an item.
    Empty,
    /// Answered without the last page.
    Partial,
}

impl Effect {
    /// Whether it makes sense for listings alone.
    fn is_of_listings(self) -> bool {
        match self {
            Self::Stale(_) | Self::Empty | Self::Partial => true,
            Self::Throttle(_)
            | Self::Slow(_)
            | Self::Unavailable
            | Self::Denied
            | Self::Expired
            | Self::LostAnswer => false,
        }
    }
}

/// One fault that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fault {
    effect: Effect,
    target: Target,
    /// Requests that it will still hit; `None` is any number.
    times: Option<u32>,
    /// It hits nothing from this simulated moment on.
    until: Option<DateTime<Utc>>,
}

impl Fault {
    fn lasts(&self, now: DateTime<Utc>) -> bool {
        self.times != Some(0) && self.until.is_none_or(|until| now < until)
    }

    fn hits(&self, call: Call<'_>) -> bool {
        self.target.names(call.service, call.operation)
            && (!self.effect.is_of_listings() || is_listing(call.operation))
    }
}

/// Whether an operation tells what there is.
fn is_listing(operation: &str) -> bool {
    operation.starts_with("Describe") || operation == "GetMetricData"
}

/// What a request asks for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// The service as IAM names it, such as `autoscaling`.
    pub(super) service: &'a str,
    /// The operation, such as `DescribePolicies`.
    pub(super) operation: &'a str,
}

/// How an answer goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Delivery {
    /// As it is.
    #[default]
    Whole,
    /// Not at all: the connection is closed.
    Lost,
    /// A page for people comes in its place.
    Unavailable,
}

/// What happens to one request.
#[derive(Debug, Default)]
pub(super) struct Hit {
    /// Why nothing is done.
    pub(super) refused: Option<Refused>,
    /// What is seen of the account.
    pub(super) sight: Sight,
    /// How long the answer is held back, in real time.
    pub(super) delay: Duration,
    /// How the answer goes out.
    pub(super) delivery: Delivery,
}

/// The faults that stand, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<Vec<Fault>>);

impl Faults {
    /// What happens to a request at a simulated moment; each fault that happens to it is used up by one.
    pub(super) fn hit(&self, call: Call<'_>, now: DateTime<Utc>) -> Hit {
        let mut standing = self.standing(now);
        let mut hit = Hit::default();
        let mut happened = false;
        for fault in standing.iter_mut().filter(|fault| fault.hits(call)) {
            if let Effect::Slow(by) = fault.effect {
                hit.delay += by;
            } else if happened {
                continue;
            } else {
                happened = true;
                befall(&mut hit, fault.effect, call);
            }
            fault.times = fault.times.map(|times| times.saturating_sub(1));
        }
        hit
    }

    /// Replaces what stands.
    fn replace(&self, faults: Vec<Fault>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// What still stands; what has come to its end is forgotten.
    fn standing(&self, now: DateTime<Utc>) -> MutexGuard<'_, Vec<Fault>> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faults.retain(|fault| fault.lasts(now));
        faults
    }
}

fn befall(hit: &mut Hit, effect: Effect, call: Call<'_>) {
    let Call { service, operation } = call;
    match effect {
        Effect::Throttle(code) => hit.refused = Some(Refused::new(400, code, "Rate exceeded")),
        Effect::Slow(by) => hit.delay += by,
        Effect::Unavailable => {
            hit.refused = Some(Refused::new(503, "ServiceUnavailable", "Service Unavailable"));
            hit.delivery = Delivery::Unavailable;
        }
        Effect::Denied => {
            let told = format!(
                "User: arn:aws:iam::{ACCOUNT_ID}:user/sandbox is not authorized to perform: {service}:{operation} \
                 on resource: arn:aws:{service}:{REGION}:{ACCOUNT_ID}:* because no identity-based policy allows the \
                 {service}:{operation} action"
            );
            hit.refused = Some(Refused::new(403, "AccessDenied", told));
        }
        Effect::Expired => {
            let told = "The security token included in the request is expired";
            hit.refused = Some(Refused::new(403, "ExpiredToken", told));
        }
        Effect::LostAnswer => hit.delivery = Delivery::Lost,
        Effect::Stale(behind) => hit.sight.behind = behind,
        Effect::Empty => hit.sight.left = Left::Nothing,
        Effect::Partial => hit.sight.left = Left::AllButLastPage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: Call<'_> = Call { service: "autoscaling", operation: "DescribePolicies" };

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).unwrap()
    }

    fn fault(effect: Effect, times: Option<u32>, until: Option<i64>) -> Fault {
        Fault { effect, target: Target::default(), times, until: until.map(at) }
    }

    fn standing(faults: Vec<Fault>) -> Faults {
        Faults(Mutex::new(faults))
    }

    #[test]
    fn the_first_fault_happens_and_the_next_when_it_is_used_up() {
        let faults = standing(vec![
            fault(Effect::Throttle("Throttling"), Some(2), None),
            fault(Effect::Denied, Some(1), None),
        ]);
        let codes: Vec<_> = (0..4)
            .map(|second| faults.hit(CALL, at(second)).refused.map(|refused| refused.code()))
            .collect();
        assert_eq!(codes, [Some("Throttling"), Some("Throttling"), Some("AccessDenied"), None]);
    }

    #[test]
    fn slowness_comes_on_top_and_adds_up() {
        let slow = |milliseconds| Effect::Slow(Duration::from_millis(milliseconds));
        let faults = standing(vec![
            fault(slow(20), None, None),
            fault(Effect::LostAnswer, None, None),
            fault(slow(3), Some(1), None),
        ]);
        let first = faults.hit(CALL, at(0));
        assert_eq!((first.delay, first.delivery), (Duration::from_millis(23), Delivery::Lost));
        assert_eq!(faults.hit(CALL, at(0)).delay, Duration::from_millis(20));
    }

    #[test]
    fn the_last_moment_is_the_one_before_the_end() {
        let faults = standing(vec![fault(Effect::Expired, None, Some(10))]);
        assert!(faults.hit(CALL, at(9)).refused.is_some());
        assert!(faults.hit(CALL, at(10)).refused.is_none());
        assert!(faults.standing(at(9)).is_empty(), "what is over does not come back");
    }

    #[test]
    fn what_a_listing_tells_is_no_matter_of_a_write() {
        let faults = standing(vec![fault(Effect::Empty, Some(1), None)]);
        let write = Call { operation: "DeletePolicy", ..CALL };
        assert_eq!(faults.hit(write, at(0)).sight, Sight::default());
        assert_eq!(faults.hit(CALL, at(0)).sight.left, Left::Nothing);
    }
}
