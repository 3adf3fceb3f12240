//! ICMPv6 neighbour advertisements (RFC 4861 §4.4): how an IPv6 address is moved.

use std::net::Ipv6Addr;

use super::link::{LinkInfo, Mac};
use super::{Decoded, Malformed};

const NEIGHBOR_ADVERTISEMENT: u8 = 136;
const OPTION_TARGET_LINK_LAYER: u8 = 2;

/// A neighbour advertisement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeighborAdvert {
    /// Link layer of the frame.
    pub link: LinkInfo,
    /// IPv6 source address.
    pub src: Ipv6Addr,
    /// The address that is announced.
    pub target: Ipv6Addr,
    /// Target link-layer address option, when present and six bytes long.
    pub target_mac: Option<Mac>,
    /// Override flag: receivers shall replace what they have cached.
    pub over: bool,
    /// Solicited flag: an answer to one asker, not an announcement.
    pub solicited: bool,
    /// Router flag.
    pub router: bool,
    /// Hop limit; RFC 4861 §7.1.2 has receivers discard anything but 255.
    pub hop_limit: u8,
}

impl NeighborAdvert {
    /// The hardware address that hearers will use for the target.
    pub fn announced_mac(&self) -> Option<Mac> {
        self.target_mac.or(self.link.src)
    }
}

pub(crate) fn parse(
    data: &[u8],
    at: usize,
    end: usize,
    link: LinkInfo,
    src: Ipv6Addr,
    hop_limit: u8,
) -> Result<Decoded, Malformed> {
    let body = data.get(at..end.min(data.len())).unwrap_or_default();
    match body.first() {
        Some(&NEIGHBOR_ADVERTISEMENT) => {}
        Some(_) => return Ok(Decoded::Other),
        None => return Err(Malformed::new("icmpv6", "type", at, "no bytes left")),
    }
    let Some(target) = body.get(8..24).and_then(|b| <[u8; 16]>::try_from(b).ok()) else {
        return Err(Malformed::new("icmpv6", "target", at + 8, format!("{} bytes of 24", body.len())));
    };
    let mut target_mac = None;
    let mut options = &body[24..];
    while let [kind, len, ..] = *options {
        let len = usize::from(len) * 8;
        if len == 0 || len > options.len() {
            break; // RFC 4861 §4.6: a zero length ends parsing; the announcement itself has been read
        }
        if kind == OPTION_TARGET_LINK_LAYER && len == 8 {
            target_mac = <[u8; 6]>::try_from(&options[2..8]).ok().map(Mac);
        }
        options = &options[len..];
    }
    Ok(Decoded::Na(NeighborAdvert {
        link,
        src,
        target: Ipv6Addr::from(target),
        target_mac,
        over: body[4] & 0x20 != 0,
        solicited: body[4] & 0x40 != 0,
        router: body[4] & 0x80 != 0,
        hop_limit,
    }))
}
