//! What happened up to the present, and why: one sentence each, the newest at the bottom.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::report::describe::{seconds3, thousands};
use crate::report::simulate::text::moment;
use crate::simulate::Record;
use crate::tui::log::{Log, Told};
use crate::tui::simulate::app::{App, Entry};
use crate::tui::text::fit;
use crate::tui::theme::Theme;
use crate::vrrp::State;

/// The log of what happened.
pub fn log(app: &App) -> Log<'_> {
    let entries = app.told();
    let tag = entries.iter().map(|e| e.of.chars().count()).max().unwrap_or(0).min(16);
    let numbers = entries.iter().map(|e| e.number).collect();
    let told = move |at: usize, brief: bool| {
        let Entry { record, of, text, .. } = &entries[at];
        let time = moment(record.at());
        let time = if brief { time } else { format!("{:>12}", time.trim_start()) };
        Told { time, of: of.clone(), text: text.clone(), style: style(record, Theme::new(app.color)) }
    };
    Log { numbers, last: app.told_end, tag, told: Box::new(told) }
}

/// Its last lines.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    log(app).lines("nothing has happened yet", columns, rows, Theme::new(app.color))
}

/// What the rule above says: where the window is when it does not follow, else what comes next.
pub fn position(app: &App, columns: usize) -> String {
    let newer = if app.told_end.is_some() { log(app).newer() } else { 0 };
    if newer > 0 {
        return format!("↓ {} more: PgDn", thousands(newer));
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
