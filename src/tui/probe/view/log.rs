//! The events: one sentence each, the newest at the bottom.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::finding::Severity;
use crate::report::describe::count;
use crate::tui::parts::{self, WRAPPED, entry_height};
use crate::tui::probe::app::{App, Entry, Item};
use crate::tui::scroll::fitting;
use crate::tui::text::{fit, width};
use crate::tui::theme::Theme;

/// Where the window ends: so many of the kept entries come before.
pub fn end(app: &App) -> usize {
    let n = app.log.len();
    app.log_end.map_or(n, |e| usize::try_from(e.saturating_sub(app.forgotten)).unwrap_or(n).max(1).min(n))
}

/// Lines that each entry takes in a log of so many.
pub fn heights(app: &App, columns: usize, rows: usize) -> Vec<usize> {
    let tag = tag_width(app, columns);
    app.log.iter().map(|e| height(e, tag, columns, rows)).collect()
}

fn height(e: &Entry, tag: usize, columns: usize, rows: usize) -> usize {
    if rows < WRAPPED { 1 } else { entry_height(&e.text, tag, columns) }
}

/// The last lines.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    if app.log.is_empty() {
        return vec![Line::styled(" no check has ended yet", theme.quiet())];
    }
    let (end, tag) = (end(app), tag_width(app, columns));
    let heights = app.log.iter().take(end).rev().map(|e| height(e, tag, columns, rows));
    let from = end - fitting(heights, rows).min(end);
    let shown = app.log.iter().take(end).skip(from);
    let mut lines: Vec<Line<'static>> = if rows < WRAPPED {
        let brief = |e: &Entry| format!(" {}  {}  {}", app.clock.hms(e.time), e.subject, e.text);
        shown.map(|e| Line::styled(fit(&brief(e), columns), style(e, theme))).collect()
    } else {
        shown.flat_map(|e| entry(app, e, tag, columns, theme)).collect()
    };
    // Only when a single entry is higher than the window.
    lines.truncate(rows.max(1));
    lines
}

/// All events of one row, the newest first.
pub fn of(app: &App, item: Item, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let own = app.log.iter().rev().filter(|e| item.concerns(&e.what));
    own.flat_map(|e| entry(app, e, 0, columns, theme)).collect()
}

/// What the rule above says: where the window is when it does not follow.
pub fn position(app: &App) -> String {
    match (app.log_end, app.log.len() - end(app)) {
        (Some(_), newer) if newer > 0 => format!("{} below: End", count(newer as u64, "newer event")),
        _ if app.forgotten > 0 => format!("{} no longer kept", count(app.forgotten, "event")),
        _ => String::new(),
    }
}

fn tag_width(app: &App, columns: usize) -> usize {
    let longest = app.log.iter().map(|e| width(&e.subject)).max().unwrap_or(0);
    longest.min(if columns >= 100 { 30 } else { 18 })
}

fn entry(app: &App, e: &Entry, tag: usize, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let time = app.clock.hms_millis(e.time);
    parts::entry(&time, (&e.subject, tag), &e.text, style(e, theme), columns, theme)
}

fn style(e: &Entry, theme: Theme) -> Style {
    match e.severity {
        Some(Severity::Critical) => theme.bad(),
        Some(Severity::Warning) => theme.warn(),
        _ if e.what.is_transition() => Theme::bold(),
        _ => Style::new(),
    }
}
