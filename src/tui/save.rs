//! The frames held for `w`: a ring bounded in bytes and number, and its way into a file.

use std::collections::VecDeque;
use std::fs::OpenOptions;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use crate::frame::OwnedFrame;
use crate::pcap::CaptureWriter;

/// At most this many frames are held.
pub const MAX_FRAMES: usize = 50_000;
/// At most this many bytes of frames are held.
pub const MAX_BYTES: usize = 32 << 20;
/// What a frame costs besides its bytes, roughly.
const OVERHEAD: usize = size_of::<OwnedFrame>();

/// The latest frames.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    frames: VecDeque<OwnedFrame>,
    bytes: usize,
    /// How many were let go.
    forgotten: u64,
}

impl Ring {
    /// Holds one more; lets the oldest go when there are too many.
    pub fn push(&mut self, frame: OwnedFrame) {
        self.bytes += frame.data.len() + OVERHEAD;
        self.frames.push_back(frame);
        while self.frames.len() > MAX_FRAMES || self.bytes > MAX_BYTES {
            let Some(old) = self.frames.pop_front() else { break };
            self.bytes -= old.data.len() + OVERHEAD;
            self.forgotten += 1;
        }
    }

    /// How many are held.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether none is held.
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// How many were let go.
    pub const fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Writes all of them to a new file in `dir`, never over an old one, and tells its path.
    pub fn write(&self, dir: &Path, stamp: &str) -> io::Result<PathBuf> {
        for n in 0..100 {
            let name = if n == 0 { format!("hactl-{stamp}.pcapng") } else { format!("hactl-{stamp}-{n}.pcapng") };
            let path = dir.join(name);
            let file = match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => file,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                Err(e) => return Err(e),
            };
            let mut writer = CaptureWriter::new(BufWriter::new(file))?;
            for frame in &self.frames {
                writer.write(&frame.as_frame())?;
            }
            writer.finish()?;
            return Ok(path);
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "a hundred captures of this second exist"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::LinkType;
    use crate::pcap::CaptureReader;
    use crate::time::Timestamp;

    fn frame(number: u64, len: usize) -> OwnedFrame {
        OwnedFrame {
            number,
            time: Timestamp::from_micros(number as i64),
            link: LinkType::Ethernet,
            stripped_tag: None,
            data: vec![0; len].into(),
            wire_len: len as u32,
        }
    }

    #[test]
    fn the_ring_is_bounded_in_number_and_bytes() {
        let mut ring = Ring::default();
        for i in 0..MAX_FRAMES as u64 + 10 {
            ring.push(frame(i, 60));
        }
        assert_eq!((ring.len(), ring.forgotten()), (MAX_FRAMES, 10));
        for i in 0..40 {
            ring.push(frame(i, 1 << 20));
        }
        assert!(ring.len() < 32 && ring.bytes <= MAX_BYTES, "{} frames", ring.len());
    }

    #[test]
    fn a_capture_is_written_beside_older_ones_never_over_them() {
        let dir = tempfile::tempdir().unwrap();
        let mut ring = Ring::default();
        ring.push(frame(1, 60));
        ring.push(frame(2, 61));
        let first = ring.write(dir.path(), "20261122-104207").unwrap();
        let second = ring.write(dir.path(), "20261122-104207").unwrap();
        assert_eq!(first.file_name().unwrap(), "hactl-20261122-104207.pcapng");
        assert_eq!(second.file_name().unwrap(), "hactl-20261122-104207-1.pcapng");
        let mut reader = CaptureReader::open(std::fs::File::open(first).unwrap()).unwrap();
        let mut lengths = Vec::new();
        while let Some(f) = reader.next().unwrap() {
            lengths.push(f.data.len());
        }
        assert_eq!(lengths, [60, 61]);
        assert!(ring.write(&dir.path().join("absent"), "x").is_err());
    }
}
