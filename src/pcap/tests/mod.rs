//! Captures made by hand, byte for byte, and what must come out of them.

mod classic;
mod damage;
mod gzip;
mod ng;
mod random;
mod writer;

use std::io::{self, Read};

use super::{CaptureError, CaptureReader};
use crate::frame::OwnedFrame;

/// Reads `bytes` to the end: the frames, and the error that ended it.
fn read(input: impl Read) -> (Vec<OwnedFrame>, Option<CaptureError>) {
    let mut frames = Vec::new();
    let mut reader = match CaptureReader::open(input) {
        Ok(reader) => reader,
        Err(e) => return (frames, Some(e)),
    };
    loop {
        match reader.next() {
            Ok(Some(frame)) => frames.push(OwnedFrame::from(&frame)),
            Ok(None) => break,
            Err(e) => {
                assert!(matches!(reader.next(), Ok(None)), "nothing follows an error");
                return (frames, Some(e));
            }
        }
    }
    assert!(matches!(reader.next(), Ok(None)), "nothing follows the end");
    assert_eq!(reader.frames(), frames.len() as u64);
    (frames, None)
}

/// Reads a sound capture.
fn frames(bytes: &[u8]) -> Vec<OwnedFrame> {
    let (frames, error) = read(bytes);
    assert!(error.is_none(), "{error:?}");
    frames
}

/// Reads a capture that is not sound: how many frames come before the error.
fn fails(bytes: &[u8]) -> (usize, CaptureError) {
    let (frames, error) = read(bytes);
    (frames.len(), error.expect("an error"))
}

/// The comparable parts of a frame.
type Parts<'a> = (u64, i64, u8, u16, &'a [u8], u32);

fn parts(f: &OwnedFrame) -> Parts<'_> {
    assert_eq!(f.stripped_tag, None);
    (f.number, f.time.nanos, f.time.digits, f.link.number(), &f.data, f.wire_len)
}

/// An input that gives at most `step` bytes a read, and is interrupted before each.
struct Drip<'a> {
    bytes: &'a [u8],
    step: usize,
    interrupt: bool,
}

impl<'a> Drip<'a> {
    fn new(bytes: &'a [u8], step: usize) -> Self {
        Self { bytes, step, interrupt: true }
    }
}

impl Read for Drip<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if !self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = self.step.min(buf.len());
        let n = (&mut self.bytes).take(n as u64).read(buf)?;
        Ok(n)
    }
}

/// A number of four bytes, least significant first.
fn le(n: u32) -> [u8; 4] {
    n.to_le_bytes()
}

/// A pcapng block around a body, little endian.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let length = le(body.len() as u32 + 12);
    [&le(kind)[..], &length, body, &length].concat()
}

/// A little endian section header.
fn section() -> Vec<u8> {
    block(0x0a0d0d0a, b"\x4d\x3c\x2b\x1a\x01\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff")
}

/// A little endian interface description with these options.
fn interface(link: u16, snap_len: u32, options: &[u8]) -> Vec<u8> {
    block(1, &[&link.to_le_bytes()[..], &[0, 0], &le(snap_len), options].concat())
}

/// A little endian enhanced packet block.
fn packet(id: u32, units: u64, data: &[u8], wire_len: u32) -> Vec<u8> {
    let mut body = [le(id), le((units >> 32) as u32), le(units as u32), le(data.len() as u32), le(wire_len)].concat();
    body.extend_from_slice(data);
    body.resize(body.len().next_multiple_of(4), 0);
    block(6, &body)
}
