//! The screen of `hactl watch`.
//!
//! [`App`] holds all state, [`Msg`] is everything that can happen, `update` is the only place that changes the state,
//! and `view` draws it: all of that is pure. `drive` and `terminal` alone know the terminal, threads and real time, for
//! every screen. Three threads take part: the caller's feeding thread, one that reads keys, and the one that called
//! [`run`].

mod app;
mod drive;
mod findings;
mod keymap;
mod keys;
mod msg;
mod parts;
pub mod probe;
mod save;
mod scroll;
pub mod simulate;
pub mod speak;
mod terminal;
mod text;
mod theme;
mod timer;
mod update;
mod view;

#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::drive::Scene;
pub use app::{App, Filter, Kind};
pub use keymap::KEYS;
pub use keys::Binding;
pub use msg::{Action, Cmd, Command, Msg, Speed};
pub use update::update;
pub use view::render;

use crate::finding::Finding;
use crate::report::Clock;
use crate::report::describe;
use crate::sniff::feed::{Batch, SourceState};
use crate::sniff::{Context, Observer};
use crate::wire::Decoder;

/// Findings are judged at most this often.
const JUDGE: Duration = Duration::from_millis(250);
/// How to show.
#[derive(Clone, Debug)]
pub struct Options {
    /// The source as the user named it: `eth0`, `file.pcap`, `-`, `--demo`.
    pub name: String,
    /// What kind of source it is.
    pub kind: Kind,
    /// Whether colours may be used; words and marks say the same without.
    pub color: bool,
    /// The zone of all times shown.
    pub clock: Clock,
    /// Where `w` writes captures.
    pub directory: PathBuf,
}

/// What remains when the screen is gone.
#[derive(Debug)]
pub struct Outcome {
    /// All facts.
    pub observer: Observer,
    /// The findings as they stand now.
    pub findings: Vec<Finding>,
    /// What they were judged with.
    pub context: Context,
    /// How the source was doing.
    pub state: SourceState,
    /// Frames the kernel dropped.
    pub dropped: u64,
    /// A capture was written here, the last one.
    pub saved: Option<PathBuf>,
}

/// Shows the screen until the user leaves, `stop` is set, or the terminal is gone.
///
/// `feed` brings frames and time; when its sender goes away without [`SourceState::Ended`] the source counts as failed.
/// `control` is told to pause and to change speed, where the source is a replay.
///
/// # Errors
///
/// When the terminal cannot be taken over or written to, or the feeding thread panicked (the text of the panic is in the
/// error). The terminal has been given back by then.
pub fn run(
    options: Options,
    observer: Observer,
    decoder: Decoder,
    feed: Receiver<Batch>,
    control: Option<Sender<Command>>,
    stop: &Arc<AtomicBool>,
) -> io::Result<Outcome> {
    let app = App::new(&options.name, options.kind, options.color, options.clock, observer, decoder);
    let directory = options.directory;
    let mut session = Session { app, control, directory, saved: None, judged: None, clear: false, quit: false };
    drive::show(&mut session, feed, stop)?;
    session.app.judge();
    let saved = session.saved;
    let (observer, findings, context, state, dropped) = session.app.into_facts();
    Ok(Outcome { observer, findings, context, state, dropped, saved })
}

/// Columns of the terminal, where there is one.
pub fn width() -> Option<u16> {
    crossterm::terminal::size().ok().map(|(columns, _)| columns)
}

struct Session {
    app: App,
    control: Option<Sender<Command>>,
    directory: PathBuf,
    saved: Option<PathBuf>,
    /// When findings were judged last.
    judged: Option<Instant>,
    clear: bool,
    quit: bool,
}

impl Scene for Session {
    type News = Batch;

    fn news(&mut self, batch: Batch) {
        let enough = batch.state == SourceState::Enough;
        self.tell(Msg::Batch(batch));
        self.quit |= enough;
    }

    fn gone(&mut self) {
        self.tell(Msg::FeedGone);
    }

    fn key(&mut self, key: KeyEvent) {
        if let Some(msg) = keymap::message(key, self.app.typing) {
            self.tell(msg);
        }
    }

    fn resize(&mut self, w: u16, h: u16) {
        self.tell(Msg::Resize(w, h));
    }

    fn tick(&mut self, now: Instant) -> Option<Duration> {
        let wait = self.judged.map_or(Duration::ZERO, |j| JUDGE.saturating_sub(now.duration_since(j)));
        if self.app.unjudged && wait.is_zero() {
            self.tell(Msg::Judge);
            self.judged = Some(now);
        }
        self.app.unjudged.then_some(wait)
    }

    fn dirty(&mut self) -> &mut bool {
        &mut self.app.dirty
    }

    fn clear(&mut self) -> &mut bool {
        &mut self.clear
    }

    fn over(&self) -> bool {
        self.quit
    }

    fn draw(&self, area: Rect, buf: &mut Buffer) {
        render(&self.app, area, buf);
    }
}

impl Session {
    fn tell(&mut self, msg: Msg) {
        match update(&mut self.app, msg) {
            None => {}
            Some(Cmd::Quit) => self.quit = true,
            Some(Cmd::Clear) => self.clear = true,
            Some(Cmd::Control(command)) => {
                if let Some(control) = &self.control {
                    let _ = control.send(command); // a source that has ended has no speed
                }
            }
            Some(Cmd::Save(stamp)) => {
                // Without privileges a root-started program may not write where the user stands: anywhere beats nowhere.
                let result = match self.app.ring.write(&self.directory, &stamp) {
                    Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                        self.app.ring.write(&std::env::temp_dir(), &stamp)
                    }
                    other => other,
                };
                let said = match &result {
                    Ok(path) => {
                        let n = describe::count(self.app.ring.len() as u64, "frame");
                        let older = match self.app.ring.forgotten() {
                            0 => String::new(),
                            n => format!(" ({} older ones were no longer held)", describe::thousands(n)),
                        };
                        Ok(format!("wrote {n} to {}{older}", path.display()))
                    }
                    Err(e) => Err(e.to_string()),
                };
                self.saved = result.ok().or(self.saved.take());
                update(&mut self.app, Msg::Saved(said));
            }
        }
    }
}
