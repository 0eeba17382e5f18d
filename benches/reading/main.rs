//! How fast a timetable is read, beside every other reader that also works out when things take place; whether the time
//! for an event stays the same in larger files; and how much memory it takes.
//!
//! `cargo bench --bench reading` prints all three, `-- ratios`, `-- scaling` and `-- memory` one of them. The rounds of
//! the readers alternate, so that a busy machine is busy for all of them.
#![expect(clippy::print_stdout, reason = "its answer is a table on a terminal")]

#[path = "../../tests/differential/ical_rs.rs"]
mod ical_rs;
mod memory;
#[path = "../../tests/differential/occurrence.rs"]
mod occurrence;
mod peers;
mod registry;

use invigilator::domain::{Candidates, Span};
use invigilator::timetable::{Encoding, Limits, Rules, Settings, ZoneData, read};
use peers::Script;
use registry::Ends;
use std::hint::black_box;
use std::sync::LazyLock;
use std::time::Duration;

/// Rounds of each. Whatever else the machine does only makes a round slower: so the time is that on a processor, and of
/// the rounds the fastest and the median are told. The ratio is the median of those of single rounds.
const ROUNDS: usize = 9;
/// The size that readers are compared at.
const EVENTS: usize = 20_000;
/// Sizes over which the time for an event should not grow.
const SIZES: [usize; 5] = [1_000, 5_000, 20_000, 50_000, 200_000];

/// A reader in this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Peer {
    Ours,
    Calcard,
    IcalRs,
}

impl Peer {
    const fn all() -> [Self; 3] {
        [Self::Ours, Self::Calcard, Self::IcalRs]
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Ours => "timetable::read",
            Self::Calcard => "calcard",
            Self::IcalRs => "ical-rs",
        }
    }

    /// Reads a text; how many sittings it found.
    fn read(self, text: &str) -> usize {
        match self {
            Self::Ours => ours(text),
            Self::Calcard => peers::calcard(text),
            Self::IcalRs => peers::ical_rs(text),
        }
    }
}

/// Made once, as the service does: their patterns are compiled.
static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings {
    zone: chrono_tz::Europe::London,
    encoding: Encoding::Utf8,
    zone_data: ZoneData::compiled(),
    rules: Rules::built_in(),
    horizon: Span::new(registry::FROM, registry::TO).unwrap_or(Span::ALWAYS),
    default_candidates: Candidates::new(100),
    limits: Limits { file_bytes: 256 << 20, sittings: usize::MAX, ..Limits::UPLOAD },
});

fn ours(text: &str) -> usize {
    let reading = read(black_box(text.as_bytes()), &SETTINGS);
    reading.map_or(0, |reading| black_box(reading).sittings.len())
}

fn timed(peer: Peer, text: &str) -> (Duration, usize) {
    let began = on_processor();
    let sittings = peer.read(text);
    (on_processor().saturating_sub(began), sittings)
}

/// How long this thread has been on a processor.
fn on_processor() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

fn median<T: Copy + Default + PartialOrd>(values: &[T]) -> T {
    let mut sorted = values.to_vec();
    sorted.sort_by(|one, other| one.partial_cmp(other).unwrap_or(std::cmp::Ordering::Equal));
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// A reader's times, round by round, and the sittings it found.
struct Row {
    name: &'static str,
    rounds: Vec<Duration>,
    sittings: usize,
}

impl Row {
    /// How many times our time it takes. A reader that ran once is held against our median.
    fn ratio(&self, ours: &[Duration]) -> f64 {
        let ratio = |(its, our): (&Duration, &Duration)| its.as_secs_f64() / our.as_secs_f64();
        if self.rounds.len() == ours.len() {
            median(&self.rounds.iter().zip(ours).map(ratio).collect::<Vec<_>>())
        } else {
            ratio((&median(&self.rounds), &median(ours)))
        }
    }

    fn print(&self, megabytes: f64, ours: &[Duration]) {
        let fastest = self.rounds.iter().min().copied().unwrap_or_default().as_secs_f64();
        let median = median(&self.rounds).as_secs_f64();
        let (speed, ratio) = (megabytes / median, self.ratio(ours));
        let Self { name, rounds: _, sittings } = self;
        println!("{name:<45}{fastest:>9.3}{median:>9.3}{speed:>9.1}{ratio:>9.2}{sittings:>10}");
    }
}

#[expect(clippy::cast_precision_loss, reason = "sizes of files are far below 2^52")]
fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / 1e6
}

/// All readers on one file.
fn ratios() {
    let text = registry::timetable(EVENTS, Ends::CrLf);
    let size = megabytes(text.len());
    println!(
        "{EVENTS} events, {size:.1} MB, read and expanded over a year; {} sittings; {ROUNDS} rounds",
        registry::sittings(EVENTS)
    );
    let rows = Peer::all().map(|peer| Row { name: peer.name(), rounds: Vec::new(), sittings: 0 });
    let mut rows = Vec::from(rows);
    for _ in 0..ROUNDS {
        for (peer, row) in Peer::all().into_iter().zip(&mut rows) {
            let (time, sittings) = timed(peer, &text);
            row.rounds.push(time);
            row.sittings = sittings;
        }
    }
    let file = std::env::temp_dir().join(format!("invigilator-ratios-{}.ics", std::process::id()));
    if let Err(error) = std::fs::write(&file, &text) {
        println!("the scripts are not measured: {}: {error}", file.display());
    }
    for script in Script::all() {
        match script.map(|script| (script.name, script.read(&file))) {
            Ok((name, Ok((time, sittings)))) => {
                rows.push(Row { name, rounds: vec![time], sittings });
            }
            Ok((name, Err(error))) => println!("{name} not measured: {error}"),
            Err(missing) => println!("{missing}"),
        }
    }
    std::fs::remove_file(&file).unwrap_or_else(|error| println!("{}: {error}", file.display()));
    println!(
        "{:<45}{:>9}{:>9}{:>9}{:>9}{:>10}",
        "", "fastest", "median", "MB/s", "ratio", "sittings"
    );
    let ours = rows.first().map(|row| row.rounds.clone()).unwrap_or_default();
    for row in rows {
        row.print(size, &ours);
    }
}

/// Ours on files of every size.
fn scaling() {
    println!(
        "{:>10}{:>6}{:>10}{:>10}{:>9}{:>12}",
        "events", "ends", "MB", "seconds", "MB/s", "us/event"
    );
    for events in SIZES {
        for (name, ends) in [("CRLF", Ends::CrLf), ("LF", Ends::Lf)] {
            let text = registry::timetable(events, ends);
            let times: Vec<_> = (0..ROUNDS).map(|_| timed(Peer::Ours, &text).0).collect();
            let seconds = median(&times).as_secs_f64();
            let size = megabytes(text.len());
            let each = seconds * 1e6 / f64::from(u32::try_from(events).unwrap_or(u32::MAX));
            let speed = size / seconds;
            println!("{events:>10}{name:>6}{size:>10.1}{seconds:>10.3}{speed:>9.1}{each:>12.2}");
        }
    }
}

/// The peak of memory above idle, the file's own bytes included.
fn memory() {
    println!("{:<20}{:>10}{:>10}{:>22}", "", "events", "MB", "MB above idle at peak");
    for events in [EVENTS, 200_000] {
        let size = megabytes(registry::timetable(events, Ends::CrLf).len());
        for peer in Peer::all() {
            let name = peer.name();
            match memory::of(peer, events) {
                Ok(peak) => {
                    let peak = megabytes(usize::try_from(peak).unwrap_or(usize::MAX));
                    println!("{name:<20}{events:>10}{size:>10.1}{peak:>22.1}");
                }
                Err(error) => println!("{name} not measured: {error}"),
            }
        }
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().unwrap_or(EVENTS);
    match words.as_slice() {
        [] => {
            ratios();
            scaling();
            memory();
        }
        ["ratios"] => ratios(),
        ["scaling"] => scaling(),
        ["memory"] => memory(),
        [memory::CHILD, peer, events] => match memory::child(peer, number(events)) {
            Some(bytes) => println!("{bytes}"),
            None => println!("no /proc/self/status here"),
        },
        ["write", events, file] => {
            memory::write(number(events), file).unwrap_or_else(|error| println!("{file}: {error}"));
        }
        other => println!("ratios, scaling or memory, not {other:?}"),
    }
}
