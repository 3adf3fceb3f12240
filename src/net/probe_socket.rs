//! Sockets that ask a service as a client would: TCP, UDP, ICMP echo. **These transmit**; only `probe` uses them.
//!
//! No socket waits: each is made non-blocking, and who uses it waits for it together with others. What a router or the
//! host says by ICMP is kept with who said it ([`IcmpError`]).

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use super::{link, sys};

/// Where what is sent comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The source address.
    pub source: Option<IpAddr>,
    /// The interface, whatever the routes say (SO_BINDTODEVICE).
    pub interface: Option<String>,
    /// The firewall mark (SO_MARK).
    pub mark: Option<u32>,
}

/// A socket that could not be made or used as asked, before anything was sent.
#[derive(Debug, thiserror::Error)]
#[error("cannot {operation}: {source}")]
pub struct ProbeSocketError {
    /// What was being done: `open a socket`, `bind it to eth0`.
    pub operation: String,
    /// The kernel's answer.
    pub source: io::Error,
}

impl ProbeSocketError {
    /// Whether a privilege is missing.
    pub fn is_not_permitted(&self) -> bool {
        self.source.kind() == io::ErrorKind::PermissionDenied
    }
}

fn failed(operation: impl Into<String>) -> impl FnOnce(io::Error) -> ProbeSocketError {
    move |source| ProbeSocketError { operation: operation.into(), source }
}

/// What the network said about a packet that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IcmpError {
    /// Who said it; nobody when it was this host's own stack.
    pub from: Option<IpAddr>,
    /// Whether it is ICMPv6.
    pub v6: bool,
    /// The ICMP type.
    pub kind: u8,
    /// The ICMP code.
    pub code: u8,
    /// What the message carries beside: the MTU where that is the matter.
    pub info: u32,
    /// The error number that the kernel makes of it.
    pub errno: i32,
    /// The address that the packet was for, where the kernel tells it.
    pub about: Option<IpAddr>,
}

/// What the kernel says of a connection, in words that do not depend on this system's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// ECONNREFUSED
    Refused,
    /// ETIMEDOUT
    TimedOut,
    /// ECONNRESET, EPIPE, ECONNABORTED
    Reset,
    /// ENETUNREACH, ENETDOWN
    NoRoute,
    /// EHOSTUNREACH, EHOSTDOWN
    Unreachable,
    /// EACCES, EPERM
    NotPermitted,
    /// EMSGSIZE
    TooLong,
    /// Anything else.
    Other,
}

impl Said {
    /// What an error number stands for.
    pub fn of(errno: i32) -> Self {
        match errno {
            libc::ECONNREFUSED => Self::Refused,
            libc::ETIMEDOUT => Self::TimedOut,
            libc::ECONNRESET | libc::EPIPE | libc::ECONNABORTED => Self::Reset,
            libc::ENETUNREACH | libc::ENETDOWN => Self::NoRoute,
            libc::EHOSTUNREACH | libc::EHOSTDOWN => Self::Unreachable,
            libc::EACCES | libc::EPERM => Self::NotPermitted,
            libc::EMSGSIZE => Self::TooLong,
            _ => Self::Other,
        }
    }

    /// What an error stands for.
    pub fn by(error: &io::Error) -> Self {
        error.raw_os_error().map_or(Self::Other, Self::of)
    }
}

fn socket(to: IpAddr, kind: Type, protocol: Option<Protocol>, origin: &Origin) -> Result<Socket, ProbeSocketError> {
    let domain = if to.is_ipv6() { Domain::IPV6 } else { Domain::IPV4 };
    let socket = Socket::new(domain, kind.nonblocking(), protocol).map_err(failed("open a socket"))?;
    // A kernel that does not keep them still tells the error itself.
    let _ = sys::set_receive_errors(socket.as_fd(), to.is_ipv6());
    if let Some(interface) = &origin.interface {
        // First, so that a wrong name is said to be one.
        let named = || format!("use the interface {interface}");
        link::index(interface).map_err(failed(named()))?;
        socket.bind_device(Some(interface.as_bytes())).map_err(failed(named()))?;
    }
    if let Some(mark) = origin.mark {
        socket.set_mark(mark).map_err(failed(format!("set the mark {mark:#x}")))?;
    }
    if let Some(source) = origin.source {
        socket.bind(&SocketAddr::new(source, 0).into()).map_err(failed(format!("use the source address {source}")))?;
    }
    Ok(socket)
}

/// Begins a TCP connection. The socket can be written once it stands or has failed; the inner error is the kernel's answer
/// to the attempt, when it comes at once.
pub fn tcp(to: SocketAddr, origin: &Origin) -> Result<io::Result<TcpStream>, ProbeSocketError> {
    let socket = socket(to.ip(), Type::STREAM, Some(Protocol::TCP), origin)?;
    match socket.connect(&to.into()) {
        Err(e) if e.raw_os_error() != Some(libc::EINPROGRESS) => Ok(Err(e)),
        _ => Ok(Ok(socket.into())),
    }
}

/// Has the kernel ask once a second whether the other side of a connection is still there, for longer than anybody waits.
pub fn set_quick_keepalive(stream: BorrowedFd<'_>) -> io::Result<()> {
    let second = Duration::from_secs(1);
    // The most that the kernel takes.
    let keepalive = TcpKeepalive::new().with_time(second).with_interval(second).with_retries(127);
    SockRef::from(&stream).set_tcp_keepalive(&keepalive)
}

/// How long ago the other side of a connection was last heard.
pub fn last_heard(stream: BorrowedFd<'_>) -> io::Result<Duration> {
    sys::last_acknowledged(stream)
}

/// Keepalive of a connection, in whole seconds: idle time, interval, probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepaliveOptions {
    /// How long nothing is heard before the first probe (TCP_KEEPIDLE).
    pub idle: Duration,
    /// From one probe to the next (TCP_KEEPINTVL).
    pub interval: Duration,
    /// Probes without an answer before the connection is given up (TCP_KEEPCNT).
    pub probes: u32,
    /// TCP_USER_TIMEOUT, if it is to be set.
    pub user_timeout: Option<Duration>,
}

/// Sets keepalive on a connection. Its idle time counts from now.
pub fn set_keepalive(socket: BorrowedFd<'_>, options: &KeepaliveOptions) -> Result<(), ProbeSocketError> {
    let keepalive =
        TcpKeepalive::new().with_time(options.idle).with_interval(options.interval).with_retries(options.probes);
    let socket = SockRef::from(&socket);
    socket.set_tcp_keepalive(&keepalive).map_err(failed("set keepalive"))?;
    if let Some(timeout) = options.user_timeout {
        socket.set_tcp_user_timeout(Some(timeout)).map_err(failed("set the user timeout"))?;
    }
    Ok(())
}

/// Changes the idle time of a connection that has keepalive. One that has been idle for longer is probed at once.
pub fn set_keepalive_idle(socket: BorrowedFd<'_>, idle: Duration) -> Result<(), ProbeSocketError> {
    sys::set_keepalive_idle(socket, i32::try_from(idle.as_secs()).unwrap_or(i32::MAX))
        .map_err(failed("set the keepalive time"))
}

/// A socket for whole datagrams to and from one peer: UDP, or ICMP echo.
#[derive(Debug)]
pub struct Datagram {
    /// The socket. Only what it receives of ICMP is not what it seems: see [`Form::receive`].
    pub socket: UdpSocket,
    /// What it sends and receives.
    pub form: Form,
}

/// What a [`Datagram`] sends and receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The datagrams themselves.
    Udp,
    /// ICMP messages; the kernel chooses the identifier and passes answers to it only.
    Ping,
    /// ICMP messages of all kinds; IPv4 with the IP header.
    Raw {
        /// Whether that is so.
        header: bool,
    },
}

/// How an ICMP echo is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EchoOptions {
    /// The time to live, or hop limit.
    pub ttl: Option<u8>,
    /// Never fragment, whatever is known of the path.
    pub dont_fragment: bool,
}

impl Datagram {
    /// A UDP socket that is connected to `to`; the inner error is that there is no way there.
    pub fn udp(to: SocketAddr, origin: &Origin) -> Result<io::Result<Self>, ProbeSocketError> {
        let socket = socket(to.ip(), Type::DGRAM, Some(Protocol::UDP), origin)?;
        Ok(socket.connect(&to.into()).map(|()| Self { socket: socket.into(), form: Form::Udp }))
    }

    /// An ICMP socket for echoes to any address of the family of `to`: for everybody where the group may
    /// (`net.ipv4.ping_group_range`), else a raw one.
    pub fn icmp(to: IpAddr, origin: &Origin, options: EchoOptions) -> Result<Self, ProbeSocketError> {
        // For bursts of answers; the kernel gives what it allows.
        const ROOM: usize = 1 << 20;
        let v6 = to.is_ipv6();
        let protocol = if v6 { Protocol::ICMPV6 } else { Protocol::ICMPV4 };
        let (socket, form) = match socket(to, Type::DGRAM, Some(protocol), origin) {
            Ok(socket) => (socket, Form::Ping),
            Err(e) if e.operation == "open a socket" => {
                let raw = socket(to, Type::RAW, Some(protocol), origin).map_err(|e| ProbeSocketError {
                    operation: "open an ICMP socket (it takes CAP_NET_RAW or a group in net.ipv4.ping_group_range)"
                        .to_owned(),
                    ..e
                })?;
                sys::receive_only_echo_replies(raw.as_fd(), v6).map_err(failed("set up an ICMP socket"))?;
                (raw, Form::Raw { header: !v6 })
            }
            Err(e) => return Err(e),
        };
        if let Some(ttl) = options.ttl {
            let ttl = u32::from(ttl);
            let set = if v6 { socket.set_unicast_hops_v6(ttl) } else { socket.set_ttl_v4(ttl) };
            set.map_err(failed("set the time to live"))?;
        }
        sys::set_dont_fragment(socket.as_fd(), v6, options.dont_fragment)
            .map_err(failed("set whether packets may be fragmented"))?;
        let _ = socket.set_recv_buffer_size(ROOM);
        Ok(Self { socket: socket.into(), form })
    }
}

impl Form {
    /// Receives one datagram and says where it is in the buffer; of an ICMP message without its IP header.
    pub fn receive(self, socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Range<usize>> {
        self.receive_from(socket, buffer).map(|(place, _)| place)
    }

    /// The same, and who sent it.
    pub fn receive_from(self, socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<(Range<usize>, Option<IpAddr>)> {
        let received = sys::receive(socket, buffer, &mut [])?;
        let end = received.len.min(buffer.len());
        let header = match (self, buffer.first()) {
            (Self::Raw { header: true }, Some(first)) => usize::from(first & 15) * 4,
            _ => 0,
        };
        Ok((header.min(end)..end, received.source))
    }
}

/// The number of an interface, for the scope of a link-local address.
pub fn interface_index(name: &str) -> io::Result<u32> {
    link::index(name)
}

/// What the network said about what a socket has sent: the next of its error queue. Also of a TCP connection that an ICMP
/// message ended before it stood.
pub fn icmp_error(socket: BorrowedFd<'_>) -> Option<IcmpError> {
    icmp_error_of(socket).map(|(error, _)| error)
}

/// The same of a socket that sends to several, with the address that it is about.
pub fn icmp_error_of(socket: BorrowedFd<'_>) -> Option<(IcmpError, Option<IpAddr>)> {
    let mut control = [0; 512];
    let received = sys::receive_error(socket, &mut control).ok()?;
    let error = read_error(control.get(..received.control_len)?)?;
    Some((IcmpError { about: received.source, ..error }, received.source))
}

/// `struct cmsghdr`: its length with what follows, level and type.
const CONTROL_HEADER: usize = size_of::<usize>() + 8;

/// `struct sock_extended_err` of linux/errqueue.h, 16 bytes, and the address of who said it behind it.
fn read_error(mut control: &[u8]) -> Option<IcmpError> {
    const ORIGIN_ICMP: u8 = 2;
    const ORIGIN_ICMP6: u8 = 3;
    loop {
        let length = usize::from_ne_bytes(*control.first_chunk()?);
        let word =
            |at: usize| control.get(at..at + 4).and_then(|b| b.first_chunk::<4>()).map(|b| i32::from_ne_bytes(*b));
        let (level, name) = (word(size_of::<usize>())?, word(size_of::<usize>() + 4)?);
        if matches!((level, name), (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)) {
            let data = control.get(CONTROL_HEADER..length)?;
            let (error, offender) = data.split_first_chunk::<16>()?;
            let origin = error[4];
            let by_network = matches!(origin, ORIGIN_ICMP | ORIGIN_ICMP6);
            return Some(IcmpError {
                from: by_network.then(|| address(offender)).flatten(),
                v6: origin == ORIGIN_ICMP6,
                kind: error[5],
                code: error[6],
                info: u32::from_ne_bytes([error[8], error[9], error[10], error[11]]),
                errno: i32::from_ne_bytes([error[0], error[1], error[2], error[3]]),
                about: None,
            });
        }
        control = control.get(length.max(CONTROL_HEADER).next_multiple_of(size_of::<usize>())..)?;
    }
}

/// The address in a `sockaddr_in` or `sockaddr_in6`.
fn address(socket_address: &[u8]) -> Option<IpAddr> {
    let family = u16::from_ne_bytes(*socket_address.first_chunk()?);
    match i32::from(family) {
        libc::AF_INET => {
            let octets: [u8; 4] = socket_address.get(4..8)?.try_into().ok()?;
            Some(Ipv4Addr::from(octets).into())
        }
        libc::AF_INET6 => {
            let octets: [u8; 16] = socket_address.get(8..24)?.try_into().ok()?;
            Some(Ipv6Addr::from(octets).into())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One control message of level 0, type 11 (IP_RECVERR).
    fn message(error: [u8; 16], offender: &[u8]) -> Vec<u8> {
        let length = CONTROL_HEADER + 16 + offender.len();
        let mut m = Vec::new();
        m.extend(length.to_ne_bytes());
        m.extend(0i32.to_ne_bytes());
        m.extend(11i32.to_ne_bytes());
        m.extend(error);
        m.extend(offender);
        m
    }

    #[test]
    fn an_error_is_told_with_who_said_it() {
        // EHOSTUNREACH (113), ICMP, type 3, code 1; 10.0.0.254.
        let error = [113, 0, 0, 0, 2, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let offender = [2, 0, 0, 0, 10, 0, 0, 254, 0, 0, 0, 0, 0, 0, 0, 0];
        let wanted = IcmpError {
            from: Some("10.0.0.254".parse().unwrap()),
            v6: false,
            kind: 3,
            code: 1,
            info: 0,
            errno: 113,
            about: None,
        };
        assert_eq!(read_error(&message(error, &offender)), Some(wanted));
        assert_eq!(Said::of(wanted.errno), Said::Unreachable);
    }

    #[test]
    fn a_cut_message_is_none() {
        let whole = message([113, 0, 0, 0, 2, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[]);
        assert!(read_error(&whole).is_some_and(|e| e.from.is_none()));
        for end in 0..whole.len() {
            assert_eq!(read_error(&whole[..end]), None, "{end}");
        }
    }

    #[test]
    fn an_interface_that_is_not_there_is_named() {
        let origin = Origin { interface: Some("no-such-if".into()), ..Origin::default() };
        let e = tcp("127.0.0.1:9".parse().unwrap(), &origin).expect_err("no such interface");
        assert!(e.to_string().starts_with("cannot use the interface no-such-if: "), "{e}");
    }
}
