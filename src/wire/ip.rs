//! IPv4 (RFC 791) with options, IPv6 (RFC 8200) with extension headers, and the Authentication Header (RFC 2402) on
//! the way to VRRP, IGMP and neighbour discovery.

use std::net::{IpAddr, Ipv6Addr};

use pnet::packet::ipv4::Ipv4Packet;
use pnet::packet::ipv6::Ipv6Packet;

use super::auth::Keys;
use super::checksum::Sum;
use super::link::{LinkInfo, u16_at, u32_at};
use super::packet::{AhHeader, IpContext};
use super::{Decoded, Malformed, PROTO_AH, PROTO_VRRP, igmp, ndp, vrrp};
use crate::frame::Frame;

pub(crate) const PROTO_IGMP: u8 = 2;
const NEXT_HOP_BY_HOP: u8 = 0;
const NEXT_ROUTING: u8 = 43;
const NEXT_FRAGMENT: u8 = 44;
const NEXT_ICMPV6: u8 = 58;
const NEXT_DESTINATION: u8 = 60;
/// No sane packet chains more headers than this; RFC 8200 §4.1 has each kind once or twice.
const MAX_EXTENSION_HEADERS: usize = 12;

fn cut(layer: &'static str, field: &'static str, at: usize, have: usize, want: usize) -> Malformed {
    Malformed::new(layer, field, at, format!("{have} bytes of {want}"))
}

fn tagged(mut m: Malformed, src: IpAddr, dst: IpAddr, vrrp: bool) -> Malformed {
    m.addresses = Some((src, dst));
    m.vrrp |= vrrp;
    m
}

pub(crate) fn parse_v4(frame: &Frame<'_>, at: usize, link: LinkInfo, keys: &Keys) -> Result<Decoded, Malformed> {
    let data = frame.data;
    let body = data.get(at..).unwrap_or_default();
    // The protocol decides first: another protocol's oddities are not our business.
    match body.get(9) {
        Some(&(PROTO_VRRP | PROTO_AH | PROTO_IGMP)) => {}
        Some(_) => return Ok(Decoded::Other),
        None => return Err(cut("ipv4", "header", at, body.len(), 20)),
    }
    let Some(ip) = Ipv4Packet::new(body) else { return Err(cut("ipv4", "header", at, body.len(), 20)) };
    let protocol = ip.get_next_level_protocol().0;
    let (src, dst) = (IpAddr::V4(ip.get_source()), IpAddr::V4(ip.get_destination()));
    let certain = protocol == PROTO_VRRP;
    let bad = |field, offset: usize, reason: String| {
        tagged(Malformed::new("ipv4", field, at + offset, reason), src, dst, certain)
    };
    if ip.get_version() != 4 {
        return Err(bad("version", 0, format!("version {} under EtherType IPv4", ip.get_version())));
    }
    let header = usize::from(ip.get_header_length()) * 4;
    if header < 20 {
        return Err(bad("ihl", 0, format!("header length {header} is below 20")));
    }
    if body.len() < header {
        return Err(bad("options", 20, format!("{} bytes of {header}", body.len())));
    }
    let total = usize::from(ip.get_total_length());
    if total < header {
        return Err(bad("total_length", 2, format!("total length {total} is below the header's {header}")));
    }
    let (offset, more) = (ip.get_fragment_offset(), ip.get_flags() & 1 != 0);
    if offset != 0 || more {
        // Only the first fragment shows what is inside an AH; a later one of protocol 51 may be anybody's.
        let vrrp = certain
            || (protocol == PROTO_AH && offset == 0 && body.get(header).is_some_and(|&next| next == PROTO_VRRP));
        if !vrrp {
            return Ok(Decoded::Other);
        }
        let reason = format!("a fragment (offset {}, more {more}); not decoded", u32::from(offset) * 8);
        return Err(tagged(Malformed::new("ipv4", "fragment", at + 6, reason), src, dst, true));
    }
    let end = at + total;
    if protocol == PROTO_IGMP {
        return igmp::parse(data, at + header, end, link, ip.get_source());
    }
    let mut cx = IpContext {
        link,
        src,
        dst,
        ttl: ip.get_ttl(),
        tos: body[1],
        id: Some(ip.get_identification()),
        ah: None,
        data,
        header: (at, at + header),
        at: at + header,
        end,
        header_checksum_bad: Sum::default().add(&body[..header]).finish() != 0,
        routed: false,
    };
    if protocol == PROTO_AH {
        match parse_ah(data, cx.at, cx.end).map_err(|m| tagged(m, src, dst, false))? {
            (PROTO_VRRP, ah) => {
                cx.at += ah.len;
                cx.ah = Some(ah);
            }
            _ => return Ok(Decoded::Other),
        }
    }
    vrrp::parse(&cx, keys).map_err(|m| tagged(m, src, dst, true))
}

fn parse_ah(data: &[u8], at: usize, end: usize) -> Result<(u8, AhHeader), Malformed> {
    let have = data.len().min(end).saturating_sub(at);
    let (Some(&next), Some(&units)) = (data.get(at), data.get(at + 1)) else {
        return Err(cut("ah", "header", at, have, 12));
    };
    // RFC 2402 §2.2: length in 32-bit words, less two
    let len = (usize::from(units) + 2) * 4;
    if len < 12 {
        return Err(Malformed::new(
            "ah",
            "length",
            at + 1,
            format!("a header of {len} bytes has no room for its fields"),
        ));
    }
    if have < len {
        let mut m = cut("ah", "icv", at, have, len);
        m.vrrp = next == PROTO_VRRP;
        return Err(m);
    }
    let (Some(spi), Some(sequence)) = (u32_at(data, at + 4), u32_at(data, at + 8)) else {
        return Err(cut("ah", "header", at, have, 12));
    };
    Ok((next, AhHeader { spi, sequence, at, len }))
}

pub(crate) fn parse_v6(frame: &Frame<'_>, at: usize, link: LinkInfo, keys: &Keys) -> Result<Decoded, Malformed> {
    let data = frame.data;
    let body = data.get(at..).unwrap_or_default();
    let Some(&first) = body.get(6) else { return Err(cut("ipv6", "header", at, body.len(), 40)) };
    let extension = |n| matches!(n, NEXT_HOP_BY_HOP | NEXT_ROUTING | NEXT_FRAGMENT | NEXT_DESTINATION | PROTO_AH);
    if !matches!(first, PROTO_VRRP | NEXT_ICMPV6) && !extension(first) {
        return Ok(Decoded::Other);
    }
    let Some(ip) = Ipv6Packet::new(body) else { return Err(cut("ipv6", "header", at, body.len(), 40)) };
    let (src, dst): (Ipv6Addr, Ipv6Addr) = (ip.get_source(), ip.get_destination());
    let mark = |m, vrrp| tagged(m, IpAddr::V6(src), IpAddr::V6(dst), vrrp);
    if ip.get_version() != 6 {
        let reason = format!("version {} under EtherType IPv6", ip.get_version());
        return Err(mark(Malformed::new("ipv6", "version", at, reason), first == PROTO_VRRP));
    }
    let end = at + 40 + usize::from(ip.get_payload_length());
    let mut cx = IpContext {
        link,
        src: IpAddr::V6(src),
        dst: IpAddr::V6(dst),
        ttl: ip.get_hop_limit(),
        tos: ip.get_traffic_class(),
        id: None,
        ah: None,
        data,
        header: (at, at + 40),
        at: at + 40,
        end,
        header_checksum_bad: false,
        routed: false,
    };
    let mut next = first;
    for _ in 0..=MAX_EXTENSION_HEADERS {
        match next {
            PROTO_VRRP => return vrrp::parse(&cx, keys).map_err(|m| mark(m, true)),
            NEXT_ICMPV6 => {
                return ndp::parse(data, cx.at, cx.end, link, src, cx.ttl).map_err(|m| mark(m, false));
            }
            PROTO_AH => {
                let (after, ah) = parse_ah(data, cx.at, cx.end).map_err(|m| mark(m, false))?;
                cx.at += ah.len;
                cx.ah = Some(ah);
                next = after;
            }
            NEXT_FRAGMENT => {
                let (Some(after), Some(field)) = (data.get(cx.at).copied(), u16_at(data, cx.at + 2)) else {
                    return Err(mark(cut("ipv6", "fragment", cx.at, data.len().saturating_sub(cx.at), 8), false));
                };
                // RFC 6946: an atomic fragment (offset 0, no more) is the whole packet.
                if field & 0xfff9 != 0 {
                    if after != PROTO_VRRP {
                        return Ok(Decoded::Other);
                    }
                    let reason =
                        format!("a fragment (offset {}, more {}); not decoded", field & 0xfff8, field & 1 == 1);
                    return Err(mark(Malformed::new("ipv6", "fragment", cx.at + 2, reason), true));
                }
                cx.at += 8;
                next = after;
            }
            n if extension(n) => {
                let (Some(after), Some(units)) = (data.get(cx.at).copied(), data.get(cx.at + 1).copied()) else {
                    let have = data.len().saturating_sub(cx.at);
                    return Err(mark(cut("ipv6", "extension_header", cx.at, have, 8), false));
                };
                let len = (usize::from(units) + 1) * 8;
                if cx.at + len > end {
                    let reason =
                        format!("{len} bytes long, {} bytes before the packet's end", end.saturating_sub(cx.at));
                    return Err(mark(Malformed::new("ipv6", "extension_header", cx.at + 1, reason), false));
                }
                if cx.at + len > data.len() {
                    let have = data.len() - cx.at;
                    return Err(mark(cut("ipv6", "extension_header", cx.at, have, len), false));
                }
                // RFC 8200 §4.4: "segments left" not zero means that the destination is only the next stop.
                cx.routed |= n == NEXT_ROUTING && data.get(cx.at + 3).is_some_and(|&left| left != 0);
                cx.at += len;
                next = after;
            }
            _ => return Ok(Decoded::Other),
        }
    }
    let reason = format!("more than {MAX_EXTENSION_HEADERS} extension headers");
    Err(mark(Malformed::new("ipv6", "extension_header", cx.at, reason), false))
}
