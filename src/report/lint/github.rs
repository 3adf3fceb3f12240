//! Findings as annotations of a change on GitHub: workflow commands, one a line.

use std::io::{self, Write};

use super::place;
use crate::finding::{Evidence, Finding, Severity};
use crate::report::printable;

/// One finding.
pub fn finding(out: &mut dyn Write, f: &Finding) -> io::Result<()> {
    let command = match f.severity {
        Severity::Critical => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    };
    write!(out, "::{command} title={}", property(f.id))?;
    if let Some(p) = place(f) {
        let end = p.end_column.max(p.column);
        write!(out, ",file={},line={},endLine={}", property(&p.file), p.line, p.line)?;
        write!(out, ",col={},endColumn={end}", p.column)?;
    }
    let mut text = f.message.clone();
    for e in &f.evidence {
        match e {
            Evidence::Place(p) if !p.primary && !p.note.is_empty() => {
                text.push_str(&format!("\n{}:{}:{}: {}", p.file, p.line, p.column, p.note));
            }
            Evidence::Fact(fact) => text.push_str(&format!("\n{fact}")),
            _ => {}
        }
    }
    if !f.fix.is_empty() {
        text.push_str(&format!("\nfix: {}", f.fix));
    }
    writeln!(out, "::{}", data(&text))
}

/// A command's text: line ends as they are to be written.
fn data(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(|line| printable(line).replace('%', "%25")).collect();
    lines.join("%0A")
}

/// A property's value, in which commas and colons mean something too.
fn property(text: &str) -> String {
    printable(text).replace('%', "%25").replace(':', "%3A").replace(',', "%2C")
}
