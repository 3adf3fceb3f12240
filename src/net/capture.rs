//! Live frames from an interface: an AF_PACKET socket with a filter and a ring, which only listens.
//!
//! The socket is made for no protocol at all, given its filter and its ring, and bound last: so nothing that the filter
//! would have refused is ever in the ring. It never transmits, joins no group, and makes the interface promiscuous only on
//! request. A network card may keep multicast from a host that has not joined the group; then nothing is heard here
//! either, and `promiscuous` is what helps.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use socket2::{Domain, SockFilter, Socket, Type};

use super::link::{self, InterfaceState};
use super::ring::{BLOCK_SIZE, Ring};
use super::{bpf, sys};
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

/// The most that a ring may take of the kernel's memory.
const MAX_RING: usize = 16 * 1024 * 1024;

/// How often an interface is asked whether it is still there and works, while nothing is heard.
const LINK_CHECK: Duration = Duration::from_millis(250);

/// What to listen to, and how.
#[derive(Clone, Copy, Debug)]
pub struct CaptureOptions<'a> {
    /// Name of the interface.
    pub interface: &'a str,
    /// Whether to make it promiscuous while the capture is open.
    pub promiscuous: bool,
    /// Bytes of the ring, rounded down to whole blocks of 64 KiB, at least two and at most 16 MiB.
    ///
    /// Each block holds at least one frame for up to 20 ms: with ten adverts a second, 8 MiB outlast a reader that pauses
    /// for twelve seconds.
    pub ring_bytes: usize,
}

impl<'a> CaptureOptions<'a> {
    /// Not promiscuous, 8 MiB.
    pub fn new(interface: &'a str) -> Self {
        Self { interface, promiscuous: false, ring_bytes: 8 * 1024 * 1024 }
    }
}

/// Why a capture could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no interface of that name in this network namespace.
    #[error("there is no interface {name} here; there is {}", list(known))]
    NoSuchInterface {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// The kernel does not let this user open a capture socket.
    #[error(
        "listening on {interface} is not permitted to this user: run `sudo hactl …`, or once `sudo setcap \
         cap_net_raw+ep {}`, or `sudo tcpdump -i {} -U -w - | hactl watch -`",
        quoted(program),
        quoted(Path::new(interface))
    )]
    NotPermitted {
        /// The interface.
        interface: String,
        /// The file of the running program.
        program: PathBuf,
    },
    /// The interface's frames are of a kind that is not decoded.
    #[error("interface {interface} has link type {kind} ({number}); only Ethernet and plain IP are decoded")]
    LinkType {
        /// The interface.
        interface: String,
        /// What the kernel's headers call it (`ARPHRD_…` of linux/if_arp.h).
        kind: &'static str,
        /// Its number there.
        number: u16,
    },
    /// A step failed for another reason.
    #[error("cannot {operation} for interface {interface}: {source}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The interface.
        interface: String,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// Why a capture ended.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The interface was deleted or moved to another network namespace.
    #[error("interface {0} is gone: it was deleted or moved to another network namespace")]
    InterfaceGone(String),
    /// The kernel's description of the ring made no sense.
    #[error("the kernel's capture ring for interface {0} is inconsistent")]
    BrokenRing(String),
    /// A call failed for another reason.
    #[error("cannot {operation} of interface {interface}: {source}")]
    Io {
        /// What was being done.
        operation: &'static str,
        /// The interface.
        interface: String,
        /// The kernel's answer.
        source: io::Error,
    },
}

/// What came of waiting for a frame.
#[derive(Clone, Copy, Debug)]
pub enum Next<'a> {
    /// A frame, to be used before the next one is asked for.
    Frame(Frame<'a>),
    /// Nothing came in the time given, or a signal was handled.
    Idle,
    /// The interface went down or lost its carrier, or was so from the start. Said once; the capture goes on by itself
    /// when the interface comes back.
    LinkDown,
    /// The interface came back.
    LinkUp,
}

/// Counters of one capture since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Frames that passed the filter and were put into the ring.
    pub received: u64,
    /// Frames that passed the filter and were lost because the ring was full.
    pub dropped: u64,
}

/// A live interface as a source of frames.
#[derive(Debug)]
pub struct Capture {
    // Before the socket, so that the memory is unmapped before the kernel frees the ring.
    ring: Ring,
    socket: Socket,
    /// Name when it was opened; for messages.
    name: String,
    index: i32,
    link: LinkType,
    /// Frames delivered.
    count: u64,
    stats: Stats,
    /// Whether the interface worked when last looked at.
    up: bool,
    /// When that was.
    checked: Option<Instant>,
}

impl Capture {
    /// Starts listening. An interface that is down can be opened; the first [`Capture::next`] says so.
    pub fn open(options: &CaptureOptions<'_>) -> Result<Self, OpenError> {
        let name = options.interface;
        let failed =
            |operation| move |source: io::Error| OpenError::Io { operation, interface: name.to_owned(), source };

        // Any socket can be asked about interfaces, and this one needs no privilege: so a wrong name is said to be one.
        let asking = UnixDatagram::unbound().map_err(failed("open a socket to ask the kernel"))?;
        let index = sys::interface_index(asking.as_fd(), name).map_err(|source| match source.raw_os_error() {
            Some(libc::ENODEV | libc::ENXIO) => OpenError::NoSuchInterface {
                name: name.to_owned(),
                known: link::interfaces().into_iter().map(|i| i.name).collect(),
            },
            _ => failed("find the index")(source),
        })?;
        let (hardware, _) = sys::interface_hardware(asking.as_fd(), name).map_err(failed("read the link type"))?;
        let link = link_type(hardware).ok_or_else(|| OpenError::LinkType {
            interface: name.to_owned(),
            kind: hardware_name(hardware),
            number: hardware,
        })?;

        // Tunnels differ in what they put before the IP header, if anything. A datagram socket leaves that out.
        let kind = if link == LinkType::Ethernet { Type::RAW } else { Type::DGRAM };
        let socket = Socket::new(Domain::PACKET, kind, None).map_err(|source| match source.raw_os_error() {
            Some(libc::EPERM | libc::EACCES) => OpenError::NotPermitted {
                interface: name.to_owned(),
                program: std::env::current_exe().unwrap_or_else(|_| PathBuf::from("hactl")),
            },
            _ => failed("open a capture socket")(source),
        })?;

        let program = bpf::program(link).map_err(|e| failed("assemble the filter")(io::Error::other(e)))?;
        let program: Vec<_> = program.iter().map(|i| SockFilter::new(i.code, i.jt, i.jf, i.k)).collect();
        socket.attach_filter(&program).map_err(failed("attach the filter"))?;
        if hardware == libc::ARPHRD_LOOPBACK {
            // Whatever is sent on the loopback is received on it too, and would be seen twice. Kernels before 4.20 cannot
            // leave it out: then it is.
            let _ = sys::set_ignore_outgoing(socket.as_fd());
        }
        let blocks = options.ring_bytes.min(MAX_RING) / BLOCK_SIZE;
        let ring = Ring::map(socket.as_fd(), blocks.max(2)).map_err(failed("allocate the capture ring"))?;
        if options.promiscuous {
            sys::set_promiscuous(socket.as_fd(), index).map_err(failed("switch promiscuous mode on"))?;
        }
        sys::every_protocol_of(index).and_then(|a| socket.bind(&a)).map_err(failed("bind the capture socket"))?;

        Ok(Self {
            ring,
            socket,
            name: name.to_owned(),
            index,
            link,
            count: 0,
            stats: Stats::default(),
            up: true,
            checked: None,
        })
    }

    /// The next frame, waiting for it for at most `wait`.
    ///
    /// Frames come up to 20 ms after the fact unless many do. An interface that is set down or deleted is noticed at once
    /// or within a quarter of a second, if this is called that often; a lost carrier as soon as the kernel passes it on,
    /// which may take it a second.
    pub fn next(&mut self, wait: Duration) -> Result<Next<'_>, CaptureError> {
        if self.checked.is_none()
            && let Some(change) = self.link_change(Instant::now())?
        {
            return Ok(change);
        }
        let mut deadline = None;
        loop {
            let slot = self.ring.advance().map_err(|_| CaptureError::BrokenRing(self.name.clone()))?;
            if let Some(slot) = slot {
                self.count += 1;
                let header = slot.header;
                return Ok(Next::Frame(Frame {
                    number: self.count,
                    time: Timestamp::from_nanos(i64::from(header.tp_sec) * 1_000_000_000 + i64::from(header.tp_nsec)),
                    link: self.link,
                    stripped_tag: stripped_tag(&header),
                    data: self.ring.bytes(&slot),
                    wire_len: header.tp_len,
                }));
            }

            let now = Instant::now();
            // A wait too long to be added is as good as a day.
            let end = *deadline.get_or_insert_with(|| now.checked_add(wait).unwrap_or(now + Duration::from_hours(24)));
            if self.checked.is_none_or(|t| now.duration_since(t) >= LINK_CHECK)
                && let Some(change) = self.link_change(now)?
            {
                return Ok(change);
            }
            let left = end.saturating_duration_since(now);
            match sys::wait_readable(self.socket.as_fd(), left.min(LINK_CHECK))
                .map_err(self.failed("wait for frames"))?
            {
                sys::Wait::Interrupted => return Ok(Next::Idle),
                sys::Wait::TimedOut if left <= LINK_CHECK => return Ok(Next::Idle),
                sys::Wait::Readable | sys::Wait::TimedOut => {}
                sys::Wait::Failed => self.take_error()?,
            }
        }
    }

    /// Frames received and dropped since the capture was opened.
    pub fn stats(&mut self) -> Result<Stats, CaptureError> {
        let (passed, dropped) =
            sys::take_packet_statistics(self.socket.as_fd()).map_err(self.failed("read the capture counters"))?;
        // The kernel's first number includes its second.
        self.stats.received += u64::from(passed.saturating_sub(dropped));
        self.stats.dropped += u64::from(dropped);
        Ok(self.stats)
    }

    /// Whether the interface is up and has a carrier, and how many frames of any kind it has seen: what tells "no VRRP
    /// here" from "nothing at all here".
    pub fn interface_state(&self) -> Result<InterfaceState, CaptureError> {
        link::state(self.socket.as_fd(), self.index).map_err(self.failed("read the state"))
    }

    /// The interface's name when the capture was opened.
    pub fn interface(&self) -> &str {
        &self.name
    }

    /// How the frames begin: Ethernet, or IP at once.
    pub fn link_type(&self) -> LinkType {
        self.link
    }

    /// An error that says what could not be done, or that the interface is gone.
    fn failed(&self, operation: &'static str) -> impl Fn(io::Error) -> CaptureError + use<> {
        let interface = self.name.clone();
        move |source| match source.raw_os_error() {
            Some(libc::ENODEV | libc::ENXIO) => CaptureError::InterfaceGone(interface.clone()),
            _ => CaptureError::Io { operation, interface: interface.clone(), source },
        }
    }

    /// Looks at the interface, and says so if it came or went since the last time.
    fn link_change(&mut self, now: Instant) -> Result<Option<Next<'static>>, CaptureError> {
        self.checked = Some(now);
        let socket = self.socket.as_fd();
        let (_, up) = sys::interface_name(socket, self.index)
            .and_then(|name| link::up_and_running(socket, &name))
            .map_err(self.failed("read the state"))?;
        let change = match (self.up, up) {
            (true, false) => Some(Next::LinkDown),
            (false, true) => Some(Next::LinkUp),
            _ => None,
        };
        self.up = up;
        Ok(change)
    }

    /// Clears the error that the socket has pending. That the interface went down is not one: it may come back, and then
    /// the kernel puts the capture on again.
    fn take_error(&mut self) -> Result<(), CaptureError> {
        match self.socket.take_error().map_err(self.failed("read the socket's error"))? {
            Some(e) if e.raw_os_error() != Some(libc::ENETDOWN) => Err(self.failed("receive the frames")(e)),
            _ => {
                // To be looked at before the next wait.
                self.checked = None;
                Ok(())
            }
        }
    }
}

impl AsFd for Capture {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The tag that the kernel (or the network card) took out of the frame: (TPID, TCI).
fn stripped_tag(header: &libc::tpacket3_hdr) -> Option<(u16, u16)> {
    let has = |bit| header.tp_status & bit != 0;
    has(libc::TP_STATUS_VLAN_VALID).then(|| {
        // Kernels before 3.14 do not say which kind of tag it was.
        let tpid = if has(libc::TP_STATUS_VLAN_TPID_VALID) { header.hv1.tp_vlan_tpid } else { 0x8100 };
        (tpid, header.hv1.tp_vlan_tci as u16)
    })
}

/// What the frames of an interface of this hardware type (`ARPHRD_*`) begin with, if it is known here.
fn link_type(hardware: u16) -> Option<LinkType> {
    match hardware {
        libc::ARPHRD_ETHER | libc::ARPHRD_LOOPBACK => Some(LinkType::Ethernet),
        libc::ARPHRD_NONE
        | libc::ARPHRD_PPP
        | libc::ARPHRD_TUNNEL
        | libc::ARPHRD_TUNNEL6
        | libc::ARPHRD_SIT
        | libc::ARPHRD_IPGRE
        | ARPHRD_IP6GRE
        | ARPHRD_RAWIP => Some(LinkType::Raw),
        _ => None,
    }
}

/// Raw IP, e.g. of a mobile modem (linux/if_arp.h; libc lacks it).
const ARPHRD_RAWIP: u16 = 519;
/// GRE over IPv6 (linux/if_arp.h; libc lacks it).
const ARPHRD_IP6GRE: u16 = 823;

/// What to call a link type that is not decoded.
fn hardware_name(hardware: u16) -> &'static str {
    match hardware {
        24 => "FireWire",
        32 => "InfiniBand",
        280 => "CAN",
        513 => "Cisco HDLC",
        770 => "frame relay",
        801..=803 => "802.11 monitor mode",
        804 | 805 => "802.15.4",
        824 => "netlink monitor",
        825 => "6LoWPAN",
        826 => "vsock monitor",
        _ => "unknown",
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none at all".to_owned() } else { names.join(", ") }
}

/// A path as a shell takes it.
pub(super) fn quoted(path: &Path) -> impl fmt::Display {
    let text = path.to_string_lossy();
    if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+".contains(c)) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capture_can_move_to_a_thread() {
        fn is_send<T: Send>() {}
        is_send::<Capture>();
    }

    #[test]
    fn being_refused_is_one_line_that_says_what_to_run() {
        let e = OpenError::NotPermitted { interface: "eth0".into(), program: "/usr/bin/hactl".into() };
        assert_eq!(
            e.to_string(),
            "listening on eth0 is not permitted to this user: run `sudo hactl …`, or once `sudo setcap cap_net_raw+ep \
             /usr/bin/hactl`, or `sudo tcpdump -i eth0 -U -w - | hactl watch -`"
        );
        assert_eq!(quoted(Path::new("/home/a b/it's")).to_string(), r"'/home/a b/it'\''s'");
    }

    #[test]
    fn an_unknown_interface_is_named_with_those_that_exist() {
        match Capture::open(&CaptureOptions::new("no-such-if0")) {
            Err(e @ OpenError::NoSuchInterface { .. }) => {
                assert!(e.to_string().starts_with("there is no interface no-such-if0 here; there is "), "{e}");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_tag_without_its_kind_is_a_customer_tag() {
        let mut header = libc::tpacket3_hdr {
            tp_next_offset: 0,
            tp_sec: 0,
            tp_nsec: 0,
            tp_snaplen: 0,
            tp_len: 0,
            tp_status: 0,
            tp_mac: 0,
            tp_net: 0,
            hv1: libc::tpacket_hdr_variant1 { tp_rxhash: 0, tp_vlan_tci: 0x6064, tp_vlan_tpid: 0x88a8, tp_padding: 0 },
            tp_padding: [0; 8],
        };
        assert_eq!(stripped_tag(&header), None);
        header.tp_status = libc::TP_STATUS_VLAN_VALID;
        assert_eq!(stripped_tag(&header), Some((0x8100, 0x6064)));
        header.tp_status |= libc::TP_STATUS_VLAN_TPID_VALID;
        assert_eq!(stripped_tag(&header), Some((0x88a8, 0x6064)));
    }
}
