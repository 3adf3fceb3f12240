//! The screen of `hactl simulate --tui`: built as that of `hactl watch` is, [`App`] and `update` and `view`, all pure.
//! Time comes with ticks; this file joins them to what keeps every screen going.

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
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

pub use app::App;
pub use keymap::KEYS;
pub use msg::{Action, Ask, Cmd, Msg};
pub use update::{saved, update};
pub use view::render;

use super::drive::{self, FRAME, Scene};
use crate::simulate::{Scenario, Tape};

/// How to show.
#[derive(Clone, Debug)]
pub struct Options {
    /// The files as the user gave them, for the first line.
    pub title: String,
    /// Whether colours may be used; words and marks say the same without.
    pub color: bool,
    /// Whether time stops once at the scenario's end.
    pub ends: bool,
}

/// Writes a scenario, and tells what was written or why not.
pub type Save<'a> = dyn Fn(&Tape) -> Result<String, String> + 'a;

/// Shows the screen until the user leaves, `stop` is set, or the terminal is gone. Gives back what was played.
///
/// # Errors
///
/// When the terminal cannot be taken over or written to. The terminal has been given back by then.
pub fn run(options: &Options, scenario: Scenario, save: &Save<'_>, stop: &Arc<AtomicBool>) -> io::Result<Tape> {
    let mut app = App::new(&options.title, options.color, scenario, options.ends);
    // Nothing comes from elsewhere; the sender stays, for its end would be news.
    let (_nobody, nothing) = mpsc::channel();
    drive::show(&mut app, nothing, stop, &mut |app, Ask::Save| saved(app, save(&app.tape)))?;
    Ok(app.into_tape())
}

impl Scene for App {
    type News = ();
    type Action = Action;
    type Ask = Ask;

    fn key(&self, key: KeyEvent) -> Option<Action> {
        keymap::action(key)
    }

    fn tell(&mut self, msg: Msg) -> Option<Cmd> {
        update(self, msg)
    }

    fn tick(&mut self, now: Instant) -> (Option<Duration>, Option<Duration>) {
        let passed = now.duration_since(*self.ticked.get_or_insert(now));
        if passed < FRAME {
            return (None, Some(FRAME.saturating_sub(passed)));
        }
        self.ticked = Some(now);
        // What takes longer, a suspended terminal, is no time that somebody watched.
        (Some(passed.min(FRAME * 5)), Some(FRAME))
    }

    fn dirty(&mut self) -> &mut bool {
        &mut self.dirty
    }

    fn draw(&self, area: Rect, buf: &mut Buffer) {
        render(self, area, buf);
    }
}
