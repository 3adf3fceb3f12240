//! The speaker without sockets and clocks: state machines, peers, consent, and what is told of them.
//!
//! A driver calls it with what happened and when; it performs what the state machines want through a [`Host`].

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use super::listen::{Around, Consent, Judgement, Missing, judge};
use super::spec::{Address, Spec};
use super::told::{Command, Told, Trouble, What};
use super::view::{AddressView, InstanceView, Peer, Phase, View};
use crate::frame::{Frame, LinkType};
use crate::time::{Instant, Timestamp};
use crate::vrrp::check::{self, Failure, Hearing, Listener, Standing, Verdict, would_accept};
use crate::vrrp::router::{Input, VrrpRouter};
use crate::vrrp::sequence::Authentication;
use crate::vrrp::track::Reading;
use crate::vrrp::{Action, Event, Fault, Params, State, Timer, Transition, VirtualRouter};
use crate::wire::auth::Auth;
use crate::wire::build::AdvertSpec;
use crate::wire::{Advert, Decoded, Decoder, Mac, Malformed};

/// Routers remembered for one virtual router; more can only be forgeries.
const MOST_PEERS: usize = 32;
/// Other virtual routers remembered.
const MOST_ELSEWHERE: usize = 64;

/// Timers served before packets and commands are looked at again.
const MOST_TIMERS: usize = 4096;

/// Lateness that is told of, each time it doubles.
const NOTABLY_LATE: Duration = Duration::from_millis(50);

/// The moment by both clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The clock that timers run on.
    pub at: Instant,
    /// The wall clock.
    pub time: Timestamp,
}

/// What the speaker has done on this host. Instances are numbered as in the configuration.
pub trait Host {
    /// Sends an IP packet. Gives whether it left: nothing leaves through an interface that is down.
    ///
    /// # Errors
    /// A sentence.
    fn transmit(&mut self, instance: usize, packet: &[u8]) -> Result<bool, String>;
    /// Puts an address on its interface. Gives whether it was put there now, as opposed to having been there before.
    ///
    /// # Errors
    /// A sentence.
    fn install(&mut self, instance: usize, address: &Address) -> Result<bool, String>;
    /// Takes an address off again.
    ///
    /// # Errors
    /// A sentence.
    fn remove(&mut self, instance: usize, address: &Address) -> Result<(), String>;
    /// Announces an address once.
    ///
    /// # Errors
    /// A sentence.
    fn announce(&mut self, instance: usize, address: &Address) -> Result<(), String>;
}

struct Instance {
    spec: Spec,
    /// The socket it hears through.
    inlet: usize,
    phase: Phase,
    ear: Listener,
    ip_id: u16,
    /// What the operator has added to the priority.
    points: i16,
    muted: bool,
    /// For each address whether it is there, put there by us.
    installed: Vec<bool>,
    peers: Vec<Peer>,
    sent: (u64, u64),
    received: (u64, u64),
    last_sent: Option<(Instant, u8)>,
    worst_late: Duration,
    last: Option<(Transition, Timestamp)>,
    says: String,
    /// It joined because nobody was master, and has not been one since: a master with longer intervals than its own wait
    /// may yet speak up, and is then not displaced without consent.
    provisional: bool,
    trouble: Option<String>,
    announced_by: BTreeMap<IpAddr, ([u8; 6], Timestamp)>,
}

/// Several virtual routers that take part.
pub struct Speaker {
    router: VrrpRouter,
    instances: Vec<Instance>,
    /// (socket, VRID) to instance.
    routes: BTreeMap<(usize, u8), usize>,
    /// Other virtual routers heard: (socket, VRID) to the last source and its addresses.
    elsewhere: BTreeMap<(usize, u8), (IpAddr, Vec<IpAddr>)>,
    consent: Consent,
    /// Tell each advert sent and heard.
    every: bool,
    listening: usize,
    ended: bool,
    told: Vec<Told>,
    /// Kept for its memory.
    actions: Vec<(usize, Action)>,
}

impl Speaker {
    /// `specs` with the socket each hears through; `router` runs their state machines, in the same order.
    pub fn new(router: VrrpRouter, specs: Vec<(Spec, usize)>, consent: Consent, every: bool) -> Self {
        let mut routes = BTreeMap::new();
        let instances: Vec<Instance> = specs
            .into_iter()
            .enumerate()
            .map(|(i, (spec, inlet))| {
                routes.insert((inlet, spec.params.vrid), i);
                Instance {
                    ear: Listener::new(Hearing { checksum: spec.checksum, ..spec.hearing.clone() }),
                    installed: vec![false; spec.addresses.len()],
                    spec,
                    inlet,
                    phase: Phase::Ended,
                    ip_id: 0,
                    points: 0,
                    muted: false,
                    peers: Vec::new(),
                    sent: (0, 0),
                    received: (0, 0),
                    last_sent: None,
                    worst_late: Duration::ZERO,
                    last: None,
                    says: String::new(),
                    provisional: false,
                    trouble: None,
                    announced_by: BTreeMap::new(),
                }
            })
            .collect();
        Self {
            router,
            instances,
            routes,
            elsewhere: BTreeMap::new(),
            consent,
            every,
            listening: 0,
            ended: false,
            told: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// Begins to listen.
    pub fn start(&mut self, now: Now) {
        for i in 0..self.instances.len() {
            let listening = self.instances[i].spec.listening();
            self.instances[i].phase = Phase::Listening { since: now.at, until: now.at.after(listening) };
            self.listening += 1;
            self.tell(now, i, What::Listening(listening));
        }
    }

    /// What has happened since it was last asked.
    pub fn take_told(&mut self) -> Vec<Told> {
        std::mem::take(&mut self.told)
    }

    /// Whether everything has ended.
    pub const fn has_ended(&self) -> bool {
        self.ended
    }

    /// When to call [`Self::tick`] next.
    pub fn next_deadline(&self) -> Option<Instant> {
        let listened = if self.listening == 0 {
            None
        } else {
            let until = |i: &Instance| if let Phase::Listening { until, .. } = i.phase { Some(until) } else { None };
            self.instances.iter().filter_map(until).min()
        };
        let machine = self.router.next_deadline().map(|(at, ..)| at);
        match (listened, machine) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Now, host: &mut dyn Host) {
        if self.listening > 0 {
            for i in 0..self.instances.len() {
                if matches!(self.instances[i].phase, Phase::Listening { until, .. } if until <= now.at) {
                    self.listened(now, i, host);
                }
            }
        }
        for _ in 0..MOST_TIMERS {
            let Some((at, i, timer)) = self.router.next_deadline().filter(|(at, ..)| *at <= now.at) else { return };
            let late = now.at.since(at);
            if matches!(timer, Timer::Advert | Timer::MasterDown)
                && let Some(instance) = self.instances.get_mut(i)
            {
                let worse = late > instance.worst_late.saturating_mul(2).max(NOTABLY_LATE);
                instance.worst_late = instance.worst_late.max(late);
                if worse {
                    self.trouble(now, i, Trouble::Late(late));
                }
            }
            self.drive(now, Input::Instance(i, Event::Timer), host);
        }
    }

    fn listened(&mut self, now: Now, i: usize, host: &mut dyn Host) {
        let Judgement { master, says, lacks } = self.judge(now, i);
        if matches!(self.instances[i].phase, Phase::Listening { .. }) {
            self.listening -= 1;
        }
        self.instances[i].says.clone_from(&says);
        self.instances[i].provisional = master.is_none();
        let says = match lacks {
            None => says,
            Some(Missing::TakeOver) => says + " (--take-over does it)",
            Some(Missing::Force) => says + " (--force joins all the same)",
        };
        self.tell(now, i, What::Listened { master, says, join: lacks.is_none() });
        if lacks.is_some() {
            self.drive(now, Input::Instance(i, Event::Stop), host);
            self.instances[i].phase = Phase::Waiting;
        } else if self.instances[i].phase != Phase::Running {
            self.join(now, i, host);
        }
    }

    fn judge(&self, now: Now, i: usize) -> Judgement {
        let instance = &self.instances[i];
        let around = self.elsewhere.range((instance.inlet, 0)..=(instance.inlet, 255));
        let elsewhere: Vec<(u8, IpAddr, Vec<IpAddr>)> =
            around.map(|((_, vrid), (src, addresses))| (*vrid, *src, addresses.clone())).collect();
        let around = Around { elsewhere: &elsewhere, present: &instance.spec.present };
        judge(&instance.spec.params, &instance.peers, around, now.at, self.consent)
    }

    fn join(&mut self, now: Now, i: usize, host: &mut dyn Host) {
        self.instances[i].phase = Phase::Running;
        self.drive(now, Input::Instance(i, Event::Start), host);
    }

    /// An advert came in through a socket.
    pub fn packet(&mut self, now: Now, inlet: usize, advert: &Advert, host: &mut dyn Host) {
        let Some(&i) = self.routes.get(&(inlet, advert.vrid)) else {
            if self.elsewhere.len() < MOST_ELSEWHERE || self.elsewhere.contains_key(&(inlet, advert.vrid)) {
                self.elsewhere.insert((inlet, advert.vrid), (advert.src, advert.addresses.clone()));
            }
            return;
        };
        let Some(instance) = self.instances.get_mut(i) else { return };
        instance.received.0 += 1;
        let params = &instance.spec.params;
        let standing = self.router.instance(i).map_or(Standing::backup(params.priority), Standing::from);
        let (refused, event) = if instance.phase == Phase::Running {
            match instance.ear.receive(params, standing, now.time, advert) {
                Verdict::Accepted { heard, .. } => (Vec::new(), Some(Event::Advert(heard))),
                // What decided is one thing; the operator wants all of them.
                Verdict::Rejected(first) => {
                    (all_objections(instance, advert, now, &first.reason), Some(Event::Rejected))
                }
                Verdict::Unseen(why) => (vec![why.reason], None),
            }
        } else {
            (all_objections(instance, advert, now, ""), None)
        };
        let accepted = refused.is_empty();
        if !accepted {
            instance.received.1 += 1;
        }
        if self.every {
            let (src, priority) = (advert.src, advert.priority);
            self.tell(now, i, What::Heard { src, priority, accepted });
        }
        self.note_peer(now, i, advert, refused);
        if self.instances[i].provisional && self.instances[i].phase == Phase::Running && advert.priority > 0 {
            self.listened(now, i, host);
            if self.instances[i].phase == Phase::Waiting {
                return;
            }
        }
        if let Some(event) = event {
            self.drive(now, Input::Instance(i, event), host);
        }
    }

    /// Something came in through a socket that is no whole advert.
    pub fn malformed(&mut self, now: Now, inlet: usize, malformed: &Malformed, host: &mut dyn Host) {
        let Some(&i) = malformed.vrid.and_then(|vrid| self.routes.get(&(inlet, vrid))) else { return };
        let Some(instance) = self.instances.get_mut(i).filter(|n| n.phase == Phase::Running) else { return };
        instance.received.0 += 1;
        instance.received.1 += 1;
        let params = &instance.spec.params;
        let standing = self.router.instance(i).map_or(Standing::backup(params.priority), Standing::from);
        let Some(Verdict::Rejected(why)) = instance.ear.malformed(params, standing, malformed) else { return };
        if let Some((src, _)) = malformed.addresses.filter(|_| why.logged) {
            self.tell(now, i, What::Rejected { src, reasons: vec![why.reason] });
        }
        self.drive(now, Input::Instance(i, Event::Rejected), host);
    }

    fn note_peer(&mut self, now: Now, i: usize, advert: &Advert, objections: Vec<String>) {
        let peers = &mut self.instances[i].peers;
        let known = peers.iter().position(|p| p.src == advert.src);
        let (before, quiet) = known.map_or((Vec::new(), true), |k| {
            let p = &mut peers[k];
            let quiet = now.at.since(p.last) > p.advert_int.saturating_mul(4).max(Duration::from_secs(1));
            (std::mem::take(&mut p.objections), quiet)
        });
        let adverts = known.map_or(0, |k| peers[k].adverts) + 1;
        let same = |p: &Peer| {
            (p.version, p.advert_int, &p.addresses) == (advert.version, advert.advert_int, &advert.addresses)
        };
        let objects = match known.map(|k| &peers[k]).filter(|p| same(p)) {
            Some(peer) => peer.objects.clone(),
            None => self.objects(now, i, advert),
        };
        let peers = &mut self.instances[i].peers;
        let peer = Peer {
            src: advert.src,
            priority: advert.priority,
            version: advert.version,
            auth: word(advert.auth),
            advert_int: advert.advert_int,
            addresses: advert.addresses.clone(),
            last: now.at,
            adverts,
            objections: objections.clone(),
            objects,
        };
        if let Some(k) = known {
            peers.remove(k);
        }
        peers.insert(0, peer);
        peers.truncate(MOST_PEERS);
        if quiet && advert.priority > 0 {
            self.tell(now, i, What::Peer { src: advert.src, priority: advert.priority });
        }
        if objections != before || !objections.is_empty() && quiet {
            self.tell(now, i, What::Rejected { src: advert.src, reasons: objections });
        }
    }

    /// Why a router that is configured as its advert says, and otherwise as this one, would not accept ours.
    fn objects(&self, now: Now, i: usize, advert: &Advert) -> Vec<String> {
        let Some(Instance { spec, ear, .. }) = self.instances.get(i) else { return Vec::new() };
        let p = &spec.params;
        let mut ours = AdvertSpec {
            ttl: spec.ttl,
            version: p.version,
            priority: p.priority,
            advert_int: p.advert_int,
            signing: ear.clone().sign(p, now.time),
            checksum: ear.checksum(p),
            ..AdvertSpec::new(Mac([0; 6]), p.source, p.vrid, p.addresses.clone())
        };
        let mut hearing = ear.hearing.clone();
        if hearing.is_unicast() {
            ours.dst = Some(advert.src);
            hearing.peers = vec![check::Peer { address: p.source, ttl: None }];
        }
        let packet = ours.packet();
        let frame = Frame {
            number: 0,
            time: now.time,
            link: LinkType::Raw,
            stripped_tag: None,
            data: &packet,
            wire_len: packet.len() as u32,
        };
        let Decoded::Advert(ours) = Decoder::default().decode(&frame) else { return Vec::new() };
        let theirs = Params {
            version: advert.version,
            advert_int: advert.advert_int,
            addresses: advert.addresses.clone(),
            source: advert.src,
            priority: advert.priority.max(1),
            ..p.clone()
        };
        let other = Listener::new(hearing);
        let all = would_accept(&other.receiver(&theirs, Standing::backup(theirs.priority), now.time), &ours);
        all.into_iter().filter(|o| matches!(o.failure, Failure::Ko | Failure::Drop)).map(|o| o.reason).collect()
    }

    /// Somebody announced an address, by gratuitous ARP or neighbour advertisement, on an interface.
    pub fn announcement(&mut self, now: Now, ip: IpAddr, mac: [u8; 6]) {
        for instance in &mut self.instances {
            if instance.spec.addresses.iter().any(|a| a.ip == ip) {
                instance.announced_by.insert(ip, (mac, now.time));
            }
        }
    }

    /// Something on this host changed that keeps a virtual router out, or no longer does.
    pub fn fault(&mut self, now: Now, i: usize, fault: Fault, on: bool, host: &mut dyn Host) {
        let event = if on { Event::Fault(fault) } else { Event::Cleared(fault) };
        self.drive(now, Input::Instance(i, event), host);
    }

    /// A tracked script has run.
    pub fn script(&mut self, now: Now, tracker: usize, ok: bool, host: &mut dyn Host) {
        self.tracked(now, tracker, Input::Script(tracker, ok), host);
    }

    /// How a tracked interface is.
    pub fn interface(&mut self, now: Now, tracker: usize, up: bool, host: &mut dyn Host) {
        self.tracked(now, tracker, Input::Interface(tracker, up), host);
    }

    /// Passes on what a tracker reads, and tells of what changes by it.
    fn tracked(&mut self, now: Now, tracker: usize, input: Input, host: &mut dyn Host) {
        let before: Vec<u8> = (0..self.instances.len()).map(|i| self.priority(i)).collect();
        let reading = self.router.reading(tracker);
        self.drive(now, input, host);
        let after = self.router.reading(tracker);
        if reading == after {
            return;
        }
        let name = self.router.tracker(tracker).unwrap_or_default().to_owned();
        for i in 0..self.instances.len() {
            if self.router.tracks(i).any(|(track, _)| track.tracker == tracker) {
                let good = after == Some(Reading::Good);
                let (from, to) = (before.get(i).copied().unwrap_or_default(), self.priority(i));
                self.tell(now, i, What::Tracked { name: name.clone(), good, from, to });
            }
        }
    }

    fn priority(&self, i: usize) -> u8 {
        self.router.instance(i).map_or(0, VirtualRouter::priority)
    }

    /// The source address changed.
    pub fn source(&mut self, now: Now, i: usize, source: IpAddr, host: &mut dyn Host) {
        if let Some(instance) = self.instances.get_mut(i) {
            instance.spec.params.source = source;
            self.drive(now, Input::Instance(i, Event::Source(source)), host);
        }
    }

    /// An address of ours is gone from its interface, and we did not take it.
    pub fn address_lost(&mut self, now: Now, i: usize, ip: IpAddr, host: &mut dyn Host) {
        let Some(instance) = self.instances.get_mut(i) else { return };
        let Some(k) = instance.spec.addresses.iter().position(|a| a.ip == ip) else { return };
        if !std::mem::take(&mut instance.installed[k]) {
            return;
        }
        self.trouble(now, i, Trouble::Address(format!("{ip} was removed from its interface by someone else")));
        self.drive(now, Input::Instance(i, Event::AddressLost), host);
    }

    /// Which addresses are installed: (instance, address).
    pub fn installed(&self) -> impl Iterator<Item = (usize, &Address)> {
        self.instances.iter().enumerate().flat_map(|(i, instance)| {
            let here = instance.spec.addresses.iter().zip(&instance.installed).filter(|(_, on)| **on);
            here.map(move |(a, _)| (i, a))
        })
    }

    /// The operator wants something.
    pub fn command(&mut self, now: Now, i: usize, command: Command, host: &mut dyn Host) {
        if command == Command::Quit {
            self.end(now, host);
            return;
        }
        let Some(instance) = self.instances.get_mut(i) else { return };
        let running = instance.phase == Phase::Running;
        match command {
            Command::TakeOver if instance.phase == Phase::Waiting => {
                self.tell(now, i, What::Operator(command));
                self.join(now, i, host);
            }
            Command::Mute(mute) => {
                instance.muted = mute;
                self.tell(now, i, What::Operator(command));
            }
            Command::Preempt(preempt) => {
                instance.spec.params.preempt = preempt;
                self.tell(now, i, What::Operator(command));
                self.drive(now, Input::Instance(i, Event::Preempt(preempt)), host);
            }
            Command::Priority(by) => {
                if instance.spec.params.is_owner() {
                    self.trouble(now, i, Trouble::Other("an owner's priority is 255".into()));
                    return;
                }
                let before = self.router.instance(i).map_or(instance.spec.params.priority, VirtualRouter::priority);
                let after = i16::from(before).saturating_add(by).clamp(1, 254);
                let by = after - i16::from(before);
                if by != 0 {
                    instance.points = instance.points.saturating_add(by);
                    let points = instance.points;
                    self.tell(now, i, What::Operator(command));
                    self.drive(now, Input::Points(i, points), host);
                }
            }
            Command::Resign | Command::Advertise if running => {
                self.tell(now, i, What::Operator(command));
                let event = if command == Command::Resign { Event::Resign } else { Event::Advertise };
                self.drive(now, Input::Instance(i, event), host);
            }
            Command::Resign | Command::Advertise | Command::TakeOver | Command::Quit => {}
        }
    }

    /// Releases, takes the addresses off, and ends. Once.
    pub fn end(&mut self, now: Now, host: &mut dyn Host) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        // All at once: alone, the first of a sync group would make the others leave without a word.
        self.drive(now, Input::Stop, host);
        for i in 0..self.instances.len() {
            self.take_off(now, i, host);
            self.instances[i].phase = Phase::Ended;
            let left = self.instances[i].installed.iter().filter(|on| **on).count();
            if left == 0 {
                self.tell(now, i, What::Ended);
            }
        }
        self.listening = 0;
    }

    /// The source of a virtual router and its virtual addresses.
    pub fn identity(&self, i: usize) -> Option<(IpAddr, Vec<IpAddr>)> {
        let spec = &self.instances.get(i)?.spec;
        Some((spec.params.source, spec.addresses.iter().map(|a| a.ip).collect()))
    }

    /// Tells of something that went wrong outside.
    pub fn trouble(&mut self, now: Now, i: usize, trouble: Trouble) {
        if let Some(instance) = self.instances.get_mut(i) {
            instance.trouble = Some(trouble.to_string());
        }
        self.tell(now, i, What::Trouble(trouble));
    }

    fn tell(&mut self, now: Now, instance: usize, what: What) {
        self.told.push(Told { at: now.at, time: now.time, instance, what });
    }

    fn drive(&mut self, now: Now, input: Input, host: &mut dyn Host) {
        let mut actions = std::mem::take(&mut self.actions);
        actions.extend_from_slice(self.router.handle(now.at, input));
        for (i, action) in actions.drain(..) {
            self.perform(now, i, action, host);
        }
        self.actions = actions;
    }

    fn perform(&mut self, now: Now, i: usize, action: Action, host: &mut dyn Host) {
        match action {
            Action::SendAdvert { priority } => self.send(now, i, priority, host),
            Action::AddAddresses | Action::ChangeAddresses => self.put_on(now, i, host),
            Action::RemoveAddresses => self.take_off(now, i, host),
            Action::Announce { rounds } => self.announce(now, i, rounds, host),
            Action::Report(transition) => {
                self.instances[i].last = Some((transition, now.time));
                self.instances[i].ear.transition(&transition);
                if transition.to == State::Master {
                    self.instances[i].trouble = None;
                    self.instances[i].provisional = false;
                }
                self.tell(now, i, What::Transition(transition));
            }
            Action::Ready => {}
        }
    }

    fn send(&mut self, now: Now, i: usize, priority: u8, host: &mut dyn Host) {
        let instance = &mut self.instances[i];
        if self.consent.observe || instance.muted {
            return;
        }
        instance.ip_id = instance.ip_id.checked_add(1).unwrap_or(1);
        let p = &instance.spec.params;
        let mut spec = AdvertSpec {
            ttl: instance.spec.ttl,
            ip_id: instance.ip_id,
            version: p.version,
            priority,
            advert_int: p.advert_int,
            signing: instance.ear.sign(p, now.time),
            checksum: instance.ear.checksum(p),
            ..AdvertSpec::new(Mac([0; 6]), p.source, p.vrid, p.addresses.clone())
        };
        let destinations = match instance.spec.hearing.peers.as_slice() {
            [] => vec![instance.spec.hearing.group],
            peers => peers.iter().map(|p| Some(p.address)).collect(),
        };
        let (mut left, mut failed) = (false, None);
        for dst in destinations {
            spec.dst = dst;
            match host.transmit(i, &spec.packet()) {
                Ok(sent) => left |= sent,
                // One peer that cannot be reached says nothing about the others.
                Err(why) => failed = Some(why),
            }
        }
        if left {
            instance.sent.0 += 1;
            instance.sent.1 += u64::from(priority == 0);
            instance.last_sent = Some((now.at, priority));
            if self.every {
                self.tell(now, i, What::Sent { priority });
            }
        }
        // Once, not at every advert.
        if let Some(why) = failed.filter(|why| self.instances[i].trouble.as_ref() != Some(why)) {
            self.trouble(now, i, Trouble::Send(why));
        }
    }

    fn put_on(&mut self, now: Now, i: usize, host: &mut dyn Host) {
        self.each_address(now, i, true, host);
    }

    fn take_off(&mut self, now: Now, i: usize, host: &mut dyn Host) {
        self.each_address(now, i, false, host);
    }

    fn each_address(&mut self, now: Now, i: usize, add: bool, host: &mut dyn Host) {
        if self.consent.observe {
            return;
        }
        let Instance { spec, installed, .. } = &mut self.instances[i];
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut troubles = Vec::new();
        for (address, on) in spec.addresses.iter().zip(installed.iter_mut()) {
            if *on == add {
                continue;
            }
            let done = if add { host.install(i, address) } else { host.remove(i, address).map(|()| true) };
            match done {
                Ok(true) => {
                    *on = add;
                    *counts.entry(address.interface.as_deref().unwrap_or(&spec.interface)).or_default() += 1;
                }
                Ok(false) => troubles.push(format!(
                    "{} was on the interface already, put there by someone else; it is left as it is",
                    address.ip
                )),
                Err(why) => troubles.push(why),
            }
        }
        let counts: Vec<(String, usize)> = counts.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
        for (interface, count) in counts {
            self.tell(now, i, What::Addresses { added: add, count, interface });
        }
        for why in troubles {
            self.trouble(now, i, Trouble::Address(why));
        }
    }

    fn announce(&mut self, now: Now, i: usize, rounds: u8, host: &mut dyn Host) {
        let instance = &self.instances[i];
        if self.consent.observe || instance.muted || instance.spec.addresses.is_empty() {
            return;
        }
        let mut failed = None;
        for _ in 0..rounds {
            for address in &instance.spec.addresses {
                failed = host.announce(i, address).err().or(failed);
            }
        }
        let addresses = instance.spec.addresses.len();
        self.tell(now, i, What::Announced { rounds, addresses });
        if let Some(why) = failed {
            self.trouble(now, i, Trouble::Send(why));
        }
    }

    /// A picture for a screen.
    pub fn view(&self, now: Now) -> View {
        let instances = self.instances.iter().enumerate().map(|(i, n)| self.instance_view(now, i, n)).collect();
        View { at: now.at, time: now.time, observing: self.consent.observe, instances, beside: None }
    }

    fn instance_view(&self, now: Now, i: usize, n: &Instance) -> InstanceView {
        let machine = self.router.instance(i);
        let state = machine.map_or(State::Init, VirtualRouter::state);
        let says = if n.phase == Phase::Waiting { self.judge(now, i).says } else { n.says.clone() };
        let addresses = n.spec.addresses.iter().zip(&n.installed).map(|(a, on)| AddressView {
            ip: a.ip,
            prefix: a.prefix,
            interface: a.interface.clone().unwrap_or_else(|| n.spec.interface.clone()),
            installed: *on,
            advertised: a.advertised,
            announced_by: n.announced_by.get(&a.ip).copied(),
        });
        InstanceView {
            name: n.spec.name.clone(),
            interface: n.spec.interface.clone(),
            params: n.spec.params.clone(),
            auth: match n.spec.hearing.authentication {
                Authentication::None => "none",
                Authentication::Pass(_) => "PASS",
                Authentication::Ah(_) => "AH",
                Authentication::Hmac(_) => "HMAC",
            },
            unicast_peers: n.spec.hearing.peers.iter().map(|p| p.address).collect(),
            phase: n.phase,
            state,
            priority: machine.map_or(n.spec.params.priority, VirtualRouter::priority),
            muted: n.muted,
            fault: machine.and_then(|m| m.faults().first()),
            armed: machine.and_then(VirtualRouter::armed),
            preempt_at: machine.and_then(VirtualRouter::preempt_at),
            last: n.last,
            says,
            peers: n.peers.clone(),
            sent: n.sent,
            last_sent: n.last_sent,
            received: n.received,
            worst_late: n.worst_late,
            addresses: addresses.collect(),
            trouble: n.trouble.clone(),
        }
    }
}

/// All that is against an advert, or `first` if a second look finds nothing: a number that was used up meanwhile.
fn all_objections(instance: &Instance, advert: &Advert, now: Now, first: &str) -> Vec<String> {
    let params = &instance.spec.params;
    let receiver = instance.ear.receiver(params, Standing::backup(params.priority), now.time);
    let against = would_accept(&receiver, advert).into_iter().filter(|o| o.failure != Failure::Remark);
    let mut all: Vec<String> = against.map(|o| o.reason).collect();
    if all.is_empty() && !first.is_empty() {
        all.push(first.to_owned());
    }
    all
}

/// The word of [`Peer::auth`].
const fn word(a: Auth) -> &'static str {
    match a {
        Auth::None => "none",
        Auth::Pass(_) => "PASS",
        Auth::Ah => "AH",
        Auth::Hmac => "HMAC",
        Auth::Unknown(_) => "unknown",
    }
}
