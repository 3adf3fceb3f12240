//! The last line: what was just done, what is being typed, or which keys there are.

use ratatui::text::{Line, Span};

use crate::report::printable;
use crate::tui::app::{App, Screen};
use crate::tui::keymap::keys;
use crate::tui::msg::Action;
use crate::tui::parts;
use crate::tui::text::width;
use crate::tui::theme::Theme;

/// Texts that go first where it is narrow.
const SHED: &[&str] = &["explain", "select", "speed", "save", "details", "filter", "pause", "go on"];
/// Keys of the screen of one virtual router.
const GROUP: &[(&str, &str)] = &[("↑↓", "scroll"), ("e", "explain"), ("f", "findings"), ("q", "back"), ("?", "help")];

/// What the key of a node of the demonstration does now.
fn toggle(app: &App, node: usize, text: &str) -> String {
    match app.stage.as_ref().and_then(|s| s.nodes.get(node)) {
        Some(n) => format!("{} {}", if n.runs { "kill" } else { "start" }, printable(&n.name)),
        None => text.to_owned(),
    }
}

pub fn line(app: &App, columns: usize) -> Line<'static> {
    let theme = Theme::new(app.color);
    if app.typing {
        let help = "   Enter keep  Esc show all";
        let room = columns.saturating_sub(9 + width(help));
        let typed: Vec<char> = app.filter.chars().collect();
        let shown: String = typed[typed.len().saturating_sub(room.max(8))..].iter().collect();
        return Line::from(vec![
            Span::styled(" filter ", theme.key()),
            Span::styled(format!("{shown}█"), Theme::bold()),
            Span::raw(help),
        ]);
    }
    if let Some(status) = &app.status {
        return parts::status(status, columns);
    }
    match app.screen {
        Screen::Main => {}
        Screen::Findings => return parts::keys(parts::FINDINGS, columns, theme),
        Screen::Group(_) => return parts::keys(GROUP, columns, theme),
        _ => return parts::keys(parts::TEXT, columns, theme),
    }
    let mut hints = Vec::new();
    for b in keys(app.kind) {
        let Some((key, text)) = b.hint else { continue };
        let text = match b.action {
            Action::Findings => match app.picture().findings.len() {
                0 => text.to_owned(),
                1 => "1 finding".to_owned(),
                n => format!("{n} findings"),
            },
            Action::First => toggle(app, 0, text),
            Action::Second => toggle(app, 1, text),
            Action::Pause if app.frozen.is_some() => "go on".to_owned(),
            Action::Back if !app.filter.is_empty() => "show all".to_owned(),
            _ => text.to_owned(),
        };
        hints.push((key, text));
    }
    parts::hints(hints, SHED, columns, theme)
}
