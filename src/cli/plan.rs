//! `invigilator plan`: timetable files to a plan, offline.

use super::drawing::drawing;
use super::fleet::Choice;
use super::input;
use super::table::Table;
use super::timetable::horizon;
use crate::config::Fleet;
use crate::domain::{
    Budget, Cost, Finding, Nodes, Plan, Report, Script, Sitting, Span, Titles, Window, counted,
    more,
};
use crate::planner::{self, ScriptContext};
use crate::timetable::{Limits, Settings};
use crate::wire;
use anyhow::Context as _;
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// iCalendar file, or - for standard input; several add up
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    timetable: Vec<PathBuf>,
    #[command(flatten)]
    choice: Choice,
    /// First day, campus time; without it, the day of the first sitting
    #[arg(long, value_name = "D")]
    from: Option<NaiveDate>,
    /// Last day, campus time; without it, the day of the last sitting
    #[arg(long, value_name = "D")]
    to: Option<NaiveDate>,
    /// The largest file that is read, in bytes
    #[arg(long, value_name = "N", default_value_t = Limits::COMMAND_LINE.file_bytes)]
    max_bytes: usize,
    /// Answer why there are as many web servers at this moment, campus time: "2026-11-30 08:35"
    #[arg(long, value_name = "TIME", conflicts_with = "json")]
    explain: Option<String>,
    /// Print a drawing (SVG)
    #[arg(long, conflicts_with_all = ["json", "explain"])]
    svg: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let fleet = arguments.choice.fleet()?;
    let settings = fleet.planner();
    let (sittings, doubts) = sittings(arguments, &fleet)?;
    let span = stretch(arguments, &sittings, fleet.zone)?;
    let mut plan = planner::plan(&fleet.name, &sittings, &settings, span);
    let context = ScriptContext {
        now: span.start() - TimeDelta::days(1),
        max_in_aws: None,
        hard_ceiling: settings.hard_ceiling,
        held: None,
        held_until: None,
        foreign: &[],
    };
    let (script, notes) = planner::script(&plan, &context);
    plan.findings.extend(planner::check(&plan, &sittings, &settings));
    plan.findings.extend(planner::check_script(&plan, &script, &context));
    plan.findings.extend(notes);
    plan.findings.extend(doubts);
    super::print(&if arguments.json {
        format!("{:#}\n", wire::plan(&plan, &script))
    } else if arguments.svg {
        drawing(&plan, &sittings, fleet.zone)
    } else if let Some(text) = &arguments.explain {
        let at = moment(text, span, fleet.zone)?;
        let told = planner::explain(&plan, &sittings, &settings, at);
        format!("{}\n{}", told.join("\n"), super::findings(&plan.findings))
    } else {
        text(&plan, &sittings, &script, fleet.zone)
    })?;
    Ok(super::exit(&plan.findings))
}

/// All files together, each finding with the file it speaks of.
fn sittings(arguments: &Arguments, fleet: &Fleet) -> anyhow::Result<(Vec<Sitting>, Vec<Finding>)> {
    let horizon = horizon(arguments.from, arguments.to, fleet.zone)?;
    let settings = fleet.timetable();
    // No more exams than the daemon would take, however large the file is.
    let limits = Limits { file_bytes: arguments.max_bytes, ..settings.limits };
    let settings = Settings { horizon, limits, ..settings };
    let (mut sittings, mut findings) = (Vec::new(), Vec::new());
    for file in &arguments.timetable {
        let reading = input::read(file, &settings)?;
        let titles = Titles::of(&reading.sittings, fleet.zone);
        findings.extend(reading.findings.iter().map(|finding| Finding {
            message: format!("{}: {}", input::name(file), titles.named(finding).message),
            ..finding.clone()
        }));
        sittings.extend(reading.sittings);
    }
    Ok((sittings, findings))
}

/// Whole campus days, so that the phases before and after show.
fn stretch(arguments: &Arguments, sittings: &[Sitting], zone: Tz) -> anyhow::Result<Span> {
    let first = sittings.iter().map(|sitting| sitting.span.start()).min();
    let last = sittings.iter().map(Sitting::last_deadline).max();
    let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
    let none = "there is no sitting; name the days to plan with --from and --to";
    let from = arguments.from.or(first.map(day)).context(none)?;
    let to = arguments.to.or(last.map(day)).context(none)?;
    Span::new(super::begin_of(from, zone)?, super::end_of(to, zone)?)
        .context("--to lies before --from")
}

/// A moment in campus time; a bare time is one of the first day.
fn moment(text: &str, span: Span, zone: Tz) -> anyhow::Result<DateTime<Utc>> {
    let first = span.start().with_timezone(&zone).date_naive();
    let full = if text.contains('-') { text.replace('T', " ") } else { format!("{first} {text}") };
    let local = NaiveDateTime::parse_from_str(&full, "%Y-%m-%d %H:%M")
        .with_context(|| format!("{text:?} is no time; write \"{first} 08:35\", or \"08:35\""))?;
    let at = zone.from_local_datetime(&local).earliest().with_context(|| {
        format!("{local} does not exist in {zone}: the clocks are put forward then")
    })?;
    let at = at.to_utc();
    anyhow::ensure!(
        span.contains(at),
        "{text} lies outside of what is planned; name the days with --from and --to"
    );
    Ok(at)
}

fn text(plan: &Plan, sittings: &[Sitting], script: &Script, zone: Tz) -> String {
    let cost = plan.cost;
    format!(
        "fleet {}, plan {}\n\nWINDOWS\n{}\nSTEPS\n{}\nSCRIPT (scheduled actions)\n{}\n{}\n{}\n{}\n{}",
        plan.fleet,
        plan.hash.get(..12).unwrap_or(&plan.hash),
        windows(plan, sittings, zone),
        steps(plan, zone),
        actions(script, zone),
        budget(&plan.budget),
        self::cost(cost),
        report(&plan.report),
        super::findings(&plan.findings)
    )
}

/// What was assumed and left out; what is capped stands among the findings.
fn report(report: &Report) -> String {
    let Report { assumed, left_out, capped: _ } = report;
    let list = |head: &str, told: &[String]| match told {
        [] => String::new(),
        some => format!("{head}: {}\n", some.join(" ")),
    };
    list("assumed", assumed) + &list("left out", left_out)
}

/// Node-hours by cause, beside what others would use, and the money where its price is known.
fn cost(cost: Cost) -> String {
    let money = |hours: f64| match cost.price {
        Some(price) => format!(" ({:.2})", hours * price),
        None => String::new(),
    };
    let [all, careful, peak] =
        [cost.node_hours, cost.careful_engineer_node_hours, cost.static_peak_node_hours]
            .map(|hours| format!("{hours:.1}{}", money(hours)));
    format!(
        "{all} node-hours, {:.1} of them for exams, {:.1} of those waiting before the start; a careful engineer would use \
         {careful}, the peak kept all the time {peak}",
        cost.exam_node_hours, cost.lead_node_hours
    )
}

fn windows(plan: &Plan, sittings: &[Sitting], zone: Tz) -> String {
    let mut table =
        Table::new(&["RAISE", "READY", "START", "LAST DEADLINE", "RELEASE", "NODES", "SITTINGS"]);
    for window in &plan.windows {
        let clock = |at: DateTime<Utc>| at.with_timezone(&zone).format("%H:%M").to_string();
        table.row(vec![
            super::campus(window.raise_at, zone),
            clock(window.ready_at),
            clock(window.starts_at),
            clock(window.last_deadline),
            clock(window.release_at),
            window.nodes.to_string(),
            titles(window, sittings),
        ]);
    }
    table.text()
}

/// The largest sittings of a window by title, and how many more there are.
fn titles(window: &Window, sittings: &[Sitting]) -> String {
    const NAMED: usize = 3;
    let mut inside: Vec<_> =
        sittings.iter().filter(|sitting| window.sittings.contains(&sitting.key)).collect();
    inside.sort_by(|a, b| b.candidates.cmp(&a.candidates).then_with(|| a.key.cmp(&b.key)));
    let named = inside.iter().take(NAMED).map(|sitting| sitting.title.clone());
    let left = inside.len().saturating_sub(NAMED);
    named
        .chain((0 < left).then(|| format!("and {}", more(left, "sitting"))))
        .collect::<Vec<_>>()
        .join(", ")
}

fn steps(plan: &Plan, zone: Tz) -> String {
    let mut table = Table::new(&["FROM", "FLOOR", "CEILING", "BECAUSE"]);
    for step in &plan.steps {
        table.row(vec![
            super::campus(step.at, zone),
            step.floor.to_string(),
            step.ceiling.to_string(),
            step.reasons.join(" "),
        ]);
    }
    table.text()
}

fn actions(script: &Script, zone: Tz) -> String {
    let mut table = Table::new(&["NAME", "AT", "MIN", "MAX", "KIND"]);
    for entry in &script.entries {
        table.row(vec![
            entry.name.clone(),
            super::campus(entry.at, zone),
            entry.min.to_string(),
            entry.max.to_string(),
            entry.kind.as_str().to_owned(),
        ]);
    }
    table.text()
}

fn budget(budget: &Budget) -> String {
    let limit = match (budget.max_connections, budget.usable) {
        (Some(limit), Some(usable)) => format!("{usable} usable of {limit}"),
        (Some(_) | None, _) => "the limit is unknown".into(),
    };
    let fit = budget.nodes_that_fit.map(|nodes| format!(", room for {}", node_count(nodes)));
    format!(
        "database connections at the peak of {}: {} ({limit}{})",
        node_count(budget.peak_nodes),
        budget.peak_connections,
        fit.unwrap_or_default()
    )
}

fn node_count(nodes: Nodes) -> String {
    counted(nodes.to_string(), "node")
}
