//! What the speaker tells, and what it can be told.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::view::View;
use crate::time::{Instant, Timestamp, seconds};
use crate::vrrp::Transition;

/// Something that happened to one virtual router.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// When, by the clock that timers run on.
    pub at: Instant,
    /// The same moment by the wall clock.
    pub time: Timestamp,
    /// Which one, in the order of [`super::View::instances`].
    pub instance: usize,
    /// What.
    pub what: What,
}

/// News for whoever shows them.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// A new picture, if it is time for one.
    pub view: Option<Arc<View>>,
    /// What happened.
    pub told: Vec<Told>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// It listens for so long before it takes part.
    Listening(Duration),
    /// It has listened: what is on the wire and what joining does, in a sentence or two. `join` says whether it goes on.
    Listened {
        /// The master heard, with its priority.
        master: Option<(IpAddr, u8)>,
        /// Sentences for the operator.
        says: String,
        /// Whether it takes part now; otherwise it waits for [`Command::TakeOver`] or ends.
        join: bool,
    },
    /// The state changed.
    Transition(Transition),
    /// An advert left (told only when asked for every advert).
    Sent {
        /// Its priority; 0 releases.
        priority: u8,
    },
    /// An advert came (told only when asked for every advert).
    Heard {
        /// Its source.
        src: IpAddr,
        /// Its priority.
        priority: u8,
        /// Whether it passed all checks.
        accepted: bool,
    },
    /// A router was heard for the first time, or again after silence.
    Peer {
        /// Its source address.
        src: IpAddr,
        /// Its priority.
        priority: u8,
    },
    /// Adverts of this source are not accepted, for these reasons (told once until they change).
    Rejected {
        /// Their source.
        src: IpAddr,
        /// Why, a sentence each.
        reasons: Vec<String>,
    },
    /// So many addresses were put on (or taken off) an interface.
    Addresses {
        /// On, as opposed to off.
        added: bool,
        /// How many.
        count: usize,
        /// The interface.
        interface: String,
    },
    /// All addresses were announced so many times.
    Announced {
        /// Rounds.
        rounds: u8,
        /// Addresses a round.
        addresses: usize,
    },
    /// Something tracked changed.
    Tracked {
        /// Its name.
        name: String,
        /// Whether it is good now.
        good: bool,
        /// Effective priority before.
        from: u8,
        /// Effective priority now; a tracker of weight 0 does not change it.
        to: u8,
    },
    /// The operator did something.
    Operator(Command),
    /// Something failed, or was found that should not be there.
    Trouble(Trouble),
    /// It has ended and left nothing behind.
    Ended,
}

/// Something that went wrong on this host, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The kernel refused to send.
    #[error("{0}")]
    Send(String),
    /// An address could not be added or removed.
    #[error("{0}")]
    Address(String),
    /// The interface went away, or is down.
    #[error("{0}")]
    Interface(String),
    /// An earlier, killed process left something.
    #[error("{0}")]
    Leftover(String),
    /// The loop was late by so much for an advert.
    #[error("an advert left {} s late", seconds(*.0))]
    Late(Duration),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// What the operator may ask for, of one virtual router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Raise (or lower) the priority by so much; it stays within 1 to 254.
    Priority(i16),
    /// Release with priority 0 and wait as a backup.
    Resign,
    /// Keep silent although the state machine goes on, or speak again.
    Mute(bool),
    /// Send an advert now, as master.
    Advertise,
    /// Take over from a lower master, or let it be.
    Preempt(bool),
    /// Take part although a live master would be displaced.
    TakeOver,
    /// Release and end, all of them.
    Quit,
}
