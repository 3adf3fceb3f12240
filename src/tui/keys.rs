//! A table of keys: it drives the keyboard, the help screen and the line at the bottom of a screen.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Keys, and the same in words.
pub(super) type Keys = (&'static [(KeyCode, bool)], &'static str);

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding<A: 'static> {
    /// The keys, as crossterm reports them (`true` with Ctrl held).
    pub keys: &'static [(KeyCode, bool)],
    /// The keys in words.
    pub label: &'static str,
    /// What they do.
    pub action: A,
    /// What they do, in words.
    pub help: &'static str,
    /// Shorter, for the line at the bottom; none if it has no place there.
    pub hint: Option<(&'static str, &'static str)>,
}

/// A row.
pub(super) const fn key<A>(
    (keys, label): Keys,
    action: A,
    help: &'static str,
    hint: Option<(&'static str, &'static str)>,
) -> Binding<A> {
    Binding { keys, label, action, help, hint }
}

// Keys that mean the same on every screen.
pub(super) const UP: Keys = (&[(KeyCode::Up, false), c('k')], "Up, k");
pub(super) const DOWN: Keys = (&[(KeyCode::Down, false), c('j')], "Down, j");
pub(super) const PAGE_UP: Keys = (&[(KeyCode::PageUp, false)], "PgUp");
pub(super) const PAGE_DOWN: Keys = (&[(KeyCode::PageDown, false)], "PgDn");
pub(super) const HOME: Keys = (&[(KeyCode::Home, false), c('g')], "Home, g");
pub(super) const END: Keys = (&[(KeyCode::End, false), c('G')], "End, G");
pub(super) const ENTER: Keys = (&[(KeyCode::Enter, false)], "Enter");
pub(super) const HELP: Keys = (&[c('?'), c('h'), (KeyCode::F(1), false)], "?, h, F1");
pub(super) const REDRAW: Keys = (&[(KeyCode::Char('l'), true)], "Ctrl-L");
pub(super) const BACK: Keys = (&[c('q'), (KeyCode::Esc, false)], "q, Esc");
pub(super) const QUIT: Keys = (&[(KeyCode::Char('c'), true)], "Ctrl-C");

/// A key that is a character.
pub(super) const fn c(c: char) -> (KeyCode, bool) {
    (KeyCode::Char(c), false)
}

/// What a key does by the table.
pub(super) fn find<A: Copy>(table: &[Binding<A>], event: KeyEvent) -> Option<A> {
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    if event.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    table.iter().find(|b| b.keys.contains(&(event.code, ctrl))).map(|b| b.action)
}

/// Checks that no key and no action is in a table twice, and that every row says something.
#[cfg(test)]
pub(super) fn check<A: std::fmt::Debug + std::hash::Hash + Eq + Copy>(table: &[Binding<A>]) {
    let mut keys = std::collections::HashSet::new();
    let mut actions = std::collections::HashSet::new();
    for b in table {
        assert!(!b.keys.is_empty());
        assert!(actions.insert(b.action), "{:?} twice", b.action);
        assert!(!b.help.is_empty() && !b.label.is_empty());
        for k in b.keys {
            assert!(keys.insert(*k), "{k:?} twice");
        }
    }
}
