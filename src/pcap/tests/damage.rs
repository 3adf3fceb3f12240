//! Captures that are cut, corrupt, or not captures.

use super::*;

/// Frames of every prefix are those that are whole in it, then a cut at its length, or a sound end between blocks.
fn prefixes(file: &[u8], ends: &[usize], first: &[usize]) {
    for n in 1..file.len() {
        let whole = first.iter().filter(|&&end| end <= n).count();
        for (got, error) in [read(&file[..n]), read(Drip::new(&file[..n], 1))] {
            assert_eq!(got.len(), whole, "prefix of {n}");
            match error {
                None => assert!(ends.contains(&n), "prefix of {n} ends soundly"),
                Some(CaptureError::Cut { offset, frames, within }) => {
                    assert!(!ends.contains(&n), "prefix of {n} is cut in {within}");
                    assert_eq!((offset.bytes, offset.unpacked, frames), (n as u64, false, whole as u64));
                }
                Some(other) => panic!("prefix of {n}: {other:?}"),
            }
        }
    }
}

#[test]
fn every_prefix_of_a_classic_capture() {
    prefixes(super::classic::LITTLE, &[24, 45], &[45, 64]);
}

#[test]
fn every_prefix_of_a_pcapng_capture() {
    let more = [super::ng::LITTLE, &block(5, b"12345678")[..], &packet(0, 1, b"x", 1)].concat();
    prefixes(&more, &[28, 48, 100, 120], &[100, 156]);
}

#[test]
fn a_cut_is_told_in_a_sentence() {
    let (n, e) = fails(&super::classic::LITTLE[..63]);
    assert_eq!(n, 1);
    assert!(e.is_cut());
    assert_eq!(e.to_string(), "the capture ends at byte 63 in the midst of a packet record, after 1 whole frame");
}

#[test]
fn what_is_not_a_capture() {
    assert!(matches!(fails(b""), (0, CaptureError::Empty)));
    let text = |bytes: &[u8]| fails(bytes).1.to_string();
    assert_eq!(
        text("vrrp_instance VI_1 {\n".as_bytes()),
        "not a capture: it begins with 76 72 72 70 5f 69 6e 73, which looks like text, not with the magic number of \
         pcap, pcapng or gzip"
    );
    assert_eq!(
        text(b"\x7fELF\x02\x01"),
        "not a capture: it begins with 7f 45 4c 46 02 01, not with the magic number of pcap, pcapng or gzip"
    );
    assert!(text("grüße, überall".as_bytes()).contains("looks like text"));
    assert!(text(b"a\n").contains("begins with 61 0a, which looks like text"));
    assert!(text(b"\xff").contains("begins with ff, not"));
    assert!(text(b"snoop\0\0\0\0\0\0\x02\0\0\0\x04").starts_with("this is a snoop capture, which is not read here: "));
    assert!(text(b"\x28\xb5\x2f\xfd\0\0").contains("a zstd archive"));
}

#[test]
fn lengths_that_cannot_be() {
    let mut file = super::classic::LITTLE.to_vec();
    file[53..57].copy_from_slice(&le((16 << 20) + 1));
    let (n, e) = fails(&file);
    assert_eq!(n, 1);
    assert!(matches!(e, CaptureError::Implausible { offset, length: 0x0100_0001 } if offset.bytes == 45), "{e:?}");

    let head = [section(), interface(1, 0, &[])].concat();
    let at = head.len() as u64;
    let with = |tail: &[u8]| fails(&[&head[..], tail].concat()).1;
    let long = [le(6), le(0x0100_0004)].concat();
    assert!(matches!(with(&long), CaptureError::Implausible { offset, .. } if offset.bytes == at));
    for (kind, length) in [(6, 28), (6, 0), (6, 33), (3, 12), (2, 28), (1, 16), (5, 8), (5, 13), (0x0a0d0d0a, 24)] {
        let bad = [&le(kind)[..], &le(length), b"\x4d\x3c\x2b\x1a\x01\0\0\0", &[0; 40]].concat();
        match with(&bad) {
            CaptureError::BlockLength { offset, length: l } => assert_eq!((offset.bytes, l), (at, length)),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn blocks_that_contradict_themselves() {
    let head = [section(), interface(1, 0, &[])].concat();
    let at = head.len() as u64;
    let with = |tail: &[u8]| fails(&[&head[..], tail].concat()).1;
    for good in [packet(0, 0, b"abcd", 4), block(5, &[0; 8]), interface(1, 0, &[]), section()] {
        let mut bad = good.clone();
        let last = bad.len() - 4;
        bad[last] ^= 4;
        assert!(matches!(with(&bad), CaptureError::BlockTrailer { offset, .. } if offset.bytes == at));
    }
    let mut long = packet(0, 0, b"abcd", 4);
    long[20] = 5;
    assert!(matches!(with(&long), CaptureError::PacketLength { length: 5, room: 4, .. }));
    assert!(matches!(with(&block(3, b"\x09\0\0\0abcd")), CaptureError::PacketLength { length: 9, room: 4, .. }));
    assert!(matches!(with(&packet(1, 0, b"", 0)), CaptureError::UnknownInterface { id: 1, known: 1, .. }));
    let alone = [section(), block(3, b"\x01\0\0\0a\0\0\0")].concat();
    assert!(matches!(fails(&alone).1, CaptureError::UnknownInterface { id: 0, known: 0, .. }));
    assert!(matches!(with(&interface(1, 0, b"\x02\0\x05\0abc\0")), CaptureError::OptionLength { length: 5, .. }));
    let mut mark = section();
    mark[8] = 0;
    assert!(matches!(with(&mark), CaptureError::ByteOrder { mark: 0x003c_2b1a, .. }));
    let mut version = section();
    version[12] = 2;
    assert!(matches!(fails(&version).1, CaptureError::Version { format: "pcapng", major: 2, minor: 0, .. }));
    let mut old = super::classic::LITTLE.to_vec();
    old[6] = 2;
    assert!(matches!(fails(&old).1, CaptureError::Version { format: "pcap", major: 2, minor: 2, .. }));
}

#[test]
fn interfaces_are_counted() {
    let mut file = section();
    for _ in 0..=super::super::MAX_INTERFACES {
        file.extend(interface(1, 0, &[]));
    }
    match fails(&file).1 {
        CaptureError::TooManyInterfaces { offset } => assert_eq!(offset.bytes, 28 + 20 * 65_536),
        other => panic!("{other:?}"),
    }
    // a new section begins anew
    let last = file.len() - 20;
    file.splice(last.., section());
    assert!(frames(&file).is_empty());
}

#[test]
fn a_failing_read_is_told_after_the_frames_before_it() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the cable is out"))
        }
    }
    let (got, error) = read(super::classic::LITTLE[..50].chain(Fails));
    assert_eq!(got.len(), 1);
    assert_eq!(error.unwrap().to_string(), "cannot read on at byte 50: the cable is out");
}
