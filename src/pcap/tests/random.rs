//! Whatever the bytes are: no panic, and an end.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::CaptureWriter;
use super::*;
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

proptest! {
    // A failure is reported with its bytes; files of them beside the crate are not wanted.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in vec(any::<u8>(), 0..300)) {
        read(&bytes[..]);
    }

    #[test]
    fn random_bytes_after_a_header(which in 0usize..3, tail in vec(any::<u8>(), 0..300), step in 1usize..50) {
        let head = match which {
            0 => super::classic::LITTLE[..24].to_vec(),
            1 => [section(), interface(1, 0, &[])].concat(),
            _ => b"\x1f\x8b\x08\0\0\0\0\0\0\x03".to_vec(),
        };
        let file = [head, tail].concat();
        // However the bytes arrive, the same comes out; only how far a damaged gzip stream can be unpacked varies.
        let (a, b) = (read(&file[..]), read(Drip::new(&file, step)));
        prop_assert!(which == 2 || a.0.iter().map(parts).eq(b.0.iter().map(parts)));
        let told = |e: CaptureError| if which == 2 { "gzip".to_owned() } else { e.to_string() };
        prop_assert_eq!(a.1.map(told), b.1.map(told));
    }

    #[test]
    fn changed_bytes(which in any::<bool>(), at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut file = if which { super::classic::LITTLE.to_vec() } else { super::ng::LITTLE.to_vec() };
        let at = at.index(file.len());
        file[at] = value;
        read(&file[..]);
    }

    #[test]
    fn random_blocks(kinds in vec((0u32..8, vec(any::<u8>(), 0..60)), 0..20)) {
        let mut file = section();
        for (kind, mut body) in kinds {
            body.resize(body.len().next_multiple_of(4), 0);
            file.extend(block(kind, &body));
        }
        read(&file[..]);
    }

    #[test]
    fn written_and_read(
        packets in vec((0..=i64::MAX, 0u16..300, vec(any::<u8>(), 0..100), any::<u32>()), 0..20),
        step in 1usize..200,
    ) {
        let mut writer = CaptureWriter::new(Vec::new()).unwrap();
        for (nanos, link, data, wire_len) in &packets {
            let frame = Frame {
                number: 77,
                time: Timestamp::from_nanos(*nanos),
                link: LinkType::from_number(*link),
                stripped_tag: None,
                data,
                wire_len: *wire_len,
            };
            writer.write(&frame).unwrap();
        }
        let file = writer.finish().unwrap();
        let (got, error) = read(Drip::new(&file, step));
        prop_assert!(error.is_none());
        prop_assert_eq!(got.len(), packets.len());
        for ((i, got), (nanos, link, data, wire_len)) in (1u64..).zip(&got).zip(&packets) {
            let link = LinkType::from_number(*link).number();
            prop_assert_eq!(parts(got), (i, *nanos, 9, link, &data[..], *wire_len));
        }
    }
}
