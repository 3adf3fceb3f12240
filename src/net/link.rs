//! The interfaces of this network namespace.
//!
//! What the kernel is asked directly is asked through a socket, not through `/sys/class/net`: that shows the interfaces of
//! the namespace it was mounted in, which after `nsenter --net` is not this one.

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixDatagram;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pnet::datalink::{self, NetworkInterface};

use super::clock::monotonic;
use super::sys;
use crate::time::Instant;

/// An interface, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name, without the label of an address (`eth0`, never `eth0:1`).
    pub name: String,
    /// Its number.
    pub index: u32,
    /// Whether it is administratively up (`ip link set … up`).
    pub up: bool,
    /// Whether it is up and has a carrier (`IFF_RUNNING`).
    pub running: bool,
    /// Its hardware address, where it has one.
    pub mac: Option<[u8; 6]>,
    /// Whether it is an Ethernet where neighbours are asked for (no `IFF_NOARP`).
    pub asks: bool,
    /// Its addresses, each with the length of its prefix.
    pub addresses: Vec<(IpAddr, u8)>,
}

/// What tells this network namespace from all others: the kernel's cookie for it, or the number of its file where there is
/// none, which may be used again.
pub fn namespace_id() -> io::Result<String> {
    let socket = UnixDatagram::unbound()?;
    if let Ok(cookie) = sys::namespace_cookie(socket.as_fd()) {
        return Ok(format!("c{cookie}"));
    }
    Ok(format!("i{}", std::os::unix::fs::MetadataExt::ino(&std::fs::metadata("/proc/self/ns/net")?)))
}

/// All interfaces, in the kernel's order. Empty when the kernel cannot be asked.
pub fn interfaces() -> Vec<Interface> {
    let mut list = without_labels(datalink::interfaces());
    let socket = UnixDatagram::unbound();
    for interface in &mut list {
        let ethernet = |socket: &UnixDatagram| {
            sys::interface_hardware(socket.as_fd(), &interface.name).is_ok_and(|(kind, _)| kind == libc::ARPHRD_ETHER)
        };
        interface.asks &= socket.as_ref().is_ok_and(ethernet);
    }
    list
}

/// This host's addresses, each with the length of its prefix; as they were within the last second, since who asks may have
/// many checks that fail at the same time.
pub fn own_networks() -> Arc<[(IpAddr, u8)]> {
    const FRESH: Duration = Duration::from_secs(1);
    type Looked = (Instant, Arc<[(IpAddr, u8)]>);
    static LAST: Mutex<Option<Looked>> = Mutex::new(None);
    let now = monotonic();
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((then, list)) = last.as_ref()
        && now.since(*then) < FRESH
    {
        return Arc::clone(list);
    }
    let list: Arc<[(IpAddr, u8)]> =
        datalink::interfaces().iter().flat_map(|i| &i.ips).map(|net| (net.ip(), net.prefix())).collect();
    *last = Some((now, Arc::clone(&list)));
    list
}

fn without_labels(all: Vec<NetworkInterface>) -> Vec<Interface> {
    let mut list: Vec<Interface> = Vec::new();
    for found in all {
        // The C library gives an address with a label (keepalived's `label eth0:vip`) an interface of its own.
        let name = found.name.split(':').next().unwrap_or_default();
        let addresses = found.ips.iter().map(|net| (net.ip(), net.prefix()));
        if let Some(known) = list.iter_mut().find(|i| i.name == name) {
            known.addresses.extend(addresses);
            continue;
        }
        list.push(Interface {
            name: name.to_owned(),
            index: found.index,
            up: found.is_up(),
            running: found.is_running(),
            mac: found.mac.map(Into::into),
            asks: found.flags & libc::IFF_NOARP as u32 == 0,
            addresses: addresses.collect(),
        });
    }
    list
}

/// Whether there is an interface of exactly this name.
pub fn exists(name: &str) -> bool {
    UnixDatagram::unbound().is_ok_and(|socket| sys::interface_index(socket.as_fd(), name).is_ok())
}

/// The number of the interface `name`.
pub fn index(name: &str) -> io::Result<u32> {
    let socket = UnixDatagram::unbound()?;
    let index = sys::interface_index(socket.as_fd(), name)?;
    u32::try_from(index).map_err(|_| io::Error::from_raw_os_error(libc::ENODEV))
}

/// Whether the interface `name` is there, up and running ([`InterfaceState::running`]); far cheaper than [`state_of`].
pub fn is_running(name: &str) -> bool {
    UnixDatagram::unbound().is_ok_and(|socket| up_and_running(socket.as_fd(), name).is_ok_and(|(_, running)| running))
}

/// What the interface `name` is doing right now.
pub fn state_of(name: &str) -> io::Result<InterfaceState> {
    let socket = UnixDatagram::unbound()?;
    let index = sys::interface_index(socket.as_fd(), name)?;
    state(socket.as_fd(), index)
}

/// What an interface is doing right now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InterfaceState {
    /// Its present name.
    pub name: String,
    /// Whether it is administratively up (`IFF_UP`).
    pub up: bool,
    /// Whether it is up, has a carrier and is not waiting for authentication (`IFF_RUNNING`): what keepalived, too, takes
    /// for an interface that works. An interface that is `up` but not `running` has no carrier.
    pub running: bool,
    /// Largest packet, in bytes without the link header.
    pub mtu: u32,
    /// Its hardware address, if it is an Ethernet.
    pub mac: Option<[u8; 6]>,
    /// Frames received and sent since the interface was made, of any kind; absent when `/proc/net/dev` is.
    pub packets: Option<PacketCounters>,
}

/// How many frames an interface has received and sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketCounters {
    /// Received, whether or not anyone wanted them.
    pub received: u64,
    /// Sent.
    pub sent: u64,
}

/// The state of interface `index`, asked through any socket of its namespace.
pub(super) fn state(socket: BorrowedFd<'_>, index: i32) -> io::Result<InterfaceState> {
    let name = sys::interface_name(socket, index)?;
    let (up, running) = up_and_running(socket, &name)?;
    let (hardware, address) = sys::interface_hardware(socket, &name)?;
    Ok(InterfaceState {
        up,
        running,
        mtu: u32::try_from(sys::interface_mtu(socket, &name)?).unwrap_or(0),
        mac: (hardware == libc::ARPHRD_ETHER).then_some(address),
        packets: std::fs::read_to_string("/proc/net/dev").ok().and_then(|table| packet_counters(&table, &name)),
        name,
    })
}

/// `IFF_UP`, and `IFF_UP` with `IFF_RUNNING`, of an interface.
pub(super) fn up_and_running(socket: BorrowedFd<'_>, name: &str) -> io::Result<(bool, bool)> {
    let flags = sys::interface_flags(socket, name)?;
    let up = flags & libc::IFF_UP != 0;
    Ok((up, up && flags & libc::IFF_RUNNING != 0))
}

/// Finds an interface's line in `/proc/net/dev`: `name: bytes packets errs drop fifo frame compressed multicast` for what
/// was received, then eight more for what was sent, of which the second is again the packets.
fn packet_counters(table: &str, name: &str) -> Option<PacketCounters> {
    let numbers = table.lines().find_map(|line| line.trim_start().strip_prefix(name)?.strip_prefix(':'))?;
    let mut numbers = numbers.split_ascii_whitespace().map(str::parse::<u64>);
    let received = numbers.nth(1)?.ok()?;
    let sent = numbers.nth(7)?.ok()?;
    Some(PacketCounters { received, sent })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_read_from_the_right_columns() {
        // Columns as printed by net/core/net-procfs.c.
        let table = "Inter-|   Receive                                                |  Transmit\n \
             face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    \
             lo: 1000      10    0    0    0     0          0         0     2000      20    0    0    0     0       0          0\n\
             eth0:9999999 4812 0 1 2 3 4 5 777777 99 6 7 8 9 10 11\n  \
             eth01: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n";
        assert_eq!(packet_counters(table, "lo"), Some(PacketCounters { received: 10, sent: 20 }));
        assert_eq!(packet_counters(table, "eth0"), Some(PacketCounters { received: 4812, sent: 99 }));
        assert_eq!(packet_counters(table, "eth01"), Some(PacketCounters { received: 2, sent: 10 }));
        assert_eq!(packet_counters(table, "eth"), None);
        assert_eq!(packet_counters("eth0: 1\n", "eth0"), None);
    }

    #[test]
    fn an_address_with_a_label_belongs_to_its_interface() {
        let found = |name: &str, index, net: &str| NetworkInterface {
            name: name.into(),
            description: String::new(),
            index,
            mac: None,
            ips: net.parse().into_iter().collect(),
            flags: (libc::IFF_UP | libc::IFF_RUNNING) as u32,
        };
        let list = without_labels(vec![
            found("lo", 1, "127.0.0.1/8"),
            found("eth0", 2, "10.77.0.1/24"),
            found("eth0:vip", 2, "10.77.0.110/32"),
        ]);
        assert_eq!(list.len(), 2);
        assert_eq!(list[1].name, "eth0");
        assert_eq!(list[1].addresses, [([10, 77, 0, 1].into(), 24), ([10, 77, 0, 110].into(), 32)]);
        assert!(list[1].up && list[1].running);
    }

    #[test]
    fn nobody_is_asked_for_where_the_kernel_does_not() {
        let found = |flags: i32| NetworkInterface {
            name: "eth0".into(),
            description: String::new(),
            index: 2,
            mac: None,
            ips: Vec::new(),
            flags: flags as u32,
        };
        let asks = |flags| without_labels(vec![found(flags)])[0].asks;
        assert!(asks(libc::IFF_UP) && !asks(libc::IFF_UP | libc::IFF_NOARP));
        assert!(interfaces().iter().all(|i| i.name != "lo" || !i.asks), "a loopback is no Ethernet");
    }

    #[test]
    fn only_what_is_there_runs() {
        assert_eq!(is_running("lo"), state_of("lo").expect("every namespace has one").running);
        assert!(!is_running("lo:1"));
        assert!(!is_running(""));
    }

    #[test]
    fn only_a_whole_name_is_an_interface() {
        assert!(!exists(""));
        assert!(!exists("lo:1"));
        assert!(!exists("../lo"));
        assert!(!exists("a name that is far too long for an interface"));
        assert!(!exists("lo\0"));
    }
}
