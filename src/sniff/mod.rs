//! Seeing: frames from a source, what they mean together, and what is wrong.

#[cfg(test)]
mod bounds;
pub mod detect;
pub mod event;
pub mod facts;
pub mod feed;
pub mod group;
pub mod member;
pub mod observer;
pub mod predict;
pub mod source;
#[cfg(test)]
mod tests;

pub use detect::{Context, DETECTORS, judge};
pub use event::{Event, EventKind, Reason, Seen, Transition};
pub use group::Group;
pub use member::{Member, Standing};
pub use observer::{Limits, Observer, Totals};
