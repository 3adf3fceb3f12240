//! Frames from meaning: adverts and the announcements that move an address.
//!
//! The bytes are those keepalived sends (TOS 0xc0, TTL 255, no "don't fragment", request-form gratuitous ARP with an
//! all-ones target). Building never fails: what does not fit a field is cut to its width.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::auth::{self, AH_LEN, TRAILER_LEN};
use super::checksum::{Form, Sum};
use super::link::{ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6, Mac};
use super::{PROTO_AH, PROTO_VRRP, VRRP_GROUP_V4, VRRP_GROUP_V6};

/// How to authenticate a built advert.
#[derive(Clone, Debug, Default)]
pub enum Signing {
    /// Not at all.
    #[default]
    None,
    /// v2 type 1 with these eight bytes.
    Pass([u8; 8]),
    /// v2 type 2: an Authentication Header keyed with these eight bytes, with this sequence number.
    Ah([u8; 8], u32),
    /// keepalived 2.4's trailer.
    Hmac {
        /// Key id, 1 to 255.
        key_id: u8,
        /// The key, 32 to 64 bytes.
        key: Vec<u8>,
        /// Seconds since 1970.
        seconds: u32,
        /// Fraction in 1/65536 s.
        subsec: u16,
        /// Tie breaker.
        counter: u16,
    },
}

/// Everything an advert says.
#[derive(Clone, Debug)]
pub struct AdvertSpec {
    /// Ethernet source.
    pub mac: Mac,
    /// VLAN tags to put into the bytes, outermost first.
    pub vlans: Vec<u16>,
    /// IP source.
    pub src: IpAddr,
    /// IP destination; the family's VRRP group when `None`.
    pub dst: Option<IpAddr>,
    /// TTL or hop limit.
    pub ttl: u8,
    /// IPv4 identification.
    pub ip_id: u16,
    /// VRRP version, 2 or 3.
    pub version: u8,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Priority.
    pub priority: u8,
    /// Advert interval: cut to whole seconds (v2) or centiseconds (v3).
    pub advert_int: Duration,
    /// Virtual addresses, all of the source's family.
    pub addresses: Vec<IpAddr>,
    /// Authentication.
    pub signing: Signing,
    /// Checksum form for v3 over IPv4; every other kind of advert has only one.
    pub checksum: Form,
}

impl AdvertSpec {
    /// An advert of version 2, priority 100, every second, without authentication.
    pub fn new(mac: Mac, src: IpAddr, vrid: u8, addresses: Vec<IpAddr>) -> Self {
        Self {
            mac,
            vlans: Vec::new(),
            src,
            dst: None,
            ttl: 255,
            ip_id: 1,
            version: 2,
            vrid,
            priority: 100,
            advert_int: Duration::from_secs(1),
            addresses,
            signing: Signing::None,
            checksum: Form::PseudoHeader,
        }
    }

    fn destination(&self) -> IpAddr {
        self.dst.unwrap_or(match self.src {
            IpAddr::V4(_) => IpAddr::V4(VRRP_GROUP_V4),
            IpAddr::V6(_) => IpAddr::V6(VRRP_GROUP_V6),
        })
    }

    /// The VRRP message with its checksum, without AH and trailer.
    pub fn message(&self) -> Vec<u8> {
        let ipv4 = self.src.is_ipv4();
        let mut m = vec![self.version << 4 | 1, self.vrid, self.priority, self.addresses.len() as u8];
        if self.version == 2 {
            let kind = match self.signing {
                Signing::Pass(_) => 1,
                Signing::Ah(..) => 2,
                Signing::None | Signing::Hmac { .. } => 0,
            };
            m.extend([kind, self.advert_int.as_secs() as u8]);
        } else {
            m.extend(((self.advert_int.as_millis() / 10) as u16 & 0x0fff).to_be_bytes());
        }
        m.extend([0, 0]);
        for a in self.addresses.iter().take(255) {
            match a {
                IpAddr::V4(a) => m.extend(a.octets()),
                IpAddr::V6(a) => m.extend(a.octets()),
            }
        }
        if self.version == 2 && ipv4 {
            m.extend(if let Signing::Pass(p) = self.signing { p } else { [0; 8] });
        }
        let trailer = if matches!(self.signing, Signing::Hmac { .. }) && !ipv4 { TRAILER_LEN } else { 0 };
        let sum = match (ipv4, self.version, self.checksum) {
            (true, 2, _) | (true, _, Form::Plain) => Sum::default(),
            (true, _, Form::PseudoHeaderGroup) => {
                Sum::default().add_pseudo_header(self.src, IpAddr::V4(VRRP_GROUP_V4), m.len())
            }
            _ => Sum::default().add_pseudo_header(self.src, self.destination(), m.len() + trailer),
        };
        // Over IPv6 the trailer is inside the sum, but its bytes need the message first: see `frame`.
        let checksum = sum.add(&m).finish().to_be_bytes();
        m[6..8].copy_from_slice(&checksum);
        m
    }

    fn trailer(&self, message: &[u8]) -> Vec<u8> {
        let Signing::Hmac { key_id, key, seconds, subsec, counter } = &self.signing else { return Vec::new() };
        let mut t = vec![1, *key_id, 0, 0];
        t.extend(seconds.to_be_bytes());
        t.extend(subsec.to_be_bytes());
        t.extend(counter.to_be_bytes());
        let mac = auth::hmac_sha256_128(key, self.src, message, &t).unwrap_or_default();
        t.extend(mac);
        t
    }

    /// The IP packet.
    pub fn packet(&self) -> Vec<u8> {
        let mut message = self.message();
        let trailer = self.trailer(&message);
        if !self.src.is_ipv4() && !trailer.is_empty() {
            // The HMAC reads the checksum as zero, so the sum can be mended after signing.
            message[6..8].copy_from_slice(&[0, 0]);
            let len = message.len() + trailer.len();
            let sum = Sum::default().add_pseudo_header(self.src, self.destination(), len).add(&message).add(&trailer);
            message[6..8].copy_from_slice(&sum.finish().to_be_bytes());
        }
        let payload = [message, trailer].concat();
        match (self.src, self.destination()) {
            (IpAddr::V4(src), IpAddr::V4(dst)) => self.packet_v4(src, dst, &payload),
            (IpAddr::V6(src), IpAddr::V6(dst)) => packet_v6(src, dst, self.ttl, PROTO_VRRP, &payload),
            // Mixed families describe no packet; an empty one is what a reader will call malformed.
            _ => Vec::new(),
        }
    }

    fn packet_v4(&self, src: Ipv4Addr, dst: Ipv4Addr, payload: &[u8]) -> Vec<u8> {
        let ah_len = if matches!(self.signing, Signing::Ah(..)) { AH_LEN } else { 0 };
        let protocol = if ah_len == 0 { PROTO_VRRP } else { PROTO_AH };
        let total = (20 + ah_len + payload.len()) as u16;
        let mut p = vec![0x45, 0xc0];
        p.extend(total.to_be_bytes());
        p.extend(self.ip_id.to_be_bytes());
        p.extend([0, 0, self.ttl, protocol, 0, 0]);
        p.extend(src.octets());
        p.extend(dst.octets());
        let checksum = Sum::default().add(&p).finish().to_be_bytes();
        p[10..12].copy_from_slice(&checksum);
        if let Signing::Ah(key, sequence) = &self.signing {
            let mut ah = vec![PROTO_VRRP, (AH_LEN / 4 - 2) as u8, 0, 0];
            ah.extend(src.octets());
            ah.extend(sequence.to_be_bytes());
            let icv = auth::ah_icv(key, &p, &ah, payload, dst.is_multicast()).unwrap_or_default();
            ah.extend(icv);
            p.extend(ah);
        }
        p.extend(payload);
        p
    }

    /// The Ethernet frame.
    pub fn frame(&self) -> Vec<u8> {
        let dst = match self.destination() {
            IpAddr::V4(a) if a.is_multicast() => {
                let [_, b, c, d] = a.octets();
                Mac([0x01, 0x00, 0x5e, b & 0x7f, c, d])
            }
            IpAddr::V6(a) if a.is_multicast() => {
                let o = a.octets();
                Mac([0x33, 0x33, o[12], o[13], o[14], o[15]])
            }
            // A unicast peer's address is for the neighbour cache to know; one that is locally administered stands in.
            _ => Mac([0x02, 0, 0, 0, 0, 0xfe]),
        };
        let ethertype = if self.src.is_ipv4() { ETHERTYPE_IPV4 } else { ETHERTYPE_IPV6 };
        ethernet(dst, self.mac, &self.vlans, ethertype, &self.packet())
    }
}

fn packet_v6(src: Ipv6Addr, dst: Ipv6Addr, hop_limit: u8, next: u8, payload: &[u8]) -> Vec<u8> {
    let mut p = vec![0x6c, 0, 0, 0];
    p.extend((payload.len() as u16).to_be_bytes());
    p.extend([next, hop_limit]);
    p.extend(src.octets());
    p.extend(dst.octets());
    p.extend(payload);
    p
}

/// An Ethernet frame with 802.1Q tags (802.1ad outside when there are several).
pub fn ethernet(dst: Mac, src: Mac, vlans: &[u16], ethertype: u16, payload: &[u8]) -> Vec<u8> {
    let mut f = [dst.0, src.0].concat();
    for (i, vlan) in vlans.iter().enumerate() {
        let tpid: u16 = if i + 1 < vlans.len() { 0x88a8 } else { 0x8100 };
        f.extend(tpid.to_be_bytes());
        f.extend((vlan & 0x0fff).to_be_bytes());
    }
    f.extend(ethertype.to_be_bytes());
    f.extend(payload);
    f
}

/// A gratuitous ARP request as keepalived sends it.
pub fn gratuitous_arp(mac: Mac, ip: Ipv4Addr, vlans: &[u16]) -> Vec<u8> {
    arp(true, (mac, ip), (Mac::BROADCAST, ip), Mac::BROADCAST, vlans)
}

/// An ARP request or reply from `sender` about `target`, in a frame to `dst`.
pub fn arp(request: bool, sender: (Mac, Ipv4Addr), target: (Mac, Ipv4Addr), dst: Mac, vlans: &[u16]) -> Vec<u8> {
    let mut a = vec![0, 1, 8, 0, 6, 4, 0, if request { 1 } else { 2 }];
    for (mac, ip) in [sender, target] {
        a.extend(mac.0);
        a.extend(ip.octets());
    }
    ethernet(dst, sender.0, vlans, ETHERTYPE_ARP, &a)
}

/// An unsolicited neighbour advertisement to all nodes, override set, as keepalived sends it.
pub fn unsolicited_na(mac: Mac, ip: Ipv6Addr, vlans: &[u16]) -> Vec<u8> {
    let dst = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
    let mut m = vec![136, 0, 0, 0, 0x20, 0, 0, 0];
    m.extend(ip.octets());
    m.extend([2, 1]);
    m.extend(mac.0);
    let sum = Sum::default().add(&ip.octets()).add(&dst.octets()).add(&(m.len() as u32).to_be_bytes()).add(&[0, 58]);
    let checksum = sum.add(&m).finish().to_be_bytes();
    m[2..4].copy_from_slice(&checksum);
    ethernet(Mac([0x33, 0x33, 0, 0, 0, 1]), mac, vlans, ETHERTYPE_IPV6, &packet_v6(ip, dst, 255, 58, &m))
}

/// A neighbour solicitation for `target` from `src` at `mac`, to the group of all that may have the address (RFC 4861
/// §4.3). What hearers learn from it is true of the sender and of nobody else.
pub fn neighbor_solicitation(mac: Mac, src: Ipv6Addr, target: Ipv6Addr) -> Vec<u8> {
    let [.., a, b, c] = target.octets();
    let dst = Ipv6Addr::from([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, a, b, c]);
    let mut m = vec![135, 0, 0, 0, 0, 0, 0, 0];
    m.extend(target.octets());
    m.extend([1, 1]);
    m.extend(mac.0);
    let sum = Sum::default().add(&src.octets()).add(&dst.octets()).add(&(m.len() as u32).to_be_bytes()).add(&[0, 58]);
    let checksum = sum.add(&m).finish().to_be_bytes();
    m[2..4].copy_from_slice(&checksum);
    ethernet(Mac([0x33, 0x33, 0xff, a, b, c]), mac, &[], ETHERTYPE_IPV6, &packet_v6(src, dst, 255, 58, &m))
}

/// An ARP request that tells nothing of its sender, so that no cache changes for it (RFC 5227 §2.1.1: an ARP probe).
pub fn arp_probe(mac: Mac, target: Ipv4Addr) -> Vec<u8> {
    arp(true, (mac, Ipv4Addr::UNSPECIFIED), (Mac([0; 6]), target), Mac::BROADCAST, &[])
}
