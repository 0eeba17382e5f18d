//! Lists of candidates, and what they do to a timetable.

use super::*;
use crate::domain::{Candidates, Reading};
use crate::timetable::tests::{codes, event, extra_time, november, settings};
use crate::timetable::{Rules, Settings, read};

fn row(roster: &Roster, course: &str) -> (Option<u32>, usize) {
    let row = roster.row(course).map(|row| &roster.rows[row]);
    row.map_or((None, 0), |row| (row.candidates, row.extra_time.len()))
}

fn told(roster: &Roster) -> Vec<&str> {
    roster.findings.iter().map(|finding| finding.code.as_ref()).collect()
}

/// A file with these events, read beside a list.
fn beside(list: &str, events: &str) -> Reading {
    let rules = Rules { roster: Roster::parse(list.as_bytes()), ..Rules::built_in() };
    let text = format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n");
    read(text.as_bytes(), &Settings { rules, ..settings() }).unwrap()
}

fn titled(title: &str, lines: &str) -> String {
    let event = event(title, &format!("{}\n{lines}", november(30)));
    event.replace(&format!("SUMMARY:Exam {title}"), &format!("SUMMARY:{title}")).replacen(
        "X-CANDIDATES:300\n",
        "",
        1,
    )
}

#[test]
fn a_list_is_read_however_a_spreadsheet_writes_it() {
    for text in [
        "course,candidates,extra_time\nLAWS1001,850,\"12%=1.25,3%=1.5\"\nMATH 101,120,\n",
        "\u{feff}Extra-Time;Note;CANDIDATES; Course \r\n\"12%=1,25;3%=1,5\";x;850,0;laws1001\r\n;;120;math-101\r\n",
        "course\tcandidates\textra_time\n=\"LAWS1001\"\t850\t12%=1.25, 3%=1.5\n'MATH101\t120\n",
    ] {
        let roster = Roster::parse(text.as_bytes());
        assert_eq!(told(&roster), [""; 0], "{text}");
        assert_eq!(row(&roster, "LAWS1001"), (Some(850), 1), "{text}");
        assert_eq!(row(&roster, "MATH101"), (Some(120), 0), "{text}");
        assert_eq!(
            crate::timetable::extra::resolve(
                &roster.rows[0].extra_time[0],
                850,
                chrono::TimeDelta::hours(2)
            ),
            [extra_time(0.12, 1.25), extra_time(0.03, 1.5)],
            "{text}"
        );
    }
}

#[test]
fn a_bad_row_is_told_with_its_line_and_costs_only_itself() {
    let text = "course,candidates,extra_time\n\
                LAWS1001,850,\n\
                ,12,\n\
                =HYPERLINK(1),12,\n\
                HIST2040,many,\n\
                PHIL2001,0,\n\
                \"ECON1002,600,\n\
                STAT1003,450,some\n\
                \n\
                LAWS1001,800,12%=1.25\n";
    let roster = Roster::parse(text.as_bytes());
    let lines: Vec<_> = roster.findings.iter().map(|finding| finding.message.as_str()).collect();
    for (line, course) in
        [(3, ""), (4, "=HYPERLINK"), (5, "many"), (6, "PHIL2001"), (8, "some"), (10, "LAWS1001")]
    {
        let place = format!("line {line}:");
        assert!(
            lines.iter().any(|told| told.contains(&place) && told.contains(course)),
            "{line}: {lines:#?}"
        );
    }
    assert_eq!(lines.len(), 6, "{lines:#?}");
    assert_eq!(row(&roster, "LAWS1001"), (Some(850), 1), "the greater counts");
    assert_eq!(row(&roster, "ECON1002"), (Some(600), 0), "an open quote");
    assert_eq!(row(&roster, "STAT1003"), (Some(450), 1));
    assert_eq!(row(&roster, "HIST2040"), (None, 0));
}

#[test]
fn a_list_that_cannot_be_used_is_told_gravely() {
    let large = [b"course,candidates\n".as_slice(), &vec![b' '; Roster::BYTES]].concat();
    for bytes in [b"".as_slice(), b"LAWS1001,850\n", b"\xff\xfec\0", b"course;students\n", &large] {
        let roster = Roster::parse(bytes);
        assert!(roster.is_empty());
        assert_eq!(told(&roster), ["roster_unreadable"]);
        assert_eq!(roster.findings[0].severity, Severity::Critical);
    }
}

#[test]
fn very_many_bad_rows_are_counted() {
    let text = format!("course,candidates\n{}", "LAWS1001,none\n".repeat(500));
    let roster = Roster::parse(text.as_bytes());
    assert_eq!(roster.findings.len(), TOLD + 1);
    assert!(roster.findings.last().unwrap().message.contains("more rows"));
}

#[test]
fn latin_1_is_read() {
    let roster = Roster::parse(b"course,candidates\n\xc5BO1001,40\n");
    assert_eq!(row(&roster, "ÅBO1001"), (Some(40), 0));
}

#[test]
fn an_exam_has_the_candidates_of_its_course() {
    let list = "course,candidates,extra_time\nLAWS1001,850,12%=1.25\n";
    for title in ["LAWS1001 Contract Law", "Contract Law (laws1001)", "Kurs kod: LAWS1001"] {
        let reading = beside(list, &titled(title, ""));
        assert_eq!(reading.sittings[0].candidates, Candidates::new(850), "{title}");
        assert_eq!(reading.sittings[0].extra_time, [extra_time(0.12, 1.25)], "{title}");
        assert_eq!(codes(&reading), [""; 0], "{title}");
    }
    for line in ["X-COURSE:LAWS1001", "CATEGORIES:Exam,LAWS1001"] {
        let reading = beside(list, &titled("Contract Law", line));
        assert_eq!(reading.sittings[0].candidates, Candidates::new(850), "{line}");
    }
}

#[test]
fn of_the_event_and_the_list_the_greater_counts_and_is_told() {
    let list = "course,candidates\nLAWS1001,850\n";
    for (line, planned, code) in [
        ("X-CANDIDATES:300", 850, &["roster_differs"][..]),
        ("X-CANDIDATES:900", 900, &["roster_differs"]),
        ("X-CANDIDATES:850", 850, &[]),
        ("ATTENDEE:mailto:a@example.org", 850, &[]),
    ] {
        let reading = beside(list, &titled("LAWS1001 Contract Law", line));
        assert_eq!(reading.sittings[0].candidates, Candidates::new(planned), "{line}");
        assert_eq!(codes(&reading), code, "{line}");
    }
}

#[test]
fn an_exam_of_several_courses_is_sat_by_all_of_them() {
    let list = "course,candidates,extra_time\nLAWS1001,100,12%=1.25\nLAWS3001,300,4%=1.25\n";
    let reading = beside(list, &titled("LAWS1001 / LAWS3001 Contract Law", ""));
    assert_eq!(reading.sittings[0].candidates, Candidates::new(400));
    let with_more: f64 =
        reading.sittings[0].extra_time.iter().map(|one| one.share.fraction()).sum();
    assert!((with_more - 0.06).abs() < 1e-9, "{with_more}");
}

#[test]
fn courses_without_an_exam_and_exams_without_a_course_are_told_once() {
    let list = "course,candidates\nLAWS1001,850\nHIST2040,30\nPHIL2001,20\n";
    let events = titled("LAWS1001 Law", "") + &titled("ECON1002 Money", "X-CANDIDATES:600");
    let reading = beside(list, &events);
    assert_eq!(codes(&reading), ["not_in_roster", "roster_unused"]);
    let message = |index: usize| reading.findings[index].message.as_str();
    assert_eq!(message(0), "1 exams are not in the list of candidates: ECON1002 Money.");
    assert!(
        message(1).starts_with("2 courses") && message(1).ends_with(": HIST2040; PHIL2001."),
        "{}",
        message(1)
    );
}

#[test]
fn a_moved_instance_has_the_candidates_of_its_series() {
    let list = "course,candidates\nLAWS1001,850\n";
    let series =
        titled("LAWS1001 Law", "RRULE:FREQ=WEEKLY;COUNT=2").replace("UID:LAWS1001 Law", "UID:a");
    let moved = "BEGIN:VEVENT\nUID:a\nSUMMARY:Law\nRECURRENCE-ID;TZID=Europe/London:20261207T090000\n\
                 DTSTART:20261208T090000Z\nDURATION:PT2H\nEND:VEVENT\n";
    let reading = beside(list, &(series + moved));
    assert_eq!(reading.sittings.len(), 2);
    assert!(reading.sittings.iter().all(|sitting| sitting.candidates.get() == 850));
    assert_eq!(codes(&reading), [""; 0]);
}
