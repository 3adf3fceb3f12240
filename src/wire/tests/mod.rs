//! Bytes of real daemons and of crafted captures, literally, and what they mean.

mod meaning;
mod problems;
mod properties;
mod refused;

use super::{Advert, Decoded, Decoder, Keys, Malformed};
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

/// keepalived 2.2.7, version 2, password 1111 (keepalived-2.2.7/v2-pass-healthy.pcap, frame 5).
pub(super) const V2_PASS: &str = "01005e00001202000a4d0001080045c0002800010000ff70d0440a4d0001e00000122133660101010aad0a4d006e\
                                  3131313100000000";
/// keepalived 2.2.7, version 3 every half second (keepalived-2.2.7/v3-crash.pcap, frame 5).
pub(super) const V3: &str =
    "01005e00001202000a4d0001080045c0002000010000ff70d04c0a4d0001e000001231336601003273010a4d006e";
/// keepalived 2.2.7 over IPv6 (keepalived-2.2.7/v3-ipv6-crash.pcap, frame 7).
pub(super) const V6: &str = "33330000001202000a4d000186dd6c097bbc002870fffe800000000000000000000000000001ff0200000000000000000000\
                             000000123133660200643b66fe80000000000000000000000000011020010db8007700000000000000000110";
/// keepalived 2.2.7, AH with the password s3cr3t (keepalived-2.2.7/v2-ah-crash.pcap, frame 5).
pub(super) const AH: &str = "01005e00001202000a4d0001080045c0004000010000ff33d0690a4d0001e0000012700400000a4d0001000000012e7b8716\
                             774e1d910307698b2133660102016c0f0a4d006e0000000000000000";
/// keepalived 2.4.3, version 2 signed with key 1 (keepalived-2.4.3/hmac-v2-ipv4.pcap, frame 8).
pub(super) const HMAC_V2: &str = "01005e0000123eb45ce0febd080045c0004400010000ff70d0270a4d0002e0000012213364010001700f0a4d006e0000\
                                  000000000000010100006b031b4330e8000073d14fb0836dab99a7c6eb4312402992";
/// keepalived 2.4.3 over IPv6 signed with key 1 (keepalived-2.4.3/hmac-v3-ipv6.pcap, frame 4).
pub(super) const HMAC_V6: &str = "333300000012f681a2d9510f86dd6c0b003d004470fffe80000000000000f481a2fffed9510fff020000000000000000\
                                  000000000012313366020064bf91fe800000000000000000000000770001fd000077000000000000000000000110\
                                  010100006b031b52eed300002af11dc4ceb17233f05568f07647f64b";
/// keepalived 2.4.3, unicast, signed with key 2 (keepalived-2.4.3/hmac-v3-unicast-rotation.pcap, frame 3).
pub(super) const HMAC_UNICAST: &str = "7ade41349def6adfa23b132b080045c0003c00010000ff70a5f40a4d00020a4d00013133640100324ac50a4d006e\
                                       010200006b031b60ce3f000057d7c8835381a4205f6dbc2a83e27818";
/// FRR 8.4.4, version 3 from the virtual MAC, do-not-fragment set (frr-8.4.4/v3-crash.pcap, frame 5).
pub(super) const FRR_V3: &str =
    "01005e00001200005e000133080045c0002087c64000ff7008870a4d0001e000001231336601006472cf0a4d006e";

pub(super) fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "an odd number of digits");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}

/// The keys of the captures: HMAC keys 1 (bytes 0 to 31) and 2 (32 to 63), and the AH password.
pub(super) fn keys() -> Keys {
    let mut keys = Keys::default();
    keys.add_hmac(1, &(0..32).collect::<Vec<u8>>());
    keys.add_hmac(2, &(32..64).collect::<Vec<u8>>());
    keys.set_ah(b"s3cr3t");
    keys
}

pub(super) fn frame(link: LinkType, data: &[u8]) -> Frame<'_> {
    let wire_len = data.len() as u32;
    Frame { number: 1, time: Timestamp::from_micros(0), link, stripped_tag: None, data, wire_len }
}

pub(super) fn decode(data: &[u8]) -> Decoded {
    Decoder::new(keys()).decode(&frame(LinkType::Ethernet, data))
}

pub(super) fn advert(data: &[u8]) -> Advert {
    match decode(data) {
        Decoded::Advert(a) => *a,
        other => panic!("no advert: {other:?}"),
    }
}

pub(super) fn malformed(data: &[u8]) -> Malformed {
    match decode(data) {
        Decoded::Malformed(m) => m,
        other => panic!("not malformed: {other:?}"),
    }
}
