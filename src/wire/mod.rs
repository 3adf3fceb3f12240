//! Wire formats: bytes to meaning and back.
//!
//! [`Decoder::decode`] turns one captured frame into a [`Decoded`] value. Three answers are kept apart, because a
//! reader acts on them differently:
//!
//! * a frame that is none of our business is [`Decoded::Other`];
//! * one that is cut short or impossible is [`Decoded::Malformed`], which names layer, field and byte offset;
//! * one that can be read but says something the RFCs forbid is decoded, with [`Problem`]s.
//!
//! No function here panics on any input, allocates in proportion to a length it has not checked, or prints a secret.
//! [`build`] is the other direction: frames for tests, demonstrations and speakers.

pub mod arp;
pub mod auth;
pub mod build;
pub mod checksum;
pub mod igmp;
pub mod ip;
pub mod link;
pub mod ndp;
pub mod packet;
#[cfg(test)]
mod tests;
pub mod vrrp;

use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::frame::{Frame, LinkType};

pub use arp::Arp;
pub use auth::{AuthCheck, Keys};
pub use igmp::GroupReport;
pub use link::{LinkInfo, Mac, Vlans};
pub use ndp::NeighborAdvert;
pub use vrrp::{Advert, Problem, Problems};

/// The IPv4 group that adverts are sent to (RFC 5798 §5.1.1.2).
pub const VRRP_GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 18);
/// The IPv6 group that adverts are sent to (RFC 5798 §5.1.2.2).
pub const VRRP_GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 0x12);
/// IP protocol number of VRRP.
pub const PROTO_VRRP: u8 = 112;
/// IP protocol number of the Authentication Header.
pub const PROTO_AH: u8 = 51;

/// What one frame turned out to be.
#[derive(Clone, Debug)]
pub enum Decoded {
    /// A VRRP advertisement that could be read, perhaps with [`Problem`]s.
    Advert(Box<Advert>),
    /// An ARP request or reply.
    Arp(Arp),
    /// An ICMPv6 neighbour advertisement.
    Na(NeighborAdvert),
    /// An IGMP report or leave that names the VRRP group.
    Igmp(GroupReport),
    /// A frame of one of these kinds that is cut or impossible.
    Malformed(Malformed),
    /// Anything else.
    Other,
}

/// Why a frame cannot be decoded, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// Protocol in which decoding stopped: `ethernet`, `sll`, `ipv4`, `ipv6`, `ah`, `vrrp`, `arp`, `icmpv6`, `igmp`.
    pub layer: &'static str,
    /// The field that is missing or impossible.
    pub field: &'static str,
    /// Byte offset of that field from the first byte of the frame.
    pub offset: usize,
    /// What is wrong with it, in a clause.
    pub reason: Cow<'static, str>,
    /// Source and destination address, when decoding got that far.
    pub addresses: Option<(IpAddr, IpAddr)>,
    /// Whether the frame is certainly an advert, so that the fault concerns VRRP.
    pub vrrp: bool,
    /// The VRID, where the advert's header is whole: a daemon may restart a timer at such a packet.
    pub vrid: Option<u8>,
    /// Whether an AH came before that header.
    pub ah: bool,
}

impl Malformed {
    pub(crate) fn new(
        layer: &'static str,
        field: &'static str,
        offset: usize,
        reason: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (addresses, vrrp, vrid, ah) = (None, layer == "vrrp", None, false);
        Self { layer, field, offset, reason: reason.into(), addresses, vrrp, vrid, ah }
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} at byte {}: {}", self.layer, self.field, self.offset, self.reason)
    }
}

/// Whether a frame is an untagged Ethernet one of a protocol that is never ours, as most frames of a busy link are. Says
/// nothing that parsing would not; it only says it at once, from two fields at fixed places.
#[inline]
fn is_foreign(frame: &Frame<'_>) -> bool {
    if frame.link != LinkType::Ethernet {
        return false;
    }
    let Some(h) = frame.data.first_chunk::<24>() else { return false };
    match u16::from_be_bytes([h[12], h[13]]) {
        link::ETHERTYPE_IPV4 => !matches!(h[23], ip::PROTO_IGMP | PROTO_AH | PROTO_VRRP),
        // TCP and UDP directly behind the header; extension headers may lead anywhere.
        link::ETHERTYPE_IPV6 => matches!(h[20], 6 | 17),
        _ => false,
    }
}

/// Turns frames into meaning. Holds the keys that digests are verified with; no other state.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    keys: Keys,
}

impl Decoder {
    /// A decoder that verifies digests with `keys`.
    pub fn new(keys: Keys) -> Self {
        Self { keys }
    }

    /// Decodes one frame.
    #[inline]
    pub fn decode(&self, frame: &Frame<'_>) -> Decoded {
        if is_foreign(frame) { Decoded::Other } else { self.decode_ours(frame) }
    }

    fn decode_ours(&self, frame: &Frame<'_>) -> Decoded {
        match self.try_decode(frame) {
            Ok(decoded) => decoded,
            Err(mut m) => {
                if frame.is_cut() && m.offset + 64 > frame.data.len() && !m.reason.contains("snap length") {
                    m.reason =
                        format!("{} (the snap length kept {} of {} bytes)", m.reason, frame.data.len(), frame.wire_len)
                            .into();
                }
                Decoded::Malformed(m)
            }
        }
    }

    fn try_decode(&self, frame: &Frame<'_>) -> Result<Decoded, Malformed> {
        let Some((l2, protocol, at)) = link::parse(frame)? else { return Ok(Decoded::Other) };
        match protocol {
            link::ETHERTYPE_ARP => arp::parse(frame.data, at, l2),
            link::ETHERTYPE_IPV4 => ip::parse_v4(frame, at, l2, &self.keys),
            link::ETHERTYPE_IPV6 => ip::parse_v6(frame, at, l2, &self.keys),
            _ => Ok(Decoded::Other),
        }
    }
}
