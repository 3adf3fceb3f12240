//! Keys: one table. It drives the keyboard, the help screen and the line at the bottom.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::Kind;
use super::keys::{self, Binding, c, key};
use super::msg::Action;
use super::scroll::Move;

/// Every key there is, in the order of the help screen.
pub const KEYS: &[Binding<Action>] = &[
    key(
        keys::UP,
        Action::Move(Move::Up),
        "select the virtual router or finding above; scroll up",
        Some(("↑↓", "select")),
    ),
    key(keys::DOWN, Action::Move(Move::Down), "select the virtual router or finding below; scroll down", None),
    key(
        keys::ENTER,
        Action::Open,
        "the selected virtual router, or finding, on the whole screen",
        Some(("Enter", "details")),
    ),
    key((&[c('n')], "n"), Action::NextTrouble, "select the next virtual router marked with !", None),
    key((&[c('f')], "f"), Action::Findings, "what is wrong: all findings, worst first", Some(("f", "findings"))),
    key(
        (&[c('e')], "e"),
        Action::Explain,
        "explain the worst finding of what is selected: evidence, and what to do",
        Some(("e", "explain")),
    ),
    key(
        (&[c('/')], "/"),
        Action::Filter,
        "show only some: type a VRID, part of an address, v6, or vlan 10",
        Some(("/", "filter")),
    ),
    key(
        (&[c(' ')], "space"),
        Action::Pause,
        "freeze the screen, or go on; a live capture goes on meanwhile",
        Some(("space", "pause")),
    ),
    key(keys::PAGE_UP, Action::Move(Move::PageUp), "scroll the events back by a page", None),
    key(keys::PAGE_DOWN, Action::Move(Move::PageDown), "scroll the events on by a page", None),
    key(keys::HOME, Action::Move(Move::Home), "to the oldest event; to the top", None),
    key(keys::END, Action::Move(Move::End), "to the newest event, and follow it; to the bottom", None),
    key(
        (&[c('w')], "w"),
        Action::Save,
        "write the frames held (the last 50,000, up to 32 MiB) to a new .pcapng file here",
        Some(("w", "save")),
    ),
    key((&[c('1')], "1"), Action::First, "kill node a of the demonstration, or start it again", Some(("1", "kill a"))),
    key((&[c('2')], "2"), Action::Second, "kill node b of the demonstration, or start it again", Some(("2", "kill b"))),
    key((&[c('+'), c('=')], "+"), Action::Faster, "replay faster (up to full speed)", Some(("+ -", "speed"))),
    key((&[c('-')], "-"), Action::Slower, "replay slower", None),
    key(keys::HELP, Action::Help, "this help", Some(("?", "help"))),
    key(keys::REDRAW, Action::Redraw, "draw the whole screen again", None),
    key(keys::BACK, Action::Back, "back; from the first screen: quit", Some(("q", "quit"))),
    key(keys::QUIT, Action::Quit, "quit", None),
];

/// The keys of a kind of source.
pub fn keys(kind: Kind) -> impl Iterator<Item = &'static Binding<Action>> {
    KEYS.iter().filter(move |b| match b.action {
        Action::Faster | Action::Slower => kind.speed().is_some(),
        Action::First | Action::Second => matches!(kind, Kind::Demo(_)),
        _ => true,
    })
}

/// What a key does; `typing` while a filter is being typed.
pub fn action(event: KeyEvent, typing: bool) -> Option<Action> {
    if typing && !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        match event.code {
            KeyCode::Char(c) => return Some(Action::Typed(c)),
            KeyCode::Backspace => return Some(Action::Erase),
            _ => {}
        }
    }
    keys::find(KEYS, event)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(code: KeyCode) -> KeyEvent {
        KeyEvent::new(code, KeyModifiers::NONE)
    }

    #[test]
    fn no_key_and_no_action_is_in_the_table_twice() {
        keys::check(KEYS);
    }

    #[test]
    fn keys_are_what_the_table_says() {
        assert_eq!(action(press(KeyCode::Char('k')), false), Some(Action::Move(Move::Up)));
        assert_eq!(action(press(KeyCode::Esc), false), Some(Action::Back));
        assert_eq!(action(press(KeyCode::Char('c')), false), None);
        // G comes with Shift held
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(action(shifted, false), Some(Action::Move(Move::End)));
        let ctrl_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
        assert_eq!(action(ctrl_c, false), Some(Action::Quit));
        assert_eq!(action(ctrl_c, true), Some(Action::Quit));
        assert_eq!(action(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::ALT), false), None);
    }

    #[test]
    fn while_typing_letters_are_text_and_other_keys_are_not() {
        assert_eq!(action(press(KeyCode::Char('q')), true), Some(Action::Typed('q')));
        assert_eq!(action(press(KeyCode::Backspace), true), Some(Action::Erase));
        assert_eq!(action(press(KeyCode::Enter), true), Some(Action::Open));
        assert_eq!(action(press(KeyCode::Backspace), false), None);
    }
}
