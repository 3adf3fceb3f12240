//! What can happen to a virtual router, and what it then wants done.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use arrayvec::ArrayVec;

use super::params::Params;
use super::timing::Wait;
use super::track::Fault;
use crate::time::Instant;

/// The state of a virtual router (RFC 5798 §6.4; FAULT is keepalived's).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Not taking part: before its start, after its end, or while tracked scripts have not had their first result.
    Init,
    /// Listens, ready to take over.
    Backup,
    /// Holds the addresses and sends adverts. RFC 9568 calls it Active.
    Master,
    /// Kept out by something that failed here.
    Fault,
}

impl State {
    /// keepalived's word, as in its notifications.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::Backup => "BACKUP",
            Self::Master => "MASTER",
            Self::Fault => "FAULT",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the state machine needs to know of an advert that passed all checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its IP source.
    pub src: IpAddr,
    /// Its priority; 0 releases.
    pub priority: u8,
    /// The interval it announces.
    pub advert_int: Duration,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Begin to take part.
    Start,
    /// End: a master releases.
    Stop,
    /// A deadline has come. Earlier, it changes nothing.
    Timer,
    /// An advert of this VRID that passed all checks.
    Advert(Heard),
    /// A packet of this VRID that did not. A daemon may restart a timer even so.
    Rejected,
    /// The effective priority is now this, 1 to 254. An owner stays one.
    Priority(u8),
    /// Something that it depends on failed.
    Fault(Fault),
    /// It works again.
    Cleared(Fault),
    /// A tracked script whose first result decides over the start has none yet. Before [`Event::Start`] only.
    Pending,
    /// One of those scripts has had its first result.
    Settled,
    /// The configuration was read again. Takes effect at once.
    Reload(Box<Params>),
    /// Its source address is now this one: a tie is decided anew.
    Source(IpAddr),
    /// Somebody else deleted one of its addresses.
    AddressLost,
    /// The operator wants it to release and to wait as a backup.
    Resign,
    /// The operator wants an advert now.
    Advertise,
    /// The operator wants it to take over from a lower master from now on, or to let it be.
    Preempt(bool),
    /// All members of its sync group are ready: become master.
    GroupMaster,
    /// A member of its sync group has left mastership.
    GroupBackup,
    /// A member of its sync group announces its addresses, for it has heard a lower advert as master.
    GroupAnnounce,
    /// A member of its sync group is in FAULT.
    GroupFault,
    /// No member of its sync group is in FAULT any more.
    GroupRecovered,
}

/// Which timer a deadline belongs to. Those due together fire in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timer {
    /// A backup's wait for the master's next advert.
    MasterDown,
    /// A master's next advert.
    Advert,
    /// A repeated announcement of the addresses.
    Announce,
}

/// Why a state was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was started.
    Started,
    /// It was started as the owner of its addresses.
    Owner,
    /// No master was heard since it began to listen.
    NobodyHeard,
    /// The master fell silent.
    MasterDown {
        /// The master.
        master: IpAddr,
        /// When it was last heard.
        last: Instant,
    },
    /// The master released with priority 0.
    Released {
        /// The master.
        master: IpAddr,
        /// When.
        at: Instant,
    },
    /// The master's priority is lower.
    Preempted {
        /// The master.
        master: IpAddr,
        /// Its priority.
        priority: u8,
    },
    /// An advert of higher priority was heard.
    HigherPriority {
        /// Its sender.
        src: IpAddr,
        /// Its priority.
        priority: u8,
    },
    /// An advert of equal priority from a higher address was heard.
    HigherAddress {
        /// Its sender.
        src: IpAddr,
        /// Its priority.
        priority: u8,
    },
    /// Something that it depends on failed.
    Fault(Fault),
    /// All that failed works again.
    Recovered,
    /// Its sync group decided.
    Group,
    /// An address was deleted by someone else.
    AddressLost,
    /// The operator wished it.
    Resigned,
    /// It was stopped.
    Stopped,
    /// A reload changed what it depends on.
    Reloaded,
}

impl Reason {
    /// The word used in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Owner => "owner",
            Self::NobodyHeard => "nobody-heard",
            Self::MasterDown { .. } => "master-down",
            Self::Released { .. } => "released",
            Self::Preempted { .. } => "preempted",
            Self::HigherPriority { .. } => "higher-priority",
            Self::HigherAddress { .. } => "higher-address",
            Self::Fault(_) => "fault",
            Self::Recovered => "recovered",
            Self::Group => "group",
            Self::AddressLost => "address-lost",
            Self::Resigned => "resigned",
            Self::Stopped => "stopped",
            Self::Reloaded => "reloaded",
        }
    }
}

/// A change of state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When.
    pub at: Instant,
    /// From.
    pub from: State,
    /// To.
    pub to: State,
    /// Effective priority at that moment.
    pub priority: u8,
    /// Why.
    pub reason: Reason,
    /// What the backup's timer was armed with last, of a backup that becomes master.
    pub wait: Option<Wait>,
}

/// Something to be done now, in the order given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send an advert of this priority; everything else of it is in [`Params`].
    SendAdvert {
        /// 0 releases.
        priority: u8,
    },
    /// Put the addresses on the interface.
    AddAddresses,
    /// Take them off.
    RemoveAddresses,
    /// The list of addresses has changed while they are installed: take off and put on the difference.
    ChangeAddresses,
    /// Announce all addresses (gratuitous ARP request, unsolicited neighbour advertisement).
    Announce {
        /// So many times over all addresses.
        rounds: u8,
    },
    /// Tell of a change of state.
    Report(Transition),
    /// Tell the sync group that this member is ready to be master: its timer expired.
    Ready,
}

/// What one event makes a virtual router do.
pub type Actions = ArrayVec<Action, 8>;
