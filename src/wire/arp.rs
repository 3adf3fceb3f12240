//! ARP for IPv4 over Ethernet (RFC 826), with an eye on gratuitous announcements (RFC 5227 §3).

use std::net::Ipv4Addr;

use pnet::packet::arp::ArpPacket;

use super::link::{LinkInfo, Mac};
use super::{Decoded, Malformed};

/// Bytes of an ARP packet for IPv4 over Ethernet.
pub(crate) const LEN: usize = 28;

/// An ARP request or reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arp {
    /// Link layer of the frame.
    pub link: LinkInfo,
    /// Request (operation 1) as opposed to reply (2).
    pub request: bool,
    /// Protocol address that the sender claims.
    pub sender_ip: Ipv4Addr,
    /// Hardware address it claims it at.
    pub sender_mac: Mac,
    /// Address asked for or answered to.
    pub target_ip: Ipv4Addr,
    /// Hardware address asked or answered; keepalived fills it with ones in its announcements.
    pub target_mac: Mac,
}

impl Arp {
    /// An announcement: sender and target are the same address (in request or reply form).
    pub fn is_gratuitous(&self) -> bool {
        self.sender_ip == self.target_ip && !self.sender_ip.is_unspecified()
    }
}

pub(crate) fn parse(data: &[u8], at: usize, link: LinkInfo) -> Result<Decoded, Malformed> {
    let body = data.get(at..).unwrap_or_default();
    let Some(arp) = ArpPacket::new(body) else {
        return Err(Malformed::new("arp", "header", at, format!("{} bytes of {LEN}", body.len())));
    };
    // Other hardware or protocols (InfiniBand, RARP operations) carry no address VRRP moves.
    let ours = arp.get_hardware_type().0 == 1
        && arp.get_protocol_type().0 == super::link::ETHERTYPE_IPV4
        && arp.get_hw_addr_len() == 6
        && arp.get_proto_addr_len() == 4
        && matches!(arp.get_operation().0, 1 | 2);
    if !ours {
        return Ok(Decoded::Other);
    }
    let mac = |m: pnet::util::MacAddr| Mac(m.octets());
    Ok(Decoded::Arp(Arp {
        link,
        request: arp.get_operation().0 == 1,
        sender_ip: arp.get_sender_proto_addr(),
        sender_mac: mac(arp.get_sender_hw_addr()),
        target_ip: arp.get_target_proto_addr(),
        target_mac: mac(arp.get_target_hw_addr()),
    }))
}
