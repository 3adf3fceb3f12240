//! Findings as the results of tests, as Jenkins, GitLab and others read them.

use std::io::{self, Write};

use super::{Report, place};
use crate::finding::{Evidence, Finding, Severity, Tally};
use crate::report::printable;

/// All findings: a suite, and a case for each finding and for each configuration without one. Remarks pass.
pub fn write(out: &mut dyn Write, report: &Report<'_>) -> io::Result<()> {
    let tally = Tally::of(report.findings);
    let about = |name: &str| report.findings.iter().any(|f| place(f).is_some_and(|p| p.file == name));
    let clean: Vec<&String> = report.files.iter().filter(|name| !about(name)).collect();
    let (tests, failures) = (report.findings.len() + clean.len(), tally.critical + tally.warning);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(out, "<testsuites name=\"hactl lint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    writeln!(out, "  <testsuite name=\"hactl lint\" tests=\"{tests}\" failures=\"{failures}\" errors=\"0\">")?;
    for name in clean {
        writeln!(out, "    <testcase classname=\"{}\" name=\"no findings\"/>", escaped(name))?;
    }
    for f in report.findings {
        case(out, f)?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

fn case(out: &mut dyn Write, f: &Finding) -> io::Result<()> {
    let (file, at) = place(f).map_or_else(
        || ("hactl lint".to_owned(), String::new()),
        |p| (p.file.clone(), format!(" at {}:{}", p.line, p.column)),
    );
    writeln!(out, "    <testcase classname=\"{}\" name=\"{}{at}\">", escaped(&file), f.id)?;
    let mut text = Vec::new();
    for e in &f.evidence {
        match e {
            Evidence::Place(p) => {
                let line = p.text.trim().replace('\t', " ");
                text.push(format!("{}:{}:{}: {line}", p.file, p.line, p.column));
                text.extend(Some(format!("  {}", p.note)).filter(|_| !p.note.is_empty()));
            }
            Evidence::Fact(fact) => text.push(fact.clone()),
            Evidence::Frame { .. } => {}
        }
    }
    text.extend(Some(format!("fix: {}", f.fix)).filter(|_| !f.fix.is_empty()));
    let text = text.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("\n");
    if f.severity == Severity::Info {
        writeln!(out, "      <system-out>{}\n{text}</system-out>", escaped(&f.message))?;
    } else {
        let message = escaped(&f.message);
        writeln!(out, "      <failure type=\"{}\" message=\"{message}\">{text}</failure>", f.severity)?;
    }
    writeln!(out, "    </testcase>")
}

/// Text in XML, where most control characters are not possible at all.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in printable(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
