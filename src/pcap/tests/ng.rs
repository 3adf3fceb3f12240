//! pcapng captures.

use super::*;
use crate::frame::LinkType;
use crate::time::Timestamp;

/// A section with an Ethernet interface (microseconds by default) and a packet "hello" at 1,700,000,000.000002 s that
/// has a comment.
pub(super) const LITTLE: &[u8] =
    b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0\
    \x01\0\0\0\x14\0\0\0\x01\0\0\0\0\0\x04\0\x14\0\0\0\
    \x06\0\0\0\x34\0\0\0\0\0\0\0\x24\x0a\x06\0\x02\x40\x1e\x18\x05\0\0\0\x3c\0\0\0hello\0\0\0\
    \x01\0\x02\0ok\0\0\0\0\0\0\x34\0\0\0";

/// The same, big endian.
const BIG: &[u8] = b"\x0a\x0d\x0d\x0a\0\0\0\x1c\x1a\x2b\x3c\x4d\0\x01\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\x1c\
    \0\0\0\x01\0\0\0\x14\0\x01\0\0\0\x04\0\0\0\0\0\x14\
    \0\0\0\x06\0\0\0\x34\0\0\0\0\0\x06\x0a\x24\x18\x1e\x40\x02\0\0\0\x05\0\0\0\x3chello\0\0\0\
    \0\x01\0\x02ok\0\0\0\0\0\0\0\0\0\x34";

const HELLO: Parts<'static> = (1, 1_700_000_000_000_002_000, 6, 1, b"hello", 60);

#[test]
fn both_byte_orders() {
    assert_eq!(0x0006_0a24_181e_4002_u64, 1_700_000_000_000_002, "the literal above");
    for file in [LITTLE, BIG] {
        let got = frames(file);
        assert_eq!(got.len(), 1);
        assert_eq!(parts(&got[0]), HELLO);
    }
    assert_eq!(CaptureReader::open(BIG).unwrap().format(), "pcapng");
}

#[test]
fn sections_of_different_byte_order_number_their_interfaces_afresh() {
    let mut file = [LITTLE, BIG].concat();
    let raw = interface(101, 0, &[]);
    file.extend([section(), raw, packet(0, 5, b"x", 1)].concat());
    let got = frames(&file);
    assert_eq!(got.len(), 3);
    assert_eq!(parts(&got[1]), (2, HELLO.1, 6, 1, &b"hello"[..], 60));
    assert_eq!(parts(&got[2]), (3, 5000, 6, 101, &b"x"[..], 1));
}

/// An option with one byte of value.
fn option1(code: u8, value: u8) -> [u8; 8] {
    [code, 0, 1, 0, value, 0, 0, 0]
}

/// The time of a packet of an interface with these options.
fn time(options: &[u8], units: u64) -> (i64, u8) {
    let file = [section(), interface(1, 0, options), packet(0, units, b"", 0)].concat();
    let Timestamp { nanos, digits } = frames(&file)[0].time;
    (nanos, digits)
}

#[test]
fn resolutions() {
    assert_eq!(time(&[], 1_234_567), (1_234_567_000, 6));
    assert_eq!(time(&option1(9, 9), 1_234_567), (1_234_567, 9));
    assert_eq!(time(&option1(9, 0), 3), (3_000_000_000, 0));
    assert_eq!(time(&option1(9, 3), 1500), (1_500_000_000, 3));
    assert_eq!(time(&option1(9, 12), 1_234_999), (1_234, 9));
    assert_eq!(time(&option1(9, 28), u64::MAX), (1, 9));
    assert_eq!(time(&option1(9, 29), u64::MAX), (0, 9));
    assert_eq!(time(&option1(9, 127), u64::MAX), (0, 9));
    assert_eq!(time(&option1(9, 0x80), 2), (2_000_000_000, 0));
    assert_eq!(time(&option1(9, 0x81), 3), (1_500_000_000, 1));
    assert_eq!(time(&option1(9, 0x94), (1 << 20) + 1), (1_000_000_953, 9));
    assert_eq!(time(&option1(9, 0xa0), 1 << 31), (500_000_000, 9));
    assert_eq!(time(&option1(9, 0xff), u64::MAX), (0, 9));
    // ends at the first end-of-options, and other options before do not matter
    let named = [&b"\x02\0\x05\0vlan1\0\0\0"[..], &option1(9, 9), &[0; 4], &option1(9, 3)].concat();
    assert_eq!(time(&named, 7), (7, 9));
    // a resolution of a wrong length is no resolution
    assert_eq!(time(b"\x09\0\x02\0\x09\0\0\0", 7), (7000, 6));
}

#[test]
fn offsets_and_the_ends_of_time() {
    let offset = |seconds: i64| [&[14, 0, 8, 0][..], &seconds.to_le_bytes()].concat();
    assert_eq!(time(&offset(1_700_000_000), 1), (1_700_000_000_000_001_000, 6));
    assert_eq!(time(&offset(-1), 500_000), (-500_000_000, 6));
    assert_eq!(time(&offset(i64::MIN), 0), (i64::MIN, 6));
    assert_eq!(time(&offset(i64::MAX), u64::MAX), (i64::MAX, 6));
    assert_eq!(time(&[], u64::MAX), (i64::MAX, 6));
    // beyond the end before the offset, within it after
    assert_eq!(time(&offset(-18_446_744_073_709), u64::MAX), (551_615_000, 6));
}

#[test]
fn interfaces_of_different_kinds() {
    let file = [
        section(),
        interface(1, 0, &[]),
        interface(276, 0, &option1(9, 9)),
        packet(1, 1_700_000_000_000_000_001, b"sll2", 4),
        packet(0, 1_700_000_000_000_000, b"eth", 3),
        interface(147, 0, &[]),
        packet(2, 0, b"", 9),
    ]
    .concat();
    let got = frames(&file);
    assert_eq!(parts(&got[0]), (1, 1_700_000_000_000_000_001, 9, 276, &b"sll2"[..], 4));
    assert_eq!(parts(&got[1]), (2, 1_700_000_000_000_000_000, 6, 1, &b"eth"[..], 3));
    assert_eq!((got[2].link, got[2].wire_len), (LinkType::Other(147), 9));
}

#[test]
fn simple_and_obsolete_packets() {
    let file = [
        section(),
        interface(1, 4, &[]),
        block(3, b"\x03\0\0\0one\0"),
        // obsolete: interface 0, 7 drops, 1 s in microseconds
        block(2, b"\0\0\x07\0\0\0\0\0\x40\x42\x0f\0\x02\0\0\0\x09\0\0\0tw\0\0"),
        block(3, b"\x64\0\0\0thre"), // 100 bytes on the wire, 4 by the snap length
    ]
    .concat();
    let got = frames(&file);
    assert_eq!(parts(&got[0]), (1, 0, 6, 1, &b"one"[..], 3));
    assert_eq!(parts(&got[1]), (2, 1_000_000_000, 6, 1, &b"tw"[..], 9));
    assert_eq!(parts(&got[2]), (3, 1_000_000_000, 6, 1, &b"thre"[..], 100));
}

#[test]
fn other_blocks_are_passed_over() {
    let long = vec![0; 1_000_000];
    let file = [
        section(),
        block(10, b"secrets!"),
        interface(1, 0, &[]),
        block(5, &long),
        packet(0, 1, b"a", 1),
        block(4, &[]),
        block(0x0bad, &long),
        packet(0, 2, b"b", 1),
        block(0x8000_0001, b"own "),
    ]
    .concat();
    for step in [999, usize::MAX] {
        let (got, error) = read(Drip::new(&file, step));
        assert!(error.is_none());
        assert_eq!(got.iter().map(|f| &*f.data).collect::<Vec<_>>(), [b"a", b"b"]);
    }
}

#[test]
fn a_block_of_four_gigabytes_takes_no_memory() {
    let head = [section(), interface(1, 0, &[]), le(5).to_vec(), le(u32::MAX - 3).to_vec()].concat();
    let body = io::repeat(0).take(u64::from(u32::MAX - 3) - 12);
    let tail = [le(u32::MAX - 3).to_vec(), packet(0, 1, b"after", 5)].concat();
    let (got, error) = read(head.chain(body).chain(&tail[..]));
    assert!(error.is_none(), "{error:?}");
    assert_eq!(&*got[0].data, b"after");
}
