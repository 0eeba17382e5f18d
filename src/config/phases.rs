//! `[[fleet.phase]]`: the academic calendar, with dates that stand here or in a file of term dates.

use super::problems::Problems;
use super::raw;
use super::terms::TermFile;
use crate::domain::{Calendar, Dates, Hours, Nodes, Phase, Share, Span, Tracking};
use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use std::num::NonZeroU32;
use std::path::PathBuf;

/// The calendar as far as it stands in the configuration, and where the rest of it stands.
pub(super) fn calendar(
    raw: &raw::Fleet,
    zone: Tz,
    problems: &mut Problems,
) -> (Calendar, Option<TermFile>) {
    let hard_ceiling = raw.hard_ceiling.max(1);
    let mut phases = Vec::new();
    let mut titles = Vec::new();
    for phase in &raw.phase {
        let told = self::phase(phase, hard_ceiling, problems);
        titles.extend(told.iter().map(|_| phase.term.clone()));
        phases.extend(told);
    }
    problems.part("phase");
    let whole = || phases.iter().filter(|phase| phase.hours.is_none());
    let otherwise = whole().filter(|phase| phase.dates == Dates::Otherwise).count();
    if otherwise != 1 {
        problems.add("from", format!("{otherwise} phases have neither from and until nor term; exactly one must, for all other days"));
    }
    overlaps(&whole().collect::<Vec<_>>(), problems);
    let asked = titles.iter().any(Option::is_some);
    problems.part("");
    let file = raw.term_dates.as_ref();
    if asked && file.is_none() {
        problems.add(
            "term_dates",
            "a phase has a term, but no file is named that would have its dates",
        );
    }
    if file.is_some() && !asked {
        problems.add(
            "term_dates",
            "names a file, but no phase has a term that would have its dates there",
        );
    }
    let file = file.map(|path| TermFile { path: PathBuf::from(path), titles });
    (Calendar { zone, phases, doubts: Vec::new() }, file)
}

fn overlaps(phases: &[&Phase], problems: &mut Problems) {
    let spans = |phase: &&Phase| match &phase.dates {
        Dates::Within(spans) => spans.first().copied(),
        Dates::Otherwise | Dates::Unknown => None,
    };
    let dated: Vec<_> = phases.iter().filter_map(|phase| Some((phase, spans(phase)?))).collect();
    for (index, (one, span)) in dated.iter().enumerate() {
        if let Some((other, _)) = dated[..index].iter().find(|(_, other)| span.overlaps(*other)) {
            problems.add("from", format!("{:?} and {:?} overlap", one.name, other.name));
        }
    }
}

/// The phase, and a phase for each of its hours.
fn phase(raw: &raw::Phase, hard_ceiling: u32, problems: &mut Problems) -> Vec<Phase> {
    problems.part(&format!("phase {:?}", raw.name));
    let dates = dates(raw, problems);
    let floor = problems.count("floor", raw.floor, 1..=hard_ceiling);
    let ceiling = problems.count("ceiling", raw.ceiling, floor..=hard_ceiling.max(floor));
    let nobody = Tracking::Cpu(Share::ALL);
    let tracking = tracking(raw.target_cpu, raw.target_requests, problems);
    if tracking.is_none() {
        problems.add(
            "target_cpu",
            "neither this nor target_requests says what target tracking aims at",
        );
    }
    let whole = Phase {
        name: raw.name.clone(),
        dates,
        hours: None,
        floor: Nodes::new(floor),
        ceiling: Nodes::new(ceiling),
        tracking: tracking.unwrap_or(nobody),
        background_vcpu: raw
            .background_vcpu
            .map(|vcpu| problems.number("background_vcpu", vcpu, 0.0..=10_000.0)),
    };
    let certain: Vec<_> =
        raw.hours.iter().map(|part| hours(part, &whole, hard_ceiling, problems)).collect();
    std::iter::once(whole).chain(certain).collect()
}

fn dates(raw: &raw::Phase, problems: &mut Problems) -> Dates {
    match (&raw.from, &raw.until, &raw.term) {
        (None, None, None) => Dates::Otherwise,
        (None, None, Some(title)) => {
            if title.trim().is_empty() {
                problems.add("term", "is empty, so it would be in every title");
            }
            Dates::Unknown
        }
        (Some(from), Some(until), None) => {
            let both = problems.moment("from", from).zip(problems.moment("until", until));
            let span = both.and_then(|(from, until)| Span::new(from, until));
            if both.is_some() && span.is_none() {
                problems.add("until", format!("{until} is not after {from}"));
            }
            Dates::Within(span.into_iter().collect())
        }
        (_, _, Some(_)) => {
            problems.add(
                "term",
                "stands beside from or until; the dates are either here or in the file",
            );
            Dates::Unknown
        }
        (Some(_), None, None) | (None, Some(_), None) => {
            problems.add("from", "only one of from and until is there");
            Dates::Within(Vec::new())
        }
    }
}

/// What target tracking aims at, if anything is said.
fn tracking(cpu: Option<f64>, requests: Option<u32>, problems: &mut Problems) -> Option<Tracking> {
    if cpu.is_some() && requests.is_some() {
        problems.add(
            "target_requests",
            "stands beside target_cpu; target tracking follows one of both",
        );
    }
    let requests = requests.map(|count| problems.count("target_requests", count, 1..=1_000_000));
    let requests = requests.and_then(NonZeroU32::new).map(Tracking::Requests);
    cpu.map(|cpu| Tracking::Cpu(problems.positive_share("target_cpu", cpu))).or(requests)
}

fn hours(raw: &raw::Hours, whole: &Phase, hard_ceiling: u32, problems: &mut Problems) -> Phase {
    let name = format!("{}, {}", whole.name, raw.name);
    problems.part(&format!("phase {:?} hours {:?}", whole.name, raw.name));
    let clock = |key: &str, text: &String, problems: &mut Problems| {
        let clock = NaiveTime::parse_from_str(text, "%H:%M")
            .map_err(|_| format!("{text:?} is no time of day such as \"22:00\""));
        problems.take(key, clock, NaiveTime::MIN)
    };
    let day = |text: &String| {
        text.parse::<Weekday>()
            .map_err(|_| format!("{text:?} is no day of the week such as \"mon\""))
    };
    let monday = Weekday::Mon;
    let days: Vec<_> =
        raw.days.iter().map(|text| problems.take("days", day(text), monday)).collect();
    if days.is_empty() {
        problems.add("days", "there is none; leave the key out for every day");
    }
    let hours = Hours {
        days,
        from: clock("from", &raw.from, problems),
        until: clock("until", &raw.until, problems),
    };
    let most = hard_ceiling.max(whole.floor.get());
    let floor = raw.floor.unwrap_or(whole.floor.get());
    let floor = problems.count("floor", floor, 1..=most);
    let ceiling = raw.ceiling.unwrap_or(whole.ceiling.get().max(floor));
    let ceiling = problems.count("ceiling", ceiling, floor..=most.max(floor));
    let tracking = tracking(raw.target_cpu, raw.target_requests, problems);
    Phase {
        name,
        hours: Some(hours),
        floor: Nodes::new(floor),
        ceiling: Nodes::new(ceiling),
        tracking: tracking.unwrap_or(whole.tracking),
        ..whole.clone()
    }
}
