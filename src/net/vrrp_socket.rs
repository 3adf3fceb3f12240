//! A speaker's raw sockets: whole IP packets out of one interface, and into it. **This transmits and joins groups**;
//! watching never uses it.
//!
//! The kernel leaves a header that it is given as it is, but for IPv4's total length and checksum, which it computes, and
//! an identification of zero, which it replaces. What is received comes as a whole packet too, so that one decoder reads
//! what a capture and what a socket delivers. Nothing here waits.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::PathBuf;

use socket2::{Domain, InterfaceIndexOrAddress, MsgHdr, SockAddr, SockFilter, Socket, Type};

use super::capture::quoted;
use super::{link, sys};
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

/// The largest packet that can be received: an IPv6 header and the longest payload.
pub const LARGEST_PACKET: usize = IPV6_HEADER + 65_535;

/// Room for what has not been read: a thousand adverts and more, with what the kernel adds to each (up to 2.5 KiB).
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

const IPV6_HEADER: usize = 40;

/// IPv4 or IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

impl Family {
    /// The family of an address.
    pub const fn of(address: IpAddr) -> Self {
        if address.is_ipv4() { Self::V4 } else { Self::V6 }
    }

    const fn domain(self) -> Domain {
        match self {
            Self::V4 => Domain::IPV4,
            Self::V6 => Domain::IPV6,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::V4 { "IPv4" } else { "IPv6" })
    }
}

/// What adverts are wrapped in. A socket hears one of them only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// Nothing: IP protocol 112.
    Vrrp,
    /// An Authentication Header: IP protocol 51 (RFC 2338 §5.3.6.3).
    Ah,
}

impl Protocol {
    const fn number(self) -> u8 {
        match self {
            Self::Vrrp => 112,
            Self::Ah => 51,
        }
    }
}

/// Why a speaker's socket could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// There is no interface of that name in this network namespace.
    #[error("there is no interface {name} here; there is {}", known.join(", "))]
    NoSuchInterface {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The kernel does not let this user do it.
    #[error(
        "cannot {operation} on {interface}: not permitted to this user; run `sudo hactl …`, or once `sudo setcap \
         cap_net_raw,cap_net_admin+ep {}`",
        quoted(program)
    )]
    NotPermitted {
        /// What was being done.
        operation: &'static str,
        /// The interface.
        interface: String,
        /// The file of the running program.
        program: PathBuf,
    },
    /// A step failed for another reason.
    #[error("cannot {operation} on interface {interface}: {source}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The interface.
        interface: String,
        /// The kernel's answer.
        source: io::Error,
    },
}

impl SocketError {
    /// The error of a failed step.
    pub(super) fn new(operation: &'static str, interface: &str, source: io::Error) -> Self {
        let interface = interface.to_owned();
        match source.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => Self::NotPermitted { operation, interface, program: program() },
            Some(libc::ENODEV | libc::ENXIO) => Self::NoSuchInterface {
                name: interface,
                known: link::interfaces().into_iter().map(|i| i.name).collect(),
            },
            _ => Self::Io { operation, interface, source },
        }
    }
}

/// The file of the running program, to be named to a user.
pub(super) fn program() -> PathBuf {
    std::env::current_exe().unwrap_or_else(|_| PathBuf::from("hactl"))
}

/// A raw socket that hears and is heard through one interface only.
fn bound_socket(interface: &str, family: Family, protocol: i32) -> Result<(Socket, u32), SocketError> {
    let failed = |operation| move |source| SocketError::new(operation, interface, source);
    // First, so that a wrong name is said to be one.
    let index = link::index(interface).map_err(failed("find the interface"))?;
    let socket = Socket::new(family.domain(), Type::RAW, Some(protocol.into())).map_err(failed("open a raw socket"))?;
    socket.set_nonblocking(true).map_err(failed("set up a raw socket"))?;
    socket.bind_device(Some(interface.as_bytes())).map_err(failed("bind a raw socket"))?;
    Ok((socket, index))
}

/// Sends whole IP packets of one family out of one interface.
#[derive(Debug)]
pub struct Sender {
    socket: Socket,
    index: u32,
    family: Family,
}

impl Sender {
    /// Opens the socket. What it sends to a group does not come back to this host. It receives nothing.
    pub fn open(interface: &str, family: Family) -> Result<Self, SocketError> {
        let (socket, index) = bound_socket(interface, family, libc::IPPROTO_RAW)?;
        let options = || match family {
            Family::V4 => {
                socket.set_header_included_v4(true)?;
                socket.set_multicast_loop_v4(false)
            }
            Family::V6 => {
                socket.set_header_included_v6(true)?;
                // Lets a source through that this interface has not got, or not for sure yet: see `send`.
                socket.set_freebind_v6(true)?;
                socket.set_multicast_if_v6(index)?;
                socket.set_multicast_loop_v6(false)
            }
        };
        options().map_err(|source| SocketError::new("set up a raw socket", interface, source))?;
        Ok(Self { socket, index, family })
    }

    /// Sends one packet, header included, to the destination that the header names: a group directly out of the interface,
    /// another host by the routes that lead there through it.
    ///
    /// An interface that is down answers `NetworkDown` or `NetworkUnreachable`; a full queue `WouldBlock` or ENOBUFS.
    /// In each of these cases nothing was sent.
    pub fn send(&self, packet: &[u8]) -> io::Result<()> {
        let sent = match self.family {
            Family::V4 => self.send_v4(packet)?,
            Family::V6 => self.send_v6(packet)?,
        };
        if sent == packet.len() { Ok(()) } else { Err(io::Error::other("the packet was sent in part only")) }
    }

    fn send_v4(&self, packet: &[u8]) -> io::Result<usize> {
        let to = ipv4_destination(packet).ok_or_else(|| not_a_packet(self.family))?;
        self.socket.send_to_with_flags(packet, &SocketAddrV4::new(to, 0).into(), flags(to.is_multicast()))
    }

    fn send_v6(&self, packet: &[u8]) -> io::Result<usize> {
        let (from, to) = ipv6_addresses(packet).ok_or_else(|| not_a_packet(self.family))?;
        let address = SockAddr::from(SocketAddrV6::new(to, 0, 0, self.index));
        // The kernel looks for a route from a source of its own choice unless it is told the packet's, and fails when it
        // finds none: on an interface without an address, or while duplicate address detection runs.
        let control = control_message(libc::IPPROTO_IPV6, libc::IPV6_PKTINFO, &packet_info(from, self.index));
        let parts = [io::IoSlice::new(packet)];
        let message = MsgHdr::new().with_addr(&address).with_buffers(&parts).with_control(&control);
        self.socket.sendmsg(&message, flags(to.is_multicast()))
    }
}

impl AsFd for Sender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A group is on the link, whatever the routes say.
const fn flags(multicast: bool) -> i32 {
    if multicast { libc::MSG_DONTROUTE } else { 0 }
}

fn not_a_packet(family: Family) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("what is to be sent is not an {family} packet"))
}

/// One received packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The packet with its IP header. Of IPv6 the header is put together again from what the kernel tells: flow label and
    /// extension headers are lost, and the payload length is what was received.
    pub data: &'a [u8],
    /// Its whole length; more than `data` when the buffer was too short.
    pub wire_len: u32,
}

impl<'a> Packet<'a> {
    /// The packet as the decoder takes it.
    pub const fn frame(&self, number: u64, time: Timestamp) -> Frame<'a> {
        Frame { number, time, link: LinkType::Raw, stripped_tag: None, data: self.data, wire_len: self.wire_len }
    }
}

/// Receives what comes in through one interface to one address.
#[derive(Debug)]
pub struct Receiver {
    socket: Socket,
    protocol: Protocol,
    to: IpAddr,
    kind: Kind,
}

/// How a [`Receiver`] hears.
#[derive(Debug)]
enum Kind {
    /// By a raw socket, a member of the group itself.
    Raw,
    /// By a packet socket; this one has joined the group in its place.
    Frames(#[expect(dead_code, reason = "it is a member for as long as it is open")] Socket),
    /// By a packet socket; nobody has joined.
    Silent,
}

impl Receiver {
    /// Listens for packets to `to`: a group, which the interface joins for as long as this is open, or one of this host's
    /// own addresses, which need not be there yet. What this host sends by [`Sender`] is not heard.
    pub fn open(interface: &str, protocol: Protocol, to: IpAddr) -> Result<Self, SocketError> {
        let failed = |operation| move |source| SocketError::new(operation, interface, source);
        let (socket, index) = bound_socket(interface, Family::of(to), protocol.number().into())?;
        // Before it was bound it may have heard other interfaces: deaf at first, then emptied, then made to listen.
        socket
            .attach_filter(&[SockFilter::new((libc::BPF_RET | libc::BPF_K) as u16, 0, 0, 0)])
            .map_err(failed("attach a filter"))?;
        let options = || {
            if sys::force_receive_buffer(socket.as_fd(), RECEIVE_BUFFER as i32).is_err() {
                // Without CAP_NET_ADMIN the kernel gives as much as it gives to anyone.
                socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
            }
            match to {
                IpAddr::V4(_) => {
                    socket.set_multicast_all_v4(false)?;
                    socket.set_freebind_v4(true)
                }
                IpAddr::V6(_) => {
                    socket.set_multicast_all_v6(false)?;
                    socket.set_freebind_v6(true)?;
                    sys::set_receive_destination_v6(socket.as_fd())?;
                    socket.set_recv_hoplimit_v6(true)?;
                    socket.set_recv_tclass_v6(true)
                }
            }
        };
        options().map_err(failed("set up a raw socket"))?;
        let address = match to {
            IpAddr::V4(to) => SocketAddr::V4(SocketAddrV4::new(to, 0)),
            IpAddr::V6(to) => SocketAddr::V6(SocketAddrV6::new(to, 0, 0, index)),
        };
        socket.bind(&address.into()).map_err(failed("bind a raw socket to its address"))?;
        match to {
            IpAddr::V4(group) if group.is_multicast() => {
                socket
                    .join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(index))
                    .map_err(failed("join the group"))?;
            }
            IpAddr::V6(group) if group.is_multicast() => {
                socket.join_multicast_v6(&group, index).map_err(failed("join the group"))?;
            }
            _ => {}
        }
        while sys::receive(socket.as_fd(), &mut [], &mut []).is_ok() {}
        socket.detach_filter().map_err(failed("detach a filter"))?;
        Ok(Self { socket, protocol, to, kind: Kind::Raw })
    }

    /// As [`Self::open`] for a group that is not joined: the kernel reports no membership, so nothing is transmitted.
    ///
    /// What the link delivers without a membership is heard. Switches flood 224.0.0.0/24 (RFC 4541 §2.1.2); one that snoops
    /// on MLD may keep ff02::12 from a host that has not asked for it, unless another one behind the same port has.
    pub fn open_silently(interface: &str, protocol: Protocol, group: IpAddr) -> Result<Self, SocketError> {
        let socket = packet_socket(interface, protocol, group)?;
        Ok(Self { socket, protocol, to: group, kind: Kind::Silent })
    }

    /// The same once more: for an interface that was made anew. It joins the group if this one has.
    pub fn open_again(&self, interface: &str) -> Result<Self, SocketError> {
        match self.kind {
            Kind::Silent => Self::open_silently(interface, self.protocol, self.to),
            Kind::Raw | Kind::Frames(_) => Self::open(interface, self.protocol, self.to),
        }
    }

    /// Listens on a macvlan for packets to `group`, which the interface below it joins.
    ///
    /// Had the macvlan itself joined, its reports would carry the virtual MAC from hosts that are not master, and switches
    /// would send there what is meant for the master. So this reads the macvlan's frames, which needs no membership.
    pub(super) fn open_on_macvlan(
        macvlan: &str,
        base: &str,
        protocol: Protocol,
        group: IpAddr,
    ) -> Result<Self, SocketError> {
        let base_index = link::index(base).map_err(|e| SocketError::new("find the interface", base, e))?;
        let socket = packet_socket(macvlan, protocol, group)?;
        let join = || {
            let membership = Socket::new(Family::of(group).domain(), Type::DGRAM, None)?;
            match group {
                IpAddr::V4(group) => {
                    membership.join_multicast_v4_n(&group, &InterfaceIndexOrAddress::Index(base_index))?;
                }
                IpAddr::V6(group) => membership.join_multicast_v6(&group, base_index)?,
            }
            Ok(membership)
        };
        let membership = join().map_err(|e| SocketError::new("join the group", base, e))?;
        Ok(Self { socket, protocol, to: group, kind: Kind::Frames(membership) })
    }

    /// The next packet, if one has come. A `buffer` of [`LARGEST_PACKET`] cuts none.
    pub fn recv<'b>(&self, buffer: &'b mut [u8]) -> io::Result<Option<Packet<'b>>> {
        loop {
            let received = match (&self.kind, self.to) {
                (Kind::Frames(_) | Kind::Silent, _) => self.recv_frame(buffer),
                (Kind::Raw, IpAddr::V4(_)) => self.recv_v4(buffer),
                (Kind::Raw, IpAddr::V6(_)) => self.recv_v6(buffer),
            };
            let (to, len) = match received {
                Ok(received) => received,
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(None),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            // The kernel has chosen already, unless it is one that delivers every group to everybody.
            if to.is_none_or(|to| to == self.to) {
                let data = buffer.get(..len).unwrap_or(buffer);
                return Ok(Some(Packet { data, wire_len: u32::try_from(len).unwrap_or(u32::MAX) }));
            }
        }
    }

    /// Where the packet was sent to, and how long it is.
    fn recv_v4(&self, buffer: &mut [u8]) -> io::Result<(Option<IpAddr>, usize)> {
        let received = sys::receive(self.socket.as_fd(), buffer, &mut [])?;
        let packet = buffer.get(..received.len).unwrap_or(buffer);
        Ok((ipv4_destination(packet).map(IpAddr::V4), received.len))
    }

    /// As [`Self::recv_v4`], without what the link has added to the packet to make a frame long enough.
    fn recv_frame(&self, buffer: &mut [u8]) -> io::Result<(Option<IpAddr>, usize)> {
        let received = sys::receive(self.socket.as_fd(), buffer, &mut [])?;
        let length = match (self.to, buffer.first_chunk::<6>()) {
            (IpAddr::V4(_), Some(h)) => usize::from(u16::from_be_bytes([h[2], h[3]])),
            (IpAddr::V6(_), Some(h)) => IPV6_HEADER + usize::from(u16::from_be_bytes([h[4], h[5]])),
            (_, None) => received.len,
        };
        // The filter has looked at the destination.
        Ok((None, received.len.min(length)))
    }

    fn recv_v6(&self, buffer: &mut [u8]) -> io::Result<(Option<IpAddr>, usize)> {
        let mut control = [0; 256];
        let (header, payload) = buffer.split_at_mut_checked(IPV6_HEADER).unwrap_or_default();
        let received = sys::receive(self.socket.as_fd(), payload, &mut control)?;
        let told = Told::read(control.get(..received.control_len).unwrap_or_default());
        let length = u16::try_from(received.len).unwrap_or(u16::MAX);
        let source = match received.source {
            Some(IpAddr::V6(source)) => source,
            _ => Ipv6Addr::UNSPECIFIED,
        };
        let to = told.destination.unwrap_or(Ipv6Addr::UNSPECIFIED);
        if let Ok(header) = <&mut [u8; IPV6_HEADER]>::try_from(header) {
            *header = ipv6_header(told.traffic_class, length, self.protocol.number(), told.hop_limit, source, to);
        }
        Ok((told.destination.map(IpAddr::V6), IPV6_HEADER + received.len))
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// A packet socket that hears what comes in through one interface to one group. Nobody is told of it.
fn packet_socket(interface: &str, protocol: Protocol, group: IpAddr) -> Result<Socket, SocketError> {
    let failed = |operation| move |source| SocketError::new(operation, interface, source);
    let index = link::index(interface).map_err(failed("find the interface"))?;
    // For no protocol at all until it is bound: it hears nothing before.
    let socket = Socket::new(Domain::PACKET, Type::DGRAM, None).map_err(failed("open a packet socket"))?;
    let (ethertype, hardware_group) = match group {
        IpAddr::V4(group) => {
            let [_, b, c, d] = group.octets();
            (libc::ETH_P_IP, [0x01, 0x00, 0x5e, b & 0x7f, c, d])
        }
        IpAddr::V6(group) => {
            let [.., a, b, c, d] = group.octets();
            (libc::ETH_P_IPV6, [0x33, 0x33, a, b, c, d])
        }
    };
    let options = || {
        socket.set_nonblocking(true)?;
        socket.attach_filter(&packets_to(protocol, group))?;
        if sys::force_receive_buffer(socket.as_fd(), RECEIVE_BUFFER as i32).is_err() {
            socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        }
        // What is no Ethernet has no such addresses, and passes everything.
        if sys::interface_hardware(socket.as_fd(), interface)?.0 == libc::ARPHRD_ETHER {
            sys::join_hardware_group(socket.as_fd(), index as i32, hardware_group)?;
        }
        socket.bind(&sys::one_protocol_of(index as i32, ethertype as u16)?)
    };
    options().map_err(failed("set up a packet socket"))?;
    Ok(socket)
}

/// `PACKET_OTHERHOST` of linux/if_packet.h.
const PACKET_OTHERHOST: u32 = 3;

/// A filter for packets of one protocol to one address; what begins with another header than that protocol's is none.
fn packets_to(protocol: Protocol, to: IpAddr) -> Vec<SockFilter> {
    let (protocol_at, words_at, words): (u32, u32, Vec<u32>) = match to {
        IpAddr::V4(to) => (9, 16, vec![to.to_bits()]),
        IpAddr::V6(to) => (6, 24, (0..4).map(|n| (to.to_bits() >> (96 - 32 * n)) as u32).collect()),
    };
    let load = |width, at| SockFilter::new((libc::BPF_LD | width | libc::BPF_ABS) as u16, 0, 0, at);
    let give = |bytes| SockFilter::new((libc::BPF_RET | libc::BPF_K) as u16, 0, 0, bytes);
    // Each test skips the refusal behind it.
    let equal = |k| [SockFilter::new((libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16, 1, 0, k), give(0)];
    // Nor what the kernel calls another host's: frames of a VLAN that has no interface here come without their tag.
    let other_host = SockFilter::new((libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16, 0, 1, PACKET_OTHERHOST);
    let mut program = vec![load(libc::BPF_B, (libc::SKF_AD_OFF + libc::SKF_AD_PKTTYPE) as u32), other_host, give(0)];
    program.push(load(libc::BPF_B, protocol_at));
    program.extend(equal(protocol.number().into()));
    for (at, word) in (words_at..).step_by(4).zip(words) {
        program.push(load(libc::BPF_W, at));
        program.extend(equal(word));
    }
    program.push(give(u32::MAX));
    program
}

/// The destination in an IPv4 header.
fn ipv4_destination(packet: &[u8]) -> Option<Ipv4Addr> {
    let header = packet.first_chunk::<20>().filter(|h| h[0] >> 4 == 4)?;
    Some(Ipv4Addr::new(header[16], header[17], header[18], header[19]))
}

/// Source and destination in an IPv6 header.
fn ipv6_addresses(packet: &[u8]) -> Option<(Ipv6Addr, Ipv6Addr)> {
    let header = packet.first_chunk::<IPV6_HEADER>().filter(|h| h[0] >> 4 == 6)?;
    let (_, addresses) = header.split_first_chunk::<8>()?;
    let (source, destination) = addresses.split_first_chunk::<16>()?;
    Some((Ipv6Addr::from(*source), Ipv6Addr::from(*destination.first_chunk::<16>()?)))
}

fn ipv6_header(class: u8, length: u16, next: u8, hops: u8, source: Ipv6Addr, to: Ipv6Addr) -> [u8; IPV6_HEADER] {
    let mut header = [0; IPV6_HEADER];
    header[0] = 0x60 | class >> 4;
    header[1] = class << 4;
    header[4..6].copy_from_slice(&length.to_be_bytes());
    header[6] = next;
    header[7] = hops;
    header[8..24].copy_from_slice(&source.octets());
    header[24..].copy_from_slice(&to.octets());
    header
}

/// What control messages tell of a received IPv6 packet.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    destination: Option<Ipv6Addr>,
    hop_limit: u8,
    traffic_class: u8,
}

/// `struct cmsghdr`: its length with what follows, level and type. Each begins at a multiple of a word.
const CONTROL_HEADER: usize = size_of::<usize>() + 8;

impl Told {
    fn read(mut control: &[u8]) -> Self {
        let mut told = Self::default();
        while let Some((length, rest)) = control.split_first_chunk::<{ size_of::<usize>() }>() {
            let length = usize::from_ne_bytes(*length);
            let Some((level, rest)) = rest.split_first_chunk::<4>() else { break };
            let Some((kind, rest)) = rest.split_first_chunk::<4>() else { break };
            let Some(data) = length.checked_sub(CONTROL_HEADER).and_then(|n| rest.get(..n)) else { break };
            let number = data.first_chunk::<4>().map(|n| i32::from_ne_bytes(*n) as u8);
            match (i32::from_ne_bytes(*level), i32::from_ne_bytes(*kind)) {
                (libc::IPPROTO_IPV6, libc::IPV6_PKTINFO) => {
                    told.destination = data.first_chunk::<16>().map(|a| Ipv6Addr::from(*a));
                }
                (libc::IPPROTO_IPV6, libc::IPV6_HOPLIMIT) => told.hop_limit = number.unwrap_or(0),
                (libc::IPPROTO_IPV6, libc::IPV6_TCLASS) => told.traffic_class = number.unwrap_or(0),
                _ => {}
            }
            control = control.get(length.next_multiple_of(size_of::<usize>())..).unwrap_or_default();
        }
        told
    }
}

/// `struct in6_pktinfo`.
fn packet_info(source: Ipv6Addr, index: u32) -> [u8; 20] {
    let mut info = [0; 20];
    info[..16].copy_from_slice(&source.octets());
    info[16..].copy_from_slice(&index.to_ne_bytes());
    info
}

/// One control message with its padding.
fn control_message(level: i32, kind: i32, data: &[u8]) -> Vec<u8> {
    let length = CONTROL_HEADER + data.len();
    let mut message = Vec::with_capacity(length.next_multiple_of(size_of::<usize>()));
    message.extend(length.to_ne_bytes());
    message.extend(level.to_ne_bytes());
    message.extend(kind.to_ne_bytes());
    message.extend(data);
    message.resize(length.next_multiple_of(size_of::<usize>()), 0);
    message
}
