//! `virtual-server-mismatch`

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use crate::conf::Span;
use crate::conf::model::{Protocol, Service};
use crate::conf::run::{RunRealServer, RunVirtualServer};
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, list, plain, seconds};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "virtual-server-mismatch",
        title: "nodes balance the same service differently",
        text: "\
What it is
  A `virtual_server` is on one node and not on another, or has other real servers, another scheduler, forwarding method,
  persistence, weights or checkers there. Virtual servers are the same when their address, port and protocol are.

Why it hurts
  After a failover connections go to other servers than before, or to none. It is a warning where a virtual server is
  missing on a node to which its address can move, and a note else.

Example
  a.conf: virtual_server 192.0.2.80 80 { … real_server 192.0.2.11 80 … real_server 192.0.2.12 80 … }
  b.conf: virtual_server 192.0.2.80 80 { … real_server 192.0.2.11 80 … }

What keepalived does
  Each node sets up IPVS from its own file, whether it is master or not.

How to fix
  The same virtual servers on all nodes, for example in one file that all of them include.

Since
  Every version.
",
    },
    severity: Severity::Info,
    fix: "Make the virtual servers the same on all nodes, unless the difference is meant.",
    check: Check::Nodes(check),
};

/// What makes virtual servers the same.
type Key<'a> = (&'a Service, Option<Protocol>);

/// What differs, and where on two nodes.
type Difference = (String, (usize, Span), (usize, Span));

/// One on a node.
type On<'a> = (usize, &'a RunVirtualServer);

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    let mut places: HashMap<Key<'_>, usize> = HashMap::new();
    let mut all: Vec<Vec<On<'_>>> = Vec::new();
    for (n, node) in cluster.nodes.iter().enumerate() {
        for server in &node.run.virtual_servers {
            let key = (&server.service, server.protocol.map(|p| p.value));
            let at = *places.entry(key).or_insert_with(|| {
                all.push(Vec::new());
                all.len() - 1
            });
            // A second one of a node is told elsewhere.
            if all[at].last().is_none_or(|last| last.0 != n) {
                all[at].push((n, server));
            }
        }
    }
    missing(cluster, &all, found);
    for servers in all.iter().filter(|s| s.len() > 1) {
        let (first, rest) = (servers[0], &servers[1..]);
        let said: Vec<Difference> = rest.iter().flat_map(|other| differences(cluster, first, *other)).collect();
        let Some((sentence, one, other)) = said.first() else { continue };
        let say = found
            .say(format!("virtual server {}: {sentence}", shown(first.1)))
            .label(one.0, one.1, format!("on {}", cluster.nodes[one.0].name))
            .label(other.0, other.1, format!("on {}", cluster.nodes[other.0].name));
        found.push(said.iter().skip(1).take(16).fold(say, |d, (sentence, ..)| d.fact(sentence.clone())));
    }
}

/// What is on some nodes only: one finding for all of the same nodes.
fn missing(cluster: &Cluster<'_>, all: &[Vec<On<'_>>], found: &mut Found) {
    let mut by_nodes: Vec<(Vec<usize>, Vec<On<'_>>)> = Vec::new();
    for servers in all.iter().filter(|s| s.len() < cluster.nodes.len()) {
        let holders: Vec<usize> = servers.iter().map(|s| s.0).collect();
        match by_nodes.iter_mut().find(|(nodes, _)| *nodes == holders) {
            Some((_, list)) => list.push(servers[0]),
            None => by_nodes.push((holders, vec![servers[0]])),
        }
    }
    for (holders, servers) in by_nodes {
        let name = |n: usize| cluster.nodes[n].name.clone();
        let lacking: Vec<usize> = (0..cluster.nodes.len()).filter(|n| !holders.contains(n)).collect();
        let moves = servers.iter().any(|(n, server)| match server.service {
            Service::Address(address, _) => lacking.iter().any(|l| can_move(cluster, address, *n, *l)),
            Service::Mark(_) | Service::Group(_) => false,
        });
        let what = list(servers.iter().map(|(_, s)| shown(s)));
        let (nodes, others) = (list(holders.iter().copied().map(name)), list(lacking.iter().copied().map(name)));
        let message = if moves {
            format!("virtual server {what} is on {nodes} and not on {others}, where nothing serves it after a failover")
        } else {
            format!("virtual server {what} is on {nodes} and not on {others}")
        };
        let severity = if moves { Severity::Warning } else { Severity::Info };
        let say = servers
            .iter()
            .take(8)
            .fold(found.say(message).severity(severity), |d, (n, s)| d.label(*n, s.span, format!("on {}", name(*n))));
        found.push(say);
    }
}

/// Whether an address is one of a virtual router that both nodes have.
fn can_move(cluster: &Cluster<'_>, address: IpAddr, one: usize, other: usize) -> bool {
    cluster.shared().any(|r| {
        let has =
            |n| r.on(n).is_some_and(|m| m.run.addresses.iter().chain(&m.run.excluded).any(|a| a.address == address));
        has(one) && has(other)
    })
}

fn shown(server: &RunVirtualServer) -> String {
    match &server.service {
        Service::Address(address, port) => SocketAddr::new(*address, *port).to_string(),
        Service::Mark(mark) => format!("of mark {mark}"),
        Service::Group(name) => format!("of group {}", plain(name)),
    }
}

/// What differs, with the place of each.
fn differences(cluster: &Cluster<'_>, (n, one): On<'_>, (o, other): On<'_>) -> Vec<Difference> {
    let (a, b) = (&cluster.nodes[n].name, &cluster.nodes[o].name);
    let mut said = Vec::new();
    let mut say = |sentence: String, here: Option<Span>, there: Option<Span>| {
        said.push((sentence, (n, here.unwrap_or(one.span)), (o, there.unwrap_or(other.span))));
    };
    let same = |x: &RunRealServer, y: &RunRealServer| x.address == y.address && x.port.value == y.port.value;
    // Mostly the lists are the same, and need no search.
    let aligned =
        one.servers.len() == other.servers.len() && one.servers.iter().zip(&other.servers).all(|(x, y)| same(x, y));
    let address = |s: &RunRealServer| SocketAddr::new(s.address, s.port.value).to_string();
    for (from, to, here, there, first) in [(one, other, a, b, true), (other, one, b, a, false)] {
        if aligned {
            break;
        }
        let only: Vec<&RunRealServer> =
            from.servers.iter().filter(|s| !to.servers.iter().any(|t| same(s, t))).collect();
        if let Some(server) = only.first() {
            let which = list(only.iter().map(|s| address(s)));
            let span = Some(server.span);
            let (x, y) = if first { (span, None) } else { (None, span) };
            say(format!("real_server {which} is on {here} and not on {there}"), x, y);
        }
    }
    if one.scheduler.value != other.scheduler.value {
        let (x, y) = (plain(&one.scheduler.value), plain(&other.scheduler.value));
        say(format!("lvs_sched is {x} on {a}, {y} on {b}"), one.scheduler.set, other.scheduler.set);
    }
    if one.method.value.forwarding != other.method.value.forwarding {
        let (x, y) = (one.method.value.forwarding.as_str(), other.method.value.forwarding.as_str());
        say(format!("lvs_method is {x} on {a}, {y} on {b}"), one.method.set, other.method.set);
    }
    if one.persistence.value != other.persistence.value {
        let time = |p: Option<std::time::Duration>| p.map_or_else(|| "none".to_owned(), seconds);
        let (x, y) = (time(one.persistence.value), time(other.persistence.value));
        say(format!("persistence_timeout is {x} on {a}, {y} on {b}"), one.persistence.set, other.persistence.set);
    }
    for (i, server) in one.servers.iter().enumerate() {
        let there = if aligned { other.servers.get(i) } else { other.servers.iter().find(|t| same(server, t)) };
        let Some(there) = there else { continue };
        if server.weight.value != there.weight.value {
            let (x, y) = (server.weight.value, there.weight.value);
            let sentence = format!("the weight of real_server {} is {x} on {a}, {y} on {b}", address(server));
            say(sentence, server.weight.set.or(Some(server.span)), there.weight.set.or(Some(there.span)));
        }
        let checks = |s: &RunRealServer| {
            let mut words: Vec<&str> = s.checkers.iter().map(|c| c.check.keyword()).collect();
            words.sort_unstable();
            if words.is_empty() { "nothing".to_owned() } else { words.join(" and ") }
        };
        let (x, y) = (checks(server), checks(there));
        if x != y {
            let sentence = format!("real_server {} is checked with {x} on {a}, {y} on {b}", address(server));
            say(sentence, Some(server.span), Some(there.span));
        }
    }
    said
}
