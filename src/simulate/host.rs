//! A simulated host: its interfaces and addresses, what its scripts do, and the VRRP process that runs on it.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use super::record::Who;
use super::scenario::{Behaviour, Daemon, Setting};
use crate::conf::RunInstance;
use crate::time::Instant;
use crate::vrrp::Timer;
use crate::vrrp::check::{Check, Listener};
use crate::vrrp::router::VrrpRouter;
use crate::vrrp::script::{Run, Schedule};
use crate::wire::build::AdvertSpec;
use crate::wire::{Advert, Mac};

/// An interface.
#[derive(Clone, Debug)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Its own addresses, with their prefix lengths.
    pub addresses: Vec<(IpAddr, u8)>,
    /// Whether it is up and running.
    pub up: bool,
    /// Its hardware address.
    pub mac: Mac,
    /// The network that it is connected to.
    pub segment: usize,
}

/// An advert on its way, read once for all who hear it.
#[derive(Debug)]
pub struct Packet {
    /// The node that sent it.
    pub from: usize,
    /// The segment it was sent on.
    pub segment: usize,
    /// What its bytes say.
    pub advert: Advert,
}

/// An instance of the running process: how it speaks and listens.
#[derive(Clone, Debug)]
pub struct Bound {
    /// What is configured.
    pub run: RunInstance,
    /// How records name it.
    pub who: Who,
    /// Its interface.
    pub interface: usize,
    /// What it sends, all but what changes with each advert.
    pub spec: AdvertSpec,
    /// What it hears.
    pub ear: Listener,
    /// The last advert by its priority, while nothing else changes from one to the next.
    pub last: Option<(u8, Arc<[Arc<Packet>]>)>,
    /// What was told to be rejected since the last change of state.
    pub told: Vec<(IpAddr, Check)>,
    /// When its timer is due, and when that was set, in the order in which all timers of all nodes are set.
    pub due: Option<Instant>,
    /// See `due`.
    pub armed: u64,
}

/// A tracked script.
#[derive(Clone, Debug)]
pub struct Script {
    /// Its name.
    pub name: String,
    /// Its tracker.
    pub tracker: usize,
    /// When it runs.
    pub schedule: Schedule,
    /// Runs that hang.
    pub hanging: Vec<Run>,
}

/// The VRRP process.
#[derive(Clone, Debug)]
pub struct Process {
    /// The state machines.
    pub router: VrrpRouter,
    /// By place.
    pub bound: Vec<Option<Bound>>,
    /// Who hears adverts: interface, family, VRID to places.
    pub ears: BTreeMap<(usize, bool, u8), Vec<usize>>,
    /// Scripts in use.
    pub scripts: Vec<Script>,
    /// Counts processes, so that what one has begun is not taken for another's.
    pub epoch: u32,
}

impl Process {
    /// How records name an instance.
    pub fn who(&self, place: usize) -> Option<Who> {
        Some(self.bound.get(place)?.as_ref()?.who.clone())
    }
}

/// A host.
#[derive(Clone, Debug)]
pub struct Host {
    /// What it is called.
    pub name: String,
    /// Whose behaviour it has.
    pub daemon: Daemon,
    /// Its configuration, as it would be read now.
    pub setting: Setting,
    /// Its interfaces.
    pub interfaces: Vec<Interface>,
    /// What scripts do now.
    pub scripts: BTreeMap<String, Behaviour>,
    /// Whether enough processes run.
    pub processes: BTreeMap<String, bool>,
    /// Numbers in files.
    pub files: BTreeMap<String, i32>,
    /// Virtual addresses that are on its interfaces, and the instance that put them there.
    pub installed: BTreeMap<IpAddr, usize>,
    /// Addresses of interfaces that were removed.
    pub removed: Vec<(usize, IpAddr, u8)>,
    /// What runs.
    pub process: Option<Process>,
    /// Whether the process stands still.
    pub paused: bool,
    /// What has arrived meanwhile.
    pub inbox: VecDeque<(usize, Arc<Packet>)>,
    /// How much too fast its clock runs, in millionths.
    pub drift_ppm: i32,
    /// Processes so far.
    pub epoch: u32,
}

impl Host {
    /// If what is due next is an advert: when the timer for it was set, in the order in which all timers were.
    pub fn next_advert(&self) -> Option<u64> {
        let process = self.process.as_ref()?;
        let (at, place, timer) = process.router.next_deadline()?;
        if timer != Timer::Advert || self.next_deadline() != Some(at) {
            return None;
        }
        Some(process.bound.get(place)?.as_ref()?.armed)
    }

    /// The interface of a name.
    pub fn interface(&self, name: &str) -> Option<usize> {
        self.interfaces.iter().position(|i| i.name == name)
    }

    /// What the host's clock says.
    pub fn local(&self, now: Instant) -> Instant {
        scale(now, 1_000_000 + i64::from(self.drift_ppm), 1_000_000)
    }

    /// When the host's clock will say so.
    pub fn global(&self, local: Instant) -> Instant {
        if self.drift_ppm == 0 {
            return local;
        }
        let rate = 1_000_000 + i64::from(self.drift_ppm);
        let at = scale(local, 1_000_000, rate);
        // Division cuts off; the clock must have reached the moment.
        if self.local(at) < local { Instant::from_micros(at.as_micros() + 1) } else { at }
    }

    /// When something of it is due next, by its own clock.
    pub fn next_deadline(&self) -> Option<Instant> {
        let process = self.process.as_ref().filter(|_| !self.paused)?;
        let timers = process.router.next_deadline().map(|(at, ..)| at);
        process.scripts.iter().filter_map(|s| s.schedule.next_deadline()).chain(timers).min()
    }
}

fn scale(at: Instant, by: i64, over: i64) -> Instant {
    if by == over {
        return at;
    }
    let value = i128::from(at.as_micros()) * i128::from(by) / i128::from(over);
    Instant::from_micros(i64::try_from(value).unwrap_or(i64::MAX))
}
