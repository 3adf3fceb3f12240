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
    let mut text = vec![f.message.clone()];
    text.extend(f.evidence.iter().filter_map(|e| match e {
        Evidence::Place(p) if !p.primary && !p.note.is_empty() => {
            Some(format!("{}:{}:{}: {}", p.file, p.line, p.column, p.note))
        }
        Evidence::Fact(fact) => Some(fact.clone()),
        _ => None,
    }));
    if !f.fix.is_empty() {
        text.push(format!("fix: {}", f.fix));
    }
    let text: Vec<String> = text.iter().map(|line| data(line)).collect();
    writeln!(out, "::{}", text.join("%0A"))
}

/// A command's text.
fn data(text: &str) -> String {
    printable(text).replace('%', "%25")
}

/// A property's value, in which commas and colons mean something too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
