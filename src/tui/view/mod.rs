//! Drawing: pure functions of the state. One area a file.

mod detail;
mod findings;
mod footer;
mod group;
mod header;
mod help;
mod list;
mod log;

#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::app::{App, Screen};
use super::parts::{self, list_rule, section, text_room};
use super::scroll::Window;
use super::text::rule;
use super::theme::Theme;

/// Below this nothing useful can be shown.
const MIN: (u16, u16) = (40, 8);

/// How the lines of a screen are shared out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rows {
    /// With the heading, without the rule.
    list: usize,
    /// Without the rule; 0 for none, and no rule.
    detail: usize,
    /// Without the rule; 0 for none, and no rule.
    log: usize,
}

/// Draws the state.
pub fn render(app: &App, area: Rect, buf: &mut Buffer) {
    parts::draw(MIN, area, buf, |w, h| (screen(app, w, h), footer::line(app, w)));
}

/// Everything but the last line.
fn screen(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let mut lines = head(app, w, h);
    if app.screen != Screen::Main {
        let scroll = match app.screen {
            Screen::Findings => findings::first(app, w, text_room(h, lines.len())),
            _ => app.scroll,
        };
        parts::page(&mut lines, page(app, w), scroll, (w, h), theme);
        return lines;
    }
    let rows = rows(app, w, h, lines.len());
    lines.push(list_rule(&list::title(app), list::shown(app, rows.list).hidden(), list::summary(app), w, theme));
    section(&mut lines, list::lines(app, w, rows.list), rows.list);
    if let (Some(g), 1..) = (app.selected(), rows.detail) {
        lines.push(rule(&detail::title(g), "", w, theme));
        section(&mut lines, detail::panel(app, g, w, rows.detail), rows.detail);
    }
    if rows.log > 0 {
        lines.push(rule("events", &log::position(app, w, rows.log), w, theme));
        section(&mut lines, log::lines(app, w, rows.log), rows.log);
    }
    lines
}

/// What every screen begins with.
fn head(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let mut lines = vec![header::status(app, w)];
    lines.extend(header::sentence(app, w, parts::verdict_rows(h)));
    lines.extend(header::notice(app, w));
    lines
}

/// The title and text of a screen other than the first.
fn page(app: &App, w: usize) -> (String, Vec<Line<'static>>) {
    match app.screen {
        Screen::Main => (String::new(), Vec::new()),
        Screen::Group(id) => (group::title(app, id), group::lines(app, id, w)),
        Screen::Findings => (findings::title(app), findings::lines(app, w)),
        Screen::Explain(key, _) => (format!("finding {}", key.id), findings::explain(app, key, w)),
        Screen::Help => ("keys".to_owned(), help::lines(app, w)),
    }
}

/// Shares out the lines below so many others.
fn rows(app: &App, w: usize, h: usize, above: usize) -> Rows {
    let mut rows = Rows::default();
    let mut room = text_room(h, above);
    let groups = app.visible().len().max(1);
    let selected = app.selected();
    let wanted = selected.map_or(0, |g| detail::lines(app, g, w).len());
    if h < 13 {
        // The list, and the latest events if a line or two are left.
        rows.list = (groups + 1).min(room);
        room -= rows.list;
        rows.log = if room >= 2 { room - 1 } else { 0 };
        rows.list += room - if rows.log > 0 { rows.log + 1 } else { 0 };
        return rows;
    }
    let least_log = (h / 5).max(2);
    rows.list = (groups + 1).min((h / 3).max(3));
    room -= rows.list;
    if wanted > 0 {
        let most = room.saturating_sub(1 + 1 + least_log);
        rows.detail = wanted.min(most);
        room -= rows.detail + usize::from(rows.detail > 0);
    }
    // Lines that the details do not need show more virtual routers before more events.
    let spare = room.saturating_sub(1 + (h / 3).max(least_log));
    let more = (groups + 1 - rows.list).min(spare);
    rows.list += more;
    room -= more;
    rows.log = room.saturating_sub(1);
    rows
}

/// The log's window as it is drawn now.
pub(super) fn log_window(app: &App) -> Window {
    let (w, h) = parts::at_least(app.size, MIN);
    let rows = rows(app, w, h, head(app, w, h).len()).log.max(1);
    log::log(app).window(w, rows)
}

/// Lines of the text on a screen other than the first, and how many of them show at once.
pub(super) fn text(app: &App) -> (usize, usize) {
    let (w, h) = parts::at_least(app.size, MIN);
    let room = text_room(h, head(app, w, h).len());
    (page(app, w).1.len(), room)
}
