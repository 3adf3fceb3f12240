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
pub use msg::{Action, Cmd, Msg};
pub use update::update;
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
    let app = App::new(&options.title, options.color, scenario, options.ends);
    // Nothing comes from elsewhere; the sender stays, for its end would be news.
    let (_nobody, nothing) = mpsc::channel();
    let mut session = Session { app, save, ticked: None, clear: false, over: false };
    drive::show(&mut session, nothing, stop)?;
    Ok(session.app.into_tape())
}

struct Session<'a> {
    app: App,
    save: &'a Save<'a>,
    /// When time passed last.
    ticked: Option<Instant>,
    clear: bool,
    over: bool,
}

impl Session<'_> {
    fn tell(&mut self, msg: Msg) {
        match update(&mut self.app, msg) {
            None => {}
            Some(Cmd::Quit) => self.over = true,
            Some(Cmd::Clear) => self.clear = true,
            Some(Cmd::Save) => {
                let said = (self.save)(&self.app.tape);
                update(&mut self.app, Msg::Saved(said));
            }
        }
    }
}

impl Scene for Session<'_> {
    type News = ();

    fn news(&mut self, (): ()) {}

    fn gone(&mut self) {}

    fn key(&mut self, key: KeyEvent) {
        if let Some(action) = keymap::action(key) {
            self.tell(Msg::Act(action));
        }
    }

    fn resize(&mut self, w: u16, h: u16) {
        self.tell(Msg::Resize(w, h));
    }

    fn tick(&mut self, now: Instant) -> Option<Duration> {
        let passed = now.duration_since(*self.ticked.get_or_insert(now));
        // What takes longer, a suspended terminal, is no time that somebody watched.
        if passed >= FRAME {
            self.ticked = Some(now);
            self.tell(Msg::Tick(passed.min(FRAME * 5)));
            return Some(FRAME);
        }
        Some(FRAME.saturating_sub(passed))
    }

    fn dirty(&mut self) -> &mut bool {
        &mut self.app.dirty
    }

    fn clear(&mut self) -> &mut bool {
        &mut self.clear
    }

    fn over(&self) -> bool {
        self.over
    }

    fn draw(&self, area: Rect, buf: &mut Buffer) {
        render(&self.app, area, buf);
    }
}
