//! Capture files: pcap and pcapng, read as a stream and written.
//!
//! [`CaptureReader`] takes any [`std::io::Read`], never seeks, and hands over a frame as soon as its last byte has
//! arrived, so a file, a pipe from `tcpdump -U -w -` and a gzip stream are the same to it. Frames are borrowed from its
//! one buffer. [`CaptureWriter`] writes pcapng.
//!
//! Formats: <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-05.html> (pcap) and
//! <https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-03.html> (pcapng).

mod classic;
mod error;
mod ng;
mod order;
mod reader;
mod sniff;
mod stream;
#[cfg(test)]
mod tests;
mod writer;

pub use error::{CaptureError, Offset};
pub use reader::CaptureReader;
pub use writer::CaptureWriter;

/// The longest packet record that is believed, in bytes. 64 times what tcpdump keeps of a packet (262,144); more than
/// that in a length field is corruption, and must not become an allocation.
pub const MAX_RECORD: u32 = 16 << 20;

/// How many interfaces one pcapng section may describe, so that a file of nothing but descriptions cannot take all
/// memory.
pub const MAX_INTERFACES: usize = 65_536;
