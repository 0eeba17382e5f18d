//! What the database can carry, and which floor can therefore stand.

use super::{Database, Node, Settings};
use crate::domain::{Budget, BudgetStatus, Nodes, Span, Step};

/// From this share of what is usable on, the budget is tight.
const TIGHT_FROM_PERCENT: u64 = 70;

/// Connections by the formula `(nodes + overlap) × workers × connections per worker + cron + reserve + fixed`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Connections<'a> {
    node: &'a Node,
    database: &'a Database,
    /// The greatest floor of any phase.
    floor: Nodes,
}

impl<'a> Connections<'a> {
    /// Under these settings.
    pub(super) fn of(settings: &'a Settings) -> Self {
        let floors = settings.calendar.phases.iter().map(|phase| phase.floor);
        let floor = floors.max().unwrap_or_default().min(settings.hard_ceiling);
        Self { node: &settings.node, database: &settings.database, floor }
    }

    /// What one node may hold.
    pub(super) fn per_node(&self) -> u32 {
        self.node.workers.saturating_mul(self.node.connections_per_worker)
    }

    /// What is taken whatever the number of nodes.
    pub(super) fn fixed(&self) -> u32 {
        let Database { cron, reserve, fixed, cluster, .. } = self.database;
        let theirs = cluster.as_ref().map_or(0, |cluster| cluster.cron);
        [*cron, *reserve, *fixed, theirs].into_iter().fold(0, u32::saturating_add)
    }

    /// The usable share of the limit.
    pub(super) fn usable(&self) -> Option<u32> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a u32 is a u32; rounded down, which is the safe side"
        )]
        let share =
            |limit: u32| (f64::from(limit) * self.database.usable.fraction()).floor() as u32;
        self.database.max_connections.map(share)
    }

    /// `nodes` and what may run beside them while they are replaced: a share of them, at least one; none where a site says
    /// that nothing is replaced.
    pub(super) fn with_replacements(&self, nodes: Nodes) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a u32 is a u32"
        )]
        let beside = (f64::from(nodes.get()) * self.database.overlap.fraction()).ceil() as u32;
        let least = u32::from(0.0 < self.database.overlap.fraction());
        nodes.get().saturating_add(beside.max(least))
    }

    /// Connections at `nodes`.
    pub(super) fn at(&self, nodes: Nodes) -> u32 {
        self.of_servers(nodes).saturating_add(self.fixed())
    }

    /// Connections of `nodes` and what may run beside them.
    pub(super) fn of_servers(&self, nodes: Nodes) -> u32 {
        self.with_replacements(nodes).saturating_mul(self.per_node())
    }

    /// The most nodes that fit whatever others on the cluster ask for in the stretch; `None` when the limit is not known.
    pub(super) fn nodes_that_fit(&self, span: Span) -> Option<Nodes> {
        let free = self.free()?;
        Some(self.most_within(free.saturating_sub(self.others(span))))
    }

    /// How many of `wanted` may be in the stretch, beside what other fleets on the cluster ask for then. Where all of that
    /// does not fit, each fleet keeps the floors of its phases and has a part of the rest, in proportion to what it asks
    /// for beyond them.
    pub(super) fn granted(&self, wanted: Nodes, span: Span) -> Option<Nodes> {
        let (free, others) = (u64::from(self.free()?), u64::from(self.others(span)));
        let own = u64::from(self.of_servers(wanted));
        if own + others <= free {
            return Some(wanted);
        }
        let kept = u64::from(self.kept());
        let theirs = u64::from(self.theirs());
        let rest = free.saturating_sub(kept + theirs);
        let (own, others) = (own.saturating_sub(kept), others.saturating_sub(theirs));
        let part = kept + (rest * own).checked_div(own + others).unwrap_or_default();
        let part = u32::try_from(part.min(free)).unwrap_or(u32::MAX);
        Some(self.most_within(part).min(wanted))
    }

    /// Connections at the greatest floor of the fleet's phases.
    pub(super) fn kept(&self) -> u32 {
        self.of_servers(self.floor)
    }

    /// The same of the other fleets on the cluster.
    fn theirs(&self) -> u32 {
        self.database.cluster.as_ref().map_or(0, |cluster| cluster.kept)
    }

    /// See `planner::spared`.
    pub(super) fn spared(&self) -> Option<i64> {
        let taken = [self.fixed(), self.kept(), self.theirs()].map(i64::from);
        Some(i64::from(self.usable()?) - taken.iter().sum::<i64>())
    }

    /// The most that others on the cluster ask for at any moment of a stretch.
    pub(super) fn others(&self, span: Span) -> u32 {
        self.database.cluster.as_ref().map_or(0, |cluster| cluster.greatest(span))
    }

    /// What is left for web servers.
    fn free(&self) -> Option<u32> {
        Some(self.usable()?.saturating_sub(self.fixed()))
    }

    /// The most nodes whose connections are not more than these.
    fn most_within(&self, connections: u32) -> Nodes {
        let (mut fits, mut beyond) = (0, connections.saturating_add(1));
        while fits + 1 < beyond {
            let middle = u32::midpoint(fits, beyond);
            if self.of_servers(Nodes::new(middle)) <= connections {
                fits = middle;
            } else {
                beyond = middle;
            }
        }
        Nodes::new(fits)
    }

    /// Workers per node with which `nodes` would fit beside what others ask for in the stretch.
    pub(super) fn workers_for(&self, nodes: Nodes, span: Span) -> Option<u32> {
        let free = self.free()?.saturating_sub(self.others(span));
        let one = self.with_replacements(nodes).saturating_mul(self.node.connections_per_worker);
        free.checked_div(one)
    }

    /// The limit with which `nodes` would fit likewise.
    pub(super) fn limit_for(&self, nodes: Nodes, span: Span) -> u32 {
        let all = self.at(nodes).saturating_add(self.others(span));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "never negative; saturates, as the count of connections does"
        )]
        let limit = (f64::from(all) / self.database.usable.fraction()).ceil() as u32;
        limit
    }

    /// The database's side of a plan for `span` with these steps, of which `asked` is the greatest need before any cap: a
    /// capped plan stands within its bound, and yet what was asked is over it.
    pub(super) fn budget(&self, steps: &[Step], asked: Nodes, span: Span) -> Budget {
        let usable = self.usable();
        let peak = steps.iter().map(|step| step.floor).max().unwrap_or_default();
        let ends = steps.iter().skip(1).map(|step| step.at).chain([span.end()]);
        let beside = steps.iter().zip(ends).filter_map(|(step, end)| {
            let others = self.others(Span::new(step.at, end)?);
            Some(self.at(step.floor).saturating_add(others))
        });
        let wanted = beside.max().unwrap_or_default().max(self.at(asked));
        Budget {
            max_connections: self.database.max_connections,
            usable,
            per_node: self.per_node(),
            fixed: self.fixed(),
            nodes_that_fit: self.nodes_that_fit(span),
            peak_nodes: peak,
            peak_connections: self.at(peak),
            status: usable.map_or(BudgetStatus::Unknown, |usable| status(wanted, usable)),
        }
    }
}

fn status(connections: u32, usable: u32) -> BudgetStatus {
    if usable < connections {
        BudgetStatus::Over
    } else if u64::from(usable) * TIGHT_FROM_PERCENT <= u64::from(connections) * 100 {
        BudgetStatus::Tight
    } else {
        BudgetStatus::Ok
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::fixture::{at, settings, span};

    /// Of a plan that keeps so many.
    fn budget(connections: Connections<'_>, nodes: u32) -> Budget {
        let floor = Nodes::new(nodes);
        let step = Step { at: at(0), floor, ceiling: floor, reasons: vec![] };
        connections.budget(&[step], floor, span())
    }

    #[test]
    fn replacements_take_connections_too() {
        let settings = settings();
        let connections = Connections::of(&settings);
        assert_eq!(connections.usable(), Some(1600));
        assert_eq!(connections.at(Nodes::new(3)), 4 * 40 + 32);
        assert_eq!(connections.at(Nodes::new(20)), 22 * 40 + 32);
        assert_eq!(connections.nodes_that_fit(span()), Some(Nodes::new(35)));
        assert!(connections.at(Nodes::new(36)) > 1600);
    }

    /// The published worked example: 15 web servers of 48 workers before an instance that admits 1,000.
    #[test]
    fn the_worked_example_holds_752_connections() {
        let mut settings = settings();
        settings.node.workers = 48;
        settings.database.max_connections = Some(1_000);
        settings.database.overlap = crate::planner::fixture::share(0.0);
        let connections = Connections::of(&settings);
        assert_eq!(connections.at(Nodes::new(15)), 752);
        assert_eq!(connections.nodes_that_fit(span()), Some(Nodes::new(16)));
        let budget = budget(connections, 15);
        assert_eq!(budget.status, BudgetStatus::Tight);
    }

    #[test]
    fn an_unknown_limit_is_not_a_limit_of_zero() {
        let mut settings = settings();
        settings.database.max_connections = None;
        let budget = budget(Connections::of(&settings), 9);
        assert_eq!((budget.status, budget.nodes_that_fit), (BudgetStatus::Unknown, None));
    }

    #[test]
    fn what_would_help_does_help() {
        let mut settings = settings();
        let asked = Nodes::new(50);
        let (workers, limit) = {
            let connections = Connections::of(&settings);
            (connections.workers_for(asked, span()).unwrap(), connections.limit_for(asked, span()))
        };
        settings.node.workers = workers;
        assert!(asked <= Connections::of(&settings).nodes_that_fit(span()).unwrap());
        settings.node.workers = 40;
        settings.database.max_connections = Some(limit);
        assert!(asked <= Connections::of(&settings).nodes_that_fit(span()).unwrap());
    }

    #[test]
    fn the_status_says_how_close_it_is() {
        assert_eq!(status(69, 100), BudgetStatus::Ok);
        assert_eq!(status(70, 100), BudgetStatus::Tight);
        assert_eq!(status(100, 100), BudgetStatus::Tight);
        assert_eq!(status(101, 100), BudgetStatus::Over);
    }
}
