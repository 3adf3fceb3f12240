//! Being asked to stop: SIGINT, SIGTERM, SIGHUP, SIGQUIT.
//!
//! A handler only stores a number; whoever works in a loop asks [`Stop::requested`] between two steps. `poll` is never
//! restarted after a handler ran (signal(7)), so a thread that waits in [`crate::net::Capture::next`] or
//! [`crate::net::wait_readable`] comes back at once if the signal was delivered to it. The kernel may choose another
//! thread, and a signal may arrive just before the wait: so waits should be short (a quarter of a second) all the same.
//!
//! SIGPIPE is left as Rust sets it up, ignored: writing to a closed pipe gives an error of kind `BrokenPipe`, which the
//! caller turns into a quiet end.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;
use signal_hook::low_level::pipe;

use super::sys;

/// Which signal asked for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: Ctrl-C.
    Interrupt,
    /// SIGTERM: `kill`, `timeout`, a service manager.
    Terminate,
    /// SIGHUP: the terminal is gone.
    Hangup,
    /// SIGQUIT: Ctrl-\\.
    Quit,
}

impl Signal {
    const ALL: [Self; 4] = [Self::Interrupt, Self::Terminate, Self::Hangup, Self::Quit];

    /// The signal's number, e.g. 2 for SIGINT.
    pub const fn number(self) -> i32 {
        match self {
            Self::Interrupt => SIGINT,
            Self::Terminate => SIGTERM,
            Self::Hangup => SIGHUP,
            Self::Quit => SIGQUIT,
        }
    }
}

/// Whether the program has been asked to end. Clones share the answer.
#[derive(Clone, Debug)]
pub struct Stop {
    /// 0, or the number of the last signal that asked.
    asked: Arc<AtomicUsize>,
    /// Whether one did.
    flag: Arc<AtomicBool>,
    /// Whether the next signal ends the process.
    lethal: Arc<AtomicBool>,
}

impl Stop {
    /// Installs the handlers, for the life of the process.
    ///
    /// A signal that was already ignored stays ignored: so `nohup hactl …` survives its terminal. A second signal takes
    /// its default action and ends the process, in case the first is never looked at.
    pub fn install() -> io::Result<Self> {
        let again = Arc::new(AtomicBool::new(false));
        Self::with(Arc::clone(&again), again)
    }

    /// The same for a program that has something to put in order: further signals change nothing until
    /// [`Self::make_lethal`] is called.
    pub fn install_patient() -> io::Result<Self> {
        Self::with(Arc::default(), Arc::default())
    }

    /// Everything is in order: from now on a further signal takes its default action.
    pub fn make_lethal(&self) {
        self.lethal.store(true, Ordering::SeqCst);
    }

    /// Writes a byte to `wake` whenever a signal asks, so that who waits for it is woken.
    pub fn wake(&self, wake: &UnixStream) -> io::Result<()> {
        for signal in Signal::ALL {
            if !sys::is_ignored(signal.number())? {
                pipe::register(signal.number(), wake.try_clone()?)?;
            }
        }
        Ok(())
    }

    fn with(again: Arc<AtomicBool>, lethal: Arc<AtomicBool>) -> io::Result<Self> {
        let asked = Arc::new(AtomicUsize::new(0));
        for signal in Signal::ALL {
            let number = signal.number();
            if sys::is_ignored(number)? {
                continue;
            }
            // Order matters: on the first signal the condition is still false when it is looked at, then set.
            flag::register_conditional_default(number, Arc::clone(&lethal))?;
            flag::register(number, Arc::clone(&again))?;
            flag::register_usize(number, Arc::clone(&asked), number as usize)?;
        }
        Ok(Self { asked, flag: again, lethal })
    }

    /// The bare flag, for who needs to know no more.
    pub const fn flag(&self) -> &Arc<AtomicBool> {
        &self.flag
    }

    /// The signal that asked the program to end, if one did.
    pub fn requested(&self) -> Option<Signal> {
        let number = self.asked.load(Ordering::SeqCst);
        Signal::ALL.into_iter().find(|s| s.number() as usize == number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_remembered_by_every_clone() {
        let stop = Stop::install().expect("handlers");
        let other = stop.clone();
        assert_eq!(stop.requested(), None);
        // Not SIGHUP: under nohup it would be ignored.
        signal_hook::low_level::raise(SIGTERM).expect("raise");
        assert_eq!(other.requested(), Some(Signal::Terminate));
    }
}
