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

/// Something that happened to a screen.
#[derive(Clone, Copy, Debug)]
pub enum Msg<N, A> {
    /// A key that the table names.
    Act(A),
    /// What arrived from elsewhere than the terminal.
    News(N),
    /// Nothing will arrive any more.
    Gone,
    /// So much time has passed: since when is the screen's own.
    Tick(Duration),
    /// The terminal has this many columns and rows now.
    Resize(u16, u16),
}

/// What a screen wants of what is outside of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cmd<D> {
    /// Leave the screen.
    Leave,
    /// Clear the terminal, so that everything is drawn again.
    Clear,
    /// What only this screen asks for.
    Do(D),
}

/// A screen with its state.
pub trait Scene {
    /// What arrives from elsewhere than the terminal.
    type News: Send + 'static;
    /// What a key asks for.
    type Action;
    /// What the screen asks for.
    type Ask;
    /// What a key means now.
    fn key(&self, key: KeyEvent) -> Option<Self::Action>;
    /// Takes in what happened; says what is wanted of the outside.
    fn tell(&mut self, msg: Msg<Self::News, Self::Action>) -> Option<Cmd<Self::Ask>>;
    /// The tick that it is to be told now, if one is due, and after what time this is to be asked again.
    fn tick(&mut self, now: Instant) -> (Option<Duration>, Option<Duration>);
    /// Whether what shows has changed since it was drawn.
    fn dirty(&mut self) -> &mut bool;
    /// Draws.
    fn draw(&self, area: Rect, buf: &mut Buffer);
}

/// The ticks of a screen of pictures: every [`FRAME`] how long ago the latest picture came.
#[derive(Debug, Default)]
pub struct Age {
    /// A picture came that no tick has followed yet.
    pub fresh: bool,
    /// When the latest picture came, and when its age was told last.
    since: Option<(Instant, Instant)>,
}

impl Age {
    /// As [`Scene::tick`].
    pub fn tick(&mut self, now: Instant) -> (Option<Duration>, Option<Duration>) {
        if std::mem::take(&mut self.fresh) {
            self.since = Some((now, now));
        }
        let Some((came, told)) = &mut self.since else { return (None, None) };
        let wait = FRAME.saturating_sub(now.duration_since(*told));
        if !wait.is_zero() {
            return (None, Some(wait));
        }
        *told = now;
        (Some(now.duration_since(*came)), Some(FRAME))
    }
}

enum Input<N> {
    News(N),
    Gone,
    Terminal(Event),
    KeysGone(io::Error),
}

/// A scene that shows.
struct Showing<'a, S: Scene> {
    scene: &'a mut S,
    perform: &'a mut dyn FnMut(&mut S, S::Ask),
    /// The whole terminal is to be drawn anew.
    clear: bool,
    over: bool,
}

impl<S: Scene> Showing<'_, S> {
    fn tell(&mut self, msg: Msg<S::News, S::Action>) {
        match self.scene.tell(msg) {
            None => {}
            Some(Cmd::Leave) => self.over = true,
            Some(Cmd::Clear) => self.clear = true,
            Some(Cmd::Do(ask)) => (self.perform)(self.scene, ask),
        }
    }

    fn take(&mut self, input: Input<S::News>) -> io::Result<()> {
        match input {
            Input::News(news) => self.tell(Msg::News(news)),
            Input::Gone => self.tell(Msg::Gone),
            Input::KeysGone(e) => return Err(e),
            Input::Terminal(Event::Resize(w, h)) => self.tell(Msg::Resize(w, h)),
            Input::Terminal(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                if let Some(action) = self.scene.key(key) {
                    self.tell(Msg::Act(action));
                }
            }
            Input::Terminal(_) => {}
        }
        Ok(())
    }
}

/// Shows a scene until it asks to leave, `stop` is set, or the terminal is gone. The terminal has been given back then.
/// `perform` does what the scene asks for. Gives whether the scene asked to leave.
///
/// # Errors
///
/// When the terminal cannot be taken over or written to, or another thread panicked (the text of the panic is in the
/// error).
pub fn show<S: Scene>(
    scene: &mut S,
    news: Receiver<S::News>,
    stop: &AtomicBool,
    perform: &mut dyn FnMut(&mut S, S::Ask),
) -> io::Result<bool> {
    let mut screen = Screen::open()?;
    let size = screen.terminal.size()?;
    let mut showing = Showing { scene, perform, clear: false, over: false };
    showing.tell(Msg::Resize(size.width, size.height));
    // Small, so that a feeder faster than this thread waits instead of filling memory.
    let (send, inputs) = sync_channel(8);
    let over = Arc::new(AtomicBool::new(false));
    spawn("keys", {
        let (send, over) = (send.clone(), Arc::clone(&over));
        move || read_keys(&send, &over)
    })?;
    spawn("news", move || forward(&news, &send))?;
    let outcome = keep_going(&mut showing, &mut screen, &inputs, stop);
    over.store(true, Ordering::Relaxed);
    outcome.map(|()| showing.over)
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
    showing: &mut Showing<'_, S>,
    screen: &mut Screen,
    inputs: &Receiver<Input<S::News>>,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut drawn = None::<Instant>;
    let due =
        |last: Option<Instant>, every: Duration| last.map_or(Duration::ZERO, |l| every.saturating_sub(l.elapsed()));
    while !showing.over && !stop.load(Ordering::Relaxed) {
        let (tick, again) = showing.scene.tick(Instant::now());
        if let Some(passed) = tick {
            showing.tell(Msg::Tick(passed));
        }
        if *showing.scene.dirty() && due(drawn, FRAME).is_zero() {
            *showing.scene.dirty() = false;
            if std::mem::take(&mut showing.clear) {
                screen.clear()?;
            }
            screen.terminal.draw(|f| showing.scene.draw(f.area(), f.buffer_mut()))?;
            drawn = Some(Instant::now());
        } else if due(drawn, PULSE).is_zero() {
            screen.terminal.hide_cursor()?;
            drawn = Some(Instant::now());
        }
        let wait = due(drawn, if *showing.scene.dirty() { FRAME } else { PULSE });
        let wait = wait.min(again.unwrap_or(wait)).min(KEY_WAIT);
        match inputs.recv_timeout(wait) {
            Ok(input) => showing.take(input)?,
            Err(RecvTimeoutError::Timeout) => {}
            // Both threads are gone.
            Err(RecvTimeoutError::Disconnected) => thread::sleep(wait),
        }
        // What else is there already, so that a key that repeats is not drawn once each time.
        for _ in 0..64 {
            let Ok(input) = inputs.try_recv() else { break };
            showing.take(input)?;
        }
        if let Some(text) = screen.panicked() {
            return Err(io::Error::other(text));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_told_its_age_at_every_frame() {
        let ms = Duration::from_millis;
        let start = Instant::now();
        let mut age = Age::default();
        assert_eq!(age.tick(start), (None, None));
        age.fresh = true;
        assert_eq!(age.tick(start), (None, Some(ms(100))));
        assert_eq!(age.tick(start + ms(30)), (None, Some(ms(70))));
        assert_eq!(age.tick(start + ms(100)), (Some(ms(100)), Some(ms(100))));
        assert_eq!(age.tick(start + ms(250)), (Some(ms(250)), Some(ms(100))));
        age.fresh = true;
        assert_eq!(age.tick(start + ms(260)), (None, Some(ms(100))));
        assert_eq!(age.tick(start + ms(360)), (Some(ms(100)), Some(ms(100))));
    }
}
