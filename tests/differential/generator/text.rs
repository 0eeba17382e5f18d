//! Timetables as bytes: line ends, folds, marks, letter case, order, several calendars.

use super::dice::Dice;
use super::{Exam, Feature, Timetable};

/// How lines end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ends {
    /// As RFC 5545 section 3.1 asks.
    CrLf,
    /// As many files have it.
    Lf,
    /// Now so, now so.
    Mixed,
}

/// How long lines are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Folds {
    /// Not at all.
    None,
    /// After 75 bytes at most, between characters.
    Tidy,
    /// Anywhere, inside characters too.
    Anywhere,
}

/// How a timetable is written down. The meaning stays the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Script {
    /// Line ends.
    pub(crate) ends: Ends,
    /// Folds.
    pub(crate) folds: Folds,
    /// A byte order mark.
    pub(crate) mark: bool,
    /// Names in lower case here and there.
    pub(crate) case_noise: bool,
    /// Events in another order.
    pub(crate) shuffled: bool,
    /// The events in two calendars.
    pub(crate) split: bool,
}

impl Script {
    /// The way RFC 5545 asks for.
    pub(crate) const PLAIN: Self = Self {
        ends: Ends::CrLf,
        folds: Folds::Tidy,
        mark: false,
        case_noise: false,
        shuffled: false,
        split: false,
    };

    /// Some way.
    pub(crate) fn any(dice: &mut Dice) -> Self {
        Self {
            ends: dice.pick(&[Ends::CrLf, Ends::Lf, Ends::Mixed]),
            folds: dice.pick(&[Folds::None, Folds::Tidy, Folds::Anywhere]),
            mark: dice.one_in(8),
            case_noise: dice.one_in(8),
            shuffled: dice.one_in(4),
            split: dice.one_in(6),
        }
    }

    /// What readers may stumble over in how an exam is written.
    pub(crate) fn features(self, exam: &Exam) -> Vec<Feature> {
        let tags = [
            (self.case_noise, Feature::CaseNoise),
            (self.folds == Folds::Anywhere, Feature::FoldInCharacter),
            (self.ends == Ends::Mixed, Feature::MixedEnds),
            (self.split && exam.events.len() > 1, Feature::SeveralCalendars),
        ];
        tags.into_iter().filter_map(|(is, tag)| is.then_some(tag)).collect()
    }

    /// The file.
    pub(crate) fn write(self, timetable: &Timetable, dice: &mut Dice) -> Vec<u8> {
        let mut events: Vec<&Vec<String>> =
            timetable.exams.iter().flat_map(|exam| &exam.events).collect();
        if self.shuffled {
            dice.shuffle(&mut events);
        }
        let cut = if self.split { dice.below(events.len() + 1) } else { events.len() };
        let cancels: Vec<&Vec<String>> =
            timetable.exams.iter().flat_map(|exam| &exam.cancels).collect();
        let mut lines = Vec::new();
        let mut calendar = |events: &[&Vec<String>], method: Option<&str>| {
            lines.push("BEGIN:VCALENDAR".to_owned());
            let head = timetable.producer.head().into_iter();
            lines.extend(head.filter(|line| method.is_none() || !line.starts_with("METHOD:")));
            lines.extend(method.map(str::to_owned));
            lines.extend(events.iter().copied().flatten().cloned());
            lines.push("END:VCALENDAR".to_owned());
        };
        calendar(&events[..cut], None);
        if self.split {
            calendar(&events[cut..], None);
        }
        if !cancels.is_empty() {
            calendar(&cancels, Some("METHOD:CANCEL"));
        }
        self.bytes(&lines, dice)
    }

    fn bytes(self, lines: &[String], dice: &mut Dice) -> Vec<u8> {
        let mut bytes = Vec::new();
        if self.mark {
            bytes.extend_from_slice("\u{feff}".as_bytes());
        }
        for line in lines {
            let line = if self.case_noise && dice.one_in(3) { lowered(line) } else { line.clone() };
            for (index, part) in self.folded(&line, dice).into_iter().enumerate() {
                if index > 0 {
                    bytes.push(dice.pick(b" \t"));
                }
                bytes.extend_from_slice(part);
                let crlf = match self.ends {
                    Ends::CrLf => true,
                    Ends::Lf => false,
                    Ends::Mixed => dice.one_in(2),
                };
                bytes.extend_from_slice(if crlf { b"\r\n" } else { b"\n" });
            }
        }
        bytes
    }

    fn folded<'l>(self, line: &'l str, dice: &mut Dice) -> Vec<&'l [u8]> {
        let mut parts = Vec::new();
        let mut rest = line.as_bytes();
        loop {
            let longest = match self.folds {
                Folds::None => rest.len(),
                Folds::Tidy => 74,
                Folds::Anywhere => 1 + dice.below(60),
            };
            let is_inside = |at: usize| {
                let begins = |byte: &u8| byte & 0b1100_0000 != 0b1000_0000;
                self.folds != Folds::Anywhere && rest.get(at).is_some_and(|byte| !begins(byte))
            };
            let mut length = longest.min(rest.len());
            while is_inside(length) {
                length -= 1;
            }
            let (part, tail) = rest.split_at(length);
            parts.push(part);
            rest = tail;
            if rest.is_empty() {
                return parts;
            }
        }
    }
}

/// A line with its names, of properties, parameters and components, in lower case; values stay.
fn lowered(line: &str) -> String {
    if line.starts_with("BEGIN:") || line.starts_with("END:") {
        return line.to_ascii_lowercase();
    }
    let end = line.find([':', ';']).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let rest = if rest.starts_with(";TZID=") {
        rest.replacen(";TZID=", ";tzid=", 1)
    } else {
        rest.to_owned()
    };
    name.to_ascii_lowercase() + &rest
}

/// The events of one exam, for a message.
pub(crate) fn shown(exam: &Exam) -> String {
    exam.events
        .iter()
        .chain(&exam.cancels)
        .map(|event| event.join("\n"))
        .collect::<Vec<_>>()
        .join("\n")
}
