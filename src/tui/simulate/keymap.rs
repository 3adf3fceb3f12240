//! The keys of a simulation's screen: one table.

use crossterm::event::{KeyCode, KeyEvent};

use super::msg::Action;
use crate::tui::keys::{self, Binding, c, key};
use crate::tui::scroll::Move;

/// Every key there is, in the order of the help screen.
pub const KEYS: &[Binding<Action>] = &[
    key((&[c(' ')], "space"), Action::Play, "let time pass, or stop it", Some(("space", "play"))),
    key((&[c('+'), c('=')], "+"), Action::Faster, "time passes faster, up to 100×", Some(("+ -", "speed"))),
    key((&[c('-')], "-"), Action::Slower, "time passes slower, down to 0.1×", None),
    key((&[c('n')], "n"), Action::Next, "on to the next event, and stop there", Some(("n", "next"))),
    key((&[c('b')], "b"), Action::Previous, "back to the event before", Some(("b", "back"))),
    key(
        (&[(KeyCode::Left, false)], "Left"),
        Action::Left,
        "back in time by a column of the lanes; nothing is lost by it",
        Some(("←→", "time")),
    ),
    key((&[(KeyCode::Right, false)], "Right"), Action::Right, "on in time by a column of the lanes", None),
    key(keys::HOME, Action::Move(Move::Home), "to the beginning; to the top", None),
    key(keys::END, Action::Move(Move::End), "to the latest moment that was played; to the bottom", None),
    key((&[c('z')], "z"), Action::Closer, "less time in a column of the lanes", None),
    key((&[c('Z')], "Z"), Action::Wider, "more time in a column of the lanes", None),
    key(
        (&[(KeyCode::Up, false)], "Up"),
        Action::Move(Move::Up),
        "select the lane above; scroll up",
        Some(("↑↓", "node")),
    ),
    key((&[(KeyCode::Down, false)], "Down"), Action::Move(Move::Down), "select the lane below; scroll down", None),
    key(
        (&[c('k')], "k"),
        Action::Kill,
        "kill the daemon of the selected node (SIGKILL): no release, its addresses stay",
        Some(("k", "kill")),
    ),
    key(
        (&[c('s')], "s"),
        Action::Stop,
        "stop it cleanly (SIGTERM): a master releases; or start it",
        Some(("s", "stop")),
    ),
    key((&[c('o')], "o"), Action::PowerOff, "switch its host off: no release, its addresses are gone", None),
    key((&[c('p')], "p"), Action::Freeze, "have it stand still (SIGSTOP, a frozen virtual machine), or go on", None),
    key((&[c('d')], "d"), Action::Deafen, "deafen it: no advert reaches it; or let it hear", Some(("d", "deafen"))),
    key((&[c('m')], "m"), Action::Mute, "mute it: none of its adverts arrives; or let it speak", Some(("m", "mute"))),
    key(
        (&[c('l')], "l"),
        Action::Link,
        "take the carrier from the link of the selected lane, or give it back",
        Some(("l", "link")),
    ),
    key((&[c('x')], "x"), Action::Loss, "lose every second packet from and to it, by chance; or none", None),
    key((&[c('c')], "c"), Action::Check, "have one of its checks fail, or pass", Some(("c", "check"))),
    key((&[c('P')], "P"), Action::Partition, "part it from the others, every link up; or heal that", None),
    key((&[c('r')], "r"), Action::Reload, "have it read its configuration again (SIGHUP)", None),
    key((&[c('u')], "u"), Action::Undo, "take back what you did last, as if it had never been", None),
    key(
        keys::ENTER,
        Action::Open,
        "everything about the selected node on the whole screen",
        Some(("Enter", "details")),
    ),
    key((&[c('f')], "f"), Action::Findings, "what is wrong: all findings, worst first", Some(("f", "findings"))),
    key(
        (&[c('e')], "e"),
        Action::Explain,
        "explain the selected finding, or the worst one: evidence, and what to do",
        None,
    ),
    key((&[c('v')], "v"), Action::Verbose, "tell of adverts and announcements, too; or not", None),
    key(keys::PAGE_UP, Action::Move(Move::PageUp), "scroll what happened back by a page", None),
    key(keys::PAGE_DOWN, Action::Move(Move::PageDown), "scroll what happened on by a page", None),
    key(
        (&[c('w')], "w"),
        Action::Save,
        "write what you did as a scenario file (.toml) that plays it again",
        Some(("w", "save")),
    ),
    key(keys::HELP, Action::Help, "this help", Some(("?", "help"))),
    key(keys::REDRAW, Action::Redraw, "draw the whole screen again", None),
    key(keys::BACK, Action::Back, "back; from the first screen: quit", Some(("q", "quit"))),
    key(keys::QUIT, Action::Quit, "quit", None),
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
