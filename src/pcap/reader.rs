//! The reader: which format it is, then one frame after another.

use std::io::Read;

use super::classic::Classic;
use super::error::CaptureError;
use super::ng::Ng;
use super::sniff;
use super::stream::Stream;
use crate::frame::{Frame, LinkType};
use crate::time::Timestamp;

/// A packet record that has wholly arrived: bytes `at..at + len` of the stream's buffer.
pub(super) struct Record {
    pub(super) time: Timestamp,
    pub(super) link: LinkType,
    pub(super) at: usize,
    pub(super) len: usize,
    pub(super) wire_len: u32,
}

/// The format of a capture with what must be known to read on.
enum Format {
    Classic(Classic),
    Ng(Ng),
}

/// Reads frames out of a pcap or pcapng capture, either of them also gzip-compressed.
///
/// Works on anything that can be read: it does not seek, and it hands over a frame as soon as the frame's last byte has
/// arrived, so a pipe is as good as a file. Memory is one buffer of 256 KiB, more only for a longer record.
pub struct CaptureReader<R: Read> {
    stream: Stream<R>,
    format: Format,
    /// An end or an error was told.
    done: bool,
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
        Ok(Self { stream, format, done: false })
    }

    /// The next frame, in file order; none at a sound end. After an error there are no more frames.
    #[inline]
    #[allow(clippy::should_implement_trait)] // an `Iterator` cannot lend from its own buffer
    pub fn next(&mut self) -> Result<Option<Frame<'_>>, CaptureError> {
        if self.done {
            return Ok(None);
        }
        let record = match &mut self.format {
            Format::Classic(classic) => classic.next(&mut self.stream),
            Format::Ng(ng) => ng.next(&mut self.stream),
        };
        match record {
            Ok(Some(Record { time, link, at, len, wire_len })) => {
                self.stream.frames += 1;
                let data = self.stream.slice(at, len);
                Ok(Some(Frame { number: self.stream.frames, time, link, stripped_tag: None, data, wire_len }))
            }
            Ok(None) => {
                self.done = true;
                Ok(None)
            }
            Err(e) => {
                self.done = true;
                Err(e)
            }
        }
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
        match self.format {
            Format::Classic(_) => "pcap",
            Format::Ng(_) => "pcapng",
        }
    }
}
