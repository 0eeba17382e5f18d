//! What a draft or a revision says, in five columns: the file's bytes, and its reading as JSON.

use super::Content;
use super::columns::{KeyJson, Meaning, instant, json, parse};
use crate::domain::{
    Candidates, ExtraTime, Factor, Finding, LeftOut, Reading, ReadingCounts, Severity, Share,
    Sitting, Span,
};
use serde::{Deserialize, Serialize};
use std::fmt::Display;

impl Content {
    /// A file, and what was read in it.
    pub fn of(file: Vec<u8>, reading: Reading) -> Self {
        let Reading { sittings, findings, counts, left_out } = reading;
        Self { file, sittings, findings, counts, left_out }
    }
}

/// The columns that a draft and a revision share.
#[derive(sqlx::FromRow)]
pub(super) struct ContentRow {
    file: Vec<u8>,
    sittings: String,
    findings: String,
    counts: String,
    left_out: String,
}

/// The JSON of the four parts of `content` beside its file.
pub(super) fn reading_json(content: &Content) -> [String; 4] {
    let sittings: Vec<_> = content.sittings.iter().map(SittingJson::from).collect();
    let findings: Vec<_> = content.findings.iter().map(FindingJson::from).collect();
    let left_out: Vec<_> = content.left_out.iter().map(LeftOutJson::from).collect();
    [json(&sittings), json(&findings), json(&CountsJson::from(content.counts)), json(&left_out)]
}

impl TryFrom<ContentRow> for Content {
    type Error = String;

    fn try_from(row: ContentRow) -> Meaning<Self> {
        let sittings: Vec<SittingJson> = parse("sittings", &row.sittings)?;
        let findings: Vec<FindingJson> = parse("findings", &row.findings)?;
        let left_out: Vec<LeftOutJson> = parse("left_out", &row.left_out)?;
        Ok(Self {
            file: row.file,
            sittings: sittings.into_iter().map(Sitting::try_from).collect::<Meaning<_>>()?,
            findings: findings.into_iter().map(Finding::from).collect(),
            counts: counts(&row.counts)?,
            left_out: left_out.into_iter().map(LeftOut::try_from).collect::<Meaning<_>>()?,
        })
    }
}

/// How much of a file became sittings.
pub(super) fn counts(text: &str) -> Meaning<ReadingCounts> {
    let counts: CountsJson = parse("counts", text)?;
    Ok(counts.into())
}

fn told(why: impl Display) -> String {
    why.to_string()
}

#[derive(Serialize, Deserialize)]
struct SittingJson {
    key: KeyJson,
    title: String,
    start: i64,
    end: i64,
    /// Revisions kept before there were any have none.
    #[serde(default)]
    other_readings: Vec<(i64, i64)>,
    candidates: u32,
    extra_time: Vec<ExtraTimeJson>,
    source_line: Option<u32>,
}

impl From<&Sitting> for SittingJson {
    fn from(sitting: &Sitting) -> Self {
        Self {
            key: (&sitting.key).into(),
            title: sitting.title.clone(),
            start: sitting.span.start().timestamp_millis(),
            end: sitting.span.end().timestamp_millis(),
            other_readings: sitting
                .other_readings
                .iter()
                .map(|span| (span.start().timestamp_millis(), span.end().timestamp_millis()))
                .collect(),
            candidates: sitting.candidates.get(),
            extra_time: sitting.extra_time.iter().map(ExtraTimeJson::from).collect(),
            source_line: sitting.source_line,
        }
    }
}

impl TryFrom<SittingJson> for Sitting {
    type Error = String;

    fn try_from(sitting: SittingJson) -> Meaning<Self> {
        let span = |(start, end)| {
            Span::new(instant(start)?, instant(end)?)
                .ok_or_else(|| format!("sitting {:?} ends first", sitting.key.uid))
        };
        let as_written = span((sitting.start, sitting.end))?;
        let other_readings =
            sitting.other_readings.into_iter().map(span).collect::<Meaning<_>>()?;
        let extra_time = sitting.extra_time.into_iter().map(ExtraTime::try_from);
        Ok(Self {
            key: sitting.key.try_into()?,
            title: sitting.title,
            span: as_written,
            other_readings,
            candidates: Candidates::new(sitting.candidates),
            extra_time: extra_time.collect::<Meaning<_>>()?,
            source_line: sitting.source_line,
        })
    }
}

/// Fractions as text: Rust's own writing and reading of an `f64` give back the same bits, and the plan's hash
/// depends on them; the JSON crate's reading of a number may be off by one bit.
#[derive(Serialize, Deserialize)]
struct ExtraTimeJson {
    share: String,
    factor: String,
}

impl From<&ExtraTime> for ExtraTimeJson {
    fn from(extra: &ExtraTime) -> Self {
        let (share, factor) = (extra.share.fraction(), extra.factor.get());
        Self { share: share.to_string(), factor: factor.to_string() }
    }
}

impl TryFrom<ExtraTimeJson> for ExtraTime {
    type Error = String;

    fn try_from(extra: ExtraTimeJson) -> Meaning<Self> {
        let share = Share::new(extra.share.parse().map_err(told)?).map_err(told)?;
        let factor = Factor::new(extra.factor.parse().map_err(told)?).map_err(told)?;
        Ok(Self { share, factor })
    }
}

#[derive(Serialize, Deserialize)]
struct FindingJson {
    severity: SeverityJson,
    code: String,
    uid: Option<String>,
    line: Option<u32>,
    message: String,
    fix: String,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SeverityJson {
    Info,
    Warning,
    Critical,
}

impl From<&Finding> for FindingJson {
    fn from(finding: &Finding) -> Self {
        let severity = match finding.severity {
            Severity::Info => SeverityJson::Info,
            Severity::Warning => SeverityJson::Warning,
            Severity::Critical => SeverityJson::Critical,
        };
        Self {
            severity,
            code: finding.code.clone().into_owned(),
            uid: finding.uid.clone(),
            line: finding.line,
            message: finding.message.clone(),
            fix: finding.fix.clone(),
        }
    }
}

impl From<FindingJson> for Finding {
    fn from(finding: FindingJson) -> Self {
        let severity = match finding.severity {
            SeverityJson::Info => Severity::Info,
            SeverityJson::Warning => Severity::Warning,
            SeverityJson::Critical => Severity::Critical,
        };
        Self {
            severity,
            code: finding.code.into(),
            uid: finding.uid,
            line: finding.line,
            message: finding.message,
            fix: finding.fix,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct LeftOutJson {
    uid: String,
    title: String,
    line: u32,
    starts_at: Option<i64>,
    reason: String,
}

impl From<&LeftOut> for LeftOutJson {
    fn from(event: &LeftOut) -> Self {
        let LeftOut { uid, title, line, starts_at, reason } = event.clone();
        let starts_at = starts_at.map(|at| at.timestamp_millis());
        Self { uid, title, line, starts_at, reason }
    }
}

impl TryFrom<LeftOutJson> for LeftOut {
    type Error = String;

    fn try_from(event: LeftOutJson) -> Meaning<Self> {
        let LeftOutJson { uid, title, line, starts_at, reason } = event;
        Ok(Self { uid, title, line, starts_at: starts_at.map(instant).transpose()?, reason })
    }
}

#[derive(Serialize, Deserialize)]
struct CountsJson {
    events: u32,
    sittings: u32,
    cancelled: u32,
    rejected: u32,
    /// Revisions kept before there was a choice left out nothing.
    #[serde(default)]
    left_out: u32,
}

impl From<ReadingCounts> for CountsJson {
    fn from(counts: ReadingCounts) -> Self {
        let ReadingCounts { events, sittings, cancelled, rejected, left_out } = counts;
        Self { events, sittings, cancelled, rejected, left_out }
    }
}

impl From<CountsJson> for ReadingCounts {
    fn from(counts: CountsJson) -> Self {
        let CountsJson { events, sittings, cancelled, rejected, left_out } = counts;
        Self { events, sittings, cancelled, rejected, left_out }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SittingKey;
    use proptest::prelude::*;

    fn sitting() -> impl Strategy<Value = Sitting> {
        let instant =
            || (-8_000_000_000_i64..8_000_000_000_000).prop_map(|ms| instant(ms).unwrap());
        let extra = (0.0..=1.0_f64, 1.0..1e300_f64).prop_map(|(share, factor)| ExtraTime {
            share: Share::new(share).unwrap(),
            factor: Factor::new(factor).unwrap(),
        });
        let key = (any::<String>(), proptest::option::of(instant()));
        let extra_time = proptest::collection::vec(extra, 0..3);
        let rest = (any::<String>(), any::<u32>(), any::<Option<u32>>());
        (key, instant(), 1..1_000_000_000_i64, extra_time, rest).prop_map(
            |(
                (uid, recurrence_id),
                start,
                millis,
                extra_time,
                (title, candidates, source_line),
            )| {
                let end = start + chrono::TimeDelta::milliseconds(millis);
                Sitting {
                    key: SittingKey { uid, recurrence_id },
                    title,
                    span: Span::new(start, end).unwrap(),
                    other_readings: vec![
                        Span::new(start, end + chrono::TimeDelta::hours(1)).unwrap(),
                    ],
                    candidates: Candidates::new(candidates),
                    extra_time,
                    source_line,
                }
            },
        )
    }

    proptest! {
        /// Bit for bit: the plan's hash depends on it.
        #[test]
        fn every_sitting_comes_back_as_it_was_kept(
            sittings in proptest::collection::vec(sitting(), 0..4),
            file: Vec<u8>,
        ) {
            let kept = Content {
                file,
                sittings,
                findings: Vec::new(),
                counts: ReadingCounts::default(),
                left_out: Vec::new(),
            };
            let [sittings, findings, counts, left_out] = reading_json(&kept);
            let row = ContentRow { file: kept.file.clone(), sittings, findings, counts, left_out };
            prop_assert_eq!(Content::try_from(row), Ok(kept));
        }
    }

    #[test]
    fn a_sitting_outside_what_its_types_can_mean_is_told() {
        let text = |end: i64, share: &str| {
            format!(
                r#"[{{"key":{{"uid":"a","recurrence_id":null}},"title":"","start":5,"end":{end},
                "candidates":1,"extra_time":[{{"share":"{share}","factor":"1.25"}}],"source_line":null}}]"#
            )
        };
        let read = |sittings: String| {
            let counts = json(&CountsJson::from(ReadingCounts::default()));
            let row = ContentRow {
                file: Vec::new(),
                sittings,
                findings: "[]".into(),
                counts,
                left_out: "[]".into(),
            };
            Content::try_from(row)
        };
        assert!(read(text(6, "0.2")).is_ok());
        for (end, share) in [(5, "0.2"), (6, "20"), (6, "NaN"), (6, ""), (i64::MAX, "0.2")] {
            assert!(read(text(end, share)).is_err(), "{end} {share}");
        }
    }
}
