//! The log: one sentence a thing told, the newest at the bottom.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::report::describe::count;
use crate::report::printable;
use crate::tui::parts::{self, WRAPPED, entry_height};
use crate::tui::scroll::fitting;
use crate::tui::speak::app::{App, Entry, Kind};
use crate::tui::text::fit;
use crate::tui::theme::Theme;

/// Where the window ends: so many of the kept entries come before.
pub fn end(app: &App) -> usize {
    let n = app.log.len();
    app.log_end.map_or(n, |e| usize::try_from(e.saturating_sub(app.forgotten)).unwrap_or(n).max(1).min(n))
}

/// Lines that each entry takes in a log of so many.
pub fn heights(app: &App, columns: usize, rows: usize) -> Vec<usize> {
    let tag = tag_width(app);
    app.log.iter().map(|e| height(e, tag, columns, rows)).collect()
}

fn height(e: &Entry, tag: usize, columns: usize, rows: usize) -> usize {
    if rows < WRAPPED { 1 } else { entry_height(&e.text, tag, columns) }
}

/// The log's last lines.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    if app.log.is_empty() {
        return vec![Line::styled(" nothing has happened yet", theme.quiet())];
    }
    let (end, tag) = (end(app), tag_width(app));
    let heights = app.log.iter().take(end).rev().map(|e| height(e, tag, columns, rows));
    let from = end - fitting(heights, rows).min(end);
    let shown = app.log.iter().take(end).skip(from);
    let mut lines: Vec<Line<'static>> = if rows < WRAPPED {
        shown.map(|e| brief(app, e, tag, columns, theme)).collect()
    } else {
        shown.flat_map(|e| entry(app, e, tag, columns, theme)).collect()
    };
    // Only when a single entry is higher than the window.
    lines.truncate(rows.max(1));
    lines
}

/// All entries of one virtual router, the newest first.
pub fn of(app: &App, instance: usize, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let own = app.log.iter().rev().filter(|e| e.instance == instance);
    own.flat_map(|e| entry(app, e, 0, columns, theme)).collect()
}

/// What the rule above the log says: where the window is when it does not follow.
pub fn position(app: &App) -> String {
    match (app.log_end, app.log.len() - end(app)) {
        (Some(_), newer) if newer > 0 => {
            let noun = if newer == 1 { "entry" } else { "entries" };
            format!("{newer} newer {noun} below: End")
        }
        _ if app.forgotten > 0 => format!("{} no longer kept", count(app.forgotten, "line")),
        _ => String::new(),
    }
}

/// Columns for the names of virtual routers; none where there is only one.
fn tag_width(app: &App) -> usize {
    match app.instances() {
        [] | [_] => 0,
        all => all.iter().map(|i| i.name.chars().count()).max().unwrap_or(0).min(12),
    }
}

fn name(app: &App, e: &Entry) -> String {
    app.instances().get(e.instance).map_or(String::new(), |i| printable(&i.name))
}

/// An entry in one line.
fn brief(app: &App, e: &Entry, tag: usize, columns: usize, theme: Theme) -> Line<'static> {
    let name = if tag > 0 { format!("{}  ", name(app, e)) } else { String::new() };
    let text = format!(" {}  {name}{}", app.clock.hms(e.time), e.text);
    Line::styled(fit(&text, columns), style(e, theme))
}

fn entry(app: &App, e: &Entry, tag: usize, columns: usize, theme: Theme) -> Vec<Line<'static>> {
    let time = app.clock.hms_millis(e.time);
    parts::entry(&time, (&name(app, e), tag), &e.text, style(e, theme), columns, theme)
}

fn style(e: &Entry, theme: Theme) -> Style {
    match e.kind {
        Kind::Change => Theme::bold(),
        Kind::Wrong => theme.bad(),
        Kind::Operator => theme.title(),
        Kind::Other => Style::new(),
    }
}
