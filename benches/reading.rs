//! How fast a timetable is read, beside what the `icalendar` crate's own parser needs for the same text.
//!
//! The text has CRLF line ends, which are the parser's fast case. The reader does more with it: zones, series, cohorts.

use chrono::{DateTime, NaiveDate, TimeDelta};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use invigilator::domain::{Candidates, Span};
use invigilator::timetable::{Limits, Rules, Settings, read};
use std::fmt::Write as _;
use std::hint::black_box;

/// A registrar's file: exams on the days of a term, one in ten a weekly series with a moved instance.
fn timetable(events: i64) -> String {
    let mut text =
        String::from("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Example//Registry//EN\r\n");
    let monday = NaiveDate::from_ymd_opt(2026, 11, 2).unwrap_or_default();
    for index in 0..events {
        let day = (monday + TimeDelta::days(index % 60)).format("%Y%m%d");
        let (uid, rest) = match index % 10 {
            8 => (index, "RRULE:FREQ=WEEKLY;COUNT=8\r\n".to_owned()),
            9 => (index - 1, format!("RECURRENCE-ID;TZID=Europe/London:{day}T090000\r\n")),
            _ => (index, String::new()),
        };
        let written = write!(
            text,
            "BEGIN:VEVENT\r\nUID:exam-{uid}@registry.example.ac.uk\r\nDTSTAMP:20261001T090000Z\r\n\
             SEQUENCE:{index}\r\nSUMMARY:EXAM{index} An exam with an ordinary title\\, part {index}\r\n\
             DTSTART;TZID=Europe/London:{day}T090000\r\nDTEND;TZID=Europe/London:{day}T110000\r\n\
             LOCATION:Online\r\nDESCRIPTION:Open book. Candidates: {}\\nExtra time: 12% x1.25\\, 3%\r\n  x1.5\r\n\
             STATUS:CONFIRMED\r\nTRANSP:OPAQUE\r\n{rest}END:VEVENT\r\n",
            100 + index % 900,
        );
        assert!(written.is_ok(), "a String takes whatever is written to it");
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

fn reading(criterion: &mut Criterion) {
    let Some(horizon) =
        Span::new(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::weeks(5_000))
    else {
        return;
    };
    let settings = Settings {
        zone: chrono_tz::Europe::London,
        horizon,
        default_candidates: Candidates::new(100),
        limits: Limits { sittings: usize::MAX, ..Limits::UPLOAD },
        rules: Rules::built_in(),
    };
    let mut group = criterion.benchmark_group("reading");
    group.sample_size(10);
    for events in [2_000, 20_000] {
        let text = timetable(events);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(
            BenchmarkId::new("timetable::read", events),
            &text,
            |bencher, text| {
                bencher.iter(|| read(black_box(text.as_bytes()), &settings));
            },
        );
        group.bench_with_input(BenchmarkId::new("icalendar", events), &text, |bencher, text| {
            bencher.iter(|| black_box(text).parse::<icalendar::Calendar>());
        });
    }
    group.finish();
}

criterion_group!(benches, reading);
criterion_main!(benches);
