//! What is asked of any input at all; the targets of `fuzz` and the seeded driver share it.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use invigilator::domain::{Candidates, Finding, LeftOut, Reading, Span};
use invigilator::timetable::{Encoding, Limits, Rules, Settings, ZoneData, read};
use std::sync::LazyLock;

/// Findings of one code that are told one by one, and the one that counts the others.
const TOLD_PER_CODE: usize = 101;
/// More kinds of findings than there are.
const CODES: usize = 100;
/// The longest text of a finding: a title, a UID and a sentence.
const MESSAGE_BYTES: usize = 4_000;

/// Made once: their patterns are compiled.
static RULES: LazyLock<Rules> = LazyLock::new(Rules::built_in);

fn settings(horizon: Span, limits: Limits) -> Settings {
    Settings {
        zone: Tz::America__St_Johns,
        encoding: Encoding::Utf8,
        zone_data: ZoneData::compiled(),
        horizon,
        default_candidates: Candidates::new(100),
        limits,
        rules: RULES.clone(),
    }
}

/// Two years around the timetables of the tests.
fn years() -> Span {
    let from = DateTime::from_timestamp(1_767_225_600, 0).unwrap_or_default();
    Span::new(from, from + TimeDelta::days(730)).unwrap_or(Span::ALWAYS)
}

/// Bytes to lines, components, limits: with limits so small that any input meets them.
pub(crate) fn lines(bytes: &[u8]) {
    let limits = Limits {
        file_bytes: 1 << 20,
        line_bytes: 64,
        depth: 3,
        events: 8,
        properties: 12,
        parameters: 2,
        zones: 1,
        observances: 2,
        dates: 3,
        rule_bytes: 40,
        instances: 5,
        sittings: 12,
    };
    judge(bytes, &settings(years(), limits));
}

/// The whole reading, in two years and in all of time.
pub(crate) fn reading(bytes: &[u8]) {
    let limits = Limits { file_bytes: 1 << 20, ..Limits::UPLOAD };
    judge(bytes, &settings(years(), limits));
    let always = Span::new(DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
    judge(bytes, &settings(always.unwrap_or(Span::ALWAYS), limits));
}

/// Reads, and holds the answer against what is promised of every answer.
fn judge(bytes: &[u8], settings: &Settings) {
    let Ok(Reading { sittings, findings, counts, left_out }) = read(bytes, settings) else {
        return;
    };
    let Limits { events, sittings: most, .. } = settings.limits;
    assert!(sittings.len() <= most, "{} sittings", sittings.len());
    assert!(counts.events as usize <= events, "{} events", counts.events);
    assert!(counts.sittings as usize == sittings.len(), "sittings are counted");
    assert!(sittings.is_sorted_by_key(|sitting| sitting.span.start()), "sittings are sorted");
    let lines = 1 + bytes.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
    for sitting in &sittings {
        assert!(0 < sitting.candidates.get(), "{} has candidates", sitting.key);
        assert!(is_shown_safely(&sitting.title), "{:?} is one clean line", sitting.title);
        assert!(sitting.opens_at() <= sitting.span.start(), "{} opens by its start", sitting.key);
        assert!(
            sitting.span.end() <= sitting.last_deadline(),
            "{} ends by its deadline",
            sitting.key
        );
        let line = sitting.source_line.map_or(1, |line| line as usize);
        assert!((1..=lines).contains(&line), "{} stands on line {line} of {lines}", sitting.key);
    }
    for LeftOut { uid, title, line: _, starts_at: _, reason } in &left_out {
        let texts = [uid, title, reason];
        assert!(texts.into_iter().all(|text| is_shown_safely(text)), "{reason:?} is clean");
    }
    assert!(findings.len() <= TOLD_PER_CODE * CODES, "{} findings", findings.len());
    for Finding { severity: _, code: _, uid, line, message, fix } in &findings {
        let line = line.map_or(1, |line| line as usize);
        assert!((1..=lines).contains(&line), "{message}: line {line} of {lines}");
        let texts = [uid.as_deref().unwrap_or_default(), message, fix];
        assert!(texts.into_iter().all(is_shown_safely), "{message:?} is clean");
        assert!(
            message.len() <= MESSAGE_BYTES && !fix.is_empty(),
            "{message} can be read and mended"
        );
    }
}

/// Whether a text can be shown on a page or in a log: no controls, nothing that turns the direction of text.
fn is_shown_safely(text: &str) -> bool {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}');
    !text.chars().any(|c| c.is_control() || turns(c))
}
