//! The speaker's side against a real kernel: two network namespaces with a cable between them, for as long as a test runs.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddrV6, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use super::announce::Announcer;
use super::netlink::{Address, Change, Monitor, Netlink, Scope};
use super::vmac::{self, Notes, Vmac};
use super::vrrp_socket::{Family, LARGEST_PACKET, Packet, Protocol, Receiver, Sender};
use super::{Capture, CaptureOptions, Next, link, sys, wait_any};
use crate::time::Timestamp;
use crate::wire::build::{AdvertSpec, Signing, gratuitous_arp, unsolicited_na};
use crate::wire::{Advert, AuthCheck, Decoded, Decoder, Keys, Mac, VRRP_GROUP_V4, VRRP_GROUP_V6};

/// Longer than anything here takes, on any machine.
const LONG: Duration = Duration::from_secs(30);

/// Two hosts with interface `cable` each: 10.77.0.1/24 and fe80::a on the left, 10.77.0.2/24 and fe80::b on the right.
/// A socket stays with the host on which it was opened.
struct Lab {
    left: File,
    right: File,
    /// Numbers of both ends.
    cable: [u32; 2],
}

impl Lab {
    /// Runs a test in a thread of its own, which leaves for the lab and never comes back.
    fn run(test: impl FnOnce(&Self) + Send + 'static) {
        let thread = std::thread::spawn(|| match sys::enter_new_network_namespace() {
            Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
                assert!(std::env::var_os("HACTL_LAB").is_none_or(|lab| lab != "required"), "no network namespace: {e}");
                eprintln!("SKIPPED: without CAP_SYS_ADMIN there is no network namespace to try this in; run as root");
            }
            Err(e) => panic!("no network namespace: {e}"),
            Ok(()) => test(&Self::build()),
        });
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }

    fn build() -> Self {
        let namespace = || {
            sys::enter_new_network_namespace().expect("a namespace");
            File::open("/proc/thread-self/ns/net").expect("its descriptor")
        };
        let (right, left) = (namespace(), namespace());
        Netlink::open().expect("netlink").add_veth("cable", "cable", right.as_fd()).expect("a cable");
        let cable = [&left, &right].map(|host| on(host, || link::index("cable").expect("an end")));
        let lab = Self { left, right, cable };
        let ends = [(&lab.left, LEFT, 0xa, cable[0]), (&lab.right, RIGHT, 0xb, cable[1])];
        let monitors = ends.map(|(host, v4, v6, index)| {
            on(host, || {
                let monitor = Monitor::open().expect("a monitor");
                let mut netlink = Netlink::open().expect("netlink");
                netlink.set_addrgenmode_none(index).expect("no address of its own");
                netlink.set_up(index).expect("up");
                assert!(netlink.add_address(index, v4, 24).expect("added"));
                assert!(netlink.add_address(index, link_local(v6), 64).expect("added"));
                monitor
            })
        });
        // Until then the kernel throws away what is sent.
        for (mut monitor, index) in monitors.into_iter().zip(cable) {
            await_change(&mut monitor, |change| change == Change::Link { index, up: true, running: true });
        }
        lab
    }

    fn left<T>(&self, act: impl FnOnce() -> T) -> T {
        on(&self.left, act)
    }

    fn right<T>(&self, act: impl FnOnce() -> T) -> T {
        on(&self.right, act)
    }
}

fn on<T>(host: &File, act: impl FnOnce() -> T) -> T {
    sys::enter_network_namespace(host.as_fd()).expect("the namespace");
    act()
}

/// Passes over changes until the one that is waited for.
fn await_change(monitor: &mut Monitor, wanted: impl Fn(Change) -> bool) {
    loop {
        match monitor.next().expect("a change") {
            Some(change) if wanted(change) => return,
            Some(_) => {}
            None => wait(monitor.as_fd()),
        }
    }
}

fn link_local(last: u16) -> IpAddr {
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last).into()
}

const LEFT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));
const RIGHT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 2));
const VIP: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 100));
const GROUP_V4: IpAddr = IpAddr::V4(VRRP_GROUP_V4);
const GROUP_V6: IpAddr = IpAddr::V6(VRRP_GROUP_V6);

fn spec(src: IpAddr, version: u8, addresses: Vec<IpAddr>) -> AdvertSpec {
    // The MAC is the kernel's business here.
    AdvertSpec { version, ip_id: 7, ..AdvertSpec::new(Mac([0; 6]), src, 51, addresses) }
}

/// Waits until the socket has something.
fn wait(fd: BorrowedFd<'_>) {
    assert!(wait_any(&[fd], LONG).expect("a wait").contains(0), "nothing came");
}

/// The next packet as bytes.
fn next_packet(receiver: &Receiver) -> Vec<u8> {
    wait(receiver.as_fd());
    let mut buffer = vec![0; LARGEST_PACKET];
    let packet = receiver.recv(&mut buffer).expect("received").expect("a packet");
    assert_eq!(packet.wire_len as usize, packet.data.len());
    packet.data.to_vec()
}

fn decode(packet: &[u8], keys: Keys) -> Advert {
    let packet = Packet { data: packet, wire_len: packet.len() as u32 };
    match Decoder::new(keys).decode(&packet.frame(1, Timestamp::default())) {
        Decoded::Advert(advert) => *advert,
        other => panic!("no advert: {other:?}"),
    }
}

#[test]
fn an_advert_arrives_as_it_was_built() {
    Lab::run(|lab| {
        let sender = lab.left(|| Sender::open("cable", Family::V4)).expect("a sender");
        let receiver = lab.right(|| Receiver::open("cable", Protocol::Vrrp, GROUP_V4)).expect("a receiver");
        for version in [2, 3] {
            let sent = spec(LEFT, version, vec![VIP]).packet();
            sender.send(&sent).expect("sent");
            let received = next_packet(&receiver);
            // TOS, identification, flags, TTL and the checksum that the kernel has computed are the builder's.
            assert_eq!(received, sent);
            assert_eq!(received[1..2], [0xc0]);
            assert_eq!(received[4..9], [0, 7, 0, 0, 255]);
            let advert = decode(&received, Keys::default());
            assert_eq!((advert.version, advert.vrid, advert.priority, advert.ttl), (version, 51, 100, 255));
            assert_eq!((advert.src, advert.dst), (LEFT, GROUP_V4));
            assert_eq!(advert.addresses, [VIP]);
            assert!(advert.problems.is_empty());
        }
    });
}

#[test]
fn an_authenticated_advert_arrives_at_the_socket_for_those() {
    Lab::run(|lab| {
        let sender = lab.left(|| Sender::open("cable", Family::V4)).expect("a sender");
        let (plain, ah) = lab.right(|| {
            let open = |protocol| Receiver::open("cable", protocol, GROUP_V4).expect("a receiver");
            (open(Protocol::Vrrp), open(Protocol::Ah))
        });
        let sent = AdvertSpec { signing: Signing::Ah(*b"secret\0\0", 9), ..spec(LEFT, 2, vec![VIP]) }.packet();
        sender.send(&sent).expect("sent");
        let received = next_packet(&ah);
        assert_eq!(received, sent);
        let mut keys = Keys::default();
        keys.set_ah(b"secret");
        // The digest covers identification and TTL: neither was touched.
        let advert = decode(&received, keys);
        assert_eq!(advert.auth_check, Some(AuthCheck::Ok));
        assert_eq!(advert.ah.map(|ah| ah.sequence), Some(9));
        // And the other way round: the first that the plain socket hears is the plain one.
        let sent = spec(LEFT, 2, vec![VIP]).packet();
        sender.send(&sent).expect("sent");
        assert_eq!(next_packet(&plain), sent);
        assert!(ah.recv(&mut [0; 100]).expect("nothing").is_none());
    });
}

#[test]
fn an_advert_over_ipv6_arrives_as_it_was_built() {
    Lab::run(|lab| {
        let sender = lab.left(|| Sender::open("cable", Family::V6)).expect("a sender");
        let receiver = lab.right(|| Receiver::open("cable", Protocol::Vrrp, GROUP_V6)).expect("a receiver");
        // The second is from an address that the left host has not got.
        for src in [link_local(0xa), link_local(0xcafe)] {
            let sent = spec(src, 3, vec![link_local(0x100)]).packet();
            sender.send(&sent).expect("sent");
            let received = next_packet(&receiver);
            // Header and all: traffic class, payload length and hop limit are those that were sent.
            assert_eq!(received, sent);
            assert_eq!(received[..8], [0x6c, 0, 0, 0, 0, 24, 112, 255]);
            let advert = decode(&received, Keys::default());
            assert_eq!((advert.src, advert.dst, advert.ttl, advert.tos), (src, GROUP_V6, 255, 0xc0));
            assert!(advert.problems.is_empty());
        }
    });
}

#[test]
fn each_socket_hears_only_its_own_address_and_not_itself() {
    Lab::run(|lab| {
        for (family, group, left, right) in
            [(Family::V4, GROUP_V4, LEFT, RIGHT), (Family::V6, GROUP_V6, link_local(0xa), link_local(0xb))]
        {
            let open = |own| {
                let receiver = |to| Receiver::open("cable", Protocol::Vrrp, to).expect("a receiver");
                (Sender::open("cable", family).expect("a sender"), receiver(group), receiver(own))
            };
            let (from_left, left_group, left_own) = lab.left(|| open(left));
            let (from_right, right_group, right_own) = lab.right(|| open(right));
            let to_group = |src, priority| AdvertSpec { priority, ..spec(src, 3, vec![]) }.packet();
            let to_peer = |src, dst| AdvertSpec { dst: Some(dst), ..spec(src, 3, vec![]) }.packet();

            from_left.send(&to_peer(left, right)).expect("sent");
            from_left.send(&to_group(left, 1)).expect("sent");
            assert_eq!(next_packet(&right_own), to_peer(left, right));
            assert_eq!(next_packet(&right_group), to_group(left, 1));
            // What comes back would be there before the answer.
            from_right.send(&to_peer(right, left)).expect("sent");
            from_right.send(&to_group(right, 2)).expect("sent");
            assert_eq!(next_packet(&left_own), to_peer(right, left));
            assert_eq!(next_packet(&left_group), to_group(right, 2));
            for receiver in [left_group, left_own, right_group, right_own] {
                assert!(receiver.recv(&mut [0; 100]).expect("nothing").is_none());
            }
        }
    });
}

#[test]
fn a_silent_receiver_hears_the_group_and_is_no_member() {
    Lab::run(|lab| {
        // As /proc prints them: 224.0.0.18 in the order of this machine's bytes, ff02::12 in the order of the network's.
        let number = format!("{:08X}", u32::from_ne_bytes([224, 0, 0, 18]));
        for (family, group, src, table, member) in [
            (Family::V4, GROUP_V4, LEFT, "igmp", number.as_str()),
            (Family::V6, GROUP_V6, link_local(0xa), "igmp6", "ff020000000000000000000000000012"),
        ] {
            let table = format!("/proc/thread-self/net/{table}");
            let joined = || lab.right(|| std::fs::read_to_string(&table)).expect("a table").contains(member);
            let (sender, announcer) =
                lab.left(|| (Sender::open("cable", family).expect("one"), Announcer::open("cable").expect("one")));
            let silent = lab.right(|| Receiver::open_silently("cable", Protocol::Vrrp, group)).expect("a receiver");
            assert!(!joined(), "{member}");
            let to_group = |priority| AdvertSpec { priority, ..spec(src, 3, vec![]) }.packet();
            // In VLAN 100, which has no interface there; then without a tag.
            let (to, kind) = match family {
                Family::V4 => ([0x01, 0x00, 0x5e, 0, 0, 0x12], [0x08, 0x00]),
                Family::V6 => ([0x33, 0x33, 0, 0, 0, 0x12], [0x86, 0xdd]),
            };
            let head = [&to[..], &[2, 0, 0, 0, 0, 9], &[0x81, 0, 0, 100], &kind].concat();
            announcer.announce(&[head, to_group(1)].concat()).expect("sent");
            sender.send(&to_group(2)).expect("sent");
            assert_eq!(next_packet(&silent), to_group(2));
            assert!(silent.recv(&mut [0; 100]).expect("nothing").is_none());
            let again = lab.right(|| silent.open_again("cable")).expect("a receiver");
            assert!(!joined());
            sender.send(&to_group(3)).expect("sent");
            assert_eq!(next_packet(&again), to_group(3));
            // What the other one is.
            let open = lab.right(|| Receiver::open("cable", Protocol::Vrrp, group)).expect("a receiver");
            assert!(joined());
            drop(open);
        }
    });
}

#[test]
fn a_burst_of_a_thousand_is_kept_until_it_is_read() {
    Lab::run(|lab| {
        for (family, group, src) in [(Family::V4, GROUP_V4, LEFT), (Family::V6, GROUP_V6, link_local(0xa))] {
            let sender = lab.left(|| Sender::open("cable", family)).expect("a sender");
            let receiver = lab.right(|| Receiver::open("cable", Protocol::Vrrp, group)).expect("a receiver");
            // Distinguished by the address they carry: 10.0.0.0 and on, or 10:0:… and on.
            let address = |n: u16| match family {
                Family::V4 => Ipv4Addr::from_bits(0x0a00_0000 + u32::from(n)).into(),
                Family::V6 => Ipv6Addr::new(0x10, n, 0, 0, 0, 0, 0, 0).into(),
            };
            for n in 0..1000 {
                sender.send(&spec(src, 3, vec![address(n)]).packet()).expect("sent");
            }
            for n in 0..1000 {
                assert_eq!(decode(&next_packet(&receiver), Keys::default()).addresses, [address(n)]);
            }
        }
    });
}

#[test]
fn a_short_buffer_cuts_a_packet_and_says_so() {
    Lab::run(|lab| {
        for (family, group, src, len) in [(Family::V4, GROUP_V4, LEFT, 36), (Family::V6, GROUP_V6, link_local(0xa), 64)]
        {
            let sender = lab.left(|| Sender::open("cable", family)).expect("a sender");
            let receiver = lab.right(|| Receiver::open("cable", Protocol::Vrrp, group)).expect("a receiver");
            let address = if family == Family::V4 { VIP } else { link_local(0x100) };
            let advert = spec(src, 3, vec![address]).packet();
            sender.send(&advert).expect("sent");
            wait(receiver.as_fd());
            let mut buffer = [0; 50];
            let packet = receiver.recv(&mut buffer).expect("received").expect("a packet");
            assert_eq!(packet.wire_len, if family == Family::V4 { 32 } else { len });
            assert_eq!(packet.data, &advert[..advert.len().min(50)]);
            assert_eq!(packet.frame(1, Timestamp::default()).is_cut(), family == Family::V6);
        }
    });
}

#[test]
fn what_cannot_be_sent_is_refused() {
    Lab::run(|lab| {
        let (v4, v6) = lab.left(|| {
            let open = |family| Sender::open("cable", family).expect("a sender");
            (open(Family::V4), open(Family::V6))
        });
        let advert = [spec(LEFT, 3, vec![VIP]).packet(), spec(link_local(0xa), 3, vec![]).packet()];
        for (sender, other, name) in [(&v4, &advert[1], "IPv4"), (&v6, &advert[0], "IPv6")] {
            for bytes in [&other[..], &other[..10], &[]] {
                let error = sender.send(bytes).expect_err("refused").to_string();
                assert_eq!(error, format!("what is to be sent is not an {name} packet"));
            }
        }
        let mut netlink = lab.left(Netlink::open).expect("netlink");
        netlink.set_down(lab.cable[0]).expect("down");
        v4.send(&advert[0]).expect_err("down");
        v6.send(&advert[1]).expect_err("down");

        let open = |name| lab.left(|| Sender::open(name, Family::V4)).expect_err("no such interface").to_string();
        assert_eq!(open("eth7"), "there is no interface eth7 here; there is lo, cable");
    });
}

#[test]
fn sockets_outlive_an_interface_that_goes_down_and_up() {
    Lab::run(|lab| {
        let open = |family, group| {
            let receiver = lab.right(|| Receiver::open("cable", Protocol::Vrrp, group)).expect("a receiver");
            (lab.left(|| Sender::open("cable", family)).expect("a sender"), receiver)
        };
        let (v4, v6) = (open(Family::V4, GROUP_V4), open(Family::V6, GROUP_V6));
        let (mut netlink, mut monitor) =
            lab.right(|| (Netlink::open().expect("netlink"), Monitor::open().expect("monitor")));
        let mut far = lab.left(Monitor::open).expect("monitor");
        let [left, right] = lab.cable;
        netlink.set_down(right).expect("down");
        await_change(&mut monitor, |c| c == Change::Link { index: right, up: false, running: false });
        // The other end has no carrier.
        await_change(&mut far, |c| c == Change::Link { index: left, up: true, running: false });
        netlink.set_up(right).expect("up");
        await_change(&mut monitor, |c| c == Change::Link { index: right, up: true, running: true });
        await_change(&mut far, |c| c == Change::Link { index: left, up: true, running: true });
        for ((sender, receiver), src) in [(v4, LEFT), (v6, link_local(0xa))] {
            let advert = spec(src, 3, vec![]).packet();
            sender.send(&advert).expect("sent");
            assert_eq!(next_packet(&receiver), advert);
        }
    });
}

/// Frames that a capture hears, until one is of interest.
fn await_frame<T>(capture: &mut Capture, wanted: impl Fn(&Decoded) -> Option<T>) -> T {
    loop {
        match capture.next(LONG).expect("a frame") {
            Next::Frame(frame) => {
                if let Some(found) = wanted(&Decoder::default().decode(&frame)) {
                    return found;
                }
            }
            Next::Idle => panic!("nothing came"),
            Next::LinkDown | Next::LinkUp => {}
        }
    }
}

fn capture() -> Capture {
    Capture::open(&CaptureOptions::new("cable")).expect("a capture")
}

#[test]
fn announcements_arrive_as_they_were_built() {
    Lab::run(|lab| {
        let mut capture = lab.right(capture);
        let announcer = lab.left(|| Announcer::open("cable")).expect("an announcer");
        let mac = Mac::virtual_router(51, false);
        announcer.announce(&gratuitous_arp(mac, Ipv4Addr::new(10, 77, 0, 100), &[])).expect("sent");
        let (sender, link) = await_frame(&mut capture, |decoded| match decoded {
            Decoded::Arp(arp) => Some(((arp.sender_mac, arp.sender_ip), arp.link)),
            _ => None,
        });
        assert_eq!(sender, (mac, Ipv4Addr::new(10, 77, 0, 100)));
        assert_eq!(link.src, Some(mac));
        announcer.announce(&unsolicited_na(mac, Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 1), &[])).expect("sent");
        let target = await_frame(&mut capture, |decoded| match decoded {
            Decoded::Na(na) => Some(na.target),
            _ => None,
        });
        assert_eq!(target, Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 1));

        let mut netlink = lab.left(Netlink::open).expect("netlink");
        netlink.set_down(lab.cable[0]).expect("down");
        let error = announcer.announce(&gratuitous_arp(mac, Ipv4Addr::LOCALHOST, &[])).expect_err("down");
        assert_eq!(error.kind(), std::io::ErrorKind::NetworkDown);
    });
}

#[test]
fn addresses_are_added_once_listed_in_order_and_removed_once() {
    Lab::run(|lab| {
        let mut netlink = lab.left(Netlink::open).expect("netlink");
        let index = lab.cable[0];
        let vips: [(IpAddr, u8); 4] = [
            (VIP, 32),
            ([10, 77, 0, 101].into(), 24),
            (link_local(0x100), 64),
            (Ipv6Addr::new(0xfd77, 0, 0, 0, 0, 0, 0, 1).into(), 128),
        ];
        for expected in [true, false] {
            let added: Vec<bool> = netlink.add_addresses(index, &vips).into_iter().map(|a| a.expect("added")).collect();
            assert_eq!(added, [expected; 4]);
        }
        let plain = |ip, prefix_len, scope| Address {
            ip,
            prefix_len,
            scope,
            secondary: false,
            tentative: false,
            duplicate: false,
            deprecated: false,
        };
        let found = netlink.addresses(index).expect("listed");
        let of_v4: Vec<_> = found.iter().copied().filter(|a| a.ip.is_ipv4()).collect();
        let second = Address { secondary: true, ..plain(vips[1].0, 24, Scope::Global) };
        assert_eq!(of_v4, [plain(LEFT, 24, Scope::Global), plain(VIP, 32, Scope::Global), second]);
        for address in [
            plain(link_local(0xa), 64, Scope::Link),
            plain(link_local(0x100), 64, Scope::Link),
            Address { deprecated: true, ..plain(vips[3].0, 128, Scope::Global) },
        ] {
            assert!(found.contains(&address), "{address:?} is not in {found:?}");
        }
        assert_eq!(found.len(), 6);
        for expected in [true, false] {
            let removed: Vec<bool> =
                netlink.remove_addresses(index, &vips).into_iter().map(|a| a.expect("removed")).collect();
            assert_eq!(removed, [expected; 4]);
        }
        assert_eq!(netlink.addresses(index).expect("listed").len(), 2);

        let error = netlink.add_address(4711, VIP, 32).expect_err("no such interface");
        assert_eq!(error.to_string(), "cannot add 10.77.0.100/32 on number 4711: the interface is gone");
        assert!(!netlink.remove_address(4711, VIP, 32).expect("gone with it"));
        let error = netlink.add_address(index, VIP, 33).expect_err("no such prefix").to_string();
        assert_eq!(error, "cannot add 10.77.0.100/33 on cable: Invalid argument (os error 22)");
    });
}

#[test]
fn as_many_addresses_as_an_advert_carries_come_and_go() {
    Lab::run(|lab| {
        let (mut netlink, mut monitor) =
            lab.left(|| (Netlink::open().expect("netlink"), Monitor::open().expect("monitor")));
        let index = lab.cable[0];
        let vips: Vec<(IpAddr, u8)> = (0..255).map(|n| ([10, 78, 0, n].into(), 32)).collect();
        assert!(netlink.add_addresses(index, &vips).into_iter().all(|a| a.expect("added")));
        assert_eq!(netlink.addresses(index).expect("listed").len(), 257);
        assert!(netlink.remove_addresses(index, &vips).into_iter().all(|a| a.expect("removed")));
        assert_eq!(netlink.addresses(index).expect("listed").len(), 2);
        // Each was told of, in order.
        for &(vip, _) in &vips {
            let Some(Change::Address { index: on, address }) = monitor.next().expect("a change") else {
                panic!("{vip}")
            };
            assert_eq!((on, address.ip, address.prefix_len), (index, vip, 32));
        }
        for &(vip, _) in &vips {
            let Some(Change::AddressGone { index: on, address }) = monitor.next().expect("a change") else {
                panic!("{vip}")
            };
            assert_eq!((on, address.ip, address.prefix_len), (index, vip, 32));
        }
        assert_eq!(monitor.next().expect("nothing"), None);
    });
}

#[test]
fn more_changes_than_fit_are_owned_up_to() {
    Lab::run(|lab| {
        let (mut netlink, mut monitor) =
            lab.left(|| (Netlink::open().expect("netlink"), Monitor::open().expect("monitor")));
        let index = lab.cable[0];
        let vips: Vec<(IpAddr, u8)> = (0..255).map(|n| ([10, 78, 0, n].into(), 32)).collect();
        // Twenty times what the test before this one has shown to fit once, and more than 4 MiB by the kernel's reckoning.
        for _ in 0..40 {
            assert!(netlink.add_addresses(index, &vips).into_iter().all(|a| a.expect("added")));
            assert!(netlink.remove_addresses(index, &vips).into_iter().all(|a| a.expect("removed")));
        }
        await_change(&mut monitor, |c| c == Change::Resync);
        while monitor.next().expect("what did fit").is_some() {}
        netlink.set_down(index).expect("down");
        await_change(&mut monitor, |c| c == Change::Link { index, up: false, running: false });
    });
}

#[test]
fn an_interface_that_is_deleted_is_told_of() {
    Lab::run(|lab| {
        let mut monitor = lab.right(Monitor::open).expect("monitor");
        let mut netlink = lab.left(Netlink::open).expect("netlink");
        assert!(netlink.delete_link(lab.cable[0]).expect("removed"));
        assert!(!netlink.delete_link(lab.cable[0]).expect("gone already"));
        let index = lab.cable[1];
        await_change(&mut monitor, |c| c == Change::LinkGone { index });
    });
}

#[test]
fn a_tentative_address_is_known_as_one() {
    Lab::run(|lab| {
        let mut netlink = lab.right(Netlink::open).expect("netlink");
        let index = netlink.add_macvlan(lab.cable[1], "own", [2, 0, 0, 0, 0, 0x11]).expect("an interface");
        // It makes its own address, and asks a hundred times, a second apart, whether another host has it.
        lab.right(|| std::fs::write("/proc/sys/net/ipv6/conf/own/dad_transmits", "100")).expect("a setting");
        netlink.set_up(index).expect("up");
        let found = netlink.addresses(index).expect("listed");
        // EUI-64 of 02:00:00:00:00:11 (RFC 4291 appendix A).
        let own: IpAddr = "fe80::ff:fe00:11".parse().expect("an address");
        assert_eq!(found.iter().map(|a| (a.ip, a.scope, a.tentative)).collect::<Vec<_>>(), [(own, Scope::Link, true)]);
    });
}

/// ARP's answer to the left host's first packet to `VIP`: (sender in the Ethernet header, sender in ARP).
fn arp_reply(lab: &Lab) -> (Option<Mac>, Mac) {
    let (mut capture, socket) = lab.left(|| (capture(), UdpSocket::bind("0.0.0.0:0").expect("a socket")));
    socket.send_to(b"anybody there?", (VIP, 9)).expect("sent");
    await_frame(&mut capture, |decoded| match decoded {
        Decoded::Arp(arp) if !arp.request && IpAddr::V4(arp.sender_ip) == VIP => Some((arp.link.src, arp.sender_mac)),
        _ => None,
    })
}

#[test]
fn a_virtual_router_has_an_interface_of_its_own() {
    const MAC: Mac = Mac([0x00, 0x00, 0x5e, 0x00, 0x01, 0x33]);
    Lab::run(|lab| {
        let [_, right] = lab.cable;
        let arp_ignore = || {
            let read = || std::fs::read_to_string("/proc/sys/net/ipv4/conf/cable/arp_ignore");
            lab.right(read).expect("a setting").trim().to_owned()
        };
        let (mut capture, from_left) = lab.left(|| (capture(), Sender::open("cable", Family::V4).expect("a sender")));
        let (vmac, sender, receiver) = lab.right(|| {
            let vmac = Vmac::open("cable", 51, Family::V4).expect("an interface");
            let sender = vmac.sender().expect("a sender");
            let receiver = vmac.receiver(Protocol::Vrrp, GROUP_V4).expect("a receiver");
            (vmac, sender, receiver)
        });
        assert_eq!((vmac.name(), Mac(vmac.mac())), ("vrrp.51", MAC));
        assert_eq!(arp_ignore(), "1");

        // Out of it with the virtual MAC and the base interface's address …
        let sent = spec(RIGHT, 2, vec![VIP]).packet();
        sender.send(&sent).expect("sent");
        let link = await_frame(&mut capture, |decoded| match decoded {
            Decoded::Advert(advert) if advert.src == RIGHT => Some(advert.link),
            _ => None,
        });
        assert_eq!((link.src, link.dst), (Some(MAC), Some(Mac([0x01, 0x00, 0x5e, 0x00, 0x00, 0x12]))));
        // … and into it from another router, with that router's MAC or with the virtual one.
        let sent = spec(LEFT, 2, vec![VIP]).packet();
        from_left.send(&sent).expect("sent");
        assert_eq!(next_packet(&receiver), sent);
        let announcer = lab.left(|| Announcer::open("cable")).expect("an announcer");
        let advert = AdvertSpec { priority: 200, ip_id: 8, ..AdvertSpec::new(MAC, LEFT, 51, vec![VIP]) };
        // Other groups, hosts and protocols are not heard, nor is what a network card adds to a short frame.
        for (dst, signing) in [
            (Some(Ipv4Addr::new(224, 0, 0, 1).into()), Signing::None),
            (Some(RIGHT), Signing::None),
            (None, Signing::Ah(*b"secret\0\0", 1)),
        ] {
            announcer.announce(&AdvertSpec { dst, signing, ..advert.clone() }.frame()).expect("sent");
        }
        announcer.announce(&[advert.frame(), vec![0x55; 6]].concat()).expect("sent");
        assert_eq!(next_packet(&receiver), advert.packet());
        // Nor is what this router has sent itself.
        assert!(receiver.recv(&mut [0; 100]).expect("nothing").is_none());

        // An address on it is known by the virtual MAC, though the base interface hears the question too.
        let mut netlink = lab.right(Netlink::open).expect("netlink");
        assert!(netlink.add_address(vmac.index(), VIP, 32).expect("added"));
        assert_eq!(arp_reply(lab), (Some(MAC), MAC));

        // A second one cannot have the MAC; another virtual router is welcome, whatever its name has to be.
        let open = |vrid, family| lab.right(|| Vmac::open("cable", vrid, family));
        assert_eq!(
            open(51, Family::V4).expect_err("held").to_string(),
            "interface vrrp.51 on cable has the virtual MAC of VRID 51 already: if no other VRRP daemon runs here, remove it \
             with `ip link delete vrrp.51`"
        );
        netlink.add_macvlan(right, "vrrp.52", [2, 0, 0, 0, 0, 1]).expect("an interface");
        let other = open(52, Family::V4).expect("another");
        assert_eq!((other.name(), other.mac()), ("vrrp1.52", [0x00, 0x00, 0x5e, 0x00, 0x01, 0x34]));
        let v6 = open(51, Family::V6).expect("another");
        assert_eq!((v6.name(), v6.mac()), ("vrrp6.51", [0x00, 0x00, 0x5e, 0x00, 0x02, 0x33]));

        // They go with their owners, and the base is as before.
        drop(v6);
        other.close().expect("removed");
        assert_eq!(arp_ignore(), "1");
        vmac.close().expect("removed");
        let names: Vec<String> = lab.right(link::interfaces).into_iter().map(|i| i.name).collect();
        assert_eq!(names, ["lo", "cable", "vrrp.52"]);
        assert_eq!(arp_ignore(), "0");
    });
}

/// Remembers the last setting.
#[derive(Default)]
struct Known(Vec<String>, Option<String>);

impl Notes for Known {
    fn link(&mut self, name: &str, gone: bool) {
        self.0.push(format!("link {name}{}", if gone { " gone" } else { "" }));
    }

    fn setting(&mut self, path: &str, value: &str) {
        self.0.push(format!("setting {path} {value}"));
        self.1 = Some(value.to_owned());
    }

    fn original(&self, _: &str) -> Option<String> {
        self.1.clone()
    }
}

#[test]
fn the_last_interface_of_virtual_routers_restores_the_base() {
    const PATH: &str = "/proc/sys/net/ipv4/conf/cable/arp_ignore";
    Lab::run(|lab| {
        lab.right(|| {
            let arp_ignore = || std::fs::read_to_string(PATH).expect("a setting").trim().to_owned();
            let mut notes = Known::default();
            let first = Vmac::open_noting("cable", 51, Family::V4, &mut notes).expect("an interface");
            let second = Vmac::open_noting("cable", 52, Family::V4, &mut notes).expect("another");
            let setting = format!("setting {PATH} 0");
            assert_eq!(notes.0, [&setting, "link vrrp.51", &setting, "link vrrp.52"]);
            drop(first);
            assert_eq!(arp_ignore(), "1");
            let mut netlink = Netlink::open().expect("netlink");
            assert!(!vmac::restore(&mut netlink, PATH, "0").expect("still needed"));
            drop(second);
            assert_eq!(arp_ignore(), "0");
            // What a killed one left is restored, and nothing else is written to.
            std::fs::write(PATH, "1").expect("written");
            for other in ["/proc/sys/net/ipv4/conf/../conf/cable/arp_ignore", "/proc/sys/net/ipv4/conf/cable/rp_filter"]
            {
                assert!(!vmac::restore(&mut netlink, other, "0").expect("passed over"));
            }
            assert!(!vmac::restore(&mut netlink, PATH, "2").expect("passed over"));
            assert_eq!(arp_ignore(), "1");
            assert!(vmac::restore(&mut netlink, PATH, "0").expect("restored"));
            assert_eq!(arp_ignore(), "0");
        });
    });
}

#[test]
fn a_virtual_router_of_ipv6_speaks_with_the_base_interfaces_address() {
    const MAC: Mac = Mac([0x00, 0x00, 0x5e, 0x00, 0x02, 0x33]);
    Lab::run(|lab| {
        let (mut capture, from_left) = lab.left(|| (capture(), Sender::open("cable", Family::V6).expect("a sender")));
        let (vmac, sender, receiver, mut netlink) = lab.right(|| {
            let vmac = Vmac::open("cable", 51, Family::V6).expect("an interface");
            let sender = vmac.sender().expect("a sender");
            let receiver = vmac.receiver(Protocol::Vrrp, GROUP_V6).expect("a receiver");
            (vmac, sender, receiver, Netlink::open().expect("netlink"))
        });
        assert_eq!(netlink.addresses(vmac.index()).expect("listed"), []);
        let src = link_local(0xb);
        sender.send(&spec(src, 3, vec![link_local(0x100)]).packet()).expect("sent");
        let link = await_frame(&mut capture, |decoded| match decoded {
            Decoded::Advert(advert) if advert.src == src => Some(advert.link),
            _ => None,
        });
        assert_eq!((link.src, link.dst), (Some(MAC), Some(Mac([0x33, 0x33, 0x00, 0x00, 0x00, 0x12]))));
        let sent = spec(link_local(0xa), 3, vec![link_local(0x100)]).packet();
        from_left.send(&sent).expect("sent");
        assert_eq!(next_packet(&receiver), sent);
        let announcer = lab.left(|| Announcer::open("cable")).expect("an announcer");
        let advert = AdvertSpec { version: 3, ..AdvertSpec::new(MAC, link_local(0xa), 51, vec![link_local(0x100)]) };
        announcer.announce(&advert.frame()).expect("sent");
        assert_eq!(next_packet(&receiver), advert.packet());
        // An address on it answers with the virtual MAC.
        assert!(netlink.add_address(vmac.index(), link_local(0x100), 64).expect("added"));
        let IpAddr::V6(vip) = link_local(0x100) else { panic!("an IPv6 address") };
        let socket = lab.left(|| UdpSocket::bind("[::]:0").expect("a socket"));
        socket.send_to(b"anybody there?", SocketAddrV6::new(vip, 9, 0, lab.cable[0])).expect("sent");
        let (link, mac) = await_frame(&mut capture, |decoded| match decoded {
            Decoded::Na(na) if na.target == vip && na.solicited => Some((na.link.src, na.target_mac)),
            _ => None,
        });
        assert_eq!((link, mac), (Some(MAC), Some(MAC)));
    });
}

#[test]
fn a_virtual_router_needs_an_interface_to_be_on() {
    Lab::run(|lab| {
        let error = lab.left(|| Vmac::open("eth7", 51, Family::V4)).expect_err("no such interface");
        assert_eq!(error.to_string(), "there is no interface eth7 here; there is lo, cable");
        let error = lab.left(|| Vmac::open("lo", 51, Family::V4)).expect_err("not an Ethernet");
        assert_eq!(error.to_string(), "cannot make interface vrrp.51 on lo: Invalid argument (os error 22)");
    });
}
