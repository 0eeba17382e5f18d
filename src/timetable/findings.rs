//! Collects what a person should know, without letting a broken file flood the report.

use super::property::one_line;
use crate::domain::{Finding, Severity};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// How many findings of one code are told in full; the rest are counted.
const TOLD_PER_CODE: usize = 100;

/// Where a finding points.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// The line of the file, from 1.
    pub(super) line: u32,
    /// The event, if one.
    pub(super) uid: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// A line that belongs to no event we know.
    pub(super) const fn line(line: u32) -> Self {
        Self { line, uid: None }
    }

    /// A line of an event.
    pub(super) const fn event(line: u32, uid: &'a str) -> Self {
        Self { line, uid: Some(uid) }
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings {
    told: Vec<Finding>,
    seen: BTreeMap<&'static str, (usize, Severity)>,
}

impl Findings {
    /// Adds one.
    pub(super) fn add(
        &mut self,
        place: Place<'_>,
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        let (count, worst) = self.seen.entry(code).or_insert((0, severity));
        *count += 1;
        *worst = severity.max(*worst);
        if *count <= TOLD_PER_CODE {
            self.told.push(Finding {
                severity,
                code: Cow::Borrowed(code),
                uid: place.uid.map(str::to_owned),
                line: Some(place.line),
                // It may quote the file.
                message: one_line(&message.into()),
                fix: fix.into(),
            });
        }
    }

    /// Adds one that speaks of the whole file.
    pub(super) fn of_file(
        &mut self,
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.told.push(Finding::new(severity, code, message, fix));
    }

    /// Adds those that were found elsewhere.
    pub(super) fn told(&mut self, findings: &[Finding]) {
        self.told.extend_from_slice(findings);
    }

    /// All of them: those of the whole file first, then by line.
    pub(super) fn finish(mut self) -> Vec<Finding> {
        for (code, (count, severity)) in self.seen {
            if count > TOLD_PER_CODE {
                let more = count - TOLD_PER_CODE;
                self.told.push(Finding::new(
                    severity,
                    code,
                    format!("{more} more findings of the kind {code} are not listed."),
                    "Mend the listed ones and read the file again.",
                ));
            }
        }
        self.told.sort_by(|a, b| {
            (a.line, &a.uid, &a.code, &a.message).cmp(&(b.line, &b.uid, &b.code, &b.message))
        });
        self.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_message_quotes_stays_on_one_clean_line() {
        let mut findings = Findings::default();
        let quoted = "\"0\t94\u{202e}\" is\nno number.";
        findings.add(Place::line(1), Severity::Warning, "noise", quoted, "Mend it.");
        assert_eq!(findings.finish()[0].message, "\"0 94\" is no number.");
    }

    #[test]
    fn a_flood_is_counted_and_keeps_its_gravest_severity() {
        let mut findings = Findings::default();
        for line in 0..250 {
            let severity = if line == 249 { Severity::Critical } else { Severity::Info };
            findings.add(Place::line(line), severity, "noise", "A line.", "Mend it.");
        }
        let told = findings.finish();
        assert_eq!(told.len(), TOLD_PER_CODE + 1);
        assert_eq!(told[0].line, None);
        assert_eq!(told[0].severity, Severity::Critical);
        assert!(told[0].message.starts_with("150 more"));
    }
}
