//! The writer: pcapng, one section, nanoseconds.

use std::io::{self, Write};

use crate::frame::{Frame, LinkType};

/// What the section header says wrote the file.
const APPLICATION: &str = concat!("hactl ", env!("CARGO_PKG_VERSION"));

/// Writes frames as a pcapng capture: little endian, one interface for each link type, times in nanoseconds.
///
/// A block is handed to the output in one piece, so with an output that does not buffer, a reader on the other end of a
/// pipe has each frame at once. Give it a [`std::io::BufWriter`] where that is not wanted.
pub struct CaptureWriter<W: Write> {
    output: W,
    /// Link types by the id of their interface.
    links: Vec<LinkType>,
    /// The block being composed.
    block: Vec<u8>,
}

impl<W: Write> CaptureWriter<W> {
    /// Begins a capture: writes the section header.
    pub fn new(output: W) -> io::Result<Self> {
        let mut writer = Self { output, links: Vec::new(), block: Vec::with_capacity(2048) };
        writer.begin(0x0a0d_0d0a);
        writer.u32(0x1a2b_3c4d);
        writer.u16(1);
        writer.u16(0);
        writer.block.extend_from_slice(&(-1i64).to_le_bytes()); // the section's length is not known in advance
        writer.option(4, APPLICATION.as_bytes()); // shb_userappl
        writer.option(0, &[]);
        writer.end()?;
        Ok(writer)
    }

    /// Writes a frame, and before it the description of its interface if it is the first of its link type.
    ///
    /// A tag that the kernel put beside an Ethernet frame goes back to its place after the addresses. A time before 1970
    /// is written as 1970, since the format has no other.
    pub fn write(&mut self, frame: &Frame) -> io::Result<()> {
        let id = match self.links.iter().position(|&l| l == frame.link) {
            Some(id) => id,
            None => self.interface(frame.link)?,
        };
        let tag = match (frame.link, frame.stripped_tag, frame.data.split_at_checked(12)) {
            (LinkType::Ethernet, Some(tag), Some(parts)) => Some((tag, parts)),
            _ => None,
        };
        let grown = if tag.is_some() { 4 } else { 0 };
        let captured = u32::try_from(frame.data.len())
            .ok()
            .and_then(|n| n.checked_add(grown))
            .filter(|n| *n <= super::MAX_RECORD - 64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the frame is too long for a capture file"))?;
        let units = u64::try_from(frame.time.nanos).unwrap_or(0);
        self.begin(6);
        self.u32(id as u32);
        self.u32((units >> 32) as u32);
        self.u32(units as u32);
        self.u32(captured);
        self.u32(frame.wire_len.saturating_add(grown));
        if let Some(((tpid, tci), (addresses, rest))) = tag {
            self.block.extend_from_slice(addresses);
            self.block.extend_from_slice(&tpid.to_be_bytes());
            self.block.extend_from_slice(&tci.to_be_bytes());
            self.block.extend_from_slice(rest);
        } else {
            self.block.extend_from_slice(frame.data);
        }
        self.pad();
        self.end()
    }

    /// Hands on what the output has buffered.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// Ends the capture, and gives the output back.
    pub fn finish(mut self) -> io::Result<W> {
        self.output.flush()?;
        Ok(self.output)
    }

    /// Describes an interface, and tells its id.
    fn interface(&mut self, link: LinkType) -> io::Result<usize> {
        self.begin(1);
        self.u16(link.number());
        self.u16(0);
        self.u32(0); // no snap length: what was cut shows in each packet's two lengths
        self.option(9, &[9]); // if_tsresol: 10^-9 s
        self.option(0, &[]);
        self.end()?;
        self.links.push(link);
        Ok(self.links.len() - 1)
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.u32(kind);
        self.u32(0); // the length, known at the end
    }

    fn end(&mut self) -> io::Result<()> {
        // A packet is the longest block, and its length was checked.
        let length = self.block.len() as u32 + 4;
        self.u32(length);
        if let Some(field) = self.block.get_mut(4..8) {
            field.copy_from_slice(&length.to_le_bytes());
        }
        self.output.write_all(&self.block)
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.u16(code);
        self.u16(value.len() as u16);
        self.block.extend_from_slice(value);
        self.pad();
    }

    fn pad(&mut self) {
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn u16(&mut self, n: u16) {
        self.block.extend_from_slice(&n.to_le_bytes());
    }

    fn u32(&mut self, n: u32) {
        self.block.extend_from_slice(&n.to_le_bytes());
    }
}
