//! The binary as a newcomer runs it: started, looked at, published to, killed, and started again.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test ends at its first surprise, and tells its seed"
)]

mod process;

use process::{Process, free_port, refused, seconds_of};
use serde_json::Value;
use std::time::Duration;

const README: &str = include_str!("../../README.md");

/// Start to first posture, in the sandbox's own terms: time has not moved before anybody could look.
#[test]
fn it_starts_says_sandbox_and_serves_a_posture() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &["--speed", "1"]);
    for word in
        ["SANDBOX", "viewer", "registrar", "oncall", "admin", folder.path().to_str().unwrap()]
    {
        assert!(server.banner.contains(word), "{word} in {}", server.banner);
    }
    let posture = server.posture();
    let fleet = &posture["fleets"][0];
    assert_eq!(fleet["fleet"], "moodle");
    assert!(posture["sandbox"]["now"].is_string(), "{posture}");
    assert_eq!(posture["sandbox"]["speed"], 1.0);
    let page = server.get("/", None);
    assert_eq!(page.status, 200);
    assert!(page.body.contains("SANDBOX") && page.body.contains("<svg"), "{}", page.body);
}

/// The exam that the README tells a newcomer to add changes plan, script and page.
#[test]
fn the_readmes_own_exam_is_added_as_a_new_source() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &["--speed", "1"]);
    let before = server.json("/v1/fleets/moodle/plan");
    let file = readme_exam(&server.posture());
    let draft = server.post(
        "/v1/fleets/moodle/timetables/mine/drafts",
        "registrar",
        &[("content-type", "text/calendar")],
        &file,
    );
    assert_eq!(draft.status, 201, "{}", draft.body);
    let report: Value = serde_json::from_str(&draft.body).unwrap();
    let path = format!(
        "/v1/fleets/moodle/timetables/mine/drafts/{}/publish",
        report["id"].as_str().unwrap()
    );
    let published = server.post(&path, "registrar", &[("if-match", "\"0\"")], "");
    assert_eq!(published.status, 200, "{}", published.body);
    let after = server.eventually("/v1/fleets/moodle/plan", |plan| plan["hash"] != before["hash"]);
    let title = report["comparison"]["added"][0]["title"].as_str().unwrap();
    let sittings = server.json("/v1/fleets/moodle/sittings");
    assert!(sittings.to_string().contains(title), "{sittings}");
    assert!(
        after["windows"]
            .to_string()
            .contains(report["comparison"]["added"][0]["uid"].as_str().unwrap())
    );
    let script = server.json("/v1/fleets/moodle/script");
    assert_ne!(script, server_script(&before), "the script follows");
    assert!(server.get("/", None).body.contains(title), "the page follows");
}

fn server_script(plan: &Value) -> Value {
    plan["script"].clone()
}

/// The example stands in the README as a here-document; `${DAY}` is the day after the one that the sandbox shows.
fn readme_exam(posture: &Value) -> String {
    let start = README.find("BEGIN:VCALENDAR").expect("the README has an example");
    let end = README.find("END:VCALENDAR").expect("the example ends") + "END:VCALENDAR\n".len();
    let shown = &posture["sandbox"]["now"].as_str().unwrap()[..10];
    let day = shown.parse::<chrono::NaiveDate>().unwrap() + chrono::Days::new(1);
    let example = README[start..end].replace("${DAY}", &day.format("%Y%m%d").to_string());
    assert!(!example.contains('$'), "{example}");
    example
}

/// `kill -9` ten times over the exam morning and afternoon, away up to half an hour: the account goes on.
#[test]
fn killed_ten_times_it_resumes_and_nobody_is_late() {
    let folder = tempfile::tempdir().unwrap();
    let speed = ["--speed", "600"];
    let mut server = Process::start(folder.path(), &speed);
    let mut last = server.posture()["sandbox"]["now"].clone();
    for (round, run) in seconds_of(7, 10).into_iter().enumerate() {
        server.run_simulated(run);
        server.kill();
        // Away is real time; at ×600 three seconds are half a simulated hour.
        std::thread::sleep(Duration::from_millis(300 * (round as u64 % 10)));
        server = Process::start(folder.path(), &speed);
        assert!(server.banner.contains("resumed"), "{}", server.banner);
        let now = server.posture()["sandbox"]["now"].clone();
        assert!(last.as_str() <= now.as_str(), "the account went on: {last} {now}");
        last = now;
    }
    let evening = server.eventually("/v1/posture", |posture| {
        posture["sandbox"]["now"].as_str().is_some_and(|now| "T22:30" <= &now[10..16])
            || posture["sandbox"]["now"].as_str()
                > Some(&format!("{}T22:30", &last.as_str().unwrap()[..10]))
    });
    let sandbox = &evening["sandbox"];
    for counter in ["late_starts", "late_submissions", "removed_during_attempts"] {
        assert_eq!(sandbox[counter], 0, "{sandbox}");
    }
    assert!(sandbox["starts"].as_u64().unwrap() > 3_600, "{sandbox}");
}

#[test]
fn what_keeps_it_from_starting_is_one_clear_message() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Process::start(folder.path(), &[]);
    let second = refused(&["serve", "--data", data, "--listen", "127.0.0.1:0"]);
    assert!(second.contains("in use by another invigilator"), "{second}");
    let other = tempfile::tempdir().unwrap();
    let taken = server.address.as_str();
    let busy = refused(&["serve", "--data", other.path().to_str().unwrap(), "--listen", taken]);
    assert!(busy.contains("--listen") && busy.contains(taken), "{busy}");
    drop(server);
    let missing = refused(&["serve", "--config", "/nonexistent.toml"]);
    assert!(missing.contains("/nonexistent.toml"), "{missing}");
    let port = free_port();
    let bad = refused(&["serve", "--speed", "601", "--listen", &format!("127.0.0.1:{port}")]);
    assert!(bad.contains("600"), "{bad}");
    for message in [second, busy, missing] {
        assert_eq!(message.trim().lines().count(), 1, "one message: {message}");
    }
}

/// Somebody went back to an older version: it says so and leaves the database as it is.
#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(Process::start(folder.path(), &[]));
    let database = folder.path().join("invigilator.db");
    write_newer_schema(&database);
    let before = std::fs::read(&database).unwrap();
    let data = folder.path().to_str().unwrap();
    let told = refused(&["serve", "--data", data, "--listen", "127.0.0.1:0"]);
    assert!(told.contains("newer invigilator") && told.contains(data), "{told}");
    assert_eq!(told.trim().lines().count(), 1, "{told}");
    assert!(before == std::fs::read(&database).unwrap(), "nothing was changed");
}

fn write_newer_schema(database: &std::path::Path) {
    use sqlx::{ConnectOptions as _, Connection as _, Executor as _};
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
        let mut connection = options.connect().await.unwrap();
        let next = "INSERT INTO _sqlx_migrations
             (version, description, success, checksum, execution_time)
             SELECT 9999, 'from the future', success, checksum, 0 FROM _sqlx_migrations
             WHERE version = 1";
        connection.execute(next).await.unwrap();
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
        connection.close().await.unwrap();
    });
}

#[test]
fn sigterm_ends_it_gracefully_with_zero() {
    let folder = tempfile::tempdir().unwrap();
    let server = Process::start(folder.path(), &[]);
    assert_eq!(server.terminate(), Some(0));
}
