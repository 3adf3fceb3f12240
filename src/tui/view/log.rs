//! The log: one sentence an event, the newest at the bottom.

use ratatui::style::Style;
use ratatui::text::Line;

use crate::report::describe;
use crate::sniff::event::{Event, EventKind, Reason};
use crate::tui::app::{App, Filter};
use crate::tui::log::{Log, Told};
use crate::tui::theme::Theme;

/// The log of the events that show.
pub fn log(app: &App) -> Log<'_> {
    let p = app.picture();
    let filter = Filter::parse(&app.filter);
    let shows = |e: &Event| app.filter.is_empty() || p.observer.group(e.group).is_some_and(|g| filter.matches(g));
    let numbered = (p.observer.totals().events_forgotten..).zip(p.observer.events());
    let (numbers, events): (Vec<u64>, Vec<&Event>) = numbered.filter(|(_, e)| shows(e)).unzip();
    // So wide that all sentences begin in one column.
    let tag = p.observer.groups().map(|g| describe::group_tag(g.id).len()).max().unwrap_or(0).min(16);
    let told = Box::new(move |at: usize, brief| told(app, events[at], brief));
    Log { numbers, last: app.log_end, tag, told }
}

/// The log's last lines.
pub fn lines(app: &App, columns: usize, rows: usize) -> Vec<Line<'static>> {
    let nothing = if app.filter.is_empty() { "nothing has happened yet" } else { "nothing about these" };
    log(app).lines(nothing, columns, rows, Theme::new(app.color))
}

/// What the rule above the log says: how much of it does not show.
pub fn position(app: &App, columns: usize, rows: usize) -> String {
    log(app).hidden(columns, rows)
}

/// What an event says.
pub fn told(app: &App, e: &Event, brief: bool) -> Told {
    // In a line of its own the sentence names the virtual router well enough.
    let (time, of) = if brief {
        (app.clock.hms(e.seen.time), String::new())
    } else {
        (app.clock.hms_millis(e.seen.time), describe::group_tag(e.group))
    };
    Told { time, of, text: describe::event(e), style: style(e, Theme::new(app.color)) }
}

fn style(e: &Event, theme: Theme) -> Style {
    match &e.kind {
        EventKind::Transition(t) => match t.reason {
            Reason::Unknown => theme.bad(),
            Reason::Timeout | Reason::Release => theme.warn(),
            _ => Theme::bold(),
        },
        EventKind::GoesOn { .. } | EventKind::Silent { .. } => theme.bad(),
        EventKind::NearMiss { .. } | EventKind::Released { .. } | EventKind::Resumed { .. } => theme.warn(),
        EventKind::ContentionEnded { .. } => theme.good(),
        EventKind::Priority { .. } | EventKind::Announced { .. } => Style::new(),
    }
}
