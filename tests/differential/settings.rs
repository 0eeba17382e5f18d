//! How the timetables of the tests are read.

use crate::generator::Timetable;
use crate::occurrence::Window;
use chrono::DateTime;
use chrono_tz::Tz;
use invigilator::domain::{Candidates, Span};
use invigilator::timetable::{Encoding, Limits, Rules, Settings, ZoneData};

/// The academic year 2026/27, in UTC.
pub(crate) const YEAR: Window = Window { from: 1_788_220_800, to: 1_819_756_800 };
/// What is nearer to the edges of the year is not compared: whether it is seen depends on extra time.
const EDGE: i64 = 3 * 86_400;

/// Whether a start is compared.
pub(crate) fn is_compared(start: i64) -> bool {
    (YEAR.from + EDGE..YEAR.to - EDGE).contains(&start)
}

/// Settings of a campus in `zone` for a window.
pub(crate) fn settings(zone: Tz, window: Window) -> Settings {
    let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a year that chrono knows");
    Settings {
        zone,
        encoding: Encoding::Utf8,
        zone_data: ZoneData::compiled(),
        horizon: Span::new(at(window.from), at(window.to)).expect("it ends after it begins"),
        default_candidates: Candidates::new(100),
        limits: Limits { sittings: usize::MAX, ..Limits::UPLOAD },
        rules: Rules::built_in(),
    }
}

/// Settings for a generated timetable.
pub(crate) fn settings_of(timetable: &Timetable) -> Settings {
    let zone = timetable.producer.campus.name.parse().expect("chrono-tz knows it");
    settings(zone, YEAR)
}

/// How many timetables are generated: 100, or as many as `INVIGILATOR_SEEDS` says.
pub(crate) fn seeds() -> std::ops::RangeInclusive<u64> {
    let wanted = std::env::var("INVIGILATOR_SEEDS").ok();
    let count = wanted.map(|text| text.parse().expect("INVIGILATOR_SEEDS is a number"));
    1..=count.unwrap_or(100)
}

/// How many failures a message shows: some, or all where `INVIGILATOR_ALL_FAILURES` is set.
pub(crate) fn failures_shown() -> usize {
    let all = std::env::var_os("INVIGILATOR_ALL_FAILURES").is_some();
    if all { usize::MAX } else { 5 }
}
