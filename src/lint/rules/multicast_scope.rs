//! `multicast-scope`

use crate::finding::{Page, Severity};
use crate::lint::look::named;
use crate::lint::{Check, Context, Found, Node, Rule};
use std::collections::HashSet;
use std::net::IpAddr;

pub(super) const RULE: Rule = Rule {
    page: Page {
        id: "multicast-scope",
        title: "a multicast group that switches may not carry to all",
        text: "\
What it is
  The instance sends its adverts to a group outside of 224.0.0.0/24 (for IPv6: ff02::/16), the groups that stay on one
  link and that every switch delivers to all ports.

Why it hurts
  Switches with IGMP or MLD snooping deliver other groups only to ports where somebody has joined and a querier keeps
  asking. Without a querier that works for some minutes after the start; then the backup hears nothing and becomes
  master too.

Example
  global_defs {
      vrrp_mcast_group4 239.0.0.18
  }

What keepalived does
  Joins the group and sends to it.

How to fix
  Several virtual routers on one network are told apart by `virtual_router_id`, not by group: 224.0.0.18 serves 255 of
  them. Where it must be another group, take one of 224.0.0.0/24.

Since
  Every version.
",
    },
    severity: Severity::Warning,
    fix: "Use 224.0.0.18 (ff02::12), or another group of 224.0.0.0/24 (ff02::/16), on all nodes.",
    check: Check::Node(check),
};

fn check(n: usize, node: &Node, _: &Context<'_>, found: &mut Found) {
    let mut seen = HashSet::new();
    for (i, run) in node.instances().filter(|(_, run)| run.peers.is_empty()) {
        let on_link = match run.multicast {
            IpAddr::V4(group) => matches!(group.octets(), [224, 0, 0, _]),
            IpAddr::V6(group) => group.segments()[0] & 0xff0f == 0xff02,
        };
        let global = if run.ipv6 { node.conf.global.mcast_group6 } else { node.conf.global.mcast_group4 };
        let Some(said) = i.mcast_dst.or(global).filter(|_| !on_link) else { continue };
        // `global_defs` says it once for all.
        if seen.insert(said.span) {
            let message = format!(
                "{} sends its adverts to {}, which switches with IGMP or MLD snooping do not deliver to all ports",
                named(i),
                run.multicast
            );
            found.push(found.say(message).at(n, said.span).group(run.vrid, run.ipv6));
        }
    }
}
