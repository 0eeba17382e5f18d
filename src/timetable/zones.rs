//! Zone names as the world writes them, to IANA zones.

use super::windows::WINDOWS;
use chrono_tz::{TZ_VARIANTS, Tz};
use std::collections::HashMap;

/// No zone name is longer; what is, is not looked up.
const LONGEST: usize = 128;

/// Looks names up, each once.
#[derive(Debug, Default)]
pub(super) struct Zones(HashMap<String, Option<Tz>>);

impl Zones {
    /// The zone of a TZID or X-WR-TIMEZONE, if we know it.
    pub(super) fn named(&mut self, name: &str) -> Option<Tz> {
        if let Some(known) = self.0.get(name) {
            return *known;
        }
        let zone = resolve(name);
        self.0.insert(name.to_owned(), zone);
        zone
    }
}

/// An IANA name in any case, also behind a vendor's prefix (`/example.org/2026/Europe/London`), or a Windows name.
fn resolve(name: &str) -> Option<Tz> {
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    if name.len() > LONGEST {
        return None;
    }
    iana(name).or_else(|| windows(name)).or_else(|| behind_a_prefix(name))
}

/// The longest part after a slash that is a zone. An IANA name has at most two slashes.
fn behind_a_prefix(name: &str) -> Option<Tz> {
    let last_three: Vec<_> = name.rmatch_indices('/').take(3).collect();
    last_three.iter().rev().find_map(|(slash, _)| {
        let tail = &name[slash + 1..];
        // A single word behind a prefix ("/office/GB") may be a place of theirs.
        tail.contains('/').then(|| iana(tail)).flatten()
    })
}

fn iana(name: &str) -> Option<Tz> {
    let in_any_case = || TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name));
    name.parse().ok().or_else(|| in_any_case().copied())
}

fn windows(name: &str) -> Option<Tz> {
    WINDOWS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, zone)| *zone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_in_every_spelling_that_producers_use() {
        let spellings = [
            "Europe/London",
            "europe/london",
            " Europe/London ",
            "\"Europe/London\"",
            "/freeassociation.sourceforge.net/Tzfile/Europe/London",
            "/mozilla.org/20070129_1/Europe/London",
            "/Europe/London",
            "GMT Standard Time",
            "gmt standard time",
        ];
        for name in spellings {
            assert_eq!(Zones::default().named(name), Some(Tz::Europe__London), "{name}");
        }
        let tail = "/x/America/Argentina/Buenos_Aires";
        assert_eq!(Zones::default().named(tail), Some(Tz::America__Argentina__Buenos_Aires));
    }

    #[test]
    fn an_unknown_name_is_unknown() {
        for name in ["", "/", "Customized Time Zone", "London", "a/b/c/d", &"/".repeat(200)] {
            assert_eq!(Zones::default().named(name), None, "{name}");
        }
    }

    #[test]
    fn windows_names_are_listed_once() {
        let mut names: Vec<_> = WINDOWS.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), WINDOWS.len());
    }
}
