//! IGMP reports of the VRRP group (RFC 2236, RFC 3376): what a snooping switch learns the group's ports from.

use std::net::Ipv4Addr;

use super::link::{LinkInfo, u16_at};
use super::{Decoded, Malformed, VRRP_GROUP_V4};

/// A host joining or leaving 224.0.0.18.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupReport {
    /// Link layer of the frame.
    pub link: LinkInfo,
    /// The host that reports.
    pub src: Ipv4Addr,
    /// The group, always 224.0.0.18 here.
    pub group: Ipv4Addr,
    /// Joins (or confirms membership), as opposed to leaving.
    pub join: bool,
    /// IGMP version of the message: 1, 2 or 3.
    pub version: u8,
}

pub(crate) fn parse(data: &[u8], at: usize, end: usize, link: LinkInfo, src: Ipv4Addr) -> Result<Decoded, Malformed> {
    let body = data.get(at..end.min(data.len())).unwrap_or_default();
    let group_at = |i: usize| body.get(i..i + 4).map(|b| Ipv4Addr::new(b[0], b[1], b[2], b[3]));
    let report = |join, version| Decoded::Igmp(GroupReport { link, src, group: VRRP_GROUP_V4, join, version });
    let cut = |field, offset: usize| Malformed::new("igmp", field, at + offset, format!("{} bytes left", body.len()));
    let Some(kind) = body.first() else { return Err(cut("type", 0)) };
    match kind {
        0x12 | 0x16 | 0x17 => {
            let group = group_at(4).ok_or_else(|| cut("group", 4))?;
            let version = if *kind == 0x12 { 1 } else { 2 };
            Ok(if group == VRRP_GROUP_V4 { report(*kind != 0x17, version) } else { Decoded::Other })
        }
        0x22 => {
            let records = u16_at(body, 6).ok_or_else(|| cut("records", 6))?;
            let mut i = 8;
            for _ in 0..records {
                let (Some(&kind), Some(&aux)) = (body.get(i), body.get(i + 1)) else {
                    return Err(cut("record", i));
                };
                let sources = u16_at(body, i + 2).ok_or_else(|| cut("record", i))?;
                let group = group_at(i + 4).ok_or_else(|| cut("record", i))?;
                if group == VRRP_GROUP_V4 {
                    // RFC 3376 §4.2.12: "include nothing" (1, 3) or "block" (6) is leaving, the rest joining.
                    let leaves = (matches!(kind, 1 | 3) && sources == 0) || kind == 6;
                    return Ok(report(!leaves, 3));
                }
                // A record that claims more than there is ends the message: the next one is missing from its end.
                i = (i + 8 + 4 * usize::from(sources) + 4 * usize::from(aux)).min(body.len());
            }
            Ok(Decoded::Other)
        }
        _ => Ok(Decoded::Other),
    }
}
