//! Node-hours of a plan by cause, and of two who plan in another way, under the same settings.

use super::cap::Cap;
use super::plan::bounds;
use super::windows::Block;
use super::{Cluster, Settings};
use crate::domain::{Cost, Nodes, Span, Step};
use chrono::{DateTime, TimeDelta, Utc};

/// A careful engineer raises so long before the first start, whatever booting takes ...
const EARLY: TimeDelta = TimeDelta::minutes(45);
/// ... by a quarter more than is needed ...
const MORE_PERCENT: u64 = 125;
/// ... and gives it back so long after the last deadline.
const LATE: TimeDelta = TimeDelta::minutes(30);

/// The cost of `steps` in `span`, which come from `blocks`.
pub(super) fn cost(
    steps: &[Step],
    blocks: &[Block<'_>],
    settings: &Settings,
    cap: &Cap<'_>,
    span: Span,
) -> Cost {
    let phase = |at| bounds(settings, cap, at).0;
    let floor = |at| {
        let after = steps.partition_point(|step| step.at <= at);
        steps.get(after.saturating_sub(1)).map_or(Nodes::ZERO, |step| step.floor)
    };
    let above = |at| floor(at).minus(phase(at));
    let begins = |block: &Block<'_>| block.span(settings).start();
    let leads = |at| blocks.iter().any(|block| begins(block) <= at && at < block.starts_at);
    let careful = |at| engineered(blocks, cap, at).max(phase(at));
    let edges = blocks.iter().flat_map(|block| {
        let Block { raise_at, starts_at, release_at, last_deadline, .. } = block;
        let early = [begins(block), *starts_at - EARLY];
        early.into_iter().chain([*raise_at, *starts_at, *release_at, *last_deadline + LATE])
    });
    let mut moments = settings.calendar.changes(span);
    moments.extend(settings.database.cluster.iter().flat_map(Cluster::changes));
    moments.extend(edges.chain(steps.iter().map(|step| step.at)));
    moments.retain(|&at| span.start() < at && at < span.end());
    moments.insert(span.start());
    let sum = |count: &dyn Fn(DateTime<Utc>) -> Nodes| {
        let ends = moments.iter().skip(1).copied().chain([span.end()]);
        let stretches = moments.iter().zip(ends);
        stretches.map(|(&at, end)| f64::from(count(at).get()) * hours(end - at)).sum::<f64>()
    };
    let peak = steps.iter().map(|step| step.floor).max().unwrap_or_default();
    Cost {
        node_hours: sum(&floor),
        exam_node_hours: sum(&above),
        lead_node_hours: sum(&|at| if leads(at) { above(at) } else { Nodes::ZERO }),
        static_peak_node_hours: f64::from(peak.get()) * hours(span.duration()),
        careful_engineer_node_hours: sum(&careful),
        price: settings.node_hour_price,
    }
}

/// What a careful engineer keeps for exams at a moment.
fn engineered(blocks: &[Block<'_>], cap: &Cap<'_>, at: DateTime<Utc>) -> Nodes {
    let kept = blocks
        .iter()
        .filter(|block| block.starts_at - EARLY <= at && at < block.last_deadline + LATE);
    let wanted = kept.map(|block| {
        let nodes = u64::from(block.need.nodes.get()) * MORE_PERCENT;
        Nodes::new(u32::try_from(nodes.div_ceil(100)).unwrap_or(u32::MAX))
    });
    cap.apply_at(wanted.max().unwrap_or_default(), at)
}

fn hours(length: TimeDelta) -> f64 {
    length.as_seconds_f64() / 3600.0
}

#[cfg(test)]
mod tests {
    use crate::domain::Nodes;
    use crate::planner::fixture::{at, fleet, settings, sitting, span};
    use crate::planner::plan;

    #[test]
    fn node_hours_have_their_causes_and_their_rivals() {
        let exam = sitting("a", 540, 120, 4000);
        let plan = plan(&fleet(), std::slice::from_ref(&exam), &settings(), span());
        let window = &plan.windows[0];
        let above = f64::from(window.nodes.minus(Nodes::new(2)).get());
        let hours = |minutes: i64| (at(minutes) - at(0)).as_seconds_f64() / 3600.0;
        let lead = (window.starts_at - window.raise_at).as_seconds_f64() / 3600.0;
        let near = |found: f64, expected: f64| {
            assert!((found - expected).abs() < 1e-6, "{found} {expected}")
        };
        near(plan.cost.lead_node_hours, above * lead);
        near(plan.cost.exam_node_hours, above * (lead + hours(120 + 15)));
        near(plan.cost.node_hours, 4.0 * 24.0 * 2.0 + plan.cost.exam_node_hours);
        near(plan.cost.static_peak_node_hours, f64::from(window.nodes.get()) * 96.0);
        // A quarter more than the need, for 45 + 120 + 30 minutes.
        let need = f64::from(window.nodes.minus(settings().lead.spares).get());
        let careful = (need * 1.25).ceil() - 2.0;
        near(plan.cost.careful_engineer_node_hours, 4.0 * 24.0 * 2.0 + careful * hours(195));
        assert!(plan.cost.node_hours < plan.cost.careful_engineer_node_hours);
    }
}
