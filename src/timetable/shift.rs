//! The same file, some weeks later or earlier.

use super::property;
use chrono::{NaiveDate, TimeDelta};

/// The properties whose dates say when an exam is.
const DATED: [&str; 6] = ["DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE", "RRULE"];

/// The same file with every date moved by whole weeks, wall-clock times kept. Times in UTC keep their UTC clock: on a
/// campus whose clocks change in between they end up an hour off. DTSTAMP and zone definitions stay.
pub fn shifted(text: &str, weeks: i64) -> String {
    let mut out = String::with_capacity(text.len());
    let mut zones = 0usize;
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.next() {
        let mut logical = line.to_owned();
        // A fold may cut a date in two.
        while let Some(more) = lines.next_if(|next| next.starts_with([' ', '\t'])) {
            if is_dated(&logical) {
                logical.truncate(logical.trim_end_matches(['\r', '\n']).len());
                logical.push_str(&more[1..]);
            } else {
                logical.push_str(more);
            }
        }
        match logical.trim_end().to_ascii_uppercase().as_str() {
            "BEGIN:VTIMEZONE" => zones += 1,
            "END:VTIMEZONE" => zones = zones.saturating_sub(1),
            _ => {}
        }
        if zones == 0 && is_dated(&logical) {
            out.push_str(&with_dates_moved(&logical, weeks));
        } else {
            out.push_str(&logical);
        }
    }
    out
}

fn is_dated(line: &str) -> bool {
    let end = line.find([':', ';']).unwrap_or_default();
    DATED.iter().any(|name| line[..end].eq_ignore_ascii_case(name))
}

fn with_dates_moved(line: &str, weeks: i64) -> String {
    let Some(colon) = property::colon(line) else { return line.to_owned() };
    let is_rule = line.get(..5).is_some_and(|name| name.eq_ignore_ascii_case("RRULE"));
    let (head, value) = line.split_at(colon);
    let until = value.to_ascii_uppercase().find("UNTIL=");
    let begin = match (is_rule, until) {
        (true, None) => return line.to_owned(),
        (true, Some(until)) => until,
        (false, _) => 0,
    };
    let end = if is_rule {
        value[begin..].find(';').map_or(value.len(), |at| begin + at)
    } else {
        value.len()
    };
    let moved = dates_moved(&value[begin..end], weeks);
    format!("{head}{}{moved}{}", &value[..begin], &value[end..])
}

/// Moves every run of exactly eight digits that is a date.
fn dates_moved(value: &str, weeks: i64) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(begin) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = rest[begin..].bytes().take_while(u8::is_ascii_digit).count();
        let (run, after) = (&rest[begin..begin + digits], &rest[begin + digits..]);
        out.push_str(&rest[..begin]);
        out.push_str(&moved(run, weeks).unwrap_or_else(|| run.to_owned()));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn moved(digits: &str, weeks: i64) -> Option<String> {
    let day = NaiveDate::parse_from_str(digits, "%Y%m%d").ok().filter(|_| digits.len() == 8)?;
    let moved = day.checked_add_signed(TimeDelta::try_weeks(weeks)?)?;
    Some(moved.format("%Y%m%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_date_of_an_exam_moves_and_its_clock_stays() {
        let before = "DTSTART;TZID=Europe/London:20261130T090000\r\nDTEND:20261130T110000Z\r\n\
                      RRULE:FREQ=WEEKLY;COUNT=20261130;UNTIL=20261214T090000Z;INTERVAL=1\r\n\
                      EXDATE;VALUE=DATE:20261207,20261214\r\n";
        let after = "DTSTART;TZID=Europe/London:20261207T090000\r\nDTEND:20261207T110000Z\r\n\
                     RRULE:FREQ=WEEKLY;COUNT=20261130;UNTIL=20261221T090000Z;INTERVAL=1\r\n\
                     EXDATE;VALUE=DATE:20261214,20261221\r\n";
        assert_eq!(shifted(before, 1), after);
        assert_eq!(shifted(after, -1), before);
    }

    #[test]
    fn a_date_that_is_folded_moves_too() {
        assert_eq!(
            shifted("EXDATE:20261130T090000,202612\n 07T090000\nUID:1\n", 1),
            "EXDATE:20261207T090000,20261214T090000\nUID:1\n"
        );
    }

    #[test]
    fn what_is_no_exam_date_stays() {
        let text = "DTSTAMP:20261101T000000Z\nSUMMARY:20261130\nBEGIN:VTIMEZONE\nDTSTART:16010101T000000\n\
                    END:VTIMEZONE\nDESCRIPTION:a\n  20261130\nRRULE:FREQ=DAILY;COUNT=3";
        assert_eq!(shifted(text, 3), text);
        assert_eq!(shifted("DTSTART:99999999", 1), "DTSTART:99999999");
        assert_eq!(shifted("DTSTART:20261130", i64::MAX), "DTSTART:20261130");
    }
}
