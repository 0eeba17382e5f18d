//! What the posture tells of what is doubtful about a timetable in force.

use crate::site::{SOURCE, Site, file, fleet, settings, term};
use invigilator::domain::{Clock as _, Finding, Severity};
use invigilator::store::{Content, Publication};
use invigilator::timetable;

/// About forty exams, published as they are with these findings.
async fn with(findings: Vec<Finding>) -> Vec<Finding> {
    let (site, _) = Site::told().await;
    let text = file(&term());
    let mut reading = timetable::read(text.as_bytes(), &settings()).unwrap();
    reading.findings = findings;
    let publication = Publication {
        fleet: &fleet(),
        source: SOURCE,
        current: 0,
        content: &Content::of(text.into_bytes(), reading),
        by: "ada",
        at: site.clock.now(),
        draft: None,
    };
    site.store.publish(&publication).await.unwrap();
    let findings = site.posture().await.findings.into_iter();
    findings.filter(|one| one.message.starts_with("Timetable registry: ")).collect()
}

fn about(uid: &str, line: u32, severity: Severity, code: &'static str) -> Finding {
    let finding = Finding::new(severity, code, format!("It is {code}."), "Mend it.");
    Finding { uid: Some(uid.into()), line: Some(line), ..finding }
}

fn no_cohort(count: usize) -> Vec<Finding> {
    let exams = (10..).zip(term());
    let told = exams.map(|(line, (uid, _))| about(uid, line, Severity::Warning, "no_cohort"));
    told.take(count).collect()
}

#[tokio::test]
async fn twenty_exams_without_candidates_do_not_hide_a_rule_that_cannot_be_read() {
    let mut findings = no_cohort(20);
    findings.push(about("lost", 999, Severity::Critical, "bad_rule"));
    let told = with(findings).await;
    assert_eq!((told[0].severity, &*told[0].code), (Severity::Critical, "bad_rule"), "{told:#?}");
    assert_eq!(told[0].message, "Timetable registry: line 999: It is bad_rule.");
}

#[tokio::test]
async fn what_is_doubtful_alike_is_told_once_with_the_exams_it_speaks_of() {
    let told = with(no_cohort(20)).await;
    assert_eq!(told.len(), 1, "{told:#?}");
    let wanted = "Timetable registry: It is no_cohort. One of 20 alike: a (Wed 2026-12-30 08:00 GMT), \
                  b (Wed 2026-12-30 11:00 GMT), c (Wed 2026-12-30 14:00 GMT) and 17 more.";
    assert_eq!(told[0].message, wanted);
    assert!(told[0].fix.contains("revision 1 of registry"), "{}", told[0].fix);
    let told = with(no_cohort(1)).await;
    let wanted = "Timetable registry: a (Wed 2026-12-30 08:00 GMT): It is no_cohort.";
    assert_eq!(told[0].message, wanted);
}

#[tokio::test]
async fn how_much_is_not_shown_is_told() {
    const CODES: [&str; 24] = [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t", "u", "v", "w", "x",
    ];
    let one = CODES.iter().map(|code| about("a", 1, Severity::Warning, code));
    let told = with(one.collect()).await;
    assert_eq!(told.len(), 21);
    assert_eq!(told[20].message, "Timetable registry: 4 more findings are not shown here.");
    assert!(told[20].fix.contains("revision 1 of registry"), "{}", told[20].fix);
}

#[tokio::test]
async fn that_more_of_a_kind_is_not_listed_is_told_beside_those_that_are() {
    let more = "150 more findings of the kind no_cohort are not listed.";
    let mut findings = vec![Finding::new(Severity::Warning, "no_cohort", more, "Mend it.")];
    findings.extend(no_cohort(20));
    let told = with(findings).await;
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[0].message, format!("Timetable registry: {more}"));
    assert!(told[1].message.contains("One of 20 alike"), "{}", told[1].message);
}
