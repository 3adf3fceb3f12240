//! The log: one sentence an event, the newest at the bottom.

use ratatui::text::Line;

use crate::report::Clock;
use crate::report::describe;
use crate::sniff::event::{Event, EventKind, Reason};
use crate::tui::app::{App, Filter};
use crate::tui::parts::{self, WRAPPED, entry_height};
use crate::tui::scroll::fitting;
use crate::tui::text::fit;
use crate::tui::theme::Theme;

/// The events that show, each with its number since the first there ever was.
pub fn entries(app: &App) -> Vec<(u64, &Event)> {
    let p = app.picture();
    let first = p.observer.totals().events_forgotten;
    let events = p.observer.events().iter().enumerate().map(|(i, e)| (first + i as u64, e));
    if app.filter.is_empty() {
        return events.collect();
    }
    let filter = Filter::parse(&app.filter);
    events.filter(|(_, e)| p.observer.group(e.group).is_some_and(|g| filter.matches(g))).collect()
}

/// Lines that each entry takes in a log of so many.
pub fn heights(entries: &[(u64, &Event)], tag: usize, columns: usize, rows: usize) -> Vec<usize> {
    entries.iter().map(|(_, e)| height(e, tag, columns, rows)).collect()
}

/// Where the window of the log ends in `entries`.
pub fn end(app: &App, entries: &[(u64, &Event)]) -> usize {
    app.log_end.map_or(entries.len(), |e| entries.partition_point(|(n, _)| *n < e).max(1).min(entries.len()))
}

/// The log's last lines.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let entries = entries(app);
    if entries.is_empty() {
        let text = if app.filter.is_empty() { "nothing has happened yet" } else { "nothing about these" };
        return vec![Line::styled(format!(" {text}"), theme.quiet())];
    }
    let (end, tag) = (end(app, &entries), tag_width(app));
    let heights = entries[..end].iter().rev().map(|(_, e)| height(e, tag, columns, rows));
    let from = end - fitting(heights, rows);
    let mut lines: Vec<Line<'static>> = entries[from..end]
        .iter()
        .flat_map(|(_, e)| {
            if rows < WRAPPED {
                brief(e, columns, &app.clock, theme)
            } else {
                event(e, tag, columns, &app.clock, theme)
            }
        })
        .collect();
    // Only when a single event is higher than the window.
    lines.truncate(rows.max(1));
    lines
}

/// What the rule above the log says: where the window is when it does not follow.
pub fn position(app: &App) -> String {
    let entries = entries(app);
    let end = end(app, &entries);
    match (app.log_end, entries.len() - end) {
        (Some(_), newer) if newer > 0 => format!("{} below: End", describe::count(newer as u64, "newer event")),
        _ => String::new(),
    }
}

fn height(e: &Event, tag: usize, columns: usize, rows: usize) -> usize {
    if rows < WRAPPED { 1 } else { entry_height(&describe::event(e), tag, columns) }
}

/// Columns that the name of a group takes, so that all sentences begin in one column.
pub fn tag_width(app: &App) -> usize {
    app.picture().observer.groups().map(|g| describe::group_tag(g.id).len()).max().unwrap_or(0).min(16)
}

/// One event in one line.
fn brief(e: &Event, columns: usize, clock: &Clock, theme: Theme) -> Vec<Line<'static>> {
    let text = format!(" {}  {}", clock.hms(e.seen.time), describe::event(e));
    vec![Line::styled(fit(&text, columns), style(e, theme))]
}

/// One event, in as many lines as it takes.
pub fn event(e: &Event, tag: usize, columns: usize, clock: &Clock, theme: Theme) -> Vec<Line<'static>> {
    let (time, of) = (clock.hms_millis(e.seen.time), describe::group_tag(e.group));
    parts::entry(&time, (&of, tag), &describe::event(e), style(e, theme), columns, theme)
}

fn style(e: &Event, theme: Theme) -> ratatui::style::Style {
    match &e.kind {
        EventKind::Transition(t) => match t.reason {
            Reason::Unknown => theme.bad(),
            Reason::Timeout | Reason::Release => theme.warn(),
            _ => Theme::bold(),
        },
        EventKind::GoesOn { .. } | EventKind::Silent { .. } => theme.bad(),
        EventKind::NearMiss { .. } | EventKind::Released { .. } | EventKind::Resumed { .. } => theme.warn(),
        EventKind::ContentionEnded { .. } => theme.good(),
        EventKind::Priority { .. } | EventKind::Announced { .. } => ratatui::style::Style::new(),
    }
}
