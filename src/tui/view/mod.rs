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
use super::parts::{self, section};
use super::scroll::Window;
use super::text::rule;
use super::theme::Theme;
use crate::report::describe;

/// Below this nothing useful can be shown.
const MIN: (u16, u16) = (40, 8);

/// How the lines of a screen are shared out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rows {
    verdict: usize,
    notice: usize,
    /// With the heading, without the rule.
    list: usize,
    /// Without the rule; 0 for none, and no rule.
    detail: usize,
    /// Without the rule; 0 for none, and no rule.
    log: usize,
}

/// Draws the state.
pub fn render(app: &App, area: Rect, buf: &mut Buffer) {
    let (w, h) = (usize::from(area.width), usize::from(area.height));
    if parts::too_small(area, buf, MIN) {
        return;
    }
    parts::draw(&screen(app, w, h), &footer::line(app, w), area, buf);
}

/// Everything but the last line.
fn screen(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let mut lines = vec![header::status(app, w)];
    let rows = rows(app, w, h);
    lines.extend(header::sentence(app, w, rows.verdict));
    lines.extend(header::notice(app, w));
    if app.screen != Screen::Main {
        let (title, body) = page(app, w, body_rows(h, &rows));
        let most = body.len().saturating_sub(body_rows(h, &rows));
        let first = if app.screen == Screen::Findings { 0 } else { app.scroll.min(most) };
        let below = most - first;
        let more = if below > 0 && app.screen != Screen::Findings {
            format!("{} below", describe::count(below as u64, "line"))
        } else {
            String::new()
        };
        lines.push(rule(&title, &more, w, theme));
        lines.extend(body.into_iter().skip(first).take(body_rows(h, &rows)));
        return lines;
    }
    lines.push(rule(&list::title(app), &list::summary(app), w, theme));
    section(&mut lines, list::lines(app, w, rows.list), rows.list);
    if let (Some(g), 1..) = (app.selected(), rows.detail) {
        lines.push(rule(&detail::title(g), "", w, theme));
        section(&mut lines, detail::panel(app, g, w, rows.detail), rows.detail);
    }
    if rows.log > 0 {
        lines.push(rule("events", &log::position(app), w, theme));
        section(&mut lines, log::lines(app, w, rows.log), rows.log);
    }
    lines
}

/// The title and text of a screen other than the first. `rows` only matters to the list of findings.
fn page(app: &App, w: usize, rows: usize) -> (String, Vec<Line<'static>>) {
    match app.screen {
        Screen::Main => (String::new(), Vec::new()),
        Screen::Group(id) => (group::title(app, id), group::lines(app, id, w)),
        Screen::Findings => (findings::title(app), findings::lines(app, w, rows)),
        Screen::Explain(key, _) => (format!("finding {}", key.id), findings::explain(app, key, w)),
        Screen::Help => ("keys".to_owned(), help::lines(app, w)),
    }
}

/// Lines below the rule of a screen of text.
fn body_rows(h: usize, rows: &Rows) -> usize {
    h.saturating_sub(1 + rows.verdict + rows.notice + 1 + 1)
}

/// Shares out the lines.
fn rows(app: &App, w: usize, h: usize) -> Rows {
    let verdict = header::sentence(app, w, parts::verdict_rows(h)).len();
    let notice = usize::from(header::notice(app, w).is_some());
    let mut rows = Rows { verdict, notice, ..Rows::default() };
    // Header, the list's rule, footer.
    let mut room = h.saturating_sub(1 + verdict + notice + 1 + 1);
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

fn size(app: &App) -> (usize, usize) {
    (usize::from(app.size.0.max(MIN.0)), usize::from(app.size.1.max(MIN.1)))
}

/// Lines of the log on the first screen.
pub(super) fn log_rows(app: &App) -> usize {
    let (w, h) = size(app);
    rows(app, w, h).log
}

/// The log's window as it is drawn now.
pub(super) fn log_window(app: &App) -> Window {
    let (w, _) = size(app);
    let rows = log_rows(app).max(1);
    let entries = log::entries(app);
    let heights = log::heights(&entries, log::tag_width(app), w, rows);
    Window::new(entries.iter().map(|e| e.0).collect(), &heights, log::end(app, &entries), rows)
}

/// Lines of text that show at once on a screen other than the first.
pub(super) fn text_rows(app: &App) -> usize {
    let (w, h) = size(app);
    body_rows(h, &rows(app, w, h))
}

/// Lines of text of a screen other than the first.
pub(super) fn text_len(app: &App) -> usize {
    let (w, h) = size(app);
    page(app, w, h).1.len()
}
