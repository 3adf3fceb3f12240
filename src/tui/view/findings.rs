//! What is wrong: the list, and one finding in full.

use ratatui::text::Line;

use crate::tui::app::{App, FindingKey, page};
use crate::tui::findings;
use crate::tui::theme::Theme;

pub fn title(app: &App) -> String {
    findings::title(app.picture().findings)
}

/// The first line of the list that shows: the selected finding is to be seen.
pub fn first(app: &App, columns: usize, rows: usize) -> usize {
    findings::first(app.picture().findings, app.finding_index(), columns, rows)
}

/// The list.
pub fn lines(app: &App, columns: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let all = app.picture().findings;
    if all.is_empty() {
        return vec![Line::styled(" nothing is wrong as far as can be seen from here", theme.good())];
    }
    findings::list(all, app.finding_index(), columns, theme)
}

/// One finding with all that is known about it.
pub fn explain(app: &App, key: FindingKey, columns: usize) -> Vec<Line<'static>> {
    findings::explain(app.find(key), page(key.id), &app.clock, columns, Theme::new(app.color))
}
