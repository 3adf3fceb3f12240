//! What happened up to the present, and why: one sentence each, the newest at the bottom.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::report::describe::{count, seconds3};
use crate::report::simulate::text::moment;
use crate::simulate::Record;
use crate::tui::parts::{self, WRAPPED, entry_height};
use crate::tui::scroll::{Window, fitting};
use crate::tui::simulate::app::{App, Entry};
use crate::tui::text::fit;
use crate::tui::theme::Theme;
use crate::vrrp::State;

fn end(app: &App, entries: &[Entry<'_>]) -> usize {
    app.told_end.map_or(entries.len(), |e| entries.partition_point(|x| x.number < e).max(1).min(entries.len()))
}

fn tag_width(entries: &[Entry<'_>]) -> usize {
    entries.iter().map(|e| e.of.chars().count()).max().unwrap_or(0).min(16)
}

fn height(e: &Entry<'_>, tag: usize, columns: usize, rows: usize) -> usize {
    if rows < WRAPPED { 1 } else { entry_height(&e.text, tag, columns) }
}

/// The window of so many lines.
pub fn window(app: &App, columns: usize, rows: usize) -> Window {
    let entries = app.told();
    let tag = tag_width(&entries);
    let heights: Vec<usize> = entries.iter().map(|e| height(e, tag, columns, rows)).collect();
    Window::new(entries.iter().map(|e| e.number).collect(), &heights, end(app, &entries), rows)
}

/// Its last lines.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let entries = app.told();
    if entries.is_empty() {
        return vec![Line::styled(" nothing has happened yet", theme.quiet())];
    }
    let (end, tag) = (end(app, &entries), tag_width(&entries));
    let heights = entries[..end].iter().rev().map(|e| height(e, tag, columns, rows));
    let from = end - fitting(heights, rows).min(end);
    let shown = entries[from..end].iter();
    let mut lines: Vec<Line<'static>> = if rows < WRAPPED {
        let brief = |e: &Entry<'_>| {
            let text = format!(" {}  {}  {}", moment(e.record.at()), e.of, e.text);
            Line::styled(fit(&text, columns), style(e.record, theme))
        };
        shown.map(brief).collect()
    } else {
        shown
            .flat_map(|e| {
                let time = format!("{:>12}", moment(e.record.at()).trim_start());
                parts::entry(&time, (&e.of, tag), &e.text, style(e.record, theme), columns, theme)
            })
            .collect()
    };
    // Only when a single entry is higher than the window.
    lines.truncate(rows.max(1));
    lines
}

/// What the rule above says: where the window is when it does not follow, else what comes next.
pub fn position(app: &App, columns: usize) -> String {
    if app.told_end.is_some() {
        let entries = app.told();
        let newer = entries.len() - end(app, &entries);
        if newer > 0 {
            return format!("{} below: PgDn", count(newer as u64, "newer line"));
        }
    }
    let style = app.style();
    let coming = app.coming(&style).and_then(|r| Some((r, app.words(&style, r)?)));
    let text = match coming {
        None => format!("nothing more until {:.0} s", app.tape.horizon().as_micros() as f64 / 1e6),
        Some((r, (of, text))) => {
            let text = text.split(':').next().unwrap_or_default().to_owned();
            let of = if of == "*" { String::new() } else { format!("{of} ") };
            format!("in {}: {of}{text}", seconds3(r.at().since(app.now())))
        }
    };
    fit(&text, columns.saturating_sub(36))
}

fn style(record: &Record, theme: Theme) -> Style {
    match record {
        Record::State { transition: t, .. } if t.to == State::Fault => theme.bad(),
        Record::State { .. } => Theme::bold(),
        Record::Fault { .. } => theme.title(),
        Record::Gone { .. } => theme.warn(),
        Record::Tracked { good: false, .. } | Record::Rejected { .. } => theme.bad(),
        Record::Advert { .. } | Record::Announced { .. } | Record::Addresses { .. } => theme.quiet(),
        Record::Tracked { .. } => Style::new(),
    }
}
