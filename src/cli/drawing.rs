//! A plan as a drawing: web servers over time, the exams below.

use crate::domain::{Nodes, Plan, Severity, Sitting, Span, more};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use std::fmt::Write as _;

/// The drawing's own units; whoever shows it scales it.
const WIDTH: f64 = 1200.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = WIDTH - 16.0;
const TOP: f64 = 24.0;
/// Where zero servers stands.
const BASE: f64 = 260.0;
const LANE: f64 = 20.0;
/// So many exams are drawn one below the other; the table and JSON have all.
const MOST_LANES: usize = 12;
/// A day has so many marks at most, whatever the stretch.
const MARKS: i64 = 24;

struct Scale {
    span: Span,
    most: f64,
}

impl Scale {
    fn x(&self, at: DateTime<Utc>) -> f64 {
        let at = at.clamp(self.span.start(), self.span.end());
        let part =
            (at - self.span.start()).as_seconds_f64() / self.span.duration().as_seconds_f64();
        LEFT + part * (RIGHT - LEFT)
    }

    fn y(&self, nodes: Nodes) -> f64 {
        BASE - f64::from(nodes.get()) / self.most * (BASE - TOP)
    }
}

/// A drawing that is passed round says what is critical about it, up to so many findings.
const MOST_TOLD: usize = 5;

/// The plan as SVG. Colours are told by their place as well: the area is the floor, the bars are exams.
pub(super) fn drawing(plan: &Plan, sittings: &[Sitting], zone: Tz) -> String {
    let peak = plan.steps.iter().map(|step| step.floor).max().unwrap_or_default();
    let scale = Scale { span: plan.span, most: f64::from(peak.get().max(4)) * 1.1 };
    let mut shown: Vec<&Sitting> =
        sittings.iter().filter(|one| one.span.start() < plan.span.end()).collect();
    shown.sort_by_key(|one| (one.span.start(), &one.key));
    let left = shown.len().saturating_sub(MOST_LANES);
    shown.truncate(MOST_LANES);
    let lanes = shown.iter().map(|_| LANE).sum::<f64>();
    let told: Vec<_> =
        plan.findings.iter().filter(|one| one.severity == Severity::Critical).collect();
    let told = &told[..told.len().min(MOST_TOLD)];
    let below = told.iter().map(|_| LANE).sum::<f64>() + if 0 < left { LANE } else { 0.0 };
    let height = BASE + 48.0 + lanes + below;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" role=\"img\">\n<title>Web servers planned for {}: at most {peak}</title>\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        escaped(plan.fleet.as_str())
    );
    svg.push_str(&floor(plan, &scale));
    svg.push_str(&counts(peak, &scale));
    svg.push_str(&times(&scale, zone));
    let mut y = BASE + 36.0;
    for sitting in shown {
        svg.push_str(&bar(sitting, y, &scale, zone));
        y += LANE;
    }
    if 0 < left {
        svg.push_str(&label(LEFT, y + 13.0, "start", &format!("and {}", more(left, "exam"))));
        y += LANE;
    }
    for finding in told {
        let text = format!("critical: {}", finding.message);
        svg.push_str(&label(LEFT, y + 13.0, "start", &text));
        y += LANE;
    }
    svg.push_str("</svg>\n");
    svg
}

/// The planned floor as an area.
fn floor(plan: &Plan, scale: &Scale) -> String {
    let mut path = format!("M{LEFT:.1} {BASE:.1}");
    let ends = plan.steps.iter().skip(1).map(|step| step.at).chain([plan.span.end()]);
    for (step, end) in plan.steps.iter().zip(ends) {
        let (y, from, to) = (scale.y(step.floor), scale.x(step.at), scale.x(end));
        let drawn = write!(path, " L{from:.1} {y:.1} L{to:.1} {y:.1}");
        debug_assert!(drawn.is_ok(), "a String takes whatever is written to it");
    }
    format!("<path d=\"{path} L{RIGHT:.1} {BASE:.1} Z\" fill=\"#cfe3f5\" stroke=\"#1f4e79\"/>\n")
}

/// Zero, half of the peak, and the peak.
fn counts(peak: Nodes, scale: &Scale) -> String {
    let marks = [Nodes::ZERO, Nodes::new(peak.get() / 2), peak];
    let mark = |nodes: Nodes| label(LEFT - 6.0, scale.y(nodes) + 4.0, "end", &nodes.to_string());
    marks.map(mark).concat()
}

/// Hours of a day, or days of a longer stretch, in campus time.
fn times(scale: &Scale, zone: Tz) -> String {
    let hours = scale.span.duration().num_hours().max(1);
    let (every, format) = if hours <= 48 {
        (TimeDelta::hours((hours / MARKS).max(1) * 2), "%H:%M")
    } else {
        (TimeDelta::hours((hours / 24 / MARKS + 1) * 24), "%a %-d %b")
    };
    let marks = std::iter::successors(Some(scale.span.start()), |at| at.checked_add_signed(every));
    let mark = |at: DateTime<Utc>| {
        let text = at.with_timezone(&zone).format(format).to_string();
        label(scale.x(at), BASE + 18.0, "middle", &text)
    };
    marks.take_while(|at| *at < scale.span.end()).map(mark).collect()
}

/// An exam, to its longest extra time.
fn bar(sitting: &Sitting, y: f64, scale: &Scale, zone: Tz) -> String {
    let (from, to) = (scale.x(sitting.opens_at()), scale.x(sitting.last_deadline()));
    let told = format!(
        "{} {} ({})",
        sitting.span.start().with_timezone(&zone).format("%H:%M"),
        sitting.title,
        sitting.candidates
    );
    let right = WIDTH / 2.0 < from;
    let (x, anchor) = if right { (from - 4.0, "end") } else { (to + 4.0, "start") };
    format!(
        "<rect x=\"{from:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"14\" fill=\"#1f4e79\"/>\n{}",
        (to - from).max(1.0),
        label(x, y + 12.0, anchor, &told)
    )
}

fn label(x: f64, y: f64, anchor: &str, text: &str) -> String {
    let text = escaped(text);
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"#222\">{text}</text>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
