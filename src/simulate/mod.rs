//! Elections among simulated nodes: what happens, and when, before it happens.
//!
//! A [`Scenario`] names nodes with their configurations and what befalls them. A [`World`] plays it: discrete events in
//! integer microseconds, the state machines of `vrrp` behind real bytes of `wire`, no clock and no randomness but its
//! seed's. What happens comes out as [`Record`]s, in order; a [`Chronicle`] makes windows and takeovers of them.

mod candidates;
mod chronicle;
pub mod demo;
mod draft;
mod explore;
mod fault;
mod faults;
mod host;
mod judge;
mod network;
mod play;
mod queue;
mod read;
mod record;
mod rng;
mod scenario;
mod tape;
pub mod tcp;
#[cfg(test)]
mod tests;
mod whatif;
mod words;
mod world;
mod write;

pub use candidates::Trial;
pub use chronicle::{Chronicle, Group, Story, Takeover, Window};
pub use draft::Draft;
pub use explore::{ASSERTIONS, Assertion, Explored, Masters, Outcome, Plan, explore};
pub use fault::{Args, FAULTS, Fault, FaultKind, Key, Whose};
pub use judge::PAGES;
pub use play::Play;
pub use read::{Configs, parse_address, read};
pub use record::{Record, Sink, Who};
pub use scenario::{Behaviour, Daemon, NodeSpec, Scenario, Setting, Timed};
pub use tape::Tape;
pub use whatif::{Answer, Range, Row, what_if};
pub use words::{line, node_name};
pub use world::{Check, EPOCH_MICROS, World};
pub use write::write;
