//! The last line: what is asked, what was just refused, or which keys do something now.

use ratatui::text::Line;

use crate::report::printable;
use crate::speak::{Command, Phase};
use crate::tui::parts;
use crate::tui::speak::app::{App, Leaving, Screen};
use crate::tui::speak::keymap::keys;
use crate::tui::speak::msg::Action;
use crate::tui::speak::update::command;
use crate::tui::theme::Theme;
use crate::vrrp::State;

/// Texts that go first where it is narrow.
const SHED: &[&str] = &["details", "select", "advert", "preempt", "preempt on", "preempt off", "priority"];

pub fn line(app: &App, columns: usize) -> Line<'static> {
    let theme = Theme::new(app.color);
    match app.leaving {
        Leaving::Asked => {
            let masters = app.instances().iter().filter(|i| i.phase == Phase::Running && i.state == State::Master);
            let many = match masters.count() {
                1 => String::new(),
                n => format!(" {n}×"),
            };
            return parts::status(&format!("MASTER{many}: q again releases and hands over; other keys stay"), columns);
        }
        Leaving::Told => return parts::status("releasing; Ctrl-C leaves without waiting for it", columns),
        Leaving::No => {}
    }
    if let Some(status) = &app.status {
        return parts::status(status, columns);
    }
    if app.screen != Screen::Main {
        return parts::keys(parts::TEXT, columns, theme);
    }
    let chosen = app.chosen();
    let beside =
        app.beside().map(|(name, runs)| format!("{} {}", if runs { "kill" } else { "start" }, printable(name)));
    let mut hints = Vec::new();
    for b in keys(app.beside().is_some()) {
        let Some((key, text)) = b.hint else { continue };
        // A command is offered where it would do something.
        let text = match b.action {
            Action::Beside => beside.as_deref().unwrap_or(text),
            Action::Help | Action::Back | Action::Open => text,
            Action::Move(_) if app.instances().len() > 1 => text,
            Action::Move(_) => continue,
            action => match chosen.map(|(_, i)| command(i, app.observing(), action)) {
                Some(Ok(Command::Mute(false))) => "speak",
                Some(Ok(Command::Preempt(on))) => {
                    if on {
                        "preempt on"
                    } else {
                        "preempt off"
                    }
                }
                Some(Ok(_)) => text,
                _ => continue,
            },
        };
        hints.push((key, text.to_owned()));
    }
    parts::hints(hints, SHED, columns, theme)
}
