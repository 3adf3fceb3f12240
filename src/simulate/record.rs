//! What happens in a simulation, as it happens.

use std::net::IpAddr;
use std::sync::Arc;

use crate::time::Instant;
use crate::vrrp::{Armed, State, Transition};

/// An instance of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// Which node.
    pub node: usize,
    /// Which instance of it.
    pub instance: usize,
    /// The instance's name.
    pub name: Arc<str>,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Its family.
    pub ipv6: bool,
    /// The network it is on.
    pub segment: usize,
}

/// Something that happened. Nodes and instances are numbers of the [`World`](super::World).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A fault, or its end, of the scenario: its place in [`Scenario::events`](super::Scenario::events), or none when an
    /// operator did it.
    Fault {
        /// When.
        at: Instant,
        /// In the words of a scenario: `script a chk 1`.
        what: String,
        /// Which event.
        event: Option<usize>,
    },
    /// An instance changed its state.
    State {
        /// Who.
        who: Who,
        /// What and why.
        transition: Transition,
        /// The timer that then runs.
        armed: Option<Armed>,
    },
    /// A node's VRRP process is gone without a word: killed, or its host lost power.
    Gone {
        /// When.
        at: Instant,
        /// Which node.
        node: usize,
        /// Addresses that stay on its interfaces.
        left: Vec<IpAddr>,
    },
    /// A tracker changed, and priorities with it.
    Tracked {
        /// When.
        at: Instant,
        /// Who.
        who: Who,
        /// The tracker's name.
        tracker: String,
        /// Whether it is good now.
        good: bool,
        /// Effective priority before.
        from: u8,
        /// Effective priority after.
        to: u8,
    },
    /// An advert was sent.
    Advert {
        /// When.
        at: Instant,
        /// Who.
        who: Who,
        /// Its priority.
        priority: u8,
        /// Whether it left the node.
        left: bool,
    },
    /// An advert was heard and not accepted; told once for a sender and reason, until the state changes.
    Rejected {
        /// When.
        at: Instant,
        /// Who.
        who: Who,
        /// Its sender.
        src: IpAddr,
        /// Why, in a clause.
        reason: String,
    },
    /// Addresses were put on the node's interfaces, or taken off.
    Addresses {
        /// When.
        at: Instant,
        /// Who.
        who: Who,
        /// Put on, as opposed to taken off.
        added: bool,
    },
    /// Addresses were announced.
    Announced {
        /// When.
        at: Instant,
        /// Who.
        who: Who,
        /// So many times each.
        rounds: u8,
    },
}

impl Record {
    /// When it happened.
    pub fn at(&self) -> Instant {
        match self {
            Self::State { transition, .. } => transition.at,
            Self::Fault { at, .. }
            | Self::Gone { at, .. }
            | Self::Tracked { at, .. }
            | Self::Advert { at, .. }
            | Self::Rejected { at, .. }
            | Self::Addresses { at, .. }
            | Self::Announced { at, .. } => *at,
        }
    }

    /// Whether an instance became master, or ceased to be.
    pub fn is_mastership(&self) -> bool {
        matches!(self, Self::State { transition: t, .. } if t.from == State::Master || t.to == State::Master)
    }
}

/// Who is told what happens.
pub trait Sink {
    /// Something happened.
    fn record(&mut self, record: Record);

    /// Whether [`Self::frame`] wants to be called.
    fn wants_frames(&self) -> bool {
        false
    }

    /// A frame was on the wire.
    fn frame(&mut self, at: Instant, bytes: &[u8]) {
        let _ = (at, bytes);
    }
}

impl Sink for Vec<Record> {
    fn record(&mut self, record: Record) {
        self.push(record);
    }
}
