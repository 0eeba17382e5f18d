//! From the file as written to every room's settings; all problems are collected before it is refused.

use super::problems::Problems;
use super::{Account, Config, Fleet, aws, cluster, database, phases, raw, timetable};
use crate::domain::{Calendar, Candidates, FleetName, Nodes, Role};
use crate::http::Token;
use crate::planner::{
    Allowed, AttemptsEnd, Boot, Demand, Lead, Node, PressCurve, PressShape, Ramp, Times, Zones,
};
use crate::timetable::ZoneData;
use crate::{planner, reconciler, telemetry};
use chrono::TimeDelta;
use chrono_tz::Tz;
use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

const SECOND: TimeDelta = TimeDelta::seconds(1);
const HOUR: TimeDelta = TimeDelta::hours(1);
const DAY: TimeDelta = TimeDelta::days(1);
/// A group larger than this is a typing mistake.
const MOST_NODES: u32 = 10_000;

pub(super) fn config(raw: raw::Config) -> Result<Config, Vec<String>> {
    let mut problems = Problems::default();
    let nowhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let listen = raw
        .listen
        .parse()
        .map_err(|_| format!("{:?} is no address and port such as \"127.0.0.1:8080\"", raw.listen));
    let listen = problems.take("listen", listen, nowhere);
    if raw.data.is_empty() {
        problems.add("data", "names no directory");
    }
    let pass_every = problems.time("pass_every", &raw.pass_every, SECOND..=TimeDelta::minutes(5));
    let tokens = raw.token.into_iter().map(|token| self::token(token, &mut problems)).collect();
    let hosts = &raw.feed_hosts;
    let mut fleets: Vec<_> =
        raw.fleet.iter().map(|fleet| self::fleet(fleet, hosts, &mut problems)).collect();
    cluster::shared(&mut fleets, &mut problems);
    problems.enter("fleet");
    together(&fleets, &mut problems);
    let config = Config {
        listen,
        data: PathBuf::from(raw.data),
        anonymous_read: raw.anonymous_read,
        pass_every,
        zoneinfo: PathBuf::from(raw.zoneinfo),
        log: match raw.log {
            raw::Log::Text => telemetry::Format::Text,
            raw::Log::Json => telemetry::Format::Json,
        },
        tokens,
        fleets,
    };
    let told = problems.told();
    if told.is_empty() { Ok(config) } else { Err(told) }
}

fn together(fleets: &[Fleet], problems: &mut Problems) {
    if fleets.is_empty() {
        problems.add("", "there is none; add a [[fleet]]");
    }
    let names: BTreeSet<_> = fleets.iter().map(|fleet| &fleet.name).collect();
    if names.len() < fleets.len() {
        problems.add("name", "two fleets have the same name");
    }
    aws::together(fleets, problems);
    let sandbox = fleets.iter().any(|fleet| fleet.account == Account::Sandbox);
    if sandbox && 1 < fleets.len() {
        problems.add(
            "account",
            "a fleet in the sandbox must be the only fleet: its clock is not yours",
        );
    }
}

fn token(raw: raw::Token, problems: &mut Problems) -> Token {
    problems.enter(format!("token {:?}", raw.subject));
    if raw.subject.is_empty() {
        problems.add("subject", "names nobody");
    }
    let role = Role::named(&raw.role)
        .ok_or_else(|| format!("{:?} is not viewer, registrar, oncall or admin", raw.role));
    let role = problems.take("role", role, Role::Viewer);
    let sha256 = digest(&raw.sha256).ok_or("not the SHA-256 of a secret in 64 hex digits");
    let sha256 = problems.take("sha256", sha256, [0; 32]);
    problems.enter("");
    Token { subject: raw.subject, role, sha256 }
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.is_ascii() {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * index..2 * index + 2], 16).ok()?;
    }
    Some(bytes)
}

fn fleet(raw: &raw::Fleet, hosts: &[String], problems: &mut Problems) -> Fleet {
    problems.enter(format!("fleet {:?}", raw.name));
    let anonymous = FleetName::new("fleet").expect("a letter and letters");
    let name = problems.take("name", FleetName::new(&raw.name), anonymous);
    let zone = raw.zone.parse::<Tz>().map_err(|_| {
        format!("{:?} is no time zone of the IANA database, such as \"Europe/London\"", raw.zone)
    });
    let zone = problems.take("zone", zone, Tz::UTC);
    let candidates = problems.count("default_candidates", raw.default_candidates, 1..=1_000_000);
    let (calendar, term_file) = phases::calendar(raw, zone, problems);
    let planner = planner(raw, calendar, problems);
    problems.part("release");
    let reconciler = reconciler(&raw.release, problems);
    let feeds = super::feeds::feeds(raw, hosts, problems);
    let account = aws::account(raw, &name, problems);
    problems.part("timetable");
    let (rules, roster) = timetable::check(&raw.timetable, problems);
    Fleet {
        name,
        zone,
        zone_data: ZoneData::compiled(),
        account,
        default_candidates: Candidates::new(candidates),
        rules,
        roster,
        planner,
        term_file,
        reconciler,
        feeds,
    }
}

fn planner(raw: &raw::Fleet, calendar: Calendar, problems: &mut Problems) -> planner::Settings {
    let hard_ceiling = problems.count("hard_ceiling", raw.hard_ceiling, 1..=MOST_NODES);
    let zones = Zones {
        count: problems.count("zones", raw.zones, 1..=10),
        survive_loss: raw.survive_zone_loss,
    };
    problems.part("node");
    let node = node(&raw.node, problems);
    problems.part("demand");
    let demand = demand(&raw.demand, problems);
    problems.part("allowed");
    let allowed = allowed(&raw.allowed, problems);
    problems.part("lead");
    let lead = lead(&raw.lead, problems);
    let readable = humantime::parse_duration(&raw.lead.ready_by).is_ok();
    if readable && lead.ready_by < demand.reload_lead {
        problems.part("demand");
        problems.add("reload_lead", "candidates would reload before the web servers are ready: lead.ready_by must be as long");
    }
    problems.part("times");
    let times = times(&raw.times, problems);
    problems.part("database");
    let database = database::database(&raw.database, problems);
    let hard_ceiling = Nodes::new(hard_ceiling);
    let price = raw.node_hour_price;
    let node_hour_price =
        price.map(|price| problems.number("node_hour_price", price, 0.0..=1_000_000.0));
    planner::Settings {
        calendar,
        hard_ceiling,
        node,
        zones,
        demand,
        allowed,
        lead,
        times,
        database,
        node_hour_price,
    }
}

fn node(raw: &raw::Node, problems: &mut Problems) -> Node {
    Node {
        vcpu: problems.count("vcpu", raw.vcpu, 1..=448),
        usable: problems.positive_share("usable", raw.usable),
        workers: problems.count("workers", raw.workers, 1..=10_000),
        connections_per_worker: problems.count(
            "connections_per_worker",
            raw.connections_per_worker,
            1..=10,
        ),
    }
}

fn demand(raw: &raw::Demand, problems: &mut Problems) -> Demand {
    let seconds = 0.0..=60.0;
    let pressed = press(&raw.press, raw.press_seen, problems);
    let window = problems.time("press_window", &raw.press_window, SECOND..=HOUR);
    let delay = problems.time("start_delay", &raw.start_delay, TimeDelta::zero()..=HOUR);
    // Each start is put off by a time drawn evenly: by no moment have more come than evenly over the delay, nor than by
    // the presses themselves. Of the two bounds the one that lasts longer asks for less.
    let (press, press_window) =
        if window < delay { (PressShape::Uniform, delay) } else { (pressed, window) };
    Demand {
        attendance: problems.positive_share("attendance", raw.attendance),
        press,
        press_window,
        late: problems.share("late_share", raw.late_share),
        late_window: problems.time("late_window", &raw.late_window, SECOND..=DAY),
        start_cpu: problems.number("start_cpu", raw.start_cpu, seconds.clone()),
        variation: problems.number("variation", raw.variation, 0.0..=10.0),
        page_cpu: problems.number("page_cpu", raw.page_cpu, seconds.clone()),
        page_period: problems.time("page_period", &raw.page_period, SECOND..=HOUR),
        attempts_end: match raw.attempts_end {
            raw::AttemptsEnd::AtClose => AttemptsEnd::AtClose,
            raw::AttemptsEnd::AtOwnLimit => AttemptsEnd::AtOwnLimit,
            raw::AttemptsEnd::Either => AttemptsEnd::Either,
        },
        submit_cpu: problems.number("submit_cpu", raw.submit_cpu, seconds.clone()),
        submit_share: problems.positive_share("submit_share", raw.submit_share),
        submit_window: problems.time("submit_window", &raw.submit_window, SECOND..=HOUR),
        reload_cpu: problems.number("reload_cpu", raw.reload_cpu, seconds),
        reload_period: problems.time("reload_period", &raw.reload_period, SECOND..=HOUR),
        reload_lead: problems.time("reload_lead", &raw.reload_lead, TimeDelta::zero()..=HOUR),
        background_vcpu: problems.number("background_vcpu", raw.background_vcpu, 0.0..=10_000.0),
    }
}

fn press(raw: &raw::Press, seen: u32, problems: &mut Problems) -> PressShape {
    match raw {
        raw::Press::Named(raw::PressName::FrontLoaded) => PressShape::FrontLoaded,
        raw::Press::Named(raw::PressName::Uniform) => PressShape::Uniform,
        raw::Press::Measured(shares) => {
            let curve = <[f64; 12]>::try_from(shares.as_slice())
                .map_err(|_| format!("has {} shares; it needs 12", shares.len()))
                .and_then(|shares| PressCurve::new(shares).map_err(|bad| bad.to_string()));
            match curve {
                Ok(curve) => PressShape::Measured(curve.of_presses(seen)),
                Err(why) => {
                    problems.add("press", why);
                    PressShape::FrontLoaded
                }
            }
        }
    }
}

fn allowed(raw: &raw::Allowed, problems: &mut Problems) -> Allowed {
    let wait = SECOND..=TimeDelta::minutes(1);
    let violation = problems.number("violation", raw.violation, 1e-9..=0.1);
    Allowed {
        at_start: problems.time("wait_at_start", &raw.wait_at_start, wait.clone()),
        at_submit: problems.time("wait_at_submit", &raw.wait_at_submit, wait),
        violation: problems.share("violation", violation.clamp(0.0, 1.0)),
        plateau_use: problems.positive_share("plateau_use", raw.plateau_use),
    }
}

fn lead(raw: &raw::Lead, problems: &mut Problems) -> Lead {
    let nothing = TimeDelta::zero();
    let failure = problems.number("launch_failure", raw.launch_failure, 0.0..=0.5);
    let boots = raw.boots_seen.iter();
    let seen: Vec<_> = boots.map(|boot| problems.time("boots_seen", boot, SECOND..=HOUR)).collect();
    let minutes = TimeDelta::minutes(1)..=TimeDelta::minutes(15);
    let ramp_every = problems.time("ramp_every", &raw.ramp_every, minutes);
    if ramp_every.subsec_nanos() != 0 || ramp_every.num_seconds() % 60 != 0 {
        problems.add("ramp_every", "scheduled actions stand on whole minutes");
    }
    let at_least = problems.time("at_least", &raw.at_least, TimeDelta::minutes(30)..=DAY);
    Lead {
        ready_by: problems.time("ready_by", &raw.ready_by, nothing..=DAY),
        boot: Boot {
            fixed: problems.time("boot_fixed", &raw.boot_fixed, nothing..=HOUR),
            median: problems.time("boot_median", &raw.boot_median, SECOND..=HOUR),
            sigma: problems.number("boot_sigma", raw.boot_sigma, 0.01..=2.0),
            seen: 0,
        }
        .learned(&seen),
        launch_failure: problems.share("launch_failure", failure.clamp(0.0, 1.0)),
        failure_seen_after: problems.time(
            "failure_seen_after",
            &raw.failure_seen_after,
            SECOND..=HOUR,
        ),
        ramp: (0 < raw.ramp_step).then_some(Ramp {
            step: Nodes::new(problems.count("ramp_step", raw.ramp_step, 0..=MOST_NODES)),
            every: ramp_every,
        }),
        action_lateness: problems.time(
            "action_lateness",
            &raw.action_lateness,
            // AWS: "a scheduled action might be delayed by up to two minutes".
            TimeDelta::minutes(2)..=HOUR,
        ),
        shortage: problems.number("shortage", raw.shortage, 1e-12..=0.01),
        spares: Nodes::new(problems.count("spares", raw.spares, 0..=100)),
        at_least: match raw.mode {
            raw::LeadMode::Window => at_least,
            raw::LeadMode::Learned => nothing,
        },
        warn_above: problems.time("warn_above", &raw.warn_above, SECOND..=DAY),
    }
}

fn times(raw: &raw::Times, problems: &mut Problems) -> Times {
    let tail = problems.time("tail", &raw.tail, TimeDelta::minutes(1)..=DAY);
    Times {
        tail,
        hard_end: problems.time("hard_end", &raw.hard_end, tail..=DAY),
        hard_stop: problems.time("hard_stop", &raw.hard_stop, HOUR..=DAY),
    }
}

fn reconciler(raw: &raw::Release, problems: &mut Problems) -> reconciler::Settings {
    let minutes = |count| TimeDelta::minutes(count);
    reconciler::Settings {
        second_look: problems.time("second_look", &raw.second_look, minutes(1)..=HOUR),
        fresh_for: problems.time("fresh_for", &raw.fresh_for, SECOND..=minutes(5)),
        overdue_grace: problems.time("overdue_grace", &raw.overdue_grace, minutes(30)..=DAY),
        release_step: Nodes::new(problems.count("step", raw.step, 1..=MOST_NODES)),
        background_attempts: raw.background_attempts,
    }
}
