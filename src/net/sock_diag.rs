//! TCP sockets of this network namespace as the kernel knows them (NETLINK_SOCK_DIAG): timers, what is unacknowledged, when
//! something was last heard. Only asks, changes nothing, and takes no privilege.
//!
//! The kernel's structures grow from release to release: what an older one does not tell is absent here.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::AsFd;
use std::time::Duration;

use netlink_packet_core::{NLM_F_DUMP, NLM_F_DUMP_INTR, NLM_F_REQUEST};
use netlink_sys::Socket;
use netlink_sys::protocols::NETLINK_SOCK_DIAG;
use socket2::SockRef;

use super::netlink::{DUMP_ATTEMPTS, Messages, NLMSG_DONE, NLMSG_ERROR, PATIENCE, RECEIVE_BUFFER, error_of, receive};

// linux/sock_diag.h and linux/inet_diag.h
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const INET_DIAG_INFO: u16 = 2;
/// `struct nlmsghdr` and `struct inet_diag_req_v2`.
const REQUEST: usize = 16 + 56;
/// `struct inet_diag_msg`.
const MESSAGE: usize = 72;

/// What a TCP connection is doing, by the kernel's numbers (net/tcp_states.h).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TcpState {
    /// It stands.
    Established,
    /// This side asked for it.
    SynSent,
    /// The other side asked for it.
    SynReceived,
    /// This side has ended, which is not acknowledged yet.
    FinWait1,
    /// This side has ended, the other has not.
    FinWait2,
    /// Both have; late packets are waited for.
    TimeWait,
    /// No longer a connection.
    Closed,
    /// The other side has ended, this one has not.
    CloseWait,
    /// And then this one, which is not acknowledged yet.
    LastAck,
    /// Waits for connections.
    Listen,
    /// Both ended at once.
    Closing,
    /// One that this program does not know.
    Other(u8),
}

/// All states but LISTEN, TIME_WAIT and CLOSE: those with a peer that may fall silent.
const CONNECTED: u32 = !(1 << 6 | 1 << 7 | 1 << 10) & 0xfff & !1;

impl TcpState {
    const fn of(number: u8) -> Self {
        match number {
            1 => Self::Established,
            2 => Self::SynSent,
            3 | 12 => Self::SynReceived,
            4 => Self::FinWait1,
            5 => Self::FinWait2,
            6 => Self::TimeWait,
            7 => Self::Closed,
            8 => Self::CloseWait,
            9 => Self::LastAck,
            10 => Self::Listen,
            11 => Self::Closing,
            other => Self::Other(other),
        }
    }

    /// Its name as `ss` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Established => "ESTAB",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECV",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::TimeWait => "TIME-WAIT",
            Self::Closed => "UNCONN",
            Self::CloseWait => "CLOSE-WAIT",
            Self::LastAck => "LAST-ACK",
            Self::Listen => "LISTEN",
            Self::Closing => "CLOSING",
            Self::Other(_) => "UNKNOWN",
        }
    }
}

/// The timer that runs. There is one at a time; while data is unacknowledged a keepalive timer is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    /// Nothing is waited for.
    Off,
    /// Data is sent again when it runs out (`on`).
    Retransmission,
    /// Keepalive; after the end of a connection also the wait for the peer's end.
    Keepalive,
    /// TIME_WAIT.
    TimeWait,
    /// The peer's window is closed and is asked about (`persist`).
    Persist,
    /// One that this program does not know.
    Other(u8),
}

impl Timer {
    const fn of(number: u8) -> Self {
        match number {
            0 => Self::Off,
            1 => Self::Retransmission,
            2 => Self::Keepalive,
            3 => Self::TimeWait,
            4 => Self::Persist,
            other => Self::Other(other),
        }
    }

    /// Its name as `ss` has it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Retransmission => "on",
            Self::Keepalive => "keepalive",
            Self::TimeWait => "timewait",
            Self::Persist => "persist",
            Self::Other(_) => "unknown",
        }
    }
}

/// One TCP socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpSocket {
    /// What the connection is doing.
    pub state: TcpState,
    /// This end.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// The interface it is bound to; 0 for none.
    pub interface: u32,
    /// The timer that runs.
    pub timer: Timer,
    /// Until it runs out.
    pub expires: Duration,
    /// What it has done without an answer: retransmissions, or probes.
    pub tries: u8,
    /// Received and not read, in bytes.
    pub unread: u32,
    /// Written and not acknowledged, in bytes.
    pub unacknowledged: u32,
    /// Whose it is.
    pub uid: u32,
    /// Its inode, by which /proc names it; 0 when no process has it any more.
    pub inode: u32,
    /// More, where the kernel tells it.
    pub info: Option<TcpInfo>,
}

/// `struct tcp_info` as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpInfo {
    /// Retransmissions of the oldest data that was not acknowledged.
    pub retransmits: u8,
    /// Probes without an answer, of keepalive or of a closed window.
    pub probes: u8,
    /// How often the retransmission timeout was doubled.
    pub backoff: u8,
    /// The retransmission timeout, doubled as often.
    pub rto: Duration,
    /// The round-trip time, smoothed.
    pub rtt: Duration,
    /// Segments sent and not acknowledged.
    pub unacked: u32,
    /// Segments sent again and not acknowledged.
    pub retransmitted: u32,
    /// Since data was last sent.
    pub last_data_sent: Duration,
    /// Since data was last received.
    pub last_data_received: Duration,
    /// Since anything was last acknowledged.
    pub last_ack_received: Duration,
    /// Retransmissions since the beginning.
    pub total_retransmitted: Option<u32>,
    /// Segments sent since the beginning (Linux 4.2).
    pub segments_sent: Option<u32>,
    /// Segments received since the beginning (Linux 4.2).
    pub segments_received: Option<u32>,
}

impl TcpInfo {
    /// Reads the structure, however much of it this kernel has. What keepalive goes by has been there since Linux 2.6.
    fn parse(b: &[u8]) -> Option<Self> {
        let word = |at: usize| word(b, at);
        let millis = |at: usize| word(at).map(|n| Duration::from_millis(n.into()));
        let micros = |at: usize| word(at).map(|n| Duration::from_micros(n.into()));
        Some(Self {
            retransmits: *b.get(2)?,
            probes: *b.get(3)?,
            backoff: *b.get(4)?,
            rto: micros(8)?,
            unacked: word(24)?,
            retransmitted: word(36)?,
            last_data_sent: millis(44)?,
            last_data_received: millis(52)?,
            last_ack_received: millis(56)?,
            rtt: micros(68)?,
            total_retransmitted: word(100),
            segments_sent: word(136),
            segments_received: word(140),
        })
    }

    /// Since anything was heard of the peer: what the keepalive timer counts from.
    pub fn silent(&self) -> Duration {
        self.last_data_received.min(self.last_ack_received)
    }
}

impl TcpSocket {
    /// Reads a message of the kernel: `struct inet_diag_msg` with its attributes.
    fn parse(b: &[u8]) -> Option<Self> {
        let (fixed, mut rest) = b.split_at_checked(MESSAGE)?;
        let v6 = match i32::from(fixed[0]) {
            libc::AF_INET => false,
            libc::AF_INET6 => true,
            _ => return None,
        };
        let port = |at: usize| u16::from_be_bytes([fixed[at], fixed[at + 1]]);
        let mut socket = Self {
            state: TcpState::of(fixed[1]),
            local: SocketAddr::new(address(fixed, 8, v6)?, port(4)),
            remote: SocketAddr::new(address(fixed, 24, v6)?, port(6)),
            interface: word(fixed, 40)?,
            timer: Timer::of(fixed[2]),
            expires: Duration::from_millis(word(fixed, 52)?.into()),
            tries: fixed[3],
            unread: word(fixed, 56)?,
            unacknowledged: word(fixed, 60)?,
            uid: word(fixed, 64)?,
            inode: word(fixed, 68)?,
            info: None,
        };
        // `struct nlattr`: length with its own four bytes, type.
        while let Some(header) = rest.first_chunk::<4>() {
            let length = usize::from(u16::from_ne_bytes([header[0], header[1]]));
            let kind = u16::from_ne_bytes([header[2], header[3]]);
            let Some(value) = rest.get(4..length) else { break };
            if kind == INET_DIAG_INFO {
                socket.info = TcpInfo::parse(value);
            }
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        }
        Some(socket)
    }
}

fn word(b: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(*b.get(at..)?.first_chunk()?))
}

/// An address of `struct inet_diag_sockid`. IPv4 that came through an IPv6 socket is IPv4.
fn address(b: &[u8], at: usize, v6: bool) -> Option<IpAddr> {
    let bytes = b.get(at..)?;
    Some(if v6 {
        IpAddr::V6(Ipv6Addr::from(*bytes.first_chunk::<16>()?)).to_canonical()
    } else {
        Ipv4Addr::from(*bytes.first_chunk::<4>()?).into()
    })
}

/// Whose connection is asked for: all of a family, or this one.
fn request(v6: bool, one: Option<Ends>, sequence: u32) -> Vec<u8> {
    let mut b = Vec::with_capacity(REQUEST);
    b.extend((REQUEST as u32).to_ne_bytes());
    b.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    b.extend((NLM_F_REQUEST | if one.is_none() { NLM_F_DUMP } else { 0 }).to_ne_bytes());
    b.extend(sequence.to_ne_bytes());
    b.extend([0; 4]);
    let family = if v6 { libc::AF_INET6 } else { libc::AF_INET };
    // Family, protocol, what to tell beside, padding.
    b.extend([family as u8, libc::IPPROTO_TCP as u8, 1 << (INET_DIAG_INFO - 1), 0]);
    b.extend(if one.is_some() { u32::MAX } else { CONNECTED }.to_ne_bytes());
    let [local, remote] = match one {
        Some(Ends { local, remote, .. }) => [local, remote].map(Some),
        None => [None; 2],
    };
    for end in [local, remote] {
        b.extend(end.map_or(0, |a| a.port()).to_be_bytes());
    }
    for end in [local, remote] {
        let mut bytes = [0; 16];
        match end.map(|a| a.ip()) {
            Some(IpAddr::V4(a)) if v6 => bytes = a.to_ipv6_mapped().octets(),
            Some(IpAddr::V4(a)) => bytes[..4].copy_from_slice(&a.octets()),
            Some(IpAddr::V6(a)) => bytes = a.octets(),
            None => {}
        }
        b.extend(bytes);
    }
    // The interface, which matters for link-local addresses and for a socket that is bound to one; any cookie.
    let scope = match one {
        Some(Ends { interface: Some(interface), .. }) => interface,
        Some(Ends { local: SocketAddr::V6(a), .. }) => a.scope_id(),
        _ => 0,
    };
    b.extend(scope.to_ne_bytes());
    b.extend([if one.is_some() { 0xff } else { 0 }; 8]);
    b
}

/// What names one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// This host's end.
    pub local: SocketAddr,
    /// The other one.
    pub remote: SocketAddr,
    /// The number of the interface that its socket is bound to, where it is: without it the kernel does not find it.
    pub interface: Option<u32>,
}

/// Asks the kernel for TCP sockets.
pub struct SockDiag {
    socket: Socket,
    sequence: u32,
    buffer: Vec<u8>,
}

impl fmt::Debug for SockDiag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SockDiag").field("socket", &self.socket.as_fd()).finish_non_exhaustive()
    }
}

impl SockDiag {
    /// Opens the connection to the kernel. It stays with the network namespace that this thread is in now.
    pub fn open() -> io::Result<Self> {
        let mut socket = Socket::new(NETLINK_SOCK_DIAG)?;
        socket.bind_auto()?;
        SockRef::from(&socket).set_read_timeout(Some(PATIENCE))?;
        Ok(Self { socket, sequence: 0, buffer: Vec::with_capacity(RECEIVE_BUFFER) })
    }

    /// All connections, IPv4 before IPv6.
    pub fn connections(&mut self) -> io::Result<Vec<TcpSocket>> {
        let mut all = self.ask(false, None)?;
        match self.ask(true, None) {
            Ok(more) => all.extend(more),
            // A kernel without IPv6.
            Err(e) if matches!(e.raw_os_error(), Some(libc::ENOENT | libc::EAFNOSUPPORT)) => {}
            Err(e) => return Err(e),
        }
        Ok(all)
    }

    /// The connection between these two ends, if there is one.
    pub fn connection(&mut self, ends: Ends) -> io::Result<Option<TcpSocket>> {
        match self.ask(ends.local.is_ipv6(), Some(ends)) {
            // A socket that only listens on that port is not the connection.
            Ok(found) => Ok(found.into_iter().find(|s| s.remote.port() == ends.remote.port())),
            Err(e) if e.raw_os_error() == Some(libc::ENOENT) => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn ask(&mut self, v6: bool, one: Option<Ends>) -> io::Result<Vec<TcpSocket>> {
        let mut last = Vec::new();
        for _ in 0..DUMP_ATTEMPTS {
            self.sequence = self.sequence.wrapping_add(1);
            self.socket.send(&request(v6, one, self.sequence), 0)?;
            let (mut found, mut done, mut changed) = (Vec::new(), false, false);
            while !done {
                receive(&self.socket, &mut self.buffer)?;
                for message in Messages(&self.buffer).filter(|m| m.sequence_number() == self.sequence) {
                    changed |= message.flags() & NLM_F_DUMP_INTR != 0;
                    match message.message_type() {
                        NLMSG_ERROR => error_of(message.payload())?,
                        NLMSG_DONE => done = true,
                        SOCK_DIAG_BY_FAMILY => found.extend(TcpSocket::parse(message.payload())),
                        _ => {}
                    }
                    // One is told alone, without an end of the list.
                    done |= one.is_some();
                }
            }
            last = found;
            if !changed {
                break;
            }
        }
        // Sockets come and go all the time: the last of several lists that changed is as good as any.
        Ok(last)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::net::{TcpListener, TcpStream};

    use super::*;

    /// What Linux 6.18 says of a connection with keepalive, cut after the fields that are used. Little-endian.
    fn message(info: &[u8]) -> Vec<u8> {
        // AF_INET, ESTABLISHED, keepalive timer, no probes.
        let mut b = vec![2, 1, 2, 0];
        // Port 43210 to port 80; 10.0.0.9 to 10.0.0.1; no interface; a cookie.
        b.extend([0xa8, 0xca, 0, 80]);
        b.extend([10, 0, 0, 9].into_iter().chain([0; 12]));
        b.extend([10, 0, 0, 1].into_iter().chain([0; 12]));
        for n in [0_u32, 7, 0] {
            b.extend(n.to_ne_bytes());
        }
        // Runs out in 9.5 s; 3 bytes unread, 5 unacknowledged, user 1000, inode 4242.
        for n in [9_500_u32, 3, 5, 1000, 4242] {
            b.extend(n.to_ne_bytes());
        }
        // A shutdown mask of one byte, padded; then tcp_info.
        b.extend(5_u16.to_ne_bytes());
        b.extend([8, 0, 0, 0, 0, 0]);
        b.extend((4 + info.len() as u16).to_ne_bytes());
        b.extend(2_u16.to_ne_bytes());
        b.extend(info);
        b
    }

    fn info() -> Vec<u8> {
        let mut b = vec![0; 144];
        b[..8].copy_from_slice(&[1, 0, 2, 1, 3, 7, 0, 0]);
        let mut put = |at: usize, n: u32| b[at..at + 4].copy_from_slice(&n.to_ne_bytes());
        put(8, 1_608_000); // rto
        put(24, 1); // unacked
        put(36, 1); // retrans
        put(44, 800); // last_data_sent
        put(52, 12_000); // last_data_recv
        put(56, 11_000); // last_ack_recv
        put(68, 1_250); // rtt
        put(100, 4); // total_retrans
        put(136, 9); // segs_out
        put(140, 6); // segs_in
        b
    }

    #[test]
    fn a_socket_is_read() {
        let s = TcpSocket::parse(&message(&info())).unwrap();
        assert_eq!((s.state, s.timer, s.tries), (TcpState::Established, Timer::Keepalive, 0));
        assert_eq!((s.local.to_string(), s.remote.to_string()), ("10.0.0.9:43210".into(), "10.0.0.1:80".into()));
        assert_eq!((s.expires, s.unread, s.unacknowledged), (Duration::from_millis(9_500), 3, 5));
        assert_eq!((s.uid, s.inode, s.interface), (1000, 4242, 0));
        let i = s.info.unwrap();
        assert_eq!((i.retransmits, i.probes, i.backoff), (2, 1, 3));
        assert_eq!((i.rto, i.rtt), (Duration::from_millis(1_608), Duration::from_micros(1_250)));
        assert_eq!((i.unacked, i.retransmitted, i.total_retransmitted), (1, 1, Some(4)));
        assert_eq!((i.last_data_sent, i.silent()), (Duration::from_millis(800), Duration::from_secs(11)));
        assert_eq!((i.segments_sent, i.segments_received), (Some(9), Some(6)));
    }

    #[test]
    fn an_older_kernel_tells_less() {
        // Linux 2.6.32 ends with total_retrans.
        let i = TcpSocket::parse(&message(&info()[..104])).unwrap().info.unwrap();
        assert_eq!((i.total_retransmitted, i.segments_sent, i.segments_received), (Some(4), None, None));
        let i = TcpSocket::parse(&message(&info()[..100])).unwrap().info.unwrap();
        assert_eq!((i.total_retransmitted, i.probes), (None, 1));
        // Too short to be of use.
        assert_eq!(TcpSocket::parse(&message(&info()[..71])).unwrap().info, None);
    }

    #[test]
    fn a_cut_or_wrong_message_is_no_panic() {
        let whole = message(&info());
        for end in 0..whole.len() {
            assert_eq!(TcpSocket::parse(&whole[..end]).is_some(), end >= 72, "{end}");
        }
        for at in 0..whole.len() {
            let mut b = whole.clone();
            b[at] ^= 0xff;
            let _ = TcpSocket::parse(&b);
        }
        // An attribute of length zero ends the list instead of going round for ever.
        let mut b = whole[..72].to_vec();
        b.extend([0; 8]);
        assert_eq!(TcpSocket::parse(&b).unwrap().info, None);
    }

    #[test]
    fn mapped_addresses_are_of_ipv4() {
        let mut b = message(&info());
        b[0] = 10;
        b[8..24].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 9]);
        b[24..40].copy_from_slice(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
        let s = TcpSocket::parse(&b).unwrap();
        assert_eq!((s.local.to_string(), s.remote.to_string()), ("10.0.0.9:43210".into(), "[2001:db8::1]:80".into()));
    }

    #[test]
    fn the_request_is_what_the_kernel_wants() {
        let all = request(false, None, 3);
        assert_eq!(all.len(), 72);
        assert_eq!(all[16..20], [2, 6, 2, 0]);
        // Bits 1 to 5, 8, 9 and 11.
        assert_eq!(all[20..24], 0b1011_0011_1110_u32.to_ne_bytes());
        let one = request(false, Some(ends("10.0.0.9:43210", "10.0.0.1:80")), 3);
        assert_eq!(one[24..28], [0xa8, 0xca, 0, 80]);
        assert_eq!(one[60..64], 7u32.to_ne_bytes());
        assert_eq!((&one[28..32], &one[44..48], &one[64..72]), (&[10, 0, 0, 9][..], &[10, 0, 0, 1][..], &[255; 8][..]));
    }

    fn ends(local: &str, remote: &str) -> Ends {
        Ends { local: local.parse().unwrap(), remote: remote.parse().unwrap(), interface: Some(7) }
    }

    #[test]
    fn this_kernel_tells_of_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (_theirs, _) = listener.accept().unwrap();
        let (local, remote) = (ours.local_addr().unwrap(), ours.peer_addr().unwrap());
        let mut diag = SockDiag::open().unwrap();
        let one = diag.connection(Ends { local, remote, interface: None }).unwrap().expect("the connection");
        assert_eq!((one.state, one.timer, one.local, one.remote), (TcpState::Established, Timer::Off, local, remote));
        assert!(one.inode > 0 && one.info.is_some());
        SockRef::from(&ours).set_keepalive(true).unwrap();
        ours.write_all(b"x").unwrap();
        let all = diag.connections().unwrap();
        let found = all.iter().find(|s| s.local == local).expect("in the list");
        assert_eq!((found.remote, found.inode), (remote, one.inode));
        drop(listener);
        let nobody = "127.0.0.1:1".parse().unwrap();
        assert_eq!(diag.connection(Ends { local, remote: nobody, interface: None }).unwrap(), None);
    }
}
