//! Classic pcap: a file header, then records of a fixed header and the bytes.

use std::io::Read;

use super::MAX_RECORD;
use super::error::CaptureError;
use super::order::Order;
use super::reader::Found;
use super::stream::Stream;
use crate::frame::LinkType;
use crate::time::Timestamp;

/// What the file header says about the records.
pub(super) struct Classic {
    order: Order,
    /// What a unit of the fraction field is in nanoseconds.
    unit: i64,
    /// Digits of a second that the fraction field has.
    digits: u8,
    /// Bytes after the four fields of a record header: 8 in Kuznetzov's variant, else none.
    extra: usize,
    link: LinkType,
}

impl Classic {
    /// Tells from the first four bytes whether this is a classic capture, and of which kind.
    ///
    /// The magic is a1b2c3d4 for microseconds, a1b23c4d for nanoseconds, a1b2cd34 for the variant that Linux
    /// distributions of the 1990s patched into libpcap (with interface, protocol and packet type in each record).
    pub(super) fn detect(magic: [u8; 4]) -> Option<Self> {
        let (order, number) = match magic {
            [0xa1, ..] => (Order::Big, u32::from_be_bytes(magic)),
            [.., 0xa1] => (Order::Little, u32::from_le_bytes(magic)),
            _ => return None,
        };
        let (unit, digits, extra) = match number {
            0xa1b2_c3d4 => (1000, 6, 0),
            0xa1b2_3c4d => (1, 9, 0),
            0xa1b2_cd34 => (1000, 6, 8),
            _ => return None,
        };
        Some(Self { order, unit, digits, extra, link: LinkType::Ethernet })
    }

    /// Reads the file header, magic included.
    pub(super) fn header<R: Read>(mut self, s: &mut Stream<R>) -> Result<Self, CaptureError> {
        let h = loop {
            if let Some(h) = s.bytes().first_chunk::<24>() {
                break h;
            }
            if !s.fill(24)? {
                return Err(s.cut("the file header"));
            }
        };
        // 2.4 has been written since 1996. Before it the two lengths of a record were in another order, or in either.
        let (major, minor) = (self.order.u16(h, 4), self.order.u16(h, 6));
        if major != 2 || minor < 4 {
            return Err(CaptureError::Version { offset: s.offset(0), format: "pcap", major, minor });
        }
        // The upper half has the length of a frame check sequence, which is after the packet and does no harm there.
        self.link = LinkType::from_number(self.order.u32(h, 20) as u16);
        s.consume(24);
        Ok(self)
    }

    /// The record that `bytes` begin with, if it has wholly arrived and is plausible. This is nearly every call, and has
    /// no way to fail, so that it melts into the caller's loop.
    #[inline]
    pub(super) fn ready(&self, bytes: &[u8]) -> Option<Found> {
        let h = bytes.first_chunk::<16>()?;
        let captured = self.order.u32(h, 8);
        let head = 16 + self.extra;
        let whole = head + captured as usize;
        if captured > MAX_RECORD || bytes.len() < whole {
            return None;
        }
        // Two 32-bit fields: at most 4.3e18 ns, within i64.
        let nanos = i64::from(self.order.u32(h, 0)) * 1_000_000_000 + i64::from(self.order.u32(h, 4)) * self.unit;
        let time = Timestamp { nanos, digits: self.digits };
        Some(Found { time, link: self.link, head, len: captured as usize, wire_len: self.order.u32(h, 12), whole })
    }

    /// Waits for the record that was not ready; false at a clean end.
    #[cold]
    pub(super) fn wait<R: Read>(&self, s: &mut Stream<R>) -> Result<bool, CaptureError> {
        if !s.fill(16)? {
            return s.end("the header of a packet record").map(|()| false);
        }
        let captured = s.bytes().first_chunk::<16>().map_or(0, |h| self.order.u32(h, 8));
        if captured > MAX_RECORD {
            return Err(CaptureError::Implausible { offset: s.offset(s.position()), length: captured });
        }
        if !s.fill(16 + self.extra + captured as usize)? {
            return Err(s.cut("a packet record"));
        }
        Ok(true)
    }
}
