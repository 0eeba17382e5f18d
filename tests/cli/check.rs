//! `invigilator check`: what it tells of a configuration, and that it changes nothing.

use crate::{EXAMPLE, WEEK, err, out, run, written};
use std::path::{Path, PathBuf};

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
    assert!(told().contains("list.csv lists 1 course\n"), "{}", told());
    std::fs::remove_file(&list).unwrap();
    assert!(told().contains("The list of candidates cannot be read"), "{}", told());
}

/// The example with a data directory of its own, and these feeds.
fn with_feeds(folder: &Path, feeds: &str) -> PathBuf {
    let text = std::fs::read_to_string(EXAMPLE).unwrap();
    let data = folder.join("state");
    let text = text.replace("/var/lib/invigilator", data.to_str().unwrap());
    let text = text.replace("anonymous_read =", "feed_hosts = [\"127.0.0.1\"]\nanonymous_read =");
    written(folder, "feeds.toml", format!("{text}\n{feeds}").as_bytes())
}

#[test]
fn check_looks_at_every_feed_once_and_tells_what_is_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("faculties");
    std::fs::create_dir(&directory).unwrap();
    for name in ["Law.ics", "arts.ics"] {
        std::fs::copy(WEEK, directory.join(name)).unwrap();
        // Long ago, so that nobody seems to be writing to it.
        let file = std::fs::File::options().append(true).open(directory.join(name)).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1)).unwrap();
    }
    let feed = |place: &str| format!("[[fleet.feed]]\nsource = \"fac\"\n{place}\n");
    let all = with_feeds(folder.path(), &feed(&format!("directory = {directory:?}")));
    let output = run(&["check", "--config", all.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}{}", out(&output), err(&output));
    for part in ["feed fac-arts", "feed fac-law", "13 exams, 0 findings"] {
        assert!(out(&output).contains(part), "{part} in {}", out(&output));
    }
    assert!(!folder.path().join("state").exists(), "check makes nothing");

    // Nobody listens there.
    let url = "url = \"https://127.0.0.1:1/secret/exams.ics?token=word\"";
    let dead = feed(&format!("{url}\nnetworks = [\"127.0.0.0/8\"]"));
    let dead = with_feeds(folder.path(), &dead);
    let output = run(&["check", "--config", dead.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2), "{}{}", out(&output), err(&output));
    let told = "NOT READ: https://127.0.0.1:1: there is no connection";
    assert!(out(&output).contains(told), "{}", out(&output));
    assert!(!out(&output).contains("secret") && !out(&output).contains("word"), "{}", out(&output));
}

#[test]
fn check_tells_whether_term_dates_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let terms = folder.path().join("terms.ics");
    let season = "[[fleet.phase]]\nname = \"season\"\nterm = \"exams\"\nfloor = 4\nceiling = 20\ntarget_requests = 600\n\n";
    let text = std::fs::read_to_string(EXAMPLE)
        .unwrap()
        .replace("/var/lib/invigilator", folder.path().join("state").to_str().unwrap())
        .replace(
            "#term_dates = \"/etc/invigilator/term-dates.ics\"",
            &format!("term_dates = {terms:?}"),
        )
        .replace(
            "# What the database can carry.\n",
            &format!("{season}# What the database can carry.\n"),
        );
    let file = written(folder.path(), "terms.toml", text.as_bytes());
    let told = || {
        let output = run(&["check", "--config", file.to_str().unwrap()]);
        (output.status.code(), out(&output).to_owned())
    };
    let (code, lost) = told();
    assert_eq!(code, Some(2), "{lost}");
    assert!(lost.contains("NOT READ: The term dates") && lost.contains("cannot be read"), "{lost}");
    std::fs::write(
        &terms,
        "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:Winter exams\nDTSTART;VALUE=DATE:20270111\n\
         DTEND;VALUE=DATE:20270130\nEND:VEVENT\nEND:VCALENDAR\n",
    )
    .unwrap();
    let (code, found) = told();
    assert_eq!(code, Some(0), "{found}");
    assert!(found.contains("terms.ics: season 2027-01-11 until 2027-01-30\n"), "{found}");
}
