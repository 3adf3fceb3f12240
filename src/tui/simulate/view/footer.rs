//! The last line: what was just done, or which keys do something now.

use ratatui::text::Line;

use crate::tui::parts;
use crate::tui::simulate::app::{App, Screen};
use crate::tui::simulate::keymap::KEYS;
use crate::tui::simulate::msg::Action;
use crate::tui::simulate::update::fault;
use crate::tui::theme::Theme;

/// Texts that go first where it is narrow.
const SHED: &[&str] = &[
    "details", "speed", "save", "time", "link", "link up", "check", "mute", "speak", "deafen", "hear", "node", "back",
];

pub fn line(app: &App, columns: usize) -> Line<'static> {
    let theme = Theme::new(app.color);
    if let Some(status) = &app.status {
        return parts::status(status, columns);
    }
    let hint = |key: &str, text: &str| (key.to_owned(), text.to_owned());
    if app.screen != Screen::Main {
        let own: &[(&str, &str)] = match app.screen {
            Screen::Findings => &[("↑↓", "select"), ("Enter", "explain"), ("q", "back"), ("?", "help")],
            Screen::Checks(_) => &[("↑↓", "select"), ("Enter", "fail or pass"), ("q", "back")],
            _ => &[("↑↓", "scroll"), ("PgUp PgDn", "page"), ("q", "back")],
        };
        return parts::hints(own.iter().map(|(k, t)| hint(k, t)).collect(), &[], columns, theme);
    }
    let mut hints = Vec::new();
    for b in KEYS {
        let Some((key, text)) = b.hint else { continue };
        // A fault is offered where it would do something, by what it would do.
        let text = match b.action {
            Action::Play if app.playing => "pause",
            Action::Kill | Action::Stop | Action::Deafen | Action::Mute | Action::Link => {
                match fault(app, b.action).map(|f| f.kind.name) {
                    Ok("start") => "start",
                    Ok("hear") => "hear",
                    Ok("unmute") => "speak",
                    Ok("link-up") => "link up",
                    Ok(_) => text,
                    Err(_) => continue,
                }
            }
            Action::Check if app.checks().is_empty() => continue,
            Action::Findings => {
                let n = app.findings.len();
                if n > 0 {
                    hints.push((key.to_owned(), crate::report::describe::count(n as u64, "finding")));
                }
                continue;
            }
            Action::Save if app.tape.done().is_empty() => continue,
            _ => text,
        };
        hints.push(hint(key, text));
    }
    parts::hints(hints, SHED, columns, theme)
}
