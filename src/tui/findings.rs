//! What is wrong: the list, and one finding in full.

use ratatui::text::{Line, Span};

use super::text::{left, wrap};
use super::theme::Theme;
use crate::finding::{Confidence, Evidence, Finding, Page, Severity, Tally};
use crate::report::{Clock, describe};

/// The word for a severity.
pub const fn word(s: Severity) -> &'static str {
    match s {
        Severity::Critical => "CRITICAL",
        Severity::Warning => "WARNING",
        Severity::Info => "INFO",
    }
}

/// The title of the list.
pub fn title(findings: &[Finding]) -> String {
    let t = Tally::of(findings);
    let parts: Vec<String> = [(t.critical, "critical"), (t.warning, "warning"), (t.info, "info")]
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, w)| format!("{n} {w}"))
        .collect();
    if parts.is_empty() { "findings".to_owned() } else { format!("findings: {}", parts.join(", ")) }
}

/// The list.
pub fn list(findings: &[Finding], selected: usize, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    for (i, f) in findings.iter().enumerate() {
        for (n, l) in message(f, columns).into_iter().enumerate() {
            let mark = if i == selected && n == 0 { "> " } else { "  " };
            let head = if n == 0 { word(f.severity) } else { "" };
            let style = theme.severity(Some(f.severity)).patch(Theme::bold());
            let line = Line::from(vec![Span::raw(mark), Span::styled(left(head, 10), style), Span::raw(l)]);
            lines.push(if i == selected { line.patch_style(Theme::bold()) } else { line });
        }
    }
    lines
}

fn message(f: &Finding, columns: usize) -> Vec<String> {
    wrap(&f.message, columns.saturating_sub(13), 0)
}

/// The first line of the list that shows, so that the selected finding does.
pub fn first(findings: &[Finding], selected: usize, columns: usize, rows: usize) -> usize {
    let height = |f: &Finding| message(f, columns).len();
    let selected = selected.min(findings.len().saturating_sub(1));
    let top: usize = findings.iter().take(selected).map(height).sum();
    let bottom = top + findings.get(selected).map_or(0, height);
    if bottom <= rows { 0 } else { bottom.saturating_sub(rows).max(top.saturating_sub(rows / 2)).min(top) }
}

/// One finding with all that is known about it, if it still stands, and the page about its kind.
pub fn explain(
    finding: Option<&Finding>,
    page: Option<&Page>,
    clock: &Clock,
    columns: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let room = columns.saturating_sub(3);
    let mut lines = Vec::new();
    let para = |lines: &mut Vec<Line<'static>>, text: &str, indent: usize| {
        for l in wrap(text, room, indent) {
            lines.push(Line::raw(format!("  {l}")));
        }
    };
    let head = |lines: &mut Vec<Line<'static>>, text: &str| {
        if !lines.is_empty() {
            lines.push(Line::raw(""));
        }
        lines.push(Line::styled(format!(" {text}"), theme.title().patch(Theme::bold())));
    };
    if let Some(f) = finding {
        let style = theme.severity(Some(f.severity)).patch(Theme::bold());
        let sure = match f.confidence {
            Confidence::Certain => "certain",
            Confidence::Likely => "likely",
        };
        lines.push(Line::from(vec![
            Span::styled(format!(" {}", word(f.severity)), style),
            Span::raw(format!("  {}", f.group.map_or("the whole capture".to_owned(), |g| g.to_string()))),
            Span::raw(format!("  ({sure})")),
        ]));
        for l in wrap(&f.message, room, 0) {
            lines.push(Line::styled(format!("  {l}"), Theme::bold()));
        }
        if !f.fix.is_empty() {
            head(&mut lines, "what to do");
            para(&mut lines, &f.fix, 0);
        }
        if !f.evidence.is_empty() {
            head(&mut lines, "evidence");
            for e in &f.evidence {
                let text = match e {
                    Evidence::Frame { number, time, note } => {
                        let n = describe::thousands(*number);
                        format!("frame {n} at {}: {note}", clock.hms_millis(*time))
                    }
                    Evidence::Place(p) => format!("{}:{}:{} {}", p.file, p.line, p.column, p.note),
                    Evidence::Fact(note) => note.clone(),
                };
                para(&mut lines, &text, 2);
            }
        }
        if let Some(unseen) = &f.unseen {
            head(&mut lines, "what cannot be seen from here");
            para(&mut lines, unseen, 0);
        }
    } else {
        lines.push(Line::styled(" This finding no longer stands.", theme.good().patch(Theme::bold())));
    }
    if let Some(p) = page {
        head(&mut lines, &format!("about {}", p.id));
        if !p.title.is_empty() {
            para(&mut lines, p.title, 0);
        }
        for block in paragraphs(p.text) {
            lines.push(Line::raw(""));
            match block {
                Block::Heading(h) => lines.push(Line::styled(format!(" {h}"), theme.title())),
                Block::Text(t) => para(&mut lines, &t, 0),
                Block::Item(t) => para(&mut lines, &t, 2),
                Block::Code(rows) => lines.extend(rows.into_iter().map(|r| Line::raw(format!("  {r}")))),
            }
        }
    }
    lines
}

/// A piece of an explain page.
#[derive(Debug, PartialEq, Eq)]
enum Block {
    Heading(String),
    Text(String),
    Item(String),
    /// Lines that begin with blanks, kept as they are.
    Code(Vec<String>),
}

/// Headings are single lines between blank ones without a full stop, or begin with `#`; the rest is joined to be wrapped
/// to the width of the screen.
fn paragraphs(text: &str) -> Vec<Block> {
    const HEADINGS: [&str; 5] =
        ["What it means", "How it is decided", "What it can be confused with", "How to confirm", "How to fix"];
    let mut blocks = Vec::new();
    let mut open = false;
    for line in text.lines() {
        let trimmed = line.trim();
        let bare = trimmed.trim_start_matches('#').trim().trim_end_matches(':');
        if trimmed.is_empty() {
            open = false;
        } else if HEADINGS.contains(&bare) || trimmed.starts_with('#') {
            blocks.push(Block::Heading(bare.to_owned()));
            open = false;
        } else if trimmed.starts_with("- ") || trimmed.starts_with("* ") {
            blocks.push(Block::Item(trimmed.to_owned()));
            open = true;
        } else if line.starts_with("    ")
            && !matches!((open, blocks.last()), (true, Some(Block::Text(_) | Block::Item(_))))
        {
            match blocks.last_mut() {
                Some(Block::Code(rows)) if open => rows.push(trimmed.to_owned()),
                _ => blocks.push(Block::Code(vec![trimmed.to_owned()])),
            }
            open = true;
        } else {
            match blocks.last_mut() {
                Some(Block::Text(t) | Block::Item(t)) if open => {
                    t.push(' ');
                    t.push_str(trimmed);
                }
                _ => blocks.push(Block::Text(trimmed.to_owned())),
            }
            open = true;
        }
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_cut_into_paragraphs() {
        let text = "What it means\nOne\nsentence.\n\n- first\n  goes on\n- second\n\n    ip addr\n    ip route\nHow to fix\nSo.";
        let s = str::to_owned;
        assert_eq!(
            paragraphs(text),
            [
                Block::Heading(s("What it means")),
                Block::Text(s("One sentence.")),
                Block::Item(s("- first goes on")),
                Block::Item(s("- second")),
                Block::Code(vec![s("ip addr"), s("ip route")]),
                Block::Heading(s("How to fix")),
                Block::Text(s("So.")),
            ]
        );
    }
}
