//! Written times on the line of time. When the clocks change, or when zone rules disagree, one written time is several
//! moments.

use crate::domain::Span;
use chrono::{DateTime, TimeDelta, Utc};

/// The moments that one set of zone rules gives a written time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::timetable) struct Reading {
    /// What RFC 5545 section 3.3.5 says: the first of two, or the offset before a gap.
    pub(in crate::timetable) by_rfc: DateTime<Utc>,
    /// The second of two, or the offset after a gap; most often the same.
    pub(in crate::timetable) other: DateTime<Utc>,
}

impl Reading {
    fn plus(self, length: TimeDelta) -> Option<Self> {
        let Self { by_rfc, other } = self;
        Some(Self {
            by_rfc: by_rfc.checked_add_signed(length)?,
            other: other.checked_add_signed(length)?,
        })
    }
}

/// A written time on the line of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::timetable) enum Moment {
    /// All rules agree, and no clock changes nearby.
    Certain(DateTime<Utc>),
    /// What each set of rules says, the one that counts first; never empty.
    Doubtful(Vec<Reading>),
}

impl Moment {
    /// The moment that counts.
    pub(in crate::timetable) fn by_rfc(&self) -> DateTime<Utc> {
        self.reading(0).by_rfc
    }

    /// The latest moment of any reading.
    pub(in crate::timetable) fn latest(&self) -> DateTime<Utc> {
        match self {
            Self::Certain(at) => *at,
            Self::Doubtful(readings) => {
                let all = readings.iter().flat_map(|reading| [reading.by_rfc, reading.other]);
                all.fold(self.by_rfc(), DateTime::max)
            }
        }
    }

    /// Only what RFC 5545 says by each set of rules. Of a midnight that is the first moment of its day: the first of two,
    /// and where the clocks skip it, the moment they do. No zone of the IANA database has begun to skip before midnight
    /// and ended after it since 1970.
    pub(in crate::timetable) fn first_of_each(self) -> Self {
        match self {
            Self::Certain(at) => Self::Certain(at),
            Self::Doubtful(readings) => {
                let first = |Reading { by_rfc, other: _ }| Reading { by_rfc, other: by_rfc };
                Self::Doubtful(readings.into_iter().map(first).collect())
            }
        }
    }

    /// That much later, by the stop-watch. `None` beyond the end of time.
    pub(in crate::timetable) fn plus(&self, length: TimeDelta) -> Option<Self> {
        Some(match self {
            Self::Certain(at) => Self::Certain(at.checked_add_signed(length)?),
            Self::Doubtful(readings) => {
                let later = readings.iter().map(|reading| reading.plus(length));
                Self::Doubtful(later.collect::<Option<_>>()?)
            }
        })
    }

    /// What the rules of that rank say; where there are fewer, what counts.
    fn reading(&self, rank: usize) -> Reading {
        match self {
            Self::Certain(at) => Reading { by_rfc: *at, other: *at },
            Self::Doubtful(readings) => readings[if rank < readings.len() { rank } else { 0 }],
        }
    }

    /// How many sets of rules have their own say.
    fn ranks(&self) -> usize {
        match self {
            Self::Certain(_) => 1,
            Self::Doubtful(readings) => readings.len(),
        }
    }
}

/// How something ends that starts at a [`Moment`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::timetable) enum Ending {
    /// At a written time.
    At(Moment),
    /// So long after the start, by the stop-watch.
    After(TimeDelta),
}

/// Every way in which a start and an end can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::timetable) struct Covered {
    /// As RFC 5545 reads them.
    pub(in crate::timetable) span: Span,
    /// The other readings, sorted, each once.
    pub(in crate::timetable) others: Vec<Span>,
    /// Whether the clocks change at one of the two times.
    pub(in crate::timetable) clocks_change: bool,
    /// Whether the zone rules disagree about one of the two times.
    pub(in crate::timetable) rules_differ: bool,
}

impl Covered {
    /// All readings in which the end comes after the start; `None` if there is none.
    pub(in crate::timetable) fn of(start: &Moment, end: &Ending) -> Option<Self> {
        if let (Moment::Certain(start), Ending::After(length)) = (start, end) {
            return Some(Self::certain(Span::new(*start, start.checked_add_signed(*length)?)?));
        }
        if let (Moment::Certain(start), Ending::At(Moment::Certain(end))) = (start, end) {
            return Some(Self::certain(Span::new(*start, *end)?));
        }
        let ranks = match end {
            Ending::At(end) => end.ranks().max(start.ranks()),
            Ending::After(_) => start.ranks(),
        };
        let (mut spans, mut clocks_change) = (Vec::new(), false);
        let mut as_each_says = Vec::new();
        for rank in 0..ranks {
            let from = start.reading(rank);
            let until = match end {
                Ending::At(end) => end.reading(rank),
                Ending::After(length) => from.plus(*length)?,
            };
            clocks_change |= from.by_rfc != from.other || until.by_rfc != until.other;
            as_each_says.push((from, until));
            let mut read = vec![(from.by_rfc, until.by_rfc), (from.other, until.other)];
            if matches!(end, Ending::At(_)) {
                read.extend([(from.by_rfc, until.other), (from.other, until.by_rfc)]);
            }
            spans.extend(read.into_iter().filter_map(|(from, until)| Span::new(from, until)));
        }
        let span = *spans.first()?;
        let mut others = spans;
        others.sort_by_key(|span| (span.start(), span.end()));
        others.dedup();
        others.retain(|other| *other != span);
        let rules_differ = as_each_says.iter().any(|said| *said != as_each_says[0]);
        Some(Self { span, others, clocks_change, rules_differ })
    }

    /// From the first start to the last end of all readings.
    pub(in crate::timetable) fn longest(&self) -> Span {
        self.others.iter().fold(self.span, |longest, other| {
            let (start, end) = (longest.start().min(other.start()), longest.end().max(other.end()));
            Span::new(start, end).unwrap_or(longest)
        })
    }

    const fn certain(span: Span) -> Self {
        Self { span, others: Vec::new(), clocks_change: false, rules_differ: false }
    }
}
