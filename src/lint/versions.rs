//! What an older keepalived would have been told beyond what the newest is.

use std::collections::HashMap;

use super::{Diagnostic, Label, Node};
use crate::conf::{Span, Version};
use crate::finding::Severity;

/// Most places that a note on the older version names.
const MOST: usize = 8;

/// Adds to the findings of one version what an older one has more of. Labels of the older findings speak of nodes from
/// `nodes` on, `all` holds both.
pub(super) fn add_older(
    found: &mut Vec<Diagnostic>,
    older: Vec<Diagnostic>,
    all: &[Node],
    nodes: usize,
    version: Version,
) {
    let name = called(version);
    let key = |d: &Diagnostic| d.labels.first().map(|l| (d.id, l.node % nodes.max(1), place(all, l.node, l.span)));
    let mut known: HashMap<_, Vec<usize>> = HashMap::new();
    for (i, d) in found.iter().enumerate() {
        known.entry(key(d)).or_default().push(i);
    }
    // One note for each thing to say, wherever that is.
    let mut said: HashMap<(&str, String), usize> = HashMap::new();
    for d in older {
        if let Some(rows) = known.get(&key(&d)) {
            let here = rows.iter().copied().find(|i| found[*i].message == d.message).unwrap_or(rows[0]);
            let newer = &mut found[here];
            if d.severity > newer.severity {
                let what = if d.message == newer.message { String::new() } else { format!(": {}", d.message) };
                newer.facts.push(format!("with {name} it is {}{what}", d.severity));
            }
            continue;
        }
        if d.severity == Severity::Info {
            continue;
        }
        let message = format!("with {name}: {}", d.message);
        if let Some(row) = said.get(&(d.id, message.clone())) {
            let first = &mut found[*row];
            if let Some(label) = d.labels.into_iter().next().filter(|_| first.labels.len() < MOST) {
                first.labels.push(Label { note: "and here".to_owned(), ..label });
            }
            continue;
        }
        said.insert((d.id, message.clone()), found.len());
        let bad = if d.severity == Severity::Critical { "critical" } else { "a warning" };
        let judged = format!("there it is {bad}; `--keepalived-version {version}` judges by that version");
        let note = Diagnostic { severity: Severity::Info, message, edits: Vec::new(), ..d };
        found.push(note.fact(judged));
    }
}

/// A version as its users know it.
fn called(version: Version) -> String {
    if version == Version::V2_2 { format!("keepalived {version} (Debian 12)") } else { format!("keepalived {version}") }
}

/// A piece of a file that other readings of the file have too.
pub(super) fn place(all: &[Node], node: usize, span: Span) -> (&str, u32, u32) {
    (all.get(node).map_or("", |n| n.conf.sources.name(span.file)), span.start, span.end)
}
