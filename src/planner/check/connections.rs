//! The database's side, counted again by hand.

use crate::domain::{Nodes, Window};
use crate::planner::Settings;
use chrono::{DateTime, Utc};

/// Connections by the plain formula.
pub(super) struct Counted {
    usable: Option<f64>,
    overlap: f64,
    each: f64,
    fixed: f64,
    /// What other fleets on the cluster ask for, from each moment on.
    others: Vec<(DateTime<Utc>, f64)>,
    hard_ceiling: Nodes,
}

impl Counted {
    pub(super) fn of(settings: &Settings) -> Self {
        let (node, database) = (&settings.node, &settings.database);
        let limit = database.max_connections.map(f64::from);
        let cluster = database.cluster.as_ref();
        let their_cron = cluster.map_or(0, |cluster| cluster.cron);
        let fixed = [database.cron, database.reserve, database.fixed, their_cron];
        let others = cluster.iter().flat_map(|cluster| cluster.others.iter().flatten());
        Self {
            usable: limit.map(|limit| limit * database.usable.fraction()),
            overlap: database.overlap.fraction(),
            each: f64::from(node.workers) * f64::from(node.connections_per_worker),
            fixed: fixed.map(f64::from).iter().sum(),
            others: others.map(|one| (one.from, f64::from(one.connections))).collect(),
            hard_ceiling: settings.hard_ceiling,
        }
    }

    /// The usable connections, where the limit is known.
    pub(super) fn usable(&self) -> Option<f64> {
        self.usable
    }

    /// The moments at which others ask for more or less.
    pub(super) fn changes(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        self.others.iter().map(|(from, _)| *from)
    }

    /// All connections at a moment at which so many servers are ours.
    pub(super) fn held(&self, nodes: Nodes, at: DateTime<Utc>) -> f64 {
        let before = self.others.iter().rfind(|(from, _)| *from <= at);
        self.own(nodes) + before.map_or(0.0, |(_, connections)| *connections)
    }

    /// Whether not one more server could stand throughout a window.
    pub(super) fn fills(&self, window: &Window) -> bool {
        let more = window.nodes.plus(Nodes::new(1));
        let inside = self.changes().filter(|at| window.covers(*at));
        let moments = std::iter::once(window.raise_at).chain(inside);
        let most = moments.map(|at| self.held(more, at)).fold(0.0, f64::max);
        self.hard_ceiling < more || self.usable.is_some_and(|usable| usable < most)
    }

    fn own(&self, nodes: Nodes) -> f64 {
        let nodes = f64::from(nodes.get());
        let share = (nodes * self.overlap).ceil();
        let beside = if 0.0 < self.overlap { share.max(1.0) } else { 0.0 };
        (nodes + beside) * self.each + self.fixed
    }
}
