//! The world of a scenario: hosts, what is between them, and what happens next.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use super::fault::{Fault, Line};
use super::host::{Bound, Host, Interface, Packet, Process, Script};
use super::network::Network;
use super::queue::Queue;
use super::record::{Record, Sink, Who};
use super::rng::Rng;
use super::scenario::{Behaviour, Scenario, Setting};
use crate::conf::{RunInstance, model::VrrpScript};
use crate::frame::{Frame, LinkType};
use crate::time::{Instant, Timestamp};
use crate::vrrp::check::{Failure, Listener, Standing, Verdict};
use crate::vrrp::router::{Config, Input, Source, VrrpRouter};
use crate::vrrp::script::{Job, Run as ScriptRun, Schedule};
use crate::vrrp::sequence::Authentication;
use crate::vrrp::track::Reading;
use crate::vrrp::{Action, Event, Fault as Cause, VirtualRouter};
use crate::wire::build::{AdvertSpec, Signing, gratuitous_arp, unsolicited_na};
use crate::wire::{Decoded, Decoder, Mac};

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

/// A script, process or file that a node tracks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What it is called.
    pub name: String,
    /// What of these it is.
    pub kind: crate::vrrp::track::Kind,
    /// What the script does when it is run.
    pub script: Behaviour,
    /// Whether enough of the process run.
    pub running: bool,
    /// The number in the file.
    pub value: i32,
    /// What the node takes it for; nothing while its process does not run.
    pub reading: Option<Reading>,
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

    // What a screen asks.

    /// How many nodes there are.
    pub fn nodes(&self) -> usize {
        self.hosts.len()
    }

    /// A node's name.
    pub fn name(&self, node: usize) -> &str {
        self.hosts.get(node).map_or("", |h| &h.name)
    }

    /// Whether a node's process runs.
    pub fn is_running(&self, node: usize) -> bool {
        self.hosts.get(node).is_some_and(|h| h.process.is_some())
    }

    /// Whether a node's process stands still.
    pub fn is_paused(&self, node: usize) -> bool {
        self.hosts.get(node).is_some_and(|h| h.paused)
    }

    /// The state of the links.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Instances of a node: their places and what is configured; those of the last process when none runs.
    pub fn instances(&self, node: usize) -> impl Iterator<Item = (usize, &RunInstance)> {
        let host = self.hosts.get(node);
        let running = host.and_then(|h| h.process.as_ref());
        let configured = host.filter(|h| h.process.is_none()).map(|h| h.setting.run.instances.iter().enumerate());
        let bound = running.into_iter().flat_map(|p| p.bound.iter().enumerate());
        bound.filter_map(|(i, b)| Some((i, &b.as_ref()?.run))).chain(configured.into_iter().flatten())
    }

    /// The state machine of an instance.
    pub fn router(&self, node: usize, instance: usize) -> Option<&VirtualRouter> {
        self.hosts.get(node)?.process.as_ref()?.router.instance(instance)
    }

    /// The network that an instance is on.
    pub fn segment(&self, node: usize, instance: usize) -> Option<usize> {
        let host = self.hosts.get(node)?;
        let run = self.instances(node).find(|(i, _)| *i == instance)?.1;
        Some(host.interfaces.get(host.interface(run.interface.as_deref()?)?)?.segment)
    }

    /// Addresses that a node sends from.
    pub fn addresses(&self, node: usize) -> Vec<IpAddr> {
        let Some(host) = self.hosts.get(node) else { return Vec::new() };
        let own = host.interfaces.iter().flat_map(|i| i.addresses.iter().map(|a| a.0));
        own.chain(host.removed.iter().map(|(_, a, _)| *a)).collect()
    }

    /// Names of what an instance tracks.
    pub fn tracks(&self, node: usize, instance: usize) -> Vec<String> {
        let Some(process) = self.hosts.get(node).and_then(|h| h.process.as_ref()) else { return Vec::new() };
        let names = process.router.tracks(instance).filter_map(|(t, _)| process.router.tracker(t.tracker));
        names.map(str::to_owned).collect()
    }

    /// A number for what this world is in, seen from its own moment: two worlds with the same number go on alike. Times
    /// count from now; what was only counted or noted does not matter.
    pub fn fingerprint(&self) -> u64 {
        let mut h = DefaultHasher::new();
        let since = |at: Instant| at.as_micros() - self.now.as_micros();
        for host in &self.hosts {
            // Which of those that are due at once goes first.
            let due = host.next_deadline();
            let ahead = |h: &&Host| due.is_some() && h.next_deadline() == due && h.next_advert() < host.next_advert();
            self.hosts.iter().filter(ahead).count().hash(&mut h);
            (host.paused, host.drift_ppm, &host.installed, &host.files, &host.processes).hash(&mut h);
            host.inbox.len().hash(&mut h);
            for i in &host.interfaces {
                (i.up, &i.addresses).hash(&mut h);
            }
            for (name, outcome) in &host.scripts {
                (name, outcome).hash(&mut h);
            }
            let Some(process) = &host.process else {
                0_u8.hash(&mut h);
                continue;
            };
            for (place, vr) in process.router.instances() {
                place.hash(&mut h);
                vr.fingerprint(host.local(self.now), &mut h);
                process.router.tracks(place).for_each(|(t, e)| (t.tracker, e.points, e.fault, e.pending).hash(&mut h));
            }
            for bound in process.bound.iter().flatten() {
                // Sequence numbers decide too, where there are any.
                if matches!(bound.ear.hearing.authentication, Authentication::Ah(_) | Authentication::Hmac(_)) {
                    format!("{:?}", bound.ear.memory.signer).hash(&mut h);
                }
            }
            for script in &process.scripts {
                script.schedule.next_deadline().map(|d| since(host.global(d))).hash(&mut h);
                process.router.script(script.tracker).hash(&mut h);
            }
        }
        self.network.hash(&mut h);
        h.finish()
    }

    /// Virtual addresses that are on a node.
    pub fn installed(&self, node: usize) -> impl Iterator<Item = IpAddr> {
        self.hosts.get(node).into_iter().flat_map(|h| h.installed.keys().copied())
    }

    /// What a script does now.
    pub fn script(&self, node: usize, name: &str) -> Behaviour {
        self.hosts.get(node).and_then(|h| h.scripts.get(name)).copied().unwrap_or_default()
    }

    /// Interfaces of a node: the one of a name, or all that carry VRRP.
    pub fn interfaces(&self, node: usize, name: Option<&str>) -> Vec<usize> {
        let Some(host) = self.hosts.get(node) else { return Vec::new() };
        if let Some(name) = name {
            host.interface(name).into_iter().collect()
        } else {
            let mut all: Vec<usize> =
                host.setting.run.instances.iter().filter_map(|i| host.interface(i.interface.as_deref()?)).collect();
            all.sort_unstable();
            all.dedup();
            all
        }
    }

    /// All interfaces of a node: name, whether it is up, own addresses.
    pub fn links(&self, node: usize) -> impl Iterator<Item = (&str, bool, &[(IpAddr, u8)])> {
        let all = self.hosts.get(node).into_iter().flat_map(|h| &h.interfaces);
        all.map(|i| (i.name.as_str(), i.up, i.addresses.as_slice()))
    }

    /// The scripts, processes and files that a node tracks.
    pub fn checks(&self, node: usize) -> Vec<Check> {
        use crate::vrrp::track::Kind as K;
        let Some(host) = self.hosts.get(node) else { return Vec::new() };
        let run = &host.setting.run;
        let tracks = run.instances.iter().flat_map(|i| &i.track).chain(run.groups.iter().flat_map(|g| &g.track));
        let mut all: Vec<Check> = Vec::new();
        for track in tracks.filter(|t| matches!(t.kind, K::Script | K::Process | K::File)) {
            if all.iter().any(|c| c.kind == track.kind && c.name == track.name) {
                continue;
            }
            let router = host.process.as_ref().map(|p| &p.router);
            let reading = router.and_then(|r| {
                let mut ids = (0..).map_while(|id| Some((id, r.tracker(id)?)));
                let own = ids.find(|(id, name)| *name == track.name && r.tracker_kind(*id) == Some(track.kind));
                r.reading(own?.0)
            });
            all.push(Check {
                name: track.name.clone(),
                kind: track.kind,
                script: self.script(node, &track.name),
                running: host.processes.get(&track.name).copied().unwrap_or(true),
                value: host.files.get(&track.name).copied().unwrap_or(0),
                reading,
            });
        }
        all
    }

    /// An interface of a node by its name.
    pub fn interface(&self, node: usize, name: &str) -> Option<usize> {
        self.hosts.get(node)?.interface(name)
    }

    /// Whether an interface is up and running.
    pub fn is_up(&self, node: usize, interface: usize) -> bool {
        self.hosts.get(node).and_then(|h| h.interfaces.get(interface)).is_some_and(|i| i.up)
    }

    // What befalls.

    fn befall(&mut self, fault: &Fault, event: Option<usize>) {
        let names = self.hosts.iter().map(|h| h.name.as_str()).collect();
        let what = Line { fault, names }.to_string();
        self.out.push(Record::Fault { at: self.now, what, event });
        (fault.kind.apply)(self, &fault.args);
    }

    /// A node's process is there and ready.
    pub(super) fn start(&mut self, n: usize) {
        let now = self.now;
        let Some(host) = self.hosts.get_mut(n).filter(|h| h.process.is_none()) else { return };
        host.epoch += 1;
        host.paused = false;
        host.inbox.clear();
        // What a process before it has left behind goes.
        let own = |address: &IpAddr| {
            let runs = host.setting.run.instances.iter();
            runs.flat_map(|i| i.addresses.iter().chain(&i.excluded)).any(|a| a.address == *address)
        };
        let leftover: Vec<IpAddr> = host.installed.keys().copied().filter(own).collect();
        for address in leftover {
            host.installed.remove(&address);
        }
        let (config, runs) = config(host);
        let router = VrrpRouter::new(config);
        let mut process =
            Process { router, bound: Vec::new(), ears: BTreeMap::new(), scripts: Vec::new(), epoch: host.epoch };
        bind(n, host, &mut process, runs);
        host.process = Some(process);
        for (place, cause) in causes(host) {
            self.tell(n, Input::Instance(place, Event::Fault(cause)));
        }
        self.tell(n, Input::Start);
        self.start_scripts(n, now);
    }

    /// Sessions of BFD come up and scripts run for the first time.
    fn start_scripts(&mut self, n: usize, now: Instant) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        let local = host.local(now);
        let Some(process) = &mut host.process else { return };
        let sessions: Vec<usize> = bfds(&host.setting, process);
        for script in &mut process.scripts {
            script.schedule.start(local);
        }
        for id in sessions {
            self.tell(n, Input::Bfd(id, true));
        }
        self.run_scripts(n);
    }

    pub(super) fn stop(&mut self, n: usize) {
        self.tell(n, Input::Stop);
        if let Some(host) = self.hosts.get_mut(n) {
            host.process = None;
            host.paused = false;
        }
    }

    /// The process is gone without a word.
    pub(super) fn gone(&mut self, n: usize, keep: bool) {
        let at = self.now;
        let Some(host) = self.hosts.get_mut(n) else { return };
        let ran = host.process.take().is_some();
        host.paused = false;
        host.inbox.clear();
        if !keep {
            host.installed.clear();
        }
        if ran {
            let left = host.installed.keys().copied().collect();
            self.out.push(Record::Gone { at, node: n, left });
        }
    }

    pub(super) fn pause(&mut self, n: usize) {
        if let Some(host) = self.hosts.get_mut(n).filter(|h| h.process.is_some()) {
            host.paused = true;
        }
    }

    /// It finds packets and timers at once. keepalived handles a socket that has become readable before a timer that is
    /// up, and the packets of a virtual router may move its timer.
    pub(super) fn resume(&mut self, n: usize) {
        let Some(host) = self.hosts.get_mut(n).filter(|h| h.paused) else { return };
        host.paused = false;
        while let Some((interface, packet)) = self.hosts.get_mut(n).and_then(|h| h.inbox.pop_front()) {
            self.arrive(n, interface, &packet);
        }
        self.tick(n);
    }

    /// The configuration is read again, or another one.
    pub(super) fn reload(&mut self, n: usize, setting: Option<&Setting>) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        if let Some(setting) = setting {
            host.setting = setting.clone();
            missing_interfaces(n, host);
        }
        if host.process.is_none() {
            return;
        }
        let (config, runs) = config(host);
        self.tell(n, Input::Reload(Box::new(config)));
        let now = self.now;
        let Some(host) = self.hosts.get_mut(n) else { return };
        if let Some(mut process) = host.process.take() {
            bind(n, host, &mut process, runs);
            host.process = Some(process);
        }
        self.start_scripts(n, now);
    }

    pub(super) fn link(&mut self, n: usize, interface: usize, up: bool) {
        let Some(i) = self.hosts.get_mut(n).and_then(|h| h.interfaces.get_mut(interface)) else { return };
        if std::mem::replace(&mut i.up, up) != up {
            let name = i.name.clone();
            self.track(n, &name, |source| matches!(source, Kind::Interface), |id| Input::Interface(id, up));
        }
    }

    pub(super) fn set_script(&mut self, n: usize, name: &str, outcome: Behaviour) {
        if let Some(host) = self.hosts.get_mut(n) {
            host.scripts.insert(name.to_owned(), outcome);
        }
    }

    pub(super) fn set_process(&mut self, n: usize, name: &str, running: bool) {
        if let Some(host) = self.hosts.get_mut(n) {
            host.processes.insert(name.to_owned(), running);
            self.track(n, name, |source| matches!(source, Kind::Process), |id| Input::Process(id, running));
        }
    }

    pub(super) fn set_file(&mut self, n: usize, name: &str, value: i32) {
        if let Some(host) = self.hosts.get_mut(n) {
            host.files.insert(name.to_owned(), value);
            self.track(n, name, |source| matches!(source, Kind::File), |id| Input::File(id, value));
        }
    }

    /// Somebody takes an address off. With an interface's first address of a network the kernel takes the others of that
    /// network off, too.
    pub(super) fn remove_address(&mut self, n: usize, address: IpAddr) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        if let Some(place) = host.installed.remove(&address) {
            self.tell(n, Input::Instance(place, Event::AddressLost));
            return;
        }
        let own = host.interfaces.iter().enumerate().find_map(|(k, i)| {
            let at = i.addresses.iter().position(|(a, _)| *a == address)?;
            Some((k, at))
        });
        let Some((k, at)) = own else { return };
        let (_, prefix) = host.interfaces[k].addresses.remove(at);
        host.removed.push((k, address, prefix));
        let lost: Vec<(IpAddr, usize)> = host
            .installed
            .iter()
            .filter(|(a, place)| {
                let bound = host.process.as_ref().and_then(|p| p.bound.get(**place)).and_then(Option::as_ref);
                let all = bound.into_iter().flat_map(|b| b.run.addresses.iter().chain(&b.run.excluded));
                let same = |p: u8| p == prefix && network(**a, p) == network(address, p);
                all.filter(|r| r.address == **a).any(|r| same(r.prefix))
            })
            .map(|(a, place)| (*a, *place))
            .collect();
        for (address, place) in lost {
            if self.hosts[n].installed.remove(&address).is_some() {
                self.tell(n, Input::Instance(place, Event::AddressLost));
            }
        }
        self.resource(n, k);
    }

    pub(super) fn add_address(&mut self, n: usize, address: IpAddr) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        let Some(at) = host.removed.iter().position(|(_, a, _)| *a == address) else { return };
        let (k, address, prefix) = host.removed.remove(at);
        host.interfaces[k].addresses.push((address, prefix));
        self.resource(n, k);
    }

    /// The addresses of an interface have changed: instances there send from another one, or from none.
    fn resource(&mut self, n: usize, interface: usize) {
        let Some(host) = self.hosts.get_mut(n) else { return };
        let mut inputs = Vec::new();
        let Host { interfaces, process: Some(process), .. } = host else { return };
        for (place, bound) in process.bound.iter_mut().enumerate() {
            let Some(bound) = bound.as_mut().filter(|b| b.interface == interface) else { continue };
            let Some(vr) = process.router.instance(place) else { continue };
            let without = vr.has_fault(Cause::NoSource);
            match own_address(&interfaces[interface], bound.run.ipv6, bound.run.source) {
                Some(source) => {
                    bound.spec.src = source;
                    bound.last = None;
                    inputs.push((place, Event::Source(source)));
                    if without {
                        inputs.push((place, Event::Cleared(Cause::NoSource)));
                    }
                }
                None if !without => inputs.push((place, Event::Fault(Cause::NoSource))),
                None => {}
            }
        }
        for (place, event) in inputs {
            self.tell(n, Input::Instance(place, event));
        }
    }

    // What runs.

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

fn bfds(_setting: &Setting, process: &Process) -> Vec<usize> {
    (0..)
        .map_while(|id| process.router.tracker(id).map(|_| id))
        .filter(|id| kind_of(process, *id) == Kind::Bfd)
        .collect()
}

/// A host as its scenario has it.
fn host(n: usize, spec: &super::scenario::NodeSpec) -> Host {
    let mut host = Host {
        name: spec.name.clone(),
        daemon: spec.daemon,
        setting: spec.setting.clone(),
        interfaces: Vec::new(),
        scripts: spec.scripts.clone(),
        processes: spec.processes.clone(),
        files: spec.files.clone(),
        installed: BTreeMap::new(),
        removed: Vec::new(),
        process: None,
        paused: false,
        inbox: VecDeque::new(),
        drift_ppm: spec.drift_ppm,
        epoch: 0,
    };
    for (name, addresses) in &spec.addresses {
        add_interface(n, &mut host, name, addresses.clone());
    }
    missing_interfaces(n, &mut host);
    host
}

fn add_interface(n: usize, host: &mut Host, name: &str, addresses: Vec<(IpAddr, u8)>) {
    let k = host.interfaces.len();
    // Locally administered: node and interface in the last bytes.
    let mac = Mac([0x02, 0, 0, 0, n as u8 + 1, k as u8]);
    host.interfaces.push(Interface { name: name.to_owned(), addresses, up: true, mac, segment: usize::MAX });
}

/// Interfaces that the configuration names and that have no address in the scenario.
fn missing_interfaces(n: usize, host: &mut Host) {
    let run = Arc::clone(&host.setting.run);
    let own = run.instances.iter().filter_map(|i| i.interface.as_deref());
    let tracks = run.instances.iter().flat_map(|i| &i.track).chain(run.groups.iter().flat_map(|g| &g.track));
    let tracked = tracks.filter(|t| t.kind == crate::vrrp::track::Kind::Interface).map(|t| t.name.as_str());
    let names: Vec<&str> = own.chain(tracked).collect();
    for name in names {
        if host.interface(name).is_none() {
            add_interface(n, host, name, Vec::new());
        }
    }
}

/// The network part of an address.
fn network(address: IpAddr, prefix: u8) -> u128 {
    let (bits, width) = match address {
        IpAddr::V4(a) => (u128::from(a.to_bits()), 32),
        IpAddr::V6(a) => (a.to_bits(), 128),
    };
    let host = width - u32::from(prefix).min(width);
    bits.checked_shr(host).unwrap_or(0)
}

/// Connects interfaces to segments: those that share a network, and those of one name where that decides nothing.
fn connect(hosts: &mut [Host]) {
    let mut segments: Vec<(String, Vec<(IpAddr, u8)>)> = Vec::new();
    let global = |a: &(IpAddr, u8)| !matches!(a.0, IpAddr::V6(six) if six.segments()[0] & 0xffc0 == 0xfe80);
    for host in hosts {
        for interface in &mut host.interfaces {
            let own: Vec<(IpAddr, u8)> = interface.addresses.iter().copied().filter(global).collect();
            let shares = |other: &[(IpAddr, u8)]| {
                own.iter().any(|(a, p)| {
                    other
                        .iter()
                        .any(|(b, q)| a.is_ipv4() == b.is_ipv4() && network(*a, *p.min(q)) == network(*b, *p.min(q)))
                })
            };
            let by_network = segments.iter().position(|(_, networks)| shares(networks));
            let by_name = || {
                segments
                    .iter()
                    .position(|(name, networks)| *name == interface.name && (own.is_empty() || networks.is_empty()))
            };
            let segment = by_network.or_else(by_name).unwrap_or_else(|| {
                segments.push((interface.name.clone(), Vec::new()));
                segments.len() - 1
            });
            segments[segment].1.extend(&own);
            interface.segment = segment;
        }
    }
}

/// The address that an instance sends from: what is configured, else the first of its interface that fits.
fn own_address(interface: &Interface, ipv6: bool, configured: Option<IpAddr>) -> Option<IpAddr> {
    let link_local = |a: Ipv6Addr| a.segments()[0] & 0xffc0 == 0xfe80;
    let fits = |a: &IpAddr| match a {
        IpAddr::V4(_) => !ipv6,
        IpAddr::V6(a) => ipv6 && link_local(*a),
    };
    configured.or_else(|| interface.addresses.iter().map(|(a, _)| *a).find(fits))
}

/// The process's configuration, and what belongs to each of its members.
fn config(host: &Host) -> (Config, Vec<RunInstance>) {
    let run = &host.setting.run;
    let source = |i: &RunInstance| {
        let interface = i.interface.as_deref().and_then(|name| host.interface(name)).map(|k| &host.interfaces[k]);
        let unspecified: IpAddr = if i.ipv6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        interface.and_then(|interface| own_address(interface, i.ipv6, i.source)).or(i.source).unwrap_or(unspecified)
    };
    let up = |name: &str| host.interface(name).is_none_or(|k| host.interfaces[k].up);
    let mut config = run.config(&host.setting.conf, host.daemon.version(), source, up);
    for member in &mut config.members {
        member.params.profile = host.daemon.profile();
    }
    for tracker in &mut config.trackers {
        match &mut tracker.source {
            Source::Process { ok } => *ok = host.processes.get(&tracker.name).copied().unwrap_or(true),
            Source::File { value } => *value = host.files.get(&tracker.name).copied().unwrap_or(0),
            Source::Script { .. } | Source::Interface { .. } | Source::Bfd { .. } => {}
        }
    }
    (config, run.instances.clone())
}

/// Ties members to interfaces and ears. `runs` are those of the configuration, in its order.
fn bind(node: usize, host: &Host, process: &mut Process, runs: Vec<RunInstance>) {
    let places: Vec<usize> = process.router.instances().map(|(place, _)| place).collect();
    let mut old = std::mem::take(&mut process.bound);
    process.ears.clear();
    for (place, run) in places.into_iter().zip(runs) {
        let Some(interface) = run.interface.as_deref().map_or(Some(0), |name| host.interface(name)) else { continue };
        let Some(vr) = process.router.instance(place) else { continue };
        let p = vr.params();
        let mac = match (&run.vmac, host.interfaces.get(interface)) {
            (Some(vmac), _) if !vmac.xmit_base => Mac([0, 0, 0x5e, 0, if run.ipv6 { 2 } else { 1 }, p.vrid]),
            (_, Some(interface)) => interface.mac,
            (_, None) => Mac([0; 6]),
        };
        let mut ear = Listener::new(run.hearing());
        let mut ip_id = 0;
        if let Some(before) = old.get_mut(place).and_then(Option::take) {
            // A reload keeps the counter of AH (keepalived).
            ear.memory.signer.ah = before.ear.memory.signer.ah;
            ip_id = before.spec.ip_id;
        }
        let spec = AdvertSpec {
            ttl: run.ttl,
            ip_id,
            version: p.version,
            advert_int: p.advert_int,
            ..AdvertSpec::new(mac, p.source, p.vrid, p.addresses.clone())
        };
        process.ears.entry((interface, run.ipv6, run.vrid)).or_default().push(place);
        if process.bound.len() <= place {
            process.bound.resize_with(place + 1, || None);
        }
        let who = Who {
            node,
            instance: place,
            name: run.name.as_str().into(),
            vrid: run.vrid,
            ipv6: run.ipv6,
            segment: host.interfaces.get(interface).map_or(0, |i| i.segment),
        };
        process.bound[place] =
            Some(Bound { run, who, interface, spec, ear, last: None, told: Vec::new(), due: None, armed: 0 });
    }
    process.scripts = scripts(host, &process.router);
    process.epoch = host.epoch;
}

fn scripts(host: &Host, router: &VrrpRouter) -> Vec<Script> {
    let overlap = host.daemon.profile().scripts_overlap;
    let all = (0..).map_while(|id| Some((id, router.tracker(id)?.to_owned())));
    let is_script = |id: usize| router.tracker_kind(id) == Some(crate::vrrp::track::Kind::Script);
    all.filter(|(id, _)| is_script(*id))
        .map(|(tracker, name)| {
            let script: Option<&VrrpScript> = host.setting.conf.script(&name);
            let interval = script.and_then(|s| s.interval).map_or(Duration::from_secs(1), |i| i.value);
            let timeout = script.and_then(|s| s.timeout).map(|t| t.value);
            Script { name, tracker, schedule: Schedule::new(interval, timeout, overlap), hanging: Vec::new() }
        })
        .collect()
}

/// What keeps instances out from the beginning, beside trackers.
fn causes(host: &Host) -> Vec<(usize, Cause)> {
    let Some(process) = &host.process else { return Vec::new() };
    let mut all = Vec::new();
    for (place, bound) in process.bound.iter().enumerate() {
        let Some(bound) = bound else { continue };
        if bound.spec.src.is_unspecified() {
            all.push((place, Cause::NoSource));
        }
        if let Some(why) = bound.run.fault {
            all.push((place, if why.contains("duplicate") { Cause::DuplicateVrid } else { Cause::Config }));
        }
    }
    all
}

fn destinations(bound: &Bound) -> Vec<Option<IpAddr>> {
    match bound.ear.hearing.peers.as_slice() {
        [] => vec![bound.ear.hearing.group],
        peers => peers.iter().map(|p| Some(p.address)).collect(),
    }
}
