//! The plan as one-off scheduled actions.
//!
//! Without us nothing is lowered between the raise of a window and its backstop: windows whose stretches from raise
//! to hard stop touch form a *chain*, in which the standing floor only rises and whose end has the one backstop.
//! Every raise of the plan stands as an action of its own even where the chain is already as high, because the
//! living daemon may have given the earlier floor back by then.
//!
//! Where the next week asks for more actions than AWS has room for, the cheapest cover of its steps is scheduled instead
//! (`cover`): earlier and higher raises, never a lower floor.
//!
//! AWS wants start times in the future and unique within the group (EC2 Auto Scaling, *Scheduled scaling*,
//! limitations), and holds at most 125 actions.

use super::ScriptContext;
use super::cover::{Cover, Piece, cover};
use super::foreign::lowering;
use crate::domain::{
    Finding, FleetName, Nodes, Plan, Script, ScriptEntry, ScriptKind, Severity, Span, utc_minute,
};
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use std::collections::BTreeSet;

const MINUTE: TimeDelta = TimeDelta::minutes(1);
/// Nothing is scheduled before the next whole minute but one.
const EARLIEST: TimeDelta = TimeDelta::minutes(2);
/// The most actions of our own.
const OWN_ACTIONS: usize = 100;
/// EC2 Auto Scaling quotas: 125 per group, cannot be raised.
const GROUP_ACTIONS: usize = 125;
/// Slots left free, so that old and new actions can stand side by side while they are replaced.
const SLOTS_KEPT_FREE: usize = 15;
/// What must always stand in AWS.
const MUST_STAND: TimeDelta = TimeDelta::days(7);

/// See `planner::script`.
pub(super) fn script(plan: &Plan, context: &ScriptContext<'_>) -> (Script, Vec<Finding>) {
    let standing = Standing::of(plan, context);
    let slots = slots(&standing, context);
    let mut entries = entries(&slots, &standing, plan, context);
    let room = OWN_ACTIONS
        .min(GROUP_ACTIONS.saturating_sub(context.foreign.len()).saturating_sub(SLOTS_KEPT_FREE));
    let mut findings = lowering(plan, context);
    findings.extend((room < entries.len()).then(|| fit(&mut entries, room, context.now)));
    (Script { entries }, findings)
}

/// Makes do with `room` actions: nearest first, and where even the week that must stand has more, neighbouring steps
/// become one, as cheaply as that can be.
fn fit(entries: &mut Vec<ScriptEntry>, room: usize, now: DateTime<Utc>) -> Finding {
    let (wanted, near) = (entries.len(), entries.partition_point(|e| e.at < now + MUST_STAND));
    let merges = room < near;
    let mut more = 0.0;
    if merges && 0 < room {
        more = merge(entries, near, room);
    }
    let dropped = entries.get(room).map(|first| first.at);
    entries.truncate(room);
    // A lowering whose follower does not stand would leave that follower's exam without servers.
    while entries.pop_if(|last| last.kind == ScriptKind::Backstop).is_some() {}
    if merges && 0 < room {
        merged(wanted, room, more)
    } else {
        beyond_room(wanted, room, dropped.unwrap_or(now), now)
    }
}

/// Makes one action of neighbouring ones among the first `near`, so that at most `room` are left of those; the node-hours
/// that it costs. Each keeps the greatest floor of those that it stands for.
fn merge(entries: &mut Vec<ScriptEntry>, near: usize, room: usize) -> f64 {
    let ends = entries.iter().skip(1).map(|entry| entry.at);
    // What comes after the last is another week's.
    let last = entries[near - 1].at + MINUTE;
    let ends: Vec<_> = ends.chain([last]).take(near).collect();
    let piece = |(entry, end): (&ScriptEntry, &DateTime<Utc>)| Piece {
        required: entry.min,
        hours: (*end - entry.at).as_seconds_f64() / 3600.0,
    };
    let pieces: Vec<_> = entries.iter().zip(&ends).map(piece).collect();
    let wanted: f64 = pieces.iter().map(|p| f64::from(p.required.get()) * p.hours).sum();
    let Cover { starts, node_hours } = cover(&pieces, room);
    let far = entries.split_off(near);
    let ends = starts.iter().skip(1).copied().chain([near]);
    let one = |(begin, end): (&usize, usize)| {
        let these = &entries[*begin..end];
        let min = these.iter().map(|entry| entry.min).max().unwrap_or_default();
        let raises = these.iter().any(|entry| entry.kind == ScriptKind::Raise);
        let kind = if raises { ScriptKind::Raise } else { ScriptKind::Backstop };
        ScriptEntry { min, max: these[0].max.max(min), kind, ..these[0].clone() }
    };
    let merged: Vec<_> = starts.iter().zip(ends).map(one).collect();
    *entries = merged;
    entries.extend(far);
    node_hours - wanted
}

/// A stretch in which nothing is lowered without us.
#[derive(Debug, Clone, Copy)]
struct Chain {
    span: Span,
    /// The floor it begins with at least.
    held: Nodes,
}

/// The floor that the script keeps at every moment from now on, and where it changes.
struct Standing<'a> {
    plan: &'a Plan,
    now: DateTime<Utc>,
    /// Sorted, not touching.
    chains: Vec<Chain>,
}

impl<'a> Standing<'a> {
    fn of(plan: &'a Plan, context: &ScriptContext<'_>) -> Self {
        let now = context.now;
        let held = context.held.zip(context.held_until).and_then(|(held, until)| {
            let span = Span::new(now, until)?;
            Some(Chain { span, held })
        });
        let windows = plan.windows.iter().filter_map(|window| {
            let span = Span::new(window.raise_at, window.hard_stop)?;
            Some(Chain { span, held: Nodes::ZERO })
        });
        let mut stretches: Vec<_> = windows.chain(held).collect();
        stretches.sort_by_key(|chain| (chain.span.start(), chain.span.end()));
        let mut chains: Vec<Chain> = Vec::new();
        for next in stretches {
            match chains.last_mut() {
                Some(last) if last.span.touches(next.span) => *last = last.joined(next),
                Some(_) | None => chains.push(next),
            }
        }
        Self { plan, now, chains }
    }

    fn chain_at(&self, at: DateTime<Utc>) -> Option<&Chain> {
        self.chains.iter().find(|chain| chain.span.contains(at))
    }

    /// The floor at `at`: the plan's, and within a chain the greatest since it began or since now, as what lies
    /// in the past may have been given back.
    fn floor(&self, at: DateTime<Utc>) -> Nodes {
        let planned = self.plan.floor_at(at);
        let Some(chain) = self.chain_at(at) else { return planned };
        let since = chain.span.start().max(self.now);
        chain.held.max(self.greatest_planned(since, at)).max(planned)
    }

    fn greatest_planned(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Nodes {
        let steps = self.plan.steps.iter().filter(|step| from < step.at && step.at <= to);
        steps.map(|step| step.floor).fold(self.plan.floor_at(from.min(to)), Nodes::max)
    }

    /// The greatest floor from `from` until `until`, exclusive.
    fn greatest(&self, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Nodes {
        let inside = |at: &DateTime<Utc>| from < *at && until.is_none_or(|until| *at < until);
        let changes = self.changes().filter(inside);
        changes.map(|at| self.floor(at)).fold(self.floor(from), Nodes::max)
    }

    /// Every moment at which the floor may change.
    fn changes(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let steps = self.plan.steps.iter().map(|step| step.at);
        steps.chain(self.chains.iter().flat_map(|chain| [chain.span.start(), chain.span.end()]))
    }

    /// Where the plan rises.
    fn raises(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let pairs = self.plan.steps.windows(2);
        pairs.filter(|pair| pair[0].floor < pair[1].floor).map(|pair| pair[1].at)
    }

    /// The end of each chain, and where the plan falls outside of any.
    fn lowerings(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let pairs = self.plan.steps.windows(2);
        let falls = pairs.filter(|pair| pair[1].floor < pair[0].floor).map(|pair| pair[1].at);
        let outside = falls.filter(|&at| self.chain_at(at).is_none());
        self.chains.iter().map(|chain| chain.span.end()).chain(outside)
    }
}

impl Chain {
    fn joined(self, next: Self) -> Self {
        let later = if self.span.end() < next.span.end() { next.span } else { self.span };
        // Both touch and `self` begins first, so the joined stretch is not empty.
        let span = Span::new(self.span.start(), later.end()).unwrap_or(self.span);
        Self { span, held: self.held.max(next.held) }
    }
}

/// The whole minutes at which our actions stand: none before the earliest, none where a foreign one stands. Raises
/// move earlier, lowerings later.
fn slots(standing: &Standing<'_>, context: &ScriptContext<'_>) -> BTreeSet<DateTime<Utc>> {
    let earliest = minute(context.now) + EARLIEST;
    let foreign: BTreeSet<_> = context.foreign.iter().map(|action| minute(action.at)).collect();
    let later = |mut at: DateTime<Utc>| {
        while foreign.contains(&at) {
            at += MINUTE;
        }
        at
    };
    let earlier = |mut at: DateTime<Utc>| {
        while foreign.contains(&at) && earliest < at {
            at -= MINUTE;
        }
        // No free minute is left before it: late is better than never, and the pass raises it when due.
        later(at)
    };
    let raises = standing.raises().map(minute).filter(|&at| earliest <= at).map(earlier);
    let lowerings = standing.lowerings().filter(|&at| context.now < at);
    let lowerings = lowerings.map(|at| later(next_minute(at).max(earliest)));
    raises.chain(lowerings).collect()
}

/// Each slot keeps the greatest floor wanted until the next one, so that no move can undercut a raise.
fn entries(
    slots: &BTreeSet<DateTime<Utc>>,
    standing: &Standing<'_>,
    plan: &Plan,
    context: &ScriptContext<'_>,
) -> Vec<ScriptEntry> {
    let ends = slots.iter().skip(1).copied().map(Some).chain([None]);
    let raises: BTreeSet<_> = standing.raises().map(minute).collect();
    let mut before = standing.floor(context.now);
    let mut entries = Vec::new();
    for (&at, end) in slots.iter().zip(ends) {
        let min = standing.greatest(at, end);
        let rises = before < min || (before == min && raises.contains(&at));
        let kind = if rises { ScriptKind::Raise } else { ScriptKind::Backstop };
        let max = context.max_in_aws.unwrap_or_default().max(context.hard_ceiling).max(min);
        entries.push(ScriptEntry { name: name(&plan.fleet, at), at, min, max, kind });
        before = min;
    }
    entries
}

fn name(fleet: &FleetName, at: DateTime<Utc>) -> String {
    format!("invigilator-{fleet}-{}", at.format("%Y%m%dT%H%MZ"))
}

fn minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(MINUTE).unwrap_or(at)
}

fn next_minute(at: DateTime<Utc>) -> DateTime<Utc> {
    let whole = minute(at);
    if whole < at { whole + MINUTE } else { whole }
}

fn merged(wanted: usize, room: usize, more: f64) -> Finding {
    Finding::new(
        Severity::Warning,
        "script_merged",
        format!(
            "{wanted} scheduled actions are wanted and {room} fit; neighbouring ones of the next 7 days became one, which \
             costs {more:.0} node-hours if nobody lowers in between"
        ),
        "Delete scheduled actions of others in this group, which take slots.",
    )
}

fn beyond_room(wanted: usize, room: usize, first: DateTime<Utc>, now: DateTime<Utc>) -> Finding {
    let near = first < now + MUST_STAND;
    Finding::new(
        if near { Severity::Critical } else { Severity::Warning },
        "script_full",
        format!(
            "{wanted} scheduled actions are wanted and {room} fit; those from {} on do not stand in AWS yet",
            utc_minute(first)
        ),
        if near {
            "Delete scheduled actions of others in this group; exams within 7 days are not covered."
        } else {
            "Nothing to do: they follow as earlier ones fire. Others' actions in the group take slots."
        },
    )
}

#[cfg(test)]
mod tests;
