//! What `hactl lint` says, in each of its forms.

pub mod diff;
pub mod effective;
pub mod github;
pub mod junit;
pub mod text;

#[cfg(test)]
mod tests;

use std::io::{self, Write};

use super::printable;
use crate::conf::Version;
use crate::finding::{Evidence, Finding, Place, Severity, Tally};

/// What was judged and what was found.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The configurations, as they were named.
    pub files: &'a [String],
    /// Names of the nodes, in the same order or, for one file, several.
    pub nodes: &'a [String],
    /// By whose rules.
    pub version: Version,
    /// How many of each kind of block they hold, as it is called.
    pub holds: &'a [(usize, &'static str)],
    /// The findings, the worst first.
    pub findings: &'a [Finding],
    /// How many findings are not among them, because comments in the files say so.
    pub ignored: usize,
    /// How many of the findings `--fix` would mend.
    pub fixable: usize,
}

impl Report<'_> {
    /// The first line: how it is, and the worst of what was found.
    pub fn verdict(&self) -> (Option<Severity>, &'static str, String) {
        let worst = self.findings.iter().max_by_key(|f| f.severity).filter(|f| f.severity > Severity::Info);
        if let Some(worst) = worst.and_then(|w| self.findings.iter().find(|f| f.severity == w.severity)) {
            let word = if worst.severity == Severity::Critical { "CRITICAL" } else { "WARNING" };
            let more = match self.findings.iter().filter(|f| f.severity > Severity::Info).count() - 1 {
                0 => String::new(),
                1 => " (and 1 more finding)".to_owned(),
                n => format!(" (and {n} more findings)"),
            };
            let at = place(worst).map_or_else(String::new, |p| format!("{}:{}: ", printable(&p.file), p.line));
            return (Some(worst.severity), word, format!("{at}{}{more}", printable(&worst.message)));
        }
        let holds: Vec<String> = self.holds.iter().filter(|(n, _)| *n > 0).map(|(n, what)| count(*n, what)).collect();
        let holds = if holds.is_empty() { String::new() } else { format!(" in {}", list(&holds)) };
        let remarks = match self.findings.len() {
            0 => String::new(),
            n => format!("; {}", count(n, "remark")),
        };
        let text = format!("{}: nothing wrong found{holds}, by keepalived {}{remarks}", self.names(), self.version);
        (None, "OK", text)
    }

    /// The last line: how many findings of each kind, and where to go from here.
    pub fn tally(&self) -> String {
        let Tally { critical, warning, info } = Tally::of(self.findings);
        let mut parts = Vec::new();
        if critical > 0 {
            parts.push(format!("{critical} critical"));
        }
        if warning > 0 {
            parts.push(count(warning, "warning"));
        }
        if info > 0 {
            parts.push(format!("{info} info"));
        }
        if parts.is_empty() {
            parts.push("no findings".to_owned());
        }
        let ignored = match self.ignored {
            0 => String::new(),
            n => format!("; {n} ignored by comments"),
        };
        format!("{} in {}{ignored}", parts.join(", "), self.names())
    }

    /// The files' names, or some and how many more.
    fn names(&self) -> String {
        const MOST: usize = 3;
        let mut names: Vec<String> = self.files.iter().take(MOST).map(|f| printable(f)).collect();
        if let Some(more) = self.files.len().checked_sub(MOST).filter(|n| *n > 0) {
            names.push(format!("{more} more"));
        }
        let as_nodes = if self.nodes.len() > self.files.len() {
            format!(" as {}", list(&self.nodes.iter().map(|n| printable(n)).collect::<Vec<_>>()))
        } else {
            String::new()
        };
        format!("{}{as_nodes}", list(&names))
    }
}

/// `1 warning`, `2 warnings`.
fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// The place that a finding is about.
fn place(f: &Finding) -> Option<&Place> {
    f.evidence.iter().find_map(|e| if let Evidence::Place(p) = e { Some(p) } else { None })
}

/// One line a finding, for editors and for `grep`.
pub fn concise(out: &mut dyn Write, f: &Finding) -> io::Result<()> {
    if let Some(p) = place(f) {
        write!(out, "{}:{}:{}: ", printable(&p.file), p.line, p.column)?;
    }
    writeln!(out, "{}[{}] {}", f.severity.as_str(), f.id, printable(&f.message))
}
