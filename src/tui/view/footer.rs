//! The last line: what was just done, what is being typed, or which keys there are.

use ratatui::text::{Line, Span};

use crate::report::printable;
use crate::tui::app::{App, Screen};
use crate::tui::keymap::keys;
use crate::tui::msg::Action;
use crate::tui::parts;
use crate::tui::text::width;
use crate::tui::theme::Theme;

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
    let mut hints: Vec<(String, String)> = Vec::new();
    if app.screen == Screen::Main {
        for b in keys(app.kind) {
            let Some((key, text)) = b.hint else { continue };
            let text = match b.action {
                Action::Findings => {
                    let n = app.picture().findings.len();
                    if n == 0 { text.to_owned() } else { format!("{n} finding{}", if n == 1 { "" } else { "s" }) }
                }
                Action::First => toggle(app, 0, text),
                Action::Second => toggle(app, 1, text),
                Action::Pause if app.frozen.is_some() => "go on".to_owned(),
                Action::Back if !app.filter.is_empty() => "show all".to_owned(),
                _ => text.to_owned(),
            };
            hints.push((key.to_owned(), text));
        }
    } else {
        let own: &[(&str, &str)] = match app.screen {
            Screen::Findings => &[("↑↓", "select"), ("Enter", "explain"), ("q", "back"), ("?", "help")],
            Screen::Group(_) => &[("↑↓", "scroll"), ("e", "explain"), ("f", "findings"), ("q", "back"), ("?", "help")],
            _ => &[("↑↓", "scroll"), ("PgUp PgDn", "page"), ("q", "back")],
        };
        hints.extend(own.iter().map(|(k, t)| ((*k).to_owned(), (*t).to_owned())));
    }
    const SHED: &[&str] = &["explain", "select", "speed", "save", "details", "filter", "pause", "go on"];
    parts::hints(hints, SHED, columns, theme)
}
