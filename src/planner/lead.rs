//! How early capacity must be asked for, so that a shortage at `ready_at` is as unlikely as allowed.

use super::bisect::greatest;
use super::normal::upper_tail;
use super::{Boot, Lead};
use crate::domain::Nodes;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// No lead is longer: what is not there a day after it was asked for does not come.
const LONGEST: TimeDelta = TimeDelta::hours(24);

/// From the raise to `ready_at`: the boot time that `nodes` of `nodes + spares` keep, but for the allowed chance,
/// plus the time by which a scheduled action may be late.
///
/// ```text
/// P(short) = Σ_{k>r} C(n+r, k) q^k (1-q)^(n+r-k),   q = 1 - G(lead - lateness)
/// ```
pub(super) fn lead(lead: &Lead, nodes: Nodes) -> TimeDelta {
    let launched = nodes.plus(lead.spares);
    let late = greatest(0.0, 1.0, |q| short(launched, lead.spares, q) <= lead.shortage);
    let longest = LONGEST.as_seconds_f64();
    let early = |seconds: f64| late < not_ready(lead, seconds);
    let seconds = greatest(0.0, longest, early);
    #[expect(clippy::cast_possible_truncation, reason = "at most a day, in milliseconds")]
    let boot = TimeDelta::milliseconds((seconds * 1000.0).ceil() as i64);
    boot + lead.action_lateness
}

/// When the floor must rise for a start: early enough, and on a whole minute, as scheduled actions are.
pub(super) fn raise_at(start: DateTime<Utc>, settings: &Lead, lead: TimeDelta) -> DateTime<Utc> {
    let at = start - (settings.ready_by + lead).max(settings.at_least);
    at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at)
}

/// The chance that a node is not ready `seconds` after it was asked for: launches fail with odds p, are seen after
/// d seconds and repeated, so `G(L) = Σ p^j (1-p) F(L - j·d)`.
fn not_ready(lead: &Lead, seconds: f64) -> f64 {
    let p = lead.launch_failure.fraction();
    let every = lead.failure_seen_after.as_seconds_f64().max(1.0);
    let mut left = seconds;
    let mut reached = 1.0;
    let mut odds = 0.0;
    // A repeat that has less time than the fixed part of a boot is certainly not ready.
    while lead.boot.fixed.as_seconds_f64() < left && 1e-18 < reached {
        odds += reached * (1.0 - p) * slower(&lead.boot, left);
        reached *= p;
        left -= every;
    }
    odds + reached
}

/// The chance that a boot takes longer than `seconds`.
fn slower(boot: &Boot, seconds: f64) -> f64 {
    let rest = seconds - boot.fixed.as_seconds_f64();
    if rest <= 0.0 {
        return 1.0;
    }
    let logs = (rest / boot.median.as_seconds_f64().max(1e-3)).ln();
    upper_tail(logs / boot.sigma.max(1e-3))
}

/// The chance that more than `spares` of `launched` are not ready, each with odds `q`.
fn short(launched: Nodes, spares: Nodes, q: f64) -> f64 {
    let all = launched.get();
    let odds = (q / (1.0 - q)).ln();
    // The logarithm of each term, from the one before: nothing underflows on the way to the tail.
    let mut term = f64::from(all) * (1.0 - q).ln();
    let mut sum = 0.0;
    for k in 1..=all {
        term += (f64::from(all - k + 1) / f64::from(k)).ln() + odds;
        if spares.get() < k {
            let part = term.exp();
            sum += part;
            let falling = f64::from(all) * q < f64::from(k);
            if falling && part < sum * 1e-12 {
                break;
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::fixture::{at, settings};

    /// Minutes of lead for n nodes and r = 0, 1, 2, 3, 4, 6 spares, computed once in full precision.
    #[test]
    fn the_lead_is_that_of_the_table() {
        let table = [
            (8, 1e-3, [14.5, 9.9, 8.4, 7.6, 7.1, 6.5]),
            (8, 1e-7, [30.4, 15.6, 11.9, 10.1, 9.1, 7.9]),
            (16, 1e-3, [15.4, 10.6, 9.1, 8.2, 7.7, 7.0]),
            (16, 1e-5, [22.7, 13.4, 10.8, 9.5, 8.7, 7.8]),
            (16, 1e-7, [31.9, 16.6, 12.7, 10.8, 9.8, 8.5]),
            (24, 1e-7, [32.8, 17.2, 13.2, 11.3, 10.2, 8.9]),
        ];
        for (nodes, shortage, minutes) in table {
            for (spares, expected) in [0, 1, 2, 3, 4, 6].into_iter().zip(minutes) {
                let settings = Lead { shortage, spares: Nodes::new(spares), ..settings().lead };
                let found = lead(&settings, Nodes::new(nodes)).as_seconds_f64() / 60.0;
                assert!((found - expected).abs() < 0.1, "n {nodes}, r {spares}: {found}");
            }
        }
    }

    #[test]
    fn more_nodes_never_have_a_shorter_lead() {
        let settings = settings().lead;
        let leads: Vec<_> = (0..200).map(|n| lead(&settings, Nodes::new(n))).collect();
        assert!(leads.is_sorted());
    }

    #[test]
    fn launches_that_always_fail_have_the_longest_lead() {
        let settings = Lead { launch_failure: crate::domain::Share::ALL, ..settings().lead };
        assert_eq!(lead(&settings, Nodes::new(4)), LONGEST + settings.action_lateness);
    }

    #[test]
    fn the_raise_is_on_a_whole_minute_and_never_too_late() {
        let settings = settings().lead;
        let start = at(540) + TimeDelta::seconds(30);
        assert_eq!(raise_at(start, &settings, TimeDelta::minutes(3)), at(510));
        assert_eq!(raise_at(start, &settings, TimeDelta::minutes(20)), at(505));
    }
}
