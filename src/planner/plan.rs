//! Blocks and phases to steps with their reasons.

use super::budget::Connections;
use super::cap::{Cap, told};
use super::cost::cost;
use super::hash::hash;
use super::meeting::meetings;
use super::need::Sizing;
use super::report::report;
use super::windows::{Block, blocks};
use super::{Cluster, Settings};
use super::{phases, ramp};
use crate::domain::{
    Finding, FleetName, Nodes, PhaseAt, Plan, Severity, Sitting, SittingKey, Span, Step, Window,
    counted, grouped,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// Why there are more before a raise.
const COMING: &str = "The web servers of the next exam come up in steps.";
/// How many sittings a reason names before it counts the rest.
const NAMED: usize = 3;

/// See `planner::plan`.
pub(super) fn plan(
    fleet: &FleetName,
    sittings: &[Sitting],
    settings: &Settings,
    span: Span,
) -> Plan {
    let sizing = Sizing::new(settings);
    let cap = Cap::of(settings);
    let mut blocks = blocks(&sorted(sittings), &sizing);
    blocks.retain(|block| block.raise_at < span.end() && span.start() < block.release_at);
    let windows: Vec<Window> = blocks.iter().map(|block| window(block, settings, &cap)).collect();
    let steps = steps(&blocks, &windows, settings, &cap, span);
    let need_peak = blocks.iter().map(|block| block.need.nodes).max().unwrap_or_default();
    let mut findings = cap.of_settings(span);
    findings.extend(phases::findings(settings, span));
    for block in &blocks {
        findings.extend(cap.findings(block));
        findings.extend(long_lead(block, settings));
        findings.extend(meetings(block, settings));
    }
    Plan {
        fleet: fleet.clone(),
        generation: 0,
        hash: hash(&steps, &windows, settings),
        span,
        budget: Connections::of(settings).budget(&steps, need_peak, span),
        cost: cost(&steps, &blocks, settings, &cap, span),
        report: report(sittings, &blocks, settings, span, &findings),
        steps,
        windows,
        findings,
    }
}

/// By opening, then by everything else, so that no order of a file can show in a plan.
fn sorted(sittings: &[Sitting]) -> Vec<&Sitting> {
    let mut sorted: Vec<_> = sittings.iter().collect();
    sorted.sort_by(|a, b| {
        let order =
            |sitting: &Sitting| (sitting.opens_at(), sitting.span.start(), sitting.span.end());
        (order(a), &a.key, a.candidates, &a.title)
            .cmp(&(order(b), &b.key, b.candidates, &b.title))
            .then_with(|| a.last_deadline().cmp(&b.last_deadline()))
    });
    sorted
}

fn window(block: &Block<'_>, settings: &Settings, cap: &Cap<'_>) -> Window {
    let keys: BTreeSet<SittingKey> =
        block.sittings.iter().map(|sitting| sitting.key.clone()).collect();
    let hard_end = block.last_deadline + settings.times.hard_end;
    Window {
        sittings: keys.into_iter().collect(),
        raise_at: block.raise_at,
        ready_at: block.starts_at - settings.lead.ready_by,
        starts_at: block.starts_at,
        last_deadline: block.last_deadline,
        release_at: block.release_at,
        hard_end,
        hard_stop: hard_end + settings.times.hard_stop,
        nodes: cap.apply(block.wanted(settings.lead.spares), block.span(settings)),
        vcpu: block.need.vcpu,
    }
}

/// The bounds of a phase under the cap; nothing at all where no phase holds.
pub(super) fn bounds(settings: &Settings, cap: &Cap<'_>, at: DateTime<Utc>) -> (Nodes, Nodes) {
    settings.calendar.at(at).map_or((Nodes::ZERO, Nodes::ZERO), |held| {
        let apply = |nodes| cap.apply_at(nodes, at);
        (apply(held.floor), apply(held.ceiling.max(held.floor)))
    })
}

fn steps(
    blocks: &[Block<'_>],
    windows: &[Window],
    settings: &Settings,
    cap: &Cap<'_>,
    span: Span,
) -> Vec<Step> {
    let end = windows.iter().map(|window| window.release_at).fold(span.end(), DateTime::max);
    let whole = Span::new(span.start(), end).unwrap_or(span);
    let mut moments = settings.calendar.changes(whole);
    moments.extend(settings.database.cluster.iter().flat_map(Cluster::changes));
    moments.extend(windows.iter().flat_map(|window| [window.raise_at, window.release_at]));
    let ramps = ramp::floors(windows, settings, cap);
    moments.extend(ramps.iter().map(|(from, ..)| *from));
    moments.retain(|&at| span.start() < at && at <= end);
    moments.insert(span.start());
    let mut steps: Vec<Step> = Vec::new();
    for at in moments {
        let (floor, ceiling) = bounds(settings, cap, at);
        let raised = windows.partition_point(|window| window.raise_at <= at);
        let covering = blocks[..raised].iter().zip(&windows[..raised]).next_back();
        let covering = covering.filter(|(_, window)| window.covers(at));
        let coming = ramps.iter().filter(|(from, until, _)| *from <= at && at < *until);
        let coming = coming.map(|(.., nodes)| *nodes).max().unwrap_or_default();
        let exam = covering.map_or(Nodes::ZERO, |(_, window)| window.nodes).max(coming);
        let phase = settings.calendar.at(at).filter(|_| exam <= floor);
        let mut reasons: Vec<String> = phase.map(phase_reason).into_iter().collect();
        reasons.extend((floor < coming && coming == exam).then(|| COMING.to_owned()));
        reasons.extend(covering.into_iter().flat_map(|(block, _)| block_reasons(block, settings)));
        let floor = floor.max(exam);
        let step = Step { at, floor, ceiling: ceiling.max(floor), reasons };
        let changes = steps.last().is_none_or(|last| {
            (last.floor, last.ceiling, &last.reasons) != (step.floor, step.ceiling, &step.reasons)
        });
        if changes {
            steps.push(step);
        }
    }
    steps
}

fn phase_reason(held: PhaseAt<'_>) -> String {
    let servers = counted(held.floor.to_string(), "web server");
    if held.phase.floor < held.floor {
        format!("Phase {} holds, and others do or may: at least {servers}.", held.phase.name)
    } else {
        format!("Phase {} keeps at least {servers}.", held.phase.name)
    }
}

/// Who comes when, and what that asks for.
fn block_reasons(block: &Block<'_>, settings: &Settings) -> Vec<String> {
    let mut largest_first = block.sittings.clone();
    largest_first.sort_by(|a, b| {
        b.candidates
            .cmp(&a.candidates)
            .then_with(|| (a.span.start(), &a.key).cmp(&(b.span.start(), &b.key)))
    });
    let mut reasons: Vec<String> = largest_first
        .iter()
        .take(NAMED)
        .map(|sitting| {
            let count = sitting.candidates.get();
            let candidates = counted(grouped(u64::from(count)), "candidate");
            let start = if count == 1 { "starts" } else { "start" };
            format!("{candidates} {start} {}.", sitting.title)
        })
        .collect();
    match largest_first.len().saturating_sub(NAMED) {
        0 => {}
        1 => reasons.push("1 more sitting shares the window.".into()),
        more => reasons.push(format!("{more} more sittings share the window.")),
    }
    let (need, spares) = (block.need, settings.lead.spares);
    reasons.push(format!(
        "Start asks for {:.1} vCPU, the time between for {:.1}, submission for {:.1}: {} web servers, {} \
         with one zone lost, and {spares} spare.",
        need.vcpu.start, need.vcpu.plateau, need.vcpu.submit, need.carrying, need.nodes
    ));
    reasons
}

fn long_lead(block: &Block<'_>, settings: &Settings) -> Option<Finding> {
    let total = settings.lead.ready_by + block.lead;
    (settings.lead.warn_above < total).then(|| {
        Finding::new(
            Severity::Warning,
            "long_lead",
            format!(
                "{} need a lead of {} min, above {} min; the longer lead is used",
                told(block),
                total.num_minutes(),
                settings.lead.warn_above.num_minutes()
            ),
            "Make booting faster (a prepared image, a warm pool), or add a spare.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{BudgetStatus, Candidates, Dates, Factor, Share, worst};
    use crate::planner::fixture::{at, fleet, phase, settings, sitting, sittings, span};
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn planned(sittings: &[Sitting]) -> Plan {
        plan(&fleet(), sittings, &settings(), span())
    }

    #[test]
    fn without_sittings_the_phase_stands_alone() {
        let plan = planned(&[]);
        assert_eq!(plan.steps.len(), 1);
        let step = &plan.steps[0];
        assert_eq!((step.at, step.floor), (span().start(), Nodes::new(2)));
        // The database carries 35; the phase would allow 40.
        assert_eq!(step.ceiling, Nodes::new(35));
        assert_eq!(worst(&plan.findings), Some(Severity::Info));
        assert_eq!(plan.cost.exam_node_hours, 0.0);
    }

    #[test]
    fn the_morning_of_4000_is_ready_before_nine_and_fits_the_database() {
        let plan = planned(&[sitting("LAWS1001", 540, 120, 4000)]);
        let window = &plan.windows[0];
        assert!(window.raise_at <= at(510) && window.ready_at == at(525));
        assert_eq!((window.last_deadline, window.release_at), (at(660), at(675)));
        assert_eq!((window.hard_end, window.hard_stop), (at(780), at(1020)));
        assert_eq!(plan.floor_at(window.raise_at), window.nodes);
        assert_eq!(plan.floor_at(at(675)), Nodes::new(2));
        assert!(Nodes::new(15) < window.nodes && window.nodes < Nodes::new(35), "{}", window.nodes);
        let reasons = &plan.step_at(at(540)).unwrap().reasons;
        // What the window asks for decides, so the phase is no reason.
        assert_eq!(reasons[0], "4,000 candidates start LAWS1001.");
        assert!(reasons[1].starts_with("Start asks for"), "{}", reasons[1]);
        assert_ne!(plan.budget.status, BudgetStatus::Over);
    }

    #[test]
    fn a_need_beyond_the_database_is_capped_and_told() {
        let plan = planned(&[sitting("LAWS1001", 540, 120, 18_000)]);
        assert_eq!(plan.windows[0].nodes, Nodes::new(35));
        let codes: Vec<_> = plan.findings.iter().map(|finding| &*finding.code).collect();
        assert!(codes.contains(&"beyond_database") && codes.contains(&"beyond_hard_ceiling"));
        assert_eq!(worst(&plan.findings), Some(Severity::Critical));
        assert_eq!(plan.budget.status, BudgetStatus::Over);
        assert_eq!(plan.findings.last().unwrap().uid.as_deref(), Some("LAWS1001"));
    }

    #[test]
    fn what_no_number_of_workers_mends_is_not_proposed() {
        let plan = planned(&[sitting("typo", 540, 120, u32::MAX)]);
        let beyond = plan.findings.iter().find(|found| found.code == "beyond_database").unwrap();
        assert!(beyond.fix.starts_with("Use an instance class"), "{}", beyond.fix);
    }

    #[test]
    fn one_zone_is_a_critical_finding() {
        let mut settings = settings();
        settings.zones.count = 1;
        let plan = plan(&fleet(), &[], &settings, span());
        assert!(plan.findings.iter().any(|finding| finding.code == "single_zone"));
    }

    #[test]
    fn a_number_of_candidates_that_cannot_be_is_capped_like_any_other() {
        let plan = planned(&[sitting("typo", 540, 120, u32::MAX)]);
        assert_eq!(plan.windows[0].nodes, Nodes::new(35));
        assert_eq!(worst(&plan.findings), Some(Severity::Critical));
    }

    #[test]
    fn a_slow_boot_has_a_longer_lead_and_says_so() {
        let mut slow = settings();
        slow.lead.boot.median = TimeDelta::minutes(10);
        let exam = [sitting("a", 540, 60, 500)];
        let (usual, slow) = (planned(&exam), plan(&fleet(), &exam, &slow, span()));
        assert!(slow.windows[0].raise_at < usual.windows[0].raise_at);
        assert!(slow.findings.iter().any(|finding| finding.code == "long_lead"));
    }

    #[test]
    fn a_phase_above_the_window_stays_a_reason() {
        let plan = planned(&[sitting("a", 540, 60, 1)]);
        let mut settings = settings();
        settings.calendar.phases[0].floor = plan.windows[0].nodes;
        let plan = super::plan(&fleet(), &[sitting("a", 540, 60, 1)], &settings, span());
        let reasons = &plan.step_at(at(540)).unwrap().reasons;
        assert!(reasons[0].starts_with("Phase teaching keeps at least"), "{reasons:?}");
        assert_eq!(reasons[1], "1 candidate starts a.");
    }

    #[test]
    fn sittings_beyond_the_named_ones_are_counted() {
        let told = |count: i64| {
            let some: Vec<_> =
                (0..count).map(|n| sitting(&format!("exam-{n}"), 540 + n, 60, 10)).collect();
            planned(&some).step_at(at(540)).unwrap().reasons[3].clone()
        };
        assert_eq!(told(4), "1 more sitting shares the window.");
        assert_eq!(told(5), "2 more sittings share the window.");
    }

    /// What a file may hold at most, at one time: planned and checked in one go, or this test is never done.
    #[test]
    fn ten_thousand_sittings_at_the_same_time_are_planned() {
        let some: Vec<_> =
            (0..10_000).map(|n| sitting(&format!("exam-{n}"), 540, 60 + n % 180, 3)).collect();
        let plan = planned(&some);
        assert_eq!((plan.windows.len(), plan.windows[0].sittings.len()), (1, 10_000));
        assert_eq!(crate::planner::check(&plan, &some, &settings()), []);
    }

    #[test]
    fn a_sitting_outside_the_stretch_leaves_no_trace() {
        let far = sitting("far", 10 * 1440, 60, 4000);
        let with = planned(&[far]);
        assert_eq!(with.report.left_out.len(), 1);
        assert_eq!(Plan { report: planned(&[]).report, ..with }, planned(&[]));
    }

    #[test]
    fn phases_change_at_their_own_moments() {
        let mut settings = settings();
        let dates = Dates::Within(vec![Span::new(at(0), at(1440)).unwrap()]);
        settings.calendar.phases.push(phase("enrolment", dates, 6));
        let plan = plan(&fleet(), &[], &settings, span());
        let floors: Vec<_> = plan.steps.iter().map(|step| (step.at, step.floor.get())).collect();
        assert_eq!(floors, [(at(-1440), 2), (at(0), 6), (at(1440), 2)]);
    }

    #[test]
    fn a_phase_that_brings_more_is_planned_for_and_its_low_floor_is_told() {
        let exam = [sitting("a", 540, 60, 1000)];
        let usual = planned(&exam);
        let mut settings = settings();
        let dates = |from, until| Dates::Within(vec![Span::new(at(from), at(until)).unwrap()]);
        let mut busy = phase("enrolment", dates(590, 1440), 2);
        busy.background_vcpu = Some(60.0);
        settings.calendar.phases.push(busy);
        let told = |plan: &Plan| {
            let low = plan.findings.iter().find(|finding| finding.code == "phase_floor_low");
            low.map(|finding| finding.message.clone())
        };
        let plan = plan(&fleet(), &exam, &settings, span());
        assert!(usual.windows[0].nodes < plan.windows[0].nodes, "it begins before the exam ends");
        // 60 + 1.42 · 7.75 = 71 vCPU, 6.4 each.
        let low =
            "phase enrolment keeps at least 2 web servers; its busiest time, 60 vCPU, takes 12";
        assert_eq!((told(&usual), told(&plan).as_deref()), (None, Some(low)));
        settings.calendar.phases[1].dates = dates(700, 1440);
        let after = super::plan(&fleet(), &exam, &settings, span());
        assert_eq!(usual.windows[0].nodes, after.windows[0].nodes);
    }

    /// One change that brings more demand.
    fn grown(mut sittings: Vec<Sitting>, which: usize, how: u8) -> Vec<Sitting> {
        let count = sittings.len().max(1);
        if how == 4 {
            sittings.push(sitting("one more", 600, 120, 900));
            return sittings;
        }
        if let Some(one) = sittings.get_mut(which % count) {
            match how % 4 {
                0 => one.candidates = Candidates::new(one.candidates.get() + 700),
                1 => {
                    let later = one.span.end() + TimeDelta::minutes(47);
                    one.span = Span::new(one.span.start(), later).unwrap();
                }
                2 => {
                    let factor = one.extra_time[0].factor.get() + 0.4;
                    one.extra_time[0].factor = Factor::new(factor).unwrap();
                }
                _ => {
                    let share = (one.extra_time[0].share.fraction() + 0.3).min(1.0);
                    one.extra_time[0].share = Share::new(share).unwrap();
                }
            }
        }
        sittings
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// V7.
        #[test]
        fn more_demand_never_gives_a_smaller_floor(before in sittings(8), which in 0..8_usize, how in 0..5_u8) {
            let after = planned(&grown(before.clone(), which, how));
            let before = planned(&before);
            let moments = before.steps.iter().chain(&after.steps).map(|step| step.at);
            for moment in moments {
                prop_assert!(before.floor_at(moment) <= after.floor_at(moment), "{moment}");
            }
        }

        /// V8, and V5 for planning.
        #[test]
        fn the_order_of_sittings_does_not_show(mut some in sittings(8)) {
            let plan = planned(&some);
            some.reverse();
            prop_assert_eq!(plan, planned(&some));
        }

        /// Who sits what does not matter, only how many start and close when.
        #[test]
        fn parts_of_a_cohort_need_what_the_whole_needs(some in sittings(5), parts in 2..5_u32) {
            let part = |whole: &Sitting, n: u32| {
                let key = SittingKey { uid: format!("{}/{n}", whole.key.uid), ..whole.key.clone() };
                let all = whole.candidates.get();
                let candidates = Candidates::new(all / parts + u32::from(n < all % parts));
                Sitting { key, candidates, ..whole.clone() }
            };
            let split: Vec<_> =
                some.iter().flat_map(|whole| (0..parts).map(|n| part(whole, n))).collect();
            let floors = |plan: Plan| {
                let windows = plan.windows.into_iter();
                windows.map(|window| (window.raise_at, window.release_at, window.nodes)).collect::<Vec<_>>()
            };
            prop_assert_eq!(floors(planned(&some)), floors(planned(&split)));
        }

        #[test]
        fn blocks_never_touch_and_hold_every_sitting(some in sittings(8)) {
            let plan = planned(&some);
            for pair in plan.windows.windows(2) {
                prop_assert!(pair[0].release_at < pair[1].raise_at);
            }
            for sitting in &some {
                let holding = plan.windows.iter().filter(|window| window.sittings.contains(&sitting.key));
                prop_assert_eq!(holding.count(), 1);
            }
        }
    }
}
