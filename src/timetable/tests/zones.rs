//! Which rules of a zone count: the newest known, with the file's own and the older ones as further readings.

use super::*;

/// A zone that only this file knows: three hours east of UTC, four from April to October.
const CUSTOM: &str = "BEGIN:VTIMEZONE\nTZID:Campus Clock\nBEGIN:STANDARD\nDTSTART:16011001T000000\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=1SU\nTZOFFSETFROM:+0400\nTZOFFSETTO:+0300\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
    DTSTART:16010401T000000\nRRULE:FREQ=YEARLY;BYMONTH=4;BYDAY=1SU\nTZOFFSETFROM:+0300\nTZOFFSETTO:+0400\n\
    END:DAYLIGHT\nEND:VTIMEZONE\n";

/// The same sitting at nine, in November and in May.
fn at_nine(zone: &str) -> String {
    let lines = |day: &str| format!("DTSTART;TZID={zone}:{day}T090000\nDURATION:PT2H");
    event("a", &lines("20261130")) + &event("b", &lines("20270503"))
}

#[test]
fn a_zone_that_only_the_file_knows_is_read_by_its_definition() {
    let reading = calendar(&format!("{CUSTOM}{}", at_nine("Campus Clock")));
    assert_eq!(spans(&reading), ["1130T0600 1130T0800", "0503T0500 0503T0700"]);
    assert_eq!(codes(&reading), [""; 0]);
    let gap = "DTSTART;TZID=Campus Clock:20270404T003000\nDURATION:PT2H";
    let reading = calendar(&format!("{CUSTOM}{}", event("a", gap)));
    assert_eq!(spans(&reading), ["0403T2130 0403T2330"]);
    assert_eq!(codes(&reading), ["clock_change"]);
}

#[test]
fn a_definition_counts_in_its_own_calendar_only() {
    let one = format!("BEGIN:VCALENDAR\n{CUSTOM}{}END:VCALENDAR\n", event("a", &november(30)));
    let other = format!(
        "BEGIN:VCALENDAR\n{}END:VCALENDAR\n",
        at_nine("Campus Clock").replace("UID:", "UID:x")
    );
    let reading = whole(&(one + &other));
    assert_eq!(spans(&reading)[1], "1130T0900 1130T1100");
    assert_eq!(codes(&reading), ["unknown_zone"]);
    assert_eq!(reading.findings[0].severity, crate::domain::Severity::Critical);
}

#[test]
fn a_definition_that_contradicts_the_name_is_told_and_both_times_are_covered() {
    let text = CUSTOM.replace("Campus Clock", "Europe/London");
    let reading = calendar(&format!("{text}{}", at_nine("Europe/London")));
    assert_eq!(spans(&reading), ["1130T0900 1130T1100", "0503T0800 0503T1000"]);
    assert_eq!(others(&reading.sittings[0]), ["1130T0600 1130T0800"]);
    assert_eq!(others(&reading.sittings[1]), ["0503T0500 0503T0700"]);
    assert_eq!(codes(&reading), ["zone_rules_differ"]);
    let told = &reading.findings[0];
    assert!(
        told.message.contains("VTIMEZONE") && told.message.contains("covered: 2"),
        "{}",
        told.message
    );
    assert_eq!(
        (told.severity, told.uid.as_deref()),
        (crate::domain::Severity::Critical, Some("a"))
    );
}

#[test]
fn a_definition_that_says_the_same_is_no_doubt() {
    let outlook = "BEGIN:VTIMEZONE\nTZID:GMT Standard Time\nBEGIN:STANDARD\nDTSTART:16010101T020000\nTZOFFSETFROM:+0100\n\
        TZOFFSETTO:+0000\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=10\nEND:STANDARD\nBEGIN:DAYLIGHT\n\
        DTSTART:16010101T010000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\nRRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=-1SU;BYMONTH=3\n\
        END:DAYLIGHT\nEND:VTIMEZONE\n";
    let reading = calendar(&format!("{outlook}{}", at_nine("GMT Standard Time")));
    assert_eq!(spans(&reading), ["1130T0900 1130T1100", "0503T0800 0503T1000"]);
    assert_eq!(codes(&reading), [""; 0]);
    assert!(reading.sittings.iter().all(|one| one.other_readings.is_empty()));
}

#[test]
fn a_definition_that_cannot_be_used_is_told_and_the_name_counts() {
    for (broken, why) in [
        (CUSTOM.replace("TZOFFSETFROM:+0400\n", ""), "TZOFFSETFROM"),
        (CUSTOM.replace("+0400", "+9900"), "TZOFFSET"),
        (CUSTOM.replace("FREQ=YEARLY", "FREQ=SECONDLY"), "SECONDLY"),
        ("BEGIN:VTIMEZONE\nTZID:Campus Clock\nEND:VTIMEZONE\n".to_owned(), "neither"),
    ] {
        let text = broken.replace("Campus Clock", "Europe/London");
        let reading = calendar(&format!("{text}{}", at_nine("Europe/London")));
        assert_eq!(spans(&reading), ["1130T0900 1130T1100", "0503T0800 0503T1000"], "{why}");
        assert_eq!(codes(&reading), ["bad_zone_definition"]);
        assert!(reading.findings[0].message.contains(why), "{}", reading.findings[0].message);
    }
}

/// A zone file (RFC 9636) without a single change: so many hours east of UTC, always.
pub(super) fn fixed(hours: i32) -> Vec<u8> {
    let block = |version: u8| {
        let mut bytes = b"TZif".to_vec();
        bytes.push(version);
        bytes.extend([0; 15]);
        for count in [0u32, 0, 0, 0, 1, 4] {
            bytes.extend(count.to_be_bytes());
        }
        bytes.extend((hours * 3_600).to_be_bytes());
        bytes.extend([0, 0]);
        bytes.extend(b"TST\0");
        bytes
    };
    let footer = format!("\nTST{}\n", -hours);
    [block(b'2'), block(b'2'), footer.into_bytes()].concat()
}

fn with_system(version: &str, zone: &str, hours: i32, text: &str) -> Reading {
    let zone_data = ZoneData::new(Some(version.into()), [(zone.to_owned(), fixed(hours))]);
    let text = format!("BEGIN:VCALENDAR\n{text}END:VCALENDAR\n");
    read(text.as_bytes(), &Settings { zone_data, ..settings() }).unwrap()
}

/// As British Columbia did in 2026: no more change of clocks, which older rules do not know.
#[test]
fn newer_rules_of_the_system_count_and_older_ones_are_covered_too() {
    let vancouver = at_nine("America/Vancouver");
    let newer = with_system("2099a", "America/Vancouver", -7, &vancouver);
    assert_eq!(spans(&newer), ["1130T1600 1130T1800", "0503T1600 0503T1800"]);
    assert_eq!(others(&newer.sittings[0]), ["1130T1700 1130T1900"]);
    assert!(newer.sittings[1].other_readings.is_empty(), "in summer both agree");
    assert_eq!(codes(&newer), ["zone_rules_differ"]);
    let told = &newer.findings[0].message;
    assert!(
        told.contains("2099a") && told.contains(ZoneData::COMPILED) && told.contains("covered: 1"),
        "{told}"
    );
    let older = with_system("2001a", "America/Vancouver", -7, &vancouver);
    assert_eq!(spans(&older)[0], "1130T1700 1130T1900");
    assert_eq!(others(&older.sittings[0]), ["1130T1600 1130T1800"]);
    assert_eq!(codes(&older), ["zone_rules_differ"]);
}

#[test]
fn campus_time_too_is_read_by_the_newer_rules() {
    let floating = event("a", "DTSTART:20270503T090000\nDURATION:PT2H");
    let reading = with_system("2099a", "Europe/London", 0, &floating);
    assert_eq!(spans(&reading), ["0503T0900 0503T1100"]);
    assert_eq!(others(&reading.sittings[0]), ["0503T0800 0503T1000"]);
}

#[test]
fn a_zone_that_only_the_system_knows_is_read() {
    let reading = with_system("2099a", "Mars/Base_One", 2, &at_nine("Mars/Base_One"));
    assert_eq!(spans(&reading), ["1130T0700 1130T0900", "0503T0700 0503T0900"]);
    assert_eq!(codes(&reading), [""; 0]);
}

#[test]
fn hostile_definitions_are_bounded_and_told_once() {
    let many =
        (0..300).map(|n| CUSTOM.replace("Campus Clock", &format!("Zone {n}"))).collect::<String>();
    let reading = calendar(&format!("{many}{}", event("a", &november(30))));
    assert_eq!(reading.sittings.len(), 1);
    assert_eq!(codes(&reading), ["too_many_zones"]);
    let observance = "BEGIN:STANDARD\nDTSTART:20200101T000000\nTZOFFSETFROM:+0000\nTZOFFSETTO:+0100\nEND:STANDARD\n";
    let full =
        format!("BEGIN:VTIMEZONE\nTZID:Europe/London\n{}END:VTIMEZONE\n", observance.repeat(100));
    let reading = calendar(&format!("{full}{}", event("a", &november(30))));
    assert_eq!(spans(&reading), ["1130T0900 1130T1100"]);
    assert_eq!(codes(&reading), ["bad_zone_definition"]);
}
