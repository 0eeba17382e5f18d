//! A stretch of the academic calendar and how the fleet breathes in it.

use super::{Nodes, Share, Span};

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
