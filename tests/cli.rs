//! The command line as a person or a script uses it: exit codes, JSON keys, one clear message for each mistake.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const WEEK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/exam-week.ics");
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/production.example.toml");

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_invigilator")).args(arguments).output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn json(arguments: &[&str]) -> Value {
    let output = run(arguments);
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {} {}", out(&output), err(&output)))
}

fn written(folder: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn the_bundled_week_reads_without_a_warning() {
    let output = run(&["timetable", "read", WEEK]);
    assert_eq!(output.status.code(), Some(0), "{}", out(&output));
    assert!(out(&output).contains("4000"), "{}", out(&output));
    assert!(out(&output).contains("1 cancelled"), "{}", out(&output));
}

#[test]
fn reading_as_json_has_the_keys_that_scripts_rely_on() {
    let reading = json(&["timetable", "read", WEEK, "--json"]);
    for key in ["zone", "sittings", "findings", "counts"] {
        assert!(!reading[key].is_null(), "{key} in {reading}");
    }
    let sitting = &reading["sittings"][0];
    for key in ["uid", "title", "starts_at", "ends_at", "candidates", "extra_time", "source_line"] {
        assert!(!sitting[key].is_null(), "{key} in {sitting}");
    }
    assert!(sitting.as_object().unwrap().contains_key("recurrence_id"));
    assert!(sitting["starts_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(reading["counts"]["rejected"], 0);
}

#[test]
fn days_are_campus_days_and_the_last_one_is_inside() {
    let monday =
        json(&["timetable", "read", WEEK, "--from", "2026-11-30", "--to", "2026-11-30", "--json"]);
    let starts: Vec<_> = monday["sittings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["starts_at"].as_str().unwrap())
        .collect();
    assert!(!starts.is_empty() && starts.iter().all(|start| start.starts_with("2026-11-30")));
    let turned = run(&["timetable", "read", WEEK, "--from", "2026-12-02", "--to", "2026-12-01"]);
    assert_eq!(turned.status.code(), Some(1));
    assert!(err(&turned).contains("--to lies before --from"), "{}", err(&turned));
}

#[test]
fn the_bundled_weeks_plan_fits_and_is_cheaper_than_a_static_peak() {
    let plan = json(&["plan", "--timetable", WEEK, "--json"]);
    for key in [
        "fleet",
        "generation",
        "hash",
        "from",
        "to",
        "steps",
        "windows",
        "script",
        "budget",
        "cost",
        "findings",
    ] {
        assert!(!plan[key].is_null(), "{key} in {plan}");
    }
    assert_eq!(plan["generation"], 0);
    assert_eq!(plan["budget"]["status"], "ok", "{}", plan["budget"]);
    let cost = |key: &str| plan["cost"][key].as_f64().unwrap();
    assert!(cost("node_hours") < cost("static_peak_node_hours") / 2.0, "{}", plan["cost"]);
    let first = &plan["windows"][0];
    let nodes = first["nodes"].as_u64().unwrap();
    // 61 vCPU for 4,000 front-loaded starts are 10 nodes, 15 with a zone lost; a stricter bound and a spare more.
    assert!((15..=22).contains(&nodes), "{first}");
    assert!(plan["script"].as_array().unwrap().iter().any(|entry| entry["kind"] == "raise"));
}

#[test]
fn a_fleet_that_is_not_configured_is_named_beside_those_that_are() {
    let output = run(&["plan", "--timetable", WEEK, "--fleet", "mooodle"]);
    assert_eq!(output.status.code(), Some(1));
    let told = err(&output);
    assert!(told.contains("no fleet \"mooodle\"") && told.contains("has moodle"), "{told}");
}

#[test]
fn the_plan_as_text_tells_windows_steps_and_script() {
    let output = run(&["plan", "--timetable", WEEK]);
    for word in ["WINDOWS", "STEPS", "SCRIPT", "node-hours", "invigilator-moodle-", "GMT"] {
        assert!(out(&output).contains(word), "{word} in {}", out(&output));
    }
}

#[test]
fn findings_of_warning_or_worse_exit_with_2_and_the_output_is_complete() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(
        folder.path(),
        "doubtful.ics",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Law\r\nDTSTART:20261130T090000Z\r\n\
          DTEND:20261130T110000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    );
    let output = run(&["timetable", "read", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", out(&output));
    assert!(out(&output).contains("Law") && out(&output).contains("warning"), "{}", out(&output));
}

#[test]
fn what_is_no_timetable_is_one_message_with_the_file_and_the_line() {
    let folder = tempfile::tempdir().unwrap();
    let nonsense = written(folder.path(), "holiday.jpg", &[0xff, 0xd8, 0xff, 0xe0, 0, 1, 2, 3]);
    for file in [nonsense.as_path(), Path::new("/no/such/file.ics")] {
        let output = run(&["timetable", "read", file.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{}", out(&output));
        let told = err(&output);
        assert!(told.starts_with("error: ") && told.trim().lines().count() == 1, "{told}");
        assert!(told.contains(file.to_str().unwrap()), "{told}");
    }
}

#[test]
fn a_hostile_nesting_is_told_by_line_and_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let week = std::fs::read_to_string(WEEK).unwrap();
    let bomb = format!("{week}BEGIN:VCALENDAR\r\n{}", "BEGIN:X-DEEP\r\n".repeat(10_000));
    let bomb = written(folder.path(), "deep.ics", bomb.as_bytes());
    let output = run(&["timetable", "read", bomb.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    assert!(out(&output).contains("too_deep line"), "{}", out(&output));
    assert!(out(&output).contains("LAWS1001"), "{}", out(&output));
}

#[test]
fn check_tells_a_good_configuration_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("state");
    let text = std::fs::read_to_string(EXAMPLE).unwrap();
    let file = written(
        folder.path(),
        "good.toml",
        text.replace("/var/lib/invigilator", data.to_str().unwrap()).as_bytes(),
    );
    let output = run(&["check", "--config", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(
        out(&output).contains("is valid") && out(&output).contains("registry-office (registrar)")
    );
    assert!(!data.exists(), "check makes nothing");
}

#[test]
fn check_tells_a_missing_key_and_every_bad_value() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(EXAMPLE).unwrap();
    let missing =
        written(folder.path(), "a.toml", text.replace("hard_ceiling = 60", "").as_bytes());
    let output = run(&["check", "--config", missing.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("missing field `hard_ceiling`"), "{}", err(&output));
    let bad = text.replace("workers = 40", "workers = 0").replace("tail = \"15m\"", "tail = \"\"");
    let bad = written(folder.path(), "b.toml", bad.as_bytes());
    let output = run(&["check", "--config", bad.to_str().unwrap()]);
    assert!(err(&output).contains("workers") && err(&output).contains("tail"), "{}", err(&output));
}

#[test]
fn a_wrong_argument_is_an_error_not_a_finding() {
    assert_eq!(run(&["plan"]).status.code(), Some(1));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
}

/// An exam without a number and a lecture.
const TWO: &[u8] = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:LAWS1001 Exam\r\nDTSTART:20261130T090000Z\r\n\
    DTEND:20261130T110000Z\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:b\r\nSUMMARY:LAWS1001 Lecture\r\n\
    DTSTART:20261123T090000Z\r\nDTEND:20261123T110000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

#[test]
fn a_fleets_own_rules_and_a_list_of_candidates_are_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), "two.ics", TWO);
    let config = std::fs::read_to_string(EXAMPLE).unwrap();
    let config = config.replace("\nexam_patterns = []", "\nexam_patterns = ['exam']");
    let config = written(folder.path(), "fleet.toml", config.as_bytes());
    let list = written(folder.path(), "list.csv", b"course;candidates\nlaws-1001;850\n");
    let arguments = |more: &[&'static str]| -> Vec<String> {
        let paths = ["--config", config.to_str().unwrap(), "--candidates", list.to_str().unwrap()];
        let first = ["timetable", "read", file.to_str().unwrap()];
        first.iter().chain(&paths).chain(more).map(|&argument| argument.to_owned()).collect()
    };
    let texts = arguments(&[]);
    let output = run(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(output.status.code(), Some(0), "{}{}", out(&output), err(&output));
    for word in [
        "850",
        "LEFT OUT",
        "LAWS1001 Lecture",
        "like an exam",
        "1 events were left out as no exams",
    ] {
        assert!(out(&output).contains(word), "{word} in {}", out(&output));
    }
    let texts = arguments(&["--fleet", "moodle", "--json"]);
    let reading = json(&texts.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(reading["sittings"][0]["candidates"], 850);
    assert_eq!(reading["left_out"][0]["uid"], "b");
    assert_eq!(reading["left_out"].as_array().unwrap().len(), 1);
}

#[test]
fn a_list_of_candidates_that_is_not_there_is_an_error_by_name() {
    let output = run(&["timetable", "read", WEEK, "--candidates", "/no/such/list.csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        err(&output).contains("read the list of candidates /no/such/list.csv"),
        "{}",
        err(&output)
    );
}

#[test]
fn check_tells_a_bad_pattern_and_how_many_courses_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(EXAMPLE).unwrap();
    let bad = text.replace("course_pattern = \"\"", "course_pattern = '('");
    let bad = written(folder.path(), "bad.toml", bad.as_bytes());
    let output = run(&["check", "--config", bad.to_str().unwrap()]);
    assert!(
        err(&output).contains("timetable course_pattern: \"(\": unclosed group"),
        "{}",
        err(&output)
    );
    let list = written(folder.path(), "list.csv", b"course,candidates\nLAWS1001,850\n");
    let good = text
        .replace("/var/lib/invigilator", folder.path().join("state").to_str().unwrap())
        .replace("roster = \"\"", &format!("roster = {list:?}"));
    let good = written(folder.path(), "good.toml", good.as_bytes());
    let told = || out(&run(&["check", "--config", good.to_str().unwrap()])).to_owned();
    assert!(told().contains("list.csv lists 1 courses"), "{}", told());
    std::fs::remove_file(&list).unwrap();
    assert!(told().contains("The list of candidates cannot be read"), "{}", told());
}
