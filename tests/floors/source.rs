//! Rust files as text: what is code, what is comment, what is quoted, and where a block ends.

use std::ops::Range;
use std::path::Path;

/// One file of the package.
pub(crate) struct Source {
    /// From the package's root, with `/`.
    pub(crate) path: String,
    text: String,
    kinds: Vec<Kind>,
}

/// What a byte belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The compiler acts on it.
    Code,
    /// A comment, documentation too.
    Comment,
    /// A string or character literal, its quotes too.
    Quoted,
}

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        let mut kinds = Vec::with_capacity(text.len());
        while kinds.len() < text.len() {
            let at = kinds.len();
            let inside_word = text[..at].ends_with(is_word);
            let (kind, length) = token(&text[at..], inside_word);
            kinds.extend(std::iter::repeat_n(kind, length));
        }
        Self { path: path.to_owned(), text: text.to_owned(), kinds }
    }

    /// The text with everything but these kinds blanked; offsets and lines stay.
    pub(crate) fn only(&self, wanted: &[Kind]) -> String {
        let mut kept = String::with_capacity(self.text.len());
        for (at, character) in self.text.char_indices() {
            if character == '\n' || wanted.contains(&self.kinds[at]) {
                kept.push(character);
            } else {
                kept.extend(std::iter::repeat_n(' ', character.len_utf8()));
            }
        }
        kept
    }

    pub(crate) fn code(&self) -> String {
        self.only(&[Kind::Code])
    }

    pub(crate) fn lines(&self) -> usize {
        self.text.lines().count()
    }

    /// `path:line` of an offset.
    pub(crate) fn place(&self, at: usize) -> String {
        format!("{}:{}", self.path, line_of(&self.text, at))
    }

    /// The module this file is, from the crate's root: `src/a/b.rs` and `src/a/b/mod.rs` are `[a, b]`.
    pub(crate) fn module(&self) -> Vec<&str> {
        let path = self.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.split('/').filter(|part| !matches!(*part, "mod" | "lib")).collect()
    }
}

/// Every Rust file under these folders of the package, sorted by path.
pub(crate) fn under(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut waiting: Vec<_> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut sources = Vec::new();
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).expect("a folder of the package can be listed");
            waiting.extend(entries.map(|entry| entry.expect("an entry can be read").path()));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).expect("a source is text");
            let inside = path.strip_prefix(root).expect("it was found under the root");
            sources.push(Source::new(&inside.display().to_string(), &text));
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    sources
}

/// Where `word` stands in `code` as a word of its own.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        !code[..*at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word)
    })
}

/// The block that the item at `from` opens, from `from` to its closing brace; none if `;` ends it first.
pub(crate) fn block(code: &str, from: usize) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    for (at, character) in code[from..].char_indices() {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1)?,
            '}' if depth == 1 => return Some(from..from + at + 1),
            '}' => depth = depth.checked_sub(1)?,
            ';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The line an offset is on, counted from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

pub(crate) fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The kind and the length of what `rest` begins with.
fn token(rest: &str, inside_word: bool) -> (Kind, usize) {
    if rest.starts_with("//") {
        (Kind::Comment, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (Kind::Comment, comment(rest))
    } else if let Some(length) = raw_string(rest).filter(|_| !inside_word) {
        (Kind::Quoted, length)
    } else if rest.starts_with('"') {
        (Kind::Quoted, string(rest))
    } else if let Some(length) = character(rest) {
        (Kind::Quoted, length)
    } else {
        (Kind::Code, rest.chars().next().map_or(1, char::len_utf8))
    }
}

/// Block comments nest.
fn comment(rest: &str) -> usize {
    let mut depth = 0;
    for at in 0..rest.len() {
        if rest.as_bytes()[at..].starts_with(b"/*") {
            depth += 1;
        } else if rest.as_bytes()[..at].ends_with(b"*/") {
            depth -= 1;
        }
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn raw_string(rest: &str) -> Option<usize> {
    let marked = rest.trim_start_matches(['b', 'c']).strip_prefix('r')?;
    let hashes = marked.len() - marked.trim_start_matches('#').len();
    let text = marked[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let end = text.find(&close).map_or(text.len(), |at| at + close.len());
    Some(rest.len() - text.len() + end)
}

fn string(rest: &str) -> usize {
    let mut escaped = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            '"' if !escaped => return at + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    rest.len()
}

/// A character literal; a lifetime has no closing quote.
fn character(rest: &str) -> Option<usize> {
    let text = rest.strip_prefix('\'')?;
    let first = text.chars().next()?;
    let least = if first == '\\' { 2 } else { first.len_utf8() };
    let close = if first == '\\' { text[least..].find('\'')? } else { 0 };
    text[least + close..].starts_with('\'').then_some(1 + least + close + 1)
}

#[test]
fn comments_and_quotes_are_told_from_code() {
    let text = r###"let a = "// \" no"; // "yes"
let b = r#"x " /* y"#; /* one /* two */ three */ let c: &'a str = '"'; let d = '\'';"###;
    let source = Source::new("src/x.rs", text);
    assert_eq!(
        source.code().split_whitespace().collect::<Vec<_>>(),
        "let a = ; let b = ; let c: &'a str = ; let d = ;".split(' ').collect::<Vec<_>>()
    );
    let comments = source.only(&[Kind::Comment]);
    assert_eq!(comments.split_whitespace().collect::<Vec<_>>().join(" "), {
        "// \"yes\" /* one /* two */ three */"
    });
}

#[test]
fn a_block_ends_at_its_own_brace() {
    let code = "fn f(x: [u8; 3]) -> u8 { if x { 1 } else { 2 } } fn g();";
    let function = block(code, 0).unwrap();
    assert!(code[function].ends_with("{ 2 } }"));
    assert_eq!(block(code, code.find("fn g").unwrap()), None);
}

#[test]
fn a_file_is_a_module() {
    for (path, module) in [
        ("src/lib.rs", &[][..]),
        ("src/report.rs", &["report"]),
        ("src/aws/mod.rs", &["aws"]),
        ("src/http/page/view.rs", &["http", "page", "view"]),
    ] {
        assert_eq!(Source::new(path, "").module(), module);
    }
}
