//! The one buffer between an input and the format readers.

use std::io::{self, Cursor, Read};

use flate2::read::MultiGzDecoder;

use super::error::{CaptureError, Offset};

/// Bytes asked of the input at a time. Measured: with this size a read from the page cache stays in the processor's
/// second-level cache, and beats both a larger buffer and a mapped file.
const CHUNK: usize = 256 << 10;

/// Where bytes come from.
enum Input<R> {
    /// The input itself.
    Plain(R),
    /// The input unpacked; what was read to recognise gzip is put back in front of it.
    Gzip(Box<MultiGzDecoder<io::Chain<Cursor<Vec<u8>>, R>>>),
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(r) => r.read(buf),
            Self::Gzip(r) => r.read(buf),
        }
    }
}

/// An input with a buffer that a record is completed in. Bytes `start..end` of `buf` have arrived and are not consumed.
pub(super) struct Stream<R> {
    input: Input<R>,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    /// Place in the stream of `buf[0]`.
    base: u64,
    /// The input said that nothing follows. Kept, because a terminal would answer again.
    ended: bool,
    /// The input ended, but a gzip stream in it did not.
    torn: bool,
    /// Frames handed over so far; here because the errors tell it.
    pub(super) frames: u64,
}

impl<R: Read> Stream<R> {
    /// A stream at the first byte of `input`.
    pub(super) fn new(input: R) -> Self {
        Self::over(Input::Plain(input))
    }

    fn over(input: Input<R>) -> Self {
        Self { input, buf: vec![0; CHUNK], start: 0, end: 0, base: 0, ended: false, torn: false, frames: 0 }
    }

    /// The same input, unpacked from its first byte that is not consumed.
    pub(super) fn unpacked(self) -> Self {
        let seen = self.bytes().to_vec();
        match self.input {
            Input::Plain(r) => Self::over(Input::Gzip(Box::new(MultiGzDecoder::new(Cursor::new(seen).chain(r))))),
            packed @ Input::Gzip(_) => Self { input: packed, ..self },
        }
    }

    /// Whether this stream is unpacked from gzip.
    pub(super) fn is_unpacked(&self) -> bool {
        matches!(self.input, Input::Gzip(_))
    }

    /// What has arrived and is not consumed.
    #[inline]
    pub(super) fn bytes(&self) -> &[u8] {
        self.buf.get(self.start..self.end).unwrap_or_default()
    }

    /// Bytes consumed: the place of the first of [`Self::bytes`].
    #[inline]
    pub(super) fn position(&self) -> u64 {
        self.base + self.start as u64
    }

    /// A place, as errors tell it.
    pub(super) fn offset(&self, bytes: u64) -> Offset {
        Offset { bytes, unpacked: self.is_unpacked() }
    }

    /// Consumes `n` bytes of [`Self::bytes`], and tells where in the buffer they are until the next [`Self::fill`].
    #[inline]
    pub(super) fn consume(&mut self, n: usize) -> usize {
        let at = self.start;
        // In the chain from one record to the next, so it has no more than an addition.
        self.start += n;
        debug_assert!(self.start <= self.end, "consumed more than has arrived");
        at
    }

    /// Bytes of the buffer by the place that [`Self::consume`] told.
    #[inline]
    pub(super) fn slice(&self, at: usize, len: usize) -> &[u8] {
        self.buf.get(at..at.saturating_add(len)).unwrap_or_default()
    }

    /// Waits until `need` bytes have arrived; false when the input ends before. Reads no oftener than it must: whatever
    /// a read returns is used before the next.
    #[cold]
    pub(super) fn fill(&mut self, need: usize) -> Result<bool, CaptureError> {
        // Less than one record is left when more is needed, so this moves little.
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.base += self.start as u64;
            self.end -= self.start;
            self.start = 0;
        }
        if self.buf.len() < need {
            self.buf.resize(need.next_power_of_two(), 0);
        }
        while self.end < need {
            if self.ended {
                return Ok(false);
            }
            let Some(room) = self.buf.get_mut(self.end..) else { return Ok(false) };
            let size = room.len();
            match self.input.read(room) {
                Ok(0) => self.ended = true,
                Ok(n) => self.end += n.min(size),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => self.failed(source)?,
            }
        }
        Ok(true)
    }

    /// Sorts an error of the input: the end of a torn gzip stream is an end, the others are told.
    fn failed(&mut self, source: io::Error) -> Result<(), CaptureError> {
        self.ended = true;
        let offset = self.offset(self.base + self.end as u64);
        match source.kind() {
            io::ErrorKind::UnexpectedEof if self.is_unpacked() => {
                self.torn = true;
                Ok(())
            }
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData if self.is_unpacked() => {
                Err(CaptureError::Gzip { offset, frames: self.frames, source })
            }
            _ => Err(CaptureError::Io { offset, source }),
        }
    }

    /// Consumes `n` bytes without keeping them; false when the input ends before.
    pub(super) fn skip(&mut self, mut n: u64) -> Result<bool, CaptureError> {
        loop {
            let here = usize::try_from(n).unwrap_or(usize::MAX).min(self.end - self.start);
            self.start += here;
            n -= here as u64;
            if n == 0 {
                return Ok(true);
            }
            if !self.fill(1)? {
                return Ok(false);
            }
        }
    }

    /// The error for an input that ended within something. Call after [`Self::fill`] or [`Self::skip`] said false.
    pub(super) fn cut(&self, within: &'static str) -> CaptureError {
        let offset = self.offset(self.base + self.end as u64);
        let within = if self.torn { "the gzip stream" } else { within };
        CaptureError::Cut { offset, frames: self.frames, within }
    }

    /// An input that ended where a record may begin: sound if nothing of one has arrived.
    pub(super) fn end(&self, within: &'static str) -> Result<(), CaptureError> {
        if self.start == self.end && !self.torn { Ok(()) } else { Err(self.cut(within)) }
    }
}
