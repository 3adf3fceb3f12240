//! The screen of `hactl speak`: built as that of `hactl watch` is, [`App`] and `update` and `view`, all pure. This file
//! joins them to what keeps every screen going.

mod app;
mod keymap;
mod msg;
mod update;
mod view;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub use app::App;
pub use keymap::KEYS;
pub use msg::{Action, Ask, Cmd, Msg};
pub use update::update;
pub use view::render;

use super::drive::{self, Scene};
use crate::report::Clock;
use crate::speak::Update;

/// How to show.
#[derive(Clone, Debug)]
pub struct Options {
    /// The command as the user gave it, for the first line: `eth0 --vrid 51`.
    pub title: String,
    /// Whether colours may be used; words and marks say the same without.
    pub color: bool,
    /// The zone of all times shown.
    pub clock: Clock,
}

/// Why the screen is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The speaker ended, or it was told to and has.
    Ended,
    /// The user did not wait for the speaker, which has been told [`Command::Quit`](crate::speak::Command::Quit).
    Left,
    /// `stop` was set. The speaker has not been told anything.
    Stopped,
}

/// Shows the screen until the speaker has ended, the user leaves twice, `stop` is set, or the terminal is gone.
///
/// `updates` brings pictures and what happened; its end is the speaker's. `send` takes what a key asks for;
/// [`Command::Quit`](crate::speak::Command::Quit) is meant for all of them, and the screen then waits for the end.
///
/// # Errors
///
/// When the terminal cannot be taken over or written to, or another thread panicked. The terminal has been given back
/// by then; the speaker has not been told anything.
pub fn run(
    options: Options,
    updates: Receiver<Update>,
    send: impl Fn(Ask),
    stop: &Arc<AtomicBool>,
) -> io::Result<Outcome> {
    let mut app = App::new(&options.title, options.color, options.clock);
    let left = drive::show(&mut app, updates, stop, &mut |_, ask| send(ask))?;
    Ok(match (left, app.ended()) {
        (false, _) => Outcome::Stopped,
        (true, true) => Outcome::Ended,
        (true, false) => Outcome::Left,
    })
}

impl Scene for App {
    type News = Update;
    type Action = Action;
    type Ask = Ask;

    fn key(&self, key: KeyEvent) -> Option<Action> {
        keymap::action(key)
    }

    fn tell(&mut self, msg: Msg) -> Option<Cmd> {
        update(self, msg)
    }

    fn tick(&mut self, now: Instant) -> (Option<Duration>, Option<Duration>) {
        self.age.tick(now)
    }

    fn dirty(&mut self) -> &mut bool {
        &mut self.dirty
    }

    fn draw(&self, area: Rect, buf: &mut Buffer) {
        render(self, area, buf);
    }
}
