//! The binary as a child process, and just enough HTTP to talk to it.

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_invigilator");
/// A bound on every wait; nothing here depends on how fast it is.
const PATIENCE: Duration = Duration::from_secs(240);

pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
    pub(crate) banner: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Process {
    /// Starts `serve` on a free port of its own and waits for its banner.
    pub(crate) fn start(data: &Path, options: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(options)
            .env("INVIGILATOR_LOG", "warn")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        let mut banner = String::new();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        while !banner.contains("Stop: Ctrl-C") {
            assert!(0 < lines.read_line(&mut banner).unwrap(), "it ended: {banner}");
        }
        std::thread::spawn(move || lines.read_to_end(&mut Vec::new()));
        let address = banner.split("http://").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let process = Self { child, address, banner };
        process.eventually_ready();
        process
    }

    fn eventually_ready(&self) {
        let begin = Instant::now();
        while self.get("/readyz", None).status != 200 {
            assert!(begin.elapsed() < PATIENCE, "ready within {PATIENCE:?}");
            std::thread::yield_now();
        }
    }

    pub(crate) fn token(&self, role: &str) -> String {
        let line = self.banner.lines().find(|line| line.trim().starts_with(role)).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    }

    pub(crate) fn get(&self, path: &str, token: Option<&str>) -> Answer {
        let bearer = token.map(|token| format!("Authorization: Bearer {token}\r\n"));
        self.send(&format!("GET {path} HTTP/1.1\r\n{}", bearer.unwrap_or_default()), "")
    }

    pub(crate) fn post(
        &self,
        path: &str,
        role: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut head =
            format!("POST {path} HTTP/1.1\r\nAuthorization: Bearer {}\r\n", self.token(role));
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.send(&head, body)
    }

    fn send(&self, head: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let text = format!(
            "{head}Host: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        Answer { status, body: body.to_owned() }
    }

    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.get(path, None);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        serde_json::from_str(&answer.body).unwrap()
    }

    pub(crate) fn posture(&self) -> Value {
        self.json("/v1/posture")
    }

    /// Asks until the answer satisfies `wanted`, within a bound.
    pub(crate) fn eventually(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let begin = Instant::now();
        loop {
            let answer = self.json(path);
            if wanted(&answer) {
                return answer;
            }
            assert!(begin.elapsed() < PATIENCE, "{path} within {PATIENCE:?}: {answer}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until the sandbox's clock has gone on by so many simulated seconds.
    pub(crate) fn run_simulated(&self, seconds: i64) {
        let now = |posture: &Value| {
            let text = posture["sandbox"]["now"].as_str().unwrap();
            text.parse::<chrono::DateTime<chrono::Utc>>().unwrap()
        };
        let until = now(&self.posture()) + chrono::TimeDelta::seconds(seconds);
        self.eventually("/v1/posture", |posture| until <= now(posture));
    }

    /// `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM, and the exit code.
    pub(crate) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs the program, which must refuse; its standard error.
pub(crate) fn refused(arguments: &[&str]) -> String {
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    assert!(!output.status.success(), "{arguments:?} was accepted");
    String::from_utf8(output.stderr).unwrap()
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// So many simulated stretches between ten minutes and an hour and a half.
pub(crate) fn seconds_of(seed: u64, count: usize) -> Vec<i64> {
    println!("seed {seed}");
    let mut draws = StdRng::seed_from_u64(seed);
    (0..count).map(|_| draws.random_range(600..5_400)).collect()
}
