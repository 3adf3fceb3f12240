//! What the adverts of real daemons say, field by field, and the same bytes built again.

use std::net::IpAddr;
use std::time::Duration;

use super::super::auth::{Auth, AuthCheck};
use super::super::build::{AdvertSpec, Signing};
use super::super::checksum::{Form, Verdict};
use super::super::{Advert, Mac};
use super::*;

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn ids(a: &Advert) -> Vec<&'static str> {
    a.problems.iter().map(crate::wire::Problem::id).collect()
}

#[test]
fn version_2_with_a_password() {
    let a = advert(&hex(V2_PASS));
    assert_eq!(a.link.src, Some(Mac([2, 0, 0x0a, 0x4d, 0, 1])));
    assert_eq!(a.link.dst, Some(Mac([1, 0, 0x5e, 0, 0, 0x12])));
    assert_eq!(a.link.vlans.ids(), [0u16; 0]);
    assert_eq!((a.src, a.dst), (ip("10.77.0.1"), ip("224.0.0.18")));
    assert_eq!((a.ttl, a.tos, a.ip_id, a.ip_version()), (255, 0xc0, Some(1), 4));
    assert_eq!((a.version, a.kind, a.vrid, a.priority), (2, 1, 51, 102));
    assert_eq!(a.advert_int, Duration::from_secs(1));
    assert_eq!(a.addresses, [ip("10.77.0.110")]);
    assert_eq!((a.checksum, a.checksum_verdict), (0x0aad, Verdict::Ok(Form::Plain)));
    assert!(matches!(a.auth, Auth::Pass(s) if s.0 == *b"1111\0\0\0\0"));
    assert!(a.is_multicast() && a.ah.is_none() && a.hmac.is_none() && a.auth_check.is_none());
    assert_eq!(ids(&a), [""; 0]);
}

#[test]
fn version_3_over_ipv4() {
    let a = advert(&hex(V3));
    assert_eq!((a.src, a.dst), (ip("10.77.0.1"), ip("224.0.0.18")));
    assert_eq!((a.version, a.vrid, a.priority), (3, 51, 102));
    assert_eq!(a.advert_int, Duration::from_millis(500));
    assert_eq!(a.addresses, [ip("10.77.0.110")]);
    assert_eq!((a.checksum, a.checksum_verdict), (0x7301, Verdict::Ok(Form::PseudoHeader)));
    assert_eq!((a.auth, a.auth_check), (Auth::None, None));
    assert_eq!(ids(&a), [""; 0]);
}

// holds: rfc9568-5.2.8-2
#[test]
fn version_3_over_ipv6() {
    let a = advert(&hex(V6));
    assert_eq!((a.src, a.dst), (ip("fe80::1"), ip("ff02::12")));
    assert_eq!((a.ttl, a.tos, a.ip_id, a.ip_version()), (255, 0xc0, None, 6));
    assert_eq!((a.version, a.vrid, a.priority), (3, 51, 102));
    assert_eq!(a.advert_int, Duration::from_secs(1));
    assert_eq!(a.addresses, [ip("fe80::110"), ip("2001:db8:77::110")]);
    assert_eq!((a.checksum, a.checksum_verdict), (0x3b66, Verdict::Ok(Form::PseudoHeader)));
    assert_eq!(ids(&a), [""; 0]);
}

#[test]
fn version_2_behind_an_authentication_header() {
    let a = advert(&hex(AH));
    assert_eq!((a.src, a.dst, a.ttl), (ip("10.77.0.1"), ip("224.0.0.18"), 255));
    assert_eq!((a.version, a.vrid, a.priority, a.addresses.len()), (2, 51, 102, 1));
    assert_eq!((a.auth, a.auth_check), (Auth::Ah, Some(AuthCheck::Ok)));
    let ah = a.ah.unwrap();
    assert_eq!((ah.spi, ah.sequence), (0x0a4d_0001, 1));
    assert_eq!((a.checksum, a.checksum_verdict), (0x6c0f, Verdict::Ok(Form::Plain)));
    assert_eq!(ids(&a), [""; 0]);
}

#[test]
fn an_authentication_trailer_over_ipv4() {
    let a = advert(&hex(HMAC_V2));
    assert_eq!((a.src, a.priority, a.version), (ip("10.77.0.2"), 100, 2));
    assert_eq!((a.auth, a.auth_check), (Auth::Hmac, Some(AuthCheck::Ok)));
    let h = a.hmac.unwrap();
    assert_eq!((h.key_id, h.reserved, h.seconds, h.subsec, h.counter), (1, 0, 0x6b03_1b43, 0x30e8, 0));
    // 0x6b031b43 = 1795365699 s; 0x30e8 / 65536 s = 12520 / 65536 s = 0.191040 s (12520 × 1000000 / 65536 = 191040.03)
    assert_eq!(h.micros(), 1_795_365_699_191_040);
    assert_eq!(a.checksum_verdict, Verdict::Ok(Form::Plain));
    assert_eq!(ids(&a), [""; 0]);
}

#[test]
fn an_authentication_trailer_over_ipv6_is_inside_the_checksum() {
    let a = advert(&hex(HMAC_V6));
    assert_eq!(a.src, ip("fe80::f481:a2ff:fed9:510f"));
    assert_eq!((a.auth, a.auth_check), (Auth::Hmac, Some(AuthCheck::Ok)));
    assert_eq!((a.checksum, a.checksum_verdict), (0xbf91, Verdict::Ok(Form::PseudoHeader)));
    assert_eq!(a.addresses, [ip("fe80::77:1"), ip("fd00:77::110")]);
    assert_eq!(ids(&a), [""; 0]);
}

#[test]
fn a_unicast_advert_signed_with_the_second_key() {
    let a = advert(&hex(HMAC_UNICAST));
    assert_eq!((a.src, a.dst, a.version), (ip("10.77.0.2"), ip("10.77.0.1"), 3));
    assert!(!a.is_multicast());
    assert_eq!((a.auth, a.auth_check, a.hmac.unwrap().key_id), (Auth::Hmac, Some(AuthCheck::Ok), 2));
    assert_eq!(ids(&a), [""; 0]);
}

#[test]
fn without_a_key_a_digest_is_left_open() {
    let plain = crate::wire::Decoder::default();
    for (text, auth) in [(AH, Auth::Ah), (HMAC_V2, Auth::Hmac)] {
        let bytes = hex(text);
        let Decoded::Advert(a) = plain.decode(&frame(LinkType::Ethernet, &bytes)) else { panic!("an advert") };
        assert_eq!((a.auth, a.auth_check), (auth, Some(AuthCheck::NoKey)));
        assert!(a.problems.is_empty());
    }
}

#[test]
fn frr_sums_as_keepalived_does() {
    let a = advert(&hex(FRR_V3));
    assert_eq!(a.link.src, Some(Mac::virtual_router(51, false)));
    assert_eq!((a.ip_id, a.version, a.priority), (Some(0x87c6), 3, 102));
    assert_eq!((a.checksum, a.checksum_verdict), (0x72cf, Verdict::Ok(Form::PseudoHeader)));
    assert_eq!(ids(&a), [""; 0]);
}

#[test]
fn the_bytes_of_keepalived_are_built_again() {
    let a1 = Mac([2, 0, 0x0a, 0x4d, 0, 1]);
    let one = vec![ip("10.77.0.110")];
    let v2 = AdvertSpec { priority: 102, ..AdvertSpec::new(a1, ip("10.77.0.1"), 51, one.clone()) };
    let pass = AdvertSpec { signing: Signing::Pass(*b"1111\0\0\0\0"), ..v2.clone() };
    assert_eq!(pass.frame(), hex(V2_PASS));
    let ah = AdvertSpec { signing: Signing::Ah(*b"s3cr3t\0\0", 1), ..v2.clone() };
    assert_eq!(ah.frame(), hex(AH));
    let v3 = AdvertSpec { version: 3, advert_int: Duration::from_millis(500), ..v2 };
    assert_eq!(v3.frame(), hex(V3));

    let both = vec![ip("fe80::110"), ip("2001:db8:77::110")];
    let v6 = AdvertSpec { priority: 102, version: 3, ..AdvertSpec::new(a1, ip("fe80::1"), 51, both) };
    let mut kernel = hex(V6);
    // The flow label is the kernel's choice.
    kernel[15..18].copy_from_slice(&[0, 0, 0]);
    assert_eq!(v6.frame(), kernel);

    let signing = |key_id: u8, seconds, subsec| Signing::Hmac {
        key_id,
        key: ((key_id - 1) * 32..key_id * 32).collect(),
        seconds,
        subsec,
        counter: 0,
    };
    let mac = Mac([0x3e, 0xb4, 0x5c, 0xe0, 0xfe, 0xbd]);
    let hmac = AdvertSpec {
        signing: signing(1, 0x6b03_1b43, 0x30e8),
        ..AdvertSpec::new(mac, ip("10.77.0.2"), 51, one.clone())
    };
    assert_eq!(hmac.frame(), hex(HMAC_V2));

    let mac = Mac([0xf6, 0x81, 0xa2, 0xd9, 0x51, 0x0f]);
    let both = vec![ip("fe80::77:1"), ip("fd00:77::110")];
    let hmac6 = AdvertSpec {
        version: 3,
        priority: 102,
        signing: signing(1, 0x6b03_1b52, 0xeed3),
        ..AdvertSpec::new(mac, ip("fe80::f481:a2ff:fed9:510f"), 51, both)
    };
    let mut kernel = hex(HMAC_V6);
    kernel[15..18].copy_from_slice(&[0, 0, 0]);
    assert_eq!(hmac6.frame(), kernel);

    let unicast = AdvertSpec {
        version: 3,
        dst: Some(ip("10.77.0.1")),
        advert_int: Duration::from_millis(500),
        signing: signing(2, 0x6b03_1b60, 0xce3f),
        ..AdvertSpec::new(Mac([0x6a, 0xdf, 0xa2, 0x3b, 0x13, 0x2b]), ip("10.77.0.2"), 51, one)
    };
    // The peer's hardware address is not known here: bytes 0 to 5.
    assert_eq!(unicast.frame()[6..], hex(HMAC_UNICAST)[6..]);
}
