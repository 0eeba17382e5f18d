//! A report as a sheet for a spreadsheet program (RFC 4180).

use crate::domain::Finding;
use csv::{Terminator, WriterBuilder};

/// Findings as CSV: `severity,code,line,uid,message,fix`. It begins with a byte order mark, without which Excel takes it
/// for Windows-1252.
pub fn findings_sheet(findings: &[Finding]) -> String {
    let mut sheet = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(vec![]);
    let mut row = |cells: [&str; 6]| {
        sheet.write_record(cells.map(harmless)).expect("writing to memory cannot fail");
    };
    row(["severity", "code", "line", "uid", "message", "fix"]);
    for finding in findings {
        let Finding { severity, code, uid, line, message, fix } = finding;
        let line = line.map_or_else(String::new, |line| line.to_string());
        let uid = uid.as_deref().unwrap_or_default();
        row([&severity.to_string(), code, &line, uid, message, fix]);
    }
    let bytes = sheet.into_inner().expect("writing to memory cannot fail");
    let rows = String::from_utf8(bytes).expect("quoting text leaves text");
    format!("\u{feff}{rows}")
}

/// What a spreadsheet program would take for a formula gets an apostrophe before it
/// (<https://owasp.org/www-community/attacks/CSV_Injection>): the text comes out of somebody's file.
fn harmless(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if is_formula { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Severity;

    #[test]
    fn a_report_is_a_sheet_with_a_row_for_each_finding() {
        let findings = [
            Finding {
                uid: Some("law, 1".into()),
                line: Some(12),
                ..Finding::new(Severity::Critical, "no_end", "\"Law\" has no end.", "Add one.")
            },
            Finding::new(Severity::Info, "floating_time", "Überall.", "Nothing to do."),
        ];
        let wanted = "\u{feff}severity,code,line,uid,message,fix\r\n\
            critical,no_end,12,\"law, 1\",\"\"\"Law\"\" has no end.\",Add one.\r\n\
            info,floating_time,,,Überall.,Nothing to do.\r\n";
        assert_eq!(findings_sheet(&findings), wanted);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for begin in ["=", "+", "-", "@", "\t", "\r"] {
            let text = format!("{begin}HYPERLINK(\"http://example.org\")");
            let finding = Finding {
                uid: Some(text.clone()),
                ..Finding::new(Severity::Info, "code", text.clone(), text)
            };
            let sheet = findings_sheet(&[finding]);
            let mut rows =
                csv::Reader::from_reader(sheet.trim_start_matches('\u{feff}').as_bytes());
            let row = rows.records().next().unwrap().unwrap();
            assert!(row.iter().all(|cell| !cell.starts_with(begin)), "{row:?}");
            assert_eq!(row[3].chars().next(), Some('\''));
        }
        assert_eq!(harmless("1-2"), "1-2");
    }
}
