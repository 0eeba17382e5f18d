//! The command line as a person or a script uses it: exit codes, JSON keys, one clear message for each mistake.

#![expect(clippy::unwrap_used, reason = "a test ends at its first surprise")]

mod check;

use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const WEEK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/exam-week.ics");
const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/config/production.example.toml");

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_invigilator")).args(arguments).output().unwrap()
}

/// Runs with `input` as standard input.
fn run_with(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_invigilator"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Who reads no more than it is allowed to closes its end early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

fn answer(arguments: &[&str]) -> Value {
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
    let reading = answer(&["timetable", "read", WEEK, "--json"]);
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
    let monday = answer(&[
        "timetable",
        "read",
        WEEK,
        "--from",
        "2026-11-30",
        "--to",
        "2026-11-30",
        "--json",
    ]);
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
    let plan = answer(&["plan", "--timetable", WEEK, "--json"]);
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
fn a_plan_says_why_there_are_so_many_at_a_moment() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "DTSTART;TZID=Europe/London:20261130T090000\nDURATION:PT2H\nX-CANDIDATES:4000\n";
    let file = event(folder.path(), lines);
    let why = |at: &str| run(&["plan", "--timetable", file.to_str().unwrap(), "--explain", at]);
    let told = why("08:35");
    assert_eq!(told.status.code(), Some(0), "{}", err(&told));
    assert!(out(&told).contains("4,000 candidates of"), "{}", out(&told));
    assert!(out(&told).contains("Servers are booting now."), "{}", out(&told));
    assert_eq!(out(&why("2026-11-30 08:35")), out(&told));
    let noon = why("noon");
    assert!(err(&noon).contains("write \"2026-11-30 08:35\", or \"08:35\""), "{}", err(&noon));
    assert!(err(&why("2026-12-24 08:35")).contains("outside of what is planned"));
}

#[test]
fn a_plan_is_drawn_with_titles_that_cannot_be_markup() {
    let folder = tempfile::tempdir().unwrap();
    let event = "UID:a\nSUMMARY:<b>Law</b> & \"order\"\nDTSTART:20261130T090000Z\nDURATION:PT2H\nX-CANDIDATES:300";
    let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n");
    let file = written(folder.path(), "markup.ics", text.as_bytes());
    let drawn = run(&["plan", "--timetable", file.to_str().unwrap(), "--svg"]);
    let svg = out(&drawn);
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>\n"), "{svg}");
    assert!(svg.contains("&lt;b&gt;Law&lt;/b&gt; &amp; &quot;order&quot; (300)"), "{svg}");
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

/// A file with one event of these lines.
fn event(folder: &Path, lines: &str) -> PathBuf {
    let text = format!(
        "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:Law\r\n{lines}END:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    written(folder, "one.ics", text.as_bytes())
}

#[test]
fn a_finding_names_the_exam_it_speaks_of_and_one_of_a_thing_is_told_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = event(folder.path(), "DTSTART:20261130T090000Z\r\nDTEND:20261130T110000Z\r\n");
    let output = run(&["timetable", "read", file.to_str().unwrap()]);
    for line in [
        "\n1 event: 1 sitting, 0 cancelled, 0 rejected\n",
        "\nwarning no_cohort line 2: Law (Mon 2026-11-30 09:00 GMT): The exam ",
    ] {
        assert!(out(&output).contains(line), "{line} in {}", out(&output));
    }
}

#[test]
fn a_time_that_can_be_read_twice_shows_both_and_extra_time_is_told_in_people() {
    let folder = tempfile::tempdir().unwrap();
    let file = event(
        folder.path(),
        "DTSTART;TZID=Europe/London:20261025T013000\r\nDTEND;TZID=Europe/London:20261025T033000\r\n\
         X-INVIGILATOR-CANDIDATES:400\r\nX-INVIGILATOR-EXTRA-TIME:0.25%=1.5\r\n",
    );
    let file = file.to_str().unwrap();
    let output = run(&["timetable", "read", file]);
    for word in
        ["Sun 2026-10-25 01:30 BST or 01:30 GMT  Sun 2026-10-25 03:30 GMT  400 ", " 1 × 1.5 "]
    {
        assert!(out(&output).contains(word), "{word} in {}", out(&output));
    }
    let sitting = answer(&["timetable", "read", file, "--json"])["sittings"][0].clone();
    let other = json!([{ "starts_at": "2026-10-25T01:30:00Z", "ends_at": "2026-10-25T03:30:00Z" }]);
    assert_eq!(
        (&sitting["starts_at"], &sitting["other_readings"]),
        (&"2026-10-25T00:30:00Z".into(), &other)
    );
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
fn a_timetable_is_read_from_standard_input_too() {
    let week = std::fs::read(WEEK).unwrap();
    let piped = run_with(&["timetable", "read", "-", "--json"], &week);
    assert_eq!(piped.status.code(), Some(0), "{}", err(&piped));
    assert_eq!(out(&piped), out(&run(&["timetable", "read", WEEK, "--json"])));
    let empty = run_with(&["timetable", "read", "-"], b"");
    assert_eq!(empty.status.code(), Some(1));
    let told = err(&empty);
    assert!(told.starts_with("error: read the timetable standard input: "), "{told}");
}

#[test]
fn no_more_is_read_than_is_allowed() {
    let week = std::fs::read(WEEK).unwrap();
    let fits = week.len().to_string();
    let less = (week.len() - 1).to_string();
    assert_eq!(run(&["timetable", "read", WEEK, "--max-bytes", &fits]).status.code(), Some(0));
    let endless = vec![b'x'; 1 << 20];
    for output in [
        run(&["timetable", "read", WEEK, "--max-bytes", &less]),
        run_with(&["timetable", "read", "-", "--max-bytes", &less], &week),
        run_with(&["timetable", "read", "-", "--max-bytes", "10"], &endless),
    ] {
        assert_eq!(output.status.code(), Some(1), "{}", out(&output));
        let told = err(&output);
        assert!(told.contains("raise --max-bytes") && told.lines().count() == 1, "{told}");
    }
}

#[test]
fn what_was_read_is_printed_as_a_calendar_that_reads_the_same() {
    let written = run(&["timetable", "read", WEEK, "--ics"]);
    assert_eq!(written.status.code(), Some(0), "{}", err(&written));
    let compared = run_with(&["timetable", "diff", WEEK, "-", "--json"], &written.stdout);
    assert_eq!(compared.status.code(), Some(0), "{}{}", out(&compared), err(&compared));
    let sittings = answer(&["timetable", "read", WEEK, "--json"])["counts"]["sittings"].clone();
    let told: Value = serde_json::from_slice(&compared.stdout).unwrap();
    let wanted = json!({ "added": [], "moved": [], "changed": [], "removed": [], "same": sittings,
        "guards": [] });
    assert_eq!(told, wanted);
}

/// The bundled week, one value of it replaced.
fn week_with(folder: &Path, from: &str, to: &str) -> PathBuf {
    let week = std::fs::read_to_string(WEEK).unwrap();
    assert!(week.contains(from), "{from}");
    written(folder, "changed.ics", week.replacen(from, to, 1).as_bytes())
}

#[test]
fn a_difference_exits_with_2_and_is_told_in_campus_time() {
    let folder = tempfile::tempdir().unwrap();
    let less =
        week_with(folder.path(), "X-INVIGILATOR-CANDIDATES:4000", "X-INVIGILATOR-CANDIDATES:3999");
    let output = run(&["timetable", "diff", WEEK, less.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}", err(&output));
    let told = out(&output);
    for line in [
        "~ Mon 2026-11-30 09:00 GMT  ",
        "    candidates: 4000 -> 3999\n",
        "0 added, 0 moved, 1 changed, 0 removed, ",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
    assert_eq!(err(&output), "");
    let told = answer(&["timetable", "diff", WEEK, less.to_str().unwrap(), "--json"]);
    let keys: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["added", "changed", "guards", "moved", "removed", "same"]);
    assert_eq!(told["changed"][0]["candidates"], 3999);
    assert_eq!(told["changed"][0]["was"]["candidates"], 4000);
}

#[test]
fn what_came_and_went_has_a_sign_and_the_same_file_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let none = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";
    let none = written(folder.path(), "none.ics", none.as_bytes());
    let none = none.to_str().unwrap();
    let signs = |output: &Output| -> Vec<char> {
        let lines = out(output).lines().filter(|line| line.contains("LAWS1001"));
        lines.filter_map(|line| line.chars().next()).collect()
    };
    let gone = run(&["timetable", "diff", WEEK, none]);
    assert_eq!(gone.status.code(), Some(2));
    assert!(signs(&gone).iter().all(|&sign| sign == '-') && !signs(&gone).is_empty());
    // The new file itself is doubtful, and says so beside the answer.
    assert!(err(&gone).contains("no_sittings: ") && err(&gone).contains(none), "{}", err(&gone));
    let came = run(&["timetable", "diff", none, WEEK]);
    assert!(signs(&came).iter().all(|&sign| sign == '+') && !signs(&came).is_empty());
    let same = run(&["timetable", "diff", WEEK, WEEK]);
    assert_eq!(same.status.code(), Some(0));
    assert!(out(&same).starts_with("0 added, 0 moved, 0 changed, 0 removed, "), "{}", out(&same));
}

#[test]
fn two_files_cannot_both_be_standard_input() {
    let output = run_with(&["timetable", "diff", "-", "-"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(err(&output).contains("only one of the two files"), "{}", err(&output));
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
    for word in ["850", "LEFT OUT", "LAWS1001 Lecture", "like an exam", "left out as no exams: 1"] {
        assert!(out(&output).contains(word), "{word} in {}", out(&output));
    }
    let texts = arguments(&["--fleet", "moodle", "--json"]);
    let reading = answer(&texts.iter().map(String::as_str).collect::<Vec<_>>());
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
