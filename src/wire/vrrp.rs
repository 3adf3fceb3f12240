//! VRRP advertisements, version 2 (RFC 3768, and RFC 2338 for its authentication) and 3 (RFC 5798, RFC 9568).
//!
//! ```text
//!  0                   1                   2                   3
//!  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//! +-------+-------+---------------+---------------+---------------+
//! |Version| Type  | Virtual Rtr ID|   Priority    |   Addresses   |
//! +-------+-------+---------------+---------------+---------------+
//! |  v2: Auth Type | Advert Int (s)|           Checksum           |
//! |  v3: rsvd(4) | Max Advert Int (cs, 12)  |                      |
//! +-------------------------------+-------------------------------+
//! |                 addresses, 4 or 16 bytes each                 |
//! +---------------------------------------------------------------+
//! |            v2 over IPv4: 8 bytes of authentication data       |
//! ```

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use super::auth::{Auth, AuthCheck, HmacTrailer, Keys, Secret, Signed};
use super::checksum::{Form, Sum, Verdict};
use super::link::LinkInfo;
use super::packet::{AhHeader, IpContext, is_host, is_multicast};
use super::{Decoded, Malformed};

/// Length of the header before the addresses.
pub const HEADER_LEN: usize = 8;
/// Length of v2's authentication data.
pub const AUTH_DATA_LEN: usize = 8;
/// Priority of an advert by which a master resigns (RFC 5798 §5.2.4).
pub const PRIORITY_RELEASE: u8 = 0;
/// Priority of the router that owns the addresses (RFC 5798 §5.2.4).
pub const PRIORITY_OWNER: u8 = 255;

/// One VRRP advertisement with what the layers below said of it.
#[derive(Clone, Debug)]
pub struct Advert {
    /// Hardware addresses and VLANs.
    pub link: LinkInfo,
    /// IP source: the member's identity within its group.
    pub src: IpAddr,
    /// IP destination: the group, or a peer in unicast mode.
    pub dst: IpAddr,
    /// TTL or hop limit as received.
    pub ttl: u8,
    /// TOS or traffic class; senders use 0xc0.
    pub tos: u8,
    /// IPv4 identification.
    pub ip_id: Option<u16>,
    /// The Authentication Header, when there is one.
    pub ah: Option<AhHeader>,
    /// VRRP version, 2 or 3.
    pub version: u8,
    /// Message type; 1 is the only one defined.
    pub kind: u8,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Priority; 0 releases, 255 owns.
    pub priority: u8,
    /// The interval the sender announces: whole seconds in v2, centiseconds in v3.
    pub advert_int: Duration,
    /// The virtual addresses in the order sent.
    pub addresses: Vec<IpAddr>,
    /// How it is authenticated.
    pub auth: Auth,
    /// Version 2's authentication type as sent.
    pub auth_type: Option<u8>,
    /// keepalived's trailer, when there is one.
    pub hmac: Option<HmacTrailer>,
    /// What the digest of AH or trailer covers.
    pub signed: Option<Box<Signed>>,
    /// Whether the digest of AH or trailer was verified; `None` when there is no digest.
    pub auth_check: Option<AuthCheck>,
    /// Checksum field as sent.
    pub checksum: u16,
    /// Whether it is right, and in which form.
    pub checksum_verdict: Verdict,
    /// Bytes of the IP packet before the VRRP message: IP header, extension headers, AH.
    pub before: usize,
    /// Bytes of the IP packet after the VRRP message; keepalived's trailer is 28 of them.
    pub trailing: usize,
    /// What the RFCs do not allow.
    pub problems: Problems,
}

impl Advert {
    /// Length of the VRRP message as its version and address count have it.
    pub fn message_len(&self) -> usize {
        let (size, auth) = if self.src.is_ipv4() { (4, AUTH_DATA_LEN) } else { (16, 0) };
        HEADER_LEN + size * self.addresses.len() + if self.version == 2 { auth } else { 0 }
    }

    /// Sent to a multicast group, as opposed to one peer.
    pub fn is_multicast(&self) -> bool {
        is_multicast(self.dst)
    }

    /// 4 or 6.
    pub fn ip_version(&self) -> u8 {
        if self.src.is_ipv4() { 4 } else { 6 }
    }
}

macro_rules! problems {
    ($($variant:ident = $id:literal : $about:literal,)*) => {
        /// Something in an advert that the RFCs do not allow, though it could be read.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Problem { $(#[doc = $about] $variant,)* }

        impl Problem {
            /// Every problem there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable id used in JSON.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// What it means, in a sentence.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about,)* }
            }
        }
    };
}

problems! {
    TtlNot255 = "ttl-not-255": "The TTL or hop limit of a multicast advert is not 255: it crossed a router or was forged, and receivers must discard it (RFC 5798 §5.1.1.3).",
    TypeUnknown = "type-unknown": "The message type is not 1, the only one defined; receivers discard it (RFC 5798 §5.2.2).",
    VridZero = "vrid-zero": "The virtual router identifier is 0; 1 to 255 are valid (RFC 5798 §5.2.3).",
    IntervalZero = "interval-zero": "The advert interval is 0: older daemons write this when a v2 interval is below a second, and send as fast as they can.",
    NoAddresses = "no-addresses": "The advert carries no address (RFC 5798 §5.2.5 asks for at least one).",
    ReservedNotZero = "reserved-not-zero": "Reserved bits are set; senders must clear them (RFC 5798 §5.2.6).",
    AuthTypeUnknown = "auth-type-unknown": "The v2 authentication type is none of 0, 1 and 2 (RFC 2338 §5.3.6).",
    AuthTypeAhMissing = "ah-header-missing": "The v2 authentication type is 2 but there is no Authentication Header.",
    AhUnexpected = "ah-header-unexpected": "There is an Authentication Header but the v2 authentication type is not 2, or the version has no authentication.",
    AhSpiMismatch = "ah-spi-mismatch": "The AH's security parameters index is not the source address, as keepalived requires.",
    AhIcvBad = "ah-digest-bad": "The AH's digest does not match the given password.",
    HmacBad = "hmac-bad": "The authentication trailer's HMAC does not match the given key.",
    HmacReserved = "hmac-reserved-not-zero": "The authentication trailer's reserved field is not 0; keepalived calls it malformed.",
    ChecksumBad = "checksum-bad": "The checksum matches none of the forms in use.",
    IpChecksumBad = "ip-checksum-bad": "The IPv4 header checksum is wrong.",
    TrailingBytes = "trailing-bytes": "The IP packet is longer than its VRRP message, and the rest is no authentication trailer; keepalived rejects it as too long.",
    AddressInvalid = "address-invalid": "A virtual address is unspecified, multicast or broadcast.",
    V2OverIpv6 = "v2-over-ipv6": "VRRP version 2 is defined for IPv4 only (RFC 3768 §5.3).",
    SourceNotLinkLocal = "source-not-link-local": "The source of a multicast IPv6 advert is not a link-local address (RFC 5798 §5.1.2.1).",
    FirstAddressNotLinkLocal = "first-address-not-link-local": "The first IPv6 address is not link-local (RFC 5798 §5.2.9).",
}

/// A set of [`Problem`]s.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Problems(u32);

impl Problems {
    /// Adds one.
    pub fn insert(&mut self, p: Problem) {
        self.0 |= 1 << p as u32;
    }

    /// Whether one is in the set.
    pub fn contains(self, p: Problem) -> bool {
        self.0 & (1 << p as u32) != 0
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those in the set, in the order of [`Problem::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Problem> {
        Problem::ALL.iter().copied().filter(move |&p| self.contains(p))
    }
}

/// Parses a VRRP message; an error's offset is that of the first field that cannot be had.
pub(crate) fn parse(cx: &IpContext<'_>, keys: &Keys) -> Result<Decoded, Malformed> {
    // Bytes past the IP length are Ethernet padding, not VRRP; bytes short of it were not captured.
    let declared = cx.end.saturating_sub(cx.at);
    let message = cx.data.get(cx.at..cx.end.min(cx.data.len())).unwrap_or_default();
    let bad = |field, offset: usize, reason: String| {
        let vrid = message.get(1).copied().filter(|_| message.len() >= HEADER_LEN);
        Malformed { vrid, ah: cx.ah.is_some(), ..Malformed::new("vrrp", field, cx.at + offset, reason) }
    };
    let short = |field, offset: usize, want: usize| {
        let whose = if declared < offset + want { "" } else { ", the rest was not captured" };
        bad(field, offset, format!("{} bytes of {want}{whose}", message.len().saturating_sub(offset)))
    };
    let Some(&[first, vrid, priority, count, b4, b5, c0, c1]) = message.first_chunk::<HEADER_LEN>() else {
        return Err(short("header", 0, HEADER_LEN));
    };
    let (version, kind) = (first >> 4, first & 0x0f);
    if !matches!(version, 2 | 3) {
        return Err(bad("version", 0, format!("version {version}; 2 and 3 are known")));
    }
    let ipv4 = cx.src.is_ipv4();
    let size = if ipv4 { 4 } else { 16 };
    let addresses_len = usize::from(count) * size;
    if message.len() < HEADER_LEN + addresses_len {
        let reason = format!(
            "{count} addresses need {addresses_len} bytes, {} are left{}",
            message.len() - HEADER_LEN,
            if declared < HEADER_LEN + addresses_len { "" } else { "; the rest was not captured" }
        );
        return Err(bad("addresses", HEADER_LEN, reason));
    }
    let addresses: Vec<IpAddr> = message[HEADER_LEN..HEADER_LEN + addresses_len]
        .chunks_exact(size)
        .filter_map(|b| {
            <[u8; 4]>::try_from(b)
                .map(|a| IpAddr::V4(Ipv4Addr::from(a)))
                .or_else(|_| <[u8; 16]>::try_from(b).map(|a| IpAddr::V6(Ipv6Addr::from(a))))
                .ok()
        })
        .collect();
    let auth_at = HEADER_LEN + addresses_len;
    let has_auth_data = version == 2 && ipv4;
    let len = auth_at + if has_auth_data { AUTH_DATA_LEN } else { 0 };
    if message.len() < len {
        return Err(short("auth_data", auth_at, AUTH_DATA_LEN));
    }
    if message.len() < declared {
        return Err(short("trailer", len, declared - len));
    }

    let mut problems = Problems::default();
    let mut flag = |on: bool, p| {
        if on {
            problems.insert(p);
        }
    };
    let (body, rest) = message.split_at(len);
    let hmac = HmacTrailer::parse(rest);
    flag(hmac.is_none() && !rest.is_empty(), Problem::TrailingBytes);
    let (auth, advert_int) = if version == 2 {
        let auth = match b4 {
            0 => Auth::None,
            1 => body.get(auth_at..).and_then(|b| b.try_into().ok()).map_or(Auth::None, |b| Auth::Pass(Secret(b))),
            2 => Auth::Ah,
            other => Auth::Unknown(other),
        };
        (auth, Duration::from_secs(u64::from(b5)))
    } else {
        flag(b4 & 0xf0 != 0, Problem::ReservedNotZero);
        (Auth::None, Duration::from_millis(10 * u64::from(u16::from_be_bytes([b4 & 0x0f, b5]))))
    };
    flag(matches!(auth, Auth::Unknown(_)), Problem::AuthTypeUnknown);
    flag(auth == Auth::Ah && cx.ah.is_none(), Problem::AuthTypeAhMissing);
    flag(cx.ah.is_some() && auth != Auth::Ah, Problem::AhUnexpected);
    let auth = if hmac.is_some() { Auth::Hmac } else { auth };

    let (signed, auth_check) = match (&hmac, cx.ah) {
        (Some(h), _) => {
            flag(h.reserved != 0, Problem::HmacReserved);
            let signed = Signed::hmac(cx, body, rest, h.key_id);
            let check = signed.verify(keys);
            flag(check == AuthCheck::Bad, Problem::HmacBad);
            (Some(Box::new(signed)), Some(check))
        }
        (None, Some(ah)) => {
            let spi = match cx.src {
                IpAddr::V4(a) => a.to_bits() == ah.spi,
                IpAddr::V6(_) => true,
            };
            flag(!spi, Problem::AhSpiMismatch);
            let signed = Signed::ah(cx, ah, message);
            let check = signed.verify(keys);
            flag(check == AuthCheck::Bad, Problem::AhIcvBad);
            (Some(Box::new(signed)), Some(check))
        }
        (None, None) => (None, None),
    };

    let checksum_verdict = if cx.routed { Verdict::Unverifiable } else { check(cx, version, body, message) };
    flag(checksum_verdict == Verdict::Bad, Problem::ChecksumBad);
    flag(cx.header_checksum_bad, Problem::IpChecksumBad);
    let multicast = is_multicast(cx.dst);
    flag(multicast && cx.ttl != 255, Problem::TtlNot255);
    flag(kind != 1, Problem::TypeUnknown);
    flag(vrid == 0, Problem::VridZero);
    flag(advert_int.is_zero(), Problem::IntervalZero);
    flag(count == 0, Problem::NoAddresses);
    flag(addresses.iter().any(|a| !is_valid_address(*a)), Problem::AddressInvalid);
    if let IpAddr::V6(src) = cx.src {
        flag(version == 2, Problem::V2OverIpv6);
        flag(multicast && !src.is_unicast_link_local(), Problem::SourceNotLinkLocal);
        let first = addresses.first();
        flag(matches!(first, Some(IpAddr::V6(a)) if !a.is_unicast_link_local()), Problem::FirstAddressNotLinkLocal);
    }

    Ok(Decoded::Advert(Box::new(Advert {
        link: cx.link,
        src: cx.src,
        dst: cx.dst,
        ttl: cx.ttl,
        tos: cx.tos,
        ip_id: cx.id,
        ah: cx.ah,
        version,
        kind,
        vrid,
        priority,
        advert_int,
        addresses,
        auth,
        auth_type: (version == 2).then_some(b4),
        hmac,
        signed,
        auth_check,
        checksum: u16::from_be_bytes([c0, c1]),
        checksum_verdict,
        before: cx.at - cx.header.0,
        trailing: rest.len(),
        problems,
    })))
}

fn is_valid_address(a: IpAddr) -> bool {
    match a {
        IpAddr::V4(a) => is_host(a),
        IpAddr::V6(a) => !(a.is_unspecified() || a.is_multicast()),
    }
}

/// Which known checksum form matches. Over IPv6 the kernel sums the whole payload, the HMAC trailer included; over IPv4
/// the daemon sums its message alone.
fn check(cx: &IpContext<'_>, version: u8, body: &[u8], whole: &[u8]) -> Verdict {
    let forms: &[Form] = match (cx.src.is_ipv4(), version) {
        (true, 2) => &[Form::Plain],
        (true, _) => &[Form::PseudoHeader, Form::Plain, Form::PseudoHeaderGroup],
        (false, _) => &[Form::PseudoHeader],
    };
    let data = if cx.src.is_ipv4() { body } else { whole };
    for &form in forms {
        let sum = match form {
            Form::Plain => Sum::default(),
            Form::PseudoHeader => Sum::default().add_pseudo_header(cx.src, cx.dst, data.len()),
            Form::PseudoHeaderGroup if cx.dst == IpAddr::V4(super::VRRP_GROUP_V4) => continue,
            Form::PseudoHeaderGroup => {
                Sum::default().add_pseudo_header(cx.src, IpAddr::V4(super::VRRP_GROUP_V4), data.len())
            }
        };
        if sum.add(data).finish() == 0 {
            return Verdict::Ok(form);
        }
    }
    Verdict::Bad
}
