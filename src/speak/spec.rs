//! What one virtual router of this process is to be: its parameters, and what goes with them on this host.

use std::net::IpAddr;
use std::time::Duration;

use crate::vrrp::Params;
use crate::vrrp::check::Hearing;
use crate::vrrp::router::{Member, Via};
use crate::vrrp::sequence::Authentication;
use crate::vrrp::track::Track;
use crate::wire::auth::{AH_LEN, TRAILER_LEN};
use crate::wire::checksum::Form;
use crate::wire::vrrp::{AUTH_DATA_LEN, HEADER_LEN};

/// An address to be put on an interface while master.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub ip: IpAddr,
    /// Length of its prefix.
    pub prefix: u8,
    /// Another interface than the virtual router's own (`dev` in keepalived's list).
    pub interface: Option<String>,
    /// Whether adverts carry it.
    pub advertised: bool,
}

/// One virtual router.
#[derive(Clone, Debug)]
pub struct Spec {
    /// Its name: the configuration's, or made of VRID and family.
    pub name: String,
    /// The interface it listens and speaks on.
    pub interface: String,
    /// The state machine's parameters. [`Params::source`] is unspecified if the interface's own address is meant.
    pub params: Params,
    /// All addresses, advertised ones first and in order.
    pub addresses: Vec<Address>,
    /// How it listens, and to whom it sends: authentication, unicast peers, group.
    pub hearing: Hearing,
    /// TTL or hop limit: 255 unless `unicast_ttl` says otherwise.
    pub ttl: u8,
    /// Checksum form of version 3 over IPv4, if it is not the profile's.
    pub checksum: Option<Form>,
    /// Whether the addresses live on a macvlan with the virtual MAC 00-00-5e-00-01-VRID (RFC 5798 §7.3).
    pub vmac: bool,
    /// Virtual addresses that are on their interfaces already, put there by someone else. Found out at the start.
    pub present: Vec<IpAddr>,
    /// What it tracks, beside its own interface.
    pub tracks: Vec<Track>,
    /// Whether it is in FAULT while its own interface is down; not with `dont_track_primary`.
    pub track_primary: bool,
}

impl Spec {
    /// Whether it is of IPv6.
    pub const fn ipv6(&self) -> bool {
        self.params.source.is_ipv6()
    }

    /// Its place in the VRRP process.
    pub fn member(&self) -> Member {
        let via = if self.hearing.is_unicast() {
            Via::Unicast { source: self.params.source }
        } else {
            Via::Multicast { group: self.hearing.group, vmac: self.vmac }
        };
        Member { interface: self.interface.clone(), via, params: self.params.clone(), tracks: self.tracks.clone() }
    }

    /// Length of the IP packets that its adverts are.
    pub fn packet_length(&self) -> usize {
        let (header, size) = if self.ipv6() { (40, 16) } else { (20, 4) };
        let data = if self.params.version == 2 && !self.ipv6() { AUTH_DATA_LEN } else { 0 };
        let signature = match self.hearing.authentication {
            Authentication::Ah(_) => AH_LEN,
            Authentication::Hmac(_) => TRAILER_LEN,
            Authentication::None | Authentication::Pass(_) => 0,
        };
        header + HEADER_LEN + size * self.params.addresses.len() + data + signature
    }

    /// How long it listens before it takes part: a master-down interval of its own.
    pub fn listening(&self) -> Duration {
        crate::vrrp::VirtualRouter::new(self.params.clone()).master_down().duration()
    }
}
