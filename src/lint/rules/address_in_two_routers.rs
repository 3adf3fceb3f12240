//! `address-in-two-routers`

use std::net::IpAddr;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, list, title};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "address-in-two-routers",
        title: "an address belongs to one virtual router on one node and to another on the next",
        text: "\
What it is
  Nodes agree on their virtual routers by and large, but an address is in one of them here and in another there.

Why it hurts
  Each virtual router has a master of its own. When these are different nodes, both have the address and both answer
  for it; when it is one node, the other masters may be without it.

Example
  a.conf: VI_1 { 10.0.0.10
                 10.0.0.11 }   VI_2 { 10.0.0.20 }
  b.conf: VI_1 { 10.0.0.10 }   VI_2 { 10.0.0.20
                                      10.0.0.11 }

What keepalived does
  Each instance puts on its own list when it is master, whoever else has the address.

How to fix
  Move the address into the same instance on all nodes.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Move the address into the same virtual router on all nodes.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for odd in &cluster.torn {
        let (one, other) = (odd.one, odd.other);
        let has = |m: &Member<'_>, x: IpAddr| m.run.addresses.iter().chain(&m.run.excluded).any(|a| a.address == x);
        let common: Vec<_> =
            one.conf.addresses.iter().chain(&one.conf.excluded).filter(|a| has(&other, a.value.address)).collect();
        let Some(first) = common.first() else { continue };
        let message = format!(
            "{} {} in {} of {} and in {} of {}; two virtual routers may have two masters, and then both have {}",
            list(common.iter().map(|a| a.value.address.to_string())),
            if common.len() == 1 { "is" } else { "are" },
            title(&[one]),
            one.on.name,
            title(&[other]),
            other.on.name,
            if common.len() == 1 { "it" } else { "them" }
        );
        let x = first.value.address;
        let there = other.conf.addresses.iter().chain(&other.conf.excluded).find(|a| a.value.address == x);
        let mut say =
            found.say(message).label(one.node, first.span, format!("in {} on {}", title(&[one]), one.on.name));
        if let Some(there) = there {
            say = say.label(other.node, there.span, format!("in {} on {}", title(&[other]), other.on.name));
        }
        found.push(say.group(one.run.vrid, one.run.ipv6));
    }
}
