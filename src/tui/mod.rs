//! The screen of `hactl watch`.
//!
//! [`App`] holds all state, [`Msg`] is everything that can happen, `update` is the only place that changes the state,
//! and `view` draws it: all of that is pure. This file alone knows the terminal, threads and real time. Three threads
//! take part: the caller's feeding thread, one that reads keys, and the one that called [`run`].

mod app;
mod keymap;
mod msg;
mod save;
mod terminal;
mod update;
mod view;

#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyEventKind};

pub use app::{App, Filter, Kind};
pub use keymap::{Binding, KEYS};
pub use msg::{Action, Cmd, Command, Msg, Speed};
pub use update::update;
pub use view::render;

use crate::finding::Finding;
use crate::report::Clock;
use crate::report::describe;
use crate::sniff::feed::{Batch, SourceState};
use crate::sniff::{Context, Observer};
use crate::wire::Decoder;

/// The screen is drawn at most this often.
const FRAME: Duration = Duration::from_millis(100);
/// Findings are judged at most this often.
const JUDGE: Duration = Duration::from_millis(250);
/// A sign of life is written this often, so that a terminal that vanished is noticed.
const PULSE: Duration = Duration::from_secs(1);
/// How long the thread that reads keys waits before it looks whether it is still needed.
const KEY_WAIT: Duration = Duration::from_millis(250);

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

enum Input {
    Batch(Batch),
    FeedGone,
    Terminal(Event),
    KeysGone(io::Error),
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
    let mut screen = terminal::Screen::open()?;
    let size = screen.terminal.size()?;
    update(&mut app, Msg::Resize(size.width, size.height));
    // Small, so that a feeder faster than this thread waits instead of filling memory.
    let (send, inputs) = sync_channel(8);
    let over = Arc::new(AtomicBool::new(false));
    spawn("keys", {
        let (send, over) = (send.clone(), Arc::clone(&over));
        move || read_keys(&send, &over)
    })?;
    spawn("feed", move || forward(&feed, &send))?;
    let mut session = Session { app, control, directory: options.directory, saved: None, clear: false, quit: false };
    let outcome = session.main(&mut screen, &inputs, stop);
    over.store(true, Ordering::Relaxed);
    drop(screen);
    outcome?;
    session.app.judge();
    let saved = session.saved;
    let (observer, findings, context, state, dropped) = session.app.into_facts();
    Ok(Outcome { observer, findings, context, state, dropped, saved })
}

/// Columns of the terminal, where there is one.
pub fn width() -> Option<u16> {
    crossterm::terminal::size().ok().map(|(columns, _)| columns)
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Reads the keyboard. In a thread of its own: when a terminal vanishes, crossterm reads its end over and over without
/// returning, and only the other thread can notice and end the program.
fn read_keys(send: &SyncSender<Input>, over: &AtomicBool) {
    while !over.load(Ordering::Relaxed) {
        let input = match crossterm::event::poll(KEY_WAIT) {
            Ok(false) => continue,
            Ok(true) => crossterm::event::read(),
            Err(e) => Err(e),
        };
        let (input, last) = match input {
            Ok(event) => (Input::Terminal(event), false),
            Err(e) => (Input::KeysGone(e), true),
        };
        if send.send(input).is_err() || last {
            return;
        }
    }
}

fn forward(feed: &Receiver<Batch>, send: &SyncSender<Input>) {
    while let Ok(batch) = feed.recv() {
        if send.send(Input::Batch(batch)).is_err() {
            return;
        }
    }
    let _ = send.send(Input::FeedGone); // nobody there to tell: the screen was left first
}

struct Session {
    app: App,
    control: Option<Sender<Command>>,
    directory: PathBuf,
    saved: Option<PathBuf>,
    clear: bool,
    quit: bool,
}

impl Session {
    fn main(&mut self, screen: &mut terminal::Screen, inputs: &Receiver<Input>, stop: &AtomicBool) -> io::Result<()> {
        let (mut drawn, mut judged) = (None::<Instant>, None::<Instant>);
        let due =
            |last: Option<Instant>, every: Duration| last.map_or(Duration::ZERO, |l| every.saturating_sub(l.elapsed()));
        while !self.quit && !stop.load(Ordering::Relaxed) {
            if self.app.unjudged && due(judged, JUDGE).is_zero() {
                self.tell(Msg::Judge);
                judged = Some(Instant::now());
            }
            if self.app.dirty && due(drawn, FRAME).is_zero() {
                self.app.dirty = false;
                if std::mem::take(&mut self.clear) {
                    screen.clear()?;
                }
                screen.terminal.draw(|f| render(&self.app, f.area(), f.buffer_mut()))?;
                drawn = Some(Instant::now());
            } else if due(drawn, PULSE).is_zero() {
                screen.terminal.hide_cursor()?;
                drawn = Some(Instant::now());
            }
            let mut wait = due(drawn, if self.app.dirty { FRAME } else { PULSE });
            if self.app.unjudged {
                wait = wait.min(due(judged, JUDGE));
            }
            match inputs.recv_timeout(wait.min(KEY_WAIT)) {
                Ok(input) => self.input(input)?,
                Err(RecvTimeoutError::Timeout) => {}
                // Both threads are gone.
                Err(RecvTimeoutError::Disconnected) => thread::sleep(wait.min(KEY_WAIT)),
            }
            // What else is there already, so that a key that repeats is not drawn once each time.
            for _ in 0..64 {
                let Ok(input) = inputs.try_recv() else { break };
                self.input(input)?;
            }
            if let Some(text) = screen.panicked() {
                return Err(io::Error::other(text));
            }
        }
        Ok(())
    }

    fn input(&mut self, input: Input) -> io::Result<()> {
        match input {
            Input::Batch(batch) => {
                let enough = batch.state == SourceState::Enough;
                self.tell(Msg::Batch(batch));
                if enough {
                    self.quit = true;
                }
            }
            Input::FeedGone => self.tell(Msg::FeedGone),
            Input::KeysGone(e) => return Err(e),
            Input::Terminal(Event::Resize(w, h)) => self.tell(Msg::Resize(w, h)),
            Input::Terminal(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                if let Some(msg) = keymap::message(key, self.app.typing) {
                    self.tell(msg);
                }
            }
            Input::Terminal(_) => {}
        }
        Ok(())
    }

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
