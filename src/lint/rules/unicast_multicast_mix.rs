//! `unicast-multicast-mix`

use crate::conf::Span;
use crate::finding::{Page, Severity};
use crate::lint::cluster::{Cluster, Member, sides};
use crate::lint::{Check, Context, Found, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unicast-multicast-mix",
        title: "one node sends to unicast peers and another to the multicast group",
        text: "\
What it is
  Some instances of a virtual router have a `unicast_peer`, others have none and use multicast.

Why it hurts
  A unicast instance listens on its own address, a multicast one on the group. Neither hears the other, and both are
  master.

Example
  a.conf: unicast_peer { 10.0.0.2 }
  b.conf: no `unicast_peer`

What keepalived does
  The sockets do not even receive the other's adverts; nothing is logged.

How to fix
  `unicast_src_ip` and `unicast_peer` on all nodes, or on none.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Give every node a unicast_peer list with the other nodes' addresses, or none of them.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        let modes = router.by(|m| !m.run.peers.is_empty());
        if modes.len() < 2 {
            continue;
        }
        let word = |unicast: &bool| if *unicast { "unicast" } else { "multicast" }.to_owned();
        let message = format!(
            "{}: adverts are {}; neither hears the other, and both are master",
            router.title(),
            sides(&modes, word)
        );
        let say = router.members.iter().fold(found.say(message), |d, m| {
            d.label(m.node, place(m), format!("{} on {}", word(&!m.run.peers.is_empty()), m.on.name))
        });
        found.push(router.name(say));
    }
}

fn place(member: &Member<'_>) -> Span {
    member.conf.peers.first().map(|p| p.span).or(member.conf.unicast_keyword).unwrap_or(member.conf.name.span)
}
