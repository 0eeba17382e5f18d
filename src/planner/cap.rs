//! What no plan goes above, and how it is said when more was needed: never silently.

use super::Settings;
use super::budget::Connections;
use super::windows::Block;
use crate::domain::{Finding, Nodes, Severity, Span, counted, grouped, more};
use chrono::{DateTime, TimeDelta, Utc};

/// The hard ceiling and what the database can carry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cap<'a> {
    settings: &'a Settings,
    connections: Connections<'a>,
}

impl<'a> Cap<'a> {
    /// Under these settings.
    pub(super) fn of(settings: &'a Settings) -> Self {
        Self { settings, connections: Connections::of(settings) }
    }

    /// At most what may be in a stretch.
    pub(super) fn apply(&self, nodes: Nodes, span: Span) -> Nodes {
        let wanted = nodes.min(self.settings.hard_ceiling);
        // A fleet without a web server is down, whatever the database carries.
        let least = wanted.min(Nodes::new(1));
        self.connections.granted(wanted, span).unwrap_or(wanted).max(least)
    }

    /// At most what may be at a moment.
    pub(super) fn apply_at(&self, nodes: Nodes, at: DateTime<Utc>) -> Nodes {
        let instant = Span::new(at, at + TimeDelta::milliseconds(1));
        instant.map_or(nodes, |instant| self.apply(nodes, instant))
    }

    /// What a block that asks for more than may be must say.
    pub(super) fn findings(&self, block: &Block<'_>) -> Vec<Finding> {
        let wanted = block.wanted(self.settings.lead.spares);
        let who = format!("{} at {}", told(block), self.settings.calendar.minute(block.starts_at));
        let beyond = |most: Nodes| most < wanted;
        let mut findings = Vec::new();
        let granted = self.connections.granted(wanted, block.span(self.settings));
        if let Some(granted) = granted.filter(|granted| beyond(*granted)) {
            findings.push(self.beyond_database(&who, block, wanted, granted));
        }
        if beyond(self.settings.hard_ceiling) {
            findings.push(self.beyond_hard_ceiling(&who, block, wanted));
        }
        let uid = block.sittings.first().map(|sitting| sitting.key.uid.clone());
        findings.iter_mut().for_each(|finding| finding.uid.clone_from(&uid));
        findings
    }

    /// An exam is at risk when the need itself does not fit; without spares it only has no reserve.
    fn severity(block: &Block<'_>, most: Nodes) -> Severity {
        if most < block.need.nodes { Severity::Critical } else { Severity::Warning }
    }

    fn beyond_database(
        &self,
        who: &str,
        block: &Block<'_>,
        wanted: Nodes,
        granted: Nodes,
    ) -> Finding {
        let span = block.span(self.settings);
        let workers = self.connections.workers_for(wanted, span).filter(|workers| 0 < *workers);
        let fewer_workers = workers.map_or(String::new(), |workers| {
            format!("run at most {} workers per web server, or ", number(workers))
        });
        let limit = self.connections.limit_for(wanted, span);
        let class = self.settings.database.class;
        let larger = class.map(|(class, engine)| match class.that_admits(limit, engine) {
            Some(larger) => format!(" ({larger} has that)"),
            None => " (no class of its family has that)".to_owned(),
        });
        let fix = format!(
            "{fewer_workers}use an instance class with max_connections of at least {}{}, or put a proxy before the \
             database, or spread the starts.",
            number(limit),
            larger.unwrap_or_default(),
        );
        Finding::new(
            Self::severity(block, granted),
            "beyond_database",
            format!(
                "{who} need {} web servers ({} and {} spare); the database carries {}: {} usable connections, \
                 {} per web server, replacements included{}",
                servers(wanted),
                servers(block.need.nodes),
                servers(self.settings.lead.spares),
                servers(granted),
                number(self.connections.usable().unwrap_or_default()),
                number(self.connections.per_node()),
                self.others(span),
            ),
            fix[..1].to_uppercase() + &fix[1..],
        )
    }

    /// What other fleets on the cluster ask for meanwhile, if anything.
    fn others(&self, span: Span) -> String {
        let others = self.connections.others(span);
        let cluster = self.settings.database.cluster.as_ref().filter(|_| 0 < others);
        cluster.map_or(String::new(), |cluster| {
            format!("; other fleets on {} ask for {} then", cluster.name, number(others))
        })
    }

    fn beyond_hard_ceiling(&self, who: &str, block: &Block<'_>, wanted: Nodes) -> Finding {
        let ceiling = self.settings.hard_ceiling;
        Finding::new(
            Self::severity(block, ceiling),
            "beyond_hard_ceiling",
            format!(
                "{who} need {} web servers ({} and {} spare); the hard ceiling is {}",
                servers(wanted),
                servers(block.need.nodes),
                servers(self.settings.lead.spares),
                servers(ceiling),
            ),
            format!(
                "If the {} candidates are right, raise the hard ceiling to at least {}, or spread the starts; \
                 if not, correct the timetable.",
                grouped(block.candidates()),
                servers(wanted),
            ),
        )
    }

    /// What the settings alone make worth saying of a plan for a stretch.
    pub(super) fn of_settings(&self, span: Span) -> Vec<Finding> {
        let Settings { calendar, zones, .. } = self.settings;
        let mut findings = Vec::new();
        if zones.count < 2 {
            findings.push(Finding::new(
                Severity::Critical,
                "single_zone",
                "the group has one availability zone: the loss of that zone ends every exam",
                "Enable at least one more zone in the group; the floor then carries the loss of one.",
            ));
        }
        if self.connections.usable().is_none() {
            findings.push(Finding::new(
                Severity::Warning,
                "database_limit_unknown",
                "max_connections is not known, so floors are not checked against the database",
                "Configure max_connections, or the members of its cluster.",
            ));
        }
        for phase in &calendar.phases {
            let [floor, ceiling] =
                [phase.floor, phase.ceiling].map(|nodes| self.apply(nodes, span));
            if floor < phase.floor {
                findings.push(Finding::new(
                    Severity::Critical,
                    "phase_floor_capped",
                    format!(
                        "the floor {} of phase {} is above the {} web servers that may be",
                        phase.floor, phase.name, floor
                    ),
                    "Lower the phase's floor, or raise the hard ceiling and the database's limit.",
                ));
            } else if ceiling < phase.ceiling {
                findings.push(Finding::new(
                    Severity::Info,
                    "phase_ceiling_capped",
                    format!(
                        "the ceiling {} of phase {} is above the {} web servers that may be, which is used",
                        phase.ceiling,
                        phase.name,
                        ceiling
                    ),
                    "Nothing to do, unless more is wanted: then the database's limit or the hard ceiling.",
                ));
            }
        }
        findings
    }
}

fn number(count: u32) -> String {
    grouped(u64::from(count))
}

fn servers(nodes: Nodes) -> String {
    number(nodes.get())
}

/// `4,000 candidates of LAWS1001` or `5,200 candidates of LAWS1001 and 2 more sittings`.
pub(super) fn told(block: &Block<'_>) -> String {
    let largest = block.sittings.iter().max_by_key(|sitting| (sitting.candidates, &sitting.key));
    let title = largest.map_or("", |sitting| sitting.title.as_str());
    let candidates = counted(grouped(block.candidates()), "candidate");
    match block.sittings.len() {
        0 | 1 => format!("{candidates} of {title}"),
        all => format!("{candidates} of {title} and {}", more(all - 1, "sitting")),
    }
}
