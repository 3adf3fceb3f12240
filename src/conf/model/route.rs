//! The lines of `virtual_routes` and `static_routes`, and beside them those of rules: words as iproute2 has them, with
//! keepalived's own mistakes.

mod rule;
mod words;

use std::collections::HashSet;
use std::net::IpAddr;

pub(super) use self::rule::rules;
pub use self::rule::{Action, Rule};
use self::words::{Dropped, Entry, TYPES};
use super::Family;
use crate::conf::Version;
use crate::conf::problem::{Kind, Problem, quote};
use crate::conf::schema::{Argument, Place};
use crate::conf::source::{Span, Spanned};
use crate::conf::token::Word;
use crate::conf::tree::Node;
use crate::conf::value::int;

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

/// The number of the protocol `keepalived`.
const KEEPALIVED: &[&str] = &["keepalived", "18", "0x12", "022"];

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

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn words(line: &str) -> Vec<Word> {
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
}
