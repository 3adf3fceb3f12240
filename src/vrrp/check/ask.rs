//! The checks themselves: pure functions of a receiver and an advert.

use std::net::IpAddr;
use std::time::Duration;

use super::super::profile::{AddressList, Trailing, TwoOwners};
use super::super::sequence::{self, HmacAuth, HmacMode, Serial};
use super::Outcome::{self, Fail, NotApplicable, Pass};
use super::{Authentication, Hearing, OldChecksum, Params, Receiver};
use crate::vrrp::State;
use crate::wire::auth::{Auth, AuthCheck, HmacTrailer, Secret, TRAILER_LEN};
use crate::wire::checksum::{Form, Verdict};
use crate::wire::vrrp::PRIORITY_OWNER;
use crate::wire::{Advert, Keys, Problem, VRRP_GROUP_V4, VRRP_GROUP_V6};

/// Payload of the smallest Ethernet frame: shorter packets are padded to it.
const ETHERNET_LEAST: usize = 46;

fn pass_if(right: bool, reason: impl FnOnce() -> String) -> Outcome {
    if right { Pass } else { Fail(reason()) }
}

fn span(d: Duration) -> String {
    humantime::format_duration(d).to_string()
}

fn family_name(a: IpAddr) -> &'static str {
    if a.is_ipv4() { "IPv4" } else { "IPv6" }
}

pub(super) fn family(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let (theirs, ours) = (family_name(a.src), family_name(r.params.source));
    pass_if(theirs == ours, || format!("it came over {theirs}, this virtual router is one of {ours}"))
}

pub(super) fn protocol(r: &Receiver<'_>, a: &Advert) -> Outcome {
    match (a.ah.is_some(), r.authentication()) {
        (true, Authentication::Ah(_)) => Pass,
        (true, other) => {
            Fail(format!("it has an AH (protocol 51), this router listens to protocol 112: {}", other.as_str()))
        }
        (false, Authentication::Ah(_)) => Fail("it has no AH, this router listens to protocol 51: AH".into()),
        (false, _) => Pass,
    }
}

/// What its socket is bound to.
pub(super) fn listens_to(hearing: &Hearing, params: &Params) -> IpAddr {
    match (params.source, hearing.group) {
        (source, _) if hearing.is_unicast() => source,
        (_, Some(group)) => group,
        (IpAddr::V4(_), None) => IpAddr::V4(VRRP_GROUP_V4),
        (IpAddr::V6(_), None) => IpAddr::V6(VRRP_GROUP_V6),
    }
}

pub(super) fn destination(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if a.src.is_ipv4() != r.params.source.is_ipv4() {
        return NotApplicable;
    }
    let ours = listens_to(r.hearing, r.params);
    pass_if(a.dst == ours, || format!("it was sent to {}, this router listens to {ours}", a.dst))
}

pub(super) fn kernel_checksum(_: &Receiver<'_>, a: &Advert) -> Outcome {
    if a.problems.contains(Problem::IpChecksumBad) {
        return Fail("the checksum of its IPv4 header is wrong".into());
    }
    if a.src.is_ipv4() {
        return Pass;
    }
    pass_if(a.checksum_verdict != Verdict::Bad, || format!("its checksum {:#06x} is wrong", a.checksum))
}

pub(super) fn startup_delay(r: &Receiver<'_>, _: &Advert) -> Outcome {
    pass_if(!r.standing.delayed, || format!("the startup delay of {} runs", span(r.params.startup_delay)))
}

pub(super) fn vrid(r: &Receiver<'_>, a: &Advert) -> Outcome {
    pass_if(a.vrid == r.params.vrid, || format!("its VRID is {}, this one is {}", a.vrid, r.params.vrid))
}

pub(super) fn started(r: &Receiver<'_>, _: &Advert) -> Outcome {
    let state = r.standing.state;
    pass_if(!matches!(state, State::Init | State::Fault), || format!("this router is in {state} and takes no part"))
}

pub(super) fn ah_header(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if a.src.is_ipv4() { protocol(r, a) } else { NotApplicable }
}

/// The trailer's bytes are not counted where one may be.
fn is_trailer(r: &Receiver<'_>, a: &Advert) -> bool {
    matches!(r.authentication(), Authentication::Hmac(_)) && a.trailing == TRAILER_LEN
}

pub(super) fn length(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if a.trailing == 0 || is_trailer(r, a) {
        return Pass;
    }
    // A raw socket delivers the IPv4 header too, so keepalived's limit is that of the whole packet.
    let expected = if a.src.is_ipv4() { a.before } else { 0 } + a.message_len();
    let right = match r.profile.trailing {
        Trailing::Accept => true,
        Trailing::Reject => false,
        // Packets are a multiple of four bytes long, 46 is two more.
        Trailing::RejectUnlessPadding => expected < ETHERNET_LEAST && a.trailing % 4 == 2,
    };
    pass_if(right, || {
        let what = match (a.hmac.is_some(), r.authentication()) {
            (true, _) => ", an authentication trailer that this router does not know",
            (false, Authentication::Hmac(_)) => ", which is no authentication trailer",
            _ => "",
        };
        format!("{expected} bytes are expected, {} came: {} too many{what}", expected + a.trailing, a.trailing)
    })
}

pub(super) fn ttl(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if r.hearing.is_unicast() {
        return NotApplicable;
    }
    let name = if a.src.is_ipv4() { "TTL" } else { "hop limit" };
    pass_if(a.ttl == 255, || format!("its {name} is {}, 255 is required: it crossed a router or was forged", a.ttl))
}

pub(super) fn version(r: &Receiver<'_>, a: &Advert) -> Outcome {
    pass_if(a.version == r.params.version, || {
        format!("it is of version {}, this router speaks version {}", a.version, r.params.version)
    })
}

fn hmac<'a>(r: &Receiver<'a>) -> Option<&'a HmacAuth> {
    match sequence::applying(&r.hearing.authentication, r.params, r.profile) {
        Authentication::Hmac(auth) => Some(auth),
        _ => None,
    }
}

/// The configuration, and a trailer that can be one.
fn trailer<'a>(r: &Receiver<'a>, a: &'a Advert) -> Option<(&'a HmacAuth, &'a HmacTrailer)> {
    Some((hmac(r)?, a.hmac.as_ref().filter(|t| t.reserved == 0)?))
}

pub(super) fn hmac_missing(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let Some(auth) = hmac(r) else { return NotApplicable };
    pass_if(a.trailing == TRAILER_LEN || auth.mode != HmacMode::Enforce, || {
        "it is not signed, this router takes only adverts with an authentication trailer (mode enforce)".into()
    })
}

pub(super) fn hmac_peer(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if hmac(r).is_none() || a.trailing != TRAILER_LEN || !r.hearing.is_unicast() {
        return NotApplicable;
    }
    pass_if(r.hearing.peers.iter().any(|p| p.address == a.src), || format!("{} is none of its unicast peers", a.src))
}

pub(super) fn hmac_format(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if hmac(r).is_none() || a.trailing != TRAILER_LEN {
        return NotApplicable;
    }
    match a.hmac {
        None => Fail("its authentication trailer is not of type 1, the only one known".into()),
        Some(t) => {
            pass_if(t.reserved == 0, || format!("the reserved field of its trailer is {:#06x}, not 0", t.reserved))
        }
    }
}

pub(super) fn hmac_time(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let Some((auth, t)) = trailer(r, a) else { return NotApplicable };
    match sequence::stale(auth, t, r.wall) {
        None => Pass,
        Some(skew) => Fail(format!("it was signed {}, only {} either way is allowed", apart(skew), span(auth.window))),
    }
}

fn apart(skew: i64) -> String {
    let by = span(Duration::from_secs(skew.unsigned_abs()));
    if skew < 0 { format!("{by} ahead of this router's clock") } else { format!("{by} before this router's clock") }
}

pub(super) fn hmac_key(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let Some((auth, t)) = trailer(r, a) else { return NotApplicable };
    pass_if(auth.keys.hmac(t.key_id).is_some(), || {
        let ids: Vec<String> = auth.keys.hmac_ids().map(|id| id.to_string()).collect();
        format!("it is signed with key {}, this router has {}", t.key_id, ids.join(", "))
    })
}

pub(super) fn hmac_digest(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let (Some((auth, t)), Some(signed)) = (trailer(r, a), &a.signed) else { return NotApplicable };
    match signed.verify(&auth.keys) {
        AuthCheck::Ok => Pass,
        AuthCheck::NoKey => NotApplicable,
        AuthCheck::Bad => {
            Fail(format!("its digest is wrong: another value of key {}, or bytes changed on the way", t.key_id))
        }
    }
}

pub(super) fn hmac_replay(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let Some((auth, t)) = trailer(r, a) else { return NotApplicable };
    let Some(mark) = r.memory.signer.marks.of(a.src, auth, r.wall) else { return Pass };
    let serial = Serial::of(t);
    pass_if(serial.is_after(mark), || format!("its number {serial} is not after {mark}, the last one of {}", a.src))
}

pub(super) fn hmac_skew(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let Some((auth, t)) = trailer(r, a) else { return NotApplicable };
    match sequence::skewed(auth, t, r.wall) {
        None => Pass,
        Some(skew) => {
            Fail(format!("it was signed {}: more than half of the {} allowed", apart(skew), span(auth.window)))
        }
    }
}

/// Whether both are of this version: what a field means depends on it.
fn both(r: &Receiver<'_>, a: &Advert, version: u8) -> bool {
    r.params.version == version && a.version == version
}

fn type_name(auth_type: u8) -> String {
    match auth_type {
        0 => "0 (none)".into(),
        1 => "1 (PASS)".into(),
        2 => "2 (AH)".into(),
        n => format!("{n} (unknown)"),
    }
}

pub(super) fn auth_type_known(r: &Receiver<'_>, a: &Advert) -> Outcome {
    match a.auth_type {
        Some(n) if both(r, a, 2) => {
            pass_if(n <= 2, || format!("its authentication type is {n}, only 0 to 2 are known"))
        }
        _ => NotApplicable,
    }
}

pub(super) fn auth_type(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let ours = r.authentication().auth_type();
    match a.auth_type {
        // An AH on one side only is seen before: see Check::Protocol.
        Some(_) if a.ah.is_some() != (ours == 2) => NotApplicable,
        Some(theirs) if both(r, a, 2) => pass_if(theirs == ours, || {
            format!("its authentication type is {}, this router's is {}", type_name(theirs), type_name(ours))
        }),
        _ => NotApplicable,
    }
}

pub(super) fn password(r: &Receiver<'_>, a: &Advert) -> Outcome {
    match (r.authentication(), a.auth) {
        (Authentication::Pass(ours), Auth::Pass(theirs)) if both(r, a, 2) => {
            pass_if(*ours == theirs, || "its password is another one than this router's".into())
        }
        _ => NotApplicable,
    }
}

/// The password of AH, where both have one.
fn ah(r: &Receiver<'_>, a: &Advert) -> Option<Secret> {
    match r.authentication() {
        Authentication::Ah(secret) if a.ah.is_some() && both(r, a, 2) => Some(*secret),
        _ => None,
    }
}

pub(super) fn ah_digest(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let (Some(secret), Some(signed)) = (ah(r, a), &a.signed) else { return NotApplicable };
    let mut keys = Keys::default();
    keys.set_ah(&secret.bytes());
    pass_if(signed.verify(&keys) == AuthCheck::Ok, || {
        "the digest of its AH is wrong: another password, or bytes changed on the way".into()
    })
}

pub(super) fn ah_spi(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let (Some(_), Some(header), IpAddr::V4(src)) = (ah(r, a), a.ah, a.src) else { return NotApplicable };
    let spi = std::net::Ipv4Addr::from_bits(header.spi);
    pass_if(spi == src, || format!("the SPI of its AH says {spi}, its source is {src}"))
}

pub(super) fn ah_sequence(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let (Some(_), Some(header)) = (ah(r, a), a.ah) else { return NotApplicable };
    let last = r.memory.signer.ah;
    pass_if(last.is_new(header.sequence), || {
        format!("the number {} of its AH is not above {}, the last one", header.sequence, last.value())
    })
}

pub(super) fn interval(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if both(r, a, 2) { same_interval(r, a) } else { NotApplicable }
}

pub(super) fn interval_v3(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if both(r, a, 3) { same_interval(r, a) } else { NotApplicable }
}

fn same_interval(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let (theirs, ours) = (a.advert_int, r.params.advert_int);
    pass_if(theirs == ours, || format!("it announces an interval of {}, this router's is {}", span(theirs), span(ours)))
}

pub(super) fn kind(_: &Receiver<'_>, a: &Advert) -> Outcome {
    pass_if(a.kind == 1, || format!("its message type is {}, not 1", a.kind))
}

pub(super) fn address_none(_: &Receiver<'_>, a: &Advert) -> Outcome {
    pass_if(!a.addresses.is_empty(), || "it carries no address".into())
}

pub(super) fn checksum(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let any = a.version == 3 && r.hearing.v3_checksum_as_v2 && r.profile.v3_checksum_as_v2;
    if a.src.is_ipv6() || any || a.checksum_verdict == Verdict::Unverifiable {
        return NotApplicable;
    }
    let Verdict::Ok(form) = a.checksum_verdict else {
        return Fail(format!("its checksum {:#06x} is wrong", a.checksum));
    };
    if a.version == 2 {
        return Pass; // there is one form only
    }
    let old = r.hearing.is_unicast().then_some(r.hearing.old_unicast_checksum);
    let right = match (form, old) {
        (Form::PseudoHeaderGroup, Some(OldChecksum::Always | OldChecksum::WhenHeard)) => true,
        (_, Some(OldChecksum::Always)) => false,
        (_, Some(OldChecksum::WhenHeard)) if r.memory.uses_old_checksum() => false,
        (form, _) => form == r.hearing.checksum.unwrap_or(r.profile.checksum),
    };
    pass_if(right, || {
        format!("its checksum {:#06x} is of the form {}, this router expects another one", a.checksum, form.as_str())
    })
}

pub(super) fn cast(r: &Receiver<'_>, a: &Advert) -> Outcome {
    let name = |multicast| if multicast { "multicast" } else { "unicast" };
    let (theirs, ours) = (a.is_multicast(), !r.hearing.is_unicast());
    pass_if(theirs == ours, || format!("it came as {}, this router is one of {}", name(theirs), name(ours)))
}

pub(super) fn owner(r: &Receiver<'_>, _: &Advert) -> Outcome {
    let deaf = match r.profile.two_owners {
        TwoOwners::Deaf => r.params.is_owner(),
        _ => r.hearing.owner_ignore_adverts && r.standing.priority == PRIORITY_OWNER,
    };
    pass_if(!deaf, || "this router owns the addresses (priority 255) and ignores adverts".into())
}

/// Whether `skip_check_adv_addr` applies: to a backup that knows this master.
fn skips(r: &Receiver<'_>, a: &Advert) -> bool {
    r.hearing.skip_check_adv_addr && r.standing.state == State::Backup && r.standing.master == Some(a.src)
}

fn skips_all(r: &Receiver<'_>, a: &Advert) -> bool {
    r.profile.skips_all_address_checks && skips(r, a)
}

/// Whether its addresses may be any, because their owner sent it.
fn is_excused(r: &Receiver<'_>, a: &Advert) -> bool {
    r.profile.address_list == AddressList::RejectUnlessOwner && a.priority == PRIORITY_OWNER
}

pub(super) fn address_count(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if skips_all(r, a) || is_excused(r, a) {
        return NotApplicable;
    }
    let (theirs, ours) = (a.addresses.len(), r.params.addresses.len());
    pass_if(theirs == ours, || {
        format!("it carries {theirs} address{}, this router has {ours}", if theirs == 1 { "" } else { "es" })
    })
}

pub(super) fn address_list(r: &Receiver<'_>, a: &Advert) -> Outcome {
    // Another count is said once.
    if skips(r, a) || is_excused(r, a) || a.addresses.len() != r.params.addresses.len() {
        return NotApplicable;
    }
    match r.params.addresses.iter().find(|own| !a.addresses.contains(own)) {
        None => Pass,
        Some(missing) => Fail(format!("it does not carry {missing}, which this router has")),
    }
}

pub(super) fn unicast_peer(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if !r.hearing.checks_unicast_source() || skips_all(r, a) {
        return NotApplicable;
    }
    pass_if(r.hearing.peers.iter().any(|p| p.address == a.src), || format!("{} is none of its unicast peers", a.src))
}

pub(super) fn unicast_ttl(r: &Receiver<'_>, a: &Advert) -> Outcome {
    if !r.hearing.checks_unicast_source() || skips_all(r, a) {
        return NotApplicable;
    }
    let Some(peer) = r.hearing.peers.iter().find(|p| p.address == a.src) else { return NotApplicable };
    let (min, max) = peer.ttl.unwrap_or((0, 255));
    pass_if((min..=max).contains(&a.ttl), || format!("its TTL is {}, {min} to {max} are allowed from {}", a.ttl, a.src))
}
