//! The events: one sentence each, the newest at the bottom.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::finding::Severity;
use crate::report::describe::thousands;
use crate::tui::log::{Log, Told};
use crate::tui::parts::joined;
use crate::tui::probe::app::{App, Entry, Item};
use crate::tui::text::width;
use crate::tui::theme::Theme;

/// The log.
pub fn log(app: &App, columns: usize) -> Log<'_> {
    let longest = app.log.iter().map(|e| width(&e.subject)).max().unwrap_or(0);
    let tag = longest.min(if columns >= 100 { 30 } else { 18 });
    let numbers = (app.forgotten..).take(app.log.len()).collect();
    let told = Box::new(|at: usize, brief| told(app, &app.log[at], brief));
    Log { numbers, last: app.log_end, tag, told }
}

/// The last lines.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    log(app, columns).lines("no check has ended yet", columns, rows, Theme::new(app.color))
}

/// All events of one row, the newest first.
pub fn of(app: &App, item: Item, columns: usize) -> Vec<Line<'static>> {
    let own = app.log.iter().rev().filter(|e| item.concerns(&e.what));
    own.flat_map(|e| told(app, e, false).lines(0, columns, Theme::new(app.color))).collect()
}

/// What the rule above says: how much of it does not show.
pub fn position(app: &App, columns: usize, rows: usize) -> String {
    let gone = if app.forgotten > 0 { format!("{} no longer kept", thousands(app.forgotten)) } else { String::new() };
    joined([log(app, columns).hidden(columns, rows), gone])
}

/// What an entry says.
fn told(app: &App, e: &Entry, brief: bool) -> Told {
    let theme = Theme::new(app.color);
    let style = match e.severity {
        Some(Severity::Critical) => theme.bad(),
        Some(Severity::Warning) => theme.warn(),
        _ if e.what.is_transition() => Theme::bold(),
        _ => Style::new(),
    };
    let time = if brief { app.clock.hms(e.time) } else { app.clock.hms_millis(e.time) };
    Told { time, of: e.subject.clone(), text: e.text.clone(), style }
}
