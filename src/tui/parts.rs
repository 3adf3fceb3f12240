//! Parts that all screens have: the verdict, sections, log entries, help, the line at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::keys::Binding;
use super::text::{fit, left, width, wrap};
use super::theme::Theme;
use crate::finding::Severity;

/// In fewer lines than this an entry of a log has one, and is elided.
pub const WRAPPED: usize = 3;

/// Draws lines from the top, and the last one at the bottom.
pub fn draw(lines: &[Line<'_>], last: &Line<'_>, area: Rect, buf: &mut Buffer) {
    for (y, line) in (area.top()..area.bottom()).zip(lines) {
        buf.set_line(area.left(), y, line, area.width);
    }
    buf.set_line(area.left(), area.bottom().saturating_sub(1), last, area.width);
}

/// Says that the terminal is too small, and draws nothing else. `least` are columns and rows.
pub fn too_small(area: Rect, buf: &mut Buffer, least: (u16, u16)) -> bool {
    if area.width >= least.0 && area.height >= least.1 {
        return false;
    }
    let text = format!("terminal too small: {}x{}, {}x{} needed", area.width, area.height, least.0, least.1);
    for (y, line) in (area.top()..area.bottom()).zip(wrap(&text, usize::from(area.width).max(8), 0)) {
        buf.set_stringn(area.left(), y, line, usize::from(area.width), Style::new());
    }
    true
}

/// Lines that the verdict may take on a screen of this height.
pub const fn verdict_rows(h: usize) -> usize {
    match h {
        22.. => 3,
        16..22 => 2,
        _ => 1,
    }
}

/// The verdict: a word with its colour and a sentence, in at most `most` lines.
pub fn verdict(
    severity: Option<Severity>,
    word: &str,
    text: &str,
    columns: usize,
    most: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let head = if word.is_empty() { 0 } else { width(word) + 2 };
    let room = columns.saturating_sub(head + 2).max(8);
    let mut lines = wrap(text, room, 0);
    if lines.len() > most {
        let last = lines.split_off(most.saturating_sub(1)).join(" ");
        lines.push(fit(&last, room));
    }
    let style = theme.severity(severity).patch(Theme::bold());
    lines
        .into_iter()
        .enumerate()
        .map(|(i, l)| {
            if i == 0 && head > 0 {
                Line::from(vec![
                    Span::raw(" "),
                    Span::styled(format!("{word}  "), style),
                    Span::styled(l, Theme::bold()),
                ])
            } else {
                Line::from(vec![Span::raw(" ".repeat(head + 1)), Span::styled(l, Theme::bold())])
            }
        })
        .collect()
}

/// What is wrong with what the screen itself rests on.
pub fn notice(text: &str, columns: usize, theme: Theme) -> Line<'static> {
    Line::styled(fit(&format!(" ! {text}"), columns), theme.bad().patch(Theme::bold()))
}

/// Adds exactly so many lines.
pub fn section(lines: &mut Vec<Line<'static>>, mut part: Vec<Line<'static>>, rows: usize) {
    part.resize(rows, Line::default());
    lines.append(&mut part);
}

/// Columns before the sentence of a log's entry: time and the name of what it is about.
const fn entry_head(tag: usize) -> usize {
    1 + 12 + 2 + if tag > 0 { tag + 2 } else { 0 }
}

/// Lines that a log's entry takes.
pub fn entry_height(text: &str, tag: usize, columns: usize) -> usize {
    wrap(text, columns.saturating_sub(entry_head(tag) + 1), 0).len()
}

/// A log's entry: time, whom it is about in `tag` columns (none if that is 0), and a sentence.
pub fn entry(
    time: &str,
    (of, tag): (&str, usize),
    text: &str,
    style: Style,
    columns: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let head = entry_head(tag);
    let of = if tag > 0 { format!("{}  ", left(of, tag)) } else { String::new() };
    wrap(text, columns.saturating_sub(head + 1), 0)
        .into_iter()
        .enumerate()
        .map(|(i, l)| {
            if i == 0 {
                Line::from(vec![
                    Span::styled(format!(" {time}  "), theme.quiet()),
                    Span::raw(of.clone()),
                    Span::styled(l, style),
                ])
            } else {
                Line::from(vec![Span::raw(" ".repeat(head)), Span::styled(l, style)])
            }
        })
        .collect()
}

/// The keys of a table, and what words and marks mean.
pub fn help<'a, A: 'static>(
    keys: impl Iterator<Item = &'a Binding<A>>,
    legend: &[(&str, &str)],
    columns: usize,
    theme: Theme,
) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    let mut row = |name: &str, text: &str, style| {
        for (i, l) in wrap(text, columns.saturating_sub(16), 0).into_iter().enumerate() {
            let name = if i == 0 { name } else { "" };
            lines.push(Line::from(vec![Span::styled(format!(" {name:<13}"), style), Span::raw(l)]));
        }
    };
    for b in keys {
        row(b.label, b.help, theme.key());
    }
    row("", "", theme.quiet());
    for (name, text) in legend {
        row(name, text, theme.title());
    }
    lines
}

/// Keys for the line at the bottom. Where it is narrow the texts in `shed` go first, in their order, then any from the
/// left; what does not fit is in the help.
pub fn hints(mut hints: Vec<(String, String)>, shed: &[&str], columns: usize, theme: Theme) -> Line<'static> {
    let cost = |h: &(String, String)| width(&h.0) + 1 + width(&h.1) + 2;
    while hints.iter().map(cost).sum::<usize>() > columns + 1 && hints.len() > 2 {
        let at = shed.iter().find_map(|v| hints.iter().position(|h| h.1 == *v)).unwrap_or(0);
        hints.remove(at);
    }
    let mut spans = vec![Span::raw(" ")];
    for (i, (key, text)) in hints.into_iter().enumerate() {
        spans.push(Span::styled(format!("{}{key}", if i == 0 { "" } else { "  " }), theme.key()));
        spans.push(Span::raw(format!(" {text}")));
    }
    Line::from(spans)
}

/// What came of writing a file, for the line at the bottom: what was written, or why not.
pub fn saved(outcome: Result<String, String>) -> String {
    outcome.unwrap_or_else(|why| format!("not written: {why}"))
}

/// What a key led to, in the line at the bottom.
pub fn status(text: &str, columns: usize) -> Line<'static> {
    Line::styled(format!(" {}", fit(text, columns.saturating_sub(2))), Theme::bold())
}
