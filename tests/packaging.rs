//! What ships the program: the systemd unit, the container, the licence, the changelog.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

const UNIT: &str = include_str!("../systemd/invigilator.service");
const DOCKERFILE: &str = include_str!("../Dockerfile");
const DOCKERIGNORE: &str = include_str!("../.dockerignore");
const CHANGELOG: &str = include_str!("../CHANGELOG.md");
const LICENSE: &str = include_str!("../LICENSE");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// What a build reads, where it exists; documentation and tests are not among it.
const BUILD_READS: &[&str] = &[
    ".cargo/config.toml",
    "askama.toml",
    "benches",
    "build.rs",
    "Cargo.lock",
    "Cargo.toml",
    "config",
    "migrations",
    "src",
];

/// The values of a key of the unit, in order.
fn unit(key: &str) -> Vec<&'static str> {
    let values = UNIT.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    values.collect()
}

/// The arguments of a Dockerfile's instructions of one kind, continuation lines joined.
fn instructions(kind: &str) -> Vec<String> {
    let joined = DOCKERFILE.replace("\\\n", " ");
    let lines = joined.lines().filter_map(|line| line.strip_prefix(kind)?.strip_prefix(' '));
    lines.map(str::to_owned).collect()
}

/// What comes into the image from this folder.
fn copied() -> BTreeSet<String> {
    let own = instructions("COPY").into_iter().filter(|line| !line.starts_with("--from="));
    let sources = own.flat_map(|line| {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        words[..words.len() - 1].to_vec()
    });
    sources.collect()
}

#[test]
fn the_unit_runs_the_daemon_and_is_told_when_it_is_ready() {
    let start = "/usr/local/bin/invigilator serve --config /etc/invigilator/invigilator.toml \
                 --data /var/lib/invigilator";
    assert_eq!(unit("ExecStart"), [start]);
    // `notify-reload` is not known to systemd 252 and would silently be no notification at all.
    assert_eq!(unit("Type"), ["notify"]);
    assert_eq!(unit("NotifyAccess"), ["main"]);
    assert_eq!(unit("WatchdogSec"), ["60s"]);
    assert_eq!(unit("StateDirectory"), ["invigilator"], "the folder of --data");
    assert_eq!(unit("ConfigurationDirectory"), ["invigilator"], "the folder of --config");
}

#[test]
fn the_unit_never_gives_up_on_an_exam_day() {
    assert_eq!(unit("Restart"), ["always"]);
    assert_eq!(unit("StartLimitIntervalSec"), ["0"]);
}

#[test]
fn the_unit_gives_the_daemon_no_rights() {
    assert_eq!(unit("DynamicUser"), ["yes"]);
    assert_eq!(unit("CapabilityBoundingSet"), [""]);
    assert_eq!(unit("NoNewPrivileges"), ["yes"]);
    assert_eq!(unit("ProtectSystem"), ["strict"]);
}

#[test]
fn the_image_is_built_from_exactly_what_a_build_reads() {
    let exists = |name: &&&str| Path::new(ROOT).join(name).exists();
    let wanted = BUILD_READS.iter().filter(exists).map(|name| (*name).to_owned());
    assert_eq!(copied(), wanted.collect(), "COPY of the Dockerfile");
    let lines = DOCKERIGNORE.lines().filter(|line| !line.starts_with('#'));
    let (all, kept): (Vec<_>, Vec<_>) = lines.partition(|line| *line == "*");
    assert_eq!(all.len(), 1, ".dockerignore leaves everything out first");
    let kept: BTreeSet<_> = kept.iter().map(|line| line.replacen('!', "", 1)).collect();
    assert_eq!(kept, copied(), ".dockerignore and COPY");
}

#[test]
fn the_image_builds_with_the_rust_that_the_package_asks_for() {
    let images = instructions("FROM");
    let rust = format!("rust:{}-", env!("CARGO_PKG_RUST_VERSION"));
    assert!(images[0].starts_with(&rust), "{} begins with {rust}", images[0]);
    let build = instructions("RUN");
    assert!(build[0].contains("cargo build --release --locked"), "{}", build[0]);
}

#[test]
fn the_container_runs_the_program_itself_and_not_as_root() {
    let user = instructions("USER");
    let id = user.last().and_then(|user| user.split(':').next()?.parse::<u32>().ok());
    assert!(id.is_some_and(|id| 0 < id), "USER is a number that is not root: {user:?}");
    for kind in ["ENTRYPOINT", "CMD"] {
        let [line] = &instructions(kind)[..] else { panic!("one {kind}") };
        let words: Vec<String> = serde_json::from_str(line).expect("exec form is a JSON array");
        assert!(!words.iter().any(|word| word.ends_with("sh")), "no shell: {line}");
    }
    assert_eq!(instructions("VOLUME"), ["/var/lib/invigilator"], "the folder of --data");
}

#[test]
fn the_licence_is_the_one_that_the_package_names() {
    assert_eq!(env!("CARGO_PKG_LICENSE"), "Apache-2.0");
    for words in ["Apache License", "Version 2.0, January 2004", "END OF TERMS AND CONDITIONS"] {
        assert!(LICENSE.contains(words), "{words}");
    }
}

#[test]
fn the_changelog_knows_this_version() {
    let released = format!("## [{}]", env!("CARGO_PKG_VERSION"));
    let known =
        CHANGELOG.lines().any(|line| line == "## [Unreleased]" || line.starts_with(&released));
    assert!(known, "CHANGELOG.md has {released} or [Unreleased]");
}

/// Where packages come from is the machine's business: a mirror must need no change here.
#[test]
fn no_file_names_the_host_of_a_registry() {
    let domains = [
        ("crates", "io"),
        ("npmjs", "org"),
        ("pypi", "org"),
        ("docker", "io"),
        ("ghcr", "io"),
        ("gcr", "io"),
        ("quay", "io"),
    ];
    let hosts = domains.map(|(name, top)| format!("{name}.{top}"));
    let list = Command::new("git").args(["-C", ROOT, "ls-files", "-z"]).output().expect("git runs");
    let list = String::from_utf8(list.stdout).expect("paths are text");
    let is_lock = |path: &&str| path.ends_with("Cargo.lock");
    let files: Vec<_> = list.split_terminator('\0').filter(|path| !is_lock(path)).collect();
    assert!(files.contains(&"Cargo.toml"), "git lists this package's files");
    for path in files {
        // A file that is deleted but not yet committed names nothing.
        let bytes = std::fs::read(Path::new(ROOT).join(path)).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        for host in &hosts {
            assert!(!text.contains(host), "{path} names {host}; leave the host to cargo or docker");
        }
    }
}
