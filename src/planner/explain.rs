//! Why a plan keeps so many web servers at a moment, in sentences with the numbers of the formulas.

use super::Settings;
use super::budget::Connections;
use super::lead::lead;
use super::need::Sizing;
use crate::domain::{Nodes, PhaseAt, Plan, Sitting, Span, Window, counted, grouped};
use chrono::{DateTime, TimeDelta, Utc};

/// See `planner::explain`.
pub(super) fn explain(
    plan: &Plan,
    sittings: &[Sitting],
    settings: &Settings,
    at: DateTime<Utc>,
) -> Vec<String> {
    let Some(step) = plan.step_at(at) else { return vec!["The plan has no steps.".into()] };
    let servers = |nodes: Nodes| counted(grouped(u64::from(nodes.get())), "web server");
    let mut told = vec![format!(
        "At {} at least {} and at most {} are planned.",
        settings.calendar.minute(at),
        servers(step.floor),
        step.ceiling
    )];
    if let Some(PhaseAt { phase, floor, ceiling, tracking }) = settings.calendar.at(at) {
        told.push(format!(
            "Outside of exams, phase {} keeps between {} and {}, with a {}.",
            phase.name, phase.floor, phase.ceiling, tracking
        ));
        if phase.floor < floor || phase.ceiling < ceiling {
            told.push(format!(
                "Others hold as well, or may: for them it is between {floor} and {ceiling}."
            ));
        }
    }
    let coming = plan.windows.iter().find(|window| at < window.raise_at);
    let more = settings.calendar.at(at).is_some_and(|held| held.floor < step.floor);
    match plan.window_at(at).or(coming.filter(|_| more)) {
        Some(window) => told.extend(of_window(window, sittings, settings, at)),
        None => told.push(match coming {
            Some(next) => format!(
                "No exam asks for more now; the next raise is at {}, to {}.",
                settings.calendar.minute(next.raise_at),
                servers(next.nodes)
            ),
            None => "No exam asks for more, now or later in this plan.".into(),
        }),
    }
    told.extend(connections(step.floor, settings, plan.span));
    told
}

/// What a window asks for and when.
fn of_window(
    window: &Window,
    sittings: &[Sitting],
    settings: &Settings,
    at: DateTime<Utc>,
) -> Vec<String> {
    let mut told = Vec::new();
    let inside = sittings.iter().filter(|sitting| window.sittings.contains(&sitting.key));
    for sitting in inside {
        let until = settings.calendar.minute(sitting.last_deadline());
        told.push(format!(
            "{} of {} start at {}; the longest extra time ends at {until}.",
            counted(grouped(u64::from(sitting.candidates.get())), "candidate"),
            sitting.title,
            settings.calendar.minute(sitting.span.start())
        ));
    }
    told.extend(sizing(window, settings));
    told.extend(timing(window, settings));
    let part = if at < window.raise_at {
        "Servers come up in steps before that."
    } else if at < window.ready_at {
        "Servers are booting now."
    } else if at < window.starts_at {
        "Everything must be in service now, before the first start."
    } else if at < window.last_deadline {
        "An exam is running: nothing is taken away."
    } else {
        "The last deadline has passed; nothing is taken away before the release."
    };
    told.push(part.into());
    told
}

/// From work to web servers.
fn sizing(window: &Window, settings: &Settings) -> Vec<String> {
    let Settings { demand, allowed, node, zones, lead, .. } = settings;
    let share = |share: crate::domain::Share| share.fraction() * 100.0;
    let peak = window.vcpu.peak();
    let each = f64::from(node.vcpu) * node.usable.fraction();
    let carrying = counted(format!("{:.0}", (peak / each).ceil()), "web server");
    let mut told = vec![
        format!(
            "The start asks for {:.1} vCPU: {} CPU-seconds a start, so that at most {:.2} % wait longer than {} s.",
            window.vcpu.start,
            demand.start_cpu,
            share(allowed.violation),
            allowed.at_start.num_seconds()
        ),
        format!(
            "The time between asks for {:.1} vCPU: a page each {} s of {} CPU-seconds, below {:.0} % of the CPU.",
            window.vcpu.plateau,
            demand.page_period.num_seconds(),
            demand.page_cpu,
            share(allowed.plateau_use)
        ),
        format!(
            "Submission asks for {:.1} vCPU: {:.0} % submit within {} s, {} CPU-seconds each, and none of them waits longer \
             than {} s, but for the same share.",
            window.vcpu.submit,
            share(demand.submit_share),
            demand.submit_window.num_seconds(),
            demand.submit_cpu,
            allowed.at_submit.num_seconds()
        ),
        format!(
            "The greatest, {peak:.1} vCPU, takes {carrying} of {} vCPU, of which PHP gets {:.0} %.",
            node.vcpu,
            share(node.usable)
        ),
    ];
    if zones.survive_loss && 1 < zones.count {
        told.push(format!(
            "With one of {} zones lost as many must be left: {}/{} times that.",
            zones.count,
            zones.count,
            zones.count - 1
        ));
    }
    let wanted = wanted(window, settings);
    told.push(format!("With {} spare it is {wanted}.", lead.spares));
    if window.nodes < wanted {
        told.push(format!(
            "The database or the hard ceiling admits no more than {}, so {} are planned.",
            window.nodes, window.nodes
        ));
    }
    told
}

/// What a window asks for, before any cap.
fn wanted(window: &Window, settings: &Settings) -> Nodes {
    let sizing = Sizing::new(settings);
    sizing.nodes(window.vcpu.peak()).plus(settings.lead.spares)
}

/// From the start back to the raise, and on to the release.
fn timing(window: &Window, settings: &Settings) -> Vec<String> {
    let minutes = |length: TimeDelta| length.num_minutes();
    let Settings { lead: early, times, .. } = settings;
    let need = wanted(window, settings).minus(early.spares).min(settings.hard_ceiling);
    let boots = match early.boot.seen {
        0 => "boots as they are assumed".to_owned(),
        seen => counted(grouped(u64::from(seen)), "boot"),
    };
    vec![
        format!(
            "Servers must be ready at {}, {} min before the start; booting takes {} min but for a chance of {:.0e} \
             (extrapolated from {boots}), an action that fires late included, and the raise is never later than {} min \
             before: it is at {}.",
            settings.calendar.minute(window.ready_at),
            minutes(early.ready_by),
            minutes(lead(early, need)),
            early.shortage,
            minutes(early.at_least),
            settings.calendar.minute(window.raise_at)
        ),
        format!(
            "The release is at {}, {} min after the last deadline, and only once nobody is attempting any more.",
            settings.calendar.minute(window.release_at),
            minutes(times.tail)
        ),
    ]
}

/// What the database says.
fn connections(floor: Nodes, settings: &Settings, span: Span) -> Option<String> {
    let connections = Connections::of(settings);
    let (usable, fits) = (connections.usable()?, connections.nodes_that_fit(span)?);
    Some(format!(
        "So many hold up to {} of {usable} usable database connections, replacements included; {fits} would fit.",
        connections.at(floor)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::fixture::{at, fleet, settings, sitting, span};
    use crate::planner::{explain, plan};

    fn told(minute: i64) -> String {
        let exams = [sitting("LAWS1001", 540, 120, 4000)];
        let plan = plan(&fleet(), &exams, &settings(), span());
        explain(&plan, &exams, &settings(), at(minute)).join("\n")
    }

    #[test]
    fn why_this_many_at_0835_is_answered_with_the_numbers() {
        let told = told(515);
        for part in [
            "At Fri 2027-01-15 08:35 UTC at least",
            "4,000 candidates of LAWS1001 start at Fri 2027-01-15 09:00 UTC",
            "0.5 CPU-seconds a start, so that at most 0.01 % wait longer than 3 s",
            "With one of 3 zones lost",
            "Servers must be ready at Fri 2027-01-15 08:45 UTC, 15 min before the start",
            "Servers are booting now.",
            "usable database connections",
        ] {
            assert!(told.contains(part), "{part} is missing:\n{told}");
        }
    }

    #[test]
    fn a_capped_floor_tells_what_was_wanted_and_what_is_admitted() {
        let exams = [sitting("many", 540, 120, 14_000)];
        let plan = plan(&fleet(), &exams, &settings(), span());
        let told = explain(&plan, &exams, &settings(), at(515)).join("\n");
        for part in ["With 1 spare it is 58.", "admits no more than 35, so 35 are planned."] {
            assert!(told.contains(part), "{part} is missing:\n{told}");
        }
    }

    #[test]
    fn while_servers_come_up_in_steps_the_exam_they_come_for_is_told() {
        let exams = [sitting("LAWS1001", 540, 120, 4000)];
        let mut settings = settings();
        settings.lead.ramp =
            Some(crate::planner::Ramp { step: Nodes::new(3), every: TimeDelta::minutes(2) });
        let plan = plan(&fleet(), &exams, &settings, span());
        let before = plan.windows[0].raise_at - TimeDelta::minutes(3);
        let told = explain(&plan, &exams, &settings, before).join("\n");
        assert!(told.contains("4,000 candidates of LAWS1001"), "{told}");
        assert!(told.contains("Servers come up in steps before that."), "{told}");
    }

    #[test]
    fn outside_of_exams_the_next_raise_is_told() {
        let early = told(0);
        assert!(early.contains("phase teaching keeps between 2 and 40"), "{early}");
        assert!(early.contains("the next raise is at Fri 2027-01-15 08:"), "{early}");
        assert!(told(2000).contains("No exam asks for more, now or later"), "{}", told(2000));
        assert!(told(600).contains("An exam is running: nothing is taken away."));
    }
}
