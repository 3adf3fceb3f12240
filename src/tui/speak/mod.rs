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

use super::drive::{self, FRAME, Scene};
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
    let app = App::new(&options.title, options.color, options.clock);
    let mut session = Session { app, send, fresh: None, pictured: false, ticked: None, clear: false, over: false };
    drive::show(&mut session, updates, stop)?;
    Ok(match (session.over, session.app.ended()) {
        (false, _) => Outcome::Stopped,
        (true, true) => Outcome::Ended,
        (true, false) => Outcome::Left,
    })
}

struct Session<F> {
    app: App,
    send: F,
    /// When the latest picture came.
    fresh: Option<Instant>,
    /// A picture came since the last tick.
    pictured: bool,
    /// When time passed on the screen last.
    ticked: Option<Instant>,
    clear: bool,
    over: bool,
}

impl<F: Fn(Ask)> Session<F> {
    fn tell(&mut self, msg: Msg) {
        match update(&mut self.app, msg) {
            None => {}
            Some(Cmd::Send(instance, command)) => (self.send)(Ask::Speaker(instance, command)),
            Some(Cmd::Beside) => (self.send)(Ask::Beside),
            Some(Cmd::Leave) => self.over = true,
            Some(Cmd::Clear) => self.clear = true,
        }
    }
}

impl<F: Fn(Ask)> Scene for Session<F> {
    type News = Update;

    fn news(&mut self, news: Update) {
        self.pictured |= news.view.is_some();
        self.tell(Msg::Update(news));
    }

    fn gone(&mut self) {
        self.tell(Msg::Gone);
    }

    fn key(&mut self, key: KeyEvent) {
        if let Some(action) = keymap::action(key) {
            self.tell(Msg::Act(action));
        }
    }

    fn resize(&mut self, w: u16, h: u16) {
        self.tell(Msg::Resize(w, h));
    }

    fn tick(&mut self, now: Instant) -> Option<Duration> {
        if std::mem::take(&mut self.pictured) {
            (self.fresh, self.ticked) = (Some(now), Some(now));
        }
        let fresh = self.fresh?;
        let wait = self.ticked.map_or(Duration::ZERO, |t| FRAME.saturating_sub(now.duration_since(t)));
        if !wait.is_zero() {
            return Some(wait);
        }
        self.ticked = Some(now);
        self.tell(Msg::Tick(now.duration_since(fresh)));
        Some(FRAME)
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
