//! A frame as a source hands it over: bytes, link type and time, nothing decoded yet.

use crate::time::Timestamp;

/// What the first bytes of a frame are. Numbers are those of <https://www.tcpdump.org/linktypes.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkType {
    /// BSD loopback: four bytes of address family in the byte order of the capturing machine (LINKTYPE_NULL, 0).
    Null,
    /// Ethernet II / 802.3, with or without VLAN tags (LINKTYPE_ETHERNET, 1).
    Ethernet,
    /// Bare IPv4 or IPv6 (LINKTYPE_RAW, 101; also DLT_RAW 12 and 14, LINKTYPE_IPV4 228, LINKTYPE_IPV6 229).
    Raw,
    /// OpenBSD loopback: as [`LinkType::Null`] in network byte order (LINKTYPE_LOOP, 108).
    Loop,
    /// Linux cooked capture v1, `tcpdump -i any` (LINKTYPE_LINUX_SLL, 113).
    LinuxSll,
    /// Linux cooked capture v2 (LINKTYPE_LINUX_SLL2, 276).
    LinuxSll2,
    /// Something that is not decoded here.
    Other(u16),
}

impl LinkType {
    /// From the number in a capture file's header (the low 16 bits; the rest are FCS flags).
    pub const fn from_number(n: u16) -> Self {
        match n {
            0 => Self::Null,
            1 => Self::Ethernet,
            12 | 14 | 101 | 228 | 229 => Self::Raw,
            108 => Self::Loop,
            113 => Self::LinuxSll,
            276 => Self::LinuxSll2,
            other => Self::Other(other),
        }
    }

    /// The number to write into a capture file's header.
    pub const fn number(self) -> u16 {
        match self {
            Self::Null => 0,
            Self::Ethernet => 1,
            Self::Raw => 101,
            Self::Loop => 108,
            Self::LinuxSll => 113,
            Self::LinuxSll2 => 276,
            Self::Other(n) => n,
        }
    }
}

/// One captured frame, borrowed from the source's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Position in the source, counted from 1 over every frame, decoded or not: the number tshark shows.
    pub number: u64,
    /// When it was seen.
    pub time: Timestamp,
    /// How to read the first bytes.
    pub link: LinkType,
    /// A VLAN tag that the kernel took out of the bytes and put beside them (outermost tag; `tpid`, `tci`).
    pub stripped_tag: Option<(u16, u16)>,
    /// The bytes that were captured.
    pub data: &'a [u8],
    /// How long the frame was on the wire; more than `data.len()` when a snap length cut it.
    pub wire_len: u32,
}

impl Frame<'_> {
    /// Whether a snap length cut this frame.
    pub fn is_cut(&self) -> bool {
        (self.data.len() as u64) < u64::from(self.wire_len)
    }
}

/// A frame that owns its bytes, to cross a thread or to be kept.
#[derive(Clone, Debug)]
pub struct OwnedFrame {
    /// See [`Frame::number`].
    pub number: u64,
    /// See [`Frame::time`].
    pub time: Timestamp,
    /// See [`Frame::link`].
    pub link: LinkType,
    /// See [`Frame::stripped_tag`].
    pub stripped_tag: Option<(u16, u16)>,
    /// See [`Frame::data`].
    pub data: Box<[u8]>,
    /// See [`Frame::wire_len`].
    pub wire_len: u32,
}

impl OwnedFrame {
    /// The borrowed view of this frame.
    pub fn as_frame(&self) -> Frame<'_> {
        Frame {
            number: self.number,
            time: self.time,
            link: self.link,
            stripped_tag: self.stripped_tag,
            data: &self.data,
            wire_len: self.wire_len,
        }
    }
}

impl From<&Frame<'_>> for OwnedFrame {
    fn from(f: &Frame<'_>) -> Self {
        Self {
            number: f.number,
            time: f.time,
            link: f.link,
            stripped_tag: f.stripped_tag,
            data: f.data.into(),
            wire_len: f.wire_len,
        }
    }
}
