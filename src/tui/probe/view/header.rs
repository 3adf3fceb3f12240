//! The first lines: what is watched, since when, what time it is; and the verdict.

use ratatui::text::{Line, Span};

use crate::report::describe::{count, duration};
use crate::report::probe::watch::verdict;
use crate::tui::parts;
use crate::tui::probe::app::App;
use crate::tui::text::{fit_middle, width};
use crate::tui::theme::Theme;

/// ` hactl probe config lvs.conf  watching for 12 s  2 checks running      10:42:07`
pub fn status(app: &App, columns: usize) -> Line<'static> {
    let theme = Theme::new(app.color);
    let clock = parts::wall(&app.clock, app.epoch.time(app.now()), columns);
    let running = app.watch.as_ref().map_or(0, |w| {
        let turns = w.services().iter().flat_map(|s| &s.servers).flat_map(|s| &s.checkers);
        let scripts = w.scripts().iter().filter_map(|s| s.schedule.as_ref()).map(|s| s.running() as u64);
        turns.filter(|t| t.started().is_some()).count() as u64 + scripts.sum::<u64>()
    });
    let (word, style) = match (app.gone, app.held.is_some()) {
        (true, _) => ("ended".to_owned(), theme.quiet()),
        (_, true) => ("HELD STILL: p follows".to_owned(), theme.warn().patch(Theme::bold())),
        _ => (format!("for {}", duration(app.now().since(app.epoch.began))), theme.good()),
    };
    let room = columns.saturating_sub(width(&clock) + width(&word) + 6);
    let title = fit_middle(&format!("hactl probe config {}", app.title), room.max(12));
    parts::first(
        title,
        [Span::styled(word, style), Span::raw(format!("{} running", count(running, "check")))],
        clock,
        columns,
    )
}

/// The verdict, at most `most` lines.
pub fn sentence(app: &App, columns: usize, most: usize) -> Vec<Line<'static>> {
    let (severity, word, text) =
        app.watch.as_ref().map_or((None, "…", "nothing is known yet: the checks begin".to_owned()), |w| verdict(w));
    parts::verdict(severity, word, &text, columns, most, Theme::new(app.color))
}
