//! One queue before all servers, as an ideal load balancer keeps it, and how busy the servers are.

use super::students::Request;
use super::tracking::Datapoint;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;

/// Requests that a node serves at a time: 8 vCPU, of which PHP gets 0.8, in whole servers.
const SERVERS_PER_NODE: u64 = 6;
/// What the rest of the university uses, in thousandths of a server.
const BACKGROUND: u64 = 2_000;
/// A page of 0.2 CPU-seconds every 60 s (and a reload of 0.1 every 30 s) is 10/3 thousandths of a server.
const PAGES_PER_3_CANDIDATES: u64 = 10;
/// Requests of one journey that reach PHP: quiz page, start and its redirect, first page; or form, summary, review.
const REQUESTS_PER_JOURNEY: u64 = 4;
/// Requests of the rest of the university in a minute, 0.2 CPU-seconds each.
const BACKGROUND_REQUESTS: u64 = 600;
/// A page is a form that is sent and the page that follows.
const REQUESTS_PER_PAGE: u64 = 2;
/// PHP-FPM workers of a node, each of which may hold a connection.
const WORKERS_PER_NODE: u64 = 40;
/// Connections of the cron runners.
const CRON_CONNECTIONS: u64 = 12;

/// Milliseconds of a minute.
const MINUTE_MILLIS: u64 = 60_000;

/// First come, first served; whoever is being served is served to the end.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: VecDeque<Request>,
    busy: u64,
    meter: Meter,
}

/// What stands around the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Surroundings {
    /// Nodes in service.
    pub(super) nodes: u32,
    /// Candidates who turn pages or reload the quiz page.
    pub(super) browsing: u64,
}

impl Surroundings {
    fn capacity(self) -> u64 {
        u64::from(self.nodes) * SERVERS_PER_NODE * 1_000
    }

    fn pages(self) -> u64 {
        BACKGROUND + self.browsing * PAGES_PER_3_CANDIDATES / 3
    }

    /// Servers left for starts and submissions. Pages take what they need, but never more than half: they would
    /// wait in the same queue.
    fn servers(self) -> u64 {
        let capacity = self.capacity();
        (capacity - self.pages().min(capacity / 2)) / 1_000
    }
}

impl Queue {
    pub(super) fn new(now: DateTime<Utc>) -> Self {
        Self { waiting: VecDeque::new(), busy: 0, meter: Meter::from(now) }
    }

    pub(super) fn add(&mut self, request: Request) {
        self.waiting.push_back(request);
    }

    /// The next request to be served, if a server is free.
    pub(super) fn begin(&mut self, around: Surroundings) -> Option<Request> {
        if around.servers() <= self.busy {
            return None;
        }
        let request = self.waiting.pop_front()?;
        self.busy += 1;
        Some(request)
    }

    /// A server has answered.
    pub(super) fn answered(&mut self) {
        self.busy -= 1;
        self.meter.journeys += 1;
    }

    /// Those who cannot start any more go away.
    pub(super) fn leave(&mut self, goes: impl Fn(&Request) -> bool) {
        self.waiting.retain(|request| !goes(request));
    }

    /// Adds up CPU use since the last change; called before anything changes.
    pub(super) fn measure(&mut self, around: Surroundings, now: DateTime<Utc>) {
        let used = (self.busy * 1_000 + around.pages()).min(around.capacity());
        let pages = BACKGROUND_REQUESTS + around.browsing * REQUESTS_PER_PAGE;
        self.meter.add(used, around, pages, now);
    }

    /// The minute since this was last taken; `None` without a node.
    pub(super) fn take_datapoint(&mut self) -> Option<Datapoint> {
        self.meter.take()
    }

    /// Connections open on the writer: a worker that serves or keeps a request waiting holds one.
    pub(super) fn connections(&self, around: Surroundings) -> u64 {
        let working = self.busy + u64::try_from(self.waiting.len()).unwrap_or(u64::MAX);
        let working = working.saturating_add(around.pages().div_ceil(1_000));
        working.min(u64::from(around.nodes) * WORKERS_PER_NODE) + CRON_CONNECTIONS
    }
}

/// What was used and what was there to be used. Whole numbers, so that how often it is read changes nothing.
#[derive(Debug)]
struct Meter {
    since: DateTime<Utc>,
    /// Server-milliseconds in thousandths.
    used: u64,
    capacity: u64,
    /// Node-milliseconds.
    nodes: u64,
    /// Requests of pages, in minutes' milliseconds.
    pages: u64,
    /// Starts and submissions that were answered.
    journeys: u64,
}

impl Meter {
    fn from(since: DateTime<Utc>) -> Self {
        Self { since, used: 0, capacity: 0, nodes: 0, pages: 0, journeys: 0 }
    }

    fn add(&mut self, used: u64, around: Surroundings, pages: u64, now: DateTime<Utc>) {
        let passed: TimeDelta = now - self.since;
        let passed = u64::try_from(passed.num_milliseconds()).unwrap_or_default();
        self.used += used * passed;
        self.capacity += around.capacity() * passed;
        self.nodes += u64::from(around.nodes) * passed;
        self.pages += pages * passed;
        self.since = now;
    }

    fn take(&mut self) -> Option<Datapoint> {
        let Self { since: _, used, capacity, nodes, pages, journeys } =
            std::mem::replace(self, Self::from(self.since));
        let journeys = journeys * REQUESTS_PER_JOURNEY * MINUTE_MILLIS;
        #[expect(clippy::cast_precision_loss, reason = "a minute of 100 nodes is below 2^53")]
        let share = |part: u64, whole: u64| part as f64 / whole as f64;
        (0 < nodes).then(|| Datapoint {
            cpu: share(used, capacity),
            requests: share(pages + journeys, nodes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_never_starve_starts_and_no_node_serves_nothing() {
        let around = |nodes, browsing| Surroundings { nodes, browsing };
        assert_eq!(around(2, 0).servers(), 10);
        assert_eq!(around(2, 1_000_000).servers(), 6);
        assert_eq!(around(0, 10).servers(), 0);
    }

    #[test]
    fn average_use_counts_time_not_looks() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let around = Surroundings { nodes: 2, browsing: 0 };
        let mut queue = Queue::new(at(0));
        queue.measure(around, at(30));
        queue.measure(around, at(60));
        let datapoint = Datapoint { cpu: 2_000.0 / 12_000.0, requests: 600.0 / 2.0 };
        assert_eq!(queue.take_datapoint(), Some(datapoint));
        assert_eq!(queue.take_datapoint(), None);
    }
}
