//! What the IP layer says of a packet, for the parsers above it.

use std::net::{IpAddr, Ipv4Addr};

use super::link::LinkInfo;

/// What the IP layer says of a packet, for the VRRP parser.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IpContext<'a> {
    pub link: LinkInfo,
    pub src: IpAddr,
    pub dst: IpAddr,
    /// TTL or hop limit.
    pub ttl: u8,
    /// TOS or traffic class.
    pub tos: u8,
    /// IPv4 identification.
    pub id: Option<u16>,
    pub ah: Option<AhHeader>,
    /// All bytes of the frame.
    pub data: &'a [u8],
    /// Where the IP header is.
    pub header: (usize, usize),
    /// Where the IP payload that is VRRP begins.
    pub at: usize,
    /// Where it ends according to the IP length: may lie beyond the captured bytes.
    pub end: usize,
    /// The IPv4 header checksum is wrong.
    pub header_checksum_bad: bool,
    /// A routing header still has hops to visit: the pseudo-header's destination is not the packet's.
    pub routed: bool,
}

/// The fields of an Authentication Header (RFC 2402 §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AhHeader {
    /// Security parameters index; keepalived sends its source address.
    pub spi: u32,
    /// Sequence number.
    pub sequence: u32,
    /// Where the header is in the frame, and its length: what the digest covers.
    pub(crate) at: usize,
    pub(crate) len: usize,
}

/// Whether an address is a multicast address of its family.
pub(crate) fn is_multicast(addr: IpAddr) -> bool {
    match addr {
        IpAddr::V4(a) => a.is_multicast(),
        IpAddr::V6(a) => a.is_multicast(),
    }
}

/// Whether an IPv4 address could be a virtual address at all.
pub(crate) fn is_host(addr: Ipv4Addr) -> bool {
    !(addr.is_unspecified() || addr.is_multicast() || addr.is_broadcast())
}
