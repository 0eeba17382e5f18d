//! The law of the house, read from the sources as text: who may name whom, what the pure core does not know,
//! how long things get, and which words stay out. `ARCHITECTURE.md` says why.

mod names;
mod rows;
mod source;

use source::{Kind, Source, block, under, words};

/// The floors, lowest first; a module names only modules on lower ones. The binary stands above them all.
const FLOORS: &[&[&str]] = &[
    &["domain", "report"],
    &["timetable", "planner", "reconciler", "wire"],
    &["aws", "moodle", "feeds", "store", "telemetry", "zoneinfo"],
    &["sandbox", "tasks"],
    &["http"],
    &["config", "lifecycle"],
    &["app"],
    &["cli"],
];
/// The binary, which is no module of the library.
const BINARY: &str = "main";
/// Functions of values: floors 0 and 1.
const PURE: usize = 2;
/// What a function of values does not know.
const OUTSIDE: &[&str] = &[
    "tokio",
    "sqlx",
    "axum",
    "hyper",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
];
/// What serves HTTP.
const HTTP: &[&str] = &["axum", "hyper", "hyper_util", "tower_http"];
/// The one folder below the floor of `http` that serves it: the simulated account is AWS's face there.
const WIRE: &str = "src/sandbox/wire/";
/// The one file that asks the system for the time.
const CLOCK: &str = "src/domain/clock.rs";
/// Lines of a file, at most.
const FILE_LINES: usize = 500;
/// Lines of a function, from `fn` to its closing brace, are fewer.
const FUNCTION_LINES: usize = 70;
/// What is not written, and what is written instead.
const UNWRITTEN: &[(&str, &str)] = &[
    ("#[allow(", "write #[expect(..., reason = \"...\")]"),
    ("#![allow(", "write #![expect(..., reason = \"...\")]"),
    ("#[ignore", "make the test run, or delete it"),
    ("todo!", "write it, or leave it out"),
    ("unimplemented!", "write it, or leave it out"),
];
/// Notes to oneself that never land.
const NOTES: &[&str] = &["TODO", "FIXME", "XXX"];
/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &["manager", "helper", "helpers", "util", "utils", "common", "misc"];

fn floor_of(module: &str) -> Option<usize> {
    let floor = FLOORS.iter().position(|modules| modules.contains(&module));
    floor.or((module == BINARY).then_some(FLOORS.len()))
}

/// Names that lead sideways or up, and modules that stand on no floor.
fn climbs(source: &Source) -> Vec<String> {
    let Some(&own) = source.module().first() else { return Vec::new() };
    let Some(floor) = floor_of(own) else {
        return vec![format!("{}: {own} stands on no floor; give it one in FLOORS", source.path)];
    };
    let above = names::modules(source)
        .into_iter()
        .filter(|(_, name)| name != own && floor_of(name).is_none_or(|other| floor <= other));
    above
        .map(|(at, name)| {
            let place = source.place(at);
            format!("{place}: {own} names {name}, which is not below it; pass a value, or move the code up")
        })
        .collect()
}

/// What a function of values must not know.
fn impurities(source: &Source) -> Vec<String> {
    let pure = source.module().first().and_then(|module| floor_of(module));
    if pure.is_none_or(|floor| PURE <= floor) {
        return Vec::new();
    }
    let found = names::outside(source, OUTSIDE).into_iter();
    found
        .filter(|(_, name)| !(source.path == CLOCK && name == "SystemTime"))
        .map(|(at, name)| {
            format!(
                "{}: a pure module names {name}; take the value as a parameter",
                source.place(at)
            )
        })
        .collect()
}

/// What serves HTTP below the floor that is there for it.
fn speakers(source: &Source) -> Vec<String> {
    let floor = source.module().first().and_then(|module| floor_of(module));
    if floor_of("http") <= floor || source.path.starts_with(WIRE) {
        return Vec::new();
    }
    let found = names::outside(source, HTTP).into_iter();
    found
        .map(|(at, name)| {
            format!("{}: {name} below http; move it to {WIRE} or up", source.place(at))
        })
        .collect()
}

/// Files and functions nobody reads at once.
fn long(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    if FILE_LINES < source.lines() {
        let lines = source.lines();
        found.push(format!("{}:1: {lines} lines; split it below {FILE_LINES}", source.path));
    }
    let code = source.code();
    for at in words(&code, "fn").filter(|at| code[at + 2..].starts_with(' ')) {
        let Some(function) = block(&code, at) else { continue };
        let lines = code[function].lines().count();
        if FUNCTION_LINES <= lines {
            let place = source.place(at);
            found.push(format!(
                "{place}: a function of {lines} lines; split it below {FUNCTION_LINES}"
            ));
        }
    }
    found
}

/// Words and names that stay out.
fn unwritten(source: &Source) -> Vec<String> {
    let code = source.code();
    let comments = source.only(&[Kind::Comment]);
    let written = UNWRITTEN.iter().flat_map(|(text, instead)| {
        code.match_indices(text).map(move |(at, _)| (at, format!("{text} is written; {instead}")))
    });
    let noted = NOTES.iter().flat_map(|word| {
        words(&comments, word).map(move |at| (at, format!("{word}; do it, or write an issue")))
    });
    let mut found: Vec<_> =
        written.chain(noted).map(|(at, what)| format!("{}: {what}", source.place(at))).collect();
    if let Some(part) = source.path.split(['/', '.']).find(|part| EMPTY_NAMES.contains(part)) {
        let path = &source.path;
        found.push(format!("{path}:1: {part} says nothing; name it after what it gives"));
    }
    found
}

/// The modules that `lib.rs` declares.
fn declared(lib: &str) -> Vec<String> {
    let names = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let mut names: Vec<_> = names.map(str::to_owned).collect();
    names.sort();
    names
}

/// The modules of each row of the table of floors; what stands in brackets explains them.
fn documented(page: &str) -> Vec<Vec<String>> {
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split('|').map(str::trim);
        cells.next()?.parse::<usize>().ok()?;
        cells.next()
    });
    let names = |cell: &str| {
        let outside = cell.split('(').map(|part| part.rsplit(')').next().unwrap_or(part));
        let quoted: Vec<_> = outside.flat_map(|part| part.split('`').skip(1).step_by(2)).collect();
        quoted.into_iter().map(str::to_owned).collect()
    };
    rows.map(names).collect()
}

#[track_caller]
fn none(breaches: &[String]) {
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

fn all(folders: &[&str], rule: impl Fn(&Source) -> Vec<String>) {
    none(&under(folders).iter().flat_map(rule).collect::<Vec<_>>());
}

#[test]
fn modules_name_only_what_is_below_them() {
    all(&["src"], climbs);
}

#[test]
fn the_pure_core_knows_nothing_of_the_outside() {
    all(&["src"], impurities);
}

#[test]
fn http_is_served_where_it_belongs() {
    all(&["src"], speakers);
}

#[test]
fn files_and_functions_fit_in_a_head() {
    all(&["src", "tests", "benches"], long);
}

#[test]
fn nothing_is_left_over_and_names_say_something() {
    all(&["src", "tests", "benches"], unwritten);
}

#[test]
fn every_module_stands_on_one_floor() {
    let mut standing: Vec<_> = FLOORS.concat().into_iter().map(str::to_owned).collect();
    standing.sort();
    assert_eq!(declared(include_str!("../../src/lib.rs")), standing, "src/lib.rs and FLOORS");
}

#[test]
fn the_architecture_page_tells_the_same_floors() {
    let mut page = documented(include_str!("../../ARCHITECTURE.md"));
    page.iter_mut().for_each(|row| row.retain(|module| module != BINARY));
    assert_eq!(page, FLOORS, "the table of ARCHITECTURE.md and FLOORS");
}

/// What `rule` says of a small file.
#[track_caller]
fn says(rule: impl Fn(&Source) -> Vec<String>, path: &str, text: &str, wanted: &[&str]) {
    let found = rule(&Source::new(path, text));
    assert_eq!(found.len(), wanted.len(), "{text}: {found:?}");
    for (breach, wanted) in found.iter().zip(wanted) {
        assert!(breach.starts_with(wanted), "{breach} begins with {wanted}");
    }
}

#[test]
fn a_climb_is_found() {
    says(climbs, "src/store/x.rs", "use crate::domain::Plan;\nuse crate::store::y;", &[]);
    let up = "use std::fmt;\nuse crate::{domain, tasks::Pass};";
    says(climbs, "src/store/x.rs", up, &["src/store/x.rs:2: store names tasks"]);
    let sideways = "#[cfg(test)]\nmod tests {\n    use crate::planner;\n}";
    says(climbs, "src/wire/x.rs", sideways, &["src/wire/x.rs:3: wire names planner"]);
    says(climbs, "src/report.rs", "use super::http;", &["src/report.rs:1: report names http"]);
    says(climbs, "src/cli/x.rs", "use crate::*;", &["src/cli/x.rs:1: cli names *"]);
    says(climbs, "src/main.rs", "invigilator::cli::run()", &[]);
    says(climbs, "src/attic.rs", "", &["src/attic.rs: attic stands on no floor"]);
}

#[test]
fn an_impurity_is_found() {
    let text = "use std::{fmt, fs};";
    says(
        impurities,
        "src/planner/x.rs",
        text,
        &["src/planner/x.rs:1: a pure module names std::fs"],
    );
    says(impurities, "src/store/x.rs", text, &[]);
    let clock = "use std::time::SystemTime;";
    says(impurities, CLOCK, clock, &[]);
    says(impurities, "src/domain/x.rs", clock, &["src/domain/x.rs:1: a pure module names System"]);
}

#[test]
fn a_speaker_below_its_floor_is_found() {
    let text = "use axum::Router;";
    says(speakers, "src/sandbox/account.rs", text, &["src/sandbox/account.rs:1: axum below http"]);
    says(speakers, "src/tasks/wire/x.rs", text, &["src/tasks/wire/x.rs:1: axum below http"]);
    says(speakers, "src/sandbox/wire/mod.rs", text, &[]);
    says(speakers, "src/http/server.rs", text, &[]);
    says(speakers, "src/app/mod.rs", text, &[]);
}

#[test]
fn what_is_too_long_is_found() {
    let function = |lines: usize| format!("\nfn f() {{\n{}}}\n", "    g();\n".repeat(lines - 2));
    says(long, "src/x.rs", &function(FUNCTION_LINES - 1), &[]);
    says(long, "src/x.rs", &function(FUNCTION_LINES), &["src/x.rs:2: a function of 70 lines"]);
    says(long, "src/x.rs", &"\n".repeat(FILE_LINES), &[]);
    says(long, "src/x.rs", &"\n".repeat(FILE_LINES + 1), &["src/x.rs:1: 501 lines"]);
    let signatures = format!("trait T {{\n    fn f();\n{}}}", "    fn g();\n".repeat(80));
    says(long, "src/x.rs", &signatures, &[]);
}

#[test]
fn a_left_over_is_found() {
    for (text, _) in UNWRITTEN {
        says(unwritten, "src/x.rs", &format!("\n{text}"), &["src/x.rs:2: "]);
        says(unwritten, "src/x.rs", &format!("// {text}\nlet a = \"{text}\";"), &[]);
    }
    for word in NOTES {
        says(unwritten, "src/x.rs", &format!("// {word}: later"), &["src/x.rs:1: "]);
    }
    says(unwritten, "src/http/util.rs", "", &["src/http/util.rs:1: util says nothing"]);
    says(unwritten, "src/common/mod.rs", "", &["src/common/mod.rs:1: common says nothing"]);
}

#[test]
fn the_tables_are_read() {
    let lib = "pub mod b;\n// pub mod c;\npub mod a;\nmod d;";
    assert_eq!(declared(lib), ["a", "b"]);
    let page =
        "| floor | modules | not |\n|---|---|---|\n| 0 | `a` (x: `Y`), `b` | `z` |\n| 1 | `c` | |";
    assert_eq!(documented(page), [vec!["a", "b"], vec!["c"]]);
}
