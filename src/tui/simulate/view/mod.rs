//! Drawing: pure functions of the state. One area a file.

mod footer;
mod header;
mod lanes;
mod node;
mod pages;
mod told;
mod wire;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::app::{App, Screen};
use crate::time::Instant;
use crate::tui::parts::{self, section, take, text_room};
use crate::tui::scroll::Window;
use crate::tui::text::rule;
use crate::tui::theme::Theme;

/// Below this nothing useful can be shown.
const MIN: (u16, u16) = (50, 12);

/// Draws the state.
pub fn render(app: &App, area: Rect, buf: &mut Buffer) {
    parts::draw(MIN, area, buf, |w, h| (screen(app, w, h), footer::line(app, w)));
}

/// How the lines of the first screen are shared out, without rules; an area of none has no rule either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rows {
    lanes: usize,
    timers: usize,
    wire: usize,
    node: usize,
    told: usize,
}

/// Everything but the last line.
fn screen(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let mut lines = head(app, w, h);
    if app.screen != Screen::Main {
        let scroll = match app.screen {
            Screen::Findings => crate::tui::findings::first(&app.findings, app.finding, w, text_room(h, lines.len())),
            _ => app.scroll,
        };
        parts::page(&mut lines, pages::page(app, w), scroll, (w, h), theme);
        return lines;
    }
    let rows = rows(app, w, h, lines.len());
    let right = parts::joined([parts::more(lanes::hidden(app, w, rows.lanes)), lanes::scale(app)]);
    lines.push(rule(&lanes::title(app, &right, w), &right, w, theme));
    section(&mut lines, lanes::lines(app, w, rows.lanes), rows.lanes);
    if rows.timers > 0 {
        lines.push(rule(&wire::title(app), "", w, theme));
        section(&mut lines, wire::timers(app, w, rows.timers), rows.timers);
        section(&mut lines, wire::lines(app, w, rows.wire), rows.wire);
    }
    if rows.node > 0 {
        lines.push(rule(&node::title(app), "", w, theme));
        section(&mut lines, node::panel(app, w, rows.node), rows.node);
    }
    if rows.told > 0 {
        lines.push(rule("what happened, and why", &told::position(app, w), w, theme));
        section(&mut lines, told::lines(app, w, rows.told), rows.told);
    }
    lines
}

/// What every screen begins with.
fn head(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let mut lines = vec![header::status(app, w)];
    lines.extend(header::sentence(app, w, parts::verdict_rows(h).min(2)));
    lines
}

/// Shares out the lines below so many others: first what must be seen, then what is wanted, and the rest to what
/// happened.
fn rows(app: &App, w: usize, h: usize, above: usize) -> Rows {
    let mut room = h.saturating_sub(above + 1);
    let mut rows = Rows::default();
    take(&mut room, 1);
    let wanted = lanes::lines(app, w, usize::MAX).len();
    rows.lanes = take(&mut room, wanted.min((h / 3).max(4)));
    let least = 4.max(h / 6);
    let timers = wire::timers(app, w, usize::MAX).len();
    let wire = wire::lines(app, w, usize::MAX).len();
    if room > least + 1 {
        take(&mut room, 1);
        let most = room.saturating_sub(least);
        rows.timers = take(&mut room, timers.min((h / 5).max(2)).min(most));
        let most = room.saturating_sub(least);
        rows.wire = take(&mut room, wire.min((h / 6).max(1)).min(most));
    }
    // Lanes that did not get their place.
    let most = room.saturating_sub(h / 3);
    rows.lanes += take(&mut room, (wanted - rows.lanes).min(most));
    let node = node::lines(app, w).len();
    if room > h / 3 + 4 {
        take(&mut room, 1);
        let most = room.saturating_sub(h / 3);
        rows.node = take(&mut room, node.min(most));
    }
    rows.told = room.saturating_sub(1);
    rows
}

/// The time that the lanes show.
pub(super) fn span(app: &App) -> (Instant, Instant) {
    lanes::span(app, parts::at_least(app.size, MIN).0)
}

/// The window of what happened as it is drawn now.
pub(super) fn told_window(app: &App) -> Window {
    let (w, h) = parts::at_least(app.size, MIN);
    let rows = rows(app, w, h, head(app, w, h).len()).told.max(1);
    told::log(app).window(w, rows)
}

/// Lines of the text on a screen other than the first, and how many of them show at once.
pub(super) fn text(app: &App) -> (usize, usize) {
    let (w, h) = parts::at_least(app.size, MIN);
    let room = text_room(h, head(app, w, h).len());
    (pages::page(app, w).1.len(), room)
}
