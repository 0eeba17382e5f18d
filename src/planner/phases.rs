//! What is worth saying of the academic calendar that a plan goes by.

use super::Settings;
use super::staffing::servers;
use crate::domain::{Dates, Finding, Nodes, Phase, Severity, Span, counted};

/// Outside of exams a page may wait for a moment: so large a share of them, at the busiest time.
const MAY_WAIT: f64 = 0.1;

/// All of it, for a plan of `span`.
pub(super) fn findings(settings: &Settings, span: Span) -> Vec<Finding> {
    let mut findings = settings.calendar.doubts.clone();
    findings.extend(over(settings, span));
    findings.extend(low_floors(settings));
    findings
}

/// A calendar of which every date has passed: a new academic year has begun, and nobody has put its dates there.
fn over(settings: &Settings, span: Span) -> Option<Finding> {
    let dated = settings.calendar.phases.iter().filter_map(|phase| match &phase.dates {
        Dates::Within(spans) => spans.iter().map(|span| span.end()).max(),
        Dates::Otherwise | Dates::Unknown => None,
    });
    let last = dated.max().filter(|last| *last <= span.start())?;
    Some(Finding::new(
        Severity::Warning,
        "calendar_over",
        format!("the last date of the academic calendar was {}", settings.calendar.minute(last)),
        "Put this year's dates into the phases, or this year's file of term dates in its place.",
    ))
}

/// What is worth saying of phases whose floor does not carry what they bring at their busiest: target tracking then adds web
/// servers, but only minutes after they are needed.
fn low_floors(settings: &Settings) -> Vec<Finding> {
    let Settings { calendar, demand, node, .. } = settings;
    let each = f64::from(node.vcpu) * node.usable.fraction();
    // The busiest time of a phase is none of its quiet hours.
    let whole = calendar.phases.iter().filter(|phase| phase.hours.is_none());
    let low = whole.filter_map(|phase: &Phase| {
        let busiest = phase.background_vcpu.unwrap_or(demand.background_vcpu);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "never negative, and saturates"
        )]
        let takes = Nodes::new((servers(busiest, MAY_WAIT) / each).ceil() as u32);
        (phase.floor < takes).then(|| {
            Finding::new(
                Severity::Info,
                "phase_floor_low",
                format!(
                    "phase {} keeps at least {}; its busiest time, {busiest} vCPU, takes {takes}",
                    phase.name,
                    counted(phase.floor.to_string(), "web server")
                ),
                "Raise the floor, or accept that target tracking adds web servers some minutes late.",
            )
        })
    });
    low.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::fixture::{at, phase, settings, span};

    #[test]
    fn a_calendar_of_last_year_is_told() {
        let codes = |from, until| {
            let mut settings = settings();
            let dates = Dates::Within(vec![Span::new(at(from), at(until)).unwrap()]);
            settings.calendar.phases.push(phase("exams", dates, 4));
            let found = findings(&settings, span()).into_iter();
            found.map(|finding| finding.code.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(codes(-9000, -1440), ["calendar_over"]);
        assert_eq!(codes(-9000, -1439), [""; 0]);
        assert_eq!(findings(&settings(), span()), []);
    }
}
