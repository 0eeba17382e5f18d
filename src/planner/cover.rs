//! The cheapest step function that covers a requirement with at most so many steps.
//!
//! A step costs its height times its length. Some cheapest cover changes only where the requirement does (a change
//! elsewhere can be moved to the next such place without a loss), so it is found exactly by
//!
//! ```text
//! f[k][j] = min over i<j of f[k-1][i] + max(r_i..r_{j-1}) * (l_i + ... + l_{j-1})
//! ```
//!
//! in `O(K M²)` time and `O(K M)` memory. The cost is not Monge and the optimum not convex in K, so that the usual
//! short cuts are wrong here.

use crate::domain::Nodes;

/// Rounding noise of sums of node-hours.
const NOISE: f64 = 1e-9;

/// A stretch of the requirement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Piece {
    /// The least that must stand in it.
    pub required: Nodes,
    /// How long it is, in hours; above zero.
    pub hours: f64,
}

/// A cover.
#[derive(Debug, Clone, PartialEq)]
pub struct Cover {
    /// The first piece of each step, ascending; the first is 0.
    pub starts: Vec<usize>,
    /// What it costs, in node-hours.
    pub node_hours: f64,
}

/// The cheapest cover of `pieces` with at most `most` steps, and of the cheapest the one with the fewest. Nothing needs
/// no step; something needs at least one.
pub fn cover(pieces: &[Piece], most: usize) -> Cover {
    let (count, most) = (pieces.len(), most.clamp(1, pieces.len().max(1)));
    if count == 0 {
        return Cover { starts: Vec::new(), node_hours: 0.0 };
    }
    let table = Table::of(pieces, most);
    let steps = (1..=most).min_by(|one, other| {
        let cost = |steps: usize| table.cost(count, steps);
        // The fewer steps, where the cost is the same.
        if (cost(*one) - cost(*other)).abs() <= NOISE * cost(*one).abs() {
            one.cmp(other)
        } else {
            cost(*one).total_cmp(&cost(*other))
        }
    });
    let steps = steps.unwrap_or(1);
    Cover { starts: table.starts(pieces, steps), node_hours: table.cost(count, steps) }
}

/// `f[j][k]`: the least cost of the first `j` pieces with exactly `k` steps.
struct Table {
    width: usize,
    costs: Vec<f64>,
}

impl Table {
    fn of(pieces: &[Piece], most: usize) -> Self {
        let width = most + 1;
        let mut costs = vec![f64::INFINITY; (pieces.len() + 1) * width];
        costs[0] = 0.0;
        for end in 1..=pieces.len() {
            let (before, from) = costs.split_at_mut(end * width);
            let row = &mut from[1..width];
            for (begin, step) in steps_until(pieces, end) {
                let known = &before[begin * width..begin * width + most];
                // One more step than what it follows: by the row, so that many are done at once.
                for (cost, known) in row.iter_mut().zip(known) {
                    *cost = cost.min(known + step);
                }
            }
        }
        Self { width, costs }
    }

    fn cost(&self, pieces: usize, steps: usize) -> f64 {
        self.costs[pieces * self.width + steps]
    }

    /// Where the steps of that cost begin.
    fn starts(&self, pieces: &[Piece], steps: usize) -> Vec<usize> {
        let (mut starts, mut end) = (Vec::with_capacity(steps), pieces.len());
        for left in (0..steps).rev() {
            let cost = |(begin, step): &(usize, f64)| self.cost(*begin, left) + step;
            let best = steps_until(pieces, end).min_by(|a, b| cost(a).total_cmp(&cost(b)));
            end = best.map_or(0, |(begin, _)| begin);
            starts.push(end);
        }
        starts.reverse();
        starts
    }
}

/// Every step that ends before piece `end`: where it begins, and what it costs.
fn steps_until(pieces: &[Piece], end: usize) -> impl Iterator<Item = (usize, f64)> {
    let (mut height, mut length) = (Nodes::ZERO, 0.0);
    pieces[..end].iter().enumerate().rev().map(move |(begin, piece)| {
        height = height.max(piece.required);
        length += piece.hours;
        (begin, f64::from(height.get()) * length)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pieces(drawn: &[(u32, f64)]) -> Vec<Piece> {
        let piece = |&(nodes, hours): &(u32, f64)| Piece { required: Nodes::new(nodes), hours };
        drawn.iter().map(piece).collect()
    }

    /// 2, 18, 2, 8 and 2 nodes for 9, 3, 2, 2.25 and 7.75 hours: the published fixture.
    #[test]
    fn a_day_with_two_exams_costs_less_with_every_step() {
        let day = pieces(&[(2, 9.0), (18, 3.0), (2, 2.0), (8, 2.25), (2, 7.75)]);
        let costs: Vec<_> = (1..=6).map(|most| cover(&day, most).node_hours).collect();
        assert_eq!(costs, [432.0, 288.0, 164.0, 121.5, 109.5, 109.5]);
        assert_eq!(cover(&day, 3).starts, [0, 1, 4]);
    }

    /// What makes the usual short cuts wrong: not convex in the number of steps.
    #[test]
    fn a_second_step_may_save_nothing_and_a_third_much() {
        let valley = pieces(&[(4, 1.0), (1, 1.0), (1, 1.0), (4, 1.0)]);
        let costs: Vec<_> = (1..=4).map(|most| cover(&valley, most).node_hours).collect();
        assert_eq!(costs, [16.0, 16.0, 10.0, 10.0]);
        assert_eq!(cover(&valley, 4).starts, [0, 1, 3], "no step that saves nothing");
    }

    #[test]
    fn nothing_needs_no_step() {
        assert_eq!(cover(&[], 5), Cover { starts: vec![], node_hours: 0.0 });
        assert_eq!(cover(&pieces(&[(3, 2.0)]), 0).starts, [0]);
    }

    proptest! {
        /// Every way to choose the steps is tried.
        #[test]
        fn no_choice_of_steps_is_cheaper(
            drawn in prop::collection::vec((0..9_u32, 0.25..4.0_f64), 1..9),
            most in 1..6_usize,
        ) {
            let pieces = pieces(&drawn);
            let found = cover(&pieces, most);
            prop_assert!(found.starts.len() <= most && found.starts.is_sorted());
            let cost = |starts: &[usize]| -> f64 {
                let ends = starts.iter().skip(1).copied().chain([pieces.len()]);
                let step = |(begin, end): (usize, usize)| {
                    let height = pieces[begin..end].iter().map(|piece| piece.required).max();
                    let hours: f64 = pieces[begin..end].iter().map(|piece| piece.hours).sum();
                    f64::from(height.unwrap_or_default().get()) * hours
                };
                starts.iter().copied().zip(ends).map(step).sum()
            };
            prop_assert!((cost(&found.starts) - found.node_hours).abs() < 1e-6);
            for chosen in 0..1_u32 << (pieces.len() - 1) {
                let inner = (1..pieces.len()).filter(|at| chosen & 1 << (at - 1) != 0);
                let starts: Vec<usize> = std::iter::once(0).chain(inner).collect();
                if starts.len() <= most {
                    prop_assert!(found.node_hours <= cost(&starts) + 1e-6, "{starts:?}");
                }
            }
        }
    }
}
