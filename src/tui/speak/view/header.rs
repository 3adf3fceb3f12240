//! The first lines: what speaks, whether it transmits, what time it is; and the verdict.

use ratatui::text::{Line, Span};

use crate::report::describe::count;
use crate::report::printable;
use crate::report::speak::judge_all;
use crate::speak::Phase;
use crate::tui::parts;
use crate::tui::speak::app::{App, Leaving};
use crate::tui::text::{fit, fit_middle, width};
use crate::tui::theme::Theme;

/// ` hactl speak eth0 --vrid 51  taking part  12 adverts sent      10:42:07`
pub fn status(app: &App, columns: usize) -> Line<'static> {
    let theme = Theme::new(app.color);
    let clock = app.time().map_or(String::new(), |t| parts::wall(&app.clock, t, columns));
    let all = app.instances();
    let every = |f: fn(&crate::speak::InstanceView) -> bool| !all.is_empty() && all.iter().all(f);
    let (word, style) = if app.gone || app.ended() {
        ("ended", theme.quiet())
    } else if app.leaving == Leaving::Told {
        ("RELEASING", theme.warn().patch(Theme::bold()))
    } else if app.observing() {
        ("OBSERVING: never transmits", theme.warn().patch(Theme::bold()))
    } else if every(|i| i.muted) {
        ("MUTED", theme.warn().patch(Theme::bold()))
    } else if all.iter().all(|i| i.phase != Phase::Running) {
        ("silent so far", theme.quiet())
    } else {
        ("taking part", theme.good())
    };
    let sent: u64 = all.iter().map(|i| i.sent.0).sum();
    let heard: u64 = all.iter().map(|i| i.received.0).sum();
    let parts = [
        Span::styled(word, style),
        Span::raw(format!("{} sent", count(sent, "advert"))),
        Span::raw(format!("{} heard", count(heard, "advert"))),
    ];
    let room = columns.saturating_sub(width(&clock) + width(word) + 6);
    let title = fit_middle(&format!("hactl speak {}", app.title), room.max(12));
    parts::first(title, parts, clock, columns)
}

/// The verdict, at most `most` lines.
pub fn sentence(app: &App, columns: usize, most: usize) -> Vec<Line<'static>> {
    let (severity, word, text) = match &app.view {
        Some(view) => judge_all(view, app.now()),
        None => (None, "…", "nothing is known yet: the speaker begins".to_owned()),
    };
    parts::verdict(severity, word, &text, columns, most, Theme::new(app.color))
}

/// ` demo: simulated, nothing is transmitted; a runs, 1 kills it`
pub fn beside((name, runs): (&str, bool), columns: usize, theme: Theme) -> Line<'static> {
    let name = printable(name);
    let how = if runs {
        format!("{name} is a simulated keepalived: 1 kills it")
    } else {
        format!("{name}, a simulated keepalived, is down: 1 starts it")
    };
    let text = format!(" demo: {how}; nothing is transmitted");
    Line::styled(fit(&text, columns), theme.title())
}

/// The latest thing that went wrong with the selected virtual router on this host.
pub fn notice(app: &App) -> Option<String> {
    let (_, i) = app.chosen()?;
    i.trouble.as_ref().map(|t| printable(t))
}
