//! Whatever is built reads back the same; whatever arrives does not panic.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::Mac;
use super::super::auth::{Auth, AuthCheck, Secret};
use super::super::build::{AdvertSpec, Signing, arp, gratuitous_arp, unsolicited_na};
use super::super::checksum::{Form, Verdict};
use super::*;

const LINKS: [LinkType; 7] = [
    LinkType::Null,
    LinkType::Ethernet,
    LinkType::Raw,
    LinkType::Loop,
    LinkType::LinuxSll,
    LinkType::LinuxSll2,
    LinkType::Other(147),
];

fn v4() -> impl Strategy<Value = Ipv4Addr> {
    any::<u32>().prop_map(Ipv4Addr::from)
}

fn v6() -> impl Strategy<Value = Ipv6Addr> {
    any::<u128>().prop_map(Ipv6Addr::from)
}

fn family(ipv4: bool, most: usize) -> impl Strategy<Value = (IpAddr, IpAddr, Vec<IpAddr>)> {
    let v4s =
        (v4(), v4(), vec(v4().prop_map(IpAddr::V4), 0..most)).prop_map(|(s, d, a)| (IpAddr::V4(s), IpAddr::V4(d), a));
    let v6s =
        (v6(), v6(), vec(v6().prop_map(IpAddr::V6), 0..most)).prop_map(|(s, d, a)| (IpAddr::V6(s), IpAddr::V6(d), a));
    if ipv4 { v4s.boxed() } else { v6s.boxed() }
}

fn signing(version: u8, ipv4: bool) -> BoxedStrategy<Signing> {
    let key = |id: u8| if id == 1 { (0..32).collect() } else { (32..64).collect() };
    let hmac =
        (1u8..3, any::<u32>(), any::<u16>(), any::<u16>()).prop_map(move |(key_id, seconds, subsec, counter)| {
            Signing::Hmac { key_id, key: key(key_id), seconds, subsec, counter }
        });
    if version == 2 && ipv4 {
        let pass = any::<[u8; 8]>().prop_map(Signing::Pass);
        let ah = any::<u32>().prop_map(|n| Signing::Ah(*b"s3cr3t\0\0", n));
        prop_oneof![Just(Signing::None), pass, ah, hmac].boxed()
    } else {
        prop_oneof![Just(Signing::None), hmac].boxed()
    }
}

fn spec() -> impl Strategy<Value = AdvertSpec> {
    let kinds = prop_oneof![Just((2u8, true)), Just((3, true)), Just((3, false))];
    let form = prop_oneof![Just(Form::Plain), Just(Form::PseudoHeader), Just(Form::PseudoHeaderGroup)];
    kinds
        .prop_flat_map(move |(version, ipv4)| {
            let most = 256;
            let header = (any::<[u8; 6]>(), vec(1u16..4095, 0..4), any::<u8>(), any::<u16>(), any::<bool>());
            let values = (any::<u8>(), any::<u8>(), 0u64..4096);
            (Just(version), family(ipv4, most), header, values, signing(version, ipv4), form.clone())
        })
        .prop_map(|(version, (src, dst, addresses), (mac, vlans, ttl, ip_id, group), values, signing, checksum)| {
            let (vrid, priority, interval) = values;
            let advert_int =
                if version == 2 { Duration::from_secs(interval % 256) } else { Duration::from_millis(interval * 10) };
            AdvertSpec {
                vlans,
                dst: (!group).then_some(dst),
                ttl,
                ip_id,
                version,
                priority,
                advert_int,
                signing,
                checksum,
                ..AdvertSpec::new(Mac(mac), src, vrid, addresses)
            }
        })
}

/// The 16-bit words of an address, summed.
fn words(a: IpAddr) -> u64 {
    let bytes = match a {
        IpAddr::V4(a) => a.octets().to_vec(),
        IpAddr::V6(a) => a.octets().to_vec(),
    };
    bytes.chunks(2).map(|w| u64::from(w[0]) * 256 + u64::from(w[1])).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    // holds: rfc3768-7.2-1 rfc5798-7.2-1 rfc9568-7.2-1
    #[test]
    fn what_is_built_reads_back_the_same(spec in spec()) {
        let bytes = spec.frame();
        let a = advert(&bytes);
        prop_assert_eq!(a.link.src, Some(spec.mac));
        prop_assert_eq!(a.link.vlans.ids(), &spec.vlans[..]);
        prop_assert_eq!(a.src, spec.src);
        let group: IpAddr = if spec.src.is_ipv4() { "224.0.0.18" } else { "ff02::12" }.parse().unwrap();
        let dst = spec.dst.unwrap_or(group);
        prop_assert_eq!(a.dst, dst);
        prop_assert_eq!((a.ttl, a.tos), (spec.ttl, 0xc0));
        prop_assert_eq!(a.ip_id, spec.src.is_ipv4().then_some(spec.ip_id));
        prop_assert_eq!((a.version, a.kind, a.vrid, a.priority), (spec.version, 1, spec.vrid, spec.priority));
        prop_assert_eq!(a.advert_int, spec.advert_int);
        prop_assert_eq!(&a.addresses, &spec.addresses);
        let (auth, check) = match &spec.signing {
            Signing::None => (Auth::None, None),
            Signing::Pass(p) => (Auth::Pass(Secret(*p)), None),
            Signing::Ah(..) => (Auth::Ah, Some(AuthCheck::Ok)),
            Signing::Hmac { .. } => (Auth::Hmac, Some(AuthCheck::Ok)),
        };
        prop_assert_eq!((a.auth, a.auth_check), (auth, check));
        if let Signing::Hmac { key_id, seconds, subsec, counter, .. } = &spec.signing {
            let h = a.hmac.unwrap();
            prop_assert_eq!((h.key_id, h.seconds, h.subsec, h.counter), (*key_id, *seconds, *subsec, *counter));
        }
        prop_assert_eq!(a.ah.map(|h| h.sequence), match spec.signing { Signing::Ah(_, n) => Some(n), _ => None });
        let Verdict::Ok(form) = a.checksum_verdict else { return Err(TestCaseError::fail("the checksum is bad")) };
        // Of version 3 over IPv4 the form is told, unless the pseudo-headers of two forms sum to the same: then the
        // real one, or the plain one, is as true.
        let (wanted, ambiguous) = match (spec.version, spec.src.is_ipv4()) {
            (2, true) => (Form::Plain, false),
            (_, false) => (Form::PseudoHeader, false),
            _ => {
                let length = 8 + 4 * spec.addresses.len() as u64;
                let pseudo = |dst| (words(spec.src) + words(dst) + 112 + length) % 0xffff;
                let plain_is_pseudo = pseudo(dst) == 0;
                let group_is_real = pseudo(dst) == pseudo(group) || pseudo(group) == 0;
                let group_of_multicast = spec.checksum == Form::PseudoHeaderGroup && dst == group;
                let wanted = if group_of_multicast { Form::PseudoHeader } else { spec.checksum };
                (wanted, plain_is_pseudo || group_is_real && !group_of_multicast)
            }
        };
        prop_assert!(form == wanted || ambiguous, "{:?} for {:?}", form, wanted);
    }

    // holds: rfc3768-7.1-3 rfc5798-7.1-3 rfc9568-7.1-4
    #[test]
    fn every_cut_of_what_is_built_is_noticed(spec in spec(), at in any::<prop::sample::Index>()) {
        let bytes = spec.frame();
        let cut = &bytes[..at.index(bytes.len())];
        let f = Frame { wire_len: bytes.len() as u32, ..frame(LinkType::Ethernet, cut) };
        let decoded = Decoder::new(keys()).decode(&f);
        prop_assert!(matches!(decoded, Decoded::Malformed(_) | Decoded::Other), "{:?}", decoded);
    }

    #[test]
    fn random_bytes_do_not_panic(bytes in vec(any::<u8>(), 0..200), tag in any::<Option<(u16, u16)>>()) {
        for link in LINKS {
            let f = Frame { stripped_tag: tag, ..frame(link, &bytes) };
            if let Decoded::Malformed(m) = Decoder::new(keys()).decode(&f) {
                prop_assert!(m.offset <= bytes.len() + 64, "{}", m);
            }
        }
    }

    #[test]
    fn changed_bytes_of_an_advert_do_not_panic(
        which in 0usize..7,
        changes in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        tail in vec(any::<u8>(), 0..20),
    ) {
        let mut bytes = hex([V2_PASS, V3, V6, AH, HMAC_V2, HMAC_V6, HMAC_UNICAST][which]);
        bytes.extend(tail);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let _ = decode(&bytes);
        for link in LINKS {
            for skip in [0, 10, 14] {
                let _ = Decoder::new(keys()).decode(&frame(link, &bytes[skip..]));
            }
        }
    }

    // holds: rfc5798-8.2.2-3 rfc9568-8.2.2-3
    #[test]
    fn announcements_read_back_the_same(mac in any::<[u8; 6]>(), a in v4(), b in v4(), six in v6(), request in any::<bool>()) {
        let mac = Mac(mac);
        let Decoded::Arp(got) = decode(&gratuitous_arp(mac, a, &[10])) else { panic!("ARP") };
        prop_assert!(got.request && got.sender_ip == a && got.target_ip == a && got.sender_mac == mac);
        prop_assert!(got.is_gratuitous() != a.is_unspecified());
        prop_assert_eq!(got.link.vlans.ids(), &[10][..]);
        let bytes = arp(request, (mac, a), (Mac([7; 6]), b), Mac([7; 6]), &[]);
        let Decoded::Arp(got) = decode(&bytes) else { panic!("ARP") };
        prop_assert_eq!((got.request, got.sender_ip, got.target_ip, got.target_mac), (request, a, b, Mac([7; 6])));
        let Decoded::Na(got) = decode(&unsolicited_na(mac, six, &[])) else { panic!("an NA") };
        prop_assert_eq!((got.src, got.target, got.target_mac), (six, six, Some(mac)));
        prop_assert_eq!((got.over, got.solicited, got.router, got.hop_limit), (true, false, false, 255));
    }
}
