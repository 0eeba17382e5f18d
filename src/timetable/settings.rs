//! What reading a timetable must be told.

use super::Rules;
use super::zone::ZoneData;
use crate::domain::{Candidates, Span};
use chrono_tz::Tz;
use std::sync::Arc;

/// Makes the settings as they are now: a list of candidates that stands in a file is read each time anew.
pub type SettingsNow = Arc<dyn Fn() -> Settings + Send + Sync>;

/// How to read a file.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The campus zone: it is what a time without a zone means.
    pub zone: Tz,
    /// What whoever sent the file said of its characters.
    pub encoding: Encoding,
    /// Zone rules beside those compiled in.
    pub zone_data: ZoneData,
    /// Sittings outside are counted, not returned.
    pub horizon: Span,
    /// The cohort of a sitting that names none; never zero.
    pub default_candidates: Candidates,
    /// What a file may ask of us.
    pub limits: Limits,
    /// How the site's own events are understood.
    pub rules: Rules,
}

/// How the characters of a file are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8, which iCalendar is in where nobody says otherwise (RFC 5545 section 3.1.4). A line that is not UTF-8 is read
    /// as Windows-1252, and that is told.
    #[default]
    Utf8,
    /// ISO 8859-1 or Windows-1252, as somebody declared.
    Latin1,
}

impl Encoding {
    /// As a media type such as `text/calendar; charset=iso-8859-1` declares it; UTF-8 where it declares nothing, and
    /// where it declares what is not read here: ASCII is UTF-8, and the rest is told line by line.
    pub fn declared(media_type: &str) -> Self {
        const LATIN1: [&str; 5] = ["iso-8859-1", "iso8859-1", "latin1", "windows-1252", "cp1252"];
        let charset = media_type.split(';').skip(1).find_map(|parameter| {
            let (name, value) = parameter.split_once('=')?;
            name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
        });
        let is_latin1 =
            |charset: &str| LATIN1.iter().any(|name| charset.eq_ignore_ascii_case(name));
        if charset.is_some_and(is_latin1) { Self::Latin1 } else { Self::Utf8 }
    }
}

/// Bounds on hostile or broken files. libical (`icallimits.c`), sabre/vobject (`Settings.php`) and Stalwart draw
/// similar ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a whole file.
    pub file_bytes: usize,
    /// Bytes of one unfolded line; a longer one is dropped with a finding.
    pub line_bytes: usize,
    /// Nested components.
    pub depth: usize,
    /// VEVENTs.
    pub events: usize,
    /// Properties of one event.
    pub properties: usize,
    /// Parameters of one property.
    pub parameters: usize,
    /// VTIMEZONEs of a file.
    pub zones: usize,
    /// STANDARDs and DAYLIGHTs of a VTIMEZONE.
    pub observances: usize,
    /// RDATEs and EXDATEs of one series.
    pub dates: usize,
    /// Bytes of one recurrence rule.
    pub rule_bytes: usize,
    /// Instances of one series.
    pub instances: usize,
    /// Sittings of a whole file.
    pub sittings: usize,
}

impl Limits {
    /// What uploads may ask: 32 MiB files, 256 KiB lines, depth 8, 500,000 events, 10,000 properties an event, 100
    /// parameters a property, 256 zones of 64 observances, 5,000 single dates a series, 512-byte rules, 3,500 instances a series (the bound sabre/vobject uses), 10,000 sittings: several times what a
    /// great university examines in a year, and what is still compared and planned within seconds.
    pub const UPLOAD: Self = Self {
        file_bytes: 32 << 20,
        line_bytes: 256 << 10,
        depth: 8,
        events: 500_000,
        properties: 10_000,
        parameters: 100,
        zones: 256,
        observances: 64,
        dates: 5_000,
        rule_bytes: 512,
        instances: 3_500,
        sittings: 10_000,
    };

    /// What the command line may ask of the machine of whoever sits before it: 256 MiB files and 1,000,000 sittings; a
    /// file of 200,000 events has 172 MB.
    pub const COMMAND_LINE: Self =
        Self { file_bytes: 256 << 20, sittings: 1_000_000, ..Self::UPLOAD };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_declares_its_encoding() {
        for (media_type, encoding) in [
            ("text/calendar", Encoding::Utf8),
            ("text/calendar; charset=utf-8", Encoding::Utf8),
            ("text/calendar; charset=koi8-r", Encoding::Utf8),
            ("text/calendar;charset=ISO-8859-1", Encoding::Latin1),
            ("text/calendar; method=PUBLISH; Charset = \"windows-1252\"", Encoding::Latin1),
            ("charset=iso-8859-1", Encoding::Utf8),
        ] {
            assert_eq!(Encoding::declared(media_type), encoding, "{media_type}");
        }
    }
}
