//! Drawing: pure functions of the state. One area a file.

mod detail;
mod findings;
mod footer;
mod group;
mod header;
mod help;
mod list;
mod log;
mod text;
mod theme;

#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use self::text::rule;
use self::theme::Theme;
use super::app::{App, Screen};
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
    if area.width < MIN.0 || area.height < MIN.1 {
        too_small(area, buf);
        return;
    }
    let lines = screen(app, w, h);
    for (y, line) in (area.top()..area.bottom()).zip(&lines) {
        buf.set_line(area.left(), y, line, area.width);
    }
    buf.set_line(area.left(), area.bottom() - 1, &footer::line(app, w), area.width);
}

fn too_small(area: Rect, buf: &mut Buffer) {
    let text = format!("terminal too small: {}x{}, {}x{} needed", area.width, area.height, MIN.0, MIN.1);
    for (y, line) in (area.top()..area.bottom()).zip(text::wrap(&text, usize::from(area.width).max(8), 0)) {
        buf.set_stringn(area.left(), y, line, usize::from(area.width), ratatui::style::Style::new());
    }
}

/// Everything but the last line.
fn screen(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let mut lines = vec![header::status(app, w)];
    let rows = rows(app, w, h);
    lines.extend(header::sentence(app, w, rows.verdict));
    if rows.notice > 0 {
        let notice = header::notice(app).unwrap_or_default();
        lines.push(Line::styled(text::fit(&format!(" ! {notice}"), w), theme.bad().patch(Theme::bold())));
    }
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

/// Adds exactly so many lines.
fn section(lines: &mut Vec<Line<'static>>, mut part: Vec<Line<'static>>, rows: usize) {
    part.resize(rows, Line::default());
    lines.append(&mut part);
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
    let verdict = header::sentence(
        app,
        w,
        if h >= 22 {
            3
        } else if h >= 16 {
            2
        } else {
            1
        },
    )
    .len();
    let notice = usize::from(header::notice(app).is_some());
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

/// Where the log's window ends, and how many of its events show: for scrolling by pages.
pub(super) struct LogWindow {
    /// Numbers of the events that show, in order.
    numbers: Vec<u64>,
    /// End of the window within them.
    pub(super) end: usize,
    /// For each end, where the window begins.
    starts: Vec<usize>,
}

impl LogWindow {
    /// The window's end after scrolling back by a page that overlaps this one by one event.
    pub(super) fn back(&self) -> usize {
        let first = self.start(self.end);
        (first + 1).min(self.end.saturating_sub(1)).max(self.top())
    }

    /// The same, forward.
    pub(super) fn forward(&self) -> usize {
        let last = self.end.saturating_sub(1);
        (self.end..=self.numbers.len())
            .take_while(|e| self.start(*e) <= last)
            .last()
            .map_or(self.end, |e| e.max(self.end + 1).min(self.numbers.len()))
    }

    /// The least end with which the first event shows and the window is full.
    pub(super) fn top(&self) -> usize {
        (0..=self.numbers.len()).take_while(|e| self.start(*e) == 0).last().unwrap_or(0)
    }

    /// What to remember for an end; `None` to follow the newest.
    pub(super) fn anchor(&self, end: usize) -> Option<u64> {
        (end < self.numbers.len()).then(|| self.numbers.get(end.wrapping_sub(1)).map(|n| n + 1)).flatten()
    }

    fn start(&self, end: usize) -> usize {
        self.starts.get(end).copied().unwrap_or(0)
    }
}

/// The log's window as it is drawn now.
pub(super) fn log_window(app: &App) -> LogWindow {
    let (w, _) = size(app);
    let rows = log_rows(app).max(1);
    let entries = log::entries(app);
    let starts = log::starts(&entries, log::tag_width(app), w, rows);
    LogWindow { numbers: entries.iter().map(|e| e.0).collect(), end: log::end(app, &entries), starts }
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
