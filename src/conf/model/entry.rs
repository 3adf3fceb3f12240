//! The lines of lists: addresses, tracked things, unicast peers.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use super::{Delay, Link};

use crate::conf::problem::{Kind, Problem, quote, quoted};
use crate::conf::schema::{Entries, Takes};
use crate::conf::source::{Span, Spanned};
use crate::conf::token::Word;
use crate::conf::tree::Node;
use crate::conf::value::{address_and_tail, c_int, decimal, int, ip, is_interface, part};

/// The broadcast address of an IPv4 address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broadcast {
    /// `+`: all host bits set.
    Ones,
    /// `-`: all host bits clear.
    Zeroes,
    /// This one.
    Address(Ipv4Addr),
}

/// An address of `virtual_ipaddress`, `virtual_ipaddress_excluded` or `static_ipaddress`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The address.
    pub address: IpAddr,
    /// Its prefix length; 32 or 128 when it is not said.
    pub prefix: u8,
    /// `dev`; the instance's interface when it is not said.
    pub dev: Option<Spanned<String>>,
    /// `scope`: a name or a number.
    pub scope: Option<String>,
    /// `brd`.
    pub broadcast: Option<Broadcast>,
    /// `label`.
    pub label: Option<String>,
    /// `peer`.
    pub peer: Option<IpAddr>,
    /// `preferred_lft` in seconds; `u32::MAX` is for ever.
    pub preferred_lft: Option<u32>,
    /// `track_group`, of static addresses.
    pub track_group: Option<String>,
    /// `no_track`.
    pub no_track: bool,
    /// `home`.
    pub home: bool,
    /// `-nodad`.
    pub nodad: bool,
    /// `mngtmpaddr`.
    pub mngtmpaddr: bool,
    /// `noprefixroute`.
    pub noprefixroute: bool,
    /// `autojoin`.
    pub autojoin: bool,
    /// `use_vmac`.
    pub use_vmac: bool,
}

/// Something tracked, by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// Its name.
    pub name: Spanned<String>,
    /// `weight`; that of what is tracked when it is not said.
    pub weight: Option<Spanned<i32>>,
    /// `reverse`, or `noreverse` for false.
    pub reverse: Option<bool>,
}

/// A unicast peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// `min_ttl`: the least that is accepted from it.
    pub min_ttl: Option<u8>,
    /// `max_ttl`: the most that is accepted from it.
    pub max_ttl: Option<u8>,
}

/// The addresses of a list. Static ones may follow groups, those that are given.
pub(super) fn addresses(
    list: &Node,
    groups: Option<&HashSet<String>>,
    out: &mut Vec<Problem>,
) -> Vec<Spanned<Address>> {
    let read = |node: &Node| Some(Spanned::new(address(&node.words, groups, out)?, node.span()));
    let mut all = Vec::with_capacity(list.nodes().len());
    all.extend(list.nodes().iter().filter_map(read));
    all
}

fn address(words: &[Word], groups: Option<&HashSet<String>>, out: &mut Vec<Problem>) -> Option<Address> {
    let (first, options) = words.split_first()?;
    let shown = quoted(&first.text);
    let slash = first.text.iter().position(|b| *b == b'/');
    let Some(at) = ip(&first.text[..slash.unwrap_or(first.text.len())]) else {
        out.push(Problem::new(
            first.span,
            Kind::AddressDropped,
            format!("{shown} is not an address; keepalived passes over the line"),
        ));
        return None;
    };
    let most = if at.is_ipv4() { 32 } else { 128 };
    let prefix = match slash.map(|i| &first.text[i + 1..]) {
        None => most,
        Some(b"") => {
            let sentence = format!("{shown} ends in a slash; keepalived takes that for the prefix length 0");
            out.push(Problem::new(first.span, Kind::ZeroPrefix, sentence));
            0
        }
        Some(text) => {
            let given = int(text, 0, i64::from(most)).ok().and_then(|n| u8::try_from(n).ok());
            if given.is_none() {
                let sentence = format!(
                    "the prefix length of {shown} is not a whole number from 0 to {most}; keepalived uses {most}"
                );
                out.push(Problem::new(first.span, Kind::BadNumber, sentence));
            }
            if given == Some(0) {
                let sentence = format!("{shown} has the prefix length 0: no network, and no host either");
                out.push(Problem::new(first.span, Kind::ZeroPrefix, sentence));
            }
            given.unwrap_or(most)
        }
    };
    let mut a = Address {
        address: at,
        prefix,
        dev: None,
        scope: None,
        broadcast: None,
        label: None,
        peer: None,
        preferred_lft: None,
        track_group: None,
        no_track: false,
        home: false,
        nodad: false,
        mngtmpaddr: false,
        noprefixroute: false,
        autojoin: false,
        use_vmac: false,
    };
    let mut bad = |span: Span, kind: Kind, sentence: String| out.push(Problem::new(span, kind, sentence));
    let mut options = options.iter();
    while let Some(option) = options.next() {
        match &*option.text {
            b"no_track" => a.no_track = true,
            b"home" => a.home = true,
            b"-nodad" => a.nodad = true,
            b"mngtmpaddr" => a.mngtmpaddr = true,
            b"noprefixroute" => a.noprefixroute = true,
            b"autojoin" => a.autojoin = true,
            b"use_vmac" if groups.is_none() => a.use_vmac = true,
            b"dev" | b"scope" | b"brd" | b"broadcast" | b"label" | b"peer" | b"preferred_lft" | b"track_group"
                if groups.is_some() || !option.is("track_group") =>
            {
                let name = option.str();
                let Some(value) = options.next() else {
                    bad(
                        option.span,
                        Kind::AddressDropped,
                        format!("`{name}` lacks its value; keepalived drops the address"),
                    );
                    return None;
                };
                let given = quoted(&value.text);
                match &*option.text {
                    b"dev" if a.dev.is_some() => {
                        bad(value.span, Kind::AddressDropped, "a second `dev`; keepalived drops the address".into());
                        return None;
                    }
                    b"dev" if !is_interface(&value.text) => {
                        let sentence = format!(
                            "{given} is longer than the 15 characters of an interface's name; keepalived drops the address"
                        );
                        bad(value.span, Kind::AddressDropped, sentence);
                        return None;
                    }
                    b"dev" => a.dev = Some(Spanned::new(value.str().into_owned(), value.span)),
                    b"scope" => {
                        // Of a larger number keepalived takes the lower 32 bits; which other names there are is the host's.
                        let number = c_int(&value.text).map(|n| n & i64::from(u32::MAX));
                        if number.is_some_and(|n| n > 255) {
                            let sentence = format!("scope {given} is not from 0 to 255; keepalived leaves it out");
                            bad(value.span, Kind::BadEntry, sentence);
                        } else if at.is_ipv6() && number != Some(0) && !value.is("global") {
                            let sentence = "IPv6 addresses have no scope to set; keepalived leaves it out".to_owned();
                            bad(value.span, Kind::BadEntry, sentence);
                        } else {
                            a.scope = Some(value.str().into_owned());
                        }
                    }
                    b"label" if value.text.len() > 15 => {
                        bad(
                            value.span,
                            Kind::AddressDropped,
                            format!("label {given} is longer than 15 characters; keepalived drops the address"),
                        );
                        return None;
                    }
                    b"label" if at.is_ipv6() => {
                        bad(
                            value.span,
                            Kind::BadEntry,
                            "IPv6 addresses have no labels; keepalived leaves it out".into(),
                        );
                    }
                    b"label" => a.label = Some(value.str().into_owned()),
                    b"peer" if a.peer.is_some() => {
                        let sentence = format!("a second peer; keepalived goes on without {given}");
                        bad(option.span.to(value.span), Kind::BadEntry, sentence);
                    }
                    b"peer" => match ip(&value.text) {
                        Some(peer) if peer.is_ipv4() == at.is_ipv4() => {
                            if a.prefix != most {
                                let sentence = format!(
                                    "{shown} has a peer, which goes with no prefix length; keepalived uses {most}"
                                );
                                bad(first.span, Kind::BadEntry, sentence);
                            }
                            a.peer = Some(peer);
                            a.prefix = most;
                        }
                        _ => bad(
                            value.span,
                            Kind::BadAddress,
                            format!("peer {given} is not an address of the same family; keepalived leaves it out"),
                        ),
                    },
                    b"preferred_lft" if value.is("forever") => a.preferred_lft = Some(u32::MAX),
                    b"preferred_lft" => match int(&value.text, 0, i64::from(u32::MAX)) {
                        Ok(n) => a.preferred_lft = u32::try_from(n).ok(),
                        Err(_) => bad(
                            value.span,
                            Kind::BadNumber,
                            format!(
                                "`preferred_lft` {given} is neither `forever` nor a number of seconds; keepalived leaves it out"
                            ),
                        ),
                    },
                    b"track_group" if a.track_group.is_some() => {
                        bad(
                            value.span,
                            Kind::AlreadySet,
                            "a second `track_group`; keepalived reads no further in the line".into(),
                        );
                        break;
                    }
                    b"track_group" if groups.is_some_and(|g| !g.contains(&*value.str())) => bad(
                        value.span,
                        Kind::NotDefined,
                        format!(
                            "{given} is not defined above this line; keepalived goes on without it (the `track_group` must come first)"
                        ),
                    ),
                    b"track_group" => a.track_group = Some(value.str().into_owned()),
                    _ => {
                        a.broadcast = broadcast(&value.text, at);
                        if a.broadcast.is_none() {
                            let sentence =
                                format!("{given} is no broadcast address of {at}; keepalived drops the address");
                            bad(value.span, Kind::AddressDropped, sentence);
                            return None;
                        }
                    }
                }
            }
            _ => {
                let kind = if ip(&option.text).is_some() { "one address a line; " } else { "" };
                let sentence = format!(
                    "{} is nothing that an address can have; {kind}keepalived passes over the word",
                    quote(&option.text)
                );
                bad(option.span, Kind::BadEntry, sentence);
            }
        }
    }
    if a.broadcast.is_some() && a.peer.is_some() {
        let sentence = format!("{shown} has a peer, which goes with no broadcast address; keepalived leaves that out");
        bad(first.span, Kind::BadEntry, sentence);
        a.broadcast = None;
    } else if matches!(a.broadcast, Some(Broadcast::Ones | Broadcast::Zeroes)) && a.prefix > 30 {
        let sentence = format!("{shown} has no broadcast address: its prefix length is more than 30");
        bad(first.span, Kind::BadEntry, sentence);
        a.broadcast = None;
    }
    Some(a)
}

fn broadcast(text: &[u8], of: IpAddr) -> Option<Broadcast> {
    match (text, of) {
        (_, IpAddr::V6(_)) => None,
        (b"+", _) => Some(Broadcast::Ones),
        (b"-", _) => Some(Broadcast::Zeroes),
        (text, _) => match ip(text) {
            Some(IpAddr::V4(address)) => Some(Broadcast::Address(address)),
            _ => None,
        },
    }
}

/// The peers of a list. Their family is checked by the instance.
pub(super) fn peers(list: &Node, out: &mut Vec<Problem>) -> Vec<Spanned<Peer>> {
    let mut peers = Vec::new();
    for node in list.nodes() {
        let Some((first, options)) = node.words.split_first() else { continue };
        let (Some(address), tail) = address_and_tail(&first.text) else {
            let sentence = format!(
                "{} is not an address (names are not looked up); keepalived passes over the line",
                quote(&first.text)
            );
            out.push(Problem::new(first.span, Kind::PeerDropped, sentence));
            continue;
        };
        if let Some(start) = tail {
            let (used, rest) = first.text.split_at(start);
            let sentence = format!("keepalived takes {} and passes over {}", quote(used), quote(rest));
            out.push(Problem::new(part(first, start), Kind::AddressTail, sentence));
        }
        let mut peer = Peer { address, min_ttl: None, max_ttl: None };
        let mut options = options.iter();
        while let Some(option) = options.next() {
            let field = match &*option.text {
                b"min_ttl" => &mut peer.min_ttl,
                b"max_ttl" => &mut peer.max_ttl,
                _ => {
                    let sentence = format!(
                        "a peer has no option {}; keepalived reads no further in the line",
                        quote(&option.text)
                    );
                    out.push(Problem::new(option.span, Kind::BadEntry, sentence));
                    break;
                }
            };
            let name = option.str();
            let Some(value) = options.next() else {
                out.push(Problem::new(
                    option.span,
                    Kind::BadEntry,
                    format!("`{name}` lacks its value; keepalived goes on without it"),
                ));
                break;
            };
            *field = int(&value.text, 0, 255).ok().and_then(|n| u8::try_from(n).ok());
            if field.is_none() {
                let sentence = format!(
                    "`{name}` {} is not a whole number from 0 to 255; keepalived goes on without it",
                    quote(&value.text)
                );
                out.push(Problem::new(value.span, Kind::BadNumber, sentence));
            }
        }
        if let (Some(min), Some(max)) = (peer.min_ttl, peer.max_ttl)
            && min > max
        {
            let sentence = format!("min_ttl {min} is above max_ttl {max}; keepalived drops all adverts of {address}");
            out.push(Problem::new(node.span(), Kind::BadNumber, sentence));
        }
        peers.push(Spanned::new(peer, node.span()));
    }
    peers
}

/// The lines of `linkbeat_interfaces`.
pub(super) fn links(list: &Node, out: &mut Vec<Problem>) -> Vec<Spanned<Link>> {
    let mut links = Vec::new();
    for node in list.nodes() {
        let Some((first, options)) = node.words.split_first() else { continue };
        let how = options.first().map(|w| w.str().into_owned());
        let known = how.as_deref().is_none_or(|how| ["MII", "ETHTOOL", "IOCTL"].contains(&how));
        if let Some(word) = options.get(usize::from(known)) {
            let sentence =
                format!("{} is not `MII`, `ETHTOOL` or `IOCTL`; keepalived passes over it", quote(&word.text));
            out.push(Problem::new(word.span, Kind::BadEntry, sentence));
        }
        let link = Link { interface: first.str().into_owned(), how: how.filter(|_| known) };
        links.push(Spanned::new(link, node.span()));
    }
    links
}

/// The lines of `interface_up_down_delays`.
pub(super) fn delays(list: &Node, out: &mut Vec<Problem>) -> Vec<Spanned<Delay>> {
    let mut delays = Vec::new();
    for node in list.nodes() {
        let Some((first, times)) = node.words.split_first() else { continue };
        let mut read = |word: &Word| {
            let micros = decimal(&word.text, 6).ok().map(|(micros, _)| micros).filter(|m| *m <= 255_000_000);
            if micros.is_none() {
                let sentence = format!(
                    "{} is not a number of seconds from 0 to 255; keepalived passes over the line",
                    quote(&word.text)
                );
                out.push(Problem::new(word.span, Kind::BadNumber, sentence));
            }
            micros.map(Duration::from_micros)
        };
        let Some(down) = times.first() else {
            let sentence = format!(
                "{} has no delay; keepalived passes over the line, and only its log says so",
                quote(&first.text)
            );
            out.push(Problem::new(first.span, Kind::PassedOver, sentence));
            continue;
        };
        let Some(down) = read(down) else { continue };
        let Some(up) = times.get(1).map_or(Some(down), read) else { continue };
        let delay = Delay { interface: first.str().into_owned(), down, up };
        delays.push(Spanned::new(delay, node.span()));
        if let (Some(extra), Some(last)) = (times.get(2), times.last()) {
            let sentence = "nobody reads the words after the delays";
            out.push(Problem::new(extra.span.to(last.span), Kind::ExtraWords, sentence));
        }
    }
    delays
}

/// What a list may track that must be defined before.
pub(super) struct Trackable<'a> {
    pub names: &'a HashSet<String>,
    /// Those whose definition was dropped.
    pub dropped: &'a HashSet<String>,
    /// BFD instances that are for checkers alone.
    pub apart: &'a HashSet<String>,
}

/// Adds what a list tracks.
pub(super) fn tracks(
    list: &Node,
    keyword: &str,
    known: Option<&Trackable<'_>>,
    into: &mut Vec<Track>,
    out: &mut Vec<Problem>,
) {
    let most = match list.keyword().map(|k| k.takes) {
        Some(Takes::List(Entries::Tracked(most))) => i64::from(most),
        _ => 254,
    };
    for node in list.nodes() {
        let Some((first, options)) = node.words.split_first() else { continue };
        let name = first.str().into_owned();
        let shown = quoted(&first.text);
        if let Some(known) = known.filter(|known| !known.names.contains(&name)) {
            let does = "keepalived does not track it, and its failure moves nothing";
            let sentence = if keyword == "track_bfd" && known.apart.contains(&name) {
                format!("{shown} says `checker` and not `vrrp`: it is for checkers alone; {does}")
            } else {
                let near = nearest_of(&name, known.names).map(|n| format!("; did you mean {}?", quote(n.as_bytes())));
                format!("{shown} is not defined above this line; {does}{}", near.unwrap_or_default())
            };
            let cascade = known.dropped.contains(&name);
            out.push(Problem { cascade, ..Problem::new(first.span, Kind::NotDefined, sentence) });
            continue;
        }
        if let Some(before) = into.iter().find(|t| t.name.value == name) {
            let sentence = format!("{shown} is in `{keyword}` already; keepalived passes over this line");
            let problem =
                Problem::new(first.span, Kind::AlreadySet, sentence).related(before.name.span, "first said here");
            out.push(problem.edit(node.span(), ""));
            continue;
        }
        let mut bad = |span: Span, kind: Kind, sentence: String| out.push(Problem::new(span, kind, sentence));
        let mut track = Track { name: Spanned::new(name, first.span), weight: None, reverse: None };
        match options {
            [] => {}
            [option, ..] if !option.is("weight") => {
                let sentence = format!(
                    "{shown} has no option {}, only `weight`; keepalived does not track it",
                    quote(&option.text)
                );
                bad(option.span, Kind::NotTracked, sentence);
                continue;
            }
            [option] => {
                bad(
                    option.span,
                    Kind::NotTracked,
                    format!("`weight` lacks its value; keepalived does not track {shown}"),
                );
                continue;
            }
            [_, value, rest @ ..] => {
                match int(&value.text, -254, 254) {
                    Ok(n) if n.abs() > most => {
                        let sentence = format!(
                            "a weight here is at most {most} either way; keepalived uses {}",
                            n.signum() * most
                        );
                        bad(value.span, Kind::BadNumber, sentence);
                        track.weight = i32::try_from(n.signum() * most).ok().map(|n| Spanned::new(n, value.span));
                    }
                    Ok(n) => track.weight = i32::try_from(n).ok().map(|n| Spanned::new(n, value.span)),
                    Err(_) => {
                        let sentence = format!(
                            "weight {} is not a whole number from -{most} to {most}; keepalived tracks {shown} as if none were said",
                            quote(&value.text)
                        );
                        bad(value.span, Kind::BadNumber, sentence);
                    }
                }
                match rest.first() {
                    Some(word) if word.is("reverse") => track.reverse = Some(true),
                    Some(word) if word.is("noreverse") && known.is_some() => track.reverse = Some(false),
                    Some(word) => {
                        let sentence = format!(
                            "{} is nothing that can follow a weight; keepalived passes over the word",
                            quote(&word.text)
                        );
                        bad(word.span, Kind::BadEntry, sentence);
                    }
                    None => {}
                }
            }
        }
        into.push(track);
    }
}

/// The name of these that is spelt much like this one.
fn nearest_of<'a>(name: &str, names: &'a HashSet<String>) -> Option<&'a String> {
    let near = names.iter().map(|n| (strsim::osa_distance(name, n), n)).filter(|(d, _)| *d <= 2);
    near.min().map(|(_, n)| n)
}
