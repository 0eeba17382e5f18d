//! Candidates: they reload the quiz page while they wait, press start together, work, and submit.

use super::agenda::{Agenda, Event};
use super::draw;
use crate::domain::{Sitting, SittingKey};
use chrono::{DateTime, TimeDelta, Utc};
use rand::RngExt as _;
use rand::rngs::StdRng;
use std::collections::BTreeMap;

/// Candidates gather this long before the start and reload the quiz page.
const GATHERING: TimeDelta = TimeDelta::minutes(5);
/// Over how many seconds presses spread, as beta(1, 3).
const PRESS_WINDOW: f64 = 60.0;
/// CPU-seconds of a start and of a submission; gamma with squared variation 1/4.
const START_CPU: f64 = 0.5;
const SUBMIT_CPU: f64 = 0.6;
/// Client timers submit within the last five seconds.
const TIMER_WINDOW: TimeDelta = TimeDelta::seconds(5);
/// A start is late when answered later than this after the press.
const START_LATE: TimeDelta = TimeDelta::seconds(5);
/// A submission is late when answered later than this after it was sent, ...
const SUBMIT_LATE: TimeDelta = TimeDelta::seconds(20);
/// ... or processed later than this after the deadline.
const GRACE: TimeDelta = TimeDelta::seconds(60);

/// One candidate of one sitting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seat {
    pub(super) sitting: u32,
    pub(super) candidate: u32,
}

/// What a candidate asks of the servers, and how long that keeps one of them busy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request {
    pub(super) seat: Seat,
    pub(super) service: TimeDelta,
}

/// What the candidates count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub(super) starts: u64,
    pub(super) late_starts: u64,
    pub(super) submissions: u64,
    pub(super) late_submissions: u64,
}

/// How far a candidate has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Starting {
        pressed: DateTime<Utc>,
    },
    Working,
    Submitting {
        sent: DateTime<Utc>,
        counted_late: bool,
    },
    /// Submitted, or never let in.
    Left,
}

#[derive(Debug)]
struct Candidate {
    progress: Progress,
    start: TimeDelta,
    submit: TimeDelta,
    submits_at: DateTime<Utc>,
    deadline: DateTime<Utc>,
}

/// Announced sittings by the moment their candidates gather, and those that have begun.
#[derive(Debug)]
pub(super) struct Students {
    seed: u64,
    announced: BTreeMap<(DateTime<Utc>, SittingKey), Sitting>,
    /// When each key that has begun is over.
    begun: BTreeMap<SittingKey, DateTime<Utc>>,
    sittings: Vec<Vec<Candidate>>,
    gathered: u64,
    attempts: BTreeMap<DateTime<Utc>, u64>,
    tally: Tally,
}

impl Students {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            announced: BTreeMap::new(),
            begun: BTreeMap::new(),
            sittings: Vec::new(),
            gathered: 0,
            attempts: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    pub(super) fn tally(&self) -> Tally {
        self.tally
    }

    /// Candidates who reload the quiz page or turn pages.
    pub(super) fn browsing(&self) -> u64 {
        self.gathered + self.active()
    }

    /// Attempts in progress.
    pub(super) fn active(&self) -> u64 {
        self.attempts.values().sum()
    }

    /// The latest deadline of an attempt in progress.
    pub(super) fn latest_deadline(&self) -> Option<DateTime<Utc>> {
        self.attempts.last_key_value().map(|(deadline, _)| *deadline)
    }

    /// Replaces what is announced. Whoever has gathered for a sitting goes through with it, whatever the new
    /// timetable says; to a sitting whose start is past nobody comes.
    pub(super) fn enrol(&mut self, sittings: &[Sitting], now: DateTime<Utc>) {
        self.announced.clear();
        for sitting in sittings.iter().filter(|sitting| now < sitting.span.start()) {
            let gathers = sitting.span.start() - GATHERING;
            if self.begun.get(&sitting.key).is_none_or(|over| *over <= gathers) {
                self.announced.insert((gathers.max(now), sitting.key.clone()), sitting.clone());
            }
        }
    }

    pub(super) fn next_at(&self) -> Option<DateTime<Utc>> {
        self.announced.first_key_value().map(|((at, _), _)| *at)
    }

    /// The candidates of the next announced sitting gather.
    pub(super) fn gather(&mut self, agenda: &mut Agenda) {
        let Some((_, sitting)) = self.announced.pop_first() else { return };
        let number = index(self.sittings.len());
        let start = sitting.span.start();
        let over = sitting.last_deadline() + GRACE;
        let name = format!("{} {start}", sitting.key);
        let mut rng = draw::stream(self.seed, "sitting", &name);
        let mut candidates = Vec::new();
        for (count, deadline) in cohorts(&sitting, &mut rng) {
            for _ in 0..count {
                let seat = Seat { sitting: number, candidate: index(candidates.len()) };
                let press = draw::seconds(PRESS_WINDOW * draw::beta_1_3(&mut rng));
                agenda.add(start + press, Event::Pressed(seat));
                candidates.push(candidate(&mut rng, start, deadline));
            }
        }
        self.gathered += u64::from(index(candidates.len()));
        self.sittings.push(candidates);
        self.begun.insert(sitting.key, over);
        agenda.add(start, Event::Opened(number));
        agenda.add(over, Event::Over(number));
    }

    /// The sitting opens: nobody reloads any more.
    pub(super) fn open(&mut self, sitting: u32) {
        let waited = self.sittings.get(sitting as usize).map_or(0, Vec::len);
        self.gathered -= u64::from(index(waited));
    }

    /// A candidate presses *Start attempt*.
    pub(super) fn press(&mut self, seat: Seat, now: DateTime<Utc>) -> Request {
        self.tally.starts += 1;
        let candidate = self.candidate(seat);
        candidate.progress = Progress::Starting { pressed: now };
        Request { seat, service: candidate.start }
    }

    /// A candidate submits.
    pub(super) fn send(&mut self, seat: Seat, now: DateTime<Utc>) -> Request {
        self.tally.submissions += 1;
        let candidate = self.candidate(seat);
        candidate.progress = Progress::Submitting { sent: now, counted_late: false };
        Request { seat, service: candidate.submit }
    }

    /// A request is answered: the attempt begins or ends.
    pub(super) fn answered(&mut self, seat: Seat, now: DateTime<Utc>, agenda: &mut Agenda) {
        let candidate = self.candidate(seat);
        let (deadline, submits_at) = (candidate.deadline, candidate.submits_at);
        match candidate.progress {
            Progress::Starting { pressed } => {
                candidate.progress = Progress::Working;
                *self.attempts.entry(deadline).or_default() += 1;
                self.tally.late_starts += u64::from(START_LATE < now - pressed);
                agenda.add(submits_at.max(now), Event::Sent(seat));
            }
            Progress::Submitting { sent, counted_late } => {
                candidate.progress = Progress::Left;
                self.end_attempt(deadline);
                let late = SUBMIT_LATE < now - sent || deadline + GRACE < now;
                self.tally.late_submissions += u64::from(late && !counted_late);
            }
            // Whoever was turned away while a server was at it.
            Progress::Waiting | Progress::Working | Progress::Left => {}
        }
    }

    /// Nobody can sit it any more: who has not been let in is turned away late, who still waits to submit is late.
    pub(super) fn over(&mut self, sitting: u32) {
        let Some(candidates) = self.sittings.get_mut(sitting as usize) else { return };
        for candidate in candidates {
            match &mut candidate.progress {
                Progress::Starting { .. } => {
                    candidate.progress = Progress::Left;
                    self.tally.late_starts += 1;
                }
                Progress::Submitting { sent: _, counted_late } => {
                    *counted_late = true;
                    self.tally.late_submissions += 1;
                }
                Progress::Waiting | Progress::Working | Progress::Left => {}
            }
        }
    }

    /// Whether a candidate has left, so that a request of theirs need not be served.
    pub(super) fn has_left(&self, seat: Seat) -> bool {
        self.sittings[seat.sitting as usize][seat.candidate as usize].progress == Progress::Left
    }

    fn end_attempt(&mut self, deadline: DateTime<Utc>) {
        if let Some(count) = self.attempts.get_mut(&deadline) {
            *count -= 1;
            if *count == 0 {
                self.attempts.remove(&deadline);
            }
        }
    }

    /// Seats are made only in [`Self::gather`] and never taken away.
    fn candidate(&mut self, seat: Seat) -> &mut Candidate {
        &mut self.sittings[seat.sitting as usize][seat.candidate as usize]
    }
}

/// How many come with which deadline: 92 to 100 % of the enrolled, each extra time its share of them.
fn cohorts(sitting: &Sitting, rng: &mut StdRng) -> Vec<(u32, DateTime<Utc>)> {
    let come = portion(sitting.candidates.get(), rng.random_range(0.92..=1.0));
    let mut left = come;
    let mut cohorts = Vec::new();
    for extra in &sitting.extra_time {
        let count = portion(come, extra.share.fraction()).min(left);
        left -= count;
        cohorts.push((count, sitting.deadline(extra.factor.get())));
    }
    cohorts.push((left, sitting.deadline(1.0)));
    cohorts
}

/// One half submits at the common close, when the client's timer runs out, the other in the last third.
fn candidate(rng: &mut StdRng, start: DateTime<Utc>, deadline: DateTime<Utc>) -> Candidate {
    let at_close = rng.random_bool(0.5);
    let before = if at_close { TIMER_WINDOW } else { (deadline - start) / 3 };
    let early = TimeDelta::milliseconds(rng.random_range(0..=before.num_milliseconds()));
    Candidate {
        progress: Progress::Waiting,
        start: draw::seconds(draw::gamma(rng, START_CPU)),
        submit: draw::seconds(draw::gamma(rng, SUBMIT_CPU)),
        submits_at: deadline - early,
        deadline,
    }
}

fn portion(of: u32, share: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a u32, between 0 and it"
    )]
    let portion = (f64::from(of) * share).round() as u32;
    portion
}

fn index(length: usize) -> u32 {
    u32::try_from(length)
        .expect("the candidates of a sitting are counted in u32, sittings are fewer")
}
