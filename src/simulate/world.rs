//! The world of a scenario: hosts, what is between them, and what happens next.

mod acts;
mod look;
mod setup;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

pub use self::look::Check;
use self::setup::{connect, host};
use super::fault::Fault;
use super::host::{Bound, Host, Packet, Process};
use super::network::Network;
use super::queue::Queue;
use super::record::{Record, Sink};
use super::rng::Rng;
use super::scenario::Scenario;
use crate::frame::{Frame, LinkType};
use crate::time::{Instant, Timestamp};
use crate::vrrp::check::{Failure, Standing, Verdict};
use crate::vrrp::router::Input;
use crate::vrrp::script::{Job, Run as ScriptRun};
use crate::vrrp::track::Reading;
use crate::vrrp::{Action, Event, VirtualRouter};
use crate::wire::build::{Signing, gratuitous_arp, unsolicited_na};
use crate::wire::{Decoded, Decoder};

/// The wall clock at the beginning of every simulation: 2026-01-01 00:00:00 UTC. Digests and captures need one.
pub const EPOCH_MICROS: i64 = 1_767_225_600_000_000;

/// Something that is to happen.
#[expect(clippy::large_enum_variant, reason = "few wait at a time")]
#[derive(Clone, Debug)]
enum Happening {
    /// A node's process is ready.
    Start(usize),
    /// An event of the scenario.
    Fault(usize, Fault),
    /// A packet arrives at an interface of a node.
    Arrive(usize, usize, Arc<Packet>),
    /// A run of a script ends: node, process, script, run, success.
    Ended(usize, u32, usize, ScriptRun, bool),
}

/// A simulation that runs.
#[derive(Clone, Debug)]
pub struct World {
    now: Instant,
    /// The hosts.
    hosts: Vec<Host>,
    /// What is between them.
    pub(super) network: Network,
    queue: Queue<Happening>,
    rng: Rng,
    latency: Duration,
    /// How often a timer was set.
    armed: u64,
    decoder: Decoder,
    out: Vec<Record>,
    /// Kept for its memory.
    actions: Vec<(usize, Action)>,
    /// Frames, when somebody wants them.
    frames: Option<Vec<(Instant, Vec<u8>)>>,
    /// Whether adverts are recorded.
    adverts: bool,
}

impl World {
    /// The world of a scenario, before anything has happened.
    pub fn new(scenario: &Scenario) -> Self {
        let mut hosts: Vec<Host> = scenario.nodes.iter().enumerate().map(|(n, spec)| host(n, spec)).collect();
        connect(&mut hosts);
        let mut queue = Queue::default();
        for (n, spec) in scenario.nodes.iter().enumerate() {
            if let Some(at) = spec.start {
                queue.push(at, Happening::Start(n));
            }
        }
        let mut events: Vec<_> = scenario.events.iter().enumerate().collect();
        events.sort_by_key(|(i, e)| (e.at, *i));
        for (i, event) in events {
            queue.push(event.at, Happening::Fault(i, event.fault.clone()));
        }
        Self {
            now: Instant::ZERO,
            hosts,
            network: Network::default(),
            queue,
            rng: Rng::from_seed(scenario.seed),
            latency: scenario.latency,
            armed: 0,
            decoder: Decoder::default(),
            out: Vec::new(),
            actions: Vec::new(),
            frames: None,
            adverts: false,
        }
    }

    /// Has each advert recorded; else only what changes is.
    pub fn record_adverts(&mut self, on: bool) {
        self.adverts = on;
    }

    /// The moment up to which everything has happened.
    pub fn now(&self) -> Instant {
        self.now
    }

    /// When something happens next.
    pub fn next_at(&self) -> Option<Instant> {
        let due = |h: &Host| Some(h.global(h.next_deadline()?).after(self.latency));
        self.hosts.iter().filter_map(due).chain(self.queue.next_at()).min()
    }

    /// Plays until a moment, that included.
    pub fn run_until(&mut self, until: Instant, sink: &mut dyn Sink) {
        self.frames = sink.wants_frames().then(Vec::new);
        while let Some(at) = self.next_at().filter(|at| *at <= until) {
            self.step(at);
            self.flush(sink);
        }
        self.now = self.now.max(until);
    }

    /// Lets an operator do something now.
    pub fn inject(&mut self, fault: &Fault, sink: &mut dyn Sink) {
        self.frames = sink.wants_frames().then(Vec::new);
        self.befall(fault, None);
        self.flush(sink);
    }

    /// A frame from outside is on a network now: of somebody who is no node of it.
    pub fn hear(&mut self, segment: usize, frame: &Frame<'_>) {
        if let Decoded::Advert(advert) = self.decoder.decode(frame) {
            self.deliver(&Arc::new(Packet { from: usize::MAX, segment, advert: *advert }));
        }
    }

    fn flush(&mut self, sink: &mut dyn Sink) {
        if let Some(frames) = &mut self.frames {
            frames.drain(..).for_each(|(at, bytes)| sink.frame(at, &bytes));
        }
        for record in self.out.drain(..) {
            sink.record(record);
        }
    }

    /// Does what happens next, at its time. What was put into the queue comes before timers that are due at that time.
    /// Backups whose patience ends at the same time all become masters: none of them hears another in time. But of masters
    /// the one sends first that set its timer first, and that may keep the others from it. When one sends, those that hear
    /// it begin their interval anew and are due with it again; on a real wire it is ahead of them by the way of the packet.
    fn step(&mut self, at: Instant) {
        self.now = at;
        if self.queue.next_at() == Some(at) {
            match self.queue.pop() {
                Some((_, Happening::Start(n))) => self.start(n),
                Some((_, Happening::Fault(i, fault))) => self.befall(&fault, Some(i)),
                Some((_, Happening::Arrive(n, interface, packet))) => self.arrive(n, interface, &packet),
                Some((_, Happening::Ended(n, epoch, script, run, ok))) => self.ended(n, epoch, script, run, ok),
                None => {}
            }
            return;
        }
        let mut sender: Option<(u64, usize)> = None;
        let mut ticked = false;
        for n in 0..self.hosts.len() {
            let host = &self.hosts[n];
            if host.next_deadline().is_none_or(|d| host.global(d).after(self.latency) > at) {
                continue;
            }
            if let Some(armed) = host.next_advert() {
                sender = sender.into_iter().chain([(armed, n)]).min();
            } else {
                self.tick(n);
                ticked = true;
            }
        }
        if let Some((_, n)) = sender.filter(|_| !ticked) {
            self.tick(n);
        }
    }

    fn track(&mut self, n: usize, name: &str, kind: impl Fn(Kind) -> bool, input: impl Fn(usize) -> Input) {
        let Some(process) = self.hosts.get(n).and_then(|h| h.process.as_ref()) else { return };
        let ids = (0..).map_while(|id| Some((id, process.router.tracker(id)?)));
        let ids: Vec<usize> =
            ids.filter(|(id, t)| *t == name && kind(kind_of(process, *id))).map(|(id, _)| id).collect();
        for id in ids {
            self.tracked(n, id, input(id));
        }
    }

    /// Passes on what a tracker reads, and records what changes by it.
    fn tracked(&mut self, n: usize, id: usize, input: Input) {
        let Some(process) = self.hosts.get(n).and_then(|h| h.process.as_ref()) else { return };
        let before = process.router.reading(id);
        let priorities: Vec<(usize, u8)> = process
            .router
            .instances()
            .filter(|(i, _)| process.router.tracks(*i).any(|(t, _)| t.tracker == id))
            .map(|(i, vr)| (i, vr.priority()))
            .collect();
        let from = self.out.len();
        self.tell(n, input);
        let Some(process) = self.hosts.get(n).and_then(|h| h.process.as_ref()) else { return };
        let after = process.router.reading(id);
        if before == after {
            return;
        }
        let good = match after {
            Some(Reading::Value(v)) => v == 0,
            after => after == Some(Reading::Good),
        };
        let tracker = process.router.tracker(id).unwrap_or_default();
        let told = priorities.iter().filter_map(|(i, priority)| {
            Some(Record::Tracked {
                at: self.now,
                who: process.who(*i)?,
                tracker: tracker.to_owned(),
                good,
                from: *priority,
                to: process.router.instance(*i).map_or(*priority, VirtualRouter::priority),
            })
        });
        // The cause before what it does.
        let told: Vec<Record> = told.collect();
        self.out.splice(from..from, told);
    }

    /// Does what is due on a node.
    fn tick(&mut self, n: usize) {
        self.run_scripts(n);
        loop {
            let Some(host) = self.hosts.get(n).filter(|h| !h.paused) else { return };
            let local = host.local(self.now);
            let due = host.process.as_ref().and_then(|p| p.router.next_deadline()).filter(|(at, ..)| *at <= local);
            let Some((_, i, _)) = due else { return };
            self.tell(n, Input::Instance(i, Event::Timer));
        }
    }

    fn run_scripts(&mut self, n: usize) {
        let mut s = 0;
        loop {
            let Some(host) = self.hosts.get_mut(n).filter(|h| !h.paused) else { return };
            let local = host.local(self.now);
            let Some(process) = &mut host.process else { return };
            let epoch = process.epoch;
            let Some(script) = process.scripts.get_mut(s) else { return };
            let job = script.schedule.tick(local);
            let outcome = host.scripts.get(&script.name).copied().unwrap_or_default();
            match job {
                Some(Job::Start(run)) if outcome.hangs => script.hanging.push(run),
                Some(Job::Start(run)) if outcome.takes.is_zero() => self.ended(n, epoch, s, run, outcome.exit == 0),
                Some(Job::Start(run)) => {
                    let ends = self.now.after(outcome.takes);
                    self.queue.push(ends, Happening::Ended(n, epoch, s, run, outcome.exit == 0));
                }
                // A hanging run ends when it is asked to, and has failed.
                Some(Job::Terminate(run) | Job::Kill(run)) if script.hanging.contains(&run) => {
                    script.hanging.retain(|r| *r != run);
                    self.ended(n, epoch, s, run, false);
                }
                // One that is slow, too: keepalived counts it as failed.
                Some(Job::Terminate(run) | Job::Kill(run)) => self.ended(n, epoch, s, run, false),
                Some(Job::Skip) => {}
                None => s += 1,
            }
        }
    }

    /// A run of a script has ended.
    fn ended(&mut self, n: usize, epoch: u32, script: usize, run: ScriptRun, ok: bool) {
        let Some(process) = self.hosts.get_mut(n).and_then(|h| h.process.as_mut()) else { return };
        if process.epoch != epoch {
            return;
        }
        let Some(script) = process.scripts.get_mut(script) else { return };
        if script.schedule.ended(run).is_some() {
            let id = script.tracker;
            self.tracked(n, id, Input::Script(id, ok));
        }
    }

    fn arrive(&mut self, n: usize, interface: usize, packet: &Arc<Packet>) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(n) else { return };
        if !self.network.hears(n, interface) || host.interfaces.get(interface).is_none_or(|i| !i.up) {
            return;
        }
        if host.paused {
            host.inbox.push_back((interface, Arc::clone(packet)));
            return;
        }
        let wall = wall(host.local(now));
        let Some(process) = &mut host.process else { return };
        let key = (interface, packet.advert.src.is_ipv6(), packet.advert.vrid);
        let Some(places) = process.ears.get(&key) else { return };
        let mut inputs: [Option<(usize, Event)>; 1] = [None];
        for &place in places {
            let Some(bound) = process.bound.get_mut(place).and_then(Option::as_mut) else { continue };
            let Some(vr) = process.router.instance(place) else { continue };
            match bound.ear.receive(vr.params(), Standing::from(vr), wall, &packet.advert) {
                Verdict::Accepted { heard, .. } => {
                    inputs[0] = Some((place, Event::Advert(heard)));
                    break;
                }
                Verdict::Rejected(objection) => {
                    let told = (packet.advert.src, objection.check);
                    if objection.failure != Failure::Unseen && !bound.told.contains(&told) {
                        bound.told.push(told);
                        let (src, reason) = (packet.advert.src, objection.reason);
                        self.out.push(Record::Rejected { at: now, who: bound.who.clone(), src, reason });
                    }
                    inputs[0] = Some((place, Event::Rejected));
                    break;
                }
                // Another socket's.
                Verdict::Unseen(_) => {}
            }
        }
        if let Some((place, event)) = inputs[0].take() {
            self.tell(n, Input::Instance(place, event));
        }
    }

    /// Tells a node's process what happened and does what that wants.
    fn tell(&mut self, n: usize, input: Input) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        let local = host.local(self.now);
        let Some(process) = &mut host.process else { return };
        let alone = match &input {
            Input::Instance(i, _) if process.router.group(*i).is_empty() => Some(*i),
            _ => None,
        };
        let mut actions = std::mem::take(&mut self.actions);
        actions.clear();
        actions.extend_from_slice(process.router.handle(local, input));
        for place in alone.map_or(0..process.bound.len(), |i| i..i + 1) {
            let Some(bound) = process.bound.get_mut(place).and_then(Option::as_mut) else { continue };
            let due = process.router.instance(place).and_then(VirtualRouter::next_deadline).map(|(at, _)| at);
            if bound.due != due {
                self.armed += 1;
                (bound.due, bound.armed) = (due, self.armed);
            }
        }
        for (place, action) in actions.drain(..) {
            self.perform(n, place, action);
        }
        self.actions = actions;
    }

    fn perform(&mut self, n: usize, place: usize, action: Action) {
        let at = self.now;
        match action {
            Action::SendAdvert { priority } => self.send(n, place, priority),
            Action::AddAddresses | Action::ChangeAddresses => {
                let Some(host) = self.hosts.get_mut(n) else { return };
                let bound = host.process.as_ref().and_then(|p| p.bound.get(place)).and_then(Option::as_ref);
                let addresses: Vec<IpAddr> = bound
                    .into_iter()
                    .flat_map(|b| b.run.addresses.iter().chain(&b.run.excluded))
                    .map(|a| a.address)
                    .collect();
                host.installed.retain(|_, owner| *owner != place);
                host.installed.extend(addresses.into_iter().map(|a| (a, place)));
                let who = host.process.as_ref().and_then(|p| p.who(place));
                self.out.extend(who.map(|who| Record::Addresses { at, who, added: true }));
            }
            Action::RemoveAddresses => {
                let Some(host) = self.hosts.get_mut(n) else { return };
                host.installed.retain(|_, owner| *owner != place);
                let who = host.process.as_ref().and_then(|p| p.who(place));
                self.out.extend(who.map(|who| Record::Addresses { at, who, added: false }));
            }
            Action::Announce { rounds } => self.announce(n, place, rounds),
            Action::Report(mut transition) => {
                transition.at = at;
                let bound = self.hosts.get_mut(n).and_then(|h| h.process.as_mut()).and_then(|p| p.bound.get_mut(place));
                if let Some(bound) = bound.and_then(Option::as_mut) {
                    bound.ear.transition(&transition);
                    bound.told.clear();
                    let who = bound.who.clone();
                    let armed = self.router(n, place).and_then(VirtualRouter::armed);
                    self.out.push(Record::State { who, transition, armed });
                }
            }
            Action::Ready => {}
        }
    }

    fn send(&mut self, n: usize, place: usize, priority: u8) {
        let at = self.now;
        let Some(host) = self.hosts.get_mut(n) else { return };
        let local = host.local(at);
        let Host { interfaces, process: Some(process), .. } = host else { return };
        let Some(bound) = process.bound.get_mut(place).and_then(Option::as_mut) else { return };
        let Some(interface) = interfaces.get(bound.interface) else { return };
        let Some(vr) = process.router.instance(place) else { return };
        // Nothing leaves an interface that is down, or with a TTL of 0.
        let leaves = interface.up && self.network.speaks(n, bound.interface) && bound.run.ttl > 0;
        if self.adverts {
            self.out.push(Record::Advert { at, who: bound.who.clone(), priority, left: leaves });
        }
        let signing = bound.ear.sign(vr.params(), wall(local));
        bound.spec.ip_id = bound.spec.ip_id.checked_add(1).unwrap_or(1);
        if !leaves {
            return;
        }
        let constant = matches!(signing, Signing::None | Signing::Pass(_));
        let known = bound.last.take().filter(|(p, _)| constant && *p == priority && self.frames.is_none());
        let packets = if let Some((_, packets)) = known {
            packets
        } else {
            let p = vr.params();
            bound.spec.priority = priority;
            bound.spec.advert_int = p.advert_int;
            bound.spec.signing = signing;
            bound.spec.checksum = bound.ear.checksum(p);
            let mut packets = Vec::new();
            for dst in destinations(bound) {
                bound.spec.dst = dst;
                let bytes = bound.spec.frame();
                let frame = Frame {
                    number: 0,
                    time: wall(at),
                    link: LinkType::Ethernet,
                    stripped_tag: None,
                    data: &bytes,
                    wire_len: bytes.len() as u32,
                };
                if let Decoded::Advert(advert) = self.decoder.decode(&frame) {
                    packets.push(Arc::new(Packet { from: n, segment: interface.segment, advert: *advert }));
                }
                if let Some(frames) = &mut self.frames {
                    frames.push((at, bytes));
                }
            }
            packets.into()
        };
        if constant {
            bound.last = Some((priority, Arc::clone(&packets)));
        }
        for packet in packets.iter() {
            self.deliver(packet);
        }
    }

    /// Puts a packet on its way to whom it reaches.
    fn deliver(&mut self, packet: &Arc<Packet>) {
        let dst = packet.advert.dst;
        for n in 0..self.hosts.len() {
            if n == packet.from || !self.network.connects(packet.from, n) {
                continue;
            }
            for (k, interface) in self.hosts[n].interfaces.iter().enumerate() {
                let reaches = if dst.is_multicast() {
                    interface.segment == packet.segment
                } else {
                    interface.addresses.iter().any(|(a, _)| *a == dst)
                };
                if !reaches {
                    continue;
                }
                if let Some(time) = self.network.travel(packet.from, n, &mut self.rng) {
                    let at = self.now.after(time).after(self.latency);
                    self.queue.push(at, Happening::Arrive(n, k, Arc::clone(packet)));
                }
            }
        }
    }

    fn announce(&mut self, n: usize, place: usize, rounds: u8) {
        let at = self.now;
        let Some(host) = self.hosts.get(n) else { return };
        let who = host.process.as_ref().and_then(|p| p.who(place));
        self.out.extend(who.map(|who| Record::Announced { at, who, rounds }));
        let Some(frames) = &mut self.frames else { return };
        let bound = host.process.as_ref().and_then(|p| p.bound.get(place)).and_then(Option::as_ref);
        let Some(bound) = bound.filter(|b| host.interfaces.get(b.interface).is_some_and(|i| i.up)) else { return };
        let mac = bound.spec.mac;
        for _ in 0..rounds {
            for a in bound.run.addresses.iter().chain(&bound.run.excluded) {
                frames.push((
                    at,
                    match a.address {
                        IpAddr::V4(ip) => gratuitous_arp(mac, ip, &[]),
                        IpAddr::V6(ip) => unsolicited_na(mac, ip, &[]),
                    },
                ));
            }
        }
    }
}

/// The wall clock at a moment.
fn wall(at: Instant) -> Timestamp {
    Timestamp::from_micros(at.as_micros().saturating_add(EPOCH_MICROS))
}

/// What a tracker reads, without its first reading.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Script,
    Interface,
    Process,
    File,
    Bfd,
}

fn kind_of(process: &Process, id: usize) -> Kind {
    use crate::vrrp::track::Kind as K;
    match process.router.tracker_kind(id) {
        Some(K::Interface) => Kind::Interface,
        Some(K::Process) => Kind::Process,
        Some(K::File) => Kind::File,
        Some(K::Bfd) => Kind::Bfd,
        Some(K::Script) | None => Kind::Script,
    }
}

fn destinations(bound: &Bound) -> Vec<Option<IpAddr>> {
    match bound.ear.hearing.peers.as_slice() {
        [] => vec![bound.ear.hearing.group],
        peers => peers.iter().map(|p| Some(p.address)).collect(),
    }
}
