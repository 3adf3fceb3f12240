//! The checks of a receiving router, each with an advert that passes and one that fails, and the recorded
//! authentication of keepalived. Frames are those of tests/fixtures/pcaps by their number.

use std::fs::File;
use std::net::IpAddr;
use std::time::Duration;

use hactl::frame::{Frame, LinkType, OwnedFrame};
use hactl::pcap::CaptureReader;
use hactl::time::Timestamp;
use hactl::vrrp::check::{
    CHECKS, Check, Counter, Failure, Objection, OldChecksum, Outcome, Peer, Verdict, would_accept,
};
use hactl::vrrp::profile::{FRR, KEEPALIVED_2_2, KEEPALIVED_2_4, RFC3768, RFC5798, RFC9568};
use hactl::vrrp::sequence::{AntiReplay, Authentication, HmacAuth, HmacMode};
use hactl::vrrp::{Hearing, Listener, Params, Profile, Standing, State};
use hactl::wire::auth::Secret;
use hactl::wire::build::Signing;
use hactl::wire::checksum::Form;
use hactl::wire::{Advert, Decoded, Decoder, Keys};

use crate::support::pcap;

/// The keys of the captures (their .toml): 1 is the bytes 0 to 31, 2 is 32 to 63.
fn keys(ids: &[u8]) -> Keys {
    let mut keys = Keys::default();
    for id in ids {
        let first = (id - 1) * 32;
        keys.add_hmac(*id, &(first..first + 32).collect::<Vec<u8>>());
    }
    keys
}

fn frames(capture: &str) -> Vec<OwnedFrame> {
    let mut reader = CaptureReader::open(File::open(pcap(capture)).unwrap()).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next().unwrap() {
        frames.push(OwnedFrame::from(&frame));
    }
    frames
}

/// Decodes without any key: a receiver has its own.
fn advert(data: &[u8]) -> Option<Advert> {
    let (time, wire_len) = (Timestamp::from_micros(0), data.len() as u32);
    let frame = Frame { number: 1, time, link: LinkType::Ethernet, stripped_tag: None, data, wire_len };
    match Decoder::default().decode(&frame) {
        Decoded::Advert(a) => Some(*a),
        _ => None,
    }
}

/// The adverts of a capture with their times.
fn adverts(capture: &str) -> Vec<(Timestamp, Advert)> {
    frames(capture).iter().filter_map(|f| Some((f.time, advert(&f.data)?))).collect()
}

/// A frame of a capture.
fn frame(capture: &str, number: u64) -> Vec<u8> {
    frames(capture).into_iter().find(|f| f.number == number).unwrap().data.to_vec()
}

fn host(n: u8) -> IpAddr {
    IpAddr::from([10, 77, 0, n])
}

fn seconds(s: i64) -> Timestamp {
    Timestamp::from_micros(s * 1_000_000)
}

/// 10.77.0.2, a backup of version 2 for VRID 51 with 10.77.0.110, priority 100, every second, like keepalived 2.4.
struct Setup {
    params: Params,
    listener: Listener,
    standing: Standing,
    wall: Timestamp,
}

impl Setup {
    fn new() -> Self {
        Self {
            params: Params::new(51, host(2), vec![host(110)]),
            listener: Listener::default(),
            standing: Standing::backup(100),
            wall: seconds(1_700_000_000),
        }
    }

    fn with(change: impl Fn(&mut Self)) -> Self {
        let mut new = Self::new();
        change(&mut new);
        new
    }

    fn hearing(&mut self) -> &mut Hearing {
        &mut self.listener.hearing
    }

    fn auth(&mut self, auth: Authentication) {
        self.listener.hearing.authentication = auth;
    }

    /// Keys 1 and 2, mode enforce, a window of 5 s.
    fn hmac(&mut self, change: impl Fn(&mut HmacAuth)) {
        let mut auth = HmacAuth::new(keys(&[1, 2]), 1, Duration::from_secs(1));
        change(&mut auth);
        self.auth(Authentication::Hmac(auth));
    }

    fn peers(&mut self, addresses: &[IpAddr], ttl: Option<(u8, u8)>) {
        self.listener.hearing.peers = addresses.iter().map(|&address| Peer { address, ttl }).collect();
    }

    fn receive(&mut self, advert: &Advert) -> Verdict {
        self.listener.receive(&self.params, self.standing, self.wall, advert)
    }

    fn objections(&self, profile: &'static Profile, advert: &Advert) -> Vec<Objection> {
        let mut receiver = self.listener.receiver(&self.params, self.standing, self.wall);
        receiver.profile = profile;
        would_accept(&receiver, advert)
    }
}

fn ids(objections: &[Objection]) -> Vec<&'static str> {
    objections.iter().map(|o| o.check.id()).collect()
}

/// Accepted, or the check that refused it.
fn outcome(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepted { .. } => "accepted",
        Verdict::Rejected(o) | Verdict::Unseen(o) => o.check.id(),
    }
}

fn as_is(_: &mut Setup) {}
fn with_hmac(s: &mut Setup) {
    s.hmac(|_| ());
}
fn with_ah(s: &mut Setup) {
    s.auth(Authentication::Ah(Secret::new(b"s3cr3t")));
}
fn version_3(s: &mut Setup) {
    s.params.version = 3;
}
fn ipv6(s: &mut Setup) {
    s.params = Params::new(51, "fe80::2".parse().unwrap(), vec!["fe80::110".parse().unwrap()]);
}
fn peer_of_a(s: &mut Setup) {
    s.peers(&[host(1)], None);
}
/// Unicast version 3, as frames 3 to 5 of the checksums are.
fn unicast_v3(s: &mut Setup) {
    version_3(s);
    peer_of_a(s);
}

const ODD: &str = "crafted/odd-fields.pcap";
const HMAC: &str = "crafted/hmac.pcap";
const AH: &str = "crafted/ah.pcap";
const SUMS: &str = "crafted/checksums.pcap";
const ROTATION: &str = "keepalived-2.4.3/hmac-v3-unicast-rotation.pcap";
const OK: Option<&str> = None;

type Change = fn(&mut Setup);
type Case = (Check, &'static str, u64, Change, Option<&'static str>);

/// The check, the frame, what is changed in the receiver, and what the check says against the frame.
#[rustfmt::skip]
const CASES: &[Case] = &[
    (Check::Family, ODD, 1, as_is, OK),
    (Check::Family, ODD, 4, as_is, Some("it came over IPv6, this virtual router is one of IPv4")),
    (Check::Protocol, ODD, 1, as_is, OK),
    (Check::Protocol, AH, 1, with_ah, OK),
    (Check::Protocol, AH, 1, as_is, Some("it has an AH (protocol 51), this router listens to protocol 112: no authentication")),
    (Check::Protocol, ODD, 1, with_ah, Some("it has no AH, this router listens to protocol 51: AH")),
    (Check::Destination, ODD, 1, as_is, OK),
    (Check::Destination, ODD, 34, peer_of_a, OK),
    (Check::Destination, ODD, 33, |s| s.hearing().group = Some(IpAddr::from([224, 0, 0, 100])), OK),
    (Check::Destination, ODD, 33, as_is, Some("it was sent to 224.0.0.100, this router listens to 224.0.0.18")),
    (Check::Destination, ODD, 34, as_is, Some("it was sent to 10.77.0.2, this router listens to 224.0.0.18")),
    (Check::Destination, ODD, 1, peer_of_a, Some("it was sent to 224.0.0.18, this router listens to 10.77.0.2")),
    (Check::KernelChecksum, SUMS, 8, ipv6, OK),
    (Check::KernelChecksum, SUMS, 9, ipv6, Some("its checksum 0x2952 is wrong")),
    (Check::StartupDelay, ODD, 1, as_is, OK),
    (Check::StartupDelay, ODD, 1, |s| { s.standing.delayed = true; s.params.startup_delay = Duration::from_secs(3); },
        Some("the startup delay of 3s runs")),
    (Check::Vrid, ODD, 1, as_is, OK),
    (Check::Vrid, ODD, 10, as_is, Some("its VRID is 0, this one is 51")),
    (Check::Started, ODD, 1, as_is, OK),
    (Check::Started, ODD, 1, |s| s.standing.state = State::Fault, Some("this router is in FAULT and takes no part")),
    (Check::AhHeader, AH, 1, with_ah, OK),
    (Check::AhHeader, AH, 1, as_is, Some("it has an AH (protocol 51), this router listens to protocol 112: no authentication")),
    (Check::Length, ODD, 1, as_is, OK),
    (Check::Length, HMAC, 1, with_hmac, OK),
    // 20 of IPv4, 8 of VRRP, 4 of address, 8 of authentication data
    (Check::Length, ODD, 41, as_is, Some("40 bytes are expected, 44 came: 4 too many")),
    (Check::Length, HMAC, 1, as_is,
        Some("40 bytes are expected, 68 came: 28 too many, an authentication trailer that this router does not know")),
    (Check::Length, HMAC, 12, with_hmac,
        Some("40 bytes are expected, 67 came: 27 too many, which is no authentication trailer")),
    (Check::Length, ODD, 41, |s| s.params.profile = &RFC5798, OK),
    (Check::Ttl, ODD, 1, as_is, OK),
    (Check::Ttl, ODD, 2, as_is, Some("its TTL is 254, 255 is required: it crossed a router or was forged")),
    (Check::Ttl, ODD, 4, ipv6, Some("its hop limit is 64, 255 is required: it crossed a router or was forged")),
    (Check::Version, ODD, 1, as_is, OK),
    (Check::Version, ODD, 8, as_is, Some("it is of version 3, this router speaks version 2")),
    (Check::HmacMissing, HMAC, 1, with_hmac, OK),
    (Check::HmacMissing, ODD, 1, |s| s.hmac(|h| h.mode = HmacMode::Permissive), OK),
    (Check::HmacMissing, ODD, 1, |s| s.hmac(|h| h.mode = HmacMode::ReceiveOnly), OK),
    (Check::HmacMissing, ODD, 1, with_hmac,
        Some("it is not signed, this router takes only adverts with an authentication trailer (mode enforce)")),
    (Check::HmacPeer, ROTATION, 9, |s| { version_3(s); with_hmac(s); peer_of_a(s); }, OK),
    (Check::HmacPeer, ROTATION, 9, |s| { version_3(s); with_hmac(s); s.peers(&[host(3)], None); },
        Some("10.77.0.1 is none of its unicast peers")),
    (Check::HmacFormat, HMAC, 1, with_hmac, OK),
    (Check::HmacFormat, HMAC, 10, with_hmac, Some("the reserved field of its trailer is 0x0001, not 0")),
    (Check::HmacFormat, HMAC, 11, with_hmac, Some("its authentication trailer is not of type 1, the only one known")),
    (Check::HmacFormat, HMAC, 13, with_hmac, Some("its authentication trailer is not of type 1, the only one known")),
    // Signed at 1700000000: five seconds either way, six are too many.
    (Check::HmacTime, HMAC, 1, |s| { with_hmac(s); s.wall = seconds(1_700_000_005); }, OK),
    (Check::HmacTime, HMAC, 1, |s| { with_hmac(s); s.wall = seconds(1_699_999_995); }, OK),
    (Check::HmacTime, HMAC, 1, |s| { with_hmac(s); s.wall = seconds(1_700_000_006); },
        Some("it was signed 6s before this router's clock, only 5s either way is allowed")),
    (Check::HmacTime, HMAC, 1, |s| { with_hmac(s); s.wall = seconds(1_699_999_994); },
        Some("it was signed 6s ahead of this router's clock, only 5s either way is allowed")),
    (Check::HmacTime, HMAC, 8, |s| { with_hmac(s); s.wall = seconds(1_700_000_007); },
        Some("it was signed 1h before this router's clock, only 5s either way is allowed")),
    (Check::HmacTime, HMAC, 8, |s| s.hmac(|h| h.anti_replay = AntiReplay::Monotonic), OK),
    (Check::HmacKey, HMAC, 2, with_hmac, OK),
    (Check::HmacKey, HMAC, 6, with_hmac, Some("it is signed with key 9, this router has 1, 2")),
    (Check::HmacDigest, HMAC, 1, with_hmac, OK),
    (Check::HmacDigest, HMAC, 2, with_hmac, OK),
    (Check::HmacDigest, HMAC, 3, |s| { version_3(s); with_hmac(s); }, OK),
    (Check::HmacDigest, HMAC, 4, |s| { ipv6(s); with_hmac(s); }, OK),
    (Check::HmacDigest, HMAC, 5, with_hmac, Some("its digest is wrong: another value of key 1, or bytes changed on the way")),
    (Check::HmacDigest, HMAC, 7, with_hmac, Some("its digest is wrong: another value of key 2, or bytes changed on the way")),
    (Check::HmacReplay, HMAC, 1, with_hmac, OK),
    // 0x6553f100 is 1700000000
    (Check::HmacReplay, HMAC, 9, |s| { with_hmac(s); hear(s, HMAC, 1); },
        Some("its number 1700000000+0/65536#0 is not after 1700000000+0/65536#0, the last one of 10.77.0.1")),
    (Check::HmacReplay, HMAC, 2, |s| { with_hmac(s); hear(s, HMAC, 1); }, OK),
    (Check::HmacSkew, HMAC, 1, |s| { with_hmac(s); s.wall = seconds(1_700_000_002); }, OK),
    (Check::HmacSkew, HMAC, 1, |s| { with_hmac(s); s.wall = seconds(1_700_000_003); },
        Some("it was signed 3s before this router's clock: more than half of the 5s allowed")),
    (Check::AuthTypeKnown, ODD, 25, as_is, OK),
    (Check::AuthTypeKnown, ODD, 26, as_is, Some("its authentication type is 77, only 0 to 2 are known")),
    (Check::AuthType, ODD, 1, as_is, OK),
    (Check::AuthType, ODD, 23, as_is, Some("its authentication type is 1 (PASS), this router's is 0 (none)")),
    (Check::AuthType, ODD, 25, as_is, Some("its authentication type is 2 (AH), this router's is 0 (none)")),
    (Check::AuthType, ODD, 1, |s| s.auth(Authentication::Pass(Secret::new(b"1111"))),
        Some("its authentication type is 0 (none), this router's is 1 (PASS)")),
    (Check::Password, ODD, 23, |s| s.auth(Authentication::Pass(Secret::new(b"1111"))), OK),
    (Check::Password, ODD, 23, |s| s.auth(Authentication::Pass(Secret::new(b"1111\0\0\0\0and more"))), OK),
    (Check::Password, ODD, 23, |s| s.auth(Authentication::Pass(Secret::new(b"11111"))),
        Some("its password is another one than this router's")),
    (Check::AhDigest, AH, 1, with_ah, OK),
    (Check::AhDigest, AH, 10, |s| { with_ah(s); peer_of_a(s); }, OK),
    (Check::AhDigest, AH, 5, with_ah, Some("the digest of its AH is wrong: another password, or bytes changed on the way")),
    (Check::AhDigest, AH, 6, with_ah, Some("the digest of its AH is wrong: another password, or bytes changed on the way")),
    (Check::AhSpi, AH, 1, with_ah, OK),
    (Check::AhSpi, AH, 7, with_ah, Some("the SPI of its AH says 10.77.0.2, its source is 10.77.0.1")),
    (Check::AhSequence, AH, 3, with_ah, OK),
    (Check::AhSequence, AH, 4, |s| { with_ah(s); hear(s, AH, 3); },
        Some("the number 3 of its AH is not above 3, the last one")),
    (Check::AhSequence, AH, 8, |s| { with_ah(s); hear(s, AH, 3); }, OK),
    (Check::Interval, ODD, 1, as_is, OK),
    (Check::Interval, ODD, 5, as_is, Some("it announces an interval of 0s, this router's is 1s")),
    (Check::Interval, ODD, 6, as_is, Some("it announces an interval of 4m 15s, this router's is 1s")),
    (Check::Type, ODD, 1, as_is, OK),
    (Check::Type, ODD, 12, as_is, Some("its message type is 2, not 1")),
    (Check::AddressNone, ODD, 1, as_is, OK),
    (Check::AddressNone, ODD, 17, as_is, Some("it carries no address")),
    (Check::IntervalV3, ODD, 9, version_3, OK),
    (Check::IntervalV3, ODD, 8, version_3, Some("it announces an interval of 40s 950ms, this router's is 1s")),
    (Check::Checksum, SUMS, 1, version_3, OK),
    (Check::Checksum, SUMS, 6, version_3, Some("its checksum 0x60fb is wrong")),
    (Check::Checksum, SUMS, 2, version_3,
        Some("its checksum 0x5dac is of the form plain, this router expects another one")),
    (Check::Checksum, SUMS, 2, |s| { version_3(s); s.params.profile = &RFC9568; }, OK),
    (Check::Checksum, SUMS, 3, unicast_v3, OK),
    (Check::Checksum, SUMS, 4, unicast_v3, OK),
    (Check::Checksum, SUMS, 4, |s| { unicast_v3(s); s.hearing().old_unicast_checksum = OldChecksum::Never; },
        Some("its checksum 0x72cf is of the form pseudo-header-group, this router expects another one")),
    (Check::Checksum, SUMS, 3, |s| { unicast_v3(s); s.hearing().old_unicast_checksum = OldChecksum::Always; },
        Some("its checksum 0x4893 is of the form pseudo-header, this router expects another one")),
    // It changed to the old form when it heard it.
    (Check::Checksum, SUMS, 3, |s| { unicast_v3(s); hear(s, SUMS, 4); },
        Some("its checksum 0x4893 is of the form pseudo-header, this router expects another one")),
    (Check::Checksum, SUMS, 10, as_is, OK),
    (Check::Checksum, SUMS, 11, as_is, Some("its checksum 0x7c3b is wrong")),
    (Check::Cast, ODD, 1, as_is, OK),
    (Check::Cast, ODD, 34, as_is, Some("it came as unicast, this router is one of multicast")),
    (Check::Cast, ODD, 1, peer_of_a, Some("it came as multicast, this router is one of unicast")),
    (Check::Owner, ODD, 1, |s| s.standing.priority = 255, OK),
    (Check::Owner, ODD, 1, |s| s.hearing().owner_ignore_adverts = true, OK),
    (Check::Owner, ODD, 1, |s| { s.standing.priority = 255; s.hearing().owner_ignore_adverts = true; },
        Some("this router owns the addresses (priority 255) and ignores adverts")),
    (Check::Owner, ODD, 1, |s| { s.params.priority = 255; s.params.profile = &RFC5798; },
        Some("this router owns the addresses (priority 255) and ignores adverts")),
    (Check::AddressCount, ODD, 1, as_is, OK),
    (Check::AddressCount, ODD, 1, |s| s.params.addresses.push(host(111)), Some("it carries 1 address, this router has 2")),
    (Check::AddressCount, ODD, 31, as_is, Some("it carries 2 addresses, this router has 1")),
    (Check::AddressList, ODD, 1, as_is, OK),
    (Check::AddressList, ODD, 1, |s| s.params.addresses = vec![host(111)],
        Some("it does not carry 10.77.0.111, which this router has")),
    // twice the same
    (Check::AddressList, ODD, 31, |s| s.params.addresses.push(host(111)),
        Some("it does not carry 10.77.0.111, which this router has")),
    (Check::UnicastPeer, ODD, 34, |s| { peer_of_a(s); s.hearing().check_unicast_src = true; }, OK),
    (Check::UnicastPeer, ODD, 34, |s| { s.peers(&[host(3)], None); s.hearing().check_unicast_src = true; },
        Some("10.77.0.1 is none of its unicast peers")),
    (Check::UnicastPeer, ODD, 34, |s| s.peers(&[host(3)], Some((255, 255))), Some("10.77.0.1 is none of its unicast peers")),
    (Check::UnicastTtl, ODD, 34, |s| s.peers(&[host(1)], Some((255, 255))), OK),
    (Check::UnicastTtl, ODD, 34, |s| s.peers(&[host(1)], Some((0, 64))),
        Some("its TTL is 255, 0 to 64 are allowed from 10.77.0.1")),
];

/// Hears a frame before, which must be accepted.
fn hear(s: &mut Setup, capture: &str, number: u64) {
    let verdict = s.receive(&advert(&frame(capture, number)).unwrap());
    assert_eq!(outcome(&verdict), "accepted", "{verdict:?}");
}

// holds: rfc3768-7.1-8 rfc5798-7.1-7 rfc9568-7.1-10
#[test]
fn each_check_says_what_is_wrong() {
    for &(check, capture, number, change, expected) in CASES {
        let s = Setup::with(change);
        let advert = advert(&frame(capture, number)).unwrap();
        let expected = expected.map_or(Outcome::Pass, |reason| Outcome::Fail(reason.to_owned()));
        let got = (check.row().ask)(&s.listener.receiver(&s.params, s.standing, s.wall), &advert);
        assert_eq!(got, expected, "{} of {capture} {number}", check.id());
    }
}

// holds: rfc3768-5.2.3-2 rfc3768-5.3.2-1 rfc3768-5.3.6-1 rfc3768-7.1-1 rfc3768-7.1-2 rfc3768-7.1-3 rfc3768-7.1-4
// holds: rfc3768-7.1-5 rfc3768-7.1-6 rfc3768-7.1-9 rfc3768-7.1-10 rfc5798-5.1.1.3-2 rfc5798-5.1.2.3-2 rfc5798-5.2.2-1
// holds: rfc5798-5.2.8-1 rfc5798-7.1-1 rfc5798-7.1-2 rfc5798-7.1-3 rfc5798-7.1-4 rfc5798-7.1-5 rfc5798-7.1-8
// holds: rfc9568-5.1.1.3-2 rfc9568-5.1.2.3-2 rfc9568-5.2.2-1 rfc9568-5.2.5-1 rfc9568-5.2.8-1 rfc9568-7.1-1
// holds: rfc9568-7.1-2 rfc9568-7.1-3 rfc9568-7.1-4 rfc9568-7.1-5 rfc9568-7.1-6 rfc9568-7.1-7 rfc9568-7.1-11
// holds: rfc9568-7.1-12
#[test]
fn each_check_has_an_advert_that_passes_and_one_that_fails() {
    for (n, row) in CHECKS.iter().enumerate() {
        assert_eq!(row.check as usize, n);
        assert_eq!(row.check.row().id, row.id);
        for passes in [true, false] {
            let there = CASES.iter().any(|c| c.0 == row.check && c.4.is_none() == passes);
            assert!(there, "no case of {} that {}", row.id, if passes { "passes" } else { "fails" });
        }
        assert!(Profile::ALL.iter().any(|p| p.asks(row.check)), "nobody asks {}", row.id);
    }
}

#[test]
fn what_does_not_concern_an_advert_is_not_asked() {
    #[rustfmt::skip]
    let cases: &[(Check, &str, u64, Change)] = &[
        (Check::Ttl, ODD, 3, peer_of_a),
        (Check::Destination, ODD, 4, as_is),
        (Check::AhHeader, ODD, 4, ipv6),
        (Check::Interval, ODD, 8, version_3),
        (Check::Interval, ODD, 8, as_is),
        (Check::IntervalV3, ODD, 6, as_is),
        (Check::AuthType, ODD, 8, version_3),
        (Check::AuthType, AH, 1, as_is),
        (Check::Password, ODD, 1, |s| s.auth(Authentication::Pass(Secret::new(b"1111")))),
        // Passwords are dropped in version 3, and by those who do not know them.
        (Check::Password, ODD, 23, |s| { version_3(s); s.auth(Authentication::Pass(Secret::new(b"2"))); }),
        (Check::Password, ODD, 23, |s| { s.params.profile = &FRR; s.auth(Authentication::Pass(Secret::new(b"2"))); }),
        (Check::HmacMissing, ODD, 1, |s| { with_hmac(s); s.params.profile = &KEEPALIVED_2_2; }),
        (Check::HmacDigest, HMAC, 6, with_hmac),
        (Check::HmacDigest, HMAC, 10, with_hmac),
        (Check::HmacPeer, HMAC, 1, with_hmac),
        (Check::Checksum, SUMS, 6, |s| { version_3(s); s.hearing().v3_checksum_as_v2 = true; }),
        (Check::Checksum, SUMS, 9, ipv6),
        (Check::AddressList, ODD, 31, as_is),
        (Check::UnicastPeer, ODD, 34, peer_of_a),
        (Check::UnicastTtl, ODD, 34, |s| s.peers(&[host(3)], Some((0, 64)))),
        // A backup that knows its master, and the owner's own list.
        (Check::AddressList, ODD, 1, |s| { s.hearing().skip_check_adv_addr = true; s.standing.master = Some(host(1)); }),
        (Check::AddressCount, ODD, 29, |s| { s.params.profile = &RFC3768; s.params.addresses.clear(); }),
    ];
    for &(check, capture, number, change) in cases {
        let s = Setup::with(change);
        let advert = advert(&frame(capture, number)).unwrap();
        let got = (check.row().ask)(&s.listener.receiver(&s.params, s.standing, s.wall), &advert);
        assert_eq!(got, Outcome::NotApplicable, "{} of {capture} {number}", check.id());
    }
}

#[test]
fn counted_padding_is_borne_since_2_4() {
    // odd-fields 1 with six zero bytes more inside the IP packet: 46 in all (002e), so that the header's sum is d03e.
    let mut data = frame(ODD, 1);
    data.extend([0; 6]);
    data[17] = 0x2e;
    data[25] = 0x3e;
    let padded = advert(&data).unwrap();
    let s = Setup::new();
    assert_eq!(ids(&s.objections(&KEEPALIVED_2_4, &padded)), [""; 0]);
    assert_eq!(ids(&s.objections(&KEEPALIVED_2_2, &padded)), ["length"]);
    assert_eq!(ids(&s.objections(&FRR, &padded)), ["length"]);
    assert_eq!(ids(&s.objections(&RFC3768, &padded)), [""; 0]);
}

// holds: rfc3768-7.1-9 rfc5798-5.2.8-1 rfc5798-7.1-8 rfc9568-5.2.8-1 rfc9568-7.1-12
#[test]
fn versions_and_daemons_differ() {
    let odd = |n| advert(&frame(ODD, n)).unwrap();
    let found = |s: &Setup, a: &Advert| -> Vec<_> {
        [&KEEPALIVED_2_4, &KEEPALIVED_2_2, &FRR, &RFC3768].iter().map(|p| ids(&s.objections(p, a))).collect()
    };
    // Another list: a remark for some, for others the end.
    let other = Setup::with(|s| s.params.addresses.push(host(111)));
    assert_eq!(found(&other, &odd(1)), [["address-count"]; 4]);
    let failures: Vec<_> = [&KEEPALIVED_2_4, &KEEPALIVED_2_2, &FRR, &RFC3768, &RFC5798, &RFC9568]
        .iter()
        .map(|p| other.objections(p, &odd(1))[0].failure)
        .collect();
    let (r, k) = (Failure::Remark, Failure::Ko);
    assert_eq!(failures, [r, k, r, k, r, r]);
    // FRR and the RFCs know no password, and want type 0.
    let pass = Setup::with(|s| s.auth(Authentication::Pass(Secret::new(b"1111"))));
    assert_eq!(found(&pass, &odd(23)), [vec![], vec![], vec!["auth-type"], vec!["auth-type"]]);
    // An advert without addresses.
    let none = Setup::with(|s| s.params.addresses.clear());
    assert_eq!(found(&none, &odd(17)), [vec![], vec![], vec!["address-none"], vec![]]);
    // 2.2 does not look at the count of a master that it knows.
    let skip = Setup::with(|s| {
        s.params.addresses.push(host(111));
        s.hearing().skip_check_adv_addr = true;
        s.standing.master = Some(host(1));
    });
    assert_eq!(found(&skip, &odd(1))[..2], [vec!["address-count"], vec![]]);
    // The interval of version 3 is only remarked upon, and by whom it is looked at.
    let v3 = Setup::with(version_3);
    let interval = |p| v3.objections(p, &odd(8)).iter().map(|o| (o.check.id(), o.failure)).collect::<Vec<_>>();
    assert_eq!(interval(&KEEPALIVED_2_4), [("interval-v3", Failure::Remark)]);
    assert_eq!(interval(&KEEPALIVED_2_2), []);
    assert_eq!(interval(&FRR), []);
}

#[test]
fn all_objections_are_listed_in_the_order_of_the_checks() {
    // Version 2, TTL 1, to a receiver of VRID 52 with a password and an interval of 2 s.
    let s = Setup::with(|s| {
        s.params.vrid = 52;
        s.params.advert_int = Duration::from_secs(2);
        s.auth(Authentication::Pass(Secret::new(b"1111")));
    });
    let found = s.objections(&KEEPALIVED_2_4, &advert(&frame(ODD, 3)).unwrap());
    assert_eq!(ids(&found), ["vrid", "ttl", "auth-type", "interval"]);
    let failures: Vec<_> = found.iter().map(|o| (o.failure, o.logged)).collect();
    let (unseen, ko, dropped) = ((Failure::Unseen, false), (Failure::Ko, true), (Failure::Drop, true));
    assert_eq!(failures, [unseen, ko, ko, dropped]);
    // What a socket keeps away is said once, not again by the check behind it.
    let found = Setup::new().objections(&KEEPALIVED_2_4, &advert(&frame(AH, 10)).unwrap());
    assert_eq!(ids(&found), ["protocol", "destination"]);
}

// holds: rfc3768-7.1-7 rfc5798-7.1-6 rfc9568-7.1-9
#[test]
fn the_first_failure_decides_and_is_counted() {
    let odd = |n| advert(&frame(ODD, n)).unwrap();
    let mut s = Setup::new();
    assert_eq!(outcome(&s.receive(&odd(10))), "vrid");
    assert_eq!(s.listener.memory.counters.iter().count(), 0);
    for (n, check) in
        [(2, "ttl"), (8, "version"), (26, "auth-type-known"), (23, "auth-type"), (5, "interval"), (12, "type")]
    {
        assert_eq!(outcome(&s.receive(&odd(n))), check, "odd-fields {n}");
    }
    assert_eq!(outcome(&s.receive(&odd(27))), "accepted");
    // A foreign list is counted though it is accepted.
    let Verdict::Accepted { heard, remarks } = s.receive(&odd(31)) else { panic!("accepted") };
    assert_eq!((heard.src, heard.priority, heard.advert_int), (host(1), 102, Duration::from_secs(1)));
    assert_eq!(ids(&remarks), ["address-count"]);
    let counted: Vec<_> = s.listener.memory.counters.iter().map(|(c, n)| (c.name(), n)).collect();
    #[rustfmt::skip]
    assert_eq!(counted, [("advert_rcvd", 2), ("ip_ttl_err", 1), ("invalid_type_rcvd", 1), ("addr_list_err", 1),
        ("invalid_authtype", 1), ("authtype_mismatch", 1), ("pri_zero_rcvd", 1), ("vers_err", 1)]);
    // 2.2 rejects it, and before it counts the advert.
    let mut s = Setup::with(|s| s.params.profile = &KEEPALIVED_2_2);
    assert_eq!(outcome(&s.receive(&odd(31))), "address-count");
    assert_eq!(s.listener.memory.counters.get(Counter::AdvertRcvd), 0);
}

// holds: rfc9568-7.1-10
#[test]
fn a_failure_is_logged_once_since_2_3_3() {
    let (bad, good) = (advert(&frame(ODD, 2)).unwrap(), advert(&frame(ODD, 1)).unwrap());
    let logged = |s: &mut Setup| match s.receive(&bad) {
        Verdict::Rejected(o) => o.logged,
        other => panic!("{other:?}"),
    };
    let mut s = Setup::new();
    assert_eq!([logged(&mut s), logged(&mut s)], [true, false]);
    // An advert of a new master that passes all checks: again.
    assert_eq!(outcome(&s.receive(&good)), "accepted");
    assert_eq!([logged(&mut s), logged(&mut s)], [true, false]);
    s.standing.master = Some(host(1));
    assert_eq!(outcome(&s.receive(&good)), "accepted");
    assert!(!logged(&mut s));
    let mut old = Setup::with(|s| s.params.profile = &KEEPALIVED_2_2);
    assert_eq!([logged(&mut old), logged(&mut old)], [true, true]);
}

/// Each advert of a capture as a third host hears it, its clock right.
fn play(s: &mut Setup, capture: &str) -> Vec<&'static str> {
    let heard = adverts(capture);
    heard.iter().map(|(time, a)| (s.wall = *time, outcome(&s.receive(a))).1).collect()
}

/// The same again, at the time of the last one.
fn play_again(s: &mut Setup, capture: &str) -> Vec<&'static str> {
    adverts(capture).iter().map(|(_, a)| outcome(&s.receive(a))).collect()
}

const HMAC_V2: &str = "keepalived-2.4.3/hmac-v2-ipv4.pcap";
const HMAC_V6: &str = "keepalived-2.4.3/hmac-v3-ipv6.pcap";
const ONE_SIDE: &str = "keepalived-2.4.3/hmac-one-side-only.pcap";
const AH_243: &str = "keepalived-2.4.3/ah-v2-ipv4.pcap";
const AH_227: &str = "keepalived-2.2.7/v2-ah-crash.pcap";

fn third(capture: &str) -> Setup {
    Setup::with(|s| {
        s.params.source = host(3);
        if capture == HMAC_V6 {
            let vips = ["fe80::77:1", "fd00:77::110"];
            s.params = Params::new(51, "fe80::3".parse().unwrap(), vips.map(|a| a.parse().unwrap()).to_vec());
        }
        // Wide enough for a whole capture.
        s.hmac(|h| h.window = Duration::from_mins(5));
    })
}

#[test]
fn recorded_trailers_are_accepted_once() {
    for (capture, adverts) in [(HMAC_V2, 7), (HMAC_V6, 6)] {
        let mut s = third(capture);
        assert_eq!(play(&mut s, capture), vec!["accepted"; adverts], "{capture}");
        assert_eq!(play_again(&mut s, capture), vec!["hmac-replay"; adverts], "{capture}");
        assert_eq!(s.listener.memory.counters.get(Counter::AdvertRcvd), adverts as u64);
        assert_eq!(s.listener.memory.counters.get(Counter::AuthExtReplay), adverts as u64);
    }
}

#[test]
fn with_the_window_of_keepalived_old_adverts_are_stale_at_once() {
    let mut s = third(HMAC_V2);
    s.hmac(|_| ());
    play(&mut s, HMAC_V2);
    // At …706: 699, 700 and 700 are out, 701 (five seconds) and later ones are in.
    let (stale, replay) = ("hmac-time", "hmac-replay");
    assert_eq!(play_again(&mut s, HMAC_V2), [stale, stale, stale, replay, replay, replay, replay]);
}

#[test]
fn each_unicast_peer_hears_its_own() {
    let mut a = Setup::with(|s| {
        version_3(s);
        s.params.source = host(1);
        s.params.advert_int = Duration::from_millis(500);
        s.hmac(|h| h.window = Duration::from_mins(5));
        s.peers(&[host(2)], None);
    });
    let mut b = Setup::with(|s| {
        version_3(s);
        s.params.advert_int = Duration::from_millis(500);
        s.hmac(|h| h.window = Duration::from_mins(5));
        s.peers(&[host(1)], None);
    });
    // 10.77.0.2 sends the first and the last six, with key 2; 10.77.0.1 the seven between, with key 1.
    let expected = |first| {
        let other = if first == "accepted" { "destination" } else { "accepted" };
        [vec![first], vec![other; 7], vec![first; 6]].concat()
    };
    assert_eq!(play(&mut a, ROTATION), expected("accepted"));
    assert_eq!(play(&mut b, ROTATION), expected("destination"));
    assert_eq!(play_again(&mut a, ROTATION).iter().filter(|o| **o == "hmac-replay").count(), 7);
    assert_eq!(play_again(&mut b, ROTATION).iter().filter(|o| **o == "hmac-replay").count(), 7);
}

#[test]
fn where_one_side_signs_each_rejects_the_other() {
    let (signed, plain) = (["accepted", "hmac-missing"], ["length", "accepted"]);
    let of = |o: [&'static str; 2]| [o[0], o[1], o[1], o[0], o[1], o[1], o[0]];
    let mut s = third(ONE_SIDE);
    assert_eq!(play(&mut s, ONE_SIDE), of(signed));
    assert_eq!(s.listener.memory.counters.get(Counter::AuthExtMissing), 4);
    s.auth(Authentication::None);
    assert_eq!(play(&mut s, ONE_SIDE), of(plain));
    // In the transition both are taken; a trailer must be right all the same.
    let mut s = third(ONE_SIDE);
    s.hmac(|h| h.mode = HmacMode::Permissive);
    assert_eq!(play(&mut s, ONE_SIDE), ["accepted"; 7]);
    let mut s = third(ONE_SIDE);
    s.hmac(|h| {
        h.mode = HmacMode::ReceiveOnly;
        h.keys = keys(&[2]);
    });
    assert_eq!(play(&mut s, ONE_SIDE), of(["hmac-key", "accepted"]));
}

#[test]
fn a_wrong_key_or_clock_is_told_apart() {
    let (time, a) = adverts(HMAC_V2).remove(0);
    let with = |change: &dyn Fn(&mut HmacAuth), wall: Timestamp| {
        let mut s = third(HMAC_V2);
        s.hmac(change);
        s.wall = wall;
        outcome(&s.receive(&a))
    };
    assert_eq!(with(&|_| (), time), "accepted");
    assert_eq!(with(&|h| h.keys = keys(&[2]), time), "hmac-key");
    let mut other = Keys::default();
    other.add_hmac(1, &[7; 32]);
    assert_eq!(with(&|h| h.keys = other.clone(), time), "hmac-digest");
    assert_eq!(with(&|_| (), Timestamp::from_nanos(time.nanos + 6_000_000_000)), "hmac-time");
    assert_eq!(with(&|h| h.keys = keys(&[2]), Timestamp::from_nanos(0)), "hmac-time");
    assert_eq!(with(&|h| h.anti_replay = AntiReplay::Monotonic, Timestamp::from_nanos(0)), "accepted");
}

/// Where the bytes of a frame are that the digest does not cover: Ethernet; of IPv4 all but the source address; the
/// checksum of VRRP.
fn is_outside_the_trailer(at: usize) -> bool {
    at < 26 || (30..34).contains(&at) || (40..42).contains(&at)
}

#[test]
fn one_changed_byte_is_noticed() {
    // Of AH's: Ethernet; TOS, flags, fragment offset and checksum of IPv4.
    let outside_ah = |at: usize| at < 14 || [15, 20, 21, 24, 25].contains(&at);
    for (capture, number, outside) in
        [(HMAC_V2, 8, &is_outside_the_trailer as &dyn Fn(usize) -> bool), (AH_243, 8, &outside_ah)]
    {
        let good = frame(capture, number);
        let signed = advert(&good).unwrap();
        let mut all = keys(&[1, 2]);
        all.set_ah(b"s3cr3t");
        assert_eq!(signed.signed.unwrap().verify(&all).as_str(), "ok");
        let mut tried = 0;
        for at in (0..good.len()).filter(|at| !outside(*at)) {
            let mut data = good.clone();
            data[at] ^= 0x01;
            // Some changes make it something else than an advert of version 2 or 3 with a digest.
            if let Some(changed) = advert(&data).and_then(|a| a.signed) {
                tried += 1;
                assert_ne!(changed.verify(&all).as_str(), "ok", "{capture}: byte {at}");
            }
        }
        assert!(tried > 40, "only {tried} bytes of {capture}");
    }
}

#[test]
fn recorded_headers_are_accepted_once() {
    for (capture, adverts) in [(AH_243, 6), (AH_227, 6)] {
        let mut s = third(capture);
        with_ah(&mut s);
        let heard = play(&mut s, capture);
        assert!(heard.len() >= adverts && heard.iter().all(|o| *o == "accepted"), "{capture}: {heard:?}");
        assert!(play_again(&mut s, capture).iter().all(|o| *o == "ah-sequence"));
        assert_eq!(s.listener.memory.counters.get(Counter::AuthFailure), heard.len() as u64);
        let mut s = third(capture);
        s.auth(Authentication::Ah(Secret::new(b"s3cr3T")));
        assert!(play(&mut s, capture).iter().all(|o| *o == "ah-digest"));
        let mut s = third(capture);
        s.auth(Authentication::Pass(Secret::new(b"s3cr3t")));
        assert!(play(&mut s, capture).iter().all(|o| *o == "protocol"));
    }
}

#[test]
fn a_master_lets_the_loser_catch_up_with_ah() {
    // 10.77.0.2 of priority 100 sends number 5; the master counts on with 6, and sends 7.
    let losing = advert(&frame(AH, 8)).unwrap();
    let mut s = Setup::with(|s| {
        with_ah(s);
        s.params.source = host(1);
        s.standing = Standing { state: State::Master, ..Standing::backup(150) };
    });
    assert_eq!(outcome(&s.receive(&losing)), "accepted");
    assert_eq!(s.listener.memory.signer.ah.value(), 6);
    assert!(matches!(s.listener.sign(&s.params, s.wall), Signing::Ah(_, 7)));
    // The winner's is stored as it is.
    s.listener = Listener::new(s.listener.hearing.clone());
    s.standing.priority = 100;
    assert_eq!(outcome(&s.receive(&losing)), "accepted");
    assert_eq!(s.listener.memory.signer.ah.value(), 5);
}

#[test]
fn the_authentication_counts_before_later_checks() {
    // Another interval: rejected, but its number is used up, as in keepalived.
    let mut s = Setup::with(|s| {
        with_ah(s);
        s.params.advert_int = Duration::from_secs(2);
    });
    let a = advert(&frame(AH, 3)).unwrap();
    assert_eq!(outcome(&s.receive(&a)), "interval");
    assert_eq!(outcome(&s.receive(&a)), "ah-sequence");
    // A forged number is not remembered.
    assert_eq!(outcome(&s.receive(&advert(&frame(AH, 5)).unwrap())), "ah-digest");
    assert_eq!(s.listener.memory.signer.ah.value(), 3);
}

#[test]
fn the_old_checksum_is_sent_once_it_is_heard() {
    let mut s = Setup::with(unicast_v3);
    assert_eq!(s.listener.checksum(&s.params), Form::PseudoHeader);
    hear(&mut s, SUMS, 4);
    assert_eq!(s.listener.checksum(&s.params), Form::PseudoHeaderGroup);
    s.hearing().v3_checksum_as_v2 = true;
    assert_eq!(s.listener.checksum(&s.params), Form::Plain);
    s.params.profile = &KEEPALIVED_2_2; // does not know it
    assert_eq!(s.listener.checksum(&s.params), Form::PseudoHeaderGroup);
}

#[test]
fn no_reason_and_no_debug_output_holds_a_secret() {
    let (secret, key) = ("hunter2", "k".repeat(32));
    let mut keys = Keys::default();
    keys.add_hmac(1, key.as_bytes());
    let all = [
        Authentication::Pass(Secret::new(secret.as_bytes())),
        Authentication::Ah(Secret::new(secret.as_bytes())),
        Authentication::Hmac(HmacAuth::new(keys, 1, Duration::from_secs(1))),
    ];
    let mut shown = Vec::new();
    for auth in all {
        let s = Setup::with(|s| s.auth(auth.clone()));
        shown.push(format!("{:?}", s.listener));
        for capture in [ODD, AH, HMAC] {
            for (_, a) in adverts(capture) {
                shown.push(format!("{:?} {a:?}", s.objections(&KEEPALIVED_2_4, &a)));
            }
        }
    }
    let shown = shown.join("\n");
    assert!(shown.len() > 10_000 && shown.contains("its password is another one"));
    // 1111 is the password of odd-fields 23; 104, 117, 110 and 107, 107 are how bytes would be shown.
    for text in [secret, "kkk", "1111", "104, 117", "107, 107", "49, 49", "0x6b"] {
        assert!(!shown.contains(text), "{text}");
    }
}

/// What scripts/record-refusals recorded: each line of keepalived 2.2.7 against a frame, by configuration.
const REFUSALS: &str = include_str!("../fixtures/refusals/keepalived-2.2.7.tsv");

/// The configurations of scripts/record-refusals.
#[rustfmt::skip]
const CONFIGURATIONS: &[(&str, Change)] = &[
    ("plain", as_is),
    ("pass", |s| s.auth(Authentication::Pass(Secret::new(b"1111")))),
    ("ah", with_ah),
    ("v3", version_3),
    ("two-addresses", |s| s.params.addresses.push(host(111))),
    ("skip-check", |s| { s.params.addresses.push(host(111)); s.hearing().skip_check_adv_addr = true; }),
    ("unicast-ttl", |s| s.peers(&[host(1)], Some((10, 64)))),
    ("unicast-v3", unicast_v3),
    ("unicast-v3-new", |s| { unicast_v3(s); s.hearing().old_unicast_checksum = OldChecksum::Never; }),
];

#[test]
fn keepalived_2_2_7_refuses_the_same_adverts_for_the_same_reasons() {
    let mut said: std::collections::BTreeMap<(&str, &str, u64), &str> = REFUSALS
        .lines()
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .map(|row| ((row[0], row[1], row[2].parse().unwrap()), row[3]))
        .collect();
    assert!(said.len() > 250, "only {} lines", said.len());
    for &(name, change) in CONFIGURATIONS {
        let mut s = Setup::with(change);
        s.params.profile = &KEEPALIVED_2_2;
        for capture in ["odd-fields", "ah", "checksums", "hmac"] {
            for f in frames(&format!("crafted/{capture}.pcap")) {
                let wire_len = f.data.len() as u32;
                let frame = Frame {
                    number: 1,
                    time: f.time,
                    link: LinkType::Ethernet,
                    stripped_tag: None,
                    data: &f.data,
                    wire_len,
                };
                let (verdict, whole) = match Decoder::default().decode(&frame) {
                    Decoded::Advert(a) => (Some(s.receive(&a)), true),
                    Decoded::Malformed(m) => (s.listener.malformed(&s.params, s.standing, &m), false),
                    _ => (None, true),
                };
                let line = said.remove(&(name, capture, f.number));
                let what = format!("{name}, {capture} {}: {line:?}, {verdict:?}", f.number);
                match (verdict, line) {
                    (Some(Verdict::Rejected(o)), Some(line)) => {
                        // Of a packet that is cut it says the length, whatever else is wrong with it.
                        let known = o.check.row().keywords.iter().any(|word| line.contains(word));
                        assert!(known || !whole && line.contains("vrrp packet too"), "{what}");
                    }
                    // Less than an IP header and eight bytes; what its socket hears it looks at, even a cut AH.
                    (None, Some(line)) => {
                        assert!(line.contains("VRRP packet too short") || (name, f.number) == ("ah", 13), "{what}");
                    }
                    (Some(Verdict::Rejected(_)), None) | (_, Some(_)) => panic!("{what}"),
                    (Some(Verdict::Accepted { heard, .. }), None) if heard.priority > 0 => {
                        s.standing.master = Some(heard.src);
                    }
                    (_, None) => {}
                }
            }
        }
    }
    assert!(said.is_empty(), "{said:?}");
}
