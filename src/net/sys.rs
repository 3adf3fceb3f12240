//! Thin safe wrappers around the system calls that neither the standard library nor socket2 has.

#![expect(unsafe_code, reason = "system calls that take pointers; every one of them in this file")]

use std::ffi::{c_char, c_int};
use std::io;
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsRawFd, BorrowedFd};
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
    let timeout = libc::timespec {
        tv_sec: libc::time_t::try_from(wait.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: wait.subsec_nanos().into(),
    };
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
// SAFETY: integers only.
unsafe impl Plain for libc::tpacket_req3 {}
// SAFETY: integers only.
unsafe impl Plain for libc::tpacket_stats_v3 {}
// SAFETY: integers only.
unsafe impl Plain for libc::packet_mreq {}

fn set_packet_option<T: Plain>(fd: BorrowedFd<'_>, name: c_int, value: &T) -> io::Result<()> {
    // SAFETY: the pointer and the length describe `value`, which the kernel only reads.
    check(unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_PACKET,
            name,
            ptr::from_ref(value).cast(),
            size_of::<T>() as libc::socklen_t,
        )
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

/// The address to bind a packet socket to: every protocol of one interface.
pub(super) fn every_protocol_of(index: c_int) -> io::Result<SockAddr> {
    // SAFETY: the storage is larger than a sockaddr_ll, aligned for any address, and zeroed; the length is what is written.
    let ((), address) = unsafe {
        SockAddr::try_init(|storage, len| {
            let ll = storage.cast::<libc::sockaddr_ll>();
            (*ll).sll_family = libc::AF_PACKET as u16;
            (*ll).sll_protocol = (libc::ETH_P_ALL as u16).to_be();
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

/// Clears this thread's permitted, effective and inheritable capabilities.
pub(super) fn clear_capabilities() -> io::Result<()> {
    /// `struct __user_cap_header_struct` of linux/capability.h.
    #[repr(C)]
    struct Header {
        version: u32,
        pid: c_int,
    }
    /// `_LINUX_CAPABILITY_VERSION_3`: two structures of three 32-bit sets follow.
    const VERSION_3: u32 = 0x2008_0522;
    let mut header = Header { version: VERSION_3, pid: 0 };
    let none = [0u32; 6];
    // SAFETY: the two pointers are to the structures that version 3 asks for; the kernel only reads them, and writes its
    // preferred version into the header only if it does not know this one, which is why the header's place is writable.
    let returned = unsafe { libc::syscall(libc::SYS_capset, &raw mut header, none.as_ptr()) };
    check(returned as c_int)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    use super::*;

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
}
