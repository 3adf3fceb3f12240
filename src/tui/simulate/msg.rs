//! What can happen to the screen of a simulation, and what it asks of the outside.

use crate::tui::drive;
use crate::tui::scroll::Move;

/// Something that happened.
pub type Msg = drive::Msg<(), Action>;

/// What is wanted of the outside.
pub type Cmd = drive::Cmd<Ask>;

/// What a key asks for. The screen that shows decides what it means there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Select another lane, scroll, or go to an end of time.
    Move(Move),
    /// Let time pass, or stop it.
    Play,
    /// Time passes faster.
    Faster,
    /// Time passes slower.
    Slower,
    /// To the next event.
    Next,
    /// Back to the event before.
    Previous,
    /// On by a column of the lanes.
    Right,
    /// Back by a column of the lanes.
    Left,
    /// Less time in a column.
    Closer,
    /// More time in a column.
    Wider,
    /// Everything about the selected node.
    Open,
    /// Kill the selected node's daemon.
    Kill,
    /// Switch the selected node off.
    PowerOff,
    /// Stop the selected node's daemon, or start it.
    Stop,
    /// Have the selected node hear nothing, or hear again.
    Deafen,
    /// Have nothing of the selected node arrive, or let it speak again.
    Mute,
    /// Have the selected node stand still, or go on.
    Freeze,
    /// Take the carrier from the selected link, or give it back.
    Link,
    /// Have packets of the selected node be lost, or none.
    Loss,
    /// Have a check of the selected node fail, or pass.
    Check,
    /// Part the selected node from the others, or end that.
    Partition,
    /// Have the selected node read its configuration again.
    Reload,
    /// Take the last fault back.
    Undo,
    /// Show all findings.
    Findings,
    /// Explain the selected finding, or the worst one.
    Explain,
    /// Tell of adverts and announcements, too.
    Verbose,
    /// Write the session as a scenario file.
    Save,
    /// Show what the keys do.
    Help,
    /// Draw everything again.
    Redraw,
    /// Leave this screen; leave the program from the first one.
    Back,
    /// Leave the program.
    Quit,
}

/// What only this screen asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Write the session to a new scenario file.
    Save,
}
