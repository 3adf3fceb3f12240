//! Drawing: pure functions of the state. One area a file.

mod detail;
mod header;
mod list;
mod log;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::app::{App, Screen};
use super::keymap::KEYS;
use crate::tui::parts::{self, list_rule, section, text_room};
use crate::tui::scroll::Window;
use crate::tui::text::rule;
use crate::tui::theme::Theme;

/// Below this nothing useful can be shown.
const MIN: (u16, u16) = (50, 12);

/// What the words and marks mean.
const LEGEND: &[(&str, &str)] = &[
    (">  !", "the selected row; one that is down or about to be"),
    ("up  DOWN", "whether a real server takes part; good, BAD the same of a script"),
    ("w", "the weight of a real server now; what a script adds to a priority, or FAULT"),
    ("fails 1/3", "failures in a row, and how many make it down; of a BAD script, successes to be good again"),
    ("next", "until the next check is due; while one runs, how long it has run"),
    ("noticed", "from a death to the moment it counts, at worst: Enter shows the formula"),
    ("quorum", "the weight of servers that are up that a virtual server needs; with hysteresis more to get it back"),
    ("effect", "what tracked scripts make of an instance's priority; other trackers are not looked at here"),
];

/// Draws the state.
pub fn render(app: &App, area: Rect, buf: &mut Buffer) {
    parts::draw(MIN, area, buf, |w, h| (screen(app, w, h), footer(app, w)));
}

/// How the lines of the first screen are shared out, without rules; an area of none has no rule either.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rows {
    /// With the heading.
    list: usize,
    detail: usize,
    log: usize,
}

fn screen(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let mut lines = head(app, w, h);
    if app.screen != Screen::Main {
        parts::page(&mut lines, page(app, w), app.scroll, (w, h), theme);
        return lines;
    }
    let rows = rows(app, w, h, lines.len());
    lines.push(list_rule(&list::title(app), list::shown(app, rows.list).hidden(), list::summary(app), w, theme));
    section(&mut lines, list::lines(app, w, rows.list), rows.list);
    if rows.detail > 0 {
        lines.push(rule(&detail::title(app), "Enter: all of it", w, theme));
        section(&mut lines, detail::lines(app, w, false), rows.detail);
    }
    if rows.log > 0 {
        lines.push(rule("events", &log::position(app, w, rows.log), w, theme));
        section(&mut lines, log::lines(app, w, rows.log), rows.log);
    }
    lines
}

fn head(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let mut lines = vec![header::status(app, w)];
    lines.extend(header::sentence(app, w, parts::verdict_rows(h).min(2)));
    lines
}

/// Shares out the lines below so many others: the list may have three in five, where there is room the selected row has
/// its details, and the rest is events.
fn rows(app: &App, w: usize, h: usize, above: usize) -> Rows {
    let room = h.saturating_sub(above + 1 + 2);
    let list = list::height(app).clamp(2, (room * 3 / 5).max(3));
    let mut left = room.saturating_sub(list);
    let mut detail = 0;
    if h >= 34 && left > 14 {
        detail = detail::lines(app, w, false).len().min(left / 2);
        left = left.saturating_sub(detail + 1);
    }
    Rows { list, detail, log: left }
}

/// A screen of text.
fn page(app: &App, w: usize) -> (String, Vec<Line<'static>>) {
    match app.screen {
        Screen::Help => {
            ("keys, and how to read the screen".to_owned(), parts::help(KEYS.iter(), LEGEND, w, Theme::new(app.color)))
        }
        Screen::One | Screen::Main => (detail::title(app), detail::lines(app, w, true)),
    }
}

fn footer(app: &App, w: usize) -> Line<'static> {
    if let Some(status) = &app.status {
        return parts::status(status, w);
    }
    let main = app.screen == Screen::Main;
    let hints = KEYS.iter().filter_map(|b| b.hint).filter(|(key, _)| main || matches!(*key, "↑↓" | "?" | "q"));
    let hints = hints.map(|(key, text)| {
        let text = match (key, main) {
            ("p", _) if app.held.is_some() => "follow again",
            ("↑↓", false) => "scroll",
            ("q", false) => "back",
            _ => text,
        };
        (key, text.to_owned())
    });
    parts::hints(hints.collect(), &["next trouble", "pause"], w, Theme::new(app.color))
}

/// The window of events as it is drawn now.
pub(super) fn log_window(app: &App) -> Window {
    let (w, h) = parts::at_least(app.size, MIN);
    let rows = rows(app, w, h, head(app, w, h).len()).log.max(1);
    log::log(app, w).window(w, rows)
}

/// Lines of the text on a screen other than the first, and how many of them show at once.
pub(super) fn text(app: &App) -> (usize, usize) {
    let (w, h) = parts::at_least(app.size, MIN);
    let room = text_room(h, head(app, w, h).len());
    (page(app, w).1.len(), room)
}
