//! Classic captures.

use super::*;
use crate::frame::LinkType;

/// Two packets at 1,700,000,000.000002 s and one second later; the second was cut to 3 of 60 bytes. Microseconds.
pub(super) const LITTLE: &[u8] = b"\xd4\xc3\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\x00\x00\x04\x00\x01\x00\x00\x00\
    \x00\xf1\x53\x65\x02\x00\x00\x00\x05\x00\x00\x00\x05\x00\x00\x00hello\
    \x01\xf1\x53\x65\x3f\x42\x0f\x00\x03\x00\x00\x00\x3c\x00\x00\x00abc";

/// The same packets, big endian.
const BIG: &[u8] = b"\xa1\xb2\xc3\xd4\x00\x02\x00\x04\0\0\0\0\0\0\0\0\x00\x04\x00\x00\x00\x00\x00\x01\
    \x65\x53\xf1\x00\x00\x00\x00\x02\x00\x00\x00\x05\x00\x00\x00\x05hello\
    \x65\x53\xf1\x01\x00\x0f\x42\x3f\x00\x00\x00\x03\x00\x00\x00\x3cabc";

#[test]
fn microseconds_in_both_byte_orders() {
    for file in [LITTLE, BIG] {
        let got = frames(file);
        assert_eq!(got.len(), 2);
        assert_eq!(parts(&got[0]), (1, 1_700_000_000_000_002_000, 6, 1, &b"hello"[..], 5));
        assert_eq!(parts(&got[1]), (2, 1_700_000_001_999_999_000, 6, 1, &b"abc"[..], 60));
        assert!(got[1].as_frame().is_cut());
    }
}

#[test]
fn nanoseconds_in_both_byte_orders() {
    let little = b"\x4d\x3c\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\x00\x00\x04\x00\x71\x00\x00\x00\
        \x00\xf1\x53\x65\xff\xc9\x9a\x3b\x01\x00\x00\x00\x01\x00\x00\x00x";
    let big = b"\xa1\xb2\x3c\x4d\x00\x02\x00\x04\0\0\0\0\0\0\0\0\x00\x04\x00\x00\x00\x00\x00\x71\
        \x65\x53\xf1\x00\x3b\x9a\xc9\xff\x00\x00\x00\x01\x00\x00\x00\x01x";
    for file in [&little[..], big] {
        let got = frames(file);
        assert_eq!(got.len(), 1);
        assert_eq!(parts(&got[0]), (1, 1_700_000_000_999_999_999, 9, 113, &b"x"[..], 1));
        assert_eq!(got[0].link, LinkType::LinuxSll);
    }
}

#[test]
fn kuznetzovs_records_have_eight_bytes_more() {
    let file = b"\x34\xcd\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\xdc\x05\x00\x00\x01\x00\x00\x00\
        \x01\0\0\0\x02\0\0\0\x02\0\0\0\x02\0\0\0\x07\0\0\0\x08\x00\x04\x00hi\
        \x02\0\0\0\x02\0\0\0\x01\0\0\0\x02\0\0\0\x07\0\0\0\x08\x00\x04\x00j";
    let got = frames(file);
    assert_eq!(got.len(), 2);
    assert_eq!(parts(&got[0]), (1, 1_000_002_000, 6, 1, &b"hi"[..], 2));
    assert_eq!(parts(&got[1]), (2, 2_000_002_000, 6, 1, &b"j"[..], 2));
}

#[test]
fn the_frame_check_sequence_bits_are_not_the_link_type() {
    let mut file = LITTLE.to_vec();
    file[23] = 0x14; // FCS length present, 2 words of 16 bits
    assert_eq!(frames(&file)[0].link, LinkType::Ethernet);
}

#[test]
fn extreme_times_and_a_header_alone() {
    let mut file = LITTLE.to_vec();
    file[24..32].fill(0xff);
    let nanos = 4_294_967_295 * 1_000_000_000 + 4_294_967_295 * 1000;
    assert_eq!(frames(&file)[0].time.nanos, nanos);
    assert!(frames(&LITTLE[..24]).is_empty());
}

#[test]
fn a_frame_is_there_as_soon_as_its_bytes_are() {
    // An input that fails when asked again after the first frame: the frame must have been handed over by then.
    struct Once<'a>(Option<&'a [u8]>);
    impl Read for Once<'_> {
        fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
            let bytes = self.0.take().expect("asked for more than was needed");
            buf[..bytes.len()].copy_from_slice(bytes);
            Ok(bytes.len())
        }
    }
    let mut reader = CaptureReader::open(Once(Some(&LITTLE[..45]))).unwrap();
    assert_eq!(reader.next().unwrap().unwrap().data, b"hello");
    assert_eq!((reader.frames(), reader.position(), reader.format()), (1, 45, "pcap"));
}

#[test]
fn records_longer_than_the_buffer() {
    let long = vec![7u8; 1_000_000];
    let mut file = LITTLE[..24].to_vec();
    for n in [1_000_000usize, 3, 600_000, 262_144, 262_128, 0, 1_000_000] {
        file.extend([le(1), le(0), le(n as u32), le(n as u32)].concat());
        file.extend(&long[..n]);
    }
    for step in [1000, 70_001, usize::MAX] {
        let (got, error) = read(Drip::new(&file, step));
        assert!(error.is_none());
        let lengths: Vec<usize> = got.iter().map(|f| f.data.len()).collect();
        assert_eq!(lengths, [1_000_000, 3, 600_000, 262_144, 262_128, 0, 1_000_000]);
        assert!(got.iter().all(|f| f.data.iter().all(|&b| b == 7)));
    }
}
