//! The speaker's side against a real kernel: two network namespaces with a cable between them, for as long as a test runs.

use std::fs::File;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use super::{Family, LARGEST_PACKET, Netlink, Protocol, Receiver, Sender, link, sys, wait_any};
use crate::time::Timestamp;
use crate::wire::build::AdvertSpec;
use crate::wire::{Advert, Decoded, Decoder, Keys, Mac, VRRP_GROUP_V4};

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
        if Socket::new(Domain::PACKET, Type::RAW, None).is_err() {
            eprintln!(
                "SKIPPED: without CAP_NET_RAW and CAP_SYS_ADMIN there is no network namespace to try this in; run as root"
            );
            return;
        }
        let thread = std::thread::spawn(|| test(&Self::build()));
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
        let mut lab = Self { left, right, cable: [0; 2] };
        let ends = [(&lab.left, [10, 77, 0, 1], 0xa), (&lab.right, [10, 77, 0, 2], 0xb)];
        lab.cable = ends.map(|(host, v4, v6)| {
            on(host, || {
                let mut netlink = Netlink::open().expect("netlink");
                let index = link::index("cable").expect("this end");
                netlink.set_addrgenmode_none(index).expect("no address of its own");
                netlink.set_up(link::index("lo").expect("loopback")).expect("loopback up");
                netlink.set_up(index).expect("up");
                assert!(netlink.add_address(index, v4.into(), 24).expect("added"));
                assert!(netlink.add_address(index, link_local(v6), 64).expect("added"));
                index
            })
        });
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

fn link_local(last: u16) -> IpAddr {
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last).into()
}

const LEFT: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));
const VIP: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 100));
const GROUP_V4: IpAddr = IpAddr::V4(VRRP_GROUP_V4);

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
    let packet = super::Packet { data: packet, wire_len: packet.len() as u32 };
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
