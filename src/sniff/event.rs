//! What happened, in the order it was noticed.

use std::net::IpAddr;
use std::time::Duration;

use crate::finding::GroupId;
use crate::time::{Instant, Timestamp};
use crate::wire::Mac;

/// A frame's number and time: enough to find it again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Frame number in the source.
    pub number: u64,
    /// Capture time.
    pub time: Timestamp,
}

impl Seen {
    /// The time for protocol logic.
    pub const fn at(&self) -> Instant {
        self.time.instant()
    }
}

/// Why mastership moved, as far as the wire tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The first advert of this group in the capture: nothing moved, someone was already master or just became it.
    FirstSeen,
    /// The old master was silent for the new one's master-down interval.
    Timeout,
    /// The old master sent priority 0.
    Release,
    /// The new master outranks the old one, which was alive.
    Preempt,
    /// Two were master and the lesser one fell silent.
    Yield,
    /// None of these: the new master had no reason that can be seen from here.
    Unknown,
}

impl Reason {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FirstSeen => "first-seen",
            Self::Timeout => "timeout",
            Self::Release => "release",
            Self::Preempt => "preempt",
            Self::Yield => "yield",
            Self::Unknown => "unknown",
        }
    }
}

/// Mastership of a group moving.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The frame that shows it.
    pub seen: Seen,
    /// Master before; `None` for the first one seen.
    pub from: Option<IpAddr>,
    /// Master after.
    pub to: IpAddr,
    /// Priority in the new master's advert.
    pub priority: u8,
    /// Why.
    pub reason: Reason,
    /// Time since the old master's last advert (its priority 0 for a release).
    pub silent: Option<Duration>,
    /// What that time should have been.
    pub expected: Option<Duration>,
    /// How many intervals of silence `expected` assumes (`down_timer_adverts`), for a timeout.
    pub adverts: u8,
    /// First gratuitous ARP or unsolicited NA by the new master for one of the addresses.
    pub announced_at: Option<Seen>,
    /// Addresses the new master has announced since.
    pub announced: Vec<IpAddr>,
    /// When the next transition ended this mastership.
    pub ended: Option<Seen>,
}

/// One line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The frame or moment.
    pub seen: Seen,
    /// The group.
    pub group: GroupId,
    /// What.
    pub kind: EventKind,
}

/// What kinds of things are logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// Mastership moved.
    Transition(Transition),
    /// A master resigned with priority 0.
    Released {
        /// Who.
        member: IpAddr,
    },
    /// A master goes on although another one speaks.
    GoesOn {
        /// Who goes on.
        member: IpAddr,
        /// Who else speaks.
        other: IpAddr,
    },
    /// Two masters became one again.
    ContentionEnded {
        /// Who fell silent.
        member: IpAddr,
        /// Who remains.
        winner: IpAddr,
        /// How long both had been master.
        lasted: Duration,
    },
    /// The only master has been silent for longer than any backup would wait, and nobody took over.
    Silent {
        /// Who.
        member: IpAddr,
        /// Its last advert.
        last: Seen,
    },
    /// The master spoke again after such a silence.
    Resumed {
        /// Who.
        member: IpAddr,
        /// How long it had been silent.
        gap: Duration,
    },
    /// A gap longer than 80 % of what a backup would tolerate.
    NearMiss {
        /// Whose.
        member: IpAddr,
        /// How long.
        gap: Duration,
        /// What was allowed.
        allowed: Duration,
    },
    /// A member's advertised priority changed.
    Priority {
        /// Whose.
        member: IpAddr,
        /// Before.
        from: u8,
        /// After.
        to: u8,
    },
    /// The first announcement of an address by this hardware address since another had it.
    Announced {
        /// The virtual address.
        address: IpAddr,
        /// Where it now is.
        mac: Mac,
        /// The member that uses this hardware address, if known.
        member: Option<IpAddr>,
        /// Time since the transition that this announcement belongs to.
        after: Option<Duration>,
    },
}
