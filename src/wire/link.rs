//! The first bytes: Ethernet with VLAN tags, Linux cooked v1 and v2, loopback, bare IP.

use std::fmt;

use pnet::packet::Packet as _;
use pnet::packet::ethernet::EthernetPacket;

use super::Malformed;
use crate::frame::{Frame, LinkType};

pub(crate) const ETHERTYPE_IPV4: u16 = 0x0800;
pub(crate) const ETHERTYPE_ARP: u16 = 0x0806;
pub(crate) const ETHERTYPE_IPV6: u16 = 0x86dd;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A 48-bit hardware address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The broadcast address.
    pub const BROADCAST: Self = Self([0xff; 6]);

    /// The virtual router MAC address of a VRID (RFC 5798 §7.3).
    pub const fn virtual_router(vrid: u8, ipv6: bool) -> Self {
        Self([0x00, 0x00, 0x5e, 0x00, if ipv6 { 2 } else { 1 }, vrid])
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // By hand because each line of JSON has two or three.
        let mut text = [b':'; 17];
        for (place, byte) in text.chunks_mut(3).zip(self.0) {
            place[0] = HEX[usize::from(byte >> 4)];
            place[1] = HEX[usize::from(byte & 0x0f)];
        }
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// VLAN identifiers of a frame, outermost first. A priority tag (identifier 0) names no VLAN and is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Vlans {
    ids: [u16; Self::MAX],
    len: u8,
}

impl Vlans {
    /// More stacked tags than this are not followed; nobody stacks more than two on purpose.
    pub const MAX: usize = 4;

    /// The identifiers, outermost first.
    pub fn ids(&self) -> &[u16] {
        &self.ids[..usize::from(self.len)]
    }

    /// Builds a stack of identifiers; those past [`Self::MAX`] are dropped.
    pub fn new(ids: &[u16]) -> Self {
        let mut out = Self::default();
        for &id in ids {
            out.push(id);
        }
        out
    }

    fn push(&mut self, tci: u16) -> bool {
        let id = tci & 0x0fff;
        if id == 0 {
            return true;
        }
        let at = usize::from(self.len);
        if at == Self::MAX {
            return false;
        }
        self.ids[at] = id;
        self.len += 1;
        true
    }
}

impl fmt::Display for Vlans {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, id) in self.ids().iter().enumerate() {
            write!(f, "{}{id}", if i == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

/// What the link layer says of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkInfo {
    /// Sender's hardware address, where the link has one.
    pub src: Option<Mac>,
    /// Receiver's hardware address; cooked captures do not keep it.
    pub dst: Option<Mac>,
    /// VLAN tags, in the bytes or beside them.
    pub vlans: Vlans,
}

fn is_tag(ethertype: u16) -> bool {
    // 802.1Q, 802.1ad, and the pre-standard QinQ that older switches still send
    matches!(ethertype, 0x8100 | 0x88a8 | 0x9100)
}

pub(crate) fn u16_at(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(data.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(crate) fn u32_at(data: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(data.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn mac_at(data: &[u8], at: usize) -> Option<Mac> {
    Some(Mac(data.get(at..at + 6)?.try_into().ok()?))
}

/// Link information, EtherType and offset of what follows; `None` for a link type or frame that carries no IP or ARP.
#[inline]
pub(crate) fn parse(frame: &Frame<'_>) -> Result<Option<(LinkInfo, u16, usize)>, Malformed> {
    let data = frame.data;
    let mut info = LinkInfo::default();
    let (layer, protocol, at) = match frame.link {
        LinkType::Ethernet => {
            let Some(eth) = EthernetPacket::new(data) else {
                return Err(Malformed::new("ethernet", "header", 0, format!("{} bytes of 14", data.len())));
            };
            let ethertype = eth.get_ethertype().0;
            // Most frames of a busy link end here, before anything else is looked at.
            if !matches!(ethertype, ETHERTYPE_IPV4 | ETHERTYPE_ARP | ETHERTYPE_IPV6) && !is_tag(ethertype) {
                return Ok(None);
            }
            let header = eth.packet();
            info.dst = mac_at(header, 0);
            info.src = mac_at(header, 6);
            ("ethernet", ethertype, 14)
        }
        LinkType::LinuxSll => {
            let Some(protocol) = u16_at(data, 14) else {
                return Err(Malformed::new("sll", "header", 0, format!("{} bytes of 16", data.len())));
            };
            if u16_at(data, 4) == Some(6) {
                info.src = mac_at(data, 6);
            }
            ("sll", protocol, 16)
        }
        LinkType::LinuxSll2 => {
            if data.len() < 20 {
                return Err(Malformed::new("sll2", "header", 0, format!("{} bytes of 20", data.len())));
            }
            if data[11] == 6 {
                info.src = mac_at(data, 12);
            }
            ("sll2", u16_at(data, 0).unwrap_or(0), 20)
        }
        LinkType::Raw => match data.first().map(|b| b >> 4) {
            Some(4) => ("raw", ETHERTYPE_IPV4, 0),
            Some(6) => ("raw", ETHERTYPE_IPV6, 0),
            _ => return Ok(None),
        },
        LinkType::Null | LinkType::Loop => {
            let Some(family) = u32_at(data, 0) else {
                return Err(Malformed::new("null", "family", 0, format!("{} bytes of 4", data.len())));
            };
            // The family is in the capturing machine's byte order: a small number either way round.
            let family = if family > 0xffff { family.swap_bytes() } else { family };
            match family {
                2 => ("null", ETHERTYPE_IPV4, 4),
                10 | 24 | 28 | 30 => ("null", ETHERTYPE_IPV6, 4),
                _ => return Ok(None),
            }
        }
        LinkType::Other(_) => return Ok(None),
    };
    if let Some((_, tci)) = frame.stripped_tag {
        info.vlans.push(tci);
    }
    let (mut protocol, mut at) = (protocol, at);
    while is_tag(protocol) {
        let (Some(tci), Some(next)) = (u16_at(data, at), u16_at(data, at + 2)) else {
            return Err(Malformed::new(layer, "vlan", at, "the VLAN tag is cut"));
        };
        if !info.vlans.push(tci) {
            return Err(Malformed::new(layer, "vlan", at, format!("more than {} stacked VLAN tags", Vlans::MAX)));
        }
        protocol = next;
        at += 4;
        // A flood of priority tags (identifier 0) fits in the stack; the frame's length bounds this loop.
    }
    Ok(Some((info, protocol, at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hardware_address_is_written_with_colons() {
        assert_eq!(Mac([0x02, 0x00, 0x0a, 0x4d, 0xfe, 0x90]).to_string(), "02:00:0a:4d:fe:90");
        assert_eq!(Mac::BROADCAST.to_string(), "ff:ff:ff:ff:ff:ff");
        assert_eq!(Mac::virtual_router(51, false).to_string(), "00:00:5e:00:01:33");
        assert_eq!(Mac::virtual_router(51, true).to_string(), "00:00:5e:00:02:33");
    }

    #[test]
    fn vlans_keep_their_order_and_leave_priority_tags_out() {
        assert_eq!(Vlans::new(&[100, 0, 10]).ids(), [100, 10]);
        assert_eq!(Vlans::new(&[100, 10]).to_string(), "100.10");
        assert_eq!(Vlans::new(&[1, 2, 3, 4, 5]).ids(), [1, 2, 3, 4]);
        // Priority 7 and DEI are not part of the number.
        assert_eq!(Vlans::new(&[0xf00a]).ids(), [10]);
    }
}
