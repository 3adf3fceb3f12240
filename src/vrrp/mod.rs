//! The protocol as values: no clock, no socket, no randomness.
//!
//! [`VirtualRouter`] is the state machine of one virtual router: `handle(now, event)` gives [`Actions`], and
//! [`VirtualRouter::next_deadline`] says when it wants to be called again and for which [`Timer`]. What differs between
//! specifications and daemons is data: [`Profile`]. The simulator, the speaker and predictions run the same machine.
//!
//! [`Listener`] stands before it: [`check`] says which adverts count, [`sequence`] signs them and tells replays.

pub mod check;
mod deadlines;
mod event;
mod machine;
mod params;
pub mod profile;
pub mod router;
pub mod script;
pub mod sequence;
pub mod timing;
pub mod track;

#[cfg(test)]
mod tests;

pub use check::{Hearing, Listener, Standing};
pub use event::{Action, Actions, Event, Heard, Reason, State, Timer, Transition};
pub use machine::{Armed, VirtualRouter};
pub use params::{Announcing, Params, ParamsError};
pub use profile::Profile;
pub use router::{Input, VrrpRouter};
pub use track::{Fault, Faults};
