//! A picture of the speaker for a screen.

use std::net::IpAddr;
use std::time::Duration;

use crate::time::{Instant, Timestamp};
use crate::vrrp::{Armed, Fault, Params, State, Transition};

/// All virtual routers of this process, at one moment.
#[derive(Clone, Debug)]
pub struct View {
    /// The moment, by the clock that timers run on.
    pub at: Instant,
    /// The same by the wall clock.
    pub time: Timestamp,
    /// Nothing is ever transmitted (`--observe`).
    pub observing: bool,
    /// In the order of the configuration.
    pub instances: Vec<InstanceView>,
    /// In a demonstration, the simulated router beside it: its name, and whether its daemon runs.
    pub beside: Option<(String, bool)>,
}

/// How far a virtual router is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It only listens, until then.
    Listening {
        /// Since when.
        since: Instant,
        /// Until when.
        until: Instant,
    },
    /// It has listened and wants the operator's consent to go on: see [`InstanceView::says`].
    Waiting,
    /// It takes part.
    Running,
    /// It has ended.
    Ended,
}

/// One virtual router.
#[derive(Clone, Debug)]
pub struct InstanceView {
    /// Its name: the configuration's, or made of VRID and family.
    pub name: String,
    /// The interface.
    pub interface: String,
    /// Its configuration, as it is now.
    pub params: Params,
    /// The word for its authentication: `none`, `PASS`, `AH`, `HMAC`.
    pub auth: &'static str,
    /// Peers that it sends to one by one; empty for the multicast group.
    pub unicast_peers: Vec<IpAddr>,
    /// How far it is.
    pub phase: Phase,
    /// Its state.
    pub state: State,
    /// Effective priority.
    pub priority: u8,
    /// Silenced by the operator.
    pub muted: bool,
    /// What keeps it out, in FAULT.
    pub fault: Option<Fault>,
    /// The timer that runs.
    pub armed: Option<Armed>,
    /// Until when a lower master is let be, if a preempt delay runs; it is [`Params::preempt_delay`] long.
    pub preempt_at: Option<Instant>,
    /// The last change of state, and when by the wall clock.
    pub last: Option<(Transition, Timestamp)>,
    /// What was found while listening.
    pub says: String,
    /// Routers heard, the latest first.
    pub peers: Vec<Peer>,
    /// Adverts sent, of them with priority 0.
    pub sent: (u64, u64),
    /// When the last one was sent, and its priority.
    pub last_sent: Option<(Instant, u8)>,
    /// Adverts heard, of them not accepted.
    pub received: (u64, u64),
    /// Largest lateness of an advert sent so far.
    pub worst_late: Duration,
    /// The addresses.
    pub addresses: Vec<AddressView>,
    /// The latest thing that went wrong here.
    pub trouble: Option<String>,
}

/// A router heard.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its source address.
    pub src: IpAddr,
    /// Its last priority.
    pub priority: u8,
    /// VRRP version.
    pub version: u8,
    /// The word for its authentication.
    pub auth: &'static str,
    /// Its interval.
    pub advert_int: Duration,
    /// The addresses its last advert carried.
    pub addresses: Vec<IpAddr>,
    /// When it was last heard.
    pub last: Instant,
    /// Adverts heard.
    pub adverts: u64,
    /// Why its adverts are not accepted here, a sentence each; empty when they are.
    pub objections: Vec<String>,
    /// Why it would not accept ours, if it is configured as its adverts say; empty when it would.
    pub objects: Vec<String>,
}

/// A virtual address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressView {
    /// The address.
    pub ip: IpAddr,
    /// Length of its prefix.
    pub prefix: u8,
    /// Where it goes.
    pub interface: String,
    /// Whether it is there now, put there by this process.
    pub installed: bool,
    /// Whether adverts carry it (`virtual_ipaddress`, as opposed to `virtual_ipaddress_excluded`).
    pub advertised: bool,
    /// Who announced it last by gratuitous ARP or neighbour advertisement, if not this host: hardware address and when.
    pub announced_by: Option<([u8; 6], Timestamp)>,
}
