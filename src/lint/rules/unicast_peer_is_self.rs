//! `unicast-peer-is-self`

use crate::finding::{Page, Severity};
use crate::lint::cluster::{members, title};
use crate::lint::{Check, Context, Found, Node, Rule};

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "unicast-peer-is-self",
        title: "an instance has its own address as a unicast peer",
        text: "\
What it is
  `unicast_peer` holds the instance's own `unicast_src_ip`: one list was copied to all nodes.

Why it hurts
  As master it hears each of its own adverts and logs a warning every time, in which a real second node with the same
  address is not noticed any more.

Example
  unicast_src_ip 10.0.0.1
  unicast_peer {
      10.0.0.1
      10.0.0.2
  }

What keepalived does
  «WARNING - equal priority advert received from remote host with our IP address», once an interval; since 2.3.3 once.
  It stays master.

How to fix
  Leave the node's own address out of its list. One file for all nodes can say `@a 10.0.0.2` and `@b 10.0.0.1`.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Remove the node's own address from its unicast_peer list.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    for m in members(n, node) {
        let own = |p: &&crate::conf::Spanned<crate::conf::model::Peer>| m.run.source == Some(p.value.address);
        let Some(peer) = m.conf.peers.iter().find(own) else { continue };
        let message = format!("{} sends adverts to itself: {} is its own source", title(&[m]), peer.value.address);
        let mut say = found.say(message).at(n, peer.span).group(m.run.vrid, m.run.ipv6);
        if let Some(source) = m.conf.source {
            say = say.label(n, source.span, "its source");
        }
        found.push(say);
    }
}
