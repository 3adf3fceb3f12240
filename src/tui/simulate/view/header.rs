//! The first lines: what is simulated, whether time passes, what time it is; and the verdict.

use ratatui::text::{Line, Span};

use crate::report::simulate::live::verdict;
use crate::tui::parts;
use crate::tui::simulate::app::App;
use crate::tui::text::{fit_middle, width};
use crate::tui::theme::Theme;

/// ` hactl simulate a.conf b.conf  ▶ 1×  2 faults of yours  keepalived-2.4       t = 13.268 s`
pub fn status(app: &App, columns: usize) -> Line<'static> {
    let theme = Theme::new(app.color);
    let clock = format!("t = {:.3} s", app.now().as_micros() as f64 / 1e6);
    let pace = if app.playing {
        Span::styled(format!("▶ {}", app.speed), theme.good())
    } else {
        Span::styled("PAUSED", theme.warn().patch(Theme::bold()))
    };
    let mut parts = vec![pace];
    match app.tape.done().len() {
        0 => {}
        1 => parts.push(Span::raw("1 fault of yours")),
        n => parts.push(Span::raw(format!("{n} faults of yours"))),
    }
    let daemons: std::collections::BTreeSet<String> =
        app.tape.scenario().nodes.iter().map(|n| n.daemon.to_string()).collect();
    parts.push(Span::styled(daemons.into_iter().collect::<Vec<_>>().join(", "), theme.quiet()));
    let room = columns.saturating_sub(width(&clock) + parts[0].width() + 6);
    let title = fit_middle(
        &format!("hactl simulate {}", brief(&app.title, room.min(columns / 2).saturating_sub(15))),
        room.max(12),
    );
    parts::first(title, parts, clock, columns)
}

/// Files without their directories where there is no room for those.
fn brief(title: &str, room: usize) -> String {
    if width(title) <= room {
        return title.to_owned();
    }
    let name = |word: &str| word.rsplit('/').next().unwrap_or(word).to_owned();
    title.split(' ').map(name).collect::<Vec<_>>().join(" ")
}

/// The verdict on the present, at most `most` lines.
pub fn sentence(app: &App, columns: usize, most: usize) -> Vec<Line<'static>> {
    let (severity, word, text) = verdict(app.tape.present(), &app.findings);
    parts::verdict(severity, word, &text, columns, most, Theme::new(app.color))
}
