//! Thin safe wrappers around the system calls that neither the standard library nor socket2 has.

#![expect(unsafe_code, reason = "system calls that take pointers; every one of them in this file")]

use std::ffi::{c_char, c_int, c_ulong};
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::time::Duration;

use socket2::SockAddr;

/// Open flag: do not wait for the other end of a FIFO.
pub const NO_WAIT: i32 = libc::O_NONBLOCK;
/// Open flag: refuse a symbolic link.
pub const NO_FOLLOW: i32 = libc::O_NOFOLLOW;

/// How a wait ended. See [`wait_readable`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// There is something to read, or the end of the file.
    Readable,
    /// The descriptor has an error pending.
    Failed,
    /// The time is over.
    TimedOut,
    /// A signal was handled.
    Interrupted,
}

/// Waits until `fd` can be read, for at most `wait`, or until a signal is handled on this thread.
pub fn wait_readable(fd: BorrowedFd<'_>, wait: Duration) -> io::Result<Wait> {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let timeout = timespec(wait);
    // SAFETY: `poll` is one valid pollfd, `timeout` outlives the call, and a null signal mask is allowed.
    let n = unsafe { libc::ppoll(&raw mut poll, 1, &raw const timeout, ptr::null()) };
    match n {
        0 => Ok(Wait::TimedOut),
        // Data first: an error stays pending until it is asked for, and what came before it should be seen before it.
        1.. if poll.revents & (libc::POLLIN | libc::POLLHUP) != 0 => Ok(Wait::Readable),
        1.. => Ok(Wait::Failed),
        _ => match io::Error::last_os_error() {
            e if e.kind() == io::ErrorKind::Interrupted => Ok(Wait::Interrupted),
            e => Err(e),
        },
    }
}

/// Which of the descriptors that [`wait_any`] was given are worth a look.
#[derive(Clone, Debug, Default)]
pub struct Ready(Vec<bool>);

impl Ready {
    /// Whether the descriptor at this place can be read, is at its end, or has an error pending that reading will tell.
    pub fn contains(&self, place: usize) -> bool {
        self.0.get(place).copied().unwrap_or(false)
    }

    /// Whether none is: the time is over, or a signal was handled.
    pub fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }
}

/// Waits until one of `fds` can be read, for at most `timeout`, or until a signal is handled on this thread.
///
/// The timeout is counted in nanoseconds on CLOCK_MONOTONIC, the clock of [`crate::net::monotonic`]; the kernel may add
/// the thread's timer slack to it, see [`set_timer_slack`].
pub fn wait_any(fds: &[BorrowedFd<'_>], timeout: Duration) -> io::Result<Ready> {
    let polled = |fd: &BorrowedFd<'_>| libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let mut polls: Vec<_> = fds.iter().map(polled).collect();
    let timeout = timespec(timeout);
    // SAFETY: the pointer and the length describe `polls`, `timeout` outlives the call, and a null signal mask is allowed.
    let n = unsafe { libc::ppoll(polls.as_mut_ptr(), polls.len() as libc::nfds_t, &raw const timeout, ptr::null()) };
    if n < 0 {
        return match io::Error::last_os_error() {
            e if e.kind() == io::ErrorKind::Interrupted => Ok(Ready::default()),
            e => Err(e),
        };
    }
    Ok(Ready(polls.iter().map(|poll| poll.revents != 0).collect()))
}

fn timespec(d: Duration) -> libc::timespec {
    libc::timespec {
        tv_sec: libc::time_t::try_from(d.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: d.subsec_nanos().into(),
    }
}

/// How much later than asked the kernel may end this thread's waits, to save wake-ups: 50 µs if never set. For timers to
/// the microsecond: one nanosecond, the least there is.
pub fn set_timer_slack(slack: Duration) -> io::Result<()> {
    // Zero would mean the default.
    let nanos = c_ulong::try_from(slack.as_nanos()).unwrap_or(c_ulong::MAX).max(1);
    // SAFETY: takes integers only.
    check(unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, nanos, 0, 0, 0) })
}

/// A number that no other network namespace has had since this system started (SO_NETNS_COOKIE, Linux 5.14); fails where
/// the kernel does not know it.
pub fn namespace_cookie(socket: BorrowedFd<'_>) -> io::Result<u64> {
    let mut cookie: u64 = 0;
    let mut len = size_of::<u64>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into `cookie`, which is that long and an integer.
    check(unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_NETNS_COOKIE,
            (&raw mut cookie).cast(),
            &raw mut len,
        )
    })?;
    Ok(cookie)
}

/// Whether nobody will ever read what is written to `fd`: a pipe whose reader is gone, a terminal that was closed.
pub fn is_deserted(fd: BorrowedFd<'_>) -> bool {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: 0, revents: 0 };
    let now = timespec(Duration::ZERO);
    // SAFETY: `poll` is one valid pollfd, `now` outlives the call, and a null signal mask is allowed.
    let n = unsafe { libc::ppoll(&raw mut poll, 1, &raw const now, ptr::null()) };
    n > 0 && poll.revents & (libc::POLLERR | libc::POLLHUP) != 0
}

/// Asks every process of a group to end (SIGTERM), or ends them (SIGKILL).
pub fn end_process_group(group: u32, kill: bool) -> io::Result<()> {
    // 0 and 1 would mean our own group and every process there is.
    let Some(group) = libc::pid_t::try_from(group).ok().filter(|g| *g > 1) else {
        return Err(io::Error::from_raw_os_error(libc::ESRCH));
    };
    // SAFETY: takes integers only.
    check(unsafe { libc::kill(-group, if kill { libc::SIGKILL } else { libc::SIGTERM }) })
}

/// CLOCK_MONOTONIC in microseconds.
pub(super) fn monotonic_micros() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a timespec to be written. Linux always has this clock, so the call cannot fail.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1000)
}

/// The result of a call that returns -1 and sets `errno` on failure.
fn check(returned: c_int) -> io::Result<()> {
    if returned < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// A kernel structure of integers only: any bytes make a valid one.
///
/// # Safety
/// Implement it only for types for which that is true.
unsafe trait Plain: Copy {}
// SAFETY: an integer.
unsafe impl Plain for c_int {}
// SAFETY: an integer.
unsafe impl Plain for u32 {}
// SAFETY: integers only.
unsafe impl Plain for [u32; 8] {}
// SAFETY: integers only.
unsafe impl Plain for libc::tpacket_req3 {}
// SAFETY: integers only.
unsafe impl Plain for libc::tpacket_stats_v3 {}
// SAFETY: integers only.
unsafe impl Plain for libc::packet_mreq {}

fn set_packet_option<T: Plain>(fd: BorrowedFd<'_>, name: c_int, value: &T) -> io::Result<()> {
    set_option(fd, libc::SOL_PACKET, name, value)
}

fn set_option<T: Plain>(fd: BorrowedFd<'_>, level: c_int, name: c_int, value: &T) -> io::Result<()> {
    // SAFETY: the pointer and the length describe `value`, which the kernel only reads.
    check(unsafe {
        libc::setsockopt(fd.as_raw_fd(), level, name, ptr::from_ref(value).cast(), size_of::<T>() as libc::socklen_t)
    })
}

/// Makes the socket's ring a TPACKET_V3 one.
pub(super) fn set_ring_version_3(fd: BorrowedFd<'_>) -> io::Result<()> {
    set_packet_option(fd, libc::PACKET_VERSION, &(libc::tpacket_versions::TPACKET_V3 as c_int))
}

/// Allocates the receive ring.
pub(super) fn set_receive_ring(fd: BorrowedFd<'_>, request: &libc::tpacket_req3) -> io::Result<()> {
    set_packet_option(fd, libc::PACKET_RX_RING, request)
}

/// Makes the interface promiscuous for as long as the socket is open.
pub(super) fn set_promiscuous(fd: BorrowedFd<'_>, index: c_int) -> io::Result<()> {
    let request = libc::packet_mreq {
        mr_ifindex: index,
        mr_type: libc::PACKET_MR_PROMISC as u16,
        mr_alen: 0,
        mr_address: [0; 8],
    };
    set_packet_option(fd, libc::PACKET_ADD_MEMBERSHIP, &request)
}

/// Lets the interface pass frames to this group's hardware address for as long as the socket is open. Nobody is told.
pub(super) fn join_hardware_group(fd: BorrowedFd<'_>, index: c_int, group: [u8; 6]) -> io::Result<()> {
    let mut address = [0; 8];
    for (to, from) in address.iter_mut().zip(group) {
        *to = from;
    }
    let request = libc::packet_mreq {
        mr_ifindex: index,
        mr_type: libc::PACKET_MR_MULTICAST as u16,
        mr_alen: group.len() as u16,
        mr_address: address,
    };
    set_packet_option(fd, libc::PACKET_ADD_MEMBERSHIP, &request)
}

/// Asks for what the kernel has taken out of each frame: see [`has_vlan`].
pub(super) fn set_auxiliary_data(fd: BorrowedFd<'_>) -> io::Result<()> {
    set_packet_option(fd, libc::PACKET_AUXDATA, &1)
}

/// Whether the control messages of a packet say that it belongs to a VLAN; a tag of VLAN 0 is a priority only.
pub(super) fn has_vlan(mut control: &[u8]) -> bool {
    /// `struct cmsghdr`: its length with what follows, level and type.
    const HEADER: usize = size_of::<usize>() + 8;
    while let Some(length) = control.first_chunk().map(|b| usize::from_ne_bytes(*b)) {
        let kind = control.get(size_of::<usize>()..HEADER).unwrap_or_default();
        if kind == [libc::SOL_PACKET.to_ne_bytes(), libc::PACKET_AUXDATA.to_ne_bytes()].concat() {
            // `struct tpacket_auxdata`: status, len, snaplen, mac, net, vlan_tci, vlan_tpid.
            let status = control.get(HEADER..HEADER + 4).and_then(|b| b.first_chunk()).map(|b| u32::from_ne_bytes(*b));
            let tci =
                control.get(HEADER + 16..HEADER + 18).and_then(|b| b.first_chunk()).map(|b| u16::from_ne_bytes(*b));
            return status.is_some_and(|s| s & libc::TP_STATUS_VLAN_VALID != 0) && tci.is_some_and(|t| t & 0x0fff != 0);
        }
        control = control.get(length.max(HEADER).next_multiple_of(size_of::<usize>())..).unwrap_or_default();
    }
    false
}

/// Leaves out frames that this host sends.
pub(super) fn set_ignore_outgoing(fd: BorrowedFd<'_>) -> io::Result<()> {
    set_packet_option(fd, libc::PACKET_IGNORE_OUTGOING, &1)
}

/// (frames that passed the filter, of them not stored for want of room) since the last call.
pub(super) fn take_packet_statistics(fd: BorrowedFd<'_>) -> io::Result<(u32, u32)> {
    let mut stats = libc::tpacket_stats_v3 { tp_packets: 0, tp_drops: 0, tp_freeze_q_cnt: 0 };
    let mut len = size_of::<libc::tpacket_stats_v3>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into `stats`, which is that long and integers only.
    check(unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_PACKET,
            libc::PACKET_STATISTICS,
            (&raw mut stats).cast(),
            &raw mut len,
        )
    })?;
    Ok((stats.tp_packets, stats.tp_drops))
}

/// How long ago the last acknowledgement of a TCP connection came.
pub(super) fn last_acknowledged(fd: BorrowedFd<'_>) -> io::Result<Duration> {
    // SAFETY: integers only: zero is valid, and so is whatever the kernel writes.
    let mut info: libc::tcp_info = unsafe { MaybeUninit::zeroed().assume_init() };
    let mut len = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: the kernel writes at most `len` bytes into `info`, which is that long and integers only.
    check(unsafe {
        libc::getsockopt(fd.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, (&raw mut info).cast(), &raw mut len)
    })?;
    Ok(Duration::from_millis(info.tcpi_last_ack_recv.into()))
}

/// A copy of a descriptor of another process (pidfd_getfd, Linux 5.6). Takes the right to trace that process.
pub(super) fn descriptor_of(pid: u32, descriptor: c_int) -> io::Result<OwnedFd> {
    let pid = libc::pid_t::try_from(pid).map_err(|_| io::ErrorKind::InvalidInput)?;
    // SAFETY: the call takes integers only.
    let process = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0 as c_int) } as c_int;
    check(process)?;
    // SAFETY: the kernel has just made this descriptor, and nobody else has it.
    let process = unsafe { OwnedFd::from_raw_fd(process) };
    // SAFETY: the call takes integers only, and `process` outlives it.
    let copy = unsafe { libc::syscall(libc::SYS_pidfd_getfd, process.as_raw_fd(), descriptor, 0 as c_int) } as c_int;
    check(copy)?;
    // SAFETY: as above.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// Sets the room for what has been received and not been read, beyond what an ordinary user may ask for.
pub(super) fn force_receive_buffer(fd: BorrowedFd<'_>, bytes: c_int) -> io::Result<()> {
    set_option(fd, libc::SOL_SOCKET, libc::SO_RCVBUFFORCE, &bytes)
}

/// Asks for each packet's destination address, as [`libc::IPV6_PKTINFO`].
pub(super) fn set_receive_destination_v6(fd: BorrowedFd<'_>) -> io::Result<()> {
    set_option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, &1)
}

/// What [`receive`] received.
pub(super) struct Received {
    /// How long the packet is; more than the buffer when that was too short.
    pub len: usize,
    /// Bytes of control messages.
    pub control_len: usize,
    /// Who sent it; of an error, where what it is about was sent.
    pub source: Option<IpAddr>,
}

/// Receives one packet with its control messages.
pub(super) fn receive(fd: BorrowedFd<'_>, buffer: &mut [u8], control: &mut [u8]) -> io::Result<Received> {
    receive_with(fd, buffer, control, libc::MSG_TRUNC)
}

/// Takes the next message of the socket's error queue. Never waits.
pub(super) fn receive_error(fd: BorrowedFd<'_>, control: &mut [u8]) -> io::Result<Received> {
    receive_with(fd, &mut [], control, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT)
}

/// Makes a socket keep ICMP errors in its error queue.
pub(super) fn set_receive_errors(fd: BorrowedFd<'_>, ipv6: bool) -> io::Result<()> {
    let (level, name) =
        if ipv6 { (libc::IPPROTO_IPV6, libc::IPV6_RECVERR) } else { (libc::IPPROTO_IP, libc::IP_RECVERR) };
    set_option(fd, level, name, &1)
}

/// Makes a raw ICMP socket receive answers to echoes and nothing else. Errors come all the same.
pub(super) fn receive_only_echo_replies(fd: BorrowedFd<'_>, ipv6: bool) -> io::Result<()> {
    // linux/icmp.h, linux/icmpv6.h: a bit for each type that is not wanted.
    const ICMP_FILTER: c_int = 1;
    const ICMP6_FILTER: c_int = 1;
    const ECHO_REPLY_V6: usize = 129;
    if !ipv6 {
        return set_option(fd, libc::SOL_RAW, ICMP_FILTER, &!1u32);
    }
    let mut unwanted = [u32::MAX; 8];
    unwanted[ECHO_REPLY_V6 / 32] &= !(1 << (ECHO_REPLY_V6 % 32));
    set_option(fd, libc::IPPROTO_ICMPV6, ICMP6_FILTER, &unwanted)
}

/// Whether packets must not be fragmented, whatever is known of the path.
pub(super) fn set_dont_fragment(fd: BorrowedFd<'_>, ipv6: bool, dont: bool) -> io::Result<()> {
    let (level, name, value) = match (ipv6, dont) {
        (false, true) => (libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_PROBE),
        (false, false) => (libc::IPPROTO_IP, libc::IP_MTU_DISCOVER, libc::IP_PMTUDISC_DONT),
        (true, true) => (libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, libc::IPV6_PMTUDISC_PROBE),
        (true, false) => (libc::IPPROTO_IPV6, libc::IPV6_MTU_DISCOVER, libc::IPV6_PMTUDISC_WANT),
    };
    set_option(fd, level, name, &value)
}

/// Sets how many seconds nothing is heard on a connection before keepalive asks. Unlike switching keepalive on, it counts
/// from the last thing heard.
pub(super) fn set_keepalive_idle(fd: BorrowedFd<'_>, seconds: c_int) -> io::Result<()> {
    set_option(fd, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, &seconds)
}

fn receive_with(fd: BorrowedFd<'_>, buffer: &mut [u8], control: &mut [u8], flags: c_int) -> io::Result<Received> {
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    // SAFETY: integers and arrays of them: zero is valid, and so is whatever the kernel writes.
    let mut from: libc::sockaddr_in6 = unsafe { MaybeUninit::zeroed().assume_init() };
    // SAFETY: integers and pointers: zero is valid.
    let mut message: libc::msghdr = unsafe { MaybeUninit::zeroed().assume_init() };
    message.msg_name = (&raw mut from).cast();
    message.msg_namelen = size_of::<libc::sockaddr_in6>() as libc::socklen_t;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = control.len() as _;
    // SAFETY: each pointer in `message` comes with the length of what it points to, all of it outlives the call, and any
    // bytes are valid there. With MSG_TRUNC the kernel says how long the packet is, but still writes no more than fits.
    let n = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, flags) };
    let len = usize::try_from(n).map_err(|_| io::Error::last_os_error())?;
    let source = match libc::c_int::from(from.sin6_family) {
        libc::AF_INET6 => Some(Ipv6Addr::from(from.sin6_addr.s6_addr).into()),
        // `sockaddr_in` has the address where the other has the flow.
        libc::AF_INET => Some(Ipv4Addr::from(from.sin6_flowinfo.to_ne_bytes()).into()),
        _ => None,
    };
    Ok(Received { len, control_len: message.msg_controllen, source })
}

/// The address to bind a packet socket to: every protocol of one interface.
pub(super) fn every_protocol_of(index: c_int) -> io::Result<SockAddr> {
    packet_address(index, libc::ETH_P_ALL as u16)
}

/// The address to bind a packet socket to: what one interface receives of one EtherType, and nothing that it sends.
pub(super) fn one_protocol_of(index: c_int, ethertype: u16) -> io::Result<SockAddr> {
    packet_address(index, ethertype)
}

/// The address to bind a packet socket to that only sends, through one interface.
pub(super) fn no_protocol_of(index: c_int) -> io::Result<SockAddr> {
    packet_address(index, 0)
}

fn packet_address(index: c_int, protocol: u16) -> io::Result<SockAddr> {
    // SAFETY: the storage is larger than a sockaddr_ll, aligned for any address, and zeroed; the length is what is written.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, len| {
            let ll = storage.cast::<libc::sockaddr_ll>();
            (*ll).sll_family = libc::AF_PACKET as u16;
            (*ll).sll_protocol = protocol.to_be();
            (*ll).sll_ifindex = index;
            *len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
            Ok(())
        })
    }?;
    Ok(address)
}

/// Maps `len` bytes of a socket's ring, shared with the kernel.
pub(super) fn map_shared(fd: BorrowedFd<'_>, len: usize) -> io::Result<ptr::NonNull<u8>> {
    // SAFETY: a new mapping at an address of the kernel's choice touches no memory that is in use.
    let base = unsafe {
        libc::mmap(ptr::null_mut(), len, libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED, fd.as_raw_fd(), 0)
    };
    if base == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    ptr::NonNull::new(base.cast()).ok_or_else(|| io::Error::other("the kernel mapped the ring at address 0"))
}

/// Asks about the interface `name`. The answer is in the union's member that belongs to `request`.
fn ask_interface(fd: BorrowedFd<'_>, name: &str, request: libc::c_ulong) -> io::Result<libc::ifreq> {
    // A colon would be cut off as an alias by the kernel ("eth0:1" means eth0), and the last byte has to be zero.
    if name.is_empty() || name.len() >= libc::IFNAMSIZ || name.contains([':', '/', '\0']) {
        return Err(io::Error::from_raw_os_error(libc::ENODEV));
    }
    let mut asked = empty_request();
    for (to, from) in asked.ifr_name.iter_mut().zip(name.bytes()) {
        *to = from as c_char;
    }
    // SAFETY: every request passed here reads and writes one ifreq.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), request as _, &raw mut asked) })?;
    Ok(asked)
}

fn empty_request() -> libc::ifreq {
    // SAFETY: an ifreq is an array of characters and a union of integers, arrays of them and a pointer: zero is valid.
    unsafe { MaybeUninit::zeroed().assume_init() }
}

/// The index of the interface `name`.
pub(super) fn interface_index(fd: BorrowedFd<'_>, name: &str) -> io::Result<c_int> {
    let answer = ask_interface(fd, name, libc::SIOCGIFINDEX)?;
    // SAFETY: SIOCGIFINDEX answers in this member; any bits are an integer.
    Ok(unsafe { answer.ifr_ifru.ifru_ifindex })
}

/// The present name of interface `index`.
pub(super) fn interface_name(fd: BorrowedFd<'_>, index: c_int) -> io::Result<String> {
    let mut asked = empty_request();
    asked.ifr_ifru.ifru_ifindex = index;
    // SAFETY: SIOCGIFNAME reads and writes one ifreq.
    check(unsafe { libc::ioctl(fd.as_raw_fd(), libc::SIOCGIFNAME as _, &raw mut asked) })?;
    let bytes: Vec<u8> = asked.ifr_name.iter().map(|&c| c as u8).take_while(|&c| c != 0).collect();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The flags of the interface `name`, `IFF_*`, the low 16 bits.
pub(super) fn interface_flags(fd: BorrowedFd<'_>, name: &str) -> io::Result<c_int> {
    let answer = ask_interface(fd, name, libc::SIOCGIFFLAGS)?;
    // SAFETY: SIOCGIFFLAGS answers in this member; any bits are an integer.
    Ok(unsafe { answer.ifr_ifru.ifru_flags }.into())
}

/// The MTU of the interface `name`, in bytes.
pub(super) fn interface_mtu(fd: BorrowedFd<'_>, name: &str) -> io::Result<c_int> {
    let answer = ask_interface(fd, name, libc::SIOCGIFMTU)?;
    // SAFETY: SIOCGIFMTU answers in this member; any bits are an integer.
    Ok(unsafe { answer.ifr_ifru.ifru_mtu })
}

/// The hardware type of the interface `name` (`ARPHRD_*`) and the first six bytes of its hardware address.
pub(super) fn interface_hardware(fd: BorrowedFd<'_>, name: &str) -> io::Result<(u16, [u8; 6])> {
    let answer = ask_interface(fd, name, libc::SIOCGIFHWADDR)?;
    // SAFETY: SIOCGIFHWADDR answers in this member; any bits are an integer and an array of characters.
    let hardware = unsafe { answer.ifr_ifru.ifru_hwaddr };
    let mut address = [0; 6];
    for (to, from) in address.iter_mut().zip(hardware.sa_data) {
        *to = from as u8;
    }
    Ok((hardware.sa_family, address))
}

/// Whether this process ignores the signal `number`.
pub(super) fn is_ignored(number: c_int) -> io::Result<bool> {
    let mut now = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: with no new action the call only writes the present one, into memory of its size.
    check(unsafe { libc::sigaction(number, ptr::null(), now.as_mut_ptr()) })?;
    // SAFETY: the call succeeded and has written it.
    Ok(unsafe { now.assume_init() }.sa_sigaction == libc::SIG_IGN)
}

/// From now on exec gives no privileges, for this thread and all that come from it.
pub(super) fn no_new_privileges() -> io::Result<()> {
    // SAFETY: takes integers only.
    check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })
}

/// Clears this thread's ambient capabilities.
pub(super) fn clear_ambient_capabilities() -> io::Result<()> {
    // SAFETY: takes integers only.
    check(unsafe { libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) })
}

/// `struct __user_cap_header_struct` of linux/capability.h.
#[repr(C)]
struct CapabilityHeader {
    version: u32,
    pid: c_int,
}

impl CapabilityHeader {
    /// For this thread, with `_LINUX_CAPABILITY_VERSION_3`: two structures of three 32-bit sets (effective, permitted,
    /// inheritable) follow, the first with capabilities 0 to 31.
    const VERSION_3: Self = Self { version: 0x2008_0522, pid: 0 };
}

/// Clears this thread's permitted, effective and inheritable capabilities, except those in `keep` (bits by number, 0 to
/// 31), which stay permitted and effective if they were permitted.
pub(super) fn limit_capabilities(keep: u32) -> io::Result<()> {
    let mut header = CapabilityHeader::VERSION_3;
    let mut sets = [0u32; 6];
    // SAFETY: the two pointers are to the structures that version 3 asks for, both of integers only. The kernel writes its
    // preferred version into the header only if it does not know this one.
    check(unsafe { libc::syscall(libc::SYS_capget, &raw mut header, sets.as_mut_ptr()) } as c_int)?;
    let kept = sets[1] & keep;
    let sets = [kept, kept, 0, 0, 0, 0];
    // SAFETY: as above; the kernel only reads the sets.
    check(unsafe { libc::syscall(libc::SYS_capset, &raw mut header, sets.as_ptr()) } as c_int)
}

/// Moves this thread to a network namespace of its own, and sockets that it opens from now on with it.
#[cfg(test)]
pub(super) fn enter_new_network_namespace() -> io::Result<()> {
    // SAFETY: takes an integer only.
    check(unsafe { libc::unshare(libc::CLONE_NEWNET) })
}

/// Moves this thread to the network namespace that `fd` stands for.
pub(super) fn enter_network_namespace(fd: BorrowedFd<'_>) -> io::Result<()> {
    // SAFETY: takes integers only.
    check(unsafe { libc::setns(fd.as_raw_fd(), libc::CLONE_NEWNET) })
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_frame_of_a_vlan_is_known() {
        let message = |status: u32, tci: u16| {
            let mut m = (size_of::<usize>() + 8 + 20).to_ne_bytes().to_vec();
            m.extend(263i32.to_ne_bytes());
            m.extend(8i32.to_ne_bytes());
            m.extend(status.to_ne_bytes());
            m.extend([0; 12]);
            m.extend(tci.to_ne_bytes());
            m.extend(0x8100u16.to_ne_bytes());
            m
        };
        assert!(has_vlan(&message(0x10, 0x6064)));
        assert!(!has_vlan(&message(0x10, 0x6000)), "a priority");
        assert!(!has_vlan(&message(0x01, 0x0064)), "not valid");
        let whole = message(0x10, 0x6064);
        assert!((0..whole.len() - 4).all(|end| !has_vlan(&whole[..end])));
    }

    #[test]
    fn a_wait_ends_with_time_data_or_the_end() {
        let (mut ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        let wait = |millis| wait_readable(theirs.as_fd(), Duration::from_millis(millis)).expect("a wait");
        assert_eq!(wait(0), Wait::TimedOut);
        assert_eq!(wait(1), Wait::TimedOut);
        ours.write_all(b"x").expect("written");
        assert_eq!(wait(10_000), Wait::Readable);
        drop(ours);
        assert_eq!(wait_readable(theirs.as_fd(), Duration::MAX).expect("a wait"), Wait::Readable);
    }

    #[test]
    fn waiting_for_several_names_the_ready_ones() {
        let (mut ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        let (_other, silent) = UnixStream::pair().expect("a pair of sockets");
        let fds = [silent.as_fd(), theirs.as_fd()];
        assert!(wait_any(&fds, Duration::from_nanos(1)).expect("a wait").is_empty());
        assert!(wait_any(&[], Duration::ZERO).expect("a wait").is_empty());
        ours.write_all(b"x").expect("written");
        let ready = wait_any(&fds, Duration::MAX).expect("a wait");
        assert_eq!([0, 1, 2].map(|place| ready.contains(place)), [false, true, false]);
        drop(ours);
        assert!(wait_any(&fds, Duration::MAX).expect("a wait").contains(1));
    }

    #[test]
    fn a_wait_is_never_shorter_than_asked() {
        set_timer_slack(Duration::from_nanos(1)).expect("timer slack");
        let before = monotonic_micros();
        assert!(wait_any(&[], Duration::from_micros(2500)).expect("a wait").is_empty());
        // A microsecond for the reading's own rounding.
        assert!(monotonic_micros() - before >= 2499);
    }
}
