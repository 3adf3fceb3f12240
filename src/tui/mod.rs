//! The screen of `hactl watch`.
//!
//! [`App`] holds all state, [`Msg`] is everything that can happen, `update` is the only place that changes the state,
//! and `view` draws it: all of that is pure. What the state asks of the outside, an [`Ask`], [`run`] performs. `drive` and
//! `terminal` alone know the terminal, threads and real time, for every screen. Three threads take part: the caller's feeding thread, one that reads keys, and the one that called
//! [`run`].

mod app;
mod drive;
mod findings;
mod keymap;
mod keys;
mod log;
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
mod testing;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{Receiver, Sender};
use std::time::{Duration, Instant};

use crossterm::event::KeyEvent;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use self::drive::Scene;
use self::save::Ring;
pub use app::{App, Filter, Kind};
pub use keymap::KEYS;
pub use keys::Binding;
pub use msg::{Action, Ask, Cmd, Command, Msg, Speed};
pub use update::{saved, update};
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
    let mut app = App::new(&options.name, options.kind, options.color, options.clock, observer, decoder);
    let tell = move |command| {
        if let Some(control) = &control {
            let _ = control.send(command); // a source that has ended has no speed
        }
    };
    let mut last = None;
    drive::show(&mut app, feed, stop, &mut |app, ask| match ask {
        Ask::Control(command) => tell(command),
        Ask::Save(stamp) => {
            let result = save(&app.ring, &options.directory, &stamp);
            saved(app, result.as_ref().map(|(_, said)| said.clone()).map_err(ToString::to_string));
            last = result.ok().map(|(path, _)| path).or(last.take());
        }
    })?;
    app.judge();
    let (observer, findings, context, state, dropped) = app.into_facts();
    Ok(Outcome { observer, findings, context, state, dropped, saved: last })
}

/// Writes what is held to a file, and says so.
fn save(ring: &Ring, directory: &Path, stamp: &str) -> io::Result<(PathBuf, String)> {
    // Without privileges a root-started program may not write where the user stands: anywhere beats nowhere.
    let path = match ring.write(directory, stamp) {
        Err(e) if e.kind() == io::ErrorKind::PermissionDenied => ring.write(&std::env::temp_dir(), stamp)?,
        other => other?,
    };
    let n = describe::count(ring.len() as u64, "frame");
    let older = match ring.forgotten() {
        0 => String::new(),
        n => format!(" ({} older ones were no longer held)", describe::thousands(n)),
    };
    let said = format!("wrote {n} to {}{older}", path.display());
    Ok((path, said))
}

/// Columns of the terminal, where there is one.
pub fn width() -> Option<u16> {
    crossterm::terminal::size().ok().map(|(columns, _)| columns)
}

impl Scene for App {
    type News = Batch;
    type Action = Action;
    type Ask = Ask;

    fn key(&self, key: KeyEvent) -> Option<Action> {
        keymap::action(key, self.typing)
    }

    fn tell(&mut self, msg: Msg) -> Option<Cmd> {
        update(self, msg)
    }

    fn tick(&mut self, now: Instant) -> (Option<Duration>, Option<Duration>) {
        let wait = self.judged.map_or(Duration::ZERO, |j| JUDGE.saturating_sub(now.duration_since(j)));
        if self.unjudged && wait.is_zero() {
            self.judged = Some(now);
            return (Some(JUDGE), Some(JUDGE));
        }
        (None, self.unjudged.then_some(wait))
    }

    fn dirty(&mut self) -> &mut bool {
        &mut self.dirty
    }

    fn draw(&self, area: Rect, buf: &mut Buffer) {
        render(self, area, buf);
    }
}
