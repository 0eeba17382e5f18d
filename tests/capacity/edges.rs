//! Plans where windows meet, and where the clocks or the calendar do something.

use crate::day::Day;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use invigilator::domain::{BudgetStatus, Candidates, FleetName, Nodes, Plan, Sitting, Span};
use invigilator::planner::{Settings, check, plan};
use invigilator::timetable::{self, Encoding, Limits, Rules, ZoneData, read};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment")
}

/// Sittings of London as a file has them: `start/minutes/candidates`.
fn sittings(exams: &[(&str, i64, u32)]) -> Vec<Sitting> {
    let event = |(n, (start, minutes, candidates)): (usize, &(&str, i64, u32))| {
        format!(
            "BEGIN:VEVENT\nUID:{n}\nSUMMARY:Exam {n}\nX-CANDIDATES:{candidates}\n\
             DTSTART;TZID=Europe/London:{start}\nDURATION:PT{minutes}M\nEND:VEVENT\n"
        )
    };
    let events: String = exams.iter().enumerate().map(event).collect();
    let settings = timetable::Settings {
        zone: Tz::Europe__London,
        encoding: Encoding::Utf8,
        zone_data: ZoneData::compiled(),
        horizon: Span::ALWAYS,
        default_candidates: Candidates::new(100),
        limits: Limits::UPLOAD,
        rules: Rules::built_in(),
    };
    let text = format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
    read(text.as_bytes(), &settings).expect("a calendar").sittings
}

/// Plans the days around the sittings; what is planned passes the second reader.
fn planned(sittings: &[Sitting], settings: &Settings) -> Plan {
    let from = sittings.iter().map(Sitting::opens_at).min().expect("a sitting");
    let to = sittings.iter().map(Sitting::last_deadline).max().expect("a sitting");
    let span = Span::new(from - TimeDelta::days(1), to + TimeDelta::days(1)).expect("a stretch");
    let plan = plan(&FleetName::new("moodle").expect("a name"), sittings, settings, span);
    assert_eq!(check(&plan, sittings, settings), []);
    plan
}

/// From the first raise to the last release no minute has less than any window that covers it alone would have.
fn never_below_each_alone(exams: &[(&str, i64, u32)]) {
    let settings = Day::of(1).settings;
    let all = sittings(exams);
    let together = planned(&all, &settings);
    for one in &all {
        let alone = planned(std::slice::from_ref(one), &settings);
        let window = &alone.windows[0];
        let mut minute = window.raise_at;
        while minute < window.release_at {
            let (floor, needed) = (together.floor_at(minute), alone.floor_at(minute));
            assert!(needed <= floor, "{} at {minute}: {floor}, alone {needed}", one.title);
            minute += TimeDelta::minutes(1);
        }
    }
}

#[test]
fn a_smaller_exam_that_starts_within_a_larger_one_lowers_nothing() {
    never_below_each_alone(&[("20261130T090000", 180, 4000), ("20261130T100000", 60, 200)]);
    never_below_each_alone(&[("20261130T090000", 60, 200), ("20261130T093000", 180, 4000)]);
}

#[test]
fn exams_that_share_an_instant_have_no_dip_between_them() {
    let exams = [("20261130T090000", 60, 1500), ("20261130T100000", 60, 1500)];
    never_below_each_alone(&exams);
    let plan = planned(&sittings(&exams), &Day::of(1).settings);
    assert_eq!(plan.windows.len(), 1);
    let window = &plan.windows[0];
    let inside = plan.steps.iter().filter(|step| window.covers(step.at));
    assert_eq!(inside.count(), 1, "one floor from raise to release");
}

#[test]
fn exams_across_midnight_and_the_weekend_are_covered_to_their_ends() {
    never_below_each_alone(&[("20261127T230000", 180, 900), ("20261128T233000", 120, 700)]);
    let night = sittings(&[("20261129T233000", 120, 900)]);
    let plan = planned(&night, &Day::of(1).settings);
    assert_eq!(plan.floor_at(at("2026-11-30T00:00:00Z")), plan.windows[0].nodes);
    assert_eq!(plan.floor_at(at("2026-11-30T01:30:00Z")), plan.windows[0].nodes);
}

#[test]
fn exams_over_both_changes_of_the_clocks_are_covered_in_every_reading() {
    // Half past one comes twice on 25 October 2026 and never on 28 March 2027.
    for start in ["20261025T013000", "20261025T003000", "20270328T013000", "20270328T003000"] {
        let exam = sittings(&[(start, 120, 900)]);
        let plan = planned(&exam, &Day::of(1).settings);
        let window = &plan.windows[0];
        for reading in exam[0].readings() {
            assert!(window.starts_at <= reading.start(), "{start}");
            assert!(reading.end() <= window.last_deadline, "{start}");
            assert_eq!(plan.floor_at(reading.start()), window.nodes, "{start}");
        }
    }
}

#[test]
fn a_floor_above_the_ceiling_and_a_need_above_the_budget_are_capped_and_told() {
    let mut settings = Day::of(1).settings;
    settings.hard_ceiling = Nodes::new(20);
    settings.calendar.phases[0].floor = Nodes::new(30);
    settings.database.max_connections = Some(500);
    let plan = planned(&sittings(&[("20261130T090000", 120, 4000)]), &settings);
    let codes: Vec<_> = plan.findings.iter().map(|finding| &*finding.code).collect();
    for code in ["phase_floor_capped", "beyond_database"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    assert_eq!(plan.budget.status, BudgetStatus::Over);
    assert!(plan.steps.iter().all(|step| step.floor <= step.ceiling));
}
