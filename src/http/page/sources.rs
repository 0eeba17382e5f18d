//! Where the timetables come from, and how old what is known of them is.

use crate::domain::{SourceKind, SourceStatus, TimetablePosture};
use crate::http::campus;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

/// A moment as a sentence has it: `Mon 30 Nov, 08:00 GMT`.
const MOMENT: &str = "%a %-d %b, %H:%M %Z";

/// One source of timetables.
pub(super) struct Source {
    pub(super) name: String,
    /// How looking for a newer one goes.
    pub(super) looked: String,
    /// Which revision is in force, and since when.
    pub(super) in_force: String,
    /// Whether something is wrong.
    pub(super) bad: bool,
}

impl Source {
    pub(super) fn of(one: &TimetablePosture, now: DateTime<Utc>, zone: Tz) -> Self {
        let moment =
            |at: DateTime<Utc>| format!("{} ({})", campus(at, zone, MOMENT), ago(now - at));
        let looked = match (one.kind, one.status) {
            (SourceKind::Upload, _) => "uploaded by hand".to_owned(),
            (_, SourceStatus::Never) => "not looked at yet".to_owned(),
            (_, SourceStatus::Ok) => {
                format!("{}, last looked at {}", kind(one.kind), checked(one, moment))
            }
            (_, SourceStatus::Failing) => {
                let why = one.error.as_deref().unwrap_or("it cannot be read");
                format!(
                    "{}, not taken: {why}; last good look {}",
                    kind(one.kind),
                    checked(one, moment)
                )
            }
        };
        let since = one.revision.zip(one.published_at);
        let in_force = since.map_or_else(
            || "nothing of it is published yet".to_owned(),
            |(number, at)| format!("revision {number} in force since {}", moment(at)),
        );
        let bad = one.status == SourceStatus::Failing;
        Self { name: one.source.clone(), looked, in_force, bad }
    }
}

fn checked(one: &TimetablePosture, moment: impl Fn(DateTime<Utc>) -> String) -> String {
    one.checked_at.map_or_else(|| "never".into(), moment)
}

const fn kind(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::Upload => "upload",
        SourceKind::File => "watched file",
        SourceKind::Directory => "watched directory",
        SourceKind::Https => "web address",
    }
}

/// How long ago, to the minute, and for what is older than two days in days.
fn ago(passed: TimeDelta) -> String {
    let (days, hours, minutes) = (passed.num_days(), passed.num_hours(), passed.num_minutes());
    match (days, hours, minutes) {
        (.., ..=0) => "just now".into(),
        (_, ..=0, _) => format!("{minutes} min ago"),
        (..=1, ..) => format!("{hours} h ago"),
        _ => format!("{days} days ago"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_796_025_600 + minute * 60, 0).unwrap()
    }

    fn fed() -> TimetablePosture {
        TimetablePosture {
            source: "registry".into(),
            kind: SourceKind::Https,
            revision: Some(3),
            published_at: Some(at(-2 * 24 * 60)),
            checked_at: Some(at(-125)),
            status: SourceStatus::Failing,
            error: Some("the server answers 403".into()),
        }
    }

    fn told(one: &TimetablePosture) -> (String, String) {
        let Source { name: _, looked, in_force, bad: _ } =
            Source::of(one, at(0), Tz::Europe__London);
        (looked, in_force)
    }

    #[test]
    fn a_source_tells_its_age_in_campus_time_and_what_is_wrong() {
        let (looked, in_force) = told(&fed());
        let wanted = "web address, not taken: the server answers 403; last good look \
                      Mon 30 Nov, 05:55 GMT (2 h ago)";
        assert_eq!(looked, wanted);
        assert_eq!(in_force, "revision 3 in force since Sat 28 Nov, 08:00 GMT (2 days ago)");
        let ok = TimetablePosture { status: SourceStatus::Ok, error: None, ..fed() };
        assert_eq!(told(&ok).0, "web address, last looked at Mon 30 Nov, 05:55 GMT (2 h ago)");
        let upload = TimetablePosture { kind: SourceKind::Upload, ..ok.clone() };
        assert_eq!(told(&upload).0, "uploaded by hand");
        let never = TimetablePosture { status: SourceStatus::Never, revision: None, ..ok };
        let wanted = ("not looked at yet".to_owned(), "nothing of it is published yet".to_owned());
        assert_eq!(told(&never), wanted);
    }

    #[test]
    fn how_long_ago_is_told_as_people_do() {
        for (minutes, text) in [
            (0, "just now"),
            (-3, "just now"),
            (59, "59 min ago"),
            (60, "1 h ago"),
            (47 * 60 + 59, "47 h ago"),
            (48 * 60, "2 days ago"),
        ] {
            assert_eq!(ago(TimeDelta::minutes(minutes)), text);
        }
    }
}
