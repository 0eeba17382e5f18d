//! Zone rules from outside: the system's zone files, beside the rules that are compiled in.

use crate::domain::{Span, ZoneReleases};
use chrono::{DateTime, Offset as _, TimeDelta, TimeZone as _, Utc};
use chrono_tz::{IANA_TZDB_VERSION, Tz};
use std::collections::BTreeMap;
use std::sync::Arc;
use tz::TimeZone;

/// Zone rules of the system, to stand beside those compiled in. The newer ones of both count, and where they differ
/// both are covered. Cheap to clone.
///
/// `chrono-tz` compiles in the rules of its own release, which can be a year and more behind; governments give less
/// notice than that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZoneData(Arc<Files>);

#[derive(Debug, Default, PartialEq, Eq)]
struct Files {
    version: Option<String>,
    /// By lower-case name: the name as written, and the file (TZif, RFC 9636).
    by_name: BTreeMap<String, (String, Vec<u8>)>,
}

impl ZoneData {
    /// The release of the IANA database that is compiled in, such as `2025b`.
    pub const COMPILED: &'static str = IANA_TZDB_VERSION;

    /// The rules that are compiled in, and no others.
    pub fn compiled() -> Self {
        Self::default()
    }

    /// Zone files by name (`Europe/London`), of a release such as `2026b` if that is known. What is no zone file is
    /// not looked at again.
    pub fn new(
        version: Option<String>,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Self {
        let by_name =
            files.into_iter().map(|(name, file)| (name.to_ascii_lowercase(), (name, file)));
        Self(Arc::new(Files { version, by_name: by_name.collect() }))
    }

    /// The release of the system's rules; `None` where there are none, or where they do not say.
    pub fn version(&self) -> Option<&str> {
        self.0.version.as_deref()
    }

    /// Whether the system has rules of its own.
    pub fn is_empty(&self) -> bool {
        self.0.by_name.is_empty()
    }

    /// Whether the system's rules count before those compiled in: they are of a newer release.
    pub fn is_newer(&self) -> bool {
        // Releases are named by year and letter, so that text sorts as they came.
        self.version().is_some_and(|version| Self::COMPILED < version)
    }

    /// The release whose rules count where both know a zone.
    pub fn in_use(&self) -> &str {
        self.version().filter(|_| self.is_newer()).unwrap_or(Self::COMPILED)
    }

    /// Which releases are at hand.
    pub fn releases(&self) -> ZoneReleases {
        ZoneReleases {
            built_in: Self::COMPILED.to_owned(),
            system: self.version().map(str::to_owned),
            in_use: self.in_use().to_owned(),
        }
    }

    /// The first day in `span` on which the system's rules of a zone differ from those compiled in.
    pub fn first_difference(&self, zone: Tz, span: Span) -> Option<DateTime<Utc>> {
        let system = self.rules(zone.name())?;
        let days = std::iter::successors(Some(span.start()), |day| {
            day.checked_add_signed(TimeDelta::days(1))
        });
        days.take_while(|day| span.contains(*day)).find(|day| {
            let compiled = zone.offset_from_utc_datetime(&day.naive_utc()).fix().local_minus_utc();
            let offset = system.find_local_time_type(day.timestamp()).map(|kind| kind.ut_offset());
            offset.is_ok_and(|offset| offset != compiled)
        })
    }

    /// The name of a zone as the system writes it, for one in any case.
    pub(super) fn name(&self, name: &str) -> Option<&str> {
        self.0.by_name.get(&name.to_ascii_lowercase()).map(|(name, _)| name.as_str())
    }

    /// The system's rules of a zone; `None` if it has none that can be read.
    pub(super) fn rules(&self, name: &str) -> Option<TimeZone> {
        let (_, file) = self.0.by_name.get(&name.to_ascii_lowercase())?;
        TimeZone::from_tz_data(file).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newer_release_counts() {
        let of = |version: Option<&str>| ZoneData::new(version.map(Into::into), []);
        assert!(of(Some("2099a")).is_newer());
        assert_eq!(of(Some("2099a")).in_use(), "2099a");
        for version in [Some("2020a"), Some(ZoneData::COMPILED), None] {
            assert!(!of(version).is_newer(), "{version:?}");
            assert_eq!(of(version).in_use(), ZoneData::COMPILED);
        }
    }

    #[test]
    fn what_is_no_zone_file_has_no_rules() {
        let bad = ZoneData::new(None, [("Europe/London".to_owned(), b"TZif2 nonsense".to_vec())]);
        assert!(bad.rules("Europe/London").is_none());
        assert!(bad.rules("Europe/Paris").is_none());
        assert_eq!(bad.name("europe/LONDON"), Some("Europe/London"));
    }
}
