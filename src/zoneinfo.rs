//! The system's zone files, read once: the rules of clocks change more often than this program is built.

use crate::timetable::ZoneData;
use std::fs;
use std::path::Path;

/// Where Debian and nearly everybody else keeps them; package `tzdata`.
pub const USUAL: &str = "/usr/share/zoneinfo";
/// Copies that count leap seconds differently, and links to the machine's own zone.
const NOT_ZONES: [&str; 4] = ["posix", "right", "localtime", "posixrules"];
/// `America/Argentina/Buenos_Aires` is as deep as it goes.
const DEPTH: usize = 3;
/// No zone file is a tenth as large.
const LARGEST: u64 = 64 << 10;

/// The zone files below `folder`. Without any, what is compiled in counts alone; what cannot be read is left out, as the
/// rules that are compiled in stand behind it.
pub fn load(folder: &Path) -> ZoneData {
    let mut files = Vec::new();
    collect(folder, "", DEPTH, &mut files);
    ZoneData::new(version(folder), files)
}

fn collect(folder: &Path, prefix: &str, depth: usize, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let file_name = entry.file_name();
        let Some(name) = file_name.to_str().filter(|name| !NOT_ZONES.contains(name)) else {
            continue;
        };
        let path = entry.path();
        // Follows links: many names are links to others.
        let Ok(about) = fs::metadata(&path) else { continue };
        if about.is_dir() && 1 < depth {
            collect(&path, &format!("{prefix}{name}/"), depth - 1, files);
        } else if about.is_file() && about.len() <= LARGEST {
            let file = fs::read(&path).ok().filter(|bytes| bytes.starts_with(b"TZif"));
            files.extend(file.map(|bytes| (format!("{prefix}{name}"), bytes)));
        }
    }
}

/// The release, as `tzdata.zi` (`# version 2026b`) or `+VERSION` (`2026b`) tells it.
fn version(folder: &Path) -> Option<String> {
    let first = |name: &str| {
        let text = fs::read_to_string(folder.join(name)).ok()?;
        text.lines().next().map(str::to_owned)
    };
    let of_source = || first("tzdata.zi")?.strip_prefix("# version ").map(str::to_owned);
    let version = of_source().or_else(|| first("+VERSION"))?.trim().to_owned();
    // Such as 2026b: anything else cannot be compared.
    let (year, letters) = version.split_at_checked(4)?;
    let is_release = year.bytes().all(|byte| byte.is_ascii_digit())
        && letters.bytes().all(|byte| byte.is_ascii_lowercase());
    is_release.then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zone_files_are_found_by_name_and_the_release_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("America/Argentina")).unwrap();
        fs::create_dir_all(at("right")).unwrap();
        fs::write(at("America/Argentina/Ushuaia"), b"TZif2").unwrap();
        fs::write(at("right/UTC"), b"TZif2").unwrap();
        fs::write(at("zone.tab"), b"# a table").unwrap();
        fs::write(at("tzdata.zi"), b"# version 2099c\n# more\n").unwrap();
        let files = [("America/Argentina/Ushuaia".to_owned(), b"TZif2".to_vec())];
        assert_eq!(load(folder.path()), ZoneData::new(Some("2099c".into()), files));
        fs::write(at("tzdata.zi"), b"# version unknown\n").unwrap();
        assert_eq!(load(folder.path()).version(), None);
    }

    #[test]
    fn without_a_folder_what_is_compiled_in_counts_alone() {
        let data = load(Path::new("/nowhere/at/all"));
        assert!(data.is_empty() && data.version().is_none());
    }
}
