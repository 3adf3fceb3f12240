//! The log: one sentence a thing told, the newest at the bottom.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::report::describe::thousands;
use crate::report::printable;
use crate::tui::log::{Log, Told};
use crate::tui::parts::joined;
use crate::tui::speak::app::{App, Entry, Kind};
use crate::tui::theme::Theme;

/// The log.
pub fn log(app: &App) -> Log<'_> {
    // No names of virtual routers where there is only one.
    let tag = match app.instances() {
        [] | [_] => 0,
        all => all.iter().map(|i| i.name.chars().count()).max().unwrap_or(0).min(12),
    };
    let numbers = (app.forgotten..).take(app.log.len()).collect();
    let told = Box::new(|at: usize, brief| told(app, &app.log[at], brief));
    Log { numbers, last: app.log_end, tag, told }
}

/// The log's last lines.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    log(app).lines("nothing has happened yet", columns, rows, Theme::new(app.color))
}

/// All entries of one virtual router, the newest first.
pub fn of(app: &App, instance: usize, columns: usize) -> Vec<Line<'static>> {
    let own = app.log.iter().rev().filter(|e| e.instance == instance);
    own.flat_map(|e| told(app, e, false).lines(0, columns, Theme::new(app.color))).collect()
}

/// What the rule above the log says: how much of it does not show.
pub fn position(app: &App, columns: usize, rows: usize) -> String {
    let gone = if app.forgotten > 0 { format!("{} no longer kept", thousands(app.forgotten)) } else { String::new() };
    joined([log(app).hidden(columns, rows), gone])
}

/// What an entry says.
fn told(app: &App, e: &Entry, brief: bool) -> Told {
    let theme = Theme::new(app.color);
    let style = match e.kind {
        Kind::Change => Theme::bold(),
        Kind::Wrong => theme.bad(),
        Kind::Operator => theme.title(),
        Kind::Other => Style::new(),
    };
    Told {
        time: if brief { app.clock.hms(e.time) } else { app.clock.hms_millis(e.time) },
        of: app.instances().get(e.instance).map_or(String::new(), |i| printable(&i.name)),
        text: e.text.clone(),
        style,
    }
}
