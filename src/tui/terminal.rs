//! The terminal: taken over, and given back whatever happens.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::{self, Stdout, stdout};
use std::mem::ManuallyDrop;
use std::panic::{self, PanicHookInfo};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossterm::cursor::Show;
use crossterm::execute;
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync + 'static>;

/// The terminal while the screen has it. Dropping it gives it back.
pub struct Screen {
    /// Never dropped: its own drop prints to standard error when the terminal is gone, which panics where that is the
    /// same terminal. [`give_back`] does what it would.
    pub terminal: ManuallyDrop<Terminal<CrosstermBackend<Stdout>>>,
    /// What another thread said as it panicked.
    panicked: Arc<Mutex<Option<String>>>,
    /// The panic hook from before.
    hook: Arc<Hook>,
}

impl Screen {
    /// Takes over the terminal.
    ///
    /// From here on a panic of this thread gives the terminal back before it is reported, and one of another thread is
    /// kept for [`Screen::panicked`], so that its text does not end up in the middle of the screen.
    pub fn open() -> io::Result<Self> {
        let panicked: Arc<Mutex<Option<String>>> = Arc::default();
        let hook: Arc<Hook> = Arc::new(panic::take_hook());
        let (old, note, owner) = (Arc::clone(&hook), Arc::clone(&panicked), thread::current().id());
        panic::set_hook(Box::new(move |info| {
            if thread::current().id() == owner {
                give_back();
                old(info);
            } else {
                let mut text = info.to_string();
                let trace = Backtrace::capture();
                if trace.status() == BacktraceStatus::Captured {
                    text = format!("{text}\n{trace}");
                }
                note.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(text);
            }
        }));
        // Anything that fails from here on is undone by dropping the value.
        let backend = CrosstermBackend::new(stdout());
        let terminal = match enable_raw_mode().and_then(|()| Terminal::new(backend)) {
            Ok(terminal) => ManuallyDrop::new(terminal),
            Err(e) => {
                give_back();
                restore_hook(&hook);
                return Err(e);
            }
        };
        let mut screen = Self { terminal, panicked, hook };
        execute!(stdout(), EnterAlternateScreen, Clear(ClearType::All))?;
        screen.terminal.hide_cursor()?;
        Ok(screen)
    }

    /// Makes the next drawing draw everything. (`Terminal::clear` would first ask the terminal where its cursor is, and
    /// wait two seconds where none answers.)
    pub fn clear(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal.resize(Rect::new(0, 0, size.width, size.height))
    }

    /// What another thread said as it panicked.
    pub fn panicked(&self) -> Option<String> {
        self.panicked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
        if !thread::panicking() {
            restore_hook(&self.hook);
        }
    }
}

fn restore_hook(hook: &Arc<Hook>) {
    let old = Arc::clone(hook);
    drop(panic::take_hook());
    panic::set_hook(Box::new(move |info| old(info)));
}

/// Gives the terminal back. If it is gone there is nobody to tell.
fn give_back() {
    let _ = execute!(stdout(), LeaveAlternateScreen, Show);
    let _ = disable_raw_mode();
}
