//! What a plan takes for granted, what it leaves out, and where it gives less than was asked for.

use super::windows::Block;
use super::{AttemptsEnd, Boot, Demand, PressShape, Settings};
use crate::domain::{Dates, Finding, Phase, Report, Sitting, Span, counted, grouped};

/// The report of a plan for `span` that was made of `sittings` as `blocks`, with these findings.
pub(super) fn report(
    sittings: &[Sitting],
    blocks: &[Block<'_>],
    settings: &Settings,
    span: Span,
    findings: &[Finding],
) -> Report {
    let inside: usize = blocks.iter().map(|block| block.sittings.len()).sum();
    Report {
        assumed: assumed(settings),
        left_out: left_out(sittings.len() - inside, sittings.len(), span, settings)
            .into_iter()
            .collect(),
        capped: capped(findings).map(|finding| format!("{}.", finding.message)).collect(),
    }
}

/// Findings that say where a bound binds.
fn capped(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    let binds = |code: &str| code.starts_with("beyond_") || code.ends_with("_capped");
    findings.iter().filter(move |finding| binds(&finding.code))
}

/// What was not measured, or holds only if the site does as it says.
fn assumed(settings: &Settings) -> Vec<String> {
    let Settings { calendar, zones, demand, lead, database, .. } = settings;
    let seconds = |length: chrono::TimeDelta| length.num_seconds();
    let mut told = vec![presses(demand)];
    if 0.0 < demand.late.fraction() {
        told.push(format!(
            "{:.1} % of the candidates press later, within {} s more.",
            demand.late.fraction() * 100.0,
            seconds(demand.late_window)
        ));
    }
    told.push(format!(
        "{:.0} % of the candidates come. A start takes {} CPU-seconds, a page {}, a submission {}: as configured, not measured here.",
        demand.attendance.fraction() * 100.0,
        demand.start_cpu,
        demand.page_cpu,
        demand.submit_cpu
    ));
    told.push(match demand.attempts_end {
        AttemptsEnd::AtClose => "Attempts end together when their quiz closes.".into(),
        AttemptsEnd::AtOwnLimit => "Each attempt ends so long after its own start.".into(),
        AttemptsEnd::Either => {
            "Nobody says how attempts end: planned for whichever asks for more.".into()
        }
    });
    told.push(match lead.boot.seen {
        0 => format!(
            "A web server takes {} s to boot, half of the time, and rarely much longer: none was timed.",
            seconds(lead.boot.fixed + lead.boot.median)
        ),
        seen if seen < Boot::ENOUGH => format!(
            "A web server takes {} s to boot, half of the time: so few as {} make that longer, never shorter.",
            seconds(lead.boot.fixed + lead.boot.median),
            counted(grouped(u64::from(seen)), "timed boot")
        ),
        seen => format!(
            "Booting takes as long as {} did, and what is rarer than those is extrapolated.",
            counted(grouped(u64::from(seen)), "timed boot")
        ),
    });
    if !zones.survive_loss || zones.count < 2 {
        told.push("No availability zone is lost during an exam.".into());
    }
    if database.max_connections.is_none() {
        told.push("The database carries whatever is asked: its limit is not known.".into());
    }
    let uncounted = database.cluster.as_ref().filter(|cluster| cluster.others.is_none());
    told.extend(uncounted.map(|cluster| {
        format!(
            "Other fleets on the cluster {} ask for nothing: they are not counted here.",
            cluster.name
        )
    }));
    if database.overlap.fraction() <= 0.0 {
        told.push("No web server is replaced while another still runs in its place.".into());
    }
    let undated = calendar.phases.iter().filter(|phase| phase.dates == Dates::Unknown);
    told.extend(undated.filter(|phase| phase.hours.is_none()).map(|phase: &Phase| {
        format!("Phase {}, whose dates nobody knows, may hold at any time.", phase.name)
    }));
    told
}

fn presses(demand: &Demand) -> String {
    let window = demand.press_window.num_seconds();
    match demand.press {
        PressShape::FrontLoaded => format!(
            "Half of the candidates press start within {} s of the opening, all within {window} s: not measured here.",
            window / 4
        ),
        PressShape::Uniform => format!("Candidates press start evenly over {window} s."),
        PressShape::Measured(_) => {
            format!("Candidates press start within {window} s, spread as past exams had it.")
        }
    }
}

fn left_out(outside: usize, all: usize, span: Span, settings: &Settings) -> Option<String> {
    (0 < outside).then(|| {
        format!(
            "{outside} of {} lie outside of {} to {}.",
            counted(all.to_string(), "sitting"),
            settings.calendar.minute(span.start()),
            settings.calendar.minute(span.end())
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::domain::Dates;
    use crate::planner::fixture::{fleet, phase, settings, sitting, span};
    use crate::planner::plan;

    #[test]
    fn what_is_assumed_left_out_and_capped_is_told() {
        let some = [
            sitting("many", 540, 120, 14_000),
            sitting("few", 2000, 60, 10),
            sitting("far", 20 * 1440, 60, 10),
        ];
        let mut settings = settings();
        settings.calendar.phases.push(phase("enrolment", Dates::Unknown, 2));
        settings.zones.count = 1;
        let report = plan(&fleet(), &some, &settings, span()).report;
        for part in
            ["Half of the candidates", "none was timed", "No availability zone", "Phase enrolment"]
        {
            let told = report.assumed.iter().any(|told| told.contains(part));
            assert!(told, "{part} is missing: {:#?}", report.assumed);
        }
        assert_eq!(
            report.left_out,
            [
                "1 of 3 sittings lie outside of Thu 2027-01-14 00:00 UTC to Mon 2027-01-18 00:00 UTC."
            ]
        );
        assert_eq!(report.capped.len(), 3, "{:#?}", report.capped);
        let many = report.capped.iter().any(|told| told.starts_with("14,000 candidates of many"));
        assert!(many, "{:#?}", report.capped);
    }
}
