//! Series with changes to an instance and all that follow it (RFC 5545 section 3.2.13), and with dates of their own.

use super::*;

/// Three Mondays from 16 November, nine to eleven.
fn series() -> String {
    event("a", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=3", november(16)))
}

fn from_the_23rd(lines: &str) -> String {
    let id = "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/London:20261123T090000";
    format!("BEGIN:VEVENT\nUID:a\nSUMMARY:Changed\n{id}\n{lines}\nEND:VEVENT\n")
}

#[test]
fn a_change_to_all_that_follow_moves_them_by_as_much_and_gives_them_its_length() {
    let later = "DTSTART;TZID=Europe/London:20261124T100000\nDURATION:PT3H";
    for text in [series() + &from_the_23rd(later), from_the_23rd(later) + &series()] {
        let reading = calendar(&text);
        assert_eq!(
            spans(&reading),
            ["1116T0900 1116T1100", "1124T1000 1124T1300", "1201T1000 1201T1300"]
        );
        let titles: Vec<_> = reading.sittings.iter().map(|one| one.title.as_str()).collect();
        assert_eq!(titles, ["Exam a", "Changed", "Changed"]);
        assert_eq!(reading.sittings[2].key.to_string(), "a;20261130T090000Z");
        assert_eq!(reading.sittings[2].candidates, Candidates::new(300), "its series' cohort");
        assert_eq!(codes(&reading), [""; 0]);
    }
}

#[test]
fn a_change_to_one_instance_counts_before_one_to_all_that_follow() {
    let later = from_the_23rd("DTSTART;TZID=Europe/London:20261123T140000\nDURATION:PT2H");
    let single =
        event("a", "RECURRENCE-ID:20261130T090000Z\nDTSTART:20261130T180000Z\nDURATION:PT1H");
    let reading = calendar(&(series() + &later + &single));
    assert_eq!(
        spans(&reading),
        ["1116T0900 1116T1100", "1123T1400 1123T1600", "1130T1800 1130T1900"]
    );
}

#[test]
fn a_later_change_to_all_that_follow_ends_an_earlier_one() {
    let later = from_the_23rd("DTSTART;TZID=Europe/London:20261123T140000\nDURATION:PT2H");
    let again =
        later.replace("20261123T090000", "20261130T090000").replace("20261123T14", "20261130T16");
    let reading = calendar(&(series() + &again + &later));
    assert_eq!(
        spans(&reading),
        ["1116T0900 1116T1100", "1123T1400 1123T1600", "1130T1600 1130T1800"]
    );
}

#[test]
fn all_that_follow_can_be_called_off() {
    let off = from_the_23rd("STATUS:CANCELLED");
    let reading = calendar(&(series() + &off));
    assert_eq!(spans(&reading), ["1116T0900 1116T1100"]);
    assert_eq!(reading.counts.cancelled, 1);
    assert_eq!(codes(&reading), [""; 0]);
}

#[test]
fn a_change_to_all_that_follow_that_cannot_be_read_changes_nothing() {
    let reading = calendar(&(series() + &from_the_23rd("DTSTART;VALUE=DATE:20261124")));
    assert_eq!(reading.sittings.len(), 3);
    assert_eq!(codes(&reading), ["all_day"]);
}

#[test]
fn a_change_that_names_no_instance_moves_what_follows_and_is_planned_as_well() {
    let odd = from_the_23rd("DTSTART;TZID=Europe/London:20261123T120000\nDURATION:PT2H")
        .replace("20261123T090000", "20261123T080000");
    let reading = calendar(&(series() + &odd));
    assert_eq!(
        spans(&reading),
        [
            "1116T0900 1116T1100",
            "1123T1200 1123T1400",
            "1123T1300 1123T1500",
            "1130T1300 1130T1500"
        ]
    );
    assert_eq!(codes(&reading), ["override_unmatched"]);
}

#[test]
fn a_period_has_an_end_of_its_own() {
    let more = "RDATE;VALUE=PERIOD:20261130T090000Z/PT3H,20261201T090000Z/20261201T130000Z,20261202T090000Z";
    let reading = calendar(&event("a", &format!("{}\n{more}", november(23))));
    assert_eq!(
        spans(&reading),
        [
            "1123T0900 1123T1100",
            "1130T0900 1130T1200",
            "1201T0900 1201T1300",
            "1202T0900 1202T1100"
        ]
    );
}

/// In a fold the wall clock alone does not tell: 01:30 UTC is the second half past one.
#[test]
fn a_single_date_in_utc_keeps_its_moment_where_the_wall_clock_comes_twice() {
    let lines = "DTSTART;TZID=Europe/London:20261018T013000\nDURATION:PT1H\nRDATE:20261025T013000Z";
    let reading = calendar(&event("a", lines));
    assert_eq!(spans(&reading), ["1018T0030 1018T0130", "1025T0130 1025T0230"]);
    assert_eq!(codes(&reading), [""; 0]);
}

#[test]
fn a_series_that_counts_without_end_is_planned_as_far_as_we_look_and_told_once() {
    let reading =
        calendar(&event("a", &format!("{}\nRRULE:FREQ=WEEKLY;COUNT=1000000000", november(23))));
    assert_eq!(reading.sittings.len(), 41, "to the end of August");
    assert_eq!(codes(&reading), ["endless_series"]);
}

#[test]
fn more_single_dates_than_allowed_are_told_and_the_first_are_kept() {
    let dates: Vec<_> = (0..60).map(|minute| format!("20261201T09{minute:02}00Z")).collect();
    let text = format!(
        "BEGIN:VCALENDAR\n{}END:VCALENDAR",
        event("a", &format!("{}\nRDATE:{}", november(23), dates.join(",")))
    );
    let limits = Limits { dates: 10, ..Limits::UPLOAD };
    let reading = read(text.as_bytes(), &Settings { limits, ..settings() }).unwrap();
    assert_eq!(reading.sittings.len(), 11);
    assert_eq!(codes(&reading), ["too_many_dates"]);
}

#[test]
fn dates_that_a_rule_leaves_out_are_planned_and_told() {
    let lines =
        format!("{}\nRRULE:FREQ=WEEKLY;COUNT=3\nEXRULE:FREQ=WEEKLY;INTERVAL=2", november(16));
    let reading = calendar(&event("a", &lines));
    assert_eq!((codes(&reading).as_slice(), reading.sittings.len()), (&["exrule"][..], 3));
}
