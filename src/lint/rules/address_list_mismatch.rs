//! `address-list-mismatch`

use std::net::IpAddr;

use crate::conf::Span;
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, Router, list, nodes};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "address-list-mismatch",
        title: "nodes have different virtual addresses for one virtual router",
        text: "\
What it is
  The instances of one virtual router differ in `virtual_ipaddress`. The order does not count, nor do prefix lengths
  and interfaces: adverts carry neither.

Why it hurts
  keepalived up to 2.3.2 discards an advert whose addresses are not its own: both nodes are master. Since 2.3.3 it only
  logs the difference: one node is master, but after a failover the addresses that only the other one has are gone.

Example
  a.conf: virtual_ipaddress { 10.0.0.10
                              10.0.0.11 }
  b.conf: virtual_ipaddress { 10.0.0.10 }

What keepalived does
  Up to 2.3.2: «received an unexpected ip number count», «ip address associated with VRID 51 not present in MASTER
  advert», and the advert does not count. Since 2.3.3: «expected 1 VIPs but received 2», and it counts.

How to fix
  The same `virtual_ipaddress` on all nodes. What would make the adverts too long belongs in
  `virtual_ipaddress_excluded`, again on all nodes.

Since
  Every version; accepted all the same since 2.3.3.
",
    },
    severity: Severity::Warning,
    fix: "Make virtual_ipaddress the same on all nodes.",
    check: Check::Nodes(check),
};

/// The addresses that a node's adverts carry.
fn carried<'a>(member: &Member<'a>) -> impl Iterator<Item = IpAddr> + use<'a> {
    member.run.addresses.iter().map(|a| a.address)
}

fn check(cluster: &Cluster<'_>, context: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        let missing = missing(router);
        let Some((_, holders)) = missing.first() else { continue };
        let lacking: Vec<Member<'_>> =
            router.members.iter().filter(|m| holders.iter().all(|h| h.node != m.node)).copied().collect();
        let which: Vec<String> = missing
            .iter()
            .map(|(addresses, who)| {
                let shown = list(addresses.iter().map(ToString::to_string));
                format!("only {} {} {shown}", nodes(who), if who.len() == 1 { "has" } else { "have" })
            })
            .collect();
        let (severity, what) = if context.version.at_least(2, 3, 3) {
            let lost = "after a failover those of the former master are missing";
            (
                Severity::Warning,
                format!("{lost}; keepalived up to 2.3.2 rejects such adverts, and then both are master"),
            )
        } else {
            (Severity::Critical, "each rejects the other's adverts, and both are master".to_owned())
        };
        let message = format!("{}: virtual_ipaddress differs: {}; {what}", router.title(), which.join(", "));
        let mut say = found.say(message).severity(severity);
        for (addresses, who) in &missing {
            for m in who {
                let mine = m.conf.addresses.iter().filter(|a| addresses.contains(&a.value.address));
                say = mine
                    .take(4)
                    .fold(say, |d, a| d.label(m.node, a.span, format!("not on all nodes: only {}", nodes(who))));
            }
        }
        let labelled = |m: &&Member<'_>| missing.iter().any(|(_, who)| who.iter().any(|w| w.node == m.node));
        say = lacking
            .iter()
            .filter(|m| !labelled(m))
            .fold(say, |d, m| d.label(m.node, list_span(m), format!("{} has not all of them", m.on.name)));
        for m in &router.members {
            let moved = m.run.excluded.iter().map(|a| a.address);
            let moved: Vec<String> = moved
                .filter(|x| missing.iter().any(|(addresses, _)| addresses.contains(x)))
                .map(|x| x.to_string())
                .collect();
            if !moved.is_empty() {
                say = say.fact(format!("{} has {} in virtual_ipaddress_excluded", m.on.name, list(moved)));
            }
        }
        found.push(router.name(say));
    }
}

/// The addresses that not all nodes have, by who has them.
fn missing<'a>(router: &Router<'a>) -> Vec<(Vec<IpAddr>, Vec<Member<'a>>)> {
    let mut all: Vec<(Vec<IpAddr>, Vec<Member<'a>>)> = Vec::new();
    let mut seen: Vec<IpAddr> = Vec::new();
    // Equal lists, as nearly all are, need no search.
    let first: Vec<IpAddr> = carried(&router.first()).collect();
    if router.members.iter().all(|m| carried(m).eq(first.iter().copied())) {
        return all;
    }
    for address in router.members.iter().flat_map(carried) {
        if seen.contains(&address) {
            continue;
        }
        seen.push(address);
        let who: Vec<Member<'a>> =
            router.members.iter().filter(|m| carried(m).any(|a| a == address)).copied().collect();
        if who.len() == router.members.len() {
            continue;
        }
        let same = |x: &[Member<'_>]| x.iter().map(|m| m.node).eq(who.iter().map(|m| m.node));
        match all.iter_mut().find(|(_, holders)| same(holders)) {
            Some((addresses, _)) => addresses.push(address),
            None => all.push((vec![address], who)),
        }
    }
    all
}

fn list_span(member: &Member<'_>) -> Span {
    member.conf.addresses.first().map_or(member.conf.name.span, |a| a.span)
}
