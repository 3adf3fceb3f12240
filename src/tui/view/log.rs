//! The log: one sentence an event, the newest at the bottom.

use ratatui::text::{Line, Span};

use super::text::{fit, wrap};
use super::theme::Theme;
use crate::report::Clock;
use crate::report::describe;
use crate::sniff::event::{Event, EventKind, Reason};
use crate::tui::app::{App, Filter};

/// In fewer lines than this an event has one, and is elided.
const WRAPPED: usize = 3;

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

/// How many of the entries before `end` fit into so many lines.
pub fn fitting(entries: &[(u64, &Event)], end: usize, tag: usize, columns: usize, rows: usize) -> usize {
    let mut used = 0;
    let mut n = 0;
    for (_, e) in entries[..end.min(entries.len())].iter().rev() {
        used += if rows < WRAPPED { 1 } else { height(e, tag, columns) };
        if used > rows && n > 0 {
            break;
        }
        n += 1;
    }
    n
}

/// For each end of a window, where it begins: as [`fitting`] for all ends at once.
pub fn starts(entries: &[(u64, &Event)], tag: usize, columns: usize, rows: usize) -> Vec<usize> {
    let heights: Vec<usize> = entries.iter().map(|(_, e)| height(e, tag, columns)).collect();
    let heights = if rows < WRAPPED { vec![1; entries.len()] } else { heights };
    let (mut from, mut used) = (0, 0);
    let mut starts = vec![0];
    for (i, h) in heights.iter().enumerate() {
        used += h;
        while used > rows && from < i {
            used -= heights[from];
            from += 1;
        }
        starts.push(from);
    }
    starts
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
    let from = end - fitting(&entries, end, tag, columns, rows);
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

fn height(e: &Event, tag: usize, columns: usize) -> usize {
    let head = prefix_width(tag);
    wrap(&describe::event(e), columns.saturating_sub(head + 1), 0).len()
}

/// Columns before the sentence: time and group.
const fn prefix_width(tag: usize) -> usize {
    1 + 12 + 2 + tag + 2
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
    let head = prefix_width(tag);
    let style = style(e, theme);
    wrap(&describe::event(e), columns.saturating_sub(head + 1), 0)
        .into_iter()
        .enumerate()
        .map(|(i, l)| {
            if i == 0 {
                Line::from(vec![
                    Span::styled(format!(" {}  ", clock.hms_millis(e.seen.time)), theme.quiet()),
                    Span::raw(format!("{}  ", super::text::left(&describe::group_tag(e.group), tag))),
                    Span::styled(l, style),
                ])
            } else {
                Line::from(vec![Span::raw(" ".repeat(head)), Span::styled(l, style)])
            }
        })
        .collect()
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
