//! The keys of a speaker's screen: one table.

use crossterm::event::KeyEvent;

use super::msg::Action;
use crate::tui::keys::{self, Binding, c, key};
use crate::tui::scroll::Move;

/// Every key there is, in the order of the help screen.
pub const KEYS: &[Binding<Action>] = &[
    key(
        (&[c('!')], "!"),
        Action::TakeOver,
        "consent: take part although a live master is displaced, or adverts do not fit",
        Some(("!", "take part")),
    ),
    key(
        (&[c('1')], "1"),
        Action::Beside,
        "kill the router beside this one, or start it again: it is simulated",
        Some(("1", "kill")),
    ),
    key(
        (&[c('+'), c('=')], "+"),
        Action::Raise,
        "raise the priority by one, up to 254: the most that is no owner's",
        Some(("+ -", "priority")),
    ),
    key((&[c('-')], "-"), Action::Lower, "lower the priority by one, down to 1", None),
    key(
        (&[c('r')], "r"),
        Action::Resign,
        "resign: a master releases with priority 0 and waits as a backup",
        Some(("r", "resign")),
    ),
    key((&[c('a')], "a"), Action::Advertise, "send an advert now, as master", Some(("a", "advert"))),
    key(
        (&[c('m')], "m"),
        Action::Mute,
        "mute: send nothing although everything else goes on; or speak again",
        Some(("m", "mute")),
    ),
    key(
        (&[c('p')], "p"),
        Action::Preempt,
        "preempt: take over from a master of lower priority; or let it be",
        Some(("p", "preempt")),
    ),
    key(keys::UP, Action::Move(Move::Up), "select the virtual router above; scroll up", Some(("↑↓", "select"))),
    key(keys::DOWN, Action::Move(Move::Down), "select the one below; scroll down", None),
    key(
        keys::ENTER,
        Action::Open,
        "everything about the selected virtual router on the whole screen",
        Some(("Enter", "details")),
    ),
    key((&[c('n')], "n"), Action::NextTrouble, "select the next virtual router marked with !", None),
    key(keys::PAGE_UP, Action::Move(Move::PageUp), "scroll the log back by a page", None),
    key(keys::PAGE_DOWN, Action::Move(Move::PageDown), "scroll the log on by a page", None),
    key(keys::HOME, Action::Move(Move::Home), "to the oldest entry; to the top", None),
    key(keys::END, Action::Move(Move::End), "to the newest entry, and follow it; to the bottom", None),
    key(keys::HELP, Action::Help, "this help", Some(("?", "help"))),
    key(keys::REDRAW, Action::Redraw, "draw the whole screen again", None),
    key(
        keys::BACK,
        Action::Back,
        "back; from the first screen: release and end, a master after a second press",
        Some(("q", "quit")),
    ),
    key(keys::QUIT, Action::Quit, "release and end at once", None),
];

/// The keys, those of a demonstration only in one.
pub fn keys(demo: bool) -> impl Iterator<Item = &'static Binding<Action>> {
    KEYS.iter().filter(move |b| demo || b.action != Action::Beside)
}

/// What a key does.
pub fn action(event: KeyEvent) -> Option<Action> {
    keys::find(KEYS, event)
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    #[test]
    fn no_key_and_no_action_is_in_the_table_twice() {
        keys::check(KEYS);
    }

    #[test]
    fn keys_are_what_the_table_says() {
        let press = |code, modifiers| action(KeyEvent::new(code, modifiers));
        assert_eq!(press(KeyCode::Char('+'), KeyModifiers::NONE), Some(Action::Raise));
        // ! and + come with Shift held
        assert_eq!(press(KeyCode::Char('!'), KeyModifiers::SHIFT), Some(Action::TakeOver));
        assert_eq!(press(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
        assert_eq!(press(KeyCode::Char('r'), KeyModifiers::CONTROL), None);
        assert_eq!(press(KeyCode::Char('r'), KeyModifiers::ALT), None);
    }
}
