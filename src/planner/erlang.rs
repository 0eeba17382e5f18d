//! Waiting in a queue of many servers under a lasting load: Erlang's formulas by stable recursion.

/// From this load on the closed bound is used instead of the recursion; it is never below it.
const CLOSED_FROM: f64 = 10_000.0;
/// A wait of nothing, in seconds, cannot be kept by any number of servers.
pub(super) const LEAST_WAIT: f64 = 1e-3;
/// Work of nothing, in CPU-seconds, has no rate of service.
const LEAST_CPU: f64 = 1e-6;

/// Erlang B (the share of arrivals that find every server busy and leave) with a `k`-th server, from that with
/// one less: `B(k) = aB / (k + aB)`, `B(0) = 1`.
pub(super) fn one_more(blocked: f64, load: f64, k: u32) -> f64 {
    load * blocked / (f64::from(k) + load * blocked)
}

/// The share of arrivals that must wait (Erlang C), from Erlang B; 1 where the load exceeds the servers.
pub(super) fn delayed(blocked: f64, servers: u32, load: f64) -> f64 {
    let servers = f64::from(servers);
    if servers <= load { 1.0 } else { servers * blocked / (servers - load * (1.0 - blocked)) }
}

/// A lasting load and what waiting it allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lasting {
    /// Erlangs: CPU-seconds that arrive per second.
    pub(super) load: f64,
    /// CPU-seconds of one piece of work.
    pub(super) cpu: f64,
    /// Coefficient of variation of those.
    pub(super) variation: f64,
    /// Allowed wait, seconds.
    pub(super) wait: f64,
    /// The share that may wait longer.
    pub(super) violation: f64,
}

impl Lasting {
    /// The fewest servers (effective vCPU) with which at most `violation` wait longer than `wait`:
    /// `ErlC(s, a) · exp(-(s - a)/c · x · 2/(1 + cv²)) ≤ ε`, the exponential tail of the M/M/s queue with the
    /// Allen-Cunneen correction for the variation of service times.
    pub(super) fn servers(self) -> f64 {
        if self.load <= 0.0 {
            return 0.0;
        }
        let decay = self.wait.max(LEAST_WAIT) * 2.0
            / (self.cpu.max(LEAST_CPU) * (1.0 + self.variation * self.variation));
        // Erlang C is at most 1, so this many always do.
        let closed = (self.load - self.violation.max(f64::MIN_POSITIVE).ln() / decay).ceil();
        if CLOSED_FROM <= self.load {
            return closed;
        }
        let mut share = 1.0;
        let enough = (1..u32::MAX).find(|&servers| {
            share = one_more(share, self.load, servers);
            let spare = f64::from(servers) - self.load;
            let late = delayed(share, servers, self.load) * (-spare * decay).exp();
            closed <= f64::from(servers) || (0.0 < spare && late <= self.violation)
        });
        enough.map_or(closed, f64::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn erlang_c(servers: u32, load: f64) -> f64 {
        let blocked = (1..=servers).fold(1.0, |blocked, k| one_more(blocked, load, k));
        delayed(blocked, servers, load)
    }

    /// Two public call-centre examples, and the Halfin-Whitt fixtures of the exact recursion.
    #[test]
    fn the_recursion_reproduces_published_values() {
        let within = |servers, load, wait: f64, hold: f64| {
            let spare = f64::from(servers) - load;
            1.0 - erlang_c(servers, load) * (-spare * wait / hold).exp()
        };
        assert!((erlang_c(14, 10.0) - 0.174_13).abs() < 5e-6);
        assert!((within(14, 10.0, 20.0, 180.0) - 0.888_35).abs() < 5e-6);
        assert!((erlang_c(14, 10.0) * 180.0 / 4.0 - 7.836).abs() < 5e-4);
        assert!((erlang_c(55, 48.0) - 0.238_70).abs() < 5e-6);
        assert!((within(55, 48.0, 15.0, 240.0) - 0.845_88).abs() < 5e-6);
        assert!((erlang_c(55, 48.0) * 240.0 / 7.0 - 8.184).abs() < 5e-4);
    }

    #[test]
    fn the_fewest_servers_for_a_share_that_waits_are_exact() {
        let fewest = |load, share| (1..1000).find(|&n| erlang_c(n, load) <= share);
        let exact =
            [(100.0 / 3.0, [40, 45, 49]), (100.0, [111, 119, 125]), (400.0, [422, 436, 449])];
        for (load, servers) in exact {
            for (share, expected) in [0.2, 0.05, 0.01].into_iter().zip(servers) {
                assert_eq!(fewest(load, share), Some(expected), "load {load}, share {share}");
            }
        }
    }

    #[test]
    fn a_larger_load_never_needs_fewer_servers() {
        let servers =
            |load| Lasting { load, cpu: 0.5, variation: 1.0, wait: 3.0, violation: 1e-4 }.servers();
        let loads = [0.0, 0.5, 1.0, 20.0, 33.3, 400.0, 9_999.0, 10_000.0, 1e7];
        for pair in loads.windows(2) {
            assert!(servers(pair[0]) <= servers(pair[1]), "{pair:?}");
        }
    }
}
