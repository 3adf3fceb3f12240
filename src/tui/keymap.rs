//! Keys: one table. It drives the keyboard, the help screen and the line at the bottom.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::app::Kind;
use super::keys::{self, Binding, c, key};
use super::msg::Action;

/// Every key there is, in the order of the help screen.
pub const KEYS: &[Binding<Action>] = &[
    key(
        &[(KeyCode::Up, false), c('k')],
        Action::Up,
        "Up, k",
        "select the virtual router or finding above; scroll up",
        Some(("↑↓", "select")),
    ),
    key(
        &[(KeyCode::Down, false), c('j')],
        Action::Down,
        "Down, j",
        "select the virtual router or finding below; scroll down",
        None,
    ),
    key(
        &[(KeyCode::Enter, false)],
        Action::Open,
        "Enter",
        "the selected virtual router, or finding, on the whole screen",
        Some(("Enter", "details")),
    ),
    key(&[c('n')], Action::NextTrouble, "n", "select the next virtual router marked with !", None),
    key(&[c('f')], Action::Findings, "f", "what is wrong: all findings, worst first", Some(("f", "findings"))),
    key(
        &[c('e')],
        Action::Explain,
        "e",
        "explain the worst finding of what is selected: evidence, and what to do",
        Some(("e", "explain")),
    ),
    key(
        &[c('/')],
        Action::Filter,
        "/",
        "show only some: type a VRID, part of an address, v6, or vlan 10",
        Some(("/", "filter")),
    ),
    key(
        &[c(' ')],
        Action::Pause,
        "space",
        "freeze the screen, or go on; a live capture goes on meanwhile",
        Some(("space", "pause")),
    ),
    key(&[(KeyCode::PageUp, false)], Action::PageUp, "PgUp", "scroll the events back by a page", None),
    key(&[(KeyCode::PageDown, false)], Action::PageDown, "PgDn", "scroll the events on by a page", None),
    key(&[(KeyCode::Home, false), c('g')], Action::Home, "Home, g", "to the oldest event; to the top", None),
    key(
        &[(KeyCode::End, false), c('G')],
        Action::End,
        "End, G",
        "to the newest event, and follow it; to the bottom",
        None,
    ),
    key(
        &[c('w')],
        Action::Save,
        "w",
        "write the frames held (the last 50,000, up to 32 MiB) to a new .pcapng file here",
        Some(("w", "save")),
    ),
    key(&[c('1')], Action::First, "1", "kill node a of the demonstration, or start it again", Some(("1", "kill a"))),
    key(&[c('2')], Action::Second, "2", "kill node b of the demonstration, or start it again", Some(("2", "kill b"))),
    key(&[c('+'), c('=')], Action::Faster, "+", "replay faster (up to full speed)", Some(("+ -", "speed"))),
    key(&[c('-')], Action::Slower, "-", "replay slower", None),
    key(&[c('?'), c('h'), (KeyCode::F(1), false)], Action::Help, "?, h, F1", "this help", Some(("?", "help"))),
    key(&[(KeyCode::Char('l'), true)], Action::Redraw, "Ctrl-L", "draw the whole screen again", None),
    key(
        &[c('q'), (KeyCode::Esc, false)],
        Action::Back,
        "q, Esc",
        "back; from the first screen: quit",
        Some(("q", "quit")),
    ),
    key(&[(KeyCode::Char('c'), true)], Action::Quit, "Ctrl-C", "quit", None),
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
        assert_eq!(action(press(KeyCode::Char('k')), false), Some(Action::Up));
        assert_eq!(action(press(KeyCode::Esc), false), Some(Action::Back));
        assert_eq!(action(press(KeyCode::Char('c')), false), None);
        // G comes with Shift held
        let shifted = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::SHIFT);
        assert_eq!(action(shifted, false), Some(Action::End));
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
