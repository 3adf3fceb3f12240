//! The calls that the standard library lacks.

#![expect(
    unsafe_code,
    reason = "kill, mkfifo, setpriority, sendmmsg, poll, TCP_INFO and an address of a packet socket"
)]

use std::ffi::CString;
use std::io;
use std::mem::{size_of, zeroed};
use std::net::{Ipv4Addr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// Whether this process may do anything.
pub fn is_root() -> bool {
    // SAFETY: takes nothing, cannot fail.
    unsafe { libc::geteuid() == 0 }
}

/// Whether there is a process (or zombie) of this number.
pub fn exists(pid: i32) -> bool {
    // SAFETY: integers only.
    pid > 0 && unsafe { libc::kill(pid, 0) == 0 }
}

/// Sends a signal to one process.
pub fn kill(pid: i32, signal: i32) {
    assert!(pid > 1, "no process has the number {pid}");
    // SAFETY: integers only.
    unsafe { libc::kill(pid, signal) };
}

/// Sends a signal to the process group that `leader` leads.
pub fn kill_group(leader: i32, signal: i32) {
    assert!(leader > 1, "no process group has the number {leader}");
    // SAFETY: integers only.
    unsafe { libc::killpg(leader, signal) };
}

/// Makes a FIFO for its owner.
pub fn make_fifo(path: &Path) {
    let name = CString::new(path.as_os_str().as_bytes()).expect("a path without a zero byte");
    // SAFETY: the name ends with a zero byte and outlives the call.
    let status = unsafe { libc::mkfifo(name.as_ptr(), 0o600) };
    assert!(status == 0, "mkfifo {}: {}", path.display(), io::Error::last_os_error());
}

/// Puts this process and what it starts before others: the daemons' timers and the clock readings of their notifications
/// are compared to milliseconds. Best effort.
pub fn hurry() {
    // SAFETY: integers only.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, -15) };
}

/// Sends whole Ethernet frames through an interface of this network namespace.
pub fn inject(interface: &str, frames: &[Vec<u8>]) -> io::Result<()> {
    let index = std::fs::read_to_string(format!("/sys/class/net/{interface}/ifindex"))?;
    let index: i32 = index.trim().parse().map_err(io::Error::other)?;
    let socket = Socket::new(Domain::PACKET, Type::RAW, None)?;
    // SAFETY: the storage is larger than a sockaddr_ll, aligned for any address, and zeroed; the length is what is written.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, len| {
            let ll = storage.cast::<libc::sockaddr_ll>();
            (*ll).sll_family = libc::AF_PACKET as u16;
            (*ll).sll_ifindex = index;
            (*ll).sll_halen = 6;
            *len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
            Ok(())
        })
    }?;
    for frame in frames {
        socket.send_to(frame, &address)?;
    }
    Ok(())
}

/// Sends datagrams of 18 bytes to a connected socket as fast as the kernel takes them, until `count` have been sent or
/// `limit` is over. Says how many were.
pub fn flood(socket: &UdpSocket, count: u64, limit: Duration) -> io::Result<u64> {
    const BATCH: usize = 64;
    let payload = [0u8; 18];
    let mut part = libc::iovec { iov_base: payload.as_ptr().cast_mut().cast(), iov_len: payload.len() };
    // SAFETY: structures of integers and pointers, for which zero is valid.
    let mut messages: [libc::mmsghdr; BATCH] = unsafe { zeroed() };
    for message in &mut messages {
        message.msg_hdr.msg_iov = &raw mut part;
        message.msg_hdr.msg_iovlen = 1;
    }
    let end = Instant::now() + limit;
    let mut sent = 0u64;
    while sent < count && Instant::now() < end {
        // SAFETY: the messages, their part and the payload live until the call is over; the kernel reads the payload only.
        let n = unsafe { libc::sendmmsg(socket.as_raw_fd(), messages.as_mut_ptr(), BATCH as u32, 0) };
        if n < 0 {
            let error = io::Error::last_os_error();
            // What the driver has no room for is not sent: part of a flood.
            if error.raw_os_error() != Some(libc::ENOBUFS) {
                return Err(error);
            }
        } else {
            sent += n as u64;
        }
    }
    Ok(sent)
}

/// Sends an ICMP echo request every 50 ms, `count` of them. What answers is for a tap to see.
pub fn ping(to: Ipv4Addr, count: u16) -> io::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::ICMPV4))?;
    let to = SockAddr::from(SocketAddrV4::new(to, 0));
    for sequence in 1..=count {
        // Type 8, code 0, checksum, identifier 0, number: the sum is of the first and the last 16 bits.
        let checksum = !(0x0800 + sequence);
        let words = [0x0800, checksum, 0, sequence];
        let packet: Vec<u8> = words.iter().flat_map(|w: &u16| w.to_be_bytes()).collect();
        // Nobody there is part of the test.
        let _ = socket.send_to(&packet, &to);
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Waits until there is something to read, an error, or the end of the connection. `reads` is whether data counts. Gives
/// whether there is an error or everything is over.
pub fn wait(socket: &impl AsRawFd, reads: bool, limit: Duration) -> io::Result<Option<bool>> {
    let events = if reads { libc::POLLIN } else { 0 };
    let mut poll = libc::pollfd { fd: socket.as_raw_fd(), events, revents: 0 };
    // SAFETY: one structure, which lives until the call is over.
    match unsafe { libc::poll(&raw mut poll, 1, limit.as_millis() as i32) } {
        0 => Ok(None),
        n if n > 0 => Ok(Some(poll.revents & (libc::POLLERR | libc::POLLHUP) != 0)),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The retransmission timeout of a TCP socket.
pub fn rto(socket: &impl AsRawFd) -> io::Result<Duration> {
    // SAFETY: a structure of integers, for which zero is valid.
    let mut info: libc::tcp_info = unsafe { zeroed() };
    let mut len = size_of::<libc::tcp_info>() as libc::socklen_t;
    // SAFETY: the kernel writes no more than the length says, into a structure that is as long.
    let got = unsafe {
        libc::getsockopt(socket.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, (&raw mut info).cast(), &raw mut len)
    };
    if got == 0 { Ok(Duration::from_micros(info.tcpi_rto.into())) } else { Err(io::Error::last_os_error()) }
}
