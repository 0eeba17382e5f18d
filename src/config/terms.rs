//! The dates of phases that stand in a file of term dates, read anew for each plan.

use super::Fleet;
use super::timetable::bytes;
use crate::domain::{Calendar, Dates, Finding, Severity};
use crate::planner::{self, SettingsNow};
use crate::timetable;
use std::path::PathBuf;
use std::sync::Arc;

/// A file of term dates.
#[derive(Debug, Clone)]
pub struct TermFile {
    /// Where it lies.
    pub path: PathBuf,
    /// For each phase of the calendar, in its order, what the titles of its dates contain; `None` for a phase whose dates
    /// do not stand in the file.
    pub titles: Vec<Option<String>>,
}

impl Fleet {
    /// How to plan for it, as things are now: reads the term dates, if they stand in a file. Where that cannot be read, or
    /// has nothing for a phase, the phase may hold at any time, and a finding says so.
    pub fn planner(&self) -> planner::Settings {
        let mut settings = self.planner.clone();
        if let Some(file) = &self.term_file {
            settings.calendar = self.dated(settings.calendar, file);
        }
        settings
    }

    /// The same each time it is asked.
    pub fn planner_now(&self) -> SettingsNow {
        let fleet = self.clone();
        let unread = self.planner.clone();
        SettingsNow { unread, read: Arc::new(move || fleet.planner()) }
    }

    /// The calendar with the dates that the file has.
    fn dated(&self, calendar: Calendar, file: &TermFile) -> Calendar {
        let path = file.path.display();
        let settings = self.as_written();
        let read =
            bytes(&file.path, settings.limits.file_bytes).map_err(|why| why.to_string()).and_then(
                |text| timetable::term_dates(&text, &settings).map_err(|why| why.to_string()),
            );
        let read = match read {
            Ok(read) => read,
            Err(why) => return Calendar { doubts: vec![unreadable(file, &why)], ..calendar },
        };
        let of_file = |finding: Finding| Finding {
            message: format!("Term dates {path}: {}", finding.message),
            ..finding
        };
        let mut doubts: Vec<_> = read.findings.into_iter().map(of_file).collect();
        let mut phases = calendar.phases;
        for (phase, title) in phases.iter_mut().zip(&file.titles) {
            let Some(title) = title else { continue };
            let dates = read.dates.iter().filter(|date| names(&date.title, title));
            let spans: Vec<_> = dates.map(|date| date.span).collect();
            let in_doubt = read.cut_off || read.unread.iter().any(|unread| names(unread, title));
            if !spans.is_empty() && !in_doubt {
                phase.dates = Dates::Within(spans);
            } else if phase.hours.is_none() {
                doubts.push(if in_doubt {
                    unsure(file, &phase.name)
                } else {
                    unnamed(file, title, &phase.name)
                });
            }
        }
        Calendar { phases, doubts, ..calendar }
    }
}

/// Whether a title of the file is one of a phase whose titles contain these words, in this order and as whole words.
fn names(named: &str, words: &str) -> bool {
    let split = |text: &str| -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    };
    let (named, words) = (split(named), split(words));
    !words.is_empty() && named.windows(words.len()).any(|part| part == words)
}

fn unsure(file: &TermFile, phase: &str) -> Finding {
    Finding::new(
        Severity::Critical,
        "term_dates_in_doubt",
        format!(
            "The term dates {} do not say all of when phase {phase} is: the file is cut off, or dates of that phase cannot be \
             read. It may hold now.",
            file.path.display()
        ),
        "Mend the file; until then nothing goes below the floor of that phase.",
    )
}

fn unreadable(file: &TermFile, why: &str) -> Finding {
    Finding::new(
        Severity::Critical,
        "term_dates_unreadable",
        format!(
            "The term dates {} cannot be read: {why}. Each phase that has its dates there may hold now.",
            file.path.display()
        ),
        "Put the file back; until then nothing goes below the floors of those phases.",
    )
}

fn unnamed(file: &TermFile, title: &str, phase: &str) -> Finding {
    Finding::new(
        Severity::Warning,
        "term_without_dates",
        format!(
            "No title of the term dates {} contains {title:?}. Phase {phase}, which has its dates there, may hold now.",
            file.path.display()
        ),
        "Correct the phase's term, or the file; until then nothing goes below the floor of that phase.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Nodes, worst};
    use chrono::{DateTime, Utc};

    const CONFIG: &str = include_str!("../../config/production.example.toml");

    /// The example with an exam season from a file, which is put there.
    fn fleet(file: &std::path::Path) -> Fleet {
        let season = format!(
            "term_dates = {file:?}\n\n[[fleet.phase]]\nname = \"season\"\nterm = \"exam\"\nfloor = 6\nceiling = 40\n\
             target_requests = 600\n\n[[fleet.phase.hours]]\nname = \"nights\"\nfrom = \"22:00\"\nuntil = \"06:00\"\nfloor = 3\n\n\
             # One web server.\n"
        );
        let text = CONFIG.replace("# One web server.\n", &season);
        crate::config::parse(&text, "test.toml").unwrap().fleets.remove(0)
    }

    fn floor(fleet: &Fleet, at: &str) -> Nodes {
        let at: DateTime<Utc> = at.parse().unwrap();
        fleet.planner().calendar.at(at).unwrap().floor
    }

    fn terms(events: &[(&str, &str, &str)]) -> String {
        let event = |(title, from, until): &(&str, &str, &str)| {
            format!(
                "BEGIN:VEVENT\r\nUID:{title}\r\nSUMMARY:{title}\r\nDTSTART;VALUE=DATE:{from}\r\n\
                 DTEND;VALUE=DATE:{until}\r\nEND:VEVENT\r\n"
            )
        };
        let events: String = events.iter().map(event).collect();
        format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{events}END:VCALENDAR\r\n")
    }

    #[test]
    fn a_phase_takes_its_dates_from_the_file_each_time_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terms.ics");
        let fleet = fleet(&path);
        let summer = [
            ("Summer EXAM season", "20270503", "20270529"),
            ("Examiners meet", "20270601", "20270603"),
        ];
        std::fs::write(&path, terms(&summer)).unwrap();
        assert_eq!(fleet.planner().calendar.doubts, []);
        // 3 May begins at 23:00 UTC of the day before.
        let expected = [
            ("2027-05-02T22:59:59Z", 2),
            ("2027-05-02T23:00:00Z", 3),
            ("2027-05-03T12:00:00Z", 6),
            ("2027-05-28T23:00:00Z", 2),
        ];
        for (at, nodes) in expected {
            assert_eq!(floor(&fleet, at), Nodes::new(nodes), "{at}");
        }
        std::fs::write(&path, terms(&[("Summer exam season", "20270601", "20270629")])).unwrap();
        assert_eq!(floor(&fleet, "2027-05-03T12:00:00Z"), Nodes::new(2));
    }

    #[test]
    fn dates_that_cannot_be_read_raise_and_never_lower() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("terms.ics");
        let fleet = fleet(&path);
        let told = |fleet: &Fleet| {
            let doubts = fleet.planner().calendar.doubts;
            (doubts.last().unwrap().code.clone(), worst(&doubts).unwrap())
        };
        assert_eq!(told(&fleet), ("term_dates_unreadable".into(), Severity::Critical));
        // A night, if it is one of the season.
        let floors = ["2027-02-03T02:00:00Z", "2027-02-03T12:00:00Z"].map(|at| floor(&fleet, at));
        assert_eq!(floors, [3, 6].map(Nodes::new));
        std::fs::write(&path, "<html>").unwrap();
        assert_eq!(told(&fleet), ("term_dates_unreadable".into(), Severity::Critical));
        // One of its dates is misprinted, then the file is cut off within one.
        let two = terms(&[
            ("Exam season", "20270503", "20270529"),
            ("Resit exam", "20270823", "20270900"),
        ]);
        std::fs::write(&path, &two).unwrap();
        assert_eq!(told(&fleet).1, Severity::Critical);
        assert_eq!(floor(&fleet, "2027-02-03T12:00:00Z"), Nodes::new(6));
        std::fs::write(&path, two.split("DTEND;VALUE=DATE:20270900").next().unwrap()).unwrap();
        assert_eq!(told(&fleet).1, Severity::Critical);
        assert_eq!(floor(&fleet, "2027-02-03T12:00:00Z"), Nodes::new(6));
        std::fs::write(&path, terms(&[("Reading week", "20270503", "20270510")])).unwrap();
        assert_eq!(told(&fleet), ("term_without_dates".into(), Severity::Warning));
        assert_eq!(floor(&fleet, "2027-02-03T12:00:00Z"), Nodes::new(6));
    }
}
