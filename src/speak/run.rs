//! The speaker on a real host: sockets, addresses, the loop, and the thread it runs in.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver as Channel, Sender as ChannelSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::ledger::{self, Entry, Ledger};
use super::listen::Consent;
use super::scripts::{Script, Scripts};
use super::speaker::{Host, Now, Speaker};
use super::spec::{Address, Spec};
use super::told::{Command, Trouble, Update};
use super::view::View;
use crate::net::announce::Announcer;
use crate::net::netlink::{self, Change, Monitor, Netlink, NetlinkError, Scope};
use crate::net::vmac::{Vmac, VmacError};
use crate::net::vrrp_socket::{Family, LARGEST_PACKET, Protocol, Receiver, Sender, SocketError};
use crate::net::{self, Capture, CaptureOptions, Next, link, monotonic, wait_any, wall};
use crate::time::Instant;
use crate::vrrp::Fault;
use crate::vrrp::router::{Config, Group, Source, Tracker, VrrpRouter};
use crate::vrrp::sequence::Authentication;
use crate::wire::build::{gratuitous_arp, unsolicited_na};
use crate::wire::{Decoded, Decoder, Mac, VRRP_GROUP_V4, VRRP_GROUP_V6};

/// The screen gets a new picture this often.
const PICTURE: Duration = Duration::from_millis(100);
/// Room for the announcements of others between two pictures.
const RING: usize = 1024 * 1024;
/// Packets taken from one socket before the deadlines are looked at again.
const DRAIN: usize = 64;
/// The longest wait: nothing depends on it.
const IDLE: Duration = Duration::from_secs(60);

/// Why a speaker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum SpeakError {
    /// A socket.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// The kernel's addresses and interfaces.
    #[error(transparent)]
    Netlink(#[from] NetlinkError),
    /// The interface of a virtual MAC.
    #[error(transparent)]
    Vmac(#[from] VmacError),
    /// Nothing to send from.
    #[error("{interface} has no {family} address to send adverts from: add one, or name one with --source")]
    NoSource {
        /// The interface.
        interface: String,
        /// The family.
        family: Family,
    },
    /// What another speaker does.
    #[error("two virtual routers with VRID {vrid} and the same family would listen on {interface}")]
    Twice {
        /// The VRID.
        vrid: u8,
        /// The interface.
        interface: String,
    },
    /// Anything else.
    #[error("cannot {operation}: {source}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The kernel's answer.
        source: std::io::Error,
    },
}

/// What a speaker is to do.
pub struct Setup {
    /// The virtual routers.
    pub specs: Vec<Spec>,
    /// Their sync groups.
    pub groups: Vec<Group>,
    /// What they track.
    pub trackers: Vec<Tracker>,
    /// The scripts among them.
    pub scripts: Vec<Script>,
    /// What the operator consented to.
    pub consent: Consent,
    /// Tell each advert.
    pub every: bool,
    /// Whether pictures for a screen are wanted.
    pub pictures: bool,
}

/// Asks a speaker for something. Clones ask the same one.
#[derive(Clone, Debug)]
pub struct Remote {
    commands: ChannelSender<(usize, Command)>,
    wake: Arc<UnixStream>,
}

impl Remote {
    /// Asks for something. Without effect once it has ended.
    pub fn send(&self, instance: usize, command: Command) {
        if self.commands.send((instance, command)).is_ok() {
            let _ = (&*self.wake).write(&[0]); // full: then it wakes anyway
        }
    }
}

/// A speaker that runs in a thread of its own.
pub struct Speaking {
    remote: Remote,
    thread: JoinHandle<Result<View, SpeakError>>,
}

impl Speaking {
    /// To ask it for something.
    pub fn remote(&self) -> Remote {
        self.remote.clone()
    }

    /// Waits for its end and gives the last picture.
    ///
    /// # Errors
    /// When the loop failed; what could be released has been.
    pub fn join(self) -> Result<View, SpeakError> {
        self.thread.join().unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(SpeakError::Io { operation: "go on speaking", source: std::io::Error::other(text) })
        })
    }
}

/// An interface that addresses are put on and announced through.
struct Device {
    index: u32,
    mac: Mac,
    announcer: Announcer,
}

/// What belongs to one virtual router on this host.
struct Outlet {
    /// Its own interface: the macvlan if it has one.
    interface: String,
    sender: usize,
    /// Interfaces it depends on.
    watched: Vec<String>,
    down: bool,
    sourceless: bool,
    /// Whether its source follows the interface's addresses.
    follows: bool,
    ipv6: bool,
}

struct Kernel {
    netlink: Netlink,
    senders: Vec<((String, Family), Sender)>,
    devices: BTreeMap<String, Device>,
    outlets: Vec<Outlet>,
    /// Dropping them removes them.
    _vmacs: Vec<Vmac>,
    _ledger: Option<Ledger>,
}

impl Kernel {
    fn device<'a>(&'a self, instance: usize, address: &'a Address) -> Result<(&'a str, &'a Device), String> {
        let name = match (&address.interface, self.outlets.get(instance)) {
            (Some(name), _) => name,
            (None, Some(outlet)) => &outlet.interface,
            (None, None) => return Err("no such virtual router".into()),
        };
        let device = self.devices.get(name).ok_or_else(|| format!("interface {name} is gone"))?;
        Ok((name, device))
    }
}

impl Host for Kernel {
    fn transmit(&mut self, instance: usize, packet: &[u8]) -> Result<bool, String> {
        let Some(outlet) = self.outlets.get(instance).filter(|o| !o.down) else { return Ok(false) };
        let Some((_, sender)) = self.senders.get(outlet.sender) else { return Ok(false) };
        let failed = |e| format!("cannot send an advert on {}: {e}", outlet.interface);
        sender.send(packet).map(|()| true).map_err(failed)
    }

    fn install(&mut self, instance: usize, address: &Address) -> Result<bool, String> {
        let (_, device) = self.device(instance, address)?;
        let index = device.index;
        self.netlink.add_address(index, address.ip, address.prefix).map_err(|e| e.to_string())
    }

    fn remove(&mut self, instance: usize, address: &Address) -> Result<(), String> {
        let (_, device) = self.device(instance, address)?;
        let index = device.index;
        self.netlink.remove_address(index, address.ip, address.prefix).map(drop).map_err(|e| e.to_string())
    }

    fn announce(&mut self, instance: usize, address: &Address) -> Result<(), String> {
        let (name, device) = self.device(instance, address)?;
        let frame = match address.ip {
            IpAddr::V4(ip) => gratuitous_arp(device.mac, ip, &[]),
            IpAddr::V6(ip) => unsolicited_na(device.mac, ip, &[]),
        };
        device.announcer.announce(&frame).map_err(|e| format!("cannot announce {} on {name}: {e}", address.ip))
    }
}

/// A socket and what is heard through it.
struct Inlet {
    interface: String,
    protocol: Protocol,
    to: IpAddr,
    receiver: Receiver,
}

/// Everything that runs. Dropping it, also in a panic, releases and tidies up.
struct Loop {
    speaker: Speaker,
    scripts: Scripts,
    /// Tracked interfaces: tracker and name.
    tracked: Vec<(usize, String)>,
    kernel: Kernel,
    inlets: Vec<Inlet>,
    decoder: Decoder,
    monitor: Monitor,
    commands: Channel<(usize, Command)>,
    wake: UnixStream,
    updates: ChannelSender<Update>,
    pictures: bool,
    pictured: Option<Instant>,
    /// For the screen: who else announces our addresses. One for each interface.
    captures: Vec<Capture>,
    frames: u64,
}

impl Drop for Loop {
    fn drop(&mut self) {
        self.speaker.end(now(), &mut self.kernel);
    }
}

fn now() -> Now {
    Now { at: monotonic(), time: wall() }
}

/// Opens everything, gives up what privileges it can, and starts the speaker. What it tells ends when it has ended. To be
/// called from a process of one thread.
///
/// # Errors
/// What is missing, and what to do. Nothing has been transmitted by then.
pub fn start(setup: Setup) -> Result<(Speaking, Channel<Update>), SpeakError> {
    let Setup { mut specs, groups, trackers, scripts, consent, every, pictures } = setup;
    let io = |operation| move |source| SpeakError::Io { operation, source };
    let monitor = Monitor::open()?;
    let mut netlink = Netlink::open()?;
    let mut leftovers = Vec::new();
    if !consent.observe {
        for dead in Ledger::abandoned(Path::new(ledger::DIRECTORY)) {
            leftovers.extend(tidy(&mut netlink, &dead.entries, dead.pid));
            dead.forget();
        }
    }
    let mut kernel = Kernel {
        netlink,
        senders: Vec::new(),
        devices: BTreeMap::new(),
        outlets: Vec::new(),
        _vmacs: Vec::new(),
        _ledger: None,
    };
    let mut inlets: Vec<Inlet> = Vec::new();
    let mut routes = Vec::new();
    let mut entries = Vec::new();
    let mut taken = std::collections::BTreeSet::new();
    for spec in &mut specs {
        let follows = spec.params.source.is_unspecified();
        let family = Family::of(spec.params.source);
        let index = interface_index(&spec.interface)?;
        if follows {
            let vips: Vec<IpAddr> = spec.addresses.iter().map(|a| a.ip).collect();
            spec.params.source = source(&kernel.netlink.addresses(index)?, family, &vips)
                .ok_or(SpeakError::NoSource { interface: spec.interface.clone(), family })?;
        }
        let mut own = spec.interface.clone();
        let mut watched = vec![spec.interface.clone()];
        if spec.vmac && !consent.observe {
            let vmac = Vmac::open(&spec.interface, spec.params.vrid, family)?;
            if family == Family::V6 {
                kernel.netlink.add_address(vmac.index(), spec.params.source, 64)?;
            }
            own = vmac.name().to_owned();
            watched.push(own.clone());
            entries.push(Entry::Link { name: own.clone() });
            kernel._vmacs.push(vmac);
        }
        for name in spec.addresses.iter().map(|a| a.interface.as_ref().unwrap_or(&own)).chain([&own]) {
            if !kernel.devices.contains_key(name) {
                kernel.devices.insert(name.clone(), device(name)?);
            }
        }
        let key = (own.clone(), family);
        let sender = match kernel.senders.iter().position(|s| s.0 == key) {
            Some(known) => known,
            None => {
                let sender = Sender::open(&own, family)?;
                kernel.senders.push((key, sender));
                kernel.senders.len() - 1
            }
        };
        let protocol =
            if matches!(spec.hearing.authentication, Authentication::Ah(_)) { Protocol::Ah } else { Protocol::Vrrp };
        let to = match (spec.hearing.is_unicast(), family) {
            (true, _) => spec.params.source,
            (false, Family::V4) => VRRP_GROUP_V4.into(),
            (false, Family::V6) => VRRP_GROUP_V6.into(),
        };
        let inlet = match inlets.iter().position(|l| l.interface == own && l.protocol == protocol && l.to == to) {
            Some(known) => known,
            None => {
                let receiver = Receiver::open(&own, protocol, to)?;
                inlets.push(Inlet { interface: own.clone(), protocol, to, receiver });
                inlets.len() - 1
            }
        };
        if !taken.insert((inlet, spec.params.vrid)) {
            return Err(SpeakError::Twice { vrid: spec.params.vrid, interface: own });
        }
        routes.push(inlet);
        for address in &spec.addresses {
            let interface = address.interface.clone().unwrap_or_else(|| own.clone());
            entries.push(Entry::Address { interface, ip: address.ip, prefix: address.prefix });
        }
        let ipv6 = family == Family::V6;
        kernel.outlets.push(Outlet { interface: own, sender, watched, down: false, sourceless: false, follows, ipv6 });
    }
    let mut forgetful = None;
    if !consent.observe {
        // What is there already is somebody else's and stays.
        let mut there = BTreeMap::new();
        for (name, device) in &kernel.devices {
            let addresses = kernel.netlink.addresses(device.index)?;
            there.insert(name.clone(), addresses.into_iter().map(|a| a.ip).collect::<Vec<_>>());
        }
        entries.retain(|e| match e {
            Entry::Address { interface, ip, .. } => !there.get(interface).is_some_and(|a| a.contains(ip)),
            Entry::Link { .. } => true,
        });
        match Ledger::create(Path::new(ledger::DIRECTORY), &entries) {
            Ok(ledger) => kernel._ledger = Some(ledger),
            Err(e) => {
                let why = format!(
                    "cannot write {}: {e}; if this process is killed, nobody will know what it left",
                    ledger::DIRECTORY
                );
                forgetful = Some(why);
            }
        }
    }
    let members = specs.iter().map(Spec::member).collect();
    let tracked: Vec<(usize, String)> = trackers
        .iter()
        .enumerate()
        .filter(|(_, t)| matches!(t.source, Source::Interface { .. }))
        .map(|(id, t)| (id, t.name.clone()))
        .collect();
    let overlap = specs.first().is_some_and(|s| s.params.profile.scripts_overlap);
    let router = VrrpRouter::new(Config { members, groups, trackers });
    let mut speaker = Speaker::new(router, specs.into_iter().zip(routes).collect(), consent, every);
    let names: std::collections::BTreeSet<&String> = inlets.iter().map(|l| &l.interface).collect();
    let capture =
        |name: &&String| Capture::open(&CaptureOptions { ring_bytes: RING, ..CaptureOptions::new(name) }).ok();
    // Only for information: if one cannot be had, the screen says less.
    let captures = if pictures { names.iter().filter_map(capture).collect() } else { Vec::new() };
    // What is open stays open. The rest of root is not needed any more, except by scripts (`killall -0` is one).
    if scripts.is_empty() {
        let _ = net::keep_network_privileges();
    }
    let (wake, woken) = UnixStream::pair().map_err(io("make a pair of sockets"))?;
    for end in [&wake, &woken] {
        end.set_nonblocking(true).map_err(io("set up a pair of sockets"))?;
    }
    let (send_update, updates) = mpsc::channel();
    let (send_command, commands) = mpsc::channel();
    let at = now();
    speaker.start(at);
    for text in leftovers.into_iter() {
        speaker.trouble(at, 0, Trouble::Leftover(text));
    }
    if let Some(text) = forgetful {
        speaker.trouble(at, 0, Trouble::Other(text));
    }
    let scripts = Scripts::new(scripts, overlap, wake.try_clone().map_err(io("make a pair of sockets"))?);
    let mut all = Loop {
        speaker,
        scripts,
        tracked,
        kernel,
        inlets,
        decoder: Decoder::default(),
        monitor,
        commands,
        wake: woken,
        updates: send_update,
        pictures,
        pictured: None,
        captures,
        frames: 0,
    };
    let thread = thread::Builder::new().name("speak".into()).spawn(move || all.run()).map_err(io("start a thread"))?;
    let remote = Remote { commands: send_command, wake: Arc::new(wake) };
    Ok((Speaking { remote, thread }, updates))
}

fn interface_index(name: &str) -> Result<u32, SpeakError> {
    link::index(name).map_err(|_| {
        let known = link::interfaces().into_iter().map(|i| i.name).collect();
        SpeakError::Socket(SocketError::NoSuchInterface { name: name.to_owned(), known })
    })
}

fn device(name: &str) -> Result<Device, SpeakError> {
    let index = interface_index(name)?;
    let state =
        link::state_of(name).map_err(|source| SpeakError::Io { operation: "ask about an interface", source })?;
    Ok(Device { index, mac: Mac(state.mac.unwrap_or_default()), announcer: Announcer::open(name)? })
}

/// The address that an interface sends from: the first that is no virtual one; for IPv6 the first link-local one
/// (RFC 5798 §5.1.2.1).
fn source(all: &[netlink::Address], family: Family, vips: &[IpAddr]) -> Option<IpAddr> {
    let wanted = |a: &&netlink::Address| match family {
        Family::V4 => a.ip.is_ipv4() && a.scope != Scope::Host,
        Family::V6 => a.ip.is_ipv6() && a.scope == Scope::Link && !a.duplicate,
    };
    all.iter().filter(wanted).map(|a| a.ip).find(|ip| !vips.contains(ip))
}

/// Removes what a dead process left, and names it.
fn tidy(netlink: &mut Netlink, entries: &[Entry], pid: u32) -> Vec<String> {
    let mut said = Vec::new();
    for entry in entries {
        match entry {
            Entry::Address { interface, ip, prefix } => {
                let Ok(index) = link::index(interface) else { continue };
                if matches!(netlink.remove_address(index, *ip, *prefix), Ok(true)) {
                    said.push(format!("{ip}/{prefix} was still on {interface}: left there by hactl process {pid}, which was killed; removed"));
                }
            }
            Entry::Link { name } => {
                let Ok(index) = link::index(name) else { continue };
                if matches!(netlink.delete_link(index), Ok(true)) {
                    said.push(format!(
                        "interface {name} was still here: left by hactl process {pid}, which was killed; removed"
                    ));
                }
            }
        }
    }
    said
}

impl Loop {
    fn run(&mut self) -> Result<View, SpeakError> {
        let _ = net::set_timer_slack(Duration::from_nanos(1));
        let at = now();
        self.look_at_interfaces(at);
        self.scripts.start(at.at);
        let mut buffer = vec![0; LARGEST_PACKET];
        while !self.speaker.has_ended() {
            for (tracker, ok) in self.scripts.tick(monotonic()) {
                self.speaker.script(now(), tracker, ok, &mut self.kernel);
            }
            self.speaker.tick(now(), &mut self.kernel);
            if !self.publish() {
                break; // nobody is left to tell, or to be asked by
            }
            let timeout = self.timeout();
            let mut fds: Vec<BorrowedFd<'_>> = vec![self.wake.as_fd(), self.monitor.as_fd()];
            fds.extend(self.inlets.iter().map(|l| l.receiver.as_fd()));
            let ready =
                wait_any(&fds, timeout).map_err(|source| SpeakError::Io { operation: "wait for packets", source })?;
            // What has arrived was there before the deadline that has passed since.
            for i in 0..self.inlets.len() {
                if ready.contains(2 + i) {
                    self.receive(i, &mut buffer);
                }
            }
            if ready.contains(1) {
                self.changes()?;
            }
            if ready.contains(0) {
                let mut sink = [0; 64];
                while matches!((&self.wake).read(&mut sink), Ok(64)) {}
                while let Ok((instance, command)) = self.commands.try_recv() {
                    self.speaker.command(now(), instance, command, &mut self.kernel);
                }
            }
        }
        self.speaker.end(now(), &mut self.kernel);
        self.pictured = None;
        self.publish();
        Ok(self.speaker.view(now()))
    }

    fn timeout(&self) -> Duration {
        let at = monotonic();
        let due = [self.speaker.next_deadline(), self.scripts.next_deadline()];
        let mut wait = due.into_iter().flatten().min().map_or(IDLE, |d| d.since(at)).min(IDLE);
        if let Some(pictured) = self.pictured.filter(|_| self.pictures) {
            wait = wait.min(pictured.after(PICTURE).since(at));
        }
        wait
    }

    /// Sends what there is to tell. False if nobody listens.
    fn publish(&mut self) -> bool {
        let told = self.speaker.take_told();
        let at = now();
        let due = self.pictured.is_none_or(|p| p.after(PICTURE) <= at.at);
        if self.pictures && due {
            self.listen_to_announcements(at);
        }
        let view = (self.pictures && (due || !told.is_empty())).then(|| Arc::new(self.speaker.view(at)));
        if view.is_some() {
            self.pictured = Some(at.at);
        }
        if view.is_none() && told.is_empty() {
            return true;
        }
        self.updates.send(Update { view, told }).is_ok()
    }

    /// Who has announced an address of ours since the last picture.
    fn listen_to_announcements(&mut self, at: Now) {
        for capture in &mut self.captures {
            for _ in 0..1024 {
                let Ok(Next::Frame(frame)) = capture.next(Duration::ZERO) else { break };
                let (ip, mac) = match self.decoder.decode(&frame) {
                    Decoded::Arp(arp) if arp.is_gratuitous() => (IpAddr::V4(arp.sender_ip), arp.sender_mac),
                    Decoded::Na(na) if !na.solicited => match na.announced_mac() {
                        Some(mac) => (IpAddr::V6(na.target), mac),
                        None => continue,
                    },
                    _ => continue,
                };
                if !self.kernel.devices.values().any(|d| d.mac == mac) {
                    self.speaker.announcement(at, ip, mac.0);
                }
            }
        }
    }

    fn receive(&mut self, inlet: usize, buffer: &mut [u8]) {
        for _ in 0..DRAIN {
            let Some(l) = self.inlets.get(inlet) else { return };
            // An error is the interface's, and the monitor tells of it.
            let Ok(Some(packet)) = l.receiver.recv(buffer) else { return };
            let at = now();
            self.frames += 1;
            let frame = packet.frame(self.frames, at.time);
            match self.decoder.decode(&frame) {
                Decoded::Advert(advert) => self.speaker.packet(at, inlet, &advert, &mut self.kernel),
                Decoded::Malformed(malformed) => self.speaker.malformed(at, inlet, &malformed, &mut self.kernel),
                _ => {}
            }
        }
    }

    fn changes(&mut self) -> Result<(), SpeakError> {
        let (mut links, mut addresses, mut gone) = (false, false, Vec::new());
        while let Some(change) = self.monitor.next()? {
            match change {
                Change::Link { .. } | Change::LinkGone { .. } => links = true,
                Change::Address { .. } => addresses = true,
                Change::AddressGone { index, address } => gone.push((index, address.ip)),
                Change::Resync => (links, addresses) = (true, true),
            }
        }
        let at = now();
        if links {
            self.look_at_interfaces(at);
        }
        if !gone.is_empty() {
            addresses = true;
            self.look_for_lost(at, &gone)?;
        }
        if addresses {
            self.look_at_addresses(at)?;
        }
        Ok(())
    }

    /// Of addresses that went: those that should be here still.
    fn look_for_lost(&mut self, at: Now, gone: &[(u32, IpAddr)]) -> Result<(), SpeakError> {
        let mut missed = Vec::new();
        for (i, a) in self.speaker.installed() {
            let Ok((_, device)) = self.kernel.device(i, a) else { continue };
            if gone.contains(&(device.index, a.ip)) {
                missed.push((i, device.index, a.ip));
            }
        }
        let mut present = BTreeMap::new();
        for (i, index, ip) in missed {
            // It may have been taken off and put on again, by ourselves.
            if let std::collections::btree_map::Entry::Vacant(e) = present.entry(index) {
                e.insert(self.kernel.netlink.addresses(index).unwrap_or_default());
            }
            if !present[&index].iter().any(|a| a.ip == ip) {
                self.speaker.address_lost(at, i, ip, &mut self.kernel);
            }
        }
        Ok(())
    }

    /// Looks which interfaces work, and opens the sockets of one that was made anew.
    fn look_at_interfaces(&mut self, at: Now) {
        let mut states: BTreeMap<String, bool> = BTreeMap::new();
        for outlet in &self.kernel.outlets {
            for name in &outlet.watched {
                if !states.contains_key(name) {
                    states.insert(name.clone(), link::state_of(name).is_ok_and(|s| s.running));
                }
            }
        }
        for (tracker, name) in &self.tracked {
            let up = link::state_of(name).is_ok_and(|s| s.running);
            self.speaker.interface(at, *tracker, up, &mut self.kernel);
        }
        let renewed: Vec<String> = self
            .kernel
            .devices
            .iter()
            .filter(|(name, d)| link::index(name).is_ok_and(|index| index != d.index))
            .map(|(name, _)| name.clone())
            .collect();
        for name in renewed {
            self.reopen(&name);
        }
        for i in 0..self.kernel.outlets.len() {
            let outlet = &mut self.kernel.outlets[i];
            let broken = outlet.watched.iter().find(|name| !states.get(*name).copied().unwrap_or(false)).cloned();
            if broken.is_some() == outlet.down {
                continue;
            }
            outlet.down = broken.is_some();
            if let Some(name) = &broken {
                self.speaker.trouble(at, i, Trouble::Interface(format!("interface {name} is down or gone")));
            }
            self.speaker.fault(at, i, Fault::Interface, broken.is_some(), &mut self.kernel);
        }
    }

    /// Sockets belong to an interface's number, which changes when it is deleted and made again.
    fn reopen(&mut self, name: &str) {
        if let Ok(device) = device(name) {
            self.kernel.devices.insert(name.to_owned(), device);
        }
        for ((interface, family), sender) in &mut self.kernel.senders {
            if interface == name
                && let Ok(new) = Sender::open(name, *family)
            {
                *sender = new;
            }
        }
        for l in &mut self.inlets {
            if l.interface == name
                && let Ok(new) = Receiver::open(name, l.protocol, l.to)
            {
                l.receiver = new;
            }
        }
    }

    /// Looks whether each virtual router has an address to send from.
    fn look_at_addresses(&mut self, at: Now) -> Result<(), SpeakError> {
        let mut present: BTreeMap<String, Vec<netlink::Address>> = BTreeMap::new();
        for i in 0..self.kernel.outlets.len() {
            let outlet = &self.kernel.outlets[i];
            let Some(name) = outlet.watched.first().filter(|_| outlet.follows) else { continue };
            if !present.contains_key(name) {
                let Ok(index) = link::index(name) else { continue };
                present.insert(name.clone(), self.kernel.netlink.addresses(index)?);
            }
            let all = &present[name];
            let family = if outlet.ipv6 { Family::V6 } else { Family::V4 };
            let Some((own, vips)) = self.speaker.identity(i) else { continue };
            let there = all.iter().any(|a| a.ip == own);
            let next = if there { Some(own) } else { source(all, family, &vips) };
            let sourceless = next.is_none();
            if let Some(next) = next.filter(|next| *next != own) {
                self.speaker.source(at, i, next, &mut self.kernel);
            }
            if sourceless != self.kernel.outlets[i].sourceless {
                self.kernel.outlets[i].sourceless = sourceless;
                self.speaker.fault(at, i, Fault::NoSource, sourceless, &mut self.kernel);
            }
        }
        Ok(())
    }
}
