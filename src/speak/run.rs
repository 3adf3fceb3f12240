//! The speaker on a real host: sockets, addresses, the loop, and the thread it runs in.

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver as Channel, Sender as ChannelSender, SyncSender, TrySendError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::host::{self, Inlet, Kernel, Opened, SpeakError};
use super::listen::Consent;
use super::scripts::{Script, Scripts};
use super::speaker::{Now, Speaker};
use super::spec::Spec;
use super::told::{Command, Told, Trouble, Update};
use super::view::View;
use crate::net::netlink::{self, Change, Monitor};
use crate::net::vrrp_socket::{Family, LARGEST_PACKET, Receiver};
use crate::net::{self, Capture, CaptureOptions, Next, Stop, link, monotonic, wait_any, wall};
use crate::time::Instant;
use crate::vrrp::Fault;
use crate::vrrp::router::{Config, Group, Source, Tracker, VrrpRouter};
use crate::wire::{Decoded, Decoder, Mac};

/// The screen gets a new picture this often.
const PICTURE: Duration = Duration::from_millis(100);
/// Updates on their way to whoever shows them. One that does not take them, because its terminal is stopped or its pipe
/// full, must not hold up the protocol.
const UPDATES: usize = 256;
/// Lines that wait for it at most.
const BACKLOG: usize = 10_000;
/// Room for the announcements of others between two pictures.
const RING: usize = 1024 * 1024;
/// Packets taken from one socket before the deadlines are looked at again.
const DRAIN: usize = 64;
/// The longest wait: nothing depends on it.
const IDLE: Duration = Duration::from_mins(1);

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
    /// What asks it to end.
    pub stop: Stop,
    /// After how long it ends by itself.
    pub end: Option<Duration>,
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
    thread: Option<JoinHandle<Result<View, SpeakError>>>,
}

impl Drop for Speaking {
    /// Whoever runs it may fail; what it put on the host must not stay.
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            self.remote.send(0, Command::Quit);
            let _ = thread.join();
        }
    }
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
    pub fn join(mut self) -> Result<View, SpeakError> {
        let Some(thread) = self.thread.take() else { return Err(SpeakError::Gone) };
        thread.join().unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<&str>().map(ToString::to_string);
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
            Err(SpeakError::Io { operation: "go on speaking", source: std::io::Error::other(text) })
        })
    }
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
    updates: SyncSender<Update>,
    /// What could not be handed over yet, and how much of it had to be forgotten.
    backlog: VecDeque<Told>,
    forgotten: u64,
    stop: Stop,
    end: Option<Instant>,
    pictures: bool,
    pictured: Option<Instant>,
    /// For the screen: who else announces our addresses. One for each interface.
    captures: Vec<Capture>,
    frames: u64,
    /// Whether the kernel did not say which addresses there are: with the next change all are looked at.
    unseen: bool,
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
    let Setup { mut specs, groups, trackers, scripts, consent, every, pictures, stop, end } = setup;
    let io = |operation| move |source| SpeakError::Io { operation, source };
    let monitor = Monitor::open()?;
    let Opened { kernel, inlets, routes, remarks } = host::open(&mut specs, consent.observe)?;
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
    let (send_update, updates) = mpsc::sync_channel(UPDATES);
    let (send_command, commands) = mpsc::channel();
    let at = now();
    speaker.start(at);
    for remark in remarks {
        speaker.trouble(at, 0, remark);
    }
    stop.wake(&wake).map_err(io("listen for signals"))?;
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
        backlog: VecDeque::new(),
        forgotten: 0,
        stop,
        end: end.map(|d| at.at.after(d)),
        pictures,
        pictured: None,
        captures,
        frames: 0,
        unseen: false,
    };
    let thread = thread::Builder::new().name("speak".into()).spawn(move || all.run()).map_err(io("start a thread"))?;
    let remote = Remote { commands: send_command, wake: Arc::new(wake) };
    Ok((Speaking { remote, thread: Some(thread) }, updates))
}

impl Loop {
    fn run(&mut self) -> Result<View, SpeakError> {
        let _ = net::set_timer_slack(Duration::from_nanos(1));
        let at = now();
        self.look_at_interfaces(at);
        self.scripts.start(at.at);
        let mut buffer = vec![0; LARGEST_PACKET];
        while !self.speaker.has_ended() {
            if self.stop.requested().is_some() || self.end.is_some_and(|end| end <= monotonic()) {
                break;
            }
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
        // Nothing is left on the host: whoever waits for a stopped terminal may be killed now.
        self.stop.make_lethal();
        let told = self.backlog.drain(..).chain(self.speaker.take_told()).collect();
        let view = self.pictures.then(|| Arc::new(self.speaker.view(now())));
        let _ = self.updates.send(Update { view, told }); // nobody may be there any more
        Ok(self.speaker.view(now()))
    }

    fn timeout(&self) -> Duration {
        let at = monotonic();
        let due = [self.speaker.next_deadline(), self.scripts.next_deadline(), self.end];
        let mut wait = due.into_iter().flatten().min().map_or(IDLE, |d| d.since(at)).min(IDLE);
        if let Some(pictured) = self.pictured.filter(|_| self.pictures) {
            wait = wait.min(pictured.after(PICTURE).since(at));
        }
        wait
    }

    /// Hands over what there is to tell, as far as it is taken. False if nobody is there any more.
    fn publish(&mut self) -> bool {
        self.backlog.extend(self.speaker.take_told());
        let at = now();
        let due = self.pictured.is_none_or(|p| p.after(PICTURE) <= at.at);
        if self.pictures && due {
            self.listen_to_announcements(at);
        }
        let view = (self.pictures && due).then(|| Arc::new(self.speaker.view(at)));
        if view.is_some() {
            self.pictured = Some(at.at);
        }
        if view.is_none() && self.backlog.is_empty() {
            return true;
        }
        match self.updates.try_send(Update { view, told: self.backlog.drain(..).collect() }) {
            Ok(()) => {
                if self.forgotten > 0 {
                    let text =
                        format!("{} lines are missing here: nobody took them", std::mem::take(&mut self.forgotten));
                    self.speaker.trouble(at, 0, Trouble::Other(text));
                }
                true
            }
            Err(TrySendError::Full(update)) => {
                self.backlog.extend(update.told);
                let surplus = self.backlog.len().saturating_sub(BACKLOG);
                self.backlog.drain(..surplus);
                self.forgotten += surplus as u64;
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        }
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
        // What was missed, or could not be read, may be anything.
        let mut all = std::mem::take(&mut self.unseen);
        while let Some(change) = self.monitor.next()? {
            match change {
                Change::Link { .. } | Change::LinkGone { .. } => links = true,
                Change::Address { .. } => addresses = true,
                Change::AddressGone { index, address } => gone.push((index, address.ip)),
                Change::Resync => (links, all) = (true, true),
            }
        }
        let at = now();
        if links {
            self.look_at_interfaces(at);
        }
        if all || !gone.is_empty() {
            addresses = true;
            self.look_for_lost(at, |index, ip| all || gone.contains(&(index, ip)));
            self.kernel.looked();
        }
        if addresses {
            self.look_at_addresses(at);
        }
        if let Some(trouble) = self.kernel.take_unwritten() {
            self.speaker.trouble(at, 0, trouble);
        }
        Ok(())
    }

    /// Of the addresses that may have gone (number of the interface, address): those that should be here still.
    fn look_for_lost(&mut self, at: Now, may_be_gone: impl Fn(u32, IpAddr) -> bool) {
        let mut missed = Vec::new();
        for (i, a) in self.speaker.installed() {
            let Ok((_, device)) = self.kernel.device(i, a) else { continue };
            if may_be_gone(device.index, a.ip) {
                missed.push((i, device.index, a.clone()));
            }
        }
        let mut present = BTreeMap::new();
        for (i, index, address) in missed {
            // It may have been taken off and put on again, by ourselves.
            let there = present.entry(index).or_insert_with(|| self.kernel.netlink.addresses(index).ok());
            let Some(there) = there else {
                self.unseen = true;
                continue;
            };
            let here = there.iter().any(|a| a.ip == address.ip);
            if !here && !self.kernel.restore(i, index, &address) {
                self.kernel.disown(i, &address);
                self.speaker.address_lost(at, i, address.ip, &mut self.kernel);
            }
        }
    }

    /// Looks which interfaces work, and opens the sockets of one that was made anew.
    fn look_at_interfaces(&mut self, at: Now) {
        let mut states: BTreeMap<String, bool> = BTreeMap::new();
        for outlet in &self.kernel.outlets {
            for name in &outlet.watched {
                if !states.contains_key(name) {
                    states.insert(name.clone(), link::is_running(name));
                }
            }
        }
        for (tracker, name) in &self.tracked {
            let up = link::is_running(name);
            self.speaker.interface(at, *tracker, up, &mut self.kernel);
        }
        let mut unopened = BTreeMap::new();
        for name in self.renewed() {
            // It was gone in between, with all its addresses, even if nothing is seen of that any more.
            for i in 0..self.kernel.outlets.len() {
                let outlet = &mut self.kernel.outlets[i];
                if outlet.watched.contains(&name) && !std::mem::replace(&mut outlet.down, true) {
                    let again = Trouble::Interface(format!("interface {name} was removed and made anew"));
                    self.speaker.trouble(at, i, again);
                    self.speaker.fault(at, i, Fault::Interface, true, &mut self.kernel);
                }
            }
            match self.kernel.reopen(&name, &mut self.inlets) {
                Ok(()) => {
                    let index = self.kernel.devices.get(&name).map(|d| d.index);
                    self.look_for_lost(at, |on, _| Some(on) == index);
                }
                Err(e) => {
                    unopened.insert(name, e.to_string());
                }
            }
        }
        for (name, device) in &mut self.kernel.devices {
            if let Some(mac) = link::state_of(name).ok().and_then(|s| s.mac) {
                device.mac = Mac(mac);
            }
        }
        for i in 0..self.kernel.outlets.len() {
            let outlet = &mut self.kernel.outlets[i];
            let works = |name: &&String| states.get(*name) == Some(&true) && !unopened.contains_key(*name);
            let broken = outlet.watched.iter().find(|name| !works(name)).cloned();
            if let Some(why) = broken.as_ref().and_then(|name| unopened.get(name)) {
                self.speaker.trouble(at, i, Trouble::Interface(why.clone()));
            }
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

    /// Interfaces that have another number than their sockets: they were deleted and made again.
    fn renewed(&self) -> Vec<String> {
        let changed = |(name, d): &(&String, &host::Device)| link::index(name).is_ok_and(|index| index != d.index);
        self.kernel.devices.iter().filter(changed).map(|(name, _)| name.clone()).collect()
    }

    /// A unicast virtual router is sent to where it sends from: its socket hears one address only.
    fn listen_to(&mut self, old: IpAddr, new: IpAddr) {
        for l in self.inlets.iter_mut().filter(|l| l.follows && l.to == old) {
            if let Ok(receiver) = Receiver::open(&l.interface, l.protocol, new) {
                (l.to, l.receiver) = (new, receiver);
            }
        }
    }

    /// Looks whether each virtual router has an address to send from.
    fn look_at_addresses(&mut self, at: Now) {
        let identity = |i| self.speaker.identity(i);
        let vips: Vec<IpAddr> =
            (0..self.kernel.outlets.len()).filter_map(identity).flat_map(|(_, vips)| vips).collect();
        let mut present: BTreeMap<String, Vec<netlink::Address>> = BTreeMap::new();
        for i in 0..self.kernel.outlets.len() {
            let outlet = &self.kernel.outlets[i];
            let Some(name) = Some(&outlet.base).filter(|_| outlet.follows) else { continue };
            if !present.contains_key(name) {
                let Ok(index) = link::index(name) else { continue };
                let Ok(addresses) = self.kernel.netlink.addresses(index) else {
                    self.unseen = true;
                    continue;
                };
                present.insert(name.clone(), addresses);
            }
            let all = &present[name];
            let family = if outlet.ipv6 { Family::V6 } else { Family::V4 };
            let Some((own, _)) = self.speaker.identity(i) else { continue };
            let there = all.iter().any(|a| a.ip == own);
            let next = if there { Some(own) } else { host::source(all, family, &vips) };
            let sourceless = next.is_none();
            if let Some(next) = next.filter(|next| *next != own) {
                self.listen_to(own, next);
                self.speaker.source(at, i, next, &mut self.kernel);
            }
            if sourceless != self.kernel.outlets[i].sourceless {
                self.kernel.outlets[i].sourceless = sourceless;
                self.speaker.fault(at, i, Fault::NoSource, sourceless, &mut self.kernel);
            }
        }
    }
}
