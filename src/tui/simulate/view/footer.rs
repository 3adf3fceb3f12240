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

/// Keys of the choice of a check.
const CHECKS: &[(&str, &str)] = &[("↑↓", "select"), ("Enter", "fail or pass"), ("q", "back")];

pub fn line(app: &App, columns: usize) -> Line<'static> {
    let theme = Theme::new(app.color);
    if let Some(status) = &app.status {
        return parts::status(status, columns);
    }
    match app.screen {
        Screen::Main => {}
        Screen::Findings => return parts::keys(parts::FINDINGS, columns, theme),
        Screen::Checks(_) => return parts::keys(CHECKS, columns, theme),
        _ => return parts::keys(parts::TEXT, columns, theme),
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
                    hints.push((key, crate::report::describe::count(n as u64, "finding")));
                }
                continue;
            }
            Action::Save if app.tape.done().is_empty() => continue,
            _ => text,
        };
        hints.push((key, text.to_owned()));
    }
    parts::hints(hints, SHED, columns, theme)
}
