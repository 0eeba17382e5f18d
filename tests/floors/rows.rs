//! What is never changed and never deleted: no statement of ours could.

use crate::source::{Kind, under};
use std::path::Path;

/// Tables whose rows are written once.
const WRITTEN_ONCE: &[&str] = &["revisions", "journal"];

/// The words of a text, in upper case.
fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter(|word| !word.is_empty()).map(str::to_uppercase).collect()
}

/// What a statement that changes or takes away rows has before the table's name.
const CHANGING: &[&str] = &[
    "UPDATE",
    "UPDATE ONLY",
    "UPDATE OR REPLACE",
    "DELETE FROM",
    "REPLACE INTO",
    "MERGE INTO",
    "TRUNCATE",
    "TRUNCATE TABLE",
    "DROP TABLE",
    "DROP TABLE IF EXISTS",
];

/// Statements in `text` that change or take away rows of `table`.
fn changes(text: &str, table: &str) -> Vec<String> {
    let words = words(text);
    let table = table.to_uppercase();
    let mut found = Vec::new();
    for (at, _) in words.iter().enumerate().filter(|(_, word)| **word == table) {
        let before = words[at.saturating_sub(4)..at].join(" ");
        let changing = CHANGING.iter().find(|begin| {
            before.strip_suffix(**begin).is_some_and(|rest| rest.is_empty() || rest.ends_with(' '))
        });
        found.extend(changing.map(|begin| format!("{begin} {table}")));
        let after = &words[at + 1..];
        if before.ends_with("INSERT INTO") {
            let mut rest = after.iter().take_while(|word| *word != "INSERT");
            found.extend(rest.find(|word| *word == "CONFLICT").map(|_| format!("upsert {table}")));
        }
        let adds = after.first().is_some_and(|word| word == "ADD")
            && after.get(1).is_some_and(|word| word == "COLUMN");
        if before.ends_with("ALTER TABLE") && !adds {
            found.push(format!("ALTER TABLE {table}"));
        }
    }
    found
}

#[test]
fn no_statement_changes_or_deletes_a_revision_or_a_row_of_the_journal() {
    let mut found = Vec::new();
    let sources = under(&["src"]);
    let quoted = sources.iter().map(|source| (source.path.clone(), source.only(&[Kind::Quoted])));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let migrations =
        std::fs::read_dir(folder).expect("the migrations can be listed").map(|entry| {
            let path = entry.expect("an entry can be read").path();
            let text = std::fs::read_to_string(&path).expect("a migration is text");
            let statements = text.lines().map(|line| line.split("--").next().unwrap_or_default());
            (path.display().to_string(), statements.collect::<Vec<_>>().join("\n"))
        });
    let mut statements = 0;
    for (path, text) in quoted.chain(migrations) {
        for table in WRITTEN_ONCE {
            statements += words(&text).iter().filter(|word| **word == table.to_uppercase()).count();
            found.extend(changes(&text, table).into_iter().map(|what| format!("{path}: {what}")));
        }
    }
    assert!(10 < statements, "the statements are seen at all: {statements}");
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

#[test]
fn a_statement_that_changes_rows_is_found() {
    for text in [
        "UPDATE revisions SET file = $1",
        "update  revisions\n set number = 2",
        "DELETE FROM \"revisions\"",
        "INSERT OR REPLACE INTO revisions VALUES (1)",
        "INSERT INTO revisions (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = 2",
        "TRUNCATE TABLE revisions",
        "DROP TABLE IF EXISTS revisions",
        "ALTER TABLE revisions DROP COLUMN file",
    ] {
        assert_eq!(changes(text, "revisions").len(), 1, "{text}");
    }
    for text in [
        "SELECT file FROM revisions",
        "INSERT INTO revisions (a) VALUES ($1)",
        "INSERT INTO revisions (a) VALUES ($1); INSERT INTO b VALUES (1) ON CONFLICT DO NOTHING",
        "ALTER TABLE revisions ADD COLUMN left_out TEXT NOT NULL DEFAULT '[]'",
        "UPDATE journal_head SET sequence = 1",
        "UPDATE drafts SET published_as = (SELECT 1 FROM revisions)",
    ] {
        assert_eq!(changes(text, "revisions"), [""; 0], "{text}");
        assert_eq!(changes(text, "journal"), [""; 0], "{text}");
    }
}
