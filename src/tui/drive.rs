//! What keeps a screen going: reads keys, takes in what arrives from elsewhere, and draws at most so often.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyEvent, KeyEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::terminal::Screen;

/// A screen is drawn at most this often.
pub const FRAME: Duration = Duration::from_millis(100);
/// A sign of life is written this often, so that a terminal that vanished is noticed.
const PULSE: Duration = Duration::from_secs(1);
/// How long the thread that reads keys waits before it looks whether it is still needed.
const KEY_WAIT: Duration = Duration::from_millis(250);

/// A screen with its state.
pub trait Scene {
    /// What arrives from elsewhere than the terminal.
    type News: Send + 'static;
    /// Takes in what arrived.
    fn news(&mut self, news: Self::News);
    /// Nothing will arrive any more.
    fn gone(&mut self);
    /// A key was pressed.
    fn key(&mut self, key: KeyEvent);
    /// The terminal has this many columns and rows.
    fn resize(&mut self, w: u16, h: u16);
    /// Does what is due now; says after what time it wants to be asked again.
    fn tick(&mut self, now: Instant) -> Option<Duration>;
    /// Whether what shows has changed since it was drawn.
    fn dirty(&mut self) -> &mut bool;
    /// Whether the whole terminal is to be drawn anew.
    fn clear(&mut self) -> &mut bool;
    /// Whether to leave.
    fn over(&self) -> bool;
    /// Draws.
    fn draw(&self, area: Rect, buf: &mut Buffer);
}

enum Input<N> {
    News(N),
    Gone,
    Terminal(Event),
    KeysGone(io::Error),
}

/// Shows a scene until it is over, `stop` is set, or the terminal is gone. The terminal has been given back then.
///
/// # Errors
///
/// When the terminal cannot be taken over or written to, or another thread panicked (the text of the panic is in the
/// error).
pub fn show<S: Scene>(scene: &mut S, news: Receiver<S::News>, stop: &AtomicBool) -> io::Result<()> {
    let mut screen = Screen::open()?;
    let size = screen.terminal.size()?;
    scene.resize(size.width, size.height);
    // Small, so that a feeder faster than this thread waits instead of filling memory.
    let (send, inputs) = sync_channel(8);
    let over = Arc::new(AtomicBool::new(false));
    spawn("keys", {
        let (send, over) = (send.clone(), Arc::clone(&over));
        move || read_keys(&send, &over)
    })?;
    spawn("news", move || forward(&news, &send))?;
    let outcome = keep_going(scene, &mut screen, &inputs, stop);
    over.store(true, Ordering::Relaxed);
    outcome
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map(drop)
}

/// Reads the keyboard. In a thread of its own: when a terminal vanishes, crossterm reads its end over and over without
/// returning, and only the other thread can notice and end the program.
fn read_keys<N>(send: &SyncSender<Input<N>>, over: &AtomicBool) {
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

fn forward<N>(news: &Receiver<N>, send: &SyncSender<Input<N>>) {
    while let Ok(news) = news.recv() {
        if send.send(Input::News(news)).is_err() {
            return;
        }
    }
    let _ = send.send(Input::Gone); // nobody there to tell: the screen was left first
}

fn keep_going<S: Scene>(
    scene: &mut S,
    screen: &mut Screen,
    inputs: &Receiver<Input<S::News>>,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut drawn = None::<Instant>;
    let due =
        |last: Option<Instant>, every: Duration| last.map_or(Duration::ZERO, |l| every.saturating_sub(l.elapsed()));
    while !scene.over() && !stop.load(Ordering::Relaxed) {
        let again = scene.tick(Instant::now());
        if *scene.dirty() && due(drawn, FRAME).is_zero() {
            *scene.dirty() = false;
            if std::mem::take(scene.clear()) {
                screen.clear()?;
            }
            screen.terminal.draw(|f| scene.draw(f.area(), f.buffer_mut()))?;
            drawn = Some(Instant::now());
        } else if due(drawn, PULSE).is_zero() {
            screen.terminal.hide_cursor()?;
            drawn = Some(Instant::now());
        }
        let wait = due(drawn, if *scene.dirty() { FRAME } else { PULSE });
        let wait = wait.min(again.unwrap_or(wait)).min(KEY_WAIT);
        match inputs.recv_timeout(wait) {
            Ok(input) => take(scene, input)?,
            Err(RecvTimeoutError::Timeout) => {}
            // Both threads are gone.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(wait),
        }
        // What else is there already, so that a key that repeats is not drawn once each time.
        for _ in 0..64 {
            let Ok(input) = inputs.try_recv() else { break };
            take(scene, input)?;
        }
        if let Some(text) = screen.panicked() {
            return Err(io::Error::other(text));
        }
    }
    Ok(())
}

fn take<S: Scene>(scene: &mut S, input: Input<S::News>) -> io::Result<()> {
    match input {
        Input::News(news) => scene.news(news),
        Input::Gone => scene.gone(),
        Input::KeysGone(e) => return Err(e),
        Input::Terminal(Event::Resize(w, h)) => scene.resize(w, h),
        Input::Terminal(Event::Key(key)) if key.kind != KeyEventKind::Release => scene.key(key),
        Input::Terminal(_) => {}
    }
    Ok(())
}
