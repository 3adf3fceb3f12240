//! What can happen to the screen, and what the screen asks of the outside.

use std::fmt;

use super::drive;
use super::scroll::Move;
use crate::sniff::feed::Batch;

/// Something that happened. A tick is told when findings are due.
pub type Msg = drive::Msg<Batch, Action>;

/// What is wanted of the outside.
pub type Cmd = drive::Cmd<Ask>;

/// What a key asks for. The screen that shows decides what it means there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Select another, or scroll: the log, or the text that shows.
    Move(Move),
    /// Show more of what is selected.
    Open,
    /// Select the next virtual router with a warning or worse.
    NextTrouble,
    /// Show all findings.
    Findings,
    /// Explain the selected finding, or the worst one.
    Explain,
    /// Type a filter.
    Filter,
    /// A character typed into the filter.
    Typed(char),
    /// The last character of the filter is to go.
    Erase,
    /// Freeze the screen, or go on.
    Pause,
    /// Write the frames that are held to a file.
    Save,
    /// Replay faster.
    Faster,
    /// Replay slower.
    Slower,
    /// In the demonstration: kill the first node, or start it.
    First,
    /// The same for the second.
    Second,
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
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Write the held frames to a new file whose name has this stamp.
    Save(String),
    /// Tell the feeding thread.
    Control(Command),
}

/// What the feeding thread of a replay or of the demonstration is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Command {
    /// Stop (`true`) or resume the replay's clock.
    Pause(bool),
    /// Change the speed.
    Speed(Speed),
    /// In the demonstration: kill the node of this number, or start it.
    Toggle(usize),
}

/// How fast a file is replayed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Speed(f64);

impl Speed {
    /// As it was.
    pub const REAL: Self = Self(1.0);
    /// As fast as it can be read.
    pub const MAX: Self = Self(f64::INFINITY);

    const STEPS: [f64; 11] = [0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0];

    /// This many times as fast as it was; what is no positive number counts as 1.
    pub fn new(factor: f64) -> Self {
        if factor > 0.0 { Self(factor) } else { Self::REAL }
    }

    /// The factor; infinite for [`Speed::MAX`].
    pub const fn factor(self) -> f64 {
        self.0
    }

    /// The next step up.
    #[must_use]
    pub fn faster(self) -> Self {
        Self::STEPS.iter().find(|s| **s > self.0).map_or(Self::MAX, |s| Self(*s))
    }

    /// The next step down.
    #[must_use]
    pub fn slower(self) -> Self {
        Self::STEPS.iter().rev().find(|s| **s < self.0).map_or(Self(Self::STEPS[0]), |s| Self(*s))
    }
}

impl fmt::Display for Speed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_infinite() { f.write_str("full speed") } else { write!(f, "{}×", self.0) }
    }
}
