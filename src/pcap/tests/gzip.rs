//! Captures within gzip.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A classic capture of `n` packets that do not compress to nothing.
fn capture(n: u32) -> Vec<u8> {
    let mut file = super::classic::LITTLE[..24].to_vec();
    let mut x = 1u32;
    for i in 0..n {
        file.extend([le(1_700_000_000 + i), le(i), le(100), le(100)].concat());
        for _ in 0..100 {
            x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            file.push((x >> 28) as u8);
        }
    }
    file
}

#[test]
fn whole() {
    for plain in [super::classic::LITTLE, super::ng::LITTLE, &capture(5000)] {
        let expected = frames(plain);
        for (got, error) in [read(&gzip(plain)[..]), read(Drip::new(&gzip(plain), 1))] {
            assert!(error.is_none());
            assert!(got.iter().map(parts).eq(expected.iter().map(parts)));
        }
    }
}

#[test]
fn a_stream_as_gzip_itself_writes_it() {
    // printf '\xd4\xc3\xb2\xa1\x02\0\x04\0…\x01\0\0\0' | gzip -n: a classic header alone, in one stored block
    let mut file = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x18\0\xe7\xff".to_vec();
    file.extend(&super::classic::LITTLE[..24]);
    let whole = gzip(&super::classic::LITTLE[..24]);
    file.extend(&whole[whole.len() - 8..]); // the checksum and the length are of the unpacked bytes
    assert!(frames(&file).is_empty());
}

#[test]
fn members_after_one_another_are_one_capture() {
    let (a, b) = super::classic::LITTLE.split_at(30);
    let got = frames(&[gzip(a), gzip(b)].concat());
    assert_eq!(got.len(), 2);
}

#[test]
fn every_cut_gives_the_frames_before_it() {
    let plain = capture(40);
    let packed = gzip(&plain);
    let mut most = 0;
    for n in 3..packed.len() {
        let (got, error) = read(&packed[..n]);
        match error {
            Some(CaptureError::Cut { offset, frames, within }) => {
                assert_eq!(frames, got.len() as u64);
                assert_eq!(within, if n < 4 { "the file header" } else { "the gzip stream" });
                assert!(offset.unpacked || n < 4);
                assert!(got.len() >= most, "more bytes give no fewer frames");
                most = got.len();
            }
            other => panic!("prefix of {n}: {other:?}"),
        }
    }
    assert_eq!(most, 40, "without the checksum all frames are there");
    let text = fails(&packed[..packed.len() - 1]).1.to_string();
    assert_eq!(
        text,
        "the capture ends at byte 4664 of the unpacked data in the midst of the gzip stream, after 40 whole frames"
    );
}

#[test]
fn cut_inside_the_gzip() {
    // The gzip stream is whole, the capture within it is not.
    let (n, e) = fails(&gzip(&super::classic::LITTLE[..50]));
    assert_eq!(n, 1);
    assert!(
        matches!(e, CaptureError::Cut { offset, within: "the header of a packet record", .. } if offset.bytes == 50)
    );
    assert!(matches!(fails(&gzip(b"")).1, CaptureError::Empty));
}

#[test]
fn damaged() {
    let mut packed = gzip(super::classic::LITTLE);
    let n = packed.len();
    packed[n - 6] ^= 1; // the checksum
    let (n, e) = fails(&packed);
    assert_eq!(n, 2);
    assert!(matches!(e, CaptureError::Gzip { frames: 2, .. }), "{e:?}");
    let (n, e) = fails(&[&gzip(super::classic::LITTLE)[..], b"more than that"].concat());
    assert_eq!(n, 2);
    assert!(matches!(e, CaptureError::Gzip { .. }), "{e:?}");
    assert!(matches!(fails(&gzip(&gzip(b"x"))).1, CaptureError::Unsupported { format: "gzip within gzip", .. }));
}
