//! Starts that fall into another sitting's deadline. Capacity for both kinds is there side by side, but servers
//! do not tell them apart: a start behind a pile of submissions waits longer than a start should. No number of
//! servers that a fleet would pay for mends it; five minutes in the timetable do, so the registrar is told.

use super::Settings;
use super::windows::Block;
use crate::domain::{Finding, Severity, Sitting, grouped, more};
use chrono::{DateTime, Utc};

/// One finding for each moment at which sittings of the block start and wait behind submissions of others.
pub(super) fn meetings(block: &Block<'_>, settings: &Settings) -> Vec<Finding> {
    let mut closings: Vec<_> =
        block.sittings.iter().flat_map(|sitting| closings(sitting)).collect();
    closings.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let starts = block.sittings.chunk_by(|one, next| one.span.start() == next.span.start());
    starts
        .filter_map(|together| {
            let start = together[0].span.start();
            let closing = closing_around(start, &closings, settings);
            meeting(together, closing, block, settings)
        })
        .collect()
}

/// Candidates who may be submitting when a start is pressed for.
fn closing_around(
    start: DateTime<Utc>,
    closings: &[(DateTime<Utc>, f64)],
    settings: &Settings,
) -> f64 {
    let Settings { demand, allowed, .. } = settings;
    let from = start - (demand.submit_window + allowed.at_submit);
    let until = start + demand.press_window;
    let first = closings.partition_point(|(deadline, _)| *deadline < from);
    let due = closings[first..].iter().take_while(|(deadline, _)| *deadline <= until);
    due.map(|(_, people)| people).sum::<f64>()
        * demand.attendance.fraction()
        * demand.submit_share.fraction()
}

/// `together` start at one moment.
fn meeting(
    together: &[&Sitting],
    closing: f64,
    block: &Block<'_>,
    settings: &Settings,
) -> Option<Finding> {
    let Settings { demand, allowed, node, .. } = settings;
    let sitting = together.iter().max_by_key(|one| (one.candidates, &one.key))?;
    let start = sitting.span.start();
    let who = match together.len() - 1 {
        0 => format!("{} starts", sitting.title),
        others => format!("{} and {} start", sitting.title, more(others, "sitting")),
    };
    let each = f64::from(node.vcpu) * node.usable.fraction();
    let capacity = f64::from(block.need.carrying.get()) * each;
    let wait = closing * demand.submit_cpu / capacity - demand.submit_window.as_seconds_f64();
    (0.0 < closing && allowed.at_start.as_seconds_f64() < wait).then(|| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a part of the candidates of a block, never negative"
        )]
        let submissions = grouped(closing.round() as u64);
        let mut finding = Finding::new(
            Severity::Warning,
            "start_meets_deadline",
            format!(
                "{who} at {} while {submissions} submissions of other sittings are due: with a zone \
                 lost, starts may wait {wait:.0} s behind them",
                settings.calendar.minute(start)
            ),
            "Move the start five minutes away from the other sittings' deadlines.",
        );
        finding.uid = Some(sitting.key.uid.clone());
        finding.line = sitting.source_line;
        finding
    })
}

/// Each deadline of a sitting, and how many candidates have it.
fn closings(sitting: &Sitting) -> impl Iterator<Item = (DateTime<Utc>, f64)> + '_ {
    let extra: f64 = sitting.extra_time.iter().map(|extra| extra.share.fraction()).sum();
    let usual = (sitting.deadline(1.0), (1.0 - extra).max(0.0));
    let stretched = sitting
        .extra_time
        .iter()
        .map(|extra| (sitting.deadline(extra.factor.get()), extra.share.fraction()));
    let people = f64::from(sitting.candidates.get());
    std::iter::once(usual).chain(stretched).map(move |(at, share)| (at, people * share))
}

#[cfg(test)]
mod tests {
    use crate::planner::fixture::{fleet, settings, sitting, span};
    use crate::planner::plan;

    fn told(second_start: i64, second: u32) -> Vec<Option<String>> {
        let some = [sitting("first", 540, 120, 3000), sitting("second", second_start, 60, second)];
        let plan = plan(&fleet(), &some, &settings(), span());
        let meetings = plan.findings.iter().filter(|found| found.code == "start_meets_deadline");
        meetings.map(|found| found.uid.clone()).collect()
    }

    #[test]
    fn a_start_at_the_deadline_of_many_is_told() {
        assert_eq!(told(660, 300), [Some("second".to_owned())]);
    }

    #[test]
    fn five_minutes_later_there_is_nothing_to_tell() {
        assert!(told(665, 300).is_empty());
    }
}
