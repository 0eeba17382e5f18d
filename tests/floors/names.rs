//! Which modules of the crate a file names.

use crate::source::{Kind, Source, block, is_word, words};

/// Every top-level module that `source` names, with the offset of the path that names it: through `crate`,
/// `invigilator`, or as many `super` as lead to the root; grouped imports and paths in attributes too.
pub(crate) fn modules(source: &Source) -> Vec<(usize, String)> {
    let code = source.code();
    let text = source.only(&[Kind::Code, Kind::Quoted]);
    let depth = source.module().len();
    let mut found = Vec::new();
    for root in ["crate", "invigilator"] {
        for at in words(&text, root) {
            let heads = text[at..].strip_prefix(root).and_then(|rest| rest.strip_prefix("::"));
            found.extend(
                heads.into_iter().flat_map(|tree| leaves(tree, 0)).map(|leaf| (at, leaf.1)),
            );
        }
    }
    for at in words(&text, "super").filter(|at| !text[..*at].ends_with("::")) {
        let here = depth + inline_depth(&code, at);
        let leaves = leaves(&text[at..], 0).into_iter().filter(|leaf| leaf.0 == here);
        found.extend(leaves.map(|leaf| (at, leaf.1)));
    }
    found.sort_by_key(|name| name.0);
    found
}

/// What stands first in `tree` and how many `super` lead to it; in a group, for each of its parts.
fn leaves(tree: &str, up: usize) -> Vec<(usize, String)> {
    let tree = tree.trim_start();
    if let Some(group) = tree.strip_prefix('{') {
        parts(group).flat_map(|part| leaves(part, up)).collect()
    } else if let Some(rest) = tree.strip_prefix("super::") {
        leaves(rest, up + 1)
    } else {
        let end = tree.find(|character| !is_word(character)).unwrap_or(tree.len());
        let glob = tree.starts_with('*').then_some("*");
        let word = glob.unwrap_or(&tree[..end]);
        if word.is_empty() { Vec::new() } else { vec![(up, word.to_owned())] }
    }
}

/// The parts of a group, cut at its own commas, up to its closing brace.
fn parts(group: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0;
    let mut end = group.len();
    let mut cuts = vec![0];
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => {
                end = at;
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => cuts.push(at + 1),
            _ => {}
        }
    }
    let ends = cuts.iter().skip(1).map(|cut| cut - 1).chain([end]).collect::<Vec<_>>();
    cuts.into_iter().zip(ends).map(move |(from, to)| &group[from..to])
}

/// In how many `mod x { ... }` of its file an offset stands.
fn inline_depth(code: &str, at: usize) -> usize {
    let modules = words(code, "mod").filter_map(|from| block(code, from));
    modules.filter(|inside| inside.contains(&at)).count()
}

/// The `std` modules and the foreign crates that `source` names among `unwanted`.
pub(crate) fn outside(source: &Source, unwanted: &[&str]) -> Vec<(usize, String)> {
    let code = source.code();
    let std = words(&code, "std").filter_map(|at| {
        let tree = code[at..].strip_prefix("std::")?;
        Some(leaves(tree, 0).into_iter().map(move |leaf| (at, format!("std::{}", leaf.1))))
    });
    let mut found: Vec<_> = std.flatten().filter(|name| unwanted.contains(&&*name.1)).collect();
    for word in unwanted {
        found.extend(words(&code, word).map(|at| (at, (*word).to_owned())));
    }
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_way_to_name_a_module_is_seen() {
    for (path, text, named) in [
        ("src/a/b.rs", "use crate::store::Store;", &["store"][..]),
        ("src/a/b.rs", "use crate::{aws::{self, Observe}, http, a::c};", &["aws", "http", "a"]),
        ("src/a/b.rs", "use crate::{\n    aws,\n    http::{Face, Token},\n};", &["aws", "http"]),
        (
            "src/a/b.rs",
            "fn f() -> crate::config::Fleet { invigilator::app::run() }",
            &["config", "app"],
        ),
        ("src/a/b.rs", "use super::c; use super::super::http;", &["http"]),
        ("src/a/b.rs", "use super::{c, super::{http, d::e}};", &["http", "d"]),
        ("src/a/mod.rs", "use super::http;", &["http"]),
        ("src/a/mod.rs", "mod tests { use super::http; use super::super::aws; }", &["aws"]),
        ("src/a/mod.rs", "#[serde(with = \"crate::wire::time\")]", &["wire"]),
        ("src/a/mod.rs", "use crate::*;", &["*"]),
        ("src/a/mod.rs", "// crate::http\n/// [`crate::http`]\npub(crate) use self::c;", &[]),
    ] {
        let found = modules(&Source::new(path, text));
        assert_eq!(found.into_iter().map(|name| name.1).collect::<Vec<_>>(), named, "{text}");
    }
}

#[test]
fn the_outside_is_seen_in_groups_too() {
    let unwanted = ["tokio", "std::fs", "std::net", "Instant"];
    for (text, named) in [
        ("use tokio::sync::watch;", &["tokio"][..]),
        ("use std::{fs, net::{IpAddr, Ipv4Addr}, fmt};", &["std::fs", "std::net"]),
        ("let now = std::time::Instant::now();", &["Instant"]),
        ("use std::fmt; // tokio\nlet instant = \"Instant\";", &[]),
    ] {
        let found = outside(&Source::new("src/a.rs", text), &unwanted);
        assert_eq!(found.into_iter().map(|name| name.1).collect::<Vec<_>>(), named, "{text}");
    }
}
