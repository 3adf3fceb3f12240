//! The host under the speaker: sockets, devices, addresses, and what is to be tidied up.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use super::ledger::{self, Abandoned, Entry, Ledger};
use super::speaker::Host;
use super::spec::{Address, Spec};
use super::told::Trouble;
use crate::net::announce::Announcer;
use crate::net::link;
use crate::net::netlink::{self, Netlink, NetlinkError, Scope};
use crate::net::vmac::{self, Notes, Vmac, VmacError};
use crate::net::vrrp_socket::{Family, Protocol, Receiver, Sender, SocketError};
use crate::vrrp::sequence::Authentication;
use crate::wire::build::{gratuitous_arp, unsolicited_na};
use crate::wire::{Mac, VRRP_GROUP_V4, VRRP_GROUP_V6};

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
    /// No advert would leave.
    #[error("an advert with {count} addresses is {length} bytes long, and {interface} carries packets of {mtu}")]
    TooLong {
        /// Addresses in an advert.
        count: usize,
        /// Length of its packet.
        length: usize,
        /// The interface.
        interface: String,
        /// Its MTU.
        mtu: u32,
    },
    /// It was asked for its end twice.
    #[error("the speaker has ended already")]
    Gone,
    /// What another speaker is.
    #[error(
        "hactl process {pid} is virtual router {vrid} of {family} on {interface} already: end it first (`kill {pid}`)"
    )]
    Running {
        /// The other's process id.
        pid: u32,
        /// The VRID.
        vrid: u8,
        /// The family.
        family: Family,
        /// The interface.
        interface: String,
    },
    /// What somebody did while it ran.
    #[error("interface {interface} was removed and made anew by someone else: end this process and start it again")]
    Remade {
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

/// An interface that addresses are put on and announced through.
pub(super) struct Device {
    pub(super) index: u32,
    pub(super) mac: Mac,
    announcer: Announcer,
}

/// What belongs to one virtual router on this host.
pub(super) struct Outlet {
    /// Its own interface: the macvlan if it has one.
    pub(super) interface: String,
    sender: usize,
    /// The interface that it is configured on.
    pub(super) base: String,
    /// Interfaces it depends on.
    pub(super) watched: Vec<String>,
    pub(super) down: bool,
    pub(super) sourceless: bool,
    /// Whether its source follows the interface's addresses.
    pub(super) follows: bool,
    pub(super) ipv6: bool,
}

/// The host as it really is.
pub(super) struct Kernel {
    pub(super) netlink: Netlink,
    senders: Vec<((String, Family), Sender)>,
    pub(super) devices: BTreeMap<String, Device>,
    pub(super) outlets: Vec<Outlet>,
    /// What was taken off since the kernel's changes were last looked at: interface, address, prefix length.
    removed: Vec<(u32, IpAddr, u8)>,
    /// Dropping them removes them.
    vmacs: Vec<Vmac>,
    ledger: Option<Ledger>,
    /// Why something could not be written down, until it has been told.
    unwritten: Option<String>,
}

impl Drop for Kernel {
    fn drop(&mut self) {
        // The first one knows what their base was like, and can say so when it is the last.
        while self.vmacs.pop().is_some() {}
    }
}

impl Kernel {
    pub(super) fn device<'a>(&'a self, instance: usize, address: &'a Address) -> Result<(&'a str, &'a Device), String> {
        let name = match (&address.interface, self.outlets.get(instance)) {
            (Some(name), _) => name,
            (None, Some(outlet)) => &outlet.interface,
            (None, None) => return Err("no such virtual router".into()),
        };
        let device = self.devices.get(name).ok_or_else(|| format!("interface {name} is gone"))?;
        Ok((name, device))
    }

    /// Sockets belong to an interface's number, which changes when it is deleted and made again. After an error the
    /// device keeps its old number: whoever compares it sees that this has to be done still.
    pub(super) fn reopen(&mut self, name: &str, inlets: &mut [Inlet]) -> Result<(), SpeakError> {
        if self.vmacs.iter().any(|vmac| vmac.name() == name) {
            return Err(SpeakError::Remade { interface: name.to_owned() });
        }
        let device = device(name)?;
        for ((interface, family), sender) in &mut self.senders {
            if interface == name {
                *sender = Sender::open(name, *family)?;
            }
        }
        for l in inlets.iter_mut().filter(|l| l.interface == name) {
            l.receiver = l.receiver.open_again(name)?;
        }
        self.devices.insert(name.to_owned(), device);
        Ok(())
    }

    /// Writes down that an address is ours, or, `gone`, that what is there from now on is not.
    fn note(&mut self, interface: &str, address: &Address, gone: bool) {
        let entry = Entry::Address { interface: interface.to_owned(), ip: address.ip, prefix: address.prefix };
        let Some(ledger) = &mut self.ledger else { return };
        let written = if gone { ledger.gone(&entry) } else { ledger.add(&[entry]) };
        if let Err(e) = written {
            self.unwritten = Some(forgetful(&e));
        }
    }

    /// Somebody took an address off: if it is put on again without us, it is not ours.
    pub(super) fn disown(&mut self, instance: usize, address: &Address) {
        if let Ok((name, _)) = self.device(instance, address) {
            let name = name.to_owned();
            self.note(&name, address, true);
        }
    }

    /// What could not be written down since this was last asked.
    pub(super) fn take_unwritten(&mut self) -> Option<Trouble> {
        self.unwritten.take().map(Trouble::Other)
    }
}

impl Kernel {
    /// Puts an IPv4 address on again that went because we took another one of its prefix off: unless the interface promotes
    /// secondary addresses, the kernel removes all of them with the first. Says whether that was the reason.
    pub(super) fn restore(&mut self, instance: usize, index: u32, address: &Address) -> bool {
        let IpAddr::V4(ip) = address.ip else { return false };
        let dragged = self.removed.iter().any(|(on, other, prefix)| match other {
            IpAddr::V4(other) if *on == index => {
                let mask = u32::MAX.checked_shl(32 - u32::from(*prefix)).unwrap_or(0);
                (ip.to_bits() ^ other.to_bits()) & mask == 0
            }
            _ => false,
        });
        dragged && self.install(instance, address).is_ok()
    }

    /// The kernel's changes have been looked at.
    pub(super) fn looked(&mut self) {
        self.removed.clear();
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
        let (name, device) = self.device(instance, address)?;
        let (name, index) = (name.to_owned(), device.index);
        self.note(&name, address, false);
        let added = self.netlink.add_address(index, address.ip, address.prefix);
        if !matches!(added, Ok(true)) {
            self.note(&name, address, true);
        }
        added.map_err(|e| e.to_string())
    }

    fn remove(&mut self, instance: usize, address: &Address) -> Result<(), String> {
        let (name, device) = self.device(instance, address)?;
        let (name, index) = (name.to_owned(), device.index);
        self.removed.push((index, address.ip, address.prefix));
        match self.netlink.remove_address(index, address.ip, address.prefix) {
            // An interface that is gone took its addresses with it.
            Err(_) if link::index(&name).is_ok_and(|now| now == index) => {
                return Err(format!("cannot remove {} from {name}: `ip address del` does it", address.ip));
            }
            _ => self.note(&name, address, true),
        }
        Ok(())
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
pub(super) struct Inlet {
    /// Whether it is of unicast virtual routers whose source follows the interface's addresses.
    pub(super) follows: bool,
    pub(super) interface: String,
    pub(super) protocol: Protocol,
    pub(super) to: IpAddr,
    pub(super) receiver: Receiver,
}

/// All that a speaker needs of its host.
pub(super) struct Opened {
    pub(super) kernel: Kernel,
    pub(super) inlets: Vec<Inlet>,
    /// For each virtual router the inlet that it hears through.
    pub(super) routes: Vec<usize>,
    /// What was found, for the operator.
    pub(super) remarks: Vec<Trouble>,
}

/// Opens sockets and devices, tidies up after dead speakers, and writes down what this one may leave behind. Fills in the
/// sources that were left open. `observe`: without changing anything.
pub(super) fn open(specs: &mut [Spec], observe: bool) -> Result<Opened, SpeakError> {
    let mut netlink = Netlink::open()?;
    let mut remarks = Vec::new();
    if !observe {
        let dead = Ledger::abandoned(Path::new(ledger::DIRECTORY));
        remarks.extend(tidy(&mut netlink, &dead).into_iter().map(Trouble::Leftover));
        dead.iter().for_each(Abandoned::forget);
    }
    let kernel = Kernel {
        netlink,
        senders: Vec::new(),
        devices: BTreeMap::new(),
        outlets: Vec::new(),
        removed: Vec::new(),
        vmacs: Vec::new(),
        ledger: None,
        unwritten: None,
    };
    let mut opened = Opened { kernel, inlets: Vec::new(), routes: Vec::new(), remarks };
    if !observe {
        let routers: Vec<Entry> = specs.iter().map(router).collect();
        // Before looking for others: of two that start at the same time, each then sees the other.
        match Ledger::create(Path::new(ledger::DIRECTORY), &routers) {
            Ok(ledger) => opened.kernel.ledger = Some(ledger),
            Err(e) => opened.remarks.push(Trouble::Other(forgetful(&e))),
        }
        alone(&routers)?;
    }
    let mut taken = BTreeSet::new();
    let vips: Vec<IpAddr> = specs.iter().flat_map(|s| s.addresses.iter().map(|a| a.ip)).collect();
    for spec in &mut *specs {
        let inlet = opened.add(spec, &vips, observe)?;
        if !taken.insert((inlet, spec.params.vrid)) {
            return Err(SpeakError::Twice { vrid: spec.params.vrid, interface: spec.interface.clone() });
        }
    }
    opened.look_around(specs)?;
    let unwritten = opened.kernel.take_unwritten();
    opened.remarks.extend(unwritten);
    Ok(opened)
}

fn forgetful(e: &std::io::Error) -> String {
    format!("cannot write {}: {e}; if this process is killed, nobody will know what it left", ledger::DIRECTORY)
}

fn router(spec: &Spec) -> Entry {
    let (interface, vrid) = (spec.interface.clone(), spec.params.vrid);
    Entry::Router { interface, family: Family::of(spec.params.source), vrid }
}

/// Makes sure that no other process is one of these virtual routers. Neither would hear the other: what this host sends
/// does not come back to it.
fn alone(routers: &[Entry]) -> Result<(), SpeakError> {
    for (pid, entries) in Ledger::living(Path::new(ledger::DIRECTORY)) {
        if pid == std::process::id() {
            continue;
        }
        if let Some(Entry::Router { interface, family, vrid }) = entries.into_iter().find(|e| routers.contains(e)) {
            return Err(SpeakError::Running { pid, vrid, family, interface });
        }
    }
    Ok(())
}

impl Notes for Kernel {
    fn link(&mut self, name: &str, gone: bool) {
        let entry = Entry::Link { name: name.to_owned() };
        let Some(ledger) = &mut self.ledger else { return };
        let written = if gone { ledger.gone(&entry) } else { ledger.add(&[entry]) };
        self.unwritten = written.err().map(|e| forgetful(&e)).or(self.unwritten.take());
    }

    fn setting(&mut self, path: &str, value: &str) {
        let entry = Entry::Setting { path: path.to_owned(), value: value.to_owned() };
        let written = self.ledger.as_mut().map_or(Ok(()), |l| l.add(&[entry]));
        self.unwritten = written.err().map(|e| forgetful(&e)).or(self.unwritten.take());
    }

    fn original(&self, path: &str) -> Option<String> {
        let entries = Ledger::living(Path::new(ledger::DIRECTORY)).into_iter().flat_map(|(_, entries)| entries);
        entries.into_iter().find_map(|e| match e {
            Entry::Setting { path: known, value } if known == path => Some(value),
            _ => None,
        })
    }
}

impl Opened {
    /// Opens what one virtual router needs, and gives its inlet. `vips`: the virtual addresses of all of them.
    fn add(&mut self, spec: &mut Spec, vips: &[IpAddr], observe: bool) -> Result<usize, SpeakError> {
        let follows = spec.params.source.is_unspecified();
        let family = Family::of(spec.params.source);
        let index = interface_index(&spec.interface)?;
        if follows {
            let all = self.kernel.netlink.addresses(index)?;
            // The addresses of an owner are the interface's own.
            let owned = || source(&all, family, &[]).filter(|_| spec.params.is_owner());
            spec.params.source = source(&all, family, vips)
                .or_else(owned)
                .ok_or(SpeakError::NoSource { interface: spec.interface.clone(), family })?;
        }
        let (length, count) = (spec.packet_length(), spec.params.addresses.len());
        if let Some(mtu) = link::state_of(&spec.interface).ok().map(|s| s.mtu).filter(|mtu| length > *mtu as usize) {
            return Err(SpeakError::TooLong { count, length, interface: spec.interface.clone(), mtu });
        }
        let vmac = if spec.vmac && !observe {
            Some(Vmac::open_noting(&spec.interface, spec.params.vrid, family, &mut self.kernel)?)
        } else {
            None
        };
        let own = vmac.as_ref().map_or(spec.interface.as_str(), Vmac::name).to_owned();
        for name in spec.addresses.iter().map(|a| a.interface.as_ref().unwrap_or(&own)).chain([&own]) {
            if !self.kernel.devices.contains_key(name) {
                self.kernel.devices.insert(name.clone(), device(name)?);
            }
        }
        // Unicast peers answer to the base interface's MAC, so adverts come and go there, as with keepalived.
        let (through, heard_by) =
            if spec.hearing.is_unicast() { (&spec.interface, None) } else { (&own, vmac.as_ref()) };
        let sender = self.sender(through, family)?;
        let inlet = self.inlet(spec, through, heard_by, follows, observe)?;
        let mut watched = vec![spec.interface.clone()];
        watched.extend(vmac.iter().map(|v| v.name().to_owned()));
        watched.retain(|_| spec.track_primary);
        self.kernel.vmacs.extend(vmac);
        let ipv6 = family == Family::V6;
        let base = spec.interface.clone();
        let outlet = Outlet { interface: own, base, sender, watched, down: false, sourceless: false, follows, ipv6 };
        self.kernel.outlets.push(outlet);
        self.routes.push(inlet);
        Ok(inlet)
    }

    fn sender(&mut self, interface: &str, family: Family) -> Result<usize, SpeakError> {
        let senders = &mut self.kernel.senders;
        if let Some(known) = senders.iter().position(|s| s.0.0 == interface && s.0.1 == family) {
            return Ok(known);
        }
        senders.push(((interface.to_owned(), family), Sender::open(interface, family)?));
        Ok(senders.len() - 1)
    }

    fn inlet(
        &mut self,
        spec: &Spec,
        own: &str,
        vmac: Option<&Vmac>,
        follows: bool,
        observe: bool,
    ) -> Result<usize, SpeakError> {
        let ah = matches!(spec.hearing.authentication, Authentication::Ah(_));
        let protocol = if ah { Protocol::Ah } else { Protocol::Vrrp };
        let group = if spec.ipv6() { IpAddr::from(VRRP_GROUP_V6) } else { VRRP_GROUP_V4.into() };
        let to = if spec.hearing.is_unicast() { spec.params.source } else { spec.hearing.group.unwrap_or(group) };
        let follows = follows && spec.hearing.is_unicast();
        let same = |l: &Inlet| (l.interface.as_str(), l.protocol, l.to, l.follows) == (own, protocol, to, follows);
        if let Some(known) = self.inlets.iter().position(same) {
            return Ok(known);
        }
        let receiver = match vmac {
            Some(vmac) if to.is_multicast() => vmac.receiver(protocol, to)?,
            _ if observe && to.is_multicast() => Receiver::open_silently(own, protocol, to)?,
            _ => Receiver::open(own, protocol, to)?,
        };
        self.inlets.push(Inlet { follows, interface: own.to_owned(), protocol, to, receiver });
        Ok(self.inlets.len() - 1)
    }

    /// Looks which addresses are there already: they are somebody else's and stay.
    fn look_around(&mut self, specs: &mut [Spec]) -> Result<(), SpeakError> {
        let mut there: BTreeMap<String, Vec<IpAddr>> = BTreeMap::new();
        for (name, device) in &self.kernel.devices {
            let addresses = self.kernel.netlink.addresses(device.index)?;
            there.insert(name.clone(), addresses.into_iter().map(|a| a.ip).collect());
        }
        for (spec, outlet) in specs.iter_mut().zip(&self.kernel.outlets) {
            for address in &spec.addresses {
                let interface = address.interface.as_ref().unwrap_or(&outlet.interface);
                if there.get(interface).is_some_and(|a| a.contains(&address.ip)) {
                    spec.present.push(address.ip);
                }
            }
        }
        Ok(())
    }
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
pub(super) fn source(all: &[netlink::Address], family: Family, vips: &[IpAddr]) -> Option<IpAddr> {
    let wanted = |a: &&netlink::Address| match family {
        Family::V4 => a.ip.is_ipv4() && a.scope != Scope::Host,
        Family::V6 => a.ip.is_ipv6() && a.scope == Scope::Link && !a.duplicate,
    };
    all.iter().filter(wanted).map(|a| a.ip).find(|ip| !vips.contains(ip))
}

/// Removes what dead processes left, and names it.
fn tidy(netlink: &mut Netlink, dead: &[Abandoned]) -> Vec<String> {
    let mut said = Vec::new();
    let entries = || dead.iter().flat_map(|d| d.entries.iter().map(|entry| (d.pid, entry)));
    for (pid, entry) in entries() {
        match entry {
            Entry::Address { interface, ip, prefix } => {
                let Ok(index) = link::index(interface) else { continue };
                if matches!(netlink.remove_address(index, *ip, *prefix), Ok(true)) {
                    said.push(format!("{ip}/{prefix} was still on {interface}: left there by hactl process {pid}, which was killed; removed"));
                }
            }
            Entry::Link { name } => {
                // Somebody may have made another one of this name since.
                let virtual_mac = |mac: [u8; 6]| mac.starts_with(&[0x00, 0x00, 0x5e, 0x00]);
                let Ok(index) = link::index(name) else { continue };
                if link::state_of(name).is_ok_and(|s| s.mac.is_some_and(virtual_mac))
                    && matches!(netlink.delete_link(index), Ok(true))
                {
                    said.push(format!(
                        "interface {name} was still here: left by hactl process {pid}, which was killed; removed"
                    ));
                }
            }
            Entry::Setting { .. } | Entry::Router { .. } => {}
        }
    }
    // Once no interface of theirs needs them.
    for (pid, entry) in entries() {
        let Entry::Setting { path, value } = entry else { continue };
        if matches!(vmac::restore(netlink, path, value), Ok(true)) {
            said.push(format!("{path} was changed by hactl process {pid}, which was killed; it is {value} again"));
        }
    }
    said
}
