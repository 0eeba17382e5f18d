//! Sittings to timetable text, such that reading it back gives the same sittings.

use super::event::{OTHER_READING, UID};
use super::extra;
use crate::domain::{Sitting, Span};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Octets of a line, its end not counted (RFC 5545 section 3.1).
const LINE: usize = 75;

/// The sittings as iCalendar text, each as an event of its own in UTC, stamped with `stamped`. Read back it gives the
/// same sittings, times to the second; of sittings that share a key, as both times of a moved one do, the later ones in
/// the list come back under UIDs of their own, since a calendar has each key once.
pub fn written(sittings: &[Sitting], stamped: DateTime<Utc>) -> String {
    let mut text = String::new();
    for line in ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//invigilator//timetable//EN"] {
        fold(line, &mut text);
    }
    let mut names = Names::of(sittings);
    for sitting in sittings {
        let uid = names.uid(sitting);
        for line in lines(sitting, &uid, stamped) {
            fold(&line, &mut text);
        }
    }
    fold("END:VCALENDAR", &mut text);
    text
}

/// The lines of one event, unfolded.
fn lines(sitting: &Sitting, uid: &str, stamped: DateTime<Utc>) -> Vec<String> {
    let Sitting { key, title, span, other_readings, candidates, extra_time, source_line: _ } =
        sitting;
    let mut lines = vec![
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{}", escaped(uid)),
        format!("DTSTAMP:{}", utc(stamped)),
        format!("SUMMARY:{}", escaped(title)),
        format!("DTSTART:{}", utc(span.start())),
        format!("DTEND:{}", utc(span.end())),
    ];
    lines.extend(key.recurrence_id.map(|id| format!("RECURRENCE-ID:{}", utc(id))));
    lines.push(format!("X-INVIGILATOR-CANDIDATES:{candidates}"));
    // Said of everybody: an instance without it would have that of its series.
    lines.push(format!("X-INVIGILATOR-EXTRA-TIME:{}", escaped(&extra::written(extra_time))));
    let reading =
        |span: &Span| format!("{OTHER_READING}:{}/{}", utc(span.start()), utc(span.end()));
    lines.extend(other_readings.iter().map(reading));
    lines.push("END:VEVENT".to_owned());
    lines
}

fn utc(at: DateTime<Utc>) -> String {
    at.format("%Y%m%dT%H%M%SZ").to_string()
}

/// TEXT (RFC 5545 section 3.3.11); no character of it can begin a line of its own.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => safe.extend(['\\', character]),
            '\n' => safe.push_str("\\n"),
            other if other.is_control() => safe.push(' '),
            other => safe.push(other),
        }
    }
    safe
}

/// Adds a line, folded between characters.
fn fold(line: &str, text: &mut String) {
    let mut octets = 0;
    for character in line.chars() {
        if LINE < octets + character.len_utf8() {
            text.push_str("\r\n ");
            octets = 1;
        }
        text.push(character);
        octets += character.len_utf8();
    }
    text.push_str("\r\n");
}

/// Gives each event an identity that no other one has.
struct Names<'a> {
    known: BTreeSet<&'a str>,
    /// The UIDs whose own event is written.
    single: BTreeSet<&'a str>,
    /// The instances that are written: an event without a RECURRENCE-ID is the instance at its start.
    instances: BTreeSet<(&'a str, DateTime<Utc>)>,
    /// How many further names a UID has been given.
    further: BTreeMap<&'a str, u32>,
}

impl<'a> Names<'a> {
    fn of(sittings: &'a [Sitting]) -> Self {
        Self {
            known: sittings.iter().map(|sitting| sitting.key.uid.as_str()).collect(),
            single: BTreeSet::new(),
            instances: BTreeSet::new(),
            further: BTreeMap::new(),
        }
    }

    fn uid(&mut self, sitting: &'a Sitting) -> String {
        let uid = sitting.key.uid.as_str();
        let instance = sitting.key.recurrence_id.unwrap_or(sitting.span.start());
        let is_single = sitting.key.recurrence_id.is_none();
        let taken =
            self.instances.contains(&(uid, instance)) || (is_single && self.single.contains(uid));
        if !taken {
            self.instances.insert((uid, instance));
            if is_single {
                self.single.insert(uid);
            }
            return uid.to_owned();
        }
        let further = self.further.entry(uid).or_insert(1);
        loop {
            *further += 1;
            let mark = format!("/{further}");
            let fits = uid.floor_char_boundary(UID - mark.len());
            let own = format!("{}{mark}", &uid[..fits]);
            if !self.known.contains(own.as_str()) {
                return own;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Candidates, ExtraTime, Factor, Reading, Share, SittingKey};
    use crate::timetable::event::shown_title;
    use crate::timetable::property::one_line;
    use crate::timetable::tests::{any_sittings, settings, sitting};
    use crate::timetable::{Settings, read, union};
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn read_back(text: &str) -> Reading {
        read(text.as_bytes(), &Settings { horizon: Span::ALWAYS, ..settings() }).unwrap()
    }

    /// Without the lines of the file, in one order.
    fn plain(sittings: &[Sitting]) -> Vec<Sitting> {
        let mut plain: Vec<Sitting> =
            sittings.iter().map(|one| Sitting { source_line: None, ..one.clone() }).collect();
        plain.sort_by(|a, b| (a.span.start(), &a.key).cmp(&(b.span.start(), &b.key)));
        plain
    }

    fn stamped() -> DateTime<Utc> {
        sitting("x", 0, 1).span.start()
    }

    #[test]
    fn a_sitting_is_written_as_rfc_5545_has_it() {
        let mut one = sitting("law,1", 9, 850);
        one.title = "Law; part 1, \\n is no line".into();
        one.key.recurrence_id = Some(one.span.start());
        one.extra_time = vec![crate::timetable::tests::extra_time(0.12, 1.25)];
        one.other_readings = vec![sitting("x", 10, 1).span];
        let wanted = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//invigilator//timetable//EN\r\n\
            BEGIN:VEVENT\r\nUID:law\\,1\r\nDTSTAMP:20261130T000000Z\r\n\
            SUMMARY:Law\\; part 1\\, \\\\n is no line\r\nDTSTART:20261130T090000Z\r\n\
            DTEND:20261130T110000Z\r\nRECURRENCE-ID:20261130T090000Z\r\n\
            X-INVIGILATOR-CANDIDATES:850\r\nX-INVIGILATOR-EXTRA-TIME:12%=1.25\r\n\
            X-INVIGILATOR-OTHER-READING:20261130T100000Z/20261130T120000Z\r\n\
            END:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(written(&[one], stamped()), wanted);
    }

    #[test]
    fn a_line_is_folded_within_75_octets_and_never_inside_a_character() {
        let mut one = sitting("a", 9, 1);
        one.title = "Ω€𝄞".repeat(60);
        let text = written(&[one.clone()], stamped());
        assert!(text.split("\r\n").all(|line| line.len() <= LINE), "{text}");
        assert!(!text.replace("\r\n", "").contains(['\r', '\n']));
        assert_eq!(read_back(&text).sittings[0].title, one.title);
    }

    #[test]
    fn a_title_cannot_bring_lines_of_its_own() {
        let mut one = sitting("a", 9, 1);
        one.title = "Law\r\nEND:VEVENT\rDTSTART:19700101T000000Z\u{85}\n".into();
        let back = read_back(&written(&[one.clone()], stamped()));
        assert_eq!(back.sittings.len(), 1);
        assert_eq!(back.sittings[0].span, one.span);
    }

    #[test]
    fn an_instance_without_extra_time_does_not_take_that_of_its_series() {
        let mut series = sitting("a", 9, 100);
        series.extra_time = vec![crate::timetable::tests::extra_time(0.12, 1.25)];
        let mut instance = sitting("a", 9 + 168, 100);
        instance.key.recurrence_id = Some(instance.span.start());
        let all = [series, instance];
        assert_eq!(plain(&read_back(&written(&all, stamped())).sittings), plain(&all));
    }

    /// UIDs and titles as a reading can have them.
    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![".{0,40}", r#"[ -~]{0,300}"#, r"(\\|;|,|n|N|:|\x22| |é|𝄞|=|\^|'){0,90}"]
    }

    fn any_read_sitting() -> impl Strategy<Value = Sitting> {
        let second = 0i64..253_000_000_000;
        let span = (second.clone(), 1i64..1_000_000).prop_map(|(start, long)| {
            let at = |second| DateTime::from_timestamp(second, 0).unwrap();
            Span::new(at(start), at(start + long)).unwrap()
        });
        let extra = (0.0f64..0.03, prop_oneof![1.0f64..3.0, 1.0f64..1e300]);
        let extra = extra.prop_map(|(share, factor)| ExtraTime {
            share: Share::new(share).unwrap(),
            factor: Factor::new(factor).unwrap(),
        });
        let extra = prop::collection::vec(extra, 0..32);
        let rest = (any_text(), 1u32.., prop::option::of(second));
        (any_text(), span.clone(), prop::collection::vec(span, 0..3), extra, rest).prop_map(
            |(uid, span, mut other_readings, extra_time, (title, candidates, recurrence_id))| {
                other_readings.sort_by_key(|other| (other.start(), other.end()));
                other_readings.dedup();
                other_readings.retain(|other| *other != span);
                let uid = one_line(&uid);
                let fits = uid.floor_char_boundary(UID);
                let uid = if uid.is_empty() { "u".into() } else { one_line(&uid[..fits]) };
                Sitting {
                    key: SittingKey {
                        uid,
                        recurrence_id: recurrence_id
                            .map(|second| DateTime::from_timestamp(second, 0).unwrap()),
                    },
                    title: shown_title(&title),
                    span,
                    other_readings,
                    candidates: Candidates::new(candidates),
                    extra_time,
                    source_line: None,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn reading_what_was_written_gives_the_same_sittings(
            mut sittings in prop::collection::vec(any_read_sitting(), 1..5),
        ) {
            sittings.sort_by(|a, b| a.key.cmp(&b.key));
            sittings.dedup_by(|a, b| a.key == b.key);
            let back = read_back(&written(&sittings, stamped()));
            prop_assert_eq!(plain(&back.sittings), plain(&sittings));
        }

        #[test]
        fn what_shares_a_key_is_read_back_too(old in any_sittings(), new in any_sittings()) {
            let both = union(&old, &new);
            let back = read_back(&written(&both, stamped()));
            prop_assert!(crate::timetable::compare(&both, &back.sittings).is_same());
        }

        #[test]
        fn what_is_read_can_be_written(text in any::<String>(), lines in ".{0,200}") {
            let event = crate::timetable::tests::event("a", &format!("{}\n{lines}", crate::timetable::tests::november(30)));
            let first = read_back(&format!("BEGIN:VCALENDAR\n{event}SUMMARY:{text}\nEND:VCALENDAR"));
            let back = read_back(&written(&first.sittings, stamped()));
            prop_assert_eq!(plain(&back.sittings), plain(&first.sittings));
        }
    }

    #[test]
    fn an_other_reading_that_makes_no_sense_costs_only_itself() {
        let read = |value: &str| {
            let text = written(&[sitting("a", 9, 1)], stamped());
            let line = format!("{OTHER_READING}:{value}\r\nEND:VEVENT");
            read_back(&text.replace("END:VEVENT", &line))
        };
        let good = read("20261130T080000Z/20261130T100000Z");
        assert_eq!(good.sittings[0].opens_at(), sitting("a", 8, 1).span.start());
        assert_eq!(good.findings, []);
        for bad in
            ["", "8/9", "20261130T080000/20261130T100000", "20261130T100000Z/20261130T100000Z"]
        {
            let reading = read(bad);
            assert_eq!(plain(&reading.sittings), plain(&[sitting("a", 9, 1)]), "{bad}");
            assert_eq!(crate::timetable::tests::codes(&reading), ["bad_time"], "{bad}");
        }
    }

    #[test]
    fn a_sitting_that_may_reach_into_the_horizon_is_kept() {
        let mut doubtful = sitting("a", 9, 1);
        doubtful.other_readings = vec![sitting("x", 48, 1).span];
        let horizon = Span::new(sitting("x", 40, 1).span.start(), sitting("x", 90, 1).span.start());
        let narrow = Settings { horizon: horizon.unwrap(), ..settings() };
        let text = written(&[doubtful], stamped());
        assert_eq!(read(text.as_bytes(), &narrow).unwrap().sittings.len(), 1);
    }

    #[test]
    fn both_times_of_a_moved_sitting_are_written() {
        let mut instance = sitting("a", 9, 100);
        instance.key.recurrence_id = Some(instance.span.start() + TimeDelta::hours(2));
        let twice = [sitting("a", 9, 100), sitting("a", 11, 100), instance, sitting("a/2", 9, 7)];
        let back = read_back(&written(&twice, stamped()));
        let uids: Vec<_> = back.sittings.iter().map(|one| one.key.to_string()).collect();
        assert_eq!(uids, ["a", "a;20261130T110000Z", "a/2", "a/3"]);
    }
}
