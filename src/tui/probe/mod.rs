//! The screen of `hactl probe config --watch`: built as that of `hactl watch` is, [`App`] and `update` and `view`, all
//! pure. This file joins them to what keeps every screen going.

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
pub use msg::{Action, Cmd, Msg, Update};
pub use update::update;
pub use view::render;

use super::drive::{self, FRAME, Scene};
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
    let app = App::new(&options.title, options.color, options.clock, options.epoch);
    let mut session = Session { app, fresh: None, came: false, ticked: None, clear: false, over: false };
    drive::show(&mut session, updates, stop)
}

struct Session {
    app: App,
    /// When the latest state came.
    fresh: Option<Instant>,
    /// One came since the last tick.
    came: bool,
    /// When time passed on the screen last.
    ticked: Option<Instant>,
    clear: bool,
    over: bool,
}

impl Session {
    fn tell(&mut self, msg: Msg) {
        match update(&mut self.app, msg) {
            None => {}
            Some(Cmd::Leave) => self.over = true,
            Some(Cmd::Clear) => self.clear = true,
        }
    }
}

impl Scene for Session {
    type News = Update;

    fn news(&mut self, news: Update) {
        self.came = true;
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
        if std::mem::take(&mut self.came) {
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
