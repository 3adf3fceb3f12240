//! One frame: a byte that picks the link type, then its bytes. No panic, with and without keys; no advert out of a frame
//! that a snap length cut short of its IP length.
#![no_main]

use hactl::frame::{Frame, LinkType};
use hactl::time::Timestamp;
use hactl::wire::{Decoded, Decoder, Keys};
use libfuzzer_sys::fuzz_target;

const LINKS: [LinkType; 7] = [
    LinkType::Ethernet,
    LinkType::Raw,
    LinkType::Null,
    LinkType::Loop,
    LinkType::LinuxSll,
    LinkType::LinuxSll2,
    LinkType::Other(147),
];

fuzz_target!(|input: &[u8]| {
    let [pick, data @ ..] = input else { return };
    let mut keys = Keys::default();
    keys.add_hmac(1, &[7; 32]);
    keys.set_ah(b"s3cr3t");
    let link = LINKS[usize::from(*pick & 0x0f) % LINKS.len()];
    let stripped_tag = (pick & 0x40 != 0).then_some((0x8100, 0x0123));
    let wire_len = data.len() as u32 + if pick & 0x80 == 0 { 0 } else { 100 };
    let frame = Frame { number: 1, time: Timestamp::from_micros(0), link, stripped_tag, data, wire_len };
    let open = Decoder::default().decode(&frame);
    let keyed = Decoder::new(keys).decode(&frame);
    match (&open, &keyed) {
        (Decoded::Advert(a), Decoded::Advert(b)) => {
            // Keys say whether a digest is right, never what an advert says.
            assert_eq!((a.vrid, a.priority, a.src, &a.addresses), (b.vrid, b.priority, b.src, &b.addresses));
            assert!(a.addresses.len() <= 255 && a.addresses.iter().all(|x| x.is_ipv4() == a.src.is_ipv4()));
        }
        (Decoded::Malformed(a), Decoded::Malformed(b)) => {
            assert_eq!(a, b);
            let _ = a.to_string();
        }
        (a, b) => assert_eq!(std::mem::discriminant(a), std::mem::discriminant(b)),
    }
    let _ = format!("{open:?}");
});
