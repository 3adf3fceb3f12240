//! pcapng: sections of blocks. Packets are looked at, interfaces remembered, everything else skipped.

use std::io::Read;

use super::error::CaptureError;
use super::order::Order;
use super::reader::Found;
use super::stream::Stream;
use super::{MAX_INTERFACES, MAX_RECORD};
use crate::frame::LinkType;
use crate::time::Timestamp;

/// Section Header Block. The number reads the same in both byte orders, so that it is found before the order is known.
const SECTION: u32 = 0x0a0d_0d0a;
/// Interface Description Block.
const INTERFACE: u32 = 1;
/// Packet Block, obsolete since 2004 but still found.
const OLD_PACKET: u32 = 2;
/// Simple Packet Block: the bytes only.
const SIMPLE_PACKET: u32 = 3;
/// Enhanced Packet Block.
const PACKET: u32 = 6;

/// Option: how long a unit of time is.
const IF_TSRESOL: u16 = 9;
/// Option: seconds to add to every time.
const IF_TSOFFSET: u16 = 14;

const BLOCK_HEADER: &str = "the header of a block";
const SECTION_HEADER: &str = "a section header block";
const INTERFACE_BLOCK: &str = "an interface description block";
const PACKET_BLOCK: &str = "a packet block";
const OTHER_BLOCK: &str = "a block that is not a packet";

/// How an interface counts time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    /// A unit is this many nanoseconds (a power of ten, from a second down).
    Nanos(u32),
    /// A nanosecond is this many units.
    PerNano(u64),
    /// A unit is less than 1e-28 s: 64 bits of it are less than a nanosecond.
    Nothing,
    /// A unit is a second divided by this power of two.
    Binary(u8),
}

/// What an Interface Description Block says.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    /// The most bytes of a packet that were kept; 0 for all.
    snap_len: u32,
    unit: Unit,
    /// Decimal digits of a second that a time has.
    digits: u8,
    /// Nanoseconds to add to a time.
    offset: i128,
}

impl Interface {
    /// An `if_tsresol` value: the high bit chooses between powers of two and ten, the rest is the negative exponent.
    fn set_resolution(&mut self, value: u8) {
        let exponent = value & 0x7f;
        // A negative power of two has as many decimal digits as its exponent.
        self.digits = exponent.min(9);
        self.unit = if value & 0x80 != 0 {
            Unit::Binary(exponent)
        } else if let Some(up) = 9u32.checked_sub(exponent.into()) {
            Unit::Nanos(10u32.pow(up))
        } else {
            10u64.checked_pow(u32::from(exponent) - 9).map_or(Unit::Nothing, Unit::PerNano)
        };
    }

    /// The time of a packet of this interface; beyond the years 1677 to 2262 it stays there.
    #[inline]
    fn time(&self, units: u64) -> Timestamp {
        let units = i128::from(units);
        // At most 64 + 30 bits, so nothing here can overflow 128.
        let nanos = match self.unit {
            Unit::Nanos(n) => units * i128::from(n),
            Unit::PerNano(n) => i128::from(units as u64 / n),
            Unit::Nothing => 0,
            Unit::Binary(exponent) => (units * 1_000_000_000) >> exponent,
        };
        let nanos = nanos + self.offset;
        let nanos = i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX });
        Timestamp { nanos, digits: self.digits }
    }
}

/// What can be wrong with a packet block; the caller knows where it is.
enum Flaw {
    /// The block is shorter than its kind, or not a multiple of four.
    Length,
    /// The length at its end, which is another than that at its beginning.
    Trailer(u32),
    /// The interface it names, which is not described.
    Interface(u32),
    /// The packet is longer than its room.
    Packet { length: u32, room: u32 },
}

/// The length of a packet block of this kind with no packet in it.
#[inline]
fn least(kind: u32) -> u32 {
    if kind == SIMPLE_PACKET { 16 } else { 32 }
}

/// What must be known to read on in a pcapng file.
pub(super) struct Ng {
    order: Order,
    /// The interfaces of this section, by their ids.
    interfaces: Vec<Interface>,
    /// The time of the frame before, for packets that have none.
    last: Timestamp,
}

impl Ng {
    /// The first four bytes of every pcapng file.
    pub(super) const MAGIC: [u8; 4] = SECTION.to_be_bytes();

    /// Reads the first section header.
    pub(super) fn open<R: Read>(s: &mut Stream<R>) -> Result<Self, CaptureError> {
        let mut ng = Self { order: Order::Little, interfaces: Vec::new(), last: Timestamp { nanos: 0, digits: 6 } };
        ng.section(s)?;
        Ok(ng)
    }

    /// The packet that `bytes` begin with, if that is what they begin with, and it has wholly arrived and is sound. This
    /// is nearly every call, and has no way to fail, so that it melts into the caller's loop.
    #[inline]
    pub(super) fn ready(&mut self, bytes: &[u8]) -> Option<Found> {
        let h = bytes.first_chunk::<8>()?;
        let (kind, length) = (self.order.u32(h, 0), self.order.u32(h, 4));
        if !matches!(kind, PACKET | OLD_PACKET | SIMPLE_PACKET) || length > MAX_RECORD {
            return None;
        }
        let block = bytes.get(..length as usize)?;
        self.packet(kind, block).ok()
    }

    /// Passes over what is not a packet, and waits for the packet that was not ready; false at a clean end.
    #[cold]
    pub(super) fn wait<R: Read>(&mut self, s: &mut Stream<R>) -> Result<bool, CaptureError> {
        loop {
            let at = s.position();
            if !s.fill(8)? {
                return s.end(BLOCK_HEADER).map(|()| false);
            }
            let h = chunk::<8, R>(s, BLOCK_HEADER)?;
            let (kind, length) = (self.order.u32(&h, 0), self.order.u32(&h, 4));
            match kind {
                PACKET | OLD_PACKET | SIMPLE_PACKET => {
                    check_length(s, at, length, least(kind))?;
                    if length > MAX_RECORD {
                        return Err(CaptureError::Implausible { offset: s.offset(at), length });
                    }
                    if !s.fill(length as usize)? {
                        return Err(s.cut(PACKET_BLOCK));
                    }
                    let block = s.bytes().get(..length as usize).unwrap_or_default();
                    let offset = s.offset(at);
                    return match self.packet(kind, block) {
                        Ok(_) => Ok(true),
                        Err(Flaw::Length) => Err(CaptureError::BlockLength { offset, length }),
                        Err(Flaw::Trailer(trailer)) => Err(CaptureError::BlockTrailer { offset, length, trailer }),
                        Err(Flaw::Interface(id)) => {
                            Err(CaptureError::UnknownInterface { offset, id, known: self.interfaces.len() })
                        }
                        Err(Flaw::Packet { length, room }) => Err(CaptureError::PacketLength { offset, length, room }),
                    };
                }
                SECTION => self.section(s)?,
                INTERFACE => self.interface(s, length)?,
                _ => {
                    check_length(s, at, length, 12)?;
                    s.consume(8);
                    self.leave(s, at, length, 8, OTHER_BLOCK)?;
                }
            }
        }
    }

    /// A whole packet block of any of the three kinds.
    #[inline]
    fn packet(&mut self, kind: u32, block: &[u8]) -> Result<Found, Flaw> {
        let length = block.len() as u32;
        let least = least(kind);
        if length < least || !length.is_multiple_of(4) {
            return Err(Flaw::Length);
        }
        let trailer = block.last_chunk::<4>().map_or(0, |b| self.order.u32(b, 0));
        if trailer != length {
            return Err(Flaw::Trailer(trailer));
        }
        let (head, id, units, captured, wire_len) = if kind == SIMPLE_PACKET {
            let h = block.first_chunk::<12>().ok_or(Flaw::Length)?;
            (12, 0, None, None, self.order.u32(h, 8))
        } else {
            let h = block.first_chunk::<28>().ok_or(Flaw::Length)?;
            // The obsolete block has a 16-bit id, and a count of drops where the id's other half is now.
            let id = if kind == PACKET { self.order.u32(h, 8) } else { self.order.u16(h, 8).into() };
            let units = (u64::from(self.order.u32(h, 12)) << 32) | u64::from(self.order.u32(h, 16));
            (28, id, Some(units), Some(self.order.u32(h, 20)), self.order.u32(h, 24))
        };
        let interface = self.interfaces.get(id as usize).ok_or(Flaw::Interface(id))?;
        let captured = captured.unwrap_or_else(|| match interface.snap_len {
            0 => wire_len,
            snap_len => wire_len.min(snap_len),
        });
        let room = length - least;
        if captured > room {
            return Err(Flaw::Packet { length: captured, room });
        }
        if let Some(units) = units {
            self.last = interface.time(units);
        }
        let (link, len) = (interface.link, captured as usize);
        Ok(Found { time: self.last, link, head, len, wire_len, whole: block.len() })
    }

    /// A section header, at its first byte. Interfaces are numbered afresh in a section, and it has its own byte order.
    #[cold]
    fn section<R: Read>(&mut self, s: &mut Stream<R>) -> Result<(), CaptureError> {
        let at = s.position();
        let h = chunk::<24, R>(s, SECTION_HEADER)?;
        let order = match Order::Big.u32(&h, 8) {
            0x1a2b_3c4d => Order::Big,
            0x4d3c_2b1a => Order::Little,
            mark => return Err(CaptureError::ByteOrder { offset: s.offset(at), mark }),
        };
        let (major, minor) = (order.u16(&h, 12), order.u16(&h, 14));
        // 1.2 was written by some and is the same as 1.0; a new minor version is one that old readers can read.
        if major != 1 {
            return Err(CaptureError::Version { offset: s.offset(at), format: "pcapng", major, minor });
        }
        let length = order.u32(&h, 4);
        check_length(s, at, length, 28)?;
        self.order = order;
        self.interfaces.clear();
        s.consume(24);
        // The section's own length (bytes 16 to 23) may be unknown, and is only of use to seek.
        self.leave(s, at, length, 24, SECTION_HEADER)
    }

    /// An interface description, at its first byte.
    #[cold]
    fn interface<R: Read>(&mut self, s: &mut Stream<R>, length: u32) -> Result<(), CaptureError> {
        let at = s.position();
        check_length(s, at, length, 20)?;
        if self.interfaces.len() >= MAX_INTERFACES {
            return Err(CaptureError::TooManyInterfaces { offset: s.offset(at) });
        }
        let h = chunk::<16, R>(s, INTERFACE_BLOCK)?;
        s.consume(16);
        let mut interface = Interface {
            link: LinkType::from_number(self.order.u16(&h, 8)),
            snap_len: self.order.u32(&h, 12),
            unit: Unit::Nanos(1000),
            digits: 6,
            offset: 0,
        };
        let mut used = 16;
        // Four bytes of the block are the trailing length; an option has at least four.
        while length - used >= 8 {
            let h = chunk::<4, R>(s, INTERFACE_BLOCK)?;
            s.consume(4);
            used += 4;
            let (code, size) = (self.order.u16(&h, 0), self.order.u16(&h, 2));
            let padded = u32::from(size).next_multiple_of(4);
            if padded > length - used - 4 {
                return Err(CaptureError::OptionLength { offset: s.offset(at), length: size });
            }
            match (code, size) {
                (0, _) => break,
                (IF_TSRESOL, 1) => {
                    let [value, ..] = chunk::<4, R>(s, INTERFACE_BLOCK)?;
                    interface.set_resolution(value);
                }
                (IF_TSOFFSET, 8) => {
                    let seconds = self.order.i64(chunk(s, INTERFACE_BLOCK)?);
                    interface.offset = i128::from(seconds) * 1_000_000_000;
                }
                _ => {}
            }
            if !s.skip(padded.into())? {
                return Err(s.cut(INTERFACE_BLOCK));
            }
            used += padded;
        }
        self.leave(s, at, length, used, INTERFACE_BLOCK)?;
        self.interfaces.push(interface);
        Ok(())
    }

    /// Passes over the rest of a block of which `used` bytes are consumed, and checks the length at its end.
    fn leave<R: Read>(
        &self,
        s: &mut Stream<R>,
        at: u64,
        length: u32,
        used: u32,
        within: &'static str,
    ) -> Result<(), CaptureError> {
        let rest = length.saturating_sub(used).saturating_sub(4);
        if !s.skip(rest.into())? {
            return Err(s.cut(within));
        }
        let trailer = self.order.u32(&chunk::<4, R>(s, within)?, 0);
        if trailer != length {
            return Err(CaptureError::BlockTrailer { offset: s.offset(at), length, trailer });
        }
        s.consume(4);
        Ok(())
    }
}

/// Refuses a block length below `least`, or not a multiple of four.
#[inline]
fn check_length<R: Read>(s: &Stream<R>, at: u64, length: u32, least: u32) -> Result<(), CaptureError> {
    if length < least || !length.is_multiple_of(4) {
        return Err(CaptureError::BlockLength { offset: s.offset(at), length });
    }
    Ok(())
}

/// The next `N` bytes, copied and not consumed; the input must not end before them.
fn chunk<const N: usize, R: Read>(s: &mut Stream<R>, within: &'static str) -> Result<[u8; N], CaptureError> {
    loop {
        if let Some(chunk) = s.bytes().first_chunk::<N>() {
            return Ok(*chunk);
        }
        if !s.fill(N)? {
            return Err(s.cut(within));
        }
    }
}
