//! Addresses and interfaces of this network namespace through rtnetlink: asking, changing, and hearing of changes. **This
//! changes the system**; watching never uses it.
//!
//! Every change is acknowledged by the kernel before the call returns. Many addresses at once go in batches, each of them
//! acknowledged all the same.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;
use std::time::Duration;

use netlink_packet_core::{
    ErrorBuffer, NLM_F_ACK, NLM_F_CREATE, NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_EXCL, NLM_F_REQUEST, NetlinkBuffer,
    NetlinkMessage, Parseable as _,
};
use netlink_packet_route::address::{
    AddressAttribute, AddressFlags, AddressHeaderFlags, AddressMessage, AddressScope, CacheInfo,
};
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, In6AddrGenMode, InfoData, InfoKind, InfoMacVlan, LinkAttribute, LinkFlags, LinkHeader,
    LinkInfo, LinkMessage, MacVlanMode,
};
use netlink_packet_route::{AddressFamily, RouteNetlinkMessage};
use netlink_sys::protocols::NETLINK_ROUTE;
use netlink_sys::{Socket, SocketAddr};
use socket2::SockRef;

use super::capture::quoted;
use super::{sys, vrrp_socket};

/// Requests in one batch: their acknowledgements have to fit into the socket's receive buffer together.
const BATCH: usize = 64;

/// More than the longest datagram that the kernel sends: 32 KiB of a list, or one message.
pub(super) const RECEIVE_BUFFER: usize = 256 * 1024;

/// Room for changes that have not been read: some thousand of them.
const MONITOR_BUFFER: i32 = 4 * 1024 * 1024;

/// The kernel answers before the request has returned. If it does not, something is broken, and waiting no help.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How often a list is asked for again that changed while it was told.
pub(super) const DUMP_ATTEMPTS: usize = 10;

// linux/netlink.h and linux/rtnetlink.h
pub(super) const NLMSG_ERROR: u16 = 2;
pub(super) const NLMSG_DONE: u16 = 3;
const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTNLGRP_LINK: u32 = 1;
const RTNLGRP_IPV4_IFADDR: u32 = 5;
const RTNLGRP_IPV6_IFADDR: u32 = 9;

/// Why the kernel could not be asked, or refused.
#[derive(Debug, thiserror::Error)]
pub enum NetlinkError {
    /// This user may not change the network.
    #[error(
        "cannot {operation}: not permitted to this user; run `sudo hactl …`, or once `sudo setcap \
         cap_net_raw,cap_net_admin+ep {}`",
        quoted(program)
    )]
    NotPermitted {
        /// What was being done, and to what.
        operation: String,
        /// The file of the running program.
        program: PathBuf,
    },
    /// The interface is not there, or no longer.
    #[error("cannot {operation}: the interface is gone")]
    NoSuchInterface {
        /// What was being done, and to what.
        operation: String,
    },
    /// An interface of that name exists already.
    #[error("cannot {operation}: there is an interface of that name already")]
    NameTaken {
        /// What was being done, and to what.
        operation: String,
    },
    /// It failed for another reason.
    #[error("cannot {operation}: {source}")]
    Io {
        /// What was being done, and to what.
        operation: String,
        /// The kernel's answer.
        source: io::Error,
    },
}

impl NetlinkError {
    fn new(operation: String, source: io::Error) -> Self {
        match source.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Self::NotPermitted { operation, program: vrrp_socket::program() },
            Some(libc::ENODEV | libc::ENXIO) => Self::NoSuchInterface { operation },
            _ => Self::Io { operation, source },
        }
    }

    /// The kernel's number for what was wrong, if it is not one of the cases with a name.
    pub fn raw_os_error(&self) -> Option<i32> {
        if let Self::Io { source, .. } = self { source.raw_os_error() } else { None }
    }
}

/// An address of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address; of a point-to-point link this end's.
    pub ip: IpAddr,
    /// Length of its prefix.
    pub prefix_len: u8,
    /// How far it is meaningful.
    pub scope: Scope,
    /// IPv4: not the first of its prefix, so that it goes when that one goes (unless `promote_secondaries` is set).
    /// IPv6: a temporary one.
    pub secondary: bool,
    /// IPv6: duplicate address detection is not over; nothing can be sent from it yet.
    pub tentative: bool,
    /// IPv6: another host has it.
    pub duplicate: bool,
    /// Not to be used for new connections.
    pub deprecated: bool,
}

/// How far an address is meaningful.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    Global,
    /// On its link.
    Link,
    /// On this host.
    Host,
    /// Something between.
    Other(u8),
}

impl Address {
    fn read(message: &AddressMessage) -> Option<Self> {
        let (mut local, mut address) = (None, None);
        let mut flags = AddressFlags::from_bits_retain(message.header.flags.bits().into());
        for attribute in &message.attributes {
            match attribute {
                AddressAttribute::Local(ip) => local = Some(*ip),
                AddressAttribute::Address(ip) => address = Some(*ip),
                AddressAttribute::Flags(all) => flags = *all,
                _ => {}
            }
        }
        Some(Self {
            ip: local.or(address)?,
            prefix_len: message.header.prefix_len,
            scope: match message.header.scope {
                AddressScope::Universe => Scope::Global,
                AddressScope::Link => Scope::Link,
                AddressScope::Host => Scope::Host,
                other => Scope::Other(other.into()),
            },
            secondary: flags.contains(AddressFlags::Secondary),
            tentative: flags.contains(AddressFlags::Tentative),
            duplicate: flags.contains(AddressFlags::Dadfailed),
            deprecated: flags.contains(AddressFlags::Deprecated),
        })
    }
}

/// A request and the flags it goes with.
type Request = (RouteNetlinkMessage, u16);

/// A connection to the kernel for questions and changes.
pub struct Netlink {
    socket: Socket,
    sequence: u32,
    buffer: Vec<u8>,
}

impl fmt::Debug for Netlink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Netlink").field("socket", &self.socket.as_fd()).finish_non_exhaustive()
    }
}

impl Netlink {
    /// Opens the connection. It stays with the network namespace that this thread is in now.
    pub fn open() -> Result<Self, NetlinkError> {
        let open = || {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            socket.bind_auto()?;
            socket.set_cap_ack(true)?;
            SockRef::from(&socket).set_read_timeout(Some(PATIENCE))?;
            Ok(socket)
        };
        let socket = open().map_err(|source| NetlinkError::new("open a netlink socket".into(), source))?;
        Ok(Self { socket, sequence: 0, buffer: Vec::with_capacity(RECEIVE_BUFFER) })
    }

    /// Adds an address, as keepalived does: IPv6 without duplicate address detection, so that it can be used at once, and
    /// with a prefix of 128 deprecated, so that this host uses it for no connection of its own. Says whether it was not
    /// there before.
    pub fn add_address(&mut self, index: u32, ip: IpAddr, prefix_len: u8) -> Result<bool, NetlinkError> {
        single(self.add_addresses(index, &[(ip, prefix_len)]))
    }

    /// Adds many addresses, in this order, each as [`Self::add_address`] does; one that fails does not stop the others.
    pub fn add_addresses(&mut self, index: u32, addresses: &[(IpAddr, u8)]) -> Vec<Result<bool, NetlinkError>> {
        let request = |&(ip, prefix_len): &(IpAddr, u8)| {
            let message = RouteNetlinkMessage::NewAddress(address_message(index, ip, prefix_len));
            (message, NLM_F_CREATE | NLM_F_EXCL)
        };
        let answers = self.exchange(addresses.iter().map(request));
        self.outcomes(index, addresses, answers, "add", |e| e.raw_os_error() == Some(libc::EEXIST))
    }

    /// Removes an address. Says whether it was there. Of an interface that is gone all addresses are gone.
    ///
    /// IPv4: with the first address of a prefix the kernel removes the others of it, unless `promote_secondaries` is set.
    pub fn remove_address(&mut self, index: u32, ip: IpAddr, prefix_len: u8) -> Result<bool, NetlinkError> {
        single(self.remove_addresses(index, &[(ip, prefix_len)]))
    }

    /// Removes many addresses, in this order, each as [`Self::remove_address`] does; one that fails does not stop the others.
    pub fn remove_addresses(&mut self, index: u32, addresses: &[(IpAddr, u8)]) -> Vec<Result<bool, NetlinkError>> {
        let request = |&(ip, prefix_len): &(IpAddr, u8)| {
            (RouteNetlinkMessage::DelAddress(address_message(index, ip, prefix_len)), 0)
        };
        let answers = self.exchange(addresses.iter().map(request));
        self.outcomes(index, addresses, answers, "remove", |e| {
            matches!(e.raw_os_error(), Some(libc::EADDRNOTAVAIL | libc::ENODEV))
        })
    }

    fn outcomes(
        &self,
        index: u32,
        addresses: &[(IpAddr, u8)],
        answers: Vec<io::Result<()>>,
        verb: &str,
        nothing_to_do: impl Fn(&io::Error) -> bool,
    ) -> Vec<Result<bool, NetlinkError>> {
        let outcome = |(answer, &(ip, prefix_len)): (io::Result<()>, &(IpAddr, u8))| match answer {
            Ok(()) => Ok(true),
            Err(e) if nothing_to_do(&e) => Ok(false),
            Err(e) => {
                let operation = format!("{verb} {ip}/{prefix_len} on {}", self.name(index));
                Err(NetlinkError::new(operation, e))
            }
        };
        answers.into_iter().zip(addresses).map(outcome).collect()
    }

    /// The addresses of an interface in the kernel's order: IPv4 before IPv6, of IPv4 the primary ones first.
    pub fn addresses(&mut self, index: u32) -> Result<Vec<Address>, NetlinkError> {
        let asked = RouteNetlinkMessage::GetAddress(AddressMessage::default());
        let found = self.dump(&asked, |kind, payload| {
            let message = AddressMessage::parse(payload).ok().filter(|_| kind == RTM_NEWADDR)?;
            Address::read(&message).filter(|_| message.header.index == index)
        });
        found.map_err(|e| NetlinkError::new(format!("list the addresses of {}", self.name(index)), e))
    }

    /// Makes a macvlan interface in private mode on top of another one, down at first. Returns its number.
    pub fn add_macvlan(&mut self, base: u32, name: &str, mac: [u8; 6]) -> Result<u32, NetlinkError> {
        let operation = |this: &Self| format!("make interface {name} on {}", this.name(base));
        let mut message = LinkMessage::default();
        message.attributes = vec![
            LinkAttribute::IfName(name.to_owned()),
            LinkAttribute::Link(base),
            LinkAttribute::Address(mac.to_vec()),
            LinkAttribute::LinkInfo(vec![
                LinkInfo::Kind(InfoKind::MacVlan),
                LinkInfo::Data(InfoData::MacVlan(vec![InfoMacVlan::Mode(MacVlanMode::Private)])),
            ]),
        ];
        match self.request(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL) {
            Ok(()) => {}
            Err(e) if e.raw_os_error() == Some(libc::EEXIST) => {
                return Err(NetlinkError::NameTaken { operation: operation(self) });
            }
            Err(e) => return Err(NetlinkError::new(operation(self), e)),
        }
        let index = sys::interface_index(self.socket.as_fd(), name);
        index.map(|index| index as u32).map_err(|e| NetlinkError::new(operation(self), e))
    }

    /// The macvlan on top of `base` with this hardware address, if there is one: (number, name).
    pub fn find_macvlan(&mut self, base: u32, mac: [u8; 6]) -> Result<Option<(u32, String)>, NetlinkError> {
        let mut all = self.macvlans(base)?;
        Ok(all.iter().position(|found| found.mac == mac).map(|at| all.swap_remove(at)).map(|m| (m.index, m.name)))
    }

    /// The macvlans on top of an interface.
    pub(super) fn macvlans(&mut self, base: u32) -> Result<Vec<Macvlan>, NetlinkError> {
        let found = self.dump(&RouteNetlinkMessage::GetLink(LinkMessage::default()), |kind, payload| {
            let message = LinkMessage::parse(payload).ok().filter(|_| kind == RTM_NEWLINK)?;
            Macvlan::read(&message, base)
        });
        found.map_err(|e| NetlinkError::new(format!("list the interfaces on {}", self.name(base)), e))
    }

    /// Removes an interface. Says whether it was there.
    pub fn delete_link(&mut self, index: u32) -> Result<bool, NetlinkError> {
        let operation = format!("remove interface {}", self.name(index));
        match self.request(RouteNetlinkMessage::DelLink(link_message(index)), 0) {
            Ok(()) => Ok(true),
            Err(e) if e.raw_os_error() == Some(libc::ENODEV) => Ok(false),
            Err(e) => Err(NetlinkError::new(operation, e)),
        }
    }

    /// Sets an interface up.
    pub fn set_up(&mut self, index: u32) -> Result<(), NetlinkError> {
        self.set_up_or_down(index, true)
    }

    /// Sets an interface down.
    pub fn set_down(&mut self, index: u32) -> Result<(), NetlinkError> {
        self.set_up_or_down(index, false)
    }

    fn set_up_or_down(&mut self, index: u32, up: bool) -> Result<(), NetlinkError> {
        let mut message = link_message(index);
        message.header.flags = if up { LinkFlags::Up } else { LinkFlags::empty() };
        message.header.change_mask = LinkFlags::Up;
        let answer = self.request(RouteNetlinkMessage::NewLink(message), 0);
        answer.map_err(|e| {
            NetlinkError::new(format!("set interface {} {}", self.name(index), if up { "up" } else { "down" }), e)
        })
    }

    /// Lets an interface make no IPv6 address of its own.
    pub fn set_addrgenmode_none(&mut self, index: u32) -> Result<(), NetlinkError> {
        let mut message = link_message(index);
        message.attributes =
            vec![LinkAttribute::AfSpecUnspec(vec![AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(
                In6AddrGenMode::None,
            )])])];
        let answer = self.request(RouteNetlinkMessage::SetLink(message), 0);
        answer.map_err(|e| NetlinkError::new(format!("set addrgenmode none on interface {}", self.name(index)), e))
    }

    /// Makes a pair of Ethernet interfaces, the second in another network namespace. Both are down at first.
    #[cfg(test)]
    pub(super) fn add_veth(&mut self, name: &str, peer: &str, elsewhere: BorrowedFd<'_>) -> Result<(), NetlinkError> {
        use std::os::fd::AsRawFd as _;

        use netlink_packet_route::link::InfoVeth;

        let mut other = LinkMessage::default();
        other.attributes = vec![LinkAttribute::IfName(peer.to_owned()), LinkAttribute::NetNsFd(elsewhere.as_raw_fd())];
        let mut message = LinkMessage::default();
        message.attributes = vec![
            LinkAttribute::IfName(name.to_owned()),
            LinkAttribute::LinkInfo(vec![
                LinkInfo::Kind(InfoKind::Veth),
                LinkInfo::Data(InfoData::Veth(InfoVeth::Peer(other))),
            ]),
        ];
        let answer = self.request(RouteNetlinkMessage::NewLink(message), NLM_F_CREATE | NLM_F_EXCL);
        answer.map_err(|e| NetlinkError::new(format!("make interface {name}"), e))
    }

    /// What to call an interface in a message.
    fn name(&self, index: u32) -> String {
        sys::interface_name(self.socket.as_fd(), index as i32).unwrap_or_else(|_| format!("number {index}"))
    }

    /// One request that changes something, and its acknowledgement.
    fn request(&mut self, message: RouteNetlinkMessage, flags: u16) -> io::Result<()> {
        single(self.exchange([(message, flags)]))
    }

    /// Requests that change something; as many answers as requests, in their order.
    fn exchange(&mut self, requests: impl IntoIterator<Item = Request>) -> Vec<io::Result<()>> {
        let mut requests = requests.into_iter();
        let mut answers = Vec::new();
        loop {
            let batch: Vec<Request> = requests.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return answers;
            }
            let mut of_batch: Vec<Option<io::Result<()>>> = batch.iter().map(|_| None).collect();
            let done = self.exchange_batch(batch, &mut of_batch);
            // What was not answered shares the fate of the exchange.
            let fate = || match &done {
                Ok(()) => io::ErrorKind::TimedOut.into(),
                Err(e) => e.raw_os_error().map_or_else(|| e.kind().into(), io::Error::from_raw_os_error),
            };
            answers.extend(of_batch.into_iter().map(|answer| answer.unwrap_or_else(|| Err(fate()))));
        }
    }

    fn exchange_batch(&mut self, batch: Vec<Request>, answers: &mut [Option<io::Result<()>>]) -> io::Result<()> {
        let first = self.sequence.wrapping_add(1);
        let mut bytes = Vec::new();
        for (message, flags) in batch {
            self.put(&mut bytes, message, flags | NLM_F_ACK);
        }
        self.socket.send(&bytes, 0)?;
        let mut missing = answers.len();
        while missing > 0 {
            self.receive()?;
            for message in Messages(&self.buffer) {
                let at = message.sequence_number().wrapping_sub(first) as usize;
                if message.message_type() == NLMSG_ERROR
                    && let Some(answer) = answers.get_mut(at)
                {
                    missing -= usize::from(answer.is_none());
                    *answer = Some(error_of(message.payload()));
                }
            }
        }
        Ok(())
    }

    /// Asks for a list, of which `read` gets kind and bytes of each entry. Begins again when it changed while it was told.
    fn dump<T>(&mut self, message: &RouteNetlinkMessage, read: impl Fn(u16, &[u8]) -> Option<T>) -> io::Result<Vec<T>> {
        for _ in 0..DUMP_ATTEMPTS {
            let mut bytes = Vec::new();
            self.put(&mut bytes, message.clone(), NLM_F_DUMP);
            self.socket.send(&bytes, 0)?;
            let (mut found, mut done, mut changed) = (Vec::new(), false, false);
            while !done {
                self.receive()?;
                for message in Messages(&self.buffer).filter(|m| m.sequence_number() == self.sequence) {
                    changed |= message.flags() & NLM_F_DUMP_INTR != 0;
                    match message.message_type() {
                        NLMSG_ERROR => error_of(message.payload())?,
                        NLMSG_DONE => done = true,
                        kind => found.extend(read(kind, message.payload())),
                    }
                }
            }
            if !changed {
                return Ok(found);
            }
        }
        Err(io::Error::other("the list changes faster than it can be read"))
    }

    /// Appends a message with the next sequence number.
    fn put(&mut self, bytes: &mut Vec<u8>, message: RouteNetlinkMessage, flags: u16) {
        self.sequence = self.sequence.wrapping_add(1);
        let mut message = NetlinkMessage::from(message);
        message.header.flags = NLM_F_REQUEST | flags;
        message.header.sequence_number = self.sequence;
        message.finalize();
        let start = bytes.len();
        bytes.resize(start + message.buffer_len().next_multiple_of(4), 0);
        message.serialize(bytes.get_mut(start..).unwrap_or_default());
    }

    /// Fills the buffer with the kernel's next answer.
    fn receive(&mut self) -> io::Result<()> {
        match receive(&self.socket, &mut self.buffer) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                Err(io::Error::new(io::ErrorKind::TimedOut, "the kernel does not answer"))
            }
            other => other,
        }
    }
}

/// A macvlan on top of some interface.
#[derive(Debug)]
pub(super) struct Macvlan {
    pub index: u32,
    pub name: String,
    pub mac: [u8; 6],
}

impl Macvlan {
    fn read(message: &LinkMessage, base: u32) -> Option<Self> {
        let (mut name, mut mac, mut on_base, mut is_macvlan) = (None, None, false, false);
        for attribute in &message.attributes {
            match attribute {
                LinkAttribute::IfName(text) => name = Some(text.clone()),
                LinkAttribute::Address(address) => mac = address.as_slice().try_into().ok(),
                LinkAttribute::Link(lower) => on_base = *lower == base,
                LinkAttribute::LinkInfo(info) => is_macvlan = info.contains(&LinkInfo::Kind(InfoKind::MacVlan)),
                _ => {}
            }
        }
        if !(on_base && is_macvlan) {
            return None;
        }
        Some(Self { index: message.header.index, name: name?, mac: mac? })
    }
}

/// The answer to the only request of an exchange.
fn single<T, E: From<Unanswered>>(mut answers: Vec<Result<T, E>>) -> Result<T, E> {
    answers.pop().unwrap_or_else(|| Err(Unanswered.into()))
}

/// An exchange gives as many answers as it was given requests.
struct Unanswered;

impl From<Unanswered> for io::Error {
    fn from(_: Unanswered) -> Self {
        io::ErrorKind::TimedOut.into()
    }
}

impl From<Unanswered> for NetlinkError {
    fn from(u: Unanswered) -> Self {
        Self::Io { operation: "ask the kernel".into(), source: u.into() }
    }
}

fn address_message(index: u32, ip: IpAddr, prefix_len: u8) -> AddressMessage {
    let mut message = AddressMessage::default();
    message.header.index = index;
    message.header.prefix_len = prefix_len;
    message.header.family = if ip.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    if ip.is_ipv6() {
        message.header.flags = AddressHeaderFlags::Nodad;
    }
    message.attributes = vec![AddressAttribute::Local(ip), AddressAttribute::Address(ip)];
    if ip.is_ipv6() && prefix_len == 128 {
        let mut lifetimes = CacheInfo::default();
        lifetimes.ifa_preferred = 0;
        lifetimes.ifa_valid = u32::MAX;
        message.attributes.push(AddressAttribute::CacheInfo(lifetimes));
    }
    message
}

fn link_message(index: u32) -> LinkMessage {
    let mut message = LinkMessage::default();
    message.header.index = index;
    message
}

/// The result in an acknowledgement.
pub(super) fn error_of(payload: &[u8]) -> io::Result<()> {
    match ErrorBuffer::new_checked(payload).map(|error| error.code()) {
        Ok(None) => Ok(()),
        Ok(Some(code)) => Err(io::Error::from_raw_os_error(code.get().saturating_abs())),
        Err(e) => Err(io::Error::new(io::ErrorKind::InvalidData, e)),
    }
}

/// Fills the buffer with one datagram of the kernel's.
pub(super) fn receive(socket: &Socket, buffer: &mut Vec<u8>) -> io::Result<()> {
    loop {
        buffer.clear();
        buffer.reserve(RECEIVE_BUFFER);
        match socket.recv_from(buffer, 0) {
            // Not the kernel: another program that is allowed to pretend, and is not believed.
            Ok((_, from)) if from.port_number() != 0 => {}
            Ok(_) => return Ok(()),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// The messages in a datagram. What is inconsistent ends it.
pub(super) struct Messages<'a>(pub &'a [u8]);

impl<'a> Iterator for Messages<'a> {
    type Item = NetlinkBuffer<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        let message = NetlinkBuffer::new_checked(self.0).ok()?;
        let length = (message.length() as usize).next_multiple_of(4);
        self.0 = self.0.get(length..).unwrap_or_default();
        Some(message)
    }
}

/// Something changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// An interface is in this state now; said on any change of it, also of something else.
    Link {
        /// Its number.
        index: u32,
        /// Whether it is administratively up.
        up: bool,
        /// Whether it is up and has a carrier: what keepalived, too, takes for an interface that works.
        running: bool,
    },
    /// An interface was deleted or moved to another network namespace.
    LinkGone {
        /// Its number.
        index: u32,
    },
    /// An interface has this address now, or the flags of the address have changed.
    Address {
        /// The interface's number.
        index: u32,
        /// The address.
        address: Address,
    },
    /// An interface has this address no longer.
    AddressGone {
        /// The interface's number.
        index: u32,
        /// The address.
        address: Address,
    },
    /// Changes were missed because they came too fast: ask for everything again.
    Resync,
}

/// Hears of changes of interfaces and addresses.
pub struct Monitor {
    socket: Socket,
    buffer: Vec<u8>,
    pending: VecDeque<Change>,
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Monitor").field("pending", &self.pending).finish_non_exhaustive()
    }
}

impl Monitor {
    /// Begins to listen. Open it before asking for the present state, so that no change is missed.
    pub fn open() -> Result<Self, NetlinkError> {
        let open = || {
            let mut socket = Socket::new(NETLINK_ROUTE)?;
            let groups = [RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR].map(|group| 1 << (group - 1));
            socket.bind(&SocketAddr::new(0, groups.iter().sum()))?;
            socket.set_non_blocking(true)?;
            // Best effort: what does not fit is told of by `Change::Resync`.
            let _ = sys::force_receive_buffer(socket.as_fd(), MONITOR_BUFFER);
            Ok(socket)
        };
        let socket = open().map_err(|e| NetlinkError::new("listen for changes of interfaces".into(), e))?;
        Ok(Self { socket, buffer: Vec::with_capacity(RECEIVE_BUFFER), pending: VecDeque::new() })
    }

    /// The next change, if there is one. To be called until there is none: the descriptor says only whether more can be
    /// read, not whether some is pending here.
    pub fn next(&mut self) -> Result<Option<Change>, NetlinkError> {
        loop {
            if let Some(change) = self.pending.pop_front() {
                return Ok(Some(change));
            }
            match receive(&self.socket, &mut self.buffer) {
                Ok(()) => self.pending.extend(Messages(&self.buffer).filter_map(|message| change(&message))),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(e) if e.raw_os_error() == Some(libc::ENOBUFS) => return Ok(Some(Change::Resync)),
                Err(e) => return Err(NetlinkError::new("hear of changes of interfaces".into(), e)),
            }
        }
    }
}

impl AsFd for Monitor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// What a notification says, if it is one of those that matter.
fn change(message: &NetlinkBuffer<&[u8]>) -> Option<Change> {
    let kind = message.message_type();
    match kind {
        RTM_NEWLINK | RTM_DELLINK => {
            // Only the header: the many attributes differ from kernel to kernel, and one that is not understood must not
            // hide that the link is down.
            let header = LinkHeader::parse(message.payload()).ok()?;
            if header.interface_family != AddressFamily::Unspec {
                // A port of a bridge: deleted there, it is still an interface.
                return None;
            }
            let index = header.index;
            let up = header.flags.contains(LinkFlags::Up);
            // Of an interface that was just made, the kernel says "running" before it has looked for a carrier.
            let running = header.flags.contains(LinkFlags::Up | LinkFlags::Running | LinkFlags::LowerUp);
            Some(if kind == RTM_NEWLINK { Change::Link { index, up, running } } else { Change::LinkGone { index } })
        }
        RTM_NEWADDR | RTM_DELADDR => {
            let message = AddressMessage::parse(message.payload()).ok()?;
            let (index, address) = (message.header.index, Address::read(&message)?);
            Some(if kind == RTM_NEWADDR {
                Change::Address { index, address }
            } else {
                Change::AddressGone { index, address }
            })
        }
        _ => None,
    }
}
