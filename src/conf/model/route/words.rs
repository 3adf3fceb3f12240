//! The words of an entry, one after another: what routes and rules have in common.

use std::collections::HashSet;
use std::net::IpAddr;

use super::{Given, Network};
use crate::conf::model::Family;
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::{Argument, Keyword, Place, Takes, find};
use crate::conf::source::Span;
use crate::conf::token::Word;
use crate::conf::value::{c_int, decimal, int, ip, is_interface};

pub(super) const U32: i64 = u32::MAX as i64;
/// Types of routes.
pub(super) const TYPES: &[&str] = &[
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
pub(super) struct Dropped;

/// Reads the words of an entry one after another.
pub(super) struct Entry<'a> {
    pub(super) words: &'a [Word],
    pub(super) at: usize,
    pub(super) place: Place,
    /// The kind of problem when the entry is dropped.
    pub(super) drop: Kind,
    /// `route` or `rule`.
    pub(super) what: &'static str,
    pub(super) family: Option<Family>,
    pub(super) out: &'a mut Vec<Problem>,
}

impl<'a> Entry<'a> {
    pub(super) fn say(&mut self, span: Span, kind: Kind, sentence: impl Into<String>) {
        self.out.push(Problem::new(span, kind, sentence));
    }

    /// Says why keepalived drops the entry.
    pub(super) fn drop(&mut self, span: Span, why: &str) -> Dropped {
        let sentence = format!("{why}; keepalived drops the {}", self.what);
        self.say(span, self.drop, sentence);
        Dropped
    }

    pub(super) fn next(&mut self) -> Option<&'a Word> {
        let word = self.words.get(self.at);
        self.at += 1;
        word
    }

    /// The word that `of` needs.
    pub(super) fn value(&mut self, of: &Word) -> Result<&'a Word, Dropped> {
        let value = self.next();
        if value.is_none() {
            let sentence = format!("`{}` lacks its value; keepalived stops reading here and does not start", of.str());
            self.say(of.span, Kind::MissingArgument, sentence);
        }
        value.ok_or(Dropped)
    }

    /// Takes a word if it is this one.
    pub(super) fn optional(&mut self, word: &str) -> bool {
        let there = self.words.get(self.at).is_some_and(|w| w.is(word));
        self.at += usize::from(there);
        there
    }

    pub(super) fn fits(&mut self, family: Family, span: Span) -> Result<(), Dropped> {
        if self.family.is_some_and(|own| own != family) {
            return Err(self.drop(span, &format!("this is {}, what stands before is not", family.as_str())));
        }
        self.family = Some(family);
        Ok(())
    }

    /// An address without prefix length.
    pub(super) fn address(&mut self, of: &Word, word: &Word) -> Result<IpAddr, Dropped> {
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
    pub(super) fn network(&mut self, word: &Word, why: &str) -> Result<Network, Dropped> {
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
    pub(super) fn interface(&mut self, of: &Word) -> Result<&'a Word, Dropped> {
        let value = self.value(of)?;
        if is_interface(&value.text) {
            return Ok(value);
        }
        let shown = quote(&value.text);
        Err(self.drop(value.span, &format!("{shown} is longer than the 15 characters of an interface's name")))
    }

    pub(super) fn number(&mut self, of: &Word, word: &Word, min: i64, max: i64) -> Result<i64, Dropped> {
        int(&word.text, min, max).map_err(|_| {
            let why = format!("`{}` {} is not a whole number from {min} to {max}", of.str(), quote(&word.text));
            self.drop(word.span, &why)
        })
    }

    /// The keyword of a word, and its name today.
    pub(super) fn keyword(&self, word: &Word) -> Option<(&'static Keyword, Argument, &'static str)> {
        let keyword = find(self.place, &word.text)?;
        let Takes::Option(argument) = keyword.takes else { return None };
        let name = match keyword.old {
            Some((newer, false)) => newer,
            _ => keyword.name,
        };
        Some((keyword, argument, name))
    }

    /// Passes over the argument of an option that is kept as it is given, and says what is wrong with it.
    pub(super) fn pass(&mut self, word: &Word, argument: Argument) -> Result<(), Dropped> {
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
    pub(super) fn encap(&mut self, word: &Word) {
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
    pub(super) fn own_family(&mut self, word: &Word) -> Result<(), Dropped> {
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
    pub(super) fn track_group(
        &mut self,
        word: &Word,
        known: &HashSet<String>,
        group: &mut Option<String>,
    ) -> Result<(), Dropped> {
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
    pub(super) fn given(&self, name: &'static str, from: usize) -> Given {
        let words = self.words.get(from..self.at.min(self.words.len())).unwrap_or_default();
        let span = match (words.first(), words.last()) {
            (Some(first), Some(last)) => first.span.to(last.span),
            _ => Span::default(),
        };
        Given { name, words: words.iter().skip(1).map(|w| w.str().into_owned()).collect(), span }
    }

    /// An older word: keepalived reports those that it calls deprecated.
    pub(super) fn old(&mut self, word: &Word, keyword: &Keyword) {
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
