//! The attempt key: two looks, apart, both fresh, both without active attempts.

use super::Settings;
use crate::domain::{Attempts, Seen};
use chrono::{DateTime, TimeDelta, Utc};

/// How far the source's clock may run ahead of ours before its answer is not believed: synchronised clocks differ
/// by far less.
const CLOCK_OFFSET: TimeDelta = TimeDelta::seconds(2);

/// What the looks so far say. Kept in memory only: a restart begins with none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Looks {
    /// The source's time of the first of an unbroken run of looks without attempts, and of the latest.
    quiet: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Our time of the first of an unbroken run of looks that could not be read.
    unreadable: Option<DateTime<Utc>>,
}

/// What one look says about attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// None are active; the source's time.
    Quiet(DateTime<Utc>),
    /// So many are active.
    Active(u64),
    /// There is no source, and that is certain.
    NoSource,
    /// Not readable, stale, or not to be believed.
    Unknown,
}

pub(super) fn look(attempts: &Seen<Attempts>, now: DateTime<Utc>, settings: &Settings) -> Look {
    match attempts {
        Seen::Absent => Look::NoSource,
        Seen::Unknown(_) => Look::Unknown,
        Seen::Known(Attempts { active, as_of, latest_deadline: _ }) => {
            let fresh = now - *as_of <= settings.fresh_for && *as_of - now <= CLOCK_OFFSET;
            match (fresh, *active <= settings.background_attempts) {
                // However old, a count of people who write is not a reason to take servers away.
                (true | false, false) => Look::Active(*active),
                (true, true) => Look::Quiet(*as_of),
                (false, true) => Look::Unknown,
            }
        }
    }
}

impl Looks {
    /// The looks after one more. Anything but a quiet look that is strictly later breaks the run.
    #[must_use]
    pub fn after(self, attempts: &Seen<Attempts>, now: DateTime<Utc>, settings: &Settings) -> Self {
        let look = look(attempts, now, settings);
        let unreadable = (look == Look::Unknown).then(|| self.unreadable.unwrap_or(now));
        let quiet = match (look, self.quiet) {
            (Look::Quiet(at), None) => Some((at, at)),
            (Look::Quiet(at), Some((first, latest))) if latest < at => Some((first, at)),
            // The same answer twice is one look: the run neither grows nor breaks.
            (Look::Quiet(at), Some((first, latest))) if latest == at => Some((first, latest)),
            // Time that runs backwards is not to be believed.
            (Look::Quiet(_) | Look::Active(_) | Look::NoSource | Look::Unknown, _) => None,
        };
        Self { quiet, unreadable }
    }

    /// Whether two looks agree that nobody is working.
    pub fn agree(self, settings: &Settings) -> bool {
        self.quiet.is_some_and(|(first, latest)| latest - first >= settings.second_look)
    }

    /// For how long, in this life, attempts could not be read; zero when the latest look could.
    pub fn unreadable_for(self, now: DateTime<Utc>) -> TimeDelta {
        self.unreadable.map_or(TimeDelta::zero(), |since| now - since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reconciler::fixture::{at, settings};

    fn quiet(seconds: i64) -> Seen<Attempts> {
        Seen::Known(Attempts { active: 0, as_of: at(seconds), latest_deadline: None })
    }

    fn after(looks: &[(i64, Seen<Attempts>)]) -> bool {
        let settings = settings();
        let last = looks.iter().fold(Looks::default(), |so_far, (now, attempts)| {
            so_far.after(attempts, at(*now), &settings)
        });
        last.agree(&settings)
    }

    #[test]
    fn two_quiet_looks_a_minute_apart_agree() {
        assert!(after(&[(0, quiet(0)), (60, quiet(60))]));
        assert!(!after(&[(0, quiet(0)), (59, quiet(59))]));
    }

    #[test]
    fn the_same_answer_twice_is_one_look() {
        assert!(!after(&[(0, quiet(0)), (30, quiet(0)), (59, quiet(0))]));
    }

    #[test]
    fn an_active_unknown_stale_or_future_look_begins_anew() {
        let active = Seen::Known(Attempts { active: 1, as_of: at(30), latest_deadline: None });
        for bad in [active, Seen::Unknown("timeout".into()), quiet(-40), quiet(33)] {
            assert!(!after(&[(0, quiet(0)), (30, bad.clone()), (60, quiet(60))]), "{bad:?}");
        }
    }
}
