//! Starts that fall into another sitting's deadline. Capacity for both kinds is there side by side, but servers
//! do not tell them apart: a start behind a pile of submissions waits longer than a start should. No number of
//! servers that a fleet would pay for mends it; five minutes in the timetable do, so the registrar is told.

use super::Settings;
use super::windows::Block;
use crate::domain::{Finding, Severity, Sitting, grouped, utc_minute};
use chrono::{DateTime, Utc};

/// One finding for each sitting of the block whose start waits behind submissions of others.
pub(super) fn meetings(block: &Block<'_>, settings: &Settings) -> Vec<Finding> {
    block.sittings.iter().filter_map(|sitting| meeting(sitting, block, settings)).collect()
}

fn meeting(sitting: &Sitting, block: &Block<'_>, settings: &Settings) -> Option<Finding> {
    let Settings { demand, allowed, node, .. } = settings;
    let start = sitting.span.start();
    let from = start - (demand.submit_window + allowed.at_submit);
    let until = start + demand.press_window;
    let closing: f64 =
        block.sittings.iter().map(|other| people_closing(other, from, until)).sum::<f64>()
            * demand.attendance.fraction()
            * demand.submit_share.fraction();
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
                "{} starts at {} while {submissions} submissions of other sittings are due: with a zone \
                 lost, starts may wait {wait:.0} s behind them",
                sitting.title,
                utc_minute(start)
            ),
            "Move the start five minutes away from the other sittings' deadlines.",
        );
        finding.uid = Some(sitting.key.uid.clone());
        finding.line = sitting.source_line;
        finding
    })
}

/// How many candidates of a sitting have their deadline between `from` and `until`.
fn people_closing(sitting: &Sitting, from: DateTime<Utc>, until: DateTime<Utc>) -> f64 {
    let due = |factor: f64| (from..=until).contains(&sitting.deadline(factor));
    let extra: f64 = sitting.extra_time.iter().map(|extra| extra.share.fraction()).sum();
    let usual = if due(1.0) { (1.0 - extra).max(0.0) } else { 0.0 };
    let stretched = sitting.extra_time.iter().filter(|extra| due(extra.factor.get()));
    let share = usual + stretched.map(|extra| extra.share.fraction()).sum::<f64>();
    f64::from(sitting.candidates.get()) * share
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
