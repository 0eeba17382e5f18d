//! Something a person should know, with where it is and how to mend it.

use std::borrow::Cow;
use std::fmt;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Somebody should look before the exam.
    Warning,
    /// An exam is at risk.
    Critical,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

/// One thing found: in a file, a plan, or the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable snake_case name, for scripts and tests.
    pub code: Cow<'static, str>,
    /// The event it speaks of, if one.
    pub uid: Option<String>,
    /// The line of the file, counted from 1, if one.
    pub line: Option<u32>,
    /// One sentence for the person who reads it.
    pub message: String,
    /// What to do about it.
    pub fix: String,
}

impl Finding {
    /// A finding that speaks of no event and no line.
    pub fn new(
        severity: Severity,
        code: &'static str,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        let (message, fix) = (message.into(), fix.into());
        Self { severity, code: Cow::Borrowed(code), uid: None, line: None, message, fix }
    }
}

/// The gravest severity among findings; `None` without any.
pub fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).max()
}
