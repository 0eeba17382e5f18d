//! An exact queue: what arrives is served in the order in which it came, by as many servers as there are, each taking
//! one piece of work at a time.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Whose wait is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// *Start attempt* was pressed.
    Start,
    /// An attempt is submitted.
    Submit,
    /// A page, a reload, the rest of the university.
    Other,
}

/// A piece of work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Arrival {
    /// Seconds.
    pub(crate) at: f64,
    /// CPU-seconds.
    pub(crate) service: f64,
    pub(crate) kind: Kind,
}

/// Seconds that a wait may last.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowed {
    pub(crate) start: f64,
    pub(crate) submit: f64,
}

/// How many waited longer than they may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Late {
    pub(crate) starts: u64,
    pub(crate) submits: u64,
}

/// A moment, ordered.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Moment(f64);

impl Eq for Moment {}

impl PartialOrd for Moment {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Moment {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

/// Serves `arrivals`, which are sorted, with so many servers.
pub(crate) fn serve(arrivals: &[Arrival], servers: usize, allowed: Allowed) -> Late {
    let mut late = Late::default();
    if servers == 0 {
        let count = |kind| arrivals.iter().filter(|one| one.kind == kind).count() as u64;
        return Late { starts: count(Kind::Start), submits: count(Kind::Submit) };
    }
    let mut busy: BinaryHeap<Reverse<Moment>> = BinaryHeap::with_capacity(servers);
    for &Arrival { at, service, kind } in arrivals {
        let begins = if busy.len() < servers {
            at
        } else {
            busy.pop().map_or(at, |Reverse(Moment(free))| free.max(at))
        };
        busy.push(Reverse(Moment(begins + service)));
        let waited = begins - at;
        match kind {
            Kind::Start => late.starts += u64::from(allowed.start < waited),
            Kind::Submit => late.submits += u64::from(allowed.submit < waited),
            Kind::Other => {}
        }
    }
    late
}

/// Erlang's delay formula and the queue agree: a share of 0.174 waits where 10 of 14 servers are busy on average.
#[test]
fn the_queue_is_the_one_that_erlang_knew() {
    let mut dice = crate::dice::Dice::of(7);
    let mut at = 0.0;
    let arrivals: Vec<_> = std::iter::repeat_with(|| {
        at += dice.exponential(1.0);
        Arrival { at, service: dice.exponential(10.0), kind: Kind::Start }
    })
    .take(400_000)
    .collect();
    let late = serve(&arrivals, 14, Allowed { start: 1e-9, submit: 0.0 });
    let share = late.starts as f64 / arrivals.len() as f64;
    assert!((share - 0.174_13).abs() < 0.01, "{share}");
}
