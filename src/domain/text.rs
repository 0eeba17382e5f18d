//! How values are written that have no type of their own to write them: one way each.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::fmt::Write as _;

/// A count with its thousands apart: `4,000`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with what it counts: `1 exam`, `4,000 exams`.
pub fn counted(mut count: String, noun: &str) -> String {
    let plural = if count == "1" { "" } else { "s" };
    count.extend([" ", noun, plural]);
    count
}

/// How many more of what it counts: `1 more exam`, `4,000 more exams`.
pub fn more(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{} more {noun}{plural}", grouped(u64::try_from(count).unwrap_or(u64::MAX)))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut digits, byte| {
        write!(digits, "{byte:02x}").expect("writing to a String cannot fail");
        digits
    })
}

/// A moment as a sentence names it where no campus is known: `2026-11-30 09:00 UTC`.
pub fn utc_minute(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// A moment as the campus reads it: `Mon 2026-11-30 09:00 GMT`.
pub fn campus_minute(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (count, text) in [(0, "0"), (999, "999"), (4000, "4,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), text);
        }
    }

    #[test]
    fn one_of_a_thing_is_told_as_one() {
        let told = [1, 0, 4_000].map(|count| counted(grouped(count), "exam"));
        assert_eq!(told, ["1 exam", "0 exams", "4,000 exams"]);
    }

    #[test]
    fn a_byte_has_two_digits() {
        assert_eq!(hex(&[0, 10, 255]), "000aff");
        assert_eq!(hex(&[]), "");
    }

    #[test]
    fn a_moment_says_that_it_is_in_utc() {
        let at = DateTime::from_timestamp(1_796_029_259, 0).unwrap();
        assert_eq!(utc_minute(at), "2026-11-30 09:00 UTC");
    }
}
