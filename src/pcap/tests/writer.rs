//! The writer, byte for byte.

use super::super::CaptureWriter;
use super::*;
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

fn frame(data: &[u8]) -> Frame<'_> {
    let time = Timestamp::from_nanos(1_700_000_000_123_456_789);
    Frame { number: 1, time, link: LinkType::Ethernet, stripped_tag: None, data, wire_len: data.len() as u32 }
}

#[test]
fn byte_for_byte() {
    let mut writer = CaptureWriter::new(Vec::new()).unwrap();
    writer.write(&frame(b"hello")).unwrap();
    writer.flush().unwrap();
    let file = writer.finish().unwrap();
    let application = concat!("hactl ", env!("CARGO_PKG_VERSION"));
    let size = application.len().next_multiple_of(4);
    let mut expected = b"\x0a\x0d\x0d\x0a".to_vec();
    expected.extend(le(36 + size as u32));
    expected.extend(b"\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x04\0");
    expected.extend((application.len() as u16).to_le_bytes());
    expected.extend(application.as_bytes());
    expected.resize(28 + size, 0);
    expected.extend([0; 4]);
    expected.extend(le(36 + size as u32));
    expected.extend(b"\x01\0\0\0\x20\0\0\0\x01\0\0\0\0\0\0\0\x09\0\x01\0\x09\0\0\0\0\0\0\0\x20\0\0\0");
    // 1,700,000,000,123,456,789 is 0x17979cfe3d85cd15
    expected.extend(
        b"\x06\0\0\0\x28\0\0\0\0\0\0\0\xfe\x9c\x97\x17\x15\xcd\x85\x3d\x05\0\0\0\x05\0\0\0hello\0\0\0\x28\0\0\0",
    );
    assert_eq!(0x1797_9cfe_3d85_cd15_i64, 1_700_000_000_123_456_789, "the literal above");
    assert_eq!(file, expected);
}

#[test]
fn an_interface_for_each_link_type() {
    let mut writer = CaptureWriter::new(Vec::new()).unwrap();
    for link in [LinkType::LinuxSll2, LinkType::Ethernet, LinkType::LinuxSll2, LinkType::Other(147)] {
        writer.write(&Frame { link, ..frame(b"x") }).unwrap();
    }
    let file = writer.finish().unwrap();
    let links: Vec<u16> = frames(&file).iter().map(|f| f.link.number()).collect();
    assert_eq!(links, [276, 1, 276, 147]);
    assert_eq!(file.windows(8).filter(|w| *w == b"\x01\0\0\0\x20\0\0\0").count(), 3);
}

#[test]
fn a_stripped_tag_goes_back() {
    let write = |frame: &Frame| {
        let mut writer = CaptureWriter::new(Vec::new()).unwrap();
        writer.write(frame).unwrap();
        frames(&writer.finish().unwrap()).remove(0)
    };
    let tagged = Frame { stripped_tag: Some((0x8100, 0x6064)), wire_len: 60, ..frame(b"ddddddssssss\x08\x00rest") };
    assert_eq!(
        parts(&write(&tagged)),
        (1, tagged.time.nanos, 9, 1, &b"ddddddssssss\x81\x00\x60\x64\x08\x00rest"[..], 64)
    );
    // at the largest length there is
    assert_eq!(write(&Frame { wire_len: u32::MAX, ..tagged }).wire_len, u32::MAX);
    // nowhere to put it: an Ethernet header that was cut, another link type
    for odd in [Frame { data: b"ddddddsssss", ..tagged }, Frame { link: LinkType::LinuxSll, ..tagged }] {
        let got = write(&odd);
        assert_eq!((&*got.data, got.wire_len), (odd.data, 60));
    }
}

#[test]
fn what_the_format_cannot_hold() {
    let mut writer = CaptureWriter::new(Vec::new()).unwrap();
    writer.write(&Frame { time: Timestamp::from_nanos(-5), ..frame(b"x") }).unwrap();
    let most = vec![0; super::super::MAX_RECORD as usize - 64];
    writer.write(&frame(&most)).unwrap();
    assert_eq!(writer.write(&frame(&[&most[..], b"x"].concat())).unwrap_err().kind(), io::ErrorKind::InvalidInput);
    let got = frames(&writer.finish().unwrap());
    assert_eq!(got.len(), 2);
    assert_eq!(got[0].time.nanos, 0);
}
