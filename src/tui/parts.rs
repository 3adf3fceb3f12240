//! Parts that all screens have: the frame, the verdict, sections, pages of text, help, the line at the bottom.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::keys::Binding;
use super::text::{fit, rule, width, wrap};
use super::theme::Theme;
use crate::finding::Severity;
use crate::report::Clock;
use crate::report::describe::thousands;
use crate::time::Timestamp;

/// Draws a screen for so many columns and rows: lines from the top, and the last one at the bottom. Where there are fewer
/// than `least`, it says so instead.
pub fn draw<'a>(
    least: (u16, u16),
    area: Rect,
    buf: &mut Buffer,
    screen: impl FnOnce(usize, usize) -> (Vec<Line<'a>>, Line<'a>),
) {
    if area.width >= least.0 && area.height >= least.1 {
        let (lines, last) = screen(usize::from(area.width), usize::from(area.height));
        for (y, line) in (area.top()..area.bottom()).zip(&lines) {
            buf.set_line(area.left(), y, line, area.width);
        }
        buf.set_line(area.left(), area.bottom().saturating_sub(1), &last, area.width);
        return;
    }
    let text = format!("terminal too small: {}x{}, {}x{} needed", area.width, area.height, least.0, least.1);
    for (y, line) in (area.top()..area.bottom()).zip(wrap(&text, usize::from(area.width).max(8), 0)) {
        buf.set_stringn(area.left(), y, line, usize::from(area.width), Style::new());
    }
}

/// Columns and rows to reckon with before anything was drawn, or where nothing can be.
pub fn at_least(size: (u16, u16), least: (u16, u16)) -> (usize, usize) {
    (usize::from(size.0.max(least.0)), usize::from(size.1.max(least.1)))
}

/// Lines of text on a screen of `h`: below so many others and a rule, and above the last line.
pub const fn text_room(h: usize, above: usize) -> usize {
    h.saturating_sub(above + 1 + 1)
}

/// How much of a list, a text or a log is above and below what shows, for the rule over it: `↑ 3  ↓ 12 more`.
pub fn more(hidden: (usize, usize)) -> String {
    let number = |n: usize| thousands(n as u64);
    match hidden {
        (0, 0) => String::new(),
        (above, 0) => format!("↑ {} more", number(above)),
        (0, below) => format!("↓ {} more", number(below)),
        (above, below) => format!("↑ {}  ↓ {} more", number(above), number(below)),
    }
}

/// What a rule says at its right: those of its parts that are not empty.
pub fn joined<const N: usize>(parts: [String; N]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(" · ")
}

/// A rule over a list: how much of it is hidden, and what else is to be said where there is room for it beside the title.
pub fn list_rule(title: &str, hidden: (usize, usize), said: String, columns: usize, theme: Theme) -> Line<'static> {
    let more = more(hidden);
    let all = joined([more.clone(), said]);
    // The rule has two strokes and two blanks around each, and two strokes between them.
    let right = if width(title) + width(&all) + 10 <= columns { all } else { more };
    let room = if right.is_empty() { columns } else { columns.saturating_sub(width(&right) + 10) };
    rule(&fit(title, room), &right, columns, theme)
}

/// Adds a page: its title in a rule, and as much of its text from line `scroll` on as a screen of `h` has room for.
pub fn page(
    lines: &mut Vec<Line<'static>>,
    (title, text): (String, Vec<Line<'static>>),
    scroll: usize,
    (w, h): (usize, usize),
    theme: Theme,
) {
    let room = text_room(h, lines.len());
    let most = text.len().saturating_sub(room);
    let first = scroll.min(most);
    lines.push(rule(&title, &more((first, most - first)), w, theme));
    lines.extend(text.into_iter().skip(first).take(room));
}

/// The time by the wall clock. Wider screens have room for the day, for what is shown is not always today's.
pub fn wall(clock: &Clock, time: Timestamp, columns: usize) -> String {
    match columns {
        0..100 => clock.hms(time),
        _ => format!("{} {}", clock.date(time), clock.hms(time)),
    }
}

/// The first line: a title, those of `parts` that fit, and the time at the right.
pub fn first(
    title: String,
    parts: impl IntoIterator<Item = Span<'static>>,
    time: String,
    columns: usize,
) -> Line<'static> {
    let mut used = 1 + width(&title);
    let mut spans = vec![Span::raw(" "), Span::styled(title, Theme::bold())];
    for part in parts {
        if used + 2 + part.width() + 2 + width(&time) < columns {
            used += 2 + part.width();
            spans.extend([Span::raw("  "), part]);
        }
    }
    spans.push(Span::raw(" ".repeat(columns.saturating_sub(used + width(&time) + 1))));
    spans.push(Span::styled(time, Theme::bold()));
    Line::from(spans)
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

/// Takes so many lines, or what there is.
pub fn take(room: &mut usize, lines: usize) -> usize {
    let got = lines.min(*room);
    *room -= got;
    got
}

/// Adds exactly so many lines.
pub fn section(lines: &mut Vec<Line<'static>>, mut part: Vec<Line<'static>>, rows: usize) {
    part.resize(rows, Line::default());
    lines.append(&mut part);
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
pub fn hints(mut hints: Vec<(&'static str, String)>, shed: &[&str], columns: usize, theme: Theme) -> Line<'static> {
    let cost = |h: &(&str, String)| width(h.0) + 1 + width(&h.1) + 2;
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

/// Keys of a screen of text, for the line at the bottom.
pub const TEXT: &[(&str, &str)] = &[("↑↓", "scroll"), ("PgUp PgDn", "page"), ("q", "back")];
/// The same, of the list of findings.
pub const FINDINGS: &[(&str, &str)] = &[("↑↓", "select"), ("Enter", "explain"), ("q", "back"), ("?", "help")];

/// Keys that are always the same, for the line at the bottom.
pub fn keys(keys: &[(&'static str, &str)], columns: usize, theme: Theme) -> Line<'static> {
    hints(keys.iter().map(|(key, text)| (*key, (*text).to_owned())).collect(), &[], columns, theme)
}

/// What came of writing a file, for the line at the bottom: what was written, or why not.
pub fn saved(outcome: Result<String, String>) -> String {
    outcome.unwrap_or_else(|why| format!("not written: {why}"))
}

/// What a key led to, in the line at the bottom.
pub fn status(text: &str, columns: usize) -> Line<'static> {
    Line::styled(format!(" {}", fit(text, columns.saturating_sub(2))), Theme::bold())
}
