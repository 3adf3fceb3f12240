//! What an input is by its first bytes, and what to say of one that is no capture.

use std::fmt::Write as _;
use std::io::Read;

use super::error::CaptureError;
use super::stream::Stream;

const UNPACK: &str = "unpack it first";
const CONVERT: &str = "convert it with Wireshark's `editcap -F pcapng`";

/// Formats that are mistaken for captures, or are captures of another kind: first bytes, name, advice.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"\x1f\x8b", "gzip within gzip", UNPACK),
    (b"\xfd7zXZ\0", "an xz archive", UNPACK),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", UNPACK),
    (b"BZh", "a bzip2 archive", UNPACK),
    (b"\x04\x22\x4d\x18", "an lz4 archive", UNPACK),
    (b"PK\x03\x04", "a zip archive", UNPACK),
    (b"snoop\0\0\0", "a snoop capture", CONVERT),
    (b"btsnoop\0", "a Bluetooth snoop capture", CONVERT),
    (b"GMBU", "a Microsoft Network Monitor capture", CONVERT),
    (b"RTSS", "a Microsoft Network Monitor capture", CONVERT),
    (b"XCP\0", "a NetXRay capture", CONVERT),
    (b"TRSNIFF data", "a Sniffer capture", CONVERT),
    (b"\x1c\x00\x01\xac", "an IXIA capture", CONVERT),
    (b"\xac\x01\x00\x1c", "an IXIA capture", CONVERT),
    (b"\x1c\x00\x01\xab", "an IXIA capture", CONVERT),
    (b"\xab\x01\x00\x1c", "an IXIA capture", CONVERT),
];

/// The magic numbers that are read here, in every byte order they come in.
const OURS: &[[u8; 4]] = &[
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xcd, 0x34],
    [0x34, 0xcd, 0xb2, 0xa1],
    [0x0a, 0x0d, 0x0d, 0x0a],
    [0x1f, 0x8b, 0x08, 0x00],
];

/// Whether a gzip stream begins so (RFC 1952: two magic bytes, then 8 for deflate).
pub(super) fn is_gzip(magic: [u8; 4]) -> bool {
    matches!(magic, [0x1f, 0x8b, 8, _])
}

/// The first four bytes, left in the stream.
pub(super) fn magic<R: Read>(s: &mut Stream<R>) -> Result<[u8; 4], CaptureError> {
    loop {
        if let Some(magic) = s.bytes().first_chunk::<4>() {
            return Ok(*magic);
        }
        if s.fill(4)? {
            continue;
        }
        let seen = s.bytes();
        return Err(match seen {
            [] => s.end("the file header").err().unwrap_or(CaptureError::Empty),
            _ if OURS.iter().any(|m| m.starts_with(seen)) => s.cut("the file header"),
            _ => refuse(s),
        });
    }
}

/// The error for an input that is not read here.
pub(super) fn refuse<R: Read>(s: &mut Stream<R>) -> CaptureError {
    // The longest of the names has twelve bytes. What cannot be had is not missed.
    if let Err(e) = s.fill(12) {
        return e;
    }
    let seen = s.bytes();
    for &(first, format, advice) in OTHERS {
        if seen.starts_with(first) {
            return CaptureError::Unsupported { format, advice };
        }
    }
    let mut first = String::new();
    for (i, byte) in seen.iter().take(8).enumerate() {
        // Writing into a String cannot fail.
        let _ = write!(first, "{}{byte:02x}", if i == 0 { "" } else { " " });
    }
    CaptureError::NotACapture { first, text: looks_like_text(seen) }
}

/// Whether these bytes are printable: ASCII and white space, or UTF-8 that was cut at its end.
fn looks_like_text(seen: &[u8]) -> bool {
    let head = seen.get(..seen.len().min(512)).unwrap_or_default();
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        // `error_len` is none when only the end of a character is missing.
        Err(e) if e.error_len().is_none() => {
            std::str::from_utf8(head.get(..e.valid_up_to()).unwrap_or_default()).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && text.chars().all(|c| !c.is_control() || c.is_whitespace())
}
