//! What a virtual router asks of an advert before it counts: every check there is as a row of [`CHECKS`], and which of
//! them a profile asks, and in which order, as [`Profile::checks`].
//!
//! Numbers are those of keepalived's own order (`vrrp_dispatcher_read`, `vrrp_check_packet`). Three of its checks have no
//! row because what they refuse is no [`Advert`]: a message that is cut (the decoder says where), an IP length that is
//! not the packet's, and an AH before something else than VRRP.

mod ask;
mod receive;

use std::net::IpAddr;

use super::event::State;
use super::machine::VirtualRouter;
use super::params::Params;
use super::profile::Profile;
use super::sequence::{self, Authentication};
use crate::time::Timestamp;
use crate::wire::Advert;

pub use receive::{Counter, Counters, Listener, Memory, Objection, Verdict, would_accept};

/// A host that adverts are sent to and expected from (`unicast_peer`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// `min_ttl` and `max_ttl`, 0 and 255 where only one is given. Either of them makes the source be checked.
    pub ttl: Option<(u8, u8)>,
}

/// `old_unicast_checksum`: whether version 3 unicast over IPv4 uses the sum of keepalived up to 1.3.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OldChecksum {
    /// Not until an advert with it is heard; from then on only.
    #[default]
    WhenHeard,
    /// Only.
    Always,
    /// Not at all (`never`).
    Never,
}

/// How a virtual router is configured to listen, beside its [`Params`].
#[derive(Clone, Debug, Default)]
pub struct Hearing {
    /// Authentication, of what it sends too.
    pub authentication: Authentication,
    /// The peers of a unicast instance; none for multicast.
    pub peers: Vec<Peer>,
    /// The multicast group, if it is not the family's own (`mcast_dst_ip`).
    pub group: Option<IpAddr>,
    /// `check_unicast_src`: only peers are heard.
    pub check_unicast_src: bool,
    /// `skip_check_adv_addr`: a backup does not look at the addresses of the master that it knows.
    pub skip_check_adv_addr: bool,
    /// `owner_ignore_adverts`, since keepalived 2.3.3.
    pub owner_ignore_adverts: bool,
    /// `v3_checksum_as_v2`, since keepalived 2.2.8.
    pub v3_checksum_as_v2: bool,
    /// The checksum of version 3 over IPv4 that it sends and expects, if it is not the profile's.
    pub checksum: Option<crate::wire::checksum::Form>,
    /// `old_unicast_checksum`.
    pub old_unicast_checksum: OldChecksum,
}

impl Hearing {
    /// Whether it sends to peers instead of a group.
    pub fn is_unicast(&self) -> bool {
        !self.peers.is_empty()
    }

    fn checks_unicast_source(&self) -> bool {
        self.is_unicast() && (self.check_unicast_src || self.peers.iter().any(|p| p.ttl.is_some()))
    }
}

/// Where a virtual router stands as an advert arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its state.
    pub state: State,
    /// Its effective priority.
    pub priority: u8,
    /// The source of the last advert that it heard as a backup.
    pub master: Option<IpAddr>,
    /// Whether a startup delay runs.
    pub delayed: bool,
}

impl Standing {
    /// A backup that has heard nothing, of this priority.
    pub const fn backup(priority: u8) -> Self {
        Self { state: State::Backup, priority, master: None, delayed: false }
    }
}

impl From<&VirtualRouter> for Standing {
    /// Where it stands. A startup delay is the machine's own affair: it ignores what it is told meanwhile.
    fn from(router: &VirtualRouter) -> Self {
        let master = router.heard().map(|(heard, _)| heard.src);
        Self { state: router.state(), priority: router.priority(), master, delayed: false }
    }
}

/// One who is about to hear an advert.
#[derive(Clone, Copy, Debug)]
pub struct Receiver<'a> {
    /// How it behaves: usually `params.profile`, another one to ask what another version would do.
    pub profile: &'static Profile,
    /// Its configuration.
    pub params: &'a Params,
    /// How it listens.
    pub hearing: &'a Hearing,
    /// What it remembers.
    pub memory: &'a Memory,
    /// Where it stands.
    pub standing: Standing,
    /// Its clock.
    pub wall: Timestamp,
}

impl Receiver<'_> {
    /// The authentication in force: what the profile does not know, or the version does not have, is none.
    pub fn authentication(&self) -> &Authentication {
        sequence::applying(&self.hearing.authentication, self.params, self.profile)
    }
}

/// What one check says of an advert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing against it.
    Pass,
    /// What is wrong: a clause with both sides' numbers, never a secret.
    Fail(String),
    /// It is not asked of this advert by this receiver.
    NotApplicable,
}

/// What becomes of an advert that fails a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// It never gets as far as the virtual router: another socket, or dropped before it is looked at. No timer restarts.
    Unseen,
    /// Ignored; keepalived's `VRRP_PACKET_KO`.
    Ko,
    /// Ignored; keepalived's `VRRP_PACKET_DROP`. The same but for the name.
    Drop,
    /// Accepted, with a log line.
    Remark,
}

/// A row of the table of checks.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which.
    pub check: Check,
    /// Its stable name.
    pub id: &'static str,
    /// Its number in keepalived's order, as the newest version has it; empty where keepalived has no such check.
    pub place: &'static str,
    /// What becomes of an advert that fails it. That of a list of addresses depends on [`Profile::address_list`].
    pub failure: Failure,
    /// Words of the line that keepalived logs, in 2.4 and, where they differ, in 2.2.
    pub keywords: &'static [&'static str],
    /// The statistic that keepalived increments.
    pub counter: Option<Counter>,
    /// The section it rests on.
    pub rfc: &'static str,
    /// Another check that always fails first, because sockets do not pass on what this one refuses.
    pub behind: Option<Check>,
    /// Whether this receiver may accept this advert, as far as this check goes.
    pub ask: fn(&Receiver<'_>, &Advert) -> Outcome,
}

macro_rules! checks {
    ($($(#[$doc:meta])* $variant:ident = ($id:literal, $place:literal, $failure:ident, $keywords:expr, $counter:expr,
       $rfc:literal, $behind:expr, $ask:expr),)*) => {
        /// A check of an advert on receipt.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Check { $($(#[$doc])* $variant,)* }

        /// Every check there is.
        pub const CHECKS: &[Row] = &[$(Row {
            check: Check::$variant, id: $id, place: $place, failure: Failure::$failure, keywords: $keywords,
            counter: $counter, rfc: $rfc, behind: $behind, ask: $ask,
        },)*];

        impl Check {
            /// Its row.
            pub const fn row(self) -> &'static Row {
                match self { $(Self::$variant => &Row {
                    check: Check::$variant, id: $id, place: $place, failure: Failure::$failure, keywords: $keywords,
                    counter: $counter, rfc: $rfc, behind: $behind, ask: $ask,
                },)* }
            }
        }
    };
}

#[rustfmt::skip]
checks! {
    /// IPv4 or IPv6, as it is.
    Family = ("family", "R0", Unseen, &[], None, "RFC 5798 §7.1", None, ask::family),
    /// IP protocol 112, or 51 where AH is configured: each has a socket of its own.
    Protocol = ("protocol", "R0", Unseen, &[], None, "RFC 2402 §2.1", None, ask::protocol),
    /// Sent to where it listens.
    Destination = ("destination", "R0", Unseen, &[], None, "RFC 5798 §5.1.1.2", None, ask::destination),
    /// The sums that the kernel verifies: the IPv4 header's, and the advert's own over IPv6.
    KernelChecksum = ("kernel-checksum", "R0", Unseen, &[], None, "RFC 5798 §5.2.8", None, ask::kernel_checksum),
    /// No startup delay runs.
    StartupDelay = ("startup-delay", "R2", Unseen, &[], None, "", None, ask::startup_delay),
    /// Its own virtual router.
    Vrid = ("vrid", "R4", Unseen, &["Unknown VRID"], None, "RFC 5798 §7.1", None, ask::vrid),
    /// It takes part at all.
    Started = ("started", "R6", Unseen, &[], None, "RFC 5798 §6.4.1", None, ask::started),
    /// An AH exactly where one is configured.
    AhHeader = ("ah-header", "1", Ko, &["AH header"], Some(Counter::AuthtypeMismatch), "RFC 2338 §5.3.6.3",
        Some(Check::Protocol), ask::ah_header),
    /// As long as its version and address count have it.
    Length = ("length", "3", Ko, &["vrrp packet from", "vrrp packet too"], Some(Counter::PacketLenErr), "RFC 5798 §7.1", None,
        ask::length),
    /// Not from beyond a router.
    Ttl = ("ttl", "4", Ko, &["invalid TTL/HL"], Some(Counter::IpTtlErr), "RFC 5798 §5.1.1.3", None, ask::ttl),
    /// The same version of VRRP.
    Version = ("version", "5", Ko, &["wrong VRRP version", "wrong version"], Some(Counter::VersErr), "RFC 5798 §7.1", None, ask::version),
    /// Signed, if it must be.
    HmacMissing = ("hmac-missing", "6", Ko, &["authentication trailer"], Some(Counter::AuthExtMissing), "", None, ask::hmac_missing),
    /// Signed by a peer, in unicast.
    HmacPeer = ("hmac-peer", "6", Ko, &["authentication"], None, "", None, ask::hmac_peer),
    /// Trailer type 1, reserved field 0.
    HmacFormat = ("hmac-format", "6", Ko, &["authentication trailer"], Some(Counter::AuthExtMalformed), "", None, ask::hmac_format),
    /// Signed at about this time.
    HmacTime = ("hmac-time", "6", Ko, &["authentication"], Some(Counter::AuthExtStale), "", None, ask::hmac_time),
    /// Signed with a key that is known.
    HmacKey = ("hmac-key", "6", Ko, &["authentication"], Some(Counter::AuthExtUnknownKey), "", None, ask::hmac_key),
    /// Signed with this key, and unchanged since.
    HmacDigest = ("hmac-digest", "6", Ko, &["HMAC"], Some(Counter::AuthExtInvalidHmac), "RFC 2104 §2", None, ask::hmac_digest),
    /// Later than the last one of this sender.
    HmacReplay = ("hmac-replay", "6", Ko, &["authentication"], Some(Counter::AuthExtReplay), "RFC 1982 §3.2", None, ask::hmac_replay),
    /// Signed by a clock that will do for longer.
    HmacSkew = ("hmac-skew", "6", Remark, &["authentication clock skew"], None, "", None, ask::hmac_skew),
    /// Authentication type 0, 1 or 2, version 2.
    AuthTypeKnown = ("auth-type-known", "7", Ko, &["Invalid auth type"], Some(Counter::InvalidAuthtype), "RFC 3768 §5.3.6", None,
        ask::auth_type_known),
    /// The same authentication type, version 2.
    AuthType = ("auth-type", "8", Ko, &["auth from", "auth, expecting"], Some(Counter::AuthtypeMismatch), "RFC 3768 §5.3.6", None,
        ask::auth_type),
    /// The same password, version 2.
    Password = ("password", "9", Ko, &["received an invalid passwd"], Some(Counter::AuthFailure), "RFC 2338 §5.3.6.2", None,
        ask::password),
    /// AH's digest.
    AhDigest = ("ah-digest", "10", Ko, &["invalid IPSEC HMAC-MD5 value"], Some(Counter::AuthFailure), "RFC 2402 §3.4.4", None, ask::ah_digest),
    /// AH's SPI is the source address.
    AhSpi = ("ah-spi", "10", Ko, &["invalid IPSEC SPI value"], Some(Counter::AuthFailure), "RFC 2402 §2.4", None, ask::ah_spi),
    /// AH's number is higher than the last one.
    AhSequence = ("ah-sequence", "10", Ko, &["already processed"], Some(Counter::AuthFailure), "RFC 2402 §3.4.3", None,
        ask::ah_sequence),
    /// The same interval, version 2.
    Interval = ("interval", "11", Drop, &["advertisement interval mismatch"], None, "RFC 3768 §7.1", None, ask::interval),
    /// Message type 1.
    Type = ("type", "12", Ko, &["Invalid packet type"], Some(Counter::InvalidTypeRcvd), "RFC 5798 §5.2.2", None, ask::kind),
    /// An address at least.
    AddressNone = ("address-none", "", Ko, &[], None, "RFC 5798 §5.2.5", None, ask::address_none),
    /// The same interval, version 3: a difference is allowed, and adopted.
    IntervalV3 = ("interval-v3", "15", Remark, &["advertisement interval mismatch"], None, "RFC 9568 §7.1", None, ask::interval_v3),
    /// The checksum, in the form that is expected. Over IPv6 see [`Check::KernelChecksum`].
    Checksum = ("checksum", "16", Ko, &["Invalid VRRPv"], Some(Counter::ChkErr), "RFC 5798 §7.1", None, ask::checksum),
    /// Multicast or unicast, as it is.
    Cast = ("cast", "17", Ko, &["packet but received"], Some(Counter::AddrListErr), "", Some(Check::Destination), ask::cast),
    /// Not itself the owner of the addresses.
    Owner = ("owner", "18", Drop, &["since we are address owner"], None, "RFC 5798 §7.1", None, ask::owner),
    /// As many addresses.
    AddressCount = ("address-count", "19", Ko, &["VIPs but received", "received an unexpected ip number count"],
        Some(Counter::AddrListErr), "RFC 5798 §7.1", None, ask::address_count),
    /// The same addresses, in any order.
    AddressList = ("address-list", "19", Ko, &["not present in MASTER advert"], Some(Counter::AddrListErr), "RFC 5798 §7.1", None, ask::address_list),
    /// From a peer.
    UnicastPeer = ("unicast-peer", "20", Ko, &["not a unicast peer"], None, "", None, ask::unicast_peer),
    /// From so many hops away as the peer's range allows.
    UnicastTtl = ("unicast-ttl", "21", Drop, &["not in range"], Some(Counter::IpTtlErr), "", None, ask::unicast_ttl),
}

impl Check {
    /// Its stable name.
    pub const fn id(self) -> &'static str {
        self.row().id
    }
}

use Check as C;

/// keepalived 2.4's order.
#[rustfmt::skip]
pub(super) const KEEPALIVED_2_4: &[Check] = &[
    C::Family, C::Protocol, C::Destination, C::KernelChecksum, C::StartupDelay, C::Vrid, C::Started, C::AhHeader, C::Length,
    C::Ttl, C::Version, C::HmacMissing, C::HmacPeer, C::HmacFormat, C::HmacTime, C::HmacKey, C::HmacDigest, C::HmacReplay,
    C::HmacSkew, C::AuthTypeKnown, C::AuthType, C::Password, C::AhDigest, C::AhSpi, C::AhSequence, C::Interval, C::Type,
    C::IntervalV3, C::Checksum, C::Cast, C::Owner, C::AddressCount, C::AddressList, C::UnicastPeer, C::UnicastTtl,
];

/// keepalived 2.2's: the count of addresses before the checksum.
#[rustfmt::skip]
pub(super) const KEEPALIVED_2_2: &[Check] = &[
    C::Family, C::Protocol, C::Destination, C::KernelChecksum, C::Vrid, C::Started, C::AhHeader, C::Length, C::Ttl, C::Version,
    C::AuthTypeKnown, C::AuthType, C::Password, C::AhDigest, C::AhSpi, C::AhSequence, C::Interval, C::Type, C::AddressCount,
    C::Checksum, C::Cast, C::AddressList, C::UnicastPeer, C::UnicastTtl,
];

/// FRR's (`vrrp_pkt_parse_datagram`, `vrrp_recv_advertisement`).
#[rustfmt::skip]
pub(super) const FRR: &[Check] = &[
    C::Family, C::Protocol, C::Destination, C::KernelChecksum, C::Vrid, C::Started, C::Ttl, C::AddressNone, C::Version,
    C::Length, C::Checksum, C::Type, C::AuthType, C::Owner, C::Interval, C::AddressCount,
];

/// RFC 3768 §7.1.
#[rustfmt::skip]
pub(super) const RFC3768: &[Check] = &[
    C::Family, C::Protocol, C::Destination, C::KernelChecksum, C::Vrid, C::Started, C::Ttl, C::Version, C::Type, C::Length,
    C::Checksum, C::Owner, C::AuthType, C::AddressCount, C::AddressList, C::Interval,
];

/// RFC 5798 §7.1.
#[rustfmt::skip]
pub(super) const RFC5798: &[Check] = &[
    C::Family, C::Protocol, C::Destination, C::KernelChecksum, C::Vrid, C::Started, C::Ttl, C::Version, C::Type, C::Length,
    C::Checksum, C::Owner, C::AddressCount, C::AddressList,
];

/// RFC 9568 §7.1, which also tells of another interval.
#[rustfmt::skip]
pub(super) const RFC9568: &[Check] = &[
    C::Family, C::Protocol, C::Destination, C::KernelChecksum, C::Vrid, C::Started, C::Ttl, C::Version, C::Type, C::Length,
    C::Checksum, C::Owner, C::AddressCount, C::AddressList, C::IntervalV3,
];
