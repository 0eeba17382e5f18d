//! A stretch of the academic calendar and how the fleet breathes in it.

use super::{Nodes, Share, Span};
use chrono::{DateTime, Utc};

/// Summer, enrolment, teaching, exams: bounds and tracking target outside windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// What the calendar calls it.
    pub name: String,
    /// When; `None` is the phase that holds wherever no other does.
    pub span: Option<Span>,
    /// Least nodes.
    pub floor: Nodes,
    /// Most nodes that target tracking may reach.
    pub ceiling: Nodes,
    /// Average CPU that target tracking aims at.
    pub target_cpu: Share,
}

impl Phase {
    /// The phase in force at a moment: the one whose span contains it, else the one without a span.
    pub fn at(phases: &[Self], moment: DateTime<Utc>) -> Option<&Self> {
        let named =
            phases.iter().find(|phase| phase.span.is_some_and(|span| span.contains(moment)));
        named.or_else(|| phases.iter().find(|phase| phase.span.is_none()))
    }
}
