//! What can happen to the screen of a speaker, and what it asks of the outside.

use crate::speak::{Command, Update};
use crate::tui::drive;
use crate::tui::scroll::Move;

/// Something that happened.
pub type Msg = drive::Msg<Update, Action>;

/// What is wanted of the outside.
pub type Cmd = drive::Cmd<Ask>;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Select another virtual router, or scroll: the log, or the text that shows.
    Move(Move),
    /// Everything about the selected virtual router.
    Open,
    /// Select the next virtual router with a warning or worse.
    NextTrouble,
    /// Raise the priority by one.
    Raise,
    /// Lower the priority by one.
    Lower,
    /// Take over from a lower master, or let it be.
    Preempt,
    /// Release with priority 0 and wait as a backup.
    Resign,
    /// Send an advert now.
    Advertise,
    /// Keep silent, or speak again.
    Mute,
    /// Consent to take part.
    TakeOver,
    /// In the demonstration: kill the router beside this one, or start it.
    Beside,
    /// Show what the keys do.
    Help,
    /// Draw everything again.
    Redraw,
    /// Leave this screen; from the first one, release and end.
    Back,
    /// Release and end, without being asked.
    Quit,
}

/// What is asked of the speaker, or of the demonstration around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Of the speaker, for the virtual router of this number.
    Speaker(usize, Command),
    /// Of the demonstration: to kill the router beside the speaker, or to start it.
    Beside,
}
