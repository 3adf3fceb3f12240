//! What can happen to the screen, and what it asks of the outside.

use std::convert::Infallible;
use std::sync::Arc;

use crate::probe::watch::{Event, Watch};
use crate::time::Instant;
use crate::tui::drive;
use crate::tui::scroll::Move;

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
    /// Select another row, or scroll: the log, or the text that shows.
    Move(Move),
    /// Everything about the selected row.
    Open,
    /// Select the next row that is down or about to be.
    NextTrouble,
    /// Hold the picture still, or follow again.
    Pause,
    /// Show what the keys do.
    Help,
    /// Draw everything again.
    Redraw,
    /// Leave this screen; from the first one, end.
    Back,
    /// End.
    Quit,
}
