//! One sender of adverts within a group, and everything it has said of itself.

use std::net::IpAddr;
use std::time::Duration;

use super::event::Seen;
use crate::time::Instant;
use crate::wire::auth::Auth;
use crate::wire::checksum::{Form, Verdict};
use crate::wire::vrrp::PRIORITY_RELEASE;
use crate::wire::{Advert, AuthCheck, Mac, Problem, Problems};

/// More hardware addresses than this are not remembered for one sender.
const MAX_MACS: usize = 4;

/// What a member is doing, as far as the wire shows. A backup never speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Sends adverts.
    Master,
    /// Fell silent because a better router spoke: a live backup.
    Yielded(Seen),
    /// Resigned with priority 0: stopped, or in FAULT.
    Released(Seen),
    /// Fell silent without a word, and was replaced or not: dead, cut off, or silenced.
    Silent,
}

/// A value that a member advertises, with the time it last changed while it was watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracked<T> {
    /// The value in the last advert.
    pub value: T,
    /// Since when, if it changed in this capture.
    pub changed: Option<Seen>,
    /// The value before that.
    pub before: Option<T>,
}

impl<T: PartialEq> Tracked<T> {
    fn new(value: T) -> Self {
        Self { value, changed: None, before: None }
    }

    fn set(&mut self, value: T, seen: Seen) -> bool {
        if self.value == value {
            return false;
        }
        self.before = Some(std::mem::replace(&mut self.value, value));
        self.changed = Some(seen);
        true
    }
}

/// How often something was seen, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// How many times.
    pub times: u64,
    /// First occurrence.
    pub first: Seen,
    /// Last occurrence.
    pub last: Seen,
}

impl Count {
    /// Counts one more.
    pub fn add(&mut self, seen: Seen) {
        if self.times == 0 {
            self.first = seen;
        }
        self.times += 1;
        self.last = seen;
    }
}

/// A sender of adverts in one group.
#[derive(Clone, Debug)]
pub struct Member {
    /// Its IP address.
    pub addr: IpAddr,
    /// Hardware addresses its adverts came from, latest first.
    pub macs: Vec<Mac>,
    /// First advert.
    pub first: Seen,
    /// Last advert, priority 0 included.
    pub last: Seen,
    /// Last advert by which it claimed mastership.
    pub last_spoke: Seen,
    /// First advert of its present mastership.
    pub speaking_since: Option<Seen>,
    /// Adverts, priority 0 included.
    pub adverts: u64,
    /// Last priority other than 0.
    pub priority: Tracked<u8>,
    /// VRRP version.
    pub version: Tracked<u8>,
    /// Advert interval.
    pub interval: Tracked<Duration>,
    /// Authentication.
    pub auth: Tracked<Auth>,
    /// Virtual addresses, sorted (their order on the wire means nothing to a receiver).
    pub addresses: Tracked<Vec<IpAddr>>,
    /// Sent to the group, as opposed to single peers.
    pub multicast: Tracked<bool>,
    /// Checksum form of v3 over IPv4.
    pub form: Tracked<Option<Form>>,
    /// TTL or hop limit of the last multicast advert that broke the rule of 255.
    pub odd_ttl: Option<u8>,
    /// Outcome of verifying the last digest.
    pub auth_check: Option<AuthCheck>,
    /// Sender's clock less capture clock in microseconds, from the HMAC trailer.
    pub clock_offset: Option<i64>,
    /// Copies of adverts already seen: one to each unicast peer, or one at each interface of `tcpdump -i any`.
    pub copies: u64,
    /// Its present role.
    pub standing: Standing,
    /// First advert of somebody else since this one last spoke.
    pub(super) other_since: Option<Seen>,
    counts: Vec<(Problem, Count)>,
    /// IP identification and priority of the last advert.
    last_sent: Option<(u16, u8)>,
}

/// Copies of one advert arrive within this time of each other.
const COPIES: Duration = Duration::from_millis(5);

impl Member {
    pub(super) fn new(seen: Seen, a: &Advert) -> Self {
        Self {
            addr: a.src,
            macs: a.link.src.into_iter().collect(),
            first: seen,
            last: seen,
            last_spoke: seen,
            speaking_since: None,
            adverts: 0,
            priority: Tracked::new(a.priority),
            version: Tracked::new(a.version),
            interval: Tracked::new(a.advert_int),
            auth: Tracked::new(a.auth),
            addresses: Tracked::new(sorted(&a.addresses)),
            multicast: Tracked::new(a.is_multicast()),
            form: Tracked::new(form_of(a)),
            odd_ttl: None,
            auth_check: None,
            clock_offset: None,
            copies: 0,
            standing: Standing::Silent,
            other_since: None,
            counts: Vec::new(),
            last_sent: None,
        }
    }

    /// Whether an advert is a copy of the last one. keepalived counts its IPv4 identification up with each advert, and
    /// copies to several peers share it.
    pub(super) fn repeats(&mut self, seen: Seen, a: &Advert) -> bool {
        let sent = a.ip_id.filter(|id| *id != 0).map(|id| (id, a.priority));
        let copy = sent.is_some() && sent == self.last_sent && seen.at().since(self.last.at()) <= COPIES;
        self.last_sent = sent;
        self.copies += u64::from(copy);
        copy
    }

    /// Takes in what an advert says of its sender; returns the priority it had before, if that changed.
    pub(super) fn observe(&mut self, seen: Seen, a: &Advert) -> Option<u8> {
        self.adverts += 1;
        self.last = seen;
        if let Some(mac) = a.link.src
            && self.macs.first() != Some(&mac)
        {
            self.macs.retain(|m| *m != mac);
            self.macs.insert(0, mac);
            self.macs.truncate(MAX_MACS);
        }
        self.version.set(a.version, seen);
        self.interval.set(a.advert_int, seen);
        self.auth.set(a.auth, seen);
        if !same_addresses(&self.addresses.value, &a.addresses) {
            self.addresses.set(sorted(&a.addresses), seen);
        }
        self.multicast.set(a.is_multicast(), seen);
        if let Some(form) = form_of(a) {
            if self.form.value.is_none() {
                self.form.value = Some(form);
            }
            self.form.set(Some(form), seen);
        }
        self.auth_check = a.auth_check.or(self.auth_check);
        if let Some(h) = &a.hmac {
            self.clock_offset = Some(h.micros().saturating_sub(seen.at().as_micros()));
        }
        self.count_problems(seen, a.problems, a.ttl);
        if a.priority == PRIORITY_RELEASE {
            return None;
        }
        let before = self.priority.value;
        if before == PRIORITY_RELEASE {
            self.priority.value = a.priority; // first heard while resigning: no change of priority
            return None;
        }
        self.priority.set(a.priority, seen).then_some(before)
    }

    fn count_problems(&mut self, seen: Seen, problems: Problems, ttl: u8) {
        if problems.is_empty() {
            return;
        }
        for p in problems.iter() {
            if p == Problem::TtlNot255 {
                self.odd_ttl = Some(ttl);
            }
            match self.counts.iter_mut().find(|(q, _)| *q == p) {
                Some((_, count)) => count.add(seen),
                None => self.counts.push((p, Count { times: 1, first: seen, last: seen })),
            }
        }
    }

    /// Bytes that it takes in memory, roughly.
    pub(super) fn weight(&self) -> usize {
        let counts = self.counts.capacity() * size_of::<(Problem, Count)>();
        let macs = self.macs.capacity() * size_of::<Mac>();
        let before = self.addresses.before.as_ref().map_or(0, Vec::capacity);
        let addresses = (self.addresses.value.capacity() + before) * size_of::<IpAddr>();
        size_of::<Self>() + addresses + counts + macs
    }

    /// How often its adverts had a problem.
    pub fn problem(&self, p: Problem) -> Option<&Count> {
        self.counts.iter().find(|(q, _)| *q == p).map(|(_, c)| c)
    }

    /// The interval to reckon with: the advertised one, or a second where that is 0.
    pub fn pace(&self) -> Duration {
        if self.interval.value.is_zero() { Duration::from_secs(1) } else { self.interval.value }
    }

    /// Whether it wins over `other` when both are master: priority, then address (RFC 5798 §6.4.3).
    pub fn outranks(&self, other: &Self) -> bool {
        (self.priority.value, self.addr) > (other.priority.value, other.addr)
    }

    /// Whether it has to discard `other`'s adverts, as its own show: it cannot give way to what it does not accept.
    pub fn rejects(&self, other: &Self) -> bool {
        // One that signs may still accept what is unsigned, and the other way round.
        let auth =
            self.auth.value != other.auth.value && self.auth.value != Auth::Hmac && other.auth.value != Auth::Hmac;
        self.version.value != other.version.value
            || self.multicast.value != other.multicast.value
            || self.version.value == 2 && (auth || self.interval.value != other.interval.value)
    }

    /// Whether a hardware address is this member's: one its adverts came from.
    pub fn has_mac(&self, mac: Mac) -> bool {
        self.macs.contains(&mac)
    }

    /// Time since it last spoke as master.
    pub fn quiet(&self, now: Instant) -> Duration {
        now.since(self.last_spoke.at())
    }
}

/// Whether two members' values for a field were ever in force at the same time, so that comparing them is fair: a
/// change on one side must not be held against what the other said before it.
pub fn comparable<T>(a: &Member, b: &Member, field: impl Fn(&Member) -> &Tracked<T>) -> bool {
    let heard_since = |x: &Member, y: &Member| field(y).changed.is_none_or(|c| x.last.at() >= c.at());
    heard_since(a, b) && heard_since(b, a)
}

fn sorted(addresses: &[IpAddr]) -> Vec<IpAddr> {
    let mut v = addresses.to_vec();
    v.sort_unstable();
    v.dedup();
    v
}

fn same_addresses(sorted_set: &[IpAddr], sent: &[IpAddr]) -> bool {
    // The usual advert repeats the last one, most often with one address: compare without sorting first.
    sorted_set == sent || (sent.len() >= sorted_set.len() && sorted(sent) == sorted_set)
}

fn form_of(a: &Advert) -> Option<Form> {
    match a.checksum_verdict {
        Verdict::Ok(form) if a.version == 3 && a.src.is_ipv4() => Some(form),
        _ => None,
    }
}
