//! Frames in, facts out: the sans-IO heart of `watch`.
//!
//! Driven by `(capture time, frame)`. It owns no clock: time passes when a frame carries it or [`Observer::advance`]
//! says so. Memory is bounded whatever arrives: groups, members and addresses have limits, the least established is
//! forgotten first, and what was forgotten is counted.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::event::{Event, EventKind, Seen};
use super::group::Group;
use super::member::Count;
use crate::finding::GroupId;
use crate::time::{Instant, Timestamp};
use crate::wire::{Advert, Decoded, Mac, Malformed, Problem, Vlans};

/// Bounds on what is remembered.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Virtual routers.
    pub groups: usize,
    /// Log lines kept for scrolling back.
    pub events: usize,
    /// Senders of malformed adverts.
    pub malformed: usize,
    /// Virtual addresses over all groups whose announcements are followed.
    pub addresses: usize,
    /// Bytes that all virtual routers together may take, roughly: one may grow large, all of them may not.
    pub bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // Every VRID of both families on two VLANs fits; a flood of forged ones costs some 20 MB.
        Self { groups: 1024, events: 10_000, malformed: 256, addresses: 8192, bytes: 20 << 20 }
    }
}

/// Frames by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All frames, decoded or not.
    pub frames: u64,
    /// Adverts that could be read.
    pub adverts: u64,
    /// ARP requests and replies.
    pub arp: u64,
    /// Neighbour advertisements.
    pub na: u64,
    /// IGMP reports of the VRRP group.
    pub igmp: u64,
    /// Frames of these kinds that are cut or impossible.
    pub malformed: u64,
    /// Adverts of virtual routers that were not asked for.
    pub adverts_not_asked: u64,
    /// Changes of master, those of forgotten virtual routers included.
    pub transitions: u64,
    /// Virtual routers forgotten to keep memory bounded.
    pub groups_forgotten: u64,
    /// Log lines dropped from the beginning.
    pub events_forgotten: u64,
    /// Frames with a time before that of the frame before them.
    pub time_went_back: u64,
}

impl Totals {
    /// Counts a frame by its kind; it has been counted as a frame already.
    pub fn count(&mut self, decoded: &Decoded) {
        *match decoded {
            Decoded::Other => return,
            Decoded::Advert(_) => &mut self.adverts,
            Decoded::Arp(_) => &mut self.arp,
            Decoded::Na(_) => &mut self.na,
            Decoded::Igmp(_) => &mut self.igmp,
            Decoded::Malformed(_) => &mut self.malformed,
        } += 1;
    }
}

/// Adverts of one sender that make no sense.
#[derive(Clone, Debug)]
pub struct Broken {
    /// How many, and where.
    pub count: Count,
    /// The first one, in words.
    pub example: String,
}

/// Watches frames go by and knows who is master of what.
#[derive(Clone, Debug)]
pub struct Observer {
    limits: Limits,
    vrid: Option<u8>,
    /// A virtual router that was heard but not asked for.
    not_asked: Option<u8>,
    groups: BTreeMap<GroupId, Group>,
    addresses: HashMap<(Vlans, IpAddr), GroupId>,
    /// Announcements just heard of addresses that no advert has named yet: an announcement may precede its advert.
    early: VecDeque<(Vlans, IpAddr, Mac, Seen)>,
    events: VecDeque<Event>,
    fresh: Vec<Event>,
    broken: BTreeMap<Option<IpAddr>, Broken>,
    totals: Totals,
    start: Option<Timestamp>,
    last_frame: Timestamp,
    now: Timestamp,
    next_sweep: Instant,
}

/// How often groups without adverts of their own are looked at.
const SWEEP: Duration = Duration::from_millis(100);
const EARLY: usize = 64;
/// How many adverts may come between two looks at [`Limits::bytes`].
const WEIGH: u64 = 512;

impl Observer {
    /// An observer of all virtual routers, or of those with one VRID.
    pub fn new(vrid: Option<u8>, limits: Limits) -> Self {
        Self {
            limits,
            vrid,
            not_asked: None,
            groups: BTreeMap::new(),
            addresses: HashMap::new(),
            early: VecDeque::new(),
            events: VecDeque::new(),
            fresh: Vec::new(),
            broken: BTreeMap::new(),
            totals: Totals::default(),
            start: None,
            last_frame: Timestamp { nanos: i64::MIN, digits: 6 },
            now: Timestamp::default(),
            next_sweep: Instant::ZERO,
        }
    }

    /// Takes in one frame of the capture.
    pub fn frame(&mut self, number: u64, time: Timestamp, decoded: &Decoded) {
        self.totals.frames += 1;
        let time = self.frame_time(time);
        let seen = Seen { number, time };
        match decoded {
            Decoded::Other | Decoded::Igmp(_) => {}
            Decoded::Advert(a) => {
                if self.vrid.is_some_and(|v| v != a.vrid) {
                    self.totals.adverts_not_asked += 1;
                    self.not_asked.get_or_insert(a.vrid);
                    return;
                }
                self.advert(seen, a);
            }
            Decoded::Arp(a) => {
                if a.is_gratuitous() {
                    self.announced(seen, a.link.vlans, IpAddr::V4(a.sender_ip), a.sender_mac);
                }
            }
            Decoded::Na(n) => {
                // A forged or routed one (hop limit below 255) moves nothing: receivers drop it.
                if let (Some(mac), false, 255) = (n.announced_mac(), n.solicited, n.hop_limit) {
                    self.announced(seen, n.link.vlans, IpAddr::V6(n.target), mac);
                }
            }
            Decoded::Malformed(m) => {
                if m.vrrp {
                    self.malformed(seen, m);
                }
            }
        }
        self.totals.count(decoded);
        if matches!(decoded, Decoded::Advert(_)) && self.totals.adverts.is_multiple_of(WEIGH) {
            self.lighten();
        }
    }

    /// Counts a frame that was looked at and is of no interest, without decoding it here.
    pub fn other(&mut self, time: Timestamp) {
        self.totals.frames += 1;
        self.frame_time(time);
    }

    /// Counts frames that went by without a time of their own.
    pub fn others(&mut self, count: u64) {
        self.totals.frames += count;
    }

    /// Starts the clock before the first frame: silence counts from here.
    pub fn begin(&mut self, time: Timestamp) {
        if self.start.is_none() {
            self.start = Some(time);
            self.now = time;
            self.next_sweep = time.instant().after(SWEEP);
        }
    }

    /// Lets time pass without a frame. Frames may still come whose time is a little earlier: a live capture hands them
    /// over some milliseconds after they were seen.
    pub fn advance(&mut self, time: Timestamp) {
        if self.start.is_some() {
            self.now = self.now.max(time);
            self.sweep();
        }
    }

    /// The time of a frame, held at that of the frame before it if it is earlier, so that no duration is negative.
    fn frame_time(&mut self, time: Timestamp) -> Timestamp {
        self.begin(time);
        if time.nanos < self.last_frame.nanos {
            // Reordering by a few microseconds is how several CPUs deliver; a real step back is worth telling.
            if self.last_frame.nanos.saturating_sub(time.nanos) > 10_000_000 {
                self.totals.time_went_back += 1;
            }
            return Timestamp { nanos: self.last_frame.nanos, digits: time.digits };
        }
        self.last_frame = time;
        if time.nanos > self.now.nanos {
            self.now = time;
        }
        if time.instant() >= self.next_sweep {
            self.sweep();
        }
        time
    }

    fn sweep(&mut self) {
        let now = self.now.instant();
        self.next_sweep = now.after(SWEEP);
        for g in self.groups.values_mut() {
            g.advance(now, &mut self.fresh);
        }
    }

    fn advert(&mut self, seen: Seen, a: &Advert) {
        if a.problems.contains(Problem::VridZero) || a.problems.contains(Problem::TypeUnknown) {
            let what = if a.vrid == 0 { "VRID 0".to_owned() } else { format!("message type {}", a.kind) };
            self.broken_from(seen, Some(a.src), || format!("{what}: every receiver discards it"));
            return;
        }
        let id = GroupId::with_address(a.link.vlans, a.vrid, a.src);
        if !self.groups.contains_key(&id) {
            if self.groups.len() >= self.limits.groups {
                self.forget();
            }
            self.groups.insert(id, Group::new(id, seen));
        }
        let Some(group) = self.groups.get_mut(&id) else { return };
        let before = group.current;
        group.advert(seen, a, &mut self.fresh);
        if group.current != before || a.addresses.iter().any(|x| !self.addresses.contains_key(&(id.vlans, *x))) {
            for address in &a.addresses {
                if self.addresses.len() < self.limits.addresses {
                    self.addresses.insert((id.vlans, *address), id);
                }
            }
            self.early_announcements(id);
        }
    }

    fn early_announcements(&mut self, id: GroupId) {
        let Some(group) = self.groups.get_mut(&id) else { return };
        self.early.retain(|(vlans, address, mac, seen)| {
            let ours = self.addresses.get(&(*vlans, *address)) == Some(&id);
            if ours {
                group.announced(*seen, *address, *mac, &mut self.fresh);
            }
            !ours
        });
    }

    fn announced(&mut self, seen: Seen, vlans: Vlans, address: IpAddr, mac: Mac) {
        if let Some(group) = self.addresses.get(&(vlans, address)).and_then(|id| self.groups.get_mut(id)) {
            group.announced(seen, address, mac, &mut self.fresh);
        } else {
            if self.early.len() == EARLY {
                self.early.pop_front();
            }
            self.early.push_back((vlans, address, mac, seen));
        }
    }

    fn malformed(&mut self, seen: Seen, m: &Malformed) {
        self.broken_from(seen, m.addresses.map(|a| a.0), || m.to_string());
    }

    fn broken_from(&mut self, seen: Seen, src: Option<IpAddr>, example: impl FnOnce() -> String) {
        // Past the limit, unknown senders share one entry.
        let key = if self.broken.len() < self.limits.malformed || self.broken.contains_key(&src) { src } else { None };
        self.broken
            .entry(key)
            .or_insert_with(|| Broken { count: Count::default(), example: example() })
            .count
            .add(seen);
    }

    /// Forgets groups until the others fit into the memory they may take.
    fn lighten(&mut self) {
        while self.groups.len() > 1 && self.groups.values().map(Group::weight).sum::<usize>() > self.limits.bytes {
            self.forget();
        }
    }

    /// Forgets an eighth of the groups at once, those least established first, so that a flood of forged groups costs
    /// little and cannot push out the real ones.
    fn forget(&mut self) {
        let mut rank: Vec<(u64, Instant, GroupId)> =
            self.groups.values().map(|g| (g.adverts.min(8), g.last.at(), g.id)).collect();
        rank.sort_unstable();
        rank.truncate((self.groups.len() / 8).max(1));
        for (.., id) in &rank {
            self.groups.remove(id);
        }
        self.totals.groups_forgotten += rank.len() as u64;
        let groups = &self.groups;
        self.addresses.retain(|_, id| groups.contains_key(id));
    }

    /// All virtual routers, in order of VLAN and VRID.
    pub fn groups(&self) -> impl ExactSizeIterator<Item = &Group> {
        self.groups.values()
    }

    /// One virtual router.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(&id)
    }

    /// The log of what has been drained, oldest first.
    pub fn events(&self) -> &VecDeque<Event> {
        &self.events
    }

    /// Takes the events since the last call, and copies them to the log. Call it after every frame or few.
    pub fn drain(&mut self) -> Vec<Event> {
        if self.fresh.is_empty() {
            return Vec::new();
        }
        let fresh = std::mem::take(&mut self.fresh);
        let transitions = fresh.iter().filter(|e| matches!(e.kind, EventKind::Transition(_))).count();
        self.totals.transitions += transitions as u64;
        self.events.extend(fresh.iter().cloned());
        while self.events.len() > self.limits.events {
            self.events.pop_front();
            self.totals.events_forgotten += 1;
        }
        fresh
    }

    /// Adverts that could not be read, by sender.
    pub fn broken(&self) -> impl Iterator<Item = (Option<IpAddr>, &Broken)> {
        self.broken.iter().map(|(k, v)| (*k, v))
    }

    /// The VRID that was asked for, and one of those heard that were not.
    pub fn asked(&self) -> Option<(u8, Option<u8>)> {
        self.vrid.map(|v| (v, self.not_asked))
    }

    /// Frames by kind.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Time of the first frame.
    pub fn start(&self) -> Option<Timestamp> {
        self.start
    }

    /// The latest time it has been told.
    pub fn now(&self) -> Timestamp {
        self.now
    }
}
