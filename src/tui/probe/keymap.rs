//! The keys of the screen: one table.

use crossterm::event::KeyEvent;

use super::msg::Action;
use crate::tui::keys::{self, Binding, c, key};
use crate::tui::scroll::Move;

/// Every key there is, in the order of the help screen.
pub const KEYS: &[Binding<Action>] = &[
    key(keys::UP, Action::Move(Move::Up), "select the row above; scroll up", Some(("↑↓", "select"))),
    key(keys::DOWN, Action::Move(Move::Down), "select the row below; scroll down", None),
    key(
        keys::ENTER,
        Action::Open,
        "everything about the selected row: parameters, formulas, what its checks said, its events",
        Some(("Enter", "details")),
    ),
    key(
        (&[c('n')], "n"),
        Action::NextTrouble,
        "select the next row that is down or about to be",
        Some(("n", "next trouble")),
    ),
    key(
        (&[c('p'), c(' ')], "p, Space"),
        Action::Pause,
        "hold the picture still, or follow again; the checks go on meanwhile",
        Some(("p", "pause")),
    ),
    key(keys::PAGE_UP, Action::Move(Move::PageUp), "scroll the events back by a page", None),
    key(keys::PAGE_DOWN, Action::Move(Move::PageDown), "scroll the events on by a page", None),
    key(keys::HOME, Action::Move(Move::Home), "to the oldest event; to the top", None),
    key(keys::END, Action::Move(Move::End), "to the newest event, and follow; to the bottom", None),
    key(keys::HELP, Action::Help, "this help", Some(("?", "help"))),
    key(keys::REDRAW, Action::Redraw, "draw the whole screen again", None),
    key(keys::BACK, Action::Back, "back; from the first screen: end", Some(("q", "quit"))),
    key(keys::QUIT, Action::Quit, "end", None),
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
