//! The lines of `virtual_routes`, `static_routes`, `virtual_rules` and `static_rules`: words as iproute2 has them, with
//! keepalived's own mistakes.

use std::collections::HashSet;
use std::net::IpAddr;

use super::Family;
use crate::conf::Version;
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::{Argument, Keyword, Place, Takes, find};
use crate::conf::source::{Span, Spanned};
use crate::conf::token::Word;
use crate::conf::tree::Node;
use crate::conf::value::{c_int, decimal, int, ip, is_interface};

/// A network, or an address by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// `default`, `any` or `all`.
    All,
    /// These addresses.
    Prefix(IpAddr, u8),
}

/// An option of a route or rule as it is given: its keyword and the words behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The newest name of the option.
    pub name: &'static str,
    /// What follows it.
    pub words: Vec<String>,
    /// Where.
    pub span: Span,
}

/// A route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Where to.
    pub destination: Network,
    /// Its type, `blackhole` for one; `unicast` when it is not said.
    pub kind: Option<&'static str>,
    /// `via`.
    pub gateway: Option<IpAddr>,
    /// `dev`.
    pub dev: Option<Spanned<String>>,
    /// `no_track`, or what keepalived takes for it.
    pub no_track: bool,
    /// `track_group`, of static routes.
    pub track_group: Option<String>,
    /// All that is said besides, `nexthop` included, in order.
    pub options: Vec<Given>,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `table` or `lookup`: its name or number.
    Table(String),
    /// `l3mdev`.
    L3mdev,
    /// `goto`: the preference to go on at.
    Goto(u32),
    /// `nop`.
    Nop,
    /// `blackhole`.
    Blackhole,
    /// `prohibit`.
    Prohibit,
    /// `unreachable`.
    Unreachable,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub action: Action,
    /// `preference`; keepalived counts down from 16384 when it is not said.
    pub preference: Option<u32>,
    /// `from`.
    pub from: Option<Network>,
    /// `to`.
    pub to: Option<Network>,
    /// `iif`.
    pub iif: Option<Spanned<String>>,
    /// `oif`.
    pub oif: Option<Spanned<String>>,
    /// `no_track`.
    pub no_track: bool,
    /// `track_group`, of static rules.
    pub track_group: Option<String>,
    /// All that is said besides, in order.
    pub options: Vec<Given>,
}

const U32: i64 = u32::MAX as i64;
/// The number of the protocol `keepalived`.
const KEEPALIVED: &[&str] = &["keepalived", "18", "0x12", "022"];
/// Types of routes.
const TYPES: &[&str] = &[
    "local",
    "nat",
    "broadcast",
    "brd",
    "anycast",
    "multicast",
    "prohibit",
    "unreachable",
    "blackhole",
    "xresolve",
    "unicast",
    "throw",
];

/// What makes keepalived drop an entry: the problem is told already.
struct Dropped;

/// Reads the words of an entry one after another.
struct Entry<'a> {
    words: &'a [Word],
    at: usize,
    place: Place,
    /// The kind of problem when the entry is dropped.
    drop: Kind,
    /// `route` or `rule`.
    what: &'static str,
    family: Option<Family>,
    out: &'a mut Vec<Problem>,
}

impl<'a> Entry<'a> {
    fn say(&mut self, span: Span, kind: Kind, sentence: impl Into<String>) {
        self.out.push(Problem::new(span, kind, sentence));
    }

    /// Says why keepalived drops the entry.
    fn drop(&mut self, span: Span, why: &str) -> Dropped {
        let sentence = format!("{why}; keepalived drops the {}", self.what);
        self.say(span, self.drop, sentence);
        Dropped
    }

    fn next(&mut self) -> Option<&'a Word> {
        let word = self.words.get(self.at);
        self.at += 1;
        word
    }

    /// The word that `of` needs.
    fn value(&mut self, of: &Word) -> Result<&'a Word, Dropped> {
        let value = self.next();
        if value.is_none() {
            let sentence = format!("`{}` lacks its value; keepalived stops reading here and does not start", of.str());
            self.say(of.span, Kind::MissingArgument, sentence);
        }
        value.ok_or(Dropped)
    }

    /// Takes a word if it is this one.
    fn optional(&mut self, word: &str) -> bool {
        let there = self.words.get(self.at).is_some_and(|w| w.is(word));
        self.at += usize::from(there);
        there
    }

    fn fits(&mut self, family: Family, span: Span) -> Result<(), Dropped> {
        if self.family.is_some_and(|own| own != family) {
            return Err(self.drop(span, &format!("this is {}, what stands before is not", family.as_str())));
        }
        self.family = Some(family);
        Ok(())
    }

    /// An address without prefix length.
    fn address(&mut self, of: &Word, word: &Word) -> Result<IpAddr, Dropped> {
        let Some(address) = ip(&word.text) else {
            let shown = quote(&word.text);
            let why = match word.text.split(|b| *b == b'/').next().and_then(ip) {
                Some(_) => format!("`{}` takes an address without prefix length, not {shown}", of.str()),
                None => format!("`{}` {shown} is not an address", of.str()),
            };
            return Err(self.drop(word.span, &why));
        };
        self.fits(Family::of(address), word.span)?;
        Ok(address)
    }

    /// A network. A bad prefix length becomes that of one address.
    fn network(&mut self, word: &Word, why: &str) -> Result<Network, Dropped> {
        let shown = quote(&word.text);
        if ["default", "any", "all"].iter().any(|w| word.is(w)) {
            if self.family.is_some() {
                return Err(self.drop(word.span, &format!("{shown} does not go with the addresses before it")));
            }
            return Ok(Network::All);
        }
        let slash = word.text.iter().position(|b| *b == b'/');
        let Some(address) = ip(&word.text[..slash.unwrap_or(word.text.len())]) else {
            return Err(self.drop(word.span, &format!("{shown} {why}")));
        };
        let most = if address.is_ipv4() { 32 } else { 128 };
        let length = match slash.map(|i| &word.text[i + 1..]) {
            None => most,
            Some(b"") => {
                let sentence = format!("{shown} ends in a slash; keepalived takes that for the prefix length 0");
                self.say(word.span, Kind::EmptyPrefix, sentence);
                0
            }
            Some(text) => int(text, 0, most.into()).ok().and_then(|n| u8::try_from(n).ok()).unwrap_or_else(|| {
                let sentence = format!(
                    "the prefix length of {shown} is not a whole number from 0 to {most}; keepalived uses {most}"
                );
                self.say(word.span, Kind::BadNumber, sentence);
                most
            }),
        };
        self.fits(Family::of(address), word.span)?;
        Ok(Network::Prefix(address, length))
    }

    /// An interface, if there can be one of this name.
    fn interface(&mut self, of: &Word) -> Result<&'a Word, Dropped> {
        let value = self.value(of)?;
        if is_interface(&value.text) {
            return Ok(value);
        }
        let shown = quote(&value.text);
        Err(self.drop(value.span, &format!("{shown} is longer than the 15 characters of an interface's name")))
    }

    fn number(&mut self, of: &Word, word: &Word, min: i64, max: i64) -> Result<i64, Dropped> {
        int(&word.text, min, max).map_err(|_| {
            let why = format!("`{}` {} is not a whole number from {min} to {max}", of.str(), quote(&word.text));
            self.drop(word.span, &why)
        })
    }

    /// The keyword of a word, and its name today.
    fn keyword(&self, word: &Word) -> Option<(&'static Keyword, Argument, &'static str)> {
        let keyword = find(self.place, &word.text)?;
        let Takes::Option(argument) = keyword.takes else { return None };
        let name = match keyword.old {
            Some((newer, false)) => newer,
            _ => keyword.name,
        };
        Some((keyword, argument, name))
    }

    /// Passes over the argument of an option that is kept as it is given, and says what is wrong with it.
    fn pass(&mut self, word: &Word, argument: Argument) -> Result<(), Dropped> {
        match argument {
            Argument::Interface => {
                self.interface(word)?;
            }
            Argument::Name | Argument::Short(_) | Argument::Lifetime | Argument::Broadcast => {
                self.value(word)?;
            }
            Argument::Ip => {
                let value = self.value(word)?;
                self.address(word, value)?;
            }
            Argument::Prefix6 => {
                let value = self.value(word)?;
                if let Network::Prefix(address, _) = self.network(value, "is not an address")?
                    && address.is_ipv4()
                {
                    return Err(self.drop(value.span, "only IPv6 routes have `from`"));
                }
            }
            Argument::Int(min, max) => {
                let value = self.value(word)?;
                let long = max == i64::MAX && value.text.iter().all(u8::is_ascii_digit);
                if !long || value.str().parse::<u64>().is_err() {
                    self.number(word, value, min, max)?;
                }
            }
            Argument::CInt(min, max) => {
                let value = self.value(word)?;
                if c_int(&value.text).is_none_or(|n| !(min..=max).contains(&n)) {
                    let shown = quote(&value.text);
                    let why = format!("`{}` {shown} is not a whole number from {min} to {max}", word.str());
                    return Err(self.drop(value.span, &why));
                }
            }
            // Which names there are is the host's.
            Argument::Named(_, min, max) => {
                let value = self.value(word)?;
                // Of a larger number keepalived takes the lower 32 bits.
                if c_int(&value.text).is_some_and(|n| !(min..=max).contains(&(n & U32))) {
                    let shown = quote(&value.text);
                    let why = format!("`{}` {shown} is not from {min} to {max}", word.str());
                    return Err(self.drop(value.span, &why));
                }
            }
            Argument::Locked => {
                self.optional("lock");
                let value = self.value(word)?;
                self.number(word, value, 0, U32)?;
            }
            Argument::LockedTime => {
                self.optional("lock");
                let value = self.value(word)?;
                let unit = match &*word.text {
                    b"rtt" => 8,
                    b"rttvar" => 4,
                    _ => 1,
                };
                let Some(exact) = time(&value.text, 120_000 * unit) else {
                    let why = format!("`{}` {} is not a time such as 5ms", word.str(), quote(&value.text));
                    return Err(self.drop(value.span, &why));
                };
                if !exact {
                    let shown = quote(&value.text);
                    let sentence = format!("{shown} has more decimal places than count; keepalived rounds it");
                    self.say(value.span, Kind::Precision, sentence);
                }
            }
            Argument::LockedWord => {
                self.optional("lock");
                self.value(word)?;
            }
            Argument::OneOf(list) => {
                let value = self.value(word)?;
                if !list.iter().any(|w| value.is(w)) {
                    let shown = quote(&value.text);
                    let sentence = format!("`{}` {shown} is not {}", word.str(), list.join(" or "));
                    self.say(value.span, Kind::BadEntry, format!("{sentence}; keepalived goes on without it"));
                }
            }
            Argument::OneOfOr(list, max) => {
                let value = self.value(word)?;
                if !list.iter().any(|w| value.is(w)) {
                    self.number(word, value, 0, max)?;
                }
            }
            Argument::Range(_) => {
                let value = self.value(word)?;
                let text = value.str();
                let number = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
                if text.split_once('-').is_some_and(|(low, high)| number(low) && number(high)) {
                    return Ok(());
                }
                let shown = quote(&value.text);
                if word.is("uidrange") {
                    return Err(
                        self.drop(value.span, &format!("`uidrange` {shown} is not two numbers with `-` between"))
                    );
                }
                let sentence = format!(
                    "`{}` {shown} is not two numbers with `-` between; keepalived goes on without it",
                    word.str()
                );
                let mut problem = Problem::new(value.span, Kind::BadEntry, sentence);
                if number(&text) {
                    problem = problem.help(format!("Write `{text}-{text}` for one port."));
                }
                self.out.push(problem);
            }
            Argument::Mark => {
                let value = self.value(word)?;
                let text = value.str();
                let (mark, mask) = text.split_once('/').unwrap_or((&text, "0"));
                let number = |t: &str| t.is_empty() || c_int(t.as_bytes()).is_some_and(|n| (0..=U32).contains(&n));
                if !number(mark) || !number(mask) {
                    return Err(self.drop(value.span, &format!("`fwmark` {} is not a mark", quote(&value.text))));
                }
            }
            Argument::Realms => {
                let value = self.value(word)?;
                let text = value.str();
                if !text.split('/').all(|r| c_int(r.as_bytes()).is_none_or(|n| (0..=255).contains(&n)) && !r.is_empty())
                {
                    return Err(self.drop(value.span, &format!("`realms` {} is not a realm", quote(&value.text))));
                }
                self.fits(Family::Inet, word.span)?;
            }
            Argument::Encap => self.encap(word),
            Argument::AsTo => {
                self.optional("to");
                self.value(word)?;
                self.say(word.span, Kind::BadEntry, "`as` is for MPLS alone; keepalived goes on without it");
            }
            Argument::None
            | Argument::Family
            | Argument::Prefix
            | Argument::Gateway
            | Argument::Nexthop
            | Argument::Action
            | Argument::Weight(..)
            | Argument::ServiceMark => {}
        }
        Ok(())
    }

    /// An encapsulation. Its mistakes are told, and the entry stays.
    fn encap(&mut self, word: &Word) {
        let does = "keepalived goes on without the encapsulation";
        let Some(kind) = self.next() else {
            return self.say(word.span, Kind::BadEntry, format!("`encap` lacks its type; {does}"));
        };
        match &*kind.text {
            b"mpls" | b"ila" => match self.next() {
                None => {
                    self.say(kind.span, Kind::BadEntry, format!("`encap {}` lacks its value; {does}", kind.str()));
                }
                Some(value) if !(if kind.is("ila") { is_locator(&value.text) } else { is_labels(&value.text) }) => {
                    let shown = quote(&value.text);
                    self.say(value.span, Kind::BadEntry, format!("{shown} is no {} address; {does}", kind.str()));
                }
                Some(_) => {}
            },
            b"ip" | b"ip6" => {
                let six = kind.is("ip6");
                let mut named = false;
                while let [option, value, ..] = self.words.get(self.at..).unwrap_or_default() {
                    let number = |max| int(&value.text, 0, max).is_ok();
                    let good = match &*option.text {
                        b"id" => value.str().trim_start().parse::<u64>().is_ok(),
                        b"dst" | b"src" => ip(&value.text).is_some_and(|a| a.is_ipv6() == six),
                        b"tos" if !six => c_int(&value.text).is_none_or(|n| n & U32 <= 255),
                        b"tc" if six => c_int(&value.text).is_none_or(|n| n & U32 <= 255),
                        b"ttl" if !six => number(255),
                        b"hoplimit" if six => number(255),
                        b"flags" => number(65_535),
                        _ => break,
                    };
                    if !good {
                        let (name, shown) = (option.str(), quote(&value.text));
                        let sentence = format!("`{name}` of an encapsulation cannot be {shown}");
                        // It goes on at the option as if that were one of the route.
                        return self.say(value.span, Kind::BadEntry, sentence);
                    }
                    named |= option.is("id") || option.is("dst");
                    self.at += 2;
                }
                if !named {
                    let sentence = format!("`encap {}` needs an `id` or a `dst`; {does}", kind.str());
                    self.say(kind.span, Kind::BadEntry, sentence);
                }
            }
            _ => {
                let shown = quote(&kind.text);
                self.say(kind.span, Kind::BadEntry, format!("{shown} is no encapsulation; {does}"));
            }
        }
    }

    /// `inet` and `inet6`, which take the next word with them.
    fn own_family(&mut self, word: &Word) -> Result<(), Dropped> {
        self.fits(if word.is("inet6") { Family::Inet6 } else { Family::Inet }, word.span)?;
        if let Some(lost) = self.next() {
            let shown = quote(&lost.text);
            let sentence = format!("keepalived passes over the word behind `{}`: it does not see {shown}", word.str());
            let help = format!("Leave `{0}` out: the addresses say it; or put `{0}` last.", word.str());
            self.out.push(Problem::new(lost.span, Kind::Swallowed, sentence).help(help));
        }
        Ok(())
    }

    /// `track_group`: one that is defined before, once.
    fn track_group(&mut self, word: &Word, known: &HashSet<String>, group: &mut Option<String>) -> Result<(), Dropped> {
        let value = self.value(word)?;
        let shown = quote(&value.text);
        if group.is_some() {
            self.say(value.span, Kind::AlreadySet, "a second `track_group`; keepalived reads no further in the line");
            self.at = self.words.len();
        } else if known.contains(&*value.str()) {
            *group = Some(value.str().into_owned());
        } else {
            let sentence = format!(
                "{shown} is not defined before this line; keepalived goes on without it (the `track_group` must come first)"
            );
            self.say(value.span, Kind::NotDefined, sentence);
        }
        Ok(())
    }

    /// What was passed since `from`, as it is given.
    fn given(&self, name: &'static str, from: usize) -> Given {
        let words = self.words.get(from..self.at.min(self.words.len())).unwrap_or_default();
        let span = match (words.first(), words.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        };
        Given { name, words: words.iter().skip(1).map(|w| w.str().into_owned()).collect(), span }
    }

    /// An older word: keepalived reports those that it calls deprecated.
    fn old(&mut self, word: &Word, keyword: &Keyword) {
        if let Some((newer, true)) = keyword.old {
            let name = keyword.name;
            let sentence = format!("`{name}` is the old name of `{newer}`");
            let problem = Problem::new(word.span, Kind::Deprecated, sentence);
            // `or` is no mere name: nexthops are written otherwise.
            self.out.push(if name == "gw" { problem.edit(word.span, newer) } else { problem });
        }
    }
}

/// Whether a time, a number with perhaps a unit, is one that a route can have, and if so, whether all its decimal places
/// count.
fn time(text: &[u8], most: u64) -> Option<bool> {
    let text = text.trim_ascii_start();
    let unit = text.iter().position(|b| matches!(b, b's' | b'S'));
    let (number, places) = match unit.map(|at| text.split_at(at)) {
        None => (text, 0),
        Some((number, unit)) if ["s", "sec", "secs"].iter().any(|u| unit.eq_ignore_ascii_case(u.as_bytes())) => {
            match number {
                [] | [b'm' | b'M'] => return None,
                [number @ .., b'm' | b'M'] => (number, 0),
                number => (number, 3),
            }
        }
        Some(_) => return None,
    };
    let (micros, more) = decimal(number, places).ok()?;
    (micros / 10_u64.pow(6 - places as u32) <= most).then_some(!more)
}

/// Whether it is an identifier of ILA: four groups of hexadecimal digits.
fn is_locator(text: &[u8]) -> bool {
    let group = |g: &[u8]| g.first().is_some_and(u8::is_ascii_hexdigit) && c_hex(g).is_some_and(|n| n <= 0xffff);
    let mut groups = text.trim_ascii_start().split(|b| *b == b':');
    groups.by_ref().take(4).filter(|g| group(g)).count() == 4 && groups.next().is_none()
}

fn c_hex(text: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
}

/// Whether it is labels of MPLS, with `/` between them.
fn is_labels(text: &[u8]) -> bool {
    let label = |l: &[u8]| c_int(l).is_some_and(|n| (0..=0xf_ffff).contains(&n));
    let mut labels = text.trim_ascii_start().split(|b| *b == b'/');
    labels.by_ref().take(16).all(label) && labels.next().is_none()
}

/// The routes of a list. Static ones may follow groups, those that are given.
pub(super) fn routes(
    list: &Node,
    groups: Option<&HashSet<String>>,
    version: Version,
    out: &mut Vec<Problem>,
) -> Vec<Spanned<Route>> {
    let place = if groups.is_some() { Place::StaticRoutes } else { Place::VirtualRoutes };
    let read = |node: &Node| {
        let entry =
            Entry { words: &node.words, at: 0, place, drop: Kind::RouteDropped, what: "route", family: None, out };
        Some(Spanned::new(route(entry, groups, version, node.span()).ok()?, node.span()))
    };
    list.nodes().iter().filter_map(read).collect()
}

fn route(mut e: Entry<'_>, groups: Option<&HashSet<String>>, version: Version, span: Span) -> Result<Route, Dropped> {
    let mut destination = None;
    let mut r = Route {
        destination: Network::All,
        kind: None,
        gateway: None,
        dev: None,
        no_track: false,
        track_group: None,
        options: Vec::new(),
    };
    let mut hops = 0;
    let mut protocol = None;
    while let Some(word) = e.next() {
        let from = e.at - 1;
        let kind = TYPES.iter().find(|t| word.is(t)).copied();
        let Some((keyword, argument, name)) = e.keyword(word).filter(|_| kind.is_none() && !word.is("to")) else {
            // A destination, with `to` or a type before it but not both
            let mut at = word;
            if word.is("to") {
                at = e.value(word)?;
            } else if kind.is_some() {
                r.kind = kind;
                at = e.value(word)?;
            }
            destination = Some(e.network(at, "is nothing that a route can have")?);
            continue;
        };
        e.old(word, keyword);
        match (name, argument) {
            (_, Argument::Family) => e.own_family(word)?,
            ("via" | "gw", _) => {
                for (family, six) in [("inet", Family::Inet), ("inet6", Family::Inet6)] {
                    if e.optional(family) {
                        e.fits(six, word.span)?;
                    }
                }
                let value = e.value(word)?;
                r.gateway = Some(e.address(word, value)?);
            }
            ("dev", _) => {
                let value = e.interface(word)?;
                r.dev = Some(Spanned::new(value.str().into_owned(), value.span));
            }
            ("no_track", _) => r.no_track = true,
            ("track_group", _) => {
                if let Some(groups) = groups {
                    e.track_group(word, groups, &mut r.track_group)?;
                }
            }
            ("or", _) if hops > 0 => {
                e.say(word.span, Kind::BadEntry, "a second `or`; keepalived goes on without it");
                e.next();
            }
            ("nexthop", _) if hops > 0 => {
                let sentence = "`nexthop` does not go with `or`; keepalived reads no further in the line";
                e.say(word.span, Kind::BadEntry, sentence);
                return Err(Dropped);
            }
            ("nexthop", _) => {
                nexthop(&mut e, word)?;
                r.options.push(e.given(name, from));
                while let Some(more) = e.next() {
                    let from = e.at - 1;
                    if !more.is("nexthop") {
                        let shown = quote(&more.text);
                        let sentence = format!(
                            "{shown} stands behind a `nexthop`, which has to be last; keepalived goes on without it"
                        );
                        e.say(more.span, Kind::BadEntry, sentence);
                        break;
                    }
                    nexthop(&mut e, more)?;
                    r.options.push(e.given(name, from));
                }
                break;
            }
            _ => {
                if matches!(name, "expires" | "pref") {
                    if e.family == Some(Family::Inet) {
                        return Err(e.drop(word.span, &format!("`{name}` is for IPv6 alone")));
                    }
                    e.family = Some(Family::Inet6);
                }
                hops += usize::from(name == "or");
                e.pass(word, argument)?;
                let given = e.given(name, from);
                if name == "protocol" {
                    protocol = Some(given.clone());
                }
                r.options.push(given);
            }
        }
    }
    let Some(destination) = destination else {
        return Err(e.drop(span, "a route needs a destination"));
    };
    r.destination = destination;
    let told = protocol.filter(|p| !p.words.first().is_some_and(|w| KEEPALIVED.contains(&w.as_str())));
    if let Some(protocol) = told.filter(|_| !r.no_track) {
        let sentence = "a route of another protocol cannot be followed; keepalived makes it its own";
        e.out.push(Problem::new(protocol.span, Kind::BadEntry, sentence).help("Add `no_track` to keep the protocol."));
    }
    if r.dev.is_none() && !r.no_track && !version.at_least(2, 2, 8) {
        let sentence = "keepalived 2.2.7 cannot follow a route without `dev`: its loss goes unnoticed";
        e.out.push(
            Problem::new(span, Kind::RouteNotTracked, sentence)
                .help("Add `dev` and the interface, or `no_track` to say that it is meant."),
        );
        r.no_track = true;
    }
    if r.track_group.is_some() && (r.dev.is_none() || r.no_track) {
        let (kind, why) =
            if r.dev.is_none() { (Kind::BadEntry, "without `dev`") } else { (Kind::PassedOver, "with `no_track`") };
        e.say(span, kind, format!("a route {why} follows no `track_group`; keepalived goes on without it"));
        r.track_group = None;
    }
    Ok(r)
}

/// The options of one next hop.
fn nexthop(e: &mut Entry<'_>, head: &Word) -> Result<(), Dropped> {
    while let Some(word) = e.words.get(e.at) {
        let does = "keepalived leaves this and all further next hops out";
        match &*word.text {
            b"via" => {
                e.at += 1;
                for (family, six) in [("inet", Family::Inet), ("inet6", Family::Inet6)] {
                    if e.optional(family) {
                        e.fits(six, word.span)?;
                    }
                }
                let value = e.value(word)?;
                e.address(word, value)?;
            }
            b"dev" => {
                e.at += 1;
                e.interface(word)?;
            }
            b"weight" => {
                e.at += 1;
                let value = e.value(word)?;
                if int(&value.text, 1, 256).is_err() {
                    let shown = quote(&value.text);
                    let sentence = format!("`weight` {shown} is not a whole number from 1 to 256; {does}");
                    e.say(value.span, Kind::BadEntry, sentence);
                    e.at = e.words.len();
                }
            }
            b"onlink" => e.at += 1,
            b"encap" => {
                e.at += 1;
                e.encap(word);
            }
            b"realms" => {
                e.at += 1;
                e.pass(word, Argument::Realms)?;
            }
            b"as" => {
                e.say(word.span, Kind::BadEntry, format!("`as` is not possible here; {does}"));
                e.at = e.words.len();
            }
            _ => return Ok(()),
        }
    }
    let _ = head;
    Ok(())
}

/// The rules of a list. Static ones may follow groups, those that are given.
pub(super) fn rules(list: &Node, groups: Option<&HashSet<String>>, out: &mut Vec<Problem>) -> Vec<Spanned<Rule>> {
    let place = if groups.is_some() { Place::StaticRules } else { Place::VirtualRules };
    let read = |node: &Node| {
        let entry =
            Entry { words: &node.words, at: 0, place, drop: Kind::RuleDropped, what: "rule", family: None, out };
        Some(Spanned::new(rule(entry, groups, node.span()).ok()?, node.span()))
    };
    list.nodes().iter().filter_map(read).collect()
}

fn rule(mut e: Entry<'_>, groups: Option<&HashSet<String>>, span: Span) -> Result<Rule, Dropped> {
    let mut action: Option<(Action, Span)> = None;
    let (mut preference, mut from, mut to, mut iif, mut oif) = (None, None, None, None, None);
    let (mut no_track, mut track_group, mut options) = (false, None, Vec::new());
    let mut of_table = None;
    while let Some(word) = e.next() {
        let start = e.at - 1;
        let (mut word, mut known) = (word, e.keyword(word));
        if word.is("type") {
            word = e.value(word)?;
            known = e
                .keyword(word)
                .filter(|(_, _, name)| matches!(*name, "goto" | "nop" | "blackhole" | "prohibit" | "unreachable"));
        }
        let Some((_, argument, name)) = known else {
            let shown = quote(&word.text);
            let why = if TYPES.iter().any(|t| word.is(t)) || c_int(&word.text).is_some() {
                format!("{shown} is no action of a rule")
            } else {
                format!("{shown} is nothing that a rule can have")
            };
            return Err(e.drop(word.span, &why));
        };
        let act = match name {
            "table" => {
                let value = e.value(word)?;
                if c_int(&value.text).is_some_and(|n| n & U32 == 0) {
                    return Err(e.drop(value.span, "there is no table 0"));
                }
                Some(Action::Table(value.str().into_owned()))
            }
            "l3mdev" => Some(Action::L3mdev),
            "goto" => {
                let value = e.value(word)?;
                let target = e.number(word, value, 0, U32)?;
                Some(Action::Goto(u32::try_from(target).unwrap_or(u32::MAX)))
            }
            "nop" => Some(Action::Nop),
            "blackhole" => Some(Action::Blackhole),
            "prohibit" => Some(Action::Prohibit),
            "unreachable" => Some(Action::Unreachable),
            _ => None,
        };
        if let Some(act) = act {
            if action.is_some() {
                return Err(e.drop(word.span, "a rule has one action only"));
            }
            action = Some((act, word.span));
            continue;
        }
        match (name, argument) {
            (_, Argument::Family) => e.own_family(word)?,
            ("from" | "to", _) => {
                let value = e.value(word)?;
                let network = Some(e.network(value, "is not a network")?);
                *(if name == "from" { &mut from } else { &mut to }) = network;
            }
            ("preference", _) => {
                e.pass(word, argument)?;
                let given = e.words.get(e.at - 1).and_then(|w| c_int(&w.text));
                preference = given.and_then(|n| u32::try_from(n).ok());
            }
            ("iif" | "oif", _) => {
                let value = e.interface(word)?;
                let interface = Some(Spanned::new(value.str().into_owned(), value.span));
                *(if name == "iif" { &mut iif } else { &mut oif }) = interface;
            }
            ("no_track", _) => no_track = true,
            ("track_group", _) => {
                if let Some(groups) = groups {
                    e.track_group(word, groups, &mut track_group)?;
                }
            }
            ("protocol" | "ipproto", _) => {
                let value = e.value(word)?;
                // A protocol's name is known to the host; none begins with a sign.
                let digit = |b: &u8| b.is_ascii_digit() || *b == b'-';
                let named = name == "ipproto" && !value.text.first().is_some_and(digit);
                let most = if name == "ipproto" { 127 } else { 255 };
                if !named && int(&value.text, 0, most).is_err() {
                    let sentence = format!(
                        "`{name}` {} is not a whole number from 0 to {most}; keepalived goes on without it",
                        quote(&value.text)
                    );
                    e.say(value.span, Kind::BadEntry, sentence);
                } else {
                    options.push(e.given(name, start));
                }
            }
            _ => {
                e.pass(word, argument)?;
                if matches!(name, "realms" | "suppress_prefixlength" | "suppress_ifgroup") {
                    of_table = Some(word.span);
                }
                options.push(e.given(name, start));
            }
        }
    }
    if let Some((Action::Goto(target), at)) = &action {
        match preference {
            None => return Err(e.drop(*at, &format!("`goto {target}` needs a preference"))),
            Some(own) if own >= *target => {
                return Err(e.drop(*at, &format!("`goto {target}` leads back: its own preference is {own}")));
            }
            Some(_) => {}
        }
    }
    let Some((action, _)) = action else {
        return Err(e.drop(span, "a rule needs an action, such as `table`"));
    };
    if let Some(at) = of_table.filter(|_| !matches!(action, Action::Table(_) | Action::L3mdev)) {
        return Err(e.drop(at, "this goes with a table alone"));
    }
    let other = options.iter().find(|o| o.name == "protocol" && o.words.first().is_none_or(|w| w != "18"));
    if let Some(protocol) = other.filter(|_| !no_track) {
        let sentence = "a rule of another protocol cannot be followed; keepalived makes it its own";
        e.out.push(Problem::new(protocol.span, Kind::BadEntry, sentence).help("Add `no_track` to keep the protocol."));
    }
    if track_group.is_some() && iif.is_none() {
        e.say(span, Kind::BadEntry, "a rule without `iif` follows no `track_group`; keepalived goes on without it");
        track_group = None;
    }
    if preference.is_none() {
        let sentence = "a rule without `preference` gets one from 16384 downwards, before the main table's";
        e.say(span, Kind::NoPreference, sentence);
    }
    Ok(Rule { action, preference, from, to, iif, oif, no_track, track_group, options })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Word> {
        line.split(' ').map(|t| Word { text: t.as_bytes().into(), span: Span::default() }).collect()
    }

    fn route(line: &str, version: Version) -> (Option<Route>, Vec<Kind>) {
        let (words, mut out) = (words(line), Vec::new());
        let entry = Entry {
            words: &words,
            at: 0,
            place: Place::VirtualRoutes,
            drop: Kind::RouteDropped,
            what: "route",
            family: None,
            out: &mut out,
        };
        let route = super::route(entry, None, version, Span::default()).ok();
        (route, out.iter().map(|p| p.kind).collect())
    }

    fn rule(line: &str) -> (Option<Rule>, Vec<Kind>) {
        let (words, mut out) = (words(line), Vec::new());
        let entry = Entry {
            words: &words,
            at: 0,
            place: Place::VirtualRules,
            drop: Kind::RuleDropped,
            what: "rule",
            family: None,
            out: &mut out,
        };
        let rule = super::rule(entry, None, Span::default()).ok();
        (rule, out.iter().map(|p| p.kind).collect())
    }

    #[test]
    fn a_route_keeps_its_words() {
        let (r, kinds) = route("192.0.2.0/24 via 10.0.0.1 dev eth0 metric 5 mtu lock 1400 no_track", Version::V2_2);
        let r = r.unwrap();
        assert_eq!(kinds, []);
        assert_eq!(r.destination, Network::Prefix("192.0.2.0".parse().unwrap(), 24));
        assert_eq!((r.gateway, r.no_track, r.kind), (Some("10.0.0.1".parse().unwrap()), true, None));
        assert_eq!(r.dev.unwrap().value, "eth0");
        let given: Vec<_> = r.options.iter().map(|o| (o.name, o.words.join(" "))).collect();
        assert_eq!(given, [("metric", "5".to_owned()), ("mtu", "lock 1400".to_owned())]);
        let (r, _) = route("blackhole default", Version::V2_4);
        assert_eq!((r.as_ref().unwrap().kind, r.unwrap().destination), (Some("blackhole"), Network::All));
        let (r, _) = route("10.0.0.0/8 nexthop via 10.0.0.1 weight 2 nexthop dev eth1", Version::V2_4);
        let hops: Vec<_> = r.unwrap().options.iter().map(|o| o.words.join(" ")).collect();
        assert_eq!(hops, ["via 10.0.0.1 weight 2", "dev eth1"]);
    }

    #[test]
    fn a_route_that_2_2_cannot_follow_is_not_followed() {
        let (r, kinds) = route("10.0.0.0/8 via 10.0.0.1", Version::V2_2);
        assert_eq!((r.unwrap().no_track, kinds), (true, vec![Kind::RouteNotTracked]));
        let (r, kinds) = route("10.0.0.0/8 via 10.0.0.1", Version::V2_4);
        assert_eq!((r.unwrap().no_track, kinds), (false, vec![]));
    }

    #[test]
    fn inet_takes_the_next_word_with_it() {
        let (r, kinds) = route("inet 10.0.0.0/8 dev eth0", Version::V2_4);
        assert_eq!((r, kinds), (None, vec![Kind::Swallowed, Kind::RouteDropped]));
        let (r, kinds) = route("10.0.0.0/8 dev eth0 inet", Version::V2_4);
        assert_eq!((r.is_some(), kinds), (true, vec![]));
    }

    #[test]
    fn a_rule_has_one_action_and_a_preference() {
        let (r, kinds) = rule("from 10.0.0.0/8 iif eth0 lookup 7 order 0x10 fwmark 1/0xff");
        let r = r.unwrap();
        assert_eq!(kinds, []);
        assert_eq!((r.action, r.preference), (Action::Table("7".into()), Some(16)));
        assert_eq!(r.from, Some(Network::Prefix("10.0.0.0".parse().unwrap(), 8)));
        assert_eq!((r.iif.unwrap().value.as_str(), r.options[0].words.join(" ").as_str()), ("eth0", "1/0xff"));
        assert_eq!(rule("table 7").1, [Kind::NoPreference]);
        assert_eq!(rule("goto 9 preference 5").0.unwrap().action, Action::Goto(9));
        for dropped in ["preference 5", "table 7 nop preference 5", "goto 5 preference 5", "goto 5", "type throw"] {
            assert_eq!(rule(dropped), (None, vec![Kind::RuleDropped]), "{dropped}");
        }
        assert_eq!(rule("preference").1, [Kind::MissingArgument]);
    }
}
