//! `unicast-ttl-mismatch`

use crate::finding::{Page, Severity};
use crate::lint::cluster::Cluster;
use crate::lint::{Check, Context, Found, Rule};

/// The kernel's default for IPv6.
const HOP_LIMIT: u8 = 64;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unicast-ttl-mismatch",
        title: "a node demands a higher TTL than its unicast peer sends",
        text: "\
What it is
  The `min_ttl` of a peer is above the TTL with which that node sends: its `unicast_ttl`, else 255 in IPv4 and the
  kernel's 64 in IPv6.

Why it hurts
  The adverts are dropped on arrival, and both nodes are master.

Example
  a.conf: unicast_ttl 1
  b.conf: unicast_peer { 10.0.0.1 min_ttl 255 }

What keepalived does
  «TTL/HL … not in range», and the advert does not count.

How to fix
  `unicast_ttl 255` on all nodes, with `min_ttl 255` where all are on one network, or 255 less the routers between them.

Since
  Every version.
",
    },
    severity: Severity::Critical,
    fix: "Raise unicast_ttl on the sender, or lower min_ttl on the receiver.",
    check: Check::Nodes(check),
};

fn check(cluster: &Cluster<'_>, _: &Context<'_>, found: &mut Found) {
    for router in cluster.shared() {
        for receiver in &router.members {
            for sender in router.members.iter().filter(|m| m.node != receiver.node && !m.run.peers.is_empty()) {
                let from =
                    |p: &&crate::conf::Spanned<crate::conf::model::Peer>| sender.run.source == Some(p.value.address);
                let Some(peer) = receiver.conf.peers.iter().find(from) else { continue };
                let Some(min) = peer.value.min_ttl else { continue };
                let said = sender.conf.unicast_ttl;
                let ttl = if sender.run.ipv6 && said.is_none() { HOP_LIMIT } else { sender.run.ttl };
                if ttl >= min {
                    continue;
                }
                let (s, r) = (&sender.on.name, &receiver.on.name);
                let message = format!(
                    "{}: {s} sends with TTL {ttl} and {r} wants {min} at least of it; {r} drops the adverts of {s}, \
                     and both are master when {s} is",
                    router.title()
                );
                let say = found.say(message).label(receiver.node, peer.span, format!("{min} at least"));
                let span = said.map_or(sender.conf.name.span, |t| t.span);
                found.push(router.name(say.label(sender.node, span, format!("{s} sends with {ttl}"))));
            }
        }
    }
}
