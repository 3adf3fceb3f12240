//! `unicast-peers-asymmetric`

use std::net::IpAddr;

use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, Router, list, nodes};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unicast-peers-asymmetric",
        title: "a node's `unicast_peer` leaves out another node",
        text: "\
What it is
  Adverts go to the addresses of `unicast_peer` and leave from `unicast_src_ip`. The list of one node lacks the source
  address of another, or is too short to hold all others.

Why it hurts
  The node that is left out never hears this one. While this one is master, that one is master, too; with
  `check_unicast_src` it also drops adverts from sources that its own list lacks.

Example
  a.conf: unicast_src_ip 10.0.0.1
          unicast_peer { 10.0.0.2 }
  b.conf: unicast_src_ip 10.0.0.2
          unicast_peer { 10.0.0.9 }      b's adverts do not reach a

What keepalived does
  It sends to whom it is told to, and misses nobody.

How to fix
  The `unicast_peer` of each node holds the `unicast_src_ip` of all others, and of no one else. Without
  `unicast_src_ip`, adverts leave from the interface's first address, which no configuration tells: set it.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "List the source address of every other node in `unicast_peer`.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        for sender in router.members.iter().filter(|m| !m.run.peers.is_empty()) {
            judge(router, sender, found);
        }
    }
}

fn judge(router: &Router<'_>, sender: &Member<'_>, found: &mut Found) {
    // Nodes that claim one address are another matter.
    let apart = |m: &&Member<'_>| m.run.source.is_none() || m.run.source != sender.run.source;
    let unicast = router.members.iter().filter(|m| m.node != sender.node && !m.run.peers.is_empty());
    let others: Vec<Member<'_>> = unicast.filter(apart).copied().collect();
    let peers: Vec<IpAddr> = sender.run.peers.iter().map(|p| p.address).collect();
    let reached = |m: &&Member<'_>| m.run.source.is_some_and(|s| peers.contains(&s));
    let left_out: Vec<Member<'_>> = others.iter().filter(|m| m.run.source.is_some() && !reached(m)).copied().collect();
    let unknown: Vec<Member<'_>> = others.iter().filter(|m| m.run.source.is_none()).copied().collect();
    // Addresses in the list that may be those of the nodes that do not say theirs.
    let sources: Vec<IpAddr> = router.members.iter().filter_map(|m| m.run.source).collect();
    let spare: Vec<IpAddr> = peers.iter().filter(|p| !sources.contains(p)).copied().collect();
    let from = &sender.on.name;
    let span = sender.conf.peers.first().map_or(sender.conf.name.span, |p| p.span);
    if !left_out.is_empty() {
        let addresses = list(left_out.iter().filter_map(|m| m.run.source).map(|a| a.to_string()));
        let who = nodes(&left_out);
        let message = format!(
            "{}: the unicast_peer list of {from} lacks {addresses}, the source of {who}; the adverts of {from} do not \
             reach {who}, so both are master when {from} is",
            router.title()
        );
        let mut say = found.say(message).label(
            sender.node,
            span,
            format!("{from} sends to {}", list(peers.iter().map(ToString::to_string))),
        );
        for m in &left_out {
            let source = m.conf.source.map_or(m.conf.name.span, |s| s.span);
            say = say.label(m.node, source, format!("{} sends from here", m.on.name));
        }
        if !spare.is_empty() && unknown.is_empty() {
            say = say.fact(format!(
                "{from} sends to {}, which none of these nodes has as its source",
                list(spare.iter().map(ToString::to_string))
            ));
        }
        say = say.fix(format!("Add {addresses} to the unicast_peer list of {from}."));
        found.push(router.name(say));
    } else if spare.len() < unknown.len() {
        let message = format!(
            "{}: the unicast_peer list of {from} has {} for {}; at least one of them hears nothing of {from}, and both \
             are master when {from} is",
            router.title(),
            match spare.len() {
                0 => "no address".to_owned(),
                1 => "one address".to_owned(),
                n => format!("{n} addresses"),
            },
            nodes(&unknown)
        );
        let say = found.say(message).label(sender.node, span, format!("all that {from} sends to"));
        let say = unknown
            .iter()
            .fold(say, |d, m| d.label(m.node, m.conf.name.span, format!("{} does not say its source", m.on.name)));
        found.push(router.name(say.likely("the source addresses of nodes without unicast_src_ip")));
    }
}
