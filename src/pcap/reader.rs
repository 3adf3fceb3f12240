//! The reader: which format it is, then one frame after another.

use std::fmt;
use std::io::Read;

use super::classic::Classic;
use super::error::CaptureError;
use super::ng::Ng;
use super::sniff;
use super::stream::Stream;
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

/// A packet record that has wholly arrived, at the first byte that is not consumed.
pub(super) struct Found {
    pub(super) time: Timestamp,
    pub(super) link: LinkType,
    /// Bytes of the record before the packet's own.
    pub(super) head: usize,
    /// Bytes of the packet.
    pub(super) len: usize,
    pub(super) wire_len: u32,
    /// Bytes of the record.
    pub(super) whole: usize,
}

/// The format of a capture with what must be known to read on.
enum Format {
    Classic(Classic),
    Ng(Ng),
    /// An end or an error was told.
    Done,
}

/// Reads frames out of a pcap or pcapng capture, either of them also gzip-compressed.
///
/// Works on anything that can be read: it does not seek, and it hands over a frame as soon as the frame's last byte has
/// arrived, so a pipe is as good as a file. Memory is one buffer of 256 KiB, more only for a longer record.
pub struct CaptureReader<R: Read> {
    stream: Stream<R>,
    format: Format,
    /// `pcap` or `pcapng`.
    name: &'static str,
}

impl<R: Read> CaptureReader<R> {
    /// Recognises the format by its magic number and reads the file header; waits for those bytes and no more.
    ///
    /// `r` needs no buffering of its own: it is asked for 256 KiB at a time.
    pub fn open(r: R) -> Result<Self, CaptureError> {
        let mut stream = Stream::new(r);
        let mut magic = sniff::magic(&mut stream)?;
        if sniff::is_gzip(magic) {
            stream = stream.unpacked();
            magic = sniff::magic(&mut stream)?;
        }
        let format = if let Some(classic) = Classic::detect(magic) {
            Format::Classic(classic.header(&mut stream)?)
        } else if magic == Ng::MAGIC {
            Format::Ng(Ng::open(&mut stream)?)
        } else {
            return Err(sniff::refuse(&mut stream));
        };
        let name = if let Format::Ng(_) = format { "pcapng" } else { "pcap" };
        Ok(Self { stream, format, name })
    }

    /// The next frame, in file order; none at a sound end. After an error there are no more frames.
    #[inline]
    #[allow(clippy::should_implement_trait)] // an `Iterator` cannot lend from its own buffer
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        loop {
            let bytes = self.stream.bytes();
            let found = match &mut self.format {
                Format::Classic(classic) => classic.ready(bytes),
                Format::Ng(ng) => ng.ready(bytes),
                Format::Done => return Ok(None),
            };
            if let Some(Found { time, link, head, len, wire_len, whole }) = found {
                self.stream.frames += 1;
                let at = self.stream.consume(whole);
                let (number, data) = (self.stream.frames, self.stream.slice(at + head, len));
                return Ok(Some(Frame { number, time, link, stripped_tag: None, data, wire_len }));
            }
            if !self.wait()? {
                return Ok(None);
            }
        }
    }

    /// Waits until the next record is ready; false when there is none, now or later.
    #[cold]
    fn wait(&mut self) -> Result<bool, CaptureError> {
        let waited = match &mut self.format {
            Format::Classic(classic) => classic.wait(&mut self.stream),
            Format::Ng(ng) => ng.wait(&mut self.stream),
            Format::Done => Ok(false),
        };
        if !matches!(waited, Ok(true)) {
            self.format = Format::Done;
        }
        waited
    }

    /// How many frames were handed over.
    pub fn frames(&self) -> u64 {
        self.stream.frames
    }

    /// Bytes of the capture that were used (of a gzip file: of what was unpacked).
    pub fn position(&self) -> u64 {
        self.stream.position()
    }

    /// The format by its common name: `pcap` or `pcapng`.
    pub fn format(&self) -> &'static str {
        self.name
    }
}

impl<R: Read> fmt::Debug for CaptureReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CaptureReader")
            .field("format", &self.name)
            .field("frames", &self.frames())
            .field("position", &self.position())
            .finish_non_exhaustive()
    }
}
