//! What can be wrong with a capture, in sentences that name the byte.

use std::fmt;
use std::io;

use super::{MAX_INTERFACES, MAX_RECORD};

/// A place in a capture, counted in bytes from 0. Of a gzip file it counts what was unpacked, since that is where the
/// records are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// Bytes before this place.
    pub bytes: u64,
    /// Whether the count is of unpacked bytes.
    pub unpacked: bool,
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}{}", self.bytes, if self.unpacked { " of the unpacked data" } else { "" })
    }
}

fn plural(n: u64) -> &'static str {
    if n == 1 { "" } else { "s" }
}

/// Why a capture could not be read, or not to its end. Every frame before the place was handed over.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The operating system refused a read.
    #[error("cannot read on at {offset}: {source}")]
    Io {
        /// Where the next byte would have been.
        offset: Offset,
        /// What the system said.
        source: io::Error,
    },
    /// The input has no bytes at all.
    #[error("the input is empty: not even the header of a capture is there")]
    Empty,
    /// The input ends in the midst of something: a full disk, a copy that broke off, a capture still being written.
    #[error("the capture ends at {offset} in the midst of {within}, after {frames} whole frame{}", plural(*.frames))]
    Cut {
        /// Where the input ends.
        offset: Offset,
        /// Frames handed over before.
        frames: u64,
        /// What the end fell into, as a noun phrase.
        within: &'static str,
    },
    /// A gzip stream that is damaged (not merely cut). What the decompressor had made of the damaged stretch (at most one
    /// buffer) is lost with it.
    #[error("the gzip stream is damaged after {offset} and {frames} whole frame{}: {source}", plural(*.frames))]
    Gzip {
        /// How far it could be unpacked.
        offset: Offset,
        /// Frames handed over before.
        frames: u64,
        /// What the decompressor said.
        source: io::Error,
    },
    /// The first bytes are those of no capture format.
    #[error("not a capture: it begins with {first}{}, not with the magic number of pcap, pcapng or gzip", if *.text { ", which looks like text" } else { "" })]
    NotACapture {
        /// The first bytes (at most eight) in hexadecimal.
        first: String,
        /// Whether what could be seen looks like text.
        text: bool,
    },
    /// A format that is recognised but not read.
    #[error("this is {format}, which is not read here: {advice}")]
    Unsupported {
        /// Its name with an article.
        format: &'static str,
        /// What to do about it.
        advice: &'static str,
    },
    /// A version of the format whose layout is not known.
    #[error("version {major}.{minor} of {format} at {offset} is not known")]
    Version {
        /// Where the header with the version begins.
        offset: Offset,
        /// `pcap` or `pcapng`.
        format: &'static str,
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// A packet record claims more than [`MAX_RECORD`] bytes.
    #[error(
        "the packet record at {offset} claims {length} bytes, more than the {MAX_RECORD} that are plausible: the file is corrupt from here on"
    )]
    Implausible {
        /// Where the record begins.
        offset: Offset,
        /// The length it claims.
        length: u32,
    },
    /// A pcapng block length that cannot be: not a multiple of four, or shorter than what every such block has.
    #[error(
        "the pcapng block at {offset} claims {length} bytes, which no such block has: the file is corrupt from here on"
    )]
    BlockLength {
        /// Where the block begins.
        offset: Offset,
        /// The length it claims.
        length: u32,
    },
    /// The two lengths around a pcapng block differ.
    #[error(
        "the pcapng block at {offset} says {length} bytes at its beginning and {trailer} at its end: the file is corrupt here"
    )]
    BlockTrailer {
        /// Where the block begins.
        offset: Offset,
        /// The length at its beginning.
        length: u32,
        /// The length at its end.
        trailer: u32,
    },
    /// A packet that does not fit into its block.
    #[error(
        "the packet in the pcapng block at {offset} claims {length} bytes, but the block has room for {room}: the file is corrupt here"
    )]
    PacketLength {
        /// Where the block begins.
        offset: Offset,
        /// The captured length it claims.
        length: u32,
        /// The bytes that the block has for it.
        room: u32,
    },
    /// An option that does not fit into its block.
    #[error(
        "an option of the pcapng block at {offset} claims {length} bytes, more than the block has left: the file is corrupt here"
    )]
    OptionLength {
        /// Where the block begins.
        offset: Offset,
        /// The length the option claims.
        length: u16,
    },
    /// A packet of an interface that its section did not describe.
    #[error(
        "the packet in the pcapng block at {offset} names interface {id}, but its section describes {known}: the file is corrupt here"
    )]
    UnknownInterface {
        /// Where the block begins.
        offset: Offset,
        /// The interface it names, counted from 0.
        id: u32,
        /// How many interfaces the section has described so far.
        known: usize,
    },
    /// A section header without a byte-order mark.
    #[error(
        "the pcapng section header at {offset} has {mark:#010x} where its byte-order mark 0x1a2b3c4d should be: the file is corrupt here"
    )]
    ByteOrder {
        /// Where the block begins.
        offset: Offset,
        /// What is there instead, read most significant byte first.
        mark: u32,
    },
    /// More interfaces than [`MAX_INTERFACES`] in a section.
    #[error(
        "the pcapng section describes more than {MAX_INTERFACES} interfaces at {offset}: that is not a capture of a real machine"
    )]
    TooManyInterfaces {
        /// Where the description too many begins.
        offset: Offset,
    },
}

impl CaptureError {
    /// Whether the capture is sound as far as it goes and only its end is missing.
    pub fn is_cut(&self) -> bool {
        matches!(self, Self::Cut { .. })
    }
}
