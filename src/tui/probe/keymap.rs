//! The keys of the screen: one table.

use crossterm::event::{KeyCode, KeyEvent};

use super::msg::Action;
use crate::tui::keys::{self, Binding, c, key};

/// Every key there is, in the order of the help screen.
pub const KEYS: &[Binding<Action>] = &[
    key(
        &[(KeyCode::Up, false), c('k')],
        Action::Up,
        "Up, k",
        "select the row above; scroll up",
        Some(("↑↓", "select")),
    ),
    key(&[(KeyCode::Down, false), c('j')], Action::Down, "Down, j", "select the row below; scroll down", None),
    key(
        &[(KeyCode::Enter, false)],
        Action::Open,
        "Enter",
        "everything about the selected row: parameters, formulas, what its checks said, its events",
        Some(("Enter", "details")),
    ),
    key(
        &[c('n')],
        Action::NextTrouble,
        "n",
        "select the next row that is down or about to be",
        Some(("n", "next trouble")),
    ),
    key(
        &[c('p'), c(' ')],
        Action::Pause,
        "p, Space",
        "hold the picture still, or follow again; the checks go on meanwhile",
        Some(("p", "pause")),
    ),
    key(&[(KeyCode::PageUp, false)], Action::PageUp, "PgUp", "scroll the events back by a page", None),
    key(&[(KeyCode::PageDown, false)], Action::PageDown, "PgDn", "scroll the events on by a page", None),
    key(&[(KeyCode::Home, false), c('g')], Action::Home, "Home, g", "to the oldest event; to the top", None),
    key(
        &[(KeyCode::End, false), c('G')],
        Action::End,
        "End, G",
        "to the newest event, and follow; to the bottom",
        None,
    ),
    key(&[c('?'), c('h'), (KeyCode::F(1), false)], Action::Help, "?, h, F1", "this help", Some(("?", "help"))),
    key(&[(KeyCode::Char('l'), true)], Action::Redraw, "Ctrl-L", "draw the whole screen again", None),
    key(
        &[c('q'), (KeyCode::Esc, false)],
        Action::Back,
        "q, Esc",
        "back; from the first screen: end",
        Some(("q", "quit")),
    ),
    key(&[(KeyCode::Char('c'), true)], Action::Quit, "Ctrl-C", "end", None),
];

/// What a key does.
pub fn action(event: KeyEvent) -> Option<Action> {
    keys::find(KEYS, event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_and_no_action_is_in_the_table_twice() {
        keys::check(KEYS);
    }
}
