//! The keys of a simulation's screen: one table.

use crossterm::event::{KeyCode, KeyEvent};

use super::msg::Action;
use crate::tui::keys::{self, Binding, c, key};

/// Every key there is, in the order of the help screen.
pub const KEYS: &[Binding<Action>] = &[
    key(&[c(' ')], Action::Play, "space", "let time pass, or stop it", Some(("space", "play"))),
    key(&[c('+'), c('=')], Action::Faster, "+", "time passes faster, up to 100×", Some(("+ -", "speed"))),
    key(&[c('-')], Action::Slower, "-", "time passes slower, down to 0.1×", None),
    key(&[c('n')], Action::Next, "n", "on to the next event, and stop there", Some(("n", "next"))),
    key(&[c('b')], Action::Previous, "b", "back to the event before", Some(("b", "back"))),
    key(
        &[(KeyCode::Left, false)],
        Action::Left,
        "Left",
        "back in time by a column of the lanes; nothing is lost by it",
        Some(("←→", "time")),
    ),
    key(&[(KeyCode::Right, false)], Action::Right, "Right", "on in time by a column of the lanes", None),
    key(&[(KeyCode::Home, false), c('g')], Action::Home, "Home, g", "to the beginning; to the top", None),
    key(
        &[(KeyCode::End, false), c('G')],
        Action::End,
        "End, G",
        "to the latest moment that was played; to the bottom",
        None,
    ),
    key(&[c('z')], Action::Closer, "z", "less time in a column of the lanes", None),
    key(&[c('Z')], Action::Wider, "Z", "more time in a column of the lanes", None),
    key(&[(KeyCode::Up, false)], Action::Up, "Up", "select the lane above; scroll up", Some(("↑↓", "node"))),
    key(&[(KeyCode::Down, false)], Action::Down, "Down", "select the lane below; scroll down", None),
    key(
        &[c('k')],
        Action::Kill,
        "k",
        "kill the daemon of the selected node (SIGKILL): no release, its addresses stay",
        Some(("k", "kill")),
    ),
    key(&[c('s')], Action::Stop, "s", "stop it cleanly (SIGTERM): a master releases; or start it", Some(("s", "stop"))),
    key(&[c('o')], Action::PowerOff, "o", "switch its host off: no release, its addresses are gone", None),
    key(&[c('p')], Action::Freeze, "p", "have it stand still (SIGSTOP, a frozen virtual machine), or go on", None),
    key(&[c('d')], Action::Deafen, "d", "deafen it: no advert reaches it; or let it hear", Some(("d", "deafen"))),
    key(&[c('m')], Action::Mute, "m", "mute it: none of its adverts arrives; or let it speak", Some(("m", "mute"))),
    key(
        &[c('l')],
        Action::Link,
        "l",
        "take the carrier from the link of the selected lane, or give it back",
        Some(("l", "link")),
    ),
    key(&[c('x')], Action::Loss, "x", "lose every second packet from and to it, by chance; or none", None),
    key(&[c('c')], Action::Check, "c", "have one of its checks fail, or pass", Some(("c", "check"))),
    key(&[c('P')], Action::Partition, "P", "part it from the others, every link up; or heal that", None),
    key(&[c('r')], Action::Reload, "r", "have it read its configuration again (SIGHUP)", None),
    key(&[c('u')], Action::Undo, "u", "take back what you did last, as if it had never been", None),
    key(
        &[(KeyCode::Enter, false)],
        Action::Open,
        "Enter",
        "everything about the selected node on the whole screen",
        Some(("Enter", "details")),
    ),
    key(&[c('f')], Action::Findings, "f", "what is wrong: all findings, worst first", Some(("f", "findings"))),
    key(
        &[c('e')],
        Action::Explain,
        "e",
        "explain the selected finding, or the worst one: evidence, and what to do",
        None,
    ),
    key(&[c('v')], Action::Verbose, "v", "tell of adverts and announcements, too; or not", None),
    key(&[(KeyCode::PageUp, false)], Action::PageUp, "PgUp", "scroll what happened back by a page", None),
    key(&[(KeyCode::PageDown, false)], Action::PageDown, "PgDn", "scroll what happened on by a page", None),
    key(
        &[c('w')],
        Action::Save,
        "w",
        "write what you did as a scenario file (.toml) that plays it again",
        Some(("w", "save")),
    ),
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
