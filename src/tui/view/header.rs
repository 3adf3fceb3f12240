//! The first lines: what is watched, since when, what time it is; and the verdict.

use ratatui::text::{Line, Span};

use crate::report::describe::{self, thousands};
use crate::report::printable;
use crate::report::verdict::verdict;
use crate::sniff::feed::{SourceState, Stage};
use crate::tui::app::{App, Kind, hms};
use crate::tui::parts;
use crate::tui::text::{fit, fit_middle, width};
use crate::tui::theme::Theme;

/// ` hactl watch eth0  live 00:04:12  1,204 frames  0 dropped      10:42:07`
pub fn status(app: &App, columns: usize) -> Line<'static> {
    let theme = Theme::new(app.color);
    let clock = app.started.map_or(String::new(), |_| parts::wall(&app.clock, app.now, columns));
    let mut parts: Vec<Span<'static>> = Vec::new();
    if let Some(waiting) = app.waiting() {
        let text = match app.kind {
            Kind::Replay { .. } | Kind::Demo(_) => "PAUSED".to_owned(),
            _ => format!("PAUSED {} waiting", describe::count(waiting, "frame")),
        };
        parts.push(Span::styled(text, theme.warn().patch(Theme::bold())));
    }
    parts.push(progress(app, theme));
    let frames = app.picture().observer.totals().frames;
    parts.push(Span::raw(describe::count(frames, "frame")));
    if app.kind == Kind::Live {
        let style = if app.dropped > 0 { theme.warn().patch(Theme::bold()) } else { theme.quiet() };
        parts.push(Span::styled(format!("{} dropped", thousands(app.dropped)), style));
    }
    // The clock and the state come first when there is no room; then the name, then counts.
    let name_room = columns.saturating_sub(width(&clock) + 2 + 1);
    let rest: usize = parts.iter().map(|p| p.width() + 2).sum();
    // A path loses its folders first.
    let base = app.name.rsplit('/').next().filter(|b| !b.is_empty()).unwrap_or(&app.name);
    let titles = [format!("hactl watch {}", app.name), format!("hactl watch {base}"), base.to_owned()];
    let title = if let Some(title) = titles.iter().find(|t| 1 + width(t) + rest + width(&clock) + 3 <= columns) {
        title.clone()
    } else {
        fit_middle(base, name_room.saturating_sub(rest).clamp(8.min(name_room), 24.max(name_room / 3)))
    };
    parts::first(title, parts, clock, columns)
}

fn progress(app: &App, theme: Theme) -> Span<'static> {
    let elapsed = hms(app.elapsed());
    let failed = matches!(app.state, SourceState::Failed(_));
    match app.kind {
        _ if failed => Span::styled(format!("FAILED after {elapsed}"), theme.bad().patch(Theme::bold())),
        Kind::Live if app.ended() => Span::raw(format!("ended after {elapsed}")),
        Kind::Live => Span::styled(format!("live {elapsed}"), theme.good()),
        Kind::Stream if app.ended() => Span::raw(format!("end of stream {elapsed}")),
        Kind::Stream => Span::styled(format!("stream {elapsed}"), theme.good()),
        Kind::Replay { .. } if app.ended() => Span::raw(format!("end of capture {elapsed}")),
        Kind::Replay { length: Some(length), .. } => Span::raw(format!("{}  {elapsed} of {}", app.speed, hms(length))),
        Kind::Replay { .. } | Kind::Demo(_) => Span::raw(format!("{}  {elapsed}", app.speed)),
    }
}

/// The verdict, at most `most` lines.
pub fn sentence(app: &App, columns: usize, most: usize) -> Vec<Line<'static>> {
    let theme = Theme::new(app.color);
    let p = app.picture();
    let (severity, word, text) = verdict(p.observer, p.findings, &app.context());
    parts::verdict(severity, word, &text, columns, most, theme)
}

/// What is wrong with the source itself: nothing below can be newer than that. Of the demonstration, what befell.
pub fn notice(app: &App, columns: usize) -> Option<Line<'static>> {
    let theme = Theme::new(app.color);
    let wrong = match (&app.state, app.carrier) {
        (SourceState::Cut(why), _) => format!("it ends early: {why}"),
        (SourceState::Failed(why), _) => format!("the capture stopped: {why}"),
        (_, Some(false)) => format!("{} has no carrier: the cable or the other end is down", app.name),
        _ => return app.stage.as_ref().map(|s| stage(app, s, columns, theme)),
    };
    Some(parts::notice(&wrong, columns, theme))
}

/// ` demo: a was killed 3.1 s ago; 1 starts a (10.77.0.1), 2 kills b (10.77.0.2)`
fn stage(app: &App, stage: &Stage, columns: usize, theme: Theme) -> Line<'static> {
    let now = app.picture().now;
    let befell = stage.befell.as_ref().filter(|(at, _)| *at <= now);
    let befell = befell.map(|(at, what)| {
        let ago = describe::duration(now.instant().since(at.instant()));
        format!("{} {ago} ago", printable(what))
    });
    let keys: Vec<String> = stage
        .nodes
        .iter()
        .enumerate()
        .map(|(n, node)| {
            let address = node.address.map_or(String::new(), |a| format!(" ({a})"));
            format!("{} {} {}{address}", n + 1, if node.runs { "kills" } else { "starts" }, printable(&node.name))
        })
        .collect();
    let befell = befell.unwrap_or_else(|| "simulated, nothing is transmitted".to_owned());
    let text = format!(" demo: {befell}; {}", keys.join(", "));
    Line::styled(fit(&text, columns), theme.title())
}
