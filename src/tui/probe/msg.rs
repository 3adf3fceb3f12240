//! What can happen to the screen, and what it asks of the outside.

use std::convert::Infallible;
use std::sync::Arc;

use crate::probe::watch::{Event, Watch};
use crate::time::Instant;
use crate::tui::drive;

/// News from the checks.
#[derive(Clone)]
pub struct Update {
    /// The state.
    pub watch: Arc<Watch>,
    /// When it was so.
    pub at: Instant,
    /// What happened since the last one.
    pub events: Vec<Event>,
}

/// Something that happened.
pub type Msg = drive::Msg<Update, Action>;

/// What is wanted of the outside.
pub type Cmd = drive::Cmd<Infallible>;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Select the row above, or scroll up a line.
    Up,
    /// Select the row below, or scroll down a line.
    Down,
    /// Everything about the selected row.
    Open,
    /// Select the next row that is down or about to be.
    NextTrouble,
    /// Hold the picture still, or follow again.
    Pause,
    /// Scroll the log back a page.
    PageUp,
    /// Scroll the log on a page.
    PageDown,
    /// To the oldest entry of the log.
    Home,
    /// To the newest entry of the log.
    End,
    /// Show what the keys do.
    Help,
    /// Draw everything again.
    Redraw,
    /// Leave this screen; from the first one, end.
    Back,
    /// End.
    Quit,
}
