//! The screen of `hactl probe config --watch`: built as that of `hactl watch` is, [`App`] and `update` and `view`, all
//! pure. This file joins them to what keeps every screen going.

mod app;
mod keymap;
mod msg;
mod update;
mod view;

#[cfg(test)]
mod tests;

use std::convert::Infallible;
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
pub use msg::{Action, Cmd, Msg, Update};
pub use update::update;
pub use view::render;

use super::drive::{self, Scene};
use crate::report::Clock;
use crate::report::probe::watch::Epoch;

/// How to show.
#[derive(Clone, Debug)]
pub struct Options {
    /// The configuration as the user named it.
    pub title: String,
    /// Whether colours may be used; words and marks say the same without.
    pub color: bool,
    /// The zone of all times shown.
    pub clock: Clock,
    /// When the watch began.
    pub epoch: Epoch,
}

/// Shows the screen until the user leaves, the checks have ended, `stop` is set, or the terminal is gone.
///
/// # Errors
///
/// When the terminal cannot be taken over or written to, or another thread panicked. The terminal has been given back
/// by then.
pub fn run(options: Options, updates: Receiver<Update>, stop: &Arc<AtomicBool>) -> io::Result<()> {
    let mut app = App::new(&options.title, options.color, options.clock, options.epoch);
    drive::show(&mut app, updates, stop, &mut |_, nothing| match nothing {}).map(drop)
}

impl Scene for App {
    type News = Update;
    type Action = Action;
    type Ask = Infallible;

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
