//! A stretch of the academic calendar and how the fleet breathes in it.

use super::campus::clock_shows;
use super::{Nodes, Span, Tracking};
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

/// Summer, enrolment, teaching, exams, or certain hours of them: bounds and tracking target outside windows.
#[derive(Debug, Clone, PartialEq)]
pub struct Phase {
    /// What the calendar calls it.
    pub name: String,
    /// On which days of the year.
    pub dates: Dates,
    /// On which hours of those days; all of them where nothing is said. Such a part stands behind its phase.
    pub hours: Option<Hours>,
    /// Least nodes.
    pub floor: Nodes,
    /// Most nodes that target tracking may reach.
    pub ceiling: Nodes,
    /// What target tracking aims at.
    pub tracking: Tracking,
    /// vCPU that the rest of the university uses in it at its busiest, where that is not as usual.
    pub background_vcpu: Option<f64>,
}

/// When a phase holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Dates {
    /// Wherever no phase with dates does.
    Otherwise,
    /// In these stretches.
    Within(Vec<Span>),
    /// Nobody can tell now: the file that has its dates cannot be read.
    Unknown,
}

/// Certain hours of certain days of the week, by the campus clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// The days on which they begin.
    pub days: Vec<Weekday>,
    /// The first moment inside.
    pub from: NaiveTime,
    /// The first moment after; of the next day where it is not after `from`.
    pub until: NaiveTime,
}

impl Hours {
    /// The stretch of these hours that begins on a day, if one does. Where the clocks change in between it is as long as
    /// the clock makes it; an hour that comes twice is inside as a whole, at either end.
    pub(super) fn on(&self, day: NaiveDate, zone: Tz) -> Option<Span> {
        if !self.days.contains(&day.weekday()) {
            return None;
        }
        let last = if self.from < self.until { day } else { day.succ_opt()? };
        let begins = clock_shows(day.and_time(self.from), zone)?.0;
        let ends = clock_shows(last.and_time(self.until), zone)?.1;
        Span::new(begins, ends)
    }

    /// Whether a moment is inside.
    pub(super) fn contain(&self, moment: DateTime<Utc>, zone: Tz) -> bool {
        let today = moment.with_timezone(&zone).date_naive();
        let days = [Some(today), today.pred_opt()].into_iter().flatten();
        days.filter_map(|day| self.on(day, zone)).any(|span| span.contains(moment))
    }

    /// Every stretch of these hours that touches `span`, in order.
    pub(super) fn within(&self, span: Span, zone: Tz) -> impl Iterator<Item = Span> + '_ {
        let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        let first = day(span.start()).pred_opt().unwrap_or(NaiveDate::MIN);
        let last = day(span.end());
        let days = first.iter_days().take_while(move |day| *day <= last);
        days.filter_map(move |day| self.on(day, zone)).filter(move |hours| hours.overlaps(span))
    }
}

impl Dates {
    /// The moments at which they begin or end.
    pub(super) fn changes(&self) -> impl Iterator<Item = DateTime<Utc>> + '_ {
        let spans = match self {
            Self::Within(spans) => spans.as_slice(),
            Self::Otherwise | Self::Unknown => &[],
        };
        spans.iter().flat_map(|span| [span.start(), span.end()])
    }
}
