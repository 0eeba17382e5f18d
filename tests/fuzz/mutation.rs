//! Broken files from whole ones, the same again from the same seed.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Words that readers look for; what is put in at random seldom looks like one.
const WORDS: &[&str] = &[
    "\n",
    "\r\n",
    "\r",
    "\n ",
    "\r\n\t",
    ":",
    ";",
    ",",
    "\"",
    "=",
    "\\n",
    "\\",
    "\0",
    "\u{feff}",
    "\u{202e}",
    "Z",
    "T24",
    "BEGIN:VEVENT\n",
    "END:VEVENT\n",
    "BEGIN:VCALENDAR\n",
    "END:VCALENDAR\n",
    "BEGIN:VTIMEZONE\n",
    "END:VTIMEZONE\n",
    "BEGIN:STANDARD\n",
    "METHOD:CANCEL\n",
    "STATUS:CANCELLED\n",
    "UID:x\n",
    "SEQUENCE:2147483648\n",
    "DTSTART:20261130T090000\n",
    "DTSTART;TZID=Europe/London:20270328T013000\n",
    "DTEND:00010101T000000Z\n",
    "DURATION:P99999999999W\n",
    "DURATION:-PT1H\n",
    "RECURRENCE-ID;RANGE=THISANDFUTURE:20261130T090000Z\n",
    "RDATE;VALUE=PERIOD:20261130T090000Z/PT1H,",
    "EXDATE;VALUE=DATE:20261130\n",
    "RRULE:FREQ=DAILY;COUNT=1000000000\n",
    "RRULE:FREQ=SECONDLY\n",
    "RRULE:FREQ=YEARLY;BYDAY=-53SU;BYSETPOS=-366;UNTIL=99991231\n",
    "X-CANDIDATES:4294967296\n",
    "X-EXTRA-TIME:100%=9999999999999999999\n",
    "TZOFFSETTO:+2359\n",
    "99991231T235959Z",
    "00000000",
    "-1",
    "INTERVAL=0",
];

/// A broken form of one of these files.
pub(crate) fn broken(files: &[Vec<u8>], seed: u64) -> Vec<u8> {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut bytes = files[dice.random_range(0..files.len())].clone();
    for _ in 0..dice.random_range(1..9) {
        let at = dice.random_range(0..=bytes.len());
        let until = dice.random_range(at..=bytes.len().min(at + 200));
        match dice.random_range(0..7) {
            0 => {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = dice.random();
                }
            }
            1 => drop(bytes.drain(at..until)),
            2 => {
                let part = bytes[at..until].to_vec();
                bytes.splice(at..at, part);
            }
            3 => {
                let part = bytes[at..until].repeat(dice.random_range(1..40));
                bytes.splice(at..at, part);
            }
            4 => {
                let other = &files[dice.random_range(0..files.len())];
                let from = dice.random_range(0..=other.len());
                bytes.splice(at..until, other[from..].iter().copied().take(400));
            }
            5 if dice.random_ratio(1, 4) => bytes.truncate(at),
            _ => {
                let word = WORDS[dice.random_range(0..WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
    bytes
}
