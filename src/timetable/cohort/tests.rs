//! Cohorts of single events.

use super::*;
use crate::timetable::tests::extra_time;
use proptest::prelude::*;

fn property<'a>(name: &'a str, value: &'a str) -> Property<'a> {
    Property { name, value: value.into(), ..Property::default() }
}

fn cohort(properties: &[(&str, &str)], attendees: u32) -> Cohort {
    with(properties, attendees, &Rules::built_in())
}

fn with(properties: &[(&str, &str)], attendees: u32, rules: &Rules) -> Cohort {
    let properties: Vec<_> = properties.iter().map(|(name, value)| property(name, value)).collect();
    Cohort::of(&properties, attendees, rules, &mut Remarks::default())
}

/// Candidates, and share and factor of those with more time, over two hours; 100 candidates if none are named.
fn planned(cohort: &Cohort) -> (u32, Vec<ExtraTime>) {
    let (candidates, extra) =
        cohort.planned(None, &Roster::default(), Candidates::new(100), TimeDelta::hours(2));
    (candidates.get(), extra)
}

fn codes(cohort: &Cohort) -> Vec<String> {
    let mut findings = Findings::default();
    let roster = Roster::default();
    cohort.tell(Place::line(1), None, &roster, Candidates::new(100), &mut findings);
    findings.finish().iter().map(|finding| finding.code.to_string()).collect()
}

#[test]
fn the_greatest_of_several_counts_and_is_told() {
    let cohort = cohort(&[("X-CANDIDATES", "300"), ("DESCRIPTION", "Candidates: 320")], 0);
    assert_eq!(cohort.candidates, Some(320));
    assert_eq!(codes(&cohort), ["cohorts_disagree"]);
}

#[test]
fn invited_staff_are_not_a_cohort_beside_a_number() {
    let staff = cohort(&[("X-CANDIDATES", "300")], 2);
    assert_eq!(staff.candidates, Some(300));
    assert!(codes(&staff).is_empty());
    assert_eq!(planned(&cohort(&[], 240)).0, 240);
    // Two invited people are hardly all who sit it.
    assert_eq!(planned(&cohort(&[], 2)).0, 100);
    assert_eq!(codes(&cohort(&[], 2)), ["cohort_from_attendees"]);
}

#[test]
fn zero_and_nonsense_are_never_a_cohort() {
    for value in ["0", "-5", "many", "", "1,2"] {
        let cohort = cohort(&[("X-CANDIDATES", value)], 0);
        assert_eq!(cohort.candidates, None, "{value}");
        assert_eq!(codes(&cohort).len(), 2, "{value}: no_cohort and why");
    }
}

#[test]
fn an_implausible_number_is_kept_and_told() {
    let cohort = cohort(&[("X-CANDIDATES", "99999999999")], 0);
    assert_eq!(cohort.candidates, Some(u32::MAX));
    assert_eq!(codes(&cohort), ["implausible_cohort"]);
}

#[test]
fn a_number_that_may_count_something_else_never_makes_a_cohort_smaller_than_the_default() {
    for event in [
        ("SUMMARY", "Year 2 students: Anatomy"),
        ("DESCRIPTION", "Invigilators: 3 people"),
        ("X-CANDIDATES", "about 30"),
    ] {
        let doubtful = cohort(&[event], 0);
        assert_eq!(planned(&doubtful).0, 100, "{event:?}");
        assert!(codes(&doubtful).contains(&"cohort_doubtful".to_owned()), "{event:?}");
    }
    assert_eq!(planned(&cohort(&[("X-CANDIDATES", "about 850")], 0)).0, 850);
    assert_eq!(cohort(&[("X-CANDIDATES", "850.0")], 0).candidates, Some(850));
    let sure = cohort(&[("DESCRIPTION", "Candidates: 12\nInvigilators: 3 people")], 0);
    assert_eq!((planned(&sure).0, codes(&sure).len()), (12, 0));
}

#[test]
fn titles_locations_and_categories_are_read_like_descriptions() {
    for event in [
        ("SUMMARY", "Kurs kod: TDA417, Antal datorer: 24"),
        ("LOCATION", "E-sal 3, Antal datorer: 24"),
        ("CATEGORIES", "Exam,Candidates: 24"),
        ("DESCRIPTION", "Teilnehmer: 24"),
        ("X-CANDIDATES", "24"),
    ] {
        let cohort = cohort(&[event], 0);
        assert_eq!(cohort.candidates, Some(24), "{event:?}");
        assert!(codes(&cohort).is_empty(), "{event:?}");
    }
    let apart = cohort(&[("CATEGORIES", "Candidates: 24,250 seats")], 0);
    assert_eq!(apart.candidates, Some(24), "a comma parts categories, not thousands");
    let escaped = cohort(&[("CATEGORIES", "Exam,Candidates: 1\\,200")], 0);
    assert_eq!(escaped.candidates, Some(1_200));
}

#[test]
fn categories_may_name_extra_time() {
    let all = cohort(&[("CATEGORIES", "Exam,Candidates: 300,Extra time 25%")], 0);
    assert_eq!(planned(&all), (300, vec![extra_time(1.0, 1.25)]));
    assert_eq!(codes(&all), ["extra_time_for_all"]);
}

#[test]
fn those_with_extra_time_are_not_the_whole_cohort() {
    for text in [
        "25% extra time: 12 candidates",
        "12 candidates with 25% extra time",
        "Extra time: 12 candidates +25%",
    ] {
        let alone = cohort(&[("DESCRIPTION", text)], 0);
        assert_eq!(planned(&alone).0, 100, "{text}: the default stands");
        assert_eq!(codes(&alone), ["no_cohort"], "{text}");
        let named = cohort(&[("DESCRIPTION", &format!("Candidates: 300. {text}"))], 0);
        assert_eq!(planned(&named), (300, vec![extra_time(0.04, 1.25)]), "{text}");
        assert!(codes(&named).is_empty(), "{text}");
    }
    let more = cohort(&[("DESCRIPTION", "Candidates: 300\n25% extra time: 500 candidates")], 0);
    assert_eq!(planned(&more), (500, vec![extra_time(1.0, 1.25)]));
    assert_eq!(codes(&more), ["cohorts_disagree"]);
}

#[test]
fn groups_on_lines_of_their_own_add_up() {
    let text = "Candidates: 100\n25% extra time: 12\n50% extra time: 3";
    let both = cohort(&[("DESCRIPTION", text)], 0);
    assert_eq!(planned(&both).1, [extra_time(0.12, 1.25), extra_time(0.03, 1.5)]);
    let twice = [("DESCRIPTION", text), ("X-EXTRA-TIME", "12%=1.25")];
    assert_eq!(planned(&cohort(&twice, 0)).1, planned(&both).1, "the same said twice");
}

#[test]
fn a_mention_of_extra_time_is_told_and_gives_nothing() {
    let text = "300 candidates. Candidates with extra time come at 8:00";
    let cohort = cohort(&[("DESCRIPTION", text)], 0);
    assert_eq!(planned(&cohort), (300, vec![]));
    assert_eq!(codes(&cohort), ["extra_time_unclear"]);
}

#[test]
fn a_site_names_properties_and_patterns_of_its_own() {
    let mut rules = Rules::built_in();
    rules.cohorts = CohortRules {
        candidates_properties: vec!["X-EXAM-SEATS".into()],
        extra_time_properties: vec!["X-EXAM-DSA".into()],
        candidates_patterns: vec![Pattern::new(r"(?P<candidates>[\d,]+) on the roll").unwrap()],
        extra_time_patterns: vec![Pattern::new(r"DSA\[(.*?)\]").unwrap()],
    };
    let read = |event| with(&[event], 0, &rules);
    assert_eq!(read(("X-EXAM-SEATS", "250")).candidates, Some(250));
    assert_eq!(planned(&read(("X-EXAM-DSA", "12%=1.25"))).1, [extra_time(0.12, 1.25)]);
    assert_eq!(read(("DESCRIPTION", "1,250 on the roll")).candidates, Some(1_250));
    let said = read(("DESCRIPTION", "DSA[25%: 10] DSA[50%: 5]"));
    assert_eq!(planned(&said).1, [extra_time(0.1, 1.25), extra_time(0.05, 1.5)]);
    assert_eq!(codes(&read(("SUMMARY", ", on the roll"))), ["bad_cohort", "no_cohort"]);
    assert_eq!(cohort(&[("X-EXAM-SEATS", "250")], 0).candidates, None);
}

#[test]
fn categories_are_parted_at_commas_that_are_not_escaped() {
    assert_eq!(categories("Exam, Law\\, part 1 ,,\\nB"), ["Exam", "Law, part 1", "B"]);
    assert_eq!(categories(""), [""; 0]);
}

fn sentence() -> impl Strategy<Value = String> {
    let people = || 1u32..2_000;
    prop_oneof![
        people().prop_map(|n| format!("Candidates: {n}")),
        people().prop_map(|n| format!("{n} candidates in room B")),
        people().prop_map(|n| format!("Antal anmälda: {n}")),
        (people(), 1u32..100).prop_map(|(n, p)| format!("{p}% extra time: {n} candidates")),
        (people(), 1u32..90).prop_map(|(n, m)| format!("{n} candidates with {m} min extra time")),
        (1u32..30, 1u32..100).prop_map(|(s, p)| format!("Extra time: {s}% +{p}%")),
        Just("Extra time: see the list".to_owned()),
        Just("Bring your ID. No calculators.".to_owned()),
    ]
}

proptest! {
    /// Whatever is added to what names a number, no fewer are planned and nobody has less time.
    #[test]
    fn more_sentences_never_plan_less(
        mut said in prop::collection::vec(sentence(), 1..4),
        more in sentence(),
        as_category: bool,
    ) {
        said.insert(0, "Candidates: 50".into());
        let text = said.join("\n");
        let before = planned(&cohort(&[("DESCRIPTION", &text)], 0));
        let after = if as_category {
            planned(&cohort(&[("DESCRIPTION", &text), ("CATEGORIES", &more)], 0))
        } else {
            planned(&cohort(&[("DESCRIPTION", &format!("{text}\n{more}"))], 0))
        };
        prop_assert!(before.0 <= after.0);
        // In people: a share of a greater cohort may be smaller.
        let people = |(all, extra): &(u32, Vec<ExtraTime>), factor: f64| {
            let long = extra.iter().filter(|one| factor <= one.factor.get());
            long.map(|one| one.share.fraction() * f64::from(*all)).sum::<f64>()
        };
        for one in &before.1 {
            let factor = one.factor.get();
            prop_assert!(people(&before, factor) <= people(&after, factor) + 1e-6);
        }
        let longest = |extra: &[ExtraTime]| extra.iter().map(|one| one.factor.get()).fold(1.0, f64::max);
        prop_assert!(longest(&before.1) <= longest(&after.1));
    }

    #[test]
    fn no_text_makes_a_panic_or_a_cohort_of_nobody(text in "[0-9%+x: ,.;()a-zé\\n]{0,80}", label: bool) {
        let text = if label { format!("Extra time: {text} candidates") } else { text };
        prop_assert!(planned(&cohort(&[("DESCRIPTION", &text), ("CATEGORIES", &text)], 0)).0 > 0);
    }
}
