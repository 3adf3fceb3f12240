//! Drawing: pure functions of the state. One area a file.

mod adverts;
mod diagram;
mod footer;
mod header;
mod help;
mod list;
mod log;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::app::{App, Screen};
use crate::report::describe;
use crate::report::speak::Named;
use crate::speak::InstanceView;
use crate::tui::parts::{self, list_rule, section, take, text_room};
use crate::tui::scroll::Window;
use crate::tui::text::{rule, width, wrap};
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
    /// With the heading.
    list: usize,
    diagram: usize,
    last: usize,
    timers: usize,
    adverts: usize,
    addresses: usize,
    log: usize,
}

/// Everything but the last line.
fn screen(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let mut lines = head(app, w, h);
    if app.screen != Screen::Main {
        parts::page(&mut lines, page(app, w), app.scroll, (w, h), theme);
        return lines;
    }
    let rows = rows(app, w, h, lines.len());
    if rows.list > 0 {
        lines.push(list_rule(&list::title(app), list::shown(app, rows.list).hidden(), list::summary(app), w, theme));
        section(&mut lines, list::lines(app, w, rows.list), rows.list);
    }
    if let Some((_, i)) = app.chosen() {
        lines.push(rule(&title(i, w), "", w, theme));
        section(&mut lines, diagram::lines(i, w, rows.diagram > 1, theme), rows.diagram);
        section(&mut lines, diagram::last(app, i, w, rows.last), rows.last);
        section(&mut lines, diagram::timers(app, i, w), rows.timers);
        if rows.adverts > 0 {
            lines.push(rule(&adverts::title(i), "", w, theme));
            section(&mut lines, adverts::lines(app, i, w, rows.adverts), rows.adverts);
        }
        if rows.addresses > 0 {
            lines.push(rule(&adverts::addresses_title(i), "", w, theme));
            section(&mut lines, adverts::addresses(app, i, w, rows.addresses), rows.addresses);
        }
    }
    if rows.log > 0 {
        lines.push(rule("log", &log::position(app, w, rows.log), w, theme));
        section(&mut lines, log::lines(app, w, rows.log), rows.log);
    }
    lines
}

/// What every screen begins with.
fn head(app: &App, w: usize, h: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let mut lines = vec![header::status(app, w)];
    lines.extend(header::sentence(app, w, parts::verdict_rows(h)));
    match (header::notice(app), app.beside()) {
        (Some(text), _) => lines.push(parts::notice(&text, w, theme)),
        (None, Some(beside)) => lines.push(header::beside(beside, w, theme)),
        (None, None) => {}
    }
    lines
}

/// What a virtual router is, for the rule above it: as much as fits.
fn title(i: &InstanceView, columns: usize) -> String {
    let p = &i.params;
    let family = if Named::from(i).ipv6 { "IPv6" } else { "IPv4" };
    let priority = match (i.priority, p.priority) {
        (now, configured) if now == configured => format!("priority {now}"),
        (now, configured) => format!("priority {now} (configured {configured})"),
    };
    let mut parts = vec![crate::report::printable(&i.name), format!("VRID {}/{family}", p.vrid), priority];
    if parts[1].starts_with(&parts[0]) {
        parts.remove(0); // a name that is only made of the VRID
    }
    if !p.preempt {
        parts.push("no preempt".to_owned());
    }
    parts.push(format!("every {}", describe::interval(p.advert_int)));
    parts.push(format!("v{}", p.version));
    parts.push(if i.auth == "none" { "no auth".to_owned() } else { i.auth.to_owned() });
    parts.push(crate::report::printable(&i.interface));
    parts.push(format!("from {}", p.source));
    parts.push(format!("as {}", p.profile.name));
    while parts.len() > 3 && width(&parts.join(" · ")) + 6 > columns {
        parts.pop();
    }
    parts.join(" · ")
}

/// The title and text of a screen other than the first.
fn page(app: &App, w: usize) -> (String, Vec<Line<'static>>) {
    let theme = Theme::new(app.color);
    match (app.screen, app.chosen()) {
        (Screen::Help, _) => ("keys".to_owned(), help::lines(app.beside().is_some(), w, theme)),
        (_, None) => (String::new(), Vec::new()),
        (_, Some((at, i))) => {
            let mut lines = diagram::lines(i, w, true, theme);
            lines.extend(diagram::last(app, i, w, 9));
            lines.extend(diagram::timers(app, i, w));
            if !i.says.is_empty() {
                let says = format!("when it had listened: {}", crate::report::printable(&i.says));
                lines.extend(wrap(&says, w.saturating_sub(2), 2).into_iter().map(|l| Line::raw(format!(" {l}"))));
            }
            lines.push(rule(&adverts::title(i), "", w, theme));
            lines.extend(adverts::lines(app, i, w, usize::MAX));
            lines.push(rule(&adverts::addresses_title(i), "", w, theme));
            lines.extend(adverts::addresses(app, i, w, usize::MAX));
            lines.push(rule("log of this virtual router", "", w, theme));
            lines.extend(log::of(app, at, w));
            (title(i, w), lines)
        }
    }
}

/// Shares out the lines below so many others: first what must be seen, then what is wanted, and the rest to the log.
fn rows(app: &App, w: usize, h: usize, above: usize) -> Rows {
    let mut room = h.saturating_sub(above + 1);
    let mut rows = Rows::default();
    let n = app.instances().len();
    let Some((_, i)) = app.chosen() else {
        take(&mut room, 1); // the log's rule
        rows.log = take(&mut room, usize::MAX);
        return rows;
    };
    take(&mut room, 1); // the rule of the selected one
    rows.diagram = take(&mut room, 1);
    rows.timers = take(&mut room, diagram::timers(app, i, w).len());
    if n > 1 {
        rows.list = take(&mut room, (n + 2).min((h / 3).max(4))).saturating_sub(1);
    }
    let log = take(&mut room, if n > 1 { 3 } else { 3.max(h / 6) });
    let wanted = (adverts::lines(app, i, w, usize::MAX).len(), adverts::addresses(app, i, w, usize::MAX).len());
    if whole(&mut room, 2) {
        rows.adverts = 1;
    }
    if whole(&mut room, 2) {
        rows.addresses = 1;
    }
    if rows.adverts > 0 {
        rows.adverts += take(&mut room, 1.min(wanted.0.saturating_sub(1)));
    }
    rows.last = take(&mut room, 1);
    if rows.last > 0 {
        rows.last += take(&mut room, diagram::last(app, i, w, 2).len().saturating_sub(1));
    }
    if whole(&mut room, 2) {
        rows.diagram = 3;
    }
    // No more than half of what is left each, so that neither a crowd of routers nor of addresses hides the other.
    for _ in 0..h {
        if rows.adverts > 0 && rows.adverts < wanted.0 {
            rows.adverts += take(&mut room, 1);
        }
        if rows.addresses > 0 && rows.addresses < wanted.1 && rows.addresses < h / 4 {
            rows.addresses += take(&mut room, 1);
        }
    }
    let shown = (n + 1).saturating_sub(rows.list);
    if n > 1 {
        rows.list += take(&mut room, shown.min(h / 4));
    }
    rows.log = (log + take(&mut room, usize::MAX)).saturating_sub(1);
    rows
}

/// Takes so many lines, or none.
fn whole(room: &mut usize, lines: usize) -> bool {
    *room >= lines && take(room, lines) == lines
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
