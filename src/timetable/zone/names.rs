//! Zone names as the world writes them, to IANA zones.

use super::ZoneData;
use super::windows::WINDOWS;
use chrono_tz::{TZ_VARIANTS, Tz};

/// No zone name is longer; what is, is not looked up.
const LONGEST: usize = 128;

/// A zone that somebody has rules for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Known {
    /// Its IANA name.
    pub(super) name: String,
    /// The rules that are compiled in, if it is one of those.
    pub(super) compiled: Option<Tz>,
}

/// The zone that a TZID or X-WR-TIMEZONE means: an IANA name in any case, also behind a vendor's prefix
/// (`/example.org/2026/Europe/London`), or a Windows name. `None` if nobody knows it.
pub(super) fn resolve(name: &str, data: &ZoneData) -> Option<Known> {
    let name = name.trim_matches(|c: char| c.is_whitespace() || c == '"' || c == '\'');
    if name.len() > LONGEST {
        return None;
    }
    iana(name, data)
        .or_else(|| windows(name, data))
        .or_else(|| behind_a_prefix(name, data))
        .or_else(|| displayed(name, data))
}

/// As Windows shows a zone, and Exchange writes it: `(UTC-05:00) Eastern Time (US & Canada)`,
/// `(UTC+00:00) Dublin, Edinburgh, Lisbon, London`. Of places, the first that the zone data knows.
fn displayed(name: &str, data: &ZoneData) -> Option<Known> {
    let (offset, shown) = name.strip_prefix('(')?.split_once(')')?;
    if !offset.starts_with("UTC") && !offset.starts_with("GMT") {
        return None;
    }
    let shown = shown.trim();
    if let Some(american) = shown.strip_suffix(" Time (US & Canada)") {
        return windows(&format!("{american} Standard Time"), data);
    }
    shown.split(',').find_map(|place| {
        let place = place.trim().replace(' ', "_");
        let is_it = |zone: &&Tz| {
            let last = zone.name().rsplit('/').next();
            zone.name().contains('/') && last.is_some_and(|last| last.eq_ignore_ascii_case(&place))
        };
        iana(TZ_VARIANTS.iter().find(is_it)?.name(), data)
    })
}

/// The longest part after a slash that is a zone. An IANA name has at most two slashes.
fn behind_a_prefix(name: &str, data: &ZoneData) -> Option<Known> {
    let last_three: Vec<_> = name.rmatch_indices('/').take(3).collect();
    last_three.iter().rev().find_map(|(slash, _)| {
        let tail = &name[slash + 1..];
        // A single word behind a prefix ("/office/GB") may be a place of theirs.
        tail.contains('/').then(|| iana(tail, data)).flatten()
    })
}

fn iana(name: &str, data: &ZoneData) -> Option<Known> {
    let in_any_case = || TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(name));
    let compiled: Option<Tz> = name.parse().ok().or_else(|| in_any_case().copied());
    // A zone that is newer than what is compiled in.
    let newer = || data.name(name).map(str::to_owned);
    let name = compiled.map(|zone| zone.name().to_owned()).or_else(newer)?;
    Some(Known { name, compiled })
}

fn windows(name: &str, data: &ZoneData) -> Option<Known> {
    let known = WINDOWS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    known.and_then(|(_, zone)| iana(zone, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Option<Tz> {
        resolve(name, &ZoneData::compiled()).and_then(|known| known.compiled)
    }

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
            assert_eq!(named(name), Some(Tz::Europe__London), "{name}");
        }
        let tail = "/x/America/Argentina/Buenos_Aires";
        assert_eq!(named(tail), Some(Tz::America__Argentina__Buenos_Aires));
    }

    #[test]
    fn names_that_windows_shows_are_known() {
        for (name, zone) in [
            ("(UTC-05:00) Eastern Time (US & Canada)", Tz::America__New_York),
            ("(UTC-08:00) Pacific Time (US & Canada)", Tz::America__Los_Angeles),
            ("(UTC+00:00) Dublin, Edinburgh, Lisbon, London", Tz::Europe__Dublin),
            ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", Tz::Europe__Amsterdam),
            ("(GMT+01:00) Brussels, Copenhagen, Madrid, Paris", Tz::Europe__Brussels),
            ("(UTC+10:00) Canberra, Melbourne, Sydney", Tz::Australia__Canberra),
        ] {
            assert_eq!(named(name), Some(zone), "{name}");
        }
        for name in ["(Dublin) London", "(UTC+01:00)", "(UTC+01:00) Nowhere", "London (UTC)"] {
            assert_eq!(named(name), None, "{name}");
        }
    }

    #[test]
    fn an_unknown_name_is_unknown() {
        for name in ["", "/", "Customized Time Zone", "London", "a/b/c/d", &"/".repeat(200)] {
            assert_eq!(named(name), None, "{name}");
        }
    }

    #[test]
    fn every_windows_name_is_listed_once_and_means_a_zone() {
        assert!(WINDOWS.is_sorted_by(|one, next| one.0 < next.0));
        assert_eq!(WINDOWS.len(), 139);
        // The one name that is IANA's too.
        for (name, zone) in WINDOWS.into_iter().filter(|(name, _)| *name != "UTC") {
            assert_eq!(named(name), zone.parse().ok(), "{name}");
            assert!(named(name).is_some(), "{zone}");
        }
    }

    #[test]
    fn a_zone_that_only_the_system_knows_is_known() {
        let data = ZoneData::new(None, [("Mars/Base_One".to_owned(), vec![])]);
        let known = resolve("mars/base_one", &data).unwrap();
        assert_eq!((known.name.as_str(), known.compiled), ("Mars/Base_One", None));
    }
}
