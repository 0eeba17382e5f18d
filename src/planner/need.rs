//! From work to web servers: the fewest that serve every burst within its allowed wait and the long stretches
//! below their allowed use.

use super::demand::{Arrivals, Edge, FlowKind, Load, burst, edges, page_work, presses, rises};
use super::erlang::{LEAST_WAIT, Lasting};
use super::normal::quantile_above;
use super::{AttemptsEnd, Settings};
use crate::domain::{Nodes, Sitting, Span, Vcpu};
use chrono::TimeDelta;
use std::collections::BTreeSet;

/// A rate that lasts longer than this, in seconds, is a queue in balance rather than a burst.
const LASTING: f64 = 30.0;
/// A change of clocks makes one or two, a contradiction of zone rules as many; more are made by hand.
const MOST_SHIFTS: usize = 12;
/// Rounding noise that must not cost a web server.
const NOISE: f64 = 1e-9;

/// What sittings together need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Need {
    /// Effective vCPU, by what asks for it.
    pub(super) vcpu: Vcpu,
    /// Web servers that carry it with all zones there.
    pub(super) carrying: Nodes,
    /// The same with one zone lost, where that must be survived; without spares.
    pub(super) nodes: Nodes,
}

impl Need {
    /// The need of either, of sittings that never run at the same time.
    pub(super) fn max(self, other: Self) -> Self {
        let (one, two) = (self.vcpu, other.vcpu);
        Self {
            vcpu: Vcpu {
                start: one.start.max(two.start),
                plateau: one.plateau.max(two.plateau),
                submit: one.submit.max(two.submit),
            },
            carrying: self.carrying.max(other.carrying),
            nodes: self.nodes.max(other.nodes),
        }
    }
}

/// The rule of sizing, with what is worked out once per plan.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizing<'a> {
    /// What planning was told.
    pub(super) settings: &'a Settings,
    /// Standard deviations of arriving work that are served as well: the normal quantile at a tenth of the
    /// allowed share, as the worst moment of a burst is looked for, not a given one.
    z: f64,
}

impl<'a> Sizing<'a> {
    /// The rule under these settings.
    pub(super) fn new(settings: &'a Settings) -> Self {
        Self { settings, z: quantile_above(settings.allowed.violation.fraction() / 10.0) }
    }

    /// What `sittings` need together, whichever way their times are read.
    ///
    /// Doubts have one cause at a time (the clocks change, or two sets of zone rules disagree), and move all that they
    /// concern by as much; so the sittings are read as written, then with each of these shifts. Adding all readings up
    /// would pay for two exams where there is one; that is done only where there are too many shifts to try.
    pub(super) fn need(&self, sittings: &[&Sitting]) -> Need {
        let readings = sittings.iter().flat_map(|sitting| {
            let start = sitting.span.start();
            sitting.other_readings.iter().map(move |other| other.start() - start)
        });
        let shifts: BTreeSet<TimeDelta> = readings.collect();
        let as_read = |read: Vec<Sitting>| {
            let mut read: Vec<_> = read.iter().collect();
            read.sort_by_key(|sitting| sitting.span.start());
            self.need_as_read(&read)
        };
        if shifts.is_empty() {
            return self.need_as_read(sittings);
        }
        if MOST_SHIFTS < shifts.len() {
            let all = |sitting: &&Sitting| {
                sitting.readings().map(|span| read_as(sitting, span)).collect::<Vec<_>>()
            };
            return as_read(sittings.iter().flat_map(all).collect());
        }
        let written =
            as_read(sittings.iter().map(|sitting| read_as(sitting, sitting.span)).collect());
        let need =
            |shift| as_read(sittings.iter().map(|sitting| shifted(sitting, shift)).collect());
        shifts.into_iter().map(need).fold(written, Need::max)
    }

    /// What `sittings`, sorted by start, need together: the greatest need of any moment.
    fn need_as_read(&self, sittings: &[&Sitting]) -> Need {
        let load = Load::of(sittings, self.settings);
        let mut vcpu = Vcpu::default();
        let (mut steady, mut lasting) = (0.0, 0.0);
        for moment in load.moments() {
            let arrivals = load.from(moment);
            let bursts = self.bursts(&arrivals, moment);
            let part = if arrivals.starting() { &mut vcpu.start } else { &mut vcpu.submit };
            *part = part.max(bursts);
            let running = page_work(&self.settings.demand, arrivals.running);
            let peak = |counts: fn(&Edge) -> bool| running + peak(arrivals.edges(), counts);
            steady = f64::max(steady, peak(|edge| edge.kind == FlowKind::Steady));
            lasting = f64::max(lasting, peak(|edge| LASTING < edge.lasts));
        }
        vcpu.plateau = self.plateau(steady, lasting);
        let carrying = self.carrying(vcpu.peak());
        Need { vcpu, carrying, nodes: self.with_a_zone_lost(carrying) }
    }

    /// Starting and submitting side by side: each kind is served within its own wait, and the shares of CPU
    /// they need for that are added. Who runs turns pages or submits, whichever asks for more.
    fn bursts(&self, arrivals: &Arrivals, moment: f64) -> f64 {
        let allowed = &self.settings.allowed;
        let wait = allowed.at_start.as_seconds_f64();
        let starting = burst_bound(arrivals.edges(), moment, wait, self.z, arrivals.at_once);
        let turning = page_work(&self.settings.demand, arrivals.running);
        starting + turning.max(self.submitting(arrivals.running))
    }

    /// `running` people reach a deadline: together at a common close, or spread as they had pressed, where each
    /// attempt has its own limit. The larger of both where nobody knows which.
    fn submitting(&self, running: f64) -> f64 {
        let Settings { demand, allowed, .. } = self.settings;
        let people = running * demand.submit_share.fraction();
        let window = demand.submit_window.as_seconds_f64();
        let close = || vec![burst(0.0, window, people, demand.submit_cpu, demand.variation)];
        let limits = || presses(demand, 0.0, people, demand.submit_cpu);
        let wait = allowed.at_submit.as_seconds_f64();
        let at_once = people * demand.press.unsure() * demand.submit_cpu;
        let bound = |flows| burst_bound(edges(flows), 0.0, wait, self.z, 0.0);
        let limits = || {
            let edges = edges(limits());
            let from = |rise| burst_bound(edges.iter().copied(), rise, wait, self.z, at_once);
            rises(demand).into_iter().map(from).fold(0.0, f64::max)
        };
        match demand.attempts_end {
            AttemptsEnd::AtClose => bound(close()),
            AttemptsEnd::AtOwnLimit => limits(),
            AttemptsEnd::Either => bound(close()).max(limits()),
        }
    }

    /// Long stretches: the greatest `steady` work below the allowed use of the whole CPU, and the greatest
    /// `lasting` rate within the allowed wait of a queue in balance. Both ask for more the more there is.
    fn plateau(&self, steady: f64, lasting: f64) -> f64 {
        let Settings { demand, allowed, node, .. } = self.settings;
        let lasting = Lasting {
            load: lasting,
            cpu: demand.start_cpu.max(demand.page_cpu),
            variation: demand.variation,
            wait: allowed.at_start.as_seconds_f64(),
            violation: allowed.violation.fraction(),
        };
        let by_use = steady * (node.usable.fraction() / allowed.plateau_use.fraction()).max(1.0);
        by_use.max(lasting.servers())
    }

    /// Web servers for so many effective vCPU, with one zone lost where that must be survived.
    pub(super) fn nodes(&self, vcpu: f64) -> Nodes {
        self.with_a_zone_lost(self.carrying(vcpu))
    }

    /// Web servers whose effective vCPU sum up to `vcpu`.
    fn carrying(&self, vcpu: f64) -> Nodes {
        let node = &self.settings.node;
        let each = f64::from(node.vcpu) * node.usable.fraction();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "never negative; a count beyond u32 saturates and is capped with a finding"
        )]
        let count = (vcpu / each - NOISE).ceil() as u32;
        Nodes::new(count)
    }

    /// How many must run so that `carrying` are left when one zone is lost.
    fn with_a_zone_lost(&self, carrying: Nodes) -> Nodes {
        let zones = self.settings.zones;
        if !zones.survive_loss || zones.count < 2 {
            return carrying;
        }
        let all = (u64::from(carrying.get()) * u64::from(zones.count))
            .div_ceil(u64::from(zones.count - 1));
        Nodes::new(u32::try_from(all).unwrap_or(u32::MAX))
    }
}

/// The greatest rate of work at any moment, of the flows that count.
fn peak(edges: impl Iterator<Item = Edge>, counts: impl Fn(&Edge) -> bool) -> f64 {
    let mut rate = 0.0;
    edges.filter(counts).fold(0.0, |peak, edge| {
        rate += edge.work;
        f64::max(peak, rate)
    })
}

/// The fewest effective vCPU with which nobody waits longer than `wait`, whenever they come after `from`:
///
/// ```text
/// max over t of  [ A(from, t] + z · sqrt(V(from, t]) ] / (t - from + wait)
/// ```
///
/// A is the work that has arrived, V its variance, the denominator what one vCPU can do by the latest moment at
/// which the last arrival may be served (delay-constrained effective bandwidth; Le Boudec and Thiran, *Network
/// Calculus*, 2001, chapter 1). A busy period begins where the rate of work rises, hence the fixed `from`.
/// What has begun before `from` counts with what is left of it; `edges` are sorted by time. `at_once` CPU-seconds may come at
/// any moment besides.
pub(super) fn burst_bound(
    edges: impl IntoIterator<Item = Edge>,
    from: f64,
    wait: f64,
    z: f64,
    at_once: f64,
) -> f64 {
    let mut piece = Piece { until: wait.max(LEAST_WAIT), work: at_once, ..Piece::default() };
    let mut at = from;
    let mut greatest = 0.0;
    for edge in edges {
        if at < edge.time {
            piece.length = edge.time - at;
            let end = piece.end();
            // Nowhere on the piece has more arrived than at its end, or was there less time than at its beginning.
            if greatest * piece.until < end.arrived(z) {
                greatest = f64::max(greatest, piece.greatest(z));
            }
            piece = end;
            at = edge.time;
        }
        piece.work_rate += edge.work;
        piece.variance_rate += edge.variance;
    }
    greatest
}

/// A stretch on which work and variance grow evenly.
#[derive(Debug, Clone, Copy, Default)]
struct Piece {
    /// Seconds from the burst's beginning to the piece's, plus the allowed wait.
    until: f64,
    length: f64,
    work: f64,
    work_rate: f64,
    variance: f64,
    variance_rate: f64,
}

impl Piece {
    fn end(self) -> Self {
        Self {
            until: self.until + self.length,
            work: self.work + self.work_rate * self.length,
            variance: self.variance + self.variance_rate * self.length,
            ..self
        }
    }

    /// Work up to the piece's beginning, and its spread.
    fn arrived(self, z: f64) -> f64 {
        self.work + z * self.variance.max(0.0).sqrt()
    }

    fn bound_after(self, u: f64, z: f64) -> f64 {
        let variance = (self.variance + self.variance_rate * u).max(0.0);
        (self.work + self.work_rate * u + z * variance.sqrt()) / (self.until + u)
    }

    /// The greatest bound on the piece: at its end or where the derivative vanishes, a quadratic in
    /// `y = sqrt(V)`. The numerator is concave and the denominator linear, so there is at most one such point.
    fn greatest(self, z: f64) -> f64 {
        let slope = self.work_rate * self.until - self.work;
        let curve = self.until * self.variance_rate - self.variance;
        let y = (slope + (slope * slope + z * z * curve).sqrt()) / z;
        let u = (y * y - self.variance) / self.variance_rate;
        let inside = 0.0 < y && 0.0 < u && u < self.length;
        let top = if inside { self.bound_after(u, z) } else { 0.0 };
        top.max(self.bound_after(self.length, z))
    }
}

/// The sitting with one of its readings for its times.
fn read_as(sitting: &Sitting, span: Span) -> Sitting {
    Sitting { span, other_readings: Vec::new(), ..sitting.clone() }
}

/// The sitting with the longest reading that starts so much later than as written; as written where there is none.
fn shifted(sitting: &Sitting, shift: TimeDelta) -> Sitting {
    let start = sitting.span.start() + shift;
    let alike = sitting.other_readings.iter().filter(|other| other.start() == start);
    read_as(sitting, alike.max_by_key(|other| other.end()).copied().unwrap_or(sitting.span))
}

#[cfg(test)]
mod tests;
