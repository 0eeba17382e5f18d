//! Everything known about one fleet, added up to one document. Unknown stays unknown.

use super::{Gap, HoldStep};
use crate::domain::{
    Attempts, ConnectionPosture, Finding, FleetPosture, Floors, Freshness, Group, Health,
    HoldPhase, HoldPosture, NextSitting, Nodes, Observation, Phase, Plan, Process, Seen, Severity,
    Sitting, State, Sync, TimetablePosture, Window,
};
use chrono::{DateTime, TimeDelta, Utc};

/// What a posture is made of.
#[derive(Debug, Clone, Copy)]
pub struct PostureInputs<'a> {
    /// The plan in force.
    pub plan: &'a Plan,
    /// The sittings it was made of, sorted by start.
    pub sittings: &'a [Sitting],
    /// The sources they come from, sorted by name.
    pub timetables: &'a [TimetablePosture],
    /// The phase in force.
    pub phase: &'a Phase,
    /// The hold after this pass.
    pub hold: &'a HoldStep,
    /// What separates what is from what should be.
    pub gap: &'a Gap,
    /// What was seen.
    pub seen: &'a Observation,
    /// How old an observation may be to be fresh.
    pub fresh_for: TimeDelta,
    /// Further findings of this pass.
    pub findings: &'a [Finding],
}

/// The posture at the moment of the observation.
pub fn posture(inputs: &PostureInputs<'_>) -> FleetPosture {
    let now = inputs.seen.taken_at;
    let group = inputs.seen.group.known();
    let floors = floors(inputs, group, now);
    let next = next_sitting(inputs, group, now);
    let state = state(inputs, &floors, group, now);
    let hold = inputs.hold.hold.as_ref();
    let mut findings = inputs.plan.findings.clone();
    findings.extend(inputs.hold.findings.iter().cloned());
    findings.extend(inputs.findings.iter().cloned());
    findings.extend(missing_nodes(state, &floors, group));
    findings.extend(unknown_parts(inputs.seen));
    findings.extend(still_suspended(hold.is_some(), group));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    let (attempts, attempts_as_of, attempts_freshness) = attempts(inputs, now);
    FleetPosture {
        fleet: inputs.plan.fleet.clone(),
        state,
        summary: summary(state, &floors, group, next.as_ref(), &under_way(inputs.sittings, now)),
        as_of: now,
        phase: inputs.phase.name.clone(),
        floor: floors,
        ceiling: inputs.plan.ceiling_at(now),
        desired: group.map(|group| group.desired),
        in_service: group.map(Group::in_service_count),
        healthy: group.map(Group::healthy_count),
        protected: group.map(Group::protected_count),
        hold: HoldPosture {
            active: hold.is_some(),
            reasons: inputs.hold.reasons.clone(),
            until: hold.map(|hold| hold.release_at),
            hard_end: hold.map(|hold| hold.hard_end),
        },
        attempts,
        attempts_as_of,
        attempts_freshness,
        connections: connections(inputs),
        next_sitting: next,
        timetables: inputs.timetables.to_vec(),
        sync: sync(inputs),
        health: health(&floors, group),
        findings,
        plan_generation: inputs.plan.generation,
        plan_hash: inputs.plan.hash.clone(),
    }
}

fn floors(inputs: &PostureInputs<'_>, group: Option<&Group>, now: DateTime<Utc>) -> Floors {
    let held = inputs.hold.hold.as_ref().filter(|hold| hold.phase == HoldPhase::On);
    let window = inputs.plan.window_at(now).filter(|window| window.ready_at <= now);
    let held = held.map_or(Nodes::ZERO, |hold| hold.floor);
    let ready = match (window, inputs.plan.window_at(now)) {
        (Some(window), _) => window.nodes.max(held),
        (None, Some(_)) => Nodes::ZERO,
        // A hold that outlives its window still needs what it holds.
        (None, None) => held,
    };
    Floors {
        planned: inputs.plan.floor_at(now).max(held),
        ready: ready.max(inputs.phase.floor),
        in_aws: group.map(|group| group.min),
    }
}

/// By precedence: unknown, behind, exam, releasing, warming, ready, quiet.
fn state(
    inputs: &PostureInputs<'_>,
    floors: &Floors,
    group: Option<&Group>,
    now: DateTime<Utc>,
) -> State {
    let Some(group) = group else { return State::Unknown };
    let window = inputs.plan.window_at(now);
    let past_ready = window.is_some_and(|window| window.ready_at <= now);
    if past_ready && group.healthy_count() < floors.ready {
        return State::Behind;
    }
    let under_way = |window: &Window| window.starts_at <= now && now < window.last_deadline;
    let hold = inputs.hold.hold.as_ref();
    let held_over = hold.is_some_and(|hold| hold.phase == HoldPhase::On) && window.is_none();
    if window.is_some_and(under_way) || held_over {
        return State::Exam;
    }
    if hold.is_some_and(|hold| hold.phase == HoldPhase::Releasing) {
        return State::Releasing;
    }
    match window {
        Some(window) if window.last_deadline <= now => State::Exam,
        Some(window) if group.healthy_count() < window.nodes => State::Warming,
        Some(_) => State::Ready,
        None => State::Quiet,
    }
}

fn next_sitting(
    inputs: &PostureInputs<'_>,
    group: Option<&Group>,
    now: DateTime<Utc>,
) -> Option<NextSitting> {
    let sitting = inputs.sittings.iter().find(|sitting| now < sitting.span.start())?;
    let window = inputs.plan.windows.iter().find(|window| window.sittings.contains(&sitting.key));
    let nodes = window.map_or(inputs.phase.floor, |window| window.nodes);
    // What runs for an exam before it is given back first.
    let raised = window.is_none_or(|window| window.raise_at <= now);
    Some(NextSitting {
        title: sitting.title.clone(),
        starts_at: sitting.span.start(),
        candidates: sitting.candidates.get(),
        nodes,
        ready: group.map(|group| raised && nodes <= group.healthy_count()),
    })
}

fn attempts(
    inputs: &PostureInputs<'_>,
    now: DateTime<Utc>,
) -> (Option<u64>, Option<DateTime<Utc>>, Freshness) {
    match inputs.seen.attempts.known() {
        None => (None, None, Freshness::Never),
        Some(Attempts { active, as_of, latest_deadline: _ }) => {
            let fresh = now - *as_of <= inputs.fresh_for;
            let freshness = if fresh { Freshness::Fresh } else { Freshness::Stale };
            (Some(*active), Some(*as_of), freshness)
        }
    }
}

fn connections(inputs: &PostureInputs<'_>) -> ConnectionPosture {
    let budget = inputs.plan.budget;
    let seen = inputs.seen.connections.known();
    ConnectionPosture {
        in_use: seen.map(|connections| connections.in_use),
        planned_peak: budget.peak_connections,
        limit: seen.and_then(|connections| connections.limit).or(budget.max_connections),
        usable: budget.usable,
        nodes_that_fit: budget.nodes_that_fit,
        status: budget.status,
    }
}

fn sync(inputs: &PostureInputs<'_>) -> Sync {
    let seen = inputs.seen;
    if seen.group.is_unknown() || seen.scheduled.is_unknown() || seen.policies.is_unknown() {
        Sync::Unknown
    } else if inputs.gap.is_empty() {
        Sync::Synced
    } else {
        Sync::OutOfSync
    }
}

fn health(floors: &Floors, group: Option<&Group>) -> Health {
    let Some(group) = group else { return Health::Unknown };
    if group.suspended.contains(&Process::Launch)
        || group.suspended.contains(&Process::ScheduledActions)
    {
        Health::Suspended
    } else if group.healthy_count() < floors.ready {
        Health::Degraded
    } else if group.healthy_count() < group.desired {
        Health::Progressing
    } else {
        Health::Healthy
    }
}

fn missing_nodes(state: State, floors: &Floors, group: Option<&Group>) -> Option<Finding> {
    let group = group.filter(|_| state == State::Behind)?;
    let short = floors.ready.minus(group.healthy_count());
    Some(Finding::new(
        Severity::Critical,
        "capacity_behind",
        format!("{short} of {} web servers are not ready.", floors.ready),
        "More are being asked for. Look in the account for launches that failed, and why.",
    ))
}

/// Without a hold nothing of ours is suspended. Where the record of a hold is lost, what it suspended stays so: we
/// resume only what we know to be ours.
fn still_suspended(is_held: bool, group: Option<&Group>) -> Option<Finding> {
    let group = group.filter(|group| !is_held && !group.suspended.is_empty())?;
    let names: Vec<_> = group.suspended.iter().map(|process| process.as_str()).collect();
    Some(Finding::new(
        Severity::Warning,
        "still_suspended",
        format!("Suspended, and not by a hold of ours: {}.", names.join(", ")),
        "Find out who suspended it and why; resume it in the account if nobody needs it.",
    ))
}

/// What could not be read, with the reason that came with it.
fn unknown_parts(seen: &Observation) -> impl Iterator<Item = Finding> {
    let parts = [
        ("The servers", why_unknown(&seen.group)),
        ("The scheduled raises", why_unknown(&seen.scheduled)),
        ("The scaling policy", why_unknown(&seen.policies)),
        ("The number of students writing", why_unknown(&seen.attempts)),
        ("The number of database connections", why_unknown(&seen.connections)),
    ];
    parts.into_iter().filter_map(|(part, why)| {
        Some(Finding::new(
            Severity::Warning,
            "part_unknown",
            format!("{part} could not be read: {}", why?),
            "Nothing is taken away while this lasts. Look at the account's permissions and its network.",
        ))
    })
}

fn why_unknown<T>(seen: &Seen<T>) -> Option<String> {
    match seen {
        Seen::Unknown(why) => Some(why.clone()),
        Seen::Known(_) | Seen::Absent => None,
    }
}

/// Which exams people write now, the largest first.
fn under_way(sittings: &[Sitting], now: DateTime<Utc>) -> String {
    let mut open: Vec<_> = sittings
        .iter()
        .filter(|sitting| sitting.span.start() <= now && now < sitting.last_deadline())
        .collect();
    open.sort_by_key(|sitting| std::cmp::Reverse(sitting.candidates));
    match &open[..] {
        [] => "The last exam has ended".to_owned(),
        [only] => format!("{} is under way", only.title),
        [first, others @ ..] => format!("{} and {} more are under way", first.title, others.len()),
    }
}

fn summary(
    state: State,
    floors: &Floors,
    group: Option<&Group>,
    next: Option<&NextSitting>,
    under_way: &str,
) -> String {
    let healthy = group.map_or(Nodes::ZERO, Group::healthy_count);
    let title = next.map_or("no further exam", |next| next.title.as_str());
    match state {
        State::Unknown => "The servers could not be read; nothing is taken away.".to_owned(),
        State::Behind => {
            format!("{healthy} of {} web servers are ready; more are coming.", floors.ready)
        }
        State::Exam => {
            format!("{under_way}: {healthy} web servers are ready, none is taken away.")
        }
        State::Releasing => {
            format!("The exam is over: web servers are given back, {healthy} are still ready.")
        }
        State::Warming => {
            format!("Warming for {title}: {healthy} of {} web servers are ready.", floors.planned)
        }
        State::Ready => {
            format!("Ready for {title}: {healthy} of {} web servers are ready.", floors.planned)
        }
        State::Quiet => format!("Nothing is due. Next: {title}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, Script, SittingKey, Span};
    use crate::reconciler::fixture::{at, group, observation, phase, plan_with_window, settings};
    use crate::reconciler::{Looks, desired, diff, next_hold};

    fn check(now: i64, seen: impl FnOnce(&mut Observation)) -> FleetPosture {
        let phase = phase();
        let (plan, mut look) = (plan_with_window(), observation(now));
        seen(&mut look);
        let hold = next_hold(None, &plan, &look, Looks::default(), &settings());
        let wanted = desired(&plan, &Script::default(), hold.hold.as_ref(), &phase, at(now));
        let gap = diff(&wanted, &look, "invigilator-moodle-");
        posture(&PostureInputs {
            plan: &plan,
            sittings: &[],
            timetables: &[],
            phase: &phase,
            hold: &hold,
            gap: &gap,
            seen: &look,
            fresh_for: settings().fresh_for,
            findings: &[],
        })
    }

    fn with(count: u32) -> impl FnOnce(&mut Observation) {
        move |seen| seen.group = Seen::Known(group(10, count, true))
    }

    #[test]
    fn the_state_follows_the_day() {
        assert_eq!(check(-10, |_| ()).state, State::Quiet);
        assert_eq!(check(10, with(2)).state, State::Warming);
        assert_eq!(check(10, with(10)).state, State::Ready);
        assert_eq!(check(400, with(9)).state, State::Behind);
        assert_eq!(check(500, with(10)).state, State::Exam);
        assert_eq!(check(950, with(10)).state, State::Exam);
    }

    #[test]
    fn behind_is_a_critical_finding_with_the_number_that_is_missing() {
        let posture = check(400, with(9));
        assert_eq!(posture.findings[0].code, "capacity_behind");
        assert!(posture.findings[0].message.starts_with("1 of 10"));
        assert_eq!(posture.health, Health::Degraded);
    }

    #[test]
    fn the_summary_names_what_is_under_way() {
        let sitting = |title: &str, start, end, candidates| Sitting {
            key: SittingKey { uid: title.into(), recurrence_id: None },
            title: title.into(),
            span: Span::new(at(start), at(end)).unwrap(),
            candidates: Candidates::new(candidates),
            extra_time: vec![],
            other_readings: vec![],
            source_line: None,
        };
        let sittings = [sitting("Law", 0, 90, 9), sitting("Maths", 50, 90, 10)];
        assert_eq!(under_way(&sittings, at(10)), "Law is under way");
        assert_eq!(under_way(&sittings, at(60)), "Maths and 1 more are under way");
        assert_eq!(under_way(&sittings, at(90)), "The last exam has ended");
    }

    #[test]
    fn what_stays_suspended_without_a_hold_is_told() {
        let told = |now| {
            let posture = check(now, |seen| {
                let mut fleet = group(2, 2, false);
                fleet.suspended = [Process::AzRebalance].into();
                seen.group = Seen::Known(fleet);
            });
            posture.findings.iter().any(|finding| finding.code == "still_suspended")
        };
        assert!(told(-9000) && !told(100));
    }

    #[test]
    fn what_could_not_be_read_is_unknown_and_never_zero() {
        let posture = check(500, |seen| {
            seen.group = Seen::Unknown("throttled".into());
            seen.attempts = Seen::Unknown("timeout".into());
            seen.connections = Seen::Unknown("timeout".into());
        });
        assert_eq!((posture.state, posture.sync), (State::Unknown, Sync::Unknown));
        assert_eq!((posture.in_service, posture.attempts), (None, None));
        assert_eq!(posture.attempts_freshness, Freshness::Never);
        assert_eq!(posture.connections.in_use, None);
        let told: Vec<_> = posture.findings.iter().map(|finding| &finding.message).collect();
        assert_eq!(told.len(), 3, "each part tells why: {told:?}");
        assert!(told.iter().any(|message| message.contains("throttled")), "{told:?}");
    }
}
